-- SPDX-License-Identifier: Apache-2.0
-- Blocks of item codes by their issue. A condition that every search for a block fulfils (kind = 'item') let a scan read all
-- of this index while the statistics still said that there are no items.

DROP INDEX code_by_issue;
CREATE INDEX code_by_issue ON code (issue, place) WHERE issue IS NOT NULL;
COMMENT ON INDEX code_by_issue IS 'act_differences';
