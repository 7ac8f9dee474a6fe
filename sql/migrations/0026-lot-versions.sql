-- SPDX-License-Identifier: Apache-2.0
-- Whether a kept trail is still good is asked for at every scan, of every lot in it, by anybody: without the policies of
-- table lot, which let anybody through too, but are set up anew for each statement.

CREATE VIEW lot_version AS SELECT org_id, lot_id, version FROM lot;
COMMENT ON VIEW lot_version IS 'Which version every lot has: what anybody may know of it without more';
COMMENT ON COLUMN lot_version.org_id IS 'As in lot';
COMMENT ON COLUMN lot_version.lot_id IS 'As in lot';
COMMENT ON COLUMN lot_version.version IS 'As in lot';

DO $$
BEGIN
    IF to_regrole('ft_public') IS NOT NULL THEN
        GRANT SELECT ON lot_version TO ft_public;
    END IF;
END
$$;
