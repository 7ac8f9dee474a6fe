/* SPDX-License-Identifier: Apache-2.0
 * What people read in an answer, in Chinese and English. */
#ifndef FT_API_WORDS_PRIV_H
#define FT_API_WORDS_PRIV_H

#include "ft/codec/shape.h"

struct words {
	struct str zh, en; /* en absent: none */
};
extern const struct shape words_shape;

struct words *words_make(struct arena *arena, struct str zh, struct str en);

#endif
