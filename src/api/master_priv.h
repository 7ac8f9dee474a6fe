/* SPDX-License-Identifier: Apache-2.0
 * What the four resources of master data share: reading, listing, registering, changing. */
#ifndef FT_API_MASTER_PRIV_H
#define FT_API_MASTER_PRIV_H

#include "ft/api/app.h"
#include "ft/store/master.h"

#include "list_priv.h"

enum { MASTER_MAX_BODY = 256 * 1024 };

struct master_list_query {
	struct str q, party, region, state, cursor;
	int64_t limit;
};
struct master_get_query {
	int64_t version;
};
extern const struct shape master_list_query_shape, master_get_query_shape;

/* What any write of master data may answer. */
#define MASTER_WRITE_FAILURES \
	PROBLEM_FIELD_RANGE, PROBLEM_IDENTIFIER_SYNTAX, PROBLEM_NUMBER_TAKEN, PROBLEM_REGION_UNKNOWN, \
		PROBLEM_REFERENCE_UNKNOWN, PROBLEM_TIME_NAIVE, PROBLEM_TIME_SYNTAX, PROBLEM_DATE_SYNTAX, \
		PROBLEM_TIME_FUTURE, PROBLEM_NOT_FOUND, PROBLEM_FORBIDDEN, PROBLEM_SIGNER_UNAVAILABLE, \
		PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY, PROBLEM_CONFLICT, PROBLEM_ERASED

enum problem master_list(struct call *call, struct reply *reply, enum thing_kind kind);
enum problem master_get(struct call *call, struct reply *reply, enum thing_kind kind);
enum problem master_post(struct call *call, struct reply *reply, enum thing_kind kind);
enum problem master_put(struct call *call, struct reply *reply, enum thing_kind kind);

struct master_actor actor_of(const struct call *call);
struct master master_of_call(const struct call *call);
/* What the path names, by id or by any other spelling without a slash. */
enum problem master_id_of(struct call *call, const struct master *m, enum thing_kind kind, struct uuid *ret);

/* A party that the caller acts for, in any spelling; another is as if it were not there: PROBLEM_REFERENCE_UNKNOWN at /party. */
enum problem party_acted_for(struct call *call, struct str spelling, struct uuid *ret) must_check;

#endif
