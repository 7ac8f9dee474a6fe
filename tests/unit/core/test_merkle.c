/* SPDX-License-Identifier: Apache-2.0
 * Tree arithmetic against a second, recursive definition; published values are in tests/vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/core/merkle.h"

enum { LEAVES = 40 };

static struct sha256 leaves[LEAVES];

static int make_leaves(void **state)
{
	(void)state;
	for (size_t i = 0; i < LEAVES; i++)
		leaves[i] = merkle_leaf((struct bytes){(const uint8_t *)&i, sizeof i});
	return 0;
}

/* RFC 6962 §2.1: the largest power of two smaller than count. */
static size_t split(size_t count)
{
	size_t k = 1;
	while (2 * k < count)
		k *= 2;
	return k;
}

static struct sha256 root_of(const struct sha256 *at, size_t count)
{
	if (count == 0)
		return sha256_of((struct bytes){0});
	if (count == 1)
		return at[0];
	size_t k = split(count);
	return merkle_node(root_of(at, k), root_of(at + k, count - k));
}

/* RFC 6962 §2.1.1, PATH. */
static size_t path_of(const struct sha256 *at, size_t count, size_t index, struct sha256 *path)
{
	if (count <= 1)
		return 0;
	size_t k = split(count);
	bool is_left = index < k;
	size_t len = is_left ? path_of(at, k, index, path) : path_of(at + k, count - k, index - k, path);
	path[len] = is_left ? root_of(at + k, count - k) : root_of(at, k);
	return len + 1;
}

/* RFC 6962 §2.1.2, SUBPROOF. */
static size_t subproof(const struct sha256 *at, size_t count, size_t old, bool whole, struct sha256 *proof)
{
	if (old == count) {
		if (!whole)
			proof[0] = root_of(at, count);
		return !whole;
	}
	size_t k = split(count), len;
	if (old <= k) {
		len = subproof(at, k, old, whole, proof);
		proof[len] = root_of(at + k, count - k);
	} else {
		len = subproof(at + k, count - k, old - k, false, proof);
		proof[len] = root_of(at, k);
	}
	return len + 1;
}

static void roots_agree_with_the_recursive_definition(void **state)
{
	(void)state;
	struct merkle_edge edge = {0};
	for (size_t count = 0; count <= LEAVES; count++) {
		struct sha256 want = root_of(leaves, count);
		assert_true(sha256_equal(merkle_root(leaves, count), want));
		assert_true(sha256_equal(merkle_edge_root(&edge), want));
		assert_int_equal(edge.size, count);
		if (count < LEAVES)
			merkle_edge_append(&edge, leaves[count]);
	}
}

static void a_leaf_is_never_a_node(void **state)
{
	(void)state;
	struct sha256 pair[] = {leaves[0], leaves[1]};
	struct bytes octets = {(const uint8_t *)pair, sizeof pair};
	assert_false(sha256_equal(merkle_leaf(octets), merkle_node(leaves[0], leaves[1])));
}

static void every_inclusion_path_verifies_at_its_place_alone(void **state)
{
	(void)state;
	for (size_t size = 1; size <= LEAVES; size++)
		for (size_t index = 0; index < size; index++) {
			struct sha256 path[MERKLE_MAX_PATH], root = root_of(leaves, size);
			size_t len = path_of(leaves, size, index, path);
			for (size_t other = 0; other <= size; other++)
				assert_int_equal(
					merkle_check_inclusion(leaves[index], other, size, root, path, len),
					other == index);
			assert_false(merkle_check_inclusion(leaves[(index + 1) % LEAVES], index, size, root,
							    path, len));
			assert_false(merkle_check_inclusion(leaves[index], index, size, root, path, len + 1));
			if (len > 0) {
				assert_false(merkle_check_inclusion(leaves[index], index, size, root, path,
								    len - 1));
				path[len / 2].octets[5] ^= 1;
				assert_false(
					merkle_check_inclusion(leaves[index], index, size, root, path, len));
			}
		}
}

static void every_consistency_proof_verifies_for_its_sizes_alone(void **state)
{
	(void)state;
	for (size_t size = 1; size <= LEAVES; size++)
		for (size_t old = 1; old <= size; old++) {
			struct sha256 proof[MERKLE_MAX_CONSISTENCY] = {0};
			struct sha256 root = root_of(leaves, size), old_root = root_of(leaves, old);
			size_t len = subproof(leaves, size, old, true, proof);
			assert_true(merkle_check_consistency(old, old_root, size, root, proof, len));
			assert_false(merkle_check_consistency(old, old_root, size, root, proof, len + 1));
			if (old == size)
				continue;
			assert_false(merkle_check_consistency(old, root, size, root, proof, len));
			assert_false(merkle_check_consistency(old, old_root, size, old_root, proof, len));
			assert_false(merkle_check_consistency(old, old_root, size, root, proof, len - 1));
			assert_false(merkle_check_consistency(0, old_root, size, root, proof, len));
			assert_false(merkle_check_consistency(size, root, old, old_root, proof, len));
			proof[len / 2].octets[31] ^= 1;
			assert_false(merkle_check_consistency(old, old_root, size, root, proof, len));
		}
}

static void a_proof_longer_than_any_tree_is_refused(void **state)
{
	(void)state;
	struct sha256 *path = calloc(MERKLE_MAX_CONSISTENCY + 1, sizeof *path);
	assert_false(merkle_check_inclusion(leaves[0], 0, UINT64_MAX, leaves[0], path, MERKLE_MAX_PATH + 1));
	assert_false(merkle_check_consistency(1, leaves[0], UINT64_MAX, leaves[0], path,
					      MERKLE_MAX_CONSISTENCY + 1));
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_agree_with_the_recursive_definition),
		cmocka_unit_test(a_leaf_is_never_a_node),
		cmocka_unit_test(every_inclusion_path_verifies_at_its_place_alone),
		cmocka_unit_test(every_consistency_proof_verifies_for_its_sizes_alone),
		cmocka_unit_test(a_proof_longer_than_any_tree_is_refused),
	};
	return cmocka_run_group_tests(tests, make_leaves, NULL);
}
