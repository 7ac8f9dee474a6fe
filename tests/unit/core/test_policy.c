/* SPDX-License-Identifier: Apache-2.0
 * Trust policies: the forms that are one and those that are none, and which sets of cosignatures are a quorum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/core/policy.h"
#include "ft/crypto/sign.h"

#define LOG_NAME "log.example"

enum { WITNESSES = 4, TIME_S = 1795300000 };

struct world {
	struct arena *arena;
	struct private_key *keys[1 + WITNESSES]; /* the log's, the witnesses' */
	struct note_key log, witnesses[WITNESSES];
};
static const struct note_verifier verifier = {.verify = verify_spki};

static struct note_key key_of(struct world *w, size_t i, struct str name)
{
	struct note_key key;
	struct bytes spki;
	assert_int_equal(private_key_generate(SIGN_ED25519, &w->keys[i]), PROBLEM_NONE);
	spki = private_key_spki(w->arena, w->keys[i]);
	assert_true(note_key_from_spki(name, spki, &key));
	return key;
}

/* The same key as one that cosigns: another type, and so another id. */
static struct note_key as_witness(struct world *w, struct note_key key)
{
	uint8_t type = NOTE_COSIGNATURE;
	struct sha256 hash = sha256_of_parts(
		(struct bytes[]){str_bytes(key.name), str_bytes(STR("\n")), {&type, 1}, key.material}, 4);
	(void)w;
	key.type = NOTE_COSIGNATURE;
	key.id = (uint32_t)hash.octets[0] << 24 | (uint32_t)hash.octets[1] << 16 |
		 (uint32_t)hash.octets[2] << 8 | hash.octets[3];
	return key;
}

static int create(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	*state = w;
	w->arena = arena_create();
	w->log = key_of(w, 0, STR(LOG_NAME));
	for (size_t i = 0; i < WITNESSES; i++)
		w->witnesses[i] =
			as_witness(w, key_of(w, 1 + i, arena_printf(w->arena, "witness%zu.example", i)));
	return 0;
}

static int destroy(void **state)
{
	struct world *w = *state;
	for (size_t i = 0; i < 1 + WITNESSES; i++)
		private_key_destroy(w->keys[i]);
	arena_destroy(w->arena);
	free(w);
	return 0;
}

/* "log L", "witness wN WN" for every N, then `rest`. */
static struct str policy_text(struct world *w, const char *rest)
{
	struct buf out = buf_create(w->arena, 1024);
	struct str vkey = note_key_print(w->arena, &w->log);
	buf_printf(&out, "# who we trust\n\n \tlog %.*s https://log.example/  \n", STR_ARGS(vkey));
	for (size_t i = 0; i < WITNESSES; i++) {
		vkey = note_key_print(w->arena, &w->witnesses[i]);
		buf_printf(&out, "witness w%zu %.*s\n", i, STR_ARGS(vkey));
	}
	buf_put(&out, str_of(rest));
	return buf_str(&out);
}

static struct note head_of(struct world *w, struct str text, bool by_log, unsigned witnesses)
{
	struct note note = {.text = text};
	if (by_log) {
		struct note_signature *s = &note.signatures[note.count++];
		*s = (struct note_signature){.name = w->log.name, .id = w->log.id};
		assert_int_equal(sign(w->arena, w->keys[0], str_bytes(text), &s->signature), PROBLEM_NONE);
	}
	for (size_t i = 0; i < WITNESSES; i++) {
		if (!(witnesses >> i & 1))
			continue;
		int64_t at_s = TIME_S + (int64_t)i;
		struct bytes signature;
		struct str message = arena_printf(w->arena, "cosignature/v1\ntime %lld\n%.*s",
						  (long long)at_s, STR_ARGS(text));
		assert_int_equal(sign(w->arena, w->keys[1 + i], str_bytes(message), &signature),
				 PROBLEM_NONE);
		struct buf value = buf_create(w->arena, 72);
		for (int shift = 56; shift >= 0; shift -= 8)
			buf_put_char(&value, (char)(at_s >> shift));
		buf_put_bytes(&value, signature.at, signature.len);
		note.signatures[note.count++] = (struct note_signature){
			w->witnesses[i].name, w->witnesses[i].id, str_bytes(buf_str(&value))};
	}
	return note;
}

#define HEAD LOG_NAME "\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"

static enum policy_finding judge(struct world *w, const char *rest, unsigned witnesses)
{
	struct policy policy;
	size_t line = 0;
	struct note note = head_of(w, STR(HEAD), /* by_log */ true, witnesses);
	if (!policy_parse(w->arena, policy_text(w, rest), &policy, &line))
		fail_msg("line %zu of %s", line, rest);
	return policy_judge(w->arena, &policy, &note, verifier).finding;
}

static unsigned count_bits(unsigned set)
{
	unsigned count = 0;
	for (; set; set &= set - 1)
		count++;
	return count;
}

static void every_set_of_witnesses_is_judged_by_the_groups(void **state)
{
	struct world *w = *state;
	for (unsigned set = 0; set < 1 << WITNESSES; set++) {
		assert_int_equal(judge(w, "quorum none\n", set), POLICY_HOLDS);
		assert_int_equal(judge(w, "quorum w2", set), set >> 2 & 1 ? POLICY_HOLDS : POLICY_NO_QUORUM);
		assert_int_equal(judge(w, "group all4 all w0 w1 w2 w3\nquorum all4\n", set),
				 set == 15 ? POLICY_HOLDS : POLICY_NO_QUORUM);
		assert_int_equal(judge(w, "group g any w0 w1\nquorum g\n", set),
				 set & 3 ? POLICY_HOLDS : POLICY_NO_QUORUM);
		assert_int_equal(judge(w, "group g 2 w1 w2 w3\nquorum g\n", set),
				 count_bits(set & 14) >= 2 ? POLICY_HOLDS : POLICY_NO_QUORUM);
		bool both = count_bits(set & 7) >= 2 && set & 8;
		assert_int_equal(judge(w, "group x 2 w0 w1 w2\ngroup both all x w3\nquorum both\n", set),
				 both ? POLICY_HOLDS : POLICY_NO_QUORUM);
	}
}

static void the_report_says_who_cosigned_and_by_when(void **state)
{
	struct world *w = *state;
	struct policy policy;
	size_t line;
	assert_true(policy_parse(w->arena, policy_text(w, "quorum none\n"), &policy, &line));
	struct note note = head_of(w, STR(HEAD), /* by_log */ true, 5);
	struct policy_report report = policy_judge(w->arena, &policy, &note, verifier);
	assert_int_equal(report.cosigned, 2);
	assert_int_equal(report.witnesses, WITNESSES);
	assert_int_equal(report.no_later_s, TIME_S + 2);
	assert_true(str_equal(report.log->url, STR("https://log.example/")));
	note = head_of(w, STR(HEAD), /* by_log */ true, 0);
	assert_int_equal(policy_judge(w->arena, &policy, &note, verifier).no_later_s, -1);
}

static void a_forged_cosignature_counts_for_nothing(void **state)
{
	struct world *w = *state;
	struct policy policy;
	size_t line;
	assert_true(policy_parse(w->arena, policy_text(w, "quorum w0\n"), &policy, &line));
	struct note note = head_of(w, STR(HEAD), /* by_log */ true, 1);
	assert_int_equal(policy_judge(w->arena, &policy, &note, verifier).finding, POLICY_HOLDS);
	/* a later time under the same signature */
	uint8_t *changed = arena_alloc(w->arena, note.signatures[1].signature.len);
	memcpy(changed, note.signatures[1].signature.at, note.signatures[1].signature.len);
	changed[7]++;
	note.signatures[1].signature.at = changed;
	struct policy_report report = policy_judge(w->arena, &policy, &note, verifier);
	assert_int_equal(report.finding, POLICY_NO_QUORUM);
	assert_int_equal(report.cosigned, 0);
	assert_int_equal(report.no_later_s, -1);
}

static void a_head_must_be_signed_by_a_log_of_the_policy_under_its_own_origin(void **state)
{
	struct world *w = *state;
	struct policy policy;
	size_t line;
	assert_true(policy_parse(w->arena, policy_text(w, "quorum none\n"), &policy, &line));
	struct note note = head_of(w, STR(HEAD), /* by_log */ false, 15);
	assert_int_equal(policy_judge(w->arena, &policy, &note, verifier).finding, POLICY_UNKNOWN_LOG);
	note = head_of(w, STR("x" HEAD), /* by_log */ true, 15);
	assert_int_equal(policy_judge(w->arena, &policy, &note, verifier).finding, POLICY_UNKNOWN_LOG);
	note = head_of(w, STR(HEAD), /* by_log */ true, 15);
	note.text = STR(LOG_NAME "\n4\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
	assert_int_equal(policy_judge(w->arena, &policy, &note, verifier).finding, POLICY_FORGED);
}

/* A line that other readers take for a comment. */
static void the_sm2_line_counts_where_the_policy_names_its_key(void **state)
{
	struct world *w = *state;
	struct policy policy;
	struct private_key *private;
	struct note_key key, other;
	size_t line;
	assert_int_equal(private_key_generate(SIGN_SM2, &private), PROBLEM_NONE);
	struct bytes spki = private_key_spki(w->arena, private);
	assert_true(note_key_from_spki(STR(LOG_NAME), spki, &key) && note_key_is_sm2(&key));
	assert_true(note_key_from_spki(STR(LOG_NAME "/2"), spki, &other));
	struct str vkey = note_key_print(w->arena, &key), of_next = note_key_print(w->arena, &other);
	struct note plain = head_of(w, STR(HEAD), /* by_log */ true, 0), both = plain, wrong = plain;
	struct note_signature s = {.name = key.name, .id = key.id};
	assert_int_equal(sign(w->arena, private, str_bytes(plain.text), &s.signature), PROBLEM_NONE);
	both.signatures[both.count++] = s;
	assert_int_equal(sign(w->arena, private, str_bytes(STR("x" HEAD)), &s.signature), PROBLEM_NONE);
	wrong.signatures[wrong.count++] = s;
	const struct {
		struct str vkey;
		const struct note *head;
		enum policy_finding finding;
		bool sm2;
	} cases[] = {
		{vkey, &both, POLICY_HOLDS, true},        {vkey, &plain, POLICY_NO_SM2, false},
		{vkey, &wrong, POLICY_SM2_FORGED, false}, {of_next, &plain, POLICY_HOLDS, false},
		{{NULL, 0}, &both, POLICY_HOLDS, false},  {{NULL, 0}, &wrong, POLICY_HOLDS, false},
		{{NULL, 0}, &plain, POLICY_HOLDS, false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str text =
			policy_text_of_log(w->arena, note_key_print(w->arena, &w->log), cases[i].vkey);
		assert_true(policy_parse(w->arena, text, &policy, &line));
		struct policy_report report = policy_judge(w->arena, &policy, cases[i].head, verifier);
		assert_int_equal(report.finding, cases[i].finding);
		assert_int_equal(report.sm2, cases[i].sm2);
	}
	/* the Ed25519 line is the log's all the same */
	both.signatures[0] = both.signatures[1];
	both.count = 1;
	struct str text = policy_text_of_log(w->arena, note_key_print(w->arena, &w->log), vkey);
	assert_true(policy_parse(w->arena, text, &policy, &line));
	assert_int_equal(policy_judge(w->arena, &policy, &both, verifier).finding, POLICY_UNKNOWN_LOG);
	text = arena_printf(w->arena, "log %.*s\nquorum none\n", STR_ARGS(vkey));
	assert_false(policy_parse(w->arena, text, &policy, &line));
	private_key_destroy(private);
}

static void what_is_not_a_policy_is_refused_with_its_line(void **state)
{
	struct world *w = *state;
	struct str log = note_key_print(w->arena, &w->log), witness = note_key_print(w->arena, w->witnesses);
	const struct {
		const char *rest; /* after six good lines: comment, empty, log, w0 … w3 are seven */
		size_t line;
	} cases[] = {
		{"", 8},
		{"quorum", 8},
		{"quorum none none", 8},
		{"quorum none\nquorum none\n", 9},
		{"#sm2\nquorum none\n", 8},
		{"#sm2 log.example\nquorum none\n", 8},
		{"quorum nobody\n", 8},
		{"quorum g\ngroup g any w0\n", 8},
		{"group g any\nquorum g\n", 8},
		{"group g 0 w0\nquorum g\n", 8},
		{"group g 2 w0\nquorum g\n", 8},
		{"group g 01 w0\nquorum g\n", 8},
		{"group g some w0\nquorum g\n", 8},
		{"group g any w0 w0\nquorum g\n", 8},
		{"group g any w0\ngroup h any w0\nquorum g\n", 9},
		{"group g any g\nquorum g\n", 8},
		{"group g any none\nquorum g\n", 8},
		{"group none any w0\nquorum none\n", 8},
		{"group w0 any w1\nquorum w0\n", 8},
		{"registrar x\nquorum none\n", 8},
		{"quorum none\r\n", 8},
		{"quorum none\x7f", 8},
		{"log x\nquorum none\n", 8},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct policy policy;
		size_t line = 0;
		if (policy_parse(w->arena, policy_text(w, cases[i].rest), &policy, &line))
			fail_msg("accepted: %s", cases[i].rest);
		assert_int_equal(line, cases[i].line);
	}
	const char *doubles[] = {
		arena_printf(w->arena, "log %.*s\nquorum none\n", STR_ARGS(log)).at,
		arena_printf(w->arena, "witness w9 %.*s\nquorum none\n", STR_ARGS(witness)).at,
		/* a key of the other kind */
		arena_printf(w->arena, "log %.*s\nquorum none\n", STR_ARGS(witness)).at,
		arena_printf(w->arena, "witness w9 %.*s\nquorum none\n", STR_ARGS(log)).at,
	};
	for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++) {
		struct policy policy;
		size_t line = 0;
		assert_false(policy_parse(w->arena, policy_text(w, doubles[i]), &policy, &line));
		assert_int_equal(line, 8);
	}
}

/* Thirty-two of each, as the standard asks for. */
static void a_policy_may_be_large(void **state)
{
	struct world *w = *state;
	struct buf out = buf_create(w->arena, 8192);
	struct policy policy;
	size_t line;
	for (uint8_t i = 0; i < POLICY_MAX_WITNESSES + 1; i++) {
		struct note_key key = {.name = STR("w.example"), .type = NOTE_COSIGNATURE};
		uint8_t *material = arena_alloc(w->arena, 32);
		material[0] = (uint8_t)(i + 1);
		key.material = (struct bytes){material, 32};
		struct str vkey;
		key = as_witness(w, key);
		vkey = note_key_print(w->arena, &key);
		if (i == POLICY_MAX_WITNESSES) {
			struct str good = arena_str(w->arena, buf_str(&out));
			good = arena_printf(w->arena, "%.*squorum g31\n", STR_ARGS(good));
			assert_true(policy_parse(w->arena, good, &policy, &line));
			assert_int_equal(policy.group_count, POLICY_MAX_GROUPS);
		}
		buf_printf(&out, "witness w%d %.*s\ngroup g%d any w%d", i, STR_ARGS(vkey), i, i);
		if (i > 0)
			buf_printf(&out, " g%d", i - 1);
		buf_put_char(&out, '\n');
	}
	buf_put(&out, STR("quorum none\n"));
	assert_false(policy_parse(w->arena, buf_str(&out), &policy, &line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_set_of_witnesses_is_judged_by_the_groups, create,
						destroy),
		cmocka_unit_test_setup_teardown(the_report_says_who_cosigned_and_by_when, create, destroy),
		cmocka_unit_test_setup_teardown(a_forged_cosignature_counts_for_nothing, create, destroy),
		cmocka_unit_test_setup_teardown(
			a_head_must_be_signed_by_a_log_of_the_policy_under_its_own_origin, create, destroy),
		cmocka_unit_test_setup_teardown(the_sm2_line_counts_where_the_policy_names_its_key, create,
						destroy),
		cmocka_unit_test_setup_teardown(what_is_not_a_policy_is_refused_with_its_line, create,
						destroy),
		cmocka_unit_test_setup_teardown(a_policy_may_be_large, create, destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
