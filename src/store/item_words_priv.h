/* SPDX-License-Identifier: Apache-2.0
 * What is signed about codes of packs. */
#ifndef FT_STORE_ITEM_WORDS_PRIV_H
#define FT_STORE_ITEM_WORDS_PRIV_H

#include "ft/store/items.h"

/* Of an issue, with the codes and sizes of its blocks in order: digested together. */
struct str item_issue_words(struct arena *arena, const struct item_issue *issue, const struct str *codes,
			    const int64_t *items, size_t count);
/* Of what happens to ranges. */
struct str item_mark_words(struct arena *arena, const struct item_range *ranges, size_t count,
			   enum item_state state);
/* Who issued all of them; nil: several did. */
struct uuid item_ranges_org(const struct item_range *ranges, size_t count);

#endif
