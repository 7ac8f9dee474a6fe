/* SPDX-License-Identifier: Apache-2.0
 * The page that checks bundles and proofs in a browser: one HTML file without network, with a policy and the registrar's
 * key embedded. The same trust gives the same bytes, so that its SHA-256 can be compared wherever the file came from. */
#ifndef FT_CORE_VERIFIER_H
#define FT_CORE_VERIFIER_H

#include "ft/base/str.h"

/* Both may be empty; neither is checked here. */
struct str verifier_page(struct arena *arena, struct str policy, struct str registrar);
/* The Content-Security-Policy under which it works: its own script, no other, and no request to anybody. */
struct str verifier_security_policy(struct arena *arena);

#endif
