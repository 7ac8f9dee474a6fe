-- SPDX-License-Identifier: Apache-2.0
-- Partners' events with one transformationID are pieces of one transformation: their inputs and outputs meet in a node, an id
-- that stands in lot_edge in place of a lot. Events that were captured before keep the edges they have.

CREATE FUNCTION is_transformation_node(id uuid) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT get_byte(uuid_send(id), 6) >> 4 = 8 $$;
COMMENT ON FUNCTION is_transformation_node(uuid) IS 'Whether an id in lot_edge is where pieces of a transformation meet: version 8, which no lot has';

ALTER TABLE lot_edge ADD COLUMN base numeric, ADD COLUMN mass numeric;
COMMENT ON COLUMN lot_edge.parent IS 'Parent lot, or the node of a transformation in pieces: then input and input_total are 1';
COMMENT ON COLUMN lot_edge.child IS 'Child lot, or the node of a transformation in pieces: then output, output_part and output_total are 1, and the totals of the event are those of this piece';
COMMENT ON COLUMN lot_edge.base IS 'Into a node: of the parent, in its own measure; NULL: not told, or no such edge';
COMMENT ON COLUMN lot_edge.mass IS 'Into a node: of the parent, as mass; NULL: not known, or no such edge';
