/* SPDX-License-Identifier: Apache-2.0
 * Bytes as text and back: hexadecimal, base64, Crockford base32, UTF-8, percent escapes. */
#include "ft/base/text.h"

#include <assert.h>
#include <string.h>

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

struct str hex_encode(struct arena *arena, struct bytes b)
{
	static const char digit[] = "0123456789abcdef";
	char *text = arena_alloc(arena, b.len * 2 + 1);
	for (size_t i = 0; i < b.len; i++) {
		text[2 * i] = digit[b.at[i] >> 4];
		text[2 * i + 1] = digit[b.at[i] & 15];
	}
	return (struct str){text, b.len * 2};
}

bool hex_decode(struct str s, uint8_t *ret, size_t ret_len)
{
	if (s.len % 2 || s.len / 2 != ret_len)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (hex_value(s.at[i]) < 0)
			return false;
	for (size_t i = 0; i < ret_len; i++)
		ret[i] = (uint8_t)(hex_value(s.at[2 * i]) << 4 | hex_value(s.at[2 * i + 1]));
	return true;
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static struct str encode64(struct arena *arena, struct bytes b, const char *digits, bool pad)
{
	char *text = arena_alloc(arena, (b.len + 2) / 3 * 4 + 1);
	size_t len = 0;
	for (size_t i = 0; i < b.len; i += 3) {
		size_t have = b.len - i < 3 ? b.len - i : 3;
		uint32_t group = (uint32_t)b.at[i] << 16;
		group |= have > 1 ? (uint32_t)b.at[i + 1] << 8 : 0;
		group |= have > 2 ? b.at[i + 2] : 0u;
		for (size_t k = 0; k <= have; k++)
			text[len++] = digits[group >> (18 - 6 * k) & 63];
		for (size_t k = have; pad && k < 3; k++)
			text[len++] = '=';
	}
	return (struct str){text, len};
}

struct str base64_encode(struct arena *arena, struct bytes b)
{
	return encode64(arena, b, base64_digits, /* pad */ true);
}

struct str base64url_encode(struct arena *arena, struct bytes b)
{
	return encode64(arena, b, base64url_digits, /* pad */ false);
}

static int value64(char c, const char *digits)
{
	const char *found = c ? strchr(digits, c) : NULL;
	return found ? (int)(found - digits) : -1;
}

/* `s` without padding. Bits that no byte uses must be zero: each byte string has one spelling only. */
static bool decode64(struct arena *arena, struct str s, const char *digits, struct bytes *ret)
{
	if (s.len % 4 == 1)
		return false;
	uint8_t *at = arena_alloc(arena, s.len / 4 * 3 + 2);
	size_t len = 0;
	uint32_t bits = 0;
	unsigned have = 0;
	for (size_t i = 0; i < s.len; i++) {
		int value = value64(s.at[i], digits);
		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		have += 6;
		if (have >= 8) {
			have -= 8;
			at[len++] = (uint8_t)(bits >> have);
			bits &= (1u << have) - 1;
		}
	}
	if (bits)
		return false;
	*ret = (struct bytes){at, len};
	return true;
}

bool base64_decode(struct arena *arena, struct str s, struct bytes *ret)
{
	if (s.len % 4)
		return false;
	for (int i = 0; i < 2 && s.len && s.at[s.len - 1] == '='; i++)
		s.len--;
	return decode64(arena, s, base64_digits, ret);
}

bool base64url_decode(struct arena *arena, struct str s, struct bytes *ret)
{
	return decode64(arena, s, base64url_digits, ret);
}

static const char crockford_digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

struct str crockford_encode(struct arena *arena, struct bytes b, size_t chars)
{
	assert(chars * 5 <= b.len * 8);
	char *text = arena_alloc(arena, chars + 1);
	for (size_t i = 0; i < chars; i++) {
		size_t bit = i * 5;
		unsigned pair = (unsigned)b.at[bit / 8] << 8;
		pair |= bit / 8 + 1 < b.len ? b.at[bit / 8 + 1] : 0u;
		text[i] = crockford_digits[pair >> (11 - bit % 8) & 31];
	}
	return (struct str){text, chars};
}

struct str crockford_fold(struct arena *arena, struct str typed)
{
	char *text = arena_alloc(arena, typed.len + 1);
	size_t len = 0;
	for (size_t i = 0; i < typed.len; i++) {
		char c = typed.at[i];
		if (c == ' ' || c == '-')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c == 'O')
			c = '0';
		if (c == 'I' || c == 'L')
			c = '1';
		if (!c || !strchr(crockford_digits, c))
			return (struct str){NULL, 0};
		text[len++] = c;
	}
	return (struct str){text, len};
}

/* Bytes of the character that begins at `at`; 0 if none does. RFC 3629 §4, the table of well-formed
 * sequences. */
static size_t utf8_sequence(const uint8_t *at, size_t len)
{
	uint8_t first = at[0];
	if (first < 0x80)
		return 1;
	size_t need = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (first < 0xc2 || first > 0xf4 || len < need)
		return 0;
	uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < need; i++)
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	return need;
}

size_t utf8_prefix(struct str s)
{
	struct bytes b = str_bytes(s);
	size_t i = 0;
	while (i < b.len) {
		size_t step = utf8_sequence(b.at + i, b.len - i);
		if (!step)
			break;
		i += step;
	}
	return i;
}

bool utf8_valid(struct str s)
{
	return utf8_prefix(s) == s.len;
}

struct str str_shorten(struct str s, size_t max_len)
{
	if (s.len <= max_len)
		return s;
	s.len = max_len;
	/* Only the last character can have been cut: what is invalid further ahead is not ours to drop. */
	for (size_t back = 1; back <= 3 && back <= s.len; back++) {
		uint8_t c = (uint8_t)s.at[s.len - back];
		if (c >= 0xc0 && !utf8_sequence((const uint8_t *)s.at + s.len - back, back))
			s.len -= back;
		if ((c & 0xc0) != 0x80)
			break;
	}
	return s;
}

bool str_integer(struct str s, int64_t *ret)
{
	bool negative = s.len && s.at[0] == '-';
	if (negative)
		s = str_from(s, 1);
	if (!s.len)
		return false;
	int64_t value = 0; /* built below zero: there is one more number there */
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9' || __builtin_mul_overflow(value, INT64_C(10), &value) ||
		    __builtin_sub_overflow(value, (int64_t)(s.at[i] - '0'), &value))
			return false;
	}
	if (!negative && __builtin_sub_overflow(INT64_C(0), value, &value))
		return false;
	*ret = value;
	return true;
}

size_t utf8_length(struct str s)
{
	size_t count = 0;
	for (size_t i = 0; i < s.len; i++)
		count += ((uint8_t)s.at[i] & 0xc0) != 0x80;
	return count;
}

bool percent_decode(struct arena *arena, struct str s, bool plus_is_space, struct str *ret)
{
	char *text = arena_alloc(arena, s.len + 1);
	size_t len = 0;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		if (c == '%') {
			int high = i + 2 < s.len ? hex_value(s.at[i + 1]) : -1;
			int low = i + 2 < s.len ? hex_value(s.at[i + 2]) : -1;
			if (high < 0 || low < 0 || (high == 0 && low == 0))
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		text[len++] = c;
	}
	*ret = (struct str){text, len};
	return true;
}

static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '.' || c == '_' || c == '~';
}

static struct str encode(struct arena *arena, struct str s, bool space_is_plus)
{
	static const char digit[] = "0123456789ABCDEF";
	struct buf buf = buf_create(arena, s.len + s.len / 2);
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.at[i];
		if (is_unreserved(s.at[i]))
			buf_put_char(&buf, s.at[i]);
		else if (c == ' ' && space_is_plus)
			buf_put_char(&buf, '+');
		else
			buf_put_bytes(&buf, (char[]){'%', digit[c >> 4], digit[c & 15]}, 3);
	}
	return buf_str(&buf);
}

struct str percent_normalise(struct arena *arena, struct str s)
{
	if (!s.len || !memchr(s.at, '%', s.len))
		return s;
	char *text = arena_alloc(arena, s.len);
	size_t len = 0;
	for (size_t i = 0; i < s.len; i++) {
		int high = s.at[i] == '%' && i + 2 < s.len ? hex_value(s.at[i + 1]) : -1;
		int low = high >= 0 ? hex_value(s.at[i + 2]) : -1;
		bool plain = low >= 0 && is_unreserved((char)(high << 4 | low));
		text[len++] = plain ? (char)(high << 4 | low) : s.at[i];
		i += plain ? 2 : 0;
	}
	return (struct str){text, len};
}

struct str percent_encode(struct arena *arena, struct str s)
{
	return encode(arena, s, /* space_is_plus */ false);
}

struct str percent_encode_query(struct arena *arena, struct str s)
{
	return encode(arena, s, /* space_is_plus */ true);
}
