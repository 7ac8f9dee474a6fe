-- SPDX-License-Identifier: Apache-2.0
-- Codes.

-- name: code_get :one
-- One code.
-- param: code text
-- class: key
-- column: code text, kind text, org_id uuid, id uuid, state text, issued_at timestamptz
SELECT code, kind, org_id, id, state, issued_at FROM code WHERE code = @code;
