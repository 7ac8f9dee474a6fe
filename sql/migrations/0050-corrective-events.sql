-- SPDX-License-Identifier: Apache-2.0
-- What stands in the place of a partner's withdrawn event, which may be known before the declaration that names it, or come long
-- after. One event may replace several.

ALTER TABLE correction ADD COLUMN named bytea, DROP CONSTRAINT correction_org_id_replacement_key;
COMMENT ON COLUMN correction.named IS 'SHA-256 of the id of the first event that a partner''s declaration says stands in its place, as in event_key; NULL: it says none';
COMMENT ON COLUMN correction.replacement IS 'Event that stands in its place; NULL: it did not occur, or is not known yet';

CREATE INDEX correction_by_replacement ON correction (org_id, replacement);
COMMENT ON INDEX correction_by_replacement IS 'correction_about, trail_events';
CREATE INDEX correction_by_name ON correction (org_id, named) WHERE named IS NOT NULL AND replacement IS NULL;
COMMENT ON INDEX correction_by_name IS 'correction_awaiting';

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        -- learned once
        GRANT UPDATE (replacement) ON correction TO ft_app;
    END IF;
END
$$;
