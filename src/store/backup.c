/* SPDX-License-Identifier: Apache-2.0
 * Writes and restores backups: database, settings, secrets, in an order that a kill at any instant cannot harm. */
#include "ft/store/backup.h"

#include <unistd.h>

#include "ft/base/config.h"
#include "ft/base/text.h"
#include "ft/db/db.h"
#include "ft/db/dump.h"
#include "ft/db/migrate.h"
#include "ft/db/private_cluster.h"
#include "ft/store/rewrap.h"
#include "queries.h"

#include "backup_files_priv.h"
#include "init_files_priv.h"

enum { DB_TIMEOUT_MS = 30000 };
#define FORMAT "farmtrail backup v1"
#define FACTS "FACTS"

struct work { /* a backup or a restore on its way */
	struct arena *arena;
	struct str scratch, dump;
	struct backup_watch watch;
	enum backup_step step;
	struct fault *reterr;
};

static void tick(void *context)
{
	struct work *work = context;
	if (work->watch.tick)
		work->watch.tick(work->watch.context, work->step, backup_size(work->arena, work->dump));
}

static void begin(struct work *work, enum backup_step step)
{
	work->step = step;
	tick(work);
}

static struct dump_watch watch_of(struct work *work)
{
	return (struct dump_watch){.tick = tick, .context = work};
}

static enum problem refuse(struct work *work, struct str detail)
{
	work->reterr->detail = detail;
	return PROBLEM_CONFIG;
}

/* — facts — */

static enum problem facts_of_database(struct work *work, struct str conninfo, struct backup_facts *ret)
{
	struct db *db = NULL;
	struct registrar_find_row registrar;
	struct health_schema_row schema;
	enum problem p = db_open(conninfo, DB_TIMEOUT_MS, &db);
	if (!p)
		db_act_for(db, &db_program);
	if (!p)
		p = health_schema(db, work->arena, &schema);
	if (!p)
		p = registrar_find(db, work->arena, &registrar);
	if (!p) {
		ret->schema = schema.number;
		ret->registrar = uuid_print(work->arena, registrar.id);
	}
	db_close(db);
	return p;
}

static enum problem facts_write(struct work *work, const struct backup_facts *facts)
{
	struct str text = arena_printf(
		work->arena,
		FORMAT "\norigin %.*s\nregistrar %.*s\nschema %lld\nmade %.*s\nkek %s\ndata-key %s\n",
		STR_ARGS(facts->origin), STR_ARGS(facts->registrar), (long long)facts->schema,
		STR_ARGS(facts->made), facts->has_kek ? "included" : "elsewhere",
		facts->lacks_data_key ? "elsewhere" : "included");
	return init_file_write(work->arena, backup_path(work->arena, work->scratch, FACTS), 0600, text,
			       work->reterr);
}

/* The next line, which has to begin with this word; absent when it does not. */
static struct str next_fact(struct str *rest, struct str word)
{
	struct str value, line = str_cut(*rest, '\n', rest);
	struct str name = str_cut(line, ' ', &value);
	return str_equal(name, word) ? value : (struct str){NULL, 0};
}

static enum problem facts_read(struct work *work, struct backup_facts *ret)
{
	struct str rest = init_file_read(work->arena, backup_path(work->arena, work->scratch, FACTS));
	if (!rest.at || !str_equal(str_cut(rest, '\n', &rest), STR(FORMAT)))
		return refuse(work, STR("this is no backup that this program knows"));
	*ret = (struct backup_facts){.origin = next_fact(&rest, STR("origin"))};
	ret->registrar = next_fact(&rest, STR("registrar"));
	bool good = str_integer(next_fact(&rest, STR("schema")), &ret->schema);
	ret->made = next_fact(&rest, STR("made"));
	struct str kek = next_fact(&rest, STR("kek"));
	ret->has_kek = str_equal(kek, STR("included"));
	/* Older archives do not say: there was none. */
	ret->lacks_data_key = str_equal(next_fact(&rest, STR("data-key")), STR("elsewhere"));
	ret->bytes = backup_size(work->arena, work->dump);
	good = good && ret->origin.len && ret->registrar.len && ret->made.len && kek.len && ret->bytes > 0;
	return good ? PROBLEM_NONE : refuse(work, STR("this is no backup that this program knows"));
}

/* — writing — */

static enum problem gather(struct work *work, const struct backup_settings *settings, bool *ret_kek)
{
	for (const struct backup_file *file = backup_files; file->name; file++) {
		bool is_kek = str_equal(str_of(file->name), STR(BACKUP_KEK)), copied;
		bool is_next = str_equal(str_of(file->name), STR(BACKUP_KEK_NEXT));
		if (((is_kek || is_next) && settings->without_kek) ||
		    str_equal(str_of(file->name), STR(BACKUP_DATA_KEY)))
			continue;
		enum problem p =
			backup_copy(work->arena, backup_path(work->arena, settings->data_dir, file->name),
				    backup_path(work->arena, work->scratch, file->name), 0600,
				    file->optional && !is_kek, &copied, work->reterr);
		if (p)
			return p;
		*ret_kek |= is_kek;
	}
	return PROBLEM_NONE;
}

/* After the dump: a first start may make it, and seal rows with it, while the files are gathered. */
static enum problem gather_data_key(struct work *work, const struct backup_settings *settings,
				    bool *ret_lacks)
{
	struct str from = backup_path(work->arena, settings->data_dir, BACKUP_DATA_KEY);
	bool copied = false;
	*ret_lacks = settings->without_kek && init_file_exists(work->arena, from);
	if (settings->without_kek)
		return PROBLEM_NONE;
	return backup_copy(work->arena, from, backup_path(work->arena, work->scratch, BACKUP_DATA_KEY), 0600,
			   /* optional */ true, &copied, work->reterr);
}

/* Between the two keys a backup without them would need both to open, and nobody would know. */
static enum problem check_kek(struct work *work, const struct backup_settings *settings)
{
	if (settings->without_kek &&
	    init_file_exists(work->arena, backup_path(work->arena, settings->data_dir, BACKUP_KEK_NEXT)))
		return refuse(work,
			      STR("the key-encryption key is being replaced: end that first with farmtrail "
				  "key rewrap"));
	return PROBLEM_NONE;
}

static enum problem write_archive(struct work *work, const struct backup_settings *settings,
				  struct str conninfo, struct backup_facts *facts)
{
	enum problem p = facts_of_database(work, conninfo, facts);
	if (!p)
		p = check_kek(work, settings);
	if (!p)
		p = gather(work, settings, &facts->has_kek);
	if (p)
		return p;
	begin(work, BACKUP_DATABASE);
	p = db_dump(work->arena, conninfo, work->dump, watch_of(work), work->reterr);
	facts->bytes = backup_size(work->arena, work->dump);
	begin(work, BACKUP_PACK);
	if (!p)
		p = gather_data_key(work, settings, &facts->lacks_data_key);
	if (!p)
		p = facts_write(work, facts);
	if (!p)
		p = backup_sums_write(work->arena, work->scratch, work->reterr);
	return p ? p : backup_pack(work->arena, work->scratch, settings->file, work->reterr);
}

static enum problem conninfo_of(struct work *work, const struct backup_settings *settings,
				const struct config *config, struct str *ret)
{
	*ret = settings->conninfo.len       ? settings->conninfo
	       : config->database_owner.len ? config->database_owner
					    : config->database;
	return ret->len ? PROBLEM_NONE
			: private_cluster_conninfo(work->arena, settings->data_dir, STR("ft_owner"), ret,
						   work->reterr);
}

enum problem backup_write(struct arena *arena, const struct backup_settings *settings,
			  struct backup_facts *ret, struct fault *reterr)
{
	struct work work = {.arena = arena, .watch = settings->watch, .reterr = reterr};
	struct config config;
	struct str conninfo;
	enum problem p =
		config_load(arena, backup_path(arena, settings->data_dir, BACKUP_SETTINGS), &config, reterr);
	if (!p)
		p = conninfo_of(&work, settings, &config, &conninfo);
	if (!p)
		p = backup_scratch(arena, settings->file, &work.scratch, reterr);
	if (p)
		return p;
	work.dump = backup_path(arena, work.scratch, BACKUP_DUMP);
	struct backup_facts facts = {.origin = config.origin, .made = utc_print(arena, clock_now())};
	int held = -1;
	p = rewrap_hold(arena, settings->data_dir, /* alone */ false, &held, reterr);
	if (!p)
		p = write_archive(&work, settings, conninfo, &facts);
	if (held >= 0)
		close(held);
	backup_scratch_remove(arena, work.scratch);
	if (!p)
		*ret = facts;
	return p;
}

enum problem backup_before_migration(struct arena *arena, struct str data_dir, struct str conninfo,
				     struct str *ret_file, struct fault *reterr)
{
	struct work work = {.arena = arena, .reterr = reterr};
	struct backup_facts facts;
	struct fault pending = {0};
	*ret_file = (struct str){NULL, 0};
	if (schema_check(arena, conninfo, &pending) != PROBLEM_CONFIG ||
	    facts_of_database(&work, conninfo, &facts))
		return PROBLEM_NONE; /* up to date, newer, or nothing in it yet: migrate() says which */
	struct str file = arena_printf(arena, "%.*s/before-schema-%04lld.backup", STR_ARGS(data_dir),
				       (long long)facts.schema + 1);
	enum problem p = backup_write(
		arena, &(struct backup_settings){.data_dir = data_dir, .conninfo = conninfo, .file = file},
		&facts, reterr);
	if (!p)
		*ret_file = file;
	return p;
}

/* — restoring — */

static enum problem check_target(struct work *work, struct str data_dir)
{
	enum problem p = init_directory(work->arena, data_dir, work->reterr);
	if (!p && init_file_exists(work->arena, backup_path(work->arena, data_dir, BACKUP_SETTINGS)))
		p = refuse(work,
			   arena_printf(work->arena,
					"%.*s is a data directory already: choose a new one with --data",
					STR_ARGS(data_dir)));
	return p;
}

static enum problem check_keys(struct work *work, const struct restore_settings *settings,
			       const struct backup_facts *facts)
{
	if (!facts->has_kek && !settings->kek_file.len)
		return refuse(
			work,
			STR("this backup was made without the key-encryption key: name its file with --kek"));
	if (facts->lacks_data_key && !settings->data_key_file.len)
		return refuse(work, STR("this backup was made without secrets/data.key: name its file with "
					"--data-key. Where it is lost, so is what records say beyond their "
					"trails, and the names and places of people"));
	return PROBLEM_NONE;
}

/* An earlier restore of the same installation may have come so far; anything else stays as it is. */
static enum problem load_database(struct work *work, const struct restore_settings *settings,
				  const struct backup_facts *facts)
{
	struct backup_facts there = {0};
	enum problem p = facts_of_database(work, settings->conninfo, &there);
	if (p == PROBLEM_DB_UNAVAILABLE)
		return refuse(work, STR("the database does not answer, or may not be entered"));
	if (!p && str_equal(there.registrar, facts->registrar) && there.schema == facts->schema)
		return PROBLEM_NONE;
	if (!p || p == PROBLEM_NOT_FOUND)
		return refuse(work,
			      STR("the database is in use: make an empty one, with the extension postgis"));
	begin(work, BACKUP_LOAD);
	return db_undump(work->arena, settings->conninfo, work->dump, work->scratch, watch_of(work),
			 work->reterr);
}

/* The settings, but with the database that is used now. */
static struct str settings_text(struct work *work, const struct restore_settings *settings)
{
	struct str rest =
		init_file_read(work->arena, backup_path(work->arena, work->scratch, BACKUP_SETTINGS));
	struct buf out = buf_create(work->arena, rest.len + 1024);
	while (rest.at) {
		struct str line = str_cut(rest, '\n', &rest);
		if (!str_starts(line, STR("FARMTRAIL_DATABASE=")) &&
		    !str_starts(line, STR("FARMTRAIL_DATABASE_OWNER=")))
			buf_printf(&out, "%.*s\n", STR_ARGS(line));
	}
	if (settings->database.len)
		buf_printf(&out, "FARMTRAIL_DATABASE=%.*s\n", STR_ARGS(settings->database));
	if (settings->database_owner.len)
		buf_printf(&out, "FARMTRAIL_DATABASE_OWNER=%.*s\n", STR_ARGS(settings->database_owner));
	return buf_str(&out);
}

/* A key that is not in the archive, or is to come from elsewhere; absent: none was named. */
static struct str file_named(const struct restore_settings *settings, struct str file)
{
	if (str_equal(file, STR(BACKUP_KEK)))
		return settings->kek_file;
	return str_equal(file, STR(BACKUP_DATA_KEY)) ? settings->data_key_file : (struct str){NULL, 0};
}

static enum problem place_files(struct work *work, const struct restore_settings *settings)
{
	enum problem p = PROBLEM_NONE;
	for (const struct backup_file *file = backup_files; !p && file->name; file++) {
		struct str named = file_named(settings, str_of(file->name));
		bool copied;
		struct str to = backup_path(work->arena, settings->data_dir, file->name);
		if (str_equal(str_of(file->name), STR(BACKUP_SETTINGS)))
			p = init_file_write(work->arena, to, file->mode, settings_text(work, settings),
					    work->reterr);
		else
			p = backup_copy(work->arena,
					named.len ? named
						  : backup_path(work->arena, work->scratch, file->name),
					to, file->mode, file->optional, &copied, work->reterr);
	}
	return p;
}

static enum problem restore_archive(struct work *work, const struct restore_settings *settings,
				    struct backup_facts *facts)
{
	begin(work, BACKUP_UNPACK);
	enum problem p = backup_unpack(work->arena, settings->file, work->scratch, work->reterr);
	begin(work, BACKUP_CHECK);
	if (!p)
		p = backup_sums_check(work->arena, work->scratch, work->reterr);
	if (!p)
		p = facts_read(work, facts);
	if (!p)
		p = check_keys(work, settings, facts);
	if (!p)
		p = load_database(work, settings, facts);
	return p ? p : place_files(work, settings);
}

enum problem backup_restore(struct arena *arena, const struct restore_settings *settings,
			    struct backup_facts *ret, struct fault *reterr)
{
	struct work work = {.arena = arena, .watch = settings->watch, .reterr = reterr};
	enum problem p = check_target(&work, settings->data_dir);
	if (!p)
		p = backup_scratch(arena, backup_path(arena, settings->data_dir, ".restore"), &work.scratch,
				   reterr);
	if (p)
		return p;
	work.dump = backup_path(arena, work.scratch, BACKUP_DUMP);
	struct backup_facts facts = {0};
	p = restore_archive(&work, settings, &facts);
	backup_scratch_remove(arena, work.scratch);
	if (!p)
		*ret = facts;
	return p;
}
