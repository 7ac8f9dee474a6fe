/* SPDX-License-Identifier: Apache-2.0
 * Own short codes: making, checking, grouping. */
#include "ft/core/code.h"

#include <assert.h>
#include <string.h>

#include "ft/base/text.h"
#include "ft/crypto/digest.h"

enum {
	BODY_BITS = 5 * CODE_BODY_CHARS,
	MAX_TYPED = 64, /* a code with a separator after every character has 33 */
	GROUP = 4,
	HALF_BITS = BODY_BITS / 2,
	HALF_MASK = (1 << HALF_BITS) - 1,
	ROUNDS = 10,
};
static const char letters[] = {CODE_LOT, CODE_ITEM, CODE_PRODUCT, CODE_UNIT, CODE_PLACE};

static bool is_letter(char c)
{
	return memchr(letters, c, sizeof letters) != NULL;
}

static size_t tag_chars(char letter)
{
	return letter == CODE_ITEM ? CODE_ITEM_TAG_CHARS : CODE_TAG_CHARS;
}

struct str tag_crockford(struct arena *arena, struct bytes key, struct str domain, struct str scope,
			 struct str body, size_t chars)
{
	struct sha256 hmac;
	assert(chars * 5 <= sizeof hmac.octets * 8);
	struct buf data = buf_create(arena, domain.len + scope.len + body.len + 2);
	buf_put(&data, domain);
	buf_put_char(&data, 0);
	buf_put(&data, scope);
	buf_put_char(&data, 0);
	buf_put(&data, body);
	hmac = hmac_sha256(key, str_bytes(buf_str(&data)));
	return crockford_encode(arena, sha256_bytes(&hmac), chars);
}

static struct str code_tag(struct arena *arena, struct bytes key, char letter, struct str body)
{
	return tag_crockford(arena, key, STR("farmtrail-code-v1"), (struct str){&letter, 1}, body,
			     tag_chars(letter));
}

uint64_t code_body_candidate(struct bytes key, struct uuid id, uint32_t attempt)
{
	static const char domain[] = "farmtrail-code-body-v1"; /* its NUL ends it */
	uint8_t data[sizeof domain + sizeof id.octets + 4];
	memcpy(data, domain, sizeof domain);
	memcpy(data + sizeof domain, id.octets, sizeof id.octets);
	for (int i = 0; i < 4; i++)
		data[sizeof domain + sizeof id.octets + (size_t)i] = (uint8_t)(attempt >> (24 - 8 * i));
	struct sha256 hmac = hmac_sha256(key, (struct bytes){data, sizeof data});
	uint64_t body = 0;
	for (int i = 0; i < BODY_BITS / 8; i++)
		body = body << 8 | hmac.octets[i];
	return body;
}

struct code code_make(struct arena *arena, char letter, uint64_t body, struct bytes key)
{
	assert(is_letter(letter) && key.len && body >> BODY_BITS == 0);
	uint8_t octets[BODY_BITS / 8];
	for (int i = 0; i < BODY_BITS / 8; i++)
		octets[i] = (uint8_t)(body >> (BODY_BITS - 8 - 8 * i));
	struct str text = crockford_encode(arena, (struct bytes){octets, sizeof octets}, CODE_BODY_CHARS);
	struct str tag = code_tag(arena, key, letter, text);
	return (struct code){
		.letter = letter,
		.body = body,
		.text = arena_printf(arena, "%c%.*s%.*s", letter, STR_ARGS(text), STR_ARGS(tag))};
}

/* One round of the permutation: 20 bits that only the key's holder can tell from chance. */
static uint64_t round_bits(struct bytes key, int round, uint64_t half)
{
	static const char domain[] = "farmtrail-item-v1"; /* its NUL ends it */
	uint8_t data[sizeof domain + 4];
	memcpy(data, domain, sizeof domain);
	data[sizeof domain] = (uint8_t)round;
	for (int i = 0; i < 3; i++)
		data[sizeof domain + 1 + (size_t)i] = (uint8_t)(half >> (16 - 8 * i));
	struct sha256 hmac = hmac_sha256(key, (struct bytes){data, sizeof data});
	return ((uint64_t)hmac.octets[0] << 16 | (uint64_t)hmac.octets[1] << 8 | hmac.octets[2]) & HALF_MASK;
}

/* A balanced Feistel network with as many rounds as NIST SP 800-38G asks of FF1 for domains this small. */
static uint64_t permute(struct bytes key, uint64_t n)
{
	uint64_t left = n >> HALF_BITS, right = n & HALF_MASK;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t next = left ^ round_bits(key, round, right);
		left = right;
		right = next;
	}
	return left << HALF_BITS | right;
}

static uint64_t permute_back(struct bytes key, uint64_t body)
{
	uint64_t left = body >> HALF_BITS, right = body & HALF_MASK;
	for (int round = ROUNDS - 1; round >= 0; round--) {
		uint64_t before = right ^ round_bits(key, round, left);
		right = left;
		left = before;
	}
	return left << HALF_BITS | right;
}

struct code code_item(struct arena *arena, uint64_t n, struct bytes key)
{
	assert(n < CODE_ITEMS_MAX);
	return code_make(arena, CODE_ITEM, permute(key, n), key);
}

uint64_t code_item_number(const struct code *item, struct bytes key)
{
	assert(item->letter == CODE_ITEM);
	return permute_back(key, item->body);
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The letter is not base32 (U is none of its symbols), so it is folded apart from the rest. */
static bool fold(struct arena *arena, struct str typed, struct str *ret)
{
	typed = str_trim(typed);
	while (typed.len && typed.at[0] == '-')
		typed = str_from(typed, 1);
	if (!typed.len || typed.len > MAX_TYPED || !is_letter(upper(typed.at[0])))
		return false;
	char letter = upper(typed.at[0]);
	struct str rest = crockford_fold(arena, str_from(typed, 1));
	if (!rest.at || rest.len != CODE_BODY_CHARS + tag_chars(letter))
		return false;
	*ret = arena_printf(arena, "%c%.*s", letter, STR_ARGS(rest));
	return true;
}

static uint64_t body_bits(struct str body)
{
	static const char symbols[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint64_t bits = 0;
	for (size_t i = 0; i < body.len; i++)
		bits = bits << 5 |
		       (uint64_t)((const char *)memchr(symbols, body.at[i], sizeof symbols) - symbols);
	return bits;
}

/* Takes as long for a tag that is wrong in its first character as for one that is right. */
static bool tag_equal(struct str a, struct str b)
{
	assert(a.len == b.len);
	unsigned difference = 0;
	for (size_t i = 0; i < a.len; i++)
		difference |= (unsigned)(a.at[i] ^ b.at[i]);
	return !difference;
}

enum problem code_parse(struct arena *arena, struct str typed, const struct bytes *keys, size_t key_count,
			struct code *ret)
{
	struct str text;
	if (!fold(arena, typed, &text))
		return PROBLEM_IDENTIFIER_SYNTAX;
	struct str body = {text.at + 1, CODE_BODY_CHARS}, tag = str_from(text, 1 + CODE_BODY_CHARS);
	unsigned made = 0;
	for (size_t i = 0; i < key_count; i++)
		made |= tag_equal(code_tag(arena, keys[i], text.at[0], body), tag);
	if (!made)
		return PROBLEM_NOT_FOUND;
	*ret = (struct code){.letter = text.at[0], .body = body_bits(body), .text = text};
	return PROBLEM_NONE;
}

struct str code_group(struct arena *arena, const struct code *code)
{
	struct buf buf = buf_create(arena, code->text.len + code->text.len / GROUP + 1);
	for (size_t i = 0; i < code->text.len; i++) {
		if (i > 1 && i % GROUP == 1)
			buf_put_char(&buf, '-');
		buf_put_char(&buf, code->text.at[i]);
	}
	return buf_str(&buf);
}
