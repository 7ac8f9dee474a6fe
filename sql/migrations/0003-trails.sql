-- SPDX-License-Identifier: Apache-2.0
-- What reading trails needs: kept trails that know their lots' organisations and the program that wrote them; a lot's sites.

DELETE FROM trail_summary;
ALTER TABLE trail_summary ADD COLUMN orgs uuid[] NOT NULL;
ALTER TABLE trail_summary ADD COLUMN edition text NOT NULL;
COMMENT ON COLUMN trail_summary.orgs IS 'Issuers of lots, place by place';
COMMENT ON COLUMN trail_summary.edition IS 'Form of body and the settings that show in it; a row of another edition is computed anew';

CREATE INDEX site_event_by_lot ON site_event (lot_id) WHERE lot_id IS NOT NULL;
COMMENT ON INDEX site_event_by_lot IS 'trail_harvests';
CREATE INDEX alert_by_event ON alert (event);
COMMENT ON INDEX alert_by_event IS 'trail_alerts';
