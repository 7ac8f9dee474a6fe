/* SPDX-License-Identifier: Apache-2.0
 * Lines, hashes and counts of signed texts. */
#include "signed_text_priv.h"

#include <string.h>

#include "ft/base/text.h"

enum { HASH_TEXT_LEN = 44, COUNT_MAX_DIGITS = 18 };

bool signed_text_take(struct str *text, struct str word, struct str *ret_value)
{
	struct str rest;
	struct str line = str_cut(*text, '\n', &rest);
	/* A line without its newline is not a line. Printing ends at a NUL, so a text with one would not be the only one that
	 * says what it says. */
	if (!rest.at || line.len <= word.len || !str_starts(line, word) || line.at[word.len] != ' ' ||
	    memchr(line.at, '\0', line.len))
		return false;
	*ret_value = str_from(line, word.len + 1);
	*text = rest;
	return true;
}

bool signed_text_hash(struct arena *arena, struct str text, struct sha256 *ret)
{
	struct bytes octets;
	if (text.len != HASH_TEXT_LEN || !base64_decode(arena, text, &octets) ||
	    octets.len != sizeof ret->octets)
		return false;
	memcpy(ret->octets, octets.at, sizeof ret->octets);
	return true;
}

bool signed_text_count(struct str text, int64_t *ret)
{
	if (text.len == 0 || text.len > COUNT_MAX_DIGITS || (text.at[0] == '0' && text.len > 1))
		return false;
	int64_t value = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		value = value * 10 + (text.at[i] - '0');
	}
	*ret = value;
	return true;
}

struct str signed_text_print_hash(struct arena *arena, const struct sha256 *hash)
{
	return base64_encode(arena, sha256_bytes(hash));
}
