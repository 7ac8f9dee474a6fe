-- SPDX-License-Identifier: Apache-2.0
-- What changes a page without being a record or master data is stated and logged as these are: codes of packs that are issued,
-- put into use or withdrawn, and alerts that a person closes or opens again.

CREATE TABLE act_statement (
    id               uuid PRIMARY KEY,
    kind             text NOT NULL CHECK (kind IN ('codes', 'alert')),
    org_id           uuid NOT NULL,
    recorded_at      timestamptz NOT NULL,
    body             bytea NOT NULL,
    view_secret      bytea NOT NULL CHECK (length(view_secret) = 32),
    key_fingerprint  bytea NOT NULL CHECK (length(key_fingerprint) = 32),
    seq              bigint NOT NULL CHECK (seq > 1),
    statement        bytea NOT NULL,
    statement_sha256 bytea NOT NULL CHECK (length(statement_sha256) = 32)
);
COMMENT ON TABLE act_statement IS 'Statements about codes of packs and alerts, one a request';
COMMENT ON COLUMN act_statement.id IS 'UUIDv7';
COMMENT ON COLUMN act_statement.kind IS 'codes or alert; stands as farmtrail/KIND@v1';
COMMENT ON COLUMN act_statement.org_id IS 'Organisation whose key signed it';
COMMENT ON COLUMN act_statement.recorded_at IS 'When; rows that it stands for have the same time';
COMMENT ON COLUMN act_statement.body IS 'JSON, byte for byte as signed: what was done. No code can be read from it';
COMMENT ON COLUMN act_statement.view_secret IS 'Salts derive from it: all views are the body';
COMMENT ON COLUMN act_statement.key_fingerprint IS 'Key that signed it';
COMMENT ON COLUMN act_statement.seq IS 'Number in that key''s sequence';
COMMENT ON COLUMN act_statement.statement IS 'Signed note';
COMMENT ON COLUMN act_statement.statement_sha256 IS 'SHA-256 of the note''s text';

CREATE FUNCTION act_json(body bytea) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN convert_from(body, 'UTF8')::jsonb;
EXCEPTION
    WHEN others THEN RETURN NULL;
END
$$;
COMMENT ON FUNCTION act_json(bytea) IS 'The body of an act_statement; NULL: somebody changed it into something else';

ALTER TABLE item_issue ADD COLUMN stated uuid;
ALTER TABLE code_mark ADD COLUMN stated uuid;
ALTER TABLE alert_action ADD COLUMN stated uuid;
COMMENT ON COLUMN item_issue.stated IS 'Its act_statement; NULL: issued before there were any';
COMMENT ON COLUMN code_mark.stated IS 'Its act_statement; NULL: made before there were any';
COMMENT ON COLUMN alert_action.stated IS 'Of close and reopen by a person its act_statement; NULL: done before there were any';

CREATE INDEX code_by_issue ON code (issue, place) WHERE kind = 'item';
COMMENT ON INDEX code_by_issue IS 'act_differences';

ALTER TABLE log_pending DROP CONSTRAINT log_pending_kind_check,
    ADD CONSTRAINT log_pending_kind_check CHECK (kind IN (
        'event', 'key', 'revoke', 'erase', 'erase-party', 'erase-site', 'party', 'site', 'product', 'certificate', 'codes', 'alert'));

ALTER TABLE log_alteration DROP CONSTRAINT log_alteration_part_check,
    ADD CONSTRAINT log_alteration_part_check
        CHECK (part IN ('entry', 'body', 'leaf', 'node', 'root', 'tile', 'tile-above', 'act'));
COMMENT ON COLUMN log_alteration.part IS 'What differs: the note, the body it covers, the leaf, a node over leaves, the root, a tile, the rows that it stands for';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('act_statement', 'local', NULL, NULL);
SELECT row_security('act_statement', NULL);
