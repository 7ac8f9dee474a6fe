-- SPDX-License-Identifier: Apache-2.0
-- Reading captured events.

-- name: event_locate :one
-- Where an eventID lives.
-- param: hash bytea
-- class: key
-- scope: public
-- column: org_id uuid, id uuid
SELECT org_id, id FROM event_key WHERE hash = @hash;

-- name: event_read :one
-- One event with all that its proof needs.
-- param: org_id uuid, id uuid
-- class: key
-- column: org_id uuid, id uuid, type text, event_time timestamptz, offset_min bigint, recorded_at timestamptz, party uuid
-- column: site uuid, region text, to_party uuid, flags bigint, body bytea, view_secret bytea, key_fingerprint bytea
-- column: seq bigint, statement bytea, statement_sha256 bytea, answer bytea
-- opens: body, view_secret
SELECT e.org_id, e.id, e.type, e.event_time, e.offset_min::bigint AS offset_min, e.recorded_at, e.party, e.site, e.region,
       e.to_party, e.flags, e.body, e.view_secret, e.key_fingerprint, e.seq, e.statement, e.statement_sha256, e.answer
FROM event e
WHERE e.org_id = @org_id AND e.id = @id;

-- name: event_read_any :one
-- The same whoever may see the event.
-- param: org_id uuid, id uuid
-- class: key
-- scope: program
-- column: org_id uuid, id uuid, type text, event_time timestamptz, offset_min bigint, recorded_at timestamptz, party uuid
-- column: site uuid, region text, to_party uuid, flags bigint, body bytea, view_secret bytea, key_fingerprint bytea
-- column: seq bigint, statement bytea, statement_sha256 bytea, answer bytea
-- opens: body, view_secret
SELECT e.org_id, e.id, e.type, e.event_time, e.offset_min::bigint AS offset_min, e.recorded_at, e.party, e.site, e.region,
       e.to_party, e.flags, e.body, e.view_secret, e.key_fingerprint, e.seq, e.statement, e.statement_sha256, e.answer
FROM event e
WHERE e.org_id = @org_id AND e.id = @id;

-- name: event_links :many
-- The lots of an event, what went into them included, each with the statement about it that was newest before.
-- param: orgs uuid[], lots uuid[], event uuid, recorded_at timestamptz
-- class: local
-- scope: program
-- column: uri text, salt bytea, prev bytea
WITH things AS (
    SELECT a AS org_id, b AS lot_id FROM unnest(@orgs, @lots) AS z (a, b)
    UNION
    SELECT parent_org, parent FROM lot_edge WHERE child = ANY(@lots) AND event = @event
    UNION
    SELECT i.parent_org, i.parent
    FROM lot_edge o JOIN lot_edge i ON i.child = o.parent AND i.event = @event
    WHERE o.child = ANY(@lots) AND o.event = @event AND is_transformation_node(o.parent)
)
SELECT l.uri, l.salt, p.statement_sha256 AS prev
FROM things JOIN lot l USING (org_id, lot_id)
LEFT JOIN LATERAL (
    SELECT t.event_org, t.event FROM event_thing t
    WHERE t.org_id = l.org_id AND t.lot_id = l.lot_id AND t.recorded_at < @recorded_at
    ORDER BY t.recorded_at DESC LIMIT 1
) before ON true
LEFT JOIN event p ON p.org_id = before.event_org AND p.id = before.event;

-- name: event_proof_read :one
-- One event with the key that signed it: the statement that enrolled the key, and the one that ended it.
-- param: org_id uuid, id uuid
-- class: key
-- column: org_id uuid, id uuid, recorded_at timestamptz, body bytea, view_secret bytea, key_fingerprint bytea, statement bytea, answer bytea
-- column: spki bytea, key_statement bytea, revocation bytea
-- opens: body, view_secret
SELECT e.org_id, e.id, e.recorded_at, e.body, e.view_secret, e.key_fingerprint, e.statement, e.answer,
       k.spki, k.statement AS key_statement, r.statement AS revocation
FROM event e
JOIN signing_key k ON k.fingerprint = e.key_fingerprint
LEFT JOIN signing_revocation r ON r.fingerprint = e.key_fingerprint
WHERE e.org_id = @org_id AND e.id = @id;

-- name: event_proof_read_any :one
-- The same for who may not see the event: its coarser views are proved to everybody who knows its id.
-- param: org_id uuid, id uuid
-- class: key
-- scope: program
-- column: org_id uuid, id uuid, recorded_at timestamptz, body bytea, view_secret bytea, key_fingerprint bytea, statement bytea, answer bytea
-- column: spki bytea, key_statement bytea, revocation bytea
-- opens: body, view_secret
SELECT e.org_id, e.id, e.recorded_at, e.body, e.view_secret, e.key_fingerprint, e.statement, e.answer,
       k.spki, k.statement AS key_statement, r.statement AS revocation
FROM event e
JOIN signing_key k ON k.fingerprint = e.key_fingerprint
LEFT JOIN signing_revocation r ON r.fingerprint = e.key_fingerprint
WHERE e.org_id = @org_id AND e.id = @id;

-- name: event_list_own :many
-- Newest records of some organisations, by time of recording; without bodies.
-- param: orgs uuid[], type text, party uuid, since timestamptz?, until timestamptz?, before timestamptz?, before_id uuid, max_rows bigint
-- class: any
-- column: org_id uuid, id uuid, type text, event_time timestamptz, offset_min bigint, recorded_at timestamptz, party uuid, site uuid, region text, statement_sha256 bytea
SELECT e.org_id, e.id, e.type, e.event_time, e.offset_min::bigint AS offset_min, e.recorded_at, e.party, e.site, e.region,
       e.statement_sha256
FROM event e
WHERE e.org_id = ANY(@orgs)
  AND (@type IS NULL OR e.type = @type) AND (@party IS NULL OR e.party = @party)
  AND (@since IS NULL OR e.event_time >= @since) AND (@until IS NULL OR e.event_time < @until)
  AND (@before IS NULL OR (e.recorded_at, e.id) < (@before, @before_id))
ORDER BY e.recorded_at DESC, e.id DESC
LIMIT @max_rows;

-- name: event_list_all :many
-- Newest records of all that officers see; without bodies.
-- param: type text, party uuid, since timestamptz?, until timestamptz?, before timestamptz?, before_id uuid, max_rows bigint
-- class: fan
-- column: org_id uuid, id uuid, type text, event_time timestamptz, offset_min bigint, recorded_at timestamptz, party uuid, site uuid, region text, statement_sha256 bytea
SELECT e.org_id, e.id, e.type, e.event_time, e.offset_min::bigint AS offset_min, e.recorded_at, e.party, e.site, e.region,
       e.statement_sha256
FROM event e
WHERE (@type IS NULL OR e.type = @type) AND (@party IS NULL OR e.party = @party)
  AND (@since IS NULL OR e.event_time >= @since) AND (@until IS NULL OR e.event_time < @until)
  AND (@before IS NULL OR (e.recorded_at, e.id) < (@before, @before_id))
ORDER BY e.recorded_at DESC, e.id DESC
LIMIT @max_rows;
