/* SPDX-License-Identifier: Apache-2.0
 * Frames between server and signer: writing, strict reading, and moving them over a socket. */
#include "frame_priv.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <sys/socket.h>

static void put_number(struct buf *out, size_t value, size_t octets)
{
	while (octets-- > 0)
		buf_put_char(out, (char)(value >> octets * 8 & 0xff));
}

static void put_octets(struct buf *out, struct bytes octets)
{
	put_number(out, octets.len, 4);
	buf_put_bytes(out, octets.at, octets.len);
}

static struct buf begin(struct arena *arena, enum frame_type type, size_t expected_len)
{
	struct buf out = buf_create(arena, FRAME_HEAD_LEN + expected_len);
	put_number(&out, 0, 4); /* the length, set when it is known */
	put_number(&out, FRAME_VERSION, 1);
	put_number(&out, type, 1);
	put_number(&out, 0, 2);
	return out;
}

static struct bytes end(struct buf *out)
{
	size_t len = out->len - FRAME_HEAD_LEN;
	assert(len <= FRAME_MAX_LEN);
	for (int i = 0; i < 4; i++)
		out->at[i] = (char)(len >> (3 - i) * 8 & 0xff);
	return str_bytes(buf_str(out));
}

static size_t request_len(const struct frame_request *request)
{
	size_t len = 32;
	for (size_t i = 0; i < request->count; i++)
		len += 64 + (request->signs ? request->signs[i].text.len : FRAME_MAX_WRAPPED_LEN);
	return len;
}

struct bytes frame_print_request(struct arena *arena, const struct frame_request *request)
{
	assert(request->count <= SIGNER_MAX_BATCH);
	struct buf out = begin(arena, request->type, request_len(request));
	if (request->type == FRAME_GENERATE) {
		put_number(&out, request->algorithm, 1);
		put_number(&out, request->role, 1);
		buf_put_bytes(&out, request->org.octets, sizeof request->org.octets);
	}
	bool has_loads = request->type == FRAME_LOAD || request->type == FRAME_REWRAP;
	if (has_loads || request->type == FRAME_SIGN)
		put_number(&out, request->count, 2);
	for (size_t i = 0; has_loads && i < request->count; i++) {
		const struct signer_key *key = &request->loads[i];
		put_number(&out, key->role, 1);
		buf_put_bytes(&out, key->org.octets, sizeof key->org.octets);
		buf_put_bytes(&out, key->fingerprint.octets, sizeof key->fingerprint.octets);
		put_octets(&out, key->wrapped);
	}
	for (size_t i = 0; request->type == FRAME_SIGN && i < request->count; i++) {
		const struct frame_sign *sign = &request->signs[i];
		buf_put_bytes(&out, sign->fingerprint.octets, sizeof sign->fingerprint.octets);
		put_octets(&out, str_bytes(sign->text));
	}
	return end(&out);
}

struct bytes frame_print_reply(struct arena *arena, const struct frame_reply *reply)
{
	struct buf out = begin(arena, reply->type, 256 + reply->count * 80);
	if (reply->type == FRAME_GENERATE) {
		buf_put_bytes(&out, reply->key.fingerprint.octets, sizeof reply->key.fingerprint.octets);
		put_octets(&out, reply->key.spki);
		put_octets(&out, reply->key.wrapped);
	}
	if (reply->type == FRAME_LOAD || reply->type == FRAME_SIGN || reply->type == FRAME_REWRAP ||
	    reply->type == FRAME_LIST)
		put_number(&out, reply->count, 2);
	for (size_t i = 0; i < reply->count; i++) {
		put_number(&out, reply->results[i].verdict, 1);
		put_octets(&out, reply->results[i].signature);
	}
	return end(&out);
}

/* A cursor that remembers the first thing missing, so that a form is read straight through and judged once. */
struct cursor {
	struct bytes rest;
	bool failed;
};

/* After a failure: zeros, enough for every fixed part; who takes more than a hash looks at `failed` before reading. */
static const uint8_t *take(struct cursor *cursor, size_t len)
{
	static const uint8_t nothing[sizeof(struct sha256)];
	if (cursor->failed || cursor->rest.len < len) {
		cursor->failed = true;
		return nothing;
	}
	const uint8_t *at = cursor->rest.at;
	cursor->rest = (struct bytes){at + len, cursor->rest.len - len};
	return at;
}

static size_t take_number(struct cursor *cursor, size_t octets)
{
	const uint8_t *at = take(cursor, octets);
	size_t value = 0;
	for (size_t i = 0; i < octets; i++)
		value = value << 8 | at[i];
	return value;
}

static enum signer_role take_role(struct cursor *cursor)
{
	size_t value = take_number(cursor, 1);
	cursor->failed |= value >= SIGNER_ROLES;
	return value < SIGNER_ROLES ? (enum signer_role)value : SIGNER_PARTY;
}

static struct uuid take_uuid(struct cursor *cursor)
{
	struct uuid id;
	memcpy(id.octets, take(cursor, sizeof id.octets), sizeof id.octets);
	return id;
}

static struct sha256 take_hash(struct cursor *cursor)
{
	struct sha256 hash;
	memcpy(hash.octets, take(cursor, sizeof hash.octets), sizeof hash.octets);
	return hash;
}

static struct bytes take_octets(struct cursor *cursor, size_t max_len)
{
	size_t len = take_number(cursor, 4);
	if (len > max_len)
		cursor->failed = true;
	const uint8_t *at = take(cursor, len);
	if (cursor->failed || len == 0)
		return (struct bytes){0};
	return (struct bytes){at, len};
}

/* Each item has at least `least` octets: a count that cannot be true allocates nothing. */
static size_t take_count(struct cursor *cursor, size_t least)
{
	size_t count = take_number(cursor, 2);
	if (count > SIGNER_MAX_BATCH || count * least > cursor->rest.len)
		cursor->failed = true;
	return cursor->failed ? 0 : count;
}

static bool is_complete(const struct cursor *cursor)
{
	return !cursor->failed && cursor->rest.len == 0;
}

bool frame_parse_head(const uint8_t head[FRAME_HEAD_LEN], enum frame_type *ret_type, size_t *ret_len)
{
	struct cursor cursor = {.rest = {head, FRAME_HEAD_LEN}};
	size_t len = take_number(&cursor, 4), version = take_number(&cursor, 1),
	       type = take_number(&cursor, 1);
	if (len > FRAME_MAX_LEN || version != FRAME_VERSION || type < FRAME_HELLO || type > FRAME_LIST ||
	    take_number(&cursor, 2) != 0)
		return false;
	*ret_type = (enum frame_type)type;
	*ret_len = len;
	return true;
}

static void take_loads(struct arena *arena, struct cursor *cursor, struct frame_request *request)
{
	request->count = take_count(cursor, 1 + 16 + 32 + 4);
	request->loads = arena_array(arena, struct signer_key, request->count);
	for (size_t i = 0; i < request->count; i++) {
		struct signer_key *key = &request->loads[i];
		key->role = take_role(cursor);
		key->org = take_uuid(cursor);
		key->fingerprint = take_hash(cursor);
		key->wrapped = take_octets(cursor, FRAME_MAX_WRAPPED_LEN);
	}
}

static void take_signs(struct arena *arena, struct cursor *cursor, struct frame_request *request)
{
	request->count = take_count(cursor, 32 + 4);
	request->signs = arena_array(arena, struct frame_sign, request->count);
	for (size_t i = 0; i < request->count; i++) {
		request->signs[i].fingerprint = take_hash(cursor);
		struct bytes text = take_octets(cursor, SIGNER_MAX_TEXT_LEN);
		request->signs[i].text = bytes_str(text);
	}
}

bool frame_parse_request(struct arena *arena, enum frame_type type, struct bytes payload,
			 struct frame_request *ret)
{
	struct cursor cursor = {.rest = payload, .failed = type == FRAME_FAULT};
	struct frame_request request = {.type = type};
	if (type == FRAME_GENERATE) {
		size_t algorithm = take_number(&cursor, 1);
		cursor.failed |= algorithm != SIGN_ED25519 && algorithm != SIGN_P256 && algorithm != SIGN_SM2;
		request.algorithm = (enum sign_algorithm)algorithm;
		request.role = take_role(&cursor);
		request.org = take_uuid(&cursor);
	}
	if (type == FRAME_LOAD || type == FRAME_REWRAP)
		take_loads(arena, &cursor, &request);
	if (type == FRAME_SIGN)
		take_signs(arena, &cursor, &request);
	if (!is_complete(&cursor))
		return false;
	*ret = request;
	return true;
}

static void take_results(struct arena *arena, struct cursor *cursor, struct frame_reply *reply)
{
	reply->count = take_count(cursor, 1 + 4);
	reply->results = arena_array(arena, struct signer_result, reply->count);
	for (size_t i = 0; i < reply->count; i++) {
		size_t verdict = take_number(cursor, 1);
		cursor->failed |= verdict < SIGNER_SIGNED || verdict > SIGNER_AWAY;
		reply->results[i].verdict = (enum signer_verdict)verdict;
		reply->results[i].signature = take_octets(cursor, FRAME_MAX_SIGNATURE_LEN);
	}
}

bool frame_parse_reply(struct arena *arena, enum frame_type type, struct bytes payload,
		       struct frame_reply *ret)
{
	struct cursor cursor = {.rest = payload};
	struct frame_reply reply = {.type = type};
	if (type == FRAME_GENERATE) {
		reply.key.fingerprint = take_hash(&cursor);
		reply.key.spki = take_octets(&cursor, FRAME_MAX_SPKI_LEN);
		reply.key.wrapped = take_octets(&cursor, FRAME_MAX_WRAPPED_LEN);
	}
	if (type == FRAME_LOAD || type == FRAME_SIGN || type == FRAME_REWRAP || type == FRAME_LIST)
		take_results(arena, &cursor, &reply);
	if (!is_complete(&cursor))
		return false;
	*ret = reply;
	return true;
}

bool frame_send(int socket, struct bytes frame)
{
	while (frame.len > 0) {
		ssize_t sent = send(socket, frame.at, frame.len, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		frame = (struct bytes){frame.at + sent, frame.len - (size_t)sent};
	}
	return true;
}

static bool receive_all(int socket, uint8_t *at, size_t len)
{
	while (len > 0) {
		ssize_t got = recv(socket, at, len, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		len -= (size_t)got;
	}
	return true;
}

enum frame_end frame_receive(int socket, struct arena *arena, enum frame_type *ret_type,
			     struct bytes *ret_payload)
{
	uint8_t head[FRAME_HEAD_LEN];
	enum frame_type type;
	size_t len;
	if (!receive_all(socket, head, sizeof head))
		return FRAME_GONE;
	if (!frame_parse_head(head, &type, &len))
		return FRAME_FOREIGN;
	uint8_t *payload = arena_alloc(arena, len);
	if (!receive_all(socket, payload, len))
		return FRAME_GONE;
	*ret_type = type;
	*ret_payload = (struct bytes){payload, len};
	return FRAME_WHOLE;
}
