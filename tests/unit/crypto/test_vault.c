/* SPDX-License-Identifier: Apache-2.0
 * Sealed values say that they are, open with their key alone, and what does not open comes as it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "ft/base/text.h"
#include "ft/crypto/vault.h"

static const uint8_t key[VAULT_KEY_LEN] = {1, 2, 3}, other_key[VAULT_KEY_LEN] = {1, 2, 4};

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

static struct bytes sealed_of(struct arena *arena, const struct vault *vault, struct bytes plain)
{
	size_t len = vault_sealed_len(plain.len);
	uint8_t *out = arena_alloc(arena, len);
	vault_seal(vault, plain, out);
	return (struct bytes){out, len};
}

static void bytes_open_with_their_key_alone(void **state)
{
	struct vault vault = vault_of(key), other = vault_of(other_key);
	struct bytes plain = str_bytes(STR("{\"farmtrail:harvester\":\"李四\"}"));
	struct bytes sealed = sealed_of(*state, &vault, plain);
	assert_true(vault_is_sealed(sealed));
	assert_null(memmem(sealed.at, sealed.len, "harvester", 9));
	assert_true(bytes_equal(vault_open(*state, &vault, sealed), plain));
	assert_true(bytes_equal(vault_open(*state, &other, sealed), sealed));
	assert_true(bytes_equal(vault_open(*state, NULL, sealed), sealed));
	assert_false(bytes_equal(sealed_of(*state, &vault, plain), sealed));
	struct bytes nothing = vault_open(*state, &vault, sealed_of(*state, &vault, (struct bytes){0}));
	assert_int_equal(nothing.len, 0);
	assert_non_null(nothing.at);
}

static void a_changed_octet_opens_nothing(void **state)
{
	struct vault vault = vault_of(key);
	struct bytes sealed = sealed_of(*state, &vault, str_bytes(STR("plain")));
	for (size_t i = 0; i < sealed.len; i++) {
		uint8_t *changed = arena_alloc(*state, sealed.len);
		memcpy(changed, sealed.at, sealed.len);
		changed[i] ^= 1;
		struct bytes value = {changed, sealed.len};
		assert_true(bytes_equal(vault_open(*state, &vault, value), value));
		value.len = i;
		assert_true(bytes_equal(vault_open(*state, &vault, value), value));
	}
}

static void equal_texts_seal_alike(void **state)
{
	struct vault vault = vault_of(key), other = vault_of(other_key);
	struct str sealed = vault_seal_text(*state, &vault, STR("王小明"));
	assert_true(vault_is_sealed_text(sealed));
	assert_true(str_equal(vault_seal_text(*state, &vault, STR("王小明")), sealed));
	assert_false(str_equal(vault_seal_text(*state, &vault, STR("王小月")), sealed));
	assert_false(str_equal(vault_seal_text(*state, &other, STR("王小明")), sealed));
	assert_true(str_equal(vault_open_text(*state, &vault, sealed), STR("王小明")));
	assert_true(str_equal(vault_open_text(*state, &other, sealed), sealed));
	struct str shorter = {sealed.at, sealed.len - 1};
	assert_true(str_equal(vault_open_text(*state, &vault, shorter), shorter));
	assert_int_equal(vault_open_text(*state, &vault, vault_seal_text(*state, &vault, STR(""))).len, 0);
}

static void what_was_never_sealed_comes_as_it_is(void **state)
{
	struct vault vault = vault_of(key);
	assert_true(str_equal(vault_open_text(*state, &vault, STR("王小明")), STR("王小明")));
	assert_true(bytes_equal(vault_open(*state, &vault, str_bytes(STR("{}"))), str_bytes(STR("{}"))));
	assert_null(vault_open_text(*state, &vault, (struct str){0}).at);
	assert_null(vault_open(*state, &vault, (struct bytes){0}).at);
	assert_false(vault_is_sealed_text(STR("")));
}

/* By other code: hashlib and cryptography's AESGCM. */
static void the_form_is_what_its_header_says(void **state)
{
	struct vault vault = vault_of(key);
	struct str text = vault_seal_text(*state, &vault, STR("name"));
	assert_string_equal(hex_encode(*state, sha256_bytes(&vault.check)).at,
			    "8076d68e4e2ddab58b2ce0a583d42b826c3c1832a625824e52d6da7eefc576c3");
	assert_string_equal(text.at, "\001"
				     "B1JkJFfqwARRoMmC_zZMjWmBx7RAFIp9aUG-xGR2ZUI");
	struct bytes opened;
	uint8_t sealed[8 + 12 + 2 + 16];
	assert_true(hex_decode(
		STR("017365616c656401000102030405060708090a0b3733bebc8487e28b76c2bbc801fd23c80b61"), sealed,
		sizeof sealed));
	opened = vault_open(*state, &vault, (struct bytes){sealed, sizeof sealed});
	assert_true(bytes_equal(opened, str_bytes(STR("{}"))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bytes_open_with_their_key_alone, create, destroy),
		cmocka_unit_test_setup_teardown(a_changed_octet_opens_nothing, create, destroy),
		cmocka_unit_test_setup_teardown(equal_texts_seal_alike, create, destroy),
		cmocka_unit_test_setup_teardown(what_was_never_sealed_comes_as_it_is, create, destroy),
		cmocka_unit_test_setup_teardown(the_form_is_what_its_header_says, create, destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
