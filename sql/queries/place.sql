-- SPDX-License-Identifier: Apache-2.0
-- Codes of units and places, and what their pages show: what anybody may see of them, and nothing else is selected.

-- name: code_bind_insert :exec
-- The code of a unit or place; the same again changes nothing.
-- param: code text, kind text, org_id uuid, id uuid, issued_at timestamptz
-- class: key
INSERT INTO code (code, kind, org_id, id, state, issued_at) VALUES (@code, @kind, @org_id, @id, 'activated', @issued_at)
ON CONFLICT (code) DO NOTHING;

-- name: unit_page :one
-- A unit.
-- param: org_id uuid, id uuid
-- class: key
-- scope: program
-- column: uri text
SELECT uri FROM unit WHERE org_id = @org_id AND id = @id;

-- name: unit_page_contents :many
-- Lots that are in a unit or in units in it, and these units.
-- param: org_id uuid, id uuid, max_units bigint, max_rows bigint
-- class: fan
-- scope: program
-- column: kind text, org_id uuid, id uuid, name text, code text, product_zh text, product_en text
WITH RECURSIVE inside (org_id, id) AS (
    SELECT @org_id, @id
    UNION
    SELECT c.child_org, c.child
    FROM inside i
    JOIN containment c ON c.org_id = i.org_id AND c.parent = i.id AND c.child_kind = 'unit' AND c.to_event IS NULL
), bounded AS (
    SELECT org_id, id FROM inside LIMIT @max_units
)
SELECT kind, org_id, id, name, code, product_zh, product_en
FROM (SELECT DISTINCT 'lot' AS kind, l.org_id, l.lot_id AS id, l.number AS name, l.code,
             coalesce(p.name_zh, 'GTIN ' || substring(l.uri FROM '^https://id[.]gs1[.]org/01/([0-9]{14})'), l.number) AS product_zh,
             p.name_en AS product_en
      FROM bounded b
      JOIN containment c ON c.org_id = b.org_id AND c.parent = b.id AND c.child_kind = 'lot' AND c.to_event IS NULL
      JOIN lot l ON l.org_id = c.child_org AND l.lot_id = c.child
      LEFT JOIN product p ON p.id = l.product
      UNION ALL
      SELECT 'unit', u.org_id, u.id, u.uri, NULL, NULL, NULL
      FROM bounded b JOIN unit u ON u.org_id = b.org_id AND u.id = b.id
      WHERE b.id <> @id) z
ORDER BY kind, product_zh, name, id
LIMIT @max_rows;

-- name: place_page :one
-- A place, whose home it is or not, with its region and who it belongs to; of a natural person nothing.
-- param: id uuid
-- class: ref
-- scope: program
-- column: party uuid, kind text, name_zh text, name_en text, personal boolean, erased_at timestamptz?, region text
-- column: region_zh text, region_en text, district_zh text, district_en text, party_zh text, party_en text
SELECT s.party, s.kind, s.name_zh, s.name_en, s.personal, s.erased_at, s.region, r.name_zh AS region_zh, r.name_en AS region_en,
       d.name_zh AS district_zh, d.name_en AS district_en, p.name_zh AS party_zh, p.name_en AS party_en
FROM site s
JOIN region r ON r.code = s.region
LEFT JOIN region d ON d.code = r.parent
LEFT JOIN party p ON p.id = s.party AND NOT p.personal AND p.erased_at IS NULL
WHERE s.id = @id;

-- name: place_page_lots :many
-- What was harvested at a place, newest first.
-- param: party uuid, site uuid, max_rows bigint
-- class: any
-- scope: program
-- column: org_id uuid, id uuid, name text, code text, product_zh text, product_en text
SELECT l.org_id, l.lot_id AS id, l.number AS name, l.code,
       coalesce(p.name_zh, 'GTIN ' || substring(l.uri FROM '^https://id[.]gs1[.]org/01/([0-9]{14})'), l.number) AS product_zh,
       p.name_en AS product_en
FROM (SELECT lot_org, lot_id, max(event_time) AS at
      FROM site_event
      WHERE org_id = @party AND site = @site AND lot_id IS NOT NULL AND declared_at IS NULL
      GROUP BY lot_org, lot_id
      ORDER BY at DESC, lot_id
      LIMIT @max_rows) h
JOIN lot l ON l.org_id = h.lot_org AND l.lot_id = h.lot_id
LEFT JOIN product p ON p.id = l.product
ORDER BY h.at DESC, l.lot_id;

-- name: place_page_certificates :many
-- Certificates that cover a place on a day.
-- param: party uuid, site uuid, day date
-- class: ref
-- scope: program
-- column: scheme text, number text, valid_from date, valid_to date
SELECT scheme, number, valid_from, valid_to
FROM certificate
WHERE party = @party AND state = 'active' AND (sites = '{}' OR @site = ANY(sites)) AND @day BETWEEN valid_from AND valid_to
ORDER BY scheme, number
LIMIT 20;
