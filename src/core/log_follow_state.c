/* SPDX-License-Identifier: Apache-2.0
 * What a follower of a log remembers, as a text with one spelling:
 *
 *	farmtrail/monitor@v1
 *	log VKEY
 *	registrar VKEY                       once one is known
 *	ended NAME SIZE <base64 32>          logs that this one goes on from, the first first: size and root at their end
 *	size 70000
 *	edge <base64 32>                     one for every set bit of size, the highest first
 *	mine <uuid>                          organisations that are watched
 *	known <base64 32>                    their keys
 *	key INDEX ENDED SEQ USE ORG <base64 32> VKEY      "-" for a key that has not ended, and for the vkey of one that has
 *	reason <base64 32> WORD              of a key that the registrar alone vouches for
 *	gap <base64 32> FIRST LAST INDEX new|seen
 *	finding WORD INDEX <base64 32> new|seen
 *	more GAPS FINDINGS
 *
 * then an empty line and the newest head. */
#include "ft/core/log_follow.h"

#include <assert.h>

#include "ft/core/log_name.h"
#include "ft/core/statement.h"
#include "log_follow_priv.h"
#include "signed_text_priv.h"

#define HEAD STR("farmtrail/monitor@v1\n")

/* — printing — */

static struct str seen_word(bool seen)
{
	return seen ? STR("seen") : STR("new");
}

static struct str count_or_dash(struct arena *arena, int64_t count)
{
	return count < 0 ? STR("-") : arena_printf(arena, "%lld", (long long)count);
}

static void put_hash(struct buf *out, const char *word, const struct sha256 *hash)
{
	struct str text = signed_text_print_hash(out->arena, hash);
	buf_printf(out, "%s %.*s\n", word, STR_ARGS(text));
}

static void put_tree(struct buf *out, const struct log_follow *f)
{
	buf_printf(out, "size %llu\n", (unsigned long long)f->edge.size);
	for (unsigned level = 64; level-- > 0;)
		if (f->edge.size >> level & 1)
			put_hash(out, "edge", &f->edge.subtrees[level]);
}

static void put_ended(struct buf *out, const struct log_follow *f)
{
	for (size_t i = 0; i < f->ended_count; i++) {
		struct str root = signed_text_print_hash(out->arena, &f->ended[i].root);
		buf_printf(out, "ended %.*s %lld %.*s\n", STR_ARGS(f->ended[i].name),
			   (long long)f->ended[i].size, STR_ARGS(root));
	}
}

static void put_key(struct buf *out, const struct follow_key *key)
{
	struct arena *arena = out->arena;
	struct str ended = count_or_dash(arena, key->ended), org = uuid_print(arena, key->org);
	struct str fingerprint = signed_text_print_hash(arena, &key->fingerprint);
	struct str vkey = key->ended < 0 ? note_key_print(arena, &key->key) : STR("-");
	buf_printf(out, "key %lld %.*s %lld %.*s %.*s %.*s %.*s\n", (long long)key->index, STR_ARGS(ended),
		   (long long)key->seq, STR_ARGS(key->use), STR_ARGS(org), STR_ARGS(fingerprint),
		   STR_ARGS(vkey));
}

static void put_reasons(struct buf *out, const struct log_follow *f)
{
	for (size_t i = 0; i < map_count(f->keys); i++) {
		const struct follow_key *key = map_at(f->keys, i);
		struct str hash = signed_text_print_hash(out->arena, &key->fingerprint);
		if (key->reason.at)
			buf_printf(out, "reason %.*s %.*s\n", STR_ARGS(hash), STR_ARGS(key->reason));
	}
}

static void put_watched(struct buf *out, const struct log_follow *f)
{
	for (size_t i = 0; i < f->mine_count; i++) {
		struct str org = uuid_print(out->arena, f->mine[i]);
		buf_printf(out, "mine %.*s\n", STR_ARGS(org));
	}
	for (size_t i = 0; i < map_count(f->known); i++)
		put_hash(out, "known", map_at(f->known, i));
}

static void put_alarms(struct buf *out, const struct log_follow *f)
{
	for (size_t i = 0; i < f->gap_count; i++) {
		const struct follow_gap *gap = &f->gaps[i];
		struct str key = signed_text_print_hash(out->arena, &gap->key), seen = seen_word(gap->seen);
		buf_printf(out, "gap %.*s %lld %lld %lld %.*s\n", STR_ARGS(key), (long long)gap->first,
			   (long long)gap->last, (long long)gap->index, STR_ARGS(seen));
	}
	for (size_t i = 0; i < f->finding_count; i++) {
		const struct follow_finding *finding = &f->findings[i];
		struct str key = signed_text_print_hash(out->arena, &finding->key),
			   seen = seen_word(finding->seen);
		buf_printf(out, "finding %s %lld %.*s %.*s\n", follow_breach_words[finding->breach],
			   (long long)finding->index, STR_ARGS(key), STR_ARGS(seen));
	}
	buf_printf(out, "more %lld %lld\n", (long long)f->more_gaps, (long long)f->more_findings);
}

struct str log_follow_print(struct arena *arena, const struct log_follow *f)
{
	struct buf out = buf_create(arena, 4096 + map_count(f->keys) * 320);
	struct str log = note_key_print(arena, &f->log);
	assert(f->head.at);
	buf_put(&out, HEAD);
	buf_printf(&out, "log %.*s\n", STR_ARGS(log));
	if (f->has_registrar) {
		struct str registrar = note_key_print(arena, &f->registrar);
		buf_printf(&out, "registrar %.*s\n", STR_ARGS(registrar));
	}
	put_ended(&out, f);
	put_tree(&out, f);
	if (f->newest_s)
		buf_printf(&out, "newest %lld\n", (long long)f->newest_s);
	if (f->page.stated) {
		struct str digest = signed_text_print_hash(arena, &f->page.digest);
		buf_printf(&out, "page %lld %.*s\n", (long long)f->page.index, STR_ARGS(digest));
	}
	put_watched(&out, f);
	for (size_t i = 0; i < map_count(f->keys); i++)
		put_key(&out, map_at(f->keys, i));
	put_reasons(&out, f);
	put_alarms(&out, f);
	buf_put_char(&out, '\n');
	buf_put(&out, f->head);
	return buf_str(&out);
}

/* — reading: `text` is a cursor in all that follows — */

static bool take_word(struct str *line, struct str *ret)
{
	if (!line->at)
		return false;
	*ret = str_cut(*line, ' ', line);
	return ret->len > 0;
}

static bool take_count(struct str *line, int64_t *ret)
{
	struct str word;
	return take_word(line, &word) && signed_text_count(word, ret);
}

static bool take_hash(struct arena *arena, struct str *line, struct sha256 *ret)
{
	struct str word;
	return take_word(line, &word) && signed_text_hash(arena, word, ret);
}

static bool take_seen(struct str *line, bool *ret)
{
	struct str word;
	if (!take_word(line, &word) || line->at)
		return false;
	*ret = str_equal(word, STR("seen"));
	return *ret || str_equal(word, STR("new"));
}

static bool take_uuid(struct arena *arena, struct str text, struct uuid *ret)
{
	return uuid_parse(text, ret) && str_equal(uuid_print(arena, *ret), text);
}

static bool take_vkey(struct arena *arena, struct str text, struct note_key *ret)
{
	return note_key_parse(arena, text, ret) && str_equal(note_key_print(arena, ret), text);
}

static bool take_tree(struct arena *arena, struct str *text, struct merkle_edge *edge)
{
	struct str value;
	int64_t size;
	if (!signed_text_take(text, STR("size"), &value) || !signed_text_count(value, &size))
		return false;
	edge->size = (uint64_t)size;
	for (unsigned level = 64; level-- > 0;)
		if (edge->size >> level & 1 && (!signed_text_take(text, STR("edge"), &value) ||
						!signed_text_hash(arena, value, &edge->subtrees[level])))
			return false;
	return true;
}

/* Older states do not have it. */
static bool take_newest(struct log_follow *f, struct str *text)
{
	struct str value;
	return !signed_text_take(text, STR("newest"), &value) ||
	       (signed_text_count(value, &f->newest_s) && f->newest_s > 0);
}

static bool take_page(struct log_follow *f, struct str *text)
{
	struct str value;
	f->page.stated = signed_text_take(text, STR("page"), &value);
	return !f->page.stated || (take_count(&value, &f->page.index) &&
				   take_hash(f->arena, &value, &f->page.digest) && !value.at);
}

static bool take_ended(struct log_follow *f, struct str *text)
{
	struct str value;
	while (signed_text_take(text, STR("ended"), &value)) {
		struct follow_ended *ended = &f->ended[f->ended_count];
		if (f->ended_count == FOLLOW_MAX_ENDED || !take_word(&value, &ended->name) ||
		    !log_name_succeeds(f->log.name, ended->name) || !take_count(&value, &ended->size) ||
		    !take_hash(f->arena, &value, &ended->root) || value.at)
			return false;
		f->ended_count++;
	}
	f->name = f->log.name; /* a head of it was reached */
	return true;
}

static bool take_use(struct str *line, struct str *ret)
{
	if (!take_word(line, ret))
		return false;
	for (size_t i = 0; i < ret->len; i++)
		if (ret->at[i] < 'a' || ret->at[i] > 'z')
			return false;
	return true;
}

static bool take_key(struct log_follow *f, struct str line)
{
	struct follow_key *key = arena_new(f->arena, struct follow_key);
	struct str ended, org;
	key->ended = -1;
	if (!take_count(&line, &key->index) || !take_word(&line, &ended) || !take_count(&line, &key->seq) ||
	    !take_use(&line, &key->use) || !take_word(&line, &org) || !take_uuid(f->arena, org, &key->org) ||
	    !take_hash(f->arena, &line, &key->fingerprint) || !line.at ||
	    map_get(f->keys, sha256_bytes(&key->fingerprint)))
		return false;
	if (str_equal(ended, STR("-"))) {
		if (!take_vkey(f->arena, line, &key->key) ||
		    !sha256_equal(note_key_fingerprint(f->arena, &key->key), key->fingerprint))
			return false;
	} else if (!signed_text_count(ended, &key->ended) || !str_equal(line, STR("-"))) {
		return false;
	}
	log_follow_add_key(f, key);
	return true;
}

/* In the order of the keys. Older states do not have them. */
static bool take_reasons(struct log_follow *f, struct str *text)
{
	struct str line;
	struct sha256 hash;
	size_t i = 0;
	while (signed_text_take(text, STR("reason"), &line)) {
		struct follow_key *key = NULL;
		if (!take_hash(f->arena, &line, &hash) || !key_reason_text(line, LANGUAGE_EN).at)
			return false;
		while (i < map_count(f->keys) && !key) {
			struct follow_key *next = map_at(f->keys, i++);
			key = sha256_equal(next->fingerprint, hash) ? next : NULL;
		}
		if (!key)
			return false;
		key->reason = line;
	}
	return true;
}

static bool take_watched(struct log_follow *f, struct str *text)
{
	struct str value;
	struct sha256 hash;
	while (signed_text_take(text, STR("mine"), &value)) {
		struct uuid org;
		size_t before = f->mine_count;
		if (!take_uuid(f->arena, value, &org) || !log_follow_watch(f, org) || f->mine_count == before)
			return false;
	}
	while (signed_text_take(text, STR("known"), &value)) {
		if (!signed_text_hash(f->arena, value, &hash) || map_get(f->known, sha256_bytes(&hash)))
			return false;
		log_follow_know(f, hash);
	}
	return true;
}

static bool take_gap(struct log_follow *f, struct str line)
{
	struct follow_gap gap = {.first = 0};
	if (f->gap_count == FOLLOW_MAX_GAPS || !take_hash(f->arena, &line, &gap.key) ||
	    !take_count(&line, &gap.first) || !take_count(&line, &gap.last) ||
	    !take_count(&line, &gap.index) || !take_seen(&line, &gap.seen) || gap.first > gap.last)
		return false;
	f->gaps[f->gap_count++] = gap;
	return true;
}

static bool take_breach(struct str *line, enum follow_breach *ret)
{
	struct str word;
	if (!take_word(line, &word))
		return false;
	for (int i = FOLLOW_KEPT + 1; i < FOLLOW_BREACHES; i++)
		if (str_equal(word, str_of(follow_breach_words[i]))) {
			*ret = (enum follow_breach)i;
			return true;
		}
	return false;
}

static bool take_finding(struct log_follow *f, struct str line)
{
	struct follow_finding finding = {.breach = FOLLOW_KEPT};
	if (f->finding_count == FOLLOW_MAX_FINDINGS || !take_breach(&line, &finding.breach) ||
	    !take_count(&line, &finding.index) || !take_hash(f->arena, &line, &finding.key) ||
	    !take_seen(&line, &finding.seen))
		return false;
	f->findings[f->finding_count++] = finding;
	return true;
}

static bool take_alarms(struct log_follow *f, struct str *text)
{
	struct str value;
	while (signed_text_take(text, STR("gap"), &value))
		if (!take_gap(f, value))
			return false;
	while (signed_text_take(text, STR("finding"), &value))
		if (!take_finding(f, value))
			return false;
	return signed_text_take(text, STR("more"), &value) && take_count(&value, &f->more_gaps) &&
	       take_count(&value, &f->more_findings) && !value.at;
}

/* The head must be that of the tree: a state that was put together is none. */
static bool take_head(struct log_follow *f, struct str text)
{
	struct note note;
	struct checkpoint head;
	if (!str_starts(text, STR("\n")))
		return false;
	f->head = str_from(text, 1);
	return note_parse(f->arena, f->head, &note) && checkpoint_parse(f->arena, note.text, &head) &&
	       str_equal(head.origin, f->log.name) && (uint64_t)head.size == f->edge.size &&
	       sha256_equal(head.root, merkle_edge_root(&f->edge));
}

bool log_follow_read(struct arena *arena, struct str text, struct log_follow **ret)
{
	struct note_key log;
	struct str value;
	if (!str_starts(text, HEAD))
		return false;
	text = str_from(text, HEAD.len);
	if (!signed_text_take(&text, STR("log"), &value) || !take_vkey(arena, value, &log))
		return false;
	struct log_follow *f = log_follow_create(arena, &log, NULL /* registrar */);
	f->has_registrar = signed_text_take(&text, STR("registrar"), &value);
	if ((f->has_registrar && !take_vkey(arena, value, &f->registrar)) || !take_ended(f, &text) ||
	    !take_tree(arena, &text, &f->edge) || !take_newest(f, &text) || !take_page(f, &text) ||
	    !take_watched(f, &text))
		return false;
	while (signed_text_take(&text, STR("key"), &value))
		if (!take_key(f, value))
			return false;
	if (!take_reasons(f, &text) || !take_alarms(f, &text) || !take_head(f, text))
		return false;
	*ret = f;
	return true;
}
