/* SPDX-License-Identifier: Apache-2.0
 * Names of substances and crops as people write them, made comparable. */
#ifndef FT_CORE_SUBSTANCE_PRIV_H
#define FT_CORE_SUBSTANCE_PRIV_H

#include "ft/core/risk.h"

/* Lower case, half width, Greek letters in words; whatever is neither letter nor digit becomes one space. */
struct str substance_fold(struct arena *arena, struct str text);
/* Folded names, spaces aside. */
bool substance_same(struct str a, struct str b);
/* The folded names of a row: in Chinese and in English, each without its brackets, what stands in them, and all of it;
 * "and its salts and esters" is dropped. */
struct ref_names substance_names(struct arena *arena, struct str zh, struct str en);
bool substance_among(struct ref_names names, struct str folded);

/* The actives of a use: the recorded ones, or those of the reference data that the product's name contains. */
struct ref_names substances_of_use(struct arena *arena, const struct reference *ref,
				   const struct risk_use *use);

#endif
