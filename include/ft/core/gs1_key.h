/* SPDX-License-Identifier: Apache-2.0
 * GS1 identification keys: check digits, GTIN, the characters of lots and serials. */
#ifndef FT_CORE_GS1_KEY_H
#define FT_CORE_GS1_KEY_H

#include "ft/base/problem.h"

/* The check digit that belongs after `body` (digits only), '0' … '9'. GTIN, GLN, SSCC, GSRN, GRAI, GDTI alike. */
char gs1_check_digit(struct str body);
/* At least two digits, nothing else, and the last is the check digit of those before it. */
bool gs1_check_digit_holds(struct str number);
/* The last two characters of a Global Model Number fit those before them. */
bool gs1_gmn_check_holds(struct str number);

struct gtin {
	char digits[14];
};
static inline struct str gtin_str(const struct gtin *gtin)
{
	return (struct str){gtin->digits, sizeof gtin->digits};
}

/* Any GTIN-14, as it may come from a scan. PROBLEM_GTIN_SYNTAX if it is not 14 digits, PROBLEM_GTIN_CHECK_DIGIT. */
enum problem gtin_parse(struct str text, struct gtin *ret) must_check;
/* A GTIN-14 that may name a product here: numbers that companies and regions use among themselves (restricted
 * circulation, prefixes 02, 04, 2) are PROBLEM_GTIN_SYNTAX too, because two owners may have the same one. */
enum problem gtin_parse_for_registration(struct str text, struct gtin *ret) must_check;
bool gtin_is_restricted(struct gtin gtin);

/* GS1 General Specifications, figure 7.11-1: what AIs of type X may hold. false if empty. */
bool gs1_is_cset82(struct str text);

enum { GS1_MAX_LOT = 20, GS1_MAX_SERIAL = 20 };
/* What others may have printed: 1 to 20 characters of character set 82. Lots, AI (10), and serials, AI (21). */
bool gs1_lot_is_readable(struct str text);
/* What we print: 1 to 20 of A-Z, 0-9, '.', '_', '-', at least one of them a letter or digit; no escape in a URI, no
 * conflict with GB/T 33993, no path segment "." or "..". */
bool gs1_lot_is_issuable(struct str text);

#endif
