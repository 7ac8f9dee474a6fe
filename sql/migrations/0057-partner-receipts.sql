-- SPDX-License-Identifier: Apache-2.0
-- What partners' receiving events say of lots, and which shipment each turned out to be the receipt of: the shipment may come
-- later than its receipt, and may be withdrawn again. Events stay as they were stored.

CREATE TABLE partner_receipt (
    org_id       uuid NOT NULL,
    event        uuid NOT NULL,
    lot_org      uuid NOT NULL,
    lot_id       uuid NOT NULL,
    to_party     uuid NOT NULL,
    from_party   uuid,
    event_time   timestamptz NOT NULL,
    base         numeric CHECK (base >= 0),
    shipment_org uuid,
    shipment     uuid,
    PRIMARY KEY (org_id, event, lot_id)
);
COMMENT ON TABLE partner_receipt IS 'Lots that partners'' receiving events name, as long as these stand';
COMMENT ON COLUMN partner_receipt.org_id IS 'Organisation that recorded the event';
COMMENT ON COLUMN partner_receipt.event IS 'The event';
COMMENT ON COLUMN partner_receipt.lot_org IS 'Issuer of the lot';
COMMENT ON COLUMN partner_receipt.lot_id IS 'The lot';
COMMENT ON COLUMN partner_receipt.to_party IS 'Who received';
COMMENT ON COLUMN partner_receipt.from_party IS 'The registered party that it names as sender; NULL: none, or not said';
COMMENT ON COLUMN partner_receipt.event_time IS 'When';
COMMENT ON COLUMN partner_receipt.base IS 'How much, in the lot''s base unit; NULL: not said';
COMMENT ON COLUMN partner_receipt.shipment_org IS 'Organisation of the shipment';
COMMENT ON COLUMN partner_receipt.shipment IS 'The shipment that it is the receipt of; NULL: none that is known, or that stands';

INSERT INTO partner_receipt
SELECT e.org_id, e.id, t.org_id, t.lot_id, e.party,
       coalesce(s.from_party, (SELECT m.holder FROM stock_move m
                               WHERE m.event_org = e.org_id AND m.event = e.id AND m.lot_id = t.lot_id AND m.holder <> e.party
                               LIMIT 1)),
       e.event_time, sum(t.base), s.org_id, s.id
FROM event e
JOIN event_thing t ON t.event_org = e.org_id AND t.event = e.id AND t.declared_at IS NULL
LEFT JOIN LATERAL (SELECT s.org_id, s.id, s.from_party FROM shipment_line l
                   JOIN shipment s ON s.org_id = l.org_id AND s.id = l.shipment AND s.state <> 'withdrawn'
                   WHERE l.lot_id = t.lot_id AND l.receipt_org = e.org_id AND l.receipt = e.id LIMIT 1) s ON true
WHERE e.type = 'receive' AND e.flags & 8 <> 0 AND e.declaration_time IS NULL
GROUP BY e.org_id, e.id, t.org_id, t.lot_id, e.party, s.from_party, e.event_time, s.org_id, s.id;

UPDATE shipment_line l SET receipt_org = NULL, receipt = NULL, received = 0
FROM shipment s, event e
WHERE s.org_id = l.org_id AND s.id = l.shipment AND s.state = 'withdrawn' AND e.org_id = l.receipt_org AND e.id = l.receipt
  AND e.flags & 8 <> 0;

CREATE INDEX partner_receipt_by_lot ON partner_receipt (lot_id, to_party);
COMMENT ON INDEX partner_receipt_by_lot IS 'partner_receipts';
CREATE INDEX partner_receipt_by_shipment ON partner_receipt (shipment);
COMMENT ON INDEX partner_receipt_by_shipment IS 'partner_receipts';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('partner_receipt', 'dist', 'org_id', 'org');
SELECT row_security('partner_receipt', NULL);

CREATE OR REPLACE FUNCTION lot_is_uncounted(of_org uuid, of_lot uuid, of_holder uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp COST 1000 AS $$
    SELECT EXISTS (
        SELECT FROM event_thing t
        JOIN event e ON e.org_id = t.event_org AND e.id = t.event
        WHERE t.org_id = of_org AND t.lot_id = of_lot AND t.base IS NULL AND t.declared_at IS NULL
          AND e.flags & 8 <> 0
          AND ((e.party = of_holder AND e.type IN ('create', 'process', 'ship', 'receive', 'sell', 'remove'))
               OR (e.to_party = of_holder AND e.type = 'ship'))
          -- what came with a shipment is counted by that
          AND NOT (e.type = 'receive' AND EXISTS (SELECT FROM partner_receipt r WHERE r.org_id = e.org_id AND r.event = e.id
                                                                                  AND r.lot_id = of_lot AND r.shipment IS NOT NULL))
          -- of a registered lot its own party alone says that it was made
          AND (t.role <> 'output' OR e.party = of_org
               OR EXISTS (SELECT FROM lot l WHERE l.org_id = of_org AND l.lot_id = of_lot AND l.product IS NULL)))
$$;

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT UPDATE (shipment_org, shipment), DELETE ON partner_receipt TO ft_app;
    END IF;
END
$$;
