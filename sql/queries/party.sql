-- SPDX-License-Identifier: Apache-2.0
-- Parties.

-- name: party_insert :exec
-- A new party.
-- param: id uuid, number text, kind text, name_zh text, name_en text, uscc text, gln text, region text, uri text
-- param: personal boolean, state text, updated_at timestamptz
-- seals: name_zh, name_en, uscc, gln if personal
-- class: ref
INSERT INTO party (id, number, kind, name_zh, name_en, uscc, gln, region, uri, personal, state, version, updated_at)
VALUES (@id, @number, @kind, @name_zh, @name_en, @uscc, @gln, @region, @uri, @personal, @state, 1, @updated_at);

-- name: party_update :exec
-- Its newest version.
-- param: id uuid, kind text, name_zh text, name_en text, uscc text, gln text, region text, personal boolean, state text
-- param: version bigint, updated_at timestamptz
-- seals: name_zh, name_en, uscc, gln if personal
-- class: ref
UPDATE party
SET kind = @kind, name_zh = @name_zh, name_en = @name_en, uscc = @uscc, gln = @gln, region = @region, personal = @personal,
    state = @state, version = @version, updated_at = @updated_at
WHERE id = @id;

-- name: party_list :many
-- Parties by a text in name or number, by region subtree, by state; oldest first. `whole` says whether this key may see who
-- it is, where that is a person: others neither see nor find the name. Sealed names are found as a whole.
-- param: q text, name text, uscc text, party uuid, region text, state text, after uuid, max_rows bigint
-- seals: name, uscc
-- class: ref
-- column: body bytea, recorded_at timestamptz, statement_sha256 bytea, whole boolean
-- opens: body
SELECT v.body, v.recorded_at, v.statement_sha256, NOT p.personal OR site_is_own(p.id, p.region) AS whole
FROM party p JOIN master_version v ON v.kind = 'party' AND v.id = p.id AND v.version = p.version
WHERE (@q IS NULL OR lower(p.number) = lower(@q)
       OR (((NOT is_sealed(p.name_zh) AND strpos(lower(p.name_zh), lower(@q)) > 0)
            OR (NOT is_sealed(p.name_en) AND strpos(lower(p.name_en), lower(@q)) > 0)
            OR p.uscc = upper(@q) OR p.name_zh = @name OR p.name_en = @name OR p.uscc = @uscc)
           AND (NOT p.personal OR site_is_own(p.id, p.region))))
  AND (@party IS NULL OR p.id = @party)
  AND (@region IS NULL OR p.region IN (SELECT descendant FROM region_closure WHERE ancestor = @region))
  AND (@state IS NULL OR p.state = @state)
  AND (@after IS NULL OR p.id > @after)
ORDER BY p.id
LIMIT @max_rows;

-- name: party_sight :one
-- Whether who asks may see who a party is.
-- param: id uuid
-- class: ref
-- column: whole boolean
SELECT site_is_own(id, region) AS whole FROM party WHERE id = @id;

-- name: party_seat :one
-- What sites and products need of their party.
-- param: id uuid
-- class: ref
-- column: region text, uri text, state text
SELECT region, uri, state FROM party WHERE id = @id;
