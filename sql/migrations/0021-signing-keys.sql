-- SPDX-License-Identifier: Apache-2.0
-- Keys change: devices enrol keys of their own, custodial keys are replaced, keys are revoked. Each change is a
-- statement in the log; the rows here only find them.

CREATE TABLE enrolment (
    id          uuid PRIMARY KEY,
    org_id      uuid NOT NULL,
    token_hash  bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    fingerprint bytea CHECK (length(fingerprint) = 32)
);
COMMENT ON TABLE enrolment IS 'Permissions to enrol one key, handed over as a QR';
COMMENT ON COLUMN enrolment.id IS 'UUIDv7';
COMMENT ON COLUMN enrolment.org_id IS 'Organisation that the key will sign for';
COMMENT ON COLUMN enrolment.token_hash IS 'SHA-256 of the token; the token itself is shown once';
COMMENT ON COLUMN enrolment.created_at IS 'When it was given out';
COMMENT ON COLUMN enrolment.expires_at IS 'Not good from then on';
COMMENT ON COLUMN enrolment.fingerprint IS 'Key that was enrolled with it; NULL: it was not used yet';

CREATE TABLE signing_revocation (
    fingerprint      bytea PRIMARY KEY CHECK (length(fingerprint) = 32),
    org_id           uuid NOT NULL,
    reason           text NOT NULL CHECK (reason IN ('superseded', 'compromise', 'ceased')),
    since            timestamptz NOT NULL,
    statement        bytea NOT NULL,
    statement_sha256 bytea NOT NULL CHECK (length(statement_sha256) = 32),
    recorded_at      timestamptz NOT NULL
);
COMMENT ON TABLE signing_revocation IS 'revoke@v1 notes: a key counts no longer from the place of its revocation in the log';
COMMENT ON COLUMN signing_revocation.fingerprint IS 'The key';
COMMENT ON COLUMN signing_revocation.org_id IS 'Its organisation';
COMMENT ON COLUMN signing_revocation.reason IS 'superseded by another key, compromise, or the organisation ceased to use it';
COMMENT ON COLUMN signing_revocation.since IS 'Of a compromise: what claims a later time is doubtful';
COMMENT ON COLUMN signing_revocation.statement IS 'The signed note';
COMMENT ON COLUMN signing_revocation.statement_sha256 IS 'Of its text, as it was stated';
COMMENT ON COLUMN signing_revocation.recorded_at IS 'When it was stated';

CREATE INDEX signing_key_by_org ON signing_key (org_id, created_at, fingerprint);
COMMENT ON INDEX signing_key_by_org IS 'signing_key_list';

ALTER TABLE log_pending DROP CONSTRAINT log_pending_kind_check,
    ADD CONSTRAINT log_pending_kind_check
        CHECK (kind IN ('event', 'key', 'revoke', 'erase', 'party', 'site', 'product', 'certificate'));

INSERT INTO scale_map (tab, kind, dist_col, grp, open_because) VALUES
    ('enrolment', 'local', NULL, NULL, NULL),
    ('signing_revocation', 'ref', NULL, NULL, 'public: whoever checks a proof needs them');
SELECT row_security('enrolment', NULL);

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT UPDATE (fingerprint) ON enrolment TO ft_app;
        GRANT UPDATE (state) ON signing_key TO ft_app;
    END IF;
    IF to_regrole('ft_public') IS NOT NULL THEN
        GRANT SELECT ON signing_revocation TO ft_public;
    END IF;
END
$$;
