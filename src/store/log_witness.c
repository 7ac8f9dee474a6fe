/* SPDX-License-Identifier: Apache-2.0
 * Witnesses (https://c2sp.org/tlog-witness): whom the log waits for, and what they make of a head. */
#include "init_files_priv.h"
#include "log_priv.h"

#include "ft/core/log_name.h"
#include "ft/crypto/sign.h"

enum problem log_policy_load(struct arena *arena, struct str path, struct str origin, struct policy *ret,
			     struct fault *reterr)
{
	struct policy policy;
	size_t line = 0;
	struct str trimmed = init_file_read(arena, path);
	struct str text = arena_printf(arena, "%.*s\n", STR_ARGS(trimmed));
	if (!trimmed.at) {
		reterr->detail =
			arena_printf(arena, "FARMTRAIL_LOG_POLICY: %.*s cannot be read", STR_ARGS(path));
		return PROBLEM_CONFIG;
	}
	if (!policy_parse(arena, text, &policy, &line)) {
		reterr->detail = arena_printf(arena, "FARMTRAIL_LOG_POLICY: line %zu of %.*s is wrong", line,
					      STR_ARGS(path));
		return PROBLEM_CONFIG;
	}
	for (size_t i = 0; i < policy.log_count; i++)
		if (log_name_is_of(policy.logs[i].key.name, origin)) {
			*ret = policy;
			return PROBLEM_NONE;
		}
	reterr->detail = arena_printf(arena, "FARMTRAIL_LOG_POLICY: %.*s has no line for the log %.*s",
				      STR_ARGS(path), STR_ARGS(origin));
	return PROBLEM_CONFIG;
}

struct cosigning {
	struct arena *arena;
	const struct policy *policy;
	struct str origin;
	int64_t size;
	struct str lines;
	struct sha256 root;
	struct log_cosigned cosigned;
	struct fault *reterr;
};

static const struct note_key *witness_of(const struct policy *policy, const struct note_signature *line)
{
	for (size_t i = 0; i < policy->witness_count; i++)
		if (policy->witnesses[i].key.id == line->id &&
		    str_equal(policy->witnesses[i].key.name, line->name))
			return &policy->witnesses[i].key;
	return NULL;
}

static bool is_same_key(const struct note_signature *a, const struct note_signature *b)
{
	return a->id == b->id && str_equal(a->name, b->name);
}

static int64_t time_of(const struct note_signature *line, const struct note_key *key)
{
	struct note note = {.count = 1};
	int64_t at_s = -1;
	note.signatures[0] = *line;
	return note_cosignature_time(&note, key, &at_s) ? at_s : -1;
}

/* A witness that signs again says that the head still stood later. */
static enum problem add_line(struct note *head, const struct note_signature *line, const struct note_key *key,
			     struct fault *reterr)
{
	for (size_t i = 0; i < head->count; i++)
		if (is_same_key(&head->signatures[i], line)) {
			if (time_of(line, key) > time_of(&head->signatures[i], key))
				head->signatures[i] = *line;
			return PROBLEM_NONE;
		}
	if (head->count == NOTE_MAX_SIGNATURES)
		return fault_set(reterr, PROBLEM_FIELD_RANGE, "maxItems", "/lines");
	head->signatures[head->count++] = *line;
	return PROBLEM_NONE;
}

static enum problem add_lines(struct cosigning *c, struct note *head)
{
	static const struct note_verifier verifier = {verify_spki, NULL};
	struct str whole = arena_printf(c->arena, "%.*s\n%.*s", STR_ARGS(head->text), STR_ARGS(c->lines));
	struct note *brought = arena_new(c->arena, struct note), *single = arena_new(c->arena, struct note);
	size_t known = 0;
	if (!note_parse(c->arena, whole, brought) || !str_equal(brought->text, head->text))
		return fault_set(c->reterr, PROBLEM_FIELD_RANGE, "note", "/lines");
	for (size_t i = 0; i < brought->count; i++) {
		const struct note_key *key = witness_of(c->policy, &brought->signatures[i]);
		if (!key)
			continue;
		*single =
			(struct note){.text = head->text, .count = 1, .signatures = {brought->signatures[i]}};
		if (note_verify(c->arena, single, key, verifier) != NOTE_SIGNED)
			return fault_set(c->reterr, PROBLEM_SIGNATURE, "signature", "/lines");
		enum problem p = add_line(head, &brought->signatures[i], key, c->reterr);
		if (p)
			return p;
		known++;
	}
	return known ? PROBLEM_NONE : fault_set(c->reterr, PROBLEM_WITNESS_UNKNOWN, "witness", "/lines");
}

/* Who signs the head is known here; of the policy count the witnesses, and how many. */
static enum problem own_policy(const struct cosigning *c, struct db *db, const struct policy **ret)
{
	struct policy *policy = arena_new(c->arena, struct policy);
	struct log_key keys[LOG_KEYS_MAX];
	size_t count;
	*policy = *c->policy;
	policy->log_count = policy->sm2_count = 0;
	enum problem p = log_keys_read(db, c->arena, c->origin, clock_now(), keys, &count);
	if (p)
		return p;
	for (size_t i = 0; i < count && !keys[i].sm2; i++)
		policy->logs[policy->log_count++] = (struct policy_log){.key = keys[i].vkey};
	*ret = policy;
	return PROBLEM_NONE;
}

static enum problem cosign_in_tx(struct db *db, void *context)
{
	static const struct note_verifier verifier = {verify_spki, NULL};
	struct cosigning *c = context;
	struct log_checkpoint_lock_row row;
	struct note *head = arena_new(c->arena, struct note);
	enum problem p =
		log_checkpoint_lock(db, c->arena, &(struct log_checkpoint_lock_params){c->size}, &row);
	if (p)
		return p;
	struct checkpoint read;
	if (!note_parse(c->arena, bytes_str(row.checkpoint), head) ||
	    !checkpoint_parse(c->arena, head->text, &read))
		return PROBLEM_INTERNAL;
	c->root = read.root;
	const struct policy *policy = NULL;
	p = add_lines(c, head);
	if (!p)
		p = own_policy(c, db, &policy);
	if (p)
		return p;
	struct policy_report report = policy_judge(c->arena, policy, head, verifier);
	bool waits = row.waits && report.finding != POLICY_HOLDS;
	c->cosigned = (struct log_cosigned){c->size, report.cosigned, report.witnesses, !waits, c->root};
	int64_t rows;
	const struct log_checkpoint_cosign_params cosigned = {c->size, str_bytes(note_print(c->arena, head)),
							      waits};
	return log_checkpoint_cosign(db, &cosigned, &rows);
}

enum problem log_cosign(struct db *db, struct arena *arena, const struct policy *policy, struct str origin,
			int64_t size, struct str lines, struct log_cosigned *ret, struct fault *reterr)
{
	struct cosigning c = {.arena = arena,
			      .policy = policy,
			      .origin = origin,
			      .size = size,
			      .lines = lines,
			      .reterr = reterr};
	if (!policy)
		return fault_set(reterr, PROBLEM_WITNESS_UNKNOWN, "witness", "/lines");
	enum problem p = db_tx(db, &db_program, cosign_in_tx, &c, /* reterr_unknown */ NULL);
	if (!p)
		*ret = c.cosigned;
	return p;
}
