/* SPDX-License-Identifier: Apache-2.0
 * verifier.html as the program carries it (by tools/embed.py). */
#ifndef VERIFIER_PRIV_H
#define VERIFIER_PRIV_H

#include <stddef.h>

extern const char verifier_template[];
extern const size_t verifier_template_len;

#endif
