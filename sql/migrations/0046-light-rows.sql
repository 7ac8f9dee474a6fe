-- SPDX-License-Identifier: Apache-2.0
-- What a row costs before it is written. PostgreSQL reads and plans the text of every CHECK again for each statement, makes
-- ready all that a policy might ask for each statement, and asks once a row whether a foreign key leads somewhere: for a
-- record that comes alone these were two fifths of its time in the database.

-- Policies ask one function, which looks at tables only where somebody's bounds make it necessary: never for the program.

CREATE FUNCTION row_seen_by(of_parties uuid[], of_region text, parties uuid[], within text) RETURNS boolean
LANGUAGE plpgsql STABLE COST 10 AS $$
BEGIN
    IF parties = '{}' AND within IS NULL OR parties <> '{}' AND NOT of_parties && parties THEN
        RETURN false;
    END IF;
    RETURN within IS NULL OR EXISTS (SELECT FROM region_closure c WHERE c.ancestor = within AND c.descendant = of_region);
END
$$;
COMMENT ON FUNCTION row_seen_by(uuid[], text, uuid[], text) IS 'Whether a key with these bounds sees what belongs to these parties and lies in this region';

CREATE FUNCTION shipment_seen_by(from_party uuid, to_party uuid, parties uuid[], within text) RETURNS boolean
LANGUAGE plpgsql STABLE COST 10 AS $$
BEGIN
    IF parties = '{}' AND within IS NULL OR parties <> '{}' AND NOT ARRAY[from_party, to_party] && parties THEN
        RETURN false;
    END IF;
    RETURN within IS NULL OR EXISTS (SELECT FROM party p JOIN region_closure c ON c.ancestor = within AND c.descendant = p.region
                                     WHERE p.id IN (from_party, to_party));
END
$$;
COMMENT ON FUNCTION shipment_seen_by(uuid, uuid, uuid[], text) IS 'Whether a key with these bounds sees a shipment: between these parties, one of them seated there';

-- It runs in the name of who asks: a line is seen by whoever sees its shipment.
CREATE FUNCTION shipment_seen(of_org uuid, of_shipment uuid) RETURNS boolean LANGUAGE plpgsql STABLE COST 20 AS $$
BEGIN
    RETURN EXISTS (SELECT FROM shipment s WHERE s.org_id = of_org AND s.id = of_shipment);
END
$$;
COMMENT ON FUNCTION shipment_seen(uuid, uuid) IS 'Whether who asks sees a shipment';

-- Text of a policy, and what it replaces: the next tables take it too.
DROP FUNCTION seen_by(text, text);
CREATE FUNCTION seen_by(parties text, region text) RETURNS text LANGUAGE sql IMMUTABLE
    AS $$ SELECT format('row_seen_by(ARRAY[%s]::uuid[], %s, (SELECT scope_parties())::uuid[], (SELECT scope_region()))', parties, region) $$;
COMMENT ON FUNCTION seen_by(text, text) IS 'Text of a policy: the row belongs to these parties (a list of columns) and lies in this region (a column)';

DO $$
BEGIN
    EXECUTE format('ALTER POLICY seen ON event USING ((SELECT scope_service()) OR %s)', seen_by('org_id, party, to_party', 'region'));
END
$$;
ALTER POLICY seen ON shipment
    USING ((SELECT scope_service())
           OR shipment_seen_by(from_party, to_party, (SELECT scope_parties())::uuid[], (SELECT scope_region())));
ALTER POLICY seen ON shipment_line USING ((SELECT scope_service()) OR shipment_seen(org_id, shipment));

-- Checks stay for amounts, one a table: goods must not become more or less than none by a fault of ours. What a type of the
-- program fixes (the length of a digest, the words of an enumeration) had one too; of such rows `verify --data` tells.

ALTER TABLE thing DROP CONSTRAINT thing_hash_check, DROP CONSTRAINT thing_kind_check;
ALTER TABLE event_key DROP CONSTRAINT event_key_hash_check;
ALTER TABLE event DROP CONSTRAINT event_key_fingerprint_check, DROP CONSTRAINT event_request_sha256_check,
    DROP CONSTRAINT event_statement_sha256_check, DROP CONSTRAINT event_seq_check, DROP CONSTRAINT event_offset_min_check;
ALTER TABLE lot DROP CONSTRAINT lot_head_check, DROP CONSTRAINT lot_salt_check,
    DROP CONSTRAINT lot_own_check, DROP CONSTRAINT lot_check, DROP CONSTRAINT lot_returned_check, DROP CONSTRAINT lot_destroyed_check,
    ADD CONSTRAINT lot_amounts CHECK (least(own, total - own, destroyed, returned) >= 0);
ALTER TABLE lot_holding DROP CONSTRAINT lot_holding_claimed_check, DROP CONSTRAINT lot_holding_on_hand_check,
    DROP CONSTRAINT lot_holding_in_transit_check, DROP CONSTRAINT lot_holding_sold_check,
    DROP CONSTRAINT lot_holding_destroyed_check, DROP CONSTRAINT lot_holding_deficit_check, DROP CONSTRAINT lot_holding_check,
    ADD CONSTRAINT lot_holding_amounts CHECK (least(on_hand, in_transit, sold, destroyed, claimed, deficit - claimed) >= 0);
ALTER TABLE lot_edge DROP CONSTRAINT lot_edge_output_check, DROP CONSTRAINT lot_edge_input_check, DROP CONSTRAINT lot_edge_check,
    DROP CONSTRAINT lot_edge_output_part_check, DROP CONSTRAINT lot_edge_check1,
    ADD CONSTRAINT lot_edge_amounts CHECK (least(output, input, output_part) > 0
                                           AND least(input_total - input, output_total - output_part, 0) = 0);
ALTER TABLE event_thing DROP CONSTRAINT event_thing_role_check;
ALTER TABLE shipment DROP CONSTRAINT shipment_state_check;
ALTER TABLE shipment_line DROP CONSTRAINT shipment_line_received_check, DROP CONSTRAINT shipment_line_base_check,
    ADD CONSTRAINT shipment_line_amounts CHECK (base > 0 AND received >= 0);
ALTER TABLE code DROP CONSTRAINT code_state_check, DROP CONSTRAINT code_kind_check, DROP CONSTRAINT code_issue,
    DROP CONSTRAINT code_items,
    ADD CONSTRAINT code_item CHECK ((kind = 'item') = (num_nulls(issue, place, items) = 0)
                                    AND (kind = 'item') = (num_nonnulls(issue, place, items) > 0) AND items BETWEEN 1 AND 1024);

-- Lots, shipments and products are never taken away, and the writer that names one has just read or made it.
ALTER TABLE lot DROP CONSTRAINT lot_product;
ALTER TABLE event_thing DROP CONSTRAINT event_thing_lot;
ALTER TABLE lot_holding DROP CONSTRAINT lot_holding_lot;
ALTER TABLE shipment_line DROP CONSTRAINT shipment_line_shipment;
