/* SPDX-License-Identifier: Apache-2.0
 * Scans are told from crawlers, previews and prefetches; networks are counted and cannot be read off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ft/core/visitor.h"

static const struct bytes key = {(const uint8_t *)"0123456789abcdef0123456789abcdef", 32};
static const struct bytes other_key = {(const uint8_t *)"another key of thirty-two octets", 32};

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

static bool scans(const char *agent)
{
	return visit_is_scan(
		&(const struct visit){.user_agent = agent ? str_of(agent) : (struct str){NULL, 0}});
}

static void telephones_and_who_says_nothing_scan(void **state)
{
	(void)state;
	static const char *const people[] = {
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 "
		"MicroMessenger/8.0.40",
		"Mozilla/5.0 (Linux; Android 10; CUBOT X30) AppleWebKit/537.36 Chrome/120.0 Mobile "
		"Safari/537.36",
		"Mozilla/5.0 (Linux; U; Android 12; zh-cn; Redmi) MiuiBrowser/17 AlipayClient/10.5",
		"curl/7.88.1",
		"",
	};
	for (size_t i = 0; i < sizeof people / sizeof *people; i++)
		assert_true(scans(people[i]));
	assert_true(scans(NULL));
}

static void robots_name_themselves(void **state)
{
	(void)state;
	static const char *const machines[] = {
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
		"Mozilla/5.0 (compatible; bingbot/2.0)",
		"Mozilla/5.0 (compatible; Baiduspider/2.0)",
		"Sogou web spider/4.0",
		"Mozilla/5.0 (Linux; Android 5.0) (compatible; Bytespider; spider-feedback@bytedance.com)",
		"facebookexternalhit/1.1",
		"WhatsApp/2.23",
		"Slackbot-LinkExpanding 1.0",
		"TelegramBot (like TwitterBot)",
		"CUBOT Googlebot/2.1",
		"BOT",
		"Mozilla/5.0 (compatible; archive.org_bot)",
		"Yahoo! Slurp",
		"BingPreview/1.0b",
		"Chrome-Lighthouse",
		"Scrapy/2.11",
	};
	for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
		if (scans(machines[i]))
			fail_msg("%s counts as a scan", machines[i]);
}

static void what_only_fetches_ahead_is_no_scan(void **state)
{
	(void)state;
	assert_false(visit_is_scan(&(const struct visit){.purpose = STR("prefetch")}));
	assert_false(visit_is_scan(&(const struct visit){.purpose = STR("prefetch;prerender")}));
	assert_false(visit_is_scan(&(const struct visit){.purpose = STR("Preview")}));
	assert_false(visit_is_scan(&(const struct visit){.head = true}));
	assert_true(visit_is_scan(&(const struct visit){.purpose = STR("navigate")}));
}

static void assert_network(struct arena *arena, const char *address, const char *octets, size_t len)
{
	struct bytes network = visit_network(arena, str_of(address));
	assert_int_equal(network.len, len);
	if (len)
		assert_memory_equal(network.at, octets, len);
}

static void addresses_lose_what_names_a_host(void **state)
{
	assert_network(*state, "203.0.113.77", "\xcb\x00\x71", 3);
	assert_network(*state, "::ffff:203.0.113.77", "\xcb\x00\x71", 3);
	assert_network(*state, "2001:db8:1:2:3:4:5:6", "\x20\x01\x0d\xb8\x00\x01", 6);
	assert_network(*state, "not an address", "", 0);
	assert_network(*state, "", "", 0);
}

static void networks_spread_over_the_bits_and_none_stays_with_one(void **state)
{
	(void)state;
	uint64_t bits = 0, days = 0, codes = 0, keys = 0;
	for (int i = 0; i < 64; i++) {
		uint8_t octets[3] = {198, 51, (uint8_t)i};
		struct bytes network = {octets, sizeof octets};
		int bit = visit_network_bit(key, STR("K00000000AAAAAAAA"), 20000, network);
		assert_in_range(bit, 0, 63);
		assert_int_equal(bit, visit_network_bit(key, STR("K00000000AAAAAAAA"), 20000, network));
		bits |= UINT64_C(1) << bit;
		days += bit == visit_network_bit(key, STR("K00000000AAAAAAAA"), 20001, network);
		codes += bit == visit_network_bit(key, STR("K00000001AAAAAAAA"), 20000, network);
		keys += bit == visit_network_bit(other_key, STR("K00000000AAAAAAAA"), 20000, network);
	}
	uint64_t all = 0;
	for (int i = 0; i < 4096; i++) {
		uint8_t octets[3] = {203, (uint8_t)(i >> 8), (uint8_t)i};
		struct bytes network = {octets, sizeof octets};
		all |= UINT64_C(1) << visit_network_bit(key, STR("K00000000AAAAAAAA"), 20000, network);
	}
	assert_true(all == UINT64_MAX >> 1);                 /* bit 63 alone would be NULL to a database */
	assert_in_range(__builtin_popcountll(bits), 30, 52); /* 64 · (1 − 1/e) = 40 */
	assert_true(days < 8 && codes < 8 && keys < 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(telephones_and_who_says_nothing_scan),
		cmocka_unit_test(robots_name_themselves),
		cmocka_unit_test(what_only_fetches_ahead_is_no_scan),
		cmocka_unit_test_setup_teardown(addresses_lose_what_names_a_host, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(networks_spread_over_the_bits_and_none_stays_with_one,
						make_arena, end_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
