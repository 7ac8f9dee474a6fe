-- SPDX-License-Identifier: Apache-2.0
-- Correcting records: what was recorded, what it did, and telling everything derived from it that it no longer stands.

-- name: correction_about :many
-- What became of an event, and in whose place it stands: of one that was found for who asks.
-- param: org_id uuid, event uuid
-- class: key
-- scope: program
-- column: event uuid, declaration uuid, replacement uuid
SELECT event, declaration, replacement FROM correction WHERE org_id = @org_id AND event = @event
UNION ALL
SELECT event, declaration, replacement FROM correction WHERE org_id = @org_id AND replacement = @event;

-- name: correction_targets :many
-- Events that are to be corrected.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- column: org_id uuid, id uuid, type text, event_time timestamptz, offset_min bigint, party uuid, site uuid, site_party uuid
-- column: region text, shipment_org uuid, shipment uuid, body bytea, answer bytea, declaration boolean, corrected boolean
-- column: replacement uuid, of_partner boolean, recorded_at timestamptz, request_sha256 bytea, to_party uuid
-- opens: body, request_sha256
SELECT e.org_id, e.id, e.type, e.event_time, e.offset_min::bigint AS offset_min, e.party, e.site, s.party AS site_party,
       e.region, CASE WHEN NOT r.received THEN e.shipment_org END AS shipment_org,
       CASE WHEN NOT r.received THEN e.shipment END AS shipment, e.body, e.answer, e.declaration_time IS NOT NULL AS declaration,
       c.event IS NOT NULL AS corrected, c.replacement, e.flags & 8 <> 0 AS of_partner, e.recorded_at,
       e.request_sha256, e.to_party
FROM (SELECT DISTINCT a, b FROM unnest(@orgs, @ids) AS u (a, b)) z
JOIN event e ON e.org_id = z.a AND e.id = z.b
CROSS JOIN LATERAL (SELECT e.type = 'receive' AND e.flags & 8 <> 0 AS received) r -- whose receipts are rows of their own
LEFT JOIN correction c ON c.org_id = e.org_id AND c.event = e.id
LEFT JOIN site s ON s.id = e.site;

-- name: correction_bodies :many
-- What those events say, once their organisation's sequences are locked: an erasure may have come first.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- column: id uuid, body bytea
-- opens: body
SELECT e.id, e.body FROM (SELECT DISTINCT a, b FROM unnest(@orgs, @ids) AS u (a, b)) z
JOIN event e ON e.org_id = z.a AND e.id = z.b;

-- name: correction_moves :many
-- What those events did to stock, what corrections of others made of it included.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- column: event uuid, lot_org uuid, lot_id uuid, holder uuid, on_hand numeric, in_transit numeric, sold numeric
-- column: destroyed numeric, claimed numeric, own numeric, total numeric
-- column: lot_destroyed numeric, outside numeric, returned numeric
SELECT m.event, m.lot_org, m.lot_id, m.holder, sum(m.on_hand) AS on_hand, sum(m.in_transit) AS in_transit,
       sum(m.sold) AS sold, sum(m.destroyed) AS destroyed, sum(m.claimed) AS claimed, sum(m.own) AS own, sum(m.total) AS total,
       sum(m.lot_destroyed) AS lot_destroyed, sum(m.outside) AS outside, sum(m.returned) AS returned
FROM (SELECT DISTINCT a, b FROM unnest(@orgs, @ids) AS u (a, b)) z
JOIN stock_move m ON m.event_org = z.a AND m.event = z.b
GROUP BY m.event, m.lot_org, m.lot_id, m.holder
ORDER BY m.event, m.lot_org, m.lot_id, m.holder;

-- name: correction_sites :many
-- Sites where lots were harvested in those events.
-- param: lots uuid[], events uuid[]
-- class: fan
-- column: org_id uuid, site uuid, event uuid
SELECT DISTINCT org_id, site, event FROM site_event WHERE lot_id = ANY(@lots) AND event = ANY(@events);

-- name: correction_others :many
-- When else the lots that some events made were made, and when they were used, by the records that stand.
-- param: orgs uuid[], lots uuid[], events uuid[]
-- class: any
-- column: event uuid, lot_id uuid, made boolean, type text, first_at timestamptz
SELECT z.c AS event, z.b AS lot_id, t.role = 'output' AS made, e.type, min(e.event_time) AS first_at
FROM unnest(@orgs, @lots, @events) AS z (a, b, c)
JOIN event_thing t ON t.org_id = z.a AND t.lot_id = z.b AND t.event <> z.c AND t.declared_at IS NULL
JOIN event e ON e.org_id = t.event_org AND e.id = t.event
GROUP BY z.c, z.b, t.role = 'output', e.type;

-- name: correction_site_lots :many
-- Lots harvested at some sites: their trails tell what was done there.
-- param: orgs uuid[], sites uuid[]
-- class: any
-- column: org_id uuid, lot_id uuid
SELECT DISTINCT s.lot_org AS org_id, s.lot_id
FROM unnest(@orgs, @sites) AS z (org_id, site)
JOIN site_event s ON s.org_id = z.org_id AND s.site = z.site
WHERE s.lot_id IS NOT NULL;

-- name: correction_insert_many :exec
-- Corrections; the second of one event breaks the key.
-- param: org_id uuid[], event uuid[], declaration uuid[], replacement uuid[], party uuid[], reason text[]
-- param: declared_at timestamptz[], named bytea[]
-- class: key
INSERT INTO correction (org_id, event, declaration, replacement, party, reason, declared_at, named)
SELECT unnest(@org_id), unnest(@event), unnest(@declaration), unnest(@replacement), unnest(@party), unnest(@reason),
       unnest(@declared_at), unnest(@named);

-- name: correction_fill_many :exec
-- What stands in the place of withdrawn events came after the declarations that name it.
-- param: orgs uuid[], events uuid[], replacements uuid[]
-- class: any
UPDATE correction c SET replacement = z.c
FROM unnest(@orgs, @events, @replacements) AS z (a, b, c)
WHERE c.org_id = z.a AND c.event = z.b AND c.replacement IS NULL;

-- name: correction_awaiting :many
-- Withdrawn events in whose place an event of one of these names is to stand, with the first answers to them.
-- param: orgs uuid[], names bytea[]
-- class: any
-- column: org_id uuid, event uuid, named bytea, answer bytea
SELECT c.org_id, c.event, c.named, e.answer
FROM (SELECT DISTINCT a, b FROM unnest(@orgs, @names) AS u (a, b)) z
CROSS JOIN LATERAL (SELECT org_id, event, named FROM correction
                    WHERE org_id = z.a AND named = z.b AND replacement IS NULL OFFSET 0) c
JOIN event e ON e.org_id = c.org_id AND e.id = c.event;

-- name: correction_correctives :many
-- Partners' events of some names, declarations aside, with the first answers to them.
-- param: names bytea[]
-- class: fan
-- column: hash bytea, org_id uuid, id uuid, answer bytea
SELECT k.hash, e.org_id, e.id, e.answer
FROM (SELECT DISTINCT unnest(@names) AS a) z
JOIN event_key k ON k.hash = z.a
JOIN event e ON e.org_id = k.org_id AND e.id = k.id
WHERE e.flags & 8 <> 0 AND e.declaration_time IS NULL;

-- name: stock_move_insert_many :exec
-- What a batch did to stock.
-- param: event_org uuid[], event uuid[], recorded_at timestamptz[], n bigint[], lot_org uuid[], lot_id uuid[], holder uuid[]
-- param: on_hand numeric[], in_transit numeric[], sold numeric[], destroyed numeric[], claimed numeric[], own numeric[]
-- param: total numeric[], lot_destroyed numeric[], outside numeric[], returned numeric[]
-- class: key
INSERT INTO stock_move (event_org, event, recorded_at, n, lot_org, lot_id, holder, on_hand, in_transit, sold,
                        destroyed, claimed, own, total, lot_destroyed, outside, returned)
SELECT unnest(@event_org), unnest(@event), unnest(@recorded_at), unnest(@n), unnest(@lot_org), unnest(@lot_id),
       unnest(@holder), unnest(@on_hand), unnest(@in_transit), unnest(@sold), unnest(@destroyed), unnest(@claimed),
       unnest(@own), unnest(@total), unnest(@lot_destroyed), unnest(@outside), unnest(@returned);

-- name: lot_edge_declare :exec
-- Edges of declared events no longer stand.
-- param: lots uuid[], events uuid[], declared_at timestamptz[]
-- class: local
UPDATE lot_edge e SET declared_at = z.c
FROM unnest(@lots, @events, @declared_at) AS z (a, b, c)
WHERE e.child = z.a AND e.event = z.b;

-- name: event_thing_declare :exec
-- Nor do their links to lots.
-- param: orgs uuid[], lots uuid[], events uuid[], declared_at timestamptz[]
-- class: any
UPDATE event_thing t SET declared_at = z.d
FROM unnest(@orgs, @lots, @events, @declared_at) AS z (a, b, c, d)
WHERE t.org_id = z.a AND t.lot_id = z.b AND t.event = z.c;

-- name: site_event_declare :exec
-- Nor those to sites.
-- param: orgs uuid[], sites uuid[], events uuid[], declared_at timestamptz[]
-- class: any
UPDATE site_event s SET declared_at = z.d
FROM unnest(@orgs, @sites, @events, @declared_at) AS z (a, b, c, d)
WHERE s.org_id = z.a AND s.site = z.b AND s.event = z.c;

-- name: lot_recompute_many :exec
-- When and where lots came into being, by all that was told of them.
-- param: orgs uuid[], ids uuid[]
-- class: any
UPDATE lot l
SET created_event = m.event, event_time = m.event_time, offset_min = m.offset_min, produced_day = m.day,
    expires_day = l.expires_day + (m.day - l.produced_day), site = m.site, region = m.region, place = m.place
FROM (SELECT DISTINCT a, b FROM unnest(@orgs, @ids) AS u (a, b)) z
CROSS JOIN LATERAL lot_beginning(z.a, z.b, 'infinity') m
WHERE l.org_id = z.a AND l.lot_id = z.b;

-- name: correction_alerts :many
-- Alerts that are not closed and whose finding rests on declared events: what they themselves raised; intervals that no
-- standing harvest of the lot can break, or whose use is declared.
-- param: events uuid[], site_orgs uuid[], sites uuid[], site_events uuid[]
-- class: any
-- column: org_id uuid, id uuid, lot_org uuid, lot_id uuid, subject bytea
SELECT a.org_id, a.id, a.lot_org, a.lot_id, a.subject
FROM (SELECT unnest(@events) AS event) w
JOIN alert a ON a.event = w.event
WHERE a.rule <> 'I01' AND a.state <> 'closed'
UNION
SELECT a.org_id, a.id, a.lot_org, a.lot_id, a.subject
FROM unnest(@site_orgs, @sites, @site_events) AS z (org_id, site, event)
JOIN site_event s ON s.org_id = z.org_id AND s.site = z.site AND s.event = z.event AND s.lot_id IS NOT NULL
JOIN alert a ON a.lot_id = s.lot_id
WHERE a.rule = 'I01' AND a.state <> 'closed'
  AND NOT EXISTS (SELECT FROM site_event h
                  WHERE h.lot_id = s.lot_id AND h.declared_at IS NULL AND h.event <> ALL (@events))
UNION
SELECT a.org_id, a.id, a.lot_org, a.lot_id, a.subject
FROM unnest(@site_orgs, @sites, @site_events) AS z (org_id, site, event)
JOIN site_event h ON h.org_id = z.org_id AND h.site = z.site AND h.lot_id IS NOT NULL
JOIN alert a ON a.lot_id = h.lot_id
WHERE a.rule = 'I01' AND a.state <> 'closed' AND convert_from(a.inputs, 'UTF8')::jsonb #>> '{use,event}' = z.event::text;
