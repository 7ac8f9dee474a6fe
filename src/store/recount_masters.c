/* SPDX-License-Identifier: Apache-2.0
 * Parties, sites, products, certificates: the newest version of each against its statement, and the row that pages read
 * against that version. */
#include <string.h>

#include "ft/core/note.h"
#include "master_priv.h"
#include "recount_priv.h"

static const enum thing_kind kinds[] = {THING_PARTY, THING_SITE, THING_PRODUCT, THING_CERTIFICATE};

static enum problem is_signed(struct recount *r, enum thing_kind kind, const struct master_row_all_row *row,
			      bool *ret)
{
	struct note note;
	struct statement statement;
	struct str manifest;
	*ret = note_parse(r->arena, bytes_str(row->statement), &note) &&
	       statement_parse(r->arena, note.text, &statement) &&
	       row->view_secret.len == MANIFEST_SECRET_LEN;
	if (!*ret)
		return PROBLEM_NONE;
	enum problem p = master_manifest(r->db, r->arena, kind, row->body, row->view_secret.at, &manifest);
	*ret = !p && sha256_equal(sha256_of(str_bytes(manifest)), statement.body);
	return p == PROBLEM_DB_UNAVAILABLE ? p : PROBLEM_NONE;
}

static enum problem check(struct recount *r, enum thing_kind kind, const struct master_row_all_row *row)
{
	struct str name = uuid_print(r->arena, row->id);
	const char *part = thing_kind_words[kind], *other = NULL;
	if (!row->version.known) {
		recount_tell(r, part, name, STR("a row"), STR("no version"));
		return PROBLEM_NONE;
	}
	bool sound;
	enum problem p =
		is_signed(r, kind, row, &sound); /* what was removed has a newer version, which is whole */
	if (!p && !sound)
		recount_tell(r, part, name, STR("not what was signed"), STR("what its statement covers"));
	if (!p && sound)
		p = master_row_check(r->db, r->arena, kind, row->body, &other);
	if (!p && other)
		recount_tell(r, part, name, arena_printf(r->arena, "another %s", other),
			     arena_printf(r->arena, "that of version %lld", (long long)row->version.value));
	return p;
}

static enum problem check_kind(struct recount *r, enum thing_kind kind)
{
	struct arena *whole = r->arena;
	struct master_row_all_params params = {.kind = str_of(thing_kind_words[kind]),
					       .max_rows = RECOUNT_PAGE};
	size_t count = RECOUNT_PAGE;
	enum problem p = PROBLEM_NONE;
	while (!p && count == RECOUNT_PAGE) {
		struct master_row_all_row *rows;
		r->arena = arena_create();
		p = master_row_all(r->db, r->arena, &params, &rows, &count);
		for (size_t i = 0; !p && i < count; i++)
			p = check(r, kind, &rows[i]);
		if (!p && count)
			params.after = rows[count - 1].id;
		arena_destroy(r->arena);
	}
	r->arena = whole;
	return p;
}

enum problem recount_all_masters(struct recount *r)
{
	struct master_row_gone_row *gone;
	size_t count;
	enum problem p = PROBLEM_NONE;
	for (size_t i = 0; !p && i < sizeof kinds / sizeof *kinds; i++)
		p = check_kind(r, kinds[i]);
	if (!p)
		p = master_row_gone(r->db, r->arena, &gone, &count);
	for (size_t i = 0; !p && i < count; i++)
		recount_tell(r, arena_str(r->arena, gone[i].kind).at, uuid_print(r->arena, gone[i].id),
			     STR("nothing"), STR("a row"));
	return p;
}
