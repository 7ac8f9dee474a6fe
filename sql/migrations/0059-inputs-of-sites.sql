-- SPDX-License-Identifier: Apache-2.0
-- What was used at a site is found by the input: a rule asks for the newest use of each, however often one was used and
-- whatever else was done there.

CREATE FUNCTION input_key(type text, product text, active text[]) RETURNS uuid
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN product IS NOT NULL OR active IS NOT NULL THEN
        encode(substring(sha256(convert_to(concat_ws(E'\x1f', type, coalesce(product, ''), array_to_string(active, E'\x1f')), 'UTF8'))
                         FROM 1 FOR 16), 'hex')::uuid
    END
$$;
COMMENT ON FUNCTION input_key(text, text, text[]) IS 'The same for uses that rules cannot tell apart but by their time; NULL: nothing was used';

ALTER TABLE site_event ADD COLUMN input uuid;
COMMENT ON COLUMN site_event.input IS 'input_key of what was used; NULL: nothing was, or it is a harvest';
UPDATE site_event s SET input = input_key(e.type, e.input_product, e.input_active)
FROM event e
WHERE e.org_id = s.event_org AND e.id = s.event AND s.lot_id IS NULL AND (e.input_product IS NOT NULL OR e.input_active IS NOT NULL);

CREATE INDEX site_event_by_input ON site_event (org_id, site, input, event_time) WHERE input IS NOT NULL AND declared_at IS NULL;
COMMENT ON INDEX site_event_by_input IS 'site_inputs, site_uses';
