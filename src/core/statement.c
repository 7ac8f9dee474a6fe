/* SPDX-License-Identifier: Apache-2.0
 * Statements: printing them for signing, and reading them strictly. */
#include "ft/core/statement.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ft/core/log_name.h"
#include "ft/core/manifest.h"
#include "ft/core/note.h"
#include "ft/core/proof.h"
#include "signed_text_priv.h"

#define SIGNATURE_MARK STR("— ") /* before each line of a note's signatures */

static const char *const key_uses[] = {"event", "inspect", "log", "register"};
static const char *const key_custodies[] = {"self", "service"};
static const char *const revoke_reasons[] = {"superseded", "compromise", "ceased"};
static const char *const endorse_views[] = {"full", "farm"};
static const char *const endorse_says[] = {"agrees", "withdrawn"};
static const char *const origin_reasons[] = {"compromise", "lost"};

static bool is_one_of(struct str text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(text, str_of(words[i])))
			return true;
	return false;
}

static bool use_valid(struct str text)
{
	return is_one_of(text, key_uses, sizeof key_uses / sizeof key_uses[0]);
}

static bool custody_valid(struct str text)
{
	return is_one_of(text, key_custodies, sizeof key_custodies / sizeof key_custodies[0]);
}

static bool reason_valid(struct str text)
{
	return is_one_of(text, revoke_reasons, sizeof revoke_reasons / sizeof revoke_reasons[0]);
}

/* Of keys that organisations record and endorse with. */
static bool key_reason_valid(const struct statement *s)
{
	return key_reason_text(s->reason, LANGUAGE_EN).at && !s->has_predecessor &&
	       (str_equal(s->use, STR("event")) || str_equal(s->use, STR("inspect")));
}

static bool origin_reason_valid(struct str text)
{
	return is_one_of(text, origin_reasons, sizeof origin_reasons / sizeof origin_reasons[0]);
}

static bool endorsement_valid(const struct statement *s)
{
	return s->prevs.count == 1 && s->prevs.hashes && s->entry >= 0 &&
	       is_one_of(s->view, endorse_views, sizeof endorse_views / sizeof endorse_views[0]) &&
	       is_one_of(s->says, endorse_says, sizeof endorse_says / sizeof endorse_says[0]);
}

static bool kind_valid(struct str kind)
{
	if (kind.len == 0 || kind.len > STATEMENT_MAX_KIND_LEN)
		return false;
	for (size_t i = 0; i < kind.len; i++)
		if ((kind.at[i] < 'a' || kind.at[i] > 'z') && kind.at[i] != '-')
			return false;
	return true;
}

static bool is_key_kind(struct str kind)
{
	return str_equal(kind, STR("key"));
}

static bool is_revoke_kind(struct str kind)
{
	return str_equal(kind, STR("revoke"));
}

static bool is_endorse_kind(struct str kind)
{
	return str_equal(kind, STR("endorse"));
}

static bool is_origin_kind(struct str kind)
{
	return str_equal(kind, STR("origin"));
}

static int compare_hashes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct sha256));
}

/* A sorted copy without doubles, so that one set of links has one spelling. */
static struct statement_links sorted(struct arena *arena, const struct sha256 *hashes, size_t count)
{
	if (count == 0)
		return (struct statement_links){0};
	struct sha256 *copy = arena_array(arena, struct sha256, count);
	memcpy(copy, hashes, count * sizeof *copy);
	qsort(copy, count, sizeof *copy, compare_hashes);
	size_t kept = 1;
	for (size_t i = 1; i < count; i++)
		if (compare_hashes(&copy[i], &copy[kept - 1]) != 0)
			copy[kept++] = copy[i];
	return (struct statement_links){.count = kept, .hashes = copy};
}

static struct str lines_of(struct arena *arena, struct str word, const struct statement_links *links)
{
	struct buf out = buf_create(arena, links->count * (word.len + 46));
	for (size_t i = 0; i < links->count; i++) {
		buf_put(&out, word);
		buf_put_char(&out, ' ');
		buf_put(&out, signed_text_print_hash(arena, &links->hashes[i]));
		buf_put_char(&out, '\n');
	}
	return buf_str(&out);
}

struct str statement_link_lines(struct arena *arena, struct str word, const struct sha256 *hashes,
				size_t count)
{
	struct statement_links links = sorted(arena, hashes, count);
	return lines_of(arena, word, &links);
}

static void put_links(struct buf *out, struct str word, struct statement_links links)
{
	if (links.hashes)
		links = sorted(out->arena, links.hashes, links.count);
	if (links.hashes && links.count <= STATEMENT_MAX_LINKS) {
		buf_put(out, lines_of(out->arena, word, &links));
		return;
	}
	if (links.count == 0)
		return;
	if (links.hashes)
		links.digest = sha256_of(str_bytes(lines_of(out->arena, word, &links)));
	assert(links.count > STATEMENT_MAX_LINKS);
	struct str digest = signed_text_print_hash(out->arena, &links.digest);
	buf_printf(out, "%.*ss %zu %.*s\n", STR_ARGS(word), links.count, STR_ARGS(digest));
}

static void put_key_lines(struct buf *out, const struct statement *s)
{
	assert(use_valid(s->use) && custody_valid(s->custody));
	buf_printf(out, "vkey %.*s\nuse %.*s\ncustody %.*s\n", STR_ARGS(s->vkey), STR_ARGS(s->use),
		   STR_ARGS(s->custody));
	if (s->has_predecessor) {
		struct str hash = signed_text_print_hash(out->arena, &s->predecessor);
		buf_printf(out, "predecessor %.*s\n", STR_ARGS(hash));
	}
	if (s->reason.at) {
		assert(key_reason_valid(s));
		buf_printf(out, "reason %.*s\n", STR_ARGS(s->reason));
	}
}

static void put_revoke_lines(struct buf *out, const struct statement *s)
{
	assert(reason_valid(s->reason) && s->since_s >= 0);
	struct str hash = signed_text_print_hash(out->arena, &s->revoked);
	buf_printf(out, "revoked %.*s\nreason %.*s\nsince %lld\n", STR_ARGS(hash), STR_ARGS(s->reason),
		   (long long)s->since_s);
}

static void put_origin_lines(struct buf *out, const struct statement *s)
{
	struct note *note = arena_new(out->arena, struct note);
	struct checkpoint head;
	bool good = note_parse(out->arena, s->head, note) && checkpoint_parse(out->arena, note->text, &head);
	assert(good && origin_reason_valid(s->reason));
	struct str root = signed_text_print_hash(out->arena, &head.root);
	buf_printf(out, "previous %.*s\nsize %lld\nroot %.*s\n", STR_ARGS(head.origin), (long long)head.size,
		   STR_ARGS(root));
	struct str lines = str_from(s->head, note->text.len + 1);
	while (lines.len > 0) {
		struct str line = str_cut(lines, '\n', &lines);
		buf_printf(out, "signed %.*s\n", STR_ARGS(str_from(line, SIGNATURE_MARK.len)));
	}
	buf_printf(out, "reason %.*s\nvkey %.*s\n", STR_ARGS(s->reason), STR_ARGS(s->vkey));
}

static void put_seen(struct buf *out, const struct statement *s)
{
	if (!s->has_seen)
		return;
	struct str root = signed_text_print_hash(out->arena, &s->seen_root);
	buf_printf(out, "seen %lld %.*s\n", (long long)s->seen_size, STR_ARGS(root));
}

static void put_body_lines(struct buf *out, const struct statement *s)
{
	assert(media_type_valid(s->media_type));
	put_links(out, STR("lot"), s->lots);
	put_links(out, STR("prev"), s->prevs);
	struct str hash = signed_text_print_hash(out->arena, &s->body);
	buf_printf(out, "body sha256 %.*s %zu %.*s\n", STR_ARGS(hash), s->body_len, STR_ARGS(s->media_type));
	put_seen(out, s);
}

static void put_endorse_lines(struct buf *out, const struct statement *s)
{
	assert(endorsement_valid(s));
	put_links(out, STR("lot"), s->lots);
	put_links(out, STR("prev"), s->prevs);
	buf_printf(out, "entry %lld\nview %.*s\nsays %.*s\n", (long long)s->entry, STR_ARGS(s->view),
		   STR_ARGS(s->says));
	put_seen(out, s);
}

struct str statement_print(struct arena *arena, const struct statement *s)
{
	assert(kind_valid(s->kind) && note_name_valid(s->log) && s->seq >= 0 && s->at_s >= 0);
	struct str org = uuid_print(arena, s->org);
	struct str key = signed_text_print_hash(arena, &s->key);
	struct buf out = buf_create(arena, 512);
	buf_printf(&out, "farmtrail/%.*s@v1\nlog %.*s\norg %.*s\nkey %.*s\nseq %lld\nat %lld\n",
		   STR_ARGS(s->kind), STR_ARGS(s->log), STR_ARGS(org), STR_ARGS(key), (long long)s->seq,
		   (long long)s->at_s);
	if (is_key_kind(s->kind))
		put_key_lines(&out, s);
	else if (is_revoke_kind(s->kind))
		put_revoke_lines(&out, s);
	else if (is_origin_kind(s->kind))
		put_origin_lines(&out, s);
	else if (is_endorse_kind(s->kind))
		put_endorse_lines(&out, s);
	else
		put_body_lines(&out, s);
	assert(out.len <= STATEMENT_MAX_LEN);
	return buf_str(&out);
}

/* The text is a cursor in all that follows: each step takes its lines off the front. */

static bool take_hash(struct arena *arena, struct str *text, struct str word, struct sha256 *ret)
{
	struct str value;
	return signed_text_take(text, word, &value) && signed_text_hash(arena, value, ret);
}

static bool take_count(struct str *text, struct str word, int64_t *ret)
{
	struct str value;
	return signed_text_take(text, word, &value) && signed_text_count(value, ret);
}

static bool take_kind(struct str *text, struct str *ret)
{
	struct str rest;
	struct str line = str_cut(*text, '\n', &rest);
	if (!rest.at || !str_starts(line, STR("farmtrail/")) || !str_ends(line, STR("@v1")))
		return false;
	struct str kind = str_from(line, sizeof "farmtrail/" - 1);
	if (kind.len < sizeof "@v1" - 1)
		return false;
	kind.len -= sizeof "@v1" - 1;
	if (!kind_valid(kind))
		return false;
	*ret = kind;
	*text = rest;
	return true;
}

static bool take_org(struct arena *arena, struct str *text, struct uuid *ret)
{
	struct str value;
	/* uuid_parse knows more spellings than the one that is printed. */
	return signed_text_take(text, STR("org"), &value) && uuid_parse(value, ret) &&
	       str_equal(uuid_print(arena, *ret), value);
}

static bool take_summed_links(struct arena *arena, struct str *text, struct str plural,
			      struct statement_links *ret)
{
	struct str value, digest;
	int64_t count;
	if (!signed_text_take(text, plural, &value))
		return true;
	struct str number = str_cut(value, ' ', &digest);
	if (!signed_text_count(number, &count) || count <= STATEMENT_MAX_LINKS ||
	    !signed_text_hash(arena, digest, &ret->digest))
		return false;
	ret->count = (size_t)count;
	return true;
}

static bool take_links(struct arena *arena, struct str *text, struct str word, struct str plural,
		       struct statement_links *ret)
{
	struct sha256 *hashes = NULL;
	size_t count = 0;
	struct str value;
	while (signed_text_take(text, word, &value)) {
		if (!hashes)
			hashes = arena_array(arena, struct sha256, STATEMENT_MAX_LINKS);
		if (count == STATEMENT_MAX_LINKS || !signed_text_hash(arena, value, &hashes[count]) ||
		    (count > 0 && compare_hashes(&hashes[count - 1], &hashes[count]) >= 0))
			return false;
		count++;
	}
	*ret = (struct statement_links){.count = count, .hashes = hashes};
	return count > 0 || take_summed_links(arena, text, plural, ret);
}

static bool take_body(struct arena *arena, struct str *text, struct statement *s)
{
	struct str value, rest;
	int64_t len;
	if (!signed_text_take(text, STR("body"), &value) ||
	    !str_equal(str_cut(value, ' ', &rest), STR("sha256")))
		return false;
	struct str hash = str_cut(rest, ' ', &rest);
	struct str number = str_cut(rest, ' ', &rest);
	if (!signed_text_hash(arena, hash, &s->body) || !signed_text_count(number, &len) ||
	    !media_type_valid(rest))
		return false;
	s->body_len = (size_t)len;
	s->media_type = rest;
	return true;
}

static bool take_seen(struct arena *arena, struct str *text, struct statement *s)
{
	struct str value, root;
	if (!signed_text_take(text, STR("seen"), &value))
		return true;
	s->has_seen = true;
	return signed_text_count(str_cut(value, ' ', &root), &s->seen_size) &&
	       signed_text_hash(arena, root, &s->seen_root);
}

static bool take_key_lines(struct arena *arena, struct str *text, struct statement *s)
{
	struct note_key key;
	struct str value;
	/* The key that is stated must be the one that the statement is counted under. */
	if (!signed_text_take(text, STR("vkey"), &s->vkey) || !note_key_parse(arena, s->vkey, &key) ||
	    !note_key_spki(arena, &key).at || !sha256_equal(note_key_fingerprint(arena, &key), s->key) ||
	    !str_equal(note_key_print(arena, &key), s->vkey))
		return false;
	if (!signed_text_take(text, STR("use"), &s->use) || !use_valid(s->use) ||
	    !signed_text_take(text, STR("custody"), &s->custody) || !custody_valid(s->custody))
		return false;
	s->has_predecessor = signed_text_take(text, STR("predecessor"), &value);
	if (s->has_predecessor && !signed_text_hash(arena, value, &s->predecessor))
		return false;
	return !signed_text_take(text, STR("reason"), &s->reason) || key_reason_valid(s);
}

static bool take_revoke_lines(struct arena *arena, struct str *text, struct statement *s)
{
	return take_hash(arena, text, STR("revoked"), &s->revoked) &&
	       signed_text_take(text, STR("reason"), &s->reason) && reason_valid(s->reason) &&
	       take_count(text, STR("since"), &s->since_s);
}

/* The log that ended and the one that goes on are of this origin, and nothing was between them. */
static bool follow_each_other(const struct statement *s, struct str previous, struct str next)
{
	struct log_name before = log_name_read(previous), after = log_name_read(next);
	return log_name_is_of(previous, s->log) && log_name_is_of(next, s->log) &&
	       after.number == before.number + 1;
}

static bool take_head(struct arena *arena, struct str *text, struct statement *s, struct checkpoint *ret)
{
	struct note *note = arena_new(arena, struct note);
	struct str previous, size, root, value;
	if (!signed_text_take(text, STR("previous"), &previous) ||
	    !signed_text_take(text, STR("size"), &size) || !signed_text_take(text, STR("root"), &root))
		return false;
	struct buf out = buf_create(arena, 512);
	buf_printf(&out, "%.*s\n%.*s\n%.*s\n\n", STR_ARGS(previous), STR_ARGS(size), STR_ARGS(root));
	while (signed_text_take(text, STR("signed"), &value)) {
		buf_put(&out, SIGNATURE_MARK);
		buf_printf(&out, "%.*s\n", STR_ARGS(value));
	}
	s->head = buf_str(&out);
	return note_parse(arena, s->head, note) && str_equal(note_print(arena, note), s->head) &&
	       checkpoint_parse(arena, note->text, ret) &&
	       str_equal(checkpoint_print(arena, ret), note->text) && ret->size > 0;
}

static bool take_origin_lines(struct arena *arena, struct str *text, struct statement *s)
{
	struct checkpoint head;
	struct note_key key;
	return take_head(arena, text, s, &head) && signed_text_take(text, STR("reason"), &s->reason) &&
	       origin_reason_valid(s->reason) && signed_text_take(text, STR("vkey"), &s->vkey) &&
	       note_key_parse(arena, s->vkey, &key) && key.type == NOTE_ED25519 &&
	       str_equal(note_key_print(arena, &key), s->vkey) && follow_each_other(s, head.origin, key.name);
}

static bool take_all_links(struct arena *arena, struct str *text, struct statement *s)
{
	return take_links(arena, text, STR("lot"), STR("lots"), &s->lots) &&
	       take_links(arena, text, STR("prev"), STR("prevs"), &s->prevs);
}

static bool take_endorse_lines(struct arena *arena, struct str *text, struct statement *s)
{
	return take_all_links(arena, text, s) && take_count(text, STR("entry"), &s->entry) &&
	       signed_text_take(text, STR("view"), &s->view) &&
	       signed_text_take(text, STR("says"), &s->says) && endorsement_valid(s) &&
	       take_seen(arena, text, s);
}

static bool take_rest(struct arena *arena, struct str *text, struct statement *s)
{
	if (is_key_kind(s->kind))
		return take_key_lines(arena, text, s);
	if (is_revoke_kind(s->kind))
		return take_revoke_lines(arena, text, s);
	if (is_origin_kind(s->kind))
		return take_origin_lines(arena, text, s);
	if (is_endorse_kind(s->kind))
		return take_endorse_lines(arena, text, s);
	return take_all_links(arena, text, s) && take_body(arena, text, s) && take_seen(arena, text, s);
}

bool statement_parse(struct arena *arena, struct str text, struct statement *ret)
{
	struct statement s = {0};
	if (text.len > STATEMENT_MAX_LEN || !take_kind(&text, &s.kind) ||
	    !signed_text_take(&text, STR("log"), &s.log) || !note_name_valid(s.log) ||
	    !take_org(arena, &text, &s.org) || !take_hash(arena, &text, STR("key"), &s.key) ||
	    !take_count(&text, STR("seq"), &s.seq) || !take_count(&text, STR("at"), &s.at_s) ||
	    !take_rest(arena, &text, &s) || text.len > 0)
		return false;
	*ret = s;
	return true;
}

struct str statement_kind(struct str text)
{
	struct str kind;
	return take_kind(&text, &kind) ? kind : (struct str){0};
}

struct sha256 statement_lot(const uint8_t salt[16], struct str canonical_link)
{
	return sha256_of_parts((struct bytes[]){str_bytes(STR("lot")), {salt, 16}, str_bytes(canonical_link)},
			       3);
}

struct str statement_signer_name(struct arena *arena, struct str log, struct uuid org)
{
	struct str id = uuid_print(arena, org);
	return arena_printf(arena, "%.*s/o/%.*s", STR_ARGS(log), STR_ARGS(id));
}
