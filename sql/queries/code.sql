-- SPDX-License-Identifier: Apache-2.0
-- Codes.

-- name: code_get :one
-- One code.
-- param: code text
-- class: key
-- scope: public
-- column: code text, kind text, org_id uuid, id uuid, state text, issued_at timestamptz
SELECT code, kind, org_id, id, state, issued_at FROM code WHERE code = @code;

-- name: item_blocks_reserve :many
-- Numbers of new blocks of item codes.
-- param: count bigint
-- class: local
-- column: block bigint
SELECT nextval('item_block') AS block FROM generate_series(1::bigint, @count) LIMIT 100;

-- name: item_issue_insert :exec
-- Item codes that are issued together.
-- param: org_id uuid, id uuid, lot_id uuid, items bigint, blocks bigint[], state text, issued_at timestamptz, key uuid
-- param: value text, unit text, stated uuid
-- class: key
INSERT INTO item_issue (org_id, id, lot_id, items, blocks, state, issued_at, key, value, unit, stated)
VALUES (@org_id, @id, @lot_id, @items, @blocks, @state, @issued_at, @key, @value, @unit, @stated);

-- name: item_issue_get :one
-- An issue of item codes.
-- param: org_id uuid, id uuid
-- class: key
-- column: lot_id uuid, items bigint, blocks bigint[], state text, issued_at timestamptz, value text, unit text
SELECT lot_id, items, blocks, state, issued_at, value, unit FROM item_issue WHERE org_id = @org_id AND id = @id;

-- name: item_block_insert_many :exec
-- The blocks of an issue.
-- param: codes text[], org_id uuid, lot_id uuid, state text, issued_at timestamptz, issue uuid, places bigint[], items bigint[]
-- class: any
INSERT INTO code (code, kind, org_id, id, state, issued_at, issue, place, items)
SELECT z.code, 'item', @org_id, @lot_id, @state, @issued_at, @issue, z.place, z.items
FROM unnest(@codes, @places, @items) AS z (code, place, items);

-- name: item_block_find_many :many
-- Blocks of item codes by the code of their first item.
-- param: codes text[]
-- class: any
-- scope: public
-- column: code text, org_id uuid, lot_id uuid, issue uuid, place bigint, items bigint
SELECT code, org_id, id AS lot_id, issue, place, items FROM code WHERE code = ANY(@codes) AND kind = 'item';

-- name: code_mark_insert_many :exec
-- Activates or voids items; the same again keeps what was said first.
-- param: codes text[], firsts bigint[], lasts bigint[], state text, at timestamptz, key uuid, reason text, stated uuid
-- seals: reason
-- class: any
INSERT INTO code_mark (code, state, first, last, at, key, reason, stated)
SELECT z.code, @state, z.first, z.last, @at, @key, @reason, @stated
FROM unnest(@codes, @firsts, @lasts) AS z (code, first, last)
ON CONFLICT DO NOTHING;

-- name: code_mark_voided :many
-- Which items of these blocks are voided.
-- param: codes text[]
-- class: any
-- column: code text, first bigint, last bigint
SELECT code, first, last FROM code_mark WHERE code = ANY(@codes) AND state = 'voided' LIMIT 200000;

-- name: items_get :many
-- Items: their lots, their states, how often they were scanned. No row: the block or the item in it was never issued.
-- param: blocks text[], places bigint[], codes text[]
-- class: any
-- scope: public
-- column: n bigint, org_id uuid, lot_id uuid, state text, issued_at timestamptz, activated_at timestamptz?
-- column: voided_at timestamptz?, first_at timestamptz?, scans bigint?, day date?, day_networks bigint?
-- column: day_scans bigint?, hour timestamptz?, hour_scans bigint?, hour_networks bigint?, suspect boolean?
-- column: sold_at timestamptz?, seller_zh text, seller_en text
SELECT y.n, c.org_id, c.id AS lot_id, c.state, c.issued_at, m.activated_at, m.voided_at, s.first_at, s.scans, s.day,
       s.day_networks, s.day_scans, nullif(s.hour, '-infinity') AS hour, s.hour_scans, s.hour_networks, s.suspect, b.sold_at, b.seller_zh, b.seller_en
FROM unnest(@blocks, @places, @codes) WITH ORDINALITY AS y (block, place, code, n)
JOIN code c ON c.code = y.block AND c.kind = 'item' AND c.items > y.place
CROSS JOIN LATERAL (
    SELECT min(at) FILTER (WHERE state = 'activated') AS activated_at, min(at) FILTER (WHERE state = 'voided') AS voided_at
    FROM code_mark WHERE code = c.code AND first <= y.place AND last >= y.place
) m
LEFT JOIN code_scan s ON s.code = y.code
LEFT JOIN LATERAL (
    SELECT last.happened_at AS sold_at, p.name_zh AS seller_zh, p.name_en AS seller_en
    FROM (SELECT state, party, happened_at FROM item_event
          WHERE code = y.code AND state IS NOT NULL AND declared_at IS NULL ORDER BY since DESC LIMIT 1) last
    LEFT JOIN party p ON p.id = last.party AND NOT p.personal
    WHERE last.state = 'sold'
) b ON true
LIMIT 1000;

-- name: code_scan_add :exec
-- Scans that have gathered. Of two days the newer counts.
-- param: code text[], first_at timestamptz[], last_at timestamptz[], scans bigint[], day date[], day_scans bigint[]
-- param: day_networks bigint[], hour timestamptz[], hour_scans bigint[], hour_networks bigint[]
-- class: any
INSERT INTO code_scan (code, first_at, last_at, scans, day, day_scans, day_networks, hour, hour_scans, hour_networks)
SELECT * FROM unnest(@code, @first_at, @last_at, @scans, @day, @day_scans, @day_networks, @hour, @hour_scans, @hour_networks)
              AS z (code, first_at, last_at, scans, day, day_scans, day_networks, hour, hour_scans, hour_networks)
ORDER BY code
ON CONFLICT (code) DO UPDATE
SET first_at = least(code_scan.first_at, excluded.first_at), last_at = greatest(code_scan.last_at, excluded.last_at),
    scans = code_scan.scans + excluded.scans, day = greatest(code_scan.day, excluded.day),
    day_scans = CASE WHEN excluded.day = code_scan.day THEN code_scan.day_scans + excluded.day_scans
                     WHEN excluded.day > code_scan.day THEN excluded.day_scans ELSE code_scan.day_scans END,
    day_networks = CASE WHEN excluded.day = code_scan.day THEN code_scan.day_networks | excluded.day_networks
                        WHEN excluded.day > code_scan.day THEN excluded.day_networks ELSE code_scan.day_networks END,
    hour = greatest(code_scan.hour, excluded.hour),
    hour_scans = CASE WHEN excluded.hour = code_scan.hour THEN code_scan.hour_scans + excluded.hour_scans
                      WHEN excluded.hour > code_scan.hour THEN excluded.hour_scans ELSE code_scan.hour_scans END,
    hour_networks = CASE WHEN excluded.hour = code_scan.hour THEN code_scan.hour_networks | excluded.hour_networks
                         WHEN excluded.hour > code_scan.hour THEN excluded.hour_networks ELSE code_scan.hour_networks END;

-- name: lot_scan_add :exec
-- Scans that have gathered, by lot and ten minutes.
-- param: org_id uuid[], lot_id uuid[], at timestamptz[], kind text[], scans bigint[], networks bigint[], code text[]
-- class: any
-- each: lot_id
INSERT INTO lot_scan (org_id, lot_id, at, kind, scans, networks, code)
SELECT * FROM unnest(@org_id, @lot_id, @at, @kind, @scans, @networks, @code) AS z (org_id, lot_id, at, kind, scans, networks, code)
ORDER BY org_id, lot_id, at, kind
ON CONFLICT (org_id, lot_id, at, kind) DO UPDATE
SET scans = lot_scan.scans + excluded.scans, networks = lot_scan.networks | excluded.networks, code = excluded.code;

-- name: lot_scan_forget :exec
-- Counters that no rule asks for any more.
-- param: before timestamptz
-- class: fan
DELETE FROM lot_scan WHERE at < @before;

-- name: lot_scan_recent :many
-- Lots whose packs were scanned in these days, after one.
-- param: after_org uuid, after_lot uuid, since timestamptz, max_rows bigint
-- class: fan
-- column: org_id uuid, lot_id uuid
SELECT DISTINCT org_id, lot_id FROM lot_scan
WHERE (org_id, lot_id) > (coalesce(@after_org, '00000000-0000-0000-0000-000000000000'),
                          coalesce(@after_lot, '00000000-0000-0000-0000-000000000000')) AND at >= @since
ORDER BY org_id, lot_id
LIMIT @max_rows;

-- name: lot_scan_days :many
-- By day, newest first: scans of packs before their codes were in use or anything of the lot had left its maker, and after all of
-- it was recalled, destroyed, returned or past its last day, as the records say today or the page said then. Asked of lots
-- whose packs were scanned @least times on a day.
-- param: orgs uuid[], lots uuid[], since timestamptz, least bigint
-- class: local
-- column: org_id uuid, lot_id uuid, day date, code text, early_scans bigint, early_networks bigint, inactive_scans bigint
-- column: early_last timestamptz?, left_at timestamptz?, ended_scans bigint, ended_networks bigint, ended_last timestamptz?
-- column: ended_at timestamptz?, ended text
SELECT d.org_id, d.lot_id, d.day, k.code, k.early_scans, k.early_networks, k.inactive_scans, k.early_last, gone.at AS left_at,
       k.ended_scans, k.ended_networks, k.ended_last, done.at AS ended_at, coalesce(done.kind, k.said) AS ended
FROM (
    SELECT s.org_id, s.lot_id, (s.at AT TIME ZONE 'UTC')::date AS day
    FROM (SELECT DISTINCT org_id, lot_id FROM unnest(@orgs, @lots) AS y (org_id, lot_id)) z
    JOIN lot_scan s ON s.org_id = z.org_id AND s.lot_id = z.lot_id AND s.at >= @since
    GROUP BY 1, 2, 3
    HAVING sum(s.scans) >= @least
) d
JOIN lot l ON l.org_id = d.org_id AND l.lot_id = d.lot_id
CROSS JOIN LATERAL (
    SELECT min(e.event_time) AS at
    FROM event_thing t
    JOIN event e ON e.org_id = t.event_org AND e.id = t.event
    WHERE t.org_id = d.org_id AND t.lot_id = d.lot_id
      AND (t.role = 'input' OR e.type IN ('ship', 'sell', 'receive', 'return'))
      AND NOT EXISTS (SELECT FROM correction c WHERE c.org_id = e.org_id AND c.event = e.id)
) gone
LEFT JOIN LATERAL (
    SELECT w.at, w.kind
    FROM (
        SELECT s.at, CASE s.flag WHEN 1 THEN 'recalled' WHEN 16 THEN 'destroyed' ELSE 'returned' END AS kind
        FROM lot_state s
        WHERE s.org_id = d.org_id AND s.lot_id = d.lot_id AND s.flag IN (1, 16, 32) AND s.until IS NULL
        UNION ALL
        SELECT ((l.expires_day + 1)::timestamp AT TIME ZONE 'UTC') - make_interval(mins => l.offset_min), 'expired'
        WHERE l.expires_day IS NOT NULL
    ) w
    ORDER BY w.at LIMIT 1
) done ON true
CROSS JOIN LATERAL (
    SELECT max(s.code) AS code, max(s.said) AS said,
           coalesce(sum(s.scans) FILTER (WHERE s.early), 0)::bigint AS early_scans,
           coalesce(bit_or(s.networks) FILTER (WHERE s.early), 0) AS early_networks,
           coalesce(sum(s.scans) FILTER (WHERE s.early AND s.kind = 'early'), 0)::bigint AS inactive_scans,
           max(s.at) FILTER (WHERE s.early) AS early_last,
           coalesce(sum(s.scans) FILTER (WHERE s.ended), 0)::bigint AS ended_scans,
           coalesce(bit_or(s.networks) FILTER (WHERE s.ended), 0) AS ended_networks,
           max(s.at) FILTER (WHERE s.ended) AS ended_last
    FROM (
        SELECT n.*, n.kind = 'early' OR (NOT n.ended AND n.at + interval '10 minutes' <= coalesce(gone.at, 'infinity')) AS early
        FROM (
            SELECT b.*, nullif(nullif(b.kind, 'other'), 'early') AS said,
                   b.kind NOT IN ('other', 'early') OR coalesce(b.at >= done.at, false) AS ended
            FROM lot_scan b
            WHERE b.org_id = d.org_id AND b.lot_id = d.lot_id AND b.at >= @since
              AND (b.at AT TIME ZONE 'UTC')::date = d.day
        ) n
    ) s
) k
ORDER BY d.org_id, d.lot_id, d.day DESC
LIMIT 200000;

-- name: scan_alerts_open :many
-- Of these subjects the open alerts that were last seen since a time.
-- param: orgs uuid[], subjects bytea[], since timestamptz
-- class: any
-- column: org_id uuid, id uuid, subject bytea
SELECT a.org_id, a.id, a.subject
FROM unnest(@orgs, @subjects) AS z (org_id, subject)
JOIN alert a ON a.org_id = z.org_id AND a.subject = z.subject
WHERE a.state <> 'closed' AND a.last_seen >= @since
ORDER BY a.org_id, a.id
LIMIT 200000;

-- name: code_suspect_set :exec
-- What an alert makes of packs. The rule itself (@judged: no) leaves alone what a person has decided.
-- param: codes text[], suspect boolean, judged boolean
-- class: any
UPDATE code_scan SET suspect = @suspect WHERE code = ANY(@codes) AND (@judged OR suspect IS NULL);

-- name: scan_alert_facts :many
-- Whose packs are, where they come from, and where they were sold; a lot whose pack has no code given is asked for alone.
-- param: orgs uuid[], lots uuid[], codes text[]
-- class: any
-- column: n bigint, product uuid, region text, sold_region text
SELECT z.n, l.product, coalesce(l.region, o.region) AS region, p.region AS sold_region
FROM unnest(@orgs, @lots, @codes) WITH ORDINALITY AS z (org_id, lot_id, code, n)
JOIN lot l ON l.org_id = z.org_id AND l.lot_id = z.lot_id
JOIN party o ON o.id = l.org_id
LEFT JOIN LATERAL (
    SELECT party FROM item_event
    WHERE code = z.code AND state = 'sold' AND declared_at IS NULL ORDER BY since DESC LIMIT 1
) s ON true
LEFT JOIN party p ON p.id = s.party
LIMIT 200000;

-- name: label_lots :many
-- What stands on labels of these lots.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- column: org_id uuid, lot_id uuid, number text, produced_day date, product_zh text, product_en text, issuer_zh text
-- column: issuer_en text, personal boolean, region_zh text, region_en text
-- opens: issuer_zh, issuer_en
SELECT l.org_id, l.lot_id, l.number, l.produced_day, p.name_zh AS product_zh, p.name_en AS product_en, i.name_zh AS issuer_zh,
       i.name_en AS issuer_en, i.personal, r.name_zh AS region_zh, r.name_en AS region_en
FROM unnest(@orgs, @ids) AS z (org_id, lot_id)
JOIN lot l ON l.org_id = z.org_id AND l.lot_id = z.lot_id
JOIN product p ON p.id = l.product
JOIN party i ON i.id = l.org_id
JOIN region r ON r.code = i.region
LIMIT 1000;
