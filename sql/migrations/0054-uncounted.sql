-- SPDX-License-Identifier: Apache-2.0
-- Who has or had goods by partners' events that do not say how much: told beside stock, which counts what is known.

CREATE FUNCTION lot_is_uncounted(of_org uuid, of_lot uuid, of_holder uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp COST 1000 AS $$
    SELECT EXISTS (
        SELECT FROM event_thing t
        JOIN event e ON e.org_id = t.event_org AND e.id = t.event
        WHERE t.org_id = of_org AND t.lot_id = of_lot AND t.base IS NULL AND t.declared_at IS NULL
          AND e.flags & 8 <> 0
          AND ((e.party = of_holder AND e.type IN ('create', 'process', 'ship', 'receive', 'sell', 'remove'))
               OR (e.to_party = of_holder AND e.type = 'ship'))
          -- what came with a shipment is counted by that
          AND NOT (e.type = 'receive' AND e.shipment IS NOT NULL)
          -- of a registered lot its own party alone says that it was made
          AND (t.role <> 'output' OR e.party = of_org
               OR EXISTS (SELECT FROM lot l WHERE l.org_id = of_org AND l.lot_id = of_lot AND l.product IS NULL)))
$$;
COMMENT ON FUNCTION lot_is_uncounted(uuid, uuid, uuid) IS 'Whether a standing event of a partner says that this holder has or had some of the lot, and not how much';

CREATE INDEX event_thing_uncounted ON event_thing (org_id, lot_id) WHERE base IS NULL AND declared_at IS NULL;
COMMENT ON INDEX event_thing_uncounted IS 'lot_holdings';
