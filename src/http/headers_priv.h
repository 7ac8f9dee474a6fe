/* SPDX-License-Identifier: Apache-2.0
 * What the values of request headers mean. Pure: outside bytes in, small values out. */
#ifndef FT_HTTP_HEADERS_PRIV_H
#define FT_HTTP_HEADERS_PRIV_H

#include "ft/base/problem.h"

/* RFC 9110 §12.5.4. `asked` (?lang=) wins when it is "zh" or "en"; zh when nothing decides. */
enum language header_language(struct str asked, struct str accept_language);

/* RFC 9110 §12.5.1: text/html is named, and nothing is said that ranks JSON as high by name. */
bool header_prefers_html(struct str accept);

/* RFC 9110 §12.5.1: the weight of a media type that is named, in thousandths; 0: it is not, or is not wanted. */
int header_accept_weight(struct str accept, struct str media_type);

/* Whether a list of weighted words names `word`, or "*" when it does not, with a weight above zero. */
bool header_accepts(struct str list, struct str word);

/* RFC 6750 §2.1. Absent: not the Bearer scheme, or not a token of 1 to 512 characters. */
struct str header_bearer(struct str authorization);

/* RFC 9110 §13.1.2, weak comparison; `etag` with its quotes. */
bool header_etag_matches(struct str if_none_match, struct str etag);

/* 8 to 64 of letters, digits, ".", "_" and "-". */
bool header_request_id_is_usable(struct str id);

/* The media type alone, without parameters. `ret_utf8`: no charset is named, or it is utf-8. */
struct str header_media_type(struct str content_type, bool *ret_utf8);

/* The last element of X-Forwarded-For: what the proxy itself added. */
struct str header_forwarded_for(struct str x_forwarded_for);

/* RFC 7240 §4.3: the seconds of the first "wait" in Prefer; 0: it has none that can be read. */
int64_t header_prefer_wait(struct str prefer);

/* RFC 9110 §8.6: digits only. */
bool header_content_length(struct str value, uint64_t *ret);

#endif
