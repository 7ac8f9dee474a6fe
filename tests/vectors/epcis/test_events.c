/* SPDX-License-Identifier: Apache-2.0
 * The shared EPCIS documents: which are read, which are refused, and the hash of each event whose hash is published. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/core/epcis_event.h"

enum { FILE_ROOM = 4 * 1024 * 1024 };

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

static struct str shared_path(struct arena *arena, struct str name)
{
	const char *root = getenv("FARMTRAIL_TEST_DATA");
	return arena_printf(arena, "%s/epcis/%.*s", root ? root : "../shared", STR_ARGS(name));
}

static bool read_file(struct arena *arena, struct str name, struct str *ret)
{
	FILE *in = fopen(shared_path(arena, name).at, "rb");
	if (!in)
		return false;
	char *text = arena_alloc(arena, FILE_ROOM);
	*ret = (struct str){text, fread(text, 1, FILE_ROOM, in)};
	fclose(in);
	assert_true(ret->len > 0 && ret->len < FILE_ROOM);
	return true;
}

static struct str read_shared(struct arena *arena, struct str name)
{
	struct str text;
	if (!read_file(arena, name, &text)) {
		print_message("no %s\n", shared_path(arena, name).at);
		skip();
	}
	return text;
}

/* The whole document, event by event. */
static enum problem read_document(struct arena *arena, struct str text, struct fault *fault)
{
	struct json json;
	struct epcis_document document;
	struct epcis_event event;
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_from(text, 3);
	enum problem p = json_parse(arena, text, &json, fault);
	if (!p)
		p = epcis_document_read(arena, &json, &document, fault);
	for (size_t i = 0; !p && i < document.count; i++) {
		struct str at = arena_printf(arena, "%s/%zu", document.pointer, i);
		p = epcis_event_read(arena, &document.events[i], document.context, at.at, &event, fault);
		if (!p)
			assert_true(str_starts(epcis_event_hash(arena, &event), STR("ni:///sha-256;")));
	}
	return p;
}

static void check_category(void **state, const char *const *categories, bool valid, size_t at_least)
{
	struct json manifest;
	struct fault fault = {0};
	assert_int_equal(json_parse(*state, read_shared(*state, STR("manifest.json")), &manifest, &fault),
			 PROBLEM_NONE);
	size_t count = 0, wrong = 0;
	for (size_t i = 0; i < manifest.count; i++) {
		struct str path = json_text(json_get(&manifest.items[i], STR("file")));
		bool asked = false;
		for (size_t k = 0; categories[k]; k++)
			asked |= str_starts(path, str_of(categories[k]));
		if (!asked || (!str_ends(path, STR(".json")) && !str_ends(path, STR(".jsonld"))))
			continue;
		struct arena *arena = arena_create();
		fault = (struct fault){.rule = "none"};
		enum problem p = read_document(arena, read_shared(arena, path), &fault);
		if (!p != valid) {
			print_message("%.*s: %d %s %s\n", STR_ARGS(path), p, fault.rule, fault.pointer);
			wrong++;
		}
		count++;
		arena_destroy(arena);
	}
	print_message("%zu documents\n", count);
	assert_true(count >= at_least);
	assert_int_equal(wrong, 0);
}

static void good_documents_are_read(void **state)
{
	static const char *const categories[] = {"json-valid/",
						 "derived-accept/",
						 "json-query-documents/",
						 "json-bare-events/",
						 "food-fsma204/comment-stripped/",
						 "food-gdst-business-rule-negative/",
						 NULL};
	check_category(state, categories, /* valid */ true, 80);
}

static void bad_documents_are_refused(void **state)
{
	static const char *const categories[] = {"derived-reject/", "json-invalid/", NULL};
	check_category(state, categories, /* valid */ false, 80);
}

static void hashes_are_those_published(void **state)
{
	struct arena *arena = *state;
	struct json vectors, json;
	struct fault fault = {0};
	assert_int_equal(
		json_parse(arena, read_shared(arena, STR("hash-vectors/vectors.json")), &vectors, &fault),
		PROBLEM_NONE);
	const struct json *rows = vectors.kind == JSON_ARRAY ? &vectors : json_get(&vectors, STR("vectors"));
	size_t count = 0, wrong = 0;
	for (size_t i = 0; i < rows->count; i++) {
		const struct json *row = &rows->items[i];
		struct str name = json_text(json_get(row, STR("document"))), text;
		struct str expected = json_text(json_get(row, STR("hashCanonicalOrder")));
		struct epcis_document document;
		struct epcis_event event;
		int64_t index;
		/* This one leaves out what its own repository ignores. */
		if (str_ends(name, STR("IgnoreFields")))
			continue;
		if (!expected.at)
			expected = json_text(json_get(row, STR("expectedHash")));
		if (!read_file(arena, arena_printf(arena, "%.*s.jsonld", STR_ARGS(name)), &text) ||
		    !json_integer(json_get(row, STR("eventIndex")), &index))
			continue;
		assert_int_equal(json_parse(arena, text, &json, &fault), PROBLEM_NONE);
		enum problem p = epcis_document_read(arena, &json, &document, &fault);
		if (!p)
			p = epcis_event_read(arena, &document.events[index], document.context, "", &event,
					     &fault);
		if (p) {
			print_message("%.*s %d: %s %s\n", STR_ARGS(name), (int)index, fault.rule,
				      fault.pointer);
			wrong++;
			continue;
		}
		if (!str_equal(epcis_event_hash(arena, &event), expected)) {
			struct str prehash = epcis_event_prehash(arena, &event);
			print_message("%.*s %d\n%.*s\n", STR_ARGS(name), (int)index, STR_ARGS(prehash));
			wrong++;
		}
		count++;
	}
	print_message("%zu hashes, %zu differ\n", count, wrong);
	assert_true(count >= 20);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(good_documents_are_read, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(bad_documents_are_refused, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(hashes_are_those_published, make_arena, end_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
