-- SPDX-License-Identifier: Apache-2.0
-- Rows that pages and lists read in place of the newest signed version, to be held against it.

-- name: party_row :one
-- A party's.
-- param: id uuid
-- class: ref
-- scope: program
-- column: number text, kind text, name_zh text, name_en text, uscc text, gln text, region text, uri text, personal boolean
-- column: state text, version bigint, newest bigint
-- opens: name_zh, name_en, uscc, gln
SELECT number, kind, name_zh, name_en, uscc, gln, region, uri, personal, state, version,
       (SELECT max(m.version) FROM master_version m WHERE m.kind = 'party' AND m.id = @id AND is_stated(m.kind, m.id, m.version)) AS newest
FROM party WHERE id = @id;

-- name: site_row :one
-- A site's. Its geometry is compared as PostGIS writes it; of somebody's home the row has none.
-- param: id uuid, geometry text
-- class: ref
-- scope: program
-- column: party uuid, number text, kind text, name_zh text, name_en text, region text, uri text, personal boolean
-- column: same_geometry boolean, commodity text, state text, version bigint, newest bigint
-- opens: name_zh, name_en
SELECT party, number, kind, name_zh, name_en, region, uri, personal,
       geometry IS NOT DISTINCT FROM CASE WHEN NOT personal THEN ST_SetSRID(ST_GeomFromGeoJSON(@geometry), 4326) END
           AS same_geometry,
       commodity, state, version,
       (SELECT max(m.version) FROM master_version m WHERE m.kind = 'site' AND m.id = @id AND is_stated(m.kind, m.id, m.version)) AS newest
FROM site WHERE id = @id;

-- name: product_row :one
-- A product's.
-- param: id uuid
-- class: ref
-- scope: program
-- column: party uuid, number text, name_zh text, name_en text, commodity text, gtin text, unit text, shelf_life_days bigint?
-- column: temperature_min numeric?, temperature_max numeric?, packages bytea, uri text, state text, version bigint, newest bigint
SELECT party, number, name_zh, name_en, commodity, gtin, unit, shelf_life_days, temperature_min, temperature_max, packages,
       uri, state, version,
       (SELECT max(m.version) FROM master_version m WHERE m.kind = 'product' AND m.id = @id AND is_stated(m.kind, m.id, m.version)) AS newest
FROM product WHERE id = @id;

-- name: certificate_row :one
-- A certificate's; days as they are written.
-- param: id uuid, products uuid[], sites uuid[]
-- class: ref
-- scope: program
-- column: party uuid, scheme text, number text, same_scope boolean, valid_from text, valid_to text, state text, version bigint, newest bigint
SELECT party, scheme, number, products = @products AND sites = @sites AS same_scope, valid_from::text AS valid_from,
       valid_to::text AS valid_to, state, version,
       (SELECT max(m.version) FROM master_version m WHERE m.kind = 'certificate' AND m.id = @id AND is_stated(m.kind, m.id, m.version)) AS newest
FROM certificate WHERE id = @id;

-- name: master_row_all :many
-- Newest versions of a kind, by id: of all things, or of those whose row was written by this transaction or a later one.
-- param: kind text, after uuid, since bigint?, max_rows bigint
-- class: ref
-- scope: program
-- column: idx bigint?, id uuid, version bigint?, body bytea, view_secret bytea, statement bytea
-- opens: body, view_secret
SELECT l.idx, t.id, m.version, m.body, m.view_secret, m.statement
FROM (SELECT id, written
      FROM (SELECT id, xmin AS written FROM party WHERE @kind = 'party'
            UNION ALL SELECT id, xmin FROM site WHERE @kind = 'site'
            UNION ALL SELECT id, xmin FROM product WHERE @kind = 'product'
            UNION ALL SELECT id, xmin FROM certificate WHERE @kind = 'certificate') r
      WHERE id > coalesce(@after, '00000000-0000-0000-0000-000000000000'::uuid) AND (@since IS NULL OR age(written) BETWEEN 0 AND (SELECT age(@since::text::xid)))
      ORDER BY id LIMIT @max_rows) t
LEFT JOIN LATERAL (SELECT version, body, view_secret, statement FROM master_version WHERE kind = @kind AND id = t.id
                   ORDER BY version DESC LIMIT 1) m ON true
LEFT JOIN log_leaf l ON l.id = t.id AND l.version = m.version AND l.kind = @kind
ORDER BY t.id;

-- name: master_row_gone :many
-- Things of which there is a version and no row.
-- class: ref
-- scope: program
-- column: kind text, id uuid
SELECT m.kind, m.id
FROM master_version m
WHERE m.version = 1 AND NOT CASE m.kind WHEN 'party' THEN EXISTS (SELECT FROM party p WHERE p.id = m.id)
                                        WHEN 'site' THEN EXISTS (SELECT FROM site s WHERE s.id = m.id)
                                        WHEN 'product' THEN EXISTS (SELECT FROM product p WHERE p.id = m.id)
                                        ELSE EXISTS (SELECT FROM certificate c WHERE c.id = m.id) END
ORDER BY m.kind, m.id
LIMIT 1000;
