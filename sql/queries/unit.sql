-- SPDX-License-Identifier: Apache-2.0
-- Logistic units and what is in them, for the group writer.

-- name: units_lock :many
-- Units a batch names or records that it corrects were about, and all that are or were inside them, locked in ascending order.
-- param: ids uuid[], events uuid[], max_units bigint
-- class: fan
-- column: org_id uuid, id uuid, uri text, known boolean, event uuid, version timestamptz
WITH RECURSIVE inside (id) AS (
    SELECT z.id FROM (SELECT unnest(@ids) AS id UNION ALL SELECT a.unit FROM unit_act a WHERE a.event = ANY(@events)) z
    UNION
    SELECT c.child FROM inside i JOIN containment c ON c.parent = i.id AND c.child_kind = 'unit'
)
SELECT u.org_id, u.id, u.uri, u.known, u.event, u.version
FROM unit u
WHERE u.id IN (SELECT id FROM inside LIMIT @max_units)
ORDER BY u.org_id, u.id
FOR UPDATE OF u;

-- name: unit_contents :many
-- What is in units, and was at a time or after it.
-- param: orgs uuid[], ids uuid[], since timestamptz
-- class: any
-- column: org_id uuid, parent uuid, from_event uuid, n bigint, from_org uuid, party uuid, child_kind text, child_org uuid
-- column: child uuid, item text, value text, unit text, base numeric?, from_at timestamptz, since timestamptz, to_event uuid
-- column: to_at timestamptz?
SELECT c.org_id, c.parent, c.from_event, c.n::bigint AS n, c.from_org, c.party, c.child_kind, c.child_org, c.child, c.item, c.value,
       c.unit, c.base, c.from_at, c.since, c.to_event, c.to_at
FROM unnest(@orgs, @ids) AS z (org_id, id)
JOIN containment c ON c.org_id = z.org_id AND c.parent = z.id
WHERE c.to_at IS NULL OR c.to_at >= @since
ORDER BY c.from_at, c.from_event, c.n;

-- name: unit_acts :many
-- What was done to units at a time or after it, and still stands.
-- param: orgs uuid[], ids uuid[], since timestamptz
-- class: any
-- column: org_id uuid, unit uuid, event uuid, n bigint, event_org uuid, party uuid, kind text, child_kind text, child_org uuid
-- column: child uuid, item text, value text, amount_unit text, base numeric?, at timestamptz, recorded_at timestamptz
-- column: lacking numeric?
SELECT a.org_id, a.unit, a.event, a.n::bigint AS n, a.event_org, a.party, a.kind, a.child_kind, a.child_org, a.child, a.item,
       a.value, a.amount_unit, a.base, a.at, a.recorded_at, a.lacking
FROM unnest(@orgs, @ids) AS z (org_id, id)
JOIN unit_act a ON a.org_id = z.org_id AND a.unit = z.id
WHERE a.at >= @since AND a.declared_at IS NULL;

-- name: unit_known_before :many
-- Units that something was loaded into before a time.
-- param: orgs uuid[], ids uuid[], since timestamptz
-- class: any
-- column: unit uuid
SELECT z.id AS unit
FROM unnest(@orgs, @ids) AS z (org_id, id)
WHERE EXISTS (SELECT FROM unit_act a
              WHERE a.org_id = z.org_id AND a.unit = z.id AND a.at < @since AND a.kind = 'load' AND a.declared_at IS NULL);

-- name: unit_upsert_many :exec
-- New units, and those that are placeholders no longer.
-- param: org_id uuid[], id uuid[], uri text[], known boolean[], event uuid[], version timestamptz[]
-- class: key
INSERT INTO unit (org_id, id, uri, known, event, version)
SELECT unnest(@org_id), unnest(@id), unnest(@uri), unnest(@known), unnest(@event), unnest(@version)
ON CONFLICT (org_id, id) DO UPDATE SET known = excluded.known, version = excluded.version;

-- name: containment_upsert_many :exec
-- What units contain, and what has ended.
-- param: org_id uuid[], parent uuid[], from_event uuid[], n bigint[], from_org uuid[], party uuid[], child_kind text[]
-- param: child_org uuid[], child uuid[], item text[], value text[], unit text[], base numeric[], from_at timestamptz[]
-- param: since timestamptz[], to_event uuid[], to_at timestamptz[]
-- class: key
INSERT INTO containment (org_id, parent, from_event, n, from_org, party, child_kind, child_org, child, item, value,
                         unit, base, from_at, since, to_event, to_at)
SELECT unnest(@org_id), unnest(@parent), unnest(@from_event), unnest(@n), unnest(@from_org), unnest(@party),
       unnest(@child_kind), unnest(@child_org), unnest(@child), unnest(@item), unnest(@value), unnest(@unit),
       unnest(@base), unnest(@from_at), unnest(@since), unnest(@to_event), unnest(@to_at)
ON CONFLICT (org_id, parent, from_event, n) DO UPDATE
SET party = excluded.party, value = excluded.value, unit = excluded.unit, base = excluded.base, to_event = excluded.to_event,
    to_at = excluded.to_at;

-- name: containment_delete_many :exec
-- What units do not contain after all.
-- param: org_id uuid[], parent uuid[], from_event uuid[], n bigint[]
-- class: key
DELETE FROM containment c
USING unnest(@org_id, @parent, @from_event, @n) AS z (a, b, c, d)
WHERE c.org_id = z.a AND c.parent = z.b AND c.from_event = z.c AND c.n = z.d;

-- name: unit_act_upsert_many :exec
-- What is done to units; of what was: that it no longer stands, and what it did not find.
-- param: org_id uuid[], unit uuid[], event uuid[], n bigint[], event_org uuid[], party uuid[], kind text[], child_kind text[]
-- param: child_org uuid[], child uuid[], item text[], value text[], amount_unit text[], base numeric[], at timestamptz[]
-- param: recorded_at timestamptz[], declared_at timestamptz[], lacking numeric[]
-- class: key
INSERT INTO unit_act (org_id, unit, event, n, event_org, party, kind, child_kind, child_org, child, item, value, amount_unit,
                      base, at, recorded_at, declared_at, lacking)
SELECT unnest(@org_id), unnest(@unit), unnest(@event), unnest(@n), unnest(@event_org), unnest(@party), unnest(@kind),
       unnest(@child_kind), unnest(@child_org), unnest(@child), unnest(@item), unnest(@value), unnest(@amount_unit),
       unnest(@base), unnest(@at), unnest(@recorded_at), unnest(@declared_at), unnest(@lacking)
ON CONFLICT (org_id, unit, event, n) DO UPDATE SET declared_at = excluded.declared_at, lacking = excluded.lacking;
