-- SPDX-License-Identifier: Apache-2.0
-- Kept trails are gzip'ed once, when they are kept, and sent as they are: nearly every client takes them so, and neither
-- the database nor the server has to unpack or copy five times the bytes at every scan.

DELETE FROM trail_summary;
ALTER TABLE trail_summary ALTER COLUMN body SET STORAGE EXTERNAL; -- nothing is left to compress
COMMENT ON COLUMN trail_summary.body IS 'JSON of the farm tier, public form, in gzip (RFC 1952)';
