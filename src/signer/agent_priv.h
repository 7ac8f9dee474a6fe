/* SPDX-License-Identifier: Apache-2.0
 * An ssh-agent as keeper of the log's key (draft-miller-ssh-agent): which Ed25519 keys it holds, and its signatures over raw
 * octets. One connection a question; nothing is believed that was not checked. */
#ifndef AGENT_PRIV_H
#define AGENT_PRIV_H

#include "ft/base/str.h"

enum {
	AGENT_KEY_LEN = 32, /* Ed25519 */
	AGENT_SIGNATURE_LEN = 64,
	AGENT_MAX_KEYS = 64,              /* of Ed25519; what an agent holds beyond them is not seen */
	AGENT_MAX_REPLY_LEN = 256 * 1024, /* as OpenSSH limits it */
	AGENT_PATIENCE_MS = 4000,         /* for one question, from connecting to the last octet */
};

struct agent_keys {
	size_t count;
	uint8_t keys[AGENT_MAX_KEYS][AGENT_KEY_LEN];
};
/* false: nobody listens at `socket`, or no answer in time, or none of this form. */
bool agent_list(const char *socket, struct agent_keys *ret);
/* The signature is as the agent gave it: whoever asks verifies it. */
bool agent_sign(const char *socket, const uint8_t key[AGENT_KEY_LEN], struct bytes message,
		uint8_t ret[AGENT_SIGNATURE_LEN]);

/* Replies without their length, for agent_list, agent_sign and fuzzing. false: another form. */
bool agent_parse_keys(struct bytes reply, struct agent_keys *ret);
bool agent_parse_signature(struct bytes reply, uint8_t ret[AGENT_SIGNATURE_LEN]);

#endif
