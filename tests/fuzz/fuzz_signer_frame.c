/* SPDX-License-Identifier: Apache-2.0
 * The signer's frames, as both sides read them. The first octet chooses the type, the rest is the payload; the same
 * octets also go through the signing side itself. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "service_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bytes payload_of(struct bytes frame)
{
	enum frame_type type;
	size_t len;
	assert(frame_parse_head(frame.at, &type, &len) && len == frame.len - FRAME_HEAD_LEN);
	return (struct bytes){frame.at + FRAME_HEAD_LEN, len};
}

static void check_service(struct arena *arena, enum frame_type type, struct bytes payload)
{
	static const uint8_t kek[KEK_LEN] = {1};
	struct service *service = service_create(kek);
	struct frame_reply reply;
	struct bytes answer = service_answer(service, arena, type, payload);
	enum frame_type answered;
	size_t len;
	assert(frame_parse_head(answer.at, &answered, &len));
	assert(frame_parse_reply(arena, answered, payload_of(answer), &reply));
	service_destroy(service);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct frame_request request;
	struct frame_reply reply;
	enum frame_type type;
	size_t len;
	if (size >= FRAME_HEAD_LEN)
		(void)frame_parse_head(data, &type, &len);
	if (size > 0) {
		struct bytes payload = {data + 1, size - 1};
		type = (enum frame_type)(FRAME_HELLO + data[0] % FRAME_LIST);
		if (frame_parse_request(arena, type, payload, &request))
			assert(bytes_equal(payload_of(frame_print_request(arena, &request)), payload));
		if (frame_parse_reply(arena, type, payload, &reply))
			assert(bytes_equal(payload_of(frame_print_reply(arena, &reply)), payload));
		check_service(arena, type, payload);
	}
	arena_destroy(arena);
	return 0;
}
