-- SPDX-License-Identifier: Apache-2.0
-- Statements about codes of packs and about alerts, and the rows that they stand for.

-- name: act_statement_insert :exec
-- What was done, signed.
-- param: id uuid, kind text, org_id uuid, recorded_at timestamptz, body bytea, view_secret bytea, key_fingerprint bytea, seq bigint
-- param: statement bytea, statement_sha256 bytea
-- class: local
INSERT INTO act_statement (id, kind, org_id, recorded_at, body, view_secret, key_fingerprint, seq, statement, statement_sha256)
VALUES (@id, @kind, @org_id, @recorded_at, @body, @view_secret, @key_fingerprint, @seq, @statement, @statement_sha256);

-- name: act_differences :many
-- What these statements say, which are what was signed, and their rows do not.
-- param: ids uuid[]
-- class: fan
-- scope: program
-- column: id uuid, subject text, stored text, derived text
WITH said AS MATERIALIZED (
    SELECT s.id, s.kind, s.org_id, s.recorded_at AS at, convert_from(s.body, 'UTF8')::jsonb AS body
    FROM act_statement s
    WHERE s.id = ANY(@ids) AND s.kind IN ('codes', 'alert', 'endorse')
), issued AS MATERIALIZED (
    SELECT s.id, (s.body ->> 'issue')::uuid AS issue,
           concat_ws(' ', s.body ->> 'org', s.body ->> 'lot', s.body ->> 'items', s.body ->> 'state', s.body ->> 'value',
                     s.body ->> 'unit', s.body ->> 'codes') AS words
    FROM said s WHERE s.kind = 'codes' AND s.body ->> 'action' = 'issue'
), marked AS MATERIALIZED (
    SELECT s.id, s.at, s.body ->> 'action' AS state, (r.value ->> 'issue')::uuid AS issue, (r.value ->> 'first')::bigint AS first,
           (r.value ->> 'last')::bigint AS last
    FROM said s CROSS JOIN LATERAL jsonb_array_elements(s.body -> 'ranges') r
    WHERE s.kind = 'codes' AND s.body ->> 'action' IN ('activated', 'voided')
), logged AS NOT MATERIALIZED (
    -- what was said first is what the log has first: of two at once the first may claim the later time
    SELECT id, idx AS place FROM log_leaf WHERE kind = 'codes'
    UNION ALL SELECT id, (1::bigint << 62) + qid FROM log_pending WHERE kind = 'codes'
)
SELECT id, subject, stored, derived
FROM (SELECT i.id, 'issue ' || i.issue AS subject, coalesce(f.words, 'nothing') AS stored, i.words AS derived
      FROM issued i
      LEFT JOIN LATERAL (
          SELECT concat_ws(' ', y.org_id, y.lot_id, y.items, y.state, y.value, y.unit,
                           encode(sha256(convert_to(string_agg(c.code || ' ' || c.items || ' ' || y.blocks[c.place / 1024 + 1] || E'\n', ''
                                                               ORDER BY c.place), 'UTF8')), 'base64')) AS words
          FROM item_issue y
          LEFT JOIN code c ON c.issue = y.id AND c.kind = 'item' AND c.org_id = y.org_id AND c.id = y.lot_id AND c.state = y.state
          WHERE y.id = i.issue AND y.stated = i.id
          GROUP BY y.org_id, y.id) f ON true
      WHERE f.words IS DISTINCT FROM i.words
      UNION ALL
      SELECT d.id, 'codes of ' || d.issue || ' from ' || greatest(d.first, c.place) || ' to ' || least(d.last, c.place + c.items - 1), 'nothing', d.state
      FROM marked d
      JOIN code c ON c.issue = d.issue AND c.kind = 'item' AND c.place <= d.last AND c.place + c.items > d.first
      LEFT JOIN code_mark m ON m.code = c.code AND m.state = d.state AND m.first = greatest(d.first - c.place, 0)
                           AND m.last = least(d.last - c.place, c.items - 1)
                           AND (m.at <= d.at OR EXISTS (SELECT FROM logged a, logged b WHERE a.id = m.stated AND b.id = d.id AND a.place < b.place))
      WHERE m.code IS NULL
      UNION ALL
      SELECT s.id, (s.body ->> 'of') || ' ' || (s.body ->> 'id'), 'no such code', 'its code'
      FROM said s
      WHERE s.kind = 'codes' AND s.body ->> 'action' = 'bind'
        AND NOT EXISTS (SELECT FROM code c WHERE c.id::text = s.body ->> 'id' AND c.org_id::text = s.body ->> 'org' AND c.kind = s.body ->> 'of'
                                             AND encode(sha256(convert_to(c.code, 'UTF8')), 'base64') = s.body ->> 'codes')
      UNION ALL
      SELECT s.id, 'alert ' || (s.body ->> 'alert'), coalesce(x.action || ' ' || x.at, 'nothing'), (s.body ->> 'action') || ' ' || s.at
      FROM said s
      LEFT JOIN alert_action x ON x.alert = (s.body ->> 'alert')::uuid AND x.id = (s.body ->> 'deed')::uuid AND x.stated = s.id
      WHERE s.kind = 'alert' AND (x.id IS NULL OR x.action <> s.body ->> 'action' OR x.at <> s.at
                                  OR x.reason IS DISTINCT FROM s.body ->> 'reason' OR x.key_id::text <> s.body ->> 'by')
      UNION ALL
      SELECT s.id, 'endorsement ' || s.id,
             coalesce(concat_ws(' ', CASE WHEN n.withdraws IS NULL THEN 'agrees' ELSE 'withdrawn' END, 'with', encode(t.hash, 'base64'), 'by', n.party,
                                CASE WHEN n.at < s.at OR n.at >= s.at + interval '1 hour' THEN 'at ' || n.at END), 'nothing'),
             concat_ws(' ', s.body ->> 'says', 'with', s.body ->> 'prev', 'by', s.org_id)
      FROM said s
      LEFT JOIN endorsement n ON n.id = s.id
      LEFT JOIN LATERAL (SELECT e.statement_sha256 AS hash FROM event e
                         WHERE n.withdraws IS NULL AND e.org_id = n.event_org AND e.id = n.event
                         UNION ALL
                         SELECT a.statement_sha256 FROM act_statement a JOIN endorsement w ON w.id = a.id
                         WHERE a.id = n.withdraws AND w.event_org = n.event_org AND w.event = n.event) t ON true
      WHERE s.kind = 'endorse'
        AND (n.id IS NULL OR n.party <> s.org_id OR n.at < s.at OR n.at >= s.at + interval '1 hour'
             OR encode(t.hash, 'base64') IS DISTINCT FROM s.body ->> 'prev'
             OR (n.withdraws IS NULL) <> (s.body ->> 'says' = 'agrees'))) z
ORDER BY 2, 1
LIMIT 1000;

-- name: verifier_newest :one
-- What was stated last of the page that verifies.
-- class: local
-- scope: program
-- column: body bytea
SELECT body FROM act_statement WHERE kind = 'verifier' ORDER BY recorded_at DESC, id DESC LIMIT 1;

-- name: act_read_many :many
-- Statements in the order of their ids, with what they are checked against.
-- param: after uuid, max_rows bigint
-- class: fan
-- scope: program
-- column: id uuid, kind text, org_id uuid, recorded_at timestamptz, body bytea, view_secret bytea, key_fingerprint bytea
-- column: seq bigint, statement bytea, statement_sha256 bytea, spki bytea, leaf bytea, queued boolean
SELECT s.id, s.kind, s.org_id, s.recorded_at, s.body, s.view_secret, s.key_fingerprint, s.seq, s.statement, s.statement_sha256,
       k.spki, l.hash AS leaf, EXISTS (SELECT FROM log_pending q WHERE q.kind = s.kind AND q.id = s.id) AS queued
FROM act_statement s
LEFT JOIN signing_key k ON k.fingerprint = s.key_fingerprint AND k.org_id = s.org_id
LEFT JOIN LATERAL (SELECT hash FROM log_leaf WHERE id = s.id AND kind = s.kind AND version IS NULL OFFSET 0) l ON true
WHERE @after IS NULL OR s.id > @after
ORDER BY s.id
LIMIT @max_rows;

-- name: act_strays :many
-- Rows that no statement stands for, and alerts that are not what was last done about them. What is older than the first
-- migration that knows statements needs none. Words of bodies are compared as JSON: of a changed body another check tells.
-- class: fan
-- scope: program
-- column: subject text, stored text, derived text
WITH since AS MATERIALIZED (SELECT applied_at AS at FROM schema_migration WHERE name LIKE '%act-statements')
SELECT subject, stored, derived
FROM (SELECT 'issue ' || i.id AS subject, i.items || ' codes' AS stored, 'no statement' AS derived
      FROM item_issue i LEFT JOIN act_statement s ON s.id = i.stated AND s.kind = 'codes'
      WHERE i.issued_at >= (SELECT at FROM since)
        AND (act_json(s.body) ->> 'action' = 'issue' AND act_json(s.body) ->> 'issue' = i.id::text) IS NOT TRUE
      UNION ALL
      SELECT 'codes of ' || coalesce(c.issue::text, 'no issue') || ' from ' || coalesce(c.place, 0) + m.first || ' to ' || coalesce(c.place, 0) + m.last,
             m.state, 'no statement'
      FROM code_mark m
      LEFT JOIN code c ON c.code = m.code AND c.kind = 'item'
      LEFT JOIN act_statement s ON s.id = m.stated AND s.kind = 'codes' AND s.recorded_at = m.at
      WHERE (m.at >= (SELECT at FROM since) OR m.stated IS NOT NULL)
        AND (act_json(s.body) ->> 'action' = m.state
             AND EXISTS (SELECT FROM jsonb_path_query(act_json(s.body), '$.ranges[*]') r
                         WHERE r ->> 'issue' = c.issue::text AND r -> 'first' <= to_jsonb(c.place + m.first)
                           AND r -> 'last' >= to_jsonb(c.place + m.last))) IS NOT TRUE
      UNION ALL
      SELECT c.kind || ' ' || c.id, 'a code', 'no statement'
      FROM code c
      WHERE c.kind IN ('unit', 'place')
        AND NOT EXISTS (SELECT FROM act_statement s
                        WHERE s.kind = 'codes' AND act_json(s.body) ->> 'action' = 'bind' AND act_json(s.body) ->> 'id' = c.id::text
                          AND act_json(s.body) ->> 'org' = c.org_id::text AND act_json(s.body) ->> 'of' = c.kind
                          AND act_json(s.body) ->> 'codes' = encode(sha256(convert_to(c.code, 'UTF8')), 'base64'))
      UNION ALL
      SELECT 'alert ' || x.alert, x.action, 'no statement'
      FROM alert_action x LEFT JOIN act_statement s ON s.id = x.stated AND s.kind = 'alert'
      WHERE x.action IN ('close', 'reopen') AND x.key_id <> '00000000-0000-0000-0000-000000000000'
        AND x.at >= (SELECT at FROM since) AND s.id IS NULL
      UNION ALL
      SELECT 'endorsement ' || n.id, 'of ' || n.event || ' by ' || n.party, 'no statement'
      FROM endorsement n LEFT JOIN act_statement s ON s.id = n.id AND s.kind = 'endorse'
      WHERE s.id IS NULL
      UNION ALL
      SELECT 'alert ' || a.id, a.state, coalesce(last.action, 'nothing done')
      FROM alert a
      LEFT JOIN LATERAL (SELECT x.action FROM alert_action x
                         WHERE x.org_id = a.org_id AND x.alert = a.id AND x.action IN ('acknowledge', 'escalate', 'close', 'reopen')
                         ORDER BY x.at DESC, x.id DESC LIMIT 1) last ON true
      WHERE (a.state = 'closed') <> (coalesce(last.action, '') = 'close')) z
ORDER BY 1
LIMIT 1000;
