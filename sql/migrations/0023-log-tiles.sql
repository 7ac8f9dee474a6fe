-- SPDX-License-Identifier: Apache-2.0
-- Full tiles of the log as rows: one read gives 256 hashes. They repeat what log_leaf and log_node say, and the sweep
-- holds them against these.

CREATE TABLE log_tile (
    level  smallint CHECK (level BETWEEN 0 AND 7),
    idx    bigint CHECK (idx >= 0),
    hashes bytea NOT NULL CHECK (length(hashes) = 8192),
    PRIMARY KEY (level, idx)
);
-- Hashes do not compress; without the attempt a part of a tile is read without the rest.
ALTER TABLE log_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
COMMENT ON TABLE log_tile IS 'Derived: full tiles as they are served, written with the last of their hashes; the rows of log_leaf and log_node count';
COMMENT ON COLUMN log_tile.level IS 'Tile level: 0 of leaves, 1 of the roots of those …';
COMMENT ON COLUMN log_tile.idx IS 'Which one at its level';
COMMENT ON COLUMN log_tile.hashes IS '256 hashes of 32 octets, in their order';

INSERT INTO log_tile (level, idx, hashes)
SELECT 0, idx / 256, string_agg(hash, '' ORDER BY idx)
FROM log_leaf WHERE idx < (SELECT size FROM log_head) GROUP BY idx / 256 HAVING count(*) = 256;
INSERT INTO log_tile (level, idx, hashes)
SELECT level, idx / 256, string_agg(hash, '' ORDER BY idx)
FROM log_node GROUP BY level, idx / 256 HAVING count(*) = 256;

ALTER TABLE log_alteration DROP CONSTRAINT log_alteration_part_check,
    ADD CONSTRAINT log_alteration_part_check
        CHECK (part IN ('entry', 'body', 'leaf', 'node', 'tile', 'tile-above', 'root'));
COMMENT ON COLUMN log_alteration.part IS 'What differs: the note, the body it covers, the leaf, a node over leaves, a tile of leaves or of nodes as it is served, the root';

INSERT INTO scale_map (tab, kind, dist_col, grp, open_because) VALUES
    ('log_tile', 'local', NULL, NULL, 'hashes of the public log');

DO $$
BEGIN
    IF to_regrole('ft_public') IS NOT NULL THEN
        GRANT SELECT ON log_tile TO ft_public;
    END IF;
END
$$;
