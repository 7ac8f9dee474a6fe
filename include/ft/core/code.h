/* SPDX-License-Identifier: Apache-2.0
 * Our own short codes, what /t/{code} carries: a type letter, 8 characters that name the thing, a tag that makes codes
 * unguessable. Crockford base32, so that a person can type one from a damaged label. */
#ifndef FT_CORE_CODE_H
#define FT_CORE_CODE_H

#include "ft/base/problem.h"
#include "ft/base/uuid.h"

enum {
	CODE_LOT = 'B',
	CODE_ITEM = 'K',
	CODE_PRODUCT = 'P',
	CODE_UNIT = 'U', /* logistic unit */
	CODE_PLACE = 'F',
};
enum {
	CODE_BODY_CHARS = 8, /* 40 bits */
	CODE_TAG_CHARS = 4,
	CODE_ITEM_TAG_CHARS = 8, /* an item code claims to be the only one, so guessing it must not pay */
	CODE_MAX_CHARS = 1 + CODE_BODY_CHARS + CODE_ITEM_TAG_CHARS,
};
struct code {
	char letter;
	uint64_t body; /* 40 bits */
	struct str
		text; /* letter, body and tag in upper case, no separators: how it is stored and compared */
};

/* The first 5 * `chars` bits of HMAC-SHA256(key, domain 00 scope 00 body) in Crockford base32; chars ≤ 51. */
struct str tag_crockford(struct arena *arena, struct bytes key, struct str domain, struct str scope,
			 struct str body, size_t chars);

/* Bits of a body for the thing `id`. The same three give the same bits, so that a retry makes the same code; the
 * next `attempt` is for the rare body that is taken already. */
uint64_t code_body_candidate(struct bytes key, struct uuid id, uint32_t attempt);
struct code code_make(struct arena *arena, char letter, uint64_t body, struct bytes key);

/* Item codes are counted, in blocks of CODE_BLOCK that follow each other: item n of an installation has the body that
 * a permutation of 40 bits, known to the holder of `key` alone, makes of n. So no body comes twice, and none tells how
 * many there are. A block is filed under the code of its first item. */
enum { CODE_BLOCK_BITS = 10, CODE_BLOCK = 1 << CODE_BLOCK_BITS };
#define CODE_ITEMS_MAX (UINT64_C(1) << 40)
struct code code_item(struct arena *arena, uint64_t n, struct bytes key); /* n < CODE_ITEMS_MAX */
/* Which item a code that code_parse gave is. */
uint64_t code_item_number(const struct code *item, struct bytes key);

/* What a person typed or a scanner read: either case, O for 0, I and L for 1, spaces and hyphens anywhere. Tags are
 * compared with those of all `keys` in constant time; more than one key is live while keys rotate.
 * PROBLEM_IDENTIFIER_SYNTAX if it does not have the form of a code, PROBLEM_NOT_FOUND if no key made its tag. */
enum problem code_parse(struct arena *arena, struct str typed, const struct bytes *keys, size_t key_count,
			struct code *ret) must_check;

/* "B7K3F-9Q2M-X4TC", for people. */
struct str code_group(struct arena *arena, const struct code *code);

#endif
