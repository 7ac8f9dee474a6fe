/* SPDX-License-Identifier: Apache-2.0
 * An authority's answer is held against the head that we have ourselves, whatever who brought it says. */
#include "ft/store/log_timestamp.h"

#include "queries.h"

#include "ft/core/note.h"

#include "init_files_priv.h"

static const usec_t clock_slack_us = 5 * 60 * (usec_t)USEC_PER_SEC;

enum problem log_stamps_load(struct arena *arena, const struct config *config, struct log_stamps *ret,
			     struct fault *reterr)
{
	struct log_stamps stamps = {.authorities = config->timestamp_authorities};
	if (config->timestamp_ca.len)
		stamps.vouching = init_file_read(arena, config->timestamp_ca);
	if (stamps.authorities.len && !timestamp_authorities_count(stamps.vouching)) {
		reterr->detail = arena_printf(
			arena, "FARMTRAIL_TIMESTAMP_CA: no certificate can be read from \"%.*s\"",
			STR_ARGS(config->timestamp_ca));
		return PROBLEM_CONFIG;
	}
	*ret = stamps;
	return PROBLEM_NONE;
}

struct sha256 log_stamp_digest(const struct checkpoint *head)
{
	struct arena *arena = arena_create();
	struct sha256 digest = sha256_of(str_bytes(checkpoint_print(arena, head)));
	arena_destroy(arena);
	return digest;
}

static bool is_named(struct str authorities, struct str authority)
{
	for (struct str rest = authorities, one; rest.at;) {
		one = str_cut(rest, ' ', &rest);
		if (one.len && str_equal(one, authority))
			return true;
	}
	return false;
}

/* Which rule does not hold, and where it stands. */
static enum problem refuse(enum timestamp_fault fault, struct fault *reterr)
{
	static const char *const rules[] = {
		[TIMESTAMP_QUESTION] = "question", [TIMESTAMP_FORM] = "form",
		[TIMESTAMP_REFUSED] = "granted",   [TIMESTAMP_IMPRINT] = "imprint",
		[TIMESTAMP_NONCE] = "nonce",       [TIMESTAMP_SIGNER] = "signer"};
	return fault_set(reterr, PROBLEM_TIMESTAMP, rules[fault], "%s",
			 fault == TIMESTAMP_QUESTION ? "/question" : "/answer");
}

static enum problem check(struct arena *arena, const struct log_stamps *stamps, const struct log_stamp *stamp,
			  const struct timestamp_head_lock_row *row, usec_t now_us, usec_t *ret_at_us,
			  struct fault *reterr)
{
	struct note *note = arena_new(arena, struct note);
	struct checkpoint head;
	usec_t at_us = 0;
	if (!note_parse(arena, bytes_str(row->checkpoint), note) ||
	    !checkpoint_parse(arena, note->text, &head))
		return PROBLEM_INTERNAL;
	enum timestamp_fault fault = timestamp_check(stamp->question, stamp->answer, log_stamp_digest(&head),
						     stamps->vouching, &at_us);
	if (fault)
		return refuse(fault, reterr);
	if (at_us > now_us + clock_slack_us || at_us < row->at - clock_slack_us)
		return fault_set(reterr, PROBLEM_TIMESTAMP, "time", "/answer");
	*ret_at_us = at_us;
	return PROBLEM_NONE;
}

struct adding {
	struct arena *arena;
	const struct log_stamps *stamps;
	const struct log_stamp *stamp;
	usec_t now_us;
	struct log_stamped stamped;
	struct fault *reterr;
};

static enum problem add_in_tx(struct db *db, void *context)
{
	struct adding *a = context;
	const struct log_stamp *stamp = a->stamp;
	struct timestamp_head_lock_row head;
	struct timestamp_found_row found;
	usec_t at_us = 0;
	int64_t rows;
	enum problem p =
		timestamp_head_lock(db, a->arena, &(struct timestamp_head_lock_params){stamp->size}, &head);
	if (!p)
		p = check(a->arena, a->stamps, stamp, &head, a->now_us, &at_us, a->reterr);
	if (p)
		return p;
	const struct timestamp_insert_params row = {head.number,   stamp->size, stamp->authority,
						    stamp->answer, at_us,       a->now_us};
	const struct timestamp_found_params find = {head.number, stamp->size, stamp->authority};
	p = timestamp_insert(db, &row, &rows);
	if (!p)
		p = timestamp_found(db, a->arena, &find, &found);
	if (!p)
		a->stamped = (struct log_stamped){head.number, found.place, found.stamped_at};
	return p;
}

enum problem log_stamp_add(struct db *db, struct arena *arena, const struct log_stamps *stamps,
			   const struct log_stamp *stamp, usec_t now_us, struct log_stamped *ret,
			   struct fault *reterr)
{
	struct adding a = {
		.arena = arena, .stamps = stamps, .stamp = stamp, .now_us = now_us, .reterr = reterr};
	if (!is_named(stamps->authorities, stamp->authority))
		return fault_set(reterr, PROBLEM_TIMESTAMP, "authority", "/authority");
	enum problem p = db_tx(db, &db_program, add_in_tx, &a, /* reterr_unknown */ NULL);
	if (!p)
		*ret = a.stamped;
	return p;
}
