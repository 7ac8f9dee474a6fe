-- SPDX-License-Identifier: Apache-2.0
-- When and where a lot came into being follows from all that was told of it, not from what was told first: by the earliest event
-- that made it; of a lot that nobody made, by the earliest that names it.

CREATE VIEW lot_telling WITH (security_invoker = true) AS
SELECT t.org_id, t.lot_id, e.id AS event, t.role = 'output' AS makes, t.recorded_at, t.declared_at, e.event_time, e.offset_min,
       ((e.event_time AT TIME ZONE 'UTC') + make_interval(mins => e.offset_min))::date AS day,
       CASE WHEN t.role = 'output' THEN e.site END AS site,
       -- of a place that nobody registered, which partners' events (flag 8) may name or not, the region is not known
       CASE WHEN t.role = 'output' AND (e.site IS NOT NULL OR e.flags & 8 = 0) THEN e.region END AS region,
       CASE WHEN t.role = 'output' THEN e.place END AS place
FROM event_thing t
JOIN event e ON e.org_id = t.event_org AND e.id = t.event
JOIN lot l ON l.org_id = t.org_id AND l.lot_id = t.lot_id
WHERE e.type <> 'correct' AND e.declaration_time IS NULL -- what says that something is wrong tells nothing else
  -- of a registered lot its own party alone says that it was made; what others said that they made of it has no unit
  AND (l.product IS NULL OR e.party = t.org_id OR (t.role = 'output' AND t.unit IS NOT NULL));
COMMENT ON VIEW lot_telling IS 'What events say of when and where lots came into being';
COMMENT ON COLUMN lot_telling.makes IS 'The event made the lot, or some of it';
COMMENT ON COLUMN lot_telling.day IS 'Of the event, where it was';

CREATE FUNCTION lot_beginning(of_org uuid, of_lot uuid, as_of timestamptz) RETURNS SETOF lot_telling
LANGUAGE sql STABLE COST 1000 ROWS 1 AS $$
    SELECT * FROM lot_telling
    WHERE org_id = of_org AND lot_id = of_lot AND recorded_at <= as_of
    ORDER BY NOT makes, coalesce(declared_at <= as_of, false), event_time, event
    LIMIT 1
$$;
COMMENT ON FUNCTION lot_beginning(uuid, uuid, timestamptz) IS
    'What tells when and where a lot came into being, as known at a moment: what made it before what names it, what stands before what was declared wrong, then the earliest';

UPDATE lot l
SET created_event = m.event, event_time = m.event_time, offset_min = m.offset_min, produced_day = m.day,
    expires_day = l.expires_day + (m.day - l.produced_day), site = m.site, region = m.region, place = m.place
FROM lot o
CROSS JOIN LATERAL lot_beginning(o.org_id, o.lot_id, 'infinity') m
WHERE l.org_id = o.org_id AND l.lot_id = o.lot_id
  AND (l.created_event, l.event_time, l.site, l.region) IS DISTINCT FROM (m.event, m.event_time, m.site, m.region);
