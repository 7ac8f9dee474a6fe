-- SPDX-License-Identifier: Apache-2.0
-- Holds, destruction and returns: what was said of a lot, from when to when, so that a verdict can be given for any past moment.

CREATE TABLE lot_state (
    org_id    uuid NOT NULL,
    lot_id    uuid NOT NULL,
    flag      bigint NOT NULL CHECK (flag IN (1, 2, 4, 8, 16, 32)),
    event_org uuid NOT NULL,
    event     uuid NOT NULL,
    party     uuid NOT NULL,
    binds_all boolean NOT NULL,
    at        timestamptz NOT NULL,
    since     timestamptz NOT NULL,
    until     timestamptz CHECK (until > since),
    PRIMARY KEY (org_id, lot_id, event, flag)
);
COMMENT ON TABLE lot_state IS 'What was said of a lot and until when it stood; lot.flags is what stands now';
COMMENT ON COLUMN lot_state.org_id IS 'Issuer of the lot';
COMMENT ON COLUMN lot_state.lot_id IS 'The lot';
COMMENT ON COLUMN lot_state.flag IS 'One bit of lot.flags';
COMMENT ON COLUMN lot_state.event_org IS 'Organisation that recorded the event that began it';
COMMENT ON COLUMN lot_state.event IS 'That event';
COMMENT ON COLUMN lot_state.party IS 'Who acted in it: a hold is lifted by the party that placed it, or by an authority';
COMMENT ON COLUMN lot_state.binds_all IS 'Of a hold: said by the issuer or an authority, it binds every holder; else the stock of that party only';
COMMENT ON COLUMN lot_state.at IS 'When it happened: goods that left before are not bound';
COMMENT ON COLUMN lot_state.since IS 'recorded_at of that event';
COMMENT ON COLUMN lot_state.until IS 'recorded_at of the event that ended it; NULL: it stands';

ALTER TABLE lot ADD COLUMN destroyed numeric NOT NULL DEFAULT 0 CHECK (destroyed >= 0);
ALTER TABLE lot ADD COLUMN outside numeric NOT NULL DEFAULT 0;
ALTER TABLE lot ADD COLUMN returned numeric NOT NULL DEFAULT 0 CHECK (returned >= 0);
COMMENT ON COLUMN lot.destroyed IS 'Base units destroyed, by whoever held them; all of total: the lot is destroyed';
COMMENT ON COLUMN lot.outside IS 'Base units that left the issuer and neither came back nor were destroyed';
COMMENT ON COLUMN lot.returned IS 'Base units sent back to the issuer and not used since; with nothing outside the lot is returned';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('lot_state', 'dist', 'org_id', 'org');

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT UPDATE (until) ON lot_state TO ft_app;
    END IF;
END
$$;
