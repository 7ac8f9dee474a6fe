-- SPDX-License-Identifier: Apache-2.0
-- The public search box.

-- name: search_parties :many
-- Registered organisations by a part of the name or the beginning of the credit code; never natural persons.
-- param: q text, max_rows bigint
-- class: ref
-- scope: public
-- column: id uuid, kind text, name_zh text, name_en text, uscc text, region_zh text, region_en text
SELECT p.id, p.kind, p.name_zh, p.name_en, p.uscc, r.name_zh AS region_zh, r.name_en AS region_en
FROM party p JOIN region r ON r.code = p.region
WHERE NOT p.personal AND p.number <> 'REGISTRAR'
  AND (strpos(lower(p.name_zh), lower(@q)) > 0 OR strpos(lower(p.name_en), lower(@q)) > 0 OR starts_with(p.uscc, upper(@q)))
ORDER BY p.name_zh, p.id
LIMIT @max_rows;

-- name: search_issuers :many
-- Whose lot a bare lot number may be.
-- param: max_rows bigint
-- class: ref
-- scope: public
-- column: id uuid
SELECT id FROM party ORDER BY id LIMIT @max_rows;

-- name: search_lots :many
-- Lots that were found by number or code.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- scope: public
-- column: number text, code text, product_zh text, product_en text, issuer_zh text, issuer_en text, personal boolean
-- opens: issuer_zh, issuer_en
SELECT l.number, l.code, coalesce(p.name_zh, 'GTIN ' || substring(l.uri FROM '^https://id[.]gs1[.]org/01/([0-9]{14})'), l.number) AS product_zh, p.name_en AS product_en, i.name_zh AS issuer_zh, i.name_en AS issuer_en, i.personal
FROM unnest(@orgs, @ids) AS z (org_id, lot_id)
JOIN lot l ON l.org_id = z.org_id AND l.lot_id = z.lot_id
LEFT JOIN product p ON p.id = l.product
JOIN party i ON i.id = l.org_id
ORDER BY l.version DESC
LIMIT 20;
