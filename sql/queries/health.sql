-- SPDX-License-Identifier: Apache-2.0
-- Whether the database answers.

-- name: health_schema :one
-- The newest migration that was applied: shows that the database answers and is ours.
-- class: local
-- scope: public
-- column: number bigint
SELECT coalesce(max(number), -1)::bigint AS number FROM schema_migration;
