-- SPDX-License-Identifier: Apache-2.0
-- Answers to POST requests that carry an Idempotency-Key, so that a repetition gets the first one again.

CREATE TABLE idempotency (
    hash           bytea NOT NULL CHECK (length(hash) = 32),
    request_sha256 bytea NOT NULL CHECK (length(request_sha256) = 32),
    made_at        timestamptz NOT NULL,
    minted         uuid,
    status         smallint,
    location       text,
    etag           text,
    media_type     text,
    answer         bytea,
    PRIMARY KEY (hash)
);
COMMENT ON TABLE idempotency IS 'POST requests with an Idempotency-Key that were carried out: a repetition gets the first answer, other content none';
COMMENT ON COLUMN idempotency.hash IS 'SHA-256 of API key, path and Idempotency-Key';
COMMENT ON COLUMN idempotency.request_sha256 IS 'SHA-256 of the body''s bytes';
COMMENT ON COLUMN idempotency.made_at IS 'When it was carried out; kept for 90 days';
COMMENT ON COLUMN idempotency.minted IS 'What the request mints its ids from, so that it meets its own trace when its answer was lost; NULL: they derive from hash';
COMMENT ON COLUMN idempotency.status IS 'HTTP status of the answer; NULL: it was not kept, or was lost';
COMMENT ON COLUMN idempotency.location IS 'Location of the answer';
COMMENT ON COLUMN idempotency.etag IS 'ETag of the answer';
COMMENT ON COLUMN idempotency.media_type IS 'Content-Type of the answer; NULL: application/json';
COMMENT ON COLUMN idempotency.answer IS 'Body of the answer, sealed: it opens for who presents the Idempotency-Key, for some answers show a secret once';
CREATE INDEX idempotency_by_age ON idempotency (made_at);
COMMENT ON INDEX idempotency_by_age IS 'idempotency_prune';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('idempotency', 'dist', 'hash', 'thing');

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        -- a memory of answers, not of what happened
        GRANT UPDATE, DELETE ON idempotency TO ft_app;
    END IF;
END
$$;
