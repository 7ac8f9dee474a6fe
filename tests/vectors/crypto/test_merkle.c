/* SPDX-License-Identifier: Apache-2.0
 * RFC 6962 hashes and the proofs, good and hostile, of transparency-dev/merkle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/core/merkle.h"
#include "vectors.h"

static int create(void **state)
{
	*state = arena_create();
	return 0;
}

static int destroy(void **state)
{
	arena_destroy(*state);
	return 0;
}

static struct sha256 hash_of_hex(struct arena *arena, const struct json *row)
{
	struct bytes octets = vector_hex(arena, row, "hash");
	struct sha256 hash;
	assert_int_equal(octets.len, sizeof hash.octets);
	memcpy(hash.octets, octets.at, octets.len);
	return hash;
}

/* These rows hash texts that are no hashes themselves; a node is otherwise made of two hashes. */
static struct sha256 node_of_texts(struct bytes left, struct bytes right)
{
	static const uint8_t prefix = 1;
	return sha256_of_parts((struct bytes[]){{&prefix, 1}, left, right}, 3);
}

static void hashes_are_those_of_rfc_6962(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "merkle/rfc6962_hasher.jsonl");
	struct json row;
	size_t checked = 0;
	while (vectors_next(arena, &file, &row)) {
		struct str kind = vector_text(&row, "kind");
		struct sha256 got;
		if (str_equal(kind, STR("empty")))
			got = merkle_root(NULL, 0);
		else if (str_equal(kind, STR("leaf")))
			got = merkle_leaf(vector_hex(arena, &row, "data_hex"));
		else
			got = node_of_texts(vector_hex(arena, &row, "left_hex"),
					    vector_hex(arena, &row, "right_hex"));
		assert_true(sha256_equal(got, hash_of_hex(arena, &row)));
		checked++;
	}
	assert_int_equal(checked, 4);
}

/* A hash of another length is refused where it is read, before any arithmetic. */
static bool all_are_hashes(struct arena *arena, const struct json *row, const char *name)
{
	const struct json *array = json_get(row, str_of(name));
	for (size_t i = 0; array && array->kind == JSON_ARRAY && i < array->count; i++)
		if (!vector_is_hash(arena, &array->items[i]))
			return false;
	return true;
}

static bool includes(struct arena *arena, const struct json *row)
{
	size_t count;
	const struct sha256 *path = vector_hashes(arena, row, "proof", &count);
	const struct json *leaf = json_get(row, STR("leafHash")), *root = json_get(row, STR("root"));
	return vector_is_hash(arena, leaf) && vector_is_hash(arena, root) &&
	       all_are_hashes(arena, row, "proof") &&
	       merkle_check_inclusion(vector_hash(arena, leaf), vector_number(row, "leafIdx"),
				      vector_number(row, "treeSize"), vector_hash(arena, root), path, count);
}

static void inclusion_proofs_are_judged_alike(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "merkle/transparency-dev_inclusion.jsonl");
	struct json row;
	size_t good = 0, bad = 0;
	while (vectors_next(arena, &file, &row)) {
		bool want = !vector_bool(&row, "wantErr");
		if (includes(arena, &row) != want)
			fail_msg("%.*s", STR_ARGS(vector_text(&row, "file")));
		*(want ? &good : &bad) += 1;
	}
	assert_true(good > 3 && bad > 50);
}

static bool is_consistent(struct arena *arena, const struct json *row)
{
	size_t count;
	const struct sha256 *proof = vector_hashes(arena, row, "proof", &count);
	const struct json *old_root = json_get(row, STR("root1")), *new_root = json_get(row, STR("root2"));
	return vector_is_hash(arena, old_root) && vector_is_hash(arena, new_root) &&
	       all_are_hashes(arena, row, "proof") &&
	       merkle_check_consistency(vector_number(row, "size1"), vector_hash(arena, old_root),
					vector_number(row, "size2"), vector_hash(arena, new_root), proof,
					count);
}

static void consistency_proofs_are_judged_alike(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "merkle/transparency-dev_consistency.jsonl");
	struct json row;
	size_t good = 0, bad = 0;
	while (vectors_next(arena, &file, &row)) {
		bool want = !vector_bool(&row, "wantErr");
		/* Two equal texts that are no hashes: consistent to upstream, not readable as roots here. */
		if (want && !vector_is_hash(arena, json_get(&row, STR("root1"))))
			continue;
		if (is_consistent(arena, &row) != want)
			fail_msg("%.*s", STR_ARGS(vector_text(&row, "file")));
		*(want ? &good : &bad) += 1;
	}
	assert_true(good > 3 && bad > 50);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hashes_are_those_of_rfc_6962, create, destroy),
		cmocka_unit_test_setup_teardown(inclusion_proofs_are_judged_alike, create, destroy),
		cmocka_unit_test_setup_teardown(consistency_proofs_are_judged_alike, create, destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return vectors_run(run);
}
