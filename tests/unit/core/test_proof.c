/* SPDX-License-Identifier: Apache-2.0
 * A proof made as the service makes it passes every check; whatever is changed in it, the right check fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/base/text.h"
#include "ft/core/proof.h"
#include "ft/core/statement.h"
#include "ft/crypto/sign.h"

#define LOG_NAME "farm.example"

static const uint8_t secret[MANIFEST_SECRET_LEN] = {1};
static const struct uuid org = {{1}}, registrar_org = {{2}};
static const struct note_verifier verifier = {.verify = verify_spki};

struct signer {
	struct private_key *private;
	struct bytes spki;
	struct note_key key;
};
struct world {
	struct arena *arena;
	struct signer org, registrar, log;
	struct proof proof; /* complete and good */
	struct policy policy;
	struct proof_trust trust;
};

static struct signer signer_of(struct arena *arena, enum sign_algorithm algorithm, struct str name)
{
	struct signer s;
	assert_int_equal(private_key_generate(algorithm, &s.private), PROBLEM_NONE);
	s.spki = private_key_spki(arena, s.private);
	assert_true(note_key_from_spki(name, s.spki, &s.key));
	return s;
}

static struct str signed_by(struct arena *arena, struct str text, const struct signer *first,
			    const struct signer *second)
{
	const struct signer *signers[] = {first, second};
	struct note note = {.text = text};
	for (size_t i = 0; i < 2 && signers[i]; i++) {
		struct note_signature *s = &note.signatures[note.count++];
		s->name = signers[i]->key.name;
		s->id = signers[i]->key.id;
		assert_int_equal(sign(arena, signers[i]->private, str_bytes(text), &s->signature),
				 PROBLEM_NONE);
	}
	return note_print(arena, &note);
}

static struct statement key_statement(struct world *world, const struct signer *of)
{
	return (struct statement){.kind = STR("key"),
				  .log = STR(LOG_NAME),
				  .org = org,
				  .key = sha256_of(of->spki),
				  .seq = 1,
				  .at_s = 1795300000,
				  .vkey = note_key_print(world->arena, &of->key),
				  .use = STR("event"),
				  .custody = STR("service")};
}

static struct statement event_statement(struct world *world)
{
	return (struct statement){.kind = STR("event"),
				  .log = STR(LOG_NAME),
				  .org = org,
				  .key = sha256_of(world->org.spki),
				  .seq = 2,
				  .at_s = 1795300001,
				  .body = sha256_of(str_bytes(world->proof.manifest)),
				  .body_len = world->proof.manifest.len,
				  .media_type = MANIFEST_MEDIA_TYPE};
}

static struct str view_text(enum tier tier)
{
	return tier == TIER_FULL ? STR("{\"harvester\":\"李\"}") : STR("{\"type\":\"ObjectEvent\"}");
}

/* A log of three entries: the key, the statement, another. */
static void put_into_log(struct world *world)
{
	struct sha256 *leaves = arena_array(world->arena, struct sha256, 3);
	struct sha256 *path = arena_array(world->arena, struct sha256, 2);
	leaves[0] = merkle_leaf(str_bytes(world->proof.key.statement.note));
	leaves[1] = merkle_leaf(str_bytes(world->proof.statement));
	leaves[2] = merkle_leaf(str_bytes(STR("third")));
	path[0] = leaves[0];
	path[1] = leaves[2];
	struct sha256 root = merkle_root(leaves, 3);
	struct str encoded = base64_encode(world->arena, sha256_bytes(&root));
	struct str head = arena_printf(world->arena, LOG_NAME "\n3\n%.*s\n", STR_ARGS(encoded));
	world->proof.place.index = 1;
	world->proof.place.path = path;
	struct sha256 *key_path = arena_array(world->arena, struct sha256, 2);
	key_path[0] = leaves[1];
	key_path[1] = leaves[2];
	world->proof.key.statement.place = (struct proof_place){0, key_path, 2};
	world->proof.key.revocation.place.index = world->proof.erasure.place.index = -1;
	world->proof.place.path_count = 2;
	world->proof.checkpoint = signed_by(world->arena, head, &world->log, NULL);
}

static void make_statement(struct world *world, const struct statement *s)
{
	world->proof.statement = signed_by(world->arena, statement_print(world->arena, s), &world->org, NULL);
	put_into_log(world);
}

static int create(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	*state = world;
	struct arena *arena = world->arena = arena_create();
	world->org = signer_of(arena, SIGN_P256, statement_signer_name(arena, STR(LOG_NAME), org));
	world->registrar =
		signer_of(arena, SIGN_P256, statement_signer_name(arena, STR(LOG_NAME), registrar_org));
	world->log = signer_of(arena, SIGN_ED25519, STR(LOG_NAME));
	world->policy = policy_of_log(&world->log.key);
	world->trust = (struct proof_trust){&world->registrar.key, &world->policy};

	struct manifest_view views[TIER_COUNT];
	for (int i = 0; i < TIER_COUNT; i++)
		views[i] = (struct manifest_view){view_text((enum tier)i), STR("application/ld+json")};
	world->proof.manifest = manifest_build(arena, secret, views);
	world->proof.view = view_text(TIER_FARM);
	world->proof.salt = manifest_salt(secret, TIER_FARM);
	world->proof.key.spki = world->org.spki;
	struct statement key = key_statement(world, &world->org), event = event_statement(world);
	world->proof.key.statement.note =
		signed_by(arena, statement_print(arena, &key), &world->org, &world->registrar);
	make_statement(world, &event);
	return 0;
}

static int destroy(void **state)
{
	struct world *world = *state;
	private_key_destroy(world->org.private);
	private_key_destroy(world->registrar.private);
	private_key_destroy(world->log.private);
	arena_destroy(world->arena);
	free(world);
	return 0;
}

/* One letter a check, in order: p passed, f failed, s skipped, w pending, n noted, m missing. Checks that are not named
 * are like those of a good proof, or fail with the others. */
static void assert_report(struct world *world, const struct proof *proof, struct proof_trust trust,
			  const char *want)
{
	struct proof_report report = proof_verify(world->arena, proof, trust, verifier);
	char got[PROOF_CHECKS + 1] = {0};
	assert_int_equal(report.count, PROOF_CHECKS);
	for (size_t i = 0; i < report.count; i++) {
		got[i] = "pfswnm"[report.checks[i].finding];
		assert_non_null(report.checks[i].name);
		assert_true(report.checks[i].text[LANGUAGE_ZH].len > 0);
		assert_true(report.checks[i].text[LANGUAGE_EN].len > 0);
	}
	if (!strchr(want, 'f'))
		assert_null(strchr(got, 'f'));
	got[strlen(want)] = '\0';
	assert_string_equal(got, want);
	assert_int_equal(report.ok, strchr(want, 'f') == NULL);
	assert_int_equal(report.trusted, report.ok && trust.registrar);
}

static void a_whole_proof_passes_every_check(void **state)
{
	struct world *world = *state;
	assert_report(world, &world->proof, world->trust, "pppppppspppss");
	struct proof_report report = proof_verify(world->arena, &world->proof, world->trust, verifier);
	assert_int_equal(report.tier, TIER_FARM);
	assert_int_equal(report.verdict, PROOF_HOLDS);
}

static void without_trust_and_log_it_still_shows_that_it_agrees_with_itself(void **state)
{
	struct world *world = *state;
	struct proof proof = world->proof;
	proof.place.index = -1;
	proof.checkpoint = (struct str){0};
	proof.place.path_count = 0;
	assert_report(world, &proof, (struct proof_trust){0},
		      "ppppspp"
		      "sss");
	assert_report(world, &proof, world->trust,
		      "ppppppp"
		      "swww");
	assert_int_equal(proof_verify(world->arena, &proof, world->trust, verifier).verdict, PROOF_UNLOGGED);
}

static void every_view_proves_itself(void **state)
{
	struct world *world = *state;
	for (int i = 0; i < TIER_COUNT; i++) {
		struct proof proof = world->proof;
		proof.view = view_text((enum tier)i);
		proof.salt = manifest_salt(secret, (enum tier)i);
		struct proof_report report = proof_verify(world->arena, &proof, world->trust, verifier);
		assert_true(report.ok);
		assert_int_equal(report.tier, i);
	}
}

static void an_erased_view_is_skipped_and_the_rest_holds(void **state)
{
	struct world *world = *state;
	struct proof proof = world->proof;
	proof.view = (struct str){0};
	assert_report(world, &proof, world->trust, "ppppppsspp");
	assert_int_equal(proof_verify(world->arena, &proof, world->trust, verifier).tier, TIER_COUNT);
}

static void a_changed_view_or_salt_fails_the_view(void **state)
{
	struct world *world = *state;
	struct proof proof = world->proof;
	proof.view = STR("{\"type\":\"ObjectEvenT\"}");
	assert_report(world, &proof, world->trust, "ppppppfspp");
	proof = world->proof;
	proof.salt.octets[15] ^= 1;
	assert_report(world, &proof, world->trust, "ppppppfspp");
}

static void a_changed_manifest_fails_the_manifest(void **state)
{
	struct world *world = *state;
	struct proof proof = world->proof;
	struct manifest_view views[TIER_COUNT];
	for (int i = 0; i < TIER_COUNT; i++)
		views[i] = (struct manifest_view){STR("{\"other\":1}"), STR("application/ld+json")};
	proof.manifest = manifest_build(world->arena, secret, views);
	proof.view = STR("{\"other\":1}");
	assert_report(world, &proof, world->trust, "pppppfpspp");
	proof.manifest = (struct str){0};
	assert_report(world, &proof, world->trust, "pppppffspp");
}

static struct str replaced(struct arena *arena, struct str text, size_t at, char c)
{
	char *copy = arena_alloc(arena, text.len + 1);
	memcpy(copy, text.at, text.len);
	copy[at] = c;
	return (struct str){copy, text.len};
}

static void any_changed_octet_of_the_statement_is_found(void **state)
{
	struct world *world = *state;
	for (size_t i = 0; i < world->proof.statement.len; i++) {
		struct proof proof = world->proof;
		char other = proof.statement.at[i] == 'A' ? 'B' : 'A';
		proof.statement = replaced(world->arena, proof.statement, i, other);
		struct proof_report report = proof_verify(world->arena, &proof, world->trust, verifier);
		assert_false(report.ok);
	}
}

static void a_key_of_somebody_else_does_not_help(void **state)
{
	struct world *world = *state;
	struct proof proof = world->proof;
	proof.key.spki = world->registrar.spki;
	assert_report(world, &proof, world->trust,
		      "pffpppp"
		      "spp");

	/* the statement signed again with another key under the same name */
	struct statement s = event_statement(world);
	struct signer imposter = signer_of(world->arena, SIGN_P256, world->org.key.name);
	proof = world->proof;
	proof.statement = signed_by(world->arena, statement_print(world->arena, &s), &imposter, NULL);
	assert_report(world, &proof, world->trust,
		      "ppfpppp"
		      "sfp");
	proof.key.spki = imposter.spki;
	assert_report(world, &proof, world->trust,
		      "pfppppp"
		      "sfp");
	private_key_destroy(imposter.private);
}

static void a_key_statement_must_be_signed_by_its_key_and_by_the_registrar(void **state)
{
	struct world *world = *state;
	struct proof proof = world->proof;
	struct statement s = key_statement(world, &world->org);
	struct str text = statement_print(world->arena, &s);
	proof.key.statement.note = signed_by(world->arena, text, &world->org, NULL);
	assert_report(world, &proof, world->trust,
		      "ppppfpp"
		      "spp");
	proof.key.statement.note = signed_by(world->arena, text, &world->registrar, NULL);
	assert_report(world, &proof, world->trust,
		      "pppfppp"
		      "spp");
	s.org = registrar_org;
	proof.key.statement.note =
		signed_by(world->arena, statement_print(world->arena, &s), &world->org, &world->registrar);
	assert_report(world, &proof, world->trust,
		      "pppfppp"
		      "spp");
	proof.key.statement.note = world->proof.statement;
	assert_report(world, &proof, world->trust,
		      "pppffpp"
		      "spp");
	proof.key.statement.note = (struct str){0};
	assert_report(world, &proof, world->trust,
		      "pppffpp"
		      "spp");
}

static void an_unreadable_statement_fails_all_that_stands_on_it(void **state)
{
	struct world *world = *state;
	struct proof proof = world->proof;
	proof.statement = STR("nothing");
	assert_report(world, &proof, world->trust, "ffffpfpffp");
}

static void a_key_statement_proves_itself_without_a_body(void **state)
{
	struct world *world = *state;
	world->proof.statement = world->proof.key.statement.note;
	put_into_log(world);
	world->proof.manifest = world->proof.view = (struct str){0};
	assert_report(world, &world->proof, world->trust,
		      "ppppp"
		      "ssspp");
}

static void the_log_head_must_be_reached_and_be_the_logs(void **state)
{
	struct world *world = *state;
	struct proof proof = world->proof;
	proof.place.index = 2;
	assert_report(world, &proof, world->trust, "pppppppsfp");
	proof = world->proof;
	proof.place.path_count = 1;
	assert_report(world, &proof, world->trust, "pppppppsfp");
	proof = world->proof;
	proof.checkpoint = (struct str){0};
	assert_report(world, &proof, world->trust, "pppppppsfwf");

	struct note note;
	assert_true(note_parse(world->arena, world->proof.checkpoint, &note));
	proof.checkpoint = signed_by(world->arena, note.text, &world->org, NULL);
	assert_report(world, &proof, world->trust, "pppppppspf");
	/* a head of another log, though signed by ours */
	struct str foreign = arena_printf(world->arena, "x%.*s", STR_ARGS(note.text));
	proof.checkpoint = signed_by(world->arena, foreign, &world->log, NULL);
	assert_report(world, &proof, world->trust, "pppppppsff");
}

static void summed_up_links_travel_with_the_proof(void **state)
{
	struct world *world = *state;
	struct sha256 *links = arena_array(world->arena, struct sha256, 70);
	for (size_t i = 0; i < 70; i++)
		links[i] = sha256_of((struct bytes){(const uint8_t *)&i, sizeof i});
	struct statement s = event_statement(world);
	s.prevs = (struct statement_links){.count = 70, .hashes = links};
	make_statement(world, &s);
	assert_report(world, &world->proof, world->trust, "pppppppfpp");
	world->proof.prevs = statement_link_lines(world->arena, STR("prev"), links, 70);
	assert_report(world, &world->proof, world->trust, "pppppppppp");
	world->proof.prevs = statement_link_lines(world->arena, STR("prev"), links, 69);
	assert_report(world, &world->proof, world->trust, "pppppppfpp");
}

static enum proof_finding seen_finding(struct world *world, int64_t size)
{
	struct statement s = event_statement(world);
	s.has_seen = true;
	s.seen_size = size;
	make_statement(world, &s);
	struct proof_report report = proof_verify(world->arena, &world->proof, world->trust, verifier);
	for (size_t i = 0; i < report.count; i++)
		if (strcmp(report.checks[i].name, "seen") == 0) {
			assert_int_equal(report.ok, report.checks[i].finding == PROOF_PASSED);
			return report.checks[i].finding;
		}
	fail();
	return PROOF_FAILED;
}

static void a_head_that_was_seen_covers_only_what_came_before(void **state)
{
	struct world *world = *state;
	assert_int_equal(seen_finding(world, world->proof.place.index), PROOF_PASSED);
	assert_int_equal(seen_finding(world, world->proof.place.index + 1), PROOF_FAILED);
}

static struct str json_of(struct arena *arena, const struct proof *proof)
{
	struct buf out = buf_create(arena, 4096);
	struct json_writer writer = json_writer(&out);
	proof_write(&writer, proof);
	return buf_str(&out);
}

static void a_proof_survives_its_json(void **state)
{
	struct world *world = *state;
	struct proof again;
	struct fault fault;
	struct str json = json_of(world->arena, &world->proof);
	assert_int_equal(proof_parse(world->arena, json, &again, &fault), PROBLEM_NONE);
	assert_report(world, &again, world->trust, "pppppppspp");
	assert_true(str_equal(json_of(world->arena, &again), json));

	struct proof bare = world->proof;
	bare.view = bare.manifest = bare.checkpoint = (struct str){0};
	bare.place.index = -1;
	bare.place.path_count = 0;
	bare.prevs = STR("prev lines");
	json = json_of(world->arena, &bare);
	assert_int_equal(proof_parse(world->arena, json, &again, &fault), PROBLEM_NONE);
	assert_null(again.view.at);
	assert_null(again.checkpoint.at);
	assert_int_equal(again.place.index, -1);
	assert_true(str_equal(json_of(world->arena, &again), json));
}

static void what_is_not_a_proof_is_refused_with_its_place(void **state)
{
	struct world *world = *state;
	static const struct {
		const char *json;
		enum problem problem;
		const char *pointer;
	} cases[] = {
		{"{", PROBLEM_JSON_SYNTAX, NULL},
		{"[]", PROBLEM_FIELD_TYPE, ""},
		{"{}", PROBLEM_FIELD_MISSING, "/statement"},
		{"{\"statement\":null}", PROBLEM_FIELD_MISSING, "/statement"},
		{"{\"statement\":1}", PROBLEM_FIELD_TYPE, "/statement"},
		{"{\"statement\":\"s\",\"manifest\":[]}", PROBLEM_FIELD_TYPE, "/manifest"},
		{"{\"statement\":\"s\",\"view\":\"v\"}", PROBLEM_FIELD_MISSING, "/salt"},
		{"{\"statement\":\"s\",\"view\":\"v\",\"salt\":\"AAAA\"}", PROBLEM_FIELD_RANGE, "/salt"},
		{"{\"statement\":\"s\"}", PROBLEM_FIELD_MISSING, "/key/spki"},
		{"{\"statement\":\"s\",\"key\":{\"spki\":\"AAAA\"}}", PROBLEM_FIELD_MISSING,
		 "/key/statement"},
		{"{\"statement\":\"s\",\"key\":{\"spki\":\"A\",\"statement\":\"\"}}", PROBLEM_FIELD_RANGE,
		 "/key/spki"},
		{"{\"statement\":\"s\",\"key\":{\"spki\":\"AAAA\",\"statement\":\"\"},\"index\":-1}",
		 PROBLEM_FIELD_RANGE, "/index"},
		{"{\"statement\":\"s\",\"key\":{\"spki\":\"AAAA\",\"statement\":\"\"},\"index\":1.5}",
		 PROBLEM_FIELD_RANGE, "/index"},
		{"{\"statement\":\"s\",\"key\":{\"spki\":\"AAAA\",\"statement\":\"\"},\"path\":{}}",
		 PROBLEM_FIELD_TYPE, "/path"},
		{"{\"statement\":\"s\",\"key\":{\"spki\":\"AAAA\",\"statement\":\"\"},\"path\":[\"AAAA\"]}",
		 PROBLEM_FIELD_RANGE, "/path/0"},
		{"{\"statement\":\"s\",\"key\":{\"spki\":\"AAAA\",\"statement\":\"\"},\"path\":[1]}",
		 PROBLEM_FIELD_RANGE, "/path/0"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct proof proof;
		struct fault fault = {0};
		assert_int_equal(proof_parse(world->arena, str_of(cases[i].json), &proof, &fault),
				 cases[i].problem);
		if (cases[i].pointer)
			assert_string_equal(fault.pointer, cases[i].pointer);
	}
}

static void a_path_is_at_most_sixty_four_hashes(void **state)
{
	struct world *world = *state;
	struct proof proof = world->proof, again;
	struct fault fault;
	proof.place.path = arena_array(world->arena, struct sha256, 65);
	proof.place.path_count = 64;
	assert_int_equal(proof_parse(world->arena, json_of(world->arena, &proof), &again, &fault),
			 PROBLEM_NONE);
	proof.place.path_count = 65;
	assert_int_equal(proof_parse(world->arena, json_of(world->arena, &proof), &again, &fault),
			 PROBLEM_FIELD_RANGE);
}

static void checkpoints_have_three_lines_at_least(void **state)
{
	struct world *world = *state;
	struct checkpoint head;
#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	assert_true(checkpoint_parse(world->arena, STR("a.example\n0\n" ROOT "\n"), &head));
	assert_true(checkpoint_parse(world->arena, STR("a.example\n70000\n" ROOT "\nextension\n"), &head));
	assert_int_equal(head.size, 70000);
	assert_true(str_equal(head.origin, STR("a.example")));
	assert_false(checkpoint_parse(world->arena, STR("a.example\n0\n" ROOT), &head));
	assert_false(checkpoint_parse(world->arena, STR("a.example\n00\n" ROOT "\n"), &head));
	assert_false(checkpoint_parse(world->arena, STR("\n0\n" ROOT "\n"), &head));
	assert_false(checkpoint_parse(world->arena, STR("a.example\n0\n"), &head));
	assert_false(checkpoint_parse(world->arena, STR(""), &head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_whole_proof_passes_every_check, create, destroy),
		cmocka_unit_test_setup_teardown(
			without_trust_and_log_it_still_shows_that_it_agrees_with_itself, create, destroy),
		cmocka_unit_test_setup_teardown(every_view_proves_itself, create, destroy),
		cmocka_unit_test_setup_teardown(an_erased_view_is_skipped_and_the_rest_holds, create,
						destroy),
		cmocka_unit_test_setup_teardown(a_changed_view_or_salt_fails_the_view, create, destroy),
		cmocka_unit_test_setup_teardown(a_changed_manifest_fails_the_manifest, create, destroy),
		cmocka_unit_test_setup_teardown(any_changed_octet_of_the_statement_is_found, create, destroy),
		cmocka_unit_test_setup_teardown(a_key_of_somebody_else_does_not_help, create, destroy),
		cmocka_unit_test_setup_teardown(
			a_key_statement_must_be_signed_by_its_key_and_by_the_registrar, create, destroy),
		cmocka_unit_test_setup_teardown(an_unreadable_statement_fails_all_that_stands_on_it, create,
						destroy),
		cmocka_unit_test_setup_teardown(a_key_statement_proves_itself_without_a_body, create,
						destroy),
		cmocka_unit_test_setup_teardown(the_log_head_must_be_reached_and_be_the_logs, create,
						destroy),
		cmocka_unit_test_setup_teardown(summed_up_links_travel_with_the_proof, create, destroy),
		cmocka_unit_test_setup_teardown(a_head_that_was_seen_covers_only_what_came_before, create,
						destroy),
		cmocka_unit_test_setup_teardown(a_proof_survives_its_json, create, destroy),
		cmocka_unit_test_setup_teardown(what_is_not_a_proof_is_refused_with_its_place, create,
						destroy),
		cmocka_unit_test_setup_teardown(a_path_is_at_most_sixty_four_hashes, create, destroy),
		cmocka_unit_test_setup_teardown(checkpoints_have_three_lines_at_least, create, destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
