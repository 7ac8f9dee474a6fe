-- SPDX-License-Identifier: Apache-2.0
-- Codes of single packs. They are computed from a counter (core/code.h), so that issuing a hundred thousand of them writes a
-- row for every 1024: the block, filed under the code of its first item. What happens to some of a block is a mark.

CREATE SEQUENCE item_block AS bigint MINVALUE 0 MAXVALUE 1073741823 NO CYCLE;
COMMENT ON SEQUENCE item_block IS 'Blocks of item codes; gaps mean nothing';

ALTER TABLE code ADD COLUMN issue uuid, ADD COLUMN place bigint, ADD COLUMN items bigint,
    ADD CONSTRAINT code_items CHECK ((kind = 'item') = (items IS NOT NULL) AND items BETWEEN 1 AND 1024),
    ADD CONSTRAINT code_issue CHECK ((kind = 'item') = (issue IS NOT NULL) AND (kind = 'item') = (place IS NOT NULL));
COMMENT ON TABLE code IS 'What a QR carries; no code without a signed event behind it. Of items the first of each block';
COMMENT ON COLUMN code.id IS 'The thing; of items their lot';
COMMENT ON COLUMN code.state IS 'issued, activated or voided; of items as they were issued, code_mark has the rest';
COMMENT ON COLUMN code.issue IS 'Items: the item_issue they belong to';
COMMENT ON COLUMN code.place IS 'Items: place of the block''s first item in its issue, from 0';
COMMENT ON COLUMN code.items IS 'Items: how many of the block there are';

CREATE TABLE item_issue (
    org_id    uuid NOT NULL,
    id        uuid NOT NULL,
    lot_id    uuid NOT NULL,
    items     bigint NOT NULL CHECK (items BETWEEN 1 AND 100000),
    blocks    bigint[] NOT NULL,
    state     text NOT NULL CHECK (state IN ('issued', 'activated')),
    issued_at timestamptz NOT NULL,
    key       uuid NOT NULL,
    PRIMARY KEY (org_id, id)
);
COMMENT ON TABLE item_issue IS 'Codes of packs of a lot that were issued together';
COMMENT ON COLUMN item_issue.org_id IS 'Issuer of the lot';
COMMENT ON COLUMN item_issue.id IS 'Given by the client, or made';
COMMENT ON COLUMN item_issue.lot_id IS 'The lot';
COMMENT ON COLUMN item_issue.items IS 'How many codes';
COMMENT ON COLUMN item_issue.blocks IS 'Their blocks in order, each but the last full';
COMMENT ON COLUMN item_issue.state IS 'State they were issued in';
COMMENT ON COLUMN item_issue.issued_at IS 'When';
COMMENT ON COLUMN item_issue.key IS 'API key that asked for them';

CREATE TABLE code_mark (
    code   text NOT NULL,
    state  text NOT NULL CHECK (state IN ('activated', 'voided')),
    first  bigint NOT NULL,
    last   bigint NOT NULL,
    at     timestamptz NOT NULL,
    key    uuid NOT NULL,
    reason text,
    PRIMARY KEY (code, state, first, last),
    CHECK (first BETWEEN 0 AND last AND last < 1024)
);
COMMENT ON TABLE code_mark IS 'What happened to items of a block after they were issued; a voided one stays voided';
COMMENT ON COLUMN code_mark.code IS 'Code of the block''s first item';
COMMENT ON COLUMN code_mark.state IS 'activated or voided';
COMMENT ON COLUMN code_mark.first IS 'First item of the block concerned, from 0';
COMMENT ON COLUMN code_mark.last IS 'Last one';
COMMENT ON COLUMN code_mark.at IS 'When it was recorded; the same again keeps the first time';
COMMENT ON COLUMN code_mark.key IS 'API key that asked for it';
COMMENT ON COLUMN code_mark.reason IS 'In words';

CREATE TABLE code_scan (
    code         text PRIMARY KEY,
    first_at     timestamptz NOT NULL,
    last_at      timestamptz NOT NULL,
    scans        bigint NOT NULL,
    day          date NOT NULL,
    day_scans    bigint NOT NULL,
    day_networks bigint NOT NULL
) WITH (fillfactor = 80);
COMMENT ON TABLE code_scan IS 'How often the page of an item was opened. No address, nor anything that leads back to one';
COMMENT ON COLUMN code_scan.code IS 'The item''s own code';
COMMENT ON COLUMN code_scan.first_at IS 'First time';
COMMENT ON COLUMN code_scan.last_at IS 'Newest time';
COMMENT ON COLUMN code_scan.scans IS 'How often';
COMMENT ON COLUMN code_scan.day IS 'Day (UTC) of the newest';
COMMENT ON COLUMN code_scan.day_scans IS 'How often on that day';
COMMENT ON COLUMN code_scan.day_networks IS '64 bits: each network that scanned on that day sets one that a keyed digest of code,
day and network chooses; so many networks share a bit that none can be read off';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES
    ('item_issue', 'dist', 'org_id', 'org'), ('code_mark', 'dist', 'code', 'code'), ('code_scan', 'dist', 'code', 'code');

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT UPDATE ON code_scan TO ft_app; -- counters
    END IF;
END
$$;

ALTER TABLE item_issue ADD CONSTRAINT item_issue_lot FOREIGN KEY (org_id, lot_id) REFERENCES lot (org_id, lot_id);
