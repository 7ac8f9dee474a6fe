/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a typed code: what is accepted is the code that its key makes of letter and body. */
#include <assert.h>

#include "ft/core/code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bytes key = {(const uint8_t *)"0123456789abcdef0123456789abcdef", 32};
	struct arena *arena = arena_create();
	struct code code, again;
	if (!code_parse(arena, (struct str){(const char *)data, size}, &key, 1, &code)) {
		assert(str_equal(code.text, code_make(arena, code.letter, code.body, key).text));
		enum problem p = code_parse(arena, code_group(arena, &code), &key, 1, &again);
		assert(!p && str_equal(code.text, again.text));
		assert(code.letter != CODE_ITEM ||
		       str_equal(code.text, code_item(arena, code_item_number(&code, key), key).text));
	}
	arena_destroy(arena);
	return 0;
}
