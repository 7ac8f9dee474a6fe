-- SPDX-License-Identifier: Apache-2.0
-- `farmtrail verify --data`: what is stored, beside the signed bodies that it must follow from. All of it is read in one
-- transaction with one snapshot, by key in pages, or as a sum over a whole table that sorts on disk.

-- name: recount_size :one
-- How much there is to read.
-- class: fan
-- scope: program
-- column: events bigint, lots bigint, site_rows bigint, herds_since timestamptz?
SELECT (SELECT count(*) FROM event) AS events, (SELECT count(*) FROM lot) AS lots,
       (SELECT count(*) FROM site_event s JOIN event e ON e.org_id = s.event_org AND e.id = s.event
        WHERE e.view_secret IS NOT NULL AND e.flags & 8 = 0) AS site_rows,
       (SELECT applied_at FROM schema_migration WHERE name LIKE '%-herds') AS herds_since;

-- name: recount_queue :many
-- Events that wait for their number.
-- class: local
-- scope: program
-- column: id uuid
SELECT id FROM log_pending WHERE kind = 'event' LIMIT 100000000;

-- name: recount_events :many
-- Events behind a key, with all that was derived of one alone. OFFSET 0 has each looked up by its key: of a page whose size it
-- does not know the planner expects many, and would read the whole tables for every page.
-- param: org uuid, id uuid, max_rows bigint
-- class: fan
-- scope: program
-- column: org_id uuid, id uuid, event_id text, type text, event_time timestamptz, offset_min bigint, recorded_at timestamptz
-- column: party uuid, to_party uuid, shipment uuid, flags bigint, declaration boolean, body bytea
-- column: view_secret bytea, key_fingerprint bytea, seq bigint, statement bytea, statement_sha256 bytea, spki bytea
-- column: declared_at timestamptz?, leaf bytea, named boolean, manifest bytea, salts bytea, site uuid, region text
-- column: place text, input_product text, input_active text[]?, joins boolean, declared_by uuid, reason text, replacement uuid, corrective bytea
-- column: keeps_corrective boolean?, declaration_body bytea, declaration_secret bytea
-- opens: body, view_secret, place, declaration_body, declaration_secret
SELECT e.org_id, e.id, e.event_id, e.type, e.event_time, e.offset_min::bigint AS offset_min, e.recorded_at, e.party, e.to_party,
       CASE WHEN NOT e.received THEN e.shipment END AS shipment,
       e.flags, e.declaration_time IS NOT NULL AS declaration, e.body, e.view_secret,
       e.key_fingerprint, e.seq, e.statement, e.statement_sha256, k.spki, c.declared_at, l.hash AS leaf,
       n.id IS NOT NULL AS named, x.manifest, x.salts, e.site, e.region, e.place, e.input_product, e.input_active,
       e.recorded_at > (SELECT applied_at FROM schema_migration WHERE name LIKE '%-transformation-pieces') AS joins,
       c.party AS declared_by, c.reason, c.replacement, c.named AS corrective,
       c.declared_at > (SELECT applied_at FROM schema_migration WHERE name LIKE '%-corrective-events') AS keeps_corrective,
       c.body AS declaration_body, c.view_secret AS declaration_secret
FROM (SELECT *, type = 'receive' AND flags & 8 <> 0 AS received FROM event
      WHERE (org_id, id) > (coalesce(@org, '00000000-0000-0000-0000-000000000000'::uuid),
                            coalesce(@id, '00000000-0000-0000-0000-000000000000'::uuid))
      ORDER BY org_id, id LIMIT @max_rows) e
LEFT JOIN signing_key k ON k.fingerprint = e.key_fingerprint
LEFT JOIN LATERAL (SELECT x.declared_at, x.party, x.reason, x.replacement, x.named, d.body, d.view_secret
                   FROM correction x LEFT JOIN event d ON d.org_id = x.org_id AND d.id = x.declaration
                   WHERE x.org_id = e.org_id AND x.event = e.id OFFSET 0) c ON true
LEFT JOIN LATERAL (SELECT hash FROM log_leaf WHERE id = e.id AND kind = 'event' OFFSET 0) l ON true
LEFT JOIN LATERAL (SELECT id FROM event_key
                   WHERE hash = sha256(convert_to('urn:uuid:' || e.id, 'UTF8')) AND org_id = e.org_id AND id = e.id OFFSET 0) n ON true
LEFT JOIN LATERAL (SELECT manifest, salts FROM erasure
                   WHERE org_id = e.org_id AND event = e.id AND is_stated('erase', e.id, NULL) OFFSET 0) x ON true
ORDER BY e.org_id, e.id;

-- name: recount_things :many
-- What names stand for; of lots what a name must agree with.
-- param: hashes bytea[]
-- class: any
-- scope: program
-- column: hash bytea, kind text, org_id uuid, id uuid, uri text, dimension bigint?, unit text, salt bytea, product uuid
-- column: commodity text, created_event uuid, event_time timestamptz?, offset_min bigint?, produced_day date?, expires_day date?
-- column: site uuid, region text, place_party uuid, number text
SELECT t.hash, t.kind, t.org_id, t.id, l.uri, l.dimension::bigint AS dimension, l.unit, l.salt, l.product, l.commodity,
       l.created_event, l.event_time, l.offset_min::bigint AS offset_min, l.produced_day, l.expires_day, l.site, l.region,
       s.party AS place_party, l.number
FROM thing t
LEFT JOIN lot l ON t.kind = 'lot' AND l.org_id = t.org_id AND l.lot_id = t.id
LEFT JOIN site s ON t.kind = 'site' AND s.id = t.id
WHERE t.hash = ANY(@hashes);

-- name: recount_links :many
-- Links between lots and events.
-- param: orgs uuid[], lots uuid[], events uuid[]
-- class: any
-- scope: program
-- column: org_id uuid, lot_id uuid, event_org uuid, event uuid, role text, recorded_at timestamptz, base numeric?
-- column: counted boolean, declared_at timestamptz?
SELECT t.org_id, t.lot_id, t.event_org, t.event, t.role, t.recorded_at, sum(t.base) AS base, bool_and(t.unit IS NOT NULL) AS counted,
       t.declared_at
FROM (SELECT DISTINCT a, b, c FROM unnest(@orgs, @lots, @events) AS u (a, b, c)) z
JOIN event_thing t ON t.org_id = z.a AND t.lot_id = z.b AND t.event = z.c
GROUP BY t.org_id, t.lot_id, t.event_org, t.event, t.role, t.recorded_at, t.declared_at
ORDER BY t.event, t.org_id, t.lot_id, t.role;

-- name: recount_packs :many
-- Single packs that records name, and what the rows say of them.
-- param: events uuid[]
-- class: fan
-- scope: program
-- column: event uuid, code text, state text, party uuid, happened_at timestamptz, recorded_at timestamptz
-- column: declared_at timestamptz?
SELECT event, code, state, party, happened_at, recorded_at, declared_at
FROM item_event WHERE event = ANY(@events) AND named
ORDER BY event, code;

-- name: recount_herds :many
-- What rows say of animals and herds that records name.
-- param: events uuid[]
-- class: local
-- scope: program
-- column: event uuid, n bigint, animal text, site uuid, lot_id uuid, product text, active text[]?, certificate text
SELECT event, n, animal, site, lot_id, product, active, certificate
FROM herd_event WHERE event = ANY(@events)
ORDER BY event, n;

-- name: recount_sites :many
-- What rows say was done at a place: trails of what was harvested there find it by them.
-- param: sites uuid[], events uuid[]
-- class: any
-- scope: program
-- column: event uuid, site uuid, event_org uuid, type text, event_time timestamptz, offset_min bigint, recorded_at timestamptz
-- column: lot_id uuid, declared_at timestamptz?
SELECT s.event, s.site, s.event_org, s.type, s.event_time, s.offset_min::bigint AS offset_min, s.recorded_at, s.lot_id, s.declared_at
FROM (SELECT DISTINCT a, b FROM unnest(@sites, @events) AS u (a, b)) z
JOIN site p ON p.id = z.a
JOIN site_event s ON s.org_id = p.party AND s.site = z.a AND s.event = z.b
ORDER BY s.event, s.n;

-- name: recount_tests :many
-- What rows say that tests found.
-- param: orgs uuid[], lots uuid[], events uuid[]
-- class: any
-- scope: program
-- column: event uuid, event_org uuid, lot_id uuid, kind text, outcome text, at timestamptz, offset_min bigint, recorded_at timestamptz
SELECT t.event, t.event_org, t.lot_id, t.kind, t.outcome, t.at, t.offset_min::bigint AS offset_min, t.recorded_at
FROM (SELECT DISTINCT a, b, c FROM unnest(@orgs, @lots, @events) AS u (a, b, c)) z
JOIN test_result t ON t.org_id = z.a AND t.lot_id = z.b AND t.event = z.c
ORDER BY t.event, t.lot_id;

-- name: recount_alerts :many
-- Alerts of some findings, and those about some records, with who closed them last: the nil key is the service.
-- param: orgs uuid[], subjects bytea[], events uuid[]
-- class: any
-- scope: program
-- column: org_id uuid, id uuid, rule text, rule_version bigint, severity bigint, state text, subject bytea, title_zh text
-- column: title_en text, reason_zh text, reason_en text, edition text, first_seen timestamptz, lot_id uuid, event uuid, code text
-- column: closed_by uuid
SELECT a.org_id, a.id, a.rule, a.rule_version, a.severity::bigint AS severity, a.state, a.subject, a.title_zh, a.title_en, a.reason_zh,
       a.reason_en, a.edition, a.first_seen, a.lot_id, a.event, a.code,
       (SELECT x.key_id FROM alert_action x WHERE x.org_id = a.org_id AND x.alert = a.id AND x.action = 'close'
        ORDER BY x.at DESC, x.id DESC LIMIT 1) AS closed_by
FROM (SELECT l.org_id, l.id FROM unnest(@orgs, @subjects) AS z (a, b) JOIN alert l ON l.org_id = z.a AND l.subject = z.b
      UNION SELECT org_id, id FROM alert WHERE event = ANY(@events)) k
JOIN alert a ON a.org_id = k.org_id AND a.id = k.id
ORDER BY a.id;

-- name: recount_edges :many
-- Edges by their whole key; of pieces of a transformation whatever leads from or to their lots.
-- param: parents uuid[], children uuid[], events uuid[], piece_lots uuid[], piece_events uuid[]
-- class: local
-- scope: program
-- column: parent uuid, child uuid, event_org uuid, event uuid, input numeric, input_total numeric, output numeric
-- column: output_part numeric, output_total numeric, recorded_at timestamptz, declared_at timestamptz?, base numeric?, mass numeric?
SELECT parent, child, event_org, event, input, input_total, output, output_part, output_total, recorded_at, declared_at, base, mass
FROM (SELECT e.* FROM unnest(@parents, @children, @events) AS z (a, b, c)
      JOIN lot_edge e ON e.child = z.b AND e.parent = z.a AND e.event = z.c
      UNION
      SELECT e.* FROM unnest(@piece_lots, @piece_events) AS z (a, b)
      JOIN lot_edge e ON e.parent = z.a AND e.event = z.b
      UNION
      SELECT e.* FROM unnest(@piece_lots, @piece_events) AS z (a, b)
      JOIN lot_edge e ON e.child = z.a AND e.event = z.b) f
ORDER BY event, parent, child;

-- name: recount_shipments :many
-- Shipments of events with what they carry, one row for a lot and a receipt: those that they made or received, and of partners'
-- receiving events those that they are receipts of now.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- scope: program
-- column: of uuid, id uuid, from_party uuid, to_party uuid, event uuid, state text, receipt uuid, lot_id uuid, base numeric?
-- column: received numeric?
SELECT z.b AS of, s.id, s.from_party, s.to_party, s.event, s.state, l.receipt, l.lot_id, sum(l.base) AS base,
       sum(l.received) AS received
FROM (SELECT DISTINCT a, b FROM unnest(@orgs, @ids) AS u (a, b)) z
CROSS JOIN LATERAL (SELECT shipment_org, shipment FROM event
                    WHERE org_id = z.a AND id = z.b AND shipment IS NOT NULL AND NOT (type = 'receive' AND flags & 8 <> 0)
                    UNION
                    SELECT shipment_org, shipment FROM partner_receipt
                    WHERE org_id = z.a AND event = z.b AND shipment IS NOT NULL) i
JOIN shipment s ON s.org_id = i.shipment_org AND s.id = i.shipment
LEFT JOIN shipment_line l ON l.org_id = s.org_id AND l.shipment = s.id
GROUP BY z.b, s.org_id, s.id, l.lot_id, l.receipt
ORDER BY z.b, s.id, l.lot_id;

-- name: recount_lots :many
-- Lots behind a key.
-- param: org uuid, id uuid, max_rows bigint
-- class: fan
-- scope: program
-- column: org_id uuid, lot_id uuid, number text, uri text, code text, head bytea, salt bytea, registered boolean, coded boolean
-- column: version timestamptz
SELECT l.org_id, l.lot_id, l.number, l.uri, l.code, l.head, l.salt, l.product IS NOT NULL AS registered,
       l.code IS NULL OR EXISTS (SELECT FROM code c WHERE c.code = l.code AND c.org_id = l.org_id AND c.id = l.lot_id) AS coded,
       l.version
FROM lot l
WHERE (l.org_id, l.lot_id) > (coalesce(@org, '00000000-0000-0000-0000-000000000000'::uuid),
                              coalesce(@id, '00000000-0000-0000-0000-000000000000'::uuid))
ORDER BY l.org_id, l.lot_id
LIMIT @max_rows;

-- name: recount_history :many
-- The first statements about lots, each lot's in the order of recording.
-- param: orgs uuid[], lots uuid[], max_rows bigint
-- class: any
-- scope: program
-- column: place bigint, event uuid, recorded_at timestamptz, statement bytea, statement_sha256 bytea
SELECT z.place, h.event, h.recorded_at, e.statement, e.statement_sha256
FROM unnest(@orgs, @lots) WITH ORDINALITY AS z (a, b, place)
CROSS JOIN LATERAL (SELECT t.event_org, t.event, t.recorded_at FROM event_thing t
                    WHERE t.org_id = z.a AND t.lot_id = z.b
                    GROUP BY t.event_org, t.event, t.recorded_at
                    ORDER BY t.recorded_at LIMIT @max_rows) h
JOIN event e ON e.org_id = h.event_org AND e.id = h.event
ORDER BY z.place, h.recorded_at;

-- name: recount_story :many
-- Which records one lot has after a moment, in the order of recording.
-- param: org uuid, lot uuid, after timestamptz
-- class: key
-- scope: program
-- column: event_org uuid, event uuid
SELECT event_org, event
FROM event_thing
WHERE org_id = @org AND lot_id = @lot AND recorded_at > @after
GROUP BY event_org, event, recorded_at
ORDER BY recorded_at
LIMIT 100000000;

-- name: recount_steps :many
-- What they state.
-- param: orgs uuid[], events uuid[]
-- class: any
-- scope: program
-- column: event uuid, recorded_at timestamptz, statement bytea, statement_sha256 bytea
SELECT e.id AS event, e.recorded_at, e.statement, e.statement_sha256
FROM unnest(@orgs, @events) WITH ORDINALITY AS z (a, b, place)
JOIN event e ON e.org_id = z.a AND e.id = z.b
ORDER BY z.place;

-- name: recount_holdings :many
-- Holdings that are not the sum of the moves: on hand less what is owed, on its way, sold, destroyed, claimed.
-- class: fan
-- scope: program
-- column: subject text, stored text, derived text
SELECT subject, stored, derived
FROM (SELECT coalesce(h.lot_id, m.lot_id) || ' of ' || coalesce(h.holder, m.holder) AS subject,
             CASE WHEN h.lot_id IS NULL THEN 'nothing'
                  ELSE concat_ws(' ', trim_scale(h.on_hand - h.deficit + h.claimed), trim_scale(h.in_transit), trim_scale(h.sold),
                                 trim_scale(h.destroyed), trim_scale(h.claimed)) END AS stored,
             CASE WHEN m.lot_id IS NULL THEN '0 0 0 0 0'
                  ELSE concat_ws(' ', trim_scale(m.on_hand), trim_scale(m.in_transit), trim_scale(m.sold), trim_scale(m.destroyed),
                                 trim_scale(m.claimed)) END AS derived
      FROM lot_holding h
      FULL JOIN (SELECT lot_org, lot_id, holder, sum(on_hand) AS on_hand, sum(in_transit) AS in_transit, sum(sold) AS sold,
                        sum(destroyed) AS destroyed, sum(claimed) AS claimed
                 FROM stock_move GROUP BY lot_org, lot_id, holder) m
          ON m.lot_org = h.org_id AND m.lot_id = h.lot_id AND m.holder = h.holder) c
WHERE stored <> derived
ORDER BY subject
LIMIT 1000;

-- name: recount_sums :many
-- Lots whose own sums are not those of the moves: made here, put in, destroyed, outside, sent back.
-- class: fan
-- scope: program
-- column: subject text, stored text, derived text
SELECT subject, stored, derived
FROM (SELECT l.lot_id::text AS subject,
             concat_ws(' ', trim_scale(l.own), trim_scale(l.total), trim_scale(l.destroyed), trim_scale(l.outside),
                       trim_scale(l.returned)) AS stored,
             concat_ws(' ', trim_scale(coalesce(m.own, 0)), trim_scale(coalesce(m.total, 0)), trim_scale(coalesce(m.destroyed, 0)),
                       trim_scale(coalesce(m.outside, 0)), trim_scale(coalesce(m.returned, 0))) AS derived
      FROM lot l
      LEFT JOIN (SELECT lot_org, lot_id, sum(own) AS own, sum(total) AS total, sum(lot_destroyed) AS destroyed,
                        sum(outside) AS outside, sum(returned) AS returned
                 FROM stock_move GROUP BY lot_org, lot_id) m ON m.lot_org = l.org_id AND m.lot_id = l.lot_id) c
WHERE stored <> derived
ORDER BY subject
LIMIT 1000;

-- name: recount_sequences :many
-- Keys whose statements are not numbered 2 to the last without a gap; the key's own statement is the first. Of a
-- revocation, an erasure or a succession the note alone says who stated it.
-- class: fan
-- scope: program
-- column: subject text, stored text, derived text
SELECT encode(h.fingerprint, 'hex') AS subject, 'last ' || h.seq AS stored,
       coalesce(s.count, 0) || ' from ' || coalesce(s.first, 2) || ' to ' || coalesce(s.last, 1) AS derived
FROM key_head h
LEFT JOIN (SELECT key_fingerprint, count(DISTINCT seq) AS count, min(seq) AS first, max(seq) AS last
           FROM (SELECT key_fingerprint, seq FROM event
                 UNION ALL SELECT key_fingerprint, seq FROM master_version
                 UNION ALL SELECT key_fingerprint, seq FROM act_statement
                 UNION ALL SELECT key_fingerprint, seq FROM log_recovered
                 UNION ALL SELECT decode(substring(convert_from(statement, 'UTF8') FROM E'\nkey ([^\n]+)\n'), 'base64'),
                                  substring(convert_from(statement, 'UTF8') FROM E'\nseq ([0-9]+)\n')::bigint
                           FROM (SELECT statement FROM signing_revocation
                                 UNION ALL SELECT statement FROM erasure
                                 UNION ALL SELECT statement FROM master_erasure
                                 UNION ALL SELECT statement FROM log_succession) stated) a
           GROUP BY key_fingerprint) s ON s.key_fingerprint = h.fingerprint
WHERE h.seq <> coalesce(s.last, 1) OR coalesce(s.count, 0) <> h.seq - 1 OR coalesce(s.first, 2) <> 2
ORDER BY subject
LIMIT 1000;

-- name: recount_keys :many
-- Further keys of an organisation that none of its own signs and of which nobody says why, and keys of devices that are stated
-- for another reason than was permitted. What is older than the migration that knows reasons needs none. A key that came back from
-- a mirror has the full second that its statement claims.
-- class: fan
-- scope: program
-- column: subject text, stored text, derived text
WITH since AS MATERIALIZED (SELECT applied_at AS at FROM schema_migration WHERE name LIKE '%-key-reasons'),
     stated AS MATERIALIZED (SELECT fingerprint, org_id, created_at,
                                    substring(convert_from(statement, 'UTF8') FROM E'\ncustody [a-z]+\n(predecessor|reason) ') AS by,
                                    substring(convert_from(statement, 'UTF8') FROM E'\nreason ([a-z-]+)\n') AS reason
                             FROM signing_key WHERE use <> 'log')
SELECT encode(k.fingerprint, 'hex') AS subject, 'a further key' AS stored, 'neither predecessor nor reason' AS derived
FROM stated k
WHERE k.by IS NULL AND k.created_at >= (SELECT at FROM since)
  AND EXISTS (SELECT FROM stated o WHERE o.org_id = k.org_id AND o.created_at < date_trunc('second', k.created_at))
UNION ALL
SELECT encode(e.fingerprint, 'hex'), 'permitted: ' || coalesce(e.reason, 'no reason'), coalesce(k.reason, 'no reason')
FROM enrolment e JOIN stated k ON k.fingerprint = e.fingerprint
WHERE e.reason IS DISTINCT FROM k.reason
ORDER BY subject
LIMIT 1000;

-- name: recount_strays :many
-- Rows whose event, lot or thing is not there, or does not say so.
-- class: fan
-- scope: program
-- column: part text, subject text, stored text
SELECT part, subject, stored
FROM (SELECT 'edge' AS part, e.event || ' ' || e.parent || ' to ' || e.child AS subject, 'not said by its event' AS stored
      FROM lot_edge e
      WHERE NOT is_transformation_node(e.parent)
        AND NOT EXISTS (SELECT FROM event_thing t WHERE t.org_id = e.parent_org AND t.lot_id = e.parent AND t.event = e.event
                                                    AND t.role = 'input')
         OR NOT is_transformation_node(e.child)
        AND NOT EXISTS (SELECT FROM event_thing t WHERE t.org_id = e.child_org AND t.lot_id = e.child AND t.event = e.event
                                                    AND t.role = 'output')
         OR is_transformation_node(e.parent) AND (is_transformation_node(e.child) OR e.parent_org <> e.event_org)
         OR is_transformation_node(e.child) AND e.child_org <> e.event_org
      UNION ALL
      SELECT 'link', t.event || ' ' || t.lot_id, 'of no event'
      FROM event_thing t LEFT JOIN event e ON e.org_id = t.event_org AND e.id = t.event WHERE e.id IS NULL
      UNION ALL
      SELECT 'link', t.event || ' ' || t.lot_id, 'to no lot'
      FROM event_thing t LEFT JOIN lot l ON l.org_id = t.org_id AND l.lot_id = t.lot_id WHERE l.lot_id IS NULL
      UNION ALL
      SELECT 'shipment', i.shipment::text, 'lines of no shipment'
      FROM shipment_line i LEFT JOIN shipment s ON s.org_id = i.org_id AND s.id = i.shipment WHERE s.id IS NULL
      UNION ALL
      SELECT 'lot', l.lot_id::text, 'told by a record that does not name it'
      FROM lot l
      WHERE NOT EXISTS (SELECT FROM event_thing t WHERE t.org_id = l.org_id AND t.lot_id = l.lot_id AND t.event = l.created_event)
      UNION ALL
      SELECT 'lot', l.lot_id::text, 'told by another record than the first'
      FROM lot l CROSS JOIN LATERAL lot_beginning(l.org_id, l.lot_id, 'infinity') m
      WHERE (l.created_event, l.event_time, l.offset_min, l.produced_day, l.site, l.region)
            IS DISTINCT FROM (m.event, m.event_time, m.offset_min, m.day, m.site, m.region)
      UNION ALL
      SELECT 'move', m.event || ' ' || m.lot_id, 'of no event'
      FROM stock_move m LEFT JOIN event e ON e.org_id = m.event_org AND e.id = m.event WHERE e.id IS NULL
      UNION ALL
      SELECT 'site', s.event || ' ' || s.site, 'of no event, or of one at another time'
      FROM site_event s LEFT JOIN event e ON e.org_id = s.event_org AND e.id = s.event
      WHERE e.id IS NULL OR e.event_time <> s.event_time OR e.type <> s.type OR (s.n = 0 AND e.site IS DISTINCT FROM s.site)
      UNION ALL
      SELECT 'site', s.event || ' ' || s.site, 'found by another input than was used'
      FROM site_event s JOIN event e ON e.org_id = s.event_org AND e.id = s.event
      WHERE s.input IS DISTINCT FROM CASE WHEN s.lot_id IS NULL THEN input_key(e.type, e.input_product, e.input_active) END
      UNION ALL
      SELECT 'test', r.event || ' ' || r.lot_id, 'of no test of that lot'
      FROM test_result r LEFT JOIN event e ON e.org_id = r.event_org AND e.id = r.event AND e.type = 'test'
      WHERE e.id IS NULL OR NOT EXISTS (SELECT FROM event_thing t WHERE t.org_id = r.org_id AND t.lot_id = r.lot_id AND t.event = r.event)
      UNION ALL
      SELECT 'code', c.kind || ' ' || c.id, c.state
      FROM code c WHERE c.kind <> 'item' AND c.state <> 'activated'
      UNION ALL
      SELECT 'herd', h.event || ' ' || h.n, 'of no event, or of one at another time'
      FROM herd_event h LEFT JOIN event e ON e.org_id = h.event_org AND e.id = h.event
      LEFT JOIN correction c ON c.org_id = e.org_id AND c.event = e.id
      WHERE e.id IS NULL OR e.event_time <> h.event_time OR e.type <> h.type OR h.declared_at IS DISTINCT FROM c.declared_at
      UNION ALL
      SELECT 'shipment', s.id::text, 'of no event, or of one that does not stand'
      FROM shipment s LEFT JOIN event e ON e.id = s.event
      LEFT JOIN correction c ON c.org_id = e.org_id AND c.event = e.id
      WHERE e.id IS NULL OR (c.event IS NOT NULL AND s.state <> 'withdrawn')
      UNION ALL
      SELECT 'receipt', t.event || ' ' || t.lot_id, 'not told'
      FROM event e JOIN event_thing t ON t.event_org = e.org_id AND t.event = e.id
      WHERE e.type = 'receive' AND e.flags & 8 <> 0 AND e.declaration_time IS NULL AND t.declared_at IS NULL
        AND NOT EXISTS (SELECT FROM partner_receipt r
                        WHERE r.org_id = e.org_id AND r.event = e.id AND r.lot_id = t.lot_id AND r.to_party = e.party
                          AND r.event_time = e.event_time AND r.base IS NOT DISTINCT FROM t.base)
      UNION ALL
      SELECT 'receipt', r.event || ' ' || r.lot_id, 'of no event, or of one that does not stand'
      FROM partner_receipt r
      WHERE NOT EXISTS (SELECT FROM event_thing t WHERE t.org_id = r.lot_org AND t.lot_id = r.lot_id AND t.event = r.event
                                                    AND t.declared_at IS NULL)
      UNION ALL
      SELECT 'receipt', r.event || ' ' || r.lot_id, 'of a shipment that says otherwise'
      FROM partner_receipt r
      WHERE r.shipment IS NOT NULL
        AND NOT EXISTS (SELECT FROM shipment_line l JOIN shipment s ON s.org_id = l.org_id AND s.id = l.shipment
                        WHERE l.org_id = r.shipment_org AND l.shipment = r.shipment AND l.lot_id = r.lot_id
                          AND l.receipt = r.event AND s.state <> 'withdrawn')
      UNION ALL
      SELECT 'shipment', l.shipment || ' ' || l.n, 'received by an event that says otherwise'
      FROM shipment_line l JOIN event e ON e.org_id = l.receipt_org AND e.id = l.receipt AND e.flags & 8 <> 0
      WHERE NOT EXISTS (SELECT FROM partner_receipt r WHERE r.org_id = e.org_id AND r.event = e.id AND r.lot_id = l.lot_id
                                                        AND r.shipment = l.shipment)
      UNION ALL
      SELECT 'name', encode(k.hash, 'hex'), 'of no event'
      FROM event_key k LEFT JOIN event e ON e.org_id = k.org_id AND e.id = k.id WHERE e.id IS NULL
      UNION ALL
      SELECT 'thing', encode(t.hash, 'hex'), t.kind || ' ' || t.id || ' that is not there'
      FROM thing t
      WHERE NOT CASE t.kind WHEN 'lot' THEN EXISTS (SELECT FROM lot l WHERE l.org_id = t.org_id AND l.lot_id = t.id)
                            WHEN 'unit' THEN EXISTS (SELECT FROM unit u WHERE u.org_id = t.org_id AND u.id = t.id)
                            WHEN 'party' THEN EXISTS (SELECT FROM party p WHERE p.id = t.id)
                            WHEN 'site' THEN EXISTS (SELECT FROM site s WHERE s.id = t.id)
                            WHEN 'product' THEN EXISTS (SELECT FROM product p WHERE p.id = t.id)
                            WHEN 'certificate' THEN EXISTS (SELECT FROM certificate c WHERE c.id = t.id)
                            ELSE true END
      UNION ALL
      SELECT m.kind, m.id::text, 'version ' || m.version || ' that was not stated'
      FROM master_version m WHERE NOT is_stated(m.kind, m.id, m.version)
      UNION ALL
      SELECT 'correction', c.event::text, 'its declaration or replacement is not there'
      FROM correction c
      LEFT JOIN event w ON w.org_id = c.org_id AND w.id = c.event
      LEFT JOIN event d ON d.org_id = c.org_id AND d.id = c.declaration
      LEFT JOIN event r ON r.org_id = c.org_id AND r.id = c.replacement
      WHERE w.id IS NULL OR d.id IS NULL OR (c.replacement IS NOT NULL AND r.id IS NULL)
         OR c.declared_at <> coalesce(CASE WHEN w.flags & 8 = 0 THEN r.recorded_at END, greatest(d.recorded_at, w.recorded_at))
      UNION ALL
      SELECT 'correction', c.event::text, 'replaced by another than its declaration names'
      FROM correction c
      JOIN event w ON w.org_id = c.org_id AND w.id = c.event AND w.flags & 8 <> 0
      WHERE c.replacement IS DISTINCT FROM (
                SELECT e.id FROM event_key k JOIN event e ON e.org_id = k.org_id AND e.id = k.id
                WHERE k.hash = c.named AND k.org_id = c.org_id AND e.flags & 8 <> 0 AND e.declaration_time IS NULL)) a
ORDER BY part, subject
LIMIT 1000;

-- name: recount_states :many
-- What is said of lots: holds, each of a record that places one, until a record that lifts it; what follows from amounts; and
-- what stands, beside the lot. Of LOT_ON_HOLD 2, LOT_VOIDED 8, LOT_DESTROYED 16, LOT_RETURNED 32.
-- class: fan
-- scope: program
-- column: subject text, stored text, derived text
WITH hold AS MATERIALIZED (
    SELECT t.org_id, t.lot_id, t.event_org, t.event, e.party, e.event_time, e.recorded_at
    FROM event e JOIN event_thing t ON t.event_org = e.org_id AND t.event = e.id
    WHERE e.type = 'hold' AND e.declaration_time IS NULL AND e.flags & 8 = 0
), lifts AS MATERIALIZED (
    SELECT t.org_id, t.lot_id, e.party, e.recorded_at, c.event IS NOT NULL AS withdrawn
    FROM event e JOIN event_thing t ON t.event_org = e.org_id AND t.event = e.id
    LEFT JOIN correction c ON c.org_id = e.org_id AND c.event = e.id
    WHERE e.type = 'release' AND e.declaration_time IS NULL AND e.flags & 8 = 0
)
SELECT subject, stored, derived
FROM (SELECT h.lot_id || ' ' || h.event AS subject, 'nothing' AS stored, 'a hold' AS derived
      FROM hold h
      WHERE NOT EXISTS (SELECT FROM correction c WHERE c.org_id = h.event_org AND c.event = h.event)
        AND NOT EXISTS (SELECT FROM lot_state s WHERE s.org_id = h.org_id AND s.lot_id = h.lot_id AND s.event = h.event AND s.flag = 2)
      UNION ALL
      SELECT s.lot_id || ' ' || s.event, 'a hold', 'no record that places it so'
      FROM lot_state s
      LEFT JOIN hold h ON h.org_id = s.org_id AND h.lot_id = s.lot_id AND h.event = s.event AND h.event_org = s.event_org
      WHERE s.flag = 2
        AND (h.event IS NULL OR h.party <> s.party OR h.event_time <> s.at
             OR (h.recorded_at <> s.since AND NOT EXISTS (SELECT FROM lot_state f
                                                          WHERE f.org_id = s.org_id AND f.lot_id = s.lot_id AND f.event = s.event
                                                            AND f.flag = 2 AND f.since = h.recorded_at AND f.until < s.since)))
      UNION ALL
      SELECT s.lot_id || ' ' || s.event, coalesce('a hold until ' || s.until, 'a hold that stands'), 'another end'
      FROM lot_state s
      LEFT JOIN correction c ON c.org_id = s.event_org AND c.event = s.event
      LEFT JOIN event d ON d.org_id = c.org_id AND d.id = c.declaration
      LEFT JOIN event r ON r.org_id = c.org_id AND r.id = c.replacement
      WHERE s.flag = 2
        AND CASE WHEN s.until IS NULL
                 THEN c.event IS NOT NULL
                      OR EXISTS (SELECT FROM lifts l WHERE l.org_id = s.org_id AND l.lot_id = s.lot_id AND l.party = s.party
                                                       AND l.recorded_at > s.since AND NOT l.withdrawn)
                 ELSE NOT EXISTS (SELECT FROM lifts l WHERE l.org_id = s.org_id AND l.lot_id = s.lot_id AND l.recorded_at = s.until)
                      AND coalesce(s.until NOT IN (c.declared_at, coalesce(d.recorded_at, c.declared_at), coalesce(r.recorded_at, c.declared_at)), true)
            END
      UNION ALL
      SELECT l.lot_id::text, 'stands: ' || l.flags, 'stands: ' || coalesce(s.flags, 0)
      FROM lot l
      LEFT JOIN (SELECT org_id, lot_id, bit_or(flag) AS flags FROM lot_state WHERE until IS NULL GROUP BY org_id, lot_id) s
          ON s.org_id = l.org_id AND s.lot_id = l.lot_id
      WHERE l.flags <> coalesce(s.flags, 0)
      UNION ALL
      SELECT l.lot_id::text, 'stands: ' || l.flags, 'what its amounts say'
      FROM lot l
      WHERE (l.flags & 8 <> 0 AND l.total <> 0)
         OR (l.flags & 16 <> 0) <> (l.destroyed <> 0 AND l.destroyed >= l.total)
         OR (l.flags & 32 <> 0 AND (l.returned = 0 OR l.outside > 0))) z
ORDER BY subject
LIMIT 1000;

-- name: recount_contents :many
-- What was done to units: by events, as they are and as they stand; of lots as much as the event says.
-- class: fan
-- scope: program
-- column: subject text, stored text, derived text
SELECT subject, stored, derived
FROM (SELECT a.unit || ' ' || a.event AS subject, a.kind || CASE WHEN a.declared_at IS NULL THEN '' ELSE ', withdrawn' END AS stored,
             coalesce('what was recorded: ' || e.type || CASE WHEN x.event IS NULL THEN '' ELSE ', corrected' END,
                      'nothing was recorded') AS derived
      FROM unit_act a
      LEFT JOIN event e ON e.org_id = a.event_org AND e.id = a.event
      LEFT JOIN correction x ON x.org_id = a.event_org AND x.event = a.event
      WHERE e.id IS NULL OR e.event_time <> a.at OR e.recorded_at <> a.recorded_at OR e.party <> a.party
         OR a.declared_at IS DISTINCT FROM x.declared_at
         OR CASE e.type WHEN 'load' THEN a.kind <> 'load' WHEN 'unload' THEN a.kind NOT IN ('unload', 'empty')
                        WHEN 'aggregate' THEN a.kind = 'use' ELSE a.kind <> 'use' END
      UNION ALL
      SELECT coalesce(s.event, b.event) || ' ' || coalesce(s.lot, b.lot), coalesce(trim_scale(s.base)::text, 'nothing'),
             coalesce(trim_scale(b.base)::text, 'nothing')
      FROM (SELECT a.event, a.child AS lot, sum(a.base) AS base
            FROM unit_act a WHERE a.kind IN ('load', 'unload') AND a.child_kind = 'lot' GROUP BY 1, 2) s
      FULL JOIN (SELECT t.event, t.lot_id AS lot, sum(t.base) AS base
                 FROM event e JOIN event_thing t ON t.event_org = e.org_id AND t.event = e.id
                 WHERE e.type = 'load'
                    OR (e.type = 'unload' AND NOT EXISTS (SELECT FROM unit_act a WHERE a.event = e.id AND a.kind = 'empty'))
                    OR (e.type = 'aggregate' AND EXISTS (SELECT FROM unit_act a
                                                         WHERE a.event = e.id AND a.child = t.lot_id AND a.base IS NOT NULL))
                 GROUP BY 1, 2) b ON b.event = s.event AND b.lot = s.lot
      WHERE s.base IS DISTINCT FROM b.base) c
ORDER BY subject
LIMIT 1000;

-- name: recount_units :many
-- Units, a page of them.
-- param: after_org uuid, after_id uuid, max_rows bigint
-- class: fan
-- scope: program
-- column: org_id uuid, id uuid, known boolean
SELECT org_id, id, known FROM unit
WHERE (org_id, id) > (coalesce(@after_org, '00000000-0000-0000-0000-000000000000'),
                      coalesce(@after_id, '00000000-0000-0000-0000-000000000000'))
ORDER BY org_id, id
LIMIT @max_rows;

-- name: recount_unit_acts :many
-- What was done to them and stands.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- scope: program
-- column: unit uuid, event uuid, n bigint, kind text, child_kind text, child uuid, item text, base numeric?, at timestamptz
-- column: recorded_at timestamptz, lacking numeric?
SELECT a.unit, a.event, a.n::bigint AS n, a.kind, a.child_kind, a.child, a.item, a.base, a.at, a.recorded_at, a.lacking
FROM unnest(@orgs, @ids) AS z (org_id, id)
JOIN unit_act a ON a.org_id = z.org_id AND a.unit = z.id
WHERE a.declared_at IS NULL
LIMIT 10000000;

-- name: recount_unit_contents :many
-- What is said to have been in them.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- scope: program
-- column: parent uuid, from_event uuid, n bigint, child uuid, item text, base numeric?, from_at timestamptz, to_event uuid
-- column: to_at timestamptz?
SELECT c.parent, c.from_event, c.n::bigint AS n, c.child, c.item, c.base, c.from_at, c.to_event, c.to_at
FROM unnest(@orgs, @ids) AS z (org_id, id)
JOIN containment c ON c.org_id = z.org_id AND c.parent = z.id
LIMIT 10000000;
