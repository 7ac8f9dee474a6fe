-- SPDX-License-Identifier: Apache-2.0
-- Animals: which herd each was of and when, what was done to herds, and what was slaughtered. A herd is a site or a lot.

CREATE TABLE herd_event (
    event            uuid NOT NULL,
    n                bigint NOT NULL,
    event_org        uuid NOT NULL,
    type             text NOT NULL,
    animal           text,
    site             uuid,
    lot_org          uuid,
    lot_id           uuid,
    product          text,
    active           text[],
    certificate      text,
    certificate_keys text[],
    region           text NOT NULL,
    event_time       timestamptz NOT NULL,
    offset_min       bigint NOT NULL,
    recorded_at      timestamptz NOT NULL,
    declared_at      timestamptz,
    PRIMARY KEY (event, n),
    CHECK (animal IS NOT NULL OR site IS NOT NULL OR lot_id IS NOT NULL),
    CHECK ((lot_org IS NULL) = (lot_id IS NULL)),
    CHECK ((certificate IS NULL) = (certificate_keys IS NULL))
);
COMMENT ON TABLE herd_event IS 'What records say about animals and herds, one row each that they name: what reached a carcass is found here';
COMMENT ON COLUMN herd_event.event IS 'The record';
COMMENT ON COLUMN herd_event.n IS 'Place among its rows';
COMMENT ON COLUMN herd_event.event_org IS 'Organisation that recorded it';
COMMENT ON COLUMN herd_event.type IS 'Record type';
COMMENT ON COLUMN herd_event.animal IS 'Ear tag of the animal that it names; NULL: the whole herd';
COMMENT ON COLUMN herd_event.site IS 'Where; of a birth or move the animal or lot is here from then on';
COMMENT ON COLUMN herd_event.lot_org IS 'Issuer of the lot';
COMMENT ON COLUMN herd_event.lot_id IS 'The lot: the herd, or what was used, harvested or shipped';
COMMENT ON COLUMN herd_event.product IS 'What was used';
COMMENT ON COLUMN herd_event.active IS 'Active substances of it';
COMMENT ON COLUMN herd_event.certificate IS 'Quarantine certificate, on the record''s first row';
COMMENT ON COLUMN herd_event.certificate_keys IS 'Its spellings for the search box: without spaces and marks, and its digits alone';
COMMENT ON COLUMN herd_event.region IS 'Region code of the record';
COMMENT ON COLUMN herd_event.event_time IS 'When it happened';
COMMENT ON COLUMN herd_event.offset_min IS 'Offset of that time';
COMMENT ON COLUMN herd_event.recorded_at IS 'As in the event';
COMMENT ON COLUMN herd_event.declared_at IS 'As in correction; NULL: it stands';

CREATE INDEX herd_event_by_animal ON herd_event (animal, event_time) WHERE animal IS NOT NULL;
COMMENT ON INDEX herd_event_by_animal IS 'herd_told, herd_carcasses';
CREATE INDEX herd_event_by_site ON herd_event (site, event_time) WHERE site IS NOT NULL;
COMMENT ON INDEX herd_event_by_site IS 'herd_told, herd_carcasses';
CREATE INDEX herd_event_by_lot ON herd_event (lot_id, event_time) WHERE lot_id IS NOT NULL;
COMMENT ON INDEX herd_event_by_lot IS 'herd_told, herd_carcasses';
CREATE INDEX herd_event_by_certificate ON herd_event USING gin (certificate_keys) WHERE certificate_keys IS NOT NULL;
COMMENT ON INDEX herd_event_by_certificate IS 'search_quarantine';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('herd_event', 'local', NULL, NULL);

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT UPDATE (declared_at) ON herd_event TO ft_app;
    END IF;
END
$$;

-- Walked by the program, which shows of it what may be shown.
SELECT row_security('herd_event', NULL);
