/* SPDX-License-Identifier: Apache-2.0
 * Checking a bundle: every record for itself, then whether together they are the whole trail. */
#include "ft/core/bundle.h"

#include <string.h>

#include "ft/base/map.h"
#include "ft/base/time.h"
#include "ft/core/event_kind.h"
#include "bundle_priv.h"
#include "signed_text_priv.h"

static void say(struct look *l, struct str zh, struct str en)
{
	l->said[LANGUAGE_ZH] = zh;
	l->said[LANGUAGE_EN] = en;
}

static size_t count_lines(struct str text)
{
	size_t count = 0;
	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == '\n';
	return count;
}

/* The hashes of a statement, from its lines or from those that travel beside it; "links" has checked the latter. */
static struct sha256 *hashes_of(struct arena *arena, const struct statement_links *links, struct str word,
				struct str lines, size_t *ret_count)
{
	struct str value;
	size_t count = links->hashes ? links->count : count_lines(lines), taken = 0;
	struct sha256 *hashes = arena_array(arena, struct sha256, count);
	if (links->hashes) {
		memcpy(hashes, links->hashes, count * sizeof *hashes);
		taken = count;
	}
	while (taken < count && signed_text_take(&lines, word, &value) &&
	       signed_text_hash(arena, value, &hashes[taken]))
		taken++;
	*ret_count = taken;
	return hashes;
}

static void read_statement(struct look *l, struct seen *s)
{
	const struct proof *proof = &s->report->step->proof;
	struct note note;
	if (!note_parse(l->arena, proof->statement, &note) ||
	    !statement_parse(l->arena, note.text, &s->statement))
		return;
	s->is_read = true;
	s->report->endorsement = s->statement.says;
	s->hash = statement_hash(note.text);
	s->lots = hashes_of(l->arena, &s->statement.lots, STR("lot"), proof->lots, &s->lot_count);
	s->prevs = hashes_of(l->arena, &s->statement.prevs, STR("prev"), proof->prevs, &s->prev_count);
	for (size_t i = 0; i < s->lot_count; i++)
		s->concerns |= map_get(l->lots, MAP_KEY(s->lots[i])) != NULL;
	map_set(l->by_hash, MAP_KEY(s->hash), s);
}

/* What the trail calls a record: its own word, or that of a partner's event, which follows from what EPCIS says of it. */
static struct str kind_of(struct arena *arena, const struct json *view)
{
	struct str word = json_text(json_get(view, STR("farmtrail:record")));
	struct epcis_event event;
	struct fault ignored;
	if (word.at || epcis_event_read(arena, view, NULL /* its own */, "", &event, &ignored))
		return word;
	return str_of(event_kind_of(&event)->word);
}

static void read_view(struct look *l, struct seen *s)
{
	const struct bundle_step_report *report = s->report;
	struct fault ignored;
	if (!report->step->proof.view.at || report->report.tier == TIER_COUNT ||
	    json_parse(l->arena, report->step->proof.view, &s->view, &ignored))
		return;
	s->report->is_shown = true;
	s->report->type = kind_of(l->arena, &s->view);
	s->report->time = json_text(json_get(&s->view, STR("eventTime")));
}

static const struct proof_key *key_of(struct arena *arena, struct map *keys, struct str statement)
{
	static const struct proof_key nobody = {.statement = {.place = {.index = -1}}};
	struct note note;
	struct statement parsed;
	if (!note_parse(arena, statement, &note) || !statement_parse(arena, note.text, &parsed))
		return &nobody;
	const struct proof_key *key = map_get(keys, MAP_KEY(parsed.key));
	return key ? key : &nobody;
}

static struct map *index_keys(struct arena *arena, const struct bundle *bundle)
{
	struct map *keys = map_create(arena, bundle->key_count);
	struct sha256 *fingerprints = arena_array(arena, struct sha256, bundle->key_count);
	for (size_t i = 0; i < bundle->key_count; i++) {
		fingerprints[i] = sha256_of(bundle->keys[i].spki);
		map_set(keys, MAP_KEY(fingerprints[i]), (void *)(uintptr_t)&bundle->keys[i]);
	}
	return keys;
}

static void index_lots(struct look *l)
{
	const struct bundle *bundle = l->bundle;
	struct sha256 *blinded = arena_array(l->arena, struct sha256, bundle->lot_count);
	for (size_t i = 0; i < bundle->lot_count; i++) {
		void *lot = (void *)(uintptr_t)&bundle->lots[i];
		blinded[i] = statement_lot(bundle->lots[i].salt, bundle->lots[i].uri);
		map_set(l->lots, MAP_KEY(blinded[i]), lot);
		map_set(l->uris, str_bytes(bundle->lots[i].uri), lot);
	}
}

/* Back from every record about a lot of the trail, over each that it builds on. */
static enum proof_finding check_prev(struct look *l)
{
	size_t missing = 0;
	for (size_t i = 0; i < l->bundle->step_count; i++) {
		const struct seen *s = &l->seen[i];
		for (size_t k = 0; s->concerns && k < s->prev_count; k++)
			missing += map_get(l->by_hash, MAP_KEY(s->prevs[k])) == NULL;
	}
	if (!missing)
		return PROOF_PASSED;
	say(l, arena_printf(l->arena, "缺少前序记录：%zu 条，有记录被隐去", missing),
	    arena_printf(
		    l->arena,
		    "Earlier records that these build on and that are missing: %zu. Something is held back",
		    missing));
	return PROOF_MISSING;
}

/* Two statements of one key with one number: one of them is not what the organisation recorded in order. */
static enum proof_finding check_seq(struct look *l)
{
	struct numbered {
		struct sha256 key;
		int64_t seq;
	};
	struct map *taken = map_create(l->arena, l->bundle->step_count);
	struct numbered *names = arena_array(l->arena, struct numbered, l->bundle->step_count);
	for (size_t i = 0; i < l->bundle->step_count; i++) {
		struct seen *s = &l->seen[i];
		if (!s->is_read)
			continue;
		names[i] = (struct numbered){s->statement.key, s->statement.seq};
		const struct seen *other = map_get(taken, MAP_KEY(names[i]));
		if (other && !sha256_equal(other->hash, s->hash))
			return PROOF_FAILED;
		map_set(taken, MAP_KEY(names[i]), s);
	}
	return PROOF_PASSED;
}

/* A key by what its statement says, and by where that stands. */
struct stated_key {
	struct statement s;
	int64_t index; /* not logged: behind all that are */
};

static size_t read_keys(struct look *l, struct stated_key *ret)
{
	size_t count = 0;
	struct note *note = arena_new(l->arena, struct note);
	for (size_t i = 0; i < l->bundle->key_count; i++) {
		const struct proof_entry *given = &l->bundle->keys[i].statement;
		struct stated_key *key = &ret[count];
		if (!note_parse(l->arena, given->note, note) ||
		    !statement_parse(l->arena, note->text, &key->s) || !str_equal(key->s.kind, STR("key")))
			continue;
		key->index = given->place.index < 0 ? INT64_MAX : given->place.index;
		count++;
	}
	return count;
}

/* Of keys that are here: an organisation's first need not be among them. Old ones may lack the reason, so what was signed with
 * such a key holds, and whoever reads it is told. */
static enum proof_finding check_keys(struct look *l)
{
	struct stated_key *keys = arena_array(l->arena, struct stated_key, l->bundle->key_count);
	struct map *first = map_create(l->arena, l->bundle->key_count);
	size_t count = read_keys(l, keys), unexplained = 0;
	for (size_t i = 0; i < count; i++) {
		const struct stated_key *known = map_get(first, MAP_KEY(keys[i].s.org));
		if (!known || keys[i].index < known->index)
			map_set(first, MAP_KEY(keys[i].s.org), &keys[i]);
	}
	for (size_t i = 0; i < count; i++) {
		const struct stated_key *known = map_get(first, MAP_KEY(keys[i].s.org));
		unexplained +=
			known->index < keys[i].index && !keys[i].s.has_predecessor && !keys[i].s.reason.at;
	}
	if (!unexplained)
		return PROOF_PASSED;
	say(l, arena_printf(l->arena, "既无前任又无原因的后续密钥：%zu 个", unexplained),
	    arena_printf(l->arena,
			 "Further keys of an organisation with neither a predecessor nor a reason: %zu",
			 unexplained));
	return PROOF_NOTED;
}

static bool endorses(const struct seen *s)
{
	return s->is_read && str_equal(s->statement.kind, STR("endorse"));
}

static enum proof_finding check_withheld(struct look *l)
{
	size_t erased = 0, withheld = 0;
	for (size_t i = 0; i < l->bundle->step_count; i++) {
		const struct seen *s = &l->seen[i];
		if (s->report->step->proof.view.at || !s->concerns || endorses(s))
			continue;
		if (s->report->step->proof.erasure.note.at)
			erased++;
		else
			withheld++;
	}
	if (!erased && !withheld)
		return PROOF_PASSED;
	say(l,
	    arena_printf(l->arena,
			 "关于这些批次未公开内容的记录：%zu 条（例如售予其他客户）；内容已删除：%zu 条",
			 withheld, erased),
	    arena_printf(l->arena,
			 "Records about these lots that are not shown: %zu (sales to others, say); content "
			 "removed: %zu",
			 withheld, erased));
	return PROOF_NOTED;
}

/* — endorsements — */

static bool is_withdrawal(const struct seen *s)
{
	return str_equal(s->statement.says, STR("withdrawn"));
}

/* Of a record that is here, where the endorsement says; what is taken back is an endorsement of the same office. */
static enum proof_finding check_endorsement(const struct look *l, const struct seen *s)
{
	const struct seen *about = map_get(l->by_hash, MAP_KEY(s->prevs[0]));
	if (!about)
		return PROOF_MISSING;
	int64_t entry = about->report->step->proof.place.index;
	bool is_right = is_withdrawal(s) ? endorses(about) && !is_withdrawal(about) &&
						   uuid_equal(about->statement.org, s->statement.org)
					 : str_equal(about->statement.kind, STR("event"));
	return is_right && (entry < 0 || entry == s->statement.entry) ? PROOF_PASSED : PROOF_FAILED;
}

static bool is_taken_back(const struct look *l, const struct seen *endorsement)
{
	return map_get(l->taken_back, MAP_KEY(endorsement->hash)) != NULL;
}

/* What an office is said to have signed of a record, and when; of a coarse tier the office is nil. */
struct endorsed {
	struct sha256 record;
	struct uuid office;
	int64_t at_s, back_s; /* back_s −1: it was not taken back */
};
_Static_assert(sizeof(struct endorsed) == sizeof(struct sha256) + sizeof(struct uuid) + 2 * sizeof(int64_t),
	       "no padding: it is a key");

static void index_endorsements(struct look *l)
{
	struct endorsed *keys = arena_array(l->arena, struct endorsed, 2 * l->bundle->step_count);
	size_t count = 0;
	for (size_t i = 0; i < l->bundle->step_count; i++)
		if (endorses(&l->seen[i]) && is_withdrawal(&l->seen[i]))
			map_set(l->taken_back, MAP_KEY(l->seen[i].prevs[0]), &l->seen[i]);
	for (size_t i = 0; i < l->bundle->step_count; i++) {
		struct seen *s = &l->seen[i];
		if (!endorses(s) || is_withdrawal(s))
			continue;
		const struct seen *back = map_get(l->taken_back, MAP_KEY(s->hash));
		keys[count] = (struct endorsed){s->prevs[0], s->statement.org, s->statement.at_s,
						back ? back->statement.at_s : -1};
		keys[count + 1] = keys[count];
		keys[count + 1].office = (struct uuid){{0}};
		for (size_t k = count; k < count + 2; k++)
			map_set(l->endorsed, MAP_KEY(keys[k]), s);
		count += 2;
	}
}

static bool read_second(const struct json *told, const char *name, int64_t *ret)
{
	struct instant time;
	if (instant_parse(json_text(json_get(told, str_of(name))), &time) || time.at_us % USEC_PER_SEC)
		return false;
	*ret = time.at_us / USEC_PER_SEC;
	return true;
}

static bool read_endorsed(struct arena *arena, const struct json *told, struct sha256 record,
			  struct endorsed *ret)
{
	struct str id = json_text(json_get(json_get(told, STR("party")), STR("id")));
	*ret = (struct endorsed){.record = record, .back_s = -1};
	if (id.at && (!uuid_parse(id, &ret->office) || !str_equal(uuid_print(arena, ret->office), id)))
		return false;
	return read_second(told, "at", &ret->at_s) && (!json_text(json_get(told, STR("withdrawnAt"))).at ||
						       read_second(told, "withdrawnAt", &ret->back_s));
}

/* What the trail tells of an office, the office has signed, and then. */
static bool is_told_truly(const struct look *l, const struct json *told, const struct seen *step)
{
	const struct json *list = json_get(told, STR("endorsements"));
	for (size_t i = 0; list && list->kind == JSON_ARRAY && i < list->count; i++) {
		struct endorsed said;
		if (!step || !read_endorsed(l->arena, &list->items[i], step->hash, &said) ||
		    !map_get(l->endorsed, MAP_KEY(said)))
			return false;
	}
	return true;
}

static enum proof_finding check_all_told(const struct look *l)
{
	struct json *trail = arena_new(l->arena, struct json);
	struct fault ignored;
	if (!l->bundle->trail.at || json_parse(l->arena, l->bundle->trail, trail, &ignored))
		return PROOF_PASSED; /* "trail" says so */
	const struct json *steps = json_get(trail, STR("steps"));
	for (size_t i = 0; steps && steps->kind == JSON_ARRAY && i < steps->count; i++) {
		const struct json *told = &steps->items[i];
		const struct seen *s = bundle_step_of(l, json_text(json_get(told, STR("event"))));
		if (!is_told_truly(l, told, s && s->is_read ? s : NULL))
			return PROOF_FAILED;
	}
	return PROOF_PASSED;
}

static enum proof_finding check_endorsements(struct look *l)
{
	index_endorsements(l);
	enum proof_finding worst = check_all_told(l);
	size_t standing = 0, taken_back = 0;
	for (size_t i = 0; i < l->bundle->step_count; i++) {
		const struct seen *s = &l->seen[i];
		if (!endorses(s))
			continue;
		enum proof_finding finding = check_endorsement(l, s);
		if (finding == PROOF_FAILED || worst == PROOF_PASSED)
			worst = finding;
		bool over = is_withdrawal(s) || is_taken_back(l, s);
		standing += !over;
		taken_back += is_withdrawal(s);
	}
	if (worst != PROOF_PASSED)
		return worst;
	if (!standing && !taken_back)
		return PROOF_SKIPPED;
	say(l,
	    arena_printf(l->arena, "检查机构对这些记录的核签：%zu 项有效，%zu 项已撤回", standing,
			 taken_back),
	    arena_printf(
		    l->arena,
		    "Endorsements of these records by inspectors' offices: %zu stand, %zu were taken back",
		    standing, taken_back));
	return PROOF_PASSED;
}

static const struct row {
	const char *name;
	enum proof_finding (*run)(struct look *l);
	const char *text[3][2]; /* passed, failed, skipped */
	const char *missing[2];
} rows[] = {
	{"trail",
	 bundle_check_trail,
	 {{"追溯页所列每一步都与签署的记录相符", "Every step that the trail tells is what was signed"},
	  {"追溯页所列与签署的记录不符", "The trail tells a step otherwise than it was signed"},
	  {"未附追溯页", "No trail was handed over with the proofs"}},
	 {"追溯页所列的某一步没有证明", "A step that the trail tells has no proof"}},
	{"lots",
	 bundle_check_lots,
	 {{"从此批次到全部来源批次均有记录", "There are records of this lot and of all that went into it"},
	  {"", ""},
	  {"", ""}},
	 {"某个来源批次没有记录", "A lot that went into this one has no record here"}},
	{"prev",
	 check_prev,
	 {{"记录所依据的前序记录齐全", "Every earlier record that these build on is here"},
	  {"", ""},
	  {"", ""}},
	 {"", ""}},
	{"seq",
	 check_seq,
	 {{"没有两条记录使用同一序号", "No two records share a number"},
	  {"同一密钥的两条记录使用同一序号", "Two records of one key share a number"},
	  {"", ""}},
	 {"", ""}},
	{"withheld",
	 check_withheld,
	 {{"关于这些批次的记录均已列出", "Every record about these lots is shown"}, {"", ""}, {"", ""}},
	 {"", ""}},
	{"endorsements",
	 check_endorsements,
	 {{"", ""},
	  {"核签与所指记录或追溯页所列不符",
	   "An endorsement is not of the record that it names, or the trail tells it otherwise"},
	  {"没有检查机构的核签", "No inspector's office has endorsed a record here"}},
	 {"核签所指的记录不在其中", "The record that an endorsement is of is not here"}},
	{"keys",
	 check_keys,
	 {{"后续密钥均有前任或原因", "Every further key of an organisation has a predecessor or a reason"},
	  {"", ""},
	  {"", ""}},
	 {"", ""}},
};

static struct proof_check run_row(struct look *l, const struct row *row)
{
	l->said[0] = l->said[1] = (struct str){0};
	struct proof_check check = {.name = row->name, .finding = row->run(l)};
	for (int language = 0; language < 2; language++)
		check.text[language] = l->said[language].at ? l->said[language]
				       : check.finding == PROOF_MISSING
					       ? str_of(row->missing[language])
					       : str_of(row->text[check.finding][language]);
	return check;
}

/* Each record for itself. The verdict on the log head is the same for all: it stands with the bundle. */
static void verify_steps(struct look *l, const struct proof_head *head, struct proof_trust trust,
			 struct note_verifier verifier, struct bundle_report *report)
{
	size_t count = l->bundle->step_count;
	struct bundle_step_report *steps = arena_array(l->arena, struct bundle_step_report, count);
	struct map *keys = index_keys(l->arena, l->bundle);
	for (size_t i = 0; i < count; i++) {
		struct proof proof = l->bundle->steps[i].proof;
		proof.key = *key_of(l->arena, keys, proof.statement);
		steps[i].step = &l->bundle->steps[i];
		steps[i].report = proof_verify_under(l->arena, &proof, head, trust, verifier);
		l->seen[i].report = &steps[i];
		read_statement(l, &l->seen[i]);
		read_view(l, &l->seen[i]);
		if (steps[i].report.verdict > report->verdict)
			report->verdict = steps[i].report.verdict;
		report->trusted &= steps[i].report.trusted;
	}
	report->steps = steps;
	report->step_count = count;
}

struct bundle_report bundle_verify(struct arena *arena, const struct bundle *bundle, struct proof_trust trust,
				   struct note_verifier verifier)
{
	struct proof_head head = proof_head_examine(arena, bundle->checkpoint, trust, verifier);
	struct bundle_report report = {.trusted = true};
	struct look l = {.arena = arena,
			 .bundle = bundle,
			 .seen = arena_array(arena, struct seen, bundle->step_count),
			 .by_hash = map_create(arena, bundle->step_count),
			 .lots = map_create(arena, bundle->lot_count),
			 .uris = map_create(arena, bundle->lot_count),
			 .taken_back = map_create(arena, 16),
			 .endorsed = map_create(arena, 16)};
	index_lots(&l);
	verify_steps(&l, &head, trust, verifier, &report);
	report.checks[report.count++] = proof_head_check(arena, &head, trust);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		report.checks[report.count++] = run_row(&l, &rows[i]);
	enum proof_verdict together = proof_verdict_of(report.checks, report.count);
	if (together > report.verdict)
		report.verdict = together;
	report.ok = report.verdict <= PROOF_UNLOGGED;
	report.trusted &= report.ok && bundle->step_count > 0;
	return report;
}
