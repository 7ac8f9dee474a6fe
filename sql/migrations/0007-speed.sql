-- SPDX-License-Identifier: Apache-2.0
-- What measuring asked for: keys found by their organisation however many there are, kept trails read without a detour.

CREATE INDEX key_head_by_org ON key_head (org_id);
COMMENT ON INDEX key_head_by_org IS 'key_heads_lock';

-- A kept trail is 2 to 4 KB once compressed: beside its row and not in a table of its own it is there in one read.
ALTER TABLE trail_summary SET (toast_tuple_target = 8160);
