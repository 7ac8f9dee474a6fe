-- SPDX-License-Identifier: Apache-2.0
-- The log: the sequencer's queue, tree and heads; tiles, entries and places in it.

-- name: log_lock :one
-- One sequencer: the lock belongs to this connection and goes with it.
-- param: lock bigint
-- class: local
-- scope: program
-- column: locked boolean, pid bigint
SELECT pg_try_advisory_lock(@lock) AS locked, pg_backend_pid()::bigint AS pid;

-- name: log_session :one
-- Which connection this is: another one than took the lock has none.
-- class: local
-- scope: program
-- column: pid bigint
SELECT pg_backend_pid()::bigint AS pid;

-- name: log_head_read :one
-- Where the sequencer stands.
-- class: local
-- scope: program
-- column: size bigint, root bytea
SELECT size, root FROM log_head WHERE one;

-- name: log_head_move :exec
-- Compare and swap.
-- param: old_size bigint, old_root bytea, size bigint, root bytea
-- class: local
-- scope: program
UPDATE log_head SET size = @size, root = @root WHERE one AND size = @old_size AND root = @old_root;

-- name: log_pending_read :many
-- What waits, as far as it is committed, with the bytes that become entries.
-- param: max_rows bigint
-- class: fan
-- scope: program
-- column: qid bigint, kind text, org_id uuid, id uuid, version bigint?, fingerprint bytea, statement bytea, statement_sha256 bytea
SELECT q.qid, q.kind, q.org_id, q.id, q.version, q.fingerprint,
       coalesce(e.statement, m.statement, k.statement, r.statement, x.statement) AS statement,
       coalesce(e.statement_sha256, m.statement_sha256, r.statement_sha256, x.statement_sha256) AS statement_sha256
FROM (SELECT * FROM log_pending ORDER BY qid LIMIT @max_rows) q
LEFT JOIN event e ON q.kind = 'event' AND e.org_id = q.org_id AND e.id = q.id
LEFT JOIN master_version m ON m.kind = q.kind AND m.id = q.id AND m.version = q.version
LEFT JOIN signing_key k ON q.kind = 'key' AND k.fingerprint = q.fingerprint
LEFT JOIN signing_revocation r ON q.kind = 'revoke' AND r.fingerprint = q.fingerprint
LEFT JOIN erasure x ON q.kind = 'erase' AND x.org_id = q.org_id AND x.event = q.id
ORDER BY q.qid;

-- name: log_pending_count :one
-- How many wait; counting ends at the limit.
-- param: max_rows bigint
-- class: local
-- scope: program
-- column: count bigint
SELECT count(*) AS count FROM (SELECT FROM log_pending LIMIT @max_rows) q;

-- name: log_leaf_insert_many :exec
-- Numbers rows of the queue.
-- param: qid bigint[], idx bigint[], hash bytea[]
-- class: local
-- scope: program
INSERT INTO log_leaf (idx, kind, org_id, id, version, fingerprint, hash)
SELECT z.b, q.kind, q.org_id, q.id, q.version, q.fingerprint, z.c
FROM unnest(@qid, @idx, @hash) AS z (a, b, c) JOIN log_pending q ON q.qid = z.a;

-- name: log_pending_delete_many :exec
-- Takes them off the queue.
-- param: qid bigint[]
-- class: local
-- scope: program
DELETE FROM log_pending WHERE qid = ANY(@qid);

-- name: log_node_insert_many :exec
-- Roots of tiles that became full.
-- param: level bigint[], idx bigint[], hash bytea[]
-- class: local
-- scope: program
INSERT INTO log_node (level, idx, hash)
SELECT a::smallint, b, c FROM unnest(@level, @idx, @hash) AS z (a, b, c);

-- name: log_tile_insert_many :exec
-- These tiles as they are served.
-- param: level bigint[], idx bigint[], hashes bytea[]
-- class: local
-- scope: program
INSERT INTO log_tile (level, idx, hashes)
SELECT a::smallint, b, c FROM unnest(@level, @idx, @hashes) AS z (a, b, c);

-- name: log_checkpoint_insert :exec
-- A head that was signed; once signed it stays.
-- param: size bigint, checkpoint bytea, at timestamptz, waits boolean
-- class: local
-- scope: program
INSERT INTO log_checkpoint (size, checkpoint, at, waits) VALUES (@size, @checkpoint, @at, @waits)
ON CONFLICT (size) DO NOTHING;

-- name: log_checkpoint_newest :one
-- What is published.
-- class: local
-- scope: public
-- column: size bigint, checkpoint bytea, at timestamptz
SELECT size, coalesce(cosigned, checkpoint) AS checkpoint, at FROM log_checkpoint WHERE NOT waits ORDER BY size DESC LIMIT 1;

-- name: log_checkpoint_signed :one
-- The newest head there is, whether its witnesses have signed or not.
-- class: local
-- scope: public
-- column: size bigint, checkpoint bytea, at timestamptz
SELECT size, coalesce(cosigned, checkpoint) AS checkpoint, at FROM log_checkpoint ORDER BY size DESC LIMIT 1;

-- name: log_unwitnessed_since :one
-- When the oldest head behind the published one was signed that still waits for witnesses; NULL: none does.
-- class: local
-- scope: public
-- column: since timestamptz?
SELECT (SELECT c.at FROM log_checkpoint c
        WHERE c.size > (SELECT coalesce(max(p.size), 0) FROM log_checkpoint p WHERE NOT p.waits)
        ORDER BY c.size LIMIT 1) AS since;

-- name: log_events_wait :one
-- Whether a published head covers all these events, and whether all are in the log at least.
-- param: id uuid[]
-- class: local
-- scope: public
-- column: published boolean, numbered boolean
SELECT coalesce(bool_and(coalesce(l.idx < head.size, false)), true) AS published,
       coalesce(bool_and(l.idx IS NOT NULL), true) AS numbered
FROM (SELECT coalesce(max(size), 0) AS size FROM log_checkpoint WHERE NOT waits) head
CROSS JOIN unnest(@id) AS z (a)
LEFT JOIN log_leaf l ON l.id = z.a AND l.kind = 'event' AND l.version IS NULL;

-- name: log_checkpoint_lock :one
-- A head whose lines are about to become more; of two who bring some one waits.
-- param: size bigint
-- class: local
-- scope: program
-- column: checkpoint bytea, waits boolean
SELECT coalesce(cosigned, checkpoint) AS checkpoint, waits FROM log_checkpoint WHERE size = @size FOR UPDATE;

-- name: log_checkpoint_cosign :exec
-- The head with its witnesses' lines; published when they are enough.
-- param: size bigint, cosigned bytea, waits boolean
-- class: local
-- scope: program
UPDATE log_checkpoint SET cosigned = @cosigned, waits = @waits WHERE size = @size;

-- name: log_checkpoint_release :exec
-- Nobody waits for witnesses any more.
-- class: local
-- scope: program
UPDATE log_checkpoint SET waits = false WHERE waits;

-- name: log_tiles_read :many
-- Tiles as one string of hashes each: full ones as they are kept, what is not full from its rows; NULL or too short where
-- rows are missing. And how far heads are signed: who cosigns them reads ahead of what is published.
-- param: level bigint[], tile bigint[], width bigint[]
-- class: local
-- scope: public
-- column: level bigint, tile bigint, hashes bytea, published bigint
SELECT z.a AS level, z.b AS tile,
       coalesce((SELECT substr(t.hashes, 1, z.c::integer * 32) FROM log_tile t WHERE t.level = z.a AND t.idx = z.b),
                CASE WHEN z.a = 0
                     THEN (SELECT string_agg(l.hash, '' ORDER BY l.idx) FROM log_leaf l
                           WHERE l.idx >= z.b * 256 AND l.idx < z.b * 256 + z.c)
                     ELSE (SELECT string_agg(n.hash, '' ORDER BY n.idx) FROM log_node n
                           WHERE n.level = z.a AND n.idx >= z.b * 256 AND n.idx < z.b * 256 + z.c) END) AS hashes,
       (SELECT coalesce(max(size), 0) FROM log_checkpoint) AS published
FROM unnest(@level, @tile, @width) AS z (a, b, c)
LIMIT 10000;

-- name: log_tile_read :many
-- A full tile as it is kept, and how far the log is published. Of one tile alone: what stands in arrays is planned anew
-- each time, which costs more than the read.
-- param: level smallint, idx bigint
-- class: local
-- scope: public
-- column: hashes bytea, published bigint
SELECT t.hashes, (SELECT coalesce(max(size), 0) FROM log_checkpoint) AS published
FROM log_tile t
WHERE t.level = @level AND t.idx = @idx
LIMIT 1;

-- name: log_entries_read :many
-- Entries in their order, with the bytes as they stand where they were stated.
-- param: first bigint, after bigint
-- class: fan
-- scope: program
-- column: idx bigint, kind text, org_id uuid, id uuid, hash bytea, statement bytea, statement_sha256 bytea, published bigint
SELECT l.idx, l.kind, l.org_id, l.id, l.hash, coalesce(e.statement, m.statement, k.statement, r.statement, x.statement) AS statement,
       coalesce(e.statement_sha256, m.statement_sha256, r.statement_sha256, x.statement_sha256) AS statement_sha256,
       (SELECT coalesce(max(size), 0) FROM log_checkpoint) AS published
FROM log_leaf l
LEFT JOIN event e ON l.kind = 'event' AND e.org_id = l.org_id AND e.id = l.id
LEFT JOIN master_version m ON m.kind = l.kind AND m.id = l.id AND m.version = l.version
LEFT JOIN signing_key k ON l.kind = 'key' AND k.fingerprint = l.fingerprint
LEFT JOIN signing_revocation r ON l.kind = 'revoke' AND r.fingerprint = l.fingerprint
LEFT JOIN erasure x ON l.kind = 'erase' AND x.org_id = l.org_id AND x.event = l.id
WHERE l.idx >= @first AND l.idx < @after
ORDER BY l.idx
LIMIT 4096;

-- name: log_key_find :one
-- The key that signs heads.
-- class: local
-- scope: program
-- column: org_id uuid, fingerprint bytea, spki bytea, wrapped bytea
SELECT k.org_id, k.fingerprint, k.spki, s.wrapped
FROM signing_key k JOIN key_secret s ON s.fingerprint = k.fingerprint
WHERE k.use = 'log' AND k.state = 'active'
ORDER BY k.created_at DESC
LIMIT 1;

-- name: log_statement :one
-- The statement of that key, for everybody: no secret stands in it.
-- class: ref
-- scope: public
-- column: statement bytea
SELECT statement FROM signing_key WHERE use = 'log' AND state = 'active' ORDER BY created_at DESC LIMIT 1;

-- name: log_index_of :many
-- Where statements stand in the log; n counts the lists from 1. What has no number yet gives no row. As number 0 the
-- newest published head and its size.
-- param: kind text[], id uuid[], version bigint[], fingerprint bytea[]
-- class: local
-- scope: public
-- column: n bigint, idx bigint, checkpoint bytea
SELECT 0::bigint AS n, c.size AS idx, c.checkpoint
FROM (SELECT size, coalesce(cosigned, checkpoint) AS checkpoint FROM log_checkpoint
      WHERE NOT waits ORDER BY size DESC LIMIT 1) c
UNION ALL
SELECT w.n, l.idx, NULL
FROM unnest(@kind, @id, @version) WITH ORDINALITY AS w (a, b, c, n)
JOIN log_leaf l ON l.id = w.b AND l.kind = w.a AND l.version IS NOT DISTINCT FROM w.c
UNION ALL
SELECT w.n, l.idx, NULL
FROM unnest(@kind, @fingerprint) WITH ORDINALITY AS w (a, b, n)
JOIN log_leaf l ON l.fingerprint = w.b AND l.kind = w.a
LIMIT 20000;

-- name: log_event_places :many
-- The newest head, and where an event, the key that signed it and what ended the key stand in the log; NULL: not yet.
-- param: id uuid, fingerprint bytea
-- class: local
-- scope: public
-- column: size bigint, checkpoint bytea, event bigint?, key bigint?, revocation bigint?
SELECT c.size, c.checkpoint,
       (SELECT l.idx FROM log_leaf l WHERE l.id = @id AND l.kind = 'event' AND l.version IS NULL) AS event,
       (SELECT l.idx FROM log_leaf l WHERE l.fingerprint = @fingerprint AND l.kind = 'key') AS key,
       (SELECT l.idx FROM log_leaf l WHERE l.fingerprint = @fingerprint AND l.kind = 'revoke') AS revocation
FROM (SELECT size, coalesce(cosigned, checkpoint) AS checkpoint FROM log_checkpoint
      WHERE NOT waits ORDER BY size DESC LIMIT 1) c
LIMIT 1;

-- name: log_sweep_read :many
-- Entries in their order with all that they were made from.
-- param: first bigint, after bigint
-- class: fan
-- scope: program
-- column: idx bigint, kind text, org_id uuid, id uuid, hash bytea, statement bytea, statement_sha256 bytea, body bytea, view_secret bytea, manifest bytea, salts bytea
SELECT l.idx, l.kind, l.org_id, l.id, l.hash, coalesce(e.statement, m.statement, k.statement, r.statement, x.statement) AS statement,
       coalesce(e.statement_sha256, m.statement_sha256, r.statement_sha256, x.statement_sha256) AS statement_sha256,
       coalesce(e.body, m.body) AS body, coalesce(e.view_secret, m.view_secret) AS view_secret,
       left_of.manifest, left_of.salts
FROM log_leaf l
LEFT JOIN event e ON l.kind = 'event' AND e.org_id = l.org_id AND e.id = l.id
LEFT JOIN erasure left_of ON left_of.org_id = e.org_id AND left_of.event = e.id
LEFT JOIN master_version m ON m.kind = l.kind AND m.id = l.id AND m.version = l.version
LEFT JOIN signing_key k ON l.kind = 'key' AND k.fingerprint = l.fingerprint
LEFT JOIN signing_revocation r ON l.kind = 'revoke' AND r.fingerprint = l.fingerprint
LEFT JOIN erasure x ON l.kind = 'erase' AND x.org_id = l.org_id AND x.event = l.id
WHERE l.idx >= @first AND l.idx < @after
ORDER BY l.idx
LIMIT 256;

-- name: log_sweep_tile :one
-- A full tile: as it is served, the rows of its hashes above level 0, and the node over it; NULL: not there.
-- param: level smallint, idx bigint
-- class: local
-- scope: program
-- column: kept bytea, nodes bytea, node bytea
SELECT (SELECT t.hashes FROM log_tile t WHERE t.level = @level AND t.idx = @idx) AS kept,
       (SELECT string_agg(n.hash, '' ORDER BY n.idx) FROM log_node n
        WHERE n.level = @level AND n.idx >= @idx * 256 AND n.idx < @idx * 256 + 256) AS nodes,
       (SELECT n.hash FROM log_node n WHERE n.level = @level + 1 AND n.idx = @idx) AS node;

-- name: log_sweep_events :many
-- The same of some events.
-- param: ids uuid[]
-- class: fan
-- scope: program
-- column: idx bigint, kind text, org_id uuid, id uuid, hash bytea, statement bytea, statement_sha256 bytea, body bytea, view_secret bytea, manifest bytea, salts bytea
SELECT l.idx, l.kind, l.org_id, l.id, l.hash, e.statement, e.statement_sha256, e.body, e.view_secret,
       left_of.manifest, left_of.salts
FROM log_leaf l
LEFT JOIN event e ON e.org_id = l.org_id AND e.id = l.id
LEFT JOIN erasure left_of ON left_of.org_id = e.org_id AND left_of.event = e.id
WHERE l.id = ANY(@ids) AND l.kind = 'event'
ORDER BY l.idx
LIMIT 1000;

-- name: log_alteration_insert :exec
-- Something that is not what it was; known ones stay as they were found first.
-- param: part text, idx bigint, last_idx bigint, subject text, found_at timestamptz
-- class: local
-- scope: program
INSERT INTO log_alteration (part, idx, last_idx, subject, found_at)
VALUES (@part, @idx, @last_idx, @subject, @found_at)
ON CONFLICT (part, idx) DO NOTHING;

-- name: log_alteration_list :many
-- What was found so far, by place in the log.
-- class: local
-- scope: program
-- column: part text, idx bigint, last_idx bigint, subject text, found_at timestamptz
SELECT part, idx, last_idx, subject, found_at FROM log_alteration ORDER BY idx, part LIMIT 1000;
