-- SPDX-License-Identifier: Apache-2.0
-- Reading alerts and acting on them. Who sees which is row security's to say (alert_seen_by).

-- name: alert_list :many
-- Alerts in one order with a place each to go on from; @direction turns the order.
-- param: state text, worst bigint?, rule text, region text, product uuid
-- param: party uuid, since timestamptz?, until timestamptz?, sort text, direction bigint, after_place bigint?, after_id uuid
-- param: max_rows bigint
-- class: fan
-- column: org_id uuid, id uuid, place bigint, rule text, rule_version bigint, severity bigint, state text, title_zh text
-- column: title_en text, reason_zh text, reason_en text, action_zh text, action_en text, first_seen timestamptz
-- column: last_seen timestamptz, due_at timestamptz, assignee text, party uuid, product uuid, lot_org uuid, lot_id uuid
-- column: regions text[], roles text[]
-- opens: assignee
SELECT s.org_id, s.id, s.place, s.rule, s.rule_version, s.severity, s.state, s.title_zh, s.title_en, s.reason_zh, s.reason_en,
       s.action_zh, s.action_en, s.first_seen, s.last_seen, s.due_at, s.assignee, s.party, s.product, s.lot_org, s.lot_id,
       ARRAY(SELECT r.region FROM alert_region r WHERE r.org_id = s.org_id AND r.alert = s.id ORDER BY r.role, r.region) AS regions,
       ARRAY(SELECT r.role FROM alert_region r WHERE r.org_id = s.org_id AND r.alert = s.id ORDER BY r.role, r.region) AS roles
FROM (
    SELECT a.org_id, a.id, a.rule, a.rule_version, a.severity::bigint AS severity, a.state, a.title_zh, a.title_en, a.reason_zh,
           a.reason_en, a.action_zh, a.action_en, a.first_seen, a.last_seen, a.due_at, a.assignee, a.party, a.product,
           a.lot_org, a.lot_id,
           @direction * CASE @sort WHEN 'severity' THEN 3 - a.severity
                                   WHEN 'dueAt' THEN (extract(epoch FROM a.due_at) * 1000000)::bigint
                                   ELSE (extract(epoch FROM a.first_seen) * 1000000)::bigint END AS place
    FROM alert a
    WHERE (@state IS NULL OR a.state = @state)
      AND (@worst IS NULL OR a.severity <= @worst)
      AND (@rule IS NULL OR a.rule = @rule)
      AND (@region IS NULL
           OR EXISTS (SELECT FROM alert_region r JOIN region_closure c ON c.ancestor = @region AND c.descendant = r.region
                      WHERE r.org_id = a.org_id AND r.alert = a.id))
      AND (@product IS NULL OR a.product = @product)
      AND (@party IS NULL OR a.party = @party OR a.org_id = @party)
      AND (@since IS NULL OR a.first_seen >= @since)
      AND (@until IS NULL OR a.first_seen < @until)
) s
WHERE @after_place IS NULL OR (s.place, s.id) > (@after_place, @after_id)
ORDER BY s.place, s.id
LIMIT @max_rows;

-- name: alert_facets :many
-- How many alerts the same filter finds by state, severity, rule and region, of regions those with most.
-- param: state text, worst bigint?, rule text, region text, product uuid
-- param: party uuid, since timestamptz?, until timestamptz?, max_regions bigint
-- class: fan
-- column: facet text, value text, count bigint
WITH found AS MATERIALIZED (
    SELECT a.org_id, a.id, a.rule, a.severity, a.state
    FROM alert a
    WHERE (@state IS NULL OR a.state = @state)
      AND (@worst IS NULL OR a.severity <= @worst)
      AND (@rule IS NULL OR a.rule = @rule)
      AND (@region IS NULL
           OR EXISTS (SELECT FROM alert_region r JOIN region_closure c ON c.ancestor = @region AND c.descendant = r.region
                      WHERE r.org_id = a.org_id AND r.alert = a.id))
      AND (@product IS NULL OR a.product = @product)
      AND (@party IS NULL OR a.party = @party OR a.org_id = @party)
      AND (@since IS NULL OR a.first_seen >= @since)
      AND (@until IS NULL OR a.first_seen < @until)
)
SELECT 'state'::text AS facet, state AS value, count(*) AS count FROM found GROUP BY state
UNION ALL
SELECT 'severity', severity::text, count(*) FROM found GROUP BY severity
UNION ALL
SELECT 'rule', rule, count(*) FROM found GROUP BY rule
UNION ALL
(SELECT 'region', r.region, count(DISTINCT f.id)
 FROM found f JOIN alert_region r ON r.org_id = f.org_id AND r.alert = f.id GROUP BY r.region
 ORDER BY 3 DESC, 2
 LIMIT @max_regions)
ORDER BY 1, 3 DESC, 2;

-- name: alert_get :one
-- One alert.
-- param: id uuid
-- class: fan
-- column: org_id uuid, id uuid, rule text, rule_version bigint, severity bigint, state text, title_zh text, title_en text
-- column: reason_zh text, reason_en text, action_zh text, action_en text, edition text, evidence bytea, first_seen timestamptz
-- column: last_seen timestamptz, due_at timestamptz, assignee text, party uuid, product uuid, lot_org uuid, lot_id uuid
-- column: event uuid, regions text[], roles text[], code text
-- opens: assignee
SELECT a.org_id, a.id, a.rule, a.rule_version, a.severity::bigint AS severity, a.state, a.title_zh, a.title_en, a.reason_zh,
       a.reason_en, a.action_zh, a.action_en, a.edition, a.evidence, a.first_seen, a.last_seen, a.due_at, a.assignee, a.party,
       a.product, a.lot_org, a.lot_id, a.event,
       ARRAY(SELECT r.region FROM alert_region r WHERE r.org_id = a.org_id AND r.alert = a.id ORDER BY r.role, r.region) AS regions,
       ARRAY(SELECT r.role FROM alert_region r WHERE r.org_id = a.org_id AND r.alert = a.id ORDER BY r.role, r.region) AS roles,
       a.code
FROM alert a
WHERE a.id = @id;

-- name: alert_pass :one
-- Until the transaction ends no alert is raised elsewhere: goods that move past one would be missed by it, and it by them.
-- class: local
-- column: locked boolean
SELECT pg_advisory_xact_lock_shared(hashtextextended('farmtrail alert', 0)) IS NOT NULL AS locked;

-- name: alert_raise_begin :one
-- Until the transaction ends no goods move elsewhere, and no other alert is raised.
-- class: local
-- column: locked boolean
SELECT pg_advisory_xact_lock(hashtextextended('farmtrail alert', 0)) IS NOT NULL AS locked;

-- name: alert_raise_try :one
-- The same, unless that has to wait: who waits with other locks in hand may wait for ever.
-- class: local
-- column: locked boolean
SELECT pg_try_advisory_xact_lock(hashtextextended('farmtrail alert', 0)) AS locked;

-- name: alert_is_sold :exec
-- An interval that was not kept is critical once any of the goods are sold.
-- param: org_id uuid, id uuid, due_at timestamptz
-- class: key
UPDATE alert SET severity = 0, due_at = least(due_at, @due_at)
WHERE org_id = @org_id AND id = @id AND rule = 'I01' AND severity > 0;

-- name: alert_lock :one
-- Its state, while nobody else acts on it.
-- param: org_id uuid, id uuid
-- class: key
-- column: state text
SELECT state FROM alert WHERE org_id = @org_id AND id = @id FOR UPDATE;

-- name: alert_deed_newest :one
-- When something was done about it last; asked once it is locked.
-- param: org_id uuid, alert uuid
-- class: key
-- column: at timestamptz?
SELECT max(at) AS at FROM alert_action WHERE org_id = @org_id AND alert = @alert;

-- name: alert_change :exec
-- Its state and assignee after an action.
-- param: org_id uuid, id uuid, state text, assignee text
-- seals: assignee
-- class: key
UPDATE alert SET state = @state, assignee = coalesce(@assignee, assignee) WHERE org_id = @org_id AND id = @id;

-- name: alert_deed_find :one
-- An action that is in already.
-- param: org_id uuid, alert uuid, id uuid
-- class: key
-- column: action text, reason text, note text, assignee text, region text
-- opens: note, assignee
SELECT action, reason, note, assignee, region FROM alert_action WHERE org_id = @org_id AND alert = @alert AND id = @id;

-- name: alert_deed_insert :exec
-- What was done.
-- param: org_id uuid, alert uuid, id uuid, at timestamptz, key_id uuid, party uuid, action text, reason text, note text
-- param: assignee text, region text, stated uuid
-- seals: note, assignee
-- class: key
INSERT INTO alert_action (org_id, alert, id, at, key_id, party, action, reason, note, assignee, region, stated)
VALUES (@org_id, @alert, @id, @at, @key_id, @party, @action, @reason, @note, @assignee, @region, @stated);

-- name: alert_region_add :exec
-- A region it was handed to sees it from now on.
-- param: org_id uuid, alert uuid, region text
-- class: key
INSERT INTO alert_region (org_id, alert, region, role) VALUES (@org_id, @alert, @region, 'found') ON CONFLICT DO NOTHING;

-- name: alert_timeline :many
-- What was done about it, oldest first.
-- param: org_id uuid, alert uuid
-- class: key
-- column: id uuid, at timestamptz, key_id uuid, party uuid, action text, reason text, note text, assignee text, region text
-- opens: note, assignee
SELECT id, at, key_id, party, action, reason, note, assignee, region
FROM alert_action WHERE org_id = @org_id AND alert = @alert
ORDER BY at, id
LIMIT 10000;

-- name: alert_site_lots :many
-- Lots harvested where a record was made, in the half year after it: what an input used there may be in.
-- param: org_id uuid, event uuid
-- class: any
-- scope: program
-- column: org_id uuid, lot_id uuid
SELECT DISTINCT h.lot_org AS org_id, h.lot_id
FROM site s
JOIN site_event u ON u.org_id = s.party AND u.site = s.id AND u.event = @event
JOIN site_event h ON h.org_id = u.org_id AND h.site = u.site
                 AND h.declared_at IS NULL AND h.event_time BETWEEN u.event_time AND u.event_time + interval '180 days'
WHERE s.party = @org_id AND u.lot_id IS NULL AND h.lot_id IS NOT NULL
ORDER BY 1, 2;

-- name: alert_lots_touch :exec
-- Their trails show the alert: they are newer now.
-- param: orgs uuid[], ids uuid[], now timestamptz
-- class: any
UPDATE lot l SET version = greatest(l.version + interval '1 microsecond', @now)
FROM (SELECT t.org_id, t.lot_id FROM unnest(@orgs, @ids) AS z (org_id, lot_id)
      JOIN lot t ON t.org_id = z.org_id AND t.lot_id = z.lot_id
      ORDER BY t.org_id, t.lot_id FOR UPDATE OF t) AS locked
WHERE l.org_id = locked.org_id AND l.lot_id = locked.lot_id;

-- name: alert_close_many :exec
-- What no longer holds is closed by the service itself: the nil key.
-- param: org_id uuid[], id uuid[], deed uuid[], at timestamptz, reason text[]
-- class: key
WITH done AS (
    UPDATE alert SET state = 'closed'
    FROM unnest(@org_id, @id, @deed, @reason) AS z (a, b, c, d)
    WHERE alert.org_id = z.a AND alert.id = z.b AND alert.state <> 'closed'
    RETURNING alert.org_id, alert.id, z.c AS deed, z.d AS reason
)
INSERT INTO alert_action (org_id, alert, id, at, key_id, action, reason)
SELECT org_id, id, deed, greatest(@at, (SELECT max(x.at) + interval '1 microsecond' FROM alert_action x WHERE x.org_id = done.org_id AND x.alert = done.id)),
       '00000000-0000-0000-0000-000000000000', 'close', reason FROM done;

-- name: alert_reopen_many :exec
-- What the service closed and finds again is open again; what a person closed stays closed.
-- param: org_id uuid[], id uuid[], deed uuid[], at timestamptz, due_at timestamptz[]
-- class: key
WITH done AS (
    UPDATE alert SET state = 'open', due_at = z.d
    FROM unnest(@org_id, @id, @deed, @due_at) AS z (a, b, c, d)
    WHERE alert.org_id = z.a AND alert.id = z.b AND alert.state = 'closed'
      AND (SELECT l.key_id FROM alert_action l WHERE l.org_id = z.a AND l.alert = z.b AND l.action = 'close'
           ORDER BY l.at DESC, l.id DESC LIMIT 1) = '00000000-0000-0000-0000-000000000000'
    RETURNING alert.org_id, alert.id, z.c AS deed
)
INSERT INTO alert_action (org_id, alert, id, at, key_id, action)
SELECT org_id, id, deed, greatest(@at, (SELECT max(x.at) + interval '1 microsecond' FROM alert_action x WHERE x.org_id = done.org_id AND x.alert = done.id)),
       '00000000-0000-0000-0000-000000000000', 'reopen' FROM done;
