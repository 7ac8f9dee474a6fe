/* SPDX-License-Identifier: Apache-2.0
 * UUIDs (RFC 9562). Ids are version 7, made by the program, so that indexes stay dense. */
#ifndef FT_BASE_UUID_H
#define FT_BASE_UUID_H

#include "ft/base/str.h"
#include "ft/base/time.h"

struct uuid {
	uint8_t octets[16];
};

struct uuid uuid_v7(usec_t now_us, const uint8_t random[10]);
bool uuid_parse(struct str text,
		struct uuid *ret); /* 36 characters, either case; an "urn:uuid:" prefix is fine */
struct str uuid_print(struct arena *arena, struct uuid id); /* 36 characters, lower case */
bool uuid_is_nil(struct uuid id);
bool uuid_equal(struct uuid a, struct uuid b);
int uuid_compare(struct uuid a, struct uuid b);

#endif
