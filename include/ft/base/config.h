/* SPDX-License-Identifier: Apache-2.0
 * The settings, one table (config.def): environment first, then DIR/farmtrail.env, then the default. */
#ifndef FT_BASE_CONFIG_H
#define FT_BASE_CONFIG_H

#include "ft/base/problem.h"

struct config {
#define SETTING_TEXT(field, name, fallback, text) struct str field;
#define SETTING_INT(field, name, fallback, min, max, unit, text) int64_t field;
#define SETTING_BOOL(field, name, fallback, text) bool field;
#include "ft/base/config.def"
#undef SETTING_TEXT
#undef SETTING_INT
#undef SETTING_BOOL
};

/* Reads `env_file` (KEY=value lines, # comments; absent file is fine) and the environment.
 * PROBLEM_CONFIG: reterr->detail says which setting and why. Strings are copied into the arena. */
enum problem config_load(struct arena *arena, struct str env_file, struct config *ret,
			 struct fault *reterr) must_check;
/* The table as text: name, value, default, bounds, meaning; secrets are never settings. */
struct str config_print(struct arena *arena, const struct config *config);
/* The same rows as a JSON array of {name, value, default, text}. */
struct str config_print_json(struct arena *arena, const struct config *config);

#endif
