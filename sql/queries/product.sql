-- SPDX-License-Identifier: Apache-2.0
-- Products.

-- name: product_insert :exec
-- A new product.
-- param: id uuid, party uuid, number text, name_zh text, name_en text, commodity text, gtin text, unit text
-- param: shelf_life_days bigint?, temperature_min numeric?, temperature_max numeric?, packages bytea, uri text, state text
-- param: updated_at timestamptz
-- class: ref
INSERT INTO product (id, party, number, name_zh, name_en, commodity, gtin, unit, shelf_life_days, temperature_min,
                     temperature_max, packages, uri, state, version, updated_at)
VALUES (@id, @party, @number, @name_zh, @name_en, @commodity, @gtin, @unit, @shelf_life_days, @temperature_min,
        @temperature_max, @packages, @uri, @state, 1, @updated_at);

-- name: product_update :exec
-- Its newest version.
-- param: id uuid, name_zh text, name_en text, commodity text, gtin text, unit text, shelf_life_days bigint?
-- param: temperature_min numeric?, temperature_max numeric?, packages bytea, state text, version bigint
-- param: updated_at timestamptz
-- class: ref
UPDATE product
SET name_zh = @name_zh, name_en = @name_en, commodity = @commodity, gtin = @gtin, unit = @unit,
    shelf_life_days = @shelf_life_days, temperature_min = @temperature_min, temperature_max = @temperature_max,
    packages = @packages, state = @state, version = @version, updated_at = @updated_at
WHERE id = @id;

-- name: product_list :many
-- Products by a text in name, number or commodity, by party, region subtree of the party, state; oldest first.
-- param: q text, party uuid, region text, state text, after uuid, max_rows bigint
-- class: ref
-- column: body bytea, recorded_at timestamptz, statement_sha256 bytea
-- opens: body
SELECT v.body, v.recorded_at, v.statement_sha256
FROM product p JOIN master_version v ON v.kind = 'product' AND v.id = p.id AND v.version = p.version
WHERE (@q IS NULL OR strpos(lower(p.name_zh), lower(@q)) > 0 OR strpos(lower(p.name_en), lower(@q)) > 0
       OR strpos(lower(p.commodity), lower(@q)) > 0 OR lower(p.number) = lower(@q) OR p.gtin = lpad(@q, 14, '0'))
  AND (@party IS NULL OR p.party = @party)
  AND (@region IS NULL OR p.party IN (SELECT o.id FROM party o JOIN region_closure c ON c.descendant = o.region
                                      WHERE c.ancestor = @region))
  AND (@state IS NULL OR p.state = @state)
  AND (@after IS NULL OR p.id > @after)
ORDER BY p.id
LIMIT @max_rows;
