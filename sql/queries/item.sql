-- SPDX-License-Identifier: Apache-2.0
-- Single packs in records, for the group writer.

-- name: capture_items :many
-- How much of their lots packs are, and whether their codes are in use.
-- param: blocks text[], places bigint[]
-- class: any
-- column: n bigint, value text, unit text, activated boolean, voided boolean
SELECT y.n, i.value, i.unit, (c.state = 'activated' OR coalesce(m.activated, false)) AS activated,
       coalesce(m.voided, false) AS voided
FROM unnest(@blocks, @places) WITH ORDINALITY AS y (block, place, n)
JOIN code c ON c.code = y.block AND c.kind = 'item' AND c.items > y.place
JOIN item_issue i ON i.org_id = c.org_id AND i.id = c.issue
CROSS JOIN LATERAL (
    SELECT bool_or(state = 'activated') AS activated, bool_or(state = 'voided') AS voided
    FROM code_mark WHERE code = c.code AND first <= y.place AND last >= y.place
) m;

-- name: item_states :many
-- What stands about packs, in the order in which it was told.
-- param: codes text[]
-- class: any
-- column: code text, event uuid, state text, holder uuid, party uuid, happened_at timestamptz, since timestamptz
SELECT code, event, state, holder, party, happened_at, since
FROM item_event
WHERE code = ANY(@codes) AND state IS NOT NULL AND declared_at IS NULL
ORDER BY code, since, event;

-- name: item_event_codes :many
-- Packs that records are about.
-- param: events uuid[]
-- class: fan
-- column: event uuid, code text
SELECT event, code FROM item_event WHERE event = ANY(@events) ORDER BY event, code LIMIT 200000;

-- name: item_event_insert_many :exec
-- What records of a batch did to packs.
-- param: code text[], event uuid[], event_org uuid[], org_id uuid[], lot_id uuid[], named boolean[], state text[], holder uuid[]
-- param: party uuid[], happened_at timestamptz[], since timestamptz[], recorded_at timestamptz[]
-- class: any
INSERT INTO item_event (code, event, event_org, org_id, lot_id, named, state, holder, party, happened_at, since,
                        recorded_at)
SELECT unnest(@code), unnest(@event), unnest(@event_org), unnest(@org_id), unnest(@lot_id), unnest(@named),
       unnest(@state), unnest(@holder), unnest(@party), unnest(@happened_at), unnest(@since), unnest(@recorded_at);

-- name: item_event_declare :exec
-- Records about packs that no longer stand.
-- param: codes text[], events uuid[], declared_at timestamptz[]
-- class: any
UPDATE item_event i SET declared_at = z.at
FROM unnest(@codes, @events, @declared_at) AS z (code, event, at)
WHERE i.code = z.code AND i.event = z.event;
