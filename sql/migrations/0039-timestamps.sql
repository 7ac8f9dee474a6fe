-- SPDX-License-Identifier: Apache-2.0
-- What time-stamping authorities (RFC 3161) say about heads of the log: each was checked before it was stored.

CREATE TABLE log_timestamp (
    number      bigint NOT NULL CHECK (number > 0),
    size        bigint NOT NULL CHECK (size > 0),
    place       bigint NOT NULL CHECK (place > 0),
    authority   text NOT NULL,
    answer      bytea NOT NULL,
    stamped_at  timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (size, number, place),
    UNIQUE (size, number, authority)
);
COMMENT ON TABLE log_timestamp IS 'Time-stamps over heads of the log; only ever added to';
COMMENT ON COLUMN log_timestamp.number IS 'Which log of the origin has signed the head';
COMMENT ON COLUMN log_timestamp.size IS 'Entries that the head covers';
COMMENT ON COLUMN log_timestamp.place IS 'Among those over the head, from 1: stands in its path';
COMMENT ON COLUMN log_timestamp.authority IS 'Its address, as the settings name it';
COMMENT ON COLUMN log_timestamp.answer IS 'TimeStampResp, DER; its imprint is SHA-256 of the head''s three lines';
COMMENT ON COLUMN log_timestamp.stamped_at IS 'The time in it, by the authority''s clock';
COMMENT ON COLUMN log_timestamp.recorded_at IS 'When it was handed over';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('log_timestamp', 'local', NULL, NULL);
SELECT row_security('log_timestamp', NULL);
