/* SPDX-License-Identifier: Apache-2.0
 * Route rows → OpenAPI 3.1 document. */
#ifndef FT_HTTP_OPENAPI_H
#define FT_HTTP_OPENAPI_H

#include "ft/http/route.h"

struct str openapi_document(struct arena *arena, const struct route *const *tables, struct str version);

#endif
