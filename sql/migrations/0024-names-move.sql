-- SPDX-License-Identifier: Apache-2.0
-- The number of a sample goes on with the record that stands in the place of the one that took it.
DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT UPDATE (org_id, id) ON thing TO ft_app;
    END IF;
END $$;
