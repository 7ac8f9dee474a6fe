-- SPDX-License-Identifier: Apache-2.0
-- Reading lots: one, who may see it, who holds it, lists, and what became of it.

-- name: lot_by_id :one
-- One lot.
-- param: org_id uuid, lot_id uuid
-- class: key
-- column: org_id uuid, lot_id uuid, number text, uri text, code text, product uuid, commodity text, dimension bigint, unit text
-- column: total numeric, site uuid, region text, produced_day date, expires_day date?, flags bigint, version timestamptz
SELECT org_id, lot_id, number, uri, code, product, commodity, dimension::bigint AS dimension, unit, total, site, region,
       produced_day, expires_day, flags, version
FROM lot WHERE org_id = @org_id AND lot_id = @lot_id;

-- name: lot_visible :one
-- Whether a lot is there, for who asks: the policy of the table says whose business it is (lot_seen_by).
-- param: org_id uuid, lot_id uuid
-- class: fan
-- column: visible boolean
SELECT EXISTS (SELECT FROM lot WHERE org_id = @org_id AND lot_id = @lot_id) AS visible;

-- name: lot_holdings :many
-- Who holds lots, and held them.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- column: org_id uuid, lot_id uuid, holder uuid, region text, site uuid, on_hand numeric, in_transit numeric, sold numeric
-- column: destroyed numeric, uncounted boolean, party_zh text, party_en text, party_kind text, site_zh text, site_en text
-- column: site_kind text
-- opens: party_zh, party_en, site_zh, site_en
SELECT h.org_id, h.lot_id, h.holder, h.region, h.site, h.on_hand, h.in_transit, h.sold, h.destroyed,
       lot_is_uncounted(h.org_id, h.lot_id, h.holder) AS uncounted,
       p.name_zh AS party_zh, p.name_en AS party_en, p.kind AS party_kind,
       s.name_zh AS site_zh, s.name_en AS site_en, s.kind AS site_kind
FROM unnest(@orgs, @ids) AS z (org_id, lot_id)
JOIN lot_holding h ON h.org_id = z.org_id AND h.lot_id = z.lot_id
JOIN party p ON p.id = h.holder
LEFT JOIN site s ON s.id = h.site
ORDER BY h.lot_id, h.holder
LIMIT 200000;

-- name: lot_list_held :many
-- Lots that some parties hold, held or were shipped, newest first, after one place; @plain: no filter is asked for.
-- param: parties uuid[], plain boolean, q text, code text, party uuid, region text, state text, before uuid, max_rows bigint
-- class: fan
-- column: lot_id uuid, org_id uuid
SELECT DISTINCT k.lot_id, k.org_id
FROM unnest(@parties) AS holders (id)
CROSS JOIN LATERAL (
    SELECT h.org_id, h.lot_id
    FROM lot_holding h
    WHERE h.holder = holders.id AND h.lot_id < coalesce(@before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
      AND (@plain OR lot_matches(h.org_id, h.lot_id, @q, @code, @party, @region, @state))
    ORDER BY h.lot_id DESC
    LIMIT @max_rows
) k
ORDER BY k.lot_id DESC
LIMIT @max_rows;

-- name: lot_list_region :many
-- Lots that were grown in a region, or that somebody there holds, held or was shipped; otherwise the same.
-- param: scope text, plain boolean, q text, code text, party uuid, region text, state text, before uuid, max_rows bigint
-- class: fan
-- column: lot_id uuid, org_id uuid
SELECT DISTINCT k.lot_id, k.org_id
FROM region_closure c
CROSS JOIN LATERAL (
    (SELECT DISTINCT h.lot_id, h.org_id
     FROM lot_holding h
     WHERE h.region = c.descendant AND h.lot_id < coalesce(@before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
       AND (@plain OR lot_matches(h.org_id, h.lot_id, @q, @code, @party, @region, @state))
     ORDER BY h.lot_id DESC, h.org_id DESC
     LIMIT @max_rows)
    UNION ALL
    (SELECT l.lot_id, l.org_id
     FROM lot l
     WHERE l.region = c.descendant AND l.lot_id < coalesce(@before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
       AND (@plain OR lot_matches(l.org_id, l.lot_id, @q, @code, @party, @region, @state))
     ORDER BY l.lot_id DESC
     LIMIT @max_rows)
) k
WHERE c.ancestor = @scope
ORDER BY k.lot_id DESC
LIMIT @max_rows;

-- name: lot_list_all :many
-- Lots of everybody; otherwise the same. Each issuer gives its newest.
-- param: plain boolean, q text, code text, party uuid, region text, state text, before uuid, max_rows bigint
-- class: fan
-- column: lot_id uuid, org_id uuid
SELECT k.lot_id, k.org_id
FROM party i
CROSS JOIN LATERAL (
    SELECT l.org_id, l.lot_id
    FROM lot l
    WHERE l.org_id = i.id AND l.lot_id < coalesce(@before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
      AND (@plain OR lot_matches(l.org_id, l.lot_id, @q, @code, @party, @region, @state))
    ORDER BY l.lot_id DESC
    LIMIT @max_rows
) k
ORDER BY k.lot_id DESC
LIMIT @max_rows;

-- name: lot_details :many
-- Lots with their product and issuer.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- column: org_id uuid, lot_id uuid, number text, uri text, code text, dimension bigint, unit text, total numeric, site uuid
-- column: region text, produced_day date, expires_day date?, flags bigint, version timestamptz, product uuid, product_number text
-- column: product_zh text, product_en text, commodity text, gtin text, issuer_zh text, issuer_en text, issuer_kind text
-- opens: issuer_zh, issuer_en
SELECT l.org_id, l.lot_id, l.number, l.uri, l.code, l.dimension::bigint AS dimension, l.unit, l.total, l.site, l.region,
       l.produced_day, l.expires_day, l.flags, l.version, l.product,
       coalesce(p.number, substring(l.uri FROM '^https://id[.]gs1[.]org/01/([0-9]{14})'), l.number) AS product_number,
       coalesce(p.name_zh, 'GTIN ' || substring(l.uri FROM '^https://id[.]gs1[.]org/01/([0-9]{14})'), l.number) AS product_zh,
       p.name_en AS product_en, l.commodity, coalesce(p.gtin, substring(l.uri FROM '^https://id[.]gs1[.]org/01/([0-9]{14})')) AS gtin, i.name_zh AS issuer_zh, i.name_en AS issuer_en, i.kind AS issuer_kind
FROM unnest(@orgs, @ids) WITH ORDINALITY AS z (org_id, lot_id, place)
JOIN lot l ON l.org_id = z.org_id AND l.lot_id = z.lot_id
LEFT JOIN product p ON p.id = l.product
JOIN party i ON i.id = l.org_id
ORDER BY z.place;

-- name: lot_reach :many
-- What became of a lot: the edges below it. UNION cuts diamonds by the lot alone; depths are counted afterwards.
-- param: org_id uuid, lot_id uuid, max_lots bigint, max_edges bigint
-- class: local
-- scope: program
-- column: parent_org uuid, parent uuid, child_org uuid, child uuid
WITH RECURSIVE below (org_id, lot_id) AS (
    SELECT @org_id, @lot_id
    UNION
    SELECT e.child_org, e.child
    FROM below b CROSS JOIN LATERAL (SELECT child_org, child FROM lot_edge WHERE parent = b.lot_id AND declared_at IS NULL OFFSET 0) e
), bounded AS (
    SELECT lot_id FROM below LIMIT @max_lots
)
SELECT e.parent_org, e.parent, e.child_org, e.child
FROM bounded b JOIN lot_edge e ON e.parent = b.lot_id AND e.declared_at IS NULL
LIMIT @max_edges;

-- name: thing_by_id :many
-- What kind of thing an id names.
-- param: id uuid
-- class: ref
-- column: kind text, org_id uuid, id uuid
SELECT 'party'::text AS kind, id AS org_id, id FROM party WHERE id = @id
UNION ALL
SELECT 'site', party, id FROM site WHERE id = @id
UNION ALL
SELECT 'product', party, id FROM product WHERE id = @id
UNION ALL
SELECT 'certificate', party, id FROM certificate WHERE id = @id
LIMIT 10;

-- name: lot_public_uri :one
-- The URI that stands for a lot in EPCIS events.
-- param: org_id uuid, lot_id uuid
-- class: key
-- scope: public
-- column: uri text
SELECT uri FROM lot WHERE org_id = @org_id AND lot_id = @lot_id;

-- name: thing_uri :many
-- The URI that stands for a thing in EPCIS events. Shipments and certificates have none.
-- param: org_id uuid, id uuid
-- class: any
-- column: uri text
SELECT uri FROM lot WHERE org_id = @org_id AND lot_id = @id
UNION ALL
SELECT uri FROM party WHERE id = @id
UNION ALL
SELECT uri FROM site WHERE id = @id
UNION ALL
SELECT uri FROM product WHERE id = @id
LIMIT 1;

-- name: shipment_by_id :one
-- A shipment.
-- param: org_id uuid, id uuid
-- class: key
-- column: org_id uuid, id uuid
SELECT org_id, id FROM shipment WHERE org_id = @org_id AND id = @id;

-- name: lot_held_by :many
-- Which of some lots, by place in the list, certain parties hold, held or were shipped.
-- param: orgs uuid[], ids uuid[], holders uuid[]
-- class: any
-- column: place bigint
SELECT z.place
FROM unnest(@orgs, @ids) WITH ORDINALITY AS z (org_id, lot_id, place)
WHERE EXISTS (SELECT FROM lot_holding h WHERE h.org_id = z.org_id AND h.lot_id = z.lot_id AND h.holder = ANY(@holders));
