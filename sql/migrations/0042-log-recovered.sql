-- SPDX-License-Identifier: Apache-2.0
-- Entries that a database brought back from an older copy had lost, and that a copy of the log still has: the log goes on with
-- them. What they were made from is gone with the database that was lost.

CREATE TABLE log_recovered (
    idx              bigint PRIMARY KEY CHECK (idx >= 0),
    org_id           uuid NOT NULL,
    key_fingerprint  bytea NOT NULL CHECK (length(key_fingerprint) = 32),
    seq              bigint NOT NULL CHECK (seq > 1),
    statement        bytea NOT NULL,
    statement_sha256 bytea NOT NULL CHECK (length(statement_sha256) = 32)
);
COMMENT ON TABLE log_recovered IS 'Entries of the log that came back from a copy of it: their notes, without the records';
COMMENT ON COLUMN log_recovered.idx IS 'Place in the log';
COMMENT ON COLUMN log_recovered.org_id IS 'Organisation that the note names';
COMMENT ON COLUMN log_recovered.key_fingerprint IS 'Key that signed it';
COMMENT ON COLUMN log_recovered.seq IS 'Number in that key''s sequence';
COMMENT ON COLUMN log_recovered.statement IS 'Signed note';
COMMENT ON COLUMN log_recovered.statement_sha256 IS 'SHA-256 of the note''s text';

-- An entry by its place (version) and the organisation (id).
ALTER TABLE log_pending DROP CONSTRAINT log_pending_kind_check,
    ADD CONSTRAINT log_pending_kind_check
        CHECK (kind IN ('event', 'key', 'revoke', 'origin', 'erase', 'erase-party', 'erase-site', 'party', 'site', 'product', 'certificate',
                        'codes', 'alert', 'verifier', 'recovered'));

INSERT INTO scale_map (tab, kind, dist_col, grp, open_because) VALUES
    ('log_recovered', 'local', NULL, NULL, 'statements of the public log');

-- Only the owner brings entries back.
DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        REVOKE ALL ON log_recovered FROM ft_app;
        GRANT SELECT ON log_recovered TO ft_app;
    END IF;
END
$$;
