-- SPDX-License-Identifier: Apache-2.0
-- Editions of reference data.

-- name: reference_set_deactivate :exec
-- Before another edition becomes the active one. An edition that an administrator loaded stays.
-- param: name text, edition text
-- class: ref
UPDATE reference_set SET active = false WHERE name = @name AND edition <> @edition AND loaded_by IS NULL AND active;

-- name: reference_set_insert :exec
-- An edition of a shipped set; active unless an administrator's is.
-- param: name text, edition text, loaded_at timestamptz, content bytea
-- class: ref
INSERT INTO reference_set (name, edition, loaded_at, loaded_by, active, content)
VALUES (@name, @edition, @loaded_at, NULL,
        NOT EXISTS (SELECT FROM reference_set o WHERE o.name = @name AND o.active AND o.loaded_by IS NOT NULL), @content)
ON CONFLICT (name, edition) DO UPDATE SET active = excluded.active OR reference_set.active;

-- name: reference_set_active :many
-- The editions that rules use now.
-- class: ref
-- scope: program
-- column: name text, edition text, content bytea
SELECT name, edition, content FROM reference_set WHERE active ORDER BY name LIMIT 100;

-- name: reference_set_all :many
-- All editions there were, the oldest first.
-- class: ref
-- scope: program
-- column: name text, edition text, loaded_at timestamptz, content bytea
SELECT name, edition, loaded_at, content FROM reference_set ORDER BY loaded_at, name LIMIT 1000;
