/* SPDX-License-Identifier: Apache-2.0
 * Trust policies: reading them strictly, and judging log heads by them. */
#include "ft/core/policy.h"

#include "signed_text_priv.h"

enum { MAX_WORDS = 3 + POLICY_MAX_WITNESSES + POLICY_MAX_GROUPS };

#define SM2_MARK STR("#sm2")

/* A policy while it is read. */
struct reading {
	struct arena *arena;
	struct policy policy;
	uint64_t placed; /* names that are members of a group: each may be so once */
	bool has_quorum;
};
struct words {
	struct str items[MAX_WORDS];
	size_t count;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool begins_with_word(struct str line, struct str word)
{
	return str_starts(line, word) && (line.len == word.len || is_blank(line.at[word.len]));
}

static bool split(struct str line, struct words *ret)
{
	ret->count = 0;
	for (size_t i = 0; i < line.len;) {
		size_t start = i;
		while (i < line.len && !is_blank(line.at[i]))
			i++;
		if (i > start) {
			if (ret->count == MAX_WORDS)
				return false;
			ret->items[ret->count++] = (struct str){line.at + start, i - start};
		}
		while (i < line.len && is_blank(line.at[i]))
			i++;
	}
	return true;
}

static bool has_octet_refused(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n'))
			return true;
	}
	return false;
}

/* The bit of a name; 0: nothing is called so. */
static uint64_t find(const struct policy *policy, struct str name)
{
	for (size_t i = 0; i < policy->witness_count; i++)
		if (str_equal(policy->witnesses[i].name, name))
			return UINT64_C(1) << i;
	for (size_t i = 0; i < policy->group_count; i++)
		if (str_equal(policy->groups[i].name, name))
			return UINT64_C(1) << (POLICY_MAX_WITNESSES + i);
	return 0;
}

static bool is_free_name(const struct policy *policy, struct str name)
{
	return !str_equal(name, STR("none")) && !find(policy, name);
}

static bool read_log(struct reading *r, const struct words *words)
{
	struct policy *policy = &r->policy;
	struct note_key key;
	if (words->count < 2 || words->count > 3 || policy->log_count == POLICY_MAX_LOGS ||
	    !note_key_parse(r->arena, words->items[1], &key) ||
	    (key.type != NOTE_ED25519 && key.type != NOTE_P256))
		return false;
	for (size_t i = 0; i < policy->log_count; i++)
		if (bytes_equal(policy->logs[i].key.material, key.material))
			return false;
	policy->logs[policy->log_count++] =
		(struct policy_log){key, words->count == 3 ? words->items[2] : (struct str){0}};
	return true;
}

static bool read_sm2(struct reading *r, const struct words *words)
{
	struct policy *policy = &r->policy;
	struct note_key key;
	if (words->count != 2 || policy->sm2_count == POLICY_MAX_LOGS ||
	    !note_key_parse(r->arena, words->items[1], &key) || !note_key_is_sm2(&key))
		return false;
	policy->sm2[policy->sm2_count++] = key;
	return true;
}

static bool read_witness(struct reading *r, const struct words *words)
{
	struct policy *policy = &r->policy;
	struct note_key key;
	if (words->count < 3 || words->count > 4 || policy->witness_count == POLICY_MAX_WITNESSES ||
	    !is_free_name(policy, words->items[1]) || !note_key_parse(r->arena, words->items[2], &key) ||
	    key.type != NOTE_COSIGNATURE)
		return false;
	for (size_t i = 0; i < policy->witness_count; i++)
		if (bytes_equal(policy->witnesses[i].key.material, key.material))
			return false;
	policy->witnesses[policy->witness_count++] = (struct policy_witness){
		words->items[1], key, words->count == 4 ? words->items[3] : (struct str){0}};
	return true;
}

static bool read_threshold(struct str word, size_t members, size_t *ret)
{
	int64_t count;
	if (str_equal(word, STR("any")))
		count = 1;
	else if (str_equal(word, STR("all")))
		count = (int64_t)members;
	else if (!signed_text_count(word, &count))
		return false;
	if (count < 1 || (size_t)count > members)
		return false;
	*ret = (size_t)count;
	return true;
}

static bool read_group(struct reading *r, const struct words *words)
{
	struct policy *policy = &r->policy;
	struct policy_group group = {0};
	if (words->count < 4 || policy->group_count == POLICY_MAX_GROUPS ||
	    !is_free_name(policy, words->items[1]) ||
	    !read_threshold(words->items[2], words->count - 3, &group.threshold))
		return false;
	for (size_t i = 3; i < words->count; i++) {
		uint64_t member = find(policy, words->items[i]);
		if (!member || r->placed & member)
			return false;
		r->placed |= member;
		group.members |= member;
	}
	group.name = words->items[1];
	policy->groups[policy->group_count++] = group;
	return true;
}

static bool read_quorum(struct reading *r, const struct words *words)
{
	if (words->count != 2 || r->has_quorum)
		return false;
	r->has_quorum = true;
	r->policy.quorum = find(&r->policy, words->items[1]);
	return r->policy.quorum || str_equal(words->items[1], STR("none"));
}

static bool read_line(struct reading *r, struct str line)
{
	static const struct {
		const char *word;
		bool (*read)(struct reading *r, const struct words *words);
	} lines[] = {{"log", read_log},
		     {"#sm2", read_sm2},
		     {"witness", read_witness},
		     {"group", read_group},
		     {"quorum", read_quorum}};
	struct words words;
	while (line.len > 0 && is_blank(line.at[0]))
		line = str_from(line, 1);
	bool is_comment = line.len > 0 && line.at[0] == '#';
	if (line.len == 0 || (is_comment && !begins_with_word(line, SM2_MARK)))
		return true;
	if (!split(line, &words))
		return false;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		if (str_equal(words.items[0], str_of(lines[i].word)))
			return lines[i].read(r, &words);
	return false;
}

bool policy_parse(struct arena *arena, struct str text, struct policy *ret, size_t *reterr_line)
{
	struct reading *r = arena_new(arena, struct reading);
	r->arena = arena;
	size_t number = 1;
	if (text.len > POLICY_MAX_LEN) {
		*reterr_line = number;
		return false;
	}
	for (struct str rest = text; rest.len > 0; number++) {
		struct str line = str_cut(rest, '\n', &rest);
		if (has_octet_refused(line) || !read_line(r, line)) {
			*reterr_line = number;
			return false;
		}
	}
	if (!r->has_quorum) {
		*reterr_line = number;
		return false;
	}
	*ret = r->policy;
	return true;
}

struct policy policy_of_log(const struct note_key *log)
{
	return (struct policy){.log_count = 1, .logs = {{.key = *log}}};
}

struct str policy_text_of_log(struct arena *arena, struct str log, struct str sm2)
{
	struct buf out = buf_create(arena, log.len + sm2.len + 32);
	buf_printf(&out, "log %.*s\n", STR_ARGS(log));
	if (sm2.at)
		buf_printf(&out, "#sm2 %.*s\n", STR_ARGS(sm2));
	buf_put(&out, STR("quorum none\n"));
	return buf_str(&out);
}

/* Groups stand in the order in which they were defined: members before those that hold them. */
static bool has_quorum(const struct policy *policy, uint64_t signed_by)
{
	for (size_t i = 0; i < policy->group_count; i++) {
		size_t count = 0;
		for (uint64_t rest = policy->groups[i].members & signed_by; rest; rest &= rest - 1)
			count++;
		if (count >= policy->groups[i].threshold)
			signed_by |= UINT64_C(1) << (POLICY_MAX_WITNESSES + i);
	}
	return !policy->quorum || signed_by & policy->quorum;
}

static enum policy_finding find_log(struct arena *arena, const struct policy *policy, const struct note *head,
				    struct note_verifier verifier, const struct policy_log **ret)
{
	struct str rest;
	struct str origin = str_cut(head->text, '\n', &rest);
	enum policy_finding finding = POLICY_UNKNOWN_LOG;
	for (size_t i = 0; i < policy->log_count; i++) {
		const struct policy_log *log = &policy->logs[i];
		enum note_verdict verdict = note_verify(arena, head, &log->key, verifier);
		if (verdict == NOTE_UNSIGNED || !str_equal(log->key.name, origin))
			continue;
		if (verdict == NOTE_FORGED)
			return POLICY_FORGED;
		*ret = log;
		finding = POLICY_HOLDS;
	}
	return finding;
}

/* Of a head whose Ed25519 line holds. */
static enum policy_finding judge_sm2(struct arena *arena, const struct policy *policy,
				     const struct note *head, struct note_verifier verifier, bool *ret_signed)
{
	struct str rest;
	struct str origin = str_cut(head->text, '\n', &rest);
	bool asked = false;
	*ret_signed = false;
	for (size_t i = 0; i < policy->sm2_count; i++) {
		if (!str_equal(policy->sm2[i].name, origin))
			continue;
		asked = true;
		enum note_verdict verdict = note_verify(arena, head, &policy->sm2[i], verifier);
		if (verdict == NOTE_FORGED)
			return POLICY_SM2_FORGED;
		*ret_signed |= verdict == NOTE_SIGNED;
	}
	return asked && !*ret_signed ? POLICY_NO_SM2 : POLICY_HOLDS;
}

struct policy_report policy_judge(struct arena *arena, const struct policy *policy, const struct note *head,
				  struct note_verifier verifier)
{
	struct policy_report report = {.witnesses = policy->witness_count, .no_later_s = -1};
	uint64_t signed_by = 0;
	for (size_t i = 0; i < policy->witness_count; i++) {
		const struct note_key *key = &policy->witnesses[i].key;
		int64_t at_s;
		if (note_verify(arena, head, key, verifier) != NOTE_SIGNED ||
		    !note_cosignature_time(head, key, &at_s))
			continue;
		signed_by |= UINT64_C(1) << i;
		report.cosigned++;
		if (at_s > report.no_later_s)
			report.no_later_s = at_s;
	}
	report.finding = find_log(arena, policy, head, verifier, &report.log);
	if (report.finding == POLICY_HOLDS)
		report.finding = judge_sm2(arena, policy, head, verifier, &report.sm2);
	if (report.finding == POLICY_HOLDS && !has_quorum(policy, signed_by))
		report.finding = POLICY_NO_QUORUM;
	return report;
}
