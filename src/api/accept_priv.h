/* SPDX-License-Identifier: Apache-2.0
 * Which form a caller prefers, by Accept. */
#ifndef FT_API_ACCEPT_PRIV_H
#define FT_API_ACCEPT_PRIV_H

#include "ft/http/route.h"

/* In thousandths; 0: not named. */
int accept_weight(struct str accept, struct str type);
/* text/html is named, and ranks before JSON: for addresses whose first readers are programs. */
bool call_wants_page(const struct call *call);

#endif
