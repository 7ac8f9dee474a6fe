/* SPDX-License-Identifier: Apache-2.0
 * What was stored and flagged: the words of `warnings` in answers. */
#ifndef FT_CORE_WARNING_H
#define FT_CORE_WARNING_H

#include "ft/base/problem.h"

enum warning {
#define WARNING(name, word, title_en, title_zh) WARNING_##name,
#include "ft/core/warning.def"
#undef WARNING
	WARNING_COUNT
};

struct warning_info {
	const char *word;
	const char *title[2]; /* by enum language */
};
const struct warning_info *warning_info(enum warning warning);
/* Of what stands in `warnings`: the word, alone or with what it is about behind a blank. NULL: it is none. */
const struct warning_info *warning_find(struct str text);

#endif
