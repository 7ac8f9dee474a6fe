-- SPDX-License-Identifier: Apache-2.0
-- Parties, sites, products and certificates have one row each, which pages read, beside their signed versions: the sweep and
-- the patrol compare it with the newest of them.

ALTER TABLE log_alteration DROP CONSTRAINT log_alteration_part_check,
    ADD CONSTRAINT log_alteration_part_check
        CHECK (part IN ('entry', 'body', 'leaf', 'node', 'root', 'tile', 'tile-above', 'act', 'row'));
COMMENT ON COLUMN log_alteration.part IS 'What differs: the note, the body it covers, the leaf, a node over leaves, the root, a tile, the rows that it stands for, the row that is read in place of the newest version of a thing';
