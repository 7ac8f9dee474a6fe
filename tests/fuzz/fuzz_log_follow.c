/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a remembered state, and as a bundle of entries: a state that is read has one spelling, and whatever entries
 * say, what is remembered of them stays within its bounds and can be read back. */
#include "fuzz.h"

#include "ft/core/log_follow.h"
#include "ft/core/log_tile.h"

/* Signatures hold or not by their first octet, so that the rules behind them are reached. */
static bool verify_any(void *context, struct bytes spki, struct bytes message, struct bytes signature)
{
	(void)context;
	(void)spki;
	(void)message;
	return signature.len && signature.at[0] & 1;
}

static void check_state(struct arena *arena, struct str text)
{
	struct log_follow *f;
	if (log_follow_read(arena, text, &f))
		CHECK(str_equal(log_follow_print(arena, f), text));
}

static void check_entries(struct arena *arena, struct bytes bundle)
{
	static const uint8_t key_of_the_log[32] = {1};
	const struct note_verifier verifier = {verify_any, NULL};
	const struct note_key log = {STR("farmtrail.example"), 1, NOTE_ED25519, {key_of_the_log, 32}};
	struct bytes entries[LOG_TILE_WIDTH];
	size_t count = 1;
	while (count < LOG_TILE_WIDTH && !log_entries_parse(bundle, count, entries))
		count++;
	if (count == LOG_TILE_WIDTH) { /* no bundle: one entry */
		count = 1;
		entries[0] = bundle;
	}
	struct log_follow *f = log_follow_create(arena, &log, NULL /* registrar */);
	for (size_t i = 0; i < count; i++)
		log_follow_entry(f, arena, entries[i], INT64_MAX / 2, verifier);
	CHECK(f->edge.size == count && f->finding_count <= FOLLOW_MAX_FINDINGS &&
	      f->gap_count <= FOLLOW_MAX_GAPS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	check_state(arena, (struct str){(const char *)data, size});
	check_entries(arena, (struct bytes){data, size});
	arena_destroy(arena);
	return 0;
}
