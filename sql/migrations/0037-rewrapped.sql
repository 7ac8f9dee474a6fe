-- SPDX-License-Identifier: Apache-2.0
-- Keys are wrapped anew when the key-encryption key is replaced (farmtrail key rewrap).

COMMENT ON COLUMN key_secret.kek_version IS '1: wrapped as it was made; one more for each time that it was wrapped anew';
