-- SPDX-License-Identifier: Apache-2.0
-- Reading trails: the lots upstream, what is known about them, and the trails that are kept.

-- name: lot_upstream :many
-- Everything a lot was made from as known at a time (infinity: now), itself included, with the nodes of transformations
-- between them. Without a depth, so that UNION cuts
-- diamonds by the lot alone.
-- param: org_id uuid, lot_id uuid, as_of timestamptz, max_rows bigint
-- class: local
-- scope: program
-- column: org_id uuid, lot_id uuid
WITH RECURSIVE above (org_id, lot_id) AS (
    SELECT @org_id, @lot_id
    UNION
    SELECT e.parent_org, e.parent
    FROM above a CROSS JOIN LATERAL (
        SELECT parent_org, parent FROM lot_edge
        WHERE child = a.lot_id AND recorded_at <= @as_of AND (declared_at IS NULL OR declared_at > @as_of) OFFSET 0
    ) e
)
SELECT org_id, lot_id FROM above LIMIT @max_rows;

-- name: trail_lots :many
-- The lots of a trail with their products. Read before anything else about them: what it says of versions is never newer
-- than the rest. What a trail says stands in the same order every time: the plan gives none.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- column: org_id uuid, lot_id uuid, number text, code text, product uuid, commodity text, dimension bigint, unit text
-- column: own numeric, total numeric, site uuid, region text, produced_day date, expires_day date?, offset_min bigint
-- column: flags bigint, version timestamptz, product_number text, product_zh text, product_en text, gtin text, place text
-- opens: place
SELECT l.org_id, l.lot_id, l.number, l.code, l.product, l.commodity, l.dimension::bigint AS dimension, l.unit, l.own, l.total,
       l.site, l.region, l.produced_day, l.expires_day, l.offset_min::bigint AS offset_min, l.flags, l.version,
       coalesce(p.number, substring(l.uri FROM '^https://id[.]gs1[.]org/01/([0-9]{14})'), l.number) AS product_number,
       coalesce(p.name_zh, 'GTIN ' || substring(l.uri FROM '^https://id[.]gs1[.]org/01/([0-9]{14})'), l.number) AS product_zh, p.name_en AS product_en,
       coalesce(p.gtin, substring(l.uri FROM '^https://id[.]gs1[.]org/01/([0-9]{14})')) AS gtin, l.place
FROM unnest(@orgs, @ids) AS z (org_id, lot_id)
JOIN lot l ON l.org_id = z.org_id AND l.lot_id = z.lot_id
LEFT JOIN product p ON p.id = l.product
ORDER BY l.org_id, l.lot_id;

-- name: trail_edges :many
-- How the lots of a trail were made, what was declared erroneous since included; in the same order every time.
-- param: ids uuid[], as_of timestamptz, max_rows bigint
-- class: local
-- column: parent_org uuid, parent uuid, child_org uuid, child uuid, event_org uuid, event uuid, input numeric
-- column: input_total numeric, output numeric, value text, unit text, recorded_at timestamptz, declared_at timestamptz?
-- column: base numeric?, mass numeric?
SELECT parent_org, parent, child_org, child, event_org, event, input, input_total, output, value, unit, recorded_at, declared_at,
       base, mass
FROM lot_edge
WHERE child = ANY(@ids) AND recorded_at <= @as_of
ORDER BY child, parent, event
LIMIT @max_rows;

-- name: trail_links :many
-- The records that made these lots or concern them; those that only consume them are found by the edges.
-- param: orgs uuid[], ids uuid[], as_of timestamptz, per_lot bigint
-- class: any
-- column: org_id uuid, lot_id uuid, event_org uuid, event uuid, role text, recorded_at timestamptz, declared_at timestamptz?
-- column: value text, unit text, base numeric?
SELECT k.org_id, k.lot_id, k.event_org, k.event, k.role, k.recorded_at, k.declared_at, k.value, k.unit, k.base
FROM unnest(@orgs, @ids) AS z (org_id, lot_id)
CROSS JOIN LATERAL (
    SELECT t.* FROM event_thing t
    WHERE t.org_id = z.org_id AND t.lot_id = z.lot_id AND t.role <> 'input' AND t.recorded_at <= @as_of
    ORDER BY t.event, t.n
    LIMIT @per_lot
) k;

-- name: trail_harvests :many
-- Where and when these lots were harvested.
-- param: ids uuid[]
-- class: fan
-- column: org_id uuid, site uuid, lot_id uuid, event_time timestamptz, offset_min bigint, recorded_at timestamptz
-- column: declared_at timestamptz?
SELECT org_id, site, lot_id, event_time, offset_min::bigint AS offset_min, recorded_at, declared_at
FROM site_event
WHERE lot_id = ANY(@ids)
ORDER BY lot_id, event_time, recorded_at
LIMIT 100000;

-- name: trail_site_steps :many
-- What was done at the sites of a harvest before it.
-- param: orgs uuid[], sites uuid[], since timestamptz[], until timestamptz[], as_of timestamptz, per_site bigint
-- class: any
-- column: event_org uuid, event uuid, recorded_at timestamptz
SELECT k.event_org, k.event, k.recorded_at
FROM unnest(@orgs, @sites, @since, @until) AS z (org_id, site, since, until)
CROSS JOIN LATERAL (
    SELECT s.event_org, s.event, s.recorded_at FROM site_event s
    WHERE s.org_id = z.org_id AND s.site = z.site AND s.event_time BETWEEN z.since AND z.until AND s.lot_id IS NULL
      AND s.recorded_at <= @as_of
    ORDER BY s.event_time DESC, s.recorded_at DESC
    LIMIT @per_site
) k;

-- name: trail_events :many
-- The records of a trail, without bodies, with what was corrected of them and what they correct; and from when the head of the log is that a
-- record's statement had seen, and from when the first published one that covers it.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- column: org_id uuid, id uuid, type text, event_time timestamptz, offset_min bigint, recorded_at timestamptz, party uuid
-- column: site uuid, region text, to_party uuid, input_product text, input_active text[]?, statement_sha256 bytea
-- column: declaration uuid, replacement uuid, declared_by uuid, reason text, declared_at timestamptz?, replaced_at timestamptz?
-- column: corrects uuid, corrects_at timestamptz?, flags bigint, place text
-- column: quarantine text, seen_at timestamptz?, headed_at timestamptz?
-- opens: place
SELECT e.org_id, e.id, e.type, e.event_time, e.offset_min::bigint AS offset_min, e.recorded_at, e.party, e.site, e.region,
       e.to_party, e.input_product, e.input_active, e.statement_sha256,
       c.declaration, c.replacement, c.party AS declared_by, c.reason, c.declared_at,
       (SELECT x.recorded_at FROM event x WHERE x.org_id = c.org_id AND x.id = c.replacement) AS replaced_at,
       r.event AS corrects, r.declared_at AS corrects_at, e.flags, e.place,
       h.certificate AS quarantine,
       (SELECT s.at FROM log_checkpoint s
        WHERE s.size = substring(convert_from(e.statement, 'UTF8') FROM E'\nseen ([0-9]+) ')::bigint AND NOT s.waits) AS seen_at,
       (SELECT (SELECT p.at FROM log_checkpoint p WHERE p.size > l.idx AND NOT p.waits ORDER BY p.size LIMIT 1)
        FROM log_leaf l WHERE l.id = e.id AND l.kind = 'event' AND l.version IS NULL) AS headed_at
FROM unnest(@orgs, @ids) AS z (org_id, id)
JOIN event e ON e.org_id = z.org_id AND e.id = z.id
LEFT JOIN correction c ON c.org_id = e.org_id AND c.event = e.id
LEFT JOIN LATERAL (SELECT y.event, y.declared_at FROM correction y
                   WHERE y.org_id = e.org_id AND y.replacement = e.id ORDER BY y.declared_at, y.event LIMIT 1) r ON true
LEFT JOIN herd_event h ON h.event = e.id AND h.n = 0;

-- name: trail_tests :many
-- What tests said of some lots until a time, without what was withdrawn by then.
-- param: orgs uuid[], ids uuid[], as_of timestamptz, per_lot bigint
-- class: any
-- column: lot_id uuid, event uuid, kind text, outcome text, at timestamptz, offset_min bigint
SELECT k.lot_id, k.event, k.kind, k.outcome, k.at, k.offset_min::bigint AS offset_min
FROM unnest(@orgs, @ids) AS z (org_id, lot_id)
CROSS JOIN LATERAL (
    SELECT r.* FROM test_result r
    WHERE r.org_id = z.org_id AND r.lot_id = z.lot_id AND r.recorded_at <= @as_of
      AND NOT EXISTS (SELECT FROM correction c
                      WHERE c.org_id = r.event_org AND c.event = r.event AND c.declared_at <= @as_of)
    ORDER BY r.at, r.event
    LIMIT @per_lot
) k;

-- name: trail_beginnings :many
-- When and where the lots of a trail came into being, as known at a moment: a lot's row knows today's only.
-- param: orgs uuid[], ids uuid[], as_of timestamptz
-- class: any
-- column: n bigint, day date, offset_min bigint, site uuid, region text, place text
-- opens: place
SELECT z.n, m.day, m.offset_min::bigint AS offset_min, m.site, m.region, m.place
FROM unnest(@orgs, @ids) WITH ORDINALITY AS z (org_id, lot_id, n)
CROSS JOIN LATERAL lot_beginning(z.org_id, z.lot_id, @as_of) m;

-- name: trail_lot_states :many
-- What stood about the lots of a trail at a time.
-- param: orgs uuid[], ids uuid[], as_of timestamptz
-- class: any
-- column: lot_id uuid, flag bigint
SELECT s.lot_id, s.flag
FROM unnest(@orgs, @ids) AS z (org_id, lot_id)
JOIN lot_state s ON s.org_id = z.org_id AND s.lot_id = z.lot_id
WHERE s.since <= @as_of AND (s.until IS NULL OR s.until > @as_of)
LIMIT 100000;

-- name: trail_certificates :many
-- Certificates of the holders. Of a time: all that were known then, each with the version in which stands what it said.
-- param: parties uuid[], as_of timestamptz
-- class: ref
-- column: party uuid, scheme text, number text, products uuid[], sites uuid[], valid_from date, valid_to date, body bytea
-- opens: body
SELECT c.party, c.scheme, c.number, c.products, c.sites, c.valid_from, c.valid_to, NULL::bytea AS body
FROM certificate c
WHERE @as_of = 'infinity'::timestamptz AND c.party = ANY(@parties) AND c.state = 'active'
UNION ALL
SELECT c.party, c.scheme, c.number, c.products, c.sites, c.valid_from, c.valid_to, v.body
FROM certificate c
CROSS JOIN LATERAL (
    SELECT m.body FROM master_version m
    WHERE m.kind = 'certificate' AND m.id = c.id AND m.recorded_at <= @as_of
    ORDER BY m.version DESC
    LIMIT 1
) v
WHERE @as_of <> 'infinity'::timestamptz AND c.party = ANY(@parties)
ORDER BY party, scheme, number
LIMIT 10000;

-- name: trail_alerts :many
-- Alerts about these lots or records that were not closed at a time; those about single packs are on the pages of these.
-- param: ids uuid[], events uuid[], as_of timestamptz
-- class: fan
-- column: id uuid, rule text, severity bigint, state text, title_zh text, title_en text
SELECT id, rule, severity, state, title_zh, title_en
FROM (
    SELECT a.id, a.rule, a.severity::bigint AS severity, a.title_zh, a.title_en, a.first_seen,
           CASE WHEN @as_of = 'infinity'::timestamptz THEN a.state
                ELSE coalesce((SELECT CASE x.action WHEN 'close' THEN 'closed' WHEN 'acknowledge' THEN 'acknowledged'
                                                    WHEN 'escalate' THEN 'escalated' ELSE 'open' END
                               FROM alert_action x
                               WHERE x.org_id = a.org_id AND x.alert = a.id AND x.at <= @as_of
                                 AND x.action IN ('acknowledge', 'escalate', 'close', 'reopen')
                               ORDER BY x.at DESC, x.id DESC LIMIT 1), 'open') END AS state
    FROM alert a
    WHERE (a.lot_id = ANY(@ids) OR a.event = ANY(@events)) AND a.code IS NULL AND a.first_seen <= @as_of
) seen
WHERE state <> 'closed'
ORDER BY severity, first_seen, id
LIMIT 1000;

-- name: trail_parties :many
-- Who stands in a trail.
-- param: ids uuid[]
-- class: ref
-- column: id uuid, kind text, name_zh text, name_en text, region text, personal boolean, erased_at timestamptz?
-- opens: name_zh, name_en
SELECT id, kind, name_zh, name_en, region, personal, erased_at FROM party WHERE id = ANY(@ids);

-- name: trail_sites :many
-- Where the steps of a trail were done.
-- param: ids uuid[]
-- class: ref
-- column: id uuid, party uuid, kind text, name_zh text, name_en text, region text, personal boolean, erased_at timestamptz?
-- opens: name_zh, name_en
SELECT id, party, kind, name_zh, name_en, region, personal, erased_at FROM site WHERE id = ANY(@ids);

-- name: trail_names_then :many
-- The versions in which stands how parties, sites and products were named at a time: their rows know today's names only.
-- param: kinds text[], ids uuid[], as_of timestamptz
-- class: local
-- column: kind text, id uuid, body bytea
-- opens: body
SELECT z.kind, z.id, v.body
FROM unnest(@kinds, @ids) AS z (kind, id)
CROSS JOIN LATERAL (
    SELECT m.body FROM master_version m
    WHERE m.kind = z.kind AND m.id = z.id AND m.recorded_at <= @as_of
    ORDER BY m.version DESC
    LIMIT 1
) v
LIMIT 100000;

-- name: trail_regions :many
-- Regions and all that hold them, without the rows of the code table that no government answers to. OFFSET 0 has each
-- looked up by its key: the planner expects hundreds, and would read the table for every level.
-- param: codes text[]
-- class: ref
-- column: code text, name_zh text, name_en text, level text, parent text
WITH RECURSIVE up (code) AS (
    SELECT unnest(@codes)
    UNION
    SELECT r.parent FROM up u CROSS JOIN LATERAL (SELECT parent FROM region WHERE code = u.code OFFSET 0) r
    WHERE r.parent IS NOT NULL
)
SELECT r.code, r.name_zh, r.name_en, CASE WHEN r.kind = 'pseudo' THEN 'pseudo' ELSE r.level END AS level, r.parent
FROM up u CROSS JOIN LATERAL (SELECT * FROM region WHERE code = u.code OFFSET 0) r;

-- name: trails_by_code :many
-- What codes name, with their kept trails while these are good: one statement for the scans of a moment. No row: there is
-- no such code.
-- param: codes text[], edition text, now timestamptz
-- class: any
-- scope: public
-- column: n bigint, kind text, state text, org_id uuid, lot_id uuid, lots uuid[]?, good_until timestamptz?
-- column: computed_at timestamptz?, versions timestamptz[]?, body bytea
SELECT y.n, c.kind, c.state, c.org_id, c.id AS lot_id, s.lots, s.good_until, s.computed_at, s.versions, s.body
FROM unnest(@codes) WITH ORDINALITY AS y (code, n)
JOIN code c ON c.code = y.code
LEFT JOIN trail_summary s
       ON s.org_id = c.org_id AND s.lot_id = c.id AND s.edition = @edition AND s.good_until > @now
          AND NOT EXISTS (SELECT FROM unnest(s.orgs, s.lots, s.versions) AS z (org_id, lot_id, version)
                          JOIN lot_version l ON l.org_id = z.org_id AND l.lot_id = z.lot_id
                          WHERE l.version <> z.version)
LIMIT 1000;

-- name: trails_by_thing :many
-- The same for things named by their Digital Link or own-scheme path.
-- param: hashes bytea[], edition text, now timestamptz
-- class: any
-- scope: public
-- column: n bigint, kind text, state text, org_id uuid, lot_id uuid, lots uuid[]?, good_until timestamptz?
-- column: computed_at timestamptz?, versions timestamptz[]?, body bytea
SELECT y.n, t.kind, 'activated'::text AS state, t.org_id, t.id AS lot_id, s.lots, s.good_until, s.computed_at, s.versions, s.body
FROM unnest(@hashes) WITH ORDINALITY AS y (hash, n)
JOIN thing t ON t.hash = y.hash
LEFT JOIN trail_summary s
       ON s.org_id = t.org_id AND s.lot_id = t.id AND s.edition = @edition AND s.good_until > @now
          AND NOT EXISTS (SELECT FROM unnest(s.orgs, s.lots, s.versions) AS z (org_id, lot_id, version)
                          JOIN lot_version l ON l.org_id = z.org_id AND l.lot_id = z.lot_id
                          WHERE l.version <> z.version)
LIMIT 1000;

-- name: trail_keep :exec
-- Keeps a trail, unless a newer one is kept, or it may have been begun before a name in it was removed (ERASURE_MOST_S). It
-- can be computed again, so its commit does not wait for the disk.
-- param: org_id uuid, lot_id uuid, code text, orgs uuid[], lots uuid[], versions timestamptz[], version timestamptz
-- param: good_until timestamptz, computed_at timestamptz, edition text, body bytea
-- class: key
-- scope: program
INSERT INTO trail_summary (org_id, lot_id, code, orgs, lots, versions, version, good_until, computed_at, edition, body)
SELECT @org_id, @lot_id, @code, @orgs, @lots, @versions, @version, @good_until, @computed_at, @edition, @body
FROM (SELECT set_config('synchronous_commit', 'off', true) AS setting) AS relaxed
WHERE relaxed.setting = 'off'
  AND NOT EXISTS (SELECT FROM master_erasure x WHERE x.at > @computed_at - interval '60 s' AND length(x.salts) < 48)
ON CONFLICT (org_id, lot_id) DO UPDATE
SET code = excluded.code, orgs = excluded.orgs, lots = excluded.lots, versions = excluded.versions,
    version = excluded.version, good_until = excluded.good_until, computed_at = excluded.computed_at, edition = excluded.edition, body = excluded.body
WHERE trail_summary.computed_at < excluded.computed_at AND trail_summary.version <= excluded.version;
