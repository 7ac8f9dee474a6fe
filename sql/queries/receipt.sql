-- SPDX-License-Identifier: Apache-2.0
-- Partners' receiving events and the shipments that they are receipts of, for the group writer.

-- name: partner_receipts :many
-- What receiving events say of these lots at these parties, the latest; all that are receipts of these shipments; and all that is
-- said by these events. sent_by: who sent the shipment. OFFSET 0 has each found by its key.
-- param: to_parties uuid[], lots uuid[], shipment_orgs uuid[], shipments uuid[], event_orgs uuid[], events uuid[]
-- class: any
-- column: org_id uuid, event uuid, lot_org uuid, lot_id uuid, to_party uuid, from_party uuid, event_time timestamptz
-- column: base numeric?, shipment_org uuid, shipment uuid, sent_by uuid
SELECT r.org_id, r.event, r.lot_org, r.lot_id, r.to_party, r.from_party, r.event_time, r.base, r.shipment_org, r.shipment,
       s.from_party AS sent_by
FROM (SELECT r.*
      FROM (SELECT DISTINCT a, b FROM unnest(@to_parties, @lots) AS u (a, b)) z
      CROSS JOIN LATERAL (SELECT p.* FROM partner_receipt p
                          WHERE p.lot_id = z.b AND p.to_party = z.a
                          ORDER BY p.event_time DESC, p.org_id, p.event LIMIT 64) r
      UNION
      SELECT r.*
      FROM (SELECT DISTINCT c, d FROM unnest(@shipment_orgs, @shipments) AS u (c, d)) z
      CROSS JOIN LATERAL (SELECT * FROM partner_receipt p WHERE p.shipment = z.d AND p.shipment_org = z.c OFFSET 0) r
      UNION
      SELECT r.*
      FROM (SELECT DISTINCT e, f FROM unnest(@event_orgs, @events) AS u (e, f)) z
      CROSS JOIN LATERAL (SELECT * FROM partner_receipt p WHERE p.org_id = z.e AND p.event = z.f OFFSET 0) r) r
LEFT JOIN LATERAL (SELECT from_party FROM shipment WHERE org_id = r.shipment_org AND id = r.shipment OFFSET 0) s ON true;

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
