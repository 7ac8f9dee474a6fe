/* SPDX-License-Identifier: Apache-2.0
 * /v1/certificates: green, organic and other certificates of a holder. */
#include "ft/api/routes.h"

#include "master_priv.h"

static const struct shape certificate_page =
	LIST_PAGE_SHAPE("CertificatePage", &certificate_shape, "Certificates, oldest first");

static enum problem list_certificates(struct call *call, struct reply *reply)
{
	return master_list(call, reply, THING_CERTIFICATE);
}

static enum problem get_certificate(struct call *call, struct reply *reply)
{
	return master_get(call, reply, THING_CERTIFICATE);
}

static enum problem create_certificate(struct call *call, struct reply *reply)
{
	return master_post(call, reply, THING_CERTIFICATE);
}

static enum problem replace_certificate(struct call *call, struct reply *reply)
{
	return master_put(call, reply, THING_CERTIFICATE);
}

#define TAG "Certificates"
const struct route certificate_routes[] = {
	{
		.method = "GET",
		.path = "/v1/certificates",
		.id = "listCertificates",
		.summary = "List certificates",
		.tag = TAG,
		.scope = SCOPE_READ,
		.query = &master_list_query_shape,
		.response = &certificate_page,
		.status = 200,
		.handle = list_certificates,
		.may_fail = {PROBLEM_CURSOR, PROBLEM_REFERENCE_UNKNOWN, PROBLEM_REGION_UNKNOWN,
			     PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "POST",
		.path = "/v1/certificates",
		.id = "createCertificate",
		.summary = "Register a certificate",
		.tag = TAG,
		.scope = SCOPE_REGISTER,
		.max_body = MASTER_MAX_BODY,
		.request = &certificate_input_shape,
		.response = &certificate_shape,
		.status = 201,
		.repeatable = true,
		.handle = create_certificate,
		.may_fail = {MASTER_WRITE_FAILURES, PROBLEM_ID_TAKEN, PROBLEM_TIME_ORDER},
	},
	{
		.method = "GET",
		.path = "/v1/certificates/{id}",
		.id = "getCertificate",
		.summary = "Read a certificate",
		.tag = TAG,
		.scope = SCOPE_READ,
		.query = &master_get_query_shape,
		.response = &certificate_shape,
		.status = 200,
		.handle = get_certificate,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "PUT",
		.path = "/v1/certificates/{id}",
		.id = "replaceCertificate",
		.summary = "Record a further version of a certificate",
		.tag = TAG,
		.scope = SCOPE_REGISTER,
		.max_body = MASTER_MAX_BODY,
		.request = &certificate_input_shape,
		.response = &certificate_shape,
		.status = 200,
		.handle = replace_certificate,
		.may_fail = {MASTER_WRITE_FAILURES, PROBLEM_PRECONDITION_REQUIRED,
			     PROBLEM_PRECONDITION_FAILED, PROBLEM_TIME_ORDER},
	},
	{0},
};
