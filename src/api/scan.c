/* SPDX-License-Identifier: Apache-2.0
 * Reads what a scan asks for: which thing, in which form, at which tier. */
#include "scan_priv.h"

#include "ft/core/code.h"
#include "ft/core/digital_link.h"
#include "ft/core/thing_name.h"
#include "ft/http/gzip.h"

/* A page, unless JSON is asked for by name at least as much: what scans codes often says only that it takes anything. */
static void read_form(const struct call *call, struct scan *scan)
{
	int page = call_accept_weight(call, STR("text/html"));
	int json = call_accept_weight(call, STR("application/json"));
	int linked = call_accept_weight(call, STR("application/ld+json"));
	bool is_json = (json && json >= page) || (linked && linked >= page);
	scan->form = is_json ? SCAN_JSON : SCAN_PAGE;
	scan->media_type = !is_json         ? "text/html; charset=utf-8"
			   : json >= linked ? "application/json"
					    : "application/ld+json";
}

static enum tier read_tier(const struct call *call)
{
	struct str word = call_query_value(call, STR("tier"));
	for (enum tier tier = TIER_TOWNSHIP; word.at && tier < TIER_COUNT; tier++)
		if (str_equal(word, str_of(tier_words[tier])))
			return tier;
	return TIER_FARM;
}

struct str scan_key(const struct call *call, const struct scan *scan, bool gzip)
{
	return arena_printf(
		call->arena, "%.*s %c%d%d%c", STR_ARGS(scan->path), scan->form == SCAN_PAGE ? 'p' : 'j',
		scan->form == SCAN_PAGE ? (int)call->language : 0, (int)scan->tier, gzip ? 'z' : '-');
}

static void read_code(struct call *call, struct scan *scan)
{
	const struct bytes key = {call_app(call)->code_key, sizeof call_app(call)->code_key};
	struct code code;
	scan->typed = call->path_args[0];
	scan->malformed = code_parse(call->arena, scan->typed, &key, 1, &code);
	scan->code = scan->malformed ? (struct str){NULL, 0} : code.text;
	scan->path = scan->malformed ? call->path : arena_printf(call->arena, "/t/%.*s", STR_ARGS(code.text));
	if (!scan->malformed && code.letter == CODE_ITEM)
		scan_item_read(call, scan, &code);
	if (!scan->malformed && (code.letter == CODE_UNIT || code.letter == CODE_PLACE)) {
		scan->thing_code = arena_new(call->arena, struct code);
		*scan->thing_code = code;
	}
}

/* The lot of a Digital Link: a serial number that is none of ours, or another finer qualifier, opens its lot's page. */
static enum problem lot_path(struct call *call, struct str *ret)
{
	struct digital_link link;
	enum problem p = digital_link_parse(call->arena, call->path, call->raw_query, &link, &call->fault);
	if (p)
		return p;
	struct str lot = digital_link_qualifier(&link, STR("10"));
	if (!str_equal(link.key.ai, STR("01")) || !lot.at)
		return PROBLEM_NOT_FOUND;
	link.qualifiers[0] = (struct gs1_element){STR("10"), lot};
	link.qualifier_count = 1;
	*ret = digital_link_path(call->arena, &link);
	return PROBLEM_NONE;
}

/* "/00/…", "/414/…", "/o/…/f/…", "/o/…/u/…": a unit or a place, by exactly this name. */
static bool names_thing(const struct call *call)
{
	return str_starts(call->path, STR("/00/")) || str_starts(call->path, STR("/414/")) ||
	       (str_starts(call->path, STR("/o/")) && !call->path_args[2].at);
}

static enum problem thing_path(struct call *call, struct scan *scan, struct str *ret)
{
	struct digital_link link;
	enum problem p = digital_link_parse(call->arena, call->path, call->raw_query, &link, &call->fault);
	if (p)
		return p;
	*ret = digital_link_path(call->arena, &link);
	scan->extension = digital_link_qualifier(&link, STR("254"));
	link.qualifier_count = 0;
	if (scan->extension.at)
		scan->above = thing_hash_path(digital_link_path(call->arena, &link));
	return PROBLEM_NONE;
}

/* A serial with the form of a pack's code is that code, or nothing: an invented pack must not open a genuine page. */
static bool read_serial(struct call *call, struct scan *scan)
{
	const struct bytes key = {call_app(call)->code_key, sizeof call_app(call)->code_key};
	struct str serial = item_code_of(call->arena, call->path);
	struct code code;
	if (!serial.at)
		return false;
	scan->malformed = code_parse(call->arena, serial, &key, 1, &code);
	if (scan->malformed)
		return true;
	scan->code = code.text;
	scan_item_read(call, scan, &code);
	return true;
}

static void read_path(struct call *call, struct scan *scan)
{
	struct str path = {NULL, 0};
	scan->typed = scan->path = call->path;
	scan->of_thing = names_thing(call);
	if (!scan->of_thing && read_serial(call, scan))
		return;
	if (str_starts(call->path, STR("/o/")))
		path = thing_uri_path(call->arena,
				      arena_printf(call->arena, "https://any%.*s", STR_ARGS(call->path)));
	else
		scan->malformed = scan->of_thing ? thing_path(call, scan, &path) : lot_path(call, &path);
	if (!path.at && !scan->malformed)
		scan->malformed = PROBLEM_IDENTIFIER_SYNTAX;
	if (path.at)
		scan->thing = thing_hash_path(path);
}

struct scan *scan_read(struct call *call)
{
	struct scan *scan = arena_new(call->arena, struct scan);
	read_form(call, scan);
	scan->tier = read_tier(call);
	scan->gzip = gzip_accepted(call->accept_encoding);
	if (str_starts(call->path, STR("/t/")))
		read_code(call, scan);
	else
		read_path(call, scan);
	scan->key = scan_key(call, scan, scan->gzip);
	return scan;
}
