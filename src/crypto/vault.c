/* SPDX-License-Identifier: Apache-2.0
 * Sealed values: how they say that they are, under which keys, with which nonces. */
#include "ft/crypto/vault.h"

#include <string.h>

#include "crypto_priv.h"
#include "ft/base/text.h"
#include "ft/crypto/random.h"
#include "ft/crypto/seal.h"

/* No JSON begins so, and no text that anybody may write; of random octets one in 2^64 does, which then does not open. */
static const uint8_t mark[] = {1, 's', 'e', 'a', 'l', 'e', 'd', 1};
enum { TEXT_MARK = 1 };

/* What is sealed stands at many places that are read together and joined; where it belongs is what signatures say. */
static const struct bytes no_associated = {NULL, 0};

struct vault vault_of(const uint8_t key[VAULT_KEY_LEN])
{
	struct bytes k = {key, VAULT_KEY_LEN};
	return (struct vault){
		.bytes_key = hmac_sha256(k, str_bytes(STR("farmtrail/vault@v1 bytes"))),
		.text_key = hmac_sha256(k, str_bytes(STR("farmtrail/vault@v1 text"))),
		.nonce_key = hmac_sha256(k, str_bytes(STR("farmtrail/vault@v1 nonce"))),
		.kept_key = hmac_sha256(k, str_bytes(STR("farmtrail/vault@v1 kept"))),
		.check = hmac_sha256(k, str_bytes(STR("farmtrail/vault@v1 check"))),
	};
}

size_t vault_sealed_len(size_t len)
{
	return sizeof mark + NONCE_LEN + len + TAG_LEN;
}

void vault_seal(const struct vault *vault, struct bytes plain, uint8_t *out)
{
	memcpy(out, mark, sizeof mark);
	random_fill(out + sizeof mark, NONCE_LEN);
	crypto_seal(vault->bytes_key.octets, no_associated, plain, out + sizeof mark);
}

bool vault_is_sealed(struct bytes value)
{
	return value.len >= vault_sealed_len(0) && memcmp(value.at, mark, sizeof mark) == 0;
}

struct str vault_seal_text(struct arena *arena, const struct vault *vault, struct str plain)
{
	size_t len = NONCE_LEN + plain.len + TAG_LEN;
	uint8_t *sealed = arena_alloc(arena, len);
	struct sha256 nonce = hmac_sha256(sha256_bytes(&vault->nonce_key), str_bytes(plain));
	memcpy(sealed, nonce.octets, NONCE_LEN);
	crypto_seal(vault->text_key.octets, no_associated, str_bytes(plain), sealed);
	struct str word = base64url_encode(arena, (struct bytes){sealed, len});
	return arena_printf(arena, "%c%.*s", TEXT_MARK, STR_ARGS(word));
}

bool vault_is_sealed_text(struct str value)
{
	return value.len > 1 && value.at[0] == TEXT_MARK;
}

struct bytes vault_open(struct arena *arena, const struct vault *vault, struct bytes value)
{
	struct bytes plain;
	if (!vault || !vault_is_sealed(value))
		return value;
	struct bytes sealed = {value.at + sizeof mark, value.len - sizeof mark};
	return unseal(arena, vault->bytes_key.octets, no_associated, sealed, &plain) ? value : plain;
}

struct str vault_open_text(struct arena *arena, const struct vault *vault, struct str value)
{
	struct bytes sealed, plain;
	if (!vault || !vault_is_sealed_text(value) || !base64url_decode(arena, str_from(value, 1), &sealed) ||
	    unseal(arena, vault->text_key.octets, no_associated, sealed, &plain))
		return value;
	return bytes_str(plain);
}
