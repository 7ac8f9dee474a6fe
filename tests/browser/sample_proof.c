/* SPDX-License-Identifier: Apache-2.0
 * A proof made with a key of the moment, for the test that runs the commands of the help page. */
#include "sample_proof.h"

#include <assert.h>

#include "ft/core/proof.h"
#include "ft/core/statement.h"
#include "ft/crypto/sign.h"

static struct note signed_note(struct arena *arena, const struct private_key *private,
			       const struct note_key *key, struct str text)
{
	struct note note = {.text = text, .count = 1};
	struct bytes signature;

	if (sign(arena, private, str_bytes(text), &signature))
		assert(!"a fresh key signs");
	note.signatures[0] = (struct note_signature){key->name, key->id, signature};
	return note;
}

static struct str statement_text(struct arena *arena, struct str manifest, struct bytes spki)
{
	struct statement statement = {
		.kind = STR("event"),
		.log = STR("farmtrail.example"),
		.org = {{1, 2, 3, 4, 5, 6, 0x70, 8, 0x80, 10}},
		.key = sha256_of(spki),
		.seq = 1,
		.at_s = 1777764600,
		.body = sha256_of(str_bytes(manifest)),
		.body_len = manifest.len,
		.media_type = MANIFEST_MEDIA_TYPE,
	};

	return statement_print(arena, &statement);
}

struct str sample_proof(struct arena *arena)
{
	static const uint8_t secret[MANIFEST_SECRET_LEN] = {42};
	struct manifest_view views[TIER_COUNT];
	struct private_key *private;
	struct note_key key;

	if (private_key_generate(SIGN_P256, &private))
		assert(!"a key can be made");
	struct bytes spki = private_key_spki(arena, private);
	if (!note_key_from_spki(STR("farmtrail.example/o/1"), spki, &key))
		assert(!"a fresh key is a note key");
	for (int tier = 0; tier < TIER_COUNT; tier++)
		views[tier] = (struct manifest_view){
			arena_printf(arena, "{\"tier\":\"%s\",\"name\":\"柠檬\"}", tier_words[tier]),
			STR("application/ld+json")};
	struct str manifest = manifest_build(arena, secret, views);
	struct note note = signed_note(arena, private, &key, statement_text(arena, manifest, spki));
	struct str whole = note_print(arena, &note);
	struct proof proof = {.statement = whole,
			      .manifest = manifest,
			      .view = views[TIER_FARM].at,
			      .salt = manifest_salt(secret, TIER_FARM),
			      .place = {.index = -1},
			      .key = {.spki = spki,
				      .statement = {whole, {.index = -1}},
				      .revocation = {.place = {.index = -1}}},
			      .erasure = {.place = {.index = -1}}};
	struct buf out = buf_create(arena, 4096);
	struct json_writer writer = json_writer(&out);
	proof_write(&writer, &proof);
	private_key_destroy(private);
	return buf_str(&out);
}
