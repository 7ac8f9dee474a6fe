-- SPDX-License-Identifier: Apache-2.0
-- What test_db.c runs: every type there and back, and a small table to fail on.

-- name: echo_plain :one
-- Every type as a scalar.
-- param: bo boolean, by bytea, bi bigint, sm smallint, i4 integer, te text, da date, ts timestamptz, nu numeric
-- param: uu uuid
-- class: local
-- scope: public
-- column: bo boolean, by bytea, bi bigint, sm smallint, i4 integer, te text, da date, ts timestamptz, nu numeric
-- column: uu uuid
SELECT @bo AS bo, @by AS by, @bi AS bi, @sm AS sm, @i4 AS i4, @te AS te, @da AS da, @ts AS ts, @nu AS nu, @uu AS uu;

-- name: echo_nullable :one
-- Every type that may be NULL.
-- param: bo boolean?, by bytea?, bi bigint?, sm smallint?, i4 integer?, te text?, da date?, ts timestamptz?
-- param: nu numeric?, uu uuid?, ar bigint[]?
-- class: local
-- column: bo boolean?, by bytea?, bi bigint?, sm smallint?, i4 integer?, te text?, da date?, ts timestamptz?
-- column: nu numeric?, uu uuid?, ar bigint[]?
SELECT @bo AS bo, @by AS by, @bi AS bi, @sm AS sm, @i4 AS i4, @te AS te, @da AS da, @ts AS ts, @nu AS nu, @uu AS uu, @ar AS ar;

-- name: echo_arrays :one
-- Every type as an array.
-- param: bo boolean[], by bytea[], bi bigint[], sm smallint[], i4 integer[], te text[], da date[], ts timestamptz[], nu numeric[], uu uuid[]
-- class: local
-- column: bo boolean[], by bytea[], bi bigint[], sm smallint[], i4 integer[], te text[], da date[], ts timestamptz[], nu numeric[], uu uuid[], nulls bigint
SELECT @bo AS bo, @by AS by, @bi AS bi, @sm AS sm, @i4 AS i4, @te AS te, @da AS da, @ts AS ts, @nu AS nu, @uu AS uu,
       (SELECT count(*) FROM unnest(@bi) AS u(v) WHERE v IS NULL) AS nulls;

-- name: numeric_words :one
-- How the server reads our binary numeric.
-- param: value numeric
-- class: local
-- column: words text
SELECT @value::text AS words;

-- name: numeric_of :one
-- A numeric the server makes from text.
-- param: words text
-- class: local
-- column: value numeric
SELECT @words::numeric AS value;

-- name: times_of :one
-- Times the server makes from text.
-- param: ts text, da text
-- class: local
-- column: ts timestamptz, da date
SELECT @ts::timestamptz AS ts, @da::date AS da;

-- name: null_of_bigint :one
-- NULL where none was declared.
-- class: local
-- scope: public
-- column: value bigint
SELECT NULL::bigint AS value;

-- name: other_type :one
-- A column of another type than declared.
-- class: local
-- column: value bigint
SELECT 'text'::text AS value;

-- name: not_sql :exec
-- Cannot be prepared. What stands in literals and comments is not a parameter: 'a@b'.
-- class: local
-- scope: public
UPDATE no_such_table SET value = 'a@b'; -- not @a

-- name: item_add :exec
-- Store one.
-- param: id bigint, note text
-- class: local
INSERT INTO item (id, note) VALUES (@id, @note);

-- name: items_add :exec
-- Store some.
-- param: ids bigint[], notes text[]
-- class: local
INSERT INTO item (id, note) SELECT unnest(@ids), unnest(@notes);

-- name: item_get :one
-- Read one.
-- param: id bigint
-- class: local
-- scope: public
-- column: id bigint, note text
SELECT id, note FROM item WHERE id = @id;

-- name: items_near :many
-- Each and the next of it, and how many were asked for at once. Nothing can be divided by 0.
-- param: ids bigint[]
-- class: local
-- scope: public
-- column: n bigint, id bigint, note text, ids bigint[], asked bigint
SELECT y.n, i.id, i.note, ARRAY[i.id, y.id] AS ids, cardinality(@ids)::bigint / least(y.id, 1) AS asked
FROM unnest(@ids) WITH ORDINALITY AS y (id, n) JOIN item i ON i.id BETWEEN y.id AND y.id + 1
ORDER BY i.id DESC, y.n
LIMIT 1000;

-- name: items_named :many
-- Those of some ids. Were it sent without any, it would say so by a row.
-- param: ids bigint[]
-- class: local
-- each: ids
-- column: id bigint
SELECT id FROM item WHERE id = ANY(@ids) UNION ALL SELECT 0 AS id WHERE cardinality(@ids) = 0;

-- name: item_list :many
-- All of them.
-- class: local
-- column: id bigint, note text
SELECT id, note FROM item ORDER BY id LIMIT 100;

-- name: item_any :one
-- One by an ambiguous question.
-- class: local
-- scope: public
-- column: id bigint
SELECT id FROM item;

-- name: item_plan :one
-- The number of the plan that this is run by: nth_plan() is said to be immutable, and so asked when planning.
-- param: id bigint
-- class: local
-- column: plan bigint
SELECT nth_plan() AS plan FROM item WHERE id = @id;

-- name: item_set :exec
-- Change one.
-- param: id bigint, note text
-- class: local
UPDATE item SET note = @note WHERE id = @id;

-- name: take_seconds :one
-- Take a while.
-- param: seconds bigint
-- class: local
-- scope: public
-- column: done boolean
SELECT pg_sleep(@seconds::float8) IS NOT NULL AS done;

-- name: series :many
-- A result of some size.
-- param: count bigint
-- class: local
-- column: n bigint, filler text
SELECT n, repeat('x', 1000) AS filler FROM generate_series(1, @count) AS n LIMIT @count;

-- name: scope_now :one
-- What row security sees.
-- class: local
-- scope: public
-- column: key text, region text, parties text, service text, role text
SELECT current_setting('ft.key', true) AS key, current_setting('ft.region', true) AS region,
       current_setting('ft.parties', true) AS parties, current_setting('ft.service', true) AS service, current_user::text AS role;

-- name: scope_of_caller :one
-- The same in the name of whoever acts.
-- class: local
-- column: key text, region text, parties text, service text, role text
SELECT current_setting('ft.key', true) AS key, current_setting('ft.region', true) AS region,
       current_setting('ft.parties', true) AS parties, current_setting('ft.service', true) AS service, current_user::text AS role;

-- name: scope_of_program :one
-- The same in the name of the program.
-- class: local
-- scope: program
-- column: key text, region text, parties text, service text, role text
SELECT current_setting('ft.key', true) AS key, current_setting('ft.region', true) AS region,
       current_setting('ft.parties', true) AS parties, current_setting('ft.service', true) AS service, current_user::text AS role;

-- name: backend :one
-- The server process of this connection.
-- class: local
-- scope: public
-- column: pid bigint
SELECT pg_backend_pid()::bigint AS pid;

-- name: terminate :exec
-- End this very connection.
-- class: local
SELECT pg_terminate_backend(pg_backend_pid());

-- name: echo_sealed :one
-- What is sealed on its way and opened on its way back, and what it looks like in between.
-- param: te text, by bytea, home boolean, maybe text
-- seals: te, by
-- seals: maybe if home
-- class: local
-- column: te text, by bytea, maybe text, home boolean, te_stored text, by_stored bytea, maybe_stored text
-- opens: te, by, maybe
SELECT @te AS te, @by AS by, @maybe AS maybe, @home AS home, @te AS te_stored, @by AS by_stored, @maybe AS maybe_stored;

-- name: echo_sealed_many :many
-- The same of arrays.
-- param: te text[], by bytea[]
-- seals: te, by
-- class: local
-- column: te text, by bytea, te_stored text
-- opens: te, by
SELECT a AS te, b AS by, a AS te_stored FROM unnest(@te, @by) WITH ORDINALITY AS z (a, b, n) ORDER BY n;

-- name: item_note_sealed_insert :exec
-- An insert of rows, which has a form for one.
-- param: ids bigint[], notes text[]
-- seals: notes
-- class: local
INSERT INTO item (id, note) SELECT unnest(@ids), unnest(@notes);
