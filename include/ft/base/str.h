/* SPDX-License-Identifier: Apache-2.0
 * Borrowed text and bytes, and a growable text buffer in an arena. */
#ifndef FT_BASE_STR_H
#define FT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ft/base/arena.h"

/* Text that somebody else owns: not NUL-terminated, never outlives its owner. at == NULL means "absent",
 * which is not the same as empty. */
struct str {
	const char *at;
	size_t len;
};
struct bytes {
	const uint8_t *at;
	size_t len;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_ARGS(s) (int)(s).len, (s).at /* for "%.*s" */

struct str str_of(const char *text); /* borrows; NULL gives an absent str */
struct bytes str_bytes(struct str s);
struct str bytes_str(struct bytes b);       /* the same bytes, read as text */
bool str_equal(struct str a, struct str b); /* absent and empty are equal */
bool strs_equal(const struct str *a, size_t a_count, const struct str *b, size_t b_count); /* in this order */
bool str_equal_ignoring_case(struct str a, struct str b); /* ASCII letters only */
int str_compare(struct str a, struct str b);              /* bytewise, shorter first */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
struct str str_from(struct str s, size_t start); /* the tail that begins at `start` */
struct str str_after_last(struct str s, char c); /* all of it where there is no c */
struct str str_cut(struct str s, char separator,
		   struct str *rest); /* the head; rest absent when no separator */
struct str str_trim(struct str s);    /* without ASCII white space at the ends */
bool bytes_equal(struct bytes a, struct bytes b);

struct str arena_str(struct arena *arena, struct str s); /* a copy; NUL-terminated too, for library borders */
struct bytes arena_bytes(struct arena *arena, struct bytes b);
struct str arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Text that grows. The bytes move when it does: take buf_str() when done. */
struct buf {
	struct arena *arena;
	char *at;
	size_t len, room;
};
struct buf buf_create(struct arena *arena, size_t expected_len);
void buf_put(struct buf *buf, struct str s);
void buf_put_bytes(struct buf *buf, const void *at, size_t len);
void buf_put_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct str buf_str(const struct buf *buf); /* NUL-terminated too */

#endif
