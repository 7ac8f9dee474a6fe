-- SPDX-License-Identifier: Apache-2.0
-- Tests of lots, as trails tell them of their origins.

CREATE TABLE test_result (
    org_id      uuid NOT NULL,
    lot_id      uuid NOT NULL,
    event       uuid NOT NULL,
    event_org   uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('rapid', 'lab')),
    outcome     text NOT NULL CHECK (outcome IN ('negative', 'positive', 'invalid')),
    at          timestamptz NOT NULL,
    offset_min  smallint NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, lot_id, event)
);
COMMENT ON TABLE test_result IS 'What tests said of a lot';
COMMENT ON COLUMN test_result.org_id IS 'Issuer of the lot';
COMMENT ON COLUMN test_result.lot_id IS 'The lot';
COMMENT ON COLUMN test_result.event IS 'The test record';
COMMENT ON COLUMN test_result.event_org IS 'Organisation that recorded it';
COMMENT ON COLUMN test_result.kind IS 'rapid or lab';
COMMENT ON COLUMN test_result.outcome IS 'negative, positive or invalid';
COMMENT ON COLUMN test_result.at IS 'When';
COMMENT ON COLUMN test_result.offset_min IS 'Offset of that time';
COMMENT ON COLUMN test_result.recorded_at IS 'As in the event';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('test_result', 'dist', 'org_id', 'org');
SELECT row_security('test_result', NULL);
