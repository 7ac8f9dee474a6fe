-- SPDX-License-Identifier: Apache-2.0
-- A log whose key was stolen, or of whose entries some are lost, ends; another goes on behind the head that is taken over,
-- in the same tree and under another name.

CREATE TABLE log_succession (
    number           bigint PRIMARY KEY CHECK (number > 1),
    size             bigint NOT NULL UNIQUE CHECK (size > 0),
    root             bytea NOT NULL CHECK (length(root) = 32),
    checkpoint       bytea NOT NULL,
    reason           text NOT NULL CHECK (reason IN ('compromise', 'lost')),
    org_id           uuid NOT NULL,
    key_fingerprint  bytea NOT NULL CHECK (length(key_fingerprint) = 32),
    vkey             text NOT NULL,
    statement        bytea NOT NULL,
    statement_sha256 bytea NOT NULL CHECK (length(statement_sha256) = 32),
    recorded_at      timestamptz NOT NULL
);
COMMENT ON TABLE log_succession IS 'Logs that go on where the one before them ended; the first is in no row';
COMMENT ON COLUMN log_succession.number IS 'Which log of the origin it is; stands behind the origin in its name';
COMMENT ON COLUMN log_succession.size IS 'Entries that the old log''s head covers; the first of the new log stands behind them';
COMMENT ON COLUMN log_succession.root IS 'Their root';
COMMENT ON COLUMN log_succession.checkpoint IS 'That head, as it was then';
COMMENT ON COLUMN log_succession.reason IS 'compromise: the old log''s key was stolen; lost: entries that its heads covered are gone';
COMMENT ON COLUMN log_succession.org_id IS 'The registrar, who states it';
COMMENT ON COLUMN log_succession.key_fingerprint IS 'The registrar''s key';
COMMENT ON COLUMN log_succession.vkey IS 'C2SP verifier key of the log that ended';
COMMENT ON COLUMN log_succession.statement IS 'Signed note, kind origin';
COMMENT ON COLUMN log_succession.statement_sha256 IS 'SHA-256 of the note''s text';
COMMENT ON COLUMN log_succession.recorded_at IS 'When';

CREATE TABLE log_checkpoint_cut (
    number     bigint NOT NULL,
    size       bigint NOT NULL,
    checkpoint bytea NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (number, size)
);
COMMENT ON TABLE log_checkpoint_cut IS 'Heads that a log had signed beyond the one that was taken over; none of them was published';
COMMENT ON COLUMN log_checkpoint_cut.number IS 'The log that went on instead';
COMMENT ON COLUMN log_checkpoint_cut.size IS 'As in log_checkpoint';
COMMENT ON COLUMN log_checkpoint_cut.checkpoint IS 'The note, with the lines of witnesses that were there';
COMMENT ON COLUMN log_checkpoint_cut.at IS 'As in log_checkpoint';

ALTER TABLE log_head ADD COLUMN number bigint NOT NULL DEFAULT 1;
COMMENT ON COLUMN log_head.number IS 'Which log of the origin stands here';

-- An entry of the log: the origin statement, by its number (version) and the registrar (id).
ALTER TABLE log_pending DROP CONSTRAINT log_pending_kind_check,
    ADD CONSTRAINT log_pending_kind_check
        CHECK (kind IN ('event', 'key', 'revoke', 'origin', 'erase', 'erase-party', 'erase-site', 'party', 'site', 'product', 'certificate',
                        'codes', 'alert'));

INSERT INTO scale_map (tab, kind, dist_col, grp, open_because) VALUES
    ('log_succession', 'local', NULL, NULL, 'heads and statements of the public log'),
    ('log_checkpoint_cut', 'local', NULL, NULL, 'heads of the public log');

-- The server may not take an entry out of the log: this does, where a succession says so and nothing was published beyond
-- the head that it takes over. What it takes out waits for another number, behind what the calling transaction has queued
-- and before everything else. NULL: the log does not stand where it would have to.
CREATE FUNCTION log_succeed(to_number bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    at_size bigint;
    at_root bytea;
    low bigint;
    again bigint;
BEGIN
    SELECT s.size, s.root INTO at_size, at_root FROM log_succession s WHERE s.number = to_number;
    IF at_size IS NULL OR EXISTS (SELECT FROM log_checkpoint c WHERE NOT c.waits AND c.size > at_size) THEN
        RETURN NULL;
    END IF;
    UPDATE log_head SET number = to_number, size = at_size, root = at_root
    WHERE one AND number = to_number - 1 AND size >= at_size;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO log_checkpoint_cut (number, size, checkpoint, at)
    SELECT to_number, c.size, coalesce(c.cosigned, c.checkpoint), c.at FROM log_checkpoint c WHERE c.size > at_size;
    DELETE FROM log_checkpoint c WHERE c.size > at_size;
    SELECT least(min(q.qid), 0) INTO low FROM log_pending q;
    WITH mine AS (DELETE FROM log_pending q WHERE q.xmin = pg_current_xact_id()::xid RETURNING q.*),
         cut AS (DELETE FROM log_leaf l WHERE l.idx >= at_size RETURNING l.*),
         every AS (SELECT 0 AS part, qid AS place, kind, org_id, id, version, fingerprint FROM mine
                   UNION ALL SELECT 1, idx, kind, org_id, id, version, fingerprint FROM cut),
         queued AS (INSERT INTO log_pending (qid, kind, org_id, id, version, fingerprint) OVERRIDING SYSTEM VALUE
                    SELECT low - 1 - count(*) OVER () + row_number() OVER (ORDER BY part, place),
                           kind, org_id, id, version, fingerprint
                    FROM every)
    SELECT count(*) INTO again FROM cut;
    DELETE FROM log_node n WHERE (n.idx + 1) << (8 * n.level) > at_size;
    DELETE FROM log_tile t WHERE (t.idx + 1) << (8 * (t.level + 1)) > at_size;
    RETURN again;
END
$$;
COMMENT ON FUNCTION log_succeed(bigint) IS 'Ends the log at the head that a succession takes over; answers how many entries it numbers again';
REVOKE ALL ON FUNCTION log_succeed(bigint) FROM PUBLIC;
DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT SELECT, INSERT ON log_succession TO ft_app;
        GRANT EXECUTE ON FUNCTION log_succeed(bigint) TO ft_app;
    END IF;
    IF to_regrole('ft_public') IS NOT NULL THEN
        GRANT SELECT ON log_succession TO ft_public;
    END IF;
END
$$;
