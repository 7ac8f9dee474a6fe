-- SPDX-License-Identifier: Apache-2.0
-- Corrections: a record that was declared erroneous stays, and what follows from it is told apart by the time until which it
-- stood. What every event did to stock is kept, so that it can be taken back exactly.

CREATE TABLE correction (
    org_id      uuid NOT NULL,
    event       uuid NOT NULL,
    declaration uuid NOT NULL,
    replacement uuid,
    party       uuid NOT NULL,
    reason      text NOT NULL,
    declared_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, event),
    UNIQUE (org_id, declaration),
    UNIQUE (org_id, replacement)
);
COMMENT ON TABLE correction IS 'Which events were declared erroneous, each once; its declaration and its replacement are events too';
COMMENT ON COLUMN correction.org_id IS 'Organisation that recorded the event, the declaration and the replacement';
COMMENT ON COLUMN correction.event IS 'The event that was wrong';
COMMENT ON COLUMN correction.declaration IS 'Event that declares it: the same EPCIS event with errorDeclaration';
COMMENT ON COLUMN correction.replacement IS 'Event that stands in its place; NULL: it did not occur';
COMMENT ON COLUMN correction.party IS 'Who declared it';
COMMENT ON COLUMN correction.reason IS 'In the words of who declared it';
COMMENT ON COLUMN correction.declared_at IS 'recorded_at from which the event no longer counts: of the replacement, else of the declaration';

CREATE TABLE stock_move (
    event_org   uuid NOT NULL,
    event       uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    n           integer NOT NULL,
    lot_org     uuid NOT NULL,
    lot_id      uuid NOT NULL,
    holder      uuid NOT NULL,
    on_hand     numeric NOT NULL,
    in_transit  numeric NOT NULL,
    sold        numeric NOT NULL,
    destroyed   numeric NOT NULL,
    claimed     numeric NOT NULL,
    own         numeric NOT NULL,
    total       numeric NOT NULL,
    lot_destroyed numeric NOT NULL,
    outside     numeric NOT NULL,
    returned    numeric NOT NULL,
    PRIMARY KEY (event_org, event, recorded_at, n)
);
COMMENT ON TABLE stock_move IS 'What an event did to stock, and what a correction took back of it: stock is the sum of these';
COMMENT ON COLUMN stock_move.event_org IS 'Organisation that recorded the event';
COMMENT ON COLUMN stock_move.event IS 'The event whose effect it is';
COMMENT ON COLUMN stock_move.recorded_at IS 'Since when: as in the event, or declared_at of what changed its effect';
COMMENT ON COLUMN stock_move.n IS 'Place among the rows of that moment';
COMMENT ON COLUMN stock_move.lot_org IS 'Issuer of the lot';
COMMENT ON COLUMN stock_move.lot_id IS 'The lot';
COMMENT ON COLUMN stock_move.holder IS 'Whose stock';
COMMENT ON COLUMN stock_move.on_hand IS 'Base units; the sum of a holder below zero is its deficit';
COMMENT ON COLUMN stock_move.in_transit IS 'Base units';
COMMENT ON COLUMN stock_move.sold IS 'Base units';
COMMENT ON COLUMN stock_move.destroyed IS 'Base units';
COMMENT ON COLUMN stock_move.claimed IS 'Base units';
COMMENT ON COLUMN stock_move.own IS 'Of the lot itself, on one of its rows';
COMMENT ON COLUMN stock_move.total IS 'Of the lot itself, on one of its rows';
COMMENT ON COLUMN stock_move.lot_destroyed IS 'Of the lot itself, on one of its rows';
COMMENT ON COLUMN stock_move.outside IS 'Of the lot itself, on one of its rows';
COMMENT ON COLUMN stock_move.returned IS 'Of the lot itself, on one of its rows; 0 is the least that they may add up to';

ALTER TABLE lot_edge ADD COLUMN declared_at timestamptz;
ALTER TABLE event_thing ADD COLUMN declared_at timestamptz;
ALTER TABLE site_event ADD COLUMN declared_at timestamptz;
COMMENT ON COLUMN lot_edge.declared_at IS 'As in correction: the edge stood until then; NULL: it stands';
COMMENT ON COLUMN event_thing.declared_at IS 'As in correction; NULL: it stands';
COMMENT ON COLUMN site_event.declared_at IS 'As in correction; NULL: it stands';

ALTER TABLE event ADD COLUMN shipment_org uuid, ADD COLUMN shipment uuid;
COMMENT ON COLUMN event.shipment_org IS 'Of ship and receive: organisation of the shipment';
COMMENT ON COLUMN event.shipment IS 'Of ship and receive: the shipment; NULL: none named';
CREATE UNIQUE INDEX event_declared ON event (org_id, event_id, declaration_time) WHERE declaration_time IS NOT NULL;
COMMENT ON INDEX event_declared IS 'event_insert_many';

ALTER TABLE shipment ADD COLUMN receipt_org uuid, ADD COLUMN receipt uuid;
ALTER TABLE shipment DROP CONSTRAINT shipment_state_check;
ALTER TABLE shipment ADD CONSTRAINT shipment_state_check CHECK (state IN ('in_transit', 'received', 'withdrawn'));
COMMENT ON COLUMN shipment.state IS 'in_transit, received, or withdrawn: it was declared not to have been sent';
COMMENT ON COLUMN shipment.receipt_org IS 'Organisation that recorded its receipt';
COMMENT ON COLUMN shipment.receipt IS 'The receive event; NULL: not received';

-- What others received beyond what was sent is a deficit that nothing on hand makes good.
ALTER TABLE lot_holding ADD COLUMN claimed numeric NOT NULL DEFAULT 0 CHECK (claimed >= 0);
COMMENT ON COLUMN lot_holding.claimed IS 'Part of deficit: what others say they received beyond what this holder shipped';
UPDATE lot_holding SET claimed = deficit WHERE deficit > 0;
ALTER TABLE lot_holding ADD CHECK (deficit >= claimed);

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES
    ('correction', 'dist', 'org_id', 'org'), ('stock_move', 'dist', 'event_org', 'org');

-- The statements that read them say what of it may be shown.
SELECT row_security('correction', NULL);
SELECT row_security('stock_move', NULL);

-- What was made of a lot is what stands.
CREATE OR REPLACE FUNCTION lot_seen_by(lot_org uuid, lot uuid, parties uuid[], within text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp COST 2000 AS $$
BEGIN
    IF parties = '{}' AND within IS NULL THEN
        RETURN false;
    END IF;
    IF parties <> '{}' AND NOT (lot_org = ANY (parties) OR EXISTS (
        WITH RECURSIVE below (o, l) AS (
            SELECT lot_org, lot
            UNION
            SELECT e.child_org, e.child
            FROM below b CROSS JOIN LATERAL (
                SELECT child_org, child FROM lot_edge WHERE parent = b.l AND declared_at IS NULL OFFSET 0
            ) e
        )
        SELECT FROM (SELECT o, l FROM below LIMIT 20000) b
        CROSS JOIN LATERAL (SELECT FROM lot_holding h WHERE h.org_id = b.o AND h.lot_id = b.l AND h.holder = ANY (parties)
                            LIMIT 1) held)) THEN
        RETURN false;
    END IF;
    RETURN within IS NULL OR EXISTS (
        WITH RECURSIVE below (o, l) AS (
            SELECT lot_org, lot
            UNION
            SELECT e.child_org, e.child
            FROM below b CROSS JOIN LATERAL (
                SELECT child_org, child FROM lot_edge WHERE parent = b.l AND declared_at IS NULL OFFSET 0
            ) e
        )
        SELECT FROM (SELECT o, l FROM below LIMIT 20000) b
        CROSS JOIN LATERAL (SELECT h.region FROM lot_holding h WHERE h.org_id = b.o AND h.lot_id = b.l
                            UNION ALL
                            SELECT g.region FROM lot g WHERE g.org_id = b.o AND g.lot_id = b.l OFFSET 0) place
        WHERE EXISTS (SELECT FROM region_closure c WHERE c.ancestor = within AND c.descendant = place.region));
END
$$;

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        -- derived rows learn once that their event was declared erroneous; the event itself is never touched
        GRANT UPDATE (declared_at) ON lot_edge, event_thing, site_event TO ft_app;
        -- a shipment that is stated anew
        GRANT DELETE ON shipment_line TO ft_app;
    END IF;
END
$$;
