-- SPDX-License-Identifier: Apache-2.0
-- API keys, signing keys, and the audit of what administrators do.

-- name: api_key_find :one
-- The key that a secret opens, revoked or not.
-- param: secret_hash bytea
-- class: local
-- scope: program
-- column: id uuid, scopes text[], region text, parties uuid[], state text
SELECT id, scopes, region, parties, state FROM api_key WHERE secret_hash = @secret_hash;

-- name: api_key_insert :exec
-- A new key.
-- param: id uuid, secret_hash bytea, name text, scopes text[], region text, parties uuid[], created_at timestamptz, created_by uuid
-- seals: name
-- class: local
INSERT INTO api_key (id, secret_hash, name, scopes, region, parties, state, created_at, created_by)
VALUES (@id, @secret_hash, @name, @scopes, @region, @parties, 'active', @created_at, @created_by);

-- name: api_key_get :one
-- One key, without its secret.
-- param: id uuid
-- class: local
-- column: id uuid, name text, scopes text[], region text, parties uuid[], state text, created_at timestamptz, revoked_at timestamptz?
-- opens: name
SELECT id, name, scopes, region, parties, state, created_at, revoked_at FROM api_key WHERE id = @id;

-- name: api_key_list :many
-- Keys, oldest first. Sealed names are found as a whole.
-- param: q text, name text, state text, party uuid, region text, after uuid, max_rows bigint
-- seals: name
-- class: local
-- column: id uuid, name text, scopes text[], region text, parties uuid[], state text, created_at timestamptz, revoked_at timestamptz?
-- opens: name
SELECT id, name, scopes, region, parties, state, created_at, revoked_at
FROM api_key
WHERE (@q IS NULL OR name = @name OR (NOT is_sealed(name) AND strpos(lower(name), lower(@q)) > 0))
  AND (@state IS NULL OR state = @state)
  AND (@party IS NULL OR @party = ANY(parties))
  AND (@region IS NULL OR region = @region)
  AND (@after IS NULL OR id > @after)
ORDER BY id
LIMIT @max_rows;

-- name: api_key_revoke :exec
-- From now on it opens nothing; revoking it again changes nothing.
-- param: id uuid, revoked_at timestamptz
-- class: local
UPDATE api_key SET state = 'revoked', revoked_at = @revoked_at WHERE id = @id AND state = 'active';

-- name: parties_known :many
-- Which of these parties are registered and not erased; who erases one waits until this transaction ends.
-- param: ids uuid[]
-- class: ref
-- column: id uuid
SELECT id FROM party WHERE id = ANY(@ids) AND erased_at IS NULL LIMIT 1000 FOR KEY SHARE;

-- name: signing_key_insert :exec
-- A new key of an organisation, enrolled by its statement.
-- param: fingerprint bytea, org_id uuid, algorithm smallint, use text, custody text, spki bytea, statement bytea, created_at timestamptz
-- class: ref
INSERT INTO signing_key (fingerprint, org_id, algorithm, use, custody, spki, statement, state, created_at)
VALUES (@fingerprint, @org_id, @algorithm, @use, @custody, @spki, @statement, 'active', @created_at);

-- name: key_head_insert :exec
-- Its sequence; the key statement took the first number.
-- param: fingerprint bytea, org_id uuid, seq bigint
-- class: local
INSERT INTO key_head (fingerprint, org_id, seq) VALUES (@fingerprint, @org_id, @seq);

-- name: key_secret_insert :exec
-- Its private half, wrapped.
-- param: fingerprint bytea, wrapped bytea, kek_version bigint
-- class: local
INSERT INTO key_secret (fingerprint, wrapped, kek_version) VALUES (@fingerprint, @wrapped, @kek_version);

-- name: key_head_advance :exec
-- One more statement of this key.
-- param: fingerprint bytea, seq bigint
-- class: local
UPDATE key_head SET seq = @seq WHERE fingerprint = @fingerprint;

-- name: log_pending_insert :exec
-- One statement for the log.
-- param: kind text, org_id uuid, id uuid, version bigint?, fingerprint bytea
-- class: local
INSERT INTO log_pending (kind, org_id, id, version, fingerprint) VALUES (@kind, @org_id, @id, @version, @fingerprint);

-- name: audit_insert :exec
-- An administrative act.
-- param: id uuid, at timestamptz, key_id uuid, action text, subject text, request_id text, reason text
-- class: local
INSERT INTO audit (id, at, key_id, action, subject, request_id, reason)
VALUES (@id, @at, @key_id, @action, @subject, @request_id, @reason);

-- name: audit_list :many
-- Administrative acts, newest first, after one of them.
-- param: key uuid, action text, subject text, since timestamptz?, until timestamptz?, before uuid, max_rows bigint
-- class: local
-- column: id uuid, at timestamptz, key_id uuid, action text, subject text, request_id text, reason text
SELECT id, at, key_id, action, subject, request_id, reason
FROM audit
WHERE id < coalesce(@before, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
  AND (@key IS NULL OR key_id = @key) AND (@action IS NULL OR action = @action) AND (@subject IS NULL OR subject = @subject)
  AND (@since IS NULL OR at >= @since) AND (@until IS NULL OR at < @until)
ORDER BY id DESC
LIMIT @max_rows;

-- name: registrar_find :one
-- The party whose key signs master data and enrolments.
-- class: ref
-- scope: program
-- column: id uuid, uri text
SELECT id, uri FROM party WHERE number = 'REGISTRAR';

-- name: registrar_statement :one
-- The statement that made the registrar's key: it holds the public key that auditors are given.
-- param: org_id uuid
-- class: ref
-- scope: program
-- column: statement bytea
SELECT statement FROM signing_key WHERE org_id = @org_id AND use = 'registrar' AND state = 'active'
ORDER BY created_at
LIMIT 1;
