/* SPDX-License-Identifier: Apache-2.0
 * farmtrail backup and restore: an installation in one file, and back onto a bare machine. */
#include "ft/store/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli_priv.h"

enum { MEGABYTE = 1024 * 1024 };

static const struct said steps[BACKUP_STEP_COUNT] = {
	[BACKUP_DATABASE] = {"导出数据库", "dumping the database"},
	[BACKUP_PACK] = {"打包", "packing"},
	[BACKUP_UNPACK] = {"解包", "unpacking"},
	[BACKUP_CHECK] = {"核对校验和", "checking sums"},
	[BACKUP_LOAD] = {"装入数据库", "loading the database"},
};

static void show(void *context, enum backup_step step, int64_t bytes)
{
	const struct cli *cli = context;
	if (!isatty(STDERR_FILENO) || cli->json)
		return;
	fprintf(stderr, "\r\033[K%s", cli_say(cli, steps[step]));
	if (bytes > 0)
		fprintf(stderr, " (%.1f MB)", (double)bytes / MEGABYTE);
}

static struct backup_watch watch_of(struct cli *cli)
{
	return (struct backup_watch){.tick = show, .context = cli};
}

static void end_progress(const struct cli *cli)
{
	if (isatty(STDERR_FILENO) && !cli->json)
		fputs("\r\033[K", stderr);
}

static struct str facts_json(const struct cli *cli, struct str file, const struct backup_facts *facts)
{
	struct buf out = buf_create(cli->arena, 512);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("file"), file);
	json_pair(&w, STR("origin"), facts->origin);
	json_pair(&w, STR("made"), facts->made);
	json_pair_int(&w, STR("schema"), facts->schema);
	json_name(&w, STR("kek"));
	json_bool(&w, facts->has_kek);
	json_end_object(&w);
	return buf_str(&out);
}

/* On standard error: standard output may be the backup itself. */
static void say_made(const struct cli *cli, struct str file, const struct backup_facts *facts)
{
	if (cli->json) {
		fprintf(stderr, "%.*s\n", STR_ARGS(facts_json(cli, file, facts)));
		return;
	}
	fprintf(stderr, "%.*s: %.*s, %.*s, %s %.1f MB\n", STR_ARGS(file), STR_ARGS(facts->origin),
		STR_ARGS(facts->made), cli_say(cli, (struct said){"数据库", "database"}),
		(double)facts->bytes / MEGABYTE);
	fputs(facts->has_kek
		      ? cli_say(cli,
				(struct said){"其中有能打开全部托管密钥的密钥：请像数据目录一样保密。\n",
					      "It holds the key that opens every custodial key: keep it as "
					      "secret as the data directory.\n"})
		      : cli_say(cli, (struct said){"其中没有 secrets/kek 和 "
						   "secrets/data.key：请另行保存，恢复时用 --kek 和 "
						   "--data-key 指明。\n",
						   "secrets/kek and secrets/data.key are not in it: keep "
						   "them elsewhere, "
						   "and name them with --kek and --data-key\nto restore.\n"}),
	      stderr);
}

static enum exit_code run_backup(struct cli *cli)
{
	struct fault fault = {0};
	struct backup_facts facts;
	if (cli->word_count != 1)
		return cli_usage(cli, (struct said){"请给出一个文件名，或 - 表示标准输出",
						    "name one file, or - for standard output"});
	struct backup_settings settings = {.data_dir = cli->data_dir,
					   .file = cli->words[0],
					   .without_kek = cli_flag(cli, "without-kek"),
					   .watch = watch_of(cli)};
	if (str_equal(settings.file, STR("-")) && isatty(STDOUT_FILENO))
		return cli_usage(cli,
				 (struct said){"标准输出是终端：请用管道或给出文件名",
					       "standard output is a terminal: use a pipe, or name a file"});
	enum problem p = backup_write(cli->arena, &settings, &facts, &fault);
	end_progress(cli);
	if (p)
		return cli_fail_problem(cli, p, &fault);
	say_made(cli, settings.file, &facts);
	return EXIT_GOOD;
}

static struct str from_environment(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? str_of(value) : (struct str){NULL, 0};
}

static void say_restored(const struct cli *cli, struct str file, const struct backup_facts *facts)
{
	if (cli->json) {
		cli_print(cli, facts_json(cli, file, facts));
		return;
	}
	printf("%.*s: %.*s, %.*s\n", STR_ARGS(cli->data_dir), STR_ARGS(facts->origin), STR_ARGS(facts->made));
	puts(cli_say(
		cli,
		(struct said){
			"已恢复。此后的记录不在其中：请让各方重新提交（同一 id 不会重复），再运行 farmtrail "
			"doctor。",
			"Restored. What was recorded later is not in it: have it sent again (the same id is "
			"never doubled), then run\nfarmtrail doctor."}));
}

static enum exit_code run_restore(struct cli *cli)
{
	struct fault fault = {0};
	struct backup_facts facts;
	if (cli->word_count != 1)
		return cli_usage(cli, (struct said){"请给出一个备份文件，或 - 表示标准输入",
						    "name one backup, or - for standard input"});
	struct str database = cli_option(cli, "database");
	struct restore_settings settings = {
		.data_dir = cli->data_dir,
		.file = cli->words[0],
		.kek_file = cli_option(cli, "kek"),
		.data_key_file = cli_option(cli, "data-key"),
		.database = database.at ? database : from_environment("FARMTRAIL_DATABASE"),
		.database_owner = from_environment("FARMTRAIL_DATABASE_OWNER"),
		.watch = watch_of(cli),
	};
	settings.conninfo = settings.database_owner.at ? settings.database_owner : settings.database;
	if (!settings.conninfo.at)
		return cli_usage(
			cli,
			(struct said){
				"请用 --database 给出一个空数据库；要私有集群请用 tools/run --restore FILE",
				"name an empty database with --database; for a private cluster use "
				"tools/run --restore FILE"});
	enum problem p = backup_restore(cli->arena, &settings, &facts, &fault);
	end_progress(cli);
	if (p)
		return cli_fail_problem(cli, p, &fault);
	say_restored(cli, settings.file, &facts);
	return EXIT_GOOD;
}

static const char *const backup_flags[] = {"without-kek", NULL};
static const char *const restore_values[] = {"kek", "data-key", "database", NULL};

const struct command command_backup = {
	.name = "backup",
	.summary = {"把整个安装备份到一个文件：数据库、密钥、设置",
		    "keep a whole installation in one file: database, keys, settings"},
	.help = {"用法：farmtrail backup FILE [--data DIR] [--without-kek]\n"
		 "\n"
		 "服务可以照常运行；备份对应某一时刻。文件要么完整出现，要么不出现，权限 0600。\n"
		 "\n"
		 "  FILE           - 表示标准输出，例如交给 gpg 加密\n"
		 "  --without-kek  不含 secrets/kek 和 "
		 "secrets/data.key：没有它们，备份打不开任何托管密钥，也读不到个人信息\n"
		 "\n"
		 "示例：\n"
		 "  farmtrail backup /backup/farmtrail-$(date +%F).backup\n"
		 "  farmtrail backup - --without-kek | gpg -e -r ops@example.cn >farmtrail.backup.gpg\n",
		 "usage: farmtrail backup FILE [--data DIR] [--without-kek]\n"
		 "\n"
		 "The server may go on meanwhile; the backup is as of one instant. The file appears whole or "
		 "not at "
		 "all, mode 0600.\n"
		 "\n"
		 "  FILE           - is standard output, to encrypt it with gpg for example\n"
		 "  --without-kek  leave secrets/kek and secrets/data.key out: without them a backup opens "
		 "no custodial key,\n"
		 "                 and tells nothing about people\n"
		 "\n"
		 "Examples:\n"
		 "  farmtrail backup /backup/farmtrail-$(date +%F).backup\n"
		 "  farmtrail backup - --without-kek | gpg -e -r ops@example.cn >farmtrail.backup.gpg\n"},
	.flags = backup_flags,
	.run = run_backup,
};

const struct command command_restore = {
	.name = "restore",
	.summary = {"把备份恢复到一个新的数据目录和空数据库",
		    "bring a backup back, into a new data directory and an empty database"},
	.help = {"用法：farmtrail restore FILE --data DIR --database CONNINFO [--kek FILE] [--data-key "
		 "FILE]\n"
		 "\n"
		 "先核对校验和，再一次性装入数据库；中断后再执行会继续。要用私有集群：tools/run --restore "
		 "FILE\n"
		 "\n"
		 "  --database CONNINFO  空数据库（已有 postgis 扩展）；属主不同时另设 "
		 "FARMTRAIL_DATABASE_OWNER\n"
		 "  --kek FILE           备份中没有 secrets/kek 时，由此给出\n"
		 "  --data-key FILE      备份中没有 secrets/data.key 时，由此给出\n"
		 "\n"
		 "示例：\n"
		 "  farmtrail restore farmtrail.backup --data /srv/farmtrail --database "
		 "\"host=/run/postgresql "
		 "dbname=farmtrail\"\n"
		 "  tools/run --restore farmtrail.backup --data /srv/farmtrail\n",
		 "usage: farmtrail restore FILE --data DIR --database CONNINFO [--kek FILE] [--data-key "
		 "FILE]\n"
		 "\n"
		 "Checks the sums, then loads the database, all or nothing; after an interruption run it "
		 "again. For a "
		 "private cluster:\ntools/run --restore FILE\n"
		 "\n"
		 "  --database CONNINFO  an empty database with the extension postgis; "
		 "FARMTRAIL_DATABASE_OWNER names "
		 "its owner\n"
		 "  --kek FILE           secrets/kek, when the backup was made without it\n"
		 "  --data-key FILE      secrets/data.key, likewise\n"
		 "\n"
		 "Examples:\n"
		 "  farmtrail restore farmtrail.backup --data /srv/farmtrail --database "
		 "\"host=/run/postgresql "
		 "dbname=farmtrail\"\n"
		 "  tools/run --restore farmtrail.backup --data /srv/farmtrail\n"},
	.values = restore_values,
	.run = run_restore,
};
