-- SPDX-License-Identifier: Apache-2.0
-- Why the registrar alone vouches for a further key of an organisation: it stands in the key's statement, is decided when the
-- token is given out, and is told in the audit. What was stated before stays as it is.

ALTER TABLE enrolment ADD COLUMN reason text
    CHECK (reason IN ('lost', 'compromise', 'custody', 'staff-change', 'new-device', 'new-use'));
COMMENT ON COLUMN enrolment.reason IS 'Why the organisation gets a further key that none of its own signs; NULL: its first';

ALTER TABLE audit ADD COLUMN reason text;
COMMENT ON COLUMN audit.reason IS 'Of a further key: why it was made or permitted; NULL: the act needs none';
