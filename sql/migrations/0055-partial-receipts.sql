-- SPDX-License-Identifier: Apache-2.0
-- Which event received what of a shipment: a partner's receipt may name a part of it, and the rest stays on its way.

ALTER TABLE shipment_line ADD COLUMN receipt_org uuid, ADD COLUMN receipt uuid;
UPDATE shipment_line l SET receipt_org = s.receipt_org, receipt = s.receipt
FROM shipment s WHERE s.org_id = l.org_id AND s.id = l.shipment AND s.receipt IS NOT NULL;
COMMENT ON COLUMN shipment_line.receipt_org IS 'Organisation that recorded its receipt';
COMMENT ON COLUMN shipment_line.receipt IS 'The receive event; NULL: not received';
COMMENT ON COLUMN shipment_line.received IS 'Of it received by that event';

ALTER TABLE shipment DROP COLUMN receipt_org, DROP COLUMN receipt;
COMMENT ON COLUMN shipment.state IS 'in_transit until all lines are received, then received; withdrawn: its ship event is';
