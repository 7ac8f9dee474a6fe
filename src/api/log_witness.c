/* SPDX-License-Identifier: Apache-2.0
 * What the log's witnesses say: the newest head for whoever feeds them, and their lines coming back. */
#include "ft/api/routes.h"

#include "ft/api/app.h"
#include "ft/store/log_seen.h"
#include "ft/core/note.h"
#include "ft/store/log.h"
#include "queries.h"

enum { MAX_BODY = 32 * 1024 };

struct cosignatures_input {
	int64_t size;
	struct str lines;
};
static const struct shape cosignatures_input_shape = {
	.name = "CosignaturesInput",
	.size = sizeof(struct cosignatures_input),
	.doc = "Signature lines of witnesses under a head of the log (c2sp.org/tlog-cosignature)",
	.fields =
		(const struct field[]){
			INTEGER(struct cosignatures_input, size, "size", .min = 1, .max = INT64_MAX,
				.doc = "Entries that the head covers"),
			STRING(struct cosignatures_input, lines, "lines", .min_len = 1,
			       .max_len = NOTE_MAX_LEN,
			       .doc = "As the witness answered; those of witnesses that the policy does not "
				      "name "
				      "are passed over"),
			END_OF_SHAPE,
		},
};

struct cosigned_answer {
	int64_t size, cosigned, witnesses;
	bool published;
};
static const struct shape cosigned_shape = {
	.name = "Cosigned",
	.size = sizeof(struct cosigned_answer),
	.doc = "What the witnesses of the policy have made of a head",
	.fields =
		(const struct field[]){
			INTEGER(struct cosigned_answer, size, "size", .doc = "Entries that the head covers"),
			INTEGER(struct cosigned_answer, cosigned, "cosigned",
				.doc = "Witnesses that have signed it"),
			INTEGER(struct cosigned_answer, witnesses, "witnesses",
				.doc = "Witnesses in the policy"),
			BOOLEAN(struct cosigned_answer, published, "published",
				.doc = "The quorum is met: the head is, or was, what /log/checkpoint gives"),
			END_OF_SHAPE,
		},
};

static enum problem get_latest(struct call *call, struct reply *reply)
{
	struct log_checkpoint_signed_row row;
	enum problem p = log_checkpoint_signed(call_db(call), call->arena, &row);
	if (p)
		return p;
	reply->raw = bytes_str(row.checkpoint);
	reply->media_type = "text/plain; charset=utf-8";
	reply->cache_control = "no-cache";
	return PROBLEM_NONE;
}

static enum problem add_cosignatures(struct call *call, struct reply *reply)
{
	const struct cosignatures_input *in = call->body;
	struct log_cosigned cosigned;
	enum problem p =
		log_cosign(call_db(call), call->arena, call_app(call)->log_policy,
			   call_app(call)->config->origin, in->size, in->lines, &cosigned, &call->fault);
	if (p)
		return p;
	if (cosigned.published)
		log_seen_put(call_app(call)->log_seen, cosigned.size, cosigned.root);
	struct cosigned_answer *answer = arena_new(call->arena, struct cosigned_answer);
	*answer = (struct cosigned_answer){.size = cosigned.size,
					   .cosigned = (int64_t)cosigned.cosigned,
					   .witnesses = (int64_t)cosigned.witnesses,
					   .published = cosigned.published};
	reply->value = answer;
	return PROBLEM_NONE;
}

const struct route log_witness_routes[] = {
	{
		.method = "GET",
		.path = "/log/checkpoint/latest",
		.id = "getLogCheckpointLatest",
		.summary = "The newest head that the log has signed, for its witnesses: perhaps not "
			   "published yet",
		.tag = "Log",
		.scope = SCOPE_PUBLIC,
		.media_type = "text/plain",
		.status = 200,
		.handle = get_latest,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "POST",
		.path = "/v1/log/cosignatures",
		.id = "addCosignatures",
		.summary = "Hand over what witnesses have signed; the head is published once their quorum is "
			   "met",
		.tag = "Log",
		.scope = SCOPE_ADMIN,
		.max_body = MAX_BODY,
		.request = &cosignatures_input_shape,
		.response = &cosigned_shape,
		.status = 200,
		.repeatable = true,
		.handle = add_cosignatures,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_WITNESS_UNKNOWN, PROBLEM_SIGNATURE,
			     PROBLEM_FIELD_RANGE, PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY},
	},
	{0},
};
