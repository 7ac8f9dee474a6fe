/* SPDX-License-Identifier: Apache-2.0
 * qr_terminal: half blocks that read back as the symbol, in colours no theme changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ft/qr/qr.h"

static int make_arena(void **state)
{
	*state = arena_create();
	return 0;
}

static int end_arena(void **state)
{
	arena_destroy(*state);
	return 0;
}

static bool take(const char **at, const char *part)
{
	if (strncmp(*at, part, strlen(part)))
		return false;
	*at += strlen(part);
	return true;
}

static bool module_is_dark(const struct qr *qr, size_t x, size_t y)
{
	size_t side = (size_t)qr->width;
	x -= QR_QUIET_ZONE;
	y -= QR_QUIET_ZONE;
	return x < side && y < side && qr->modules[y * side + x];
}

static void blocks_read_back_as_the_symbol(void **state)
{
	struct qr qr;
	assert_int_equal(qr_encode(*state, STR("http://127.0.0.1:8080/t/B7K3F9Q2MX4TC"), &qr), PROBLEM_NONE);
	const char *at = qr_terminal(*state, &qr).at;
	size_t side = (size_t)qr.width + 2 * QR_QUIET_ZONE;
	for (size_t y = 0; y < side; y += 2) {
		assert_true(take(&at, "\x1b[38;5;16;48;5;231m"));
		for (size_t x = 0; x < side; x++) {
			bool whole = take(&at, "█");
			bool upper = whole || take(&at, "▀");
			bool lower = whole || (!upper && take(&at, "▄"));
			assert_true(upper || lower || take(&at, " "));
			assert_int_equal(upper, module_is_dark(&qr, x, y));
			assert_int_equal(lower, module_is_dark(&qr, x, y + 1));
		}
		assert_true(take(&at, "\x1b[0m\n"));
	}
	assert_int_equal(*at, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(blocks_read_back_as_the_symbol, make_arena, end_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
