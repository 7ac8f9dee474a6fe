-- SPDX-License-Identifier: Apache-2.0
-- What was altered, and was brought back: it stays in the table, and when it is altered again it is news again.

ALTER TABLE log_alteration ADD COLUMN mended_at timestamptz,
    DROP CONSTRAINT log_alteration_pkey,
    ADD PRIMARY KEY (part, idx, found_at);
COMMENT ON COLUMN log_alteration.mended_at IS 'End of the first whole pass after it that found nothing; NULL: not yet';
CREATE UNIQUE INDEX log_alteration_open ON log_alteration (part, idx) WHERE mended_at IS NULL;
COMMENT ON INDEX log_alteration_open IS 'log_alteration_insert, log_alteration_list, log_alteration_mend';

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT UPDATE (mended_at) ON log_alteration TO ft_app;
    END IF;
END
$$;
