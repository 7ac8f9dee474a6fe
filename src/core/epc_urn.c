/* SPDX-License-Identifier: Apache-2.0
 * EPC URNs to Digital Links and back: one table of schemes, read in both directions. */
#include "ft/core/epc_urn.h"

#include <string.h>

#include "ft/base/text.h"
#include "ft/core/gs1_key.h"

#include "gs1_priv.h"

enum { MAX_PARTS = 5, SHOWN_VALUE = 100 };

/* What a scheme's parts are, in their order after the company prefix:
 *	r  reference: with the prefix `digits` digits together
 *	i  the same with the indicator or extension digit in front, which the key has before the prefix
 *	a  reference of letters and digits, any length
 *	2  two digits that follow the check digit (piece, total)
 *	s  serial in the key itself    q  serial, lot or extension as qualifier `qualifier` */
struct scheme {
	const char *name; /* with its namespace */
	const char *ai;
	const char *lead; /* in front of the prefix in the key: "0" of a GRAI */
	const char *parts;
	size_t digits;
	bool check; /* a check digit follows them */
	const char *qualifier;
};
/* clang-format off */
static const struct scheme schemes[] = {
	{"id:sgtin",    "01",   "",  "iq",   13, true,  "21"},
	{"class:lgtin", "01",   "",  "iq",   13, true,  "10"},
	{"id:upui",     "01",   "",  "iq",   13, true,  "235"},
	{"id:itip",     "8006", "",  "i22q", 13, true,  "21"},
	{"id:sscc",     "00",   "",  "i",    17, true,  NULL},
	{"id:sgln",     "414",  "",  "rq",   12, true,  "254"},
	{"id:pgln",     "417",  "",  "r",    12, true,  NULL},
	{"id:grai",     "8003", "0", "rs",   12, true,  NULL},
	{"id:giai",     "8004", "",  "a",    0,  false, NULL},
	{"id:gsrn",     "8018", "",  "r",    17, true,  NULL},
	{"id:gsrnp",    "8017", "",  "r",    17, true,  NULL},
	{"id:gdti",     "253",  "",  "rs",   12, true,  NULL},
	{"id:sgcn",     "255",  "",  "rs",   12, true,  NULL},
	{"id:cpi",      "8010", "",  "aq",   0,  false, "8011"},
	{"id:ginc",     "401",  "",  "a",    0,  false, NULL},
	{"id:gsin",     "402",  "",  "r",    16, true,  NULL},
};
/* clang-format on */

#define URN_ROOT "urn:epc:"
#define PATTERN_ROOT "idpat:"

bool epc_urn_is(struct str text)
{
	return str_starts(text, STR(URN_ROOT)) ||
	       (text.len > 8 && str_equal_ignoring_case((struct str){text.at, 8}, STR(URN_ROOT)));
}

static enum problem refuse(const char *rule, struct str urn, struct fault *reterr)
{
	fault_set(reterr, PROBLEM_IDENTIFIER_SYNTAX, rule, "%s", "");
	reterr->value = str_shorten(urn, SHOWN_VALUE);
	return PROBLEM_IDENTIFIER_SYNTAX;
}

/* Of a class there are patterns only where the scheme has a serial to leave open. */
static const struct scheme *scheme_named(struct str space, struct str name, bool pattern)
{
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		struct str own, own_space = str_cut(str_of(schemes[i].name), ':', &own);
		size_t parts = strlen(schemes[i].parts);
		bool open = schemes[i].parts[parts - 1] == 'q' || schemes[i].parts[parts - 1] == 's';
		if (str_equal(own, name) &&
		    (pattern ? open && str_equal(own_space, STR("id")) : str_equal(own_space, space)))
			return &schemes[i];
	}
	return NULL;
}

/* The body cut at its dots; the last part keeps what follows, for serials may hold dots. */
static size_t cut_parts(struct str body, size_t most, struct str parts[MAX_PARTS])
{
	size_t count = 0;
	while (body.at && count + 1 < most)
		parts[count++] = str_cut(body, '.', &body);
	if (body.at)
		parts[count++] = body;
	return count;
}

/* TDS table A-1: these stand as they are, the others of character set 82 are escaped. */
static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c && strchr("!'()*+,-.:;=_", c));
}

static bool unescape(struct arena *arena, struct str part, struct str *ret)
{
	for (size_t i = 0; i < part.len; i++)
		if (!is_plain(part.at[i]) && part.at[i] != '%')
			return false;
	return percent_decode(arena, part, /* plus_is_space */ false, ret);
}

static struct str escape(struct arena *arena, struct str value)
{
	struct buf buf = buf_create(arena, value.len + 8);
	for (size_t i = 0; i < value.len; i++)
		if (is_plain(value.at[i]))
			buf_put_char(&buf, value.at[i]);
		else
			buf_printf(&buf, "%%%02X", (unsigned)(unsigned char)value.at[i]);
	return buf_str(&buf);
}

struct reading {
	struct arena *arena;
	const struct scheme *scheme;
	struct str parts[MAX_PARTS]; /* the first is the company prefix */
	bool pattern;
	struct buf key;
};

/* Prefix and reference, in the order of the key, with their check digit. */
static const char *read_digits(struct reading *r)
{
	struct str prefix = r->parts[0], reference = r->parts[1];
	size_t from = r->scheme->parts[0] == 'i';
	if (prefix.len + reference.len != r->scheme->digits)
		return "length";
	if (reference.len && !gs1_is_digits(reference))
		return "digits";
	if (from)
		buf_put(&r->key, (struct str){reference.at, 1});
	buf_put(&r->key, prefix);
	buf_put(&r->key, str_from(reference, from));
	buf_put_char(&r->key, gs1_check_digit(buf_str(&r->key)));
	return NULL;
}

static const char *read_reference(struct reading *r)
{
	struct str reference;
	if (r->scheme->digits)
		return read_digits(r);
	if (!r->parts[1].len)
		return "length";
	if (!unescape(r->arena, r->parts[1], &reference))
		return "escape";
	buf_put(&r->key, r->parts[0]);
	buf_put(&r->key, reference);
	return NULL;
}

/* A part after the reference. */
static const char *read_rest(struct reading *r, char kind, struct str part, struct str *ret_qualifier)
{
	struct str value;
	if (kind == '2') {
		if (part.len != 2 || !gs1_is_digits(part))
			return "digits";
		buf_put(&r->key, part);
		return NULL;
	}
	if (r->pattern)
		return str_equal(part, STR("*")) ? NULL : "pattern";
	if (!part.len)
		return "length";
	if (!unescape(r->arena, part, &value))
		return "escape";
	bool place = str_equal(str_of(r->scheme->ai), STR("414"));
	if (place && str_equal(value, STR("0"))) /* "no extension" */
		return NULL;
	if (place && str_starts(value, STR("0."))) /* what follows "no extension" is one part too many */
		return "extension";
	if (kind == 's')
		buf_put(&r->key, value);
	else
		*ret_qualifier = value;
	return NULL;
}

static const char *read_parts(struct reading *r, struct str *ret_path)
{
	struct str prefix = r->parts[0], qualifier = {NULL, 0};
	if (!gs1_is_digits(prefix) || prefix.len < GS1_PREFIX_MIN || prefix.len > GS1_PREFIX_MAX)
		return "company-prefix";
	r->key = buf_create(r->arena, 48);
	const char *wrong = read_reference(r);
	for (size_t i = 1; !wrong && r->scheme->parts[i]; i++)
		wrong = read_rest(r, r->scheme->parts[i], r->parts[i + 1], &qualifier);
	if (wrong)
		return wrong;
	struct str key = percent_encode(r->arena, buf_str(&r->key));
	struct str path = arena_printf(r->arena, "/%s/%s%.*s", r->scheme->ai, r->scheme->lead, STR_ARGS(key));
	if (qualifier.at)
		path = arena_printf(r->arena, "%.*s/%s/%.*s", STR_ARGS(path), r->scheme->qualifier,
				    STR_ARGS(percent_encode(r->arena, qualifier)));
	*ret_path = path;
	return NULL;
}

enum problem epc_urn_read(struct arena *arena, struct str urn, struct digital_link *ret, struct fault *reterr)
{
	static const struct str no_query = {NULL, 0};
	struct reading r = {.arena = arena};
	struct str rest, path;
	if (!str_starts(urn, STR(URN_ROOT)) || urn.len > EPC_URN_MAX_LEN)
		return refuse(urn.len > EPC_URN_MAX_LEN ? "length" : "scheme", urn, reterr);
	struct str space = str_cut(str_from(urn, strlen(URN_ROOT)), ':', &rest);
	struct str name = rest.at ? str_cut(rest, ':', &rest) : rest;
	r.pattern = str_equal(space, STR("idpat"));
	r.scheme = name.at ? scheme_named(space, name, r.pattern) : NULL;
	if (!r.scheme)
		return refuse("scheme", urn, reterr);
	size_t expected = 1 + strlen(r.scheme->parts);
	if (cut_parts(rest, expected, r.parts) != expected)
		return refuse("parts", urn, reterr);
	const char *wrong = read_parts(&r, &path);
	return wrong ? refuse(wrong, urn, reterr) : digital_link_parse(arena, path, no_query, ret, reterr);
}

/* The scheme of a key with these qualifiers: the finest of them names the thing. */
static const struct scheme *scheme_of(const struct digital_link *link, struct str *ret_qualifier)
{
	const struct scheme *bare = NULL;
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		const struct scheme *scheme = &schemes[i];
		if (!str_equal(str_of(scheme->ai), link->key.ai))
			continue;
		bare = bare ? bare : scheme;
		if (!scheme->qualifier)
			continue;
		*ret_qualifier = digital_link_qualifier(link, str_of(scheme->qualifier));
		if (ret_qualifier->at)
			return scheme;
	}
	*ret_qualifier = (struct str){NULL, 0};
	return link->qualifier_count ? NULL : bare; /* a qualifier that no URN can say */
}

/* The key cut into prefix, reference and what follows the check digit; absent if it does not begin with the prefix. */
static struct str print_key(struct arena *arena, const struct scheme *scheme, struct str key,
			    struct str prefix, struct str *ret_serial)
{
	bool front = scheme->parts[0] == 'i';
	struct str body = str_from(key, strlen(scheme->lead));
	struct str after = str_from(body, front);
	if (!str_starts(after, prefix))
		return (struct str){NULL, 0};
	struct str reference = str_from(after, prefix.len);
	*ret_serial = (struct str){NULL, 0};
	if (!scheme->digits)
		return arena_printf(arena, "%.*s.%.*s", STR_ARGS(prefix), STR_ARGS(escape(arena, reference)));
	*ret_serial = str_from(body, scheme->digits + scheme->check);
	reference.len = scheme->digits - front - prefix.len;
	return arena_printf(arena, "%.*s.%.*s%.*s", STR_ARGS(prefix), (int)front, body.at,
			    STR_ARGS(reference));
}

struct str epc_urn_print(struct arena *arena, const struct digital_link *link, struct str prefix)
{
	const struct str none = {NULL, 0};
	struct str qualifier, serial;
	const struct scheme *scheme = scheme_of(link, &qualifier);
	if (!scheme || !gs1_is_digits(prefix) || prefix.len < GS1_PREFIX_MIN || prefix.len > GS1_PREFIX_MAX)
		return none;
	struct str body = print_key(arena, scheme, link->key.value, prefix, &serial);
	bool place = str_equal(link->key.ai, STR("414"));
	if (!body.at)
		return none;
	struct buf buf = buf_create(arena, 96);
	struct str last = qualifier.at ? qualifier : place ? STR("0") : none;
	bool open = false;
	for (const char *part = scheme->parts + 1; *part; part++) {
		struct str value = *part == 's' ? serial : last;
		if (*part == '2') {
			value = (struct str){serial.at, 2};
			serial = str_from(serial, 2);
		}
		open = !value.len;
		buf_printf(&buf, ".%.*s", STR_ARGS(open ? STR("*") : escape(arena, value)));
	}
	struct str name = str_of(scheme->name);
	if (open)
		name = arena_printf(arena, PATTERN_ROOT "%.*s", STR_ARGS(str_from(name, strlen("id:"))));
	return arena_printf(arena, URN_ROOT "%.*s:%.*s%.*s", STR_ARGS(name), STR_ARGS(body),
			    STR_ARGS(buf_str(&buf)));
}
