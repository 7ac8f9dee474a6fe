/* SPDX-License-Identifier: Apache-2.0
 * secrets/data.key: made once, found again, and held against what the database says of it. */
#include "ft/store/sealing.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ft/base/file.h"
#include "ft/base/text.h"
#include "ft/crypto/random.h"
#include "ft/crypto/secret.h"
#include "queries.h"

#include "init_files_priv.h"

struct settling {
	struct db *db;
	struct arena *arena;
	struct str path;
	struct sealing_read_row row; /* of the database */
	bool begun;                  /* it has one */
	struct fault *reterr;
};

static enum problem look(struct settling *s)
{
	enum problem p = sealing_read(s->db, s->arena, &s->row);
	s->begun = !p;
	return p == PROBLEM_NOT_FOUND ? PROBLEM_NONE : p;
}

static enum problem refuse(const struct settling *s, const char *what)
{
	s->reterr->detail = arena_printf(s->arena, "%.*s %s", STR_ARGS(s->path), what);
	return PROBLEM_CONFIG;
}

/* Whole under its name or not there, and never in the place of another: who comes second takes the first one's. */
static enum problem make_file(const struct settling *s)
{
	uint8_t key[VAULT_KEY_LEN];
	random_fill(key, sizeof key);
	struct str temporary = arena_printf(s->arena, "%.*s.%ld", STR_ARGS(s->path), (long)getpid());
	struct str hex = hex_encode(s->arena, (struct bytes){key, sizeof key});
	struct str line = arena_printf(s->arena, "%.*s\n", STR_ARGS(hex));
	secret_erase(key, sizeof key);
	(void)unlink(temporary.at);
	bool good = file_create(s->arena, temporary, 0600, line) &&
		    (link(temporary.at, s->path.at) == 0 || errno == EEXIST);
	int why = errno;
	(void)unlink(temporary.at);
	if (good && file_sync_directory_of(s->arena, s->path))
		return PROBLEM_NONE;
	return refuse(s, arena_printf(s->arena, "cannot be written: %s", strerror(good ? errno : why)).at);
}

static enum problem read_file(const struct settling *s, struct vault *ret)
{
	uint8_t key[VAULT_KEY_LEN];
	if (!hex_decode(init_file_read(s->arena, s->path), key, sizeof key))
		return refuse(s, "is not readable, or is no key");
	*ret = vault_of(key);
	secret_erase(key, sizeof key);
	return PROBLEM_NONE;
}

static enum problem compare(const struct settling *s, const struct vault *vault)
{
	if (bytes_equal(s->row.key_check, sha256_bytes(&vault->check)))
		return PROBLEM_NONE;
	return refuse(s, "is not the key with which this database was sealed: put that one back, from a "
			 "backup or from where "
			 "it is kept");
}

static enum problem begin(struct settling *s, const struct vault *vault)
{
	int64_t rows;
	const struct sealing_begin_params params = {sha256_bytes(&vault->check), clock_now()};
	enum problem p = s->begun ? PROBLEM_NONE : sealing_begin(s->db, &params, &rows);
	return p || s->begun ? p : look(s);
}

static struct settling settling_of(struct db *db, struct arena *arena, struct str data_dir,
				   struct fault *reterr)
{
	return (struct settling){db, arena, arena_printf(arena, "%.*s/" SEALING_KEY, STR_ARGS(data_dir)),
				 .reterr = reterr};
}

enum problem sealing_settle(struct db *db, struct arena *arena, struct str data_dir, struct vault *ret,
			    struct fault *reterr)
{
	struct settling s = settling_of(db, arena, data_dir, reterr);
	struct vault vault;
	enum problem p = look(&s);
	if (!p && !init_file_exists(arena, s.path))
		p = s.begun ? refuse(&s, "is missing: without it nobody reads what this database says of "
					 "people and "
					 "places. Put it back, from a backup or from where it is kept")
			    : make_file(&s);
	if (!p)
		p = read_file(&s, &vault);
	if (!p)
		p = begin(&s, &vault);
	if (!p)
		p = compare(&s, &vault);
	if (!p)
		*ret = vault;
	return p;
}

enum problem sealing_look(struct db *db, struct arena *arena, struct str data_dir, struct vault *ret,
			  struct fault *reterr)
{
	struct settling s = settling_of(db, arena, data_dir, reterr);
	struct vault vault = {0};
	enum problem p = look(&s);
	if (!p && s.begun)
		p = read_file(&s, &vault);
	if (!p && s.begun)
		p = compare(&s, &vault);
	if (!p)
		*ret = vault;
	return p;
}
