-- SPDX-License-Identifier: Apache-2.0
-- What is wrong with the schema, one row each: rules that keep the same SQL running on distributed tables
-- (scale_map says how each table is laid out), and rules of our own about comments.
WITH own AS ( -- tables of ours: no extension's, no partitions
    SELECT c.oid, c.relname, c.relrowsecurity FROM pg_class c
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
), t AS (
    SELECT own.oid, m.tab, m.kind, m.dist_col, m.grp,
           (SELECT attnum FROM pg_attribute WHERE attrelid = own.oid AND attname = m.dist_col) AS dist_num
    FROM scale_map m JOIN own ON own.relname = m.tab
)
SELECT 'table ' || relname || ' is not in scale_map' AS fault
FROM own WHERE relname NOT IN (SELECT tab FROM scale_map)
UNION ALL
SELECT 'scale_map names ' || tab || ', which is no table' FROM scale_map WHERE tab NOT IN (SELECT relname FROM own)
UNION ALL
SELECT tab || ' has no column ' || dist_col || ', or it may be NULL' FROM t
WHERE kind = 'dist' AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = oid AND attname = dist_col AND attnotnull)
UNION ALL
SELECT tab || ': ' || dist_col || ' is not its first column' FROM t WHERE kind = 'dist' AND dist_num <> 1
UNION ALL
SELECT tab || ' has no primary key' FROM t
WHERE NOT EXISTS (SELECT FROM pg_index WHERE indrelid = t.oid AND indisprimary)
UNION ALL
SELECT tab || ': unique index ' || indexrelid::regclass || ' lacks ' || dist_col
FROM t JOIN pg_index ON indrelid = t.oid
WHERE kind = 'dist' AND (indisunique OR indisexclusion) AND dist_num <> ALL (indkey::int2[])
UNION ALL
SELECT t.tab || ': foreign key ' || conname || ' leads to ' || r.tab || ', which may lie elsewhere'
FROM t JOIN pg_constraint ON conrelid = t.oid AND contype = 'f' AND conparentid = 0 JOIN t r ON r.oid = confrelid
WHERE (t.kind <> 'dist' AND r.kind = 'dist') OR (t.kind <> 'local' AND r.kind = 'local')
   OR (t.kind = 'dist' AND (confdeltype IN ('n', 'd') OR confupdtype IN ('n', 'd')))
   OR (t.kind = 'dist' AND r.kind = 'dist' AND (t.grp <> r.grp OR NOT EXISTS (
          SELECT FROM unnest(conkey, confkey) AS u(own, other) WHERE own = t.dist_num AND other = r.dist_num)))
UNION ALL
SELECT t.tab || ': trigger ' || tgname FROM t JOIN pg_trigger ON tgrelid = t.oid WHERE kind <> 'local' AND NOT tgisinternal
UNION ALL
SELECT t.tab || ': rule ' || rulename FROM t JOIN pg_rewrite ON ev_class = t.oid
UNION ALL
SELECT t.tab || '.' || attname || ': sequence of less than bigint'
FROM t JOIN pg_attribute a ON attrelid = t.oid LEFT JOIN pg_attrdef ON adrelid = t.oid AND adnum = attnum
WHERE attnum > 0 AND atttypid IN ('int2'::regtype, 'int4'::regtype)
  AND (attidentity <> '' OR pg_get_expr(adbin, adrelid) LIKE 'nextval%')
UNION ALL
SELECT t.tab || ': a partition has partitions'
FROM t JOIN pg_inherits ON inhparent = t.oid JOIN pg_class c ON c.oid = inhrelid WHERE c.relkind = 'p'
UNION ALL
SELECT 'group ' || grp || ' has keys of different types' FROM t JOIN pg_attribute ON attrelid = oid AND attname = dist_col
WHERE kind = 'dist' GROUP BY grp HAVING count(DISTINCT atttypid) > 1
UNION ALL -- who sees the rows of a table is said where the table is made
SELECT 'table ' || relname || ' is neither under row security (row_security) nor open for a reason (scale_map.open_because)'
FROM own JOIN scale_map ON tab = relname
WHERE NOT relrowsecurity AND coalesce(length(open_because), 0) < 10
UNION ALL
SELECT 'table ' || relname || ' is under row security and open too'
FROM own JOIN scale_map ON tab = relname WHERE relrowsecurity AND open_because IS NOT NULL
UNION ALL
SELECT 'table ' || relname || ': the program has no policy, or others may write'
FROM own
WHERE relrowsecurity
  AND (NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = own.oid AND polname = 'program' AND polcmd = '*')
       OR EXISTS (SELECT FROM pg_policy WHERE polrelid = own.oid AND polname <> 'program' AND polcmd <> 'r'))
UNION ALL -- bytes that a table of shipped columns was to keep from the public
SELECT 'ft_public reads ' || relname || '.' || attname || ', which may be personal'
FROM own JOIN pg_attribute ON attrelid = own.oid
WHERE attnum > 0 AND NOT attisdropped AND to_regrole('ft_public') IS NOT NULL
  AND has_column_privilege('ft_public', own.oid, attnum, 'SELECT')
  AND (relname IN ('event', 'master_version', 'lot_holding', 'shipment', 'shipment_line', 'alert', 'alert_action', 'api_key',
                   'key_secret', 'audit', 'site_event', 'event_thing', 'site')
       OR attname IN ('geometry', 'body', 'view_secret', 'wrapped', 'salt', 'secret_hash', 'note')
          AND relname <> 'trail_summary')
UNION ALL
SELECT 'ft_public may write ' || relname
FROM own WHERE to_regrole('ft_public') IS NOT NULL AND has_table_privilege('ft_public', own.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
UNION ALL
SELECT 'table ' || relname || ' has no COMMENT' FROM own WHERE obj_description(oid, 'pg_class') IS NULL
UNION ALL
SELECT relname || '.' || attname || ' has no COMMENT'
FROM own JOIN pg_attribute ON attrelid = own.oid
WHERE attnum > 0 AND NOT attisdropped AND col_description(attrelid, attnum) IS NULL
UNION ALL -- an index that enforces a constraint says what it is for
SELECT 'index ' || indexrelid::regclass || ' has no COMMENT that says which query it serves'
FROM own JOIN pg_index ON indrelid = own.oid
WHERE obj_description(indexrelid, 'pg_class') IS NULL
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
ORDER BY 1;
