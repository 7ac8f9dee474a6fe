/* SPDX-License-Identifier: Apache-2.0
 * Reading the shared crypto vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/base/text.h"
#include "vectors.h"

enum { EXIT_SKIPPED = 77 /* as meson reads it */ };
enum { FILE_ROOM = 4 * 1024 * 1024 }; /* the largest vector file has 700 KB */

static struct str path_of(struct arena *arena, const char *name)
{
	const char *root = getenv("FARMTRAIL_TEST_DATA");
	return arena_printf(arena, "%s/crypto-vectors/%s", root ? root : "../shared", name);
}

int vectors_run(int (*run)(void))
{
	struct arena *arena = arena_create();
	struct str path = path_of(arena, "README.md");
	FILE *in = fopen(path.at, "rb");
	bool present = in;
	if (present)
		fclose(in);
	else
		printf("skipped: no test data at %s\n", path.at);
	arena_destroy(arena);
	return present ? run() : EXIT_SKIPPED;
}

struct str vectors_read(struct arena *arena, const char *name)
{
	FILE *in = fopen(path_of(arena, name).at, "rb");
	assert_non_null(in);
	char *text = arena_alloc(arena, FILE_ROOM);
	size_t len = fread(text, 1, FILE_ROOM, in);
	fclose(in);
	assert_true(len > 0 && len < FILE_ROOM);
	return (struct str){text, len};
}

bool vectors_next(struct arena *arena, struct str *text, struct json *ret)
{
	struct fault fault;
	while (text->len > 0) {
		struct str line = str_trim(str_cut(*text, '\n', text));
		if (line.len == 0)
			continue;
		assert_int_equal(json_parse(arena, line, ret, &fault), PROBLEM_NONE);
		return true;
	}
	return false;
}

struct str vector_text(const struct json *row, const char *name)
{
	struct str text = json_text(json_get(row, str_of(name)));
	assert_non_null(text.at);
	return text;
}

struct bytes vector_hex(struct arena *arena, const struct json *row, const char *name)
{
	struct str text = vector_text(row, name);
	uint8_t *octets = arena_alloc(arena, text.len / 2 + 1);
	assert_true(text.len % 2 == 0 && hex_decode(text, octets, text.len / 2));
	return (struct bytes){octets, text.len / 2};
}

/* Up to 2^64 - 1, which hostile indexes reach. */
uint64_t vector_number(const struct json *row, const char *name)
{
	const struct json *number = json_get(row, str_of(name));
	uint64_t value = 0;
	assert_non_null(number);
	assert_int_equal(number->kind, JSON_NUMBER);
	for (size_t i = 0; i < number->text.len; i++) {
		char c = number->text.at[i];
		assert_true(c >= '0' && c <= '9' && value <= (UINT64_MAX - (uint64_t)(c - '0')) / 10);
		value = value * 10 + (uint64_t)(c - '0');
	}
	return value;
}

bool vector_bool(const struct json *row, const char *name)
{
	const struct json *value = json_get(row, str_of(name));
	assert_non_null(value);
	assert_int_equal(value->kind, JSON_BOOL);
	return value->boolean;
}

bool vector_is_hash(struct arena *arena, const struct json *value)
{
	struct bytes octets;
	return json_text(value).at && base64_decode(arena, json_text(value), &octets) &&
	       octets.len == sizeof(struct sha256);
}

struct sha256 vector_hash(struct arena *arena, const struct json *value)
{
	struct bytes octets;
	struct sha256 hash = {0};
	if (vector_is_hash(arena, value) && base64_decode(arena, json_text(value), &octets))
		memcpy(hash.octets, octets.at, octets.len);
	return hash;
}

const struct sha256 *vector_hashes(struct arena *arena, const struct json *row, const char *name,
				   size_t *ret_count)
{
	const struct json *array = json_get(row, str_of(name));
	*ret_count = array && array->kind == JSON_ARRAY ? array->count : 0;
	struct sha256 *hashes = arena_array(arena, struct sha256, *ret_count);
	for (size_t i = 0; i < *ret_count; i++)
		hashes[i] = vector_hash(arena, &array->items[i]);
	return hashes;
}

struct bytes vector_spki(struct arena *arena, enum sign_algorithm algorithm, struct bytes key)
{
	static const char ed25519[] = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
	static const char p256[] =
		"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03"
		"\x01\x07\x03\x42\x00";
	struct buf out = buf_create(arena, 128);
	static const char sm2[] =
		"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\x55\x01"
		"\x82\x2d\x03\x42\x00";
	if (algorithm == SIGN_P256)
		buf_put_bytes(&out, p256, sizeof p256 - 1);
	else if (algorithm == SIGN_SM2)
		buf_put_bytes(&out, sm2, sizeof sm2 - 1);
	else
		buf_put_bytes(&out, ed25519, sizeof ed25519 - 1);
	buf_put_bytes(&out, key.at, key.len);
	return str_bytes(buf_str(&out));
}
