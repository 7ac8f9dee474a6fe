/* SPDX-License-Identifier: Apache-2.0
 * Values that may name a person, sealed (AES-256-GCM) before they are stored. A sealed value says so itself: what was stored
 * before there was a vault stays readable beside it.
 *
 * bytes   01 's' 'e' 'a' 'l' 'e' 'd' 01 ‖ nonce (12) ‖ ciphertext ‖ tag (16)
 * text    01 ‖ base64url of nonce ‖ ciphertext ‖ tag
 *
 * The nonce of bytes is random. That of a text is made of the text (a keyed digest): equal texts seal alike, so that a table
 * can be asked for one. */
#ifndef FT_CRYPTO_VAULT_H
#define FT_CRYPTO_VAULT_H

#include "ft/crypto/digest.h"

enum { VAULT_KEY_LEN = 32 };

struct vault {
	struct sha256 bytes_key, text_key, nonce_key;
	struct sha256 kept_key; /* marks answers that are kept beside what they were made of */
	struct sha256 check;    /* tells the key from another, and nothing else about it */
};
struct vault vault_of(const uint8_t key[VAULT_KEY_LEN]);

size_t vault_sealed_len(size_t len);
void vault_seal(const struct vault *vault, struct bytes plain, uint8_t *out); /* vault_sealed_len octets */
bool vault_is_sealed(struct bytes value);
struct str vault_seal_text(struct arena *arena, const struct vault *vault, struct str plain);
bool vault_is_sealed_text(struct str value);

/* Of what is sealed, what it was; in the arena. Everything else is given as it stands, and so is what this vault cannot open
 * (another's, or changed since): that is neither JSON nor a secret, so whoever reads it finds it broken. NULL opens nothing. */
struct bytes vault_open(struct arena *arena, const struct vault *vault, struct bytes value);
struct str vault_open_text(struct arena *arena, const struct vault *vault, struct str value);

#endif
