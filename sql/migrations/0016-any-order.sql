-- SPDX-License-Identifier: Apache-2.0
-- What lets records arrive in any order: whether goods that a party lacks are on their way to it (few shipments are, at a
-- time), and which of the records behind a finding happened first.

CREATE INDEX shipment_on_the_way ON shipment (to_party) WHERE state = 'in_transit';
COMMENT ON INDEX shipment_on_the_way IS 'capture_on_the_way';

ALTER TABLE alert ADD COLUMN happened_at timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE alert ALTER COLUMN happened_at DROP DEFAULT;
COMMENT ON COLUMN alert.happened_at IS 'Time of the event; of several with the same finding the earliest is told, whichever was recorded first';
