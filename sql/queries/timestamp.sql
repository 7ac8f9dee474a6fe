-- SPDX-License-Identifier: Apache-2.0
-- What time-stamping authorities say about heads of the log.

-- name: timestamp_head_lock :one
-- A published head, and which log of the origin has signed it; of two who bring a time-stamp over it one waits.
-- param: size bigint
-- class: local
-- scope: program
-- column: checkpoint bytea, at timestamptz, number bigint
SELECT c.checkpoint, c.at, coalesce((SELECT min(s.number) - 1 FROM log_succession s WHERE s.size >= c.size), h.number) AS number
FROM log_checkpoint c CROSS JOIN log_head h
WHERE c.size = @size AND NOT c.waits AND h.one
FOR UPDATE OF c;

-- name: timestamp_insert :exec
-- A time-stamp over a head that is locked; an authority's first stays.
-- param: number bigint, size bigint, authority text, answer bytea, stamped_at timestamptz, recorded_at timestamptz
-- class: local
-- scope: program
INSERT INTO log_timestamp (number, size, place, authority, answer, stamped_at, recorded_at)
SELECT @number, @size, (SELECT count(*) + 1 FROM log_timestamp t WHERE t.size = @size AND t.number = @number),
       @authority, @answer, @stamped_at, @recorded_at
ON CONFLICT (size, number, authority) DO NOTHING;

-- name: timestamp_found :one
-- An authority's over a head.
-- param: number bigint, size bigint, authority text
-- class: local
-- scope: program
-- column: stamped_at timestamptz, place bigint
SELECT stamped_at, place FROM log_timestamp WHERE size = @size AND number = @number AND authority = @authority;

-- name: timestamp_list :many
-- Behind a place, of the largest head first; of heads that the log which goes on contains.
-- param: size bigint, place bigint, max_rows bigint
-- class: local
-- scope: program
-- column: number bigint, size bigint, authority text, stamped_at timestamptz, place bigint
SELECT t.number, t.size, t.authority, t.stamped_at, t.place
FROM log_timestamp t
WHERE t.size <= @size AND (t.size < @size OR t.place > @place)
  AND NOT EXISTS (SELECT FROM log_succession s WHERE s.number > t.number AND s.size < t.size)
ORDER BY t.size DESC, t.place
LIMIT @max_rows;

-- name: timestamp_read :one
-- One of those over a head.
-- param: size bigint, place bigint
-- class: local
-- scope: program
-- column: answer bytea
SELECT t.answer
FROM log_timestamp t
WHERE t.size = @size AND t.place = @place
  AND NOT EXISTS (SELECT FROM log_succession s WHERE s.number > t.number AND s.size < t.size);
