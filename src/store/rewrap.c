/* SPDX-License-Identifier: Apache-2.0
 * The key-encryption key is replaced in an order in which both are at hand until nothing is left that only the old one opens. */
#include "ft/store/rewrap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "ft/base/failpoint.h"
#include "ft/base/file.h"
#include "ft/base/text.h"
#include "ft/crypto/digest.h"
#include "init_files_priv.h"
#include "queries.h"
#include "signing_priv.h"

enum { PAGE = 50, STATEMENT_TIMEOUT_MS = 60000, RETIRED_CHARS = 8 };

struct rewrap {
	struct arena *arena, *page; /* of the whole, of a page */
	struct db *db;
	struct signer *signer;
	struct str kek, next;
	struct rewrap_result result;
	struct key_secrets_row *rows;
	size_t count;
	struct fault *reterr;
};

static enum problem refuse(struct rewrap *r, struct str detail)
{
	r->reterr->detail = detail;
	return PROBLEM_CONFIG;
}

static enum problem cannot(struct rewrap *r, const char *what, struct str path)
{
	return refuse(r, arena_printf(r->arena, "cannot %s %.*s: %s", what, STR_ARGS(path), strerror(errno)));
}

enum problem rewrap_hold(struct arena *arena, struct str data_dir, bool alone, int *ret, struct fault *reterr)
{
	struct str secrets = arena_printf(arena, "%.*s/secrets", STR_ARGS(data_dir));
	int fd = open(secrets.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && flock(fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0) {
		*ret = fd;
		return PROBLEM_NONE;
	}
	reterr->detail =
		fd >= 0 && errno == EWOULDBLOCK
			? STR("its keys are being wrapped anew or backed up at this moment: again when "
			      "that is done")
			: arena_printf(arena, "cannot hold %.*s: %s", STR_ARGS(secrets), strerror(errno));
	if (fd >= 0)
		close(fd);
	return PROBLEM_CONFIG;
}

/* Whole under its name or not there. One that is there is gone on with: keys may be wrapped with it already. */
static enum problem make_next(struct rewrap *r)
{
	struct str temporary = file_temporary_of(r->arena, r->next);
	if (init_file_exists(r->arena, r->next))
		return PROBLEM_NONE;
	(void)unlink(temporary.at);
	if (signer_kek_create(temporary) || rename(temporary.at, r->next.at) ||
	    !file_sync_directory_of(r->arena, r->next))
		return cannot(r, "write", r->next);
	return PROBLEM_NONE;
}

/* Who began to make a key before the next one was there has stored it when this returns. */
static enum problem settle_in_tx(struct db *db, void *context)
{
	struct rewrap *r = context;
	struct key_wrap_settle_row locked;
	return key_wrap_settle(db, r->arena, &locked);
}

static enum problem wrap_page(struct rewrap *r, struct signer_rewrapped *ret)
{
	struct signer_key *keys = arena_array(r->page, struct signer_key, r->count);
	for (size_t i = 0; i < r->count; i++) {
		const struct key_secrets_row *row = &r->rows[i];
		keys[i] = (struct signer_key){.org = row->org_id, .wrapped = row->wrapped};
		if (!signing_role_of(row->use, &keys[i].role) ||
		    row->fingerprint.len != sizeof keys[i].fingerprint.octets)
			return PROBLEM_INTERNAL;
		memcpy(keys[i].fingerprint.octets, row->fingerprint.at, row->fingerprint.len);
	}
	enum problem p = signer_rewrap(r->signer, r->page, keys, r->count, ret);
	for (size_t i = 0; !p && i < r->count; i++)
		if (ret[i].verdict != SIGNER_SIGNED)
			p = refuse(r, arena_printf(
					      r->arena,
					      "the key %.*s opens with neither of the two files: is %.*s the "
					      "one of this database, with mode 0600?",
					      STR_ARGS(hex_encode(r->page, r->rows[i].fingerprint)),
					      STR_ARGS(r->kek)));
	return p;
}

static enum problem store_page(struct rewrap *r, const struct signer_rewrapped *wrapped)
{
	struct bytes *fingerprints = arena_array(r->page, struct bytes, r->count),
		     *was = arena_array(r->page, struct bytes, r->count),
		     *becomes = arena_array(r->page, struct bytes, r->count);
	size_t n = 0;
	int64_t rows = 0;
	for (size_t i = 0; i < r->count; i++)
		if (wrapped[i].wrapped.at) {
			fingerprints[n] = r->rows[i].fingerprint;
			was[n] = r->rows[i].wrapped;
			becomes[n++] = wrapped[i].wrapped;
		}
	const struct key_secrets_rewrap_params params = {{fingerprints, n}, {was, n}, {becomes, n}};
	enum problem p = n ? key_secrets_rewrap(r->db, &params, &rows) : PROBLEM_NONE;
	r->result.keys += (int64_t)r->count;
	r->result.rewrapped += rows;
	return p;
}

/* A key that is made meanwhile is wrapped with the next: it does not matter whether a page has it. */
static enum problem wrap_all(struct rewrap *r)
{
	uint8_t at[sizeof(struct sha256)] = {0};
	enum problem p = PROBLEM_NONE;
	do {
		r->page = arena_create();
		const struct key_secrets_params params = {{at, sizeof at}, PAGE};
		p = key_secrets(r->db, r->page, &params, &r->rows, &r->count);
		struct signer_rewrapped *wrapped = arena_array(r->page, struct signer_rewrapped, r->count);
		if (!p && r->count)
			p = wrap_page(r, wrapped);
		if (!p && r->count)
			p = store_page(r, wrapped);
		if (!p && r->count)
			memcpy(at, r->rows[r->count - 1].fingerprint.at, sizeof at);
		arena_destroy(r->page);
		failpoint("rewrap-3-page");
	} while (!p && r->count == PAGE);
	return p;
}

/* Backups made before open with the old key alone: it stays under a name of its own until the operator takes it away. */
static enum problem put_in_place(struct rewrap *r)
{
	struct sha256 digest = sha256_of(str_bytes(init_file_read(r->arena, r->kek)));
	struct str tag = hex_encode(r->arena, sha256_bytes(&digest));
	r->result.retired =
		arena_printf(r->arena, "%.*s.retired-%.*s", STR_ARGS(r->kek), RETIRED_CHARS, tag.at);
	if (link(r->kek.at, r->result.retired.at) && errno != EEXIST)
		return cannot(r, "keep", r->result.retired);
	if (!file_sync_directory_of(r->arena, r->kek))
		return cannot(r, "keep", r->result.retired);
	failpoint("rewrap-4-kept");
	if (rename(r->next.at, r->kek.at) || !file_sync_directory_of(r->arena, r->kek))
		return cannot(r, "write", r->kek);
	failpoint("rewrap-5-placed");
	return PROBLEM_NONE;
}

static enum problem run(struct rewrap *r, const struct rewrap_settings *settings)
{
	enum problem p = db_open(settings->conninfo, STATEMENT_TIMEOUT_MS, &r->db);
	if (p)
		return refuse(r, STR("the database does not answer, or may not be entered"));
	db_act_for(r->db, &db_program);
	p = make_next(r);
	failpoint("rewrap-1-made");
	if (!p)
		p = signer_start(settings->signer_executable, r->kek, SIGNER_MIN_RATE, &r->signer);
	if (p == PROBLEM_SIGNER_UNAVAILABLE)
		r->reterr->detail = settings->signer_executable;
	if (!p)
		p = db_tx(r->db, &db_program, settle_in_tx, r, NULL /* reterr_unknown */);
	failpoint("rewrap-2-settled");
	if (!p)
		p = wrap_all(r);
	return p ? p : put_in_place(r);
}

enum problem rewrap_run(struct arena *arena, const struct rewrap_settings *settings,
			struct rewrap_result *ret, struct fault *reterr)
{
	struct rewrap r = {.arena = arena, .reterr = reterr};
	int held;
	r.kek = arena_printf(arena, "%.*s/secrets/kek", STR_ARGS(settings->data_dir));
	r.next = arena_printf(arena, "%.*s" SIGNER_KEK_NEXT, STR_ARGS(r.kek));
	enum problem p = rewrap_hold(arena, settings->data_dir, /* alone */ true, &held, reterr);
	if (p)
		return p;
	p = run(&r, settings);
	if (p == PROBLEM_INTERNAL && r.db && !reterr->detail.at)
		reterr->detail = arena_str(arena, db_last_error(r.db));
	signer_stop(r.signer);
	db_close(r.db);
	close(held);
	if (!p)
		*ret = r.result;
	return p;
}
