-- SPDX-License-Identifier: Apache-2.0
-- What may name a person is sealed before it is stored, with a key that is not in the database (ft/crypto/vault.h): a copy of
-- the database tells nobody who a person is, where their home lies, or what was said about them.

CREATE TABLE sealing (
    key_check bytea PRIMARY KEY CHECK (length(key_check) = 32),
    since     timestamptz NOT NULL,
    done_at   timestamptz
);
COMMENT ON TABLE sealing IS 'Which key of the data directory rows are sealed with: one row';
COMMENT ON COLUMN sealing.key_check IS 'Tells that key from another, and nothing else about it';
COMMENT ON COLUMN sealing.since IS 'From when on all that is written is sealed';
COMMENT ON COLUMN sealing.done_at IS 'When the last row written before was sealed too; NULL: some may be left';
INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('sealing', 'local', NULL, NULL);
SELECT row_security('sealing', NULL);

CREATE FUNCTION is_sealed(value bytea) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS $$ SELECT substring(value FROM 1 FOR 8) = '\x017365616c656401'::bytea $$;
COMMENT ON FUNCTION is_sealed(bytea) IS 'Whether bytes say of themselves that they are sealed';
CREATE FUNCTION is_sealed(value text) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS $$ SELECT starts_with(value, E'\x01') $$;
COMMENT ON FUNCTION is_sealed(text) IS 'Whether a text says of itself that it is sealed';

-- Their form is checked before they are sealed.
ALTER TABLE party DROP CONSTRAINT party_uscc_check, ADD CONSTRAINT party_uscc_check CHECK (uscc ~ '^[0-9A-Z]{18}$' OR is_sealed(uscc)),
    DROP CONSTRAINT party_gln_check, ADD CONSTRAINT party_gln_check CHECK (gln ~ '^[0-9]{13}$' OR is_sealed(gln));
ALTER TABLE event DROP CONSTRAINT event_request_sha256_check,
    ADD CONSTRAINT event_request_sha256_check CHECK (length(request_sha256) = 32 OR is_sealed(request_sha256));
ALTER TABLE idempotency DROP CONSTRAINT idempotency_request_sha256_check,
    ADD CONSTRAINT idempotency_request_sha256_check CHECK (length(request_sha256) = 32 OR is_sealed(request_sha256));
ALTER TABLE prepared DROP CONSTRAINT prepared_seed_check,
    ADD CONSTRAINT prepared_seed_check CHECK (length(seed) = 32 OR is_sealed(seed));
DELETE FROM prepared; -- they live for hours, and are simply prepared again

COMMENT ON COLUMN party.name_zh IS 'Chinese name; of a person sealed, as are name_en, uscc and gln';
COMMENT ON COLUMN site.name_zh IS 'Chinese name; of somebody''s home sealed, as is name_en';
COMMENT ON COLUMN site.geometry IS 'WGS 84, longitude before latitude; never public; of somebody''s home it stands in the sealed version alone';
COMMENT ON COLUMN event.body IS 'The EPCIS event in JSON, byte for byte as signed, sealed; of an erased one its farm view';
COMMENT ON COLUMN event.view_secret IS 'Secret from which the salts of its views derive, sealed; NULL: erased';
COMMENT ON COLUMN event.place IS 'Place by its URI, where nobody registered it here; sealed, for it may tell where people live';
COMMENT ON COLUMN event.likeness IS 'Keyed digest of what the record says was done, without when and in which words: likely doubles';
COMMENT ON COLUMN lot.place IS 'Where it was made, by URI, where nobody registered that place here; sealed';
COMMENT ON COLUMN event.flags IS 'Bits of enum event_flag: what was said of its time and origin, and whether its body may name people';
COMMENT ON COLUMN master_version.body IS 'The JSON that was signed, byte for byte, sealed; of an erased one what is left of it';
COMMENT ON COLUMN master_version.view_secret IS 'Secret from which the salts of its views derive, sealed; NULL: erased';

-- What was written before is sealed by the server after its start, some rows at a time. It may not change these tables
-- otherwise: these functions put sealed bytes in the place of clear ones, once.
CREATE FUNCTION events_seal(orgs uuid[], ids uuid[], was bytea[], bodies bytea[], secrets bytea[], requests bytea[], places text[],
                            naming bigint[])
RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH done AS (
        UPDATE event e
        SET body = z.body, view_secret = CASE WHEN e.view_secret IS NOT NULL THEN z.secret END, request_sha256 = z.request,
            place = CASE WHEN e.place IS NOT NULL THEN z.place END, flags = e.flags | z.naming
        FROM unnest(orgs, ids, was, bodies, secrets, requests, places, naming)
             AS z (org_id, id, was, body, secret, request, place, naming)
        WHERE e.org_id = z.org_id AND e.id = z.id AND sha256(e.body) = z.was AND NOT is_sealed(e.body) AND is_sealed(z.body)
        RETURNING e.id)
    SELECT count(*) FROM done
$$;
COMMENT ON FUNCTION events_seal(uuid[], uuid[], bytea[], bytea[], bytea[], bytea[], text[], bigint[]) IS 'Puts sealed bodies in the place of those with these digests';

CREATE FUNCTION versions_seal(kinds text[], ids uuid[], versions bigint[], was bytea[], bodies bytea[], secrets bytea[], reasons text[])
RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH done AS (
        UPDATE master_version m
        SET body = z.body, view_secret = CASE WHEN m.view_secret IS NOT NULL THEN z.secret END,
            reason = CASE WHEN m.reason IS NOT NULL THEN z.reason END
        FROM unnest(kinds, ids, versions, was, bodies, secrets, reasons) AS z (kind, id, version, was, body, secret, reason)
        WHERE m.kind = z.kind AND m.id = z.id AND m.version = z.version AND sha256(m.body) = z.was
          AND NOT is_sealed(m.body) AND is_sealed(z.body)
        RETURNING m.id)
    SELECT count(*) FROM done
$$;
COMMENT ON FUNCTION versions_seal(text[], uuid[], bigint[], bytea[], bytea[], bytea[], text[]) IS 'The same of versions of master data';

CREATE FUNCTION jobs_seal(ids uuid[], sealed bytea[]) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH done AS (
        UPDATE capture_job j SET errors = z.errors
        FROM unnest(ids, sealed) AS z (id, errors)
        WHERE j.id = z.id AND NOT is_sealed(j.errors) AND is_sealed(z.errors)
        RETURNING j.id)
    SELECT count(*) FROM done
$$;
COMMENT ON FUNCTION jobs_seal(uuid[], bytea[]) IS 'The same of what capture jobs answered';

-- Texts of several tables: each clear one once, and the sealed one in its place wherever it stands.
CREATE FUNCTION texts_clear(max_rows bigint) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT t FROM (
        SELECT name FROM api_key
        UNION ALL SELECT vehicle FROM shipment
        UNION ALL SELECT assignee FROM alert
        UNION ALL SELECT note FROM alert_action
        UNION ALL SELECT assignee FROM alert_action
        UNION ALL SELECT reason FROM code_mark
        UNION ALL SELECT place FROM lot) AS texts (t)
    WHERE t IS NOT NULL AND NOT is_sealed(t)
    LIMIT max_rows
$$;
COMMENT ON FUNCTION texts_clear(bigint) IS 'Texts that may name somebody and are not sealed yet';

CREATE FUNCTION texts_seal(clear text[], sealed text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    col record;
    changed bigint;
    total bigint := 0;
BEGIN
    FOR col IN VALUES ('api_key', 'name'), ('shipment', 'vehicle'), ('alert', 'assignee'), ('alert_action', 'note'),
                      ('alert_action', 'assignee'), ('code_mark', 'reason'), ('lot', 'place') LOOP
        EXECUTE format('UPDATE %I AS t SET %I = z.sealed FROM unnest($1, $2) AS z (clear, sealed)'
                       ' WHERE t.%I = z.clear AND is_sealed(z.sealed)', col.column1, col.column2, col.column2) USING clear, sealed;
        GET DIAGNOSTICS changed = ROW_COUNT;
        total := total + changed;
    END LOOP;
    RETURN total;
END
$$;
COMMENT ON FUNCTION texts_seal(text[], text[]) IS 'Puts sealed texts in the place of clear ones';

REVOKE ALL ON FUNCTION events_seal(uuid[], uuid[], bytea[], bytea[], bytea[], bytea[], text[], bigint[]),
    versions_seal(text[], uuid[], bigint[], bytea[], bytea[], bytea[], text[]), jobs_seal(uuid[], bytea[]), texts_clear(bigint),
    texts_seal(text[], text[]) FROM PUBLIC;
DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT EXECUTE ON FUNCTION events_seal(uuid[], uuid[], bytea[], bytea[], bytea[], bytea[], text[], bigint[]),
            versions_seal(text[], uuid[], bigint[], bytea[], bytea[], bytea[], text[]), jobs_seal(uuid[], bytea[]), texts_clear(bigint),
            texts_seal(text[], text[]) TO ft_app;
        GRANT UPDATE (done_at) ON sealing TO ft_app;
    END IF;
END
$$;
