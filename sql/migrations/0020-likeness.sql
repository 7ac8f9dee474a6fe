-- SPDX-License-Identifier: Apache-2.0
-- Records that are likely the same deed told twice: entered again from paper, or sent again by a device that made a new id.

ALTER TABLE event ADD COLUMN likeness bigint;
COMMENT ON COLUMN event.likeness IS 'Of a native record: digest of party and members but for id, time and circumstances; NULL: recorded before there was one';
CREATE INDEX event_by_likeness ON event (org_id, likeness, event_time);
COMMENT ON INDEX event_by_likeness IS 'event_doubles';
