-- SPDX-License-Identifier: Apache-2.0
-- Heads of the log may carry a line by an SM2 key beside the Ed25519 one: a log has one active key of each at most.

DROP INDEX signing_key_log;
CREATE UNIQUE INDEX signing_key_log ON signing_key ((algorithm = 255)) WHERE use = 'log' AND state = 'active';
COMMENT ON INDEX signing_key_log IS 'log_statement, log_sm2_statement';
COMMENT ON COLUMN signing_key.algorithm IS 'C2SP signature type: 1 Ed25519, 2 ECDSA P-256, 255 spelled out: SM2 with SM3';
