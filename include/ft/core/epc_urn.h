/* SPDX-License-Identifier: Apache-2.0
 * EPC URNs (GS1 Tag Data Standard 2.0, section 6): the other spelling of what a GS1 Digital Link names. */
#ifndef FT_CORE_EPC_URN_H
#define FT_CORE_EPC_URN_H

#include "ft/core/digital_link.h"

enum { EPC_URN_MAX_LEN = 256, GS1_PREFIX_MIN = 6, GS1_PREFIX_MAX = 12 };

/* "urn:epc:…": spelled like an EPC URN, whether or not it is a good one. Case counts after "urn:". */
bool epc_urn_is(struct str text);

/* Pure identity ("urn:epc:id:sgtin:…"), class ("urn:epc:class:lgtin:…") and the patterns that stand for one class
 * ("urn:epc:idpat:sgtin:4012345.011111.*") as the Digital Link of the same thing: key and qualifiers, no attributes. The
 * check digit is computed, so it always fits. PROBLEM_IDENTIFIER_SYNTAX; reterr->rule says which:
 * scheme (none of the schemes with a GS1 key), parts (too few or too many), company-prefix (not 6 to 12 digits), length
 * (prefix and reference together), digits, extension, escape, pattern (more than one wildcard, or none), else what
 * digital_link_parse says of the value. */
enum problem epc_urn_read(struct arena *arena, struct str urn, struct digital_link *ret,
			  struct fault *reterr) must_check;

/* The URN of a Digital Link's key and qualifiers. The URI does not say how long the company prefix is, and it cannot be
 * guessed: `prefix` is the GS1 company prefix of whoever issued the key. Absent when the key does not begin with it, when
 * it has not 6 to 12 digits, or when no URN has this form. A lot of serialised items is left out of their URN. */
struct str epc_urn_print(struct arena *arena, const struct digital_link *link, struct str prefix);

#endif
