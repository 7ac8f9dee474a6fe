/* SPDX-License-Identifier: Apache-2.0
 * GS1 Digital Link URIs (URI Syntax 1.7): read, checked against the rules of their AIs, printed in canonical form. */
#ifndef FT_CORE_DIGITAL_LINK_H
#define FT_CORE_DIGITAL_LINK_H

#include "ft/base/problem.h"

enum { DIGITAL_LINK_MAX_LEN = 4096, DIGITAL_LINK_MAX_QUALIFIERS = 3 };

struct gs1_element {
	struct str ai, value; /* "10", and the value decoded: compare these, never spellings of a URI */
};
struct digital_link {
	struct gs1_element key;
	struct gs1_element qualifiers[DIGITAL_LINK_MAX_QUALIFIERS]; /* in the order of the standard */
	size_t qualifier_count;
	const struct gs1_element *attributes; /* the AIs of the query, in lexical order of AI */
	size_t attribute_count;
	struct str stem; /* what stood before the key, as received; mostly "" */
};

/* `path` and `query` as they came in the request line: not decoded, because "%2F" in a lot is no separator; query
 * without its "?", absent if there is none. One slash at the end is forgiven; parameters whose name is not a number
 * (linkType, context, others') are left to the caller.
 * PROBLEM_GTIN_SYNTAX and PROBLEM_GTIN_CHECK_DIGIT for the value of AI (01) as key, PROBLEM_IDENTIFIER_SYNTAX for the
 * rest: no key, wrong order, an AI that is unknown or in the wrong place, a value without the form of its AI, missing
 * or contradicting companions. reterr->rule says which, detail names the AI. */
enum problem digital_link_parse(struct arena *arena, struct str path, struct str query,
				struct digital_link *ret, struct fault *reterr) must_check;
/* A whole URI with any host: "https://…", "HTTP://…". */
enum problem digital_link_parse_uri(struct arena *arena, struct str uri, struct digital_link *ret,
				    struct fault *reterr) must_check;

/* A bracketed element string, "(01)06901234567892(10)L1", elements in any order: the first that is a key becomes the key,
 * those that qualify it stand in the path, the others are attributes. "\\(" is a bracket in a value. The same element
 * twice is one. Fails as digital_link_parse does, with PROBLEM_IDENTIFIER_SYNTAX "elements" if it is none. */
enum problem digital_link_from_elements(struct arena *arena, struct str text, struct digital_link *ret,
					struct fault *reterr) must_check;

/* "/01/06901234567892/10/L1": the identity of a thing, without host, attributes and stem. */
struct str digital_link_path(struct arena *arena, const struct digital_link *link);
/* `root` ("https://id.example.cn"), path and attributes. */
struct str digital_link_print(struct arena *arena, struct str root, const struct digital_link *link);
#define DIGITAL_LINK_CANONICAL_ROOT STR("https://id.gs1.org")

/* The value of a qualifier; absent if it has none of that AI. */
struct str digital_link_qualifier(const struct digital_link *link, struct str ai);

#endif
