/* SPDX-License-Identifier: Apache-2.0
 * One event's statement: what it says, whose signature it carries, which body it covers, and that the log has it. */
#include "ft/base/text.h"
#include "ft/core/manifest.h"
#include "ft/core/merkle.h"
#include "ft/core/note.h"
#include "ft/crypto/sign.h"
#include "ft/store/erasure.h"
#include "recount_priv.h"

static const struct note_verifier verifier = {.verify = verify_spki};

static bool is_hash(struct bytes stored, struct sha256 hash)
{
	return bytes_equal(stored, sha256_bytes(&hash));
}

static bool is_signed(struct recount *r, const struct recounted *event, const struct note *note)
{
	struct note_key key;
	struct str name = statement_signer_name(r->arena, r->origin, event->row->org_id);
	return event->row->spki.at && note_key_from_spki(name, event->row->spki, &key) &&
	       is_hash(event->row->key_fingerprint, sha256_of(event->row->spki)) &&
	       note_verify(r->arena, note, &key, verifier) == NOTE_SIGNED;
}

static struct str who_and_which(struct arena *arena, struct uuid org, struct bytes key, int64_t seq)
{
	return arena_printf(arena, "%.*s %.8s %lld", STR_ARGS(uuid_print(arena, org)),
			    hex_encode(arena, key).at, (long long)seq);
}

static void check_words(struct recount *r, struct recounted *event, const struct note *note)
{
	const struct recount_events_row *row = event->row;
	const struct statement *s = &event->statement;
	struct str stored = who_and_which(r->arena, row->org_id, row->key_fingerprint, row->seq);
	struct str said = who_and_which(r->arena, s->org, sha256_bytes(&s->key), s->seq);
	if (!str_equal(stored, said) || !bytes_equal(row->key_fingerprint, sha256_bytes(&s->key)))
		recount_tell(r, "statement", event->name, stored, said);
	if (!str_equal(s->kind, STR("event")) || !str_equal(s->log, r->origin))
		recount_tell(r, "statement", event->name, s->log, r->origin);
	struct sha256 hash = statement_hash(note->text);
	if (!is_hash(row->statement_sha256, hash))
		recount_tell(r, "statement", event->name, hex_encode(r->arena, row->statement_sha256),
			     hex_encode(r->arena, sha256_bytes(&hash)));
}

/* The views are computed again; of an erased body the farm view is left, and an entry that says so. */
static bool covers_body(struct recount *r, const struct recounted *event)
{
	const struct recount_events_row *row = event->row;
	struct str views[TIER_COUNT], manifest;
	if (row->view_secret.len != MANIFEST_SECRET_LEN)
		return erasure_covers(r->arena, true, row->statement, row->manifest, row->salts, row->body);
	return !manifest_of_body(r->arena, bytes_str(row->body), row->view_secret.at, event->statement.body,
				 views, &manifest) &&
	       sha256_equal(sha256_of(str_bytes(manifest)), event->statement.body);
}

static void check_log(struct recount *r, const struct recounted *event)
{
	const struct recount_events_row *row = event->row;
	struct sha256 leaf = merkle_leaf(row->statement);
	if (row->leaf.at && !is_hash(row->leaf, leaf))
		recount_tell(r, "log", event->name, hex_encode(r->arena, row->leaf),
			     hex_encode(r->arena, sha256_bytes(&leaf)));
	if (!row->leaf.at && !map_get(r->queued, MAP_KEY(row->id)))
		recount_tell(r, "log", event->name, STR("neither numbered nor queued"), STR("an entry"));
	if (!row->named)
		recount_tell(r, "name", event->name, STR("nothing"), STR("found by its eventID"));
}

void recount_statement(struct recount *r, struct recounted *event)
{
	struct note note;
	check_log(r, event);
	if (!note_parse(r->arena, bytes_str(event->row->statement), &note) ||
	    !statement_parse(r->arena, note.text, &event->statement)) {
		recount_tell(r, "statement", event->name, STR("unreadable"), STR("a signed statement"));
		return;
	}
	check_words(r, event, &note);
	if (!is_signed(r, event, &note))
		recount_tell(r, "statement", event->name, STR("a signature that does not verify"),
			     STR("one of its key"));
	event->readable = covers_body(r, event);
	if (!event->readable)
		recount_tell(r, "body", event->name, STR("not what was signed"),
			     STR("what its statement covers"));
}
