/* SPDX-License-Identifier: Apache-2.0
 * What people read in an answer, in Chinese and English. */
#include "words_priv.h"

const struct shape words_shape = {
	.name = "Words",
	.size = sizeof(struct words),
	.doc = "A name or a sentence in Chinese and, where there is one, in English",
	.fields =
		(const struct field[]){
			STRING(struct words, zh, "zh", .max_len = 4096, .doc = "Chinese"),
			STRING(struct words, en, "en", .flags = OPTIONAL, .max_len = 4096,
			       .doc = "English; pinyin where names have no English"),
			END_OF_SHAPE,
		},
};

struct words *words_make(struct arena *arena, struct str zh, struct str en)
{
	struct words *words = arena_new(arena, struct words);
	*words = (struct words){zh, en};
	return words;
}
