/* SPDX-License-Identifier: Apache-2.0
 * /v1/log:rotate: another key for the log's heads. */
#include "ft/api/routes.h"

#include "ft/api/app.h"
#include "ft/store/enrolment.h"
#include "signing_keys_priv.h"

static const char *const keeper_words[] = {"service", "agent", NULL};
struct log_rotation_query {
	struct str keeper;
};
static const struct shape log_rotation_query_shape = {
	.name = "LogRotationQuery",
	.size = sizeof(struct log_rotation_query),
	.doc = "Where the new key lies",
	.fields =
		(const struct field[]){
			WORD(struct log_rotation_query, keeper, "keeper", keeper_words, .flags = OPTIONAL,
			     .doc = "service: wrapped in the database; agent: in that of "
				    "FARMTRAIL_LOG_AGENT, "
				    "which is the default where there is one"),
			END_OF_SHAPE,
		},
};

static enum problem rotate_log_key(struct call *call, struct reply *reply)
{
	const struct log_rotation_query *in = call->query;
	const struct key_office office = call_office(call);
	enum log_keeper keeper = !in->keeper.at                          ? LOG_KEEPER_SET
				 : str_equal(in->keeper, STR("service")) ? LOG_KEEPER_SERVICE
									 : LOG_KEEPER_AGENT;
	struct sha256 key;
	if (!call_sees_all(call)) /* the log is everybody's */
		return PROBLEM_FORBIDDEN;
	enum problem p = signing_rotate_log(call_db(call), call->arena, &office, keeper, &key);
	return p ? p : signing_key_put(call, reply, key);
}

const struct route log_rotation_routes[] = {
	{
		.method = "POST",
		.path = "/v1/log:rotate",
		.id = "rotateLogKey",
		.summary =
			"Replace the key that signs the log's heads; the old one signs beside it for 90 days",
		.tag = "Signing keys",
		.scope = SCOPE_ADMIN,
		.query = &log_rotation_query_shape,
		.response = &signing_key_shape,
		.status = 201,
		.handle = rotate_log_key,
		.may_fail = {PROBLEM_FORBIDDEN, PROBLEM_NO_SIGNING_KEY, PROBLEM_LOG_AGENT_KEY,
			     PROBLEM_SIGNER_UNAVAILABLE, PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY},
	},
	{0},
};
