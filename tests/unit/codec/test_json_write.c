/* SPDX-License-Identifier: Apache-2.0
 * The JSON writer: commas, escapes, and that the reader gives back what was written. */
#include "../check.h"

#include "ft/codec/json.h"

static void commas_stand_between_values_only(void **state)
{
	struct buf buf = buf_create(*state, 0);
	struct json_writer w = json_writer(&buf);
	json_begin_object(&w);
	json_name(&w, STR("a"));
	json_begin_array(&w);
	json_end_array(&w);
	json_name(&w, STR("b"));
	json_begin_array(&w);
	json_int(&w, -1);
	json_begin_object(&w);
	json_end_object(&w);
	json_bool(&w, true);
	json_bool(&w, false);
	json_null(&w);
	json_number(&w, STR("1.50"));
	json_raw(&w, STR("{\"x\":[ ]}"));
	json_string(&w, STR("s"));
	json_end_array(&w);
	json_pair(&w, STR("c"), STR(""));
	json_pair(&w, STR("absent"), str_of(NULL));
	json_pair_int(&w, STR("d"), INT64_MIN);
	json_end_object(&w);
	assert_str(buf_str(&buf), "{\"a\":[],\"b\":[-1,{},true,false,null,1.50,{\"x\":[ ]},\"s\"],\"c\":\"\","
				  "\"d\":-9223372036854775808}");
}

static struct str written(struct arena *arena, struct str text)
{
	struct buf buf = buf_create(arena, 0);
	struct json_writer w = json_writer(&buf);
	json_string(&w, text);
	return buf_str(&buf);
}

static void escapes_are_the_shortest(void **state)
{
	assert_str(written(*state, STR("a\"\\/\b\f\n\r\t")), "\"a\\\"\\\\/\\b\\f\\n\\r\\t\"");
	assert_str(written(*state, STR("\0\x01\x1f\x7f")), "\"\\u0000\\u0001\\u001f\x7f\"");
	assert_str(written(*state, STR("农\xf0\x9f\x98\x80")), "\"农\xf0\x9f\x98\x80\"");
	assert_str(written(*state, STR("")), "\"\"");
	assert_str(written(*state, str_of(NULL)), "\"\"");
}

static void names_are_escaped_too(void **state)
{
	struct buf buf = buf_create(*state, 0);
	struct json_writer w = json_writer(&buf);
	json_begin_object(&w);
	json_pair_int(&w, STR("a\"\n"), 1);
	json_end_object(&w);
	assert_str(buf_str(&buf), "{\"a\\\"\\n\":1}");
}

static void bytes_that_are_no_utf8_are_replaced(void **state)
{
	assert_str(written(*state, STR("a\xff\xe5\x86\"b")),
		   "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\\\"b\"");
	assert_str(written(*state, STR("\xed\xa0\x80")), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

/* Text of characters from every length of UTF-8, controls and quotes among them. */
static struct str random_text(struct arena *arena, uint64_t *seed)
{
	static const char *const pieces[] = {
		"\"", "\\", "\n", "a", "/", "\x01", "\x7f", "ä", "农", "\xf0\x9f\x98\x80", "\xef\xbf\xbf"};
	struct buf buf = buf_create(arena, 16);
	for (uint64_t left = next_random(seed) % 12; left; left--) {
		uint64_t pick = next_random(seed) % 12;
		if (pick == 11)
			buf_put_char(&buf, 0);
		else
			buf_put(&buf, str_of(pieces[pick]));
	}
	return buf_str(&buf);
}

static void put_random(struct arena *arena, struct json_writer *w, uint64_t *seed, int depth)
{
	uint64_t kind = next_random(seed) % (depth < 5 ? 7 : 5), count = next_random(seed) % 20;
	switch (kind) {
	case 0:
		json_null(w);
		return;
	case 1:
		json_bool(w, next_random(seed) % 2);
		return;
	case 2:
		json_int(w, (int64_t)next_random(seed));
		return;
	case 3:
		json_number(w, arena_printf(arena, "%llu.%02lluE%+d",
					    (unsigned long long)next_random(seed) % 1000,
					    (unsigned long long)next_random(seed) % 100,
					    (int)(next_random(seed) % 600) - 300));
		return;
	case 4:
		json_string(w, random_text(arena, seed));
		return;
	case 5:
		json_begin_array(w);
		for (uint64_t i = 0; i < count; i++)
			put_random(arena, w, seed, depth + 1);
		json_end_array(w);
		return;
	default:
		json_begin_object(w);
		for (uint64_t i = 0; i < count; i++) {
			json_name(w, arena_printf(arena, "%llu\n%.*s", (unsigned long long)i,
						  STR_ARGS(random_text(arena, seed))));
			put_random(arena, w, seed, depth + 1);
		}
		json_end_object(w);
	}
}

static void put_again(struct json_writer *w, const struct json *json)
{
	switch (json->kind) {
	case JSON_NULL:
		json_null(w);
		break;
	case JSON_BOOL:
		json_bool(w, json->boolean);
		break;
	case JSON_NUMBER:
		json_number(w, json->text);
		break;
	case JSON_STRING:
		json_string(w, json->text);
		break;
	case JSON_ARRAY:
		json_begin_array(w);
		for (size_t i = 0; i < json->count; i++)
			put_again(w, &json->items[i]);
		json_end_array(w);
		break;
	case JSON_OBJECT:
		json_begin_object(w);
		for (size_t i = 0; i < json->count; i++) {
			json_name(w, json->members[i].name);
			put_again(w, &json->members[i].value);
		}
		json_end_object(w);
		break;
	}
}

static void reading_and_writing_again_gives_the_same_bytes(void **state)
{
	(void)state;
	uint64_t seed = 11;
	for (int round = 0; round < 400; round++) {
		struct arena *arena = arena_create();
		struct buf first = buf_create(arena, 0), second = buf_create(arena, 0);
		struct json_writer w = json_writer(&first), again = json_writer(&second);
		put_random(arena, &w, &seed, 0);
		struct json json;
		struct fault fault;
		assert_problem(json_parse(arena, buf_str(&first), &json, &fault), PROBLEM_NONE);
		put_again(&again, &json);
		assert_strs(buf_str(&second), buf_str(&first));
		assert_strs(json.span, buf_str(&first));
		arena_destroy(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(commas_stand_between_values_only),
		TEST(escapes_are_the_shortest),
		TEST(names_are_escaped_too),
		TEST(bytes_that_are_no_utf8_are_replaced),
		TEST(reading_and_writing_again_gives_the_same_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
