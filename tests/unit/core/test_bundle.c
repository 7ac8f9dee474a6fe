/* SPDX-License-Identifier: Apache-2.0
 * A bundle made as the service makes it holds; whatever is changed, left out or held back in it is found, and by the check
 * whose business it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/base/text.h"
#include "sample_log.h"

static const struct note_verifier verifier = {.verify = verify_spki};

struct world {
	struct sample_log *log;
	struct policy policy;
	struct proof_trust trust;
	struct bundle bundle;
	struct bundle_step *steps; /* of the bundle, to be changed */
};

static int create(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	size_t line;
	*state = w;
	w->log = sample_log_create();
	assert_true(policy_parse(w->log->arena, sample_policy(w->log), &w->policy, &line));
	w->trust = (struct proof_trust){&w->log->registrar.key, &w->policy};
	w->bundle = sample_bundle(w->log);
	w->steps = (struct bundle_step *)(uintptr_t)w->bundle.steps;
	return 0;
}

static int destroy(void **state)
{
	struct world *w = *state;
	sample_log_destroy(w->log);
	free(w);
	return 0;
}

/* The verdict, and a letter for each of: checkpoint trail lots prev seq withheld endorsements keys. */
static struct bundle_report assert_report(struct world *w, enum proof_verdict verdict, const char *want)
{
	struct bundle_report report = bundle_verify(w->log->arena, &w->bundle, w->trust, verifier);
	char got[BUNDLE_CHECKS + 1] = {0};
	assert_int_equal(report.count, BUNDLE_CHECKS);
	for (size_t i = 0; i < report.count; i++) {
		got[i] = "pfswnm"[report.checks[i].finding];
		assert_true(report.checks[i].text[LANGUAGE_ZH].len > 0);
		assert_true(report.checks[i].text[LANGUAGE_EN].len > 0);
	}
	assert_string_equal(got, want);
	assert_int_equal(report.verdict, verdict);
	assert_int_equal(report.ok, verdict <= PROOF_UNLOGGED);
	return report;
}

static const struct proof_check *check_of(const struct proof_report *report, const char *name)
{
	size_t i = 0;
	while (i + 1 < report->count && strcmp(report->checks[i].name, name) != 0)
		i++;
	assert_string_equal(report->checks[i].name, name);
	return &report->checks[i];
}

/* Statements name the origin, heads the log: of which there are more where one had to end. */
static void a_trail_holds_under_the_log_that_went_on(void **state)
{
	static const struct {
		const char *name;
		enum proof_verdict verdict;
	} cases[] = {{SAMPLE_ORIGIN "/2", PROOF_HOLDS},   {SAMPLE_ORIGIN "/17", PROOF_HOLDS},
		     {SAMPLE_ORIGIN "/1", PROOF_BROKEN},  {SAMPLE_ORIGIN "/02", PROOF_BROKEN},
		     {"another.example/2", PROOF_BROKEN}, {"another.example", PROOF_BROKEN},
		     {SAMPLE_ORIGIN "/2/2", PROOF_BROKEN}};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t line;
		sample_rename(w->log, str_of(cases[i].name));
		assert_true(policy_parse(w->log->arena, sample_policy(w->log), &w->policy, &line));
		w->bundle.checkpoint = sample_checkpoint(w->log, 3);
		(void)assert_report(w, cases[i].verdict, "pppppnsp");
	}
}

static void a_whole_trail_holds(void **state)
{
	struct world *w = *state;
	struct bundle_report report = assert_report(w, PROOF_HOLDS, "pppppnsp");
	assert_true(report.trusted);
	assert_int_equal(report.step_count, SAMPLE_STEPS);
	assert_true(str_equal(report.steps[0].type, STR("treat")));
	assert_false(report.steps[3].is_shown);
	assert_non_null(strstr(report.checks[5].text[LANGUAGE_EN].at, "not shown: 1 "));
}

static void a_trail_is_consistent_in_itself_without_trust(void **state)
{
	struct world *w = *state;
	w->trust = (struct proof_trust){0};
	assert_false(assert_report(w, PROOF_HOLDS,
				   "spppp"
				   "nsp")
			     .trusted);
}

static void a_bundle_survives_its_json(void **state)
{
	struct world *w = *state;
	struct json json;
	struct fault fault;
	struct str texts[2];
	for (int i = 0; i < 2; i++) {
		struct buf out = buf_create(w->log->arena, 16384);
		struct json_writer writer = json_writer(&out);
		bundle_write(&writer, &w->bundle);
		texts[i] = buf_str(&out);
		assert_int_equal(json_parse(w->log->arena, texts[i], &json, &fault), PROBLEM_NONE);
		assert_true(bundle_is(&json));
		assert_int_equal(bundle_read(w->log->arena, &json, &w->bundle, &fault), PROBLEM_NONE);
	}
	assert_true(str_equal(texts[0], texts[1]));
	assert_report(w, PROOF_HOLDS, "pppppnsp");
}

/* Every leaf of the JSON, one after the other: a text with its middle character changed, a number one more. */
static size_t flip(const struct json *value, size_t *countdown, const struct json **ret)
{
	if (value->kind == JSON_STRING || value->kind == JSON_NUMBER) {
		if ((*countdown)-- == 0)
			*ret = value;
		return 1;
	}
	for (size_t i = 0; i < value->count && !*ret; i++)
		flip(value->kind == JSON_OBJECT ? &value->members[i].value : &value->items[i], countdown,
		     ret);
	return 0;
}

static struct str with_flipped(struct arena *arena, struct str text, const struct json *leaf)
{
	char *copy = arena_alloc(arena, text.len + 1);
	memcpy(copy, text.at, text.len);
	size_t at = (size_t)(leaf->span.at - text.at);
	if (leaf->kind == JSON_NUMBER) {
		copy[at] = copy[at] == '9' ? '1' : (char)(copy[at] + 1);
		return (struct str){copy, text.len};
	}
	at += leaf->span.len / 2;
	while (copy[at - 1] == '\\' || copy[at] == '\\' || copy[at] == '"' || (copy[at] & 0x80))
		at++;
	copy[at] = copy[at] == 'A' ? 'B' : 'A';
	return (struct str){copy, text.len};
}

static void every_flipped_field_is_found(void **state)
{
	struct world *w = *state;
	struct arena *arena = w->log->arena;
	struct buf out = buf_create(arena, 16384);
	struct json_writer writer = json_writer(&out);
	struct json json;
	struct fault fault;
	w->bundle.checkpoint = sample_checkpoint(w->log, 3); /* no witness more than the policy asks for */
	bundle_write(&writer, &w->bundle);
	struct str text = buf_str(&out);
	assert_int_equal(json_parse(arena, text, &json, &fault), PROBLEM_NONE);
	size_t flipped = 0;
	for (;; flipped++) {
		const struct json *leaf = NULL;
		size_t countdown = flipped;
		flip(&json, &countdown, &leaf);
		if (!leaf)
			break;
		struct str changed = with_flipped(arena, text, leaf);
		struct json again;
		if (json_parse(arena, changed, &again, &fault) ||
		    bundle_read(arena, &again, &w->bundle, &fault))
			continue; /* no longer a bundle */
		struct bundle_report report = bundle_verify(arena, &w->bundle, w->trust, verifier);
		if (report.verdict == PROOF_HOLDS)
			fail_msg("not found: %.*s", (int)(leaf->span.len < 400 ? leaf->span.len : 400),
				 leaf->span.at);
	}
	assert_true(flipped > 100);
}

static void drop_step(struct world *w, size_t entry)
{
	for (size_t i = 0; i < w->bundle.step_count; i++) {
		if (w->steps[i].proof.place.index != (int64_t)entry)
			continue;
		memmove(&w->steps[i], &w->steps[i + 1], (w->bundle.step_count - i - 1) * sizeof *w->steps);
		w->bundle.step_count--;
		return;
	}
	fail_msg("no entry %zu", entry);
}

static void a_hidden_middle_record_shows_as_a_missing_prev(void **state)
{
	struct world *w = *state;
	drop_step(w, 8);
	struct bundle_report report = assert_report(w, PROOF_INCOMPLETE, "pppmppsp");
	assert_non_null(strstr(report.checks[3].text[LANGUAGE_EN].at, "missing: 1"));
	w->trust = (struct proof_trust){0};
	assert_report(w, PROOF_INCOMPLETE, "sppmppsp");
}

static void a_told_step_without_proof_is_missing(void **state)
{
	struct world *w = *state;
	drop_step(w, 11); /* nobody builds on it */
	assert_report(w, PROOF_INCOMPLETE,
		      "pmppp"
		      "nsp");
}

static void a_withheld_view_of_a_told_step_is_missing(void **state)
{
	struct world *w = *state;
	w->steps[0].proof.view = w->steps[0].proof.manifest = (struct str){0};
	assert_report(w, PROOF_INCOMPLETE,
		      "pmppp"
		      "nsp");
}

static void a_record_about_another_lot_need_not_be_followed(void **state)
{
	struct world *w = *state;
	drop_step(w, 6);
	assert_report(w, PROOF_INCOMPLETE,
		      "pppmp"
		      "nsp");
	/* But if Z is called a lot of the trail, its record counts as held back. */
	w->bundle = sample_bundle(w->log);
	w->bundle.lot_count = SAMPLE_LOTS;
	struct bundle_report report = assert_report(w, PROOF_HOLDS, "pppppnsp");
	assert_non_null(strstr(report.checks[5].text[LANGUAGE_EN].at, "not shown: 2 "));
}

static void a_lot_that_went_in_cannot_be_left_out(void **state)
{
	struct world *w = *state;
	struct bundle_lot lots[] = {w->log->lots[SAMPLE_M], w->log->lots[SAMPLE_A]};
	w->bundle.lots = lots;
	w->bundle.lot_count = 2;
	assert_report(w, PROOF_INCOMPLETE,
		      "ppmpp"
		      "nsp");
	w->bundle = sample_bundle(w->log);
	w->bundle.lot = STR("https://farmtrail.example/o/1/p/PAKCHOI/b/X");
	assert_report(w, PROOF_INCOMPLETE,
		      "ppmpp"
		      "nsp");
}

static void a_step_told_otherwise_than_it_was_signed_is_found(void **state)
{
	struct world *w = *state;
	struct str trail = arena_str(w->log->arena, w->bundle.trail);
	char *word = strstr(trail.at, "harvest");
	memcpy(word, "collect", 7);
	w->bundle.trail = trail;
	assert_report(w, PROOF_BROKEN,
		      "pfppp"
		      "nsp");
	w->bundle.trail = (struct str){0};
	assert_report(w, PROOF_HOLDS,
		      "psppp"
		      "nsp");
}

static void too_few_witnesses_are_not_yet_enough(void **state)
{
	struct world *w = *state;
	w->bundle.checkpoint = sample_checkpoint(w->log, 1);
	struct bundle_report report = assert_report(w, PROOF_UNLOGGED,
						    "wpppp"
						    "nsp");
	assert_non_null(strstr(report.checks[0].text[LANGUAGE_EN].at, "1 of 3"));
	w->bundle.checkpoint = sample_checkpoint(w->log, 5);
	assert_report(w, PROOF_HOLDS,
		      "ppppp"
		      "nsp");
}

static void a_late_record_says_how_late(void **state)
{
	struct world *w = *state;
	struct bundle_report report = assert_report(w, PROOF_HOLDS, "pppppnsp");
	const struct proof_check *time = check_of(&report.steps[SAMPLE_STEPS - 1].report, "time");
	assert_int_equal(time->finding, PROOF_NOTED);
	assert_non_null(strstr(time->text[LANGUAGE_EN].at, "31 days late"));
	assert_int_equal(check_of(&report.steps[0].report, "time")->finding, PROOF_PASSED);
}

static void a_claimed_time_after_the_witness_is_shown(void **state)
{
	struct world *w = *state;
	w->log->now_s += 3600;
	size_t place = sample_record(w->log, &w->log->packer,
				     &(struct sample_event){"sell", NULL, 1, 1 << 11, NULL});
	w->log->now_s -= 7200; /* the witnesses saw it an hour before the time it claims */
	w->bundle = sample_bundle(w->log);
	struct proof proof = sample_step(w->log, place, true).proof;
	proof.key = sample_key(w->log, &w->log->packer);
	proof.checkpoint = w->bundle.checkpoint;
	struct proof_report report = proof_verify(w->log->arena, &proof, w->trust, verifier);
	assert_int_equal(check_of(&report, "time")->finding, PROOF_NOTED);
	assert_non_null(strstr(check_of(&report, "time")->text[LANGUAGE_EN].at, "after it was witnessed"));
}

static size_t revoke(struct world *w, struct sample_signer *by, struct sha256 key, const char *reason,
		     int64_t since_s)
{
	struct statement s = sample_statement(w->log, by, STR("revoke"));
	s.revoked = key;
	s.reason = str_of(reason);
	s.since_s = since_s;
	return sample_append(w->log, by, &s, NULL);
}

static enum proof_finding revocation_of(struct world *w, size_t revocation, size_t entry)
{
	struct proof proof = sample_step(w->log, entry, true).proof;
	proof.key = sample_key(w->log, w->log->entries[entry].by);
	proof.key.revocation =
		(struct proof_entry){w->log->entries[revocation].note, sample_place(w->log, revocation)};
	proof.checkpoint = sample_checkpoint(w->log, 7);
	struct proof_report report = proof_verify(w->log->arena, &proof, w->trust, verifier);
	assert_int_equal(report.ok, check_of(&report, "revocation")->finding != PROOF_FAILED);
	return check_of(&report, "revocation")->finding;
}

/* By place in the log, whatever time the statements claim. */
static void a_revocation_counts_from_its_place_in_the_log(void **state)
{
	struct world *w = *state;
	struct sha256 key = sha256_of(w->log->packer.spki), other = sha256_of(w->log->farm.spki);
	size_t revoked = revoke(w, &w->log->registrar, key, "superseded", 0);
	w->log->now_s -= 86400; /* a thief sets the clock back */
	size_t later = sample_record(w->log, &w->log->packer,
				     &(struct sample_event){"sell", NULL, 1, 1 << 11, NULL});
	assert_int_equal(revocation_of(w, revoked, 10), PROOF_NOTED);
	assert_int_equal(revocation_of(w, revoked, later), PROOF_FAILED);
	/* one of another key, one that nobody entitled has signed */
	assert_int_equal(revocation_of(w, revoke(w, &w->log->registrar, other, "ceased", 0), 10),
			 PROOF_FAILED);
	assert_int_equal(revocation_of(w, revoke(w, &w->log->farm, key, "ceased", 0), 10), PROOF_FAILED);
	assert_int_equal(revocation_of(w, revoke(w, &w->log->packer, key, "ceased", 0), 10), PROOF_NOTED);
}

static void what_a_stolen_key_signed_is_doubtful(void **state)
{
	struct world *w = *state;
	struct proof proof = sample_step(w->log, 10, true).proof;
	size_t revoked = revoke(w, &w->log->registrar, sha256_of(w->log->packer.spki), "compromise", 0);
	proof.key = sample_key(w->log, &w->log->packer);
	proof.key.revocation =
		(struct proof_entry){w->log->entries[revoked].note, sample_place(w->log, revoked)};
	proof.place = sample_place(w->log, 10);
	proof.checkpoint = sample_checkpoint(w->log, 7);
	struct proof_report report = proof_verify(w->log->arena, &proof, w->trust, verifier);
	assert_non_null(strstr(check_of(&report, "revocation")->text[LANGUAGE_EN].at, "doubtful"));
}

static void a_key_must_stand_in_the_log_before_what_it_signs(void **state)
{
	struct world *w = *state;
	/* statements first, their key afterwards */
	struct sample_signer late = w->log->packer;
	size_t record = sample_record(w->log, &late, &(struct sample_event){"sell", NULL, 1, 1 << 11, NULL});
	struct statement again = sample_statement(w->log, &late, STR("key"));
	again.vkey = note_key_print(w->log->arena, &late.key);
	again.use = STR("event");
	again.custody = STR("self");
	late.key_entry = sample_append(w->log, &late, &again, &w->log->registrar);
	late.key_statement = w->log->entries[late.key_entry].note;
	struct proof proof = sample_step(w->log, record, true).proof;
	proof.key = sample_key(w->log, &late);
	proof.checkpoint = sample_checkpoint(w->log, 7);
	struct proof_report report = proof_verify(w->log->arena, &proof, w->trust, verifier);
	assert_int_equal(check_of(&report, "key-log")->finding, PROOF_FAILED);
	assert_non_null(strstr(check_of(&report, "key-statement")->text[LANGUAGE_EN].at, "holds itself"));
	proof.key = sample_key(w->log, &w->log->packer);
	proof.checkpoint = sample_checkpoint(w->log, 7);
	report = proof_verify(w->log->arena, &proof, w->trust, verifier);
	assert_int_equal(check_of(&report, "key-log")->finding, PROOF_PASSED);
	assert_non_null(strstr(check_of(&report, "key-statement")->text[LANGUAGE_EN].at, "service holds"));
}

static void two_records_of_one_number_are_found(void **state)
{
	struct world *w = *state;
	w->log->packer.seq--;
	size_t place = sample_record(w->log, &w->log->packer,
				     &(struct sample_event){"sell", NULL, 1, 1 << 10, NULL});
	w->bundle = sample_bundle(w->log);
	struct bundle_step *steps = arena_array(w->log->arena, struct bundle_step, SAMPLE_STEPS + 1);
	memcpy(steps, w->bundle.steps, SAMPLE_STEPS * sizeof *steps);
	steps[SAMPLE_STEPS] = sample_step(w->log, place, true);
	w->bundle.steps = steps;
	w->bundle.step_count++;
	assert_report(w, PROOF_BROKEN, "ppppfnsp");
}

static void a_further_key_says_why_it_is_there(void **state)
{
	struct world *w = *state;
	w->bundle = sample_further(w->log, STR("staff-change"));
	struct bundle_report report = assert_report(w, PROOF_HOLDS, "pppppnsp");
	const struct proof_check *key = check_of(&report.steps[SAMPLE_STEPS].report, "key-statement");
	assert_int_equal(key->finding, PROOF_PASSED);
	assert_non_null(
		strstr(key->text[LANGUAGE_EN].at, "alone vouches for it: who kept an earlier key has left"));
	assert_non_null(strstr(key->text[LANGUAGE_ZH].at, "原因：保管人员变动"));
	key = check_of(&report.steps[0].report, "key-statement");
	assert_null(strstr(key->text[LANGUAGE_EN].at, "vouches"));
}

static void a_further_key_that_does_not_is_told(void **state)
{
	struct world *w = *state;
	w->bundle = sample_further(w->log, (struct str){NULL, 0});
	struct bundle_report report = assert_report(w, PROOF_HOLDS, "pppppnsn");
	assert_non_null(
		strstr(report.checks[7].text[LANGUAGE_EN].at, "neither a predecessor nor a reason: 1"));
	((struct proof_key *)(uintptr_t)w->bundle.keys)[0].statement.place.index = -1;
	report = bundle_verify(w->log->arena, &w->bundle, w->trust, verifier);
	assert_int_equal(report.checks[7].finding, PROOF_NOTED);
	w->bundle.key_count = 1; /* nothing here was before it */
	report = bundle_verify(w->log->arena, &w->bundle, w->trust, verifier);
	assert_int_equal(report.checks[7].finding, PROOF_PASSED);
}

static size_t erase(struct world *w, struct sample_signer *by, size_t entry)
{
	struct statement s = sample_statement(w->log, by, STR("erase"));
	struct str manifest = STR("{}");
	s.prevs = (struct statement_links){1, &w->log->entries[entry].hash, {{0}}};
	s.body = sha256_of(str_bytes(manifest));
	s.body_len = manifest.len;
	s.media_type = STR("application/json");
	return sample_append(w->log, by, &s, NULL);
}

static void what_was_removed_says_since_when_and_the_rest_holds(void **state)
{
	struct world *w = *state;
	size_t erased = erase(w, &w->log->registrar, 4), forged = erase(w, &w->log->farm, 4),
	       other = erase(w, &w->log->registrar, 5);
	const size_t erasures[] = {erased, forged, other};
	for (size_t i = 0; i < 3; i++) {
		w->bundle = sample_bundle(w->log);
		w->steps = (struct bundle_step *)(uintptr_t)w->bundle.steps;
		w->steps[1].proof.view = (struct str){0};
		w->steps[1].proof.erasure = (struct proof_entry){w->log->entries[erasures[i]].note,
								 sample_place(w->log, erasures[i])};
		struct bundle_report report =
			assert_report(w, i == 0 ? PROOF_HOLDS : PROOF_BROKEN, "pppppnsp");
		const struct proof_check *view = check_of(&report.steps[1].report, "view");
		assert_int_equal(view->finding, i == 0 ? PROOF_NOTED : PROOF_FAILED);
		if (i == 0)
			assert_non_null(strstr(view->text[LANGUAGE_EN].at, "removed on 2026-11-2"));
	}
}

static void take_corrected(struct world *w)
{
	w->bundle = sample_corrected(w->log);
	w->steps = (struct bundle_step *)(uintptr_t)w->bundle.steps;
}

static void what_was_declared_wrong_need_not_be_followed(void **state)
{
	struct world *w = *state;
	take_corrected(w);
	(void)assert_report(w, PROOF_HOLDS, "pppppnsp");
	const struct bundle whole = w->bundle;
	w->bundle
		.step_count--; /* Z went into a piece of the transformation, and nobody declared that wrong */
	(void)assert_report(w, PROOF_INCOMPLETE, "pmmppnsp");
	w->bundle = whole;
	w->steps[SAMPLE_STEPS + 1].proof.view = (struct str){0}; /* Z went into M */
	(void)assert_report(w, PROOF_INCOMPLETE, "pmmppnsp");
}

/* By whoever did not tell of it, of another time, or of other goods. */
static void a_declaration_of_something_else_is_none(void **state)
{
#define MIX(goods) \
	",\"inputQuantityList\":[{\"epcClass\":\"" SAMPLE_LOT( \
		goods) "\"}],\"outputQuantityList\":[{\"epcClass\":\"" SAMPLE_LOT("M") "\"}]," \
										       "\"errorDeclaration" \
										       "\":{}"
	static const char *const both =
		",\"inputQuantityList\":[{\"epcClass\":\"" SAMPLE_LOT("A") "\"},{\"epcClass\":\"" SAMPLE_LOT(
			"Z") "\"}],\"outputQuantityList\":[{\"epcClass\":\"" SAMPLE_LOT("M") "\"}]";
	static const char *const time = "2026-11-21T10:00:00+08:00";
	struct world *w = *state;
	take_corrected(w);
	struct bundle_step *declaration = &w->steps[SAMPLE_STEPS + 1];
	struct str event = declaration->event,
		   declared = arena_printf(w->log->arena, "%s,\"errorDeclaration\":{}", both);
	const struct {
		bool by_farm;
		struct sample_event event;
		enum proof_verdict verdict;
	} cases[] = {
		{false, {"mix", time, 0, 0, declared.at}, PROOF_HOLDS},
		{true, {"mix", time, 0, 0, declared.at}, PROOF_BROKEN},
		{false, {"mix", "2026-11-21T10:00:01+08:00", 0, 0, declared.at}, PROOF_BROKEN},
		{false, {"mix", time, 0, 0, MIX("A")}, PROOF_BROKEN},
		{false, {"mix", time, 0, 0, both}, PROOF_BROKEN},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t place = sample_record(w->log, cases[i].by_farm ? &w->log->farm : &w->log->packer,
					     &cases[i].event);
		*declaration = sample_step(w->log, place, /* is_shown */ true);
		declaration->event = event;
		for (size_t k = 0; k < w->bundle.step_count; k++) /* the tree has grown */
			w->steps[k].proof.place = sample_place(w->log, (size_t)w->steps[k].proof.place.index);
		for (size_t k = 0; k < w->bundle.key_count; k++) {
			struct proof_key *key = (struct proof_key *)(uintptr_t)&w->bundle.keys[k];
			key->statement.place = sample_place(w->log, (size_t)key->statement.place.index);
		}
		w->bundle.checkpoint = sample_checkpoint(w->log, 7);
		struct bundle_report report = bundle_verify(w->log->arena, &w->bundle, w->trust, verifier);
		assert_int_equal(report.verdict, cases[i].verdict);
		assert_int_equal(report.checks[1].finding,
				 cases[i].verdict == PROOF_HOLDS ? PROOF_PASSED : PROOF_FAILED);
	}
}

static void take_endorsed(struct world *w)
{
	w->bundle = sample_endorsed(w->log);
	w->steps = (struct bundle_step *)(uintptr_t)w->bundle.steps;
}

static void endorsements_are_of_records_that_are_here(void **state)
{
	struct world *w = *state;
	take_endorsed(w);
	struct bundle_report report = assert_report(w, PROOF_HOLDS, "pppppnpp");
	assert_non_null(strstr(report.checks[6].text[LANGUAGE_EN].at, "1 stand, 1 were taken back"));
	assert_non_null(strstr(report.checks[5].text[LANGUAGE_EN].at, "not shown: 1 "));
	assert_true(report.trusted && str_equal(report.steps[SAMPLE_STEPS].endorsement, STR("agrees")));
	const struct bundle whole = w->bundle;
	w->bundle.step_count--; /* the trail tells that it was taken back, and nobody says so */
	(void)assert_report(w, PROOF_BROKEN, "pppppnfp");
	w->bundle = whole;
	w->steps[SAMPLE_STEPS] = w->steps[SAMPLE_STEPS + 1]; /* told and not signed */
	(void)assert_report(w, PROOF_BROKEN, "pppppnfp");
}

/* Each is made by a key that is for it, and is in the log: what it says is wrong. */
static void an_endorsement_of_something_else_does_not_hold(void **state)
{
	static const struct {
		size_t entry;
		int64_t said;
		const char *says;
		bool by_farm;
		char finding;
	} cases[] = {
		{5, 5, "agrees", false, 'p'},      {4, 5, "agrees", false, 'f'},
		{13, 13, "agrees", false, 'f'},    {4, 4, "withdrawn", false, 'f'},
		{15, 15, "withdrawn", false, 'f'}, {2, 2, "agrees", false, 'm'},
		{5, 5, "agrees", true, 'p'},
	};
	struct world *w = *state;
	take_endorsed(w);
	const struct bundle before = w->bundle;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct sample_signer *by = cases[i].by_farm ? &w->log->farm : &w->log->office;
		size_t place = sample_endorse(w->log, by, cases[i].entry, cases[i].said, cases[i].says);
		struct bundle_step *steps =
			arena_array(w->log->arena, struct bundle_step, before.step_count + 1);
		memcpy(steps, before.steps, before.step_count * sizeof *steps);
		steps[before.step_count] = sample_step(w->log, place, /* is_shown */ false);
		steps[before.step_count].proof.place.index = -1; /* the head is older */
		w->bundle = before;
		w->bundle.steps = steps;
		w->bundle.step_count++;
		struct bundle_report report = bundle_verify(w->log->arena, &w->bundle, w->trust, verifier);
		assert_int_equal("pfswnm"[report.checks[6].finding], cases[i].finding);
		const struct proof_report *last = &report.steps[before.step_count].report;
		assert_int_equal(check_of(last, "key-statement")->finding,
				 cases[i].by_farm ? PROOF_FAILED : PROOF_PASSED);
	}
}

static void a_line_of_an_unknown_algorithm_is_passed_over(void **state)
{
	struct world *w = *state;
	/* SM2 beside P-256: type 0xff, an id of its own */
	w->steps[0].proof.statement =
		arena_printf(w->log->arena, "%.*s— %.*s AAAAAABCQw==\n",
			     STR_ARGS(w->steps[0].proof.statement), STR_ARGS(w->log->farm.key.name));
	struct proof proof = w->steps[0].proof;
	proof.place.index = -1;
	proof.key = sample_key(w->log, &w->log->farm);
	struct proof_report report = proof_verify(w->log->arena, &proof, (struct proof_trust){0}, verifier);
	assert_int_equal(check_of(&report, "signature")->finding, PROOF_PASSED);
	assert_true(report.ok);
}

static void what_is_no_bundle_is_refused_with_its_place(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *json, *pointer;
	} cases[] = {
		{"{}", "/bundle"},
		{"{\"bundle\":\"farmtrail/bundle@v2\"}", "/bundle"},
		{"{\"bundle\":\"farmtrail/bundle@v1\"}", "/lots"},
		{"{\"bundle\":\"farmtrail/bundle@v1\",\"lots\":[],\"keys\":{},\"steps\":[]}", "/keys"},
		{"{\"bundle\":\"farmtrail/bundle@v1\",\"lots\":[1],\"keys\":[],\"steps\":[]}", "/lots/0"},
		{"{\"bundle\":\"farmtrail/bundle@v1\",\"lots\":[],\"keys\":[1],\"steps\":[]}", "/keys/spki"},
		{"{\"bundle\":\"farmtrail/bundle@v1\",\"lots\":[],\"keys\":[],\"steps\":[1]}",
		 "/steps/0/statement"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct json json;
		struct fault fault = {0};
		assert_int_equal(json_parse(w->log->arena, str_of(cases[i].json), &json, &fault),
				 PROBLEM_NONE);
		assert_int_not_equal(bundle_read(w->log->arena, &json, &w->bundle, &fault), PROBLEM_NONE);
		assert_string_equal(fault.pointer, cases[i].pointer);
	}
}

static void an_empty_bundle_proves_nothing(void **state)
{
	struct world *w = *state;
	w->bundle.step_count = w->bundle.key_count = w->bundle.lot_count = 0;
	w->bundle.lot = w->bundle.trail = (struct str){0};
	assert_report(w, PROOF_INCOMPLETE, "psmpppsp");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, create, destroy)
	const struct CMUnitTest tests[] = {
		TEST(a_trail_holds_under_the_log_that_went_on),
		TEST(a_whole_trail_holds),
		TEST(a_trail_is_consistent_in_itself_without_trust),
		TEST(a_bundle_survives_its_json),
		TEST(every_flipped_field_is_found),
		TEST(a_hidden_middle_record_shows_as_a_missing_prev),
		TEST(a_told_step_without_proof_is_missing),
		TEST(a_withheld_view_of_a_told_step_is_missing),
		TEST(a_record_about_another_lot_need_not_be_followed),
		TEST(a_lot_that_went_in_cannot_be_left_out),
		TEST(a_step_told_otherwise_than_it_was_signed_is_found),
		TEST(too_few_witnesses_are_not_yet_enough),
		TEST(a_late_record_says_how_late),
		TEST(a_claimed_time_after_the_witness_is_shown),
		TEST(a_revocation_counts_from_its_place_in_the_log),
		TEST(what_a_stolen_key_signed_is_doubtful),
		TEST(a_key_must_stand_in_the_log_before_what_it_signs),
		TEST(two_records_of_one_number_are_found),
		TEST(what_was_removed_says_since_when_and_the_rest_holds),
		TEST(a_further_key_says_why_it_is_there),
		TEST(a_further_key_that_does_not_is_told),
		TEST(what_was_declared_wrong_need_not_be_followed),
		TEST(a_declaration_of_something_else_is_none),
		TEST(endorsements_are_of_records_that_are_here),
		TEST(an_endorsement_of_something_else_does_not_hold),
		TEST(a_line_of_an_unknown_algorithm_is_passed_over),
		TEST(what_is_no_bundle_is_refused_with_its_place),
		TEST(an_empty_bundle_proves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
