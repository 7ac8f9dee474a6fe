-- SPDX-License-Identifier: Apache-2.0
-- Lists of lots go from page to page by an index, newest lot first: what a page costs does not depend on how many lots
-- there are, and a lot that changes meanwhile is neither left out nor shown twice. No index follows lot.version any more,
-- so that a record about a lot does not write one.

DROP INDEX lot_by_version;
DROP INDEX lot_holding_by_holder;
DROP INDEX lot_holding_by_region;
CREATE INDEX lot_holding_by_holder ON lot_holding (holder, lot_id, org_id);
COMMENT ON INDEX lot_holding_by_holder IS 'lot_list_held, master_lots_touch';
CREATE INDEX lot_holding_by_region ON lot_holding (region, lot_id, org_id);
COMMENT ON INDEX lot_holding_by_region IS 'lot_list_region';
CREATE INDEX lot_by_region ON lot (region, lot_id, org_id);
COMMENT ON INDEX lot_by_region IS 'lot_list_region';

-- What the filters of all lists of lots mean. It runs in the name of who asks: stock of others, which is not seen, neither
-- finds a lot nor hides it.
CREATE FUNCTION lot_matches(of_org uuid, of_lot uuid, q text, q_code text, who uuid, within text, in_state text) RETURNS boolean
LANGUAGE plpgsql STABLE COST 1000 AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM lot l JOIN product p ON p.id = l.product
        WHERE l.org_id = of_org AND l.lot_id = of_lot
          AND (q IS NULL OR strpos(lower(l.number), lower(q)) > 0 OR strpos(lower(p.name_zh), lower(q)) > 0
               OR strpos(lower(p.name_en), lower(q)) > 0 OR l.code = q_code)
          AND (who IS NULL OR l.org_id = who
               OR EXISTS (SELECT FROM lot_holding h WHERE h.org_id = of_org AND h.lot_id = of_lot AND h.holder = who))
          AND (within IS NULL
               OR EXISTS (SELECT FROM region_closure c WHERE c.ancestor = within AND c.descendant = l.region)
               OR EXISTS (SELECT FROM lot_holding h JOIN region_closure c ON c.ancestor = within AND c.descendant = h.region
                          WHERE h.org_id = of_org AND h.lot_id = of_lot))
          AND (in_state IS NULL
               OR (in_state = 'recalled' AND l.flags & 1 <> 0)
               OR EXISTS (SELECT FROM lot_holding h
                          WHERE h.org_id = of_org AND h.lot_id = of_lot
                            AND CASE in_state WHEN 'on_hand' THEN h.on_hand WHEN 'in_transit' THEN h.in_transit
                                              WHEN 'sold' THEN h.sold WHEN 'destroyed' THEN h.destroyed END > 0)));
END
$$;
COMMENT ON FUNCTION lot_matches(uuid, uuid, text, text, uuid, text, text) IS 'Whether a lot is what a list asks for: text, party, region, state; NULL: whichever';

-- A key of a party and a region sees the party's stock of the lots that it sees, wherever the party's seat is.
ALTER POLICY seen ON lot_holding
    USING ((SELECT scope_service())
           OR (((SELECT scope_parties() = '{}') OR holder = ANY ((SELECT scope_parties())::uuid[])) AND lot_seen(org_id, lot_id)));
