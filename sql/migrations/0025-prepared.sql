-- SPDX-License-Identifier: Apache-2.0
-- Records that organisations sign themselves: what a preparation drew by chance or by the clock, so that the record sent
-- with its note becomes the same statement again.

CREATE TABLE prepared (
    statement_sha256 bytea PRIMARY KEY CHECK (length(statement_sha256) = 32),
    org_id           uuid NOT NULL,
    key_fingerprint  bytea NOT NULL CHECK (length(key_fingerprint) = 32),
    api_key          uuid NOT NULL,
    event            uuid NOT NULL,
    record           bytea NOT NULL,
    seed             bytea NOT NULL CHECK (length(seed) = 32),
    prepared_at      timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL
);
COMMENT ON TABLE prepared IS 'Records that were decided once and wait for the signature of their organisation; gone once used or expired';
COMMENT ON COLUMN prepared.statement_sha256 IS 'Of the text to be signed; of a correction with a replacement, of the first';
COMMENT ON COLUMN prepared.org_id IS 'Organisation that records';
COMMENT ON COLUMN prepared.key_fingerprint IS 'Its key that is to sign';
COMMENT ON COLUMN prepared.api_key IS 'API key that prepared it, and alone may send the note';
COMMENT ON COLUMN prepared.event IS 'Id of the record, its own or minted';
COMMENT ON COLUMN prepared.record IS 'The record as received, JSON';
COMMENT ON COLUMN prepared.seed IS 'What secrets of views and salts of new lots derive from';
COMMENT ON COLUMN prepared.prepared_at IS 'The time that the statement claims';
COMMENT ON COLUMN prepared.expires_at IS 'Not good from then on';

CREATE INDEX prepared_by_key ON prepared (key_fingerprint, prepared_at);
COMMENT ON INDEX prepared_by_key IS 'prepared_prune';
CREATE INDEX prepared_by_end ON prepared (expires_at);
COMMENT ON INDEX prepared_by_end IS 'prepared_prune';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('prepared', 'local', NULL, NULL);
SELECT row_security('prepared', NULL);

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT DELETE ON prepared TO ft_app;
    END IF;
END
$$;
