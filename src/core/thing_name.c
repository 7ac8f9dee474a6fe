/* SPDX-License-Identifier: Apache-2.0
 * Spellings of things and the directory keys they are filed under. */
#include "ft/core/thing_name.h"

#include <string.h>

#include "ft/base/text.h"
#include "ft/core/digital_link.h"

const char *const thing_kind_words[THING_KIND_COUNT] = {"party",       "site", "product",
							"certificate", "lot",  "shipment"};

enum { PAIR_LEN = 32, PAIR_TEXT_LEN = 43, MAX_SPELLING = 512, CODE_LEN_LOT = 13 };

static struct sha256 hash_parts(struct str domain, struct bytes middle, struct str tail)
{
	const struct bytes parts[] = {str_bytes(STR("farmtrail-thing@v1\n")),
				      str_bytes(domain),
				      str_bytes(STR("\n")),
				      middle,
				      str_bytes(STR("\n")),
				      str_bytes(tail)};
	return sha256_of_parts(parts, sizeof parts / sizeof *parts);
}

struct sha256 thing_hash_number(enum thing_kind kind, struct uuid party, struct str number)
{
	static const struct uuid nobody;
	const struct uuid *scope = kind == THING_PARTY ? &nobody : &party;
	return hash_parts(str_of(thing_kind_words[kind]), (struct bytes){scope->octets, sizeof scope->octets},
			  number);
}

struct sha256 thing_hash_path(struct str path)
{
	return hash_parts(STR("path"), (struct bytes){NULL, 0}, path);
}

static struct str own_path(struct arena *arena, struct str uri)
{
	const char *slashes = memmem(uri.at, uri.len, "://", 3);
	struct str rest = slashes ? str_from(uri, (size_t)(slashes - uri.at) + 3) : (struct str){NULL, 0};
	const char *slash = rest.len ? memchr(rest.at, '/', rest.len) : NULL;
	struct str query, fragment, decoded;
	if (!slash)
		return (struct str){NULL, 0};
	struct str path =
		str_cut(str_cut(str_from(rest, (size_t)(slash - rest.at)), '#', &fragment), '?', &query);
	if (path.len > 1 && path.at[path.len - 1] == '/')
		path.len--;
	/* No name of ours contains a slash: an escaped one belongs to nothing that is filed. */
	if (memmem(path.at, path.len, "%2F", 3) || memmem(path.at, path.len, "%2f", 3) ||
	    !percent_decode(arena, path, /* plus_is_space */ false, &decoded))
		return (struct str){NULL, 0};
	return decoded;
}

struct str thing_uri_path(struct arena *arena, struct str uri)
{
	struct digital_link link;
	struct fault ignored = {0};
	if (!digital_link_parse_uri(arena, uri, &link, &ignored))
		return digital_link_path(arena, &link);
	return own_path(arena, uri);
}

struct str shipment_id_print(struct arena *arena, struct lot_id id)
{
	struct str lot = lot_id_print(arena, id);
	return arena_printf(arena, "shp_%.*s", STR_ARGS(str_from(lot, 4)));
}

static bool read_pair(struct arena *arena, struct str spelling, struct lot_id *ret)
{
	if (spelling.len != 4 + PAIR_TEXT_LEN)
		return false;
	return lot_id_parse(arena, arena_printf(arena, "lot_%.*s", STR_ARGS(str_from(spelling, 4))), ret);
}

/* A lot's code as a person types it: letter and twelve symbols, in groups or not. */
static bool read_code(struct arena *arena, struct str spelling, struct str *ret)
{
	if (!spelling.len || (spelling.at[0] != 'B' && spelling.at[0] != 'b'))
		return false;
	struct str folded = crockford_fold(arena, spelling);
	if (!folded.at || folded.len != CODE_LEN_LOT)
		return false;
	*ret = folded;
	return true;
}

static enum problem read_path(struct arena *arena, struct str path, struct thing_name *ret)
{
	if (!path.at)
		return PROBLEM_IDENTIFIER_SYNTAX;
	struct str code;
	if (str_starts(path, STR("/t/")) && read_code(arena, str_from(path, 3), &code)) {
		*ret = (struct thing_name){.form = NAME_CODE, .code = code, .hash = thing_hash_path(path)};
		return PROBLEM_NONE;
	}
	*ret = (struct thing_name){.form = NAME_HASH, .hash = thing_hash_path(path)};
	return PROBLEM_NONE;
}

enum problem thing_name_read(struct arena *arena, enum thing_kind kind, struct uuid party,
			     struct str spelling, struct thing_name *ret)
{
	struct thing_name name = {.form = NAME_ID};
	bool pair = kind == THING_LOT || kind == THING_SHIPMENT;
	if (!spelling.len || spelling.len > MAX_SPELLING)
		return PROBLEM_IDENTIFIER_SYNTAX;
	if (pair && str_starts(spelling, kind == THING_LOT ? STR("lot_") : STR("shp_"))) {
		if (!read_pair(arena, spelling, &name.id))
			return PROBLEM_IDENTIFIER_SYNTAX;
	} else if (uuid_parse(spelling, &name.id.lot)) {
		name.form = pair ? NAME_RECORD : NAME_ID;
	} else if (memmem(spelling.at, spelling.len, "://", 3)) {
		return read_path(arena, thing_uri_path(arena, spelling), ret);
	} else if (kind == THING_SHIPMENT) {
		return PROBLEM_IDENTIFIER_SYNTAX;
	} else if (kind == THING_LOT && read_code(arena, spelling, &name.code)) {
		name.form = NAME_CODE;
		name.hash = thing_hash_number(kind, party, spelling);
	} else {
		name = (struct thing_name){.form = NAME_HASH,
					   .hash = thing_hash_number(kind, party, spelling)};
	}
	*ret = name;
	return PROBLEM_NONE;
}
