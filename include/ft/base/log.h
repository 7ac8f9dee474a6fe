/* SPDX-License-Identifier: Apache-2.0
 * Structured logs: one line of key=value per event on standard error. User text is quoted. Only main, http, jobs
 * and the signer call this; everything below returns problems. No secret and no personal datum is ever passed in. */
#ifndef FT_BASE_LOG_H
#define FT_BASE_LOG_H

#include "ft/base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
	const char *key;
	struct str text; /* used when at is set, else number */
	int64_t number;
};
void log_set_level(enum log_level lowest);
bool log_level_parse(struct str name, enum log_level *ret); /* debug, info, warn, error */
/* fields end with a row whose key is NULL. One write(2) a line, so that threads never mix. */
void log_write(enum log_level level, const char *event, const struct log_field *fields);
#define LOG_FIRST(first, ...) first
#define LOG_REST(first, ...) __VA_ARGS__
/* LOG(LOG_INFO, "started", LOG_TEXT("address", address), LOG_NUMBER("port", port)); fields may be none. */
#define LOG(level, ...) \
	log_write((level), LOG_FIRST(__VA_ARGS__, 0), \
		  (const struct log_field[]){LOG_REST(__VA_ARGS__, {NULL, {NULL, 0}, 0})})
#define LOG_TEXT(k, s) \
	{ \
		.key = (k), .text = (s) \
	}
#define LOG_NUMBER(k, n) \
	{ \
		.key = (k), .number = (int64_t)(n) \
	}

#endif
