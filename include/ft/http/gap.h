/* SPDX-License-Identifier: Apache-2.0
 * Bodies that are kept compressed but for a gap, which is filled for every answer: one valid gzip stream each time, for
 * the price of copying it. */
#ifndef FT_HTTP_GAP_H
#define FT_HTTP_GAP_H

#include <stdbool.h>

#include "ft/base/str.h"

enum { GAP_WORDS_MAX = 65535 }; /* octets that a gap takes */

/* What goes before and after the gap, as one block to keep; `gzip` or as it is. */
struct bytes gap_pack(struct arena *arena, struct bytes head, struct bytes tail, bool gzip);
/* The whole body with `words` in the gap; packed: of gap_pack, with the same `gzip`. */
struct bytes gap_fill(struct arena *arena, struct bytes packed, struct bytes words, bool gzip);

#endif
