/* SPDX-License-Identifier: Apache-2.0
 * The reference files that the program carries (sql/reference, by tools/embed.py). */
#ifndef FT_STORE_EMBEDDED_PRIV_H
#define FT_STORE_EMBEDDED_PRIV_H

#include "ft/base/str.h"

struct embedded_file {
	const char *name, *sha256_hex;
	size_t len;
	const char *text;
};
extern const struct embedded_file embedded_files[]; /* ends with a row without a name */

static inline const struct embedded_file *embedded_find(const char *name)
{
	for (const struct embedded_file *f = embedded_files; f->name; f++)
		if (str_equal(str_of(f->name), str_of(name)))
			return f;
	return NULL;
}

#endif
