-- SPDX-License-Identifier: Apache-2.0
-- The log: what the sequencer has numbered, the nodes of its tree, its head, and the heads it has signed.

CREATE TABLE log_leaf (
    idx         bigint PRIMARY KEY CHECK (idx >= 0),
    kind        text NOT NULL,
    org_id      uuid NOT NULL,
    id          uuid,
    version     bigint,
    fingerprint bytea,
    hash        bytea NOT NULL CHECK (length(hash) = 32)
);
COMMENT ON TABLE log_leaf IS 'Entries of the log in their order; the bytes of an entry are the signed note where it was stated';
COMMENT ON COLUMN log_leaf.idx IS 'Place in the log, from 0, without gaps';
COMMENT ON COLUMN log_leaf.kind IS 'As in log_pending';
COMMENT ON COLUMN log_leaf.org_id IS 'As in log_pending';
COMMENT ON COLUMN log_leaf.id IS 'As in log_pending';
COMMENT ON COLUMN log_leaf.version IS 'As in log_pending';
COMMENT ON COLUMN log_leaf.fingerprint IS 'As in log_pending';
COMMENT ON COLUMN log_leaf.hash IS 'RFC 6962 leaf hash of the note';
CREATE UNIQUE INDEX log_leaf_by_subject ON log_leaf (id, kind, version) NULLS NOT DISTINCT WHERE id IS NOT NULL;
COMMENT ON INDEX log_leaf_by_subject IS 'log_index_of';
CREATE UNIQUE INDEX log_leaf_by_key ON log_leaf (fingerprint, kind) WHERE fingerprint IS NOT NULL;
COMMENT ON INDEX log_leaf_by_key IS 'log_index_of';

CREATE TABLE log_node (
    level smallint CHECK (level BETWEEN 1 AND 7),
    idx   bigint CHECK (idx >= 0),
    hash  bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, idx)
);
COMMENT ON TABLE log_node IS 'Roots of full tiles: one row for every 256 hashes of the level below';
COMMENT ON COLUMN log_node.level IS 'Tile level: 1 over leaves, 2 over those …';
COMMENT ON COLUMN log_node.idx IS 'Which one at its level';
COMMENT ON COLUMN log_node.hash IS 'RFC 6962 node hash';

CREATE TABLE log_head (
    one  boolean PRIMARY KEY CHECK (one),
    size bigint NOT NULL CHECK (size >= 0),
    root bytea NOT NULL CHECK (length(root) = 32)
);
COMMENT ON TABLE log_head IS 'Where the sequencer stands; changed by compare and swap alone';
COMMENT ON COLUMN log_head.one IS 'There is one row';
COMMENT ON COLUMN log_head.size IS 'Entries';
COMMENT ON COLUMN log_head.root IS 'Root of the tree of that size';
INSERT INTO log_head (one, size, root) VALUES (true, 0, sha256(''));

CREATE TABLE log_checkpoint (
    size       bigint PRIMARY KEY CHECK (size > 0),
    checkpoint bytea NOT NULL,
    at         timestamptz NOT NULL
);
COMMENT ON TABLE log_checkpoint IS 'Heads that the log has signed (c2sp.org/tlog-checkpoint); published ones are never gone back on';
COMMENT ON COLUMN log_checkpoint.size IS 'Entries it covers';
COMMENT ON COLUMN log_checkpoint.checkpoint IS 'The signed note';
COMMENT ON COLUMN log_checkpoint.at IS 'When it was signed';

CREATE TABLE log_alteration (
    part     text NOT NULL CHECK (part IN ('entry', 'body', 'leaf', 'node', 'root')),
    idx      bigint NOT NULL,
    last_idx bigint NOT NULL,
    subject  text,
    found_at timestamptz NOT NULL,
    PRIMARY KEY (part, idx)
);
COMMENT ON TABLE log_alteration IS 'Rows that no longer are what the log committed to, as the sweep found them';
COMMENT ON COLUMN log_alteration.part IS 'What differs: the note, the body it covers, the leaf, a node over leaves, the root';
COMMENT ON COLUMN log_alteration.idx IS 'First entry concerned';
COMMENT ON COLUMN log_alteration.last_idx IS 'Last entry concerned; the same when it is one';
COMMENT ON COLUMN log_alteration.subject IS 'Kind and id of the entry, when it is one';
COMMENT ON COLUMN log_alteration.found_at IS 'When it was found first';

INSERT INTO scale_map (tab, kind, dist_col, grp, open_because) VALUES
    ('log_leaf', 'local', NULL, NULL, 'hashes and ids of the public log'),
    ('log_node', 'local', NULL, NULL, 'hashes of the public log'),
    ('log_head', 'local', NULL, NULL, 'hashes of the public log'),
    ('log_checkpoint', 'local', NULL, NULL, 'heads of the public log'),
    ('log_alteration', 'local', NULL, NULL, NULL);
SELECT row_security('log_alteration', NULL);

-- The log has a key of its own, stated like any other.
ALTER TABLE signing_key DROP CONSTRAINT signing_key_use_check,
    ADD CONSTRAINT signing_key_use_check CHECK (use IN ('event', 'registrar', 'inspect', 'log'));

CREATE UNIQUE INDEX signing_key_log ON signing_key (use) WHERE use = 'log' AND state = 'active';
COMMENT ON INDEX signing_key_log IS 'log_key_find, log_statement';

-- A queue is emptied as fast as it fills: dead rows go early, or its readers would wade through them.
ALTER TABLE log_pending SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_cost_delay = 0);

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT DELETE ON log_pending TO ft_app;
        GRANT UPDATE ON log_head TO ft_app;
    END IF;
    IF to_regrole('ft_public') IS NOT NULL THEN
        GRANT SELECT (idx, kind, id, version, fingerprint, hash) ON log_leaf TO ft_public;
        GRANT SELECT ON log_node, log_checkpoint TO ft_public;
    END IF;
END
$$;
