/* SPDX-License-Identifier: Apache-2.0
 * Manifests: each view proves itself with its own salt, and with no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/base/text.h"
#include "ft/core/manifest.h"

static const uint8_t secret[MANIFEST_SECRET_LEN] = {7, 7, 7};

static int create(void **state)
{
	*state = arena_create();
	return 0;
}

static int destroy(void **state)
{
	arena_destroy(*state);
	return 0;
}

static const struct manifest_view *views(void)
{
	static struct manifest_view all[TIER_COUNT];
	all[TIER_FULL] = (struct manifest_view){STR("{\"harvester\":\"Li\"}"), STR("application/ld+json")};
	all[TIER_FARM] = (struct manifest_view){STR("{\"farm\":1}"), STR("application/ld+json")};
	all[TIER_TOWNSHIP] = (struct manifest_view){STR("{}"), STR("application/ld+json")};
	all[TIER_DISTRICT] = (struct manifest_view){STR(""), STR("text/plain")};
	return all;
}

/* Computed with the hmac and hashlib modules of Python. */
static void salts_and_hashes_are_those_of_other_tools(void **state)
{
	struct manifest_salt salt = manifest_salt(secret, TIER_FARM);
	assert_string_equal(hex_encode(*state, (struct bytes){salt.octets, sizeof salt.octets}).at,
			    "3ca99522a3484a89120855ab71baeb64");
	struct str text = manifest_build(*state, secret, views());
	struct str want = STR("farmtrail/body@v1\n"
			      "full OCMeNAAZdqKsT2WJAnOWb/HEpGYKpN9biLj07PSxjpI= 18 application/ld+json\n"
			      "farm gvvC+Ql5sERam5uaej08mB4rGmJG/YMdCCROwm8T2W4= 10 application/ld+json\n"
			      "township zy+iJuu8W2xghcOYuLAw9qEM6BT0fzX5koN/vvat7O4= 2 application/ld+json\n"
			      "district q35lY6/tZKCmCRV7fS746Z1oMCvnBYJEeCxe3WmqMt8= 0 text/plain\n");
	assert_string_equal(text.at, want.at);
}

static void a_manifest_reads_back(void **state)
{
	struct manifest manifest;
	struct str text = manifest_build(*state, secret, views());
	assert_true(manifest_parse(*state, text, &manifest));
	assert_true(str_equal(manifest_print(*state, &manifest), text));
	assert_int_equal(manifest.lines[TIER_FARM].len, 10);
	assert_true(str_equal(manifest.lines[TIER_DISTRICT].media_type, STR("text/plain")));
}

static void a_view_opens_with_its_own_salt_alone(void **state)
{
	struct manifest manifest;
	assert_true(manifest_parse(*state, manifest_build(*state, secret, views()), &manifest));
	for (int line = 0; line < TIER_COUNT; line++)
		for (int salt = 0; salt < TIER_COUNT; salt++)
			for (int view = 0; view < TIER_COUNT; view++)
				assert_int_equal(manifest_check_view(&manifest, (enum tier)line,
								     manifest_salt(secret, (enum tier)salt),
								     views()[view].at),
						 line == salt && line == view);
}

static void every_changed_octet_of_a_view_is_found(void **state)
{
	struct manifest manifest;
	assert_true(manifest_parse(*state, manifest_build(*state, secret, views()), &manifest));
	struct str view = views()[TIER_FULL].at;
	struct manifest_salt salt = manifest_salt(secret, TIER_FULL);
	for (size_t i = 0; i < view.len; i++) {
		char *changed = arena_alloc(*state, view.len);
		memcpy(changed, view.at, view.len);
		changed[i] ^= 1;
		assert_false(
			manifest_check_view(&manifest, TIER_FULL, salt, (struct str){changed, view.len}));
	}
	assert_false(manifest_check_view(&manifest, TIER_FULL, salt, (struct str){view.at, view.len - 1}));
}

static void secrets_give_unrelated_salts(void **state)
{
	(void)state;
	static const uint8_t other[MANIFEST_SECRET_LEN] = {7, 7, 8};
	struct manifest_salt a = manifest_salt(secret, TIER_FULL), b = manifest_salt(other, TIER_FULL);
	assert_memory_not_equal(a.octets, b.octets, sizeof a.octets);
}

#define HASH "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static void other_spellings_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"farmtrail/body@v1\n",
		"farmtrail/body@v2\nfull " HASH " 1 a/b\nfarm " HASH " 1 a/b\ntownship " HASH
		" 1 a/b\ndistrict " HASH " 1 a/b\n",
		"farmtrail/body@v1\nfull " HASH " 1 a/b\nfarm " HASH " 1 a/b\ntownship " HASH
		" 1 a/b\ndistrict " HASH " 1 a/b",
		"farmtrail/body@v1\nfull " HASH " 1 a/b\nfarm " HASH " 1 a/b\ntownship " HASH
		" 1 a/b\ndistrict " HASH " 1 a/b\n\n",
		"farmtrail/body@v1\nfarm " HASH " 1 a/b\nfull " HASH " 1 a/b\ntownship " HASH
		" 1 a/b\ndistrict " HASH " 1 a/b\n",
		"farmtrail/body@v1\nfull " HASH " 01 a/b\nfarm " HASH " 1 a/b\ntownship " HASH
		" 1 a/b\ndistrict " HASH " 1 a/b\n",
		"farmtrail/body@v1\nfull " HASH " 1 A/b\nfarm " HASH " 1 a/b\ntownship " HASH
		" 1 a/b\ndistrict " HASH " 1 a/b\n",
		"farmtrail/body@v1\nfull " HASH " 1 a\nfarm " HASH " 1 a/b\ntownship " HASH
		" 1 a/b\ndistrict " HASH " 1 a/b\n",
		"farmtrail/body@v1\nfull " HASH "\nfarm " HASH " 1 a/b\ntownship " HASH
		" 1 a/b\ndistrict " HASH " 1 a/b\n",
		"farmtrail/body@v1\nfull AAAA 1 a/b\nfarm " HASH " 1 a/b\ntownship " HASH
		" 1 a/b\ndistrict " HASH " 1 a/b\n",
	};
	struct manifest manifest;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (manifest_parse(*state, str_of(texts[i]), &manifest))
			fail_msg("accepted number %zu: %s", i, texts[i]);
	assert_true(manifest_parse(*state,
				   STR("farmtrail/body@v1\nfull " HASH " 1 a/b\nfarm " HASH
				       " 1 a/b\ntownship " HASH " 1 a/b\ndistrict " HASH " 1 a/b\n"),
				   &manifest));
}

static void media_types_are_two_plain_names(void **state)
{
	(void)state;
	assert_true(media_type_valid(STR("application/ld+json")));
	assert_true(media_type_valid(STR("application/vnd.x-y_z")));
	assert_false(media_type_valid(STR("")));
	assert_false(media_type_valid(STR("/json")));
	assert_false(media_type_valid(STR("text/")));
	assert_false(media_type_valid(STR("text")));
	assert_false(media_type_valid(STR("text/plain/x")));
	assert_false(media_type_valid(STR("text/plain ")));
	assert_false(media_type_valid(STR("text/+x")));
	assert_false(media_type_valid((struct str){NULL, 0}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(salts_and_hashes_are_those_of_other_tools, create, destroy),
		cmocka_unit_test_setup_teardown(a_manifest_reads_back, create, destroy),
		cmocka_unit_test_setup_teardown(a_view_opens_with_its_own_salt_alone, create, destroy),
		cmocka_unit_test_setup_teardown(every_changed_octet_of_a_view_is_found, create, destroy),
		cmocka_unit_test_setup_teardown(secrets_give_unrelated_salts, create, destroy),
		cmocka_unit_test_setup_teardown(other_spellings_are_refused, create, destroy),
		cmocka_unit_test_setup_teardown(media_types_are_two_plain_names, create, destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
