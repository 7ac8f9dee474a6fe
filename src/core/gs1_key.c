/* SPDX-License-Identifier: Apache-2.0
 * Check digits, GTIN, and the characters of lots and serials. */
#include "ft/core/gs1_key.h"

#include <assert.h>
#include <string.h>

#include "gs1_priv.h"

bool gs1_is_digits(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.len > 0;
}

/* GS1 General Specifications 7.9: weights 3, 1, 3 … from the right of the body. */
char gs1_check_digit(struct str body)
{
	assert(gs1_is_digits(body));
	unsigned sum = 0;
	for (size_t i = 0; i < body.len; i++)
		sum += (unsigned)(body.at[body.len - 1 - i] - '0') * (i % 2 ? 1 : 3);
	return (char)('0' + (10 - sum % 10) % 10);
}

bool gs1_check_digit_holds(struct str number)
{
	if (number.len < 2 || !gs1_is_digits(number))
		return false;
	return gs1_check_digit((struct str){number.at, number.len - 1}) == number.at[number.len - 1];
}

/* In the order of their values, which the GMN check needs. */
static const char cset82[] =
	"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

static int cset82_value(char c)
{
	const char *found = c ? strchr(cset82, c) : NULL;
	return found ? (int)(found - cset82) : -1;
}

bool gs1_is_cset82(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (cset82_value(text.at[i]) < 0)
			return false;
	return text.len > 0;
}

/* GS1 General Specifications 7.9.5: values times primes, the smallest prime rightmost, modulo 1021, written as two
 * characters of a set without look-alikes. */
bool gs1_gmn_check_holds(struct str number)
{
	static const unsigned primes[] = {2,  3,  5,  7,  11, 13, 17, 19, 23, 29, 31, 37,
					  41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83};
	static const char check_set[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
	size_t body_len = number.len - 2;
	if (number.len < 3 || body_len > sizeof primes / sizeof *primes)
		return false;
	unsigned sum = 0;
	for (size_t i = 0; i < body_len; i++) {
		int value = cset82_value(number.at[body_len - 1 - i]);
		if (value < 0)
			return false;
		sum += (unsigned)value * primes[i];
	}
	sum %= 1021;
	return number.at[body_len] == check_set[sum / 32] && number.at[body_len + 1] == check_set[sum % 32];
}

enum problem gtin_parse(struct str text, struct gtin *ret)
{
	if (text.len != sizeof ret->digits || !gs1_is_digits(text))
		return PROBLEM_GTIN_SYNTAX;
	if (!gs1_check_digit_holds(text))
		return PROBLEM_GTIN_CHECK_DIGIT;
	memcpy(ret->digits, text.at, sizeof ret->digits);
	return PROBLEM_NONE;
}

/* GS1 General Specifications 1.4.3. The GS1 prefix follows the indicator digit; a GTIN-8 has five zeros there and its
 * own prefix after them. */
bool gtin_is_restricted(struct gtin gtin)
{
	const char *prefix = gtin.digits + 1;
	if (!memcmp(prefix, "00000", 5))
		return prefix[5] == '0' || prefix[5] == '2';
	return prefix[0] == '2' || (prefix[0] == '0' && (prefix[1] == '2' || prefix[1] == '4'));
}

enum problem gtin_parse_for_registration(struct str text, struct gtin *ret)
{
	struct gtin gtin;
	enum problem p = gtin_parse(text, &gtin);
	if (p)
		return p;
	if (gtin_is_restricted(gtin))
		return PROBLEM_GTIN_SYNTAX;
	*ret = gtin;
	return PROBLEM_NONE;
}

bool gs1_lot_is_readable(struct str text)
{
	return text.len <= GS1_MAX_LOT && gs1_is_cset82(text);
}

bool gs1_lot_is_issuable(struct str text)
{
	bool has_word = false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool word = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!word && c != '.' && c != '_' && c != '-')
			return false;
		has_word |= word;
	}
	return has_word && text.len <= GS1_MAX_LOT;
}
