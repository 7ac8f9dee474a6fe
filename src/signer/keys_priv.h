/* SPDX-License-Identifier: Apache-2.0
 * The private keys that a signer holds opened: a bounded table, the least recently used leaves first. One thread. */
#ifndef KEYS_PRIV_H
#define KEYS_PRIV_H

#include "ft/base/uuid.h"
#include "ft/crypto/sign.h"
#include "ft/signer/signer.h"

enum { KEYS_MAX = 4096 };

struct opened_key {
	struct sha256 fingerprint;
	struct uuid org;
	struct private_key *key;   /* NULL: an agent has it */
	struct public_key *public; /* then what its signatures are held against; else NULL */
	enum signer_role role;
};
struct keys;

struct keys *keys_create(void);
void keys_destroy(struct keys *keys); /* destroys the keys too */
size_t keys_count(const struct keys *keys);
/* NULL: not held. The result stays valid until the next keys_put. */
const struct opened_key *keys_find(struct keys *keys, struct sha256 fingerprint);
void keys_put(
	struct keys *keys,
	struct opened_key key); /* takes over key.key and key.public; replaces a key of this fingerprint */

#endif
