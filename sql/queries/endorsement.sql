-- SPDX-License-Identifier: Apache-2.0
-- Endorsements of records by inspectors' offices. A handler shows those of records that its caller may see.

-- name: endorsement_office :one
-- Whether a party that may act is one that endorses. As party_open.
-- param: id uuid
-- class: ref
-- column: office boolean
SELECT kind = 'authority' AS office FROM party WHERE id = @id AND erased_at IS NULL FOR KEY SHARE;

-- name: endorsement_newest :one
-- What an office said last of a record: an endorsement, and what took it back.
-- param: event_org uuid, event uuid, party uuid
-- class: local
-- scope: program
-- column: id uuid, at timestamptz, statement bytea, statement_sha256 bytea, withdrawal uuid, withdrawn_at timestamptz?, withdrawal_statement bytea
SELECT n.id, n.at, s.statement, s.statement_sha256, w.id AS withdrawal, w.at AS withdrawn_at, x.statement AS withdrawal_statement
FROM endorsement n
JOIN act_statement s ON s.id = n.id
LEFT JOIN endorsement w ON w.withdraws = n.id
LEFT JOIN act_statement x ON x.id = w.id
WHERE n.event_org = @event_org AND n.event = @event AND n.party = @party AND n.withdraws IS NULL
ORDER BY n.at DESC, n.id DESC LIMIT 1;

-- name: endorsement_place :one
-- Where a statement stands in the log; NULL: no published head covers it yet.
-- param: kind text, id uuid
-- class: local
-- scope: program
-- column: idx bigint?
SELECT (SELECT l.idx FROM log_leaf l
        WHERE l.id = @id AND l.kind = @kind AND l.version IS NULL
          AND l.idx < (SELECT max(c.size) FROM log_checkpoint c WHERE NOT c.waits)) AS idx;

-- name: endorsement_insert :exec
-- The record that a statement is about.
-- param: id uuid, event_org uuid, event uuid, party uuid, at timestamptz, withdraws uuid
-- class: local
-- scope: program
INSERT INTO endorsement (id, event_org, event, party, at, withdraws) VALUES (@id, @event_org, @event, @party, @at, @withdraws);

-- name: endorsement_touch :many
-- The trails of a record's lots show it, and of lots that were harvested where and after it was done: they are newer now.
-- param: orgs uuid[], ids uuid[], site uuid, since timestamptz, until timestamptz, now timestamptz
-- class: local
-- scope: program
-- column: lot_id uuid
UPDATE lot l SET version = greatest(l.version + interval '1 microsecond', @now)
FROM (SELECT t.org_id, t.lot_id FROM lot t
      WHERE (t.org_id, t.lot_id) IN (SELECT a, b FROM unnest(@orgs, @ids) AS z (a, b)
                                     UNION
                                     SELECT h.lot_org, h.lot_id FROM site p JOIN site_event h ON h.org_id = p.party AND h.site = p.id
                                     WHERE p.id = @site AND h.lot_id IS NOT NULL AND h.event_time BETWEEN @since AND @until)
      ORDER BY t.org_id, t.lot_id FOR UPDATE OF t) AS locked
WHERE l.org_id = locked.org_id AND l.lot_id = locked.lot_id
RETURNING l.lot_id;

-- name: endorsement_list :many
-- Endorsements of a record, oldest first.
-- param: event_org uuid, event uuid
-- class: local
-- scope: program
-- column: id uuid, party uuid, at timestamptz, statement bytea, withdrawn_at timestamptz?, withdrawal_statement bytea
SELECT n.id, n.party, s.recorded_at AS at, s.statement, x.recorded_at AS withdrawn_at, x.statement AS withdrawal_statement
FROM endorsement n
JOIN act_statement s ON s.id = n.id
LEFT JOIN endorsement w ON w.withdraws = n.id
LEFT JOIN act_statement x ON x.id = w.id
WHERE n.event_org = @event_org AND n.event = @event AND n.withdraws IS NULL
ORDER BY n.at, n.id
LIMIT 1000;

-- name: trail_endorsements :many
-- Endorsements of the records of a trail as known at a time (infinity: now), oldest first; with the times that were signed.
-- param: orgs uuid[], events uuid[], as_of timestamptz
-- class: local
-- scope: program
-- column: event uuid, party uuid, at timestamptz, withdrawn_at timestamptz?
SELECT n.event, n.party, s.recorded_at AS at, x.recorded_at AS withdrawn_at
FROM unnest(@orgs, @events) AS z (a, b)
JOIN endorsement n ON n.event_org = z.a AND n.event = z.b AND n.withdraws IS NULL AND n.at <= @as_of
JOIN act_statement s ON s.id = n.id
LEFT JOIN endorsement w ON w.withdraws = n.id AND w.at <= @as_of
LEFT JOIN act_statement x ON x.id = w.id
ORDER BY n.at, n.id
LIMIT 20000;

-- name: bundle_endorsements :many
-- All statements about endorsements of some records.
-- param: orgs uuid[], events uuid[]
-- class: local
-- scope: program
-- column: id uuid, event uuid, statement bytea, key_fingerprint bytea
SELECT n.id, n.event, s.statement, s.key_fingerprint
FROM unnest(@orgs, @events) AS z (a, b)
JOIN endorsement n ON n.event_org = z.a AND n.event = z.b
JOIN act_statement s ON s.id = n.id
ORDER BY n.at, n.id
LIMIT 8192;
