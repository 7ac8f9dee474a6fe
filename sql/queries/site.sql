-- SPDX-License-Identifier: Apache-2.0
-- Sites.

-- name: site_geometry_valid :one
-- Whether PostGIS takes a geometry, and what is wrong with it otherwise (rings that cross each other, holes outside).
-- param: geometry text
-- class: ref
-- column: valid boolean, reason text
SELECT ST_IsValid(ST_GeomFromGeoJSON(@geometry)) AS valid, ST_IsValidReason(ST_GeomFromGeoJSON(@geometry)) AS reason;

-- name: site_insert :exec
-- A new site. The shape of somebody's home stands in its sealed version alone.
-- param: id uuid, party uuid, number text, kind text, name_zh text, name_en text, region text, uri text, personal boolean
-- param: geometry text, commodity text, state text, updated_at timestamptz
-- seals: name_zh, name_en if personal
-- class: ref
INSERT INTO site (id, party, number, kind, name_zh, name_en, region, uri, personal, geometry, commodity, state, version,
                  updated_at)
VALUES (@id, @party, @number, @kind, @name_zh, @name_en, @region, @uri, @personal,
        CASE WHEN @personal THEN NULL ELSE ST_SetSRID(ST_GeomFromGeoJSON(@geometry), 4326) END, @commodity, @state, 1, @updated_at);

-- name: site_update :exec
-- Its newest version.
-- param: id uuid, kind text, name_zh text, name_en text, region text, personal boolean, geometry text, commodity text
-- param: state text, version bigint, updated_at timestamptz
-- seals: name_zh, name_en if personal
-- class: ref
UPDATE site
SET kind = @kind, name_zh = @name_zh, name_en = @name_en, region = @region, personal = @personal,
    geometry = CASE WHEN @personal THEN NULL ELSE ST_SetSRID(ST_GeomFromGeoJSON(@geometry), 4326) END, commodity = @commodity, state = @state,
    version = @version, updated_at = @updated_at
WHERE id = @id;

-- name: site_list :many
-- Sites by a text in name or number, by party, region subtree, state; oldest first. `whole` says whether this key may see
-- their geometry; personal sites of others it does not see at all. Sealed names are found as a whole.
-- param: q text, name text, party uuid, region text, state text, after uuid, max_rows bigint
-- seals: name
-- class: ref
-- column: body bytea, recorded_at timestamptz, statement_sha256 bytea, whole boolean
-- opens: body
SELECT v.body, v.recorded_at, v.statement_sha256, site_is_own(s.party, s.region) AS whole
FROM site s JOIN master_version v ON v.kind = 'site' AND v.id = s.id AND v.version = s.version
WHERE (@q IS NULL OR (NOT is_sealed(s.name_zh) AND strpos(lower(s.name_zh), lower(@q)) > 0)
       OR (NOT is_sealed(s.name_en) AND strpos(lower(s.name_en), lower(@q)) > 0)
       OR s.name_zh = @name OR s.name_en = @name OR lower(s.number) = lower(@q))
  AND (@party IS NULL OR s.party = @party)
  AND (@region IS NULL OR s.region IN (SELECT descendant FROM region_closure WHERE ancestor = @region))
  AND (@state IS NULL OR s.state = @state)
  AND (@after IS NULL OR s.id > @after)
ORDER BY s.id
LIMIT @max_rows;

-- name: site_sight :one
-- Whether a site is there for who asks, and whether a version that names this party and region is shown whole.
-- param: id uuid, party uuid, region text
-- class: ref
-- column: visible boolean, whole boolean
SELECT EXISTS (SELECT FROM site WHERE id = @id) AS visible, site_is_own(@party, @region) AS whole;
