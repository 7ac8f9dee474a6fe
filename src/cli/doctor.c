/* SPDX-License-Identifier: Apache-2.0
 * farmtrail doctor: looks at everything that keeps an installation from working, and says what to do. */
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "queries.h"

#include "client_priv.h"

#include "ft/base/config.h"
#include "ft/db/private_cluster.h"
#include "ft/signer/signer.h"

enum { MIN_FREE_MB = 512, DB_TIMEOUT_MS = 5000, CLOCK_YEAR_2025_S = 1735689600 };

struct patient {
	struct cli *cli;
	struct config config;
	struct db *db; /* NULL: not reached */
	struct buf out;
	struct json_writer w;
	size_t failed;
};
struct finding {
	bool good;
	struct str detail;  /* what was found */
	struct said advice; /* when it is not good */
};

static void report(struct patient *p, const char *check, struct said title, struct finding f)
{
	if (!f.good)
		p->failed++;
	if (p->cli->json) {
		json_begin_object(&p->w);
		json_pair(&p->w, STR("check"), str_of(check));
		json_name(&p->w, STR("ok"));
		json_bool(&p->w, f.good);
		json_pair(&p->w, STR("detail"), f.detail);
		if (!f.good)
			json_pair(&p->w, STR("advice"), str_of(cli_say(p->cli, f.advice)));
		json_end_object(&p->w);
		return;
	}
	printf("%s %s%s%.*s\n", f.good ? "✓" : "✗", cli_say(p->cli, title), f.detail.len ? ": " : "",
	       STR_ARGS(f.detail));
	if (!f.good)
		printf("    → %s\n", cli_say(p->cli, f.advice));
}

static struct str path_of(const struct patient *p, const char *name)
{
	return arena_printf(p->cli->arena, "%.*s/%s", STR_ARGS(p->cli->data_dir), name);
}

static void check_directory(struct patient *p)
{
	struct fault fault = {0};
	struct finding f = {.good = access(path_of(p, "farmtrail.env").at, R_OK) == 0,
			    .detail = p->cli->data_dir,
			    .advice = {"不是数据目录：用 tools/run 或 farmtrail init 建立，或用 --data 指明",
				       "it is no data directory: make it with tools/run or farmtrail init, "
				       "or name it with --data"}};
	enum problem problem = config_load(p->cli->arena, path_of(p, "farmtrail.env"), &p->config, &fault);
	if (f.good && problem) {
		f.good = false;
		f.detail = fault.detail;
		f.advice = (struct said){"请改正 farmtrail.env", "correct farmtrail.env"};
	}
	report(p, "directory", (struct said){"数据目录", "data directory"}, f);
}

static bool is_private(const char *path)
{
	struct stat info;
	return stat(path, &info) == 0 && (info.st_mode & 077) == 0;
}

static void check_permissions(struct patient *p)
{
	static const char *const names[] = {"admin.key", "secrets/kek", "secrets/code.key",
					    "secrets/data.key"};
	struct finding f = {.good = true,
			    .advice = {"文件缺失、不可读或他人可读：chmod 600，并以运行服务的用户执行",
				       "the file is missing, out of reach or open to others: chmod 600 it, "
				       "and run this as the "
				       "user that runs the server"}};
	for (size_t i = 0; i < sizeof names / sizeof *names && f.good; i++) {
		f.good = is_private(path_of(p, names[i]).at);
		if (!f.good)
			f.detail = str_of(names[i]);
	}
	report(p, "permissions", (struct said){"密钥文件权限", "permissions of secrets"}, f);
}

static struct str conninfo_of(struct patient *p, struct fault *reterr)
{
	struct str conninfo = p->config.database;
	if (!conninfo.len &&
	    private_cluster_conninfo(p->cli->arena, p->cli->data_dir, STR("ft_app"), &conninfo, reterr))
		return (struct str){NULL, 0};
	return conninfo;
}

static void check_database(struct patient *p)
{
	struct fault fault = {0};
	struct registrar_find_row registrar;
	struct str conninfo = conninfo_of(p, &fault);
	bool reached = conninfo.at && db_open(conninfo, DB_TIMEOUT_MS, &p->db) == PROBLEM_NONE;
	report(p, "database", (struct said){"数据库", "database"},
	       (struct finding){
		       .good = reached,
		       .detail = conninfo.at ? (struct str){NULL, 0} : fault.detail,
		       .advice = {"数据库没有应答：用 tools/run 启动私有集群，或检查 FARMTRAIL_DATABASE",
				  "it does not answer: tools/run starts the private cluster, or check "
				  "FARMTRAIL_DATABASE"}});
	if (!reached)
		return;
	enum problem problem = registrar_find(p->db, p->cli->arena, &registrar);
	report(p, "schema", (struct said){"数据库结构与登记处", "schema and registrar"},
	       (struct finding){.good = !problem,
				.advice = {"请运行 farmtraild --migrate 与 farmtrail init",
					   "run farmtraild --migrate and farmtrail init"}});
}

/* What the sweep has found, by the name of the first; the running server knows more (/readyz). */
static void check_log(struct patient *p)
{
	struct log_alteration_list_row *rows = NULL;
	struct log_head_read_row head = {.size = 0};
	size_t count = 0;
	if (!p->db)
		return;
	enum problem problem = log_head_read(p->db, p->cli->arena, &head);
	if (!problem)
		problem = log_alteration_list(p->db, p->cli->arena, &rows, &count);
	struct str detail = arena_printf(p->cli->arena, "%lld", (long long)head.size);
	if (count)
		detail = arena_printf(p->cli->arena, "%zu: %.*s %lld %.*s", count, STR_ARGS(rows[0].part),
				      (long long)rows[0].idx, STR_ARGS(rows[0].subject));
	report(p, "log", (struct said){"公开日志", "log"},
	       (struct finding){
		       .good = !problem && !count,
		       .detail = problem ? (struct str){NULL, 0} : detail,
		       .advice = {"数据库中的记录与日志不符（表 log_alteration）：查明原因，从备份恢复这些行",
				  "rows in the database are not what the log committed to (table "
				  "log_alteration): find out why, and bring them back from a backup"}});
}

/* The signer takes a key file of its own user only: from another account it can only be seen to be there. */
static bool belongs_to_another(const char *path)
{
	struct stat info;
	return stat(path, &info) == 0 && info.st_uid != geteuid();
}

static void check_signer(struct patient *p)
{
	const struct said title = {"签名进程", "signing process"};
	struct str program = cli_program_beside(p->cli, "farmtrail-signer", "../signer/farmtrail-signer");
	struct str kek = path_of(p, "secrets/kek");
	if (belongs_to_another(kek.at)) {
		struct said why = {"未检查：请以 secrets/kek 的属主执行",
				   "not checked: run this as the owner of secrets/kek"};
		report(p, "signer", title,
		       (struct finding){.good = access(program.at, X_OK) == 0,
					.detail = str_of(cli_say(p->cli, why)),
					.advice = {"程序不可执行", "the program is not executable"}});
		return;
	}
	struct signer *signer = NULL;
	enum problem problem = signer_start(program, kek, SIGNER_MIN_RATE, &signer);
	report(p, "signer", title,
	       (struct finding){
		       .good = !problem,
		       .detail = problem ? program : (struct str){NULL, 0},
		       .advice = {"程序不可执行，或 secrets/kek 被拒绝（权限须为 0600，属主须为本用户）",
				  "it is not executable, or refuses secrets/kek (mode 0600, owned by this "
				  "user)"}});
	signer_stop(signer);
}

static void check_disk(struct patient *p)
{
	struct statvfs info;
	bool known = statvfs(arena_str(p->cli->arena, p->cli->data_dir).at, &info) == 0;
	uint64_t free_mb = known ? (uint64_t)info.f_bavail * info.f_frsize / (1024 * 1024) : 0;
	report(p, "disk", (struct said){"磁盘空间", "disk space"},
	       (struct finding){.good = known && free_mb >= MIN_FREE_MB,
				.detail = arena_printf(p->cli->arena, "%llu MB", (unsigned long long)free_mb),
				.advice = {"请腾出空间：至少 512 MB", "make room: at least 512 MB"}});
}

static void check_clock(struct patient *p)
{
	time_t now = time(NULL);
	report(p, "clock", (struct said){"时钟", "clock"},
	       (struct finding){.good = now > CLOCK_YEAR_2025_S,
				.detail = utc_print(p->cli->arena, (usec_t)now * USEC_PER_SEC),
				.advice = {"时间不对：请启用时间同步",
					   "the time is wrong: turn time synchronisation on"}});
}

static void check_server(struct patient *p)
{
	struct client *client = NULL;
	struct answer answer = {0};
	const struct ask ask = {.method = "GET", .path = STR("/readyz"), .without_key = true};
	struct cli quiet = *p->cli;
	quiet.json = false;
	bool good = client_open(&quiet, &client) == EXIT_GOOD &&
		    client_ask(client, p->cli->arena, &ask, &answer) && answer.status == 200;
	report(p, "server", (struct said){"服务", "server"},
	       (struct finding){
		       .good = good,
		       .detail = client ? client_root(client) : (struct str){NULL, 0},
		       .advice = {"没有运行或未就绪：tools/run，或 farmtraild --data DIR；端口被占用时换一个",
				  "it does not run or is not ready: tools/run, or farmtraild --data DIR; "
				  "take another port "
				  "when that one is in use"}});
}

static enum exit_code run(struct cli *cli)
{
	if (cli->word_count)
		return cli_usage(cli, (struct said){"doctor 不接受其他参数", "doctor takes options only"});
	struct patient p = {.cli = cli, .out = buf_create(cli->arena, 1024)};
	p.w = json_writer(&p.out);
	json_begin_array(&p.w);
	check_directory(&p);
	check_permissions(&p);
	check_disk(&p);
	check_clock(&p);
	check_database(&p);
	check_log(&p);
	check_signer(&p);
	check_server(&p);
	json_end_array(&p.w);
	db_close(p.db);
	if (cli->json)
		cli_print(cli, buf_str(&p.out));
	return p.failed ? EXIT_REFUSED : EXIT_GOOD;
}

const struct command command_doctor = {
	.name = "doctor",
	.summary = {"检查安装：目录、权限、数据库、签名、时钟、磁盘、服务",
		    "check an installation and say what to mend"},
	.help = {"用法：farmtrail doctor [--data DIR] [--json]\n"
		 "\n"
		 "逐项检查数据目录、密钥权限、磁盘、时钟、数据库与结构、签名进程、服务端口，并给出处理办法。"
		 "有一项不通过则退出码为 1。\n"
		 "\n"
		 "示例：\n"
		 "  farmtrail doctor --data ./var\n"
		 "  farmtrail doctor --json\n",
		 "usage: farmtrail doctor [--data DIR] [--json]\n"
		 "\n"
		 "Looks at the data directory, permissions of secrets, disk, clock, database and schema, the "
		 "signing process and\n"
		 "the server's port, and says what to do about what is not well. Exit code 1 when anything "
		 "is not.\n"
		 "\n"
		 "Examples:\n"
		 "  farmtrail doctor --data ./var\n"
		 "  farmtrail doctor --json\n"},
	.run = run,
};
