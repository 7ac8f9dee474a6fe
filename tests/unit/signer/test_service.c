/* SPDX-License-Identifier: Apache-2.0
 * What the signing side signs, what it refuses, and how it takes frames that are none. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include <cmocka.h>

#include "ft/core/note.h"
#include "ft/core/proof.h"
#include "ft/core/statement.h"
#include "service_priv.h"

static const uint8_t kek[KEK_LEN] = {1, 2, 3}, other_kek[KEK_LEN] = {3, 2, 1};
static const struct uuid org = {{7}}, other_org = {{8}};

struct world {
	struct arena *arena;
	struct service *service;
};

static int create(void **state)
{
	struct world *world = malloc(sizeof *world);
	world->arena = arena_create();
	world->service = service_create(kek);
	*state = world;
	return 0;
}

static int destroy(void **state)
{
	struct world *world = *state;
	service_destroy(world->service);
	arena_destroy(world->arena);
	free(world);
	return 0;
}

static struct frame_reply ask(struct world *world, const struct frame_request *request)
{
	struct frame_reply reply;
	enum frame_type type;
	size_t len;
	struct bytes frame = frame_print_request(world->arena, request);
	struct bytes payload = {frame.at + FRAME_HEAD_LEN, frame.len - FRAME_HEAD_LEN};
	struct bytes answer = service_answer(world->service, world->arena, request->type, payload);
	assert_true(frame_parse_head(answer.at, &type, &len));
	assert_true(frame_parse_reply(world->arena, type, (struct bytes){answer.at + FRAME_HEAD_LEN, len},
				      &reply));
	return reply;
}

static struct signer_key generate(struct world *world, enum sign_algorithm algorithm, enum signer_role role)
{
	struct frame_request request = {
		.type = FRAME_GENERATE, .algorithm = algorithm, .role = role, .org = org};
	struct signer_key key = ask(world, &request).key;
	key.org = org;
	key.role = role;
	assert_true(sha256_equal(key.fingerprint, sha256_of(key.spki)));
	return key;
}

static struct signer_result sign_text(struct world *world, struct sha256 fingerprint, struct str text)
{
	struct frame_sign sign = {fingerprint, text};
	struct frame_reply reply =
		ask(world, &(struct frame_request){.type = FRAME_SIGN, .count = 1, .signs = &sign});
	assert_int_equal(reply.count, 1);
	return reply.results[0];
}

static enum signer_verdict load(struct world *world, struct signer_key key)
{
	struct frame_reply reply =
		ask(world, &(struct frame_request){.type = FRAME_LOAD, .count = 1, .loads = &key});
	assert_int_equal(reply.count, 1);
	return reply.results[0].verdict;
}

static void forget_everything(struct world *world, const uint8_t with[KEK_LEN])
{
	service_destroy(world->service);
	world->service = service_create(with);
}

static struct str event_of(struct world *world, struct sha256 fingerprint)
{
	struct statement s = {.kind = STR("event"),
			      .log = STR("farm.example"),
			      .org = org,
			      .key = fingerprint,
			      .seq = 1,
			      .media_type = STR("text/plain")};
	return statement_print(world->arena, &s);
}

static struct str key_statement_of(struct world *world, const struct signer_key *key)
{
	struct note_key vkey;
	struct str name = statement_signer_name(world->arena, STR("farm.example"), org);
	assert_true(note_key_from_spki(name, key->spki, &vkey));
	struct statement s = {.kind = STR("key"),
			      .log = STR("farm.example"),
			      .org = org,
			      .key = key->fingerprint,
			      .vkey = note_key_print(world->arena, &vkey),
			      .use = STR("event"),
			      .custody = STR("service")};
	return statement_print(world->arena, &s);
}

static void a_new_key_signs_its_own_statements(void **state)
{
	struct world *world = *state;
	static const enum sign_algorithm algorithms[] = {SIGN_ED25519, SIGN_P256};
	for (size_t i = 0; i < 2; i++) {
		struct signer_key key = generate(world, algorithms[i], SIGNER_PARTY);
		struct str texts[] = {event_of(world, key.fingerprint), key_statement_of(world, &key)};
		for (size_t k = 0; k < 2; k++) {
			struct signer_result result = sign_text(world, key.fingerprint, texts[k]);
			assert_int_equal(result.verdict, SIGNER_SIGNED);
			assert_true(verify_spki(NULL, key.spki, str_bytes(texts[k]), result.signature));
		}
	}
}

static void anything_that_is_not_its_own_statement_is_refused(void **state)
{
	struct world *world = *state;
	struct signer_key key = generate(world, SIGN_P256, SIGNER_PARTY),
			  other = generate(world, SIGN_P256, SIGNER_PARTY);
	struct str event = event_of(world, key.fingerprint);
	struct str texts[] = {
		event_of(world, other.fingerprint),
		key_statement_of(world, &other),
		STR(""),
		STR("farm.example\n70000\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"), /* a log head */
		arena_printf(world->arena, "%.*s\n", STR_ARGS(event)),
		arena_printf(world->arena, "x%.*s", STR_ARGS(event)),
		{event.at, event.len - 1},
	};
	assert_int_equal(sign_text(world, key.fingerprint, event).verdict, SIGNER_SIGNED);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct signer_result result = sign_text(world, key.fingerprint, texts[i]);
		assert_int_equal(result.verdict, SIGNER_REFUSED);
		assert_null(result.signature.at);
	}
}

static void nothing_is_wrapped_anew_without_a_next_key(void **state)
{
	struct world *world = *state;
	struct signer_key key = generate(world, SIGN_P256, SIGNER_PARTY);
	struct frame_reply reply =
		ask(world, &(struct frame_request){.type = FRAME_REWRAP, .count = 1, .loads = &key});
	assert_int_equal(reply.count, 1);
	assert_int_equal(reply.results[0].verdict, SIGNER_REFUSED);
	assert_null(reply.results[0].signature.at);
}

static void the_registrar_vouches_for_keys_and_for_nothing_else(void **state)
{
	struct world *world = *state;
	struct signer_key registrar = generate(world, SIGN_P256, SIGNER_REGISTRAR),
			  key = generate(world, SIGN_ED25519, SIGNER_PARTY);
	struct str statement = key_statement_of(world, &key);
	struct signer_result result = sign_text(world, registrar.fingerprint, statement);
	assert_int_equal(result.verdict, SIGNER_SIGNED);
	assert_true(verify_spki(NULL, registrar.spki, str_bytes(statement), result.signature));
	assert_int_equal(sign_text(world, registrar.fingerprint, event_of(world, key.fingerprint)).verdict,
			 SIGNER_REFUSED);
	assert_int_equal(
		sign_text(world, registrar.fingerprint, event_of(world, registrar.fingerprint)).verdict,
		SIGNER_SIGNED);
}

static struct str endorsement_of(struct world *world, const struct signer_key *key)
{
	const struct sha256 stated = {{7}};
	const struct statement s = {.kind = STR("endorse"),
				    .log = STR("farm.example"),
				    .org = key->org,
				    .key = key->fingerprint,
				    .seq = 7,
				    .prevs = {.count = 1, .hashes = &stated},
				    .entry = 3,
				    .view = STR("full"),
				    .says = STR("agrees")};
	return statement_print(world->arena, &s);
}

static void an_inspectors_key_endorses_and_no_other_does(void **state)
{
	struct world *world = *state;
	static const enum signer_role roles[] = {SIGNER_PARTY, SIGNER_REGISTRAR, SIGNER_INSPECTOR};
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
		struct signer_key key = generate(world, SIGN_P256, roles[i]);
		bool inspects = roles[i] == SIGNER_INSPECTOR;
		assert_int_equal(sign_text(world, key.fingerprint, endorsement_of(world, &key)).verdict,
				 inspects ? SIGNER_SIGNED : SIGNER_REFUSED);
		assert_int_equal(sign_text(world, key.fingerprint, event_of(world, key.fingerprint)).verdict,
				 inspects ? SIGNER_REFUSED : SIGNER_SIGNED);
		assert_int_equal(sign_text(world, key.fingerprint, key_statement_of(world, &key)).verdict,
				 SIGNER_SIGNED);
	}
}

/* The next key of its own organisation is all that a key says of another. */
static void a_key_hands_over_to_its_successor(void **state)
{
	struct world *world = *state;
	struct signer_key old = generate(world, SIGN_P256, SIGNER_PARTY),
			  log = generate(world, SIGN_ED25519, SIGNER_LOG),
			  next = generate(world, SIGN_P256, SIGNER_PARTY);
	struct statement s;
	assert_true(statement_parse(world->arena, key_statement_of(world, &next), &s));
	assert_int_equal(sign_text(world, old.fingerprint, statement_print(world->arena, &s)).verdict,
			 SIGNER_REFUSED);
	s.has_predecessor = true;
	s.predecessor = old.fingerprint;
	assert_int_equal(sign_text(world, old.fingerprint, statement_print(world->arena, &s)).verdict,
			 SIGNER_SIGNED);
	s.org.octets[0] ^= 1;
	assert_int_equal(sign_text(world, old.fingerprint, statement_print(world->arena, &s)).verdict,
			 SIGNER_REFUSED);
	s.org.octets[0] ^= 1;
	s.use = STR("log");
	assert_int_equal(sign_text(world, old.fingerprint, statement_print(world->arena, &s)).verdict,
			 SIGNER_REFUSED);
	s.predecessor = log.fingerprint;
	assert_int_equal(sign_text(world, log.fingerprint, statement_print(world->arena, &s)).verdict,
			 SIGNER_SIGNED);
	s.use = STR("event");
	assert_int_equal(sign_text(world, log.fingerprint, statement_print(world->arena, &s)).verdict,
			 SIGNER_REFUSED);
	assert_int_equal(sign_text(world, old.fingerprint, statement_print(world->arena, &s)).verdict,
			 SIGNER_REFUSED);
}

static struct str head_of(struct world *world, int64_t size, const char *root_of)
{
	const struct checkpoint head = {STR("farm.example"), size, sha256_of(str_bytes(str_of(root_of)))};
	return checkpoint_print(world->arena, &head);
}

static void the_log_key_signs_heads_that_grow_and_its_own_enrolment(void **state)
{
	struct world *world = *state;
	struct signer_key log = generate(world, SIGN_ED25519, SIGNER_LOG),
			  party = generate(world, SIGN_P256, SIGNER_PARTY);
	struct str head = head_of(world, 5, "five");
	struct signer_result result = sign_text(world, log.fingerprint, head);
	assert_int_equal(result.verdict, SIGNER_SIGNED);
	assert_true(verify_spki(NULL, log.spki, str_bytes(head), result.signature));
	const struct {
		struct str text;
		enum signer_verdict verdict;
	} cases[] = {
		{head, SIGNER_SIGNED}, /* the newest once more */
		{head_of(world, 5, "another five"), SIGNER_REFUSED},
		{head_of(world, 4, "four"), SIGNER_REFUSED},
		{arena_printf(world->arena, "%.*sextension\n", STR_ARGS(head_of(world, 6, "six"))),
		 SIGNER_REFUSED},
		{head_of(world, 6, "six"), SIGNER_SIGNED},
		{key_statement_of(world, &log), SIGNER_SIGNED},
		{key_statement_of(world, &party), SIGNER_REFUSED},
		{event_of(world, log.fingerprint), SIGNER_REFUSED},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(sign_text(world, log.fingerprint, cases[i].text).verdict, cases[i].verdict);
	assert_int_equal(sign_text(world, party.fingerprint, head_of(world, 7, "seven")).verdict,
			 SIGNER_REFUSED);
}

/* Of the two lines under a head: neither signs a second root. */
static void both_keys_of_a_log_sign_the_same_heads(void **state)
{
	struct world *world = *state;
	struct signer_key ed25519 = generate(world, SIGN_ED25519, SIGNER_LOG),
			  sm2 = generate(world, SIGN_SM2, SIGNER_LOG);
	struct str head = head_of(world, 5, "five"), other = head_of(world, 5, "another five");
	assert_int_equal(sign_text(world, ed25519.fingerprint, head).verdict, SIGNER_SIGNED);
	struct signer_result result = sign_text(world, sm2.fingerprint, head);
	assert_int_equal(result.verdict, SIGNER_SIGNED);
	assert_true(verify_spki(NULL, sm2.spki, str_bytes(head), result.signature));
	assert_int_equal(sign_text(world, sm2.fingerprint, other).verdict, SIGNER_REFUSED);
	assert_int_equal(sign_text(world, sm2.fingerprint, head_of(world, 6, "six")).verdict, SIGNER_SIGNED);
	assert_int_equal(sign_text(world, ed25519.fingerprint, head_of(world, 6, "another six")).verdict,
			 SIGNER_REFUSED);
	assert_int_equal(sign_text(world, sm2.fingerprint, event_of(world, sm2.fingerprint)).verdict,
			 SIGNER_REFUSED);
	assert_int_equal(sign_text(world, sm2.fingerprint, key_statement_of(world, &sm2)).verdict,
			 SIGNER_SIGNED);
}

/* Of another log of the origin heads begin anew, and then none of the one before is signed. */
static void heads_of_the_next_log_may_be_smaller(void **state)
{
	struct world *world = *state;
	struct signer_key log = generate(world, SIGN_ED25519, SIGNER_LOG);
	const struct {
		const char *head;
		enum signer_verdict verdict;
	} cases[] = {
		{"farm.example\n9\n", SIGNER_SIGNED},    {"farm.example/2\n7\n", SIGNER_SIGNED},
		{"farm.example\n9\n", SIGNER_REFUSED},   {"farm.example\n12\n", SIGNER_REFUSED},
		{"farm.example/2\n6\n", SIGNER_REFUSED}, {"farm.example/2\n8\n", SIGNER_SIGNED},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str head = arena_printf(
			world->arena, "%s47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", cases[i].head);
		assert_int_equal(sign_text(world, log.fingerprint, head).verdict, cases[i].verdict);
	}
}

static struct str origin_of(struct world *world, const struct signer_key *by, const struct signer_key *log)
{
	struct note_key vkey;
	struct note head = {.text = head_of(world, 5, "five"), .count = 1};
	head.signatures[0] = (struct note_signature){STR("farm.example"), 1, str_bytes(STR("x"))};
	assert_true(note_key_from_spki(STR("farm.example/2"), log->spki, &vkey));
	const struct statement s = {.kind = STR("origin"),
				    .log = STR("farm.example"),
				    .org = by->org,
				    .key = by->fingerprint,
				    .seq = 7,
				    .reason = STR("compromise"),
				    .vkey = note_key_print(world->arena, &vkey),
				    .head = note_print(world->arena, &head)};
	return statement_print(world->arena, &s);
}

static void a_log_key_says_that_its_own_log_goes_on_and_no_other(void **state)
{
	struct world *world = *state;
	struct signer_key log = generate(world, SIGN_ED25519, SIGNER_LOG),
			  other = generate(world, SIGN_ED25519, SIGNER_LOG),
			  registrar = generate(world, SIGN_P256, SIGNER_REGISTRAR),
			  party = generate(world, SIGN_P256, SIGNER_PARTY);
	struct str text = origin_of(world, &registrar, &log);
	assert_int_equal(sign_text(world, log.fingerprint, text).verdict, SIGNER_SIGNED);
	assert_int_equal(sign_text(world, registrar.fingerprint, text).verdict, SIGNER_SIGNED);
	assert_int_equal(sign_text(world, other.fingerprint, text).verdict, SIGNER_REFUSED);
	assert_int_equal(sign_text(world, party.fingerprint, text).verdict, SIGNER_REFUSED);
}

static void a_wrapped_key_works_in_the_next_process(void **state)
{
	struct world *world = *state;
	struct signer_key key = generate(world, SIGN_P256, SIGNER_PARTY);
	struct str event = event_of(world, key.fingerprint);
	forget_everything(world, kek);
	assert_int_equal(sign_text(world, key.fingerprint, event).verdict, SIGNER_UNKNOWN_KEY);
	assert_int_equal(load(world, key), SIGNER_SIGNED);
	struct signer_result result = sign_text(world, key.fingerprint, event);
	assert_int_equal(result.verdict, SIGNER_SIGNED);
	assert_true(verify_spki(NULL, key.spki, str_bytes(event), result.signature));
}

static void a_wrapping_opens_nowhere_else(void **state)
{
	struct world *world = *state;
	struct signer_key key = generate(world, SIGN_P256, SIGNER_PARTY), changed;
	forget_everything(world, other_kek);
	assert_int_equal(load(world, key), SIGNER_UNKNOWN_KEY);
	forget_everything(world, kek);
	changed = key;
	changed.org = other_org;
	assert_int_equal(load(world, changed), SIGNER_UNKNOWN_KEY);
	changed = key;
	changed.role = SIGNER_REGISTRAR;
	assert_int_equal(load(world, changed), SIGNER_UNKNOWN_KEY);
	changed = key;
	changed.fingerprint.octets[0] ^= 1;
	assert_int_equal(load(world, changed), SIGNER_UNKNOWN_KEY);
	changed = key;
	changed.wrapped.len--;
	assert_int_equal(load(world, changed), SIGNER_UNKNOWN_KEY);
	assert_int_equal(sign_text(world, key.fingerprint, event_of(world, key.fingerprint)).verdict,
			 SIGNER_UNKNOWN_KEY);
	assert_int_equal(load(world, key), SIGNER_SIGNED);
}

static void a_wrapping_shows_nothing_of_the_key(void **state)
{
	struct world *world = *state;
	struct signer_key key = generate(world, SIGN_ED25519, SIGNER_PARTY);
	assert_int_equal(key.wrapped.len, 12 + 33 + 16);
	assert_true(key.wrapped.len <= FRAME_MAX_WRAPPED_LEN);
	assert_true(key.spki.len <= FRAME_MAX_SPKI_LEN);
	struct signer_key again = generate(world, SIGN_ED25519, SIGNER_PARTY);
	assert_memory_not_equal(key.wrapped.at, again.wrapped.at, key.wrapped.len);
}

static void a_malformed_payload_is_answered_with_a_fault(void **state)
{
	struct world *world = *state;
	enum frame_type type;
	size_t len;
	struct bytes answer =
		service_answer(world->service, world->arena, FRAME_SIGN, str_bytes(STR("\x03\xe9too short")));
	assert_true(frame_parse_head(answer.at, &type, &len));
	assert_int_equal(type, FRAME_FAULT);
	assert_int_equal(len, 0);
}

struct conversation {
	struct service *service;
	int socket;
};

static void *run(void *context)
{
	struct conversation *conversation = context;
	bool ended = service_run(conversation->service, conversation->socket, SIGNER_MAX_RATE);
	close(conversation->socket);
	return (void *)(uintptr_t)ended;
}

/* Sends `octets`, hangs up, and gives whether the service took it for the end of a conversation in its own protocol. */
static bool ends_well(struct world *world, struct bytes octets)
{
	int ends[2];
	pthread_t thread;
	void *ended;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	struct conversation conversation = {world->service, ends[1]};
	assert_int_equal(pthread_create(&thread, NULL, run, &conversation), 0);
	frame_send(ends[0], octets);
	shutdown(ends[0], SHUT_WR);
	assert_int_equal(pthread_join(thread, &ended), 0);
	close(ends[0]);
	return ended;
}

static void it_ends_at_end_of_file_and_at_a_foreign_frame(void **state)
{
	struct world *world = *state;
	struct frame_request hello = {.type = FRAME_HELLO};
	struct bytes whole = frame_print_request(world->arena, &hello);
	static const uint8_t oversized[] = {0x7f, 0xff, 0xff, 0xff, 1, FRAME_SIGN, 0, 0};
	static const uint8_t truncated[] = {0, 0, 4, 0, 1, FRAME_SIGN, 0, 0, 0, 1, 2};
	assert_true(ends_well(world, (struct bytes){0}));
	assert_true(ends_well(world, whole));
	assert_true(ends_well(world, (struct bytes){whole.at, 3}));
	assert_true(ends_well(world, (struct bytes){truncated, sizeof truncated}));
	assert_false(ends_well(world, (struct bytes){oversized, sizeof oversized}));
	assert_false(ends_well(world, str_bytes(STR("GET / HTTP/1.1\r\n\r\n"))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_new_key_signs_its_own_statements, create, destroy),
		cmocka_unit_test_setup_teardown(anything_that_is_not_its_own_statement_is_refused, create,
						destroy),
		cmocka_unit_test_setup_teardown(an_inspectors_key_endorses_and_no_other_does, create,
						destroy),
		cmocka_unit_test_setup_teardown(a_key_hands_over_to_its_successor, create, destroy),
		cmocka_unit_test_setup_teardown(nothing_is_wrapped_anew_without_a_next_key, create, destroy),
		cmocka_unit_test_setup_teardown(the_registrar_vouches_for_keys_and_for_nothing_else, create,
						destroy),
		cmocka_unit_test_setup_teardown(the_log_key_signs_heads_that_grow_and_its_own_enrolment,
						create, destroy),
		cmocka_unit_test_setup_teardown(both_keys_of_a_log_sign_the_same_heads, create, destroy),
		cmocka_unit_test_setup_teardown(heads_of_the_next_log_may_be_smaller, create, destroy),
		cmocka_unit_test_setup_teardown(a_log_key_says_that_its_own_log_goes_on_and_no_other, create,
						destroy),
		cmocka_unit_test_setup_teardown(a_wrapped_key_works_in_the_next_process, create, destroy),
		cmocka_unit_test_setup_teardown(a_wrapping_opens_nowhere_else, create, destroy),
		cmocka_unit_test_setup_teardown(a_wrapping_shows_nothing_of_the_key, create, destroy),
		cmocka_unit_test_setup_teardown(a_malformed_payload_is_answered_with_a_fault, create,
						destroy),
		cmocka_unit_test_setup_teardown(it_ends_at_end_of_file_and_at_a_foreign_frame, create,
						destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
