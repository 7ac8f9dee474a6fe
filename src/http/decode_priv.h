/* SPDX-License-Identifier: Apache-2.0
 * Query strings and bodies → the structs that the shapes of a route row describe. */
#ifndef FT_HTTP_DECODE_PRIV_H
#define FT_HTTP_DECODE_PRIV_H

#include "ft/http/route.h"

/* Sets call->query when the row has a query shape. `lang` is the server's own and may stand in every query.
 * PROBLEM_BAD_REQUEST: a malformed escape, not UTF-8, more than 64 pairs; else as shape_decode_query. */
enum problem decode_query(struct call *call) must_check;

/* Whether a body of this Content-Type is read by the row. */
bool body_type_is_read(const struct route *route, struct str content_type);

/* Sets call->body from call->body_bytes when the row has a request shape. PROBLEM_JSON_SYNTAX; what the shape
 * finds; for forms PROBLEM_BAD_REQUEST as above. */
enum problem decode_body(struct call *call) must_check;

#endif
