/* SPDX-License-Identifier: Apache-2.0
 * The Application Identifiers that may stand in a Digital Link URI: what their values look like and what they need. */
#ifndef FT_CORE_GS1_PRIV_H
#define FT_CORE_GS1_PRIV_H

#include "ft/base/str.h"

enum gs1_role { GS1_ATTRIBUTE = 1, GS1_KEY = 2, GS1_QUALIFIER = 4 };

struct gs1_ai {
	const char *first, *last; /* a range: 3100 … 3105 */
	unsigned roles;           /* enum gs1_role, ored */
	const char *form;         /* see gs1_ai.c */
	const char *needs;        /* alternatives "01+21,03": one of them must be there whole; NULL: none */
	const char *excludes;     /* "02,37": none of them may be there; NULL: none. n stands for any digit */
	const char *qualifiers;   /* of a key: "22,10,21|235", each alternative in order; NULL: none */
};

const struct gs1_ai *gs1_ai_find(struct str ai); /* NULL if it may not stand in a Digital Link URI */
bool gs1_ai_matches(struct str ai, struct str pattern);

/* NULL if the (decoded) value has the form, else what is wrong with it: "length", "charset", "check-digit", "date",
 * "time", "code". */
const char *gs1_value_check(const struct gs1_ai *ai, struct str value);

bool gs1_is_digits(struct str text); /* and not empty */

#endif
