/* SPDX-License-Identifier: Apache-2.0
 * What a time-stamping authority answers. The first two octets say how long the question is; the answer follows it. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "ft/crypto/timestamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	const struct sha256 digest = sha256_of(str_bytes(STR("a head")));
	size_t len = size >= 2 ? (size_t)data[0] << 8 | data[1] : 0;
	int64_t at_us = -1;
	if (size >= 2 && len <= size - 2) {
		struct bytes question = {data + 2, len}, answer = {data + 2 + len, size - 2 - len};
		/* Nobody vouches for anybody: nothing may hold, whatever it is. */
		assert(timestamp_check(question, answer, digest, STR(""), &at_us) != TIMESTAMP_HOLDS);
		assert(timestamp_check(timestamp_question(arena, digest), answer, digest, STR(""), &at_us) !=
		       TIMESTAMP_HOLDS);
		assert(at_us == -1);
	}
	arena_destroy(arena);
	return 0;
}
