-- SPDX-License-Identifier: Apache-2.0
-- Witnesses of the log: a signed head may have to wait until enough of them have cosigned it.

ALTER TABLE log_checkpoint
    ADD COLUMN cosigned bytea,
    ADD COLUMN waits boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN log_checkpoint.cosigned IS 'The same head with the lines of witnesses behind the log''s own (c2sp.org/tlog-cosignature); NULL: none has signed it';
COMMENT ON COLUMN log_checkpoint.waits IS 'Signed, and not published: the policy asks for more witnesses';

CREATE INDEX log_checkpoint_published ON log_checkpoint (size) WHERE NOT waits;
COMMENT ON INDEX log_checkpoint_published IS 'log_checkpoint_newest, log_index_of, log_event_places';
CREATE INDEX log_checkpoint_waiting ON log_checkpoint (size) WHERE waits;
COMMENT ON INDEX log_checkpoint_waiting IS 'log_checkpoint_release';

DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT UPDATE (cosigned, waits) ON log_checkpoint TO ft_app;
    END IF;
END
$$;
