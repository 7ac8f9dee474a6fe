-- SPDX-License-Identifier: Apache-2.0
-- Who sees which rows, said once and by the database: whatever a statement forgets to ask, it gives nobody more.
-- A later migration that makes a table calls row_security for it, or says in scale_map.open_because why all may read it.

-- Who asks, as db/tx.c has set it for this transaction; not set: nobody.

CREATE FUNCTION scope_service() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(current_setting('ft.service', true) = 'on', false) $$;
COMMENT ON FUNCTION scope_service() IS 'The program itself asks, or an administrator without bounds: sees and writes everything';

CREATE FUNCTION scope_public() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT current_user = 'ft_public' $$;
COMMENT ON FUNCTION scope_public() IS 'Anybody asks: the role that is granted the columns that anybody may read';

CREATE FUNCTION scope_key() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('ft.key', true), '')::uuid $$;
COMMENT ON FUNCTION scope_key() IS 'API key that asks; NULL: none';

CREATE FUNCTION scope_parties() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT coalesce(nullif(current_setting('ft.parties', true), ''), '{}')::uuid[] $$;
COMMENT ON FUNCTION scope_parties() IS 'Parties that key is bounded to; empty: it is not bounded to parties';

CREATE FUNCTION scope_region() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('ft.region', true), '') $$;
COMMENT ON FUNCTION scope_region() IS 'Region that key is bounded to; NULL: it is not bounded to a region';

-- A key that is bounded to parties and to a region sees what lies within both; one without bounds sees no rows of
-- tenants: only scope_service does.

CREATE FUNCTION seen_by(parties text, regions text) RETURNS text LANGUAGE sql IMMUTABLE
    AS $$ SELECT format('((SELECT scope_parties() <> ''{}'' OR scope_region() IS NOT NULL)'
                        ' AND ((SELECT scope_parties() = ''{}'') OR ARRAY[%s]::uuid[] && (SELECT scope_parties()))'
                        ' AND ((SELECT scope_region() IS NULL) OR EXISTS (SELECT FROM region_closure within'
                        ' WHERE within.ancestor = (SELECT scope_region()) AND within.descendant IN (%s))))',
                        parties, regions) $$;
COMMENT ON FUNCTION seen_by(text, text) IS 'Text of a policy: the row belongs to these parties and lies in these regions (lists of columns)';

CREATE FUNCTION row_security(tab regclass, seen text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tab);
    EXECUTE format('CREATE POLICY program ON %s USING ((SELECT scope_service()))', tab);
    IF seen IS NOT NULL THEN
        -- the program first: its statements shall not evaluate the rest for every row
        EXECUTE format('CREATE POLICY seen ON %s FOR SELECT USING ((SELECT scope_service()) OR (%s))', tab, seen);
    END IF;
END
$$;
COMMENT ON FUNCTION row_security(regclass, text) IS 'Puts a table under row security: the program sees and writes it all; others read the rows for which the expression holds; NULL: none';

ALTER TABLE scale_map ADD COLUMN open_because text;
COMMENT ON COLUMN scale_map.open_because IS 'Why the table is not under row security';
UPDATE scale_map m SET open_because = o.reason
FROM (VALUES
    ('scale_map', 'layout of the schema'),
    ('schema_migration', 'layout of the schema'),
    ('region', 'public reference data'),
    ('region_change', 'public reference data'),
    ('region_closure', 'public reference data'),
    ('reference_set', 'public reference data'),
    ('product', 'names and packages of goods, as printed on them'),
    ('certificate', 'published by its scheme'),
    ('signing_key', 'public keys and what enrolled them: whoever checks a proof needs them'),
    ('thing', 'hashes and ids; what they name has policies of its own'),
    ('event_key', 'hashes and ids; what they name has policies of its own'),
    ('code', 'what a QR says to whoever holds it; what it names has policies of its own'),
    ('code_scan', 'counts that the page of the item shows to whoever opens it'),
    ('trail_summary', 'the public answer itself, nothing personal in it')
) AS o (tab, reason)
WHERE m.tab = o.tab;

-- Lots. A lot is seen by who issued it, and by who holds, held or was shipped it or anything made of it: that is the trail
-- of what they have. The walk down ends at the first hit. Beyond a bound nothing is seen.

CREATE FUNCTION lot_seen_by(lot_org uuid, lot uuid, parties uuid[], within text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp COST 2000 AS $$
BEGIN
    IF parties = '{}' AND within IS NULL THEN
        RETURN false;
    END IF;
    IF parties <> '{}' AND NOT (lot_org = ANY (parties) OR EXISTS (
        WITH RECURSIVE below (o, l) AS (
            SELECT lot_org, lot
            UNION
            SELECT e.child_org, e.child
            FROM below b CROSS JOIN LATERAL (SELECT child_org, child FROM lot_edge WHERE parent = b.l OFFSET 0) e
        )
        SELECT FROM (SELECT o, l FROM below LIMIT 20000) b
        CROSS JOIN LATERAL (SELECT FROM lot_holding h WHERE h.org_id = b.o AND h.lot_id = b.l AND h.holder = ANY (parties)
                            LIMIT 1) held)) THEN
        RETURN false;
    END IF;
    RETURN within IS NULL OR EXISTS (
        WITH RECURSIVE below (o, l) AS (
            SELECT lot_org, lot
            UNION
            SELECT e.child_org, e.child
            FROM below b CROSS JOIN LATERAL (SELECT child_org, child FROM lot_edge WHERE parent = b.l OFFSET 0) e
        )
        SELECT FROM (SELECT o, l FROM below LIMIT 20000) b
        CROSS JOIN LATERAL (SELECT h.region FROM lot_holding h WHERE h.org_id = b.o AND h.lot_id = b.l
                            UNION ALL
                            SELECT g.region FROM lot g WHERE g.org_id = b.o AND g.lot_id = b.l OFFSET 0) place
        WHERE EXISTS (SELECT FROM region_closure c WHERE c.ancestor = within AND c.descendant = place.region));
END
$$;
COMMENT ON FUNCTION lot_seen_by(uuid, uuid, uuid[], text) IS 'Whether a key with these bounds sees a lot: grown, issued, held or shipped there, or anything made of it';

CREATE FUNCTION lot_seen(lot_org uuid, lot uuid) RETURNS boolean LANGUAGE sql STABLE COST 2000
    AS $$ SELECT lot_seen_by(lot_org, lot, scope_parties(), scope_region()) $$;
COMMENT ON FUNCTION lot_seen(uuid, uuid) IS 'Whether who asks sees a lot';

SELECT row_security('lot', '(SELECT scope_public()) OR ((SELECT scope_region() IS NULL) AND org_id = ANY ((SELECT scope_parties())::uuid[]))'
                           ' OR lot_seen(org_id, lot_id)');
-- Stock of others is for officers: who holds what they see.
SELECT row_security('lot_holding', seen_by('holder', 'region')
                                   || ' OR ((SELECT scope_parties() = ''{}'') AND lot_seen(org_id, lot_id))');

-- Records: of who recorded, who acted, who is to receive; of where it happened.
SELECT row_security('event', seen_by('org_id, party, to_party', 'region'));
SELECT row_security('shipment', seen_by('from_party, to_party',
                                        'SELECT p.region FROM party p WHERE p.id IN (from_party, to_party)'));
SELECT row_security('shipment_line',
                    'EXISTS (SELECT FROM shipment s WHERE s.org_id = shipment_line.org_id AND s.id = shipment_line.shipment)');

-- Codes of packs are the business of who sees their lot; what became of one, but not why, is on its page.
SELECT row_security('item_issue', 'lot_seen(org_id, lot_id)');
SELECT row_security('code_mark', '(SELECT scope_public())'
                                 ' OR EXISTS (SELECT FROM code c WHERE c.code = code_mark.code AND lot_seen(c.org_id, c.id))');

-- Links between records and lots are walked by the program, which shows of the walk what may be shown.
SELECT row_security('event_thing', NULL);
SELECT row_security('site_event', NULL);
SELECT row_security('lot_edge', NULL);
SELECT row_security('lot_state', NULL);

-- Alerts: the party an alert is about, who holds or held its lot; the regions it concerns or was handed to.
CREATE FUNCTION alert_seen_by(of_org uuid, of_alert uuid, about uuid, of_lot_org uuid, of_lot uuid, parties uuid[], within text)
RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp COST 1000 AS $$
BEGIN
    IF parties = '{}' AND within IS NULL THEN
        RETURN false;
    END IF;
    IF parties <> '{}' AND NOT (of_org = ANY (parties) OR coalesce(about = ANY (parties), false) OR EXISTS (
        SELECT FROM lot_holding h WHERE h.org_id = of_lot_org AND h.lot_id = of_lot AND h.holder = ANY (parties))) THEN
        RETURN false;
    END IF;
    RETURN within IS NULL OR EXISTS (
        SELECT FROM alert_region r JOIN region_closure c ON c.ancestor = within AND c.descendant = r.region
        WHERE r.org_id = of_org AND r.alert = of_alert);
END
$$;
COMMENT ON FUNCTION alert_seen_by(uuid, uuid, uuid, uuid, uuid, uuid[], text) IS 'Whether a key with these bounds sees an alert';

SELECT row_security('alert', 'alert_seen_by(org_id, id, party, lot_org, lot_id, (SELECT scope_parties())::uuid[], (SELECT scope_region()))');
SELECT row_security('alert_region', 'EXISTS (SELECT FROM alert a WHERE a.org_id = alert_region.org_id AND a.id = alert_region.alert)');
SELECT row_security('alert_action', 'EXISTS (SELECT FROM alert a WHERE a.org_id = alert_action.org_id AND a.id = alert_action.alert)');

-- Master data: everybody who has a key may look up with whom they deal; homes and persons only with a reason to.
SELECT row_security('party', 'NOT personal OR NOT (SELECT scope_public())');
CREATE FUNCTION site_is_own(of_party uuid, in_region text) RETURNS boolean LANGUAGE plpgsql STABLE COST 1000 AS $$
DECLARE
    parties uuid[] := scope_parties();
    within text := scope_region();
BEGIN
    RETURN scope_service()
        OR ((parties <> '{}' OR within IS NOT NULL)
            AND (parties = '{}' OR of_party = ANY (parties))
            AND (within IS NULL
                 OR EXISTS (SELECT FROM region_closure c WHERE c.ancestor = within AND c.descendant = in_region)));
END
$$;
COMMENT ON FUNCTION site_is_own(uuid, text) IS 'Whether who asks acts for a site of this party in this region: geometry is shown';
SELECT row_security('site', 'NOT personal OR site_is_own(party, region)');
SELECT row_security('master_version', 'kind <> ''site'' OR EXISTS (SELECT FROM site s WHERE s.id = master_version.id)');

-- Keys and secrets, kept answers, the log's queue, the audit.
SELECT row_security('api_key', 'id = (SELECT scope_key())');
SELECT row_security('key_head', NULL);
SELECT row_security('key_secret', NULL);
SELECT row_security('idempotency', NULL);
SELECT row_security('log_pending', NULL);
SELECT row_security('audit', NULL);

-- What anybody may read, column by column; and the server may take that role for what anybody asked.
DO $$
BEGIN
    IF to_regrole('ft_public') IS NOT NULL THEN
        GRANT SELECT (number) ON schema_migration TO ft_public;
        GRANT SELECT ON region, region_change, region_closure TO ft_public;
        GRANT SELECT (id, number, kind, name_zh, name_en, uscc, region, personal, state) ON party TO ft_public;
        GRANT SELECT (id, party, number, name_zh, name_en, commodity, gtin) ON product TO ft_public;
        GRANT SELECT (org_id, lot_id, number, uri, code, product, version) ON lot TO ft_public;
        GRANT SELECT (code, state, first, last, at) ON code_mark TO ft_public;
        GRANT SELECT ON thing, event_key, code, code_scan, trail_summary, signing_key TO ft_public;
        BEGIN
            GRANT ft_public TO ft_app;
        EXCEPTION
            WHEN insufficient_privilege OR undefined_object THEN NULL; -- then an administrator does (deploy/README.md)
        END;
    END IF;
END
$$;
