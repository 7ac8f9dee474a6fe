-- SPDX-License-Identifier: Apache-2.0
-- Removing who a party is, or whose home a site is.

-- name: party_open :one
-- Whether a party may act: one that was erased is not found. Who erases it waits until this transaction ends.
-- param: id uuid
-- class: ref
-- column: id uuid
SELECT id FROM party WHERE id = @id AND erased_at IS NULL FOR KEY SHARE;

-- name: party_erasure_lock :one
-- A party that is about to be erased: nothing is registered for it meanwhile.
-- param: id uuid
-- class: ref
-- column: party uuid, erased_at timestamptz?
SELECT id AS party, erased_at FROM party WHERE id = @id FOR UPDATE;

-- name: site_erasure_lock :one
-- The same of a site.
-- param: id uuid
-- class: ref
-- column: party uuid, erased_at timestamptz?
SELECT party, erased_at FROM site WHERE id = @id FOR UPDATE;

-- name: party_sites_lock :many
-- Sites that go with their party.
-- param: party uuid
-- class: ref
-- column: id uuid
SELECT id FROM site WHERE party = @party AND erased_at IS NULL ORDER BY id LIMIT 100000 FOR UPDATE;

-- name: party_recorders :many
-- Organisations that may record what a party does: the first of each key that acts for it.
-- param: party uuid
-- class: local
-- column: org_id uuid
SELECT DISTINCT parties[1] AS org_id FROM api_key WHERE @party = ANY (parties) AND state = 'active' LIMIT 10000;

-- name: person_records :many
-- The next records of a party, and whether a member stands in them that names people; of a partner's event nobody knows what
-- its extensions say. With a site only those there. Whether a sealed body names people was said before it was sealed.
-- param: party uuid, site uuid, naming bigint, members text[], after uuid, max_rows bigint
-- class: key
-- column: org_id uuid, id uuid, names boolean
SELECT e.org_id, e.id, e.view_secret IS NOT NULL AND (@site IS NULL OR e.site = @site) AND
      CASE WHEN is_sealed(e.body) THEN e.flags & @naming <> 0 ELSE
      (EXISTS (SELECT FROM unnest(@members) AS m (name) WHERE position(convert_to('"' || m.name || '"', 'UTF8') IN e.body) > 0)
       OR (@site IS NULL AND position('"farmtrail:record"'::bytea IN e.body) = 0)) END AS names
FROM event e
WHERE e.org_id = @party AND e.id > coalesce(@after, '00000000-0000-0000-0000-000000000000')
ORDER BY e.id
LIMIT @max_rows;

-- name: person_site_records :many
-- The same of the next records at the sites of a party, whoever recorded them.
-- param: party uuid, site uuid, naming bigint, members text[], after_site uuid, after uuid, max_rows bigint
-- class: fan
-- column: site uuid, org_id uuid, id uuid, names boolean
SELECT told.site, e.org_id, e.id, e.view_secret IS NOT NULL AND
      CASE WHEN is_sealed(e.body) THEN e.flags & @naming <> 0 ELSE
      (EXISTS (SELECT FROM unnest(@members) AS m (name) WHERE position(convert_to('"' || m.name || '"', 'UTF8') IN e.body) > 0)
       OR (@site IS NULL AND position('"farmtrail:record"'::bytea IN e.body) = 0)) END AS names
FROM (SELECT DISTINCT s.site, s.event, s.event_org FROM site_event s
      WHERE s.org_id = @party AND (@site IS NULL OR s.site = @site)
        AND (s.site, s.event) > (coalesce(@after_site, '00000000-0000-0000-0000-000000000000'),
                                 coalesce(@after, '00000000-0000-0000-0000-000000000000'))
      ORDER BY s.site, s.event, s.event_org
      LIMIT @max_rows) told
JOIN event e ON e.org_id = told.event_org AND e.id = told.event
ORDER BY told.site, e.id;

-- name: person_records_since :many
-- Records of a party and at its sites that name people and came since a time, wherever their ids stand in the order.
-- param: party uuid, site uuid, naming bigint, members text[], since timestamptz, max_rows bigint
-- class: fan
-- column: org_id uuid, id uuid
SELECT e.org_id, e.id
FROM (SELECT o.org_id, o.id FROM event o
      WHERE o.org_id = @party AND o.recorded_at >= @since AND (@site IS NULL OR o.site = @site)
      UNION
      SELECT s.event_org, s.event FROM site_event s
      WHERE s.org_id = @party AND s.recorded_at >= @since AND (@site IS NULL OR s.site = @site)) told
JOIN event e ON e.org_id = told.org_id AND e.id = told.id
WHERE e.view_secret IS NOT NULL
  AND CASE WHEN is_sealed(e.body) THEN e.flags & @naming <> 0 ELSE
      (EXISTS (SELECT FROM unnest(@members) AS m (name) WHERE position(convert_to('"' || m.name || '"', 'UTF8') IN e.body) > 0)
       OR (@site IS NULL AND position('"farmtrail:record"'::bytea IN e.body) = 0)) END
ORDER BY e.org_id, e.id
LIMIT @max_rows;

-- name: master_versions :many
-- What was ever signed of a party or site.
-- param: kind text, id uuid
-- class: local
-- column: version bigint, body bytea, view_secret bytea, statement bytea
-- opens: body, view_secret
SELECT version, body, view_secret, statement FROM master_version WHERE kind = @kind AND id = @id ORDER BY version LIMIT 100000;

-- name: master_erasure_insert :exec
-- That a version was removed, signed.
-- param: kind text, id uuid, version bigint, at timestamptz, reason text, manifest bytea, salts bytea, key_fingerprint bytea
-- param: statement bytea, statement_sha256 bytea
-- class: local
INSERT INTO master_erasure (kind, id, version, at, reason, manifest, salts, key_fingerprint, statement, statement_sha256)
VALUES (@kind, @id, @version, @at, @reason, @manifest, @salts, @key_fingerprint, @statement, @statement_sha256);

-- name: master_erasure_apply :one
-- What is left stands in for the body; the secret goes.
-- param: kind text, id uuid, version bigint, body bytea
-- seals: body
-- class: local
-- column: done boolean
SELECT master_erase(@kind, @id, @version, @body) AS done;

-- name: master_erasure_read :one
-- When and why a party or site was erased, and the note about its last version.
-- param: kind text, id uuid
-- class: local
-- scope: program
-- column: at timestamptz, reason text, statement bytea
SELECT at, reason, statement FROM master_erasure WHERE kind = @kind AND id = @id ORDER BY version DESC LIMIT 1;

-- name: party_erase :exec
-- Its row says no more than its last version.
-- param: id uuid, number text, name_zh text, name_en text, state text, version bigint, at timestamptz
-- class: ref
UPDATE party
SET number = @number, name_zh = @name_zh, name_en = @name_en, uscc = NULL, gln = NULL, personal = true, state = @state,
    version = @version, updated_at = @at, erased_at = @at
WHERE id = @id;

-- name: site_erase :exec
-- The same of a site.
-- param: id uuid, number text, name_zh text, name_en text, uri text, state text, version bigint, at timestamptz
-- class: ref
UPDATE site
SET number = @number, name_zh = @name_zh, name_en = @name_en, uri = @uri, personal = true, geometry = NULL, state = @state,
    version = @version, updated_at = @at, erased_at = @at
WHERE id = @id;

-- name: things_forget :one
-- Spellings that find it no more.
-- param: kind text, id uuid, hashes bytea[]
-- class: any
-- column: count bigint
SELECT things_forget(@kind, @id, @hashes) AS count;

-- name: signing_keys_open :many
-- Keys of an organisation that still count.
-- param: org_id uuid
-- class: ref
-- column: fingerprint bytea
SELECT fingerprint FROM signing_key WHERE org_id = @org_id AND use IN ('event', 'inspect') AND state = 'active' ORDER BY fingerprint LIMIT 1000;

-- name: party_forget :many
-- Ends what it could act with; the API keys that changed.
-- param: party uuid, now timestamptz
-- class: local
-- column: key uuid
SELECT f.key FROM party_forget(@party, @now) AS f (key) LIMIT 100000;

-- name: trails_forget :one
-- No kept trail shows it any more.
-- class: fan
-- column: count bigint
SELECT trails_forget() AS count;
