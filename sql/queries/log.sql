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
-- Where the sequencer stands, and in which log of the origin.
-- class: local
-- scope: program
-- column: size bigint, root bytea, number bigint
SELECT size, root, number FROM log_head WHERE one;

-- name: log_head_lock :one
-- The same, until the transaction ends: nothing is numbered and no head is stored meanwhile.
-- class: local
-- scope: program
-- column: size bigint, root bytea, number bigint
SELECT size, root, number FROM log_head WHERE one FOR UPDATE;

-- name: log_succession_list :many
-- The logs that went on, oldest first.
-- class: local
-- scope: public
-- column: number bigint, size bigint, root bytea, checkpoint bytea, reason text, vkey text, statement bytea, recorded_at timestamptz
SELECT number, size, root, checkpoint, reason, vkey, statement, recorded_at FROM log_succession ORDER BY number LIMIT 1000;

-- name: log_succession_insert :exec
-- A log that goes on; of two with one number one fails.
-- param: number bigint, size bigint, root bytea, checkpoint bytea, reason text, org_id uuid, key_fingerprint bytea, vkey text, statement bytea, statement_sha256 bytea, recorded_at timestamptz
-- class: local
-- scope: program
INSERT INTO log_succession (number, size, root, checkpoint, reason, org_id, key_fingerprint, vkey, statement, statement_sha256, recorded_at)
VALUES (@number, @size, @root, @checkpoint, @reason, @org_id, @key_fingerprint, @vkey, @statement, @statement_sha256, @recorded_at);

-- name: log_succeed :one
-- Ends the log at the head that is taken over; what this transaction has queued comes next, then what stood beyond it. NULL:
-- not where the log stands.
-- param: number bigint
-- class: local
-- scope: program
-- column: again bigint?
SELECT log_succeed(@number) AS again;

-- name: log_checkpoint_at :one
-- A signed head of this size; 0: the newest published.
-- param: size bigint
-- class: local
-- scope: program
-- column: size bigint, checkpoint bytea, waits boolean
SELECT size, coalesce(cosigned, checkpoint) AS checkpoint, waits FROM log_checkpoint
WHERE size = @size OR (@size = 0 AND NOT waits)
ORDER BY size DESC LIMIT 1;

-- name: log_keys_open :many
-- Keys of the log that nothing has ended, oldest first.
-- class: ref
-- scope: program
-- column: fingerprint bytea, sm2 boolean, active boolean
SELECT k.fingerprint, k.algorithm = 255 AS sm2, k.state = 'active' AS active FROM signing_key k
WHERE k.use = 'log' AND NOT EXISTS (SELECT FROM signing_revocation r WHERE r.fingerprint = k.fingerprint)
ORDER BY k.created_at LIMIT 1000;

-- name: log_head_move :exec
-- Compare and swap.
-- param: number bigint, old_size bigint, old_root bytea, size bigint, root bytea
-- class: local
-- scope: program
UPDATE log_head SET size = @size, root = @root WHERE one AND number = @number AND size = @old_size AND root = @old_root;

-- name: log_pending_read :many
-- What waits, as far as it is committed, with the bytes that become entries; again: not written in the transaction that
-- queued it.
-- param: max_rows bigint
-- class: fan
-- scope: program
-- column: qid bigint, kind text, org_id uuid, id uuid, version bigint?, fingerprint bytea, statement bytea, statement_sha256 bytea, again boolean
SELECT q.qid, q.kind, q.org_id, q.id, q.version, q.fingerprint,
       coalesce(e.statement, m.statement, k.statement, r.statement, x.statement, y.statement, a.statement, o.statement, c.statement) AS statement,
       coalesce(e.statement_sha256, m.statement_sha256, r.statement_sha256, x.statement_sha256, y.statement_sha256, a.statement_sha256, o.statement_sha256, c.statement_sha256) AS statement_sha256,
       coalesce(e.written <> q.xmin, false) AS again
FROM (SELECT qid, kind, org_id, id, version, fingerprint, xmin FROM log_pending ORDER BY qid LIMIT @max_rows) q
LEFT JOIN LATERAL (SELECT e.statement, e.statement_sha256, e.xmin AS written FROM event e
                   WHERE q.kind = 'event' AND e.org_id = q.org_id AND e.id = q.id OFFSET 0) e ON true
LEFT JOIN LATERAL (SELECT m.statement, m.statement_sha256 FROM master_version m
                   WHERE q.version IS NOT NULL AND m.kind = q.kind AND m.id = q.id AND m.version = q.version OFFSET 0) m ON true
LEFT JOIN LATERAL (SELECT k.statement FROM signing_key k
                   WHERE q.kind = 'key' AND k.fingerprint = q.fingerprint OFFSET 0) k ON true
LEFT JOIN LATERAL (SELECT r.statement, r.statement_sha256 FROM signing_revocation r
                   WHERE q.kind = 'revoke' AND r.fingerprint = q.fingerprint OFFSET 0) r ON true
LEFT JOIN LATERAL (SELECT x.statement, x.statement_sha256 FROM erasure x
                   WHERE q.kind = 'erase' AND x.org_id = q.org_id AND x.event = q.id OFFSET 0) x ON true
LEFT JOIN LATERAL (SELECT y.statement, y.statement_sha256 FROM master_erasure y
                   WHERE starts_with(q.kind, 'erase-') AND y.kind = substr(q.kind, 7) AND y.id = q.id AND y.version = q.version OFFSET 0) y ON true
LEFT JOIN LATERAL (SELECT a.statement, a.statement_sha256 FROM act_statement a
                   WHERE q.kind IN ('codes', 'alert', 'verifier', 'endorse') AND a.id = q.id OFFSET 0) a ON true
LEFT JOIN LATERAL (SELECT o.statement, o.statement_sha256 FROM log_succession o
                   WHERE q.kind = 'origin' AND o.number = q.version OFFSET 0) o ON true
LEFT JOIN LATERAL (SELECT c.statement, c.statement_sha256 FROM log_recovered c
                   WHERE q.kind = 'recovered' AND c.idx = q.version OFFSET 0) c ON true
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
SELECT unnest(@level)::smallint, unnest(@idx), unnest(@hash);

-- name: log_tile_insert_many :exec
-- These tiles as they are served.
-- param: level bigint[], idx bigint[], hashes bytea[]
-- class: local
-- scope: program
INSERT INTO log_tile (level, idx, hashes)
SELECT unnest(@level)::smallint, unnest(@idx), unnest(@hashes);

-- name: log_checkpoint_insert :exec
-- A head that was signed; once signed it stays. Only of the log that goes on: whoever ends one waits for this, and this for him.
-- param: number bigint, size bigint, root bytea, checkpoint bytea, at timestamptz, waits boolean
-- class: local
-- scope: program
INSERT INTO log_checkpoint (size, checkpoint, at, waits)
SELECT @size, @checkpoint, @at, @waits
FROM (SELECT FROM log_head h WHERE h.one AND h.number = @number AND h.size = @size AND h.root = @root FOR SHARE) head
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
LEFT JOIN LATERAL (SELECT idx FROM log_leaf WHERE id = z.a AND kind = 'event' AND version IS NULL OFFSET 0) l ON true;

-- name: log_signed_size :one
-- How many entries the newest signed head covers, whether witnesses have seen it or not.
-- class: local
-- scope: program
-- column: size bigint
SELECT coalesce(max(size), 0) AS size FROM log_checkpoint;

-- name: log_published_head :one
-- A head of this size that was published.
-- param: size bigint
-- class: local
-- scope: program
-- column: checkpoint bytea
SELECT checkpoint FROM log_checkpoint WHERE size = @size AND NOT waits;

-- name: log_covered :many
-- Of these events those that a head of this size covers.
-- param: id uuid[], size bigint
-- class: local
-- scope: program
-- column: id uuid
SELECT l.id FROM log_leaf l
WHERE l.id = ANY(@id) AND l.kind = 'event' AND l.version IS NULL AND l.idx < @size
LIMIT 20000;

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
-- column: level bigint, tile bigint, hashes bytea, published bigint, settled bigint
SELECT z.a AS level, z.b AS tile,
       coalesce((SELECT substr(t.hashes, 1, z.c::integer * 32) FROM log_tile t WHERE t.level = z.a AND t.idx = z.b),
                CASE WHEN z.a = 0
                     THEN (SELECT string_agg(l.hash, '' ORDER BY l.idx) FROM log_leaf l
                           WHERE l.idx >= z.b * 256 AND l.idx < z.b * 256 + z.c)
                     ELSE (SELECT string_agg(n.hash, '' ORDER BY n.idx) FROM log_node n
                           WHERE n.level = z.a AND n.idx >= z.b * 256 AND n.idx < z.b * 256 + z.c) END) AS hashes,
       (SELECT coalesce(max(size), 0) FROM log_checkpoint) AS published,
       (SELECT coalesce(max(size), 0) FROM log_checkpoint WHERE NOT waits) AS settled
FROM unnest(@level, @tile, @width) AS z (a, b, c)
LIMIT 10000;

-- name: log_tile_read :many
-- A full tile as it is kept, and how far the log is published. Of one tile alone: what stands in arrays is planned anew
-- each time, which costs more than the read.
-- param: level smallint, idx bigint
-- class: local
-- scope: public
-- column: hashes bytea, published bigint, settled bigint
SELECT t.hashes, (SELECT coalesce(max(size), 0) FROM log_checkpoint) AS published,
       (SELECT coalesce(max(size), 0) FROM log_checkpoint WHERE NOT waits) AS settled
FROM log_tile t
WHERE t.level = @level AND t.idx = @idx
LIMIT 1;

-- name: log_entries_read :many
-- Entries in their order, with the bytes as they stand where they were stated.
-- param: first bigint, after bigint
-- class: fan
-- scope: program
-- column: idx bigint, kind text, org_id uuid, id uuid, hash bytea, statement bytea, statement_sha256 bytea, published bigint, settled bigint
SELECT l.idx, l.kind, l.org_id, l.id, l.hash, coalesce(e.statement, m.statement, k.statement, r.statement, x.statement, y.statement, a.statement, o.statement, c.statement) AS statement,
       coalesce(e.statement_sha256, m.statement_sha256, r.statement_sha256, x.statement_sha256, y.statement_sha256, a.statement_sha256, o.statement_sha256, c.statement_sha256) AS statement_sha256,
       (SELECT coalesce(max(size), 0) FROM log_checkpoint) AS published,
       (SELECT coalesce(max(size), 0) FROM log_checkpoint WHERE NOT waits) AS settled
FROM log_leaf l
LEFT JOIN event e ON l.kind = 'event' AND e.org_id = l.org_id AND e.id = l.id
LEFT JOIN LATERAL (SELECT m.statement, m.statement_sha256 FROM master_version m
                   WHERE l.version IS NOT NULL AND m.kind = l.kind AND m.id = l.id AND m.version = l.version OFFSET 0) m ON true
LEFT JOIN LATERAL (SELECT k.statement FROM signing_key k
                   WHERE l.kind = 'key' AND k.fingerprint = l.fingerprint OFFSET 0) k ON true
LEFT JOIN LATERAL (SELECT r.statement, r.statement_sha256 FROM signing_revocation r
                   WHERE l.kind = 'revoke' AND r.fingerprint = l.fingerprint OFFSET 0) r ON true
LEFT JOIN LATERAL (SELECT x.statement, x.statement_sha256 FROM erasure x
                   WHERE l.kind = 'erase' AND x.org_id = l.org_id AND x.event = l.id OFFSET 0) x ON true
LEFT JOIN LATERAL (SELECT y.statement, y.statement_sha256 FROM master_erasure y
                   WHERE starts_with(l.kind, 'erase-') AND y.kind = substr(l.kind, 7) AND y.id = l.id AND y.version = l.version OFFSET 0) y ON true
LEFT JOIN LATERAL (SELECT a.statement, a.statement_sha256 FROM act_statement a
                   WHERE l.kind IN ('codes', 'alert', 'verifier', 'endorse') AND a.id = l.id OFFSET 0) a ON true
LEFT JOIN LATERAL (SELECT o.statement, o.statement_sha256 FROM log_succession o
                   WHERE l.kind = 'origin' AND o.number = l.version OFFSET 0) o ON true
LEFT JOIN LATERAL (SELECT c.statement, c.statement_sha256 FROM log_recovered c
                   WHERE l.kind = 'recovered' AND c.idx = l.version OFFSET 0) c ON true
WHERE l.idx >= @first AND l.idx < @after
ORDER BY l.idx
LIMIT 4096;

-- name: log_key_find :many
-- The key that signs heads, and behind it those that a younger one has replaced since: their lines stand beside it. Behind
-- these the same of the SM2 keys, which sign until their revocation has its place in the log. And which log of the origin it is;
-- stated: the key's statement has its place.
-- param: since timestamptz
-- class: ref
-- scope: program
-- column: org_id uuid, fingerprint bytea, spki bytea, wrapped bytea, number bigint, sm2 boolean, active boolean, stated boolean
SELECT y.org_id, y.fingerprint, y.spki, y.wrapped, (SELECT h.number FROM log_head h WHERE h.one) AS number, y.sm2, y.active,
       EXISTS (SELECT FROM log_leaf l WHERE l.fingerprint = y.fingerprint AND l.kind = 'key') AS stated
FROM (SELECT z.org_id, z.fingerprint, z.spki, z.sm2, z.state = 'active' AS active, s.wrapped,
             row_number() OVER (PARTITION BY z.sm2 ORDER BY z.state = 'active' DESC, z.created_at DESC) AS place
      FROM (SELECT k.org_id, k.fingerprint, k.spki, k.state, k.created_at, k.algorithm = 255 AS sm2,
                   lead(k.created_at) OVER (PARTITION BY k.algorithm ORDER BY k.created_at) AS replaced_at
            FROM signing_key k WHERE k.use = 'log') z
      LEFT JOIN key_secret s ON s.fingerprint = z.fingerprint -- one that an agent holds has none
      WHERE z.state = 'active'
         OR (z.sm2 AND (z.state = 'revoked' OR z.replaced_at > @since)
             AND NOT EXISTS (SELECT FROM log_leaf l WHERE l.fingerprint = z.fingerprint AND l.kind = 'revoke'))
         OR (NOT z.sm2 AND z.replaced_at > @since
             AND NOT EXISTS (SELECT FROM signing_revocation r WHERE r.fingerprint = z.fingerprint))) y
WHERE y.place <= 4 AND (y.place <= 2 OR NOT y.sm2)
ORDER BY y.sm2, y.place
LIMIT 6;

-- name: log_statement :one
-- The statement of that key, for everybody: no secret stands in it.
-- class: ref
-- scope: public
-- column: statement bytea
SELECT statement FROM signing_key WHERE use = 'log' AND state = 'active' AND algorithm <> 255 ORDER BY created_at DESC LIMIT 1;

-- name: log_sm2_statement :one
-- That of the SM2 key whose line heads carry.
-- class: ref
-- scope: public
-- column: statement bytea
SELECT k.statement FROM signing_key k
WHERE k.use = 'log' AND k.algorithm = 255
  AND EXISTS (SELECT FROM log_leaf l WHERE l.fingerprint = k.fingerprint AND l.kind = 'key')
  AND NOT EXISTS (SELECT FROM log_leaf l WHERE l.fingerprint = k.fingerprint AND l.kind = 'revoke')
ORDER BY k.created_at DESC LIMIT 1;

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
-- column: type text, event_time timestamptz?, offset_min bigint?, input_product text, input_active text[]?, flags bigint?
-- opens: body, view_secret
SELECT l.idx, l.kind, l.org_id, l.id, l.hash, coalesce(e.statement, m.statement, k.statement, r.statement, x.statement, y.statement, a.statement, o.statement, c.statement) AS statement,
       coalesce(e.statement_sha256, m.statement_sha256, r.statement_sha256, x.statement_sha256, y.statement_sha256, a.statement_sha256, o.statement_sha256, c.statement_sha256) AS statement_sha256,
       coalesce(e.body, m.body, a.body) AS body, coalesce(e.view_secret, m.view_secret, a.view_secret) AS view_secret,
       coalesce(left_of.manifest, rest_of.manifest) AS manifest, coalesce(left_of.salts, rest_of.salts) AS salts,
       e.type, e.event_time, e.offset_min::bigint AS offset_min, e.input_product, e.input_active, e.flags
FROM log_leaf l
LEFT JOIN event e ON l.kind = 'event' AND e.org_id = l.org_id AND e.id = l.id
LEFT JOIN erasure left_of ON left_of.org_id = e.org_id AND left_of.event = e.id AND is_stated('erase', l.id, NULL)
LEFT JOIN master_version m ON m.kind = l.kind AND m.id = l.id AND m.version = l.version
LEFT JOIN master_erasure rest_of ON rest_of.kind = m.kind AND rest_of.id = m.id AND rest_of.version = m.version
                               AND is_stated('erase-' || m.kind, l.id, l.version)
LEFT JOIN signing_key k ON l.kind = 'key' AND k.fingerprint = l.fingerprint
LEFT JOIN signing_revocation r ON l.kind = 'revoke' AND r.fingerprint = l.fingerprint
LEFT JOIN erasure x ON l.kind = 'erase' AND x.org_id = l.org_id AND x.event = l.id
LEFT JOIN master_erasure y ON starts_with(l.kind, 'erase-') AND y.kind = substr(l.kind, 7) AND y.id = l.id AND y.version = l.version
LEFT JOIN act_statement a ON l.kind IN ('codes', 'alert', 'verifier', 'endorse') AND a.id = l.id
LEFT JOIN log_succession o ON l.kind = 'origin' AND o.number = l.version
LEFT JOIN log_recovered c ON l.kind = 'recovered' AND c.idx = l.version
WHERE l.idx >= @first AND l.idx < @after
ORDER BY l.idx
LIMIT 256;

-- name: log_sweep_tile :one
-- A full tile: as it is served, the rows of its hashes, and the node over it; NULL: not there.
-- param: level smallint, idx bigint
-- class: local
-- scope: program
-- column: kept bytea, hashes bytea, node bytea
SELECT (SELECT t.hashes FROM log_tile t WHERE t.level = @level AND t.idx = @idx) AS kept,
       CASE WHEN @level = 0
            THEN (SELECT string_agg(l.hash, '' ORDER BY l.idx) FROM log_leaf l WHERE l.idx >= @idx * 256 AND l.idx < @idx * 256 + 256)
            ELSE (SELECT string_agg(n.hash, '' ORDER BY n.idx) FROM log_node n
                  WHERE n.level = @level AND n.idx >= @idx * 256 AND n.idx < @idx * 256 + 256) END AS hashes,
       (SELECT n.hash FROM log_node n WHERE n.level = @level + 1 AND n.idx = @idx) AS node;

-- name: log_patrol_marks :one
-- What a patrol goes by: the oldest transaction that may still write, the entries and the transaction that numbered the
-- last of them, pages of the longest table that entries are made from, pages of the leaves.
-- class: local
-- scope: program
-- column: horizon bigint, size bigint, tick bigint, pages bigint, leaf_pages bigint
SELECT pg_snapshot_xmin(pg_current_snapshot())::xid::text::bigint AS horizon, h.size, h.xmin::text::bigint AS tick,
       greatest(pg_relation_size('event'), pg_relation_size('master_version'), pg_relation_size('signing_key'),
                pg_relation_size('signing_revocation'), pg_relation_size('erasure'), pg_relation_size('master_erasure'),
                pg_relation_size('act_statement'), pg_relation_size('log_succession'), pg_relation_size('log_recovered'))
       / current_setting('block_size')::bigint AS pages,
       pg_relation_size('log_leaf') / current_setting('block_size')::bigint AS leaf_pages
FROM log_head h
WHERE h.one;

-- name: log_patrol_rows :many
-- Pages of all tables that entries are made from, without a look into the bodies: as entry -1 how many rows were written
-- before the patrol before this one, and how many before this one; then each entry with a row that was written later than
-- the entry; kept: 1 when the row was among those written before, and is no longer.
-- param: first bigint, after bigint, since bigint, until bigint
-- class: fan
-- scope: program
-- column: idx bigint, kept bigint, keeps bigint
WITH seen AS MATERIALIZED (
    SELECT count(*) FILTER (WHERE NOT w.young) AS kept,
           count(*) FILTER (WHERE w.age NOT BETWEEN 0 AND (SELECT age(@until::text::xid))) AS keeps,
           array_agg(w.kind) FILTER (WHERE w.young OR w.age = 2147483647) AS kind,
           array_agg(w.id) FILTER (WHERE w.young OR w.age = 2147483647) AS id,
           array_agg(w.version) FILTER (WHERE w.young OR w.age = 2147483647) AS version,
           array_agg(w.fingerprint) FILTER (WHERE w.young OR w.age = 2147483647) AS fingerprint,
           array_agg(w.age) FILTER (WHERE w.young OR w.age = 2147483647) AS age
    FROM (SELECT 'event' AS kind, e.id, NULL::bigint AS version, NULL::bytea AS fingerprint, age(e.xmin) AS age,
                 age(e.xmin) BETWEEN 0 AND (SELECT age(@since::text::xid)) AS young
          FROM event e
          WHERE e.ctid >= format('(%s,0)', @first)::tid AND e.ctid < format('(%s,0)', @after)::tid
          UNION ALL
          SELECT m.kind, m.id, m.version, NULL, age(m.xmin), age(m.xmin) BETWEEN 0 AND (SELECT age(@since::text::xid))
          FROM master_version m
          WHERE m.ctid >= format('(%s,0)', @first)::tid AND m.ctid < format('(%s,0)', @after)::tid
          UNION ALL
          SELECT 'key', NULL, NULL, k.fingerprint, age(k.xmin), age(k.xmin) BETWEEN 0 AND (SELECT age(@since::text::xid))
          FROM signing_key k
          WHERE k.ctid >= format('(%s,0)', @first)::tid AND k.ctid < format('(%s,0)', @after)::tid
          UNION ALL
          SELECT 'revoke', NULL, NULL, r.fingerprint, age(r.xmin), age(r.xmin) BETWEEN 0 AND (SELECT age(@since::text::xid))
          FROM signing_revocation r
          WHERE r.ctid >= format('(%s,0)', @first)::tid AND r.ctid < format('(%s,0)', @after)::tid
          UNION ALL
          SELECT 'erase', x.event, NULL, NULL, age(x.xmin), age(x.xmin) BETWEEN 0 AND (SELECT age(@since::text::xid))
          FROM erasure x
          WHERE x.ctid >= format('(%s,0)', @first)::tid AND x.ctid < format('(%s,0)', @after)::tid
          UNION ALL
          SELECT 'erase-' || y.kind, y.id, y.version, NULL, age(y.xmin), age(y.xmin) BETWEEN 0 AND (SELECT age(@since::text::xid))
          FROM master_erasure y
          WHERE y.ctid >= format('(%s,0)', @first)::tid AND y.ctid < format('(%s,0)', @after)::tid
          UNION ALL
          SELECT a.kind, a.id, NULL, NULL, age(a.xmin), age(a.xmin) BETWEEN 0 AND (SELECT age(@since::text::xid))
          FROM act_statement a
          WHERE a.ctid >= format('(%s,0)', @first)::tid AND a.ctid < format('(%s,0)', @after)::tid
          UNION ALL
          SELECT 'origin', o.org_id, o.number, NULL, age(o.xmin), age(o.xmin) BETWEEN 0 AND (SELECT age(@since::text::xid))
          FROM log_succession o
          WHERE o.ctid >= format('(%s,0)', @first)::tid AND o.ctid < format('(%s,0)', @after)::tid
          UNION ALL
          SELECT 'recovered', c.org_id, c.idx, NULL, age(c.xmin), age(c.xmin) BETWEEN 0 AND (SELECT age(@since::text::xid))
          FROM log_recovered c
          WHERE c.ctid >= format('(%s,0)', @first)::tid AND c.ctid < format('(%s,0)', @after)::tid) w)
SELECT -1::bigint AS idx, s.kept, s.keeps FROM seen s
UNION ALL
SELECT l.idx, (l.kind = w.kind AND age(l.xmin) NOT BETWEEN 0 AND (SELECT age(@since::text::xid)))::integer, 0
FROM seen s CROSS JOIN LATERAL unnest(s.kind, s.id, s.version, s.age) AS w (kind, id, version, age)
JOIN log_leaf l ON l.id = w.id AND l.version IS NOT DISTINCT FROM w.version
WHERE w.age <= age(l.xmin) OR w.age = 2147483647
UNION ALL
SELECT l.idx, (l.kind = w.kind AND age(l.xmin) NOT BETWEEN 0 AND (SELECT age(@since::text::xid)))::integer, 0
FROM seen s CROSS JOIN LATERAL unnest(s.kind, s.fingerprint, s.age) AS w (kind, fingerprint, age)
JOIN log_leaf l ON l.fingerprint = w.fingerprint
WHERE w.age <= age(l.xmin) OR w.age = 2147483647
LIMIT 10000;

-- name: log_patrol_leaves :many
-- Pages of the leaves: as entry -1 how many of the entries that were there stand on them; then, of the leaves written since
-- (NULL: of all), those that are not of their statement, whose rows are gone or were written later, or that were numbered
-- already when they were written.
-- param: first bigint, after bigint, since bigint?, size bigint, tick bigint
-- class: fan
-- scope: program
-- column: idx bigint, kept bigint
WITH seen AS MATERIALIZED (
    SELECT count(*) FILTER (WHERE l.idx < @size) AS kept,
           array_agg(l.idx) FILTER (WHERE @since IS NULL OR age(l.xmin) BETWEEN 0 AND (SELECT age(@since::text::xid))
                                          OR age(l.xmin) = 2147483647) AS idx
    FROM log_leaf l
    WHERE l.ctid >= format('(%s,0)', @first)::tid AND l.ctid < format('(%s,0)', @after)::tid)
SELECT -1::bigint AS idx, s.kept FROM seen s
UNION ALL
SELECT l.idx, 0
FROM seen s CROSS JOIN LATERAL unnest(s.idx) AS w (idx)
JOIN log_leaf l ON l.idx = w.idx
LEFT JOIN event e ON l.kind = 'event' AND e.org_id = l.org_id AND e.id = l.id
LEFT JOIN LATERAL (SELECT m.xmin AS written, m.statement FROM master_version m
                   WHERE l.version IS NOT NULL AND m.kind = l.kind AND m.id = l.id AND m.version = l.version OFFSET 0) m ON true
LEFT JOIN LATERAL (SELECT k.xmin AS written, k.statement FROM signing_key k
                   WHERE l.kind = 'key' AND k.fingerprint = l.fingerprint OFFSET 0) k ON true
LEFT JOIN LATERAL (SELECT r.xmin AS written, r.statement FROM signing_revocation r
                   WHERE l.kind = 'revoke' AND r.fingerprint = l.fingerprint OFFSET 0) r ON true
LEFT JOIN LATERAL (SELECT x.xmin AS written, x.statement FROM erasure x
                   WHERE l.kind = 'erase' AND x.org_id = l.org_id AND x.event = l.id OFFSET 0) x ON true
LEFT JOIN LATERAL (SELECT y.xmin AS written, y.statement FROM master_erasure y
                   WHERE starts_with(l.kind, 'erase-') AND y.kind = substr(l.kind, 7) AND y.id = l.id AND y.version = l.version OFFSET 0) y ON true
LEFT JOIN LATERAL (SELECT a.xmin AS written, a.statement FROM act_statement a
                   WHERE l.kind IN ('codes', 'alert', 'verifier', 'endorse') AND a.id = l.id OFFSET 0) a ON true
LEFT JOIN LATERAL (SELECT o.xmin AS written, o.statement FROM log_succession o
                   WHERE l.kind = 'origin' AND o.number = l.version OFFSET 0) o ON true
LEFT JOIN LATERAL (SELECT c.xmin AS written, c.statement FROM log_recovered c
                   WHERE l.kind = 'recovered' AND c.idx = l.version OFFSET 0) c ON true
WHERE l.hash IS DISTINCT FROM sha256('\x00'::bytea || coalesce(e.statement, m.statement, k.statement, r.statement, x.statement, y.statement, a.statement, o.statement, c.statement))
   OR age(coalesce(e.xmin, m.written, k.written, r.written, x.written, y.written, a.written, o.written, c.written)) <= age(l.xmin)
   OR (l.idx < @size AND age(l.xmin) < (SELECT age(@tick::text::xid)))
   OR age(l.xmin) = 2147483647
LIMIT 10000;

-- name: log_patrol_tiles :many
-- Full tiles of a level that, or the node over which, are not there, or were written since (NULL: ever) and do not say what
-- the hashes below say, or not in one go; with @count also those of which hashes are gone.
-- param: level smallint, first bigint, after bigint, since bigint?, count boolean
-- class: local
-- scope: program
-- column: tile bigint
SELECT t.n AS tile
FROM generate_series(@first, @after - 1) AS t (n)
LEFT JOIN log_tile k ON k.level = @level AND k.idx = t.n
LEFT JOIN log_node o ON o.level = @level + 1 AND o.idx = t.n
WHERE k.idx IS NULL OR o.idx IS NULL
   OR ((@since IS NULL OR age(k.xmin) BETWEEN 0 AND (SELECT age(@since::text::xid))
        OR age(o.xmin) BETWEEN 0 AND (SELECT age(@since::text::xid)))
       AND (age(k.xmin) <> age(o.xmin)
            OR k.hashes IS DISTINCT FROM
               CASE WHEN @level = 0
                    THEN (SELECT string_agg(l.hash, '' ORDER BY l.idx) FROM log_leaf l
                          WHERE l.idx >= t.n * 256 AND l.idx < t.n * 256 + 256)
                    ELSE (SELECT string_agg(n.hash, '' ORDER BY n.idx) FROM log_node n
                          WHERE n.level = @level AND n.idx >= t.n * 256 AND n.idx < t.n * 256 + 256) END))
   OR (@count AND @level = 0
       AND (SELECT count(*) FROM log_leaf l WHERE l.idx >= t.n * 256 AND l.idx < t.n * 256 + 256) < 256)
LIMIT 10000;

-- name: log_sweep_events :many
-- The same of some events.
-- param: ids uuid[]
-- class: fan
-- scope: program
-- column: idx bigint, kind text, org_id uuid, id uuid, hash bytea, statement bytea, statement_sha256 bytea, body bytea, view_secret bytea, manifest bytea, salts bytea
-- column: type text, event_time timestamptz?, offset_min bigint?, input_product text, input_active text[]?, flags bigint?
-- opens: body, view_secret
SELECT l.idx, l.kind, l.org_id, l.id, l.hash, e.statement, e.statement_sha256, e.body, e.view_secret,
       left_of.manifest, left_of.salts, e.type, e.event_time, e.offset_min::bigint AS offset_min, e.input_product, e.input_active, e.flags
FROM log_leaf l
LEFT JOIN event e ON e.org_id = l.org_id AND e.id = l.id
LEFT JOIN erasure left_of ON left_of.org_id = e.org_id AND left_of.event = e.id AND is_stated('erase', l.id, NULL)
WHERE l.id = ANY(@ids) AND l.kind = 'event'
ORDER BY l.idx
LIMIT 1000;

-- name: log_sweep_masters :many
-- The same of the newest versions of some things.
-- param: ids uuid[]
-- class: fan
-- scope: program
-- column: idx bigint, kind text, org_id uuid, id uuid, hash bytea, statement bytea, statement_sha256 bytea, body bytea, view_secret bytea, manifest bytea, salts bytea
-- column: type text, event_time timestamptz?, offset_min bigint?, input_product text, input_active text[]?, flags bigint?
-- opens: body, view_secret
SELECT l.idx, l.kind, l.org_id, l.id, l.hash, m.statement, m.statement_sha256, m.body, m.view_secret,
       rest_of.manifest, rest_of.salts, NULL::text AS type, NULL::timestamptz AS event_time, NULL::bigint AS offset_min,
       NULL::text AS input_product, NULL::text[] AS input_active, NULL::bigint AS flags
FROM (SELECT DISTINCT unnest(@ids) AS id) t
CROSS JOIN LATERAL (SELECT * FROM master_version
                    WHERE kind IN ('party', 'site', 'product', 'certificate') AND id = t.id ORDER BY version DESC LIMIT 1) m
JOIN log_leaf l ON l.id = m.id AND l.version = m.version AND l.kind = m.kind
LEFT JOIN master_erasure rest_of ON rest_of.kind = m.kind AND rest_of.id = m.id AND rest_of.version = m.version
                               AND is_stated('erase-' || m.kind, l.id, l.version)
ORDER BY l.idx
LIMIT 1000;

-- name: log_alteration_insert :exec
-- Something that is not what it was; known ones stay as they were found first, until they are mended.
-- param: part text, idx bigint, last_idx bigint, subject text, found_at timestamptz
-- class: local
-- scope: program
INSERT INTO log_alteration (part, idx, last_idx, subject, found_at)
VALUES (@part, @idx, @last_idx, @subject, @found_at)
ON CONFLICT (part, idx) WHERE mended_at IS NULL DO NOTHING;

-- name: log_alteration_mend :exec
-- A whole pass found nothing.
-- param: now timestamptz
-- class: local
-- scope: program
UPDATE log_alteration SET mended_at = @now WHERE mended_at IS NULL;

-- name: log_alteration_list :many
-- What was found and is not mended, by place in the log.
-- class: local
-- scope: program
-- column: part text, idx bigint, last_idx bigint, subject text, found_at timestamptz
SELECT part, idx, last_idx, subject, found_at FROM log_alteration WHERE mended_at IS NULL ORDER BY idx, part LIMIT 1000;
