-- SPDX-License-Identifier: Apache-2.0
-- Scans of packs by lot and ten minutes: whether people scan what has not left its maker, or should not be sold any more,
-- can be asked again when a record says so late. Takes the place of early_scan, which knew codes that are not in use alone.

DELETE FROM scale_map WHERE tab = 'early_scan';
DROP TABLE early_scan;

CREATE TABLE lot_scan (
    org_id   uuid NOT NULL,
    lot_id   uuid NOT NULL,
    at       timestamptz NOT NULL,
    kind     text NOT NULL CHECK (kind IN ('other', 'early', 'recalled', 'destroyed', 'returned', 'expired')),
    scans    bigint NOT NULL CHECK (scans > 0),
    networks bigint NOT NULL,
    code     text NOT NULL,
    PRIMARY KEY (org_id, lot_id, at, kind)
) WITH (fillfactor = 80);
COMMENT ON TABLE lot_scan IS 'How often packs of a lot were scanned in ten minutes. No address, nor anything that leads back to one; days later it is gone';
COMMENT ON COLUMN lot_scan.org_id IS 'Issuer of the lot';
COMMENT ON COLUMN lot_scan.lot_id IS 'The lot';
COMMENT ON COLUMN lot_scan.at IS 'When the ten minutes began';
COMMENT ON COLUMN lot_scan.kind IS 'early: the code was not in use; else how the page spoke of the lot: recalled …; other: nothing to warn of';
COMMENT ON COLUMN lot_scan.scans IS 'How often';
COMMENT ON COLUMN lot_scan.networks IS 'As code_scan.day_networks, with the lot in the place of the code';
COMMENT ON COLUMN lot_scan.code IS 'One of the packs';
CREATE INDEX lot_scan_by_time ON lot_scan (at);
COMMENT ON INDEX lot_scan_by_time IS 'lot_scan_forget';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('lot_scan', 'dist', 'org_id', 'org');
SELECT row_security('lot_scan', NULL);
ALTER TABLE lot_scan ADD CONSTRAINT lot_scan_lot FOREIGN KEY (org_id, lot_id) REFERENCES lot (org_id, lot_id);

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT UPDATE, DELETE ON lot_scan TO ft_app; -- counters
    END IF;
END
$$;
