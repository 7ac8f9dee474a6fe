-- SPDX-License-Identifier: Apache-2.0
-- What a trail's proofs are gathered from. A handler shows the views of one tier of what the trail tells, of the rest the
-- statements, which stand in the public log.

-- name: bundle_about :many
-- The records about some lots.
-- param: orgs uuid[], lots uuid[], max_rows bigint
-- class: any
-- scope: program
-- column: org_id uuid, id uuid
SELECT DISTINCT t.event_org AS org_id, t.event AS id
FROM unnest(@orgs, @lots) AS z (org_id, lot_id)
JOIN event_thing t ON t.org_id = z.org_id AND t.lot_id = z.lot_id
LIMIT @max_rows;

-- name: bundle_statements :many
-- Statements of records, without bodies.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- scope: program
-- column: org_id uuid, id uuid, statement bytea, statement_sha256 bytea, key_fingerprint bytea, recorded_at timestamptz, answer bytea
SELECT e.org_id, e.id, e.statement, e.statement_sha256, e.key_fingerprint, e.recorded_at, e.answer
FROM unnest(@orgs, @ids) AS z (org_id, id)
JOIN event e ON e.org_id = z.org_id AND e.id = z.id
LIMIT 20000;

-- name: bundle_bodies :many
-- What the views of records are made of.
-- param: orgs uuid[], ids uuid[]
-- class: any
-- scope: program
-- column: org_id uuid, id uuid, body bytea, view_secret bytea
-- opens: body, view_secret
SELECT e.org_id, e.id, e.body, e.view_secret
FROM unnest(@orgs, @ids) AS z (org_id, id)
JOIN event e ON e.org_id = z.org_id AND e.id = z.id
LIMIT 20000;

-- name: bundle_lots :many
-- Names of lots and the salts of their blinded names.
-- param: orgs uuid[], lots uuid[]
-- class: any
-- scope: program
-- column: org_id uuid, lot_id uuid, uri text, salt bytea
SELECT l.org_id, l.lot_id, l.uri, l.salt
FROM unnest(@orgs, @lots) AS z (org_id, lot_id)
JOIN lot l ON l.org_id = z.org_id AND l.lot_id = z.lot_id
LIMIT 20000;

-- name: bundle_keys :many
-- Public keys with the statements that enrolled them.
-- param: fingerprints bytea[]
-- class: ref
-- scope: program
-- column: fingerprint bytea, spki bytea, statement bytea
SELECT fingerprint, spki, statement FROM signing_key WHERE fingerprint = ANY(@fingerprints) LIMIT 20000;

-- name: bundle_before :many
-- The lots of a record, what went into them included: which record about each was newest before.
-- param: orgs uuid[], lots uuid[], event uuid, recorded_at timestamptz
-- class: local
-- scope: program
-- column: org_id uuid, id uuid
WITH things AS (
    SELECT a AS org_id, b AS lot_id FROM unnest(@orgs, @lots) AS z (a, b)
    UNION
    SELECT parent_org, parent FROM lot_edge WHERE child = ANY(@lots) AND event = @event
    UNION
    SELECT i.parent_org, i.parent
    FROM lot_edge o JOIN lot_edge i ON i.child = o.parent AND i.event = @event
    WHERE o.child = ANY(@lots) AND o.event = @event AND is_transformation_node(o.parent)
)
SELECT before.event_org AS org_id, before.event AS id
FROM things CROSS JOIN LATERAL (
    SELECT t.event_org, t.event FROM event_thing t
    WHERE t.org_id = things.org_id AND t.lot_id = things.lot_id AND t.recorded_at < @recorded_at
    ORDER BY t.recorded_at DESC LIMIT 1
) before;
