-- SPDX-License-Identifier: Apache-2.0
-- EPCIS capture jobs, and what partners' events need beyond names.

-- name: capture_job_insert :exec
-- A finished job.
-- param: id uuid, org_id uuid, api_key uuid, created_at timestamptz, finished_at timestamptz, rollback boolean
-- param: success boolean, events bigint, stored bigint, errors bytea, warnings text
-- seals: errors
-- class: local
INSERT INTO capture_job (id, org_id, api_key, created_at, finished_at, rollback, success, events, stored, errors, warnings)
VALUES (@id, @org_id, @api_key, @created_at, @finished_at, @rollback, @success, @events, @stored, @errors, @warnings);

-- name: capture_job_read :one
-- A job, for the key that sent it, its party and administrators.
-- param: id uuid, api_key uuid, everything boolean, parties uuid[]
-- class: local
-- column: id uuid, created_at timestamptz, finished_at timestamptz, rollback boolean, success boolean, errors bytea, warnings text
-- opens: errors
SELECT id, created_at, finished_at, rollback, success, errors, warnings
FROM capture_job
WHERE id = @id AND (@everything OR api_key = @api_key OR org_id = ANY(@parties));

-- name: shipments_open :many
-- Shipments on their way to a party that carry a lot: what a partner's receiving event may be about.
-- param: to_parties uuid[], lot_orgs uuid[], lots uuid[]
-- class: fan
-- column: org_id uuid, id uuid, from_party uuid
SELECT DISTINCT s.org_id, s.id, s.from_party
FROM (SELECT DISTINCT a, b, c FROM unnest(@to_parties, @lot_orgs, @lots) AS u (a, b, c)) z
CROSS JOIN LATERAL (SELECT org_id, shipment FROM shipment_line
                    WHERE lot_org = z.b AND lot_id = z.c AND receipt IS NULL OFFSET 0) l
CROSS JOIN LATERAL (SELECT * FROM shipment WHERE org_id = l.org_id AND id = l.shipment OFFSET 0) s
WHERE s.to_party = z.a AND s.state = 'in_transit';
