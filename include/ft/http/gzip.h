/* SPDX-License-Identifier: Apache-2.0
 * Compressed bytes for replies that are kept and sent many times. */
#ifndef FT_HTTP_GZIP_H
#define FT_HTTP_GZIP_H

#include "ft/base/problem.h"
#include "ft/base/str.h"

/* RFC 1952, strongest level; the same input gives the same bytes. */
struct bytes gzip_bytes(struct arena *arena, struct bytes input);
/* false: not one whole gzip member, or more than GUNZIP_MAX bytes. */
bool gunzip_bytes(struct arena *arena, struct bytes input, struct bytes *ret) must_check;
enum { GUNZIP_MAX = 64 * 1024 * 1024 };
/* Whether Accept-Encoding lets gzip be sent: named, or "*", with a weight above zero. */
bool gzip_accepted(struct str accept_encoding);

#endif
