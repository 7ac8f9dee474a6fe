-- SPDX-License-Identifier: Apache-2.0
-- What was removed of a record because it named a person, and the statement that says so.

CREATE TABLE erasure (
    org_id           uuid NOT NULL,
    event            uuid NOT NULL,
    at               timestamptz NOT NULL,
    reason           text NOT NULL CHECK (reason IN ('request', 'order', 'mistake')),
    manifest         bytea NOT NULL,
    salts            bytea NOT NULL CHECK (length(salts) = 48),
    key_fingerprint  bytea NOT NULL CHECK (length(key_fingerprint) = 32),
    statement        bytea NOT NULL,
    statement_sha256 bytea NOT NULL CHECK (length(statement_sha256) = 32),
    PRIMARY KEY (org_id, event)
);
COMMENT ON TABLE erasure IS 'Records whose full view was removed: the event keeps its farm view, which proves itself as before';
COMMENT ON COLUMN erasure.org_id IS 'As in event';
COMMENT ON COLUMN erasure.event IS 'The record';
COMMENT ON COLUMN erasure.at IS 'When';
COMMENT ON COLUMN erasure.reason IS 'request: of the person; order: of a court or authority; mistake: it should not have been written';
COMMENT ON COLUMN erasure.manifest IS 'Hashes of the views, as signed: without the secret nobody can make them again';
COMMENT ON COLUMN erasure.salts IS 'Salts of the farm, township and district views, 16 octets each; that of the full view is gone';
COMMENT ON COLUMN erasure.key_fingerprint IS 'Key that signed the erasure: the registrar''s';
COMMENT ON COLUMN erasure.statement IS 'Signed note, kind erase; its prev is the statement of the record';
COMMENT ON COLUMN erasure.statement_sha256 IS 'SHA-256 of the note''s text';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('erasure', 'dist', 'org_id', 'org');
SELECT row_security('erasure', NULL);

COMMENT ON COLUMN event.body IS 'The EPCIS event in JSON, byte for byte as signed; of an erased one its farm view';
COMMENT ON COLUMN event.view_secret IS 'Secret from which the salts of its views derive; NULL: erased';
COMMENT ON COLUMN event.request_sha256 IS 'SHA-256 of the request as received; of a partner''s event its CBV event hash: same id and same content is the same record; zeros: erased, for words could be guessed from it';

-- The one thing that is ever taken out of an event. The server may not change events; it may have this done, and only where
-- an erasure says so.
CREATE FUNCTION event_erase(of_org uuid, of_event uuid, rest bytea) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH done AS (
        UPDATE event SET body = rest, view_secret = NULL, request_sha256 = decode(repeat('00', 32), 'hex')
        WHERE org_id = of_org AND id = of_event
          AND EXISTS (SELECT FROM erasure x WHERE x.org_id = of_org AND x.event = of_event)
        RETURNING id)
    SELECT EXISTS (SELECT FROM done)
$$;
COMMENT ON FUNCTION event_erase(uuid, uuid, bytea) IS 'Puts the farm view in the place of an event''s body, where an erasure of the event is there';
REVOKE ALL ON FUNCTION event_erase(uuid, uuid, bytea) FROM PUBLIC;
DO $$
BEGIN
    IF to_regrole('ft_app') IS NOT NULL THEN
        GRANT EXECUTE ON FUNCTION event_erase(uuid, uuid, bytea) TO ft_app;
    END IF;
END
$$;
