-- SPDX-License-Identifier: Apache-2.0
-- A chain of @LOTS@ lots (lineage.py says how many): of ten, four are harvested, two packed, one mixed, one split off, two
-- retailed. Parents lie in a sliding window; some mixtures contain what was split off earlier ones, so that a retailed lot
-- has 4 to about 12 levels above it. Expects a district to take an issuer, a product and a region from.
SET session_replication_role = replica; -- all keys are known to be there
SET synchronous_commit = off;
SELECT setseed(0.42);

CREATE SCHEMA bench;
CREATE TABLE bench.issuer AS SELECT row_number() OVER (ORDER BY id) - 1 AS n, id FROM party WHERE kind = 'cooperative';

-- Ids as the program makes them: milliseconds, version 7, random bits.
CREATE FUNCTION bench.id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(1700000000000 + n * 20), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8'
            || substr(md5(n::text), 4, 15))::uuid
$$;
-- A lot of one of ten kinds in the window before another.
CREATE FUNCTION bench.before(n bigint, kind bigint) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT greatest((n / 10 - 1 - floor(random() * 2000)::bigint) * 10, 0) + kind
$$;

CREATE TABLE bench.edge AS
SELECT child, CASE child % 10
                  WHEN 4 THEN bench.before(child, floor(random() * 4)::bigint)
                  WHEN 5 THEN bench.before(child, floor(random() * 4)::bigint)
                  WHEN 6 THEN CASE WHEN random() < 0.08 THEN bench.before(child, 7)
                                   ELSE bench.before(child, 4 + floor(random() * 2)::bigint) END
                  WHEN 7 THEN bench.before(child, 6)
                  ELSE bench.before(child, 7)
              END AS parent
FROM (SELECT i AS child, generate_series(1, CASE WHEN i % 10 IN (4, 5) THEN 1 + floor(random() * 3)::bigint
                                                 WHEN i % 10 = 6 THEN 2 + floor(random() * 9)::bigint ELSE 1 END)
      FROM generate_series(20, @LOTS@ - 1) AS i
      WHERE i % 10 > 3) made;

INSERT INTO lot (org_id, lot_id, number, uri, code, product, commodity, dimension, unit, own, total, site, region,
                 created_event, event_time, offset_min, produced_day, expires_day, flags, salt, head, version)
SELECT p.id, bench.id(i), 'L' || i, 'https://bench.farmtrail.example/o/' || p.id || '/p/LEAF/b/L' || i, 'B' || lpad(i::text, 12, '0'),
       g.id, g.commodity, 0, 'KGM', CASE WHEN i % 10 < 4 THEN 100 ELSE 0 END, 100, NULL, p.region, bench.id(2000000 + i), t, 480,
       t::date, t::date + 10, 0, decode(md5(i::text), 'hex'), sha256(i::text::bytea), t
FROM generate_series(0, @LOTS@ - 1) AS i
JOIN bench.issuer o ON o.n = i % (SELECT count(*) FROM bench.issuer)
JOIN party p ON p.id = o.id
CROSS JOIN LATERAL (SELECT to_timestamp(1700000000 + i * 0.02) AS t) AS at
CROSS JOIN (SELECT id, commodity FROM product LIMIT 1) g;

INSERT INTO lot_edge (parent_org, parent, child_org, child, event_org, event, input, input_total, output, output_part,
                      output_total, value, unit, recorded_at)
SELECT p.id, bench.id(e.parent), c.id, bench.id(e.child), c.id, bench.id(2000000 + e.child), 10, 100, 100, 100, 100, '10', 'KGM',
       to_timestamp(1700000000 + e.child * 0.02)
FROM (SELECT DISTINCT child, parent FROM bench.edge) e
JOIN bench.issuer p ON p.n = e.parent % (SELECT count(*) FROM bench.issuer)
JOIN bench.issuer c ON c.n = e.child % (SELECT count(*) FROM bench.issuer)
ORDER BY e.child;

-- Diamonds: on every level two lots, each made of both lots of the level above; 2^n paths from the last to the first.
INSERT INTO lot_edge (parent_org, parent, child_org, child, event_org, event, input, input_total, output, output_part,
                      output_total, value, unit, recorded_at)
SELECT o.id, bench.id(base + 2 * (level - 1) + a), o.id, bench.id(base + 2 * level + b), o.id, bench.id(base + 1000 + level),
       1, 2, 1, 1, 2, '1', 'KGM', now()
FROM (VALUES (5000000, 20), (6000000, 40)) AS d (base, levels), generate_series(1, levels) AS level,
     generate_series(0, 1) AS a, generate_series(0, 1) AS b, bench.issuer o
WHERE o.n = 0;

VACUUM ANALYZE lot;
VACUUM ANALYZE lot_edge;
