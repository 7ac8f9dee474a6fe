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

-- name: early_scan_add :many
-- Scans of packs whose codes are not in use, by lot; answers the day of each as it is now. Of two days the newer counts.
-- param: org_id uuid[], lot_id uuid[], day date[], scans bigint[], networks bigint[]
-- class: any
-- each: lot_id
-- column: org_id uuid, lot_id uuid, day date, scans bigint, networks bigint
INSERT INTO early_scan (org_id, lot_id, day, scans, networks)
SELECT * FROM unnest(@org_id, @lot_id, @day, @scans, @networks) AS z (org_id, lot_id, day, scans, networks)
ORDER BY org_id, lot_id
ON CONFLICT (org_id, lot_id) DO UPDATE
SET day = greatest(early_scan.day, excluded.day),
    scans = CASE WHEN excluded.day = early_scan.day THEN early_scan.scans + excluded.scans
                 WHEN excluded.day > early_scan.day THEN excluded.scans ELSE early_scan.scans END,
    networks = CASE WHEN excluded.day = early_scan.day THEN early_scan.networks | excluded.networks
                    WHEN excluded.day > early_scan.day THEN excluded.networks ELSE early_scan.networks END
RETURNING org_id, lot_id, day, scans, networks;

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
