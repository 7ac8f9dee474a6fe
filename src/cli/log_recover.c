/* SPDX-License-Identifier: Apache-2.0
 * farmtrail log recover: entries of the log come back from a mirror into a database that has lost them. */
#include "ft/store/log_recover.h"

#include <stdio.h>

#include "mirror_priv.h"

#include "ft/base/config.h"
#include "ft/db/private_cluster.h"
#include "ft/store/log.h"

enum { STATEMENT_TIMEOUT_MS = 600000 };

static bool read_entries(void *context, struct arena *arena, uint64_t index, unsigned width,
			 struct bytes *ret)
{
	return mirror_copy_bundle(context, arena, index, width, ret);
}

static void print_json(const struct cli *cli, const struct log_recovered *done)
{
	struct buf out = buf_create(cli->arena, 1024);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair_int(&w, STR("first"), done->first);
	json_pair_int(&w, STR("entries"), done->entries);
	json_pair_int(&w, STR("waited"), done->waited);
	json_pair_int(&w, STR("keys"), done->keys);
	json_pair_int(&w, STR("ends"), done->ends);
	json_pair_int(&w, STR("erasures"), done->erasures);
	json_pair_int(&w, STR("records"), done->records);
	json_pair_int(&w, STR("signed"), done->signed_size);
	json_name(&w, STR("organisations"));
	json_begin_array(&w);
	for (size_t i = 0; i < done->org_count; i++) {
		json_begin_object(&w);
		json_pair(&w, STR("id"), uuid_print(cli->arena, done->orgs[i].org));
		json_pair_int(&w, STR("records"), done->orgs[i].entries);
		json_end_object(&w);
	}
	json_end_array(&w);
	json_end_object(&w);
	cli_print(cli, buf_str(&out));
}

static void print_words(const struct cli *cli, const struct log_recovered *done)
{
	if (!done->entries) {
		puts(cli_say(cli, (struct said){"数据库没有缺少副本中的任何条目",
						"the database lacks no entry that the copy has"}));
		return;
	}
	printf(cli->language == LANGUAGE_ZH ? "条目 %lld 至 %lld 已找回，其中 %lld 条原在等待编号；%lld "
					      "条的记录已丢失，请重新发送：\n"
					    : "entries %lld to %lld are back, %lld of which had waited for "
					      "their numbers; of %lld the "
					      "records are lost and have to be sent again:\n",
	       (long long)done->first, (long long)(done->first + done->entries - 1), (long long)done->waited,
	       (long long)done->records);
	for (size_t i = 0; i < done->org_count; i++) {
		struct str org = uuid_print(cli->arena, done->orgs[i].org);
		printf("  %.*s  %lld\n", STR_ARGS(org), (long long)done->orgs[i].entries);
	}
	if (done->keys || done->ends)
		printf(cli->language == LANGUAGE_ZH
			       ? "其间登记的密钥 %lld 个，停用 %lld "
				 "个：由服务保管的新密钥，其私钥已丢失，请停用并登记新的\n"
			       : "keys stated meanwhile: %lld, ended: %lld; of new ones that the service "
				 "held the "
				 "private halves are lost: revoke them, and enrol others\n",
		       (long long)done->keys, (long long)done->ends);
	if (done->erasures)
		printf(cli->language == LANGUAGE_ZH ? "其间有 %lld 次删除：请再次删除\n"
						    : "%lld erasures were made meanwhile: erase again\n",
		       (long long)done->erasures);
}

static enum exit_code conclude(const struct cli *cli, const struct mirror_copy *copy,
			       const struct log_recovered *done)
{
	if (cli->json)
		print_json(cli, done);
	else
		print_words(cli, done);
	if (done->signed_size <= copy->head.size)
		return EXIT_GOOD;
	if (!cli->json)
		fprintf(stderr,
			cli->language == LANGUAGE_ZH
				? "已签名至 %lld 条，副本只有 %lld 条：请找更新的副本，或结束该日志\n"
				: "%lld entries were signed, the copy has %lld: find a newer copy, or end "
				  "the log\n",
			(long long)done->signed_size, (long long)copy->head.size);
	return EXIT_INCOMPLETE;
}

static enum problem open_owner(struct cli *cli, struct config *config, struct db **ret, struct fault *reterr)
{
	struct str file = arena_printf(cli->arena, "%.*s/farmtrail.env", STR_ARGS(cli->data_dir));
	enum problem p = config_load(cli->arena, file, config, reterr);
	if (p)
		return p;
	config->data_dir = cli->data_dir;
	struct str conninfo = config->database_owner.len ? config->database_owner : config->database;
	if (!conninfo.len)
		p = private_cluster_conninfo(cli->arena, cli->data_dir, STR("ft_owner"), &conninfo, reterr);
	return p ? p : db_open(conninfo, STATEMENT_TIMEOUT_MS, ret);
}

enum exit_code log_recover_from(struct cli *cli, struct str directory)
{
	struct mirror_copy copy;
	struct config config;
	struct fault fault = {0};
	struct db *db = NULL;
	struct log_recovered done;
	enum exit_code code = mirror_copy_open(cli, directory, &copy);
	if (code)
		return code;
	enum problem p = open_owner(cli, &config, &db, &fault);
	if (!p) {
		const struct log_recover_settings settings = {config.origin,
							      log_guard_file(cli->arena, &config)};
		const struct log_copy from = {copy.note, copy.head, read_entries, &copy};
		db_act_for(db, &db_program);
		p = log_recover(db, cli->arena, &settings, &from, &done, &fault);
	}
	db_close(db);
	return p ? cli_fail_problem(cli, p, &fault) : conclude(cli, &copy, &done);
}
