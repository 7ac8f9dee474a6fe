-- SPDX-License-Identifier: Apache-2.0
-- Crates, pallets and boxes, and what was in them when. Containment is no lineage: it has a beginning and an end.

ALTER TABLE thing DROP CONSTRAINT thing_kind_check;
ALTER TABLE thing ADD CONSTRAINT thing_kind_check
    CHECK (kind IN ('party', 'site', 'product', 'certificate', 'lot', 'shipment', 'unit', 'sample'));

CREATE TABLE unit (
    org_id  uuid NOT NULL,
    id      uuid NOT NULL,
    uri     text NOT NULL,
    known   boolean NOT NULL,
    event   uuid NOT NULL,
    version timestamptz NOT NULL,
    PRIMARY KEY (org_id, id)
);
COMMENT ON TABLE unit IS 'Logistic units: crates, boxes, pallets, containers';
COMMENT ON COLUMN unit.org_id IS 'Party that named it first';
COMMENT ON COLUMN unit.id IS 'UUIDv7';
COMMENT ON COLUMN unit.uri IS 'EPCIS identity: SSCC as a Digital Link, or of our own scheme';
COMMENT ON COLUMN unit.known IS 'A record said what is in it; else it is a placeholder that something else contains';
COMMENT ON COLUMN unit.event IS 'The record that named it first';
COMMENT ON COLUMN unit.version IS 'recorded_at of the newest record about it';

CREATE TABLE containment (
    org_id     uuid NOT NULL,
    parent     uuid NOT NULL,
    from_event uuid NOT NULL,
    n          smallint NOT NULL,
    from_org   uuid NOT NULL,
    party      uuid NOT NULL,
    child_kind text NOT NULL CHECK (child_kind IN ('lot', 'unit')),
    child_org  uuid NOT NULL,
    child      uuid NOT NULL,
    value      text,
    unit       text,
    base       numeric CHECK (base > 0),
    from_at    timestamptz NOT NULL,
    since      timestamptz NOT NULL,
    to_event   uuid,
    to_at      timestamptz CHECK (to_at >= from_at),
    PRIMARY KEY (org_id, parent, from_event, n),
    CHECK ((child_kind = 'lot') = (base IS NOT NULL)),
    CHECK ((to_event IS NULL) = (to_at IS NULL))
);
COMMENT ON TABLE containment IS 'What was in a unit, from one event to another';
COMMENT ON COLUMN containment.org_id IS 'As in unit';
COMMENT ON COLUMN containment.parent IS 'The unit';
COMMENT ON COLUMN containment.from_event IS 'The event since which it is so';
COMMENT ON COLUMN containment.n IS 'Place among what that event says about the unit';
COMMENT ON COLUMN containment.from_org IS 'Organisation that recorded that event';
COMMENT ON COLUMN containment.party IS 'Who loaded it';
COMMENT ON COLUMN containment.child_kind IS 'lot or unit';
COMMENT ON COLUMN containment.child_org IS 'Issuer of the lot, or first to name the unit';
COMMENT ON COLUMN containment.child IS 'The lot or unit';
COMMENT ON COLUMN containment.value IS 'Of a lot: how much, as written';
COMMENT ON COLUMN containment.unit IS 'Unit of it';
COMMENT ON COLUMN containment.base IS 'The same in the lot''s base unit';
COMMENT ON COLUMN containment.from_at IS 'When it happened';
COMMENT ON COLUMN containment.since IS 'recorded_at of from_event';
COMMENT ON COLUMN containment.to_event IS 'The event that ended it; NULL: none yet';
COMMENT ON COLUMN containment.to_at IS 'When that happened';

CREATE TABLE unit_emptied (
    org_id uuid NOT NULL,
    unit   uuid NOT NULL,
    event  uuid NOT NULL,
    at     timestamptz NOT NULL,
    PRIMARY KEY (org_id, unit, event)
);
COMMENT ON TABLE unit_emptied IS 'When units were emptied: a load that is recorded late ended there';
COMMENT ON COLUMN unit_emptied.org_id IS 'As in unit';
COMMENT ON COLUMN unit_emptied.unit IS 'The unit';
COMMENT ON COLUMN unit_emptied.event IS 'The unload event';
COMMENT ON COLUMN unit_emptied.at IS 'When it happened';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES
    ('unit', 'dist', 'org_id', 'org'), ('containment', 'dist', 'org_id', 'org'), ('unit_emptied', 'dist', 'org_id', 'org');

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT UPDATE (known, version) ON unit TO ft_app;
        GRANT UPDATE (to_event, to_at) ON containment TO ft_app;
    END IF;
END
$$;

-- What is where is walked by the program, which shows of it what may be shown.
SELECT row_security('unit', NULL);
SELECT row_security('containment', NULL);
SELECT row_security('unit_emptied', NULL);

ALTER TABLE containment ADD CONSTRAINT containment_unit FOREIGN KEY (org_id, parent) REFERENCES unit (org_id, id);
ALTER TABLE unit_emptied ADD CONSTRAINT unit_emptied_unit FOREIGN KEY (org_id, unit) REFERENCES unit (org_id, id);
