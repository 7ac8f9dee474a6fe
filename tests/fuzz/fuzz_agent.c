/* SPDX-License-Identifier: Apache-2.0
 * What an ssh-agent answers, as the signing process reads it. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "agent_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct agent_keys keys;
	uint8_t signature[AGENT_SIGNATURE_LEN];
	bool is_list = agent_parse_keys((struct bytes){data, size}, &keys);
	bool is_signature = agent_parse_signature((struct bytes){data, size}, signature);
	assert(!(is_list && is_signature));
	assert(!is_list || (keys.count <= AGENT_MAX_KEYS && keys.count * (8 + 51) <= size));
	return 0;
}
