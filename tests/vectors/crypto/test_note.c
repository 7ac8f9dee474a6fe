/* SPDX-License-Identifier: Apache-2.0
 * Signed notes of other implementations open, and their damaged forms do not. */
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

static bool opens(struct arena *arena, struct str text, struct str vkey)
{
	struct note note;
	struct note_key key;
	return note_key_parse(arena, vkey, &key) && note_parse(arena, text, &note) &&
	       note_verify(arena, &note, &key, verifier) == NOTE_SIGNED;
}

static void notes_open_exactly_when_they_are_valid(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "c2sp/signed_notes.jsonl");
	struct json row;
	size_t checked = 0;
	while (vectors_next(arena, &file, &row)) {
		struct str text = vector_text(&row, "note");
		bool want = vector_bool(&row, "valid");
		struct note note;
		if (opens(arena, text, vector_text(&row, "vkey")) != want)
			fail_msg("%.*s", STR_ARGS(vector_text(&row, "name")));
		if (want) {
			assert_true(note_parse(arena, text, &note));
			assert_true(str_equal(note_print(arena, &note), text));
		}
		checked++;
	}
	assert_true(checked >= 9);
}

/* tlog-tiles, entry bundles: length in two octets, then the entry. */
static size_t split_bundle(struct str bundle, struct sha256 *leaves, size_t room)
{
	size_t count = 0;
	while (bundle.len > 0) {
		assert_true(bundle.len >= 2 && count < room);
		size_t len = (size_t)(uint8_t)bundle.at[0] << 8 | (uint8_t)bundle.at[1];
		assert_true(bundle.len >= 2 + len);
		leaves[count++] = merkle_leaf(str_bytes((struct str){bundle.at + 2, len}));
		bundle = str_from(bundle, 2 + len);
	}
	return count;
}

static void a_log_of_another_implementation_is_followed_from_head_to_head(void **state)
{
	struct arena *arena = *state;
	static const int sizes[] = {1, 3, 4, 6, 7, 9, 10, 12, 13, 15};
	struct str vkey = str_trim(vectors_read(arena, "c2sp/tessera-log/vkey.txt"));
	struct sha256 leaves[16];
	size_t count =
		split_bundle(vectors_read(arena, "c2sp/tessera-log/tile/entries/000.p/15"), leaves, 16);
	assert_int_equal(count, 15);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct note note;
		struct checkpoint head;
		struct str name = arena_printf(arena, "c2sp/tessera-log/checkpoint.%d", sizes[i]);
		struct str text = vectors_read(arena, name.at);
		assert_true(opens(arena, text, vkey));
		assert_true(note_parse(arena, text, &note));
		assert_true(checkpoint_parse(arena, note.text, &head));
		assert_int_equal(head.size, sizes[i]);
		assert_true(sha256_equal(head.root, merkle_root(leaves, (size_t)head.size)));
		struct str tile = vectors_read(
			arena, arena_printf(arena, "c2sp/tessera-log/tile/0/000.p/%d", sizes[i]).at);
		assert_int_equal(tile.len, (size_t)sizes[i] * sizeof leaves[0]);
		assert_memory_equal(tile.at, leaves, tile.len);
	}
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(notes_open_exactly_when_they_are_valid, create, destroy),
		cmocka_unit_test_setup_teardown(a_log_of_another_implementation_is_followed_from_head_to_head,
						create, destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return vectors_run(run);
}
