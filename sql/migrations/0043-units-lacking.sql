-- SPDX-License-Identifier: Apache-2.0
-- A unit that was taken out of another and was not in it lacks there as goods do.

COMMENT ON COLUMN unit_act.lacking IS 'Of an unload: what of base was not in the unit, by all that is known, of a unit 1; NULL: nothing';

UPDATE unit_act a SET lacking = 1
WHERE a.kind = 'unload' AND a.child_kind = 'unit' AND a.declared_at IS NULL
  AND NOT EXISTS (SELECT FROM containment c
                  WHERE c.org_id = a.org_id AND c.parent = a.unit AND c.child = a.child AND c.to_event = a.event);
