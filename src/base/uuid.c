/* SPDX-License-Identifier: Apache-2.0
 * UUIDs (RFC 9562): made, read, printed, compared. */
#include "ft/base/uuid.h"

#include <string.h>

#include "ft/base/text.h"

enum { TEXT_LEN = 36 };

/* RFC 9562 §5.7: 48 bits of milliseconds, version, 12 random bits, variant, 62 random bits. */
struct uuid uuid_v7(usec_t now_us, const uint8_t random[10])
{
	struct uuid id;
	uint64_t now_ms = (uint64_t)(now_us / 1000);
	for (int i = 0; i < 6; i++)
		id.octets[i] = (uint8_t)(now_ms >> (40 - 8 * i));
	memcpy(id.octets + 6, random, 10);
	id.octets[6] = (uint8_t)(0x70 | (id.octets[6] & 0x0f));
	id.octets[8] = (uint8_t)(0x80 | (id.octets[8] & 0x3f));
	return id;
}

static bool dash_at(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

bool uuid_parse(struct str text, struct uuid *ret)
{
	struct str urn = STR("urn:uuid:");
	if (text.len == TEXT_LEN + urn.len && str_equal_ignoring_case((struct str){text.at, urn.len}, urn))
		text = str_from(text, urn.len);
	if (text.len != TEXT_LEN)
		return false;
	char digits[32];
	size_t count = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (dash_at(i) != (text.at[i] == '-'))
			return false;
		if (!dash_at(i))
			digits[count++] = text.at[i];
	}
	struct uuid id = {{0}};
	if (!hex_decode((struct str){digits, count}, id.octets, sizeof id.octets))
		return false;
	*ret = id;
	return true;
}

struct str uuid_print(struct arena *arena, struct uuid id)
{
	static const char digit[] = "0123456789abcdef";
	char *text = arena_alloc(arena, TEXT_LEN + 1), *out = text;
	for (size_t i = 0; i < sizeof id.octets; i++) {
		if (dash_at((size_t)(out - text)))
			*out++ = '-';
		*out++ = digit[id.octets[i] >> 4];
		*out++ = digit[id.octets[i] & 15];
	}
	return (struct str){text, TEXT_LEN};
}

bool uuid_is_nil(struct uuid id)
{
	return uuid_equal(id, (struct uuid){{0}});
}

bool uuid_equal(struct uuid a, struct uuid b)
{
	return uuid_compare(a, b) == 0;
}

int uuid_compare(struct uuid a, struct uuid b)
{
	return memcmp(a.octets, b.octets, sizeof a.octets);
}
