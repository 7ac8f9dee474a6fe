-- SPDX-License-Identifier: Apache-2.0
-- What partners' EPCIS documents tell: lots of products that nobody registered here, places that nobody registered, and
-- the jobs in which they were captured.

ALTER TABLE lot ALTER COLUMN product DROP NOT NULL;
ALTER TABLE lot ALTER COLUMN region DROP NOT NULL;
ALTER TABLE lot ADD COLUMN place text;
COMMENT ON COLUMN lot.org_id IS 'Party that issued it; of a lot whose product nobody registered here the party that first told of it. Never changes';
COMMENT ON COLUMN lot.product IS 'Product; NULL: not registered here, the lot is known from partners'' documents';
COMMENT ON COLUMN lot.region IS 'Region code of that place; NULL: the place is not registered here';
COMMENT ON COLUMN lot.place IS 'URI of the place where it came into being, when that is not registered here';
COMMENT ON COLUMN lot.unit IS 'UN/CEFACT code it was created with; of a package dimension the package; empty: never measured';

ALTER TABLE event ADD COLUMN place text;
COMMENT ON COLUMN event.place IS 'URI of the place, when that is not registered here';
COMMENT ON COLUMN event.flags IS 'Bits: 1 time ahead of ours, by a device clock; 2 entered from paper; 4 import; 8 a partner''s EPCIS event';
COMMENT ON COLUMN event.request_sha256 IS 'SHA-256 of the request as received; of a partner''s event its CBV event hash: same id and same content is the same record';
COMMENT ON COLUMN event_key.hash IS 'SHA-256 of the eventID (and of the declaration time, where there is one); of a partner''s event also of its event hash ID and of urn:uuid: with its id here';

CREATE TABLE capture_job (
    id          uuid PRIMARY KEY,
    org_id      uuid NOT NULL,
    api_key     uuid NOT NULL,
    created_at  timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    rollback    boolean NOT NULL,
    success     boolean NOT NULL,
    events      bigint NOT NULL,
    stored      bigint NOT NULL,
    errors      bytea NOT NULL
);
COMMENT ON TABLE capture_job IS 'EPCIS capture jobs: written in the transaction that stores their events';
COMMENT ON COLUMN capture_job.id IS 'captureID';
COMMENT ON COLUMN capture_job.org_id IS 'Party that captured';
COMMENT ON COLUMN capture_job.api_key IS 'API key it came with';
COMMENT ON COLUMN capture_job.created_at IS 'When the document arrived';
COMMENT ON COLUMN capture_job.finished_at IS 'When its events were stored';
COMMENT ON COLUMN capture_job.rollback IS 'Whether one refused event kept out all';
COMMENT ON COLUMN capture_job.success IS 'Whether all events are in';
COMMENT ON COLUMN capture_job.events IS 'Events of the document';
COMMENT ON COLUMN capture_job.stored IS 'Events that are in, those that were in before included';
COMMENT ON COLUMN capture_job.errors IS 'JSON list of the refused: {event, slug, rule, pointer, detail}';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES
    ('capture_job', 'local', NULL, NULL);

CREATE INDEX shipment_line_by_lot ON shipment_line (lot_id);
COMMENT ON INDEX shipment_line_by_lot IS 'shipments_open';

SELECT row_security('capture_job', 'api_key = (SELECT scope_key()) OR org_id = ANY ((SELECT scope_parties())::uuid[])');

-- Lots without a product are listed like any other.
CREATE OR REPLACE FUNCTION lot_matches(of_org uuid, of_lot uuid, q text, q_code text, who uuid, within text, in_state text) RETURNS boolean
LANGUAGE plpgsql STABLE COST 1000 AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM lot l LEFT JOIN product p ON p.id = l.product
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
