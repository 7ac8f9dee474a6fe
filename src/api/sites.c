/* SPDX-License-Identifier: Apache-2.0
 * /v1/sites: places where goods grow, are kept or change hands. */
#include "ft/api/routes.h"

#include "master_priv.h"

static const struct shape site_page = LIST_PAGE_SHAPE("SitePage", &site_shape, "Sites, oldest first");

static enum problem list_sites(struct call *call, struct reply *reply)
{
	return master_list(call, reply, THING_SITE);
}

static enum problem get_site(struct call *call, struct reply *reply)
{
	return master_get(call, reply, THING_SITE);
}

static enum problem create_site(struct call *call, struct reply *reply)
{
	return master_post(call, reply, THING_SITE);
}

static enum problem replace_site(struct call *call, struct reply *reply)
{
	return master_put(call, reply, THING_SITE);
}

#define TAG "Sites"
const struct route site_routes[] = {
	{
		.method = "GET",
		.path = "/v1/sites",
		.id = "listSites",
		.summary = "List sites",
		.tag = TAG,
		.scope = SCOPE_READ,
		.query = &master_list_query_shape,
		.response = &site_page,
		.status = 200,
		.handle = list_sites,
		.may_fail = {PROBLEM_CURSOR, PROBLEM_REFERENCE_UNKNOWN, PROBLEM_REGION_UNKNOWN,
			     PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "POST",
		.path = "/v1/sites",
		.id = "createSite",
		.summary = "Register a site",
		.tag = TAG,
		.scope = SCOPE_REGISTER,
		.max_body = MASTER_MAX_BODY,
		.request = &site_input_shape,
		.response = &site_shape,
		.status = 201,
		.repeatable = true,
		.handle = create_site,
		.may_fail = {MASTER_WRITE_FAILURES, PROBLEM_ID_TAKEN, PROBLEM_GEOMETRY},
	},
	{
		.method = "GET",
		.path = "/v1/sites/{id}",
		.id = "getSite",
		.summary = "Read a site",
		.tag = TAG,
		.scope = SCOPE_READ,
		.query = &master_get_query_shape,
		.response = &site_shape,
		.status = 200,
		.handle = get_site,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "PUT",
		.path = "/v1/sites/{id}",
		.id = "replaceSite",
		.summary = "Record a further version of a site",
		.tag = TAG,
		.scope = SCOPE_REGISTER,
		.max_body = MASTER_MAX_BODY,
		.request = &site_input_shape,
		.response = &site_shape,
		.status = 200,
		.handle = replace_site,
		.may_fail = {MASTER_WRITE_FAILURES, PROBLEM_PRECONDITION_REQUIRED,
			     PROBLEM_PRECONDITION_FAILED, PROBLEM_GEOMETRY},
	},
	{0},
};
