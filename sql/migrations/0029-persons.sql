-- SPDX-License-Identifier: Apache-2.0
-- A person who is a party, or whose home is a site, is removed: from the row, from every signed version, from what finds it.

ALTER TABLE party ADD COLUMN erased_at timestamptz;
ALTER TABLE site ADD COLUMN erased_at timestamptz;
COMMENT ON COLUMN party.erased_at IS 'When what names it was removed; NULL: it stands. It acts no more';
COMMENT ON COLUMN site.erased_at IS 'When what names it was removed; NULL: it stands';

CREATE TABLE master_erasure (
    kind             text NOT NULL CHECK (kind IN ('party', 'site')),
    id               uuid NOT NULL,
    version          bigint NOT NULL CHECK (version > 0),
    at               timestamptz NOT NULL,
    reason           text NOT NULL CHECK (reason IN ('request', 'order', 'mistake')),
    manifest         bytea NOT NULL,
    salts            bytea NOT NULL CHECK (length(salts) IN (0, 32, 48)),
    key_fingerprint  bytea NOT NULL CHECK (length(key_fingerprint) = 32),
    statement        bytea NOT NULL,
    statement_sha256 bytea NOT NULL CHECK (length(statement_sha256) = 32),
    PRIMARY KEY (kind, id, version)
);
COMMENT ON TABLE master_erasure IS 'Versions of parties and sites whose naming bytes were removed: each keeps its finest view that names nobody, if one does';
COMMENT ON COLUMN master_erasure.kind IS 'As in master_version';
COMMENT ON COLUMN master_erasure.id IS 'The party or site';
COMMENT ON COLUMN master_erasure.version IS 'The version';
COMMENT ON COLUMN master_erasure.at IS 'When';
COMMENT ON COLUMN master_erasure.reason IS 'request: of the person; order: of a court or authority; mistake: it should not have been written';
COMMENT ON COLUMN master_erasure.manifest IS 'Hashes of the views, as signed: without the secret nobody can make them again';
COMMENT ON COLUMN master_erasure.salts IS 'Salts of the view that is kept and of the coarser ones, 16 octets each; none: all views named it';
COMMENT ON COLUMN master_erasure.key_fingerprint IS 'Key that signed the erasure: the registrar''s';
COMMENT ON COLUMN master_erasure.statement IS 'Signed note, kind erase; its prev is the statement of the version';
COMMENT ON COLUMN master_erasure.statement_sha256 IS 'SHA-256 of the note''s text';
CREATE INDEX master_erasure_by_time ON master_erasure (at);
COMMENT ON INDEX master_erasure_by_time IS 'trail_keep';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('master_erasure', 'local', NULL, NULL);
SELECT row_security('master_erasure', NULL);

COMMENT ON COLUMN master_version.body IS 'The JSON that was signed, byte for byte; of an erased one what is left of it';

-- An entry of the log: version N of a party or site was erased.
ALTER TABLE log_pending DROP CONSTRAINT log_pending_kind_check,
    ADD CONSTRAINT log_pending_kind_check
        CHECK (kind IN ('event', 'key', 'revoke', 'erase', 'erase-party', 'erase-site', 'party', 'site', 'product', 'certificate'));

-- The server may not change versions, spellings or secrets: these do, each only where an erasure says so.
CREATE FUNCTION master_erase(of_kind text, of_id uuid, of_version bigint, rest bytea) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH done AS (
        UPDATE master_version SET body = rest, reason = NULL, view_secret = NULL
        WHERE kind = of_kind AND id = of_id AND version = of_version
          AND EXISTS (SELECT FROM master_erasure x WHERE x.kind = of_kind AND x.id = of_id AND x.version = of_version)
        RETURNING id)
    SELECT EXISTS (SELECT FROM done)
$$;
COMMENT ON FUNCTION master_erase(text, uuid, bigint, bytea) IS 'Puts what is left in the place of a version''s body, where an erasure of the version is there';

CREATE FUNCTION things_forget(of_kind text, of_id uuid, hashes bytea[]) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH gone AS (
        DELETE FROM thing t WHERE t.hash = ANY (hashes) AND t.kind = of_kind AND t.id = of_id
          AND EXISTS (SELECT FROM master_erasure x WHERE x.kind = of_kind AND x.id = of_id)
        RETURNING t.hash)
    SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION things_forget(text, uuid, bytea[]) IS 'Takes spellings of an erased party or site out of the directory: a number can be guessed from its hash';

-- Private keys, permissions to enrol keys, preparations and API keys of an erased party. Answers the API keys that changed.
CREATE FUNCTION party_forget(of_party uuid, now timestamptz) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM party p WHERE p.id = of_party AND p.erased_at IS NOT NULL) THEN
        RETURN;
    END IF;
    DELETE FROM key_secret s USING signing_key k
    WHERE s.fingerprint = k.fingerprint AND k.org_id = of_party AND k.state <> 'active' AND k.use = 'event';
    DELETE FROM enrolment e WHERE e.org_id = of_party AND e.fingerprint IS NULL;
    DELETE FROM prepared p WHERE p.org_id = of_party;
    -- a key without parties would see more, not less: one that acted for nobody else keeps what it was for, and opens nothing
    RETURN QUERY
        UPDATE api_key k
        SET name = CASE WHEN k.parties <@ ARRAY[of_party] THEN k.id::text ELSE k.name END,
            state = CASE WHEN k.parties <@ ARRAY[of_party] THEN 'revoked' ELSE k.state END,
            revoked_at = CASE WHEN k.parties <@ ARRAY[of_party] THEN coalesce(k.revoked_at, now) ELSE k.revoked_at END,
            parties = CASE WHEN k.parties <@ ARRAY[of_party] THEN k.parties ELSE array_remove(k.parties, of_party) END
        WHERE of_party = ANY (k.parties)
        RETURNING k.id;
END
$$;
COMMENT ON FUNCTION party_forget(uuid, timestamptz) IS 'Ends what an erased party could act with: its secrets go, its API keys are revoked and lose their names';

-- Trails that are being computed wait to be kept, and are then too old (trail_keep).
CREATE FUNCTION trails_forget() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    gone bigint;
BEGIN
    LOCK TABLE trail_summary IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM trail_summary;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END
$$;
COMMENT ON FUNCTION trails_forget() IS 'Deletes all kept trails: any of them may show who was erased';

REVOKE ALL ON FUNCTION master_erase(text, uuid, bigint, bytea), things_forget(text, uuid, bytea[]), party_forget(uuid, timestamptz),
    trails_forget() FROM PUBLIC;
DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT EXECUTE ON FUNCTION master_erase(text, uuid, bigint, bytea), things_forget(text, uuid, bytea[]),
            party_forget(uuid, timestamptz), trails_forget() TO ft_app;
    END IF;
    IF to_regrole('ft_public') IS NOT NULL THEN
        GRANT SELECT (erased_at) ON party TO ft_public;
    END IF;
END
$$;
