-- SPDX-License-Identifier: Apache-2.0
-- Entries that come back from a copy of the log.

-- name: log_recovered_insert_many :exec
-- Notes whose records are lost, by their places.
-- param: idx bigint[], org_id uuid[], key_fingerprint bytea[], seq bigint[], statement bytea[], statement_sha256 bytea[]
-- class: local
-- scope: program
INSERT INTO log_recovered (idx, org_id, key_fingerprint, seq, statement, statement_sha256)
SELECT unnest(@idx), unnest(@org_id), unnest(@key_fingerprint), unnest(@seq), unnest(@statement), unnest(@statement_sha256);

-- name: log_recovered_queue :exec
-- Has them numbered.
-- param: idx bigint[], org_id uuid[]
-- class: local
-- scope: program
INSERT INTO log_pending (kind, org_id, id, version)
SELECT 'recovered', z.b, z.b, z.a FROM unnest(@idx, @org_id) AS z (a, b);

-- name: key_heads_raise :exec
-- Sequences go on behind these numbers, so that none is used twice; who records waits, and goes on behind them.
-- param: fingerprint bytea[], seq bigint[]
-- class: local
-- scope: program
UPDATE key_head h SET seq = greatest(h.seq, z.seq)
FROM (SELECT w.a, max(w.b) AS seq FROM unnest(@fingerprint, @seq) AS w (a, b) GROUP BY w.a) z
WHERE h.fingerprint = z.a;
