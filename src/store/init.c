/* SPDX-License-Identifier: Apache-2.0
 * Brings a data directory and its database to the state in which the server can start; each step looks
 * before it acts.
 *
 * directory → settings → secrets → schema → key of sealed rows → regions, reference data → registrar → log key → admin key */
#include "ft/store/init.h"

#include "queries.h"

#include "ft/base/config.h"
#include "ft/base/text.h"
#include "ft/core/note.h"
#include "ft/core/statement.h"
#include "ft/crypto/random.h"
#include "ft/db/migrate.h"
#include "ft/db/private_cluster.h"
#include "ft/store/keys.h"
#include "ft/store/log.h"
#include "ft/store/master.h"
#include "ft/store/reference.h"
#include "ft/store/regions.h"
#include "ft/store/sealing.h"

#include "init_files_priv.h"
#include "keys_priv.h"

enum { STATEMENT_TIMEOUT_MS = 60 * 1000, ORIGIN_RANDOM_LEN = 5, ORIGIN_CHARS = 8 };

struct init {
	struct arena *arena;
	const struct init_settings *settings;
	struct config config; /* of the directory */
	struct db *db;
	struct vault vault;
	struct signer *signer;
	struct uuid registrar;
	bool changed;
	struct fault *reterr;
};

static struct str path_of(struct init *init, const char *name)
{
	return arena_printf(init->arena, "%.*s/%s", STR_ARGS(init->settings->data_dir), name);
}

static enum problem refuse(struct init *init, struct str detail)
{
	init->reterr->detail = detail;
	return PROBLEM_CONFIG;
}

/* .invalid (RFC 2606) never becomes a host by accident; the random part keeps installations apart. */
static struct str new_origin(struct arena *arena)
{
	uint8_t random[ORIGIN_RANDOM_LEN];
	random_fill(random, sizeof random);
	struct str hex = hex_encode(arena, (struct bytes){random, sizeof random});
	return arena_printf(arena, "%.*s.farmtrail.invalid", ORIGIN_CHARS, hex.at);
}

static bool is_origin(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			    (i && i + 1 < text.len && (c == '-' || c == '.'));
		if (!good)
			return false;
	}
	return text.len >= 3 && text.len <= 200;
}

static enum problem write_settings(struct init *init)
{
	const struct init_settings *s = init->settings;
	struct str origin = s->origin.len ? s->origin : new_origin(init->arena);
	if (!is_origin(origin))
		return refuse(init,
			      arena_printf(init->arena, "the origin %.*s is not a host name in lower case",
					   STR_ARGS(origin)));
	struct buf text = buf_create(init->arena, 512);
	buf_put(&text, STR("# Settings of this Farmtrail directory; farmtrail config prints all of them.\n"));
	buf_printf(&text, "FARMTRAIL_ORIGIN=%.*s\n", STR_ARGS(origin));
	if (s->database.len)
		buf_printf(&text, "FARMTRAIL_DATABASE=%.*s\n", STR_ARGS(s->database));
	if (s->database_owner.len)
		buf_printf(&text, "FARMTRAIL_DATABASE_OWNER=%.*s\n", STR_ARGS(s->database_owner));
	if (s->log_agent.len)
		buf_printf(&text, "FARMTRAIL_LOG_AGENT=%.*s\n", STR_ARGS(s->log_agent));
	if (s->demonstration)
		buf_put(&text, STR("FARMTRAIL_DEMONSTRATION=true\n"));
	init->changed = true;
	return init_file_write(init->arena, path_of(init, "farmtrail.env"), 0644, buf_str(&text),
			       init->reterr);
}

static enum problem settle_settings(struct init *init)
{
	const struct init_settings *s = init->settings;
	struct str file = path_of(init, "farmtrail.env");
	enum problem p = init_file_exists(init->arena, file) ? PROBLEM_NONE : write_settings(init);
	if (!p)
		p = config_load(init->arena, file, &init->config, init->reterr);
	if (p)
		return p;
	if (!init->config.origin.len)
		return refuse(init, arena_printf(init->arena, "%.*s has no FARMTRAIL_ORIGIN: it is not whole",
						 STR_ARGS(file)));
	if (s->origin.len && !str_equal(s->origin, init->config.origin))
		return refuse(init, arena_printf(init->arena, "the origin of this directory is %.*s for ever",
						 STR_ARGS(init->config.origin)));
	if (s->demonstration && !init->config.demonstration)
		return refuse(init,
			      STR("this directory holds real data: choose another for a demonstration"));
	return PROBLEM_NONE;
}

static enum problem connect_database(struct init *init)
{
	struct str conninfo = init->settings->conninfo;
	int applied = 0;
	enum problem p = PROBLEM_NONE;
	if (!conninfo.len)
		conninfo =
			init->config.database_owner.len ? init->config.database_owner : init->config.database;
	if (!conninfo.len)
		p = private_cluster_conninfo(init->arena, init->settings->data_dir, STR("ft_owner"),
					     &conninfo, init->reterr);
	if (!p)
		p = migrate(init->arena, conninfo, &applied, init->reterr);
	if (!p)
		p = db_open(conninfo, STATEMENT_TIMEOUT_MS, &init->db);
	if (!p)
		db_act_for(init->db, &db_program);
	init->changed |= applied > 0;
	return p;
}

/* A database that another directory made has another origin in its registrar's URI. */
static enum problem check_registrar(struct init *init)
{
	struct registrar_find_row row;
	struct str expected = arena_printf(init->arena, "https://%.*s/", STR_ARGS(init->config.origin));
	enum problem p = registrar_find(init->db, init->arena, &row);
	if (p)
		return p == PROBLEM_NOT_FOUND ? PROBLEM_NONE : p;
	return str_starts(row.uri, expected)
		       ? PROBLEM_NONE
		       : refuse(init, STR("this database belongs to another directory"));
}

static enum problem settle_vault(struct init *init)
{
	enum problem p =
		sealing_settle(init->db, init->arena, init->settings->data_dir, &init->vault, init->reterr);
	if (!p)
		db_use_vault(init->db, &init->vault);
	return p;
}

static enum problem load_tables_in_tx(struct db *db, void *context)
{
	struct init *init = context;
	enum problem p = regions_load(db, init->arena, init->reterr);
	return p ? p : reference_store(db, init->arena, clock_now());
}

static struct master master_of(struct init *init, struct uuid registrar)
{
	return (struct master){
		.db = init->db,
		.arena = init->arena,
		.signer = init->signer,
		.origin = init->config.origin,
		.registrar = registrar,
		.actor = {.all = true},
		.now_us = clock_now(),
	};
}

static enum problem make_registrar(struct init *init)
{
	struct uuid id = uuid_make(clock_now());
	struct master m = master_of(init, id);
	struct master_name name = {STR("登记处"), STR("Registrar")};
	struct party_input input = {
		.common = {.id = id, .number = STR("REGISTRAR")},
		.kind = STR("authority"),
		.name = &name,
		.region = STR("500000"),
	};
	struct party party;
	bool replayed;
	enum problem p = master_create(&m, THING_PARTY, &input, &party, &replayed, init->reterr);
	if (!p)
		init->registrar = id;
	init->changed = true;
	return p;
}

static enum problem open_signer(struct init *init)
{
	enum problem p = signer_start(init->settings->signer_executable, path_of(init, "secrets/kek"),
				      SIGNER_MIN_RATE, &init->signer);
	if (p)
		init->reterr->detail = init->settings->signer_executable;
	else if (init->config.log_agent.len)
		signer_use_agent(init->signer, init->config.log_agent);
	return p;
}

static enum problem settle_registrar(struct init *init)
{
	struct registrar_find_row row;
	enum problem p = registrar_find(init->db, init->arena, &row);
	if (p && p != PROBLEM_NOT_FOUND)
		return p;
	if (!p) {
		init->registrar = row.id;
		return PROBLEM_NONE;
	}
	p = open_signer(init);
	return p ? p : make_registrar(init);
}

static enum problem settle_log_key_in_tx(struct db *db, void *context)
{
	struct init *init = context;
	struct log_key key;
	return log_key_settle(db, init->arena, init->signer, init->config.origin, init->registrar, &key);
}

/* A directory that was made before there was a log gets it too. */
static enum problem settle_log_key(struct init *init)
{
	struct log_statement_row row;
	enum problem p = log_statement(init->db, init->arena, &row);
	if (p != PROBLEM_NOT_FOUND)
		return p;
	p = init->signer ? PROBLEM_NONE : open_signer(init);
	if (!p)
		p = db_tx(init->db, &db_program, settle_log_key_in_tx, init, NULL /* reterr_unknown */);
	init->changed = true;
	return p;
}

/* For auditors: what a proof is checked against must not come with the proof. */
static enum problem write_vkey(struct init *init, const char *name, struct bytes key_statement)
{
	struct statement statement;
	struct note note;
	struct str file = path_of(init, name);
	if (!note_parse(init->arena, bytes_str(key_statement), &note) ||
	    !statement_parse(init->arena, note.text, &statement))
		return PROBLEM_INTERNAL;
	if (str_equal(init_file_read(init->arena, file), statement.vkey))
		return PROBLEM_NONE;
	struct str line = arena_printf(init->arena, "%.*s\n", STR_ARGS(statement.vkey));
	return init_file_write(init->arena, file, 0644, line, init->reterr);
}

static enum problem write_vkeys(struct init *init)
{
	struct registrar_statement_row registrar;
	struct log_statement_row log;
	enum problem p = registrar_statement(
		init->db, init->arena, &(struct registrar_statement_params){init->registrar}, &registrar);
	if (!p)
		p = log_statement(init->db, init->arena, &log);
	if (!p)
		p = write_vkey(init, "registrar.vkey", registrar.statement);
	return p ? p : write_vkey(init, "log.vkey", log.statement);
}

/* The file first: a key without its secret could never be used, a secret without its key is enrolled at
 * the next run. */
static enum problem settle_admin_key(struct init *init)
{
	struct str file = path_of(init, "admin.key");
	struct str secret = init_file_read(init->arena, file);
	enum problem p = PROBLEM_NONE;
	if (!key_secret_has_form(secret)) {
		if (secret.len)
			return refuse(init,
				      arena_printf(init->arena, "%.*s holds something else", STR_ARGS(file)));
		secret = key_secret_make(init->arena);
		p = init_file_write(init->arena, file, 0600,
				    arena_printf(init->arena, "%.*s\n", STR_ARGS(secret)), init->reterr);
	}
	if (p)
		return p;
	struct known_key known;
	bool revoked;
	struct sha256 hash = sha256_of(str_bytes(secret));
	p = key_find_by_hash(init->db, init->arena, &hash, &known, &revoked);
	if (p != PROBLEM_NOT_FOUND)
		return p;
	static const struct str scopes[] = {
		{"read", 4}, {"capture", 7}, {"inspect", 7}, {"register", 8}, {"admin", 5}};
	usec_t now = clock_now();
	struct new_key key = {.id = uuid_make(now),
			      .name = STR("administrator"),
			      .scopes = scopes,
			      .scope_count = sizeof scopes / sizeof *scopes,
			      .now_us = now};
	init->changed = true;
	return api_key_create(init->db, init->arena, &key, secret, init->reterr);
}

static enum problem run(struct init *init)
{
	bool made_secrets = false;
	enum problem p = init_directory(init->arena, init->settings->data_dir, init->reterr);
	if (!p)
		p = settle_settings(init);
	if (!p)
		p = init_secrets(init->arena, init->settings->data_dir, &made_secrets, init->reterr);
	if (!p)
		p = connect_database(init);
	if (!p)
		p = check_registrar(init);
	if (!p)
		p = settle_vault(init);
	if (!p)
		p = db_tx(init->db, &db_program, load_tables_in_tx, init, NULL /* reterr_unknown */);
	if (!p)
		p = settle_registrar(init);
	if (!p)
		p = settle_log_key(init);
	if (!p)
		p = write_vkeys(init);
	if (!p)
		p = settle_admin_key(init);
	init->changed |= made_secrets;
	return p;
}

enum problem init_run(struct arena *arena, const struct init_settings *settings, struct init_result *ret,
		      struct fault *reterr)
{
	struct init init = {.arena = arena, .settings = settings, .reterr = reterr};
	enum problem p = run(&init);
	if (p == PROBLEM_INTERNAL && init.db && !reterr->detail.at)
		reterr->detail = arena_str(arena, db_last_error(init.db));
	signer_stop(init.signer);
	db_close(init.db);
	if (!p)
		*ret = (struct init_result){init.config.origin, path_of(&init, "admin.key"), init.changed};
	return p;
}
