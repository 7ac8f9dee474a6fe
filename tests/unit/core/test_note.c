/* SPDX-License-Identifier: Apache-2.0
 * Signed notes: what is one, what its keys are called, and what verifies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/base/text.h"
#include "ft/core/note.h"
#include "ft/crypto/sign.h"

/* The example of C2SP signed-note.md and its key. */
#define EXAMPLE_VKEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define EXAMPLE_TEXT "This is an example message.\n"
#define EXAMPLE_LINE \
	"— example.com/foo " \
	"Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
#define STRANGER "— stranger.example AAAAAAAA\n"

static const struct note_verifier verifier = {.verify = verify_spki};

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

static struct note parsed(struct arena *arena, const char *text)
{
	struct note note;
	assert_true(note_parse(arena, str_of(text), &note));
	return note;
}

static struct note_key key_of(struct arena *arena, const char *vkey)
{
	struct note_key key;
	assert_true(note_key_parse(arena, str_of(vkey), &key));
	return key;
}

static void the_published_example_verifies_and_prints_back(void **state)
{
	struct str whole = STR(EXAMPLE_TEXT "\n" EXAMPLE_LINE);
	struct note note = parsed(*state, whole.at);
	struct note_key key = key_of(*state, EXAMPLE_VKEY);
	assert_true(str_equal(note.text, STR(EXAMPLE_TEXT)));
	assert_int_equal(note.count, 1);
	assert_true(str_equal(note.signatures[0].name, STR("example.com/foo")));
	assert_int_equal(note.signatures[0].id, 0x530d903a);
	assert_int_equal(note.signatures[0].signature.len, 64);
	assert_int_equal(note_verify(*state, &note, &key, verifier), NOTE_SIGNED);
	assert_true(str_equal(note_print(*state, &note), whole));
	assert_true(str_equal(note_key_print(*state, &key), STR(EXAMPLE_VKEY)));
}

static void an_altered_text_is_forged_and_an_unknown_key_is_not_counted(void **state)
{
	struct note_key key = key_of(*state, EXAMPLE_VKEY);
	struct note forged = parsed(*state, "This is an exemple message.\n\n" EXAMPLE_LINE);
	struct note stranger = parsed(*state, EXAMPLE_TEXT "\n" STRANGER);
	struct note both = parsed(*state, EXAMPLE_TEXT "\n" STRANGER EXAMPLE_LINE);
	assert_int_equal(note_verify(*state, &forged, &key, verifier), NOTE_FORGED);
	assert_int_equal(note_verify(*state, &stranger, &key, verifier), NOTE_UNSIGNED);
	assert_int_equal(note_verify(*state, &both, &key, verifier), NOTE_SIGNED);
	/* the same id under another name is another key */
	key.name = STR("example.com/bar");
	assert_int_equal(note_verify(*state, &both, &key, verifier), NOTE_UNSIGNED);
}

static void one_bad_line_of_a_known_key_spoils_the_note(void **state)
{
	struct note_key key = key_of(*state, EXAMPLE_VKEY);
	struct note note = parsed(*state, EXAMPLE_TEXT "\n" EXAMPLE_LINE "— example.com/foo Uw2QOgAA\n");
	assert_int_equal(note_verify(*state, &note, &key, verifier), NOTE_FORGED);
}

static void the_last_empty_line_divides_text_and_signatures(void **state)
{
	struct note note = parsed(*state, "one\n\ntwo\n\n" STRANGER);
	assert_true(str_equal(note.text, STR("one\n\ntwo\n")));
	note = parsed(*state, "\n\n" STRANGER);
	assert_true(str_equal(note.text, STR("\n")));
}

static void what_is_not_a_note_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"text\n\n",
		"text\n" STRANGER,
		"text\n\n- stranger.example AAAAAAAA\n",
		"text\n\n— stranger.example AAAAAAAA",
		"text\n\n— stranger.example AAAAAA==\n",  /* an id alone */
		"text\n\n— stranger.example AAAAAAA\n",   /* no padding */
		"text\n\n— stranger.example AAAAAAB=\n",  /* stray bits */
		"text\n\n— stranger.example  AAAAAAAA\n", /* two spaces */
		"text\n\n— stranger.example AAAAAAAA \n",
		"text\n\n—  AAAAAAAA\n",
		"text\n\n— stranger.example\n",
		"text\n\n— a+b AAAAAAAA\n",
		"text\n\n— a\xe3\x80\x80"
		"b AAAAAAAA\n", /* ideographic space */
		"text\n\n— a\xe2\x80\x83"
		"b AAAAAAAA\n", /* em space */
		"text\n\n" STRANGER "\n",
		"text\n\n" STRANGER "more\n",
		"text\r\n\n" STRANGER,
		"te\txt\n\n" STRANGER,
		"te\xff"
		"xt\n\n" STRANGER,
		"te\xed\xa0\x80xt\n\n" STRANGER, /* a surrogate */
	};
	struct note note = {.count = 77};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (note_parse(*state, str_of(texts[i]), &note))
			fail_msg("accepted number %zu: %s", i, texts[i]);
	assert_false(note_parse(*state, (struct str){"a\0b\n\n" STRANGER, 5 + sizeof STRANGER - 1}, &note));
	assert_int_equal(note.count, 77);
}

static struct str with_signatures(struct arena *arena, size_t count)
{
	struct buf out = buf_create(arena, 64);
	buf_put(&out, STR("text\n\n"));
	for (size_t i = 0; i < count; i++)
		buf_put(&out, STR(STRANGER));
	return buf_str(&out);
}

static void sixteen_signatures_are_read_and_seventeen_refused(void **state)
{
	struct note note;
	assert_true(note_parse(*state, with_signatures(*state, NOTE_MAX_SIGNATURES), &note));
	assert_int_equal(note.count, 16);
	assert_false(note_parse(*state, with_signatures(*state, NOTE_MAX_SIGNATURES + 1), &note));
	assert_false(note_parse(*state, with_signatures(*state, 600), &note));
}

static void sixteen_kibibytes_are_read_and_one_octet_more_refused(void **state)
{
	struct note note;
	struct str tail = STR("\n\n" STRANGER);
	char *text = arena_alloc(*state, NOTE_MAX_LEN + 1);
	memset(text, 'x', NOTE_MAX_LEN + 1);
	memcpy(text + NOTE_MAX_LEN - tail.len, tail.at, tail.len);
	assert_true(note_parse(*state, (struct str){text, NOTE_MAX_LEN}, &note));
	memset(text, 'x', NOTE_MAX_LEN + 1);
	memcpy(text + NOTE_MAX_LEN + 1 - tail.len, tail.at, tail.len);
	assert_false(note_parse(*state, (struct str){text, NOTE_MAX_LEN + 1}, &note));
}

/* An ECDSA id is taken of the SPKI alone, so that it does not depend on the name. */
static void the_id_of_a_p256_key_is_the_start_of_its_fingerprint(void **state)
{
	struct note_key key =
		key_of(*state, "log.farmtrace.example/2026+a5bfed85+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0I"
			       "ABP1wP05OsUAQnIR33m6ytDJnQNPnZ3Bx61KAgMC2Jjo1ZzIXxhvXnKg10ycxuZlrzQxW2lM"
			       "h0nwmArvtSXuA/k8=");
	struct sha256 fingerprint = note_key_fingerprint(*state, &key);
	assert_int_equal(key.type, NOTE_P256);
	assert_memory_equal(fingerprint.octets, "\xa5\xbf\xed\x85", 4);
	struct note_key renamed;
	assert_true(note_key_from_spki(STR("other"), note_key_spki(*state, &key), &renamed));
	assert_int_equal(renamed.id, key.id);
}

/* Type 0xff, spelled out, then the point; the id is taken of all of it. */
static void an_sm2_key_is_spelled_out(void **state)
{
	struct private_key *private;
	assert_int_equal(private_key_generate(SIGN_SM2, &private), PROBLEM_NONE);
	struct bytes spki = private_key_spki(*state, private);
	struct buf typed = buf_create(*state, 100), hashed = buf_create(*state, 100);
	buf_put(&typed, STR("\xffSM2-with-SM3"));
	buf_put_bytes(&typed, spki.at + spki.len - 65, 65);
	buf_put(&hashed, STR("log.example/o/1\n"));
	buf_put(&hashed, buf_str(&typed));
	struct sha256 hash = sha256_of(str_bytes(buf_str(&hashed)));
	struct str id = hex_encode(*state, (struct bytes){hash.octets, 4});
	struct str encoded = base64_encode(*state, str_bytes(buf_str(&typed)));
	struct note_key key;
	assert_true(note_key_from_spki(STR("log.example/o/1"), spki, &key));
	assert_true(str_equal(note_key_print(*state, &key), arena_printf(*state, "log.example/o/1+%.*s+%.*s",
									 STR_ARGS(id), STR_ARGS(encoded))));
	/* a point cut short is no key */
	struct str cut = base64_encode(*state, (struct bytes){(const uint8_t *)typed.at, typed.len - 1});
	assert_false(note_key_parse(
		*state, arena_printf(*state, "log.example/o/1+%.*s+%.*s", STR_ARGS(id), STR_ARGS(cut)),
		&key));
	private_key_destroy(private);
}

static void keys_become_spki_and_come_back(void **state)
{
	static const enum sign_algorithm algorithms[] = {SIGN_ED25519, SIGN_P256, SIGN_SM2};
	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
		struct private_key *private;
		assert_int_equal(private_key_generate(algorithms[i], &private), PROBLEM_NONE);
		struct bytes spki = private_key_spki(*state, private);
		struct note_key key, again;
		assert_true(note_key_from_spki(STR("log.example/o/1"), spki, &key));
		assert_int_equal(key.type, algorithms[i]);
		assert_true(bytes_equal(note_key_spki(*state, &key), spki));
		assert_true(note_key_parse(*state, note_key_print(*state, &key), &again));
		assert_int_equal(again.id, key.id);
		assert_true(bytes_equal(again.material, key.material));

		struct note note = {.text = STR("text\n"), .count = 1};
		note.signatures[0] = (struct note_signature){.name = key.name, .id = key.id};
		assert_int_equal(sign(*state, private, str_bytes(note.text), &note.signatures[0].signature),
				 PROBLEM_NONE);
		note = parsed(*state, note_print(*state, &note).at);
		assert_int_equal(note_verify(*state, &note, &key, verifier), NOTE_SIGNED);
		assert_false(note_key_from_spki(STR("a b"), spki, &again));
		assert_false(note_key_from_spki(STR("a"), (struct bytes){spki.at, spki.len - 1}, &again));
		private_key_destroy(private);
	}
}

static void what_is_not_a_verifier_key_is_refused(void **state)
{
	static const char *const vkeys[] = {
		"",
		"example.com/foo",
		"example.com/foo+530d903a",
		"example.com/foo+530d903a+",
		"example.com/foo+530d903a+AQ==",
		"example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
		"example com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
	};
	struct note_key key;
	for (size_t i = 0; i < sizeof vkeys / sizeof vkeys[0]; i++)
		if (note_key_parse(*state, str_of(vkeys[i]), &key))
			fail_msg("accepted %s", vkeys[i]);
}

/* Types of other algorithms are legal in a note and never count. */
static void a_key_of_an_unknown_type_is_read_and_verifies_nothing(void **state)
{
	struct sha256 hash = sha256_of(str_bytes(STR("pq.example\n\x06post-quantum")));
	struct note_key key;
	struct str encoded = base64_encode(*state, str_bytes(STR("\x06post-quantum")));
	struct str vkey = arena_printf(*state, "pq.example+%02x%02x%02x%02x+%.*s", hash.octets[0],
				       hash.octets[1], hash.octets[2], hash.octets[3], STR_ARGS(encoded));
	assert_true(note_key_parse(*state, vkey, &key));
	assert_int_equal(key.type, 6);
	assert_null(note_key_spki(*state, &key).at);
	struct note note = {.text = STR("text\n"), .count = 1};
	note.signatures[0] = (struct note_signature){
		.name = key.name, .id = key.id, .signature = str_bytes(STR("anything"))};
	assert_int_equal(note_verify(*state, &note, &key, verifier), NOTE_FORGED);
}

/* c2sp.org/tlog-cosignature: the time stands before the signature and is signed with the text. */
static void a_cosignature_covers_text_and_time(void **state)
{
	struct private_key *private;
	assert_int_equal(private_key_generate(SIGN_ED25519, &private), PROBLEM_NONE);
	struct note_key key;
	assert_true(note_key_from_spki(STR("witness.example"), private_key_spki(*state, private), &key));
	key.type = NOTE_COSIGNATURE;
	struct bytes signature;
	assert_int_equal(
		sign(*state, private, str_bytes(STR("cosignature/v1\ntime 1795300000\ntext\n")), &signature),
		PROBLEM_NONE);
	uint8_t value[8 + 64] = {0, 0, 0, 0, 0x6b, 0x02, 0x1a, 0xa0};
	memcpy(value + 8, signature.at, signature.len);
	struct note note = {.text = STR("text\n"), .count = 1};
	note.signatures[0] = (struct note_signature){key.name, key.id, {value, sizeof value}};
	struct note good = note;
	value[7] = 0xa1;
	assert_int_equal(note_verify(*state, &note, &key, verifier), NOTE_FORGED);
	value[7] = 0xa0;
	assert_int_equal(note_verify(*state, &good, &key, verifier), NOTE_SIGNED);
	note.signatures[0].signature.len = 8;
	assert_int_equal(note_verify(*state, &note, &key, verifier), NOTE_FORGED);
	private_key_destroy(private);
}

static void names_take_any_script_but_no_space_and_no_plus(void **state)
{
	(void)state;
	assert_true(note_name_valid(STR("农迹.example/合作社")));
	assert_false(note_name_valid(STR("")));
	assert_false(note_name_valid(STR("a b")));
	assert_false(note_name_valid(STR("a+b")));
	assert_false(note_name_valid(STR("a\x7f")));
	assert_false(note_name_valid(STR("a\xc2\xa0")));
	assert_false(note_name_valid(STR("\xff")));
	char longest[NOTE_MAX_NAME_LEN + 1];
	memset(longest, 'x', sizeof longest);
	assert_true(note_name_valid((struct str){longest, NOTE_MAX_NAME_LEN}));
	assert_false(note_name_valid((struct str){longest, NOTE_MAX_NAME_LEN + 1}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_published_example_verifies_and_prints_back, create,
						destroy),
		cmocka_unit_test_setup_teardown(an_altered_text_is_forged_and_an_unknown_key_is_not_counted,
						create, destroy),
		cmocka_unit_test_setup_teardown(one_bad_line_of_a_known_key_spoils_the_note, create, destroy),
		cmocka_unit_test_setup_teardown(the_last_empty_line_divides_text_and_signatures, create,
						destroy),
		cmocka_unit_test_setup_teardown(what_is_not_a_note_is_refused, create, destroy),
		cmocka_unit_test_setup_teardown(sixteen_signatures_are_read_and_seventeen_refused, create,
						destroy),
		cmocka_unit_test_setup_teardown(sixteen_kibibytes_are_read_and_one_octet_more_refused, create,
						destroy),
		cmocka_unit_test_setup_teardown(the_id_of_a_p256_key_is_the_start_of_its_fingerprint, create,
						destroy),
		cmocka_unit_test_setup_teardown(an_sm2_key_is_spelled_out, create, destroy),
		cmocka_unit_test_setup_teardown(keys_become_spki_and_come_back, create, destroy),
		cmocka_unit_test_setup_teardown(what_is_not_a_verifier_key_is_refused, create, destroy),
		cmocka_unit_test_setup_teardown(a_key_of_an_unknown_type_is_read_and_verifies_nothing, create,
						destroy),
		cmocka_unit_test_setup_teardown(a_cosignature_covers_text_and_time, create, destroy),
		cmocka_unit_test_setup_teardown(names_take_any_script_but_no_space_and_no_plus, create,
						destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
