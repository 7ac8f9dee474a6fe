/* SPDX-License-Identifier: Apache-2.0
 * What travels between the server and its signer. All numbers are big endian.
 *
 *	frame    = length:4 version:1 type:1 zero:2 payload[length]
 *	HELLO    → (nothing)                                           ← (nothing)
 *	GENERATE → algorithm:1 role:1 org:16                           ← fingerprint:32 spki wrapped
 *	LOAD     → count:2 {role:1 org:16 fingerprint:32 wrapped}      ← count:2 {verdict:1 empty}
 *	SIGN     → count:2 {fingerprint:32 text}                       ← count:2 {verdict:1 signature}
 *	REWRAP   → count:2 {role:1 org:16 fingerprint:32 wrapped}      ← count:2 {verdict:1 wrapped}, empty: is so already
 *	LIST     →                                                     ← count:2 {verdict:1 spki}: what the agent holds, or one verdict that it is away
 *	FAULT                                                          ← (nothing): the request was malformed
 *
 * where spki, wrapped, text and signature are length:4 octets[length]. */
#ifndef FRAME_PRIV_H
#define FRAME_PRIV_H

#include "ft/signer/signer.h"

enum {
	FRAME_VERSION = 1,
	FRAME_HEAD_LEN = 8,
	FRAME_MAX_WRAPPED_LEN = 128,
	FRAME_MAX_SPKI_LEN = 128,
	FRAME_MAX_SIGNATURE_LEN = 128,
	FRAME_MAX_LEN = 2 + SIGNER_MAX_BATCH * (32 + 4 + SIGNER_MAX_TEXT_LEN),
};

enum frame_type {
	FRAME_HELLO = 1,
	FRAME_GENERATE,
	FRAME_LOAD,
	FRAME_SIGN,
	FRAME_FAULT,
	FRAME_REWRAP,
	FRAME_LIST
};

struct frame_sign {
	struct sha256 fingerprint;
	struct str text;
};
struct frame_request {
	enum frame_type type;
	enum sign_algorithm algorithm; /* GENERATE */
	enum signer_role role;
	struct uuid org;
	size_t count;
	struct signer_key *loads; /* LOAD and REWRAP, without spki */
	struct frame_sign *signs; /* SIGN */
};
struct frame_reply {
	enum frame_type type;
	struct signer_key key; /* GENERATE: fingerprint, spki, wrapped */
	size_t count;
	struct signer_result
		*results; /* LOAD: verdicts; SIGN; REWRAP: wrappings, LIST: keys in the place of signatures */
};

/* A whole frame, head included. */
struct bytes frame_print_request(struct arena *arena, const struct frame_request *request);
struct bytes frame_print_reply(struct arena *arena, const struct frame_reply *reply);
/* false: not of this version, an unknown type, or longer than FRAME_MAX_LEN; nothing may be allocated for it then. */
bool frame_parse_head(const uint8_t head[FRAME_HEAD_LEN], enum frame_type *ret_type, size_t *ret_len);
/* Octets are borrowed from `payload`. false: another form, or beyond a limit. */
bool frame_parse_request(struct arena *arena, enum frame_type type, struct bytes payload,
			 struct frame_request *ret);
bool frame_parse_reply(struct arena *arena, enum frame_type type, struct bytes payload,
		       struct frame_reply *ret);

/* Whole frames over a blocking socket. */
enum frame_end {
	FRAME_WHOLE,
	FRAME_GONE,    /* closed, or silent beyond the socket's time-out, within a frame or before it */
	FRAME_FOREIGN, /* a head that frame_parse_head refuses */
};
bool frame_send(int socket, struct bytes frame); /* false: the other side is gone */
/* The payload lies in the arena. */
enum frame_end frame_receive(int socket, struct arena *arena, enum frame_type *ret_type,
			     struct bytes *ret_payload);

#endif
