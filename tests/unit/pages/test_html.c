/* SPDX-License-Identifier: Apache-2.0
 * Templates: only literals are markup. */
#include "look.h"

#include "ft/base/text.h"

#include "html_priv.h"

static struct str written(struct arena *arena, enum language language, struct html_value value)
{
	struct html html = html_create(arena, language, 16);

	html_render(&html, "{}", (const struct html_value[]){value, {.kind = HTML_END}});
	return html_done(&html).markup;
}
#define WRITTEN(value) written(*state, LANGUAGE_ZH, (struct html_value)value)

static void inserted_text_cannot_become_markup(void **state)
{
	assert_str(WRITTEN(TEXT(STR("<b a='1' c=\"2\">&amp;"))),
		   "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;");
	assert_str(WRITTEN(NAME(STR("</bdi><script>"))), "<bdi>&lt;/bdi&gt;&lt;script&gt;</bdi>");
	assert_str(WRITTEN(LINES(STR("a\n<\n"))), "a\n&lt;\n");
	assert_str(WRITTEN(PATH(STR("/q?q=\"><b>"))), "/q?q=&quot;&gt;&lt;b&gt;");
}

static void characters_that_reorder_their_surroundings_are_dropped(void **state)
{
	/* RLO, LRE, PDF, RLI, PDI; the right-to-left mark stays: names need it */
	assert_str(WRITTEN(TEXT(STR("a\xe2\x80\xae"
				    "b\xe2\x80\xaa"
				    "c\xe2\x80\xac"
				    "d"))),
		   "abcd");
	assert_str(WRITTEN(NAME(STR("a\xe2\x81\xa7"
				    "b\xe2\x81\xa9"))),
		   "<bdi>ab</bdi>");
	assert_str(WRITTEN(TEXT(STR("a\xe2\x80\x8f"
				    "b"))),
		   "a\xe2\x80\x8f"
		   "b");
}

static void control_characters_are_dropped_and_line_breaks_are_spaces(void **state)
{
	assert_str(WRITTEN(TEXT(STR("a\x01\x7f"
				    "b\xc2\x85"
				    "c\nd\te"))),
		   "abc d e");
	assert_str(WRITTEN(TEXT(((struct str){"a\0b", 3}))), "ab");
}

static void bytes_that_are_not_utf8_become_the_replacement_character(void **state)
{
	assert_str(WRITTEN(TEXT(STR("a\xff"
				    "b"))),
		   "a\xef\xbf\xbd"
		   "b");
	assert_str(WRITTEN(TEXT(STR("\xe5\x86"))), "\xef\xbf\xbd\xef\xbf\xbd"); /* cut short */
	assert_str(WRITTEN(TEXT(STR("\xc0\xbc"))), "\xef\xbf\xbd\xef\xbf\xbd"); /* overlong "<" */
	assert_str(WRITTEN(TEXT(STR("\xed\xa0\x80"))),
		   "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* surrogate */
	assert_str(WRITTEN(TEXT(STR("农\xf0\x9f\x8d\x8b"))), "农\xf0\x9f\x8d\x8b");
}

static void only_paths_of_this_server_are_linked(void **state)
{
	static const struct str foreign[] = {
		LITERAL("javascript:alert(1)"),
		LITERAL("https://example.org/"),
		LITERAL("//example.org"),
		LITERAL("/\\example.org"),
		LITERAL("/\t/example.org"),
		LITERAL(" /a"),
		LITERAL("data:text/html,x"),
		LITERAL(""),
		LITERAL("a/b"),
		LITERAL("?\\a"),
		{NULL, 0},
	};

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		assert_str(WRITTEN(PATH(foreign[i])), "#");
	assert_str(WRITTEN(PATH(STR("/"))), "/");
	assert_str(WRITTEN(PATH(STR("?lang=en&tier=farm"))), "?lang=en&amp;tier=farm");
	assert_str(WRITTEN(PATH(STR("/v1/codes/7K/qr.svg?a=1&b=2"))), "/v1/codes/7K/qr.svg?a=1&amp;b=2");
}

static void chinese_names_in_an_english_page_say_so(void **state)
{
	struct html_value zh = NAME(STR("柏梓镇")), en = NAME(STR("Baizi"));

	assert_str(written(*state, LANGUAGE_EN, zh), "<bdi lang=\"zh-Hans\">柏梓镇</bdi>");
	assert_str(written(*state, LANGUAGE_ZH, zh), "<bdi>柏梓镇</bdi>");
	assert_str(written(*state, LANGUAGE_EN, en), "<bdi>Baizi</bdi>");
}

static void placeholders_take_values_in_turn_or_by_index(void **state)
{
	struct html html = html_create(*state, LANGUAGE_EN, 16);

	HTML(&html, "<i>{1}</i>{}{} {x} {", TEXT(STR("a")), NUMBER(-7));
	assert_str(html_done(&html).markup, "<i>-7</i>a-7 {x} {");
}

static void asks_for_a_second_value(void)
{
	struct html html = html_create(arena_create(), LANGUAGE_EN, 16);

	HTML(&html, "{}{}", TEXT(STR("a")));
}

static void a_template_that_asks_for_more_values_than_given_aborts(void **state)
{
	(void)state;
	assert_true(aborts(asks_for_a_second_value));
}

static void fragments_are_inserted_as_they_are(void **state)
{
	struct html html = html_create(*state, LANGUAGE_EN, 16), part = html_aside(&html);

	HTML(&part, "<b>{}</b>", TEXT(STR("<")));
	HTML(&html, "[{}]", FRAGMENT(html_done(&part)));
	assert_str(html_done(&html).markup, "[<b>&lt;</b>]");
}

/* Which of {0} … {9} stand in a message; {} would mean different values in the two languages' orders. */
static unsigned placeholders(const char *text)
{
	unsigned set = 0;

	for (const char *at = strchr(text, '{'); at; at = strchr(at + 1, '{')) {
		assert_true(at[1] >= '0' && at[1] <= '9' && at[2] == '}');
		set |= 1U << (at[1] - '0');
	}
	return set;
}

static void every_message_has_both_languages_with_the_same_values(void **state)
{
	(void)state;
	for (int m = 0; m < MESSAGE_COUNT; m++) {
		const char *zh = message_text((enum message)m, LANGUAGE_ZH);
		const char *en = message_text((enum message)m, LANGUAGE_EN);
		if (!zh || !en || !*zh || !*en || placeholders(zh) != placeholders(en))
			fail_msg("message %d: \"%s\" / \"%s\"", m, zh ? zh : "", en ? en : "");
		assert_true(utf8_valid(str_of(zh)) && utf8_valid(str_of(en)));
	}
}

static void no_message_vouches_for_the_goods(void **state)
{
	static const char *const claims[] = {"genuine", "authentic", "正品", "真品",
					     "保真",    "假一赔",    "绝对", "guarantee"};

	(void)state;
	for (int m = 0; m < MESSAGE_COUNT; m++)
		for (int language = 0; language < 2; language++)
			for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
				if (strcasestr(message_text((enum message)m, (enum language)language),
					       claims[i]))
					fail_msg("\"%s\"",
						 message_text((enum message)m, (enum language)language));
}

static size_t count_char(const char *text, char c)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == c;
	return count;
}

static void messages_close_the_tags_that_they_open(void **state)
{
	(void)state;
	for (int m = 0; m < MESSAGE_COUNT; m++) {
		for (int language = 0; language < 2; language++) {
			const char *text = message_text((enum message)m, (enum language)language);
			struct str s = str_of(text);
			assert_int_equal(count_char(text, '<'), count_char(text, '>'));
			assert_int_equal(count_of(s, "</"), count_char(text, '<') / 2);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(inserted_text_cannot_become_markup),
		TEST(characters_that_reorder_their_surroundings_are_dropped),
		TEST(control_characters_are_dropped_and_line_breaks_are_spaces),
		TEST(bytes_that_are_not_utf8_become_the_replacement_character),
		TEST(only_paths_of_this_server_are_linked),
		TEST(chinese_names_in_an_english_page_say_so),
		TEST(placeholders_take_values_in_turn_or_by_index),
		TEST(a_template_that_asks_for_more_values_than_given_aborts),
		TEST(fragments_are_inserted_as_they_are),
		TEST(every_message_has_both_languages_with_the_same_values),
		TEST(no_message_vouches_for_the_goods),
		TEST(messages_close_the_tags_that_they_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
