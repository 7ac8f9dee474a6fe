/* SPDX-License-Identifier: Apache-2.0
 * Statements about codes of packs, about alerts, and endorsements. */
#include "ft/store/act_statement.h"

#include "queries.h"

#include "ft/base/failpoint.h"
#include "ft/codec/json.h"
#include "ft/core/note.h"
#include "ft/core/statement.h"
#include "ft/base/text.h"
#include "ft/crypto/random.h"
#include "ft/store/signing.h"

#define VERIFIER_KIND "verifier"
#define ENDORSE_KIND "endorse"

static void put_views(struct str body, struct manifest_view views[TIER_COUNT])
{
	for (enum tier tier = TIER_FULL; tier < TIER_COUNT; tier++)
		views[tier] = (struct manifest_view){body, STR("application/json")};
}

enum problem act_lock(struct db *db, struct arena *arena, const struct key_office *office, struct uuid org,
		      struct held_key *ret)
{
	enum problem p = signing_lock(db, arena, org, ret);
	return p == PROBLEM_NOT_FOUND ? signing_lock(db, arena, office->registrar, ret) : p;
}

enum problem act_store(struct db *db, const struct act_words *words, const struct unsigned_statement *s,
		       usec_t at_us)
{
	const struct act_statement_insert_params stated = {
		.id = words->id,
		.kind = str_of(words->kind),
		.org_id = s->key->org,
		.recorded_at = at_us,
		.body = str_bytes(words->body),
		.view_secret = {s->secret, sizeof s->secret},
		.key_fingerprint = sha256_bytes(&s->key->fingerprint),
		.seq = s->seq,
		.statement = str_bytes(s->note),
		.statement_sha256 = sha256_bytes(&s->text_hash),
	};
	const struct log_pending_insert_params queued = {
		.kind = stated.kind, .org_id = s->key->org, .id = words->id};
	int64_t rows;
	enum problem p = act_statement_insert(db, &stated, &rows);
	if (!p)
		p = log_pending_insert(db, &queued, &rows);
	return p ? p : signing_advance(db, s->key, s->seq);
}

enum problem act_state(struct db *db, struct arena *arena, const struct key_office *office,
		       const struct held_key *key, const struct act_words *words)
{
	struct unsigned_statement s = {
		.kind = words->kind, .key = key, .seq = key->seq + 1, .at_s = office->now_us / USEC_PER_SEC};
	s.seen = log_seen_get(office->seen);
	put_views(words->body, s.views);
	seal_compose(arena, office->origin, &s);
	enum problem p = seal_sign(arena, office->signer, office->origin, &s, 1);
	if (!p)
		p = act_store(db, words, &s, office->now_us);
	if (!p)
		failpoint("act-1-stated");
	return p;
}

struct str act_file_words(struct arena *arena, struct sha256 digest, size_t len)
{
	return arena_printf(arena, "{\"sha256\":\"%.*s\",\"bytes\":%zu}",
			    STR_ARGS(hex_encode(arena, sha256_bytes(&digest))), len);
}

enum problem act_state_file(struct db *db, struct arena *arena, const struct key_office *office,
			    const struct held_key *key, const struct act_file *file)
{
	struct unsigned_statement s = {.kind = VERIFIER_KIND, .key = key, .seq = key->seq + 1};
	const struct seen_head seen = log_seen_get(office->seen);
	const struct statement statement = {.kind = str_of(s.kind),
					    .log = office->origin,
					    .org = key->org,
					    .key = key->fingerprint,
					    .seq = s.seq,
					    .at_s = office->now_us / USEC_PER_SEC,
					    .body = file->digest,
					    .body_len = file->len,
					    .media_type = file->media_type,
					    .has_seen = seen.size > 0,
					    .seen_size = seen.size,
					    .seen_root = seen.root};
	const struct act_words words = {s.kind, file->id, act_file_words(arena, file->digest, file->len)};
	random_fill(s.secret, sizeof s.secret);
	s.text = statement_print(arena, &statement);
	s.text_hash = statement_hash(s.text);
	enum problem p = seal_sign(arena, office->signer, office->origin, &s, 1);
	return p ? p : act_store(db, &words, &s, office->now_us);
}

struct str act_endorsement_words(struct arena *arena, const struct statement *s)
{
	struct buf out = buf_create(arena, 256);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("says"), s->says);
	json_pair(&w, STR("prev"), base64_encode(arena, sha256_bytes(s->prevs.hashes)));
	json_name(&w, STR("entry"));
	json_int(&w, s->entry);
	json_pair(&w, STR("view"), s->view);
	json_end_object(&w);
	return buf_str(&out);
}

bool act_covers(struct arena *arena, struct bytes body, struct bytes view_secret, struct bytes note)
{
	struct manifest_view views[TIER_COUNT];
	struct note signed_note;
	struct statement statement;
	if (view_secret.len != MANIFEST_SECRET_LEN || !note_parse(arena, bytes_str(note), &signed_note) ||
	    !statement_parse(arena, signed_note.text, &statement))
		return false;
	if (str_equal(statement.kind, STR(VERIFIER_KIND)))
		return str_equal(bytes_str(body), act_file_words(arena, statement.body, statement.body_len));
	if (str_equal(statement.kind, STR(ENDORSE_KIND)))
		return str_equal(bytes_str(body), act_endorsement_words(arena, &statement));
	put_views(bytes_str(body), views);
	struct str manifest = manifest_build(arena, view_secret.at, views);
	return sha256_equal(sha256_of(str_bytes(manifest)), statement.body);
}
