-- SPDX-License-Identifier: Apache-2.0
-- Single packs that records name: how much of its lot a pack is, and what became of it. A pack is sold, destroyed or used once.

ALTER TABLE item_issue ADD COLUMN value text, ADD COLUMN unit text,
    ADD CONSTRAINT item_issue_amount CHECK ((value IS NULL) = (unit IS NULL));
COMMENT ON COLUMN item_issue.value IS 'How much one pack is, as written; NULL: one of what its lot is counted in';
COMMENT ON COLUMN item_issue.unit IS 'Unit of it';

ALTER TABLE containment ADD COLUMN item text;
COMMENT ON COLUMN containment.item IS 'Code of the single pack that this is; NULL: so much of a lot';

CREATE TABLE item_event (
    code        text NOT NULL,
    event       uuid NOT NULL,
    event_org   uuid NOT NULL,
    org_id      uuid NOT NULL,
    lot_id      uuid NOT NULL,
    named       boolean NOT NULL,
    state       text CHECK (state IN ('held', 'sold', 'destroyed', 'used')),
    holder      uuid,
    party       uuid NOT NULL,
    happened_at timestamptz NOT NULL,
    since       timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    declared_at timestamptz,
    PRIMARY KEY (code, event),
    CHECK ((state = 'held') = (holder IS NOT NULL))
);
COMMENT ON TABLE item_event IS 'What records did to single packs; the newest that stands says what a pack is';
COMMENT ON COLUMN item_event.code IS 'The pack''s own code';
COMMENT ON COLUMN item_event.event IS 'The record';
COMMENT ON COLUMN item_event.event_org IS 'Organisation that recorded it';
COMMENT ON COLUMN item_event.org_id IS 'Issuer of the pack''s lot';
COMMENT ON COLUMN item_event.lot_id IS 'The lot';
COMMENT ON COLUMN item_event.named IS 'The record names the pack; else it was in a unit that the record names';
COMMENT ON COLUMN item_event.state IS 'What the pack is after it; NULL: what it was before';
COMMENT ON COLUMN item_event.holder IS 'Who has it then';
COMMENT ON COLUMN item_event.party IS 'Who acted';
COMMENT ON COLUMN item_event.happened_at IS 'When it happened';
COMMENT ON COLUMN item_event.since IS 'recorded_at of the record, or of the one that it stands in the place of';
COMMENT ON COLUMN item_event.recorded_at IS 'recorded_at of the record';
COMMENT ON COLUMN item_event.declared_at IS 'From then on the record does not stand; NULL: it stands';

CREATE INDEX item_event_event ON item_event (event);
COMMENT ON INDEX item_event_event IS 'item_event_codes, recount_packs';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('item_event', 'dist', 'code', 'code');

-- What became of a pack is on its page; by which record is the business of who sees its lot.
SELECT row_security('item_event', '(SELECT scope_public()) OR lot_seen(org_id, lot_id)');

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT UPDATE (declared_at) ON item_event TO ft_app;
    END IF;
    IF to_regrole('ft_public') IS NOT NULL THEN
        GRANT SELECT (code, state, party, happened_at, since, declared_at) ON item_event TO ft_public;
    END IF;
END
$$;
