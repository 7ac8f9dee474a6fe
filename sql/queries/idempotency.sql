-- SPDX-License-Identifier: Apache-2.0
-- Requests with an Idempotency-Key: what they were, and the answers they got.

-- name: idempotency_find_many :many
-- Which of some requests were carried out, and their answers.
-- param: hashes bytea[]
-- class: any
-- scope: program
-- column: hash bytea, request_sha256 bytea, minted uuid, status bigint?, location text, etag text, media_type text, answer bytea
-- opens: request_sha256
SELECT hash, request_sha256, minted, status::bigint AS status, location, etag, media_type, answer
FROM idempotency WHERE hash = ANY(@hashes);

-- name: idempotency_insert_many :exec
-- Requests carried out in this transaction; those without an answer get it later. The same one elsewhere at the same time
-- is a conflict.
-- param: hash bytea[], request_sha256 bytea[], made_at timestamptz[], minted uuid[], status bigint[], location text[]
-- param: etag text[], media_type text[], answer bytea[]
-- seals: request_sha256
-- class: key
INSERT INTO idempotency (hash, request_sha256, made_at, minted, status, location, etag, media_type, answer)
SELECT unnest(@hash), unnest(@request_sha256), unnest(@made_at), unnest(@minted), unnest(@status), unnest(@location),
       unnest(@etag), unnest(@media_type), unnest(@answer);

-- name: idempotency_answer_many :exec
-- Answers of requests that had none yet.
-- param: hash bytea[], status bigint[], location text[], etag text[], media_type text[], answer bytea[]
-- class: key
UPDATE idempotency
SET status = z.b, location = z.c, etag = z.d, media_type = z.e, answer = z.f
FROM unnest(@hash, @status, @location, @etag, @media_type, @answer) AS z (a, b, c, d, e, f)
WHERE idempotency.hash = z.a AND idempotency.status IS NULL;

-- name: idempotency_forget :exec
-- A request that was refused after all.
-- param: hash bytea
-- class: key
DELETE FROM idempotency WHERE hash = @hash AND status IS NULL;

-- name: idempotency_prune :exec
-- Requests that nobody repeats any more.
-- param: before timestamptz
-- class: fan
-- scope: program
DELETE FROM idempotency WHERE made_at < @before;
