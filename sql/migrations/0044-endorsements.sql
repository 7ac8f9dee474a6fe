-- SPDX-License-Identifier: Apache-2.0
-- An inspector's office puts its signature under a record of somebody else, with a key that is for nothing else; and takes it
-- back by another statement.

CREATE TABLE endorsement (
    id        uuid PRIMARY KEY,
    event_org uuid NOT NULL,
    event     uuid NOT NULL,
    party     uuid NOT NULL,
    at        timestamptz NOT NULL,
    withdraws uuid UNIQUE
);
COMMENT ON TABLE endorsement IS 'Which act_statement of the kind endorse is about which record; never changed: who takes an endorsement back adds a row';
COMMENT ON COLUMN endorsement.id IS 'Its act_statement';
COMMENT ON COLUMN endorsement.event_org IS 'As in event: of the record';
COMMENT ON COLUMN endorsement.event IS 'The record';
COMMENT ON COLUMN endorsement.party IS 'The office whose key signed it';
COMMENT ON COLUMN endorsement.at IS 'When it was stored';
COMMENT ON COLUMN endorsement.withdraws IS 'The endorsement that it takes back; NULL: it is one';
CREATE INDEX endorsement_by_event ON endorsement (event_org, event, at);
COMMENT ON INDEX endorsement_by_event IS 'endorsement_list, trail_endorsements, bundle_endorsements';

ALTER TABLE act_statement DROP CONSTRAINT act_statement_kind_check,
    ADD CONSTRAINT act_statement_kind_check CHECK (kind IN ('codes', 'alert', 'verifier', 'endorse'));
COMMENT ON COLUMN act_statement.kind IS 'codes, alert, verifier or endorse; stands as farmtrail/KIND@v1';
COMMENT ON COLUMN act_statement.recorded_at IS 'When; rows that it stands for have the same time. Of an endorsement when the statement says that it was signed';
COMMENT ON COLUMN act_statement.body IS 'JSON: of codes and alerts byte for byte as signed, no code can be read from it; of a verifier and an endorsement what the statement itself says';
COMMENT ON COLUMN act_statement.view_secret IS 'Salts derive from it: all views are the body. Of a verifier and an endorsement drawn and not used';

ALTER TABLE log_pending DROP CONSTRAINT log_pending_kind_check,
    ADD CONSTRAINT log_pending_kind_check
        CHECK (kind IN ('event', 'key', 'revoke', 'origin', 'erase', 'erase-party', 'erase-site', 'party', 'site', 'product', 'certificate',
                        'codes', 'alert', 'verifier', 'recovered', 'endorse'));

ALTER TABLE enrolment ADD COLUMN use text NOT NULL DEFAULT 'event' CHECK (use IN ('event', 'inspect'));
COMMENT ON COLUMN enrolment.use IS 'What the key will be for: records, or endorsements of an inspector''s office';

INSERT INTO scale_map (tab, kind, dist_col, grp) VALUES ('endorsement', 'local', NULL, NULL);
SELECT row_security('endorsement', NULL);

-- As before, and the secrets of keys that endorse.
CREATE OR REPLACE FUNCTION party_forget(of_party uuid, now timestamptz) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM party p WHERE p.id = of_party AND p.erased_at IS NOT NULL) THEN
        RETURN;
    END IF;
    DELETE FROM key_secret s USING signing_key k
    WHERE s.fingerprint = k.fingerprint AND k.org_id = of_party AND k.state <> 'active' AND k.use IN ('event', 'inspect');
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
