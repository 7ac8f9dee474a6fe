/* SPDX-License-Identifier: Apache-2.0
 * Starts and stops the server; knows every module, decides nothing. */
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ft/api/app.h"
#include "ft/api/routes.h"
#include "ft/base/log.h"
#include "ft/base/text.h"
#include "ft/db/migrate.h"
#include "ft/db/private_cluster.h"
#include "ft/db/reader.h"
#include "ft/http/openapi.h"
#include "ft/http/server.h"
#include "ft/store/backup.h"
#include "ft/store/idempotency.h"
#include "ft/store/item_memory.h"
#include "ft/store/log_seen.h"
#include "ft/store/log_wait.h"
#include "ft/store/keys.h"
#include "ft/store/reference.h"
#include "ft/store/sealing.h"
#include "queries.h"

enum { GRACE_MS = 10000, CODE_KEY_LEN = 32 };

struct options {
	struct str data;
	int64_t port; /* −1: as configured */
	bool migrate, print_openapi, print_version, help;
};

struct service { /* everything with a lifetime, in the order it is started */
	struct arena *arena;
	struct config config;
	struct app app;
	struct sealing *sealing;
	struct server *server;
};

static const char usage[] =
	"usage: farmtraild [--data DIR] [--port N] [--migrate]\n"
	"       farmtraild --print-openapi | --version\n"
	"\n"
	"  --data DIR       data directory (default ./var); its farmtrail.env holds the settings\n"
	"  --port N         listen on this port instead of FARMTRAIL_PORT\n"
	"  --migrate        bring the database to this version's schema and exit\n"
	"  --print-openapi  print the OpenAPI document and exit\n"
	"\n"
	"tools/run prepares a data directory and starts this for you.\n";

static bool port_of(const char *text, int64_t *ret)
{
	return str_integer(str_of(text), ret) && *ret >= 0 && *ret <= UINT16_MAX;
}

static bool options_read(int argc, char **argv, struct options *ret)
{
	*ret = (struct options){.data = {NULL, 0}, .port = -1};
	for (int i = 1; i < argc; i++) {
		struct str word = str_of(argv[i]);
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		if (str_equal(word, STR("--data")) && value)
			ret->data = str_of(argv[++i]);
		else if (str_equal(word, STR("--port")) && value && port_of(value, &ret->port))
			i++;
		else if (str_equal(word, STR("--migrate")))
			ret->migrate = true;
		else if (str_equal(word, STR("--print-openapi")))
			ret->print_openapi = true;
		else if (str_equal(word, STR("--version")))
			ret->print_version = true;
		else if (str_equal(word, STR("--help")))
			ret->help = true;
		else
			return false;
	}
	return true;
}

/* One clear line, naming the way out. */
static int complain(enum problem p, const struct fault *fault)
{
	const struct problem_info *info = problem_info(p);
	fprintf(stderr, "farmtraild: %s%s%.*s. %s\n", info->title[LANGUAGE_EN], fault->detail.at ? ": " : "",
		STR_ARGS(fault->detail), info->hint[LANGUAGE_EN]);
	return EXIT_FAILURE;
}

static struct str file_read(struct arena *arena, struct str path)
{
	enum { FILE_MAX = 4096 };
	char *bytes = arena_alloc(arena, FILE_MAX);
	int fd = open(arena_str(arena, path).at, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, bytes, FILE_MAX);
	if (fd >= 0)
		close(fd);
	return len < 0 ? (struct str){NULL, 0} : str_trim((struct str){bytes, (size_t)len});
}

static enum problem missing(struct arena *arena, struct str path, struct fault *reterr)
{
	reterr->detail = arena_printf(
		arena, "%.*s is missing or not readable: run farmtrail init, or tools/run", STR_ARGS(path));
	return PROBLEM_CONFIG;
}

static enum problem config_read(struct service *s, const struct options *options, struct fault *reterr)
{
	struct str dir = options->data;
	const char *from_environment = getenv("FARMTRAIL_DATA");
	if (!dir.at)
		dir = from_environment ? str_of(from_environment) : STR("./var");
	setenv("FARMTRAIL_DATA", arena_str(s->arena, dir).at, /* overwrite */ 1);
	struct str env_file = arena_printf(s->arena, "%.*s/farmtrail.env", STR_ARGS(dir));
	enum problem p = config_load(s->arena, env_file, &s->config, reterr);
	if (!p && options->port >= 0)
		s->config.port = options->port;
	return p;
}

static enum problem conninfo_of(struct service *s, struct str configured, struct str role, struct str *ret,
				struct fault *reterr)
{
	if (!configured.len)
		return private_cluster_conninfo(s->arena, s->config.data_dir, role, ret, reterr);
	*ret = configured;
	return PROBLEM_NONE;
}

static int run_migrate(struct service *s)
{
	struct fault fault = {0};
	struct str conninfo, backup = {NULL, 0};
	int applied = 0;
	struct str owner = s->config.database_owner.len ? s->config.database_owner : s->config.database;
	enum problem p = conninfo_of(s, owner, STR("ft_owner"), &conninfo, &fault);
	if (!p)
		p = backup_before_migration(s->arena, s->config.data_dir, conninfo, &backup, &fault);
	if (backup.at)
		printf("farmtraild: what was there is kept in %.*s\n", STR_ARGS(backup));
	if (!p)
		p = migrate(s->arena, conninfo, &applied, &fault);
	if (p)
		return complain(p, &fault);
	printf("farmtraild: %d migration%s applied\n", applied, applied == 1 ? "" : "s");
	return EXIT_SUCCESS;
}

static struct str beside_me(struct arena *arena, const char *name)
{
	char *path = arena_alloc(arena, PATH_MAX);
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);
	while (len > 0 && path[len - 1] != '/')
		len--;
	return arena_printf(arena, "%.*s%s", (int)(len > 0 ? len : 0), path, name);
}

/* The child's executable stands beside ours when installed, in its module's directory in a build. */
static struct str signer_path(struct arena *arena)
{
	struct str installed = beside_me(arena, "farmtrail-signer");
	return access(installed.at, X_OK) ? beside_me(arena, "signer/farmtrail-signer") : installed;
}

static enum problem start_secrets(struct service *s, struct fault *reterr)
{
	struct str kek = arena_printf(s->arena, "%.*s/secrets/kek", STR_ARGS(s->config.data_dir));
	struct str code_key = arena_printf(s->arena, "%.*s/secrets/code.key", STR_ARGS(s->config.data_dir));
	if (!hex_decode(file_read(s->arena, code_key), s->app.code_key, CODE_KEY_LEN))
		return missing(s->arena, code_key, reterr);
	enum problem p = signer_start(signer_path(s->arena), kek, s->config.signature_rate, &s->app.signer);
	if (p)
		reterr->detail = arena_printf(s->arena, "%.*s", STR_ARGS(signer_path(s->arena)));
	else if (s->config.log_agent.len)
		signer_use_agent(s->app.signer, s->config.log_agent);
	return p;
}

/* Minted ids and the log's name carry the origin for ever: a changed setting must not fork them. */
static enum problem check_origin(struct service *s, struct str registrar_uri, struct fault *reterr)
{
	struct str root = arena_printf(s->arena, "https://%.*s/", STR_ARGS(s->config.origin));
	if (s->config.origin.len && str_starts(registrar_uri, root))
		return PROBLEM_NONE;
	reterr->detail =
		arena_printf(s->arena, "FARMTRAIL_ORIGIN is \"%.*s\", but this database was made as %.*s",
			     STR_ARGS(s->config.origin), STR_ARGS(registrar_uri));
	return PROBLEM_CONFIG;
}

static enum problem start_facts(struct service *s, struct fault *reterr)
{
	struct db *db = NULL;
	struct registrar_find_row registrar;
	struct reference *reference = arena_new(s->arena, struct reference);
	enum problem p = schema_check(s->arena, s->app.conninfo, reterr);
	if (!p)
		p = role_check(s->arena, s->app.conninfo, reterr);
	if (!p)
		p = db_open(s->app.conninfo, (int)s->config.statement_timeout_ms, &db);
	if (p == PROBLEM_DB_UNAVAILABLE)
		reterr->detail =
			STR("the database does not answer; is its cluster running? tools/run starts it");
	if (p)
		return p;
	p = registrar_find(db, s->arena, &registrar);
	if (p == PROBLEM_NOT_FOUND) {
		reterr->detail = STR("this database has no registrar yet: run farmtrail init");
		p = PROBLEM_CONFIG;
	}
	if (!p)
		p = check_origin(s, registrar.uri, reterr);
	if (!p)
		p = reference_load(db, s->arena, reference);
	if (!p)
		p = sealing_settle(db, s->arena, s->config.data_dir, &s->app.vault, reterr);
	db_close(db);
	s->app.reference = reference;
	s->app.registrar = registrar.id;
	return p;
}

static enum problem check_mirrors(const struct service *s, struct fault *reterr)
{
	struct str rest = s->config.log_mirrors;
	struct page_mirror mirror;
	bool good;
	while (page_mirror_next(&rest, &mirror, &good))
		;
	if (!good)
		reterr->detail = STR("FARMTRAIL_LOG_MIRRORS is NAME URL; NAME URL …, with http or https");
	return good ? PROBLEM_NONE : PROBLEM_CONFIG;
}

static enum problem start_policy(struct service *s, struct fault *reterr)
{
	struct policy *policy = arena_new(s->arena, struct policy);
	if (!s->config.log_policy.len)
		return PROBLEM_NONE;
	s->app.log_policy = policy;
	return log_policy_load(s->arena, s->config.log_policy, s->config.origin, policy, reterr);
}

static enum problem start_writers(struct service *s, struct fault *reterr)
{
	s->app.item_rules = (struct item_rules){s->app.reference, risk_scan_limits, s->config.graph_nodes};
	s->app.item_rules.limits.day_networks = s->config.copy_networks;
	s->app.items = item_memory_start(s->app.conninfo, (int)s->config.statement_timeout_ms,
					 (struct bytes){s->app.code_key, CODE_KEY_LEN}, &s->app.item_rules);
	const struct capture_settings settings = {.config = &s->config,
						  .conninfo = s->app.conninfo,
						  .signer = s->app.signer,
						  .reference = s->app.reference,
						  .seen = s->app.log_seen,
						  .cache = s->app.cache,
						  .once = s->app.once,
						  .items = s->app.items,
						  .vault = &s->app.vault,
						  .code_key = s->app.code_key};
	enum problem p = capture_start(&settings, &s->app.capture, reterr);
	const struct log_settings log = {.config = &s->config,
					 .conninfo = s->app.conninfo,
					 .signer = s->app.signer,
					 .vault = &s->app.vault,
					 .registrar = s->app.registrar,
					 .policy = s->app.log_policy,
					 .seen = s->app.log_seen};
	if (!p && s->config.log_sequencer)
		p = log_start(&log, &s->app.sequencer);
	if (!p)
		s->app.log_wait = log_wait_start(s->app.conninfo, (int)s->config.statement_timeout_ms);
	return p ? p : reader_open(s->app.conninfo, (int)s->config.statement_timeout_ms, &s->app.reader);
}

static enum problem caller_of(enum problem p, const struct known_key *key, struct caller *ret)
{
	if (!p) {
		ret->key = key->id;
		ret->scopes = key->scopes | SCOPE_PUBLIC;
		ret->region = key->region;
		ret->parties = key->parties;
		ret->party_count = key->party_count;
	}
	return p;
}

static enum problem authenticate(void *context, struct arena *arena, struct str bearer, struct caller *ret)
{
	struct app *app = context;
	struct known_key key;
	return caller_of(key_cache_get(app->keys, arena, bearer, clock_now(), &key), &key, ret);
}

static enum problem authenticate_slow(void *context, void *worker, struct arena *arena, struct str bearer,
				      struct caller *ret)
{
	struct app *app = context;
	struct known_key key;
	return caller_of(key_cache_load(app->keys, worker, arena, bearer, clock_now(), &key), &key, ret);
}

/* The database was there a moment ago: a worker insists. Later losses are mended by its connection itself. */
static void *worker_start(void *context)
{
	enum { ATTEMPTS = 50, PAUSE_US = 200 * 1000 };
	struct app *app = context;
	struct db *db = NULL;
	for (int i = 0; i < ATTEMPTS; i++) {
		if (!db_open(app->conninfo, (int)app->config->statement_timeout_ms, &db)) {
			db_use_vault(db, &app->vault);
			return db;
		}
		usleep(PAUSE_US);
	}
	LOG(LOG_ERROR, "worker-without-database");
	exit(EXIT_FAILURE);
}

static void worker_stop(void *context, void *worker)
{
	(void)context;
	db_close(worker);
}

/* Whatever a handler asks the database, it asks in the caller's name. */
static void worker_serves(void *context, void *worker, const struct call *call)
{
	(void)context;
	struct db_scope scope = {.service = false};
	if (call)
		scope = call_scope(call);
	db_act_for(worker, call ? &scope : NULL);
}

static struct str worker_error(void *context, void *worker)
{
	(void)context;
	return db_last_error(worker);
}

static struct str problem_page(struct call *call, enum problem p)
{
	const struct page page = call_page(call);
	return page_problem(call->arena, &page, p, &call->fault, call->request_id);
}

static enum problem start_server(struct service *s, struct fault *reterr)
{
	const struct server_app app = {.tables = all_routes,
				       .app = &s->app,
				       .authenticate = authenticate,
				       .authenticate_slow = authenticate_slow,
				       .worker_start = worker_start,
				       .worker_stop = worker_stop,
				       .handle_once = call_handle_once,
				       .worker_serves = worker_serves,
				       .worker_error = worker_error,
				       .problem_page = problem_page};
	return server_start(&s->config, &app, &s->server, reterr);
}

static void set_root_url(struct service *s)
{
	s->app.test_codes = !s->config.public_url.len || s->config.demonstration;
	s->app.root_url = s->config.public_url;
	if (s->app.test_codes)
		s->app.root_url = arena_printf(s->arena, "http://127.0.0.1:%lld", (long long)s->config.port);
}

static enum problem start(struct service *s, struct fault *reterr)
{
	s->app.config = &s->config;
	s->app.started_at = utc_print(s->arena, clock_now());
	enum problem p = conninfo_of(s, s->config.database, STR("ft_app"), &s->app.conninfo, reterr);
	if (p)
		return p;
	if (s->config.demonstration && s->config.public_url.len) {
		reterr->detail =
			STR("this directory holds demonstration data, whose codes must not reach real goods: "
			    "FARMTRAIL_PUBLIC_URL belongs to another directory");
		return PROBLEM_CONFIG;
	}
	set_root_url(s);
	s->app.cache = trail_cache_create((size_t)s->config.trail_cache_mb * 1024 * 1024);
	s->app.log_memory = log_memory_create((size_t)s->config.log_memory_mb * 1024 * 1024);
	s->app.log_seen = log_seen_create();
	s->app.keys = key_cache_create();
	s->app.once = once_table_create();
	p = start_facts(s, reterr);
	if (!p)
		p = start_secrets(s, reterr);
	if (!p)
		p = start_policy(s, reterr);
	if (!p)
		p = log_stamps_load(s->arena, &s->config, &s->app.stamps, reterr);
	if (!p)
		p = check_mirrors(s, reterr);
	if (!p)
		p = start_writers(s, reterr);
	if (!p)
		s->sealing = sealing_start(s->app.conninfo, &s->app.vault);
	return p ? p : start_server(s, reterr);
}

static void stop(struct service *s)
{
	log_wait_end(s->app.log_wait);
	if (s->server)
		server_stop(s->server, GRACE_MS);
	sealing_stop(s->sealing);
	item_memory_stop(s->app.items);
	capture_stop(s->app.capture);
	log_wait_stop(s->app.log_wait);
	log_stop(s->app.sequencer);
	reader_close(s->app.reader);
	signer_stop(s->app.signer);
	once_table_destroy(s->app.once);
	key_cache_destroy(s->app.keys);
	log_seen_destroy(s->app.log_seen);
	log_memory_destroy(s->app.log_memory);
	trail_cache_destroy(s->app.cache);
}

/* The usual soft limit is a quarter of the connections that the settings allow. */
static void raise_file_limit(int64_t connections)
{
	enum { FILES_BESIDE = 256 };
	struct rlimit limit;
	rlim_t wanted = (rlim_t)connections + FILES_BESIDE;
	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		LOG(LOG_WARN, "file-limit", LOG_NUMBER("files", limit.rlim_cur));
}

/* Signals are taken by sigwait alone: no handler runs on any thread. */
static int serve(struct service *s)
{
	sigset_t set;
	struct fault fault = {0};
	enum log_level level;
	int signal_number = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (log_level_parse(s->config.log_level, &level))
		log_set_level(level);
	raise_file_limit(s->config.connection_limit);
	enum problem p = start(s, &fault);
	if (p) {
		stop(s);
		return complain(p, &fault);
	}
	LOG(LOG_INFO, "ready", LOG_NUMBER("port", server_port(s->server)),
	    LOG_TEXT("listen", s->config.listen));
	sigwait(&set, &signal_number);
	LOG(LOG_INFO, "stopping", LOG_NUMBER("signal", signal_number));
	stop(s);
	LOG(LOG_INFO, "stopped");
	return EXIT_SUCCESS;
}

/* The memory of a batch of captures or of a page comes and goes a thousand times a second: given back to the kernel each
 * time, a tenth of the processor's time goes to fetching it again, page by page. */
static void keep_memory(void)
{
	enum { KEPT = 8 * 1024 * 1024, LARGE = 1024 * 1024 };
	mallopt(M_TRIM_THRESHOLD, KEPT);
	mallopt(M_MMAP_THRESHOLD, LARGE);
}

int main(int argc, char **argv)
{
	keep_memory();
	struct options options;
	struct fault fault = {0};
	struct service service = {.arena = arena_create()};
	int status = EXIT_SUCCESS;
	enum problem p = PROBLEM_NONE;
	if (!options_read(argc, argv, &options)) {
		fputs(usage, stderr);
		status = 2;
	} else if (options.help) {
		fputs(usage, stdout);
	} else if (options.print_version) {
		puts("farmtraild " FARMTRAIL_VERSION);
	} else if (options.print_openapi) {
		struct str document = openapi_document(service.arena, all_routes, STR(FARMTRAIL_VERSION));
		fwrite(document.at, 1, document.len, stdout);
	} else if ((p = config_read(&service, &options, &fault))) {
		status = complain(p, &fault);
	} else {
		status = options.migrate ? run_migrate(&service) : serve(&service);
	}
	arena_destroy(service.arena);
	return status;
}
