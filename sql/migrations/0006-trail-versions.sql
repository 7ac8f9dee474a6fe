-- SPDX-License-Identifier: Apache-2.0
-- Kept trails know the version of each lot: with several writers a commit may bring a version older than the newest.

DELETE FROM trail_summary;
ALTER TABLE trail_summary ADD COLUMN versions timestamptz[] NOT NULL;
COMMENT ON COLUMN trail_summary.versions IS 'Versions of lots when they were read, place by place; the row is valid while they are all the same';
COMMENT ON TABLE trail_summary IS 'Public trail of a lot, computed at its first scan; valid while every lot in its set has the version that was read';
