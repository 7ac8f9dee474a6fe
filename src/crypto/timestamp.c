/* SPDX-License-Identifier: Apache-2.0
 * RFC 3161 by libcrypto's TS_*. */
#include "ft/crypto/timestamp.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>

#include "ft/base/time.h"
#include "ft/crypto/random.h"

enum { NONCE_OCTETS = 8 };

static void set_nonce(TS_REQ *request)
{
	uint8_t octets[NONCE_OCTETS];
	random_fill(octets, sizeof octets);
	octets[0] |= 0x40; /* of full length, and positive in one octet less than it could be */
	octets[0] &= 0x7f;
	BIGNUM *number = BN_bin2bn(octets, sizeof octets, NULL);
	ASN1_INTEGER *nonce = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
	int ok = nonce && TS_REQ_set_nonce(request, nonce) == 1;
	assert(ok);
	ASN1_INTEGER_free(nonce);
	BN_free(number);
}

static void set_imprint(TS_REQ *request, struct sha256 digest)
{
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algorithm = X509_ALGOR_new();
	int ok = imprint && algorithm &&
		 X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
		 TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
		 TS_MSG_IMPRINT_set_msg(imprint, digest.octets, sizeof digest.octets) == 1 &&
		 TS_REQ_set_msg_imprint(request, imprint) == 1;
	assert(ok);
	X509_ALGOR_free(algorithm);
	TS_MSG_IMPRINT_free(imprint);
}

struct bytes timestamp_question(struct arena *arena, struct sha256 digest)
{
	TS_REQ *request = TS_REQ_new();
	int ok = request && TS_REQ_set_version(request, 1) == 1 && TS_REQ_set_cert_req(request, 1) == 1;
	assert(ok);
	set_imprint(request, digest);
	set_nonce(request);
	int len = i2d_TS_REQ(request, NULL);
	assert(len > 0);
	uint8_t *out = arena_alloc(arena, (size_t)len), *at = out;
	len = i2d_TS_REQ(request, &at);
	TS_REQ_free(request);
	return (struct bytes){out, (size_t)len};
}

static bool is_about(TS_REQ *request, struct sha256 digest)
{
	TS_MSG_IMPRINT *imprint = TS_REQ_get_msg_imprint(request);
	const ASN1_OBJECT *algorithm = NULL;
	X509_ALGOR_get0(&algorithm, NULL, NULL, TS_MSG_IMPRINT_get_algo(imprint));
	const ASN1_OCTET_STRING *message = TS_MSG_IMPRINT_get_msg(imprint);
	return OBJ_obj2nid(algorithm) == NID_sha256 &&
	       ASN1_STRING_length(message) == (int)sizeof digest.octets &&
	       memcmp(ASN1_STRING_get0_data(message), digest.octets, sizeof digest.octets) == 0 &&
	       TS_REQ_get_nonce(request) && TS_REQ_get_cert_req(request);
}

static TS_REQ *read_question(struct bytes question, struct sha256 digest)
{
	const uint8_t *at = question.at;
	if (question.len > TIMESTAMP_MAX_LEN)
		return NULL;
	TS_REQ *request = d2i_TS_REQ(NULL, &at, (long)question.len);
	if (request && at == question.at + question.len && is_about(request, digest))
		return request;
	TS_REQ_free(request);
	return NULL;
}

static TS_RESP *read_answer(struct bytes answer)
{
	const uint8_t *at = answer.at;
	if (!answer.len || answer.len > TIMESTAMP_MAX_LEN)
		return NULL;
	TS_RESP *response = d2i_TS_RESP(NULL, &at, (long)answer.len);
	if (response && at == answer.at + answer.len)
		return response;
	TS_RESP_free(response);
	return NULL;
}

/* Adds each certificate of the text to the store, which may be NULL. */
static size_t read_authorities(struct str authorities, X509_STORE *store)
{
	size_t count = 0;
	BIO *text = authorities.len <= INT_MAX ? BIO_new_mem_buf(authorities.at, (int)authorities.len) : NULL;
	for (X509 *one; text && (one = PEM_read_bio_X509(text, NULL, NULL, NULL)); count++) {
		if (store)
			(void)X509_STORE_add_cert(store, one);
		X509_free(one);
	}
	BIO_free(text);
	ERR_clear_error(); /* the last one says that there are no more */
	return count;
}

size_t timestamp_authorities_count(struct str authorities)
{
	return authorities.at ? read_authorities(authorities, NULL) : 0;
}

static bool is_granted(TS_RESP *response)
{
	const ASN1_INTEGER *status = TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(response));
	long value = ASN1_INTEGER_get(status);
	return (value == TS_STATUS_GRANTED || value == TS_STATUS_GRANTED_WITH_MODS) &&
	       TS_RESP_get_token(response) && TS_RESP_get_tst_info(response);
}

/* What libcrypto found first. */
static enum timestamp_fault fault_of_error(void)
{
	unsigned long error = ERR_peek_last_error();
	int reason = ERR_GET_LIB(error) == ERR_LIB_TS ? ERR_GET_REASON(error) : 0;
	ERR_clear_error();
	switch (reason) {
	case TS_R_NONCE_MISMATCH:
	case TS_R_NONCE_NOT_RETURNED:
		return TIMESTAMP_NONCE;
	case TS_R_MESSAGE_IMPRINT_MISMATCH:
		return TIMESTAMP_IMPRINT;
	case TS_R_UNSUPPORTED_VERSION:
		return TIMESTAMP_FORM;
	default:
		return TIMESTAMP_SIGNER;
	}
}

static enum timestamp_fault verify_answer(TS_REQ *request, TS_RESP *response, struct str authorities)
{
	X509_STORE *store = X509_STORE_new();
	TS_VERIFY_CTX *context = TS_REQ_to_TS_VERIFY_CTX(request, NULL);
	assert(store && context);
	(void)read_authorities(authorities, store);
	(void)TS_VERIFY_CTX_add_flags(context, TS_VFY_SIGNATURE);
	(void)TS_VERIFY_CTX_set_store(context, store); /* takes it over */
	ERR_clear_error();
	enum timestamp_fault fault =
		TS_RESP_verify_response(context, response) == 1 ? TIMESTAMP_HOLDS : fault_of_error();
	TS_VERIFY_CTX_free(context);
	return fault;
}

/* GeneralizedTime in UTC; parts of a second are left out. */
static bool time_of(TS_RESP *response, int64_t *ret_us)
{
	const ASN1_GENERALIZEDTIME *time = TS_TST_INFO_get_time(TS_RESP_get_tst_info(response));
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;
	bool good = epoch && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;
	ASN1_TIME_free(epoch);
	if (good)
		*ret_us = ((int64_t)days * 24 * 3600 + seconds) * USEC_PER_SEC;
	return good;
}

enum timestamp_fault timestamp_check(struct bytes question, struct bytes answer, struct sha256 digest,
				     struct str authorities, int64_t *ret_at_us)
{
	TS_REQ *request = read_question(question, digest);
	TS_RESP *response = request ? read_answer(answer) : NULL;
	enum timestamp_fault fault = !request                ? TIMESTAMP_QUESTION
				     : !response             ? TIMESTAMP_FORM
				     : !is_granted(response) ? TIMESTAMP_REFUSED
							     : verify_answer(request, response, authorities);
	int64_t at_us = 0;
	if (!fault && !time_of(response, &at_us))
		fault = TIMESTAMP_FORM;
	TS_RESP_free(response);
	TS_REQ_free(request);
	ERR_clear_error();
	if (!fault)
		*ret_at_us = at_us;
	return fault;
}
