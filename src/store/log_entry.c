/* SPDX-License-Identifier: Apache-2.0
 * One entry: whether its bytes are what was hashed when it was stated. */
#include <string.h>

#include "log_priv.h"

#include "ft/core/statement.h"

static bool is_hash(struct bytes stored, struct sha256 hash)
{
	return bytes_equal(stored, sha256_bytes(&hash));
}

/* The text of a note ends where its empty line begins; all of it was hashed at intake, its signatures are checked by
 * whoever audits. */
static bool text_of(struct bytes note, struct str *ret)
{
	static const char empty_line[] = "\n\n";
	const char *end = note.len ? memmem(note.at, note.len, empty_line, 2) : NULL;
	if (!end)
		return false;
	*ret = (struct str){(const char *)note.at, (size_t)(end - (const char *)note.at) + 1};
	return true;
}

bool log_entry_sound(struct arena *arena, const struct log_entry *entry)
{
	struct statement statement;
	struct str text;
	if (!text_of(entry->statement, &text) || entry->statement.len > NOTE_MAX_LEN)
		return false;
	if (entry->statement_sha256.at)
		return is_hash(entry->statement_sha256, statement_hash(text));
	return statement_parse(arena, text, &statement) && str_equal(statement.kind, STR("key")) &&
	       (!entry->fingerprint.at || is_hash(entry->fingerprint, statement.key));
}

struct str log_subject_words(struct arena *arena, struct str kind, struct uuid org, struct uuid id)
{
	struct str name = uuid_print(arena, uuid_is_nil(id) ? org : id);
	return arena_printf(arena, "%.*s %s%.*s", STR_ARGS(kind), uuid_is_nil(id) ? "of " : "",
			    STR_ARGS(name));
}
