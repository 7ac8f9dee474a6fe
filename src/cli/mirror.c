/* SPDX-License-Identifier: Apache-2.0
 * farmtrail mirror: whether a trail that somebody was given lacks a record that a mirror of the log has, and whether the log
 * lacks a record for which somebody has a receipt. */
#include <stdio.h>

#include "mirror_priv.h"

#include "ft/base/text.h"
#include "ft/core/bundle.h"
#include "ft/core/log_name.h"
#include "ft/crypto/sign.h"

static const char *const values[] = {"log", "policy", NULL};

struct asking {
	struct cli *cli;
	struct mirror_copy copy;
	struct mirror_receipts receipts; /* asked about instead of a trail; by_hash NULL: none */
	struct bundle bundle;
	int64_t size;      /* of the head that the trail came with; 0: none */
	struct map *lots;  /* blinded names → struct bundle_lot */
	struct map *shown; /* leaves of the trail's statements */
	struct merkle_edge edge;
	struct buf text;
	struct json_writer w;
	size_t about, lacking, newer, summed;
};

/* — the trail — */

static enum exit_code fetch(struct asking *a, struct str url, struct str *ret)
{
	struct client *client;
	struct answer answer;
	struct str path;
	enum exit_code code = client_open_public(a->cli, url, &client, &path);
	const struct ask ask = {.method = "GET", .path = path, .accept = STR("application/json")};
	if (code)
		return code;
	if (!client_ask(client, a->cli->arena, &ask, &answer))
		return client_lost(a->cli, client);
	code = client_judge(a->cli, &answer);
	if (!code)
		*ret = arena_str(a->cli->arena, answer.body);
	return code;
}

static enum exit_code read_trail(struct asking *a, struct str word)
{
	struct arena *arena = a->cli->arena;
	struct json *json = arena_new(arena, struct json);
	struct fault fault = {0};
	struct note note;
	struct checkpoint head;
	struct str text = {NULL, 0};
	bool is_url = str_starts(word, STR("http://")) || str_starts(word, STR("https://"));
	enum exit_code code = is_url ? fetch(a, word, &text) : EXIT_GOOD;
	if (code)
		return code;
	if (!is_url)
		text = cli_read_file(a->cli, word);
	bool is_json = text.at && !json_parse(arena, text, json, &fault);
	if (text.at && !(is_json && bundle_is(json)) && mirror_receipts_read(arena, text, &a->receipts))
		return EXIT_GOOD;
	a->receipts.by_hash = NULL;
	if (!is_json || !bundle_is(json) || bundle_read(arena, json, &a->bundle, &fault))
		return cli_fail(
			a->cli, EXIT_REFUSED,
			str_of(cli_say(a->cli,
				       (struct said){"不是带证明的追溯链（/t/…/proofs），也不是登记的回执",
						     "neither a trail with its proofs (/t/…/proofs) nor "
						     "receipts of records"})));
	if (a->bundle.checkpoint.at && note_parse(arena, a->bundle.checkpoint, &note) &&
	    checkpoint_parse(arena, note.text, &head))
		a->size = head.size;
	return EXIT_GOOD;
}

static void gather(struct asking *a)
{
	struct arena *arena = a->cli->arena;
	struct sha256 *names = arena_array(arena, struct sha256, a->bundle.lot_count);
	struct sha256 *leaves = arena_array(arena, struct sha256, a->bundle.step_count);
	a->lots = map_create(arena, a->bundle.lot_count + 1);
	a->shown = map_create(arena, a->bundle.step_count + 1);
	for (size_t i = 0; i < a->bundle.lot_count; i++) {
		names[i] = statement_lot(a->bundle.lots[i].salt, a->bundle.lots[i].uri);
		map_set(a->lots, MAP_KEY(names[i]), (void *)(uintptr_t)&a->bundle.lots[i]);
	}
	for (size_t i = 0; i < a->bundle.step_count; i++) {
		leaves[i] = merkle_leaf(str_bytes(a->bundle.steps[i].proof.statement));
		map_set(a->shown, MAP_KEY(leaves[i]), &leaves[i]);
	}
}

/* — one against the other — */

static const struct bundle_lot *lot_of(const struct asking *a, const struct statement *s)
{
	const struct bundle_lot *lot = NULL;
	for (size_t i = 0; !lot && s->lots.hashes && i < s->lots.count; i++)
		lot = map_get(a->lots, MAP_KEY(s->lots.hashes[i]));
	return lot;
}

static void tell(struct asking *a, int64_t index, bool is_newer, struct str uri)
{
	if (a->cli->json) {
		json_begin_object(&a->w);
		json_pair_int(&a->w, STR("index"), index);
		json_pair(&a->w, STR("lot"), uri);
		json_name(&a->w, STR("newer"));
		json_bool(&a->w, is_newer);
		json_end_object(&a->w);
		return;
	}
	printf(a->cli->language == LANGUAGE_ZH ? "%s 条目 %lld 涉及批次 %.*s，%s\n"
					       : "%s entry %lld is about %.*s: %s\n",
	       is_newer ? "!" : "✗", (long long)index, STR_ARGS(uri),
	       cli_say(a->cli, is_newer ? (struct said){"其后载入日志，所给追溯链未含",
							"logged since, and not in the trail"}
					: (struct said){"所给追溯链缺少此记录", "the trail lacks it"}));
}

static void compare(struct asking *a, struct arena *arena, struct bytes entry, int64_t index)
{
	struct note note;
	struct statement s;
	struct sha256 leaf = merkle_leaf(entry);
	merkle_edge_append(&a->edge, leaf);
	if (!note_parse(arena, bytes_str(entry), &note) || !statement_parse(arena, note.text, &s))
		return;
	if (a->receipts.by_hash) {
		mirror_receipts_meet(&a->receipts, statement_hash(note.text), index);
		return;
	}
	a->summed += s.lots.count && !s.lots.hashes;
	const struct bundle_lot *lot = lot_of(a, &s);
	if (!lot)
		return;
	a->about++;
	if (map_get(a->shown, MAP_KEY(leaf)))
		return;
	bool is_newer = index >= a->size;
	a->newer += is_newer;
	a->lacking += !is_newer;
	tell(a, index, is_newer, lot->uri);
}

static enum exit_code read_entries(struct asking *a)
{
	const uint64_t size = (uint64_t)a->copy.head.size;
	for (uint64_t first = 0; first < size; first += LOG_TILE_WIDTH) {
		struct arena *arena = arena_create();
		struct bytes entries[LOG_TILE_WIDTH];
		unsigned width = size - first < LOG_TILE_WIDTH ? (unsigned)(size - first) : LOG_TILE_WIDTH;
		bool good = mirror_copy_bundle(&a->copy, arena, first / LOG_TILE_WIDTH, width, entries);
		for (unsigned i = 0; good && i < width; i++)
			compare(a, arena, entries[i], (int64_t)(first + i));
		arena_destroy(arena);
		if (!good)
			break;
	}
	/* Of a mirror that is not whole nobody can say what it lacks itself. */
	if (a->edge.size == size && sha256_equal(merkle_edge_root(&a->edge), a->copy.head.root))
		return EXIT_GOOD;
	return cli_fail(
		a->cli, EXIT_NOT_VERIFIED,
		str_of(cli_say(a->cli, (struct said){"镜像的条目与其日志头不符",
						     "the mirror's entries are not what its head covers"})));
}

static enum exit_code conclude(struct asking *a)
{
	enum exit_code code = a->lacking ? EXIT_INCOMPLETE : a->newer ? EXIT_UNLOGGED : EXIT_GOOD;
	if (a->cli->json) {
		json_end_array(&a->w);
		json_pair_int(&a->w, STR("about"), (int64_t)a->about);
		json_pair_int(&a->w, STR("unreadable"), (int64_t)a->summed);
		json_pair_int(&a->w, STR("mirror"), a->copy.head.size);
		json_pair_int(&a->w, STR("trail"), a->size);
		json_end_object(&a->w);
		cli_print(a->cli, buf_str(&a->text));
		return code;
	}
	printf(a->cli->language == LANGUAGE_ZH
		       ? "%s 镜像有 %lld 个条目，其中 %zu 条涉及这些批次；缺少 %zu 条，其后新增 %zu 条\n"
		       : "%s of the mirror's %lld entries %zu are about these lots; the trail lacks %zu, and "
			 "%zu came since\n",
	       code ? "✗" : "✓", (long long)a->copy.head.size, a->about, a->lacking, a->newer);
	if (a->summed)
		printf(a->cli->language == LANGUAGE_ZH ? "– %zu 个条目涉及超过 64 个批次，镜像无从分辨\n"
						       : "– %zu entries are about more than 64 lots each: a "
							 "mirror cannot tell which\n",
		       a->summed);
	return code;
}

/* — receipts — */

static void tell_receipt(struct asking *a, const struct mirror_receipt *receipt)
{
	if (a->cli->json) {
		json_begin_object(&a->w);
		json_pair(&a->w, STR("statement"), receipt->statement);
		if (receipt->event.at)
			json_pair(&a->w, STR("event"), receipt->event);
		json_end_object(&a->w);
		return;
	}
	printf("✗ %.*s %.*s: %s\n", STR_ARGS(receipt->event), STR_ARGS(receipt->statement),
	       cli_say(a->cli, (struct said){"有回执，日志中没有", "has a receipt, and is not in the log"}));
}

static enum exit_code conclude_receipts(struct asking *a)
{
	size_t count = map_count(a->receipts.by_hash);
	for (size_t i = 0; i < count; i++) {
		const struct mirror_receipt *receipt = map_at(a->receipts.by_hash, i);
		if (receipt->found)
			continue;
		a->lacking++;
		tell_receipt(a, receipt);
	}
	enum exit_code code = a->lacking ? EXIT_INCOMPLETE : EXIT_GOOD;
	if (a->cli->json) {
		json_end_array(&a->w);
		json_pair_int(&a->w, STR("receipts"), (int64_t)count);
		json_pair_int(&a->w, STR("mirror"), a->copy.head.size);
		json_end_object(&a->w);
		cli_print(a->cli, buf_str(&a->text));
		return code;
	}
	printf(a->cli->language == LANGUAGE_ZH ? "%s %zu 份回执，镜像的 %lld 个条目中缺少 %zu 份\n"
					       : "%s of %zu receipts the mirror's %lld entries lack %zu\n",
	       code ? "✗" : "✓", count, (long long)a->copy.head.size, a->lacking);
	return code;
}

static enum exit_code run(struct cli *cli)
{
	struct asking *a = arena_new(cli->arena, struct asking);
	a->cli = cli;
	if (cli->word_count != 2)
		return cli_usage(cli, (struct said){"请写明镜像目录与追溯链",
						    "name the mirror's directory and a trail"});
	a->text = buf_create(cli->arena, 1024);
	a->w = json_writer(&a->text);
	enum exit_code code = mirror_copy_open(cli, cli->words[0], &a->copy);
	if (!code)
		code = read_trail(a, cli->words[1]);
	if (code)
		return code;
	if (!a->receipts.by_hash)
		gather(a);
	json_begin_object(&a->w);
	json_name(&a->w, STR("missing"));
	json_begin_array(&a->w);
	code = read_entries(a);
	if (code)
		return code;
	return a->receipts.by_hash ? conclude_receipts(a) : conclude(a);
}

const struct command command_mirror = {
	.name = "mirror",
	.summary = {"用日志的镜像检查追溯链有无缺漏、回执是否入账",
		    "ask a mirror of the log whether a trail, or the log, lacks a record"},
	.help = {"用法：farmtrail mirror DIR FILE|URL --log VKEY|--policy FILE\n"
		 "\n"
		 "DIR 是 farmtrail monitor --mirror 保存的日志副本；FILE 或 URL "
		 "是带证明的追溯链（/t/…/proofs）。\n"
		 "链内最新的一条记录（例如召回）若被服务方隐去，链本身看不出来；镜像中涉及同一批次的条目会说"
		 "明。\n"
		 "批次在日志中以加盐散列出现：持有追溯链者认得，旁人不认得。\n"
		 "\n"
		 "FILE 也可以是保存下来的登记回执（POST /v1/events "
		 "的答复，每行一份）：已确认而不在日志中的记录会被指出。\n"
		 "条目载入日志只需一两秒，有见证方时最多十分钟；镜像早于回执者，先更新镜像。\n"
		 "\n"
		 "退出码：0 没有缺少；7 缺少记录，或回执不在日志中；6 只缺其后新增的记录，请重新索取；4 "
		 "镜像不完整或不可信；\n"
		 "        1 无法读取，2 用法有误，5 无法连接\n"
		 "\n"
		 "示例：\n"
		 "  farmtrail monitor https://trace.example.cn --log log.vkey --state s --mirror "
		 "/srv/mirror\n"
		 "  farmtrail mirror /srv/mirror trail.json --log log.vkey\n"
		 "  farmtrail mirror /srv/mirror https://trace.example.cn/t/CODE/proofs --log log.vkey\n"
		 "  farmtrail mirror /srv/mirror receipts.json --log log.vkey\n",
		 "usage: farmtrail mirror DIR FILE|URL --log VKEY|--policy FILE\n"
		 "\n"
		 "DIR is a copy of a log that farmtrail monitor --mirror keeps; FILE or URL is a trail with "
		 "its proofs\n"
		 "(/t/…/proofs). A newest record that the server leaves out, a recall say, cannot be missed "
		 "in the trail\n"
		 "itself: the entries about its lots in a second copy of the log tell. Lots stand in the log "
		 "as salted\n"
		 "hashes, which whoever has the trail recognises and strangers do not.\n"
		 "\n"
		 "FILE may also be receipts that were kept: answers of POST /v1/events, one a line. A record "
		 "that was "
		 "acknowledged\n"
		 "and is not in the log is named. An entry takes a second or two, with witnesses ten minutes "
		 "at most: "
		 "bring a mirror\n"
		 "up to date that is older than the receipt.\n"
		 "\n"
		 "Exit codes: 0 nothing is lacking; 7 a record is, or has a receipt and is not in the log; 6 "
		 "only what was logged since: ask for the "
		 "trail again;\n"
		 "4 the mirror is not whole, or not trusted; 1 cannot be read, 2 usage, 5 no connection\n"
		 "\n"
		 "Examples:\n"
		 "  farmtrail monitor https://trace.example.cn --log log.vkey --state s --mirror "
		 "/srv/mirror\n"
		 "  farmtrail mirror /srv/mirror trail.json --log log.vkey\n"
		 "  farmtrail mirror /srv/mirror https://trace.example.cn/t/CODE/proofs --log log.vkey\n"
		 "  farmtrail mirror /srv/mirror receipts.json --log log.vkey\n"},
	.values = values,
	.run = run,
};
