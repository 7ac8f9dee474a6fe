/* SPDX-License-Identifier: Apache-2.0
 * The request target as it stands on the request line, split before anything is decoded. */
#ifndef FT_HTTP_TARGET_PRIV_H
#define FT_HTTP_TARGET_PRIV_H

#include "ft/base/problem.h"

struct target {
	struct str path;  /* raw; begins with "/", or is "*" */
	struct str query; /* raw, without "?"; absent when there is none */
};

/* Origin form, absolute form (its authority is dropped) and "*". Both parts borrow from `raw`.
 * PROBLEM_BAD_REQUEST: a malformed escape, an encoded NUL, a fragment, a space or a control character. */
enum problem target_split(struct str raw, struct target *ret) must_check;

/* The value of the first pair of that name in a raw query, raw; absent when it is not there. */
struct str target_query_value(struct str raw_query, struct str name);

#endif
