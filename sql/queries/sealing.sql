-- SPDX-License-Identifier: Apache-2.0
-- Which key rows are sealed with, and sealing those that were written before there was one.

-- name: sealing_begin :exec
-- Says which key it is, unless one was said before.
-- param: key_check bytea, since timestamptz
-- class: local
-- scope: program
INSERT INTO sealing (key_check, since) SELECT @key_check, @since
WHERE NOT EXISTS (SELECT FROM sealing) ON CONFLICT DO NOTHING;

-- name: sealing_read :one
-- Which key it is, and when all was sealed with it.
-- class: local
-- scope: program
-- column: key_check bytea, done_at timestamptz?
SELECT key_check, done_at FROM sealing ORDER BY since LIMIT 1;

-- name: sealing_end :exec
-- All is sealed.
-- param: now timestamptz
-- class: local
-- scope: program
UPDATE sealing SET done_at = @now WHERE done_at IS NULL;

-- name: sealing_events :many
-- Events behind a key whose bodies are clear.
-- param: org uuid, id uuid, max_rows bigint
-- class: fan
-- scope: program
-- column: org_id uuid, id uuid, body bytea, view_secret bytea, request_sha256 bytea, place text
-- opens: view_secret, request_sha256, place
SELECT org_id, id, body, view_secret, request_sha256, place FROM event
WHERE (org_id, id) > (coalesce(@org, '00000000-0000-0000-0000-000000000000'::uuid),
                      coalesce(@id, '00000000-0000-0000-0000-000000000000'::uuid))
  AND NOT is_sealed(body)
ORDER BY org_id, id LIMIT @max_rows;

-- name: sealing_events_seal :one
-- Seals them.
-- param: orgs uuid[], ids uuid[], was bytea[], bodies bytea[], secrets bytea[], requests bytea[], places text[]
-- param: naming bigint[]
-- seals: bodies, secrets, requests, places
-- class: any
-- scope: program
-- column: count bigint
SELECT events_seal(@orgs, @ids, @was, @bodies, @secrets, @requests, @places, @naming) AS count;

-- name: sealing_versions :many
-- Versions of master data behind a key that are clear.
-- param: kind text, id uuid, version bigint, max_rows bigint
-- class: local
-- scope: program
-- column: kind text, id uuid, version bigint, body bytea, view_secret bytea, reason text
-- opens: view_secret, reason
SELECT kind, id, version, body, view_secret, reason FROM master_version
WHERE (kind, id, version) > (coalesce(@kind, ''), coalesce(@id, '00000000-0000-0000-0000-000000000000'::uuid), @version)
  AND NOT is_sealed(body)
ORDER BY kind, id, version LIMIT @max_rows;

-- name: sealing_versions_seal :one
-- Seals them.
-- param: kinds text[], ids uuid[], versions bigint[], was bytea[], bodies bytea[], secrets bytea[], reasons text[]
-- seals: bodies, secrets, reasons
-- class: local
-- scope: program
-- column: count bigint
SELECT versions_seal(@kinds, @ids, @versions, @was, @bodies, @secrets, @reasons) AS count;

-- name: sealing_parties :many
-- Persons whose names are clear.
-- param: max_rows bigint
-- class: ref
-- scope: program
-- column: id uuid, name_zh text, name_en text, uscc text, gln text, version bigint
SELECT id, name_zh, name_en, uscc, gln, version FROM party
WHERE personal AND erased_at IS NULL AND NOT is_sealed(name_zh) LIMIT @max_rows;

-- name: sealing_party_seal :exec
-- Seals one, unless it has changed.
-- param: id uuid, name_zh text, name_en text, uscc text, gln text, version bigint
-- seals: name_zh, name_en, uscc, gln
-- class: ref
-- scope: program
UPDATE party SET name_zh = @name_zh, name_en = @name_en, uscc = @uscc, gln = @gln
WHERE id = @id AND version = @version AND personal AND erased_at IS NULL;

-- name: sealing_sites :many
-- Homes whose names are clear.
-- param: max_rows bigint
-- class: ref
-- scope: program
-- column: id uuid, name_zh text, name_en text, version bigint
SELECT id, name_zh, name_en, version FROM site
WHERE personal AND erased_at IS NULL AND NOT is_sealed(name_zh) LIMIT @max_rows;

-- name: sealing_site_seal :exec
-- Seals one, unless it has changed; its shape stands in its version.
-- param: id uuid, name_zh text, name_en text, version bigint
-- seals: name_zh, name_en
-- class: ref
-- scope: program
UPDATE site SET name_zh = @name_zh, name_en = @name_en, geometry = NULL
WHERE id = @id AND version = @version AND personal AND erased_at IS NULL;

-- name: sealing_jobs :many
-- Capture jobs whose answers are clear.
-- param: max_rows bigint
-- class: local
-- scope: program
-- column: id uuid, errors bytea
SELECT id, errors FROM capture_job WHERE NOT is_sealed(errors) LIMIT @max_rows;

-- name: sealing_jobs_seal :one
-- Seals them.
-- param: ids uuid[], errors bytea[]
-- seals: errors
-- class: local
-- scope: program
-- column: count bigint
SELECT jobs_seal(@ids, @errors) AS count;

-- name: sealing_texts :many
-- Other texts that are clear.
-- param: max_rows bigint
-- class: fan
-- scope: program
-- column: clear text
SELECT clear FROM texts_clear(@max_rows) AS t (clear) LIMIT @max_rows;

-- name: sealing_texts_seal :one
-- Seals them wherever they stand.
-- param: clear text[], sealed text[]
-- seals: sealed
-- class: fan
-- scope: program
-- column: count bigint
SELECT texts_seal(@clear, @sealed) AS count;
