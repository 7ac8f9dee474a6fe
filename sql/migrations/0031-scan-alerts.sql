-- SPDX-License-Identifier: Apache-2.0
-- What scans of packs say about them: alerts on copies, and on packs that are looked at before their codes are in use.

ALTER TABLE code_scan ADD COLUMN hour timestamptz NOT NULL DEFAULT '-infinity', ADD COLUMN hour_scans bigint NOT NULL DEFAULT 0,
    ADD COLUMN hour_networks bigint NOT NULL DEFAULT 0, ADD COLUMN suspect boolean;
ALTER TABLE code_scan ALTER COLUMN hour DROP DEFAULT, ALTER COLUMN hour_scans DROP DEFAULT,
    ALTER COLUMN hour_networks DROP DEFAULT;
COMMENT ON COLUMN code_scan.hour IS 'Hour of the clock of the newest; -infinity: before hours were counted';
COMMENT ON COLUMN code_scan.hour_scans IS 'How often in that hour';
COMMENT ON COLUMN code_scan.hour_networks IS 'As day_networks, of that hour';
COMMENT ON COLUMN code_scan.suspect IS 'Its alert K01 is open; false: was closed, whatever the counts say; NULL: there is none';

CREATE TABLE early_scan (
    org_id   uuid NOT NULL,
    lot_id   uuid NOT NULL,
    day      date NOT NULL,
    scans    bigint NOT NULL,
    networks bigint NOT NULL,
    PRIMARY KEY (org_id, lot_id)
) WITH (fillfactor = 80);
COMMENT ON TABLE early_scan IS 'How often packs of a lot were scanned on a day whose codes were not in use yet; the newest such day alone';
COMMENT ON COLUMN early_scan.org_id IS 'Issuer of the lot';
COMMENT ON COLUMN early_scan.lot_id IS 'The lot';
COMMENT ON COLUMN early_scan.day IS 'Day (UTC)';
COMMENT ON COLUMN early_scan.scans IS 'How often on that day';
COMMENT ON COLUMN early_scan.networks IS 'As code_scan.day_networks, with the lot in the place of the code';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('early_scan', 'dist', 'org_id', 'org');
SELECT row_security('early_scan', NULL);

-- What scans say is about one pack: neither a record raised it, nor does it stand on the page of the whole lot.
ALTER TABLE alert ADD COLUMN code text, ALTER COLUMN event DROP NOT NULL;
COMMENT ON COLUMN alert.code IS 'Code of the pack that it is about, which alone shows it; NULL: its lot does';
COMMENT ON COLUMN alert.event IS 'Record whose capture raised it; NULL: scans did';

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT UPDATE ON early_scan TO ft_app; -- counters
    END IF;
END
$$;

ALTER TABLE early_scan ADD CONSTRAINT early_scan_lot FOREIGN KEY (org_id, lot_id) REFERENCES lot (org_id, lot_id);
