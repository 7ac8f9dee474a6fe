-- SPDX-License-Identifier: Apache-2.0
-- Partners' receiving events and the shipments that they are receipts of, for the group writer.

-- name: partner_receipts :many
-- What receiving events say of these lots at these parties, of events that are no shipment's receipt, and what those that are
-- receipts of these shipments say. OFFSET 0 has each found by its key.
-- param: to_parties uuid[], lots uuid[], shipment_orgs uuid[], shipments uuid[]
-- class: any
-- column: org_id uuid, event uuid, lot_org uuid, lot_id uuid, to_party uuid, from_party uuid, event_time timestamptz
-- column: base numeric?, shipment_org uuid, shipment uuid
SELECT r.org_id, r.event, r.lot_org, r.lot_id, r.to_party, r.from_party, r.event_time, r.base, r.shipment_org, r.shipment
FROM (SELECT DISTINCT a, b FROM unnest(@to_parties, @lots) AS u (a, b)) z
CROSS JOIN LATERAL (SELECT * FROM partner_receipt p
                    WHERE p.lot_id = z.b AND p.to_party = z.a
                      AND NOT EXISTS (SELECT FROM partner_receipt o
                                      WHERE o.org_id = p.org_id AND o.event = p.event AND o.shipment IS NOT NULL) OFFSET 0) r
UNION ALL
SELECT r.org_id, r.event, r.lot_org, r.lot_id, r.to_party, r.from_party, r.event_time, r.base, r.shipment_org, r.shipment
FROM (SELECT DISTINCT c, d FROM unnest(@shipment_orgs, @shipments) AS u (c, d)) z
CROSS JOIN LATERAL (SELECT * FROM partner_receipt p WHERE p.shipment = z.d AND p.shipment_org = z.c OFFSET 0) r;

-- name: partner_receipt_upsert_many :exec
-- What receiving events say of lots, and the shipments that they are receipts of now.
-- param: org_id uuid[], event uuid[], lot_org uuid[], lot_id uuid[], to_party uuid[], from_party uuid[]
-- param: event_time timestamptz[], base numeric[], shipment_org uuid[], shipment uuid[]
-- class: any
INSERT INTO partner_receipt (org_id, event, lot_org, lot_id, to_party, from_party, event_time, base, shipment_org, shipment)
SELECT unnest(@org_id), unnest(@event), unnest(@lot_org), unnest(@lot_id), unnest(@to_party), unnest(@from_party),
       unnest(@event_time), unnest(@base), unnest(@shipment_org), unnest(@shipment)
ON CONFLICT (org_id, event, lot_id) DO UPDATE SET shipment_org = excluded.shipment_org, shipment = excluded.shipment;

-- name: partner_receipt_drop_many :exec
-- Of receiving events that do not stand any more.
-- param: orgs uuid[], events uuid[]
-- class: any
DELETE FROM partner_receipt p USING (SELECT unnest(@orgs) AS a, unnest(@events) AS b) z WHERE p.org_id = z.a AND p.event = z.b;
