-- SPDX-License-Identifier: Apache-2.0
-- Removing what names a person from a record, and saying so.

-- name: erasure_read :one
-- What was removed of a record, and since when.
-- param: org_id uuid, event uuid
-- class: key
-- scope: program
-- column: at timestamptz, reason text, manifest bytea, salts bytea, statement bytea, statement_sha256 bytea
SELECT at, reason, manifest, salts, statement, statement_sha256
FROM erasure WHERE org_id = @org_id AND event = @event;

-- name: erasure_read_many :many
-- The same of several.
-- param: orgs uuid[], events uuid[]
-- class: any
-- scope: program
-- column: event uuid, manifest bytea, salts bytea, statement bytea
SELECT x.event, x.manifest, x.salts, x.statement
FROM unnest(@orgs, @events) AS z (org_id, event)
JOIN erasure x ON x.org_id = z.org_id AND x.event = z.event
LIMIT 20000;

-- name: erasure_subjects :many
-- A record and those that repeat it, its error declarations, or what it declares; those erased already too.
-- param: org_id uuid, id uuid
-- class: key
-- column: id uuid, body bytea, view_secret bytea, statement bytea, answer bytea
-- opens: body, view_secret
SELECT e.id, e.body, e.view_secret, e.statement, e.answer
FROM event e
WHERE e.org_id = @org_id
  AND e.id IN (SELECT @id
               UNION SELECT c.declaration FROM correction c WHERE c.org_id = @org_id AND c.event = @id
               UNION SELECT c.event FROM correction c WHERE c.org_id = @org_id AND c.declaration = @id)
ORDER BY e.id
LIMIT 100;

-- name: erasure_insert :exec
-- That it was removed, signed.
-- param: org_id uuid, event uuid, at timestamptz, reason text, manifest bytea, salts bytea, key_fingerprint bytea, statement bytea, statement_sha256 bytea
-- class: key
INSERT INTO erasure (org_id, event, at, reason, manifest, salts, key_fingerprint, statement, statement_sha256)
VALUES (@org_id, @event, @at, @reason, @manifest, @salts, @key_fingerprint, @statement, @statement_sha256);

-- name: erasure_apply :one
-- The farm view stands in for the body; the secret goes.
-- param: org_id uuid, id uuid, body bytea
-- seals: body
-- class: key
-- column: done boolean
SELECT event_erase(@org_id, @id, @body) AS done;

-- name: erasure_touch :exec
-- What its lots show has changed.
-- param: orgs uuid[], lots uuid[], now timestamptz
-- class: any
UPDATE lot SET version = greatest(version + interval '1 microsecond', @now)
WHERE (org_id, lot_id) IN (SELECT * FROM unnest(@orgs, @lots));

-- name: erasure_unprepare :exec
-- A preparation of the record, should one be left, holds its words.
-- param: org_id uuid, event uuid
-- class: local
DELETE FROM prepared WHERE org_id = @org_id AND event = @event;
