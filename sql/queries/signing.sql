-- SPDX-License-Identifier: Apache-2.0
-- Signing keys: locked, listed, enrolled by devices, replaced, revoked.

-- name: key_heads_lock :many
-- Sequences of the organisations that record, in ascending order. Those of former keys too: who waits for one while its
-- key is replaced waits for the new one as well.
-- param: orgs uuid[]
-- class: local
-- each: orgs
-- column: fingerprint bytea
SELECT fingerprint FROM key_head WHERE org_id = ANY(@orgs) ORDER BY fingerprint FOR UPDATE LIMIT 100000;

-- name: held_keys :many
-- Custodial keys with which organisations record, newest last. A statement of its own after key_heads_lock: it sees what was committed
-- while that one waited.
-- param: orgs uuid[]
-- class: local
-- each: orgs
-- column: fingerprint bytea, org_id uuid, use text, spki bytea, wrapped bytea, seq bigint
SELECT h.fingerprint, h.org_id, k.use, k.spki, s.wrapped, h.seq
FROM key_head h
JOIN signing_key k ON k.fingerprint = h.fingerprint
JOIN key_secret s ON s.fingerprint = h.fingerprint
WHERE h.org_id = ANY(@orgs) AND k.state = 'active' AND k.custody = 'service' AND k.use IN ('event', 'registrar')
ORDER BY k.created_at, h.fingerprint
LIMIT 100000;

-- name: key_wrap_share :one
-- Before a key is made that is stored in this transaction: whoever replaces the key-encryption key waits for it.
-- class: local
-- column: locked boolean
SELECT pg_advisory_xact_lock_shared(hashtextextended('farmtrail key_secret', 0)) IS NOT NULL AS locked;

-- name: key_wrap_settle :one
-- Waits for those who are making keys: who makes one afterwards finds the next key-encryption key.
-- class: local
-- column: locked boolean
SELECT pg_advisory_xact_lock(hashtextextended('farmtrail key_secret', 0)) IS NOT NULL AS locked;

-- name: key_secrets :many
-- Wrapped keys behind a fingerprint.
-- param: after bytea, max_rows bigint
-- class: local
-- scope: program
-- column: fingerprint bytea, org_id uuid, use text, wrapped bytea
SELECT s.fingerprint, k.org_id, k.use, s.wrapped
FROM key_secret s JOIN signing_key k ON k.fingerprint = s.fingerprint
WHERE s.fingerprint > @after
ORDER BY s.fingerprint LIMIT @max_rows;

-- name: key_secrets_rewrap :exec
-- The same keys in other wrappings, where nobody has changed them meanwhile.
-- param: fingerprints bytea[], was bytea[], wrapped bytea[]
-- class: local
-- scope: program
UPDATE key_secret s SET wrapped = z.wrapped, kek_version = s.kek_version + 1
FROM unnest(@fingerprints, @was, @wrapped) AS z (fingerprint, was, wrapped)
WHERE s.fingerprint = z.fingerprint AND s.wrapped = z.was;

-- name: signing_key_list :many
-- Keys of an organisation, oldest first, with what ended them.
-- param: org_id uuid, state text
-- class: ref
-- column: fingerprint bytea, algorithm bigint, use text, custody text, state text, statement bytea, created_at timestamptz, reason text, since timestamptz?, revoked_at timestamptz?
SELECT k.fingerprint, k.algorithm::bigint AS algorithm, k.use, k.custody, k.state, k.statement, k.created_at,
       r.reason, r.since, r.recorded_at AS revoked_at
FROM signing_key k LEFT JOIN signing_revocation r ON r.fingerprint = k.fingerprint
WHERE k.org_id = @org_id AND (@state IS NULL OR k.state = @state)
ORDER BY k.created_at, k.fingerprint
LIMIT 1000;

-- name: signing_key_get :one
-- One key.
-- param: fingerprint bytea
-- class: ref
-- scope: public
-- column: fingerprint bytea, org_id uuid, algorithm bigint, use text, custody text, state text, spki bytea, statement bytea, created_at timestamptz, reason text, since timestamptz?, revoked_at timestamptz?
SELECT k.fingerprint, k.org_id, k.algorithm::bigint AS algorithm, k.use, k.custody, k.state, k.spki, k.statement,
       k.created_at, r.reason, r.since, r.recorded_at AS revoked_at
FROM signing_key k LEFT JOIN signing_revocation r ON r.fingerprint = k.fingerprint
WHERE k.fingerprint = @fingerprint;

-- name: signing_key_end :exec
-- A key that signs no longer.
-- param: fingerprint bytea, state text
-- class: ref
UPDATE signing_key SET state = @state WHERE fingerprint = @fingerprint AND state = 'active';

-- name: signing_revocation_insert :exec
-- What says so.
-- param: fingerprint bytea, org_id uuid, reason text, since timestamptz, statement bytea, statement_sha256 bytea, recorded_at timestamptz
-- class: ref
INSERT INTO signing_revocation (fingerprint, org_id, reason, since, statement, statement_sha256, recorded_at)
VALUES (@fingerprint, @org_id, @reason, @since, @statement, @statement_sha256, @recorded_at);

-- name: enrolment_insert :exec
-- A permission to enrol one key.
-- param: id uuid, org_id uuid, use text, reason text, token_hash bytea, created_at timestamptz, expires_at timestamptz
-- class: local
INSERT INTO enrolment (id, org_id, use, reason, token_hash, created_at, expires_at)
VALUES (@id, @org_id, @use, @reason, @token_hash, @created_at, @expires_at);

-- name: org_keys_lock :one
-- Before an organisation gets a key: of two that would be its first the second waits, and is none then. One that was erased is
-- not found. In the order of master data, the party before any key's head.
-- param: org_id uuid
-- class: ref
-- column: id uuid
SELECT id FROM party WHERE id = @org_id AND erased_at IS NULL FOR NO KEY UPDATE;

-- name: org_has_key :one
-- Whether any key was ever stated for an organisation. A statement of its own after org_keys_lock, as held_keys.
-- param: org_id uuid
-- class: ref
-- column: known boolean
SELECT EXISTS (SELECT FROM signing_key WHERE org_id = @org_id AND use <> 'log') AS known;

-- name: enrolment_find :one
-- What a token permits.
-- scope: program
-- param: token_hash bytea
-- class: local
-- column: id uuid, org_id uuid, use text, reason text, expires_at timestamptz, fingerprint bytea
SELECT id, org_id, use, reason, expires_at, fingerprint FROM enrolment WHERE token_hash = @token_hash;

-- name: enrolment_use :exec
-- Used; of two at once one finds it so.
-- param: id uuid, fingerprint bytea
-- class: local
UPDATE enrolment SET fingerprint = @fingerprint WHERE id = @id AND fingerprint IS NULL;

-- name: own_keys :many
-- Keys that organisations keep themselves. After key_heads_lock, as held_keys.
-- param: orgs uuid[]
-- class: local
-- column: fingerprint bytea, org_id uuid, spki bytea, seq bigint
SELECT h.fingerprint, h.org_id, k.spki, h.seq
FROM key_head h JOIN signing_key k ON k.fingerprint = h.fingerprint
WHERE h.org_id = ANY(@orgs) AND k.state = 'active' AND k.custody = 'self' AND k.use = 'event'
ORDER BY k.created_at, h.fingerprint
LIMIT 100000;

-- name: inspect_keys :many
-- Keys with which an organisation endorses, newest first; of those that it keeps itself wrapped is NULL. After key_heads_lock,
-- as held_keys.
-- param: org_id uuid
-- class: local
-- column: fingerprint bytea, org_id uuid, use text, spki bytea, wrapped bytea, seq bigint
SELECT h.fingerprint, h.org_id, k.use, k.spki, s.wrapped, h.seq
FROM key_head h
JOIN signing_key k ON k.fingerprint = h.fingerprint
LEFT JOIN key_secret s ON s.fingerprint = h.fingerprint
WHERE h.org_id = @org_id AND k.state = 'active' AND k.use = 'inspect'
ORDER BY k.created_at DESC, h.fingerprint
LIMIT 1000;

-- name: prepared_insert :exec
-- A record that waits for its signature.
-- param: statement_sha256 bytea, org_id uuid, key_fingerprint bytea, api_key uuid, event uuid, record bytea, seed bytea, prepared_at timestamptz, expires_at timestamptz
-- seals: record, seed
-- class: local
INSERT INTO prepared (statement_sha256, org_id, key_fingerprint, api_key, event, record, seed, prepared_at, expires_at)
VALUES (@statement_sha256, @org_id, @key_fingerprint, @api_key, @event, @record, @seed, @prepared_at, @expires_at);

-- name: prepared_prune :exec
-- Those that are over, and of one key those beyond the newest.
-- param: now timestamptz, key_fingerprint bytea, keep bigint
-- class: local
DELETE FROM prepared
WHERE expires_at <= @now
   OR statement_sha256 IN (SELECT p.statement_sha256 FROM prepared p WHERE p.key_fingerprint = @key_fingerprint
                           ORDER BY p.prepared_at DESC, p.statement_sha256 OFFSET @keep);

-- name: prepared_find :one
-- What a note was prepared from, for the API key that prepared it.
-- param: statement_sha256 bytea, api_key uuid, now timestamptz
-- class: local
-- column: key_fingerprint bytea, event uuid, record bytea, seed bytea, prepared_at timestamptz
-- opens: record, seed
SELECT key_fingerprint, event, record, seed, prepared_at FROM prepared
WHERE statement_sha256 = @statement_sha256 AND api_key = @api_key AND expires_at > @now;

-- name: prepared_delete :exec
-- Used.
-- param: statement_sha256 bytea
-- class: local
DELETE FROM prepared WHERE statement_sha256 = @statement_sha256;

-- name: own_event_find :one
-- The event that has a place in the sequence of a key already, for whom may act for its organisation.
-- param: org_id uuid, key_fingerprint bytea, seq bigint, parties uuid[], region text
-- class: key
-- column: id uuid, statement_sha256 bytea, answer bytea
SELECT e.id, e.statement_sha256, e.answer
FROM event e
WHERE e.org_id = @org_id AND e.key_fingerprint = @key_fingerprint AND e.seq = @seq
  AND CASE WHEN @parties <> '{}' THEN e.org_id = ANY(@parties)
           ELSE @region IS NULL
                OR EXISTS (SELECT FROM party p JOIN region_closure c ON c.descendant = p.region AND c.ancestor = @region
                           WHERE p.id = e.org_id) END;
