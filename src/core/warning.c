/* SPDX-License-Identifier: Apache-2.0
 * The table of warnings. */
#include "ft/core/warning.h"

#include <assert.h>

static const struct warning_info infos[] = {
#define WARNING(name, word, title_en, title_zh) [WARNING_##name] = {word, {title_zh, title_en}},
#include "ft/core/warning.def"
#undef WARNING
};

const struct warning_info *warning_info(enum warning warning)
{
	assert((unsigned)warning < WARNING_COUNT);
	return &infos[warning];
}

const struct warning_info *warning_find(struct str text)
{
	struct str about;
	const struct str word = str_cut(text, ' ', &about);
	for (size_t i = 0; i < WARNING_COUNT; i++)
		if (str_equal(word, str_of(infos[i].word)))
			return &infos[i];
	return NULL;
}
