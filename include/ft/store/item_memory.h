/* SPDX-License-Identifier: Apache-2.0
 * Items that are being scanned, in memory: what is known of each, and scans that wait to be written. A scan waits for no
 * write; a thread of this writes what has gathered, in one statement a second and once more at the end. What a crash
 * loses is what was not yet written. Memory is bounded: beyond it items are not kept and their scans not counted. */
#ifndef FT_STORE_ITEM_MEMORY_H
#define FT_STORE_ITEM_MEMORY_H

#include "ft/store/items.h"

struct item_memory;

/* Starts the writing thread; `key` and `rules` are borrowed. What is written is judged by the rules in the same
 * transaction (K01, K03, K04): never inside a scan. */
struct item_memory *item_memory_start(struct str conninfo, int statement_timeout_ms, struct bytes key,
				      const struct item_rules *rules);
void item_memory_stop(struct item_memory *memory); /* writes what has gathered; NULL is fine */

/* Any thread; waits for no database. What was read more than ten seconds ago is asked for again, unless
 * `stale_is_fine`: other servers activate and void too. */
bool item_memory_get(struct item_memory *memory, const struct code *code, usec_t now_us, bool stale_is_fine,
		     struct pack *ret);
/* Called before the database is read for item_memory_put: an item that was read before a mark is not kept. */
uint64_t item_memory_begin(struct item_memory *memory);
void item_memory_put(struct item_memory *memory, uint64_t begun, const struct code *code,
		     const struct pack *item, usec_t now_us);
/* After items were marked, before answering: everything is asked for again. */
void item_memory_forget(struct item_memory *memory);

/* Counts a scan of an item that item_memory_get gives. `address` is used for two bits (core/visitor.h) and not kept. */
struct item_scan {
	const struct code *code;
	const struct pack *item;
	enum item_told told;
	usec_t now_us;
	struct str address;
};
void item_memory_count(struct item_memory *memory, struct arena *arena, const struct item_scan *scan);

/* Any thread; waits for nothing. After records changed these lots: what their scans say is judged again (K03, K04). */
void item_memory_settle(struct item_memory *memory, const struct lot_id *lots, size_t count);

#endif
