/* SPDX-License-Identifier: Apache-2.0
 * Checking a proof: each check is a row of one table with its words. */
#include "ft/core/proof.h"

#include "ft/base/time.h"
#include "ft/core/log_name.h"
#include "signed_text_priv.h"

enum { DAY_S = 24 * 60 * 60, LATE_S = 2 * DAY_S, CLOCK_SLACK_S = 5 * 60 };

const char *const proof_finding_words[] = {"passed", "failed", "skipped", "pending", "noted", "missing"};
const char *const proof_verdict_words[] = {"holds", "unlogged", "incomplete", "broken"};

/* What has been read so far. A part that could not be read makes every check that stands on it fail. */
struct examination {
	struct arena *arena;
	const struct proof *proof;
	const struct proof_head *head;
	struct proof_trust trust;
	struct note_verifier verifier;
	bool has_statement, has_key_statement, is_included;
	struct note note, key_note;
	struct statement statement, key_statement;
	enum tier tier;
	struct str said[2]; /* instead of the words of the table; absent: those */
};

static bool read_statement(struct arena *arena, struct str text, struct note *ret_note, struct statement *ret)
{
	return note_parse(arena, text, ret_note) && statement_parse(arena, ret_note->text, ret);
}

static void say(struct examination *e, struct str zh, struct str en)
{
	e->said[LANGUAGE_ZH] = zh;
	e->said[LANGUAGE_EN] = en;
}

static enum proof_finding passed_if(bool ok)
{
	return ok ? PROOF_PASSED : PROOF_FAILED;
}

static enum proof_finding check_statement(struct examination *e)
{
	e->has_statement = read_statement(e->arena, e->proof->statement, &e->note, &e->statement);
	return passed_if(e->has_statement);
}

static enum proof_finding check_key(struct examination *e)
{
	return passed_if(e->has_statement && sha256_equal(sha256_of(e->proof->key.spki), e->statement.key));
}

/* Under the name of the organisation that the statement is of: the name stands in the note and is not signed. */
static enum proof_finding check_signature(struct examination *e)
{
	bool signed_once = false;
	if (!e->has_statement)
		return PROOF_FAILED;
	struct str name = statement_signer_name(e->arena, e->statement.log, e->statement.org);
	for (size_t i = 0; i < e->note.count; i++) {
		struct note_key key;
		if (!str_equal(e->note.signatures[i].name, name) ||
		    !note_key_from_spki(e->note.signatures[i].name, e->proof->key.spki, &key))
			continue;
		enum note_verdict verdict = note_verify(e->arena, &e->note, &key, e->verifier);
		if (verdict == NOTE_FORGED)
			return PROOF_FAILED;
		signed_once |= verdict == NOTE_SIGNED;
	}
	return passed_if(signed_once);
}

/* A key that endorses is for nothing else, and no other endorses. */
static bool is_for_it(const struct statement *key, const struct statement *s)
{
	return str_equal(s->kind, STR("key")) ||
	       str_equal(s->kind, STR("endorse")) == str_equal(key->use, STR("inspect"));
}

static enum proof_finding check_key_statement(struct examination *e)
{
	struct note_key key;
	e->has_key_statement =
		read_statement(e->arena, e->proof->key.statement.note, &e->key_note, &e->key_statement) &&
		str_equal(e->key_statement.kind, STR("key"));
	/* That the key's line belongs to its vkey is part of the form of a key statement. */
	if (!e->has_statement || !e->has_key_statement ||
	    !sha256_equal(e->key_statement.key, e->statement.key) ||
	    !uuid_equal(e->key_statement.org, e->statement.org) ||
	    !str_equal(e->key_statement.log, e->statement.log) ||
	    !is_for_it(&e->key_statement, &e->statement) ||
	    !note_key_parse(e->arena, e->key_statement.vkey, &key) ||
	    note_verify(e->arena, &e->key_note, &key, e->verifier) != NOTE_SIGNED)
		return PROOF_FAILED;
	say(e, key_statement_words(e->arena, &e->key_statement, LANGUAGE_ZH),
	    key_statement_words(e->arena, &e->key_statement, LANGUAGE_EN));
	return PROOF_PASSED;
}

static enum proof_finding check_registrar(struct examination *e)
{
	if (!e->trust.registrar)
		return PROOF_SKIPPED;
	return passed_if(e->has_key_statement &&
			 note_verify(e->arena, &e->key_note, e->trust.registrar, e->verifier) == NOTE_SIGNED);
}

static bool has_body(const struct examination *e)
{
	return !e->has_statement ||
	       (!str_equal(e->statement.kind, STR("key")) && !str_equal(e->statement.kind, STR("endorse")));
}

static enum proof_finding check_manifest(struct examination *e)
{
	if (!has_body(e))
		return PROOF_SKIPPED;
	if (e->has_statement && !e->proof->manifest.at && !e->proof->view.at) {
		say(e, STR("清单未提供"), STR("The manifest was not handed over"));
		return PROOF_SKIPPED;
	}
	return passed_if(e->has_statement && e->proof->manifest.at &&
			 e->proof->manifest.len == e->statement.body_len &&
			 sha256_equal(sha256_of(str_bytes(e->proof->manifest)), e->statement.body));
}

static bool names(const struct statement_links *links, struct sha256 hash)
{
	for (size_t i = 0; links->hashes && i < links->count; i++)
		if (sha256_equal(links->hashes[i], hash))
			return true;
	return false;
}

/* An erasure says which statement it is about by naming it as what it builds on. */
static enum proof_finding check_erasure(struct examination *e)
{
	struct note note;
	struct statement erasure;
	if (!e->has_statement || !read_statement(e->arena, e->proof->erasure.note, &note, &erasure) ||
	    !str_equal(erasure.kind, STR("erase")) || !str_equal(erasure.log, e->statement.log) ||
	    !names(&erasure.prevs, statement_hash(e->note.text)))
		return PROOF_FAILED;
	if (e->trust.registrar &&
	    note_verify(e->arena, &note, e->trust.registrar, e->verifier) != NOTE_SIGNED)
		return PROOF_FAILED;
	if (e->proof->erasure.place.index >= 0 &&
	    !proof_place_holds(e->head, e->proof->erasure.place, e->proof->erasure.note))
		return PROOF_FAILED;
	struct str day = date_print(e->arena, (int32_t)(erasure.at_s / DAY_S));
	say(e,
	    arena_printf(e->arena, "记录内容已于 %.*s 依法删除，仅存摘要；其余部分仍然成立", STR_ARGS(day)),
	    arena_printf(e->arena,
			 "The record's content was removed on %.*s; its digest is left, and the rest holds",
			 STR_ARGS(day)));
	return PROOF_NOTED;
}

static enum proof_finding check_view(struct examination *e)
{
	struct manifest manifest;
	if (!has_body(e))
		return PROOF_SKIPPED;
	if (!e->proof->view.at)
		return e->proof->erasure.note.at ? check_erasure(e) : PROOF_SKIPPED;
	if (!e->proof->manifest.at || !manifest_parse(e->arena, e->proof->manifest, &manifest))
		return PROOF_FAILED;
	for (int i = 0; i < TIER_COUNT; i++)
		if (manifest_check_view(&manifest, (enum tier)i, e->proof->salt, e->proof->view)) {
			e->tier = (enum tier)i;
			return PROOF_PASSED;
		}
	return PROOF_FAILED;
}

static bool is_summed_up(const struct statement_links *links)
{
	return links->count > 0 && !links->hashes;
}

static bool links_hold(const struct statement_links *links, struct str lines)
{
	size_t count = 0;
	for (size_t i = 0; i < lines.len; i++)
		count += lines.at[i] == '\n';
	return !is_summed_up(links) ||
	       (count == links->count && sha256_equal(sha256_of(str_bytes(lines)), links->digest));
}

static enum proof_finding check_links(struct examination *e)
{
	if (e->has_statement && !is_summed_up(&e->statement.lots) && !is_summed_up(&e->statement.prevs))
		return PROOF_SKIPPED;
	return passed_if(e->has_statement && links_hold(&e->statement.lots, e->proof->lots) &&
			 links_hold(&e->statement.prevs, e->proof->prevs));
}

bool proof_place_holds(const struct proof_head *head, struct proof_place place, struct str entry)
{
	return head->is_read && place.index >= 0 &&
	       merkle_check_inclusion(merkle_leaf(str_bytes(entry)), (uint64_t)place.index,
				      (uint64_t)head->head.size, head->head.root, place.path,
				      place.path_count);
}

static enum proof_finding check_inclusion(struct examination *e)
{
	if (e->proof->place.index < 0)
		return e->trust.policy ? PROOF_PENDING : PROOF_SKIPPED;
	if (!e->has_statement || !e->head->is_read ||
	    !log_name_is_of(e->head->head.origin, e->statement.log) ||
	    !proof_place_holds(e->head, e->proof->place, e->proof->statement))
		return PROOF_FAILED;
	e->is_included = true;
	long long index = (long long)e->proof->place.index, size = (long long)e->head->head.size;
	say(e, arena_printf(e->arena, "声明已载入日志，为第 %lld 条（共 %lld 条）", index, size),
	    arena_printf(e->arena, "The statement stands in the log: entry %lld of %lld", index, size));
	return PROOF_PASSED;
}

static struct str print_minute(struct arena *arena, int64_t at_s)
{
	struct instant time = {.at_us = at_s * USEC_PER_SEC};
	return at_s > INT64_MAX / USEC_PER_SEC ? STR("?") : instant_print(arena, time);
}

static void say_accepted(struct examination *e, const struct policy_report *judged)
{
	struct arena *arena = e->arena;
	const char *zh = judged->sm2 ? "（Ed25519 与 SM2 签名均有效）" : "";
	const char *en = judged->sm2 ? " with both lines, Ed25519 and SM2" : "";
	if (!judged->witnesses) {
		say(e, arena_printf(arena, "日志头由您信任的日志签署%s；信任策略未要求见证", zh),
		    arena_printf(arena,
				 "The log head is signed by the log that you trust%s; your policy asks for "
				 "no witness",
				 en));
		return;
	}
	struct str time = judged->no_later_s < 0 ? STR("–") : print_minute(arena, judged->no_later_s);
	say(e,
	    arena_printf(arena, "日志头由您信任的日志签署%s，%zu 个见证方中有 %zu 个见证，不晚于 %.*s", zh,
			 judged->witnesses, judged->cosigned, STR_ARGS(time)),
	    arena_printf(arena,
			 "The log head is signed by the log that you trust%s and cosigned by %zu of %zu "
			 "witnesses; it stood by %.*s",
			 en, judged->cosigned, judged->witnesses, STR_ARGS(time)));
}

static void say_too_few(struct examination *e, const struct policy_report *judged)
{
	say(e,
	    arena_printf(e->arena,
			 "日志头已由日志签署，但只有 %zu 个见证方（共 %zu 个）见证，未达到信任策略的要求",
			 judged->cosigned, judged->witnesses),
	    arena_printf(e->arena,
			 "The log has signed its head, but %zu of %zu witnesses are fewer than your "
			 "policy asks for",
			 judged->cosigned, judged->witnesses));
}

static enum proof_finding check_checkpoint(struct examination *e)
{
	const struct proof_head *head = e->head;
	if (!head->is_judged)
		return PROOF_SKIPPED;
	if (!head->note.at)
		return PROOF_PENDING;
	if (!head->is_read)
		return PROOF_FAILED;
	switch (head->judged.finding) {
	case POLICY_HOLDS:
		say_accepted(e, &head->judged);
		return PROOF_PASSED;
	case POLICY_NO_QUORUM:
		say_too_few(e, &head->judged);
		return PROOF_PENDING;
	case POLICY_NO_SM2:
		say(e, STR("日志头的 Ed25519 签名有效，但没有信任策略所列的 SM2 签名"),
		    STR("The Ed25519 line of the log head holds, but it has no line of the SM2 key that your "
			"policy names"));
		return PROOF_PENDING;
	case POLICY_SM2_FORGED:
		say(e, STR("日志头的 Ed25519 签名有效，SM2 签名无效"),
		    STR("The Ed25519 line of the log head holds, its SM2 line does not"));
		return PROOF_FAILED;
	case POLICY_UNKNOWN_LOG:
	case POLICY_FORGED:
		break;
	}
	return PROOF_FAILED;
}

/* By place in the log, never by claimed time: nobody can insert into the past. */
static enum proof_finding check_key_log(struct examination *e)
{
	const struct proof_entry *key = &e->proof->key.statement;
	if (key->place.index < 0 || e->proof->place.index < 0)
		return e->trust.policy ? PROOF_PENDING : PROOF_SKIPPED;
	bool is_itself = str_equal(key->note, e->proof->statement);
	return passed_if(proof_place_holds(e->head, key->place, key->note) &&
			 (is_itself || key->place.index < e->proof->place.index));
}

/* By the registrar, or with the key itself. */
static bool is_revocation_signed(struct examination *e, const struct note *note)
{
	struct note_key key;
	if (e->has_key_statement && note_key_parse(e->arena, e->key_statement.vkey, &key) &&
	    note_verify(e->arena, note, &key, e->verifier) == NOTE_SIGNED)
		return true;
	return !e->trust.registrar ||
	       note_verify(e->arena, note, e->trust.registrar, e->verifier) == NOTE_SIGNED;
}

static enum proof_finding check_revocation(struct examination *e)
{
	const struct proof_entry *given = &e->proof->key.revocation;
	struct note note;
	struct statement revocation;
	if (!given->note.at)
		return PROOF_SKIPPED;
	if (!e->has_statement || !read_statement(e->arena, given->note, &note, &revocation) ||
	    !str_equal(revocation.kind, STR("revoke")) || !str_equal(revocation.log, e->statement.log) ||
	    !sha256_equal(revocation.revoked, e->statement.key) || !is_revocation_signed(e, &note) ||
	    e->proof->place.index < 0 || !proof_place_holds(e->head, given->place, given->note) ||
	    given->place.index <= e->proof->place.index)
		return PROOF_FAILED;
	struct str day = date_print(e->arena, (int32_t)(revocation.at_s / DAY_S));
	bool is_doubtful =
		str_equal(revocation.reason, STR("compromise")) && e->statement.at_s >= revocation.since_s;
	say(e,
	    arena_printf(e->arena,
			 is_doubtful ? "密钥据报自此前已失窃（%.*s 撤销）：此记录存疑"
				     : "密钥后来于 %.*s 撤销；此记录载入日志在先，仍然有效",
			 STR_ARGS(day)),
	    arena_printf(
		    e->arena,
		    is_doubtful
			    ? "The key was reported stolen at the time that the record claims (revoked on "
			      "%.*s): doubtful"
			    : "The key was revoked later, on %.*s; the record was in the log before and "
			      "stays valid",
		    STR_ARGS(day)));
	return PROOF_NOTED;
}

/* When it happened, as the record says; false: it does not say. */
static bool event_time(struct examination *e, int64_t *ret_s)
{
	struct json view;
	struct fault ignored;
	struct instant time;
	if (!e->proof->view.at || e->tier == TIER_COUNT ||
	    json_parse(e->arena, e->proof->view, &view, &ignored) ||
	    instant_parse(json_text(json_get(&view, STR("eventTime"))), &time))
		return false;
	*ret_s = time.at_us / USEC_PER_SEC;
	return true;
}

static enum proof_finding check_time(struct examination *e)
{
	int64_t happened_s;
	if (!e->has_statement)
		return PROOF_FAILED;
	if (e->head->is_judged && e->head->judged.no_later_s >= 0 && e->proof->place.index >= 0 &&
	    e->statement.at_s > e->head->judged.no_later_s + CLOCK_SLACK_S) {
		say(e, STR("声明自称的时间晚于见证时间：所称时间不可信"),
		    STR("The statement claims a time after it was witnessed: the time it claims is not "
			"true"));
		return PROOF_NOTED;
	}
	if (!event_time(e, &happened_s))
		return PROOF_SKIPPED;
	if (happened_s > e->statement.at_s + CLOCK_SLACK_S) {
		say(e, STR("事件时间晚于登记时间"), STR("It is said to have happened after it was recorded"));
		return PROOF_NOTED;
	}
	long long late_s = (long long)(e->statement.at_s - happened_s);
	if (late_s < LATE_S)
		return PROOF_PASSED;
	say(e, arena_printf(e->arena, "事后 %lld 天才登记", late_s / DAY_S),
	    arena_printf(e->arena, "Recorded %lld days late", late_s / DAY_S));
	return PROOF_NOTED;
}

/* Only that it was there before: whether the log had this root, who follows the whole log can say. */
static enum proof_finding check_seen(struct examination *e)
{
	if (!e->has_statement || !e->statement.has_seen || e->proof->place.index < 0)
		return PROOF_SKIPPED;
	if (e->statement.seen_size > e->proof->place.index)
		return PROOF_FAILED;
	long long size = (long long)e->statement.seen_size;
	struct str zh = arena_printf(e->arena, "声明称签署时日志已有 %lld 条", size);
	struct str en =
		arena_printf(e->arena, "It says that the log had %lld entries when it was signed", size);
	if (e->head->judged.finding == POLICY_HOLDS && e->head->judged.no_later_s >= 0 && e->is_included) {
		struct str time = print_minute(e->arena, e->head->judged.no_later_s);
		zh = arena_printf(e->arena, "%.*s；经见证，不晚于 %.*s 已载入日志", STR_ARGS(zh),
				  STR_ARGS(time));
		en = arena_printf(e->arena, "%.*s; witnesses saw it in the log by %.*s", STR_ARGS(en),
				  STR_ARGS(time));
	}
	say(e, zh, en);
	return PROOF_PASSED;
}

/* In order: later checks stand on what earlier ones have read. */
static const struct row {
	const char *name;
	enum proof_finding (*run)(struct examination *e);
	const char *text[4][2]; /* by finding up to PROOF_PENDING, by language: Chinese, English */
} rows[PROOF_CHECKS] = {
	{"statement",
	 check_statement,
	 {{"声明格式正确", "The statement is well formed"},
	  {"声明不是有效的签名文本", "The statement is not a signed text of the known form"}}},
	{"key",
	 check_key,
	 {{"公钥与声明所指的密钥一致", "The key is the one that the statement names"},
	  {"公钥与声明所指的密钥不一致", "The key is not the one that the statement names"}}},
	{"signature",
	 check_signature,
	 {{"声明的签名有效", "The signature of the statement verifies"},
	  {"声明的签名无效", "The signature of the statement does not verify"}}},
	{"key-statement",
	 check_key_statement,
	 {{"", ""},
	  {"密钥声明与此密钥或组织不符，或未由该密钥签署",
	   "The key statement is for another key or organisation, or is not signed with the key"}}},
	{"registrar",
	 check_registrar,
	 {{"您信任的登记机构已签署此密钥声明", "The registrar that you trust has signed the key statement"},
	  {"您信任的登记机构未签署此密钥声明",
	   "The registrar that you trust has not signed the key statement"},
	  {"未提供登记机构公钥：密钥归属未核验",
	   "No registrar key was given: whose key this is has not been checked"}}},
	{"manifest",
	 check_manifest,
	 {{"清单与所签内容一致", "The manifest is the one that was signed"},
	  {"清单与所签内容不一致", "The manifest is not the one that was signed"},
	  {"该声明没有正文", "This statement has no body"}}},
	{"view",
	 check_view,
	 {{"记录自签署后未被改动", "The record is unchanged since it was signed"},
	  {"记录与所签内容不一致", "The record is not the one that was signed"},
	  {"记录已删除或未提供，仅存摘要", "The record was erased or withheld; only its digest is left"}}},
	{"links",
	 check_links,
	 {{"所列批次与前序声明同所签内容一致",
	   "The lots and earlier statements listed are those that were signed"},
	  {"所列批次与前序声明同所签内容不一致",
	   "The lots and earlier statements listed are not those that were signed"},
	  {"声明已直接列出批次与前序声明", "The statement itself lists its lots and earlier statements"}}},
	{"inclusion",
	 check_inclusion,
	 {{"声明已载入日志", "The statement stands in the log"},
	  {"证明路径不通向此日志头", "The path does not lead from the statement to the log head"},
	  {"声明尚未载入日志", "The statement is not in the log yet"},
	  {"声明尚未载入日志", "The statement is not in the log yet"}}},
	{"checkpoint",
	 check_checkpoint,
	 {{"日志头由您信任的日志签署", "The log head is signed by the log that you trust"},
	  {"日志头不是由您信任的日志签署", "The log head is not signed by the log that you trust"},
	  {"没有日志头或未提供日志公钥：日志签名未核验",
	   "No log head or no log key was given: the log's signature has not been checked"},
	  {"日志头尚未发布", "There is no log head yet"}}},
	{"key-log",
	 check_key_log,
	 {{"密钥在此记录之前已载入日志", "The key stood in the log before the record"},
	  {"密钥不在日志中此记录之前", "The key does not stand in the log before the record"},
	  {"未提供密钥在日志中的位置", "Where the key stands in the log was not handed over"},
	  {"密钥或记录尚未载入日志", "The key or the record is not in the log yet"}}},
	{"revocation",
	 check_revocation,
	 {{"", ""},
	  {"密钥在此记录载入日志之前已撤销，或所附撤销声明与此密钥不符",
	   "The key was revoked before the record was logged, or the revocation is none of this key"},
	  {"未附撤销声明；是否另有撤销须查看整个日志",
	   "No revocation was handed over; only the whole log can tell that there is none"}}},
	{"time",
	 check_time,
	 {{"登记及时", "Recorded within two days"},
	  {"声明无法读取，时间无从核验", "The statement cannot be read, and so its time cannot"},
	  {"未提供事件时间", "When it happened was not handed over"}}},
	{"seen",
	 check_seen,
	 {{"", ""},
	  {"声明所称签署前已有的日志头不可能在它之前",
	   "The log head that it says was there before it cannot have been"},
	  {"声明未载明签署前的日志头，或尚未载入日志",
	   "It names no log head from before it was signed, or is not in the log yet"}}},
};

struct proof_head proof_head_examine(struct arena *arena, struct str note, struct proof_trust trust,
				     struct note_verifier verifier)
{
	struct proof_head head = {.note = note, .is_judged = trust.policy, .judged = {.no_later_s = -1}};
	struct note *parsed = arena_new(arena, struct note);
	head.is_read = note.at && note_parse(arena, note, parsed) &&
		       checkpoint_parse(arena, parsed->text, &head.head);
	if (head.is_read && trust.policy)
		head.judged = policy_judge(arena, trust.policy, parsed, verifier);
	return head;
}

enum proof_verdict proof_verdict_of(const struct proof_check *checks, size_t count)
{
	static const enum proof_verdict verdicts[] = {
		[PROOF_PASSED] = PROOF_HOLDS,  [PROOF_FAILED] = PROOF_BROKEN,
		[PROOF_SKIPPED] = PROOF_HOLDS, [PROOF_PENDING] = PROOF_UNLOGGED,
		[PROOF_NOTED] = PROOF_HOLDS,   [PROOF_MISSING] = PROOF_INCOMPLETE};
	enum proof_verdict verdict = PROOF_HOLDS;
	for (size_t i = 0; i < count; i++)
		if (verdicts[checks[i].finding] > verdict)
			verdict = verdicts[checks[i].finding];
	return verdict;
}

static struct proof_check run_row(struct examination *e, const struct row *row)
{
	e->said[0] = e->said[1] = (struct str){0};
	struct proof_check check = {.name = row->name, .finding = row->run(e)};
	for (int language = 0; language < 2; language++)
		check.text[language] =
			e->said[language].at ? e->said[language] : str_of(row->text[check.finding][language]);
	return check;
}

struct proof_check proof_head_check(struct arena *arena, const struct proof_head *head,
				    struct proof_trust trust)
{
	struct examination e = {.arena = arena, .head = head, .trust = trust};
	const struct row *row = rows;
	while (row->run != check_checkpoint)
		row++;
	return run_row(&e, row);
}

struct proof_report proof_verify_under(struct arena *arena, const struct proof *proof,
				       const struct proof_head *head, struct proof_trust trust,
				       struct note_verifier verifier)
{
	struct examination e = {.arena = arena,
				.proof = proof,
				.head = head,
				.trust = trust,
				.verifier = verifier,
				.tier = TIER_COUNT};
	struct proof_report report = {.count = PROOF_CHECKS};
	for (size_t i = 0; i < PROOF_CHECKS; i++)
		report.checks[i] = run_row(&e, &rows[i]);
	report.verdict = proof_verdict_of(report.checks, report.count);
	report.ok = report.verdict <= PROOF_UNLOGGED;
	report.trusted = report.ok && trust.registrar;
	report.tier = e.tier;
	return report;
}

struct proof_report proof_verify(struct arena *arena, const struct proof *proof, struct proof_trust trust,
				 struct note_verifier verifier)
{
	struct proof_head head = proof_head_examine(arena, proof->checkpoint, trust, verifier);
	return proof_verify_under(arena, proof, &head, trust, verifier);
}

struct proof_report tlog_proof_verify(struct arena *arena, const struct tlog_proof *given, struct bytes entry,
				      struct proof_trust trust, struct note_verifier verifier)
{
	struct proof_head head = proof_head_examine(arena, given->checkpoint, trust, verifier);
	struct proof proof = {.statement = bytes_str(entry), .place = given->place};
	struct examination e = {.arena = arena,
				.proof = &proof,
				.head = &head,
				.trust = trust,
				.verifier = verifier,
				.has_statement = true,
				.statement = {.log = head.is_read ? head.head.origin : STR("")}};
	struct proof_report report = {.tier = TIER_COUNT};
	for (size_t i = 0; i < PROOF_CHECKS; i++)
		if (rows[i].run == check_inclusion || rows[i].run == check_checkpoint)
			report.checks[report.count++] = run_row(&e, &rows[i]);
	report.verdict = proof_verdict_of(report.checks, report.count);
	report.ok = report.verdict <= PROOF_UNLOGGED;
	return report;
}
