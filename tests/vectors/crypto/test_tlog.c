/* SPDX-License-Identifier: Apache-2.0
 * A log of 70,000 entries made by another implementation: roots, proofs, cosigned heads, offline proofs. Entry i is the
 * text "leaf-<i>". */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/core/log_tile.h"
#include "ft/core/merkle.h"
#include "ft/core/note.h"
#include "ft/core/proof.h"
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

static const struct note_verifier verifier = {.verify = verify_spki};

static struct sha256 leaf(struct arena *arena, size_t i)
{
	return merkle_leaf(str_bytes(arena_printf(arena, "leaf-%zu", i)));
}

static void roots_of_all_sizes_are_found_while_appending(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "tlog/roots.jsonl");
	struct merkle_edge edge = {0};
	struct json row;
	size_t checked = 0;
	while (vectors_next(arena, &file, &row)) {
		uint64_t size = vector_number(&row, "size");
		assert_true(size >= edge.size); /* the file is in ascending order */
		struct arena *scratch = arena_create();
		while (edge.size < size)
			merkle_edge_append(&edge, leaf(scratch, edge.size));
		arena_destroy(scratch);
		assert_true(sha256_equal(merkle_edge_root(&edge),
					 vector_hash(arena, json_get(&row, STR("root")))));
		checked++;
	}
	assert_true(checked > 20 && edge.size == 70000);
}

static void inclusion_proofs_verify(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "tlog/inclusion.jsonl");
	struct json row;
	size_t checked = 0;
	while (vectors_next(arena, &file, &row)) {
		size_t count;
		const struct sha256 *path = vector_hashes(arena, &row, "proof", &count);
		uint64_t index = vector_number(&row, "index"), size = vector_number(&row, "size");
		struct sha256 hash = merkle_leaf(str_bytes(vector_text(&row, "leaf_data")));
		struct sha256 root = vector_hash(arena, json_get(&row, STR("root")));
		assert_true(sha256_equal(hash, vector_hash(arena, json_get(&row, STR("leaf_hash")))));
		assert_true(merkle_check_inclusion(hash, index, size, root, path, count));
		assert_int_equal(merkle_check_inclusion(root, index, size, root, path, count), size == 1);
		checked++;
	}
	assert_true(checked > 50);
}

static void consistency_proofs_verify(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "tlog/consistency.jsonl");
	struct json row;
	size_t checked = 0;
	while (vectors_next(arena, &file, &row)) {
		size_t count;
		const struct sha256 *proof = vector_hashes(arena, &row, "proof", &count);
		assert_true(merkle_check_consistency(
			vector_number(&row, "old_size"), vector_hash(arena, json_get(&row, STR("old_root"))),
			vector_number(&row, "new_size"), vector_hash(arena, json_get(&row, STR("new_root"))),
			proof, count));
		checked++;
	}
	assert_true(checked > 30);
}

struct keys {
	struct note_key log[2], witnesses[3];
};

static struct note_key key_of(struct arena *arena, const struct json *vkey)
{
	struct note_key key;
	assert_true(note_key_parse(arena, json_text(vkey), &key));
	assert_true(str_equal(note_key_print(arena, &key), json_text(vkey)));
	return key;
}

static struct json heads_file(struct arena *arena, struct keys *keys)
{
	struct json file;
	struct fault fault;
	assert_int_equal(json_parse(arena, vectors_read(arena, "tlog/checkpoints.json"), &file, &fault),
			 PROBLEM_NONE);
	keys->log[0] = key_of(arena, json_get(&file, STR("log_vkey_ed25519")));
	keys->log[1] = key_of(arena, json_get(&file, STR("log_vkey_ecdsa_p256")));
	const struct json *witnesses = json_get(&file, STR("witness_vkeys"));
	assert_int_equal(witnesses->count, 3);
	for (size_t i = 0; i < 3; i++)
		keys->witnesses[i] = key_of(arena, &witnesses->items[i]);
	return file;
}

static void assert_signed(struct arena *arena, struct str text, const struct keys *keys, struct note *ret)
{
	assert_true(note_parse(arena, text, ret));
	assert_int_equal(note_verify(arena, ret, &keys->log[0], verifier), NOTE_SIGNED);
	assert_true(str_equal(note_print(arena, ret), text));
}

static void heads_are_signed_by_the_log_and_cosigned_by_every_witness(void **state)
{
	struct arena *arena = *state;
	struct keys keys;
	struct json file = heads_file(arena, &keys);
	const struct json *heads = json_get(&file, STR("checkpoints"));
	assert_true(heads->count > 3);
	for (size_t i = 0; i < heads->count; i++) {
		struct note note;
		struct checkpoint head;
		assert_signed(arena, vector_text(&heads->items[i], "cosigned"), &keys, &note);
		assert_true(checkpoint_parse(arena, note.text, &head));
		assert_int_equal(head.size, vector_number(&heads->items[i], "size"));
		for (size_t k = 0; k < 3; k++)
			assert_int_equal(note_verify(arena, &note, &keys.witnesses[k], verifier),
					 NOTE_SIGNED);

		assert_signed(arena, vector_text(&heads->items[i], "log_signed"), &keys, &note);
		for (size_t k = 0; k < 3; k++)
			assert_int_equal(note_verify(arena, &note, &keys.witnesses[k], verifier),
					 NOTE_UNSIGNED);
	}
}

/* A cosignature covers its time: a later time under the same signature is a forgery. */
static void the_time_of_a_cosignature_is_signed(void **state)
{
	struct arena *arena = *state;
	struct keys keys;
	struct json file = heads_file(arena, &keys);
	struct note note;
	assert_signed(arena, vector_text(&json_get(&file, STR("checkpoints"))->items[1], "cosigned"), &keys,
		      &note);
	for (size_t i = 0; i < note.count; i++) {
		if (!str_equal(note.signatures[i].name, keys.witnesses[0].name))
			continue;
		uint8_t *later = arena_alloc(arena, note.signatures[i].signature.len);
		memcpy(later, note.signatures[i].signature.at, note.signatures[i].signature.len);
		later[7]++;
		note.signatures[i].signature.at = later;
	}
	assert_int_equal(note_verify(arena, &note, &keys.witnesses[0], verifier), NOTE_FORGED);
	assert_int_equal(note_verify(arena, &note, &keys.witnesses[1], verifier), NOTE_SIGNED);
}

/* Log key, two witnesses of three. */
static struct policy vector_policy(struct arena *arena, const struct json *file)
{
	struct buf text = buf_create(arena, 1024);
	struct policy policy;
	size_t line = 0;
	struct str log = json_text(json_get(file, STR("log_vkey_ed25519")));
	const struct json *witnesses = json_get(file, STR("witness_vkeys"));
	buf_printf(&text, "log %.*s\n", STR_ARGS(log));
	for (size_t i = 0; i < witnesses->count; i++)
		buf_printf(&text, "witness w%zu %.*s\n", i, STR_ARGS(witnesses->items[i].text));
	buf_put(&text, STR("group most 2 w0 w1 w2\nquorum most\n"));
	assert_true(policy_parse(arena, buf_str(&text), &policy, &line));
	return policy;
}

static void offline_proofs_lead_from_entry_to_cosigned_head(void **state)
{
	struct arena *arena = *state;
	struct keys keys;
	struct json heads = heads_file(arena, &keys);
	struct policy policy = vector_policy(arena, &heads);
	struct proof_trust trust = {.policy = &policy};
	struct str file = vectors_read(arena, "tlog/tlog_proofs.jsonl");
	struct json row;
	size_t checked = 0;
	while (vectors_next(arena, &file, &row)) {
		struct tlog_proof proof;
		struct str text = vector_text(&row, "proof");
		struct bytes entry = str_bytes(vector_text(&row, "leaf_data"));
		assert_true(tlog_proof_parse(arena, text, &proof));
		assert_true(str_equal(tlog_proof_print(arena, &proof), text));
		assert_int_equal(proof.place.index, vector_number(&row, "index"));
		assert_int_equal(tlog_proof_verify(arena, &proof, entry, trust, verifier).verdict,
				 PROOF_HOLDS);
		struct bytes other = str_bytes(STR("leaf-1"));
		assert_int_equal(tlog_proof_verify(arena, &proof, other, trust, verifier).verdict,
				 PROOF_BROKEN);
		proof.place.index++;
		assert_int_equal(tlog_proof_verify(arena, &proof, entry, trust, verifier).verdict,
				 PROOF_BROKEN);
		checked++;
	}
	assert_true(checked > 3);
}

static struct sha256 root_of_size(struct arena *arena, uint64_t size)
{
	struct merkle_edge edge = {0};
	while (edge.size < size)
		merkle_edge_append(&edge, leaf(arena, edge.size));
	return merkle_edge_root(&edge);
}

/* What a witness is asked: an old size, a consistency proof, an empty line, the log's head. */
static void witness_requests_carry_consistency_proofs(void **state)
{
	struct arena *arena = *state;
	struct keys keys;
	(void)heads_file(arena, &keys);
	struct json row;
	struct str file = vectors_read(arena, "tlog/add_checkpoint_requests.jsonl");
	size_t checked = 0;
	while (vectors_next(arena, &file, &row)) {
		struct str rest = vector_text(&row, "body"), line;
		uint64_t old_size = vector_number(&row, "old");
		struct sha256 proof[MERKLE_MAX_CONSISTENCY];
		size_t count = 0;
		struct note note;
		struct checkpoint head;
		assert_true(str_equal(str_cut(rest, '\n', &rest),
				      arena_printf(arena, "old %llu", (unsigned long long)old_size)));
		while ((line = str_cut(rest, '\n', &rest)).len > 0) {
			struct json value = {.kind = JSON_STRING, .text = line};
			proof[count++] = vector_hash(arena, &value);
		}
		assert_signed(arena, rest, &keys, &note);
		assert_true(checkpoint_parse(arena, note.text, &head));
		assert_int_equal(head.size, vector_number(&row, "new"));
		checked++;
		if (old_size == 0) {
			assert_int_equal(count, 0);
			continue;
		}
		struct sha256 old_root = root_of_size(arena, old_size);
		assert_true(merkle_check_consistency(old_size, old_root, (uint64_t)head.size, head.root,
						     proof, count));
		assert_false(merkle_check_consistency(old_size + 1, old_root, (uint64_t)head.size, head.root,
						      proof, count));
	}
	assert_int_equal(checked, 2);
}

static void heads_meet_the_policy_with_a_quorum_of_their_witnesses(void **state)
{
	struct arena *arena = *state;
	struct keys keys;
	struct json file = heads_file(arena, &keys);
	struct policy policy = vector_policy(arena, &file);
	const struct json *heads = json_get(&file, STR("checkpoints"));
	for (size_t i = 0; i < heads->count; i++) {
		struct note note;
		assert_true(note_parse(arena, vector_text(&heads->items[i], "cosigned"), &note));
		struct policy_report report = policy_judge(arena, &policy, &note, verifier);
		assert_int_equal(report.finding, POLICY_HOLDS);
		assert_int_equal(report.cosigned, 3);
		assert_int_equal(report.no_later_s, 1795300000 + 120);
		assert_true(note_parse(arena, vector_text(&heads->items[i], "log_signed"), &note));
		assert_int_equal(policy_judge(arena, &policy, &note, verifier).finding, POLICY_NO_QUORUM);
	}
}

enum { TREE = 70000, LEVELS = 3 };

/* All hashes that tiles of a tree of 70,000 consist of, as the sequencer comes by them. */
static void grow_levels(struct arena *arena, struct sha256 *ret[LEVELS])
{
	struct merkle_edge edge = {0};
	for (unsigned level = 0; level < LEVELS; level++)
		ret[level] = arena_array(arena, struct sha256, TREE >> level * LOG_TILE_HEIGHT);
	while (edge.size < TREE) {
		struct arena *scratch = arena_create();
		struct sha256 noted[64];
		unsigned count = merkle_edge_append_noting(&edge, leaf(scratch, edge.size), noted);
		for (unsigned level = 0; level < LEVELS && level * LOG_TILE_HEIGHT < count; level++)
			ret[level][(edge.size >> level * LOG_TILE_HEIGHT) - 1] =
				noted[level * LOG_TILE_HEIGHT];
		arena_destroy(scratch);
	}
}

static bool has_digest(struct arena *arena, const struct json *row, const char *name, struct bytes octets)
{
	struct sha256 digest = sha256_of(octets);
	return bytes_equal(vector_hex(arena, row, name), sha256_bytes(&digest));
}

static struct bytes bundle_of(struct arena *arena, const struct log_tile *tile)
{
	struct buf out = buf_create(arena, tile->width * 16);
	for (uint64_t i = 0; i < tile->width; i++) {
		struct str entry = arena_printf(arena, "leaf-%llu",
						(unsigned long long)(tile->index * LOG_TILE_WIDTH + i));
		buf_put_char(&out, 0);
		buf_put_char(&out, (char)entry.len);
		buf_put(&out, entry);
	}
	return str_bytes(buf_str(&out));
}

static void tiles_lie_where_c2sp_says_and_hold_what_it_says(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "tlog/tiles.jsonl");
	struct sha256 *levels[LEVELS];
	struct json row;
	size_t checked = 0, bundles = 0;
	grow_levels(arena, levels);
	while (vectors_next(arena, &file, &row)) {
		struct log_tile_name name;
		struct str path = str_from(vector_text(&row, "path"), strlen("tile/"));
		assert_true(log_tile_parse(path, &name) && !name.entries);
		assert_true(str_equal(log_tile_print(arena, &name), path));
		const struct log_tile *tile = &name.tile;
		uint64_t first = tile->index * LOG_TILE_WIDTH;
		assert_true(tile->level < LEVELS);
		assert_true(first + tile->width <= vector_number(&row, "tree_size") >>
			    tile->level * LOG_TILE_HEIGHT);
		struct bytes hashes = {levels[tile->level][first].octets, tile->width * sizeof levels[0][0]};
		assert_int_equal(hashes.len, vector_number(&row, "bytes"));
		assert_true(has_digest(arena, &row, "sha256", hashes));
		checked++;
		if (!json_get(&row, STR("entries_path")))
			continue;
		struct bytes bundle = bundle_of(arena, tile), entries[LOG_TILE_WIDTH];
		path = str_from(vector_text(&row, "entries_path"), strlen("tile/"));
		assert_true(log_tile_parse(path, &name) && name.entries);
		assert_int_equal(name.tile.index, first / LOG_TILE_WIDTH);
		assert_int_equal(bundle.len, vector_number(&row, "entries_bytes"));
		assert_true(has_digest(arena, &row, "entries_sha256", bundle));
		assert_true(log_entries_parse(bundle, name.tile.width, entries));
		bundles++;
	}
	assert_true(checked == 24 && bundles > 5);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(roots_of_all_sizes_are_found_while_appending, create,
						destroy),
		cmocka_unit_test_setup_teardown(tiles_lie_where_c2sp_says_and_hold_what_it_says, create,
						destroy),
		cmocka_unit_test_setup_teardown(inclusion_proofs_verify, create, destroy),
		cmocka_unit_test_setup_teardown(consistency_proofs_verify, create, destroy),
		cmocka_unit_test_setup_teardown(heads_are_signed_by_the_log_and_cosigned_by_every_witness,
						create, destroy),
		cmocka_unit_test_setup_teardown(the_time_of_a_cosignature_is_signed, create, destroy),
		cmocka_unit_test_setup_teardown(offline_proofs_lead_from_entry_to_cosigned_head, create,
						destroy),
		cmocka_unit_test_setup_teardown(witness_requests_carry_consistency_proofs, create, destroy),
		cmocka_unit_test_setup_teardown(heads_meet_the_policy_with_a_quorum_of_their_witnesses,
						create, destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return vectors_run(run);
}
