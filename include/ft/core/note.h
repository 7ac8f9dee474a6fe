/* SPDX-License-Identifier: Apache-2.0
 * C2SP signed notes (https://c2sp.org/signed-note): text, an empty line, one line a signature. The one
 * container for records, key statements and log heads. Verification is handed in: core knows no signature
 * algorithm. */
#ifndef FT_CORE_NOTE_H
#define FT_CORE_NOTE_H

#include "ft/crypto/digest.h"

enum { NOTE_MAX_LEN = 16 * 1024, NOTE_MAX_SIGNATURES = 16, NOTE_MAX_NAME_LEN = 255 };

/* Signature types of C2SP; others are kept as they stand and never verify. */
enum note_key_type {
	NOTE_ED25519 = 0x01,
	NOTE_P256 = 0x02,
	NOTE_COSIGNATURE = 0x04,
	NOTE_SPELLED_OUT = 0xff
};

/* A verifier key: what C2SP writes as "name+id+base64(type ‖ material)". */
struct note_key {
	struct str name;
	uint32_t id; /* a hint which key signed, not an identity */
	uint8_t type;
	/* Ed25519 and cosignatures: 32 octets; P-256: SubjectPublicKeyInfo in DER; SM2: the point, 65 octets, without the
	 * word SM2-with-SM3 that stands before it; other spelled-out types: word and key as they stand. */
	struct bytes material;
};
/* Not empty, at most NOTE_MAX_NAME_LEN octets of UTF-8, no control, no Unicode space, no "+". */
bool note_name_valid(struct str name);
/* false: neither an Ed25519 key nor an uncompressed P-256 or SM2 key by its form, or the name is not usable. Whether
 * the key is a sound one is for public_key_parse to say. `name` and `spki` are borrowed. */
bool note_key_from_spki(struct str name, struct bytes spki, struct note_key *ret);
struct bytes note_key_spki(struct arena *arena, const struct note_key *key); /* absent for other types */
bool note_key_is_sm2(const struct note_key *key);
struct sha256 note_key_fingerprint(struct arena *arena,
				   const struct note_key *key); /* SHA-256 of that SPKI */
/* false: malformed, or the id is not that of the key. The name is borrowed from `vkey`. */
bool note_key_parse(struct arena *arena, struct str vkey, struct note_key *ret);
struct str note_key_print(struct arena *arena, const struct note_key *key);

struct note_signature {
	struct str name;
	uint32_t id;
	struct bytes signature; /* after the four octets of the id */
};
struct note {
	struct str text; /* what is signed: the last newline included, the empty line not */
	size_t count;
	struct note_signature signatures[NOTE_MAX_SIGNATURES];
};
/* Text and names are borrowed from `whole`. false: longer than NOTE_MAX_LEN, not UTF-8, control characters,
 * no empty line, no signature or more than NOTE_MAX_SIGNATURES, a signature line of another form. */
bool note_parse(struct arena *arena, struct str whole, struct note *ret);
/* The inverse. The text ends in a newline; the result keeps within NOTE_MAX_LEN (asserted). */
struct str note_print(struct arena *arena, const struct note *note);

/* How a signature is checked; ft/crypto/sign.h has verify_spki in this shape. Called from the calling thread
 * only. */
struct note_verifier {
	bool (*verify)(void *context, struct bytes spki, struct bytes message, struct bytes signature);
	void *context;
};
enum note_verdict {
	NOTE_SIGNED,   /* every line of this key verifies, and there is one */
	NOTE_UNSIGNED, /* no line names this key */
	NOTE_FORGED,   /* a line names this key and does not verify */
};
enum note_verdict note_verify(struct arena *arena, const struct note *note, const struct note_key *key,
			      struct note_verifier verifier);
/* The newest time that lines of a witness's key claim, unix seconds; note_verify says whether they are true. false:
 * there is no such line, or its time is beyond what int64_t holds. */
bool note_cosignature_time(const struct note *note, const struct note_key *key, int64_t *ret);

#endif
