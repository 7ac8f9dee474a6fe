/* SPDX-License-Identifier: Apache-2.0
 * Request header values mean what their standards say. */
#include "check.h"

#include "headers_priv.h"

static enum language language(const char *asked, const char *accepted)
{
	return header_language(str_of(asked), str_of(accepted));
}

static void chinese_is_the_default(void **state)
{
	(void)state;
	assert_int_equal(language(NULL, NULL), LANGUAGE_ZH);
	assert_int_equal(language(NULL, ""), LANGUAGE_ZH);
	assert_int_equal(language(NULL, "fr, de;q=0.5"), LANGUAGE_ZH);
	assert_int_equal(language(NULL, "*"), LANGUAGE_ZH);
	assert_int_equal(language("fr", "*"), LANGUAGE_ZH);
}

static void what_the_query_asks_wins(void **state)
{
	(void)state;
	assert_int_equal(language("en", "zh"), LANGUAGE_EN);
	assert_int_equal(language("zh", "en"), LANGUAGE_ZH);
	assert_int_equal(language("EN", "zh"), LANGUAGE_ZH);
}

static void the_higher_weight_wins_then_the_first(void **state)
{
	(void)state;
	assert_int_equal(language(NULL, "en-GB,en;q=0.9,zh;q=0.1"), LANGUAGE_EN);
	assert_int_equal(language(NULL, "en;q=0.3, zh-CN;q=0.8"), LANGUAGE_ZH);
	assert_int_equal(language(NULL, "en, zh"), LANGUAGE_EN);
	assert_int_equal(language(NULL, "zh, en"), LANGUAGE_ZH);
	assert_int_equal(language(NULL, "ENG"), LANGUAGE_ZH);
	assert_int_equal(language(NULL, "zh;q=0, *"), LANGUAGE_EN);
	assert_int_equal(language(NULL, "en;q=0"), LANGUAGE_ZH);
	assert_int_equal(language(NULL, "en;q=0, *;q=0"), LANGUAGE_ZH);
	assert_int_equal(language(NULL, "en ; q=1.000 , zh;q=0.999"), LANGUAGE_EN);
}

static void a_weight_that_cannot_be_read_is_not_wanted(void **state)
{
	(void)state;
	assert_int_equal(language(NULL, "en;q=2, zh;q=0.1"), LANGUAGE_ZH);
	assert_int_equal(language(NULL, "en;q=1.001"), LANGUAGE_ZH);
	assert_int_equal(language(NULL, "en;q=0.12345"), LANGUAGE_ZH);
	assert_int_equal(language(NULL, "en;q=,zh"), LANGUAGE_ZH);
	assert_int_equal(language(NULL, "en;q=.5"), LANGUAGE_ZH);
}

static void browsers_get_pages_and_programs_get_json(void **state)
{
	(void)state;
	assert_true(
		header_prefers_html(STR("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")));
	assert_true(header_prefers_html(STR("text/html, */*")));
	assert_false(header_prefers_html(STR("*/*")));
	assert_false(header_prefers_html((struct str){0}));
	assert_false(header_prefers_html(STR("application/json, text/html")));
	assert_false(header_prefers_html(STR("text/html;q=0.2, application/problem+json;q=0.9")));
	assert_false(header_prefers_html(STR("text/html;q=0")));
	assert_false(header_prefers_html(STR("text/html;q=0.1, */*")));
}

static void encodings_are_accepted_by_name_or_star(void **state)
{
	(void)state;
	assert_true(header_accepts(STR("br, gzip"), STR("gzip")));
	assert_true(header_accepts(STR("*;q=0.1"), STR("gzip")));
	assert_false(header_accepts(STR("gzip;q=0, *"), STR("gzip")));
	assert_false(header_accepts(STR("x-gzip"), STR("gzip")));
	assert_false(header_accepts((struct str){0}, STR("gzip")));
}

static void bearer_tokens_are_read_strictly(void **state)
{
	(void)state;
	assert_str(header_bearer(STR("Bearer abc.DEF-1_2~3+4/5=")), "abc.DEF-1_2~3+4/5=");
	assert_str(header_bearer(STR("bearer  x ")), "x");
	assert_str(header_bearer(STR("Basic abc")), NULL);
	assert_str(header_bearer(STR("Bearer")), NULL);
	assert_str(header_bearer(STR("Bearer ")), NULL);
	assert_str(header_bearer(STR("Bearer a b")), NULL);
	assert_str(header_bearer(STR("Bearer a,b")), NULL);
	assert_str(header_bearer((struct str){0}), NULL);
	char longest[7 + 513];
	memset(longest, 'a', sizeof longest);
	memcpy(longest, "Bearer ", 7);
	assert_int_equal(header_bearer((struct str){longest, 7 + 512}).len, 512);
	assert_null(header_bearer((struct str){longest, 7 + 513}).at);
}

static void entity_tags_match_weakly(void **state)
{
	(void)state;
	assert_true(header_etag_matches(STR("\"a\", \"b\""), STR("\"b\"")));
	assert_true(header_etag_matches(STR("W/\"b\""), STR("\"b\"")));
	assert_true(header_etag_matches(STR("\"b\""), STR("W/\"b\"")));
	assert_true(header_etag_matches(STR(" * "), STR("\"b\"")));
	assert_true(header_etag_matches(STR("\"x,y\",\"b\""), STR("\"x,y\"")));
	assert_false(header_etag_matches(STR("\"a\""), STR("\"b\"")));
	assert_false(header_etag_matches(STR("b"), STR("\"b\"")));
	assert_false(header_etag_matches(STR("\"b"), STR("\"b\"")));
	assert_false(header_etag_matches(STR("*"), (struct str){0}));
	assert_false(header_etag_matches((struct str){0}, STR("\"b\"")));
	assert_false(header_etag_matches(STR("\"a\" b \"c\""), STR("\" b \"")));
}

static void request_ids_are_short_plain_words(void **state)
{
	(void)state;
	assert_true(header_request_id_is_usable(STR("abc-DEF_1.")));
	assert_false(header_request_id_is_usable(STR("short-1")));
	assert_false(header_request_id_is_usable(STR("with space")));
	assert_false(header_request_id_is_usable(STR("new\nlines")));
	assert_false(header_request_id_is_usable((struct str){0}));
	char longest[65];
	memset(longest, 'a', sizeof longest);
	assert_true(header_request_id_is_usable((struct str){longest, 64}));
	assert_false(header_request_id_is_usable((struct str){longest, 65}));
}

static void the_media_type_stands_before_its_parameters(void **state)
{
	(void)state;
	bool utf8 = false;
	assert_str(header_media_type(STR("application/json"), &utf8), "application/json");
	assert_true(utf8);
	assert_str(header_media_type(STR(" text/csv ; charset=\"UTF-8\" ;header=present"), &utf8),
		   "text/csv");
	assert_true(utf8);
	header_media_type(STR("application/json; charset=gb18030"), &utf8);
	assert_false(utf8);
	assert_null(header_media_type((struct str){0}, &utf8).at);
}

static void the_proxy_itself_wrote_the_last_address(void **state)
{
	(void)state;
	assert_str(header_forwarded_for(STR("6.6.6.6, 10.0.0.1 ,192.0.2.7")), "192.0.2.7");
	assert_str(header_forwarded_for(STR("2001:db8::1")), "2001:db8::1");
	assert_null(header_forwarded_for((struct str){0}).at);
}

static void content_length_is_digits_only(void **state)
{
	(void)state;
	uint64_t length = 7;
	assert_true(header_content_length(STR("0"), &length));
	assert_int_equal(length, 0);
	assert_true(header_content_length(STR("123456789012345678"), &length));
	assert_true(length == UINT64_C(123456789012345678));
	static const char *const bad[] = {"", "+1", "-1", "1 ", "0x10", "1,1", "9999999999999999999"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(header_content_length(str_of(bad[i]), &length));
	assert_true(length == UINT64_C(123456789012345678));
}

static void a_media_type_has_the_weight_that_stands_beside_it(void **state)
{
	static const struct {
		const char *accept;
		int weight;
	} cases[] = {
		{NULL, 0},
		{"", 0},
		{"*/*", 0},
		{"text/html", 1000},
		{"TEXT/HTML", 1000},
		{"application/json, text/html;q=0.8", 800},
		{" text/html ; level=1 ; Q=0.25 ,*/*", 250},
		{"text/html;q=0", 0},
		{"text/html;q=0.1,text/html;q=0.9", 900},
		{"text/htmlx, xtext/html", 0},
		{",;,;;q=,text/html", 1000},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(header_accept_weight(str_of(cases[i].accept), STR("text/html")),
				 cases[i].weight);
}

static void the_first_wait_of_prefer_counts(void **state)
{
	(void)state;
	assert_int_equal(header_prefer_wait(STR("wait=5")), 5);
	assert_int_equal(header_prefer_wait(STR("return=minimal, WAIT = 7 ;x=1, wait=9")), 7);
	assert_int_equal(header_prefer_wait(STR("wait, wait=5")), 0);
	assert_int_equal(header_prefer_wait(STR("wait=-5")), 0);
	assert_int_equal(header_prefer_wait(STR("waits=5")), 0);
	assert_int_equal(header_prefer_wait(STR("")), 0);
	assert_int_equal(header_prefer_wait((struct str){0}), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chinese_is_the_default),
		cmocka_unit_test(what_the_query_asks_wins),
		cmocka_unit_test(the_higher_weight_wins_then_the_first),
		cmocka_unit_test(a_weight_that_cannot_be_read_is_not_wanted),
		cmocka_unit_test(browsers_get_pages_and_programs_get_json),
		cmocka_unit_test(a_media_type_has_the_weight_that_stands_beside_it),
		cmocka_unit_test(encodings_are_accepted_by_name_or_star),
		cmocka_unit_test(bearer_tokens_are_read_strictly),
		cmocka_unit_test(entity_tags_match_weakly),
		cmocka_unit_test(request_ids_are_short_plain_words),
		cmocka_unit_test(the_media_type_stands_before_its_parameters),
		cmocka_unit_test(the_proxy_itself_wrote_the_last_address),
		cmocka_unit_test(content_length_is_digits_only),
		cmocka_unit_test(the_first_wait_of_prefer_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
