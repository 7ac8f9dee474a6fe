/* SPDX-License-Identifier: Apache-2.0
 * A tlog-proof of a log of a million entries, cosigned twice: it holds, and it is short enough for a label's file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/core/log_tile.h"
#include "ft/core/policy.h"
#include "sample_log.h"

static const struct note_verifier verifier = {.verify = verify_spki};
enum { LEAVES = 1000000, LEVELS = 3, MAX_LEN = 1600 };

static struct sha256 leaf_of(uint32_t i)
{
	return merkle_leaf((struct bytes){(const uint8_t *)&i, sizeof i});
}

/* Every hash that stands in a tile. */
static void grow(struct sha256 *hashes[LEVELS], struct merkle_edge *edge)
{
	for (uint32_t i = 0; i < LEAVES; i++) {
		struct sha256 noted[64];
		unsigned count = merkle_edge_append_noting(edge, leaf_of(i), noted);
		for (unsigned level = 0; level * LOG_TILE_HEIGHT < count && level < LEVELS; level++)
			hashes[level][(edge->size >> level * LOG_TILE_HEIGHT) - 1] =
				noted[level * LOG_TILE_HEIGHT];
	}
}

static void of_a_million_entries_it_stays_short(void **state)
{
	(void)state;
	static const uint32_t indexes[] = {0, 255, 524287, 524288, 987654, LEAVES - 1};
	struct sha256 *hashes[LEVELS];
	struct merkle_edge edge = {0};
	struct sample_log *log = sample_log_create();
	for (int level = 0; level < LEVELS; level++)
		hashes[level] = calloc(LEAVES, sizeof *hashes[level]);
	grow(hashes, &edge);
	struct sha256 root = merkle_edge_root(&edge);
	struct str head = sample_head(log, LEAVES, root, 3);
	struct policy policy;
	size_t wrong_line;
	assert_true(policy_parse(log->arena, sample_policy(log), &policy, &wrong_line));
	const struct proof_trust trust = {.policy = &policy};
	size_t longest = 0, longest_path = 0;
	for (size_t i = 0; i < sizeof indexes / sizeof *indexes; i++) {
		struct log_tiles tiles = {0};
		struct sha256 path[MERKLE_MAX_PATH];
		log_tiles_need_path(log->arena, &tiles, indexes[i], LEAVES);
		for (size_t k = 0; k < tiles.count; k++)
			tiles.items[k].hashes =
				hashes[tiles.items[k].level] + tiles.items[k].index * LOG_TILE_WIDTH;
		struct tlog_proof proof = {
			.place = {indexes[i], path, log_path(&tiles, indexes[i], LEAVES, path)},
			.checkpoint = head};
		longest_path = proof.place.path_count > longest_path ? proof.place.path_count : longest_path;
		struct str text = tlog_proof_print(log->arena, &proof);
		struct tlog_proof again;
		assert_true(tlog_proof_parse(log->arena, text, &again));
		const struct bytes entry = {(const uint8_t *)&indexes[i], sizeof indexes[i]};
		assert_int_equal(tlog_proof_verify(log->arena, &again, entry, trust, verifier).verdict,
				 PROOF_HOLDS);
		longest = text.len > longest ? text.len : longest;
	}
	print_message("a proof of a million entries, two cosignatures: %zu octets\n", longest);
	assert_int_equal(longest_path, 20);
	assert_in_range(longest, 1, MAX_LEN);
	for (int level = 0; level < LEVELS; level++)
		free(hashes[level]);
	sample_log_destroy(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_million_entries_it_stays_short),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
