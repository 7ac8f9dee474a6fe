-- SPDX-License-Identifier: Apache-2.0
-- The region tree: loading, the closure of who sees whom, and reading it.

-- name: region_upsert_many :exec
-- The regions of the shipped table; codes that are in keep their row and take what it says now.
-- param: code text[], name_zh text[], name_en text[], level text[], kind text[], parent text[], valid_from date[], valid_to date[]
-- class: ref
INSERT INTO region (code, name_zh, name_en, level, kind, parent, valid_from, valid_to)
SELECT unnest(@code), unnest(@name_zh), unnest(@name_en), unnest(@level), unnest(@kind), unnest(@parent),
       unnest(@valid_from), unnest(@valid_to)
ON CONFLICT (code) DO UPDATE
SET name_zh = excluded.name_zh, name_en = excluded.name_en, level = excluded.level, kind = excluded.kind,
    parent = excluded.parent, valid_from = excluded.valid_from, valid_to = excluded.valid_to;

-- name: region_change_upsert_many :exec
-- The dated changes of the shipped table.
-- param: changed_on date[], change text[], code text[], old_parent text[], new_parent text[], source text[]
-- class: ref
INSERT INTO region_change (changed_on, change, code, old_parent, new_parent, source)
SELECT unnest(@changed_on), unnest(@change), unnest(@code), unnest(@old_parent), unnest(@new_parent), unnest(@source)
ON CONFLICT (changed_on, code) DO UPDATE
SET change = excluded.change, old_parent = excluded.old_parent, new_parent = excluded.new_parent, source = excluded.source;

-- name: region_closure_clear :exec
-- Before it is made anew.
-- class: ref
DELETE FROM region_closure;

-- name: region_closure_fill :exec
-- A region is seen by itself, by what holds it today, and, once abolished, by those who took over parts of it.
-- class: ref
WITH RECURSIVE step (descendant, ancestor) AS (
    SELECT code, parent FROM region WHERE parent IS NOT NULL
    UNION
    SELECT c.old_parent, c.new_parent
    FROM region_change c JOIN region old ON old.code = c.old_parent
    WHERE c.change = 'moved' AND old.valid_to IS NOT NULL AND c.new_parent IS NOT NULL
), up (descendant, ancestor) AS (
    SELECT code, code FROM region
    UNION
    SELECT u.descendant, s.ancestor FROM up u JOIN step s ON s.descendant = u.ancestor
)
INSERT INTO region_closure (ancestor, descendant) SELECT ancestor, descendant FROM up;

-- name: region_get :one
-- One region.
-- param: code text
-- class: ref
-- scope: public
-- column: code text, name_zh text, name_en text, level text, kind text, parent text, valid_from date, valid_to date?
SELECT code, name_zh, name_en, level, kind, parent, valid_from, valid_to FROM region WHERE code = @code;

-- name: region_tiers :one
-- The township and district of a region, for the coarser views of what lies in it.
-- param: code text
-- class: ref
-- scope: public
-- column: kind text, township text, district text
SELECT kind, CASE WHEN level = 'township' THEN code END AS township,
       CASE level WHEN 'township' THEN parent WHEN 'district' THEN code END AS district
FROM region WHERE code = @code;

-- name: region_chain :many
-- What holds a region today, nearest first; rows of the code table that no government answers to are left out.
-- param: code text
-- class: ref
-- scope: public
-- column: code text, name_zh text, name_en text, level text, kind text, valid_from date, valid_to date?
WITH RECURSIVE up (code, depth) AS (
    SELECT parent, 1 FROM region WHERE code = @code
    UNION ALL
    SELECT r.parent, u.depth + 1 FROM up u JOIN region r ON r.code = u.code WHERE u.depth < 10
)
SELECT r.code, r.name_zh, r.name_en, r.level, r.kind, r.valid_from, r.valid_to
FROM up u JOIN region r ON r.code = u.code
WHERE r.kind <> 'pseudo'
ORDER BY u.depth
LIMIT 10;

-- name: region_successors :many
-- Who took over an abolished region, with the day.
-- param: code text
-- class: ref
-- scope: public
-- column: code text, name_zh text, name_en text, level text, kind text, valid_from date, valid_to date?
SELECT r.code, r.name_zh, r.name_en, r.level, r.kind, r.valid_from, r.valid_to
FROM region r
WHERE r.code IN (SELECT c.new_parent FROM region_change c JOIN region old ON old.code = c.old_parent
                 WHERE c.old_parent = @code AND c.change = 'moved' AND old.valid_to IS NOT NULL)
ORDER BY r.code
LIMIT 100;

-- name: region_list :many
-- Regions whose Chinese name or pinyin (spaces and case ignored) holds a text, or that a region holds; names that begin
-- with the text come first.
-- param: name text, name_folded text, parent text, level text, after_rank bigint, after text, max_rows bigint
-- class: ref
-- scope: public
-- column: code text, name_zh text, name_en text, level text, kind text, parent text, valid_from date, valid_to date?, rank bigint
SELECT code, name_zh, name_en, level, kind, parent, valid_from, valid_to, rank
FROM (
    SELECT r.*, CASE WHEN @name IS NULL OR starts_with(r.name_zh, @name)
                          OR starts_with(lower(replace(r.name_en, ' ', '')), @name_folded) THEN 0 ELSE 1 END::bigint AS rank
    FROM region r
    WHERE r.kind <> 'pseudo'
      AND (@name IS NULL OR strpos(r.name_zh, @name) > 0
           OR strpos(lower(replace(r.name_en, ' ', '')), @name_folded) > 0)
      AND (@parent IS NULL OR r.parent = @parent
           OR r.parent IN (SELECT p.code FROM region p WHERE p.parent = @parent AND p.kind = 'pseudo'))
      AND (@level IS NULL OR r.level = @level)
) ranked
WHERE (rank, code) > (@after_rank, coalesce(@after, ''))
ORDER BY rank, code
LIMIT @max_rows;

-- name: region_sees :one
-- Whether one region's inspector sees another region.
-- param: ancestor text, descendant text
-- class: ref
-- scope: public
-- column: sees boolean
SELECT EXISTS (SELECT FROM region_closure WHERE ancestor = @ancestor AND descendant = @descendant) AS sees;
