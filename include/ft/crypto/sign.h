/* SPDX-License-Identifier: Apache-2.0
 * Signatures: ECDSA P-256 with SHA-256 (DER), Ed25519 (64 octets), SM2 with SM3 (GB/T 32918.2, r ‖ s in 64 octets). Keys
 * cross this border as SPKI DER or as raw private bytes. */
#ifndef FT_CRYPTO_SIGN_H
#define FT_CRYPTO_SIGN_H

#include "ft/base/problem.h"
#include "ft/crypto/digest.h"

/* The C2SP signed-note signature type bytes. */
enum sign_algorithm {
	SIGN_ED25519 = 0x01,
	SIGN_P256 = 0x02,
	SIGN_SM2 = 0xff /* spelled out behind it: SM2-with-SM3 */
};

struct private_key; /* parsed; free from any thread; may be shared by threads */
struct public_key;

enum problem private_key_generate(enum sign_algorithm algorithm, struct private_key **ret) must_check;
enum problem private_key_parse(enum sign_algorithm algorithm, struct bytes raw,
			       struct private_key **ret) must_check;
struct bytes private_key_raw(struct arena *arena, const struct private_key *key); /* 32 octets */
void private_key_destroy(struct private_key *key);
struct bytes private_key_spki(struct arena *arena,
			      const struct private_key *key); /* SubjectPublicKeyInfo, DER */
enum problem sign(struct arena *arena, const struct private_key *key, struct bytes message,
		  struct bytes *ret) must_check;

/* PROBLEM_KEY_REFUSED: not P-256 or SM2 on its named curve or Ed25519, a point at infinity or off the curve, explicit
 * parameters, an Ed25519 key of small order in any encoding. Compressed points are accepted. */
enum problem public_key_parse(struct bytes spki, struct public_key **ret) must_check;
enum sign_algorithm public_key_algorithm(const struct public_key *key);
struct bytes public_key_spki(struct arena *arena,
			     const struct public_key *key); /* re-encoded, uncompressed, DER */
struct sha256 public_key_fingerprint(
	const struct public_key *key); /* of the re-encoded uncompressed SPKI DER */
void public_key_destroy(struct public_key *key);
/* PROBLEM_SIGNATURE when it does not verify, malformed signatures included. */
enum problem verify(const struct public_key *key, struct bytes message, struct bytes signature) must_check;
/* SM2 binds a signature to a distinguishing id; everybody who does not say otherwise means 1234567812345678 (GB/T 35276),
 * and so do sign() and verify(). For a key of another algorithm PROBLEM_SIGNATURE. */
enum problem verify_sm2_with_id(const struct public_key *key, struct str id, struct bytes message,
				struct bytes signature) must_check;
/* The three steps in one, in the shape that the pure verifiers of core are handed; `unused` may be NULL. */
bool verify_spki(void *unused, struct bytes spki, struct bytes message, struct bytes signature) must_check;

#endif
