/* SPDX-License-Identifier: Apache-2.0
 * farmtrail monitor: follows a log from outside, and says what no single proof can: that it only ever grew, that every
 * entry keeps the rules, that nothing is held back, and that nobody has planted a key. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "mirror_priv.h"

#include "ft/base/file.h"
#include "ft/base/text.h"
#include "ft/crypto/sign.h"

static const char *const flags[] = {"all", "acknowledge", NULL};
static const char *const values[] = {"log",  "key",   "policy",   "registrar", "state",
				     "mine", "known", "verifier", "mirror",    NULL};

/* — signatures: parsing a key costs more than verifying with it, so each is parsed once — */

struct parsed_keys {
	struct arena *arena;
	struct map *keys; /* SPKI → struct public_key */
};

static void destroy_key(void *key)
{
	public_key_destroy(key);
}

static bool verify_parsed(void *context, struct bytes spki, struct bytes message, struct bytes signature)
{
	struct parsed_keys *parsed = context;
	struct public_key *key = map_get(parsed->keys, spki);
	if (!key) {
		if (public_key_parse(spki, &key))
			return false;
		arena_defer(parsed->arena, destroy_key, key);
		map_set(parsed->keys, arena_bytes(parsed->arena, spki), key);
	}
	return verify(key, message, signature) == PROBLEM_NONE;
}

static struct note_verifier verifier_of(struct monitor *m)
{
	struct parsed_keys *parsed = arena_new(m->cli->arena, struct parsed_keys);
	parsed->arena = m->cli->arena;
	parsed->keys = map_create(parsed->arena, 64);
	return (struct note_verifier){verify_parsed, parsed};
}

/* — what is remembered — */

static enum exit_code fail_file(struct monitor *m, struct said what, struct str path)
{
	return cli_fail(m->cli, EXIT_REFUSED,
			arena_printf(m->cli->arena, "%s %.*s: %s", cli_say(m->cli, what), STR_ARGS(path),
				     strerror(errno)));
}

/* Held until the program ends, however it ends; beside the state, which a rename replaces. */
static enum exit_code lock_state(struct monitor *m)
{
	struct str path = arena_printf(m->cli->arena, "%.*s.lock", STR_ARGS(m->state_path));
	int fd = open(path.at, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return fail_file(m, (struct said){"无法写入", "cannot write"}, path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return EXIT_GOOD;
	return cli_fail(m->cli, EXIT_REFUSED,
			str_of(cli_say(m->cli, (struct said){"另一个监测正在使用此状态文件",
							     "another monitor is at work on this state"})));
}

static enum exit_code read_state(struct monitor *m)
{
	m->state_path = cli_option(m->cli, "state");
	if (!m->state_path.at)
		return EXIT_GOOD;
	enum exit_code code = lock_state(m);
	if (code)
		return code;
	if (access(arena_str(m->cli->arena, m->state_path).at, F_OK) && errno == ENOENT)
		return EXIT_GOOD;
	struct str text = cli_read_file(m->cli, m->state_path);
	if (text.at && log_follow_read(m->cli->arena, text, &m->before))
		return EXIT_GOOD;
	return cli_fail(m->cli, EXIT_REFUSED,
			arena_printf(m->cli->arena, "%s: %.*s",
				     cli_say(m->cli, (struct said){"不是监测的状态文件",
								   "not a state that a monitor wrote"}),
				     STR_ARGS(m->state_path)));
}

static enum exit_code write_state(struct monitor *m)
{
	if (!m->state_path.at)
		return EXIT_GOOD;
	struct str text = log_follow_print(m->cli->arena, m->f);
	return file_replace(m->cli->arena, m->state_path, 0644, text)
		       ? EXIT_GOOD
		       : fail_file(m, (struct said){"无法写入", "cannot write"}, m->state_path);
}

static enum exit_code read_watch(struct monitor *m, struct log_follow *f)
{
	size_t place = 0;
	struct str word;
	while ((word = cli_option_next(m->cli, "mine", &place)).at) {
		struct uuid org;
		if (!uuid_parse(word, &org) || !log_follow_watch(f, org))
			return cli_usage(m->cli,
					 (struct said){"--mine 应为主体的 id，至多 16 个",
						       "--mine takes the id of a party, at most 16 of them"});
	}
	place = 0;
	while ((word = cli_option_next(m->cli, "known", &place)).at) {
		struct sha256 key = {{0}};
		if (!hex_decode(word, key.octets, sizeof key.octets))
			return cli_usage(m->cli, (struct said){"--known 应为密钥指纹，64 位十六进制",
							       "--known takes the fingerprint of a key, 64 "
							       "hexadecimal digits"});
		log_follow_know(f, key);
	}
	return EXIT_GOOD;
}

/* — entries — */

/* How many of the bundle's first entries are to be had: the one behind them is named. */
static uint64_t first_not_served(struct monitor *m, uint64_t bundle, unsigned width)
{
	unsigned good = 0, bad = width;
	while (bad - good > 1) {
		struct arena *arena = arena_create();
		struct bytes entries[LOG_TILE_WIDTH];
		unsigned half = good + (bad - good) / 2;
		if (log_source_entries(&m->source, arena, bundle, half, entries) == FETCHED)
			good = half;
		else
			bad = half;
		arena_destroy(arena);
	}
	return bundle * LOG_TILE_WIDTH + good;
}

static enum fetched read_bundle(struct monitor *m, struct arena *arena, uint64_t bundle, unsigned width,
				struct bytes *entries, struct log_tile *tile)
{
	uint64_t first = bundle * LOG_TILE_WIDTH;
	enum fetched fetched = log_source_entries(&m->source, arena, bundle, width, entries);
	if (fetched == FETCH_ABSENT) {
		uint64_t missing = first_not_served(m, bundle, width);
		monitor_find(m, MONITOR_NOT_SERVED, missing, missing);
	}
	if (fetched)
		return fetched;
	*tile = (struct log_tile){.index = bundle, .width = width};
	fetched = log_source_tile(&m->source, arena, tile);
	if (fetched == FETCH_ABSENT)
		monitor_find(m, MONITOR_NOT_SERVED, first, first + width - 1);
	return fetched;
}

static void show_progress(const struct monitor *m)
{
	if (!m->cli->json && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%llu / %lld%s", (unsigned long long)m->f->edge.size,
			(long long)m->head.size, m->f->edge.size == (uint64_t)m->head.size ? "\n" : "");
}

/* When all is read again, what was seen before must be part of it. */
static bool meets_what_was_seen(const struct monitor *m)
{
	return !m->before || m->f->edge.size != m->before->edge.size ||
	       sha256_equal(merkle_edge_root(&m->f->edge), merkle_edge_root(&m->before->edge));
}

static void find_difference(struct monitor *m, const struct merkle_edge *seen, const struct merkle_edge *now);
static enum fetched prove_abouts(struct monitor *m);

/* Entries [f->edge.size, end of their bundle or of the log). */
static enum fetched follow_bundle(struct monitor *m, struct arena *arena, struct note_verifier verifier)
{
	uint64_t at = m->f->edge.size, bundle = at / LOG_TILE_WIDTH, size = (uint64_t)m->head.size;
	uint64_t end = (bundle + 1) * LOG_TILE_WIDTH < size ? (bundle + 1) * LOG_TILE_WIDTH : size;
	unsigned width = (unsigned)(end - bundle * LOG_TILE_WIDTH);
	struct bytes entries[LOG_TILE_WIDTH];
	struct log_tile tile;
	enum fetched fetched = read_bundle(m, arena, bundle, width, entries, &tile);
	if (!fetched && !m->fault && cli_option(m->cli, "mirror").at)
		m->kept = mirror_keep_bundle(m, arena, &tile, entries);
	for (; !fetched && at < end && !m->fault; at++) {
		size_t i = (size_t)(at % LOG_TILE_WIDTH);
		if (!sha256_equal(merkle_leaf(entries[i]), tile.hashes[i])) {
			monitor_find(m, MONITOR_ENTRY, at, at);
			break;
		}
		log_follow_entry(m->f, arena, entries[i], (int64_t)time(NULL), verifier);
		if (!meets_what_was_seen(m))
			find_difference(m, &m->before->edge, &m->f->edge);
	}
	return fetched;
}

static enum fetched follow(struct monitor *m, struct note_verifier verifier)
{
	enum fetched fetched = FETCHED;
	m->first = m->f->edge.size;
	while (!fetched && !m->fault && !m->kept && m->f->edge.size < (uint64_t)m->head.size) {
		struct arena *arena = arena_create();
		fetched = follow_bundle(m, arena, verifier);
		if (!fetched && !m->fault && m->f->about_count > FOLLOW_MAX_CLAIMS - LOG_TILE_WIDTH)
			fetched = prove_abouts(m);
		arena_destroy(arena);
		show_progress(m);
	}
	return fetched == FETCH_FAILED ? FETCH_FAILED : FETCHED;
}

/* — why the root is another — */

/* The first perfect subtree of the tree that was seen whose root is another now: the entries below it. */
static void find_difference(struct monitor *m, const struct merkle_edge *seen, const struct merkle_edge *now)
{
	uint64_t first = 0;
	for (unsigned level = 64; level-- > 0;) {
		if (!(seen->size >> level & 1))
			continue;
		uint64_t count = UINT64_C(1) << level;
		if (!sha256_equal(seen->subtrees[level], now->subtrees[level])) {
			monitor_find(m, MONITOR_FORKED, first, first + count - 1);
			return;
		}
		first += count;
	}
}

static enum fetched read_edge(struct monitor *m, uint64_t size, struct merkle_edge *ret)
{
	struct log_tiles tiles = {0};
	log_tiles_need_edge(m->cli->arena, &tiles, size);
	enum fetched fetched = log_source_tiles(&m->source, m->cli->arena, &tiles);
	if (!fetched)
		*ret = log_edge(&tiles, size);
	return fetched;
}

/* The entries and what was remembered do not hash to the signed root. Either the tiles of this very log do not, or they
 * do and what was seen before is not among them. */
static enum fetched diagnose(struct monitor *m)
{
	struct merkle_edge now, then;
	uint64_t size = (uint64_t)m->head.size;
	enum fetched fetched = read_edge(m, size, &now);
	if (!fetched && m->before)
		fetched = read_edge(m, m->before->edge.size, &then);
	if (fetched == FETCH_FAILED)
		return fetched;
	if (fetched == FETCH_ABSENT)
		monitor_find(m, MONITOR_NOT_SERVED, 0, size - 1);
	else if (!sha256_equal(merkle_edge_root(&now), m->head.root))
		monitor_find(m, MONITOR_TILE, 0, size - 1);
	else if (m->before)
		find_difference(m, &m->before->edge, &then);
	if (!m->fault)
		monitor_find(m, MONITOR_TILE, m->first < size ? m->first : 0, size - 1);
	return FETCHED;
}

/* — heads that entries have seen — */

enum fetched monitor_prove_growth(struct monitor *m, uint64_t size, struct sha256 root, bool *ret_grew)
{
	struct arena *arena = arena_create();
	struct log_tiles tiles = {0};
	struct sha256 proof[MERKLE_MAX_PATH];
	uint64_t now = (uint64_t)m->head.size;
	log_tiles_need_path(arena, &tiles, size - 1, now);
	enum fetched fetched = size < now ? log_source_tiles(&m->source, arena, &tiles) : FETCHED;
	size_t count = fetched || size == now ? 0 : log_consistency(&tiles, size, now, proof);
	if (fetched == FETCH_ABSENT)
		monitor_find(m, MONITOR_NOT_SERVED, size - 1, now - 1);
	if (!fetched)
		*ret_grew = merkle_check_consistency(size, root, now, m->head.root, proof, count);
	arena_destroy(arena);
	return fetched;
}

/* Of a head from before what this look has read. */
static enum fetched prove_claim(struct monitor *m, const struct follow_claim *claim)
{
	bool grew = true;
	enum fetched fetched = monitor_prove_growth(m, (uint64_t)claim->size, claim->root, &grew);
	if (!grew)
		log_follow_refute(m->f, claim);
	return fetched;
}

static enum fetched prove_claims(struct monitor *m)
{
	enum fetched fetched = FETCHED;
	for (size_t i = 0; !fetched && !m->fault && i < m->f->claim_count; i++)
		fetched = prove_claim(m, &m->f->claims[i]);
	m->f->claim_count = 0;
	return fetched == FETCH_FAILED ? fetched : FETCHED;
}

/* — what entries endorse — */

/* A statement from before what this look has read: what stands there is proved under the head, then judged. */
static enum fetched prove_about(struct monitor *m, const struct follow_about *about)
{
	struct arena *arena = arena_create();
	struct log_tiles tiles = {0};
	struct sha256 path[MERKLE_MAX_PATH];
	struct bytes entries[LOG_TILE_WIDTH];
	uint64_t entry = (uint64_t)about->entry, size = (uint64_t)m->head.size,
		 bundle = entry / LOG_TILE_WIDTH;
	uint64_t rest = size - bundle * LOG_TILE_WIDTH;
	unsigned width = rest < LOG_TILE_WIDTH ? (unsigned)rest : LOG_TILE_WIDTH;
	log_tiles_need_path(arena, &tiles, entry, size);
	enum fetched fetched = log_source_entries(&m->source, arena, bundle, width, entries);
	if (!fetched)
		fetched = log_source_tiles(&m->source, arena, &tiles);
	if (fetched == FETCH_ABSENT)
		monitor_find(m, MONITOR_NOT_SERVED, entry, entry);
	if (!fetched) {
		struct bytes at = entries[entry % LOG_TILE_WIDTH];
		size_t count = log_path(&tiles, entry, size, path);
		if (merkle_check_inclusion(merkle_leaf(at), entry, size, m->head.root, path, count))
			log_follow_judge_about(m->f, arena, about, at);
		else
			monitor_find(m, MONITOR_ENTRY, entry, entry);
	}
	arena_destroy(arena);
	return fetched;
}

static enum fetched prove_abouts(struct monitor *m)
{
	enum fetched fetched = FETCHED;
	for (size_t i = 0; !fetched && !m->fault && i < m->f->about_count; i++)
		fetched = prove_about(m, &m->f->abouts[i]);
	m->f->about_count = 0;
	return fetched == FETCH_FAILED ? fetched : FETCHED;
}

/* — one look — */

/* What was taken note of stays so when all is read again. */
static void carry_over(struct log_follow *f, const struct log_follow *before)
{
	for (size_t i = 0; i < f->finding_count; i++)
		for (size_t k = 0; k < before->finding_count; k++)
			f->findings[i].seen |= before->findings[k].seen &&
					       f->findings[i].index == before->findings[k].index &&
					       f->findings[i].breach == before->findings[k].breach;
	for (size_t i = 0; i < f->gap_count; i++)
		for (size_t k = 0; k < before->gap_count; k++)
			f->gaps[i].seen |= before->gaps[k].seen &&
					   f->gaps[i].first == before->gaps[k].first &&
					   f->gaps[i].last == before->gaps[k].last &&
					   sha256_equal(f->gaps[i].key, before->gaps[k].key);
}

static enum exit_code begin(struct monitor *m)
{
	struct note_key registrar;
	struct str given = cli_key_option(m->cli, "registrar");
	const struct note_key *log = monitor_trusted_log(m);
	m->again = m->before && (cli_flag(m->cli, "all") || mirror_is_behind(m, m->before->edge.size));
	if (given.at && !note_key_parse(m->cli->arena, given, &registrar))
		return cli_usage(m->cli,
				 (struct said){"--registrar 不是 vkey", "--registrar is not a verifier key"});
	if (m->before && (!monitor_is_same_log(m->before, m->cli->arena, log) ||
			  (given.at && m->before->has_registrar &&
			   !bytes_equal(m->before->registrar.material, registrar.material))))
		return cli_usage(m->cli,
				 (struct said){"状态文件属于另一个日志或登记处",
					       "the state is of another log, or of another registrar"});
	if (!m->before || m->again) {
		m->f = log_follow_create(m->cli->arena, log, given.at ? &registrar : NULL);
	} else {
		m->f = arena_new(m->cli->arena, struct log_follow); /* goes on from what it was before */
		*m->f = *m->before;
		m->f->log = *log;
	}
	for (size_t i = 0; m->again && i < m->before->mine_count; i++)
		(void)log_follow_watch(m->f, m->before->mine[i]);
	for (size_t i = 0; m->again && i < map_count(m->before->known); i++)
		log_follow_know(m->f, *(const struct sha256 *)map_at(m->before->known, i));
	if (m->again && m->before->has_registrar && !m->f->has_registrar) {
		m->f->has_registrar = true;
		m->f->registrar = m->before->registrar;
	}
	return read_watch(m, m->f);
}

static enum exit_code look(struct monitor *m, struct note_verifier verifier)
{
	if (m->before && (uint64_t)m->head.size < m->before->edge.size) {
		monitor_find_whole(m, m->goes_on ? MONITOR_CUT : MONITOR_ROLLED_BACK);
		return EXIT_GOOD;
	}
	enum exit_code met = mirror_keep_meet(m);
	if (met || m->fault)
		return met;
	enum fetched fetched = follow(m, verifier);
	if (m->kept)
		return m->kept;
	if (!fetched && !m->fault && !sha256_equal(merkle_edge_root(&m->f->edge), m->head.root))
		fetched = diagnose(m);
	if (!fetched && !m->fault)
		fetched = prove_claims(m);
	if (!fetched && !m->fault)
		fetched = prove_abouts(m);
	if (fetched)
		return client_lost(m->cli, m->source.client);
	if (m->fault == MONITOR_FORKED && m->goes_on)
		m->fault = MONITOR_CUT;
	if (!m->fault)
		monitor_judge_name(m, verifier);
	if (!m->fault)
		monitor_judge_lines(m, verifier);
	if (m->fault)
		return EXIT_GOOD;
	if (m->again)
		carry_over(m->f, m->before);
	if (cli_flag(m->cli, "acknowledge"))
		log_follow_acknowledge(m->f);
	m->f->head = m->head_note;
	if (cli_option(m->cli, "mirror").at) {
		enum exit_code code = mirror_keep_head(m);
		if (code || m->fault)
			return code;
	}
	return write_state(m);
}

static enum exit_code watch(struct monitor *m)
{
	struct note_verifier verifier = verifier_of(m);
	enum exit_code code = monitor_read_trust(m);
	if (!code)
		code = monitor_read_head(m, verifier);
	if (!code)
		code = begin(m);
	if (!code && !m->fault)
		code = look(m, verifier);
	if (code)
		return code;
	monitor_print(m);
	return monitor_exit(m);
}

static enum exit_code run(struct cli *cli)
{
	struct monitor *m = arena_new(cli->arena, struct monitor);
	m->cli = cli;
	if (cli->word_count != 1)
		return cli_usage(cli, (struct said){"请写明日志的地址", "name the address of the log"});
	if (cli_option(cli, "mirror").at && !cli_option(cli, "state").at)
		return cli_usage(
			cli, (struct said){"--mirror 须与 --state 一起使用", "--mirror goes with --state"});
	enum exit_code code = read_state(m);
	if (!code)
		code = mirror_keep_open(m);
	if (!code)
		code = log_source_open(cli, cli->words[0], &m->source);
	if (code)
		return code;
	code = watch(m);
	if (code == EXIT_NOT_FOUND && !m->f) {
		printf("%s\n",
		       cli_say(cli, (struct said){"日志还没有任何日志头", "the log has no head yet"}));
		return EXIT_GOOD;
	}
	return code;
}

const struct command command_monitor = {
	.name = "monitor",
	.summary = {"从外部监测日志：只增不改、签名、密钥、编号",
		    "follow a log from outside and say what is wrong"},
	.help = {"用法：farmtrail monitor URL [--log VKEY|--policy FILE] [--state FILE] [--mine ORG] …\n"
		 "\n"
		 "读取日志自上次以来的新条目，核对：日志头由可信的日志签署且包含以前见过的；每个条目与其散列"
		 "一致，由在其\n"
		 "之前声明、未被撤销的密钥签署；每把密钥的编号连续；没有人以我的组织之名声明密钥。无需信任服"
		 "务方。\n"
		 "\n"
		 "URL 为服务地址（其日志在 /log 之下），或任一镜像中日志的地址；http 亦可（条目自带证明），"
		 "https 须有本机信任的证书（SSL_CERT_FILE）。\n"
		 "\n"
		 "  --log VKEY        日志公钥，或存有它的文件；也可写作 "
		 "--key。不给时首次取自服务本身，此后以状态文件为准\n"
		 "  --policy FILE     信任策略（https://c2sp.org/tlog-policy）：还须有几个见证\n"
		 "  --registrar VKEY  登记处公钥，或存有它的文件；不给时以日志中最先声明的为准\n"
		 "  --state FILE      记住所见，下次只读新条目；FILE.lock 防止同时运行两次\n"
		 "  --mine ORG        我的组织（主体 id，可重复）：以其名声明而我不认识的密钥会报警，直到用 "
		 "--known 认可\n"
		 "  --known KEY       我认识的密钥的指纹（/v1/signing-keys，可重复）；由状态文件记住\n"
		 "  --verifier SHA256 "
		 "我核对过的核验页面（farmtrail verify --page 印出其 "
		 "SHA-256，可重复）：日志声明另一个时报警\n"
		 "  --mirror DIR      将条目与树保存在此目录（tlog-tiles "
		 "文件）：任何网页服务器都可作镜像，farmtrail "
		 "mirror 可据此查询；\n"
		 "                    须与 --state 一起使用，且自第一次起\n"
		 "  --acknowledge     已知悉目前的全部问题与缺号：此后不再为它们报警\n"
		 "  --all             从第一个条目重新读起，并与所记住的对照\n"
		 "\n"
		 "退出码（供 cron 使用）：0 一切正常；3 有我不认识的密钥或核验页面；4 "
		 "日志违背承诺，或有条目违反规则；5 无法连接；\n"
		 "        6 见证不足；7 编号有缺（有声明未载入日志）；1 状态文件不可用或正被使用，2 "
		 "用法有误\n"
		 "\n"
		 "示例：\n"
		 "  farmtrail monitor https://trace.example.cn --log log.vkey --state district.state\n"
		 "  */10 * * * * farmtrail monitor https://trace.example.cn --state district.state --mine "
		 "ORG "
		 "|| mail …\n",
		 "usage: farmtrail monitor URL [--log VKEY|--policy FILE] [--state FILE] [--mine ORG] …\n"
		 "\n"
		 "Reads what a log has added since the last time, and checks: that its head is signed by the "
		 "log that is\n"
		 "trusted and contains what was seen before; that every entry is what the tree commits to, "
		 "signed with a key\n"
		 "that an earlier entry states and none revokes; that the numbers of each key have no gaps; "
		 "that nobody has\n"
		 "stated a key in the name of my organisation. The server need not be trusted.\n"
		 "\n"
		 "URL is a server (its log lies below /log), or the address of the log on any mirror; plain "
		 "http will do,\n"
		 "since everything proves itself; https takes the authorities of this machine, or those in "
		 "SSL_CERT_FILE.\n"
		 "\n"
		 "  --log VKEY        the log's key, or a file with it; --key means the same. Without it the "
		 "first look takes\n"
		 "                    the server's word, and later ones that of the state\n"
		 "  --policy FILE     whom to trust (https://c2sp.org/tlog-policy): how many witnesses there "
		 "must be, too\n"
		 "  --registrar VKEY  the registrar's key, or a file with it; without it the first that the "
		 "log states\n"
		 "  --state FILE      remembers what was seen, so that the next look reads what is new; "
		 "FILE.lock keeps a\n"
		 "                    second run out\n"
		 "  --mine ORG        my organisation (id of the party; may be repeated): keys stated in its "
		 "name alarm until\n"
		 "                    --known says that they are mine\n"
		 "  --known KEY       fingerprint of a key of mine (as in /v1/signing-keys; may be "
		 "repeated); remembered\n"
		 "  --verifier SHA256 a page that verifies which I have compared (farmtrail verify --page "
		 "prints it; may be\n"
		 "                    repeated): when the log states another it alarms\n"
		 "  --mirror DIR      keeps entries and tree in this directory, as files that any web server "
		 "serves as a\n"
		 "                    mirror (tlog-tiles) and farmtrail mirror answers from; together with "
		 "--state, and from\n"
		 "                    its first look on\n"
		 "  --acknowledge     takes note of everything that is wrong now: it alarms no more\n"
		 "  --all             reads from the first entry on again, and compares with what is "
		 "remembered\n"
		 "\n"
		 "Exit codes: 0 all is well; 3 a key of my organisation, or a page, that I do not know; 4 "
		 "the log breaks "
		 "its promise, or\n"
		 "an entry the rules; 5 no connection; 6 too few witnesses; 7 numbers are missing: "
		 "statements held back; 1 the\n"
		 "state cannot be used or is in use, 2 usage. For cron: whatever is not 0 deserves a letter\n"
		 "\n"
		 "Examples:\n"
		 "  farmtrail monitor https://trace.example.cn --log log.vkey --state district.state\n"
		 "  */10 * * * * farmtrail monitor https://trace.example.cn --state district.state --mine "
		 "ORG "
		 "|| mail …\n"},
	.flags = flags,
	.values = values,
	.run = run,
};
