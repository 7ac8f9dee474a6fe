-- SPDX-License-Identifier: Apache-2.0
-- Versions of master data: parties, sites, products, certificates alike.

-- name: master_version_get :one
-- One version; without a number the newest.
-- param: kind text, id uuid, version bigint?
-- class: local
-- column: version bigint, recorded_at timestamptz, body bytea, statement_sha256 bytea, erased boolean
-- opens: body
SELECT version, recorded_at, body, statement_sha256, view_secret IS NULL AS erased
FROM master_version
WHERE kind = @kind AND id = @id AND (@version IS NULL OR version = @version)
ORDER BY version DESC
LIMIT 1;

-- name: master_version_insert :exec
-- A new version, signed.
-- param: kind text, id uuid, version bigint, valid_from timestamptz, reason text, recorded_at timestamptz, recorded_by uuid
-- param: body bytea, view_secret bytea, key_fingerprint bytea, seq bigint, statement bytea, statement_sha256 bytea
-- seals: reason, body, view_secret
-- class: local
INSERT INTO master_version (kind, id, version, valid_from, reason, recorded_at, recorded_by, body, view_secret,
                            key_fingerprint, seq, statement, statement_sha256)
VALUES (@kind, @id, @version, @valid_from, @reason, @recorded_at, @recorded_by, @body, @view_secret,
        @key_fingerprint, @seq, @statement, @statement_sha256);

-- name: master_lots_touch :many
-- What the trails of a party's lots show has changed: its newest lots get a newer version, so that kept trails made from
-- them count no longer. Beyond the limit a kept trail lives until it ends by itself.
-- param: holder uuid, now timestamptz, max_lots bigint
-- class: any
-- column: lot_id uuid
UPDATE lot SET version = greatest(version + interval '1 microsecond', @now)
WHERE (org_id, lot_id) IN (SELECT org_id, lot_id FROM lot_holding WHERE holder = @holder ORDER BY lot_id DESC LIMIT @max_lots)
RETURNING lot_id;
