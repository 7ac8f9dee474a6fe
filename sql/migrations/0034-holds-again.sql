-- SPDX-License-Identifier: Apache-2.0
-- A hold that was lifted by mistake stands again once the release is corrected: for a second time, under the same record.

ALTER TABLE lot_state DROP CONSTRAINT lot_state_pkey, ADD PRIMARY KEY (org_id, lot_id, event, flag, since);
COMMENT ON COLUMN lot_state.since IS 'recorded_at of that event; of what stands again, of the correction of what had ended it';
