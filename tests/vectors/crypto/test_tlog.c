/* SPDX-License-Identifier: Apache-2.0
 * A log of 70,000 entries made by another implementation: roots, proofs, cosigned heads, offline proofs. Entry i is the
 * text "leaf-<i>". */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

/* c2sp.org/tlog-proof: index, path, an empty line, a cosigned head. */
static void offline_proofs_lead_from_entry_to_cosigned_head(void **state)
{
	struct arena *arena = *state;
	struct keys keys;
	(void)heads_file(arena, &keys);
	struct str file = vectors_read(arena, "tlog/tlog_proofs.jsonl");
	struct json row;
	size_t checked = 0;
	while (vectors_next(arena, &file, &row)) {
		struct str rest = vector_text(&row, "proof"), line;
		struct sha256 path[MERKLE_MAX_PATH];
		size_t count = 0;
		assert_true(str_equal(str_cut(rest, '\n', &rest), STR("c2sp.org/tlog-proof@v1")));
		assert_true(str_starts(str_cut(rest, '\n', &rest), STR("index ")));
		while ((line = str_cut(rest, '\n', &rest)).len > 0) {
			struct json value = {.kind = JSON_STRING, .text = line};
			assert_true(count < MERKLE_MAX_PATH);
			path[count++] = vector_hash(arena, &value);
		}
		struct note note;
		struct checkpoint head;
		assert_signed(arena, rest, &keys, &note);
		assert_true(checkpoint_parse(arena, note.text, &head));
		assert_true(merkle_check_inclusion(merkle_leaf(str_bytes(vector_text(&row, "leaf_data"))),
						   vector_number(&row, "index"), (uint64_t)head.size,
						   head.root, path, count));
		checked++;
	}
	assert_true(checked > 3);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(roots_of_all_sizes_are_found_while_appending, create,
						destroy),
		cmocka_unit_test_setup_teardown(inclusion_proofs_verify, create, destroy),
		cmocka_unit_test_setup_teardown(consistency_proofs_verify, create, destroy),
		cmocka_unit_test_setup_teardown(heads_are_signed_by_the_log_and_cosigned_by_every_witness,
						create, destroy),
		cmocka_unit_test_setup_teardown(the_time_of_a_cosignature_is_signed, create, destroy),
		cmocka_unit_test_setup_teardown(offline_proofs_lead_from_entry_to_cosigned_head, create,
						destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return vectors_run(run);
}
