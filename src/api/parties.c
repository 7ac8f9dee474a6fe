/* SPDX-License-Identifier: Apache-2.0
 * /v1/parties: organisations and persons that record or hold goods. */
#include "ft/api/routes.h"

#include "master_priv.h"

static const struct shape party_page = LIST_PAGE_SHAPE("PartyPage", &party_shape, "Parties, oldest first");

static enum problem list_parties(struct call *call, struct reply *reply)
{
	return master_list(call, reply, THING_PARTY);
}

static enum problem get_party(struct call *call, struct reply *reply)
{
	return master_get(call, reply, THING_PARTY);
}

static enum problem create_party(struct call *call, struct reply *reply)
{
	return master_post(call, reply, THING_PARTY);
}

static enum problem replace_party(struct call *call, struct reply *reply)
{
	return master_put(call, reply, THING_PARTY);
}

#define TAG "Parties"
const struct route party_routes[] = {
	{
		.method = "GET",
		.path = "/v1/parties",
		.id = "listParties",
		.summary = "List parties",
		.tag = TAG,
		.scope = SCOPE_READ,
		.query = &master_list_query_shape,
		.response = &party_page,
		.status = 200,
		.handle = list_parties,
		.may_fail = {PROBLEM_CURSOR, PROBLEM_REFERENCE_UNKNOWN, PROBLEM_REGION_UNKNOWN,
			     PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "POST",
		.path = "/v1/parties",
		.id = "createParty",
		.summary = "Register a party",
		.tag = TAG,
		.scope = SCOPE_REGISTER,
		.max_body = MASTER_MAX_BODY,
		.request = &party_input_shape,
		.response = &party_shape,
		.status = 201,
		.repeatable = true,
		.handle = create_party,
		.may_fail = {MASTER_WRITE_FAILURES, PROBLEM_ID_TAKEN},
	},
	{
		.method = "GET",
		.path = "/v1/parties/{id}",
		.id = "getParty",
		.summary = "Read a party",
		.tag = TAG,
		.scope = SCOPE_READ,
		.query = &master_get_query_shape,
		.response = &party_shape,
		.status = 200,
		.handle = get_party,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "PUT",
		.path = "/v1/parties/{id}",
		.id = "replaceParty",
		.summary = "Record a further version of a party",
		.tag = TAG,
		.scope = SCOPE_REGISTER,
		.max_body = MASTER_MAX_BODY,
		.request = &party_input_shape,
		.response = &party_shape,
		.status = 200,
		.handle = replace_party,
		.may_fail = {MASTER_WRITE_FAILURES, PROBLEM_PRECONDITION_REQUIRED,
			     PROBLEM_PRECONDITION_FAILED},
	},
	{0},
};
