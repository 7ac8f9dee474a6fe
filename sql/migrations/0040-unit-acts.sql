-- SPDX-License-Identifier: Apache-2.0
-- What records did to units, as they said it. What was in a unit when follows from that, and is told anew when one of them is
-- corrected or arrives late.

CREATE TABLE unit_act (
    org_id      uuid NOT NULL,
    unit        uuid NOT NULL,
    event       uuid NOT NULL,
    n           smallint NOT NULL,
    event_org   uuid NOT NULL,
    party       uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('load', 'unload', 'empty', 'use')),
    child_kind  text CHECK (child_kind IN ('lot', 'unit')),
    child_org   uuid,
    child       uuid,
    item        text,
    value       text,
    amount_unit text,
    base        numeric CHECK (base > 0),
    at          timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    declared_at timestamptz,
    lacking     numeric CHECK (lacking > 0),
    PRIMARY KEY (org_id, unit, event, n),
    CHECK ((kind IN ('load', 'unload')) = (child_kind IS NOT NULL)),
    CHECK ((child_kind IS NULL) = (child IS NULL) AND (child IS NULL) = (child_org IS NULL)),
    CHECK (base IS NULL OR child_kind = 'lot'),
    CHECK ((kind = 'load' AND child_kind = 'lot') = (value IS NOT NULL AND amount_unit IS NOT NULL)),
    CHECK (value IS NULL OR base IS NOT NULL)
);
COMMENT ON TABLE unit_act IS 'What records put into units and took out of them; containment follows from it';
COMMENT ON COLUMN unit_act.org_id IS 'As in unit';
COMMENT ON COLUMN unit_act.unit IS 'The unit';
COMMENT ON COLUMN unit_act.event IS 'The record';
COMMENT ON COLUMN unit_act.n IS 'Place among what that record says about the unit';
COMMENT ON COLUMN unit_act.event_org IS 'Organisation that recorded it';
COMMENT ON COLUMN unit_act.party IS 'Who did it';
COMMENT ON COLUMN unit_act.kind IS 'load and unload name a thing; empty takes all out; use: all goods in it went into a transformation';
COMMENT ON COLUMN unit_act.child_kind IS 'lot or unit';
COMMENT ON COLUMN unit_act.child_org IS 'Issuer of the lot, or first to name the unit';
COMMENT ON COLUMN unit_act.child IS 'The lot or unit';
COMMENT ON COLUMN unit_act.item IS 'Code of the single pack that it is; NULL: so much of a lot';
COMMENT ON COLUMN unit_act.value IS 'Of a lot that was loaded: how much, as written';
COMMENT ON COLUMN unit_act.amount_unit IS 'Unit of it';
COMMENT ON COLUMN unit_act.base IS 'Of a lot: how much, in its base unit; NULL in an unload: all that is there';
COMMENT ON COLUMN unit_act.at IS 'When it happened';
COMMENT ON COLUMN unit_act.recorded_at IS 'As in the event';
COMMENT ON COLUMN unit_act.declared_at IS 'As in correction; NULL: it stands';
COMMENT ON COLUMN unit_act.lacking IS 'Of an unload: what of base was not in the unit, by all that is known; NULL: nothing';

CREATE INDEX unit_act_by_time ON unit_act (org_id, unit, at);
COMMENT ON INDEX unit_act_by_time IS 'unit_acts, unit_known_before, recount_unit_acts';
CREATE INDEX unit_act_by_event ON unit_act (event);
COMMENT ON INDEX unit_act_by_event IS 'units_lock';

INSERT INTO unit_act (org_id, unit, event, n, event_org, party, kind, child_kind, child_org, child, item, value, amount_unit,
                      base, at, recorded_at)
SELECT c.org_id, c.parent, c.from_event, c.n, c.from_org, c.party, 'load', c.child_kind, c.child_org, c.child, c.item, c.value,
       c.unit, c.base, c.from_at, c.since
FROM containment c JOIN event e ON e.org_id = c.from_org AND e.id = c.from_event
WHERE e.type = 'load';

INSERT INTO unit_act (org_id, unit, event, n, event_org, party, kind, at, recorded_at)
SELECT u.org_id, u.unit, u.event, 0, e.org_id, e.party, CASE e.type WHEN 'unload' THEN 'empty' ELSE 'use' END, u.at, e.recorded_at
FROM unit_emptied u JOIN event e ON e.id = u.event AND e.event_time = u.at AND e.declaration_time IS NULL;

-- What was taken out of a unit in part: what ended there less what went on.
INSERT INTO unit_act (org_id, unit, event, n, event_org, party, kind, child_kind, child_org, child, item, base, at,
                      recorded_at)
SELECT s.org_id, s.parent, s.to_event,
       coalesce(s.n, 20000 + row_number() OVER (PARTITION BY s.org_id, s.parent, s.to_event ORDER BY s.child, s.item)),
       e.org_id, e.party, 'unload', s.child_kind, s.child_org, s.child, s.item,
       CASE WHEN NOT EXISTS (SELECT FROM event_thing t
                             WHERE t.event_org = e.org_id AND t.event = e.id AND t.lot_id = s.child AND t.base IS NULL)
            THEN s.base END, s.to_at, e.recorded_at
FROM (SELECT c.org_id, c.parent, c.to_event, c.to_at, c.child_kind, c.child_org, c.child, c.item, min(r.n) AS n,
             sum(c.base) - coalesce(min(r.base), 0) AS base
      FROM containment c
      LEFT JOIN containment r ON r.org_id = c.org_id AND r.parent = c.parent AND r.from_event = c.to_event AND r.child = c.child
                             AND c.item IS NULL
      WHERE c.to_event IS NOT NULL
        AND NOT EXISTS (SELECT FROM unit_emptied x WHERE x.org_id = c.org_id AND x.unit = c.parent AND x.event = c.to_event)
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8) s
JOIN event e ON e.id = s.to_event AND e.event_time = s.to_at AND e.declaration_time IS NULL;

DROP TABLE unit_emptied;
DELETE FROM scale_map WHERE tab = 'unit_emptied';
INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('unit_act', 'dist', 'org_id', 'org');

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT UPDATE (declared_at, lacking) ON unit_act TO ft_app;
        -- what follows from acts is written again when these are others
        GRANT UPDATE (party, value, unit, base), DELETE ON containment TO ft_app;
    END IF;
END
$$;

-- Walked by the program, which shows of it what may be shown.
SELECT row_security('unit_act', NULL);

ALTER TABLE unit_act ADD CONSTRAINT unit_act_unit FOREIGN KEY (org_id, unit) REFERENCES unit (org_id, id);
