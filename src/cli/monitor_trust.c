/* SPDX-License-Identifier: Apache-2.0
 * Whom farmtrail monitor trusts: by a policy, a key, what it remembers; and what a log says itself that goes on under
 * another name. */
#include "monitor_priv.h"

#include "ft/core/log_name.h"

void monitor_find(struct monitor *m, enum monitor_fault fault, uint64_t first, uint64_t last)
{
	m->fault = fault;
	m->fault_first = first;
	m->fault_last = last;
}

void monitor_find_whole(struct monitor *m, enum monitor_fault fault)
{
	monitor_find(m, fault, 1, 0);
}

/* — whom to trust — */

static enum exit_code trust_key(struct monitor *m, struct str vkey, struct said why)
{
	struct note_key key;
	if (!note_key_parse(m->cli->arena, vkey, &key) || note_key_is_sm2(&key))
		return cli_usage(m->cli, why); /* heads are the log's by their Ed25519 line */
	m->policy = policy_of_log(&key);
	return EXIT_GOOD;
}

static enum exit_code read_policy(struct monitor *m, struct str path)
{
	size_t line = 0;
	struct str text = cli_read_file(m->cli, path);
	if (!text.at)
		return cli_usage(m->cli, (struct said){"无法读取信任策略文件", "the policy cannot be read"});
	if (policy_parse(m->cli->arena, text, &m->policy, &line))
		return EXIT_GOOD;
	return cli_fail(m->cli, EXIT_USAGE,
			arena_printf(m->cli->arena,
				     m->cli->language == LANGUAGE_ZH ? "信任策略第 %zu 行有误"
								     : "line %zu of the policy is wrong",
				     line));
}

/* The key of the first look counts for all later ones, unless another way brings a better one. */
static enum exit_code trust_on_first_use(struct monitor *m)
{
	struct bytes vkey;
	if (m->before) {
		m->policy = policy_of_log(&m->before->log);
		return EXIT_GOOD;
	}
	enum fetched fetched = log_source_get(&m->source, m->cli->arena, STR("vkey"), &vkey);
	if (fetched == FETCH_FAILED)
		return client_lost(m->cli, m->source.client);
	if (fetched)
		return cli_usage(m->cli, (struct said){"请用 --log 给出日志的 vkey",
						       "give the log's verifier key with --log"});
	m->trust_words = str_of(
		cli_say(m->cli, (struct said){"日志公钥取自该服务本身：请经其他途径核对，并用 --log 给出",
					      "the log's key was taken from the server itself: compare it "
					      "with one from elsewhere, and give "
					      "it with --log"}));
	return trust_key(m, str_trim(bytes_str(vkey)),
			 (struct said){"服务给出的不是 vkey", "the server's key is not a verifier key"});
}

enum exit_code monitor_read_trust(struct monitor *m)
{
	struct str policy = cli_option(m->cli, "policy"), log = cli_key_option(m->cli, "log");
	if (!log.at)
		log = cli_key_option(m->cli, "key");
	if (policy.at && log.at)
		return cli_usage(m->cli, (struct said){"--policy 与 --log 只能选一个",
						       "give --policy or --log, not both"});
	if (policy.at)
		return read_policy(m, policy);
	if (!log.at)
		return trust_on_first_use(m);
	return trust_key(m, log, (struct said){"--log 不是 vkey", "--log is not a verifier key"});
}

/* — the head — */

/* A head of a log that goes on behind one that is trusted, or behind the one that was followed. */
static bool goes_on(const struct monitor *m)
{
	bool later = m->before && log_name_succeeds(m->head.origin, m->before->log.name);
	if (m->judged.log)
		return later;
	for (size_t i = 0; i < m->policy.log_count; i++)
		later |= log_name_succeeds(m->head.origin, m->policy.logs[i].key.name);
	return m->judged.finding == POLICY_UNKNOWN_LOG && later;
}

/* The log went on under another name, and still the old one's key signs: what it signs beyond its end is another history. */
static bool is_of_an_ended_log(struct monitor *m)
{
	const struct follow_ended *end = m->before ? log_follow_end(m->before, m->head.origin) : NULL;
	if (!end)
		return false;
	if (m->head.size > end->size)
		monitor_find(m, MONITOR_FORKED, (uint64_t)end->size, (uint64_t)m->head.size - 1);
	else
		monitor_find_whole(m, MONITOR_ROLLED_BACK);
	return true;
}

enum exit_code monitor_read_head(struct monitor *m, struct note_verifier verifier)
{
	struct bytes served;
	struct note note;
	enum fetched fetched = log_source_get(&m->source, m->cli->arena, STR("checkpoint"), &served);
	if (fetched == FETCH_FAILED)
		return client_lost(m->cli, m->source.client);
	if (fetched == FETCH_ABSENT && !m->before)
		return EXIT_NOT_FOUND;
	if (fetched == FETCH_ABSENT) {
		monitor_find_whole(m, MONITOR_GONE);
		return EXIT_GOOD;
	}
	m->head_note = arena_str(m->cli->arena, bytes_str(served));
	if (!note_parse(m->cli->arena, m->head_note, &note) ||
	    !checkpoint_parse(m->cli->arena, note.text, &m->head)) {
		monitor_find_whole(m, MONITOR_HEAD_FORM);
		return EXIT_GOOD;
	}
	m->judged = policy_judge(m->cli->arena, &m->policy, &note, verifier);
	m->goes_on = goes_on(m);
	if (m->goes_on)
		return EXIT_GOOD;
	if (m->judged.finding == POLICY_UNKNOWN_LOG || m->judged.finding == POLICY_FORGED)
		monitor_find_whole(m, MONITOR_HEAD_FORGED);
	else if (!is_of_an_ended_log(m) && m->judged.finding == POLICY_SM2_FORGED)
		monitor_find_whole(m, MONITOR_LINE_FORGED);
	return EXIT_GOOD;
}

/* — the log behind it — */

/* A key that the log has stated to be its next, in an entry that broke no rule when it was read. */
static bool is_stated_successor(const struct log_follow *before, struct arena *arena,
				const struct note_key *log)
{
	struct sha256 fingerprint = note_key_fingerprint(arena, log);
	const struct follow_key *stated = map_get(before->keys, sha256_bytes(&fingerprint));
	if (!stated || stated->ended >= 0 || !str_equal(stated->use, STR("log")) ||
	    !str_equal(before->log.name, log->name))
		return false;
	for (size_t i = 0; i < before->finding_count; i++)
		if (before->findings[i].index == stated->index)
			return false;
	return before->more_findings == 0;
}

bool monitor_is_same_log(const struct log_follow *before, struct arena *arena, const struct note_key *log)
{
	return bytes_equal(before->log.material, log->material) || is_stated_successor(before, arena, log);
}

const struct note_key *monitor_trusted_log(const struct monitor *m)
{
	bool of_an_ended = m->before && log_follow_end(m->before, m->head.origin);
	if (m->before && (m->goes_on || (m->fault && of_an_ended)))
		return &m->before->log;
	for (size_t i = 0; m->goes_on && i < m->policy.log_count; i++)
		if (log_name_succeeds(m->head.origin, m->policy.logs[i].key.name))
			return &m->policy.logs[i].key;
	return m->judged.log ? &m->judged.log->key : &m->policy.logs[0].key;
}

static bool has_stated(const struct log_follow *f, struct arena *arena, const struct policy *policy)
{
	for (size_t i = 0; i < policy->log_count; i++) {
		struct sha256 fingerprint = note_key_fingerprint(arena, &policy->logs[i].key);
		const struct follow_key *key = map_get(f->keys, sha256_bytes(&fingerprint));
		if (key && str_equal(key->use, STR("log")))
			return true;
	}
	return false;
}

void monitor_judge_name(struct monitor *m, struct note_verifier verifier)
{
	struct arena *arena = m->cli->arena;
	struct note *note = arena_new(arena, struct note);
	struct policy *policy = arena_new(arena, struct policy);
	if (!str_equal(m->f->name, m->head.origin)) {
		monitor_find_whole(m, MONITOR_NAME);
		return;
	}
	if (!m->goes_on)
		return;
	const struct note_key *log =
		note_parse(arena, m->head_note, note) ? log_follow_signer(m->f, arena, note, verifier) : NULL;
	if (!log || !has_stated(m->f, arena, &m->policy)) {
		monitor_find_whole(m, MONITOR_HEAD_FORGED);
		return;
	}
	*policy = m->policy;
	policy->log_count = 1;
	policy->logs[0].key = *log;
	m->judged = policy_judge(arena, policy, note, verifier);
	m->f->log = *log;
}

/* What else stands under the head in the log's own name; the keys are those that its entries state. */
void monitor_judge_lines(struct monitor *m, struct note_verifier verifier)
{
	static const enum monitor_fault faults[] = {
		[FOLLOW_LINES_HOLD] = MONITOR_SOUND,
		[FOLLOW_LINE_FORGED] = MONITOR_LINE_FORGED,
		[FOLLOW_LINE_MISSING] = MONITOR_LINE_MISSING,
		[FOLLOW_LINE_UNSTATED] = MONITOR_LINE_UNSTATED,
	};
	struct note *note = arena_new(m->cli->arena, struct note);
	if (!note_parse(m->cli->arena, m->head_note, note))
		return;
	enum follow_lines lines = log_follow_lines(m->f, m->cli->arena, note, verifier);
	if (lines)
		monitor_find_whole(m, faults[lines]);
}
