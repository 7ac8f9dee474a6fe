/* SPDX-License-Identifier: Apache-2.0
 * Reports of farmtrail monitor: sentences for people, members for programs. */
#include <stdio.h>

#include "monitor_priv.h"

#include "ft/base/text.h"

static const struct {
	const char *word;
	struct said text;
} faults[MONITOR_FAULTS] = {
	[MONITOR_SOUND] = {"sound", {"", ""}},
	[MONITOR_HEAD_FORM] = {"head-form", {"给出的不是日志头", "what it gives is no head of a log"}},
	[MONITOR_HEAD_FORGED] = {"head-forged",
				 {"日志头不是由您信任的日志签署的",
				  "its head is not signed by the log that you trust"}},
	[MONITOR_GONE] = {"gone", {"以前有日志头，现在没有了", "it had a head, and has none any more"}},
	[MONITOR_ROLLED_BACK] = {"rolled-back",
				 {"日志变短了：日志头少于以前签署的",
				  "it went back: its head covers less than one it signed before"}},
	[MONITOR_FORKED] =
		{"forked",
		 {"日志签署了两段不同的历史：以前见过的条目已不在其中",
		  "it signed two histories: entries that were seen before are not among those it shows now"}},
	[MONITOR_ENTRY] = {"entry",
			   {"条目被改：与日志所承诺的散列不符",
			    "an entry was changed: it is not what the log committed to"}},
	[MONITOR_TILE] = {"tile",
			  {"散列与签署的根不符", "its hashes do not lead to the root that it signed"}},
	[MONITOR_NOT_SERVED] = {"not-served",
				{"日志头所含的条目无法取得",
				 "entries that its head covers are not to be had"}},
	[MONITOR_CUT] =
		{"cut",
		 {"日志以新的名称延续，但缺少以前签署过的条目：历史被截短",
		  "it goes on under another name without entries that were signed before: history was cut"}},
	[MONITOR_NAME] = {"name",
			  {"日志头所用的名称未由其条目声明",
			   "its head bears a name that its entries do not state"}},
	[MONITOR_LINE_FORGED] = {"line-forged",
				 {"日志头上有一行以日志密钥之名的签名无效",
				  "a line under its head, of a key of the log, does not verify"}},
	[MONITOR_LINE_MISSING] = {"line-missing",
				  {"日志头缺少日志所声明的 SM2 密钥的签名",
				   "its head lacks the line of the SM2 key that it has stated"}},
	[MONITOR_LINE_UNSTATED] =
		{"line-unstated",
		 {"日志头上有一行以日志之名的签名，其密钥未声明或已撤销",
		  "a line under its head, in its name, is of a key that it has not stated, or "
		  "that has ended"}},
};

static const struct said breaches[FOLLOW_BREACHES] = {
	[FOLLOW_KEPT] = {"", ""},
	[FOLLOW_FORM] = {"不是此日志的声明", "no statement of this log"},
	[FOLLOW_KEY_UNKNOWN] = {"所用密钥未曾为该组织声明",
				"signed with a key that nobody stated for the organisation"},
	[FOLLOW_KEY_ENDED] = {"所用密钥此前已撤销", "signed with a key that was revoked before"},
	[FOLLOW_SIGNATURE] = {"签名无效", "the signature does not verify"},
	[FOLLOW_VOUCHING] = {"密钥未经登记处或其前任密钥担保",
			     "a key that registrar or predecessor do not vouch for"},
	[FOLLOW_KEY_AGAIN] = {"密钥重复声明", "a key that was stated before"},
	[FOLLOW_REGISTRAR] = {"登记处密钥不是已知的那一把", "a registrar that is not the one known"},
	[FOLLOW_OFFICE] = {"该密钥无权作此声明", "not for this key to say"},
	[FOLLOW_SEQ] = {"密钥的编号重复使用", "a number that the key has used before"},
	[FOLLOW_TIME] = {"自称的时间尚未到来", "claims a time that has not come"},
	[FOLLOW_SEEN] = {"所称见过的日志头不是此日志在其之前的日志头",
			 "names a head that this log did not have before it"},
	[FOLLOW_LATE] = {"所称时间比载入日志早一天以上",
			 "claims a time more than a day before it was logged"},
	[FOLLOW_ENDORSED] = {"所核签（或撤回）的内容在其之前不在此日志中",
			     "endorses, or takes back, what does not stand in the log before it"},
	[FOLLOW_UNEXPLAINED] =
		{"组织已有密钥，又得一把：未经其已有密钥签署，也未说明登记处为何单独担保",
		 "a further key of an organisation, which none of its own signs, without a reason why the "
		 "registrar alone vouches for it"},
	[FOLLOW_ORIGIN] = {"声称另一日志由此延续，但与前一日志签署的日志头不符",
			   "says that another log goes on, and not from the head of the one before"},
};

static bool has_new_gap(const struct log_follow *f)
{
	bool any = f->more_gaps > 0;
	for (size_t i = 0; i < f->gap_count; i++)
		any |= !f->gaps[i].seen;
	return any;
}

static bool has_new_finding(const struct log_follow *f)
{
	bool any = f->more_findings > 0;
	for (size_t i = 0; i < f->finding_count; i++)
		any |= !f->findings[i].seen;
	return any;
}

static size_t planted_count(const struct log_follow *f)
{
	size_t count = 0;
	for (size_t i = 0; i < map_count(f->keys); i++)
		count += log_follow_is_planted(f, map_at(f->keys, i));
	return count;
}

/* Whoever names pages that are good alarms at any other. */
static bool has_strange_page(const struct monitor *m)
{
	size_t place = 0;
	struct str word = cli_option_next(m->cli, "verifier", &place);
	bool named = word.at != NULL;
	for (; word.at; word = cli_option_next(m->cli, "verifier", &place))
		if (m->f->page.stated &&
		    str_equal(word, hex_encode(m->cli->arena, sha256_bytes(&m->f->page.digest))))
			return false;
	return named && m->f->page.stated;
}

enum exit_code monitor_exit(const struct monitor *m)
{
	if (m->fault || has_new_finding(m->f))
		return EXIT_NOT_VERIFIED;
	if (planted_count(m->f))
		return EXIT_NOT_FOUND; /* a key that is not found among mine */
	if (has_strange_page(m))
		return EXIT_NOT_FOUND; /* likewise a page */
	if (has_new_gap(m->f))
		return EXIT_INCOMPLETE;
	return m->judged.finding == POLICY_HOLDS ? EXIT_GOOD : EXIT_UNLOGGED;
}

static const char *verdict_word(const struct monitor *m)
{
	switch (monitor_exit(m)) {
	case EXIT_NOT_VERIFIED:
		return "broken";
	case EXIT_NOT_FOUND:
		return planted_count(m->f) ? "planted" : "verifier";
	case EXIT_INCOMPLETE:
		return "incomplete";
	case EXIT_UNLOGGED:
		return "unwitnessed";
	case EXIT_GOOD:
	case EXIT_REFUSED:
	case EXIT_USAGE:
	case EXIT_NO_CONNECTION:
		break;
	}
	return "well";
}

static struct str hex_of(const struct monitor *m, const struct sha256 *hash)
{
	return hex_encode(m->cli->arena, sha256_bytes(hash));
}

static bool names_entries(const struct monitor *m)
{
	return m->fault_first <= m->fault_last;
}

/* — for programs — */

static void put_fault(struct json_writer *w, const struct monitor *m)
{
	json_name(w, STR("fault"));
	if (!m->fault) {
		json_null(w);
		return;
	}
	json_begin_object(w);
	json_pair(w, STR("kind"), str_of(faults[m->fault].word));
	if (names_entries(m)) {
		json_pair_int(w, STR("first"), (int64_t)m->fault_first);
		json_pair_int(w, STR("last"), (int64_t)m->fault_last);
	}
	json_pair(w, STR("text"), str_of(cli_say(m->cli, faults[m->fault].text)));
	json_pair(w, STR("headNow"), m->head_note);
	if (m->before)
		json_pair(w, STR("headBefore"), m->before->head);
	json_end_object(w);
}

static void put_seen(struct json_writer *w, bool seen)
{
	json_name(w, STR("seen"));
	json_bool(w, seen);
	json_end_object(w);
}

static void put_findings(struct json_writer *w, const struct monitor *m)
{
	json_name(w, STR("findings"));
	json_begin_array(w);
	for (size_t i = 0; i < m->f->finding_count; i++) {
		const struct follow_finding *finding = &m->f->findings[i];
		json_begin_object(w);
		json_pair(w, STR("kind"), str_of(follow_breach_words[finding->breach]));
		json_pair_int(w, STR("index"), finding->index);
		json_pair(w, STR("key"), hex_of(m, &finding->key));
		json_pair(w, STR("text"), str_of(cli_say(m->cli, breaches[finding->breach])));
		put_seen(w, finding->seen);
	}
	json_end_array(w);
	json_name(w, STR("gaps"));
	json_begin_array(w);
	for (size_t i = 0; i < m->f->gap_count; i++) {
		const struct follow_gap *gap = &m->f->gaps[i];
		json_begin_object(w);
		json_pair(w, STR("key"), hex_of(m, &gap->key));
		json_pair_int(w, STR("first"), gap->first);
		json_pair_int(w, STR("last"), gap->last);
		json_pair_int(w, STR("index"), gap->index);
		put_seen(w, gap->seen);
	}
	json_end_array(w);
}

static void put_ended(struct json_writer *w, const struct monitor *m)
{
	json_name(w, STR("ended"));
	json_begin_array(w);
	for (size_t i = 0; i < m->f->ended_count; i++) {
		json_begin_object(w);
		json_pair(w, STR("log"), m->f->ended[i].name);
		json_pair_int(w, STR("size"), m->f->ended[i].size);
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_planted(struct json_writer *w, const struct monitor *m)
{
	json_name(w, STR("planted"));
	json_begin_array(w);
	for (size_t i = 0; i < map_count(m->f->keys); i++) {
		const struct follow_key *key = map_at(m->f->keys, i);
		if (!log_follow_is_planted(m->f, key))
			continue;
		json_begin_object(w);
		json_pair(w, STR("key"), hex_of(m, &key->fingerprint));
		json_pair(w, STR("org"), uuid_print(m->cli->arena, key->org));
		json_pair_int(w, STR("index"), key->index);
		if (key->reason.at) {
			json_pair(w, STR("reason"), key->reason);
			json_pair(w, STR("text"), key_reason_text(key->reason, m->cli->language));
		}
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_page(struct json_writer *w, const struct monitor *m)
{
	const struct follow_page *page = &m->f->page;
	json_name(w, STR("verifier"));
	if (!page->stated) {
		json_null(w);
		return;
	}
	json_begin_object(w);
	json_pair(w, STR("sha256"), hex_of(m, &page->digest));
	json_pair_int(w, STR("index"), page->index);
	json_end_object(w);
}

static void print_json(const struct monitor *m)
{
	struct buf out = buf_create(m->cli->arena, 4096);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("log"), m->f->log.name);
	json_pair_int(&w, STR("size"), m->head.size);
	json_pair_int(&w, STR("read"), (int64_t)(m->f->edge.size - m->first));
	json_pair(&w, STR("verdict"), str_of(verdict_word(m)));
	json_pair_int(&w, STR("cosigned"), (int64_t)m->judged.cosigned);
	json_pair_int(&w, STR("witnesses"), (int64_t)m->judged.witnesses);
	put_fault(&w, m);
	put_findings(&w, m);
	put_planted(&w, m);
	put_ended(&w, m);
	put_page(&w, m);
	json_end_object(&w);
	cli_print(m->cli, buf_str(&out));
}

/* — for people — */

static void print_fault(const struct monitor *m)
{
	printf("✗ %s", cli_say(m->cli, faults[m->fault].text));
	if (names_entries(m))
		printf(m->fault_first == m->fault_last ? " (%llu)" : " (%llu–%llu)",
		       (unsigned long long)m->fault_first, (unsigned long long)m->fault_last);
	printf("\n");
	/* Both signed by the log: whoever holds the two can show to anybody that it broke its word. */
	if (m->before && m->before->head.at)
		printf("\n%s\n\n%.*s",
		       cli_say(m->cli, (struct said){"以前见到的日志头：", "the head that was seen before:"}),
		       STR_ARGS(m->before->head));
	if (m->head_note.at)
		printf("\n%s\n\n%.*s",
		       cli_say(m->cli, (struct said){"现在的日志头：", "the head it gives now:"}),
		       STR_ARGS(m->head_note));
}

static void print_gaps(const struct monitor *m)
{
	for (size_t i = 0; i < m->f->gap_count; i++) {
		const struct follow_gap *gap = &m->f->gaps[i];
		struct str key = hex_of(m, &gap->key);
		printf(m->cli->language == LANGUAGE_ZH
			       ? "%s 缺少编号 %lld 至 %lld（密钥 %.*s，见条目 %lld）：有声明未载入日志\n"
			       : "%s numbers %lld to %lld of key %.*s are missing (shown by entry %lld): "
				 "statements held back\n",
		       gap->seen ? "–" : "✗", (long long)gap->first, (long long)gap->last, STR_ARGS(key),
		       (long long)gap->index);
	}
}

/* The index of a key that is no first one and has no reason is among the findings. */
static void print_reason(const struct monitor *m, const struct follow_key *key)
{
	struct str reason = key_reason_text(key->reason, m->cli->language);
	if (key->reason.at)
		printf(m->cli->language == LANGUAGE_ZH
			       ? "  未经您已有的密钥签署，仅由登记处担保，其所述原因：%.*s\n"
			       : "  no key that you had signs it; the registrar alone vouches for it, with "
				 "the reason: %.*s\n",
		       STR_ARGS(reason));
}

static void print_planted(const struct monitor *m)
{
	for (size_t i = 0; i < map_count(m->f->keys); i++) {
		const struct follow_key *key = map_at(m->f->keys, i);
		struct str fingerprint = hex_of(m, &key->fingerprint);
		if (log_follow_is_planted(m->f, key))
			printf(m->cli->language == LANGUAGE_ZH ? "✗ 条目 %lld 以您的组织之名声明了密钥 "
								 "%.*s：若是您的，请用 --known 认可\n"
							       : "✗ entry %lld states key %.*s in the name "
								 "of your organisation: if it is "
								 "yours, say so with --known\n",
			       (long long)key->index, STR_ARGS(fingerprint));
		if (log_follow_is_planted(m->f, key))
			print_reason(m, key);
	}
}

static void print_findings(const struct monitor *m)
{
	const struct log_follow *f = m->f;
	const char *entry = cli_say(m->cli, (struct said){"条目", "entry"});
	for (size_t i = 0; i < f->finding_count; i++)
		printf("%s %s %lld: %s\n", f->findings[i].seen ? "–" : "✗", entry,
		       (long long)f->findings[i].index, cli_say(m->cli, breaches[f->findings[i].breach]));
	print_gaps(m);
	if (f->more_findings || f->more_gaps)
		printf(m->cli->language == LANGUAGE_ZH ? "✗ 另有 %lld 个问题、%lld 处缺号\n"
						       : "✗ and %lld more findings, %lld more gaps\n",
		       (long long)f->more_findings, (long long)f->more_gaps);
	print_planted(m);
}

void monitor_print(const struct monitor *m)
{
	if (m->trust_words.at)
		fprintf(stderr, "farmtrail: %.*s\n", STR_ARGS(m->trust_words));
	if (m->cli->json) {
		print_json(m);
		return;
	}
	if (m->fault)
		print_fault(m);
	print_findings(m);
	if (m->fault)
		return;
	if (m->judged.witnesses)
		printf(m->cli->language == LANGUAGE_ZH ? "%s %zu 个见证方中有 %zu 个见证\n"
						       : "%s of %zu witnesses %zu have cosigned\n",
		       m->judged.finding == POLICY_HOLDS ? "✓" : "…", m->judged.witnesses,
		       m->judged.cosigned);
	for (size_t i = 0; i < m->f->ended_count; i++)
		printf(m->cli->language == LANGUAGE_ZH
			       ? "– 日志 %.*s 止于 %lld 个条目，由登记处声明以新的名称延续\n"
			       : "– the log %.*s ended with %lld entries and goes on under another name, as "
				 "the "
				 "registrar states\n",
		       STR_ARGS(m->f->ended[i].name), (long long)m->f->ended[i].size);
	if (m->goes_on)
		printf("%s\n",
		       cli_say(m->cli, (struct said){"– 请把新日志的公钥写入信任策略",
						     "– put the key of the new log into your policy"}));
	bool good = monitor_exit(m) == EXIT_GOOD;
	printf(m->cli->language == LANGUAGE_ZH ? "%s %.*s：%lld 个条目，本次读取 %llu 个\n"
					       : "%s %.*s: %lld entries, %llu of them read now\n",
	       good ? "✓" : "–", STR_ARGS(m->f->log.name), (long long)m->head.size,
	       (unsigned long long)(m->f->edge.size - m->first));
	if (m->f->page.stated)
		printf(m->cli->language == LANGUAGE_ZH
			       ? "%s 条目 %lld 声明了核验页面，其 SHA-256 为 %.*s\n"
			       : "%s entry %lld states the page that verifies: sha256 %.*s\n",
		       has_strange_page(m) ? "✗" : "–", (long long)m->f->page.index,
		       STR_ARGS(hex_of(m, &m->f->page.digest)));
}
