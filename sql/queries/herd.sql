-- SPDX-License-Identifier: Apache-2.0
-- Animals and herds: what reached a carcass through the animals that it is of.

-- name: herd_lock :one
-- Records about herds are decided one after the other: a slaughter and a treatment that arrive at once would miss each other.
-- class: local
-- column: locked boolean
SELECT pg_advisory_xact_lock(hashtextextended('farmtrail herd_event', 0)) IS NOT NULL AS locked;

-- name: herd_insert_many :exec
-- What the records of a batch say about animals and herds.
-- param: event uuid[], n bigint[], event_org uuid[], type text[], animal text[], site uuid[], lot_org uuid[], lot_id uuid[]
-- param: product text[], active text[], certificate text[], region text[], event_time timestamptz[], offset_min bigint[]
-- param: recorded_at timestamptz[]
-- class: local
INSERT INTO herd_event (event, n, event_org, type, animal, site, lot_org, lot_id, product, active, certificate,
                        certificate_keys, region, event_time, offset_min, recorded_at)
SELECT a, b, c, d, e, f, g, h, i, string_to_array(j, E'\x1f'), k,
       CASE WHEN k IS NOT NULL
            THEN ARRAY[lower(regexp_replace(k, '[^[:alnum:]]', '', 'g')), regexp_replace(k, '[^0-9]', '', 'g')] END,
       l, m, o, p
FROM unnest(@event, @n, @event_org, @type, @animal, @site, @lot_org, @lot_id, @product, @active, @certificate, @region,
            @event_time, @offset_min, @recorded_at) AS z (a, b, c, d, e, f, g, h, i, j, k, l, m, o, p);

-- name: herd_declare :exec
-- What corrected records said about herds no longer stands.
-- param: events uuid[], declared_at timestamptz[]
-- class: local
UPDATE herd_event h SET declared_at = z.b FROM unnest(@events, @declared_at) AS z (a, b) WHERE h.event = z.a;

-- name: herd_carcasses :many
-- Lots out of slaughters that some records may have reached, with every slaughter that they are of: animals and lots that the
-- records name, and those that were in a herd that they name. Too many rather than too few: herd_told says which they reach.
-- What must not be NULL is asked outside of OFFSET 0: inside, an index that holds just what is not would be read whole while
-- statistics call it empty.
-- param: events uuid[]
-- class: local
-- column: slaughter uuid, event_time timestamptz, offset_min bigint, stands boolean, lot_org uuid, lot_id uuid
-- column: commodity text, product uuid, region text
WITH RECURSIVE said AS (
    SELECT animal, site, lot_id, event_time FROM herd_event WHERE event = ANY(@events)
), lots (lot) AS (
    SELECT lot_id FROM said WHERE lot_id IS NOT NULL
    UNION
    SELECT l.lot_id
    FROM said s
    CROSS JOIN LATERAL (SELECT lot_id FROM herd_event
                        WHERE site = s.site AND type NOT IN ('medicate', 'feed', 'treat', 'death')
                          AND event_time BETWEEN s.event_time - interval '2 years' AND s.event_time + interval '180 days' OFFSET 0) l
    WHERE s.lot_id IS NULL AND l.lot_id IS NOT NULL
    UNION
    SELECT e.child
    FROM lots b
    CROSS JOIN LATERAL (SELECT child, event FROM lot_edge WHERE parent = b.lot OFFSET 0) e
    CROSS JOIN LATERAL (SELECT FROM herd_event WHERE event = e.event AND lot_id = b.lot AND type <> 'slaughter' OFFSET 0) t
), animals AS (
    SELECT animal FROM said WHERE animal IS NOT NULL
    UNION
    SELECT a.animal
    FROM said s
    CROSS JOIN LATERAL (SELECT animal FROM herd_event
                        WHERE site = s.site AND type IN ('birth', 'move')
                          AND event_time BETWEEN s.event_time - interval '2 years' AND s.event_time OFFSET 0) a
    WHERE s.animal IS NULL AND s.lot_id IS NULL AND a.animal IS NOT NULL
    UNION
    SELECT a.animal
    FROM lots l
    CROSS JOIN LATERAL (SELECT animal FROM herd_event WHERE lot_id = l.lot AND type IN ('birth', 'move') OFFSET 0) a
    WHERE a.animal IS NOT NULL
), since AS (
    SELECT min(event_time) AS at FROM said
), killed AS (
    SELECT k.event FROM animals a
    CROSS JOIN LATERAL (SELECT event FROM herd_event
                        WHERE animal = a.animal AND type = 'slaughter' AND event_time >= (SELECT at FROM since) OFFSET 0) k
    UNION
    SELECT k.event FROM lots l
    CROSS JOIN LATERAL (SELECT event FROM herd_event
                        WHERE lot_id = l.lot AND type = 'slaughter' AND event_time >= (SELECT at FROM since) OFFSET 0) k
), made AS (
    SELECT DISTINCT e.child_org, e.child
    FROM killed k
    CROSS JOIN LATERAL (SELECT lot_id FROM herd_event WHERE event = k.event OFFSET 0) i
    CROSS JOIN LATERAL (SELECT child_org, child FROM lot_edge WHERE parent = i.lot_id AND event = k.event OFFSET 0) e
)
SELECT DISTINCT g.event AS slaughter, g.event_time, g.offset_min, g.declared_at IS NULL AS stands, m.child_org AS lot_org,
       m.child AS lot_id, l.commodity, l.product, l.region
FROM made m
CROSS JOIN LATERAL (SELECT parent, event FROM lot_edge WHERE child = m.child OFFSET 0) f
CROSS JOIN LATERAL (SELECT * FROM herd_event WHERE event = f.event AND lot_id = f.parent AND type = 'slaughter' OFFSET 0) g
LEFT JOIN lot l ON l.org_id = m.child_org AND l.lot_id = m.child
ORDER BY lot_id, slaughter;

-- name: herd_told :many
-- What was done, as known at a time (infinity: now), to the animals of some slaughters: to each by its ear tag, to the herds
-- that it was of while it was there, to the lots that were slaughtered and those that they were parted from, and at the
-- places where these were: until their harvest, and after it until they were moved or shipped.
-- param: slaughters uuid[], as_of timestamptz
-- class: local
-- column: slaughter uuid, event_org uuid, event uuid, type text, event_time timestamptz, offset_min bigint
-- column: recorded_at timestamptz, declared_at timestamptz?, product text, active text[]?, region text
WITH RECURSIVE killed (slaughter, at, animal, lot) AS (
    SELECT event, event_time, animal, lot_id
    FROM herd_event
    WHERE event = ANY(@slaughters) AND type = 'slaughter' AND recorded_at <= @as_of AND (declared_at IS NULL OR declared_at > @as_of)
), lots (slaughter, lot, until) AS (
    SELECT slaughter, lot, at FROM killed WHERE lot IS NOT NULL
    UNION
    SELECT l.slaughter, e.parent, least(l.until, t.event_time)
    FROM lots l
    CROSS JOIN LATERAL (SELECT parent, event FROM lot_edge
                        WHERE child = l.lot AND recorded_at <= @as_of AND (declared_at IS NULL OR declared_at > @as_of) OFFSET 0) e
    CROSS JOIN LATERAL (SELECT event_time FROM herd_event
                        WHERE event = e.event AND lot_id = e.parent AND recorded_at <= @as_of
                          AND (declared_at IS NULL OR declared_at > @as_of) OFFSET 0) t
), homes (slaughter, at, lot, site, since, until) AS (
    SELECT slaughter, until, lot, NULL::uuid, '-infinity'::timestamptz, until FROM lots
    UNION ALL
    SELECT k.slaughter, k.at, s.lot_id, s.site, s.event_time, least(k.at, s.next - interval '1 microsecond')
    FROM killed k
    CROSS JOIN LATERAL (SELECT site, lot_id, event_time, lead(event_time) OVER (ORDER BY event_time, recorded_at) AS next
                        FROM herd_event
                        WHERE animal = k.animal AND type IN ('birth', 'move')
                          AND recorded_at <= @as_of AND (declared_at IS NULL OR declared_at > @as_of)) s
    WHERE k.animal IS NOT NULL AND s.event_time <= k.at
), places (slaughter, site, since, until) AS (
    SELECT slaughter, site, since, until FROM homes WHERE site IS NOT NULL
    UNION ALL
    SELECT h.slaughter, s.site, greatest(h.since, s.since),
           least(h.until, (SELECT min(x.event_time) - interval '1 microsecond' FROM herd_event x
                           WHERE x.lot_id = h.lot AND x.animal IS NULL AND x.type IN ('move', 'ship') AND x.event_time > s.at
                             AND x.recorded_at <= @as_of AND (x.declared_at IS NULL OR x.declared_at > @as_of)))
    FROM homes h
    CROSS JOIN LATERAL (SELECT site, event_time AS at,
                               CASE WHEN type IN ('birth', 'move') THEN event_time ELSE event_time - interval '180 days' END AS since
                        FROM herd_event
                        WHERE lot_id = h.lot AND animal IS NULL AND type IN ('birth', 'move', 'harvest', 'catch', 'collect')
                          AND recorded_at <= @as_of AND (declared_at IS NULL OR declared_at > @as_of) OFFSET 0) s
    WHERE h.lot IS NOT NULL AND s.site IS NOT NULL
), named AS (
    SELECT DISTINCT slaughter FROM killed WHERE animal IS NOT NULL
)
SELECT DISTINCT slaughter, event_org, event, type, event_time, offset_min, recorded_at, declared_at, product, active, region
FROM (
    SELECT k.slaughter, h.*
    FROM killed k
    CROSS JOIN LATERAL (SELECT * FROM herd_event WHERE animal = k.animal AND event_time <= k.at AND type <> 'slaughter' OFFSET 0) h
    WHERE k.animal IS NOT NULL
    UNION ALL
    SELECT s.slaughter, h.*
    FROM homes s
    CROSS JOIN LATERAL (SELECT * FROM herd_event
                        WHERE lot_id = s.lot AND event_time BETWEEN s.since AND s.until
                          AND type IN ('birth', 'move', 'feed', 'medicate', 'treat') OFFSET 0) h
    WHERE s.lot IS NOT NULL AND (h.animal IS NULL OR s.slaughter NOT IN (SELECT slaughter FROM named))
    UNION ALL
    SELECT p.slaughter, h.*
    FROM places p
    CROSS JOIN LATERAL (SELECT * FROM herd_event
                        WHERE site = p.site AND lot_id IS NULL AND event_time BETWEEN p.since AND p.until
                          AND type IN ('birth', 'move', 'feed', 'medicate', 'treat') OFFSET 0) h
    WHERE h.animal IS NULL OR p.slaughter NOT IN (SELECT slaughter FROM named)
) told
WHERE recorded_at <= @as_of
ORDER BY event_time, event, slaughter;

-- name: herd_alerts :many
-- Intervals that were found not to be kept, of some carcasses.
-- param: lots uuid[]
-- class: fan
-- column: org_id uuid, id uuid, lot_org uuid, lot_id uuid, subject bytea
SELECT a.org_id, a.id, a.lot_org, a.lot_id, a.subject
FROM alert a
WHERE a.lot_id = ANY(@lots) AND a.rule = 'I01' AND a.state <> 'closed'
  AND NOT EXISTS (SELECT FROM site_event s WHERE s.lot_id = a.lot_id);

-- name: search_quarantine :many
-- Lots of which a quarantine certificate speaks: those that its record names, and what came of the slaughter of them or of
-- the animals that it names.
-- param: q text, max_rows bigint
-- class: local
-- scope: program
-- column: org_id uuid, lot_id uuid
WITH asked AS (
    SELECT lower(regexp_replace(@q, '[^[:alnum:]]', '', 'g')) AS key
), found AS (
    SELECT h.event FROM asked a JOIN herd_event h ON h.certificate_keys @> ARRAY[a.key]
    WHERE length(a.key) >= 6 AND h.declared_at IS NULL
), named AS (
    SELECT h.event, h.type, h.animal, h.lot_org, h.lot_id FROM found f JOIN herd_event h ON h.event = f.event
), killed AS (
    SELECT event, lot_id FROM named WHERE type = 'slaughter' AND lot_id IS NOT NULL
    UNION
    SELECT k.event, i.lot_id FROM named n
    JOIN herd_event k ON k.animal = n.animal AND k.type = 'slaughter' AND k.declared_at IS NULL
    JOIN herd_event i ON i.event = k.event AND i.lot_id IS NOT NULL
)
SELECT org_id, lot_id
FROM (SELECT e.child_org AS org_id, e.child AS lot_id FROM killed k JOIN lot_edge e ON e.parent = k.lot_id AND e.event = k.event
      WHERE e.declared_at IS NULL
      UNION
      SELECT lot_org, lot_id FROM named WHERE lot_id IS NOT NULL AND type <> 'slaughter') l
ORDER BY org_id, lot_id
LIMIT @max_rows;
