/* SPDX-License-Identifier: Apache-2.0
 * Following a log: an honest one keeps every rule, each broken rule is named with its entry, and what is remembered is
 * enough to go on. */
#include <stdlib.h>

#include "../check.h"

#include "ft/core/log_follow.h"
#include "sample_log.h"

enum { LATER_S = 1795300000 + 365 * 24 * 3600 };
static const struct note_verifier verifier = {verify_spki, NULL};

struct scene {
	struct sample_log *log;
	struct arena *arena;
	struct log_follow *f;
};

static int make_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);
	scene->log = sample_log_create();
	scene->arena = arena_create();
	scene->f = log_follow_create(scene->arena, &scene->log->log.key, NULL);
	*state = scene;
	return 0;
}

static int end_scene(void **state)
{
	struct scene *scene = *state;
	sample_log_destroy(scene->log);
	arena_destroy(scene->arena);
	free(scene);
	return 0;
}

static void take(struct scene *scene, struct str entry)
{
	struct arena *scratch = arena_create();
	log_follow_entry(scene->f, scratch, str_bytes(entry), LATER_S, verifier);
	arena_destroy(scratch);
}

static void take_all(struct scene *scene)
{
	for (size_t i = (size_t)scene->f->edge.size; i < scene->log->count; i++)
		take(scene, scene->log->entries[i].note);
}

/* The newest entry breaks this rule, and nothing else is wrong. */
static void expect(const struct scene *scene, enum follow_breach breach)
{
	const struct log_follow *f = scene->f;
	if (f->finding_count != 1 || f->findings[0].breach != breach)
		fail_msg("expected %s, found %zu findings, the first %s", follow_breach_words[breach],
			 f->finding_count,
			 f->finding_count ? follow_breach_words[f->findings[0].breach] : "none");
	assert_int_equal(f->findings[0].index, f->edge.size - 1);
	assert_int_equal(f->gap_count, 0);
}

static struct str uuid_name(const struct scene *scene, struct uuid org)
{
	return statement_signer_name(scene->arena, STR(SAMPLE_ORIGIN), org);
}

static void an_honest_log_keeps_every_rule(void **state)
{
	struct scene *scene = *state;
	struct sha256 leaves[SAMPLE_MAX_ENTRIES];
	take_all(scene);
	assert_int_equal(scene->f->finding_count, 0);
	assert_int_equal(scene->f->gap_count, 0);
	for (size_t i = 0; i < scene->log->count; i++)
		leaves[i] = merkle_leaf(str_bytes(scene->log->entries[i].note));
	assert_true(sha256_equal(merkle_edge_root(&scene->f->edge), merkle_root(leaves, scene->log->count)));
	assert_int_equal(map_count(scene->f->keys), 3);
	assert_true(str_equal(scene->f->registrar.name, scene->log->registrar.key.name));
}

/* The state asks for a head of its own tree: this one is not signed, which it does not ask for. */
static void remember(struct scene *scene)
{
	const struct checkpoint head = {STR(SAMPLE_ORIGIN), (int64_t)scene->f->edge.size,
					merkle_edge_root(&scene->f->edge)};
	struct note note = {.text = checkpoint_print(scene->arena, &head), .count = 1};
	note.signatures[0] = (struct note_signature){STR(SAMPLE_ORIGIN), 1, str_bytes(STR("x"))};
	scene->f->head = note_print(scene->arena, &note);
}

static void what_is_remembered_is_enough_to_go_on(void **state)
{
	struct scene *scene = *state;
	size_t count = scene->log->count;
	struct str printed = {NULL, 0};
	take(scene, scene->log->entries[0].note);
	(void)log_follow_watch(scene->f, scene->log->farm.org);
	log_follow_know(scene->f, sha256_of(scene->log->farm.spki));
	for (size_t i = 1; i < count; i++) {
		if (i == 5)
			take(scene, STR("a finding and two gaps\n"));
		else if (i != 6)
			take(scene, scene->log->entries[i].note);
		remember(scene);
		printed = log_follow_print(scene->arena, scene->f);
		struct log_follow *read;
		assert_true(log_follow_read(scene->arena, printed, &read));
		assert_true(str_equal(log_follow_print(scene->arena, read), printed));
		scene->f = read;
	}
	assert_int_equal(scene->f->finding_count, 1);
	assert_int_equal(scene->f->findings[0].breach, FOLLOW_FORM);
	assert_int_equal(scene->f->gap_count, 1);
	assert_true(sha256_equal(scene->f->gaps[0].key, sha256_of(scene->log->farm.spki)));
	assert_int_equal(scene->f->gaps[0].last - scene->f->gaps[0].first, 1);
	for (size_t len = 0; len < printed.len; len++) {
		struct log_follow *read;
		if (log_follow_read(scene->arena, (struct str){printed.at, len}, &read))
			fail_msg("read without its last %zu octets", printed.len - len);
	}
}

static void an_entry_is_a_statement_of_this_log(void **state)
{
	struct scene *scene = *state;
	take_all(scene);
	struct statement s = sample_statement(scene->log, &scene->log->farm, STR("event"));
	s.log = STR("another.example");
	s.media_type = STR("text/plain");
	sample_append(scene->log, &scene->log->farm, &s, NULL);
	take_all(scene);
	expect(scene, FOLLOW_FORM);
}

static void a_key_is_stated_before_it_signs(void **state)
{
	struct scene *scene = *state;
	for (size_t i = 0; i < 4; i++)
		if (i != scene->log->farm.key_entry)
			take(scene, scene->log->entries[i].note);
	expect(scene, FOLLOW_KEY_UNKNOWN);
}

static void a_key_signs_for_its_own_organisation(void **state)
{
	struct scene *scene = *state;
	take_all(scene);
	struct statement s = sample_statement(scene->log, &scene->log->farm, STR("event"));
	s.org = scene->log->packer.org;
	s.media_type = STR("text/plain");
	sample_append(scene->log, &scene->log->farm, &s, NULL);
	take_all(scene);
	expect(scene, FOLLOW_KEY_UNKNOWN);
}

static struct statement revocation(struct scene *scene, struct sample_signer *by,
				   const struct sample_signer *of)
{
	struct statement s = sample_statement(scene->log, by, STR("revoke"));
	s.revoked = sha256_of(of->spki);
	s.reason = STR("compromise");
	return s;
}

static const struct sample_event harvest = {"harvest", NULL, 1, 0, NULL};

static void a_revoked_key_signs_no_more(void **state)
{
	struct scene *scene = *state;
	struct statement s = revocation(scene, &scene->log->registrar, &scene->log->farm);
	sample_append(scene->log, &scene->log->registrar, &s, NULL);
	take_all(scene);
	assert_int_equal(scene->f->finding_count, 0); /* what was logged before stays */
	sample_record(scene->log, &scene->log->packer, &harvest);
	take_all(scene);
	assert_int_equal(scene->f->finding_count, 0);
	sample_record(scene->log, &scene->log->farm, &harvest);
	take_all(scene);
	expect(scene, FOLLOW_KEY_ENDED);
}

static void a_key_may_revoke_itself_and_no_other(void **state)
{
	struct scene *scene = *state;
	struct statement own = revocation(scene, &scene->log->farm, &scene->log->farm);
	sample_append(scene->log, &scene->log->farm, &own, NULL);
	take_all(scene);
	assert_int_equal(scene->f->finding_count, 0);
	struct statement others = revocation(scene, &scene->log->packer, &scene->log->registrar);
	sample_append(scene->log, &scene->log->packer, &others, NULL);
	take_all(scene);
	expect(scene, FOLLOW_OFFICE);
}

static void the_registrars_office(struct scene *scene, struct str kind)
{
	struct statement s = sample_statement(scene->log, &scene->log->registrar, kind);
	s.media_type = STR("text/plain");
	sample_append(scene->log, &scene->log->registrar, &s, NULL);
	take_all(scene);
	assert_int_equal(scene->f->finding_count, 0);
	s = sample_statement(scene->log, &scene->log->farm, kind);
	s.media_type = STR("text/plain");
	sample_append(scene->log, &scene->log->farm, &s, NULL);
	take_all(scene);
	expect(scene, FOLLOW_OFFICE);
}

static void only_the_registrar_states_an_erasure(void **state)
{
	the_registrars_office(*state, STR("erase"));
}

static void only_the_registrar_closes_alerts(void **state)
{
	the_registrars_office(*state, STR("alert"));
}

static void whoever_issued_codes_says_what_becomes_of_them(void **state)
{
	struct scene *scene = *state;
	struct statement s = sample_statement(scene->log, &scene->log->farm, STR("codes"));
	s.media_type = STR("text/plain");
	sample_append(scene->log, &scene->log->farm, &s, NULL);
	take_all(scene);
	assert_int_equal(scene->f->finding_count, 0);
}

static void endorse(struct scene *scene, struct sample_signer *by, size_t entry, int64_t said,
		    const char *says)
{
	sample_endorse(scene->log, by, entry, said, says);
	take_all(scene);
}

/* Where the entry says otherwise than what stands there it says where it would. */
static const struct endorsement_case {
	bool by_farm, by_other, is_record;
	size_t entry;
	int64_t said;
	const char *says;
	enum follow_breach breach;
} endorsement_cases[] = {
	{.entry = 4, .said = 4, .says = "agrees"},
	{.entry = 13, .said = 13, .says = "withdrawn"},
	{.by_farm = true, .entry = 4, .said = 4, .says = "agrees", .breach = FOLLOW_OFFICE},
	{.is_record = true, .breach = FOLLOW_OFFICE},
	{.entry = 4, .said = 5, .says = "agrees", .breach = FOLLOW_ENDORSED},
	{.entry = 4, .said = 99, .says = "agrees", .breach = FOLLOW_ENDORSED},
	{.entry = 1, .said = 1, .says = "agrees", .breach = FOLLOW_ENDORSED},
	{.entry = 13, .said = 13, .says = "agrees", .breach = FOLLOW_ENDORSED},
	{.entry = 4, .said = 4, .says = "withdrawn", .breach = FOLLOW_ENDORSED},
	{.by_other = true, .entry = 13, .said = 13, .says = "withdrawn", .breach = FOLLOW_ENDORSED},
};

/* Behind the sample: 12 the office's key, 13 its endorsement of record 4, 14 another office's key, then the case. */
static void try_case(const struct endorsement_case *c)
{
	void *made;
	assert_int_equal(make_scene(&made), 0);
	struct scene *scene = made;
	const struct uuid org = {{8}}, second = {{9}};
	const struct sample_signer *registrar = &scene->log->registrar;
	struct sample_signer office =
		sample_enrol(scene->log, uuid_name(scene, org), org, "inspect", registrar);
	endorse(scene, &office, 4, 4, "agrees");
	struct sample_signer other =
		sample_enrol(scene->log, uuid_name(scene, second), second, "inspect", registrar);
	take_all(scene);
	assert_int_equal(scene->f->finding_count, 0);
	if (c->is_record)
		sample_record(scene->log, &office, &(struct sample_event){"sell", NULL, 1, 0, NULL});
	else
		endorse(scene,
			c->by_farm    ? &scene->log->farm
			: c->by_other ? &other
				      : &office,
			c->entry, c->said, c->says);
	take_all(scene);
	if (c->breach)
		expect(scene, c->breach);
	else
		assert_int_equal(scene->f->finding_count, 0);
	private_key_destroy(office.private);
	private_key_destroy(other.private);
	assert_int_equal(end_scene(&made), 0);
}

static void an_inspector_endorses_records_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof endorsement_cases / sizeof endorsement_cases[0]; i++)
		try_case(&endorsement_cases[i]);
}

/* Of what was read before this look somebody else says what stands there. */
static void an_endorsement_of_what_was_read_before_is_a_claim(void **state)
{
	struct scene *scene = *state;
	const struct uuid org = {{8}};
	struct sample_signer office =
		sample_enrol(scene->log, uuid_name(scene, org), org, "inspect", &scene->log->registrar);
	take_all(scene);
	struct sha256 root = merkle_edge_root(&scene->f->edge);
	scene->f->head = sample_head(scene->log, scene->log->count, root, 0);
	struct str kept = log_follow_print(scene->arena, scene->f);
	assert_true(log_follow_read(scene->arena, kept, &scene->f));
	endorse(scene, &office, 4, 4, "agrees");
	assert_int_equal(scene->f->finding_count, 0);
	assert_int_equal(scene->f->about_count, 1);
	const struct follow_about about = scene->f->abouts[0];
	assert_int_equal(about.entry, 4);
	log_follow_judge_about(scene->f, scene->arena, &about, str_bytes(scene->log->entries[4].note));
	assert_int_equal(scene->f->finding_count, 0);
	log_follow_judge_about(scene->f, scene->arena, &about, str_bytes(scene->log->entries[5].note));
	expect(scene, FOLLOW_ENDORSED);
	private_key_destroy(office.private);
}

/* Every octet of what an entry says and of its signatures counts. */
static void a_changed_entry_is_found(void **state)
{
	struct scene *scene = *state;
	struct str note = scene->log->entries[3].note;
	for (size_t i = 0; i < note.len; i++) {
		struct log_follow *f = log_follow_create(scene->arena, &scene->log->log.key, NULL);
		struct scene other = {scene->log, scene->arena, f};
		struct str changed = arena_str(scene->arena, note);
		for (size_t k = 0; k < 3; k++)
			take(&other, scene->log->entries[k].note);
		((char *)changed.at)[i] ^= 1;
		take(&other, changed);
		if (f->finding_count != 1)
			fail_msg("octet %zu is not covered", i);
	}
}

static void a_key_is_vouched_for(void **state)
{
	struct scene *scene = *state;
	take_all(scene);
	const struct uuid org = {{9}};
	struct sample_signer planted =
		sample_enrol(scene->log, uuid_name(scene, org), org, "event", NULL /* registrar */);
	private_key_destroy(planted.private);
	take_all(scene);
	expect(scene, FOLLOW_VOUCHING);
}

static void somebody_else_does_not_vouch(void **state)
{
	struct scene *scene = *state;
	take_all(scene);
	const struct uuid org = {{9}};
	struct sample_signer planted =
		sample_enrol(scene->log, uuid_name(scene, org), org, "event", &scene->log->packer);
	private_key_destroy(planted.private);
	take_all(scene);
	expect(scene, FOLLOW_VOUCHING);
}

static void a_successor_is_vouched_for_by_its_predecessor(void **state)
{
	struct scene *scene = *state;
	take_all(scene);
	struct private_key *key;
	assert_int_equal(private_key_generate(SIGN_P256, &key), PROBLEM_NONE);
	struct sample_signer next = {.private = key,
				     .spki = private_key_spki(scene->log->arena, key),
				     .org = scene->log->farm.org};
	assert_true(note_key_from_spki(uuid_name(scene, next.org), next.spki, &next.key));
	struct statement s = sample_statement(scene->log, &next, STR("key"));
	s.vkey = note_key_print(scene->log->arena, &next.key);
	s.use = STR("event");
	s.custody = STR("service");
	s.has_predecessor = true;
	s.predecessor = sha256_of(scene->log->farm.spki);
	sample_append(scene->log, &next, &s, &scene->log->registrar);
	take_all(scene);
	expect(scene, FOLLOW_VOUCHING);
	private_key_destroy(key);
}

/* The first key of another use is none of the organisation's first. */
static void a_further_key_has_a_reason(void **state)
{
	static const struct {
		const char *use, *reason;
	} stated[] = {{"event", "compromise"}, {"inspect", "new-use"}, {"inspect", NULL}};
	struct scene *scene = *state;
	for (size_t i = 0; i < sizeof stated / sizeof stated[0]; i++) {
		take_all(scene);
		assert_int_equal(scene->f->finding_count, 0);
		struct str reason = stated[i].reason ? str_of(stated[i].reason) : (struct str){NULL, 0};
		struct sample_signer further =
			sample_enrol_further(scene->log, &scene->log->farm, stated[i].use, reason);
		private_key_destroy(further.private);
		take_all(scene);
		const struct follow_key *key = map_at(scene->f->keys, map_count(scene->f->keys) - 1);
		assert_true(str_equal(key->reason, reason));
	}
	expect(scene, FOLLOW_UNEXPLAINED);
}

/* Also in a look that begins with what another remembers. */
static void an_organisation_is_known_to_have_a_key(void **state)
{
	struct scene *scene = *state;
	struct log_follow *read;
	struct sample_signer second =
		sample_enrol_further(scene->log, &scene->log->farm, "event", STR("new-device"));
	take_all(scene);
	remember(scene);
	struct str printed = log_follow_print(scene->arena, scene->f);
	assert_true(log_follow_read(scene->arena, printed, &read));
	assert_true(str_equal(log_follow_print(scene->arena, read), printed));
	scene->f = read;
	const struct sha256 fingerprint = sha256_of(second.spki);
	const struct follow_key *key = map_get(read->keys, MAP_KEY(fingerprint));
	assert_true(str_equal(key->reason, STR("new-device")));
	const struct uuid org = {{9}};
	struct sample_signer first = sample_enrol(scene->log, uuid_name(scene, org), org, "event",
						  &scene->log->registrar),
			     third = sample_enrol_further(scene->log, &scene->log->packer, "event",
							  (struct str){NULL, 0});
	take_all(scene);
	expect(scene, FOLLOW_UNEXPLAINED);
	private_key_destroy(first.private);
	private_key_destroy(second.private);
	private_key_destroy(third.private);
}

static void a_key_is_stated_once(void **state)
{
	struct scene *scene = *state;
	take_all(scene);
	take(scene, scene->log->entries[1].note);
	expect(scene, FOLLOW_KEY_AGAIN);
}

static void there_is_one_registrar(void **state)
{
	struct scene *scene = *state;
	take_all(scene);
	const struct uuid org = {{9}};
	struct sample_signer second =
		sample_enrol(scene->log, uuid_name(scene, org), org, "register", NULL /* registrar */);
	private_key_destroy(second.private);
	take_all(scene);
	expect(scene, FOLLOW_REGISTRAR);
}

static void a_given_registrar_is_the_one(void **state)
{
	struct scene *scene = *state;
	scene->f = log_follow_create(scene->arena, &scene->log->log.key, &scene->log->packer.key);
	take(scene, scene->log->entries[0].note);
	expect(scene, FOLLOW_REGISTRAR);
	scene->f = log_follow_create(scene->arena, &scene->log->log.key, &scene->log->registrar.key);
	take_all(scene);
	assert_int_equal(scene->f->finding_count, 0);
}

static void a_number_is_used_once(void **state)
{
	struct scene *scene = *state;
	take_all(scene);
	take(scene, scene->log->entries[4].note);
	expect(scene, FOLLOW_SEQ);
}

static void a_time_that_has_not_come_is_named(void **state)
{
	struct scene *scene = *state;
	struct arena *scratch = arena_create();
	for (size_t i = 0; i < 4; i++)
		log_follow_entry(scene->f, scratch, str_bytes(scene->log->entries[i].note),
				 1795300000 + 4 * 60 - 301 + (i < 3 ? 3600 : 0), verifier);
	arena_destroy(scratch);
	expect(scene, FOLLOW_TIME);
}

static void what_is_held_back_leaves_a_gap(void **state)
{
	struct scene *scene = *state;
	for (size_t i = 0; i < scene->log->count; i++)
		if (i != 4 && i != 5)
			take(scene, scene->log->entries[i].note);
	assert_int_equal(scene->f->gap_count, 1);
	const struct follow_gap *gap = &scene->f->gaps[0];
	assert_true(sha256_equal(gap->key, sha256_of(scene->log->farm.spki)));
	assert_int_equal(gap->first, 3); /* after the key and the treatment */
	assert_int_equal(gap->last, 4);
	assert_int_equal(gap->index, 4);
	take(scene, scene->log->entries[5].note);
	assert_int_equal(scene->f->gap_count, 1);
	assert_int_equal(gap->last, 3);
	take(scene, scene->log->entries[4].note);
	assert_int_equal(scene->f->gap_count, 0);
	assert_int_equal(scene->f->finding_count, 0);
	take(scene, scene->log->entries[4].note);
	expect(scene, FOLLOW_SEQ);
}

static size_t planted(const struct log_follow *f)
{
	size_t count = 0;
	for (size_t i = 0; i < map_count(f->keys); i++)
		count += log_follow_is_planted(f, map_at(f->keys, i));
	return count;
}

static void a_key_in_my_name_alarms_until_it_is_known_or_ended(void **state)
{
	struct scene *scene = *state;
	take_all(scene);
	assert_int_equal(planted(scene->f), 0);
	assert_true(log_follow_watch(scene->f, scene->log->farm.org));
	assert_int_equal(planted(scene->f), 1);
	log_follow_know(scene->f, sha256_of(scene->log->farm.spki));
	assert_int_equal(planted(scene->f), 0);
	struct sample_signer second =
		sample_enrol_further(scene->log, &scene->log->farm, "event", STR("lost"));
	take_all(scene);
	assert_int_equal(planted(scene->f), 1);
	struct statement s = revocation(scene, &scene->log->registrar, &second);
	sample_append(scene->log, &scene->log->registrar, &s, NULL);
	take_all(scene);
	assert_int_equal(planted(scene->f), 0);
	assert_int_equal(scene->f->finding_count, 0);
	private_key_destroy(second.private);
}

/* — lines under heads — */

static void state_log_key(struct scene *scene, struct sample_signer *key);

static struct sample_signer sm2_signer(struct scene *scene)
{
	struct sample_signer made = {.org = scene->log->registrar.org};
	assert_int_equal(private_key_generate(SIGN_SM2, &made.private), PROBLEM_NONE);
	made.spki = private_key_spki(scene->log->arena, made.private);
	assert_true(note_key_from_spki(STR(SAMPLE_ORIGIN), made.spki, &made.key));
	return made;
}

/* Of a head over all entries, with a line of this key as well; NULL: without; forged: over something else. */
static enum follow_lines lines_with(struct scene *scene, const struct sample_signer *key, bool forged)
{
	struct note note;
	struct bytes signature;
	take_all(scene);
	assert_true(note_parse(scene->arena, sample_checkpoint(scene->log, 3), &note));
	struct str text = forged ? STR("another head\n") : note.text;
	if (key) {
		assert_int_equal(sign(scene->arena, key->private, str_bytes(text), &signature), PROBLEM_NONE);
		note.signatures[note.count++] =
			(struct note_signature){key->key.name, key->key.id, signature};
	}
	const struct note_key *signer = log_follow_signer(scene->f, scene->arena, &note, verifier);
	assert_true(!signer || !note_key_is_sm2(signer));
	return log_follow_lines(scene->f, scene->arena, &note, verifier);
}

static void the_sm2_line_is_there_from_its_keys_statement_to_its_revocation(void **state)
{
	struct scene *scene = *state;
	struct sample_log *log = scene->log;
	struct sample_signer key = sm2_signer(scene), next = sm2_signer(scene);
	assert_int_equal(lines_with(scene, NULL, false), FOLLOW_LINES_HOLD);
	assert_int_equal(lines_with(scene, &key, false), FOLLOW_LINE_UNSTATED);
	state_log_key(scene, &key);
	assert_int_equal(lines_with(scene, &key, false), FOLLOW_LINES_HOLD);
	assert_int_equal(lines_with(scene, NULL, false), FOLLOW_LINE_MISSING);
	assert_int_equal(lines_with(scene, &key, true), FOLLOW_LINE_FORGED);
	assert_int_equal(lines_with(scene, &next, false), FOLLOW_LINE_UNSTATED);
	state_log_key(scene, &next); /* in its place: heads without the new line lack one */
	assert_int_equal(lines_with(scene, &next, false), FOLLOW_LINES_HOLD);
	assert_int_equal(lines_with(scene, &key, false), FOLLOW_LINE_MISSING);
	struct statement s = revocation(scene, &log->registrar, &next);
	sample_append(log, &log->registrar, &s, NULL);
	assert_int_equal(lines_with(scene, &next, false), FOLLOW_LINE_UNSTATED);
	assert_int_equal(lines_with(scene, &key, false), FOLLOW_LINES_HOLD);
	s = revocation(scene, &log->registrar, &key);
	sample_append(log, &log->registrar, &s, NULL);
	assert_int_equal(lines_with(scene, NULL, false), FOLLOW_LINES_HOLD);
	assert_int_equal(lines_with(scene, &key, false), FOLLOW_LINE_UNSTATED);
	assert_int_equal(scene->f->finding_count, 0);
	private_key_destroy(key.private);
	private_key_destroy(next.private);
}

/* — a log that goes on under another name — */

#define SECOND SAMPLE_ORIGIN "/2"

static void state_log_key(struct scene *scene, struct sample_signer *key)
{
	struct sample_log *log = scene->log;
	key->org = log->registrar.org;
	struct statement s = sample_statement(log, key, STR("key"));
	s.vkey = note_key_print(log->arena, &key->key);
	s.use = STR("log");
	s.custody = STR("service");
	sample_append(log, key, &s, &log->registrar);
}

static struct sample_signer next_log(struct scene *scene)
{
	struct sample_signer next = {.org = scene->log->registrar.org};
	assert_int_equal(private_key_generate(SIGN_ED25519, &next.private), PROBLEM_NONE);
	next.spki = private_key_spki(scene->log->arena, next.private);
	assert_true(note_key_from_spki(STR(SECOND), next.spki, &next.key));
	return next;
}

static struct statement origin(struct scene *scene, struct sample_signer *by,
			       const struct sample_signer *next)
{
	struct statement s = sample_statement(scene->log, by, STR("origin"));
	s.reason = STR("compromise");
	s.vkey = note_key_print(scene->log->arena, &next->key);
	s.head = sample_checkpoint(scene->log, 0 /* witnesses */);
	return s;
}

static void a_log_goes_on_under_another_name(void **state)
{
	struct scene *scene = *state;
	struct sample_log *log = scene->log;
	struct sample_signer next = next_log(scene);
	state_log_key(scene, &log->log);
	int64_t size = (int64_t)log->count;
	struct statement s = origin(scene, &log->registrar, &next);
	sample_append(log, &log->registrar, &s, &next);
	s = revocation(scene, &log->registrar, &log->log);
	sample_append(log, &log->registrar, &s, NULL);
	state_log_key(scene, &next);
	sample_record(log, &log->farm, &harvest);
	take_all(scene);
	assert_int_equal(scene->f->finding_count, 0);
	assert_int_equal(scene->f->gap_count, 0);
	assert_true(str_equal(scene->f->name, STR(SECOND)));
	assert_int_equal(log_follow_end(scene->f, STR(SAMPLE_ORIGIN))->size, size);
	assert_null(log_follow_end(scene->f, STR(SECOND)));

	const struct checkpoint head = {STR(SECOND), (int64_t)log->count, merkle_edge_root(&scene->f->edge)};
	struct note note = {.text = checkpoint_print(scene->arena, &head), .count = 1};
	note.signatures[0] = (struct note_signature){next.key.name, next.key.id, {0}};
	assert_int_equal(
		sign(scene->arena, next.private, str_bytes(note.text), &note.signatures[0].signature),
		PROBLEM_NONE);
	const struct note_key *signer = log_follow_signer(scene->f, scene->arena, &note, verifier);
	assert_non_null(signer);
	assert_true(bytes_equal(signer->material, next.key.material));
	struct note old = {0};
	assert_true(note_parse(scene->arena, sample_checkpoint(log, 0), &old));
	assert_null(log_follow_signer(scene->f, scene->arena, &old, verifier)); /* that key has ended */

	scene->f->log = *signer;
	scene->f->head = note_print(scene->arena, &note);
	struct str printed = log_follow_print(scene->arena, scene->f);
	struct log_follow *read;
	assert_true(log_follow_read(scene->arena, printed, &read));
	assert_true(str_equal(log_follow_print(scene->arena, read), printed));
	assert_true(str_equal(read->name, STR(SECOND)));
	scene->f = read;
	sample_record(log, &log->farm, &harvest);
	take_all(scene);
	assert_int_equal(scene->f->finding_count, 0);
	private_key_destroy(next.private);
}

enum wrong {
	BY_ANOTHER,
	NOT_SIGNED_BY_ITSELF,
	OF_FEWER,
	OF_ANOTHER_TREE,
	UNSIGNED_HEAD,
	KEY_OF_NOBODY,
	WRONGS
};

static struct str wrong_head(const struct scene *scene, enum wrong wrong)
{
	struct sha256 leaves[SAMPLE_MAX_ENTRIES];
	size_t count = scene->log->count;
	for (size_t i = 0; i < count; i++)
		leaves[i] = merkle_leaf(str_bytes(scene->log->entries[i].note));
	if (wrong == OF_FEWER)
		return sample_head(scene->log, count - 1, merkle_root(leaves, count - 1), 0);
	if (wrong == OF_ANOTHER_TREE)
		return sample_head(scene->log, count, merkle_root(leaves, count - 1), 0);
	struct str good = sample_checkpoint(scene->log, 0);
	struct note note;
	assert_true(note_parse(scene->arena, good, &note));
	if (wrong == UNSIGNED_HEAD)
		((uint8_t *)note.signatures[0].signature.at)[5] ^= 1;
	return note_print(scene->arena, &note);
}

static void another_log_goes_on_from_the_old_ones_head_alone(void **state)
{
	static const enum follow_breach breaches[WRONGS] = {FOLLOW_OFFICE, FOLLOW_SIGNATURE, FOLLOW_ORIGIN,
							    FOLLOW_ORIGIN, FOLLOW_ORIGIN,    FOLLOW_ORIGIN};
	for (int i = 0; i < WRONGS; i++) {
		struct scene *scene = *state;
		struct sample_log *log = scene->log;
		struct sample_signer next = next_log(scene);
		if (i != KEY_OF_NOBODY)
			state_log_key(scene, &log->log);
		struct sample_signer *by = i == BY_ANOTHER ? &log->packer : &log->registrar;
		struct statement s = origin(scene, by, &next);
		s.head = wrong_head(scene, (enum wrong)i);
		sample_append(log, by, &s, i == NOT_SIGNED_BY_ITSELF ? NULL : &next);
		take_all(scene);
		expect(scene, breaches[i]);
		assert_true(str_equal(scene->f->name, STR(SAMPLE_ORIGIN)));
		private_key_destroy(next.private);
		end_scene(state);
		make_scene(state);
	}
}

static void what_was_taken_note_of_is_marked(void **state)
{
	struct scene *scene = *state;
	take(scene, STR("nothing\n"));
	take(scene, scene->log->entries[0].note);
	take(scene, scene->log->entries[1].note);
	take(scene, scene->log->entries[4].note);
	assert_false(scene->f->findings[0].seen || scene->f->gaps[0].seen);
	log_follow_acknowledge(scene->f);
	assert_true(scene->f->findings[0].seen && scene->f->gaps[0].seen);
	take(scene, STR("nothing\n"));
	assert_false(scene->f->findings[1].seen);
}

static void a_flood_of_findings_is_bounded(void **state)
{
	struct scene *scene = *state;
	for (size_t i = 0; i < FOLLOW_MAX_FINDINGS + 5; i++)
		take(scene, STR("nothing\n"));
	assert_int_equal(scene->f->finding_count, FOLLOW_MAX_FINDINGS);
	assert_int_equal(scene->f->more_findings, 5);
}

#define SCENE(name) cmocka_unit_test_setup_teardown(name, make_scene, end_scene)
int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(an_honest_log_keeps_every_rule),
		cmocka_unit_test(an_inspector_endorses_records_and_nothing_else),
		SCENE(an_endorsement_of_what_was_read_before_is_a_claim),
		SCENE(what_is_remembered_is_enough_to_go_on),
		SCENE(an_entry_is_a_statement_of_this_log),
		SCENE(a_key_is_stated_before_it_signs),
		SCENE(a_key_signs_for_its_own_organisation),
		SCENE(a_revoked_key_signs_no_more),
		SCENE(a_key_may_revoke_itself_and_no_other),
		SCENE(only_the_registrar_states_an_erasure),
		SCENE(only_the_registrar_closes_alerts),
		SCENE(whoever_issued_codes_says_what_becomes_of_them),
		SCENE(a_changed_entry_is_found),
		SCENE(a_key_is_vouched_for),
		SCENE(somebody_else_does_not_vouch),
		SCENE(a_successor_is_vouched_for_by_its_predecessor),
		SCENE(a_further_key_has_a_reason),
		SCENE(an_organisation_is_known_to_have_a_key),
		SCENE(a_key_is_stated_once),
		SCENE(there_is_one_registrar),
		SCENE(a_given_registrar_is_the_one),
		SCENE(a_number_is_used_once),
		SCENE(a_time_that_has_not_come_is_named),
		SCENE(what_is_held_back_leaves_a_gap),
		SCENE(a_key_in_my_name_alarms_until_it_is_known_or_ended),
		SCENE(the_sm2_line_is_there_from_its_keys_statement_to_its_revocation),
		SCENE(a_log_goes_on_under_another_name),
		SCENE(another_log_goes_on_from_the_old_ones_head_alone),
		SCENE(what_was_taken_note_of_is_marked),
		SCENE(a_flood_of_findings_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
