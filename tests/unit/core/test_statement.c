/* SPDX-License-Identifier: Apache-2.0
 * Statements: one text for one meaning, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/base/text.h"
#include "ft/core/note.h"
#include "ft/core/statement.h"

#define HASH_A "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=" /* SHA-256 of "abc" */
#define HASH_0 "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" /* of nothing */
#define HEAD \
	"farmtrail/event@v1\nlog farmtrail.example\norg 018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11\nkey " HASH_0 \
	"\nseq 4217\nat 1795300000\n"
#define BODY "body sha256 " HASH_A " 312 text/plain\n"
#define VKEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

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

static struct statement event(void)
{
	struct statement s = {
		.kind = STR("event"),
		.log = STR("farmtrail.example"),
		.key = sha256_of(str_bytes(STR(""))),
		.seq = 4217,
		.at_s = 1795300000,
		.body = sha256_of(str_bytes(STR("abc"))),
		.body_len = 312,
		.media_type = STR("text/plain"),
	};
	assert_true(uuid_parse(STR("018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11"), &s.org));
	return s;
}

static void assert_printed(struct arena *arena, const struct statement *s, struct str want)
{
	struct str got = statement_print(arena, s);
	assert_string_equal(got.at, want.at);
	assert_int_equal(got.len, want.len);
	struct statement again;
	assert_true(statement_parse(arena, got, &again));
	assert_true(str_equal(statement_print(arena, &again), want));
}

static void an_event_prints_in_fixed_order(void **state)
{
	struct statement s = event();
	assert_printed(*state, &s, STR(HEAD BODY));

	struct sha256 links[] = {sha256_of(str_bytes(STR("abc"))), sha256_of(str_bytes(STR(""))),
				 sha256_of(str_bytes(STR("abc")))};
	s.lots = (struct statement_links){.count = 3, .hashes = links};
	s.prevs = (struct statement_links){.count = 1, .hashes = links};
	s.has_seen = true;
	s.seen_size = 70000;
	s.seen_root = links[1];
	assert_printed(
		*state, &s,
		STR(HEAD "lot " HASH_A "\nlot " HASH_0 "\nprev " HASH_A "\n" BODY "seen 70000 " HASH_0 "\n"));
}

static void what_is_parsed_is_what_was_printed(void **state)
{
	struct statement s;
	assert_true(statement_parse(*state, STR(HEAD "lot " HASH_A "\n" BODY), &s));
	assert_true(str_equal(s.kind, STR("event")));
	assert_true(str_equal(s.log, STR("farmtrail.example")));
	assert_int_equal(s.seq, 4217);
	assert_int_equal(s.at_s, 1795300000);
	assert_int_equal(s.lots.count, 1);
	assert_true(sha256_equal(s.lots.hashes[0], sha256_of(str_bytes(STR("abc")))));
	assert_int_equal(s.prevs.count, 0);
	assert_true(sha256_equal(s.body, sha256_of(str_bytes(STR("abc")))));
	assert_int_equal(s.body_len, 312);
	assert_true(str_equal(s.media_type, STR("text/plain")));
	assert_false(s.has_seen);
}

static struct sha256 *many(struct arena *arena, size_t count)
{
	struct sha256 *links = arena_array(arena, struct sha256, count);
	for (size_t i = 0; i < count; i++)
		links[i] = sha256_of((struct bytes){(const uint8_t *)&i, sizeof i});
	return links;
}

static void sixty_four_links_stand_one_a_line_and_more_are_summed_up(void **state)
{
	struct sha256 *links = many(*state, 65);
	struct statement s = event(), again;
	s.lots = (struct statement_links){.count = 64, .hashes = links};
	s.prevs = (struct statement_links){.count = 65, .hashes = links};
	struct str text = statement_print(*state, &s);
	struct str lines = statement_link_lines(*state, STR("prev"), links, 65);
	assert_true(statement_parse(*state, text, &again));
	assert_int_equal(again.lots.count, 64);
	assert_non_null(again.lots.hashes);
	assert_int_equal(again.prevs.count, 65);
	assert_null(again.prevs.hashes);
	assert_true(sha256_equal(again.prevs.digest, sha256_of(str_bytes(lines))));
	assert_true(str_equal(statement_print(*state, &again), text));
	assert_int_equal(lines.len, 65 * (sizeof "prev " HASH_A "\n" - 1));
}

/* 65 links of which two are one are 64. */
static void doubles_are_dropped_before_they_are_counted(void **state)
{
	struct sha256 *links = many(*state, 65);
	links[64] = links[3];
	struct statement s = event(), again;
	s.lots = (struct statement_links){.count = 65, .hashes = links};
	assert_true(statement_parse(*state, statement_print(*state, &s), &again));
	assert_int_equal(again.lots.count, 64);
	assert_non_null(again.lots.hashes);
}

static void a_key_statement_states_the_key_that_it_is_counted_under(void **state)
{
	struct note_key key;
	assert_true(note_key_parse(*state, STR(VKEY), &key));
	struct statement s = event();
	s.kind = STR("key");
	s.key = note_key_fingerprint(*state, &key);
	s.vkey = STR(VKEY);
	s.use = STR("event");
	s.custody = STR("service");
	struct str fingerprint = base64_encode(*state, sha256_bytes(&s.key));
	struct str head =
		arena_printf(*state,
			     "farmtrail/key@v1\nlog farmtrail.example\n"
			     "org 018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11\nkey %.*s\nseq 4217\nat 1795300000\n"
			     "vkey " VKEY "\nuse event\ncustody service\n",
			     STR_ARGS(fingerprint));
	assert_printed(*state, &s, head);
	for (size_t i = 0; key_reasons[i]; i++) {
		s.reason = str_of(key_reasons[i]);
		assert_printed(*state, &s,
			       arena_printf(*state, "%.*sreason %s\n", STR_ARGS(head), key_reasons[i]));
		for (int language = 0; language < 2; language++)
			assert_true(key_reason_text(s.reason, (enum language)language).len > 0);
	}
	s.reason = (struct str){NULL, 0};
	s.has_predecessor = true;
	s.predecessor = sha256_of(str_bytes(STR("abc")));
	assert_printed(*state, &s, arena_printf(*state, "%.*spredecessor " HASH_A "\n", STR_ARGS(head)));

	s.key.octets[0] ^= 1;
	struct statement again;
	assert_false(statement_parse(*state, statement_print(*state, &s), &again));
}

static void other_spellings_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"farmtrail/event@v1\n",
		HEAD,
		HEAD BODY "\n",
		HEAD BODY "more\n",
		"farmtrail/event@v2\nlog a\n",
		"other/event@v1\n",
		HEAD "body sha256 " HASH_A " 312 text/plain",
		HEAD "body sha256 " HASH_A " 0312 text/plain\n",
		HEAD "body sha256 " HASH_A " -312 text/plain\n",
		HEAD "body sha256 " HASH_A " 312 text\n",
		HEAD "body sha256 " HASH_A " 312 text/plain; charset=utf-8\n",
		HEAD "body sha256 " HASH_A " 312\n",
		HEAD "body sha256 " HASH_A "\n",
		HEAD "body sha512 " HASH_A " 312 text/plain\n",
		HEAD "body sha256 AAAA 312 text/plain\n",
		HEAD "body  sha256 " HASH_A " 312 text/plain\n",
		HEAD "lot " HASH_0 "\nlot " HASH_A "\n" BODY,  /* not sorted */
		HEAD "lot " HASH_A "\nlot " HASH_A "\n" BODY,  /* double */
		HEAD "prev " HASH_A "\nlot " HASH_A "\n" BODY, /* order of lines */
		HEAD "lots 64 " HASH_A "\n" BODY,              /* few enough to stand alone */
		HEAD "lots 65\n" BODY,
		HEAD "lot " HASH_A "\nlots 65 " HASH_A "\n" BODY,
		HEAD BODY "seen 0001 " HASH_A "\n",
		HEAD BODY "seen 1 AAAA\n",
		HEAD "vkey " VKEY "\nuse event\ncustody service\n", /* not a key statement */
		"farmtrail/key@v1\nlog a\norg 018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11\nkey " HASH_A
		"\nseq 1\nat 1\n" BODY,
		"farmtrail/event@v1\nlog a b\norg 018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11\nkey " HASH_A
		"\nseq 1\nat 1\n" BODY,
		"farmtrail/event@v1\nlog a\norg 018F6C1E-7B7A-7C55-9D0E-3F6B2A4D9C11\nkey " HASH_A
		"\nseq 1\nat 1\n" BODY,
		"farmtrail/event@v1\nlog a\norg urn:uuid:018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11\nkey " HASH_A
		"\nseq 1\nat 1\n" BODY,
		"farmtrail/event@v1\nlog a\norg 018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11\nkey " HASH_A
		"\nseq 01\nat 1\n" BODY,
		"farmtrail/event@v1\nlog a\norg 018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11\nkey " HASH_A
		"\nseq \nat 1\n" BODY,
		"farmtrail/event@v1\nlog a\norg 018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11\nkey " HASH_A
		"\nseq 9999999999999999999\nat 1\n" BODY,
		"farmtrail/Event@v1\nlog a\norg 018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11\nkey " HASH_A
		"\nseq 1\nat 1\n" BODY,
		"farmtrail/@v1\nlog a\norg 018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11\nkey " HASH_A
		"\nseq 1\nat 1\n" BODY,
		"farmtrail/event@v1\r\nlog a\norg 018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11\nkey " HASH_A
		"\nseq 1\nat 1\n" BODY,
	};
	struct statement s = {.seq = 77};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (statement_parse(*state, str_of(texts[i]), &s))
			fail_msg("accepted number %zu: %s", i, texts[i]);
	assert_int_equal(s.seq, 77);
}

static void key_statements_take_known_words_only(void **state)
{
	struct note_key key;
	assert_true(note_key_parse(*state, STR(VKEY), &key));
	struct sha256 hash = note_key_fingerprint(*state, &key);
	struct str fingerprint = base64_encode(*state, sha256_bytes(&hash));
	struct str head = arena_printf(*state,
				       "farmtrail/key@v1\nlog a\norg 018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11\n"
				       "key %.*s\nseq 1\nat 1\n",
				       STR_ARGS(fingerprint));
	static const struct {
		const char *tail;
		bool good;
	} tails[] = {
		{"vkey " VKEY "\nuse log\ncustody self\n", true},
		{"vkey " VKEY "\nuse register\ncustody self\n", true},
		{"vkey " VKEY "\nuse other\ncustody self\n", false},
		{"vkey " VKEY "\nuse log\ncustody other\n", false},
		{"vkey " VKEY "\nuse log\n", false},
		{"vkey " VKEY "\ncustody self\nuse log\n", false},
		{"vkey example.com/foo+530d903a+AAAA\nuse log\ncustody self\n", false},
		{"vkey " VKEY "\nuse log\ncustody self\npredecessor AAAA\n", false},
		{"use log\ncustody self\n", false},
		{"vkey " VKEY "\nuse event\ncustody self\nreason lost\n", true},
		{"vkey " VKEY "\nuse inspect\ncustody service\nreason new-use\n", true},
		{"vkey " VKEY "\nuse log\ncustody self\nreason lost\n", false},
		{"vkey " VKEY "\nuse register\ncustody self\nreason lost\n", false},
		{"vkey " VKEY "\nuse event\ncustody self\nreason superseded\n", false},
		{"vkey " VKEY "\nuse event\ncustody self\nreason constructor\n", false},
		{"vkey " VKEY "\nuse event\ncustody self\nreason \n", false},
		{"vkey " VKEY "\nuse event\nreason lost\ncustody self\n", false},
		{"vkey " VKEY "\nuse event\ncustody self\nreason lost\nreason lost\n", false},
		{"vkey " VKEY "\nuse event\ncustody self\npredecessor " HASH_A "\n", true},
		{"vkey " VKEY "\nuse event\ncustody self\npredecessor " HASH_A "\nreason lost\n", false},
	};
	for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
		struct statement s;
		struct str text = arena_printf(*state, "%.*s%s", STR_ARGS(head), tails[i].tail);
		assert_int_equal(statement_parse(*state, text, &s), tails[i].good);
	}
}

#define ORIGIN_HEAD \
	"farmtrail/origin@v1\nlog example.com/foo\norg 018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11\nkey " HASH_0 \
	"\nseq 4217\nat 1795300000\n"
#define ENDED "previous example.com/foo\nsize 70000\nroot " HASH_A "\n"
#define SIGNED "signed example.com/foo Uw2QOgECAwQF\nsigned witness.example AAAAAQID\n"
#define NEXT "vkey example.com/foo/2+f65436ba+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n"

static void a_log_goes_on_behind_the_head_of_the_one_before(void **state)
{
	struct arena *arena = *state;
	struct statement s;
	const struct str whole = STR(ORIGIN_HEAD ENDED SIGNED "reason compromise\n" NEXT);
	assert_true(statement_parse(arena, whole, &s));
	assert_true(
		str_equal(s.head, STR("example.com/foo\n70000\n" HASH_A
				      "\n\n— example.com/foo Uw2QOgECAwQF\n— witness.example AAAAAQID\n")));
	assert_true(str_equal(s.reason, STR("compromise")));
	assert_printed(arena, &s, whole);
	static const char *const refused[] = {
		ORIGIN_HEAD ENDED SIGNED "reason superseded\n" NEXT,
		ORIGIN_HEAD ENDED "reason compromise\n" NEXT,
		ORIGIN_HEAD ENDED SIGNED NEXT,
		ORIGIN_HEAD ENDED SIGNED "reason lost\n",
		ORIGIN_HEAD ENDED SIGNED "reason lost\n" NEXT "more 1\n",
		ORIGIN_HEAD "previous example.com/foo\nsize 0\nroot " HASH_A "\n" SIGNED "reason lost\n" NEXT,
		ORIGIN_HEAD "previous example.com/foo\nsize 070000\nroot " HASH_A "\n" SIGNED
			    "reason lost\n" NEXT,
		ORIGIN_HEAD "previous example.com/foo\nsize 70000\nroot " HASH_A " \n" SIGNED
			    "reason lost\n" NEXT,
		ORIGIN_HEAD "previous example.com/bar\nsize 70000\nroot " HASH_A "\n" SIGNED
			    "reason lost\n" NEXT,
		ORIGIN_HEAD "previous example.com/foo/2\nsize 70000\nroot " HASH_A "\n" SIGNED
			    "reason lost\n" NEXT,
		ORIGIN_HEAD ENDED "signed example.com/foo U5A=\nreason lost\n" NEXT,
		ORIGIN_HEAD ENDED "signed example.com/foo  Uw2QOgECAwQF\nreason lost\n" NEXT,
		ORIGIN_HEAD ENDED SIGNED "reason lost\nvkey " VKEY "\n",
	};
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		if (statement_parse(arena, str_of(refused[i]), &s))
			fail_msg("%s", refused[i]);
	for (size_t len = 0; len < whole.len; len++)
		assert_false(statement_parse(arena, (struct str){whole.at, len}, &s));
}

#define ENDORSE_HEAD \
	"farmtrail/endorse@v1\nlog example.com/foo\norg 018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11\nkey " HASH_0 \
	"\nseq 4217\nat 1795300000\n"
#define ABOUT "lot " HASH_A "\nlot " HASH_0 "\nprev " HASH_A "\nentry 4711\n"

static void an_endorsement_says_all_itself(void **state)
{
	struct arena *arena = *state;
	struct statement s;
	const struct str whole = STR(ENDORSE_HEAD ABOUT "view full\nsays agrees\nseen 70000 " HASH_A "\n");
	assert_true(statement_parse(arena, whole, &s));
	assert_int_equal(s.lots.count, 2);
	assert_int_equal(s.prevs.count, 1);
	assert_int_equal(s.entry, 4711);
	assert_int_equal(s.seen_size, 70000);
	assert_true(str_equal(s.view, STR("full")) && str_equal(s.says, STR("agrees")));
	assert_printed(arena, &s, whole);
	static const char *const good[] = {
		ENDORSE_HEAD ABOUT "view farm\nsays withdrawn\n",
		ENDORSE_HEAD "prev " HASH_A "\nentry 0\nview full\nsays agrees\n",
		ENDORSE_HEAD "lots 65 " HASH_A "\nprev " HASH_A "\nentry 0\nview full\nsays agrees\n",
	};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(statement_parse(arena, str_of(good[i]), &s));
		assert_printed(arena, &s, str_of(good[i]));
	}
	static const char *const refused[] = {
		ENDORSE_HEAD "entry 1\nview full\nsays agrees\n",
		ENDORSE_HEAD "prev " HASH_A "\nprev " HASH_0 "\nentry 1\nview full\nsays agrees\n",
		ENDORSE_HEAD "prevs 65 " HASH_A "\nentry 1\nview full\nsays agrees\n",
		ENDORSE_HEAD "prev " HASH_A "\nentry 01\nview full\nsays agrees\n",
		ENDORSE_HEAD "prev " HASH_A "\nentry -1\nview full\nsays agrees\n",
		ENDORSE_HEAD ABOUT "view township\nsays agrees\n",
		ENDORSE_HEAD ABOUT "view full\nsays perhaps\n",
		ENDORSE_HEAD ABOUT "says agrees\nview full\n",
		ENDORSE_HEAD ABOUT "view full\nsays agrees\nbody sha256 " HASH_A " 0 text/plain\n",
	};
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		if (statement_parse(arena, str_of(refused[i]), &s))
			fail_msg("%s", refused[i]);
}

static void the_kind_is_read_from_the_first_line(void **state)
{
	(void)state;
	assert_true(str_equal(statement_kind(STR("farmtrail/recall-close@v1\nrest")), STR("recall-close")));
	assert_null(statement_kind(STR("farmtrail/recall@v1")).at);
	assert_null(statement_kind(STR("farmtrail/recall@v2\n")).at);
	assert_null(statement_kind(STR("farmtrail@v1\n")).at);
	assert_null(statement_kind(STR("")).at);
}

static void a_blinded_lot_depends_on_salt_and_link(void **state)
{
	(void)state;
	static const uint8_t salt[16] = {1}, other[16] = {2};
	struct str link = STR("/01/09506000134352/10/ABC");
	struct sha256 a = statement_lot(salt, link);
	assert_true(sha256_equal(
		a, sha256_of_parts((struct bytes[]){str_bytes(STR("lot")), {salt, 16}, str_bytes(link)}, 3)));
	assert_false(sha256_equal(a, statement_lot(other, link)));
	assert_false(sha256_equal(a, statement_lot(salt, STR("/01/09506000134352/10/ABD"))));
}

static void the_signer_is_named_after_log_and_organisation(void **state)
{
	struct statement s = event();
	struct str name = statement_signer_name(*state, s.log, s.org);
	assert_string_equal(name.at, "farmtrail.example/o/018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11");
	assert_true(note_name_valid(name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_event_prints_in_fixed_order, create, destroy),
		cmocka_unit_test_setup_teardown(an_endorsement_says_all_itself, create, destroy),
		cmocka_unit_test_setup_teardown(what_is_parsed_is_what_was_printed, create, destroy),
		cmocka_unit_test_setup_teardown(sixty_four_links_stand_one_a_line_and_more_are_summed_up,
						create, destroy),
		cmocka_unit_test_setup_teardown(doubles_are_dropped_before_they_are_counted, create, destroy),
		cmocka_unit_test_setup_teardown(a_key_statement_states_the_key_that_it_is_counted_under,
						create, destroy),
		cmocka_unit_test_setup_teardown(other_spellings_are_refused, create, destroy),
		cmocka_unit_test_setup_teardown(key_statements_take_known_words_only, create, destroy),
		cmocka_unit_test_setup_teardown(a_log_goes_on_behind_the_head_of_the_one_before, create,
						destroy),
		cmocka_unit_test_setup_teardown(the_kind_is_read_from_the_first_line, create, destroy),
		cmocka_unit_test_setup_teardown(a_blinded_lot_depends_on_salt_and_link, create, destroy),
		cmocka_unit_test_setup_teardown(the_signer_is_named_after_log_and_organisation, create,
						destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
