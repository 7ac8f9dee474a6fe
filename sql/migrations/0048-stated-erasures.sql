-- SPDX-License-Identifier: Apache-2.0
-- What was removed is recognised by its entry in the log, not by a row alone.

CREATE FUNCTION is_stated(of_kind text, of_id uuid, of_version bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM log_leaf l WHERE l.id = of_id AND l.kind = of_kind AND l.version IS NOT DISTINCT FROM of_version)
        OR EXISTS (SELECT FROM log_pending p WHERE p.id = of_id AND p.kind = of_kind AND p.version IS NOT DISTINCT FROM of_version)
$$;
COMMENT ON FUNCTION is_stated(text, uuid, bigint) IS 'Whether the log has an entry of this kind about this subject, or will';
