-- SPDX-License-Identifier: Apache-2.0
-- What the group writer runs: facts and locks for a batch, then array writes.

-- name: thing_find_many :many
-- What spellings name.
-- param: hashes bytea[]
-- class: any
-- each: hashes
-- scope: public
-- column: hash bytea, kind text, org_id uuid, id uuid
SELECT hash, kind, org_id, id FROM thing WHERE hash = ANY(@hashes);

-- name: code_find_many :many
-- What codes name.
-- param: codes text[]
-- class: any
-- each: codes
-- scope: public
-- column: code text, kind text, org_id uuid, id uuid, items bigint
SELECT code, kind, org_id, id, coalesce(items, 0) AS items FROM code WHERE code = ANY(@codes);

-- name: event_key_find_many :many
-- Which eventIDs are taken.
-- param: hashes bytea[]
-- class: any
-- each: hashes
-- column: hash bytea, org_id uuid, id uuid
SELECT hash, org_id, id FROM event_key WHERE hash = ANY(@hashes);

-- name: event_answers :many
-- First answers of records that are in, for repetitions.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- each: orgs
-- column: org_id uuid, id uuid, request_sha256 bytea, answer bytea
-- opens: request_sha256
SELECT org_id, id, request_sha256, answer FROM (SELECT DISTINCT unnest(@orgs) AS a, unnest(@ids) AS b) z
JOIN event ON org_id = z.a AND id = z.b;

-- name: capture_parties :many
-- Parties a batch names.
-- param: ids uuid[]
-- class: ref
-- each: ids
-- column: id uuid, number text, kind text, name_zh text, name_en text, region text, uri text, personal boolean, state text, version bigint, erased boolean
-- opens: name_zh, name_en
SELECT id, number, kind, name_zh, name_en, region, uri, personal, state, version, erased_at IS NOT NULL AS erased FROM party WHERE id = ANY(@ids);

-- name: capture_region_parties :many
-- Which of those parties keys of some regions act for.
-- param: regions text[], parties uuid[]
-- class: ref
-- column: region text, party uuid
SELECT c.ancestor AS region, p.id AS party
FROM party p JOIN region_closure c ON c.descendant = p.region
WHERE c.ancestor = ANY(@regions) AND p.id = ANY(@parties);

-- name: capture_sites :many
-- Sites a batch names, with the district of their region.
-- param: ids uuid[]
-- class: ref
-- each: ids
-- column: id uuid, party uuid, number text, kind text, name_zh text, region text, township text, district text, uri text, personal boolean, commodity text, state text, version bigint
-- opens: name_zh
SELECT s.id, s.party, s.number, s.kind, s.name_zh, s.region,
       CASE WHEN r.level = 'township' THEN r.code END AS township,
       CASE r.level WHEN 'township' THEN r.parent WHEN 'district' THEN r.code END AS district,
       s.uri, s.personal, s.commodity, s.state, s.version
FROM site s JOIN region r ON r.code = s.region
WHERE s.id = ANY(@ids);

-- name: capture_products :many
-- Products a batch names, and those of the lots it touches (package sizes, shelf life).
-- param: ids uuid[], orgs uuid[], lots uuid[]
-- class: any
-- each: ids, orgs
-- column: id uuid, party uuid, number text, name_zh text, name_en text, commodity text, gtin text, unit text, shelf_life_days bigint?, packages bytea, uri text, state text, version bigint
SELECT id, party, number, name_zh, name_en, commodity, gtin, unit, shelf_life_days, packages, uri, state, version
FROM product
WHERE id = ANY(@ids || ARRAY(
    SELECT l.product FROM unnest(@orgs, @lots) AS u (a, b) JOIN lot l ON l.org_id = u.a AND l.lot_id = u.b));

-- name: capture_lots_lock :many
-- Lots a batch touches, locked in ascending order.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- each: orgs
-- column: org_id uuid, lot_id uuid, number text, uri text, code text, product uuid, commodity text, dimension bigint, unit text, own numeric, total numeric, site uuid, region text, created_event uuid, event_time timestamptz, offset_min bigint, produced_day date, expires_day date?, flags bigint, salt bytea, head bytea, version timestamptz, destroyed numeric, outside numeric, returned numeric, place text
-- opens: place
SELECT org_id, lot_id, number, uri, code, product, commodity, dimension::bigint AS dimension, unit, own, total, site, region,
       created_event, event_time, offset_min::bigint AS offset_min, produced_day, expires_day, flags, salt, head, version,
       destroyed, outside, returned, place
FROM (SELECT DISTINCT unnest(@orgs) AS a, unnest(@ids) AS b) z
JOIN lot ON org_id = z.a AND lot_id = z.b
ORDER BY org_id, lot_id
FOR UPDATE OF lot;

-- name: capture_holdings_lock :many
-- Stock of those lots at the parties a batch names, locked in ascending order. IS TRUE keeps the holders out of the index
-- condition: a search for every lot with every party would cost more than the few holders a lot has.
-- param: orgs uuid[], ids uuid[], holders uuid[]
-- class: any
-- each: orgs
-- column: org_id uuid, lot_id uuid, holder uuid, region text, site uuid, on_hand numeric, in_transit numeric, sold numeric, destroyed numeric, deficit numeric, claimed numeric
SELECT org_id, lot_id, holder, region, site, on_hand, in_transit, sold, destroyed, deficit, claimed
FROM (SELECT DISTINCT unnest(@orgs) AS a, unnest(@ids) AS b) z
JOIN lot_holding ON org_id = z.a AND lot_id = z.b AND (holder = ANY(@holders)) IS TRUE
ORDER BY org_id, lot_id, holder
FOR UPDATE OF lot_holding;

-- name: capture_lots_seen :many
-- Which of some lots, by place in the list, may be looked at by who does not hold them: by a party, by a key of a region, or,
-- with both, by the party as far as the region goes.
-- param: orgs uuid[], ids uuid[], parties uuid[], regions text[]
-- class: fan
-- column: place bigint
SELECT place
FROM unnest(@orgs, @ids, @parties, @regions) WITH ORDINALITY AS z (org_id, lot_id, party, region, place)
WHERE lot_seen_by(org_id, lot_id, CASE WHEN party IS NULL THEN '{}'::uuid[] ELSE ARRAY[party] END, region);

-- name: shipments_lock :many
-- Shipments a batch receives, locked in ascending order.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- each: orgs
-- column: org_id uuid, id uuid, from_party uuid, to_party uuid, vehicle text, event uuid, shipped_at timestamptz, state text
-- opens: vehicle
SELECT org_id, id, from_party, to_party, vehicle, event, shipped_at, state
FROM (SELECT DISTINCT unnest(@orgs) AS a, unnest(@ids) AS b) z
JOIN shipment ON org_id = z.a AND id = z.b
ORDER BY org_id, id
FOR UPDATE OF shipment;

-- name: shipment_lines :many
-- What those shipments carry.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- each: orgs
-- column: org_id uuid, shipment uuid, n bigint, lot_org uuid, lot_id uuid, value text, unit text, base numeric, received numeric
-- column: receipt_org uuid, receipt uuid
SELECT org_id, shipment, n::bigint AS n, lot_org, lot_id, value, unit, base, received, receipt_org, receipt
FROM (SELECT DISTINCT unnest(@orgs) AS a, unnest(@ids) AS b) z
JOIN shipment_line ON org_id = z.a AND shipment = z.b
ORDER BY org_id, shipment, n;

-- name: capture_on_the_way :many
-- How much of some lots is on its way to some parties: a row for every pair.
-- param: lots uuid[], holders uuid[]
-- class: any
-- column: place bigint, base numeric
SELECT z.place, coalesce((
    SELECT sum(l.base) FROM shipment s JOIN shipment_line l ON l.org_id = s.org_id AND l.shipment = s.id
    WHERE s.to_party = z.b AND s.state = 'in_transit' AND l.receipt IS NULL AND l.lot_id = z.a
), 0) AS base
FROM unnest(@lots, @holders) WITH ORDINALITY AS z (a, b, place);

-- name: event_doubles :many
-- Records of some recorders in a span of time that tell what others tell, and stand.
-- param: orgs uuid[], likenesses bigint[], since timestamptz, until timestamptz
-- class: any
-- each: orgs
-- column: org_id uuid, likeness bigint, id uuid, event_time timestamptz
SELECT org_id, likeness, id, event_time
FROM (SELECT DISTINCT unnest(@orgs) AS a, unnest(@likenesses) AS b) z
CROSS JOIN LATERAL (SELECT org_id, likeness, id, event_time FROM event v
                    WHERE org_id = z.a AND likeness = z.b AND event_time BETWEEN @since AND @until
                      AND NOT EXISTS (SELECT FROM correction c WHERE c.org_id = v.org_id AND c.event = v.id) LIMIT 100) e;

-- name: site_inputs :many
-- Of each input that was used at sites in spans of time the newest use, found from one input to the next: there are few, however
-- often each was used.
-- param: sites uuid[], since timestamptz[], until timestamptz[]
-- class: any
-- each: sites
-- column: site uuid, event uuid, type text, event_time timestamptz, offset_min bigint, input_product text, input_active text[]?
SELECT z.site, s.event, s.type, s.event_time, s.offset_min::bigint AS offset_min, e.input_product, e.input_active
FROM (SELECT DISTINCT a AS site, b AS since, c AS until FROM unnest(@sites, @since, @until) AS u (a, b, c)) z
CROSS JOIN LATERAL (SELECT party FROM site WHERE id = z.site OFFSET 0) t
CROSS JOIN LATERAL (
    WITH RECURSIVE inputs (input) AS (
        (SELECT input FROM site_event
         WHERE org_id = t.party AND site = z.site AND input IS NOT NULL AND declared_at IS NULL ORDER BY input LIMIT 1)
        UNION ALL
        SELECT (SELECT n.input FROM site_event n
                WHERE n.org_id = t.party AND n.site = z.site AND n.input > i.input AND n.declared_at IS NULL ORDER BY n.input LIMIT 1)
        FROM inputs i WHERE i.input IS NOT NULL
    )
    SELECT input FROM inputs WHERE input IS NOT NULL
) i
CROSS JOIN LATERAL (SELECT event_org, event, type, event_time, offset_min FROM site_event
                    WHERE org_id = t.party AND site = z.site AND input = i.input AND declared_at IS NULL
                      AND event_time BETWEEN z.since AND z.until
                    ORDER BY event_time DESC LIMIT 1) s
CROSS JOIN LATERAL (SELECT input_product, input_active FROM event WHERE org_id = s.event_org AND id = s.event OFFSET 0) e;

-- name: site_uses :many
-- Inputs used at sites in spans of time, for the interval rules. OFFSET 0 has each site's rows found by its key, whatever
-- the planner thinks of tables that were empty when it was asked. @max_rows NULL: all.
-- param: sites uuid[], since timestamptz[], until timestamptz[], max_rows bigint?
-- class: any
-- each: sites
-- column: site uuid, event uuid, type text, event_time timestamptz, offset_min bigint, input_product text, input_active text[]?
SELECT s.site, s.event, s.type, s.event_time, s.offset_min::bigint AS offset_min, e.input_product, e.input_active
FROM (SELECT a, min(b) AS since, max(c) AS until
      FROM (SELECT unnest(@sites) AS a, unnest(@since) AS b, unnest(@until) AS c) u GROUP BY a) z
CROSS JOIN LATERAL (SELECT party FROM site WHERE id = z.a OFFSET 0) t
CROSS JOIN LATERAL (SELECT site, event_org, event, type, event_time, offset_min FROM site_event
                    WHERE org_id = t.party AND site = z.a AND event_time BETWEEN z.since AND z.until
                      AND declared_at IS NULL AND input IS NOT NULL OFFSET 0) s
CROSS JOIN LATERAL (SELECT input_product, input_active FROM event
                    WHERE org_id = s.event_org AND id = s.event OFFSET 0) e
ORDER BY s.event_time, s.event
LIMIT @max_rows;

-- name: site_harvests :many
-- Lots harvested at sites in spans of time, for what is recorded late of those sites.
-- param: sites uuid[], since timestamptz[], until timestamptz[]
-- class: any
-- each: sites
-- column: site uuid, event uuid, event_time timestamptz, offset_min bigint, lot_org uuid, lot_id uuid, commodity text, product uuid, region text
SELECT s.site, s.event, s.event_time, s.offset_min::bigint AS offset_min, s.lot_org, s.lot_id, l.commodity, l.product,
       t.region
FROM (SELECT a, min(b) AS since, max(c) AS until
      FROM (SELECT unnest(@sites) AS a, unnest(@since) AS b, unnest(@until) AS c) u GROUP BY a) z
CROSS JOIN LATERAL (SELECT party, region FROM site WHERE id = z.a OFFSET 0) t
CROSS JOIN LATERAL (SELECT site, event, event_time, offset_min, lot_org, lot_id FROM site_event
                    WHERE org_id = t.party AND site = z.a AND event_time BETWEEN z.since AND z.until
                      AND declared_at IS NULL AND lot_id IS NOT NULL OFFSET 0) s
CROSS JOIN LATERAL (SELECT commodity, product FROM lot WHERE org_id = s.lot_org AND lot_id = s.lot_id OFFSET 0) l
ORDER BY s.event_time, s.event;

-- name: lot_downstream_sold :many
-- Which of some lots were sold, themselves or in what became of them. OFFSET 0 and LIMIT 1 have each lot looked up by key:
-- the planner cannot know how few they are, and reads whole tables while these are not large.
-- param: orgs uuid[], ids uuid[], max_lots bigint
-- class: local
-- column: lot_id uuid
WITH RECURSIVE below (root, org_id, lot_id) AS (
    SELECT b, a, b FROM unnest(@orgs, @ids) AS u (a, b)
    UNION
    SELECT b.root, e.child_org, e.child
    FROM below b CROSS JOIN LATERAL (SELECT child_org, child FROM lot_edge WHERE parent = b.lot_id AND declared_at IS NULL OFFSET 0) e
), bounded AS (
    SELECT root, org_id, lot_id FROM below LIMIT @max_lots
)
SELECT DISTINCT b.root AS lot_id
FROM bounded b
CROSS JOIN LATERAL (
    SELECT FROM lot_holding h WHERE h.org_id = b.org_id AND h.lot_id = b.lot_id AND h.sold > 0 LIMIT 1
) s;

-- name: lineage_lock :one
-- Until the transaction ends nobody else adds to lots that exist: two such records, each fine alone, may close a circle.
-- class: local
-- column: locked boolean
SELECT true AS locked FROM pg_advisory_xact_lock(7377289428066984298);

-- name: lot_ancestor_edges :many
-- Edges upstream of some lots, for the cycle check of an output that exists already.
-- param: ids uuid[], max_edges bigint
-- class: local
-- each: ids
-- column: parent_org uuid, parent uuid, child_org uuid, child uuid, event uuid
WITH RECURSIVE above (lot_id) AS (
    SELECT unnest(@ids)
    UNION
    SELECT e.parent FROM above a CROSS JOIN LATERAL (SELECT parent FROM lot_edge WHERE child = a.lot_id AND declared_at IS NULL OFFSET 0) e
)
SELECT e.parent_org, e.parent, e.child_org, e.child, e.event
FROM above a CROSS JOIN LATERAL (SELECT * FROM lot_edge WHERE child = a.lot_id AND declared_at IS NULL OFFSET 0) e
LIMIT @max_edges;

-- name: transformation_outputs :many
-- What came out of transformations that are told in pieces, by the pieces that stand.
-- param: nodes uuid[]
-- class: local
-- column: node uuid, child_org uuid, child uuid
SELECT DISTINCT parent AS node, child_org, child FROM lot_edge WHERE parent = ANY(@nodes) AND declared_at IS NULL;

-- name: event_insert_many :exec
-- The events of a batch.
-- param: org_id uuid[], id uuid[], event_id text[], type text[], event_time timestamptz[], offset_min bigint[]
-- param: recorded_at timestamptz[], biz_step text[], disposition text[], party uuid[], site uuid[], region text[]
-- param: to_party uuid[], input_product text[], input_active text[], flags bigint[], body bytea[]
-- param: request_sha256 bytea[], view_secret bytea[], key_fingerprint bytea[], seq bigint[], statement bytea[]
-- param: statement_sha256 bytea[], answer bytea[], declaration_time timestamptz[]
-- param: shipment_org uuid[], shipment uuid[], likeness bigint[], place text[]
-- seals: body, view_secret, request_sha256, place
-- class: key
INSERT INTO event (org_id, id, event_id, type, event_time, offset_min, recorded_at, biz_step, disposition, party,
                   site, region, to_party, input_product, input_active, flags, body, request_sha256, view_secret,
                   key_fingerprint, seq, statement, statement_sha256, answer, declaration_time, shipment_org,
                   shipment, likeness, place)
SELECT unnest(@org_id), unnest(@id), unnest(@event_id), unnest(@type), unnest(@event_time), unnest(@offset_min),
       unnest(@recorded_at), unnest(@biz_step), unnest(@disposition), unnest(@party), unnest(@site), unnest(@region),
       unnest(@to_party), unnest(@input_product), string_to_array(unnest(@input_active), E'\x1f'), unnest(@flags),
       unnest(@body), unnest(@request_sha256), unnest(@view_secret), unnest(@key_fingerprint), unnest(@seq),
       unnest(@statement), unnest(@statement_sha256), unnest(@answer), unnest(@declaration_time),
       unnest(@shipment_org), unnest(@shipment), unnest(@likeness), unnest(@place);

-- name: event_key_insert_many :exec
-- Their identities.
-- param: hash bytea[], org_id uuid[], id uuid[]
-- class: key
INSERT INTO event_key (hash, org_id, id)
SELECT unnest(@hash), unnest(@org_id), unnest(@id);

-- name: event_key_insert_again :exec
-- Further names of partners' events. One that another event has already stays with that.
-- param: hash bytea[], org_id uuid[], id uuid[]
-- class: key
INSERT INTO event_key (hash, org_id, id)
SELECT unnest(@hash), unnest(@org_id), unnest(@id)
ON CONFLICT DO NOTHING;

-- name: thing_insert_many :exec
-- New spellings.
-- param: hash bytea[], kind text[], org_id uuid[], id uuid[]
-- class: key
INSERT INTO thing (hash, kind, org_id, id)
SELECT unnest(@hash), unnest(@kind), unnest(@org_id), unnest(@id);

-- name: thing_insert_again :exec
-- Numbers of lots that documents name. One that another lot has already stays with that.
-- param: hash bytea[], kind text[], org_id uuid[], id uuid[]
-- class: key
INSERT INTO thing (hash, kind, org_id, id)
SELECT unnest(@hash), unnest(@kind), unnest(@org_id), unnest(@id)
ON CONFLICT DO NOTHING;

-- name: thing_move_many :exec
-- Names that go on to what stands in the place of what they named.
-- param: hash bytea[], org_id uuid[], id uuid[]
-- class: key
UPDATE thing t SET org_id = z.b, id = z.c FROM unnest(@hash, @org_id, @id) AS z (a, b, c) WHERE t.hash = z.a;

-- name: code_insert_many :exec
-- Codes of new lots.
-- param: code text[], kind text[], org_id uuid[], id uuid[], issued_at timestamptz[]
-- class: key
INSERT INTO code (code, kind, org_id, id, state, issued_at)
SELECT unnest(@code), unnest(@kind), unnest(@org_id), unnest(@id), 'activated', unnest(@issued_at);

-- name: lot_upsert_many :exec
-- New lots, and what changed of lots that existed.
-- param: org_id uuid[], lot_id uuid[], number text[], uri text[], code text[], product uuid[], commodity text[]
-- param: dimension bigint[], unit text[], own numeric[], total numeric[], site uuid[], region text[]
-- param: created_event uuid[], event_time timestamptz[], offset_min bigint[], produced_day date[], expires_day date[]
-- param: flags bigint[], salt bytea[], head bytea[], version timestamptz[]
-- param: place text[]
-- param: destroyed numeric[], outside numeric[], returned numeric[]
-- seals: place
-- class: key
INSERT INTO lot (org_id, lot_id, number, uri, code, product, commodity, dimension, unit, own, total, site, region,
                 created_event, event_time, offset_min, produced_day, expires_day, flags, salt, head, version,
                 destroyed, outside, returned, place)
SELECT unnest(@org_id), unnest(@lot_id), unnest(@number), unnest(@uri), unnest(@code), unnest(@product),
       unnest(@commodity), unnest(@dimension), unnest(@unit), unnest(@own), unnest(@total), unnest(@site),
       unnest(@region), unnest(@created_event), unnest(@event_time), unnest(@offset_min), unnest(@produced_day),
       unnest(@expires_day), unnest(@flags), unnest(@salt), unnest(@head), unnest(@version), unnest(@destroyed),
       unnest(@outside), unnest(@returned), unnest(@place)
ON CONFLICT (org_id, lot_id) DO UPDATE
SET dimension = excluded.dimension, unit = excluded.unit, place = excluded.place, own = excluded.own, total = excluded.total, site = excluded.site, region = excluded.region,
    created_event = excluded.created_event, event_time = excluded.event_time, offset_min = excluded.offset_min,
    produced_day = excluded.produced_day, expires_day = excluded.expires_day, flags = excluded.flags,
    head = excluded.head, version = excluded.version, destroyed = excluded.destroyed, outside = excluded.outside,
    returned = excluded.returned;

-- name: lot_begin_many :exec
-- When and where lots came into being, where these events tell it rather than what told it so far: in the order of lot_beginning,
-- without reading all that is told of a lot.
-- param: orgs uuid[], ids uuid[], events uuid[]
-- class: any
-- each: orgs
UPDATE lot l
SET created_event = m.event, event_time = m.event_time, offset_min = m.offset_min, produced_day = m.day,
    expires_day = l.expires_day + (m.day - l.produced_day), site = m.site, region = m.region, place = m.place
FROM (SELECT DISTINCT ON (w.org_id, w.lot_id) w.*
      FROM (SELECT DISTINCT a, b, c FROM unnest(@orgs, @ids, @events) AS u (a, b, c)) z
      JOIN lot_telling w ON w.org_id = z.a AND w.lot_id = z.b AND w.event = z.c
      ORDER BY w.org_id, w.lot_id, NOT w.makes, w.declared_at IS NOT NULL, w.event_time, w.event) m
WHERE l.org_id = m.org_id AND l.lot_id = m.lot_id
  AND NOT EXISTS (SELECT FROM lot_telling b
                  WHERE b.org_id = m.org_id AND b.lot_id = m.lot_id AND b.event = l.created_event
                    AND (NOT b.makes, b.declared_at IS NOT NULL, b.event_time, b.event)
                        <= (NOT m.makes, m.declared_at IS NOT NULL, m.event_time, m.event));

-- name: lot_states_open :many
-- What stands about some lots, which are locked.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- column: org_id uuid, lot_id uuid, flag bigint, event_org uuid, event uuid, party uuid, by_authority boolean
-- column: binds_all boolean, at timestamptz, since timestamptz
SELECT s.org_id, s.lot_id, s.flag, s.event_org, s.event, s.party, p.kind = 'authority' AS by_authority, s.binds_all, s.at,
       s.since
FROM (SELECT DISTINCT unnest(@orgs) AS a, unnest(@ids) AS b) z
JOIN lot_state s ON s.org_id = z.a AND s.lot_id = z.b
JOIN party p ON p.id = s.party
WHERE s.until IS NULL;

-- name: lot_states_lifted :many
-- Holds of some lots that ended at a moment: by the release that was recorded then. What is withdrawn itself was none.
-- param: orgs uuid[], ids uuid[], ends timestamptz[]
-- class: any
-- column: org_id uuid, lot_id uuid, flag bigint, event_org uuid, event uuid, party uuid, by_authority boolean
-- column: binds_all boolean, at timestamptz, since timestamptz, until timestamptz
SELECT s.org_id, s.lot_id, s.flag, s.event_org, s.event, s.party, p.kind = 'authority' AS by_authority, s.binds_all, s.at,
       s.since, s.until
FROM (SELECT DISTINCT a, b, c FROM unnest(@orgs, @ids, @ends) AS u (a, b, c)) z
JOIN lot_state s ON s.org_id = z.a AND s.lot_id = z.b AND s.until = z.c
JOIN party p ON p.id = s.party
WHERE s.flag = 2 AND NOT EXISTS (SELECT FROM correction c WHERE c.org_id = s.event_org AND c.event = s.event);

-- name: lot_state_insert_many :exec
-- What is said of lots by a batch; some of it may have ended in the same batch.
-- param: org_id uuid[], lot_id uuid[], flag bigint[], event_org uuid[], event uuid[], party uuid[], binds_all boolean[]
-- param: at timestamptz[], since timestamptz[], until timestamptz[]
-- class: key
INSERT INTO lot_state (org_id, lot_id, flag, event_org, event, party, binds_all, at, since, until)
SELECT unnest(@org_id), unnest(@lot_id), unnest(@flag), unnest(@event_org), unnest(@event), unnest(@party),
       unnest(@binds_all), unnest(@at), unnest(@since), unnest(@until)
ON CONFLICT (org_id, lot_id, event, flag, since) DO UPDATE SET until = excluded.until;

-- name: sample_events :many
-- What the records said that took some samples.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- column: id uuid, answer bytea
SELECT e.id, e.answer
FROM unnest(@orgs, @ids) AS z (org_id, id)
JOIN event e ON e.org_id = z.org_id AND e.id = z.id
WHERE e.type = 'sample';

-- name: test_result_insert_many :exec
-- What tests said of lots.
-- param: org_id uuid[], lot_id uuid[], event uuid[], event_org uuid[], kind text[], outcome text[], at timestamptz[]
-- param: offset_min bigint[], recorded_at timestamptz[]
-- class: key
INSERT INTO test_result (org_id, lot_id, event, event_org, kind, outcome, at, offset_min, recorded_at)
SELECT unnest(@org_id), unnest(@lot_id), unnest(@event), unnest(@event_org), unnest(@kind), unnest(@outcome),
       unnest(@at), unnest(@offset_min), unnest(@recorded_at);

-- name: lot_senders :many
-- Who shipped some lots to some holders last: who gets them back.
-- param: orgs uuid[], ids uuid[], holders uuid[]
-- class: any
-- column: place bigint, sender uuid
SELECT z.place, k.party AS sender
FROM unnest(@orgs, @ids, @holders) WITH ORDINALITY AS z (org_id, lot_id, holder, place)
CROSS JOIN LATERAL (
    SELECT e.party FROM event_thing t JOIN event e ON e.org_id = t.event_org AND e.id = t.event
    WHERE t.org_id = z.org_id AND t.lot_id = z.lot_id AND e.type = 'ship' AND e.to_party = z.holder
      AND t.declared_at IS NULL
    ORDER BY e.recorded_at DESC
    LIMIT 1
) k;

-- name: holding_upsert_many :exec
-- Stock after a batch.
-- param: org_id uuid[], lot_id uuid[], holder uuid[], region text[], site uuid[], on_hand numeric[], in_transit numeric[]
-- param: sold numeric[], destroyed numeric[], deficit numeric[], claimed numeric[]
-- class: key
INSERT INTO lot_holding (org_id, lot_id, holder, region, site, on_hand, in_transit, sold, destroyed, deficit, claimed)
SELECT unnest(@org_id), unnest(@lot_id), unnest(@holder), unnest(@region), unnest(@site), unnest(@on_hand),
       unnest(@in_transit), unnest(@sold), unnest(@destroyed), unnest(@deficit), unnest(@claimed)
ON CONFLICT (org_id, lot_id, holder) DO UPDATE
SET region = excluded.region, site = excluded.site, on_hand = excluded.on_hand, in_transit = excluded.in_transit,
    sold = excluded.sold, destroyed = excluded.destroyed, deficit = excluded.deficit, claimed = excluded.claimed;

-- name: event_thing_insert_many :exec
-- Which lots the events concern.
-- param: org_id uuid[], lot_id uuid[], event_org uuid[], event uuid[], n bigint[], role text[], recorded_at timestamptz[]
-- param: value text[], unit text[], base numeric[]
-- class: key
INSERT INTO event_thing (org_id, lot_id, event_org, event, n, role, recorded_at, value, unit, base)
SELECT unnest(@org_id), unnest(@lot_id), unnest(@event_org), unnest(@event), unnest(@n), unnest(@role),
       unnest(@recorded_at), unnest(@value), unnest(@unit), unnest(@base);

-- name: site_event_insert_many :exec
-- Which sites the events concern, and what was used there: active in one text, joined by U+001F.
-- param: org_id uuid[], site uuid[], event_org uuid[], event uuid[], n bigint[], type text[], event_time timestamptz[]
-- param: offset_min bigint[], recorded_at timestamptz[], lot_org uuid[], lot_id uuid[], input_product text[], input_active text[]
-- class: key
INSERT INTO site_event (org_id, site, event_org, event, n, type, event_time, offset_min, recorded_at, lot_org, lot_id, input)
SELECT org_id, site, event_org, event, n, type, event_time, offset_min, recorded_at, lot_org, lot_id,
       input_key(type, input_product, string_to_array(input_active, E'\x1f'))
FROM (SELECT unnest(@org_id) AS org_id, unnest(@site) AS site, unnest(@event_org) AS event_org, unnest(@event) AS event, unnest(@n) AS n,
             unnest(@type) AS type, unnest(@event_time) AS event_time, unnest(@offset_min) AS offset_min,
             unnest(@recorded_at) AS recorded_at, unnest(@lot_org) AS lot_org, unnest(@lot_id) AS lot_id,
             unnest(@input_product) AS input_product, unnest(@input_active) AS input_active) r;

-- name: lot_edge_insert_many :exec
-- Lineage of a batch.
-- param: parent_org uuid[], parent uuid[], child_org uuid[], child uuid[], event_org uuid[], event uuid[]
-- param: input numeric[], input_total numeric[], output numeric[], output_part numeric[], output_total numeric[], value text[]
-- param: unit text[], recorded_at timestamptz[], base numeric[], mass numeric[]
-- class: local
INSERT INTO lot_edge (parent_org, parent, child_org, child, event_org, event, input, input_total, output, output_part,
                      output_total, value, unit, recorded_at, base, mass)
SELECT unnest(@parent_org), unnest(@parent), unnest(@child_org), unnest(@child), unnest(@event_org), unnest(@event),
       unnest(@input), unnest(@input_total), unnest(@output), unnest(@output_part), unnest(@output_total),
       unnest(@value), unnest(@unit), unnest(@recorded_at), unnest(@base), unnest(@mass);

-- name: shipment_upsert_many :exec
-- Shipments that left or arrived.
-- param: org_id uuid[], id uuid[], from_party uuid[], to_party uuid[], vehicle text[], event uuid[], shipped_at timestamptz[], state text[]
-- seals: vehicle
-- class: key
INSERT INTO shipment (org_id, id, from_party, to_party, vehicle, event, shipped_at, state)
SELECT unnest(@org_id), unnest(@id), unnest(@from_party), unnest(@to_party), unnest(@vehicle), unnest(@event),
       unnest(@shipped_at), unnest(@state)
ON CONFLICT (org_id, id) DO UPDATE
SET to_party = excluded.to_party, vehicle = excluded.vehicle, event = excluded.event, shipped_at = excluded.shipped_at,
    state = excluded.state;

-- name: shipment_lines_drop :exec
-- What shipments that are stated anew were said to carry.
-- param: orgs uuid[], ids uuid[]
-- class: any
DELETE FROM shipment_line l USING unnest(@orgs, @ids) AS z (org_id, id) WHERE l.org_id = z.org_id AND l.shipment = z.id;

-- name: shipment_line_upsert_many :exec
-- What they carry and how much of it arrived.
-- param: org_id uuid[], shipment uuid[], n bigint[], lot_org uuid[], lot_id uuid[], value text[], unit text[], base numeric[], received numeric[]
-- param: receipt_org uuid[], receipt uuid[]
-- class: key
INSERT INTO shipment_line (org_id, shipment, n, lot_org, lot_id, value, unit, base, received, receipt_org, receipt)
SELECT unnest(@org_id), unnest(@shipment), unnest(@n), unnest(@lot_org), unnest(@lot_id), unnest(@value),
       unnest(@unit), unnest(@base), unnest(@received), unnest(@receipt_org), unnest(@receipt)
ON CONFLICT (org_id, shipment, n) DO UPDATE
SET received = excluded.received, receipt_org = excluded.receipt_org, receipt = excluded.receipt;

-- name: key_head_update_many :exec
-- Sequence heads after a batch.
-- param: fingerprint bytea[], seq bigint[]
-- class: local
UPDATE key_head h SET seq = z.b
FROM (SELECT unnest(@fingerprint) AS a, unnest(@seq) AS b) z
WHERE h.fingerprint = z.a;

-- name: log_pending_insert_many :exec
-- Statements for the log.
-- param: kind text[], org_id uuid[], id uuid[], version bigint[], fingerprint bytea[]
-- class: local
INSERT INTO log_pending (kind, org_id, id, version, fingerprint)
SELECT unnest(@kind), unnest(@org_id), unnest(@id), unnest(@version), unnest(@fingerprint);

-- name: alert_upsert_many :exec
-- Alerts a batch raised; found again they are the same alert.
-- param: org_id uuid[], id uuid[], rule text[], rule_version bigint[], severity bigint[], subject bytea[]
-- param: title_zh text[], title_en text[], reason_zh text[], reason_en text[], action_zh text[], action_en text[]
-- param: inputs bytea[], edition text[], evidence bytea[], seen timestamptz[], due_at timestamptz[], party uuid[]
-- param: product uuid[], lot_org uuid[], lot_id uuid[], event uuid[], happened_at timestamptz[], code text[]
-- class: key
INSERT INTO alert (org_id, id, rule, rule_version, severity, state, subject, title_zh, title_en, reason_zh, reason_en,
                   action_zh, action_en, inputs, edition, evidence, first_seen, last_seen, due_at, party, product, lot_org,
                   lot_id, event, happened_at, code)
SELECT unnest(@org_id), unnest(@id), unnest(@rule), unnest(@rule_version), unnest(@severity), 'open', unnest(@subject),
       unnest(@title_zh), unnest(@title_en), unnest(@reason_zh), unnest(@reason_en), unnest(@action_zh),
       unnest(@action_en), unnest(@inputs), unnest(@edition), unnest(@evidence), unnest(@seen), unnest(@seen),
       unnest(@due_at), unnest(@party), unnest(@product), unnest(@lot_org), unnest(@lot_id), unnest(@event),
       unnest(@happened_at), unnest(@code)
ON CONFLICT (org_id, subject) DO UPDATE
SET last_seen = excluded.last_seen, severity = least(alert.severity, excluded.severity);

-- name: alert_retell_many :exec
-- Findings whose story begins with an earlier event than what was recorded first.
-- param: org_id uuid[], subject bytea[], reason_zh text[], reason_en text[], action_zh text[], action_en text[]
-- param: inputs bytea[], edition text[], evidence bytea[], party uuid[], event uuid[], happened_at timestamptz[]
-- class: key
UPDATE alert
SET reason_zh = z.c, reason_en = z.d, action_zh = z.e, action_en = z.f, inputs = z.g, edition = z.h, evidence = z.i,
    party = z.j, event = z.k, happened_at = z.l
FROM unnest(@org_id, @subject, @reason_zh, @reason_en, @action_zh, @action_en, @inputs, @edition, @evidence, @party, @event,
            @happened_at) AS z (a, b, c, d, e, f, g, h, i, j, k, l)
WHERE alert.org_id = z.a AND alert.subject = z.b AND (z.l, z.k) < (alert.happened_at, alert.event);

-- name: alert_ids_find :many
-- Alerts that exist already for these subjects.
-- param: orgs uuid[], subjects bytea[]
-- class: any
-- column: org_id uuid, subject bytea, id uuid
SELECT org_id, subject, id
FROM (SELECT DISTINCT unnest(@orgs) AS a, unnest(@subjects) AS b) z
JOIN alert ON org_id = z.a AND subject = z.b;

-- name: alert_region_insert_many :exec
-- Regions they concern.
-- param: org_id uuid[], alert uuid[], region text[], role text[]
-- class: key
INSERT INTO alert_region (org_id, alert, region, role)
SELECT unnest(@org_id), unnest(@alert), unnest(@region), unnest(@role)
ON CONFLICT DO NOTHING;

-- name: alert_region_insert_held :exec
-- Regions where the lots of new alerts, and what became of them, are held or were: who has sold all of it is asked too, and the
-- regions are the same whether the alert or the goods came first.
-- param: org_id uuid[], alert uuid[], lot_org uuid[], lot_id uuid[], max_lots bigint
-- class: local
WITH RECURSIVE below (alert_org, alert, org_id, lot_id) AS (
    SELECT a, b, c, d FROM unnest(@org_id, @alert, @lot_org, @lot_id) AS z (a, b, c, d)
    UNION
    SELECT b.alert_org, b.alert, e.child_org, e.child
    FROM below b CROSS JOIN LATERAL (SELECT child_org, child FROM lot_edge WHERE parent = b.lot_id AND declared_at IS NULL OFFSET 0) e
), bounded AS (
    SELECT alert_org, alert, org_id, lot_id FROM below LIMIT @max_lots
)
INSERT INTO alert_region (org_id, alert, region, role)
SELECT DISTINCT b.alert_org, b.alert, h.region, 'held'
FROM bounded b
CROSS JOIN LATERAL (
    SELECT region FROM lot_holding WHERE org_id = b.org_id AND lot_id = b.lot_id
) h
ON CONFLICT DO NOTHING;

-- name: alert_region_insert_moved :exec
-- Regions into which goods came that open alerts are about, themselves or in what they were made of.
-- param: lot_id uuid[], region text[], max_lots bigint
-- class: local
WITH RECURSIVE above (region, lot_id) AS (
    SELECT b, a FROM unnest(@lot_id, @region) AS z (a, b)
    UNION
    SELECT a.region, e.parent FROM above a CROSS JOIN LATERAL (SELECT parent FROM lot_edge WHERE child = a.lot_id AND declared_at IS NULL OFFSET 0) e
), bounded AS (
    SELECT region, lot_id FROM above LIMIT @max_lots
)
INSERT INTO alert_region (org_id, alert, region, role)
SELECT DISTINCT a.org_id, a.id, b.region, 'held'
FROM bounded b
CROSS JOIN LATERAL (SELECT org_id, id FROM alert WHERE lot_id = b.lot_id AND state <> 'closed') a
ON CONFLICT DO NOTHING;

-- name: alert_raise_sold :many
-- An interval that was not kept is critical once any of the goods are sold: answers the lots whose alert was raised.
-- param: ids uuid[], seen timestamptz, due_at timestamptz, max_lots bigint
-- class: local
-- column: lot_org uuid, lot_id uuid
WITH RECURSIVE above (lot_id) AS (
    SELECT unnest(@ids)
    UNION
    SELECT e.parent FROM above a CROSS JOIN LATERAL (SELECT parent FROM lot_edge WHERE child = a.lot_id AND declared_at IS NULL OFFSET 0) e
), bounded AS (
    SELECT lot_id FROM above LIMIT @max_lots
)
UPDATE alert SET severity = 0, last_seen = @seen, due_at = least(due_at, @due_at)
WHERE rule = 'I01' AND state <> 'closed' AND severity > 0 AND lot_id IN (SELECT lot_id FROM bounded)
RETURNING lot_org, lot_id;

-- name: alert_raise_joined :many
-- The same where goods were sold before it was told what they were made of: of all that goes into these lots
-- and nodes of transformations, where they or anything that came of them is sold.
-- param: orgs uuid[], ids uuid[], seen timestamptz, due_at timestamptz, max_lots bigint
-- class: local
-- column: lot_org uuid, lot_id uuid
WITH RECURSIVE below (root, org_id, lot_id) AS (
    SELECT b, a, b FROM unnest(@orgs, @ids) AS u (a, b)
    UNION
    SELECT b.root, e.child_org, e.child
    FROM below b CROSS JOIN LATERAL (SELECT child_org, child FROM lot_edge WHERE parent = b.lot_id AND declared_at IS NULL OFFSET 0) e
), sold AS (
    SELECT DISTINCT b.root
    FROM (SELECT * FROM below LIMIT @max_lots) b
    CROSS JOIN LATERAL (SELECT FROM lot_holding h WHERE h.org_id = b.org_id AND h.lot_id = b.lot_id AND h.sold > 0 LIMIT 1) s
), above (lot_id) AS (
    SELECT root FROM sold
    UNION
    SELECT e.parent FROM above a CROSS JOIN LATERAL (SELECT parent FROM lot_edge WHERE child = a.lot_id AND declared_at IS NULL OFFSET 0) e
), bounded AS (
    SELECT lot_id FROM above LIMIT @max_lots
)
UPDATE alert SET severity = 0, last_seen = @seen, due_at = least(due_at, @due_at)
WHERE rule = 'I01' AND state <> 'closed' AND severity > 0 AND lot_id IN (SELECT lot_id FROM bounded)
RETURNING lot_org, lot_id;

-- name: alert_region_insert_joined :exec
-- Regions where these lots, or what came of them or of these nodes of transformations, are held or were, for open alerts about
-- what goes into them.
-- param: orgs uuid[], ids uuid[], max_lots bigint
-- class: local
WITH RECURSIVE below (root, org_id, lot_id) AS (
    SELECT b, a, b FROM unnest(@orgs, @ids) AS u (a, b)
    UNION
    SELECT b.root, e.child_org, e.child
    FROM below b CROSS JOIN LATERAL (SELECT child_org, child FROM lot_edge WHERE parent = b.lot_id AND declared_at IS NULL OFFSET 0) e
), regions AS (
    SELECT DISTINCT b.root, h.region
    FROM (SELECT * FROM below LIMIT @max_lots) b
    CROSS JOIN LATERAL (SELECT region FROM lot_holding WHERE org_id = b.org_id AND lot_id = b.lot_id) h
), above (root, lot_id) AS (
    SELECT n, n FROM unnest(@ids) AS u (n)
    UNION
    SELECT a.root, e.parent
    FROM above a CROSS JOIN LATERAL (SELECT parent FROM lot_edge WHERE child = a.lot_id AND declared_at IS NULL OFFSET 0) e
)
INSERT INTO alert_region (org_id, alert, region, role)
SELECT DISTINCT a.org_id, a.id, r.region, 'held'
FROM (SELECT * FROM above LIMIT @max_lots) b
JOIN regions r ON r.root = b.root
CROSS JOIN LATERAL (SELECT org_id, id FROM alert WHERE lot_id = b.lot_id AND state <> 'closed') a
ON CONFLICT DO NOTHING;

-- name: lot_touch_many :exec
-- Lots whose trail shows something new without an event of their own.
-- param: orgs uuid[], ids uuid[], version timestamptz
-- class: any
UPDATE lot SET version = greatest(version, @version)
FROM (SELECT DISTINCT unnest(@orgs) AS a, unnest(@ids) AS b) z
WHERE org_id = z.a AND lot_id = z.b;

-- name: last_recorded_at :one
-- The newest record: times of recording go on from here after a restart.
-- class: fan
-- scope: program
-- column: recorded_at timestamptz
SELECT coalesce(max(recorded_at), 'epoch'::timestamptz) AS recorded_at FROM event;
