/* SPDX-License-Identifier: Apache-2.0
 * farmtrail verify --data: derives all that an installation stores from its signed records again, and names what differs. */
#include <stdio.h>
#include <unistd.h>

#include "verify_priv.h"

#include "ft/base/config.h"
#include "ft/db/private_cluster.h"
#include "ft/store/recount.h"
#include "ft/store/sealing.h"

struct run {
	struct cli *cli;
	struct buf found; /* JSON of the differences, as far as they are shown */
	struct json_writer w;
	size_t shown;
	int percent;
};

enum { JSON_MAX_SHOWN = 10000 }; /* differences of one answer; all are counted */

static bool has_progress(const struct run *run)
{
	return isatty(STDERR_FILENO) && !run->cli->json;
}

static void end_progress(const struct run *run)
{
	if (has_progress(run))
		fputs("\r\033[K", stderr);
}

static void found(void *context, const struct recount_difference *d)
{
	struct run *run = context;
	if (!run->cli->json) {
		end_progress(run);
		printf(run->cli->language == LANGUAGE_ZH ? "✗ %s %.*s：现存“%.*s”，由签名记录推得“%.*s”\n"
							 : "✗ %s %.*s: stored \"%.*s\", derived \"%.*s\"\n",
		       d->part, STR_ARGS(d->subject), STR_ARGS(d->stored), STR_ARGS(d->derived));
		return;
	}
	if (run->shown++ >= JSON_MAX_SHOWN)
		return;
	json_begin_object(&run->w);
	json_pair(&run->w, STR("part"), str_of(d->part));
	json_pair(&run->w, STR("subject"), d->subject);
	json_pair(&run->w, STR("stored"), d->stored);
	json_pair(&run->w, STR("derived"), d->derived);
	json_end_object(&run->w);
}

static void went(void *context, enum recount_pass pass, int64_t done, int64_t of)
{
	static const struct said passes[RECOUNT_PASSES] = {
		[RECOUNT_EVENTS] = {"记录", "records"},
		[RECOUNT_LOTS] = {"批次", "lots"},
		[RECOUNT_TABLES] = {"合计", "sums"},
	};
	const struct run *run = context;
	if (has_progress(run))
		fprintf(stderr, "\r\033[K%s %lld/%lld", cli_say(run->cli, passes[pass]), (long long)done,
			(long long)of);
}

static void conclude(const struct run *run, const struct recount_totals *totals)
{
	struct cli *cli = run->cli;
	if (!cli->json) {
		printf(cli->language == LANGUAGE_ZH ? "%lld 条记录、%lld 个批次：%lld 处不符\n"
						    : "%lld records, %lld lots: %lld differences\n",
		       (long long)totals->events, (long long)totals->lots, (long long)totals->differences);
		return;
	}
	struct buf out = buf_create(cli->arena, 256);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair_int(&w, STR("events"), totals->events);
	json_pair_int(&w, STR("lots"), totals->lots);
	json_pair_int(&w, STR("count"), totals->differences);
	json_name(&w, STR("differences"));
	json_raw(&w, buf_str(&run->found));
	json_end_object(&w);
	cli_print(cli, buf_str(&out));
}

static enum exit_code open_vault(struct cli *cli, struct db *db, struct vault *ret)
{
	struct fault fault = {0};
	db_act_for(db, &db_program);
	enum problem p = sealing_look(db, cli->arena, cli->data_dir, ret, &fault);
	if (p)
		return cli_fail_problem(cli, p, &fault);
	db_use_vault(db, ret);
	return EXIT_GOOD;
}

static enum exit_code open_data(struct cli *cli, struct config *config, struct db **ret)
{
	struct fault fault = {0};
	struct str path = arena_printf(cli->arena, "%.*s/farmtrail.env", STR_ARGS(cli->data_dir));
	struct str conninfo;
	enum problem p = config_load(cli->arena, path, config, &fault);
	if (p)
		return cli_fail_problem(cli, p, &fault);
	conninfo = config->database;
	if (!conninfo.len)
		p = private_cluster_conninfo(cli->arena, cli->data_dir, STR("ft_app"), &conninfo, &fault);
	if (p)
		return cli_fail_problem(cli, p, &fault);
	if (!db_open_snapshot(conninfo, ret))
		return EXIT_GOOD;
	return cli_fail(
		cli, EXIT_NO_CONNECTION,
		str_of(cli_say(cli, (struct said){"数据库没有应答", "the database does not answer"})));
}

enum exit_code verify_data(struct cli *cli)
{
	struct config config;
	struct db *db = NULL;
	struct vault vault;
	struct recount_totals totals;
	struct run run = {.cli = cli, .found = buf_create(cli->arena, 1024)};
	if (cli->word_count)
		return cli_usage(cli, (struct said){"verify --data DIR 不带文件",
						    "verify --data DIR takes no file beside it"});
	enum exit_code code = open_data(cli, &config, &db);
	if (!code)
		code = open_vault(cli, db, &vault);
	if (code) {
		db_close(db);
		return code;
	}
	run.w = json_writer(&run.found);
	json_begin_array(&run.w);
	const struct recount_watch watch = {found, went, &run};
	enum problem p = recount(db, config.origin, &watch, &totals);
	json_end_array(&run.w);
	end_progress(&run);
	struct fault fault = {.detail = p ? arena_str(cli->arena, db_last_error(db)) : (struct str){NULL, 0}};
	db_close(db);
	if (p)
		return cli_fail_problem(cli, p, &fault);
	conclude(&run, &totals);
	return totals.differences ? EXIT_NOT_VERIFIED : EXIT_GOOD;
}
