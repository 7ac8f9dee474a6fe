/* SPDX-License-Identifier: Apache-2.0
 * Accept headers as browsers, programs and careless clients send them. */
#include "accept_priv.h"

#include "../check.h"

static void a_type_has_the_weight_that_stands_beside_it(void **state)
{
	static const struct {
		const char *accept;
		int weight;
	} cases[] = {
		{NULL, 0},
		{"", 0},
		{"application/json", 0},
		{"text/html", 1000},
		{"TEXT/HTML", 1000},
		{"application/json, text/html;q=0.8", 800},
		{" text/html ; level=1 ; Q=0.25 ,*/*", 250},
		{"text/html;q=0", 0},
		{"text/html;q=1.0000001", 1000},
		{"text/html;q=0.123456", 123},
		{"text/html;q=0.1,text/html;q=0.9", 900},
		{"text/htmlx, xtext/html", 0},
		{",;,;;q=,text/html", 1000},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(accept_weight(str_of(cases[i].accept), STR("text/html")), cases[i].weight);
}

static void a_page_is_for_those_who_rank_it_first(void **state)
{
	static const struct {
		const char *accept;
		bool page;
	} cases[] = {
		{NULL, false},
		{"*/*", false},
		{"application/json", false},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true},
		{"text/html;q=0.5, application/json", false},
		{"text/html, application/json", false},
		{"text/html, application/json;q=0.9", true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct call call = {.accept = str_of(cases[i].accept)};
		assert_int_equal(call_wants_page(&call), cases[i].page);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_type_has_the_weight_that_stands_beside_it),
		TEST(a_page_is_for_those_who_rank_it_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
