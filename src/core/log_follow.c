/* SPDX-License-Identifier: Apache-2.0
 * Following a log: the rules that entries keep, held against one entry after the other. */
#include "ft/core/log_follow.h"

#include <assert.h>
#include <string.h>

#include "ft/core/log_name.h"
#include "ft/core/statement.h"
#include "log_follow_priv.h"

enum { CLOCK_SLACK_S = 5 * 60, LATE_S = 24 * 3600 };

const char *const follow_breach_words[FOLLOW_BREACHES] = {
	"kept",   "form", "key-unknown", "key-ended", "signature", "vouching", "key-again",   "registrar",
	"office", "seq",  "time",        "seen",      "late",      "endorsed", "unexplained", "origin"};

/* One entry while it is judged. */
struct reading {
	struct log_follow *f;
	struct arena *arena; /* ends with the entry */
	struct note_verifier verifier;
	int64_t index;
	struct note note;
	struct statement s;
};

struct log_follow *log_follow_create(struct arena *arena, const struct note_key *log,
				     const struct note_key *registrar)
{
	struct log_follow *f = arena_new(arena, struct log_follow);
	f->arena = arena;
	f->log = *log;
	f->name = log_name_read(log->name).origin;
	f->has_registrar = registrar != NULL;
	if (registrar)
		f->registrar = *registrar;
	f->keys = map_create(arena, 256);
	f->orgs = map_create(arena, 256);
	f->known = map_create(arena, 16);
	return f;
}

bool log_follow_watch(struct log_follow *f, struct uuid org)
{
	for (size_t i = 0; i < f->mine_count; i++)
		if (uuid_equal(f->mine[i], org))
			return true;
	if (f->mine_count == FOLLOW_MAX_MINE)
		return false;
	f->mine[f->mine_count++] = org;
	return true;
}

void log_follow_know(struct log_follow *f, struct sha256 key)
{
	struct sha256 *kept = arena_new(f->arena, struct sha256);
	*kept = key;
	if (!map_get(f->known, sha256_bytes(kept)))
		map_set(f->known, sha256_bytes(kept), kept);
}

void log_follow_acknowledge(struct log_follow *f)
{
	for (size_t i = 0; i < f->gap_count; i++)
		f->gaps[i].seen = true;
	for (size_t i = 0; i < f->finding_count; i++)
		f->findings[i].seen = true;
	f->more_gaps = f->more_findings = 0;
}

bool log_follow_is_planted(const struct log_follow *f, const struct follow_key *key)
{
	for (size_t i = 0; i < f->mine_count; i++)
		if (uuid_equal(f->mine[i], key->org))
			return key->ended < 0 && !map_get(f->known, sha256_bytes(&key->fingerprint));
	return false;
}

/* — sequences — */

static void add_gap(struct log_follow *f, const struct follow_gap *gap)
{
	if (f->gap_count < FOLLOW_MAX_GAPS)
		f->gaps[f->gap_count++] = *gap;
	else
		f->more_gaps++;
}

static void remove_gap(struct log_follow *f, size_t place)
{
	memmove(&f->gaps[place], &f->gaps[place + 1], (--f->gap_count - place) * sizeof f->gaps[0]);
}

/* What was missing came after all. false: it was not missing. */
static bool fill_gap(struct log_follow *f, struct sha256 key, int64_t seq)
{
	for (size_t i = 0; i < f->gap_count; i++) {
		struct follow_gap *gap = &f->gaps[i], rest = *gap;
		if (!sha256_equal(gap->key, key) || seq < gap->first || seq > gap->last)
			continue;
		rest.first = seq + 1;
		gap->last = seq - 1;
		if (gap->first > gap->last)
			remove_gap(f, i);
		if (rest.first <= rest.last)
			add_gap(f, &rest);
		return true;
	}
	return false;
}

static enum follow_breach count(const struct reading *r, struct follow_key *key)
{
	int64_t seq = r->s.seq;
	if (seq > key->seq) {
		const struct follow_gap gap = {
			.key = key->fingerprint, .first = key->seq + 1, .last = seq - 1, .index = r->index};
		if (gap.first <= gap.last)
			add_gap(r->f, &gap);
		key->seq = seq;
		return FOLLOW_KEPT;
	}
	/* Of gaps that are no longer kept one by one nobody can say which numbers they were. */
	return fill_gap(r->f, key->fingerprint, seq) || r->f->more_gaps ? FOLLOW_KEPT : FOLLOW_SEQ;
}

/* — keys — */

static struct follow_key *find(const struct log_follow *f, struct sha256 fingerprint)
{
	return map_get(f->keys, sha256_bytes(&fingerprint));
}

static bool is_signed_by(const struct reading *r, const struct note_key *key)
{
	return note_verify(r->arena, &r->note, key, r->verifier) == NOTE_SIGNED;
}

static enum follow_breach judge_registrar(const struct reading *r, const struct follow_key *key)
{
	struct log_follow *f = r->f;
	if (!f->has_registrar) {
		f->has_registrar = true;
		f->registrar = key->key;
	}
	return sha256_equal(note_key_fingerprint(r->arena, &f->registrar), key->fingerprint)
		       ? FOLLOW_KEPT
		       : FOLLOW_REGISTRAR;
}

static bool is_vouched_for(const struct reading *r)
{
	if (!r->f->has_registrar || !is_signed_by(r, &r->f->registrar))
		return false;
	if (!r->s.has_predecessor)
		return true;
	const struct follow_key *before = find(r->f, r->s.predecessor);
	return before && before->ended < 0 && uuid_equal(before->org, r->s.org) &&
	       is_signed_by(r, &before->key);
}

/* Keys of a log are another matter: heads are judged by them, records are not. */
static bool is_of_log(const struct follow_key *key)
{
	return str_equal(key->use, STR("log"));
}

void log_follow_add_key(struct log_follow *f, struct follow_key *key)
{
	map_set(f->keys, sha256_bytes(&key->fingerprint), key);
	if (!is_of_log(key) && !map_get(f->orgs, MAP_KEY(key->org)))
		map_set(f->orgs, MAP_KEY(key->org), key);
}

/* An old statement may lack the reason; nobody can tell it from one that is made so today, so each is named. */
static bool is_explained(const struct reading *r, const struct follow_key *key)
{
	return r->s.has_predecessor || r->s.reason.at || is_of_log(key) ||
	       !map_get(r->f->orgs, MAP_KEY(key->org));
}

static enum follow_breach judge_key(const struct reading *r, const struct follow_key *key)
{
	/* A log signs under its own name (c2sp.org/tlog-checkpoint), an organisation under one below it. */
	struct str name = is_of_log(key) ? r->f->name : statement_signer_name(r->arena, r->s.log, r->s.org);
	if (!str_equal(key->key.name, name))
		return FOLLOW_FORM;
	if (!is_signed_by(r, &key->key))
		return FOLLOW_SIGNATURE;
	if (str_equal(key->use, STR("register")))
		return judge_registrar(r, key);
	if (!is_vouched_for(r))
		return FOLLOW_VOUCHING;
	return is_explained(r, key) ? FOLLOW_KEPT : FOLLOW_UNEXPLAINED;
}

/* Kept even when it breaks a rule: that is said once, and what it signs is then held against it. */
static enum follow_breach take_key(const struct reading *r)
{
	struct arena *arena = r->f->arena;
	if (find(r->f, r->s.key))
		return FOLLOW_KEY_AGAIN;
	struct follow_key *key = arena_new(arena, struct follow_key);
	*key = (struct follow_key){.fingerprint = r->s.key,
				   .org = r->s.org,
				   .use = arena_str(arena, r->s.use),
				   .index = r->index,
				   .ended = -1};
	if (r->s.reason.at)
		key->reason = arena_str(arena, r->s.reason);
	if (!note_key_parse(arena, arena_str(arena, r->s.vkey), &key->key))
		return FOLLOW_FORM;
	enum follow_breach breach = judge_key(r, key);
	log_follow_add_key(r->f, key);
	return count(r, key) ? FOLLOW_SEQ : breach;
}

/* — other statements — */

static bool is_registrar(const struct reading *r, const struct follow_key *key)
{
	return r->f->has_registrar &&
	       sha256_equal(note_key_fingerprint(r->arena, &r->f->registrar), key->fingerprint);
}

static enum follow_breach take_revocation(const struct reading *r, const struct follow_key *by)
{
	struct follow_key *ended = find(r->f, r->s.revoked);
	if (!ended || (ended != by && !is_registrar(r, by)))
		return FOLLOW_OFFICE;
	if (ended->ended < 0)
		ended->ended = r->index;
	return FOLLOW_KEPT;
}

static bool has_finding(const struct log_follow *f, int64_t index)
{
	for (size_t i = 0; i < f->finding_count; i++)
		if (f->findings[i].index == index)
			return true;
	return f->more_findings > 0;
}

/* Keys of its heads are stated for its name, and break no rule. */
static bool signs_heads(const struct log_follow *f, const struct follow_key *key, struct str name)
{
	return str_equal(key->use, STR("log")) && key->ended < 0 && str_equal(key->key.name, name) &&
	       !has_finding(f, key->index);
}

const struct note_key *log_follow_signer(const struct log_follow *f, struct arena *arena,
					 const struct note *head, struct note_verifier verifier)
{
	struct str rest, name = str_cut(head->text, '\n', &rest);
	for (size_t i = 0; i < map_count(f->keys); i++) {
		const struct follow_key *key = map_at(f->keys, i);
		if (signs_heads(f, key, name) && !note_key_is_sm2(&key->key) &&
		    note_verify(arena, head, &key->key, verifier) == NOTE_SIGNED)
			return &key->key;
	}
	return NULL;
}

static const struct follow_key *stated_signer(const struct log_follow *f, const struct note_signature *line)
{
	for (size_t i = 0; i < map_count(f->keys); i++) {
		const struct follow_key *key = map_at(f->keys, i);
		if (signs_heads(f, key, line->name) && key->key.id == line->id)
			return key;
	}
	return NULL;
}

static const struct follow_key *newest_sm2(const struct log_follow *f, struct str name)
{
	const struct follow_key *newest = NULL;
	for (size_t i = 0; i < map_count(f->keys); i++) {
		const struct follow_key *key = map_at(f->keys, i);
		if (signs_heads(f, key, name) && note_key_is_sm2(&key->key) &&
		    (!newest || key->index > newest->index))
			newest = key;
	}
	return newest;
}

enum follow_lines log_follow_lines(const struct log_follow *f, struct arena *arena, const struct note *head,
				   struct note_verifier verifier)
{
	struct str rest, name = str_cut(head->text, '\n', &rest);
	const struct follow_key *sm2 = newest_sm2(f, name);
	for (size_t i = 0; i < head->count; i++) {
		const struct note_signature *line = &head->signatures[i];
		const struct follow_key *key = stated_signer(f, line);
		if (!str_equal(line->name, name) || (line->id == f->log.id && str_equal(name, f->log.name)))
			continue; /* a witness's; the one that is trusted, stated or not */
		if (!key)
			return FOLLOW_LINE_UNSTATED;
		if (note_verify(arena, head, &key->key, verifier) != NOTE_SIGNED)
			return FOLLOW_LINE_FORGED;
	}
	return sm2 && note_verify(arena, head, &sm2->key, verifier) != NOTE_SIGNED ? FOLLOW_LINE_MISSING
										   : FOLLOW_LINES_HOLD;
}

const struct follow_ended *log_follow_end(const struct log_follow *f, struct str name)
{
	for (size_t i = 0; i < f->ended_count; i++)
		if (str_equal(f->ended[i].name, name))
			return &f->ended[i];
	return NULL;
}

/* The head stands for exactly the entries before this one, and the log that ended has signed it. */
static bool is_head_of_all(const struct reading *r, struct checkpoint *ret)
{
	struct note *note = arena_new(r->arena, struct note);
	return note_parse(r->arena, r->s.head, note) && checkpoint_parse(r->arena, note->text, ret) &&
	       str_equal(ret->origin, r->f->name) && (uint64_t)ret->size == r->f->edge.size &&
	       sha256_equal(ret->root, merkle_edge_root(&r->f->edge)) &&
	       log_follow_signer(r->f, r->arena, note, r->verifier);
}

static enum follow_breach take_origin(const struct reading *r, const struct follow_key *by)
{
	struct log_follow *f = r->f;
	struct checkpoint head;
	struct note_key next;
	if (!is_registrar(r, by))
		return FOLLOW_OFFICE;
	if (!note_key_parse(r->arena, r->s.vkey, &next) || !is_signed_by(r, &next))
		return FOLLOW_SIGNATURE;
	if (f->ended_count == FOLLOW_MAX_ENDED || !is_head_of_all(r, &head))
		return FOLLOW_ORIGIN;
	f->ended[f->ended_count++] =
		(struct follow_ended){arena_str(f->arena, head.origin), head.size, head.root};
	f->name = arena_str(f->arena, next.name);
	return FOLLOW_KEPT;
}

/* — endorsements — */

static struct follow_stated stated_by(const struct note *note, const struct statement *s)
{
	return (struct follow_stated){.kind = str_equal(s->kind, STR("event"))     ? FOLLOW_STATED_EVENT
					      : str_equal(s->kind, STR("endorse")) ? FOLLOW_STATED_ENDORSEMENT
										   : FOLLOW_STATED_OTHER,
				      .org = s->org,
				      .hash = statement_hash(note->text)};
}

/* Records are endorsed, by anybody whose office it is; what is taken back is an endorsement of one's own. */
static bool is_about(const struct follow_about *about, const struct follow_stated *stated)
{
	if (!sha256_equal(about->stated, stated->hash))
		return false;
	return about->withdraws
		       ? stated->kind == FOLLOW_STATED_ENDORSEMENT && uuid_equal(about->org, stated->org)
		       : stated->kind == FOLLOW_STATED_EVENT;
}

static enum follow_breach take_endorsement(const struct reading *r)
{
	struct log_follow *f = r->f;
	const struct follow_about about = {.entry = r->s.entry,
					   .index = r->index,
					   .withdraws = str_equal(r->s.says, STR("withdrawn")),
					   .org = r->s.org,
					   .stated = r->s.prevs.hashes[0],
					   .key = r->s.key};
	if (about.entry >= about.index)
		return FOLLOW_ENDORSED;
	if ((uint64_t)about.entry >= f->roots_first && about.index - about.entry < FOLLOW_ROOTS)
		return is_about(&about, &f->stated[about.entry % FOLLOW_ROOTS]) ? FOLLOW_KEPT
										: FOLLOW_ENDORSED;
	if (f->about_count == FOLLOW_MAX_CLAIMS)
		return FOLLOW_ENDORSED;
	f->abouts[f->about_count++] = about;
	return FOLLOW_KEPT;
}

static enum follow_breach take_statement(const struct reading *r)
{
	struct follow_key *key = find(r->f, r->s.key);
	if (!key || !uuid_equal(key->org, r->s.org))
		return FOLLOW_KEY_UNKNOWN;
	if (key->ended >= 0)
		return FOLLOW_KEY_ENDED;
	if (!is_signed_by(r, &key->key))
		return FOLLOW_SIGNATURE;
	enum follow_breach counted = count(r, key);
	if (counted)
		return counted;
	bool of_registrar = str_equal(r->s.kind, STR("erase")) || str_equal(r->s.kind, STR("alert")) ||
			    str_equal(r->s.kind, STR("verifier"));
	bool endorses = str_equal(r->s.kind, STR("endorse"));
	if (str_equal(key->use, STR("log")) || (of_registrar && !is_registrar(r, key)) ||
	    endorses != str_equal(key->use, STR("inspect")))
		return FOLLOW_OFFICE;
	if (endorses)
		return take_endorsement(r);
	if (str_equal(r->s.kind, STR("origin")))
		return take_origin(r, key);
	if (str_equal(r->s.kind, STR("verifier")))
		r->f->page = (struct follow_page){true, r->index, r->s.body};
	return str_equal(r->s.kind, STR("revoke")) ? take_revocation(r, key) : FOLLOW_KEPT;
}

/* — what it says of the log and of the time — */

static const struct sha256 *root_of(const struct log_follow *f, uint64_t size)
{
	bool kept = f->roots && size >= f->roots_first && size <= f->edge.size &&
		    f->edge.size - size < FOLLOW_ROOTS;
	return kept ? &f->roots[size % FOLLOW_ROOTS] : NULL;
}

static void keep_root(struct log_follow *f)
{
	if (!f->roots) {
		f->roots = arena_array(f->arena, struct sha256, FOLLOW_ROOTS);
		f->stated = arena_array(f->arena, struct follow_stated, FOLLOW_ROOTS);
		f->roots_first = f->edge.size;
	}
	f->roots[f->edge.size % FOLLOW_ROOTS] = merkle_edge_root(&f->edge);
}

/* Many entries name one head. false: more than anybody asks for. */
static bool add_claim(struct log_follow *f, const struct follow_claim *claim)
{
	for (size_t i = f->claim_count; i-- > 0;)
		if (f->claims[i].size == claim->size && sha256_equal(f->claims[i].root, claim->root))
			return true;
	if (f->claim_count == FOLLOW_MAX_CLAIMS)
		return false;
	f->claims[f->claim_count++] = *claim;
	return true;
}

static enum follow_breach judge_seen(const struct reading *r)
{
	struct log_follow *f = r->f;
	const struct follow_claim claim = {r->s.seen_size, r->index, r->s.seen_root, r->s.key};
	if (!r->s.has_seen)
		return FOLLOW_KEPT;
	if (claim.size < 1 || claim.size > r->index)
		return FOLLOW_SEEN;
	const struct sha256 *root = root_of(f, (uint64_t)claim.size);
	bool good = root ? sha256_equal(*root, claim.root) : add_claim(f, &claim);
	return good ? FOLLOW_KEPT : FOLLOW_SEEN;
}

/* Its neighbours tell when it was logged. A key counts by its place alone. */
static enum follow_breach judge_time(const struct reading *r, int64_t now_s)
{
	struct log_follow *f = r->f;
	if (r->s.at_s > now_s + CLOCK_SLACK_S)
		return FOLLOW_TIME;
	bool late = r->s.at_s < f->newest_s - LATE_S && !str_equal(r->s.kind, STR("key"));
	if (r->s.at_s > f->newest_s)
		f->newest_s = r->s.at_s;
	return late ? FOLLOW_LATE : FOLLOW_KEPT;
}

static enum follow_breach judge(struct reading *r, struct bytes entry, int64_t now_s)
{
	struct follow_stated *stated = &r->f->stated[r->index % FOLLOW_ROOTS];
	*stated = (struct follow_stated){FOLLOW_STATED_OTHER};
	if (!note_parse(r->arena, bytes_str(entry), &r->note) ||
	    !statement_parse(r->arena, r->note.text, &r->s) ||
	    !str_equal(r->s.log, log_name_read(r->f->log.name).origin))
		return FOLLOW_FORM;
	*stated = stated_by(&r->note, &r->s);
	enum follow_breach breach = str_equal(r->s.kind, STR("key")) ? take_key(r) : take_statement(r);
	if (!breach)
		breach = judge_seen(r);
	return breach ? breach : judge_time(r, now_s);
}

static void add_finding(struct log_follow *f, const struct follow_finding *finding)
{
	if (f->finding_count < FOLLOW_MAX_FINDINGS)
		f->findings[f->finding_count++] = *finding;
	else if (!finding->seen)
		f->more_findings++;
}

void log_follow_refute(struct log_follow *f, const struct follow_claim *claim)
{
	add_finding(f, &(struct follow_finding){FOLLOW_SEEN, claim->index, claim->key, /* seen */ false});
}

void log_follow_judge_about(struct log_follow *f, struct arena *scratch, const struct follow_about *about,
			    struct bytes entry)
{
	struct note *note = arena_new(scratch, struct note);
	struct statement s;
	struct follow_stated stated = {FOLLOW_STATED_OTHER};
	if (note_parse(scratch, bytes_str(entry), note) && statement_parse(scratch, note->text, &s))
		stated = stated_by(note, &s);
	if (!is_about(about, &stated))
		add_finding(f, &(struct follow_finding){FOLLOW_ENDORSED, about->index, about->key,
							/* seen */ false});
}

void log_follow_entry(struct log_follow *f, struct arena *scratch, struct bytes entry, int64_t now_s,
		      struct note_verifier verifier)
{
	struct reading *r = arena_new(scratch, struct reading);
	r->f = f;
	r->arena = scratch;
	r->verifier = verifier;
	r->index = (int64_t)f->edge.size;
	keep_root(f);
	enum follow_breach breach = judge(r, entry, now_s);
	if (breach)
		add_finding(f, &(struct follow_finding){breach, r->index, r->s.key, breach == FOLLOW_LATE});
	merkle_edge_append(&f->edge, merkle_leaf(entry));
}
