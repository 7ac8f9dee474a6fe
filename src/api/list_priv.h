/* SPDX-License-Identifier: Apache-2.0
 * Lists: pages of bounded length, the opaque cursor of the next one, and where it is found. */
#ifndef FT_API_LIST_PRIV_H
#define FT_API_LIST_PRIV_H

#include "ft/http/route.h"

enum { LIST_DEFAULT = 50, LIST_MAX = 1000 };

struct list_page {
	struct list items;
	struct str next; /* absent: this is the last */
};

/* The rows of a query's shape T, with members limit and cursor. */
#define LIST_QUERY_FIELDS(T) \
	INTEGER(T, limit, "limit", .flags = OPTIONAL, .min = 1, .max = LIST_MAX, \
		.doc = "Most items on a page; 50 if absent"), \
		STRING(T, cursor, "cursor", .flags = OPTIONAL, .doc = "next of the page before")

/* The rows of a page's shape T, with members items and next. */
#define LIST_PAGE_FIELDS(T, item_shape) \
	LIST(T, items, "items", item_shape, .flags = ALWAYS, .max_len = LIST_MAX, .doc = "What was found"), \
		STRING(T, next, "next", .flags = OPTIONAL | NULLABLE, \
		       .doc = "Cursor of the next page; null on the last")

#define LIST_PAGE_SHAPE(shape_name, item_shape, text) \
	{ \
		.name = shape_name, .size = sizeof(struct list_page), .doc = text, \
		.fields = (const struct field[]){ \
			LIST_PAGE_FIELDS(struct list_page, item_shape), \
			END_OF_SHAPE, \
		}, \
	}

/* How many rows to ask the database for: one more than the page holds tells that another page follows. */
int64_t list_rows_wanted(int64_t limit);

/* Announces the page that follows at `cursor` in the Link header; gives the cursor back, for the page's own `next`. */
struct str list_announce_next(const struct call *call, struct reply *reply, struct str cursor);

/* Cursors of lists that are ordered by a number (a time, a rank) and a key: printable ASCII, CURSOR_MAX_KEY bytes at most. */
enum { CURSOR_MAX_KEY = 64 };
struct str cursor_print_key(struct arena *arena, int64_t place, struct str key);
/* PROBLEM_CURSOR, with the fault of the call set: not one of ours. */
enum problem cursor_read_key(struct call *call, struct str cursor, int64_t *ret_place,
			     struct str *ret_key) must_check;

/* Of those whose key is an id. */
struct str cursor_print(struct arena *arena, int64_t place, struct uuid id);
enum problem cursor_read(struct call *call, struct str cursor, int64_t *ret_place,
			 struct uuid *ret_id) must_check;

#endif
