-- SPDX-License-Identifier: Apache-2.0
-- Who captures a document learns what its events were stored with, as the answer to a record warns.

ALTER TABLE capture_job ADD COLUMN warnings text NOT NULL DEFAULT '[]';
COMMENT ON COLUMN capture_job.warnings IS 'JSON list of what the events were stored with: {event, id, warning}, event: place in the document';
COMMENT ON COLUMN event.likeness IS 'Keyed digest of what is said to have been done, without when, of a record without its words too: likely doubles';
