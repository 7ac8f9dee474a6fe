/* SPDX-License-Identifier: Apache-2.0
 * Statements about codes of packs and alerts: signed, covered, in the log; then the rows they stand for, and rows that none
 * stands for. */
#include "ft/base/text.h"
#include "ft/core/merkle.h"
#include "ft/core/note.h"
#include "ft/crypto/sign.h"
#include "ft/store/act_statement.h"
#include "recount_priv.h"

static const struct note_verifier verifier = {.verify = verify_spki};

static bool is_hash(struct bytes stored, struct sha256 hash)
{
	return bytes_equal(stored, sha256_bytes(&hash));
}

static bool is_signed(struct recount *r, const struct act_read_many_row *row, const struct note *note)
{
	struct note_key key;
	struct str name = statement_signer_name(r->arena, r->origin, row->org_id);
	return row->spki.at && note_key_from_spki(name, row->spki, &key) &&
	       is_hash(row->key_fingerprint, sha256_of(row->spki)) &&
	       note_verify(r->arena, note, &key, verifier) == NOTE_SIGNED;
}

/* The columns beside the note, as the note has them. */
static bool says_the_same(struct recount *r, const struct act_read_many_row *row, const struct note *note,
			  const struct statement *s)
{
	return str_equal(s->kind, row->kind) && str_equal(s->log, r->origin) &&
	       uuid_equal(s->org, row->org_id) && s->seq == row->seq &&
	       s->at_s == row->recorded_at / USEC_PER_SEC && is_hash(row->key_fingerprint, s->key) &&
	       is_hash(row->statement_sha256, statement_hash(note->text));
}

static void check_log(struct recount *r, const struct act_read_many_row *row, struct str name)
{
	struct sha256 leaf = merkle_leaf(row->statement);
	if (row->leaf.at && !is_hash(row->leaf, leaf))
		recount_tell(r, "log", name, hex_encode(r->arena, row->leaf),
			     hex_encode(r->arena, sha256_bytes(&leaf)));
	if (!row->leaf.at && !row->queued)
		recount_tell(r, "log", name, STR("neither numbered nor queued"), STR("an entry"));
}

/* false: what its body says counts for nothing. */
static bool check(struct recount *r, const struct act_read_many_row *row)
{
	struct note note;
	struct statement statement;
	struct str name = uuid_print(r->arena, row->id);
	check_log(r, row, name);
	if (!note_parse(r->arena, bytes_str(row->statement), &note) ||
	    !statement_parse(r->arena, note.text, &statement) || !says_the_same(r, row, &note, &statement)) {
		recount_tell(r, "statement", name, STR("another"), STR("what was stated"));
		return false;
	}
	if (!is_signed(r, row, &note))
		recount_tell(r, "statement", name, STR("a signature that does not verify"),
			     STR("one of its key"));
	if (act_covers(r->arena, row->body, row->view_secret, row->statement))
		return true;
	recount_tell(r, "body", name, STR("not what was signed"), STR("what its statement covers"));
	return false;
}

static enum problem check_page(struct recount *r, const struct act_read_many_row *rows, size_t count)
{
	struct uuid *sound = arena_array(r->arena, struct uuid, count);
	struct act_differences_row *differences;
	size_t sound_count = 0, difference_count;
	for (size_t i = 0; i < count; i++)
		if (check(r, &rows[i]))
			sound[sound_count++] = rows[i].id;
	const struct act_differences_params params = {{sound, sound_count}};
	enum problem p = act_differences(r->db, r->arena, &params, &differences, &difference_count);
	for (size_t i = 0; !p && i < difference_count; i++)
		recount_tell(r, "act", differences[i].subject, differences[i].stored, differences[i].derived);
	return p;
}

static enum problem find_strays(struct recount *r)
{
	struct act_strays_row *rows;
	size_t count;
	enum problem p = act_strays(r->db, r->arena, &rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		recount_tell(r, "act", rows[i].subject, rows[i].stored, rows[i].derived);
	return p;
}

enum problem recount_all_acts(struct recount *r)
{
	struct arena *whole = r->arena;
	struct uuid after = {{0}};
	size_t count = RECOUNT_PAGE;
	enum problem p = PROBLEM_NONE;
	while (!p && count == RECOUNT_PAGE) {
		struct act_read_many_row *rows;
		r->arena = arena_create();
		const struct act_read_many_params params = {after, RECOUNT_PAGE};
		p = act_read_many(r->db, r->arena, &params, &rows, &count);
		if (!p && count) {
			after = rows[count - 1].id;
			p = check_page(r, rows, count);
		}
		arena_destroy(r->arena);
	}
	r->arena = whole;
	return p ? p : find_strays(r);
}
