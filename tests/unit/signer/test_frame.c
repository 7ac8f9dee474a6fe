/* SPDX-License-Identifier: Apache-2.0
 * Frames read back as they were written, and nothing else reads at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include <cmocka.h>

#include "frame_priv.h"

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

static struct bytes payload_of(struct bytes frame, enum frame_type want)
{
	enum frame_type type;
	size_t len;
	assert_true(frame_parse_head(frame.at, &type, &len));
	assert_int_equal(type, want);
	assert_int_equal(len, frame.len - FRAME_HEAD_LEN);
	return (struct bytes){frame.at + FRAME_HEAD_LEN, len};
}

static struct frame_request sign_request(void)
{
	static struct frame_sign signs[2];
	signs[0] = (struct frame_sign){sha256_of(str_bytes(STR("a"))), STR("farmtrail/event@v1\n")};
	signs[1] = (struct frame_sign){sha256_of(str_bytes(STR("b"))), STR("")};
	return (struct frame_request){.type = FRAME_SIGN, .count = 2, .signs = signs};
}

static struct frame_request load_request(void)
{
	static struct signer_key loads[1];
	loads[0] = (struct signer_key){.org = {{1, 2}},
				       .fingerprint = sha256_of(str_bytes(STR("a"))),
				       .role = SIGNER_REGISTRAR,
				       .wrapped = str_bytes(STR("wrapped"))};
	return (struct frame_request){.type = FRAME_LOAD, .count = 1, .loads = loads};
}

static void requests_read_back(void **state)
{
	struct frame_request sign = sign_request(), load = load_request(), got;
	struct frame_request make = {.type = FRAME_GENERATE, .algorithm = SIGN_P256, .org = {{9}}};
	struct frame_request hello = {.type = FRAME_HELLO};

	assert_true(frame_parse_request(*state, FRAME_SIGN,
					payload_of(frame_print_request(*state, &sign), FRAME_SIGN), &got));
	assert_int_equal(got.count, 2);
	assert_true(str_equal(got.signs[0].text, sign.signs[0].text));
	assert_true(sha256_equal(got.signs[1].fingerprint, sign.signs[1].fingerprint));
	assert_int_equal(got.signs[1].text.len, 0);

	assert_true(frame_parse_request(*state, FRAME_LOAD,
					payload_of(frame_print_request(*state, &load), FRAME_LOAD), &got));
	assert_int_equal(got.count, 1);
	assert_int_equal(got.loads[0].role, SIGNER_REGISTRAR);
	assert_true(uuid_equal(got.loads[0].org, load.loads[0].org));
	assert_true(sha256_equal(got.loads[0].fingerprint, load.loads[0].fingerprint));
	assert_true(bytes_equal(got.loads[0].wrapped, load.loads[0].wrapped));

	assert_true(frame_parse_request(*state, FRAME_GENERATE,
					payload_of(frame_print_request(*state, &make), FRAME_GENERATE),
					&got));
	assert_int_equal(got.algorithm, SIGN_P256);
	assert_int_equal(got.role, SIGNER_PARTY);
	assert_true(uuid_equal(got.org, make.org));
	assert_true(frame_parse_request(*state, FRAME_HELLO,
					payload_of(frame_print_request(*state, &hello), FRAME_HELLO), &got));
}

static void replies_read_back(void **state)
{
	struct signer_result results[] = {{SIGNER_SIGNED, str_bytes(STR("signature"))},
					  {SIGNER_REFUSED, {0}}};
	struct frame_reply sign = {.type = FRAME_SIGN, .count = 2, .results = results}, got;
	struct frame_reply make = {.type = FRAME_GENERATE};
	make.key.spki = str_bytes(STR("spki"));
	make.key.wrapped = str_bytes(STR("wrapped"));
	assert_true(frame_parse_reply(*state, FRAME_SIGN,
				      payload_of(frame_print_reply(*state, &sign), FRAME_SIGN), &got));
	assert_int_equal(got.count, 2);
	assert_true(bytes_equal(got.results[0].signature, results[0].signature));
	assert_int_equal(got.results[1].verdict, SIGNER_REFUSED);
	assert_null(got.results[1].signature.at);
	assert_true(frame_parse_reply(*state, FRAME_GENERATE,
				      payload_of(frame_print_reply(*state, &make), FRAME_GENERATE), &got));
	assert_true(bytes_equal(got.key.spki, make.key.spki));
	assert_true(bytes_equal(got.key.wrapped, make.key.wrapped));
}

/* Cut short anywhere or with anything after it, no request is a request. */
static void truncated_and_padded_payloads_are_refused(void **state)
{
	struct frame_request requests[] = {
		sign_request(), load_request(), {.type = FRAME_GENERATE, .algorithm = SIGN_ED25519}};
	for (size_t i = 0; i < 3; i++) {
		struct frame_request got;
		struct bytes frame = frame_print_request(*state, &requests[i]);
		struct bytes payload = payload_of(frame, requests[i].type);
		for (size_t len = 0; len < payload.len; len++) {
			/* a copy of its own length, so that a sanitizer sees a read beyond it */
			uint8_t *copy = malloc(len + 1);
			memcpy(copy, payload.at, len);
			assert_false(frame_parse_request(*state, requests[i].type, (struct bytes){copy, len},
							 &got));
			free(copy);
		}
		uint8_t *longer = arena_alloc(*state, payload.len + 1);
		memcpy(longer, payload.at, payload.len);
		assert_false(frame_parse_request(*state, requests[i].type,
						 (struct bytes){longer, payload.len + 1}, &got));
	}
}

static void counts_and_lengths_beyond_the_limits_are_refused(void **state)
{
	struct frame_request got;
	struct frame_reply reply;
	static const uint8_t many[] = {0xff, 0xff}, more_than_there_is[] = {0, 200, 0, 0, 0};
	static uint8_t text[2 + 32 + 4 + SIGNER_MAX_TEXT_LEN + 1] = {0, 1};
	size_t len = SIGNER_MAX_TEXT_LEN + 1;
	text[2 + 32 + 2] = (uint8_t)(len >> 8);
	text[2 + 32 + 3] = (uint8_t)len;
	assert_false(frame_parse_request(*state, FRAME_SIGN, (struct bytes){text, sizeof text}, &got));
	assert_false(frame_parse_request(*state, FRAME_SIGN, (struct bytes){many, sizeof many}, &got));
	assert_false(frame_parse_request(*state, FRAME_LOAD, (struct bytes){more_than_there_is, 5}, &got));
	assert_false(frame_parse_reply(*state, FRAME_SIGN, (struct bytes){many, sizeof many}, &reply));
	static const uint8_t verdict_0[] = {0, 1, 0, 0, 0, 0, 0}, verdict_9[] = {0, 1, 9, 0, 0, 0, 0};
	assert_false(frame_parse_reply(*state, FRAME_SIGN, (struct bytes){verdict_0, 7}, &reply));
	assert_false(frame_parse_reply(*state, FRAME_SIGN, (struct bytes){verdict_9, 7}, &reply));
	static const uint8_t algorithm_3[18] = {3}, role_4[18] = {1, 4};
	assert_false(frame_parse_request(*state, FRAME_GENERATE, (struct bytes){algorithm_3, 18}, &got));
	assert_false(frame_parse_request(*state, FRAME_GENERATE, (struct bytes){role_4, 18}, &got));
	assert_false(frame_parse_request(*state, FRAME_FAULT, (struct bytes){0}, &got));
}

static void foreign_heads_are_refused(void **state)
{
	(void)state;
	enum frame_type type;
	size_t len;
	static const struct {
		uint8_t head[FRAME_HEAD_LEN];
		bool good;
	} heads[] = {
		{{0, 0, 0, 0, 1, FRAME_HELLO, 0, 0}, true},
		{{0, 0xfa, 0, 0, 1, FRAME_SIGN, 0, 0}, true},
		{{0xff, 0, 0, 0, 1, FRAME_SIGN, 0, 0}, false},
		{{0, 0, 0, 0, 2, FRAME_HELLO, 0, 0}, false},
		{{0, 0, 0, 0, 1, 0, 0, 0}, false},
		{{0, 0, 0, 0, 1, FRAME_LIST + 1, 0, 0}, false},
		{{0, 0, 0, 0, 1, FRAME_HELLO, 0, 1}, false},
	};
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
		assert_int_equal(frame_parse_head(heads[i].head, &type, &len), heads[i].good);
	uint8_t longest[FRAME_HEAD_LEN] = {FRAME_MAX_LEN >> 24,
					   FRAME_MAX_LEN >> 16 & 0xff,
					   FRAME_MAX_LEN >> 8 & 0xff,
					   FRAME_MAX_LEN & 0xff,
					   1,
					   FRAME_SIGN};
	assert_true(frame_parse_head(longest, &type, &len));
	assert_int_equal(len, FRAME_MAX_LEN);
	longest[3]++;
	assert_false(frame_parse_head(longest, &type, &len));
}

static void a_frame_crosses_a_socket_whole_or_not_at_all(void **state)
{
	int ends[2];
	enum frame_type type;
	struct bytes payload;
	struct frame_request request = sign_request();
	struct bytes frame = frame_print_request(*state, &request);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_true(frame_send(ends[0], frame));
	assert_int_equal(frame_receive(ends[1], *state, &type, &payload), FRAME_WHOLE);
	assert_int_equal(type, FRAME_SIGN);
	assert_memory_equal(payload.at, frame.at + FRAME_HEAD_LEN, payload.len);

	assert_true(frame_send(ends[0], (struct bytes){frame.at, frame.len - 1}));
	shutdown(ends[0], SHUT_WR);
	assert_int_equal(frame_receive(ends[1], *state, &type, &payload), FRAME_GONE);
	assert_int_equal(frame_receive(ends[1], *state, &type, &payload), FRAME_GONE);
	close(ends[1]);
	/* no SIGPIPE */
	assert_false(frame_send(ends[0], frame));
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(requests_read_back, create, destroy),
		cmocka_unit_test_setup_teardown(replies_read_back, create, destroy),
		cmocka_unit_test_setup_teardown(truncated_and_padded_payloads_are_refused, create, destroy),
		cmocka_unit_test_setup_teardown(counts_and_lengths_beyond_the_limits_are_refused, create,
						destroy),
		cmocka_unit_test_setup_teardown(foreign_heads_are_refused, create, destroy),
		cmocka_unit_test_setup_teardown(a_frame_crosses_a_socket_whole_or_not_at_all, create,
						destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
