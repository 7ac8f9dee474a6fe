/* SPDX-License-Identifier: Apache-2.0
 * net_address_parse: what is asked, what is refused, and which addresses leave no machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ft/net/peer.h"

static void an_address_is_root_and_path(void **state)
{
	static const struct {
		const char *text, *root, *path;
		bool tls, loopback;
	} good[] = {
		{"http://127.0.0.1:8080", "http://127.0.0.1:8080", NULL, false, true},
		{"http://127.0.0.1:8080/", "http://127.0.0.1:8080", NULL, false, true},
		{"http://localhost", "http://localhost", NULL, false, true},
		{"http://[::1]:81/log/", "http://[::1]:81", "/log", false, true},
		{"https://127.9.9.9", "https://127.9.9.9", NULL, true, true},
		{"https://trace.example.cn/a/b//", "https://trace.example.cn", "/a/b", true, false},
		{"https://128.0.0.1:443", "https://128.0.0.1:443", NULL, true, false},
		{"http://127.0.0.1.example.cn", "http://127.0.0.1.example.cn", NULL, false, false},
		{"http://localhost.example.cn/", "http://localhost.example.cn", NULL, false, false},
		{"http://[::2]", "http://[::2]", NULL, false, false},
	};
	struct arena *arena = arena_create();
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct net_address address;
		assert_true(net_address_parse(arena, str_of(good[i].text), &address));
		assert_true(str_equal(address.root, str_of(good[i].root)));
		assert_int_equal(address.path.at != NULL, good[i].path != NULL);
		assert_true(str_equal(address.path, str_of(good[i].path)));
		assert_int_equal(address.tls, good[i].tls);
		assert_int_equal(address.loopback, good[i].loopback);
	}
	arena_destroy(arena);
}

static void anything_else_is_none(void **state)
{
	static const char *const bad[] = {"",
					  "127.0.0.1:8080",
					  "ftp://127.0.0.1",
					  "file:///etc/passwd",
					  "http://",
					  "https://user@trace.example.cn",
					  "https://user:word@trace.example.cn",
					  "http://trace.example.cn@127.0.0.1",
					  "https://trace.example.cn?x=1",
					  "https://trace.example.cn/#f",
					  "http://127.0.0.1:0",
					  "http://127.0.0.1:65536",
					  "http://127.0.0.1:x",
					  "http://127.0.0.1 .example",
					  "http://a\nb",
					  "http://[::1%25lo]",
					  "http://[::1",
					  "http://a_b\\c"};
	struct arena *arena = arena_create();
	struct net_address address;
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (net_address_parse(arena, str_of(bad[i]), &address))
			fail_msg("%s", bad[i]);
	assert_false(net_address_parse(arena, STR("http://127.0.0.1\0.example.cn"), &address));
	arena_destroy(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_root_and_path),
		cmocka_unit_test(anything_else_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
