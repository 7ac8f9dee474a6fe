/* SPDX-License-Identifier: Apache-2.0
 * A proof of an invented record. */
#ifndef FT_TESTS_BROWSER_SAMPLE_PROOF_H
#define FT_TESTS_BROWSER_SAMPLE_PROOF_H

#include "ft/base/str.h"

/* The JSON of contract section 4, signed with a P-256 key that is forgotten at once. */
struct str sample_proof(struct arena *arena);

#endif
