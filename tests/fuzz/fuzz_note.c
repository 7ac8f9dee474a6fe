/* SPDX-License-Identifier: Apache-2.0
 * Notes and verifier keys: what is read prints back to the same bytes, and verification looks at no byte beyond them. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "ft/core/note.h"
#include "ft/core/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads every octet that it is handed, so that a sanitizer sees a wrong length; verifies half of them. */
static bool touch(void *context, struct bytes spki, struct bytes message, struct bytes signature)
{
	struct bytes parts[] = {spki, message, signature};
	struct sha256 hash = sha256_of_parts(parts, 3);
	(void)context;
	return hash.octets[0] & 1;
}

static void check_note(struct arena *arena, struct str input)
{
	struct note note;
	struct checkpoint head;
	if (!note_parse(arena, input, &note))
		return;
	assert(note.count > 0 && str_equal(note_print(arena, &note), input));
	(void)checkpoint_parse(arena, note.text, &head);
	for (size_t i = 0; i < note.count; i++) {
		static const uint8_t material[32];
		struct note_key key = {note.signatures[i].name,
				       note.signatures[i].id,
				       NOTE_COSIGNATURE,
				       {material, sizeof material}};
		struct note_verifier verifier = {.verify = touch};
		assert(note_verify(arena, &note, &key, verifier) != NOTE_UNSIGNED);
		key.type = NOTE_ED25519;
		assert(note_verify(arena, &note, &key, verifier) != NOTE_UNSIGNED);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct str input = {(const char *)data, size};
	struct note_key key;
	check_note(arena, input);
	if (note_key_parse(arena, input, &key))
		assert(str_equal(note_key_print(arena, &key), input));
	arena_destroy(arena);
	return 0;
}
