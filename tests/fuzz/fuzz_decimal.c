/* SPDX-License-Identifier: Apache-2.0
 * Decimals: printing gives the canonical form of what was read; a quantity is a decimal too. */
#include "fuzz.h"

#include <string.h>

#include "ft/base/decimal.h"

/* The canonical spelling, made on the text alone: no arithmetic that could share a mistake with the parser. */
static struct str canonical(struct arena *arena, struct str text)
{
	bool negative = text.at[0] == '-';
	if (negative || text.at[0] == '+')
		text = str_from(text, 1);
	struct str fraction;
	struct str whole = str_cut(text, '.', &fraction);
	while (whole.len > 1 && whole.at[0] == '0')
		whole = str_from(whole, 1);
	while (fraction.len && fraction.at[fraction.len - 1] == '0')
		fraction.len--;
	bool zero = str_equal(whole, STR("0")) && !fraction.len;
	struct buf out = buf_create(arena, text.len + 1);
	if (negative && !zero)
		buf_put_char(&out, '-');
	buf_put(&out, whole);
	if (fraction.len)
		buf_put_char(&out, '.');
	buf_put(&out, fraction);
	return buf_str(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct str text = {(const char *)data, size};
	struct decimal d, quantity;
	bool is_decimal = decimal_parse(text, &d);
	bool is_quantity = decimal_parse_quantity(text, &quantity) == PROBLEM_NONE;
	if (is_decimal)
		CHECK(str_equal(decimal_print(arena, d), canonical(arena, text)));
	if (is_quantity) {
		CHECK(is_decimal && decimal_compare(d, quantity) == 0);
		struct str printed = decimal_print(arena, quantity), fraction;
		struct str whole = str_cut(printed, '.', &fraction);
		CHECK(whole.len <= 15 && fraction.len <= 6 && printed.at[0] != '-');
		CHECK((str_equal(whole, STR("0")) ? 0 : whole.len) + fraction.len <= 15);
		struct decimal scaled;
		CHECK(decimal_scale(quantity, 1000, 1, &scaled) && decimal_scale(scaled, 1, 1000, &scaled));
		CHECK(decimal_compare(scaled, quantity) == 0);
	}
	arena_destroy(arena);
	return 0;
}
