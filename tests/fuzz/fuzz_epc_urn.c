/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as an EPC URN: what is read is a Digital Link that reads back, and prints as a URN that names the same. */
#include <string.h>

#include "ft/core/epc_urn.h"

#include "fuzz.h"

/* The company prefix that the URN was written with. */
static struct str prefix_of(struct str urn)
{
	struct str rest;
	for (int i = 0; i < 4; i++)
		(void)str_cut(urn, ':', &urn);
	return str_cut(urn, '.', &rest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct str urn = {(const char *)data, size};
	struct digital_link link, again;
	struct fault fault = {0};
	if (!epc_urn_read(arena, urn, &link, &fault)) {
		struct str uri = digital_link_print(arena, DIGITAL_LINK_CANONICAL_ROOT, &link);
		CHECK(!digital_link_parse_uri(arena, uri, &again, &fault));
		CHECK(str_equal(uri, digital_link_print(arena, DIGITAL_LINK_CANONICAL_ROOT, &again)));
		struct str printed = epc_urn_print(arena, &link, prefix_of(urn));
		CHECK(printed.at && !epc_urn_read(arena, printed, &again, &fault));
		CHECK(str_equal(uri, digital_link_print(arena, DIGITAL_LINK_CANONICAL_ROOT, &again)));
	} else {
		CHECK(fault.rule);
	}
	if (!digital_link_from_elements(arena, urn, &link, &fault)) {
		struct str uri = digital_link_print(arena, DIGITAL_LINK_CANONICAL_ROOT, &link);
		CHECK(!digital_link_parse_uri(arena, uri, &again, &fault) || uri.len > DIGITAL_LINK_MAX_LEN);
	}
	arena_destroy(arena);
	return 0;
}
