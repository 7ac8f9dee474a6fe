/* SPDX-License-Identifier: Apache-2.0
 * Manifest, statement and signature of a batch. */
#include "ft/store/seal_statement.h"

#include "ft/base/metrics.h"
#include "ft/core/note.h"
#include "ft/crypto/random.h"

struct signer_key signer_key_of(const struct held_key *key)
{
	return (struct signer_key){.org = key->org,
				   .fingerprint = key->fingerprint,
				   .role = key->role,
				   .spki = key->spki,
				   .wrapped = key->wrapped};
}

void seal_compose(struct arena *arena, struct str log, struct unsigned_statement *item)
{
	if (!item->has_secret)
		random_fill(item->secret, sizeof item->secret);
	item->manifest = manifest_build(arena, item->secret, item->views);
	const struct statement statement = {
		.kind = str_of(item->kind),
		.log = log,
		.org = item->key->org,
		.key = item->key->fingerprint,
		.seq = item->seq,
		.at_s = item->at_s,
		.lots = {.count = item->lot_count, .hashes = item->lots},
		.prevs = {.count = item->prev_count, .hashes = item->prevs},
		.body = sha256_of(str_bytes(item->manifest)),
		.body_len = item->manifest.len,
		.media_type = MANIFEST_MEDIA_TYPE,
		.has_seen = item->seen.size > 0,
		.seen_size = item->seen.size,
		.seen_root = item->seen.root,
	};
	item->text = statement_print(arena, &statement);
	item->text_hash = statement_hash(item->text);
}

static enum problem sign_some(struct arena *arena, struct signer *signer, struct str log,
			      struct unsigned_statement *items, size_t count)
{
	struct signer_request *requests = arena_array(arena, struct signer_request, count);
	struct signer_key *keys = arena_array(arena, struct signer_key, count);
	struct signer_result *results = arena_array(arena, struct signer_result, count);
	for (size_t i = 0; i < count; i++) {
		const struct held_key *key = items[i].key;
		keys[i] = signer_key_of(key);
		requests[i] = (struct signer_request){&keys[i], items[i].text};
	}
	enum problem p = signer_sign_batch(signer, arena, requests, count, results);
	metric_add(METRIC_SIGNER_RESTARTS, signer_take_restarts(signer));
	for (size_t i = 0; !p && i < count; i++) {
		struct note note = {.text = items[i].text, .count = 1};
		struct note_key verifier;
		struct str name = statement_signer_name(arena, log, items[i].key->org);
		if (results[i].verdict != SIGNER_SIGNED ||
		    !note_key_from_spki(name, items[i].key->spki, &verifier))
			return PROBLEM_SIGNER_UNAVAILABLE;
		note.signatures[0] = (struct note_signature){name, verifier.id, results[i].signature};
		items[i].note = note_print(arena, &note);
	}
	if (!p)
		metric_add(METRIC_SIGNATURES, (int64_t)count);
	return p;
}

enum problem seal_sign(struct arena *arena, struct signer *signer, struct str log,
		       struct unsigned_statement *items, size_t count)
{
	enum problem p = PROBLEM_NONE;
	for (size_t done = 0; !p && done < count; done += SIGNER_MAX_BATCH) {
		size_t n = count - done < SIGNER_MAX_BATCH ? count - done : SIGNER_MAX_BATCH;
		p = sign_some(arena, signer, log, items + done, n);
	}
	return p;
}
