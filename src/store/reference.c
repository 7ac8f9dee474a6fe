/* SPDX-License-Identifier: Apache-2.0
 * Editions of reference data: shipped files into rows, active rows into what the rules read. */
#include "ft/store/reference.h"

#include <assert.h>

#include "ft/base/text.h"
#include "ft/crypto/digest.h"

#include "queries.h"

#include "embedded_priv.h"

enum { EDITION_LEN = 12 };

/* To add a set: a row here, a file in sql/reference, a member of struct reference_texts. */
static const struct set {
	const char *name, *file;
	size_t offset; /* in struct reference_texts */
} sets[] = {
	{"bans", "banned_substances", offsetof(struct reference_texts, bans)},
	{"crop_groups", "crop_groups", offsetof(struct reference_texts, crops)},
	{"intervals", "phi_examples", offsetof(struct reference_texts, intervals)},
	{"withdrawals", "withdrawal_periods", offsetof(struct reference_texts, withdrawals)},
	{"yields", "yields", offsetof(struct reference_texts, yields)},
};
enum { SET_COUNT = sizeof sets / sizeof *sets };

enum problem reference_store(struct db *db, struct arena *arena, usec_t now_us)
{
	(void)arena;
	for (size_t i = 0; i < SET_COUNT; i++) {
		const struct embedded_file *file = embedded_find(sets[i].file);
		assert(file);
		struct str name = str_of(sets[i].name), edition = {file->sha256_hex, EDITION_LEN};
		struct bytes content = {(const uint8_t *)file->text, file->len};
		int64_t rows;
		enum problem p = reference_set_deactivate(
			db, &(struct reference_set_deactivate_params){name, edition}, &rows);
		if (!p)
			p = reference_set_insert(
				db, &(struct reference_set_insert_params){name, edition, now_us, content},
				&rows);
		if (p)
			return p;
	}
	return PROBLEM_NONE;
}

static void take_set(const struct reference_set_active_row *row, struct reference_texts *texts,
		     struct buf *edition)
{
	for (size_t i = 0; i < SET_COUNT; i++) {
		if (!str_equal(row->name, str_of(sets[i].name)))
			continue;
		struct str *text = (struct str *)((char *)texts + sets[i].offset);
		*text = bytes_str(row->content);
		buf_printf(edition, "%s%s %.*s", edition->len ? ", " : "", sets[i].name,
			   STR_ARGS(row->edition));
	}
}

enum problem reference_load(struct db *db, struct arena *arena, struct reference *ret)
{
	struct reference_set_active_row *rows;
	size_t count;
	struct reference_texts texts = {0};
	struct buf edition = buf_create(arena, 128);
	struct fault fault = {0};
	enum problem p = reference_set_active(db, arena, &rows, &count);
	for (size_t i = 0; i < count && !p; i++)
		take_set(&rows[i], &texts, &edition);
	if (!p && reference_parse(arena, &texts, buf_str(&edition), ret, &fault))
		p = PROBLEM_INTERNAL;
	return p;
}

static bool has_edition(const struct reference_set_all_row *rows, size_t count, struct str name,
			struct str edition)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(rows[i].name, name) && str_equal(rows[i].edition, edition))
			return true;
	return false;
}

/* An edition is named by the digest of its content. */
static bool is_itself(struct arena *arena, const struct reference_set_all_row *row)
{
	struct sha256 hash = sha256_of(row->content);
	struct str hex = hex_encode(arena, sha256_bytes(&hash));
	return str_equal(row->edition, (struct str){hex.at, EDITION_LEN});
}

enum problem reference_check(struct db *db, struct arena *arena, struct str *ret_other)
{
	struct reference_set_all_row *rows;
	size_t count;
	struct str other = {NULL, 0};
	enum problem p = reference_set_all(db, arena, &rows, &count);
	if (p)
		return p;
	for (size_t i = 0; i < count && !other.at; i++)
		if (!is_itself(arena, &rows[i]))
			other = rows[i].name;
	for (size_t i = 0; i < SET_COUNT && !other.at; i++) {
		const struct embedded_file *file = embedded_find(sets[i].file);
		assert(file);
		struct str name = str_of(sets[i].name), edition = {file->sha256_hex, EDITION_LEN};
		if (!has_edition(rows, count, name, edition))
			other = name;
	}
	*ret_other = other;
	return PROBLEM_NONE;
}

/* Those that were the newest at that moment; of a set that came later its first. */
static enum problem editions_at(struct arena *arena, const struct reference_set_all_row *rows, size_t count,
				struct reference_epoch *epoch)
{
	struct reference_texts texts = {0};
	struct buf edition = buf_create(arena, 128);
	struct fault fault = {0};
	for (size_t s = 0; s < SET_COUNT; s++) {
		const struct reference_set_all_row *found = NULL;
		for (size_t i = 0; i < count; i++)
			if (str_equal(rows[i].name, str_of(sets[s].name)) &&
			    (!found || rows[i].loaded_at <= epoch->since))
				found = &rows[i];
		if (found)
			take_set(&(struct reference_set_active_row){found->name, found->edition,
								    found->content},
				 &texts, &edition);
	}
	return reference_parse(arena, &texts, buf_str(&edition), &epoch->reference, &fault) ? PROBLEM_INTERNAL
											    : PROBLEM_NONE;
}

enum problem reference_history(struct db *db, struct arena *arena, const struct reference_epoch **ret,
			       size_t *ret_count)
{
	struct reference_set_all_row *rows;
	size_t count, epochs = 0;
	enum problem p = reference_set_all(db, arena, &rows, &count);
	struct reference_epoch *all = p ? NULL : arena_array(arena, struct reference_epoch, count + 1);
	for (size_t i = 0; !p && i < count; i++) {
		if (epochs && all[epochs - 1].since == rows[i].loaded_at)
			continue;
		all[epochs].since = rows[i].loaded_at;
		p = editions_at(arena, rows, count, &all[epochs++]);
	}
	if (p)
		return p;
	*ret = all;
	*ret_count = epochs;
	return PROBLEM_NONE;
}
