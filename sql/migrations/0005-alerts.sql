-- SPDX-License-Identifier: Apache-2.0
-- An alert is read by its id alone.

CREATE INDEX alert_by_id ON alert (id);
COMMENT ON INDEX alert_by_id IS 'alert_get';
