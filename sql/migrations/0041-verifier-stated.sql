-- SPDX-License-Identifier: Apache-2.0
-- The page with which anybody checks trails is stated in the log by its hash.

ALTER TABLE act_statement DROP CONSTRAINT act_statement_kind_check,
    ADD CONSTRAINT act_statement_kind_check CHECK (kind IN ('codes', 'alert', 'verifier'));
COMMENT ON COLUMN act_statement.kind IS 'codes, alert or verifier; stands as farmtrail/KIND@v1';
COMMENT ON COLUMN act_statement.body IS 'JSON: of codes and alerts byte for byte as signed, no code can be read from it; of a verifier what the statement itself says of the file';
COMMENT ON COLUMN act_statement.view_secret IS 'Salts derive from it: all views are the body. Of a verifier drawn and not used';

ALTER TABLE log_pending DROP CONSTRAINT log_pending_kind_check,
    ADD CONSTRAINT log_pending_kind_check
        CHECK (kind IN ('event', 'key', 'revoke', 'origin', 'erase', 'erase-party', 'erase-site', 'party', 'site', 'product', 'certificate',
                        'codes', 'alert', 'verifier'));
