/* SPDX-License-Identifier: Apache-2.0
 * Bytes as text and back: hexadecimal, base64 (RFC 4648 §4), base64url (§5), Crockford base32, UTF-8, percent. */
#ifndef FT_BASE_TEXT_H
#define FT_BASE_TEXT_H

#include "ft/base/str.h"

struct str hex_encode(struct arena *arena, struct bytes b);  /* lower case */
bool hex_decode(struct str s, uint8_t *ret, size_t ret_len); /* exactly ret_len bytes, either case */

struct str base64_encode(struct arena *arena, struct bytes b);    /* with padding */
struct str base64url_encode(struct arena *arena, struct bytes b); /* without padding */
/* Strict: canonical padding, no white space, no stray bits. false if it is not so. */
bool base64_decode(struct arena *arena, struct str s, struct bytes *ret);
bool base64url_decode(struct arena *arena, struct str s, struct bytes *ret);

/* Crockford base32, most significant bits first; `chars` symbols from the first 5*chars bits of `b`. */
struct str crockford_encode(struct arena *arena, struct bytes b, size_t chars);
/* What a person typed, folded: upper case, O→0, I and L→1, spaces and hyphens dropped. absent if another
 * character stands in it. */
struct str crockford_fold(struct arena *arena, struct str typed);

bool utf8_valid(struct str s);    /* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF */
size_t utf8_length(struct str s); /* code points of valid UTF-8 */
size_t utf8_prefix(struct str s); /* bytes of the longest start that is valid */
struct str str_shorten(struct str s, size_t max_len); /* at most max_len bytes, cut between characters */

/* -?digits that fit; no "+", no white space. "-0" is 0. */
bool str_integer(struct str s, int64_t *ret);

/* Percent-decodes once. false for a malformed escape or an encoded NUL. `plus_is_space`: query strings. */
bool percent_decode(struct arena *arena, struct str s, bool plus_is_space, struct str *ret);
/* Everything but letters, digits and "-._~", hex in upper case (RFC 3986 §2.3). */
struct str percent_encode(struct arena *arena, struct str s);
/* RFC 3986 §6.2.2.2: letters, digits, '-', '.', '_' and '~' as themselves; all other escapes, sound or not, as they stand. */
struct str percent_normalise(struct arena *arena, struct str s);
/* The same for a value in a query string: a space is written as "+". */
struct str percent_encode_query(struct arena *arena, struct str s);

#endif
