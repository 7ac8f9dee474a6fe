/* SPDX-License-Identifier: Apache-2.0
 * Time-stamps of an authority (RFC 3161): the question, and whether an answer holds for it. Everything is DER. */
#ifndef FT_CRYPTO_TIMESTAMP_H
#define FT_CRYPTO_TIMESTAMP_H

#include "ft/base/problem.h"
#include "ft/crypto/digest.h"

enum { TIMESTAMP_MAX_LEN = 64 * 1024 }; /* of an answer: a token with the chain of its certificate */

/* A TimeStampReq over this digest, with a fresh nonce, that asks for the authority's certificate. */
struct bytes timestamp_question(struct arena *arena, struct sha256 digest);

enum timestamp_fault {
	TIMESTAMP_HOLDS,
	TIMESTAMP_QUESTION, /* not a question with a nonce over this digest */
	TIMESTAMP_FORM,     /* not a TimeStampResp, or longer than one may be */
	TIMESTAMP_REFUSED,  /* the authority did not grant a token */
	TIMESTAMP_IMPRINT,  /* a token over something else */
	TIMESTAMP_NONCE,    /* a token that answers another question */
	TIMESTAMP_SIGNER, /* not signed, or by a certificate that these authorities do not vouch for as one of time-stamps */
};
/* Whether `answer` answers `question`, which is about this digest; *ret_at_us is the time in the token. `authorities` is PEM. */
enum timestamp_fault timestamp_check(struct bytes question, struct bytes answer, struct sha256 digest,
				     struct str authorities, int64_t *ret_at_us) must_check;

/* How many certificates there are in a PEM text; 0: it is none. */
size_t timestamp_authorities_count(struct str authorities);

#endif
