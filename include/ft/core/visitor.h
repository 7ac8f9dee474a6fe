/* SPDX-License-Identifier: Apache-2.0
 * Who opens a page: a person who scanned a code, or a program that fetches it for other reasons. */
#ifndef FT_CORE_VISITOR_H
#define FT_CORE_VISITOR_H

#include "ft/base/str.h"

/* What a request says of itself; absent: not sent. */
struct visit {
	struct str user_agent;
	struct str purpose; /* Sec-Purpose, else Purpose, X-Purpose or X-Moz */
	bool head;
};
/* false: HEAD, a prefetch or preview, a crawler that names itself. Who says nothing is a person. */
bool visit_is_scan(const struct visit *visit);

/* Where from, so coarse that it names nobody: an IPv4 /24 or IPv6 /48 as octets. Absent bytes: not an address. */
struct bytes visit_network(struct arena *arena, struct str address);
/* 0 to 62, by a digest that only the key's holder can make, and that differs from code to code and day to day: it counts
 * networks, and leads back to none. Never 63: a set of that bit alone is the least int64, which means NULL to a database. */
int visit_network_bit(struct bytes key, struct str code, int32_t day, struct bytes network);

#endif
