/* SPDX-License-Identifier: Apache-2.0
 * Spellings of things and the directory keys they are filed under. */
#include "ft/core/thing_name.h"

#include <string.h>

#include "ft/base/text.h"
#include "ft/core/code.h"
#include "ft/core/digital_link.h"
#include "ft/core/epc_urn.h"
#include "ft/core/gs1_key.h"

const char *const thing_kind_words[THING_KIND_COUNT] = {"party",    "site", "product", "certificate", "lot",
							"shipment", "unit", "sample",  "item"};

enum { PAIR_LEN = 32, PAIR_TEXT_LEN = 43, MAX_SPELLING = 512, CODE_LEN_OTHER = 13, CODE_LEN_ITEM = 17 };

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

/* "/o/…", "/t/…", "/a/…": our own grammar, decoded. No name of ours contains a slash: an escaped one belongs to nothing
 * that is filed. Absent if it is none of them. */
static struct str own_path(struct arena *arena, struct str path)
{
	struct str query, fragment, decoded;
	path = str_cut(str_cut(path, '#', &fragment), '?', &query);
	if (path.len > 1 && path.at[path.len - 1] == '/')
		path.len--;
	if (!str_starts(path, STR("/o/")) && !str_starts(path, STR("/t/")) && !str_starts(path, STR("/a/")))
		return (struct str){NULL, 0};
	if (memmem(path.at, path.len, "%2F", 3) || memmem(path.at, path.len, "%2f", 3) ||
	    !percent_decode(arena, path, /* plus_is_space */ false, &decoded))
		return (struct str){NULL, 0};
	return decoded;
}

/* From the first slash after the host; absent if there is no host. */
static struct str path_of(struct str uri)
{
	if (str_starts(uri, STR("/")))
		return uri;
	const char *slashes = memmem(uri.at, uri.len, "://", 3);
	struct str rest = slashes ? str_from(uri, (size_t)(slashes - uri.at) + 3) : (struct str){NULL, 0};
	const char *slash = rest.len ? memchr(rest.at, '/', rest.len) : NULL;
	return slash ? str_from(rest, (size_t)(slash - rest.at)) : (struct str){NULL, 0};
}

/* The Digital Link that a URN, a URI, a path or a bracketed element string spells. */
static enum problem read_link(struct arena *arena, struct str text, struct digital_link *ret,
			      struct fault *reterr)
{
	struct str query, path;
	if (epc_urn_is(text))
		return epc_urn_read(arena, text, ret, reterr);
	if (str_starts(text, STR("(")))
		return digital_link_from_elements(arena, text, ret, reterr);
	if (!str_starts(text, STR("/")))
		return digital_link_parse_uri(arena, text, ret, reterr);
	path = str_cut(text, '?', &query);
	return digital_link_parse(arena, path, query, ret, reterr);
}

/* GS1's quick test: a key between slashes with four digits after it. What looks so and is wrong is a slip of the pen. */
static bool looks_like_link(struct str text)
{
	static const char *const keys[] = {"/00/",   "/01/",   "/253/",  "/255/",  "/401/",
					   "/402/",  "/414/",  "/417/",  "/8003/", "/8004/",
					   "/8006/", "/8010/", "/8013/", "/8017/", "/8018/"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		size_t len = strlen(keys[i]);
		const char *found = memmem(text.at, text.len, keys[i], len);
		if (!found)
			continue;
		struct str value = str_from(text, (size_t)(found - text.at) + len);
		size_t digits = 0;
		while (digits < value.len && value.at[digits] >= '0' && value.at[digits] <= '9')
			digits++;
		if (digits >= 4)
			return true;
	}
	return false;
}

static bool is_uri(struct str text)
{
	return str_starts(text, STR("/")) || memmem(text.at, text.len, "://", 3) ||
	       (text.len > 4 && str_equal_ignoring_case((struct str){text.at, 4}, STR("urn:")));
}

struct str thing_uri_path(struct arena *arena, struct str uri)
{
	struct digital_link link;
	struct fault ignored = {0};
	if (!read_link(arena, uri, &link, &ignored))
		return digital_link_path(arena, &link);
	struct str own = own_path(arena, path_of(uri));
	if (own.at || !is_uri(uri) || str_starts(uri, STR("/")))
		return own;
	return uri;
}

struct str thing_uri_of(struct arena *arena, struct str spelling)
{
	struct digital_link link;
	struct fault ignored = {0};
	if (!is_uri(spelling) && !str_starts(spelling, STR("(")))
		return (struct str){NULL, 0};
	if (!read_link(arena, spelling, &link, &ignored))
		return arena_printf(arena, "https://id.gs1.org%.*s",
				    STR_ARGS(digital_link_path(arena, &link)));
	return str_starts(spelling, STR("/")) ? (struct str){NULL, 0} : spelling;
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

/* A shipment's URI (…/u/shp_…) ends in its id. */
static struct str shipment_id_of(struct arena *arena, struct str spelling)
{
	struct str path = is_uri(spelling) ? own_path(arena, path_of(spelling)) : (struct str){NULL, 0};
	struct str id = str_after_last(path, '/');
	return str_starts(id, STR("shp_")) && id.len < path.len ? id : spelling;
}

/* A code as a person types it: letter and symbols, in groups or not. A pack's code names its lot, too. */
static bool read_code(struct arena *arena, enum thing_kind kind, struct str spelling, struct str *ret)
{
	static const char letters[THING_KIND_COUNT] = {
		[THING_LOT] = CODE_LOT, [THING_UNIT] = CODE_UNIT, [THING_SITE] = CODE_PLACE};
	char letter = spelling.len ? (char)(spelling.at[0] & ~0x20) : 0;
	bool of_item = letter == CODE_ITEM && (kind == THING_LOT || kind == THING_ITEM);
	if (!of_item && (!letter || letters[kind] != letter))
		return false;
	/* The letter U is none of base32's. */
	struct str folded = crockford_fold(arena, str_from(spelling, 1));
	if (!folded.at || folded.len + 1 != (of_item ? CODE_LEN_ITEM : CODE_LEN_OTHER))
		return false;
	*ret = arena_printf(arena, "%c%.*s", letter, STR_ARGS(folded));
	return true;
}

bool code_names(struct str code_kind, enum thing_kind kind)
{
	return (kind == THING_LOT && str_equal(code_kind, STR("lot"))) ||
	       (kind == THING_UNIT && str_equal(code_kind, STR("unit"))) ||
	       (kind == THING_SITE && str_equal(code_kind, STR("place")));
}

struct str item_uri(struct arena *arena, struct str lot_uri, struct str code)
{
	struct digital_link link;
	struct fault ignored = {0};
	bool gs1 =
		!digital_link_parse_uri(arena, lot_uri, &link, &ignored) && str_equal(link.key.ai, STR("01"));
	if (!gs1)
		return arena_printf(arena, "%.*s/s/%.*s", STR_ARGS(lot_uri), STR_ARGS(code));
	return arena_printf(arena, "https://id.gs1.org/01/%.*s/21/%.*s", STR_ARGS(link.key.value),
			    STR_ARGS(code));
}

/* "…/21/K…", "…/s/K…", "/t/K…" of an identity as filed. */
static struct str serial_of(struct str path)
{
	struct str serial = str_after_last(path, '/');
	struct str before = {path.at, path.len - serial.len};
	bool is_serial = str_starts(path, STR("/01/"))  ? str_ends(before, STR("/21/"))
			 : str_starts(path, STR("/o/")) ? str_ends(before, STR("/s/"))
							: str_equal(before, STR("/t/"));
	return is_serial ? serial : (struct str){NULL, 0};
}

struct str item_code_of(struct arena *arena, struct str uri)
{
	struct str path = thing_uri_path(arena, uri), serial, code;
	serial = path.at ? serial_of(path) : path;
	return serial.at && read_code(arena, THING_ITEM, serial, &code) ? code : (struct str){NULL, 0};
}

static enum problem refuse(struct fault *reterr)
{
	return fault_set(reterr, PROBLEM_IDENTIFIER_SYNTAX, "identifier", "%s", "");
}

static enum problem read_uri(struct arena *arena, enum thing_kind kind, struct str uri,
			     struct thing_name *ret, struct fault *reterr)
{
	struct digital_link link;
	struct str code, path, serial;
	enum problem p = read_link(arena, uri, &link, reterr);
	if (p && (epc_urn_is(uri) || !is_uri(uri) || looks_like_link(uri)))
		return p;
	path = p ? thing_uri_path(arena, uri) : digital_link_path(arena, &link);
	if (!path.at)
		return refuse(reterr);
	struct thing_name name = {.form = NAME_HASH, .hash = thing_hash_path(path)};
	serial = str_starts(path, STR("/t/")) ? str_from(path, 3) : serial_of(path);
	if (serial.at && read_code(arena, kind, serial, &code)) {
		name.form = NAME_CODE;
		name.code = code;
	}
	*ret = name;
	return PROBLEM_NONE;
}

/* What a scanner gives of a barcode that holds a key alone: its digits, with the check digit, without the AI. */
static struct str bare_key_path(struct arena *arena, enum thing_kind kind, struct str digits)
{
	enum { GTIN_8 = 8, GTIN_12 = 12, GTIN_13 = 13, GTIN_14 = 14, GLN = 13, SSCC = 18 };
	if (digits.len < GTIN_8 || digits.len > SSCC || !gs1_check_digit_holds(digits))
		return (struct str){NULL, 0};
	if (kind == THING_UNIT && digits.len == SSCC)
		return arena_printf(arena, "/00/%.*s", STR_ARGS(digits));
	if ((kind == THING_SITE || kind == THING_PARTY) && digits.len == GLN)
		return arena_printf(arena, "/%s/%.*s", kind == THING_SITE ? "414" : "417", STR_ARGS(digits));
	if (kind == THING_PRODUCT &&
	    (digits.len == GTIN_8 || (digits.len >= GTIN_12 && digits.len <= GTIN_14)))
		return arena_printf(arena, "/01/%.*s%.*s", (int)(GTIN_14 - digits.len), "000000",
				    STR_ARGS(digits));
	return (struct str){NULL, 0};
}

enum problem thing_name_read(struct arena *arena, enum thing_kind kind, struct uuid party,
			     struct str spelling, struct thing_name *ret, struct fault *reterr)
{
	struct thing_name name = {.form = NAME_ID};
	bool pair = kind == THING_LOT || kind == THING_SHIPMENT;
	bool by_record = pair || kind == THING_UNIT || kind == THING_SAMPLE;
	if (!spelling.len || spelling.len > MAX_SPELLING)
		return refuse(reterr);
	if (kind == THING_SHIPMENT)
		spelling = shipment_id_of(arena, spelling);
	if (pair && str_starts(spelling, kind == THING_LOT ? STR("lot_") : STR("shp_"))) {
		if (!read_pair(arena, spelling, &name.id))
			return refuse(reterr);
	} else if (uuid_parse(spelling, &name.id.lot)) {
		name.form = by_record ? NAME_RECORD : NAME_ID;
	} else if (is_uri(spelling) || str_starts(spelling, STR("("))) {
		return read_uri(arena, kind, spelling, ret, reterr);
	} else if (kind == THING_SHIPMENT) {
		return refuse(reterr);
	} else if (read_code(arena, kind, spelling, &name.code)) {
		name.form = NAME_CODE;
		name.hash = thing_hash_number(kind, party, spelling);
	} else {
		name = (struct thing_name){.form = NAME_HASH,
					   .hash = thing_hash_number(kind, party, spelling),
					   .key_path = bare_key_path(arena, kind, spelling)};
		if (name.key_path.at)
			name.key_hash = thing_hash_path(name.key_path);
	}
	*ret = name;
	return PROBLEM_NONE;
}
