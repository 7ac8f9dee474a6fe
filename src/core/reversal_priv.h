/* SPDX-License-Identifier: Apache-2.0
 * What the files share that turn an event into its record again. */
#ifndef FT_CORE_REVERSAL_PRIV_H
#define FT_CORE_REVERSAL_PRIV_H

#include "record_priv.h"

#include "ft/codec/json.h"

#define FT(name) STR("farmtrail:" name)

struct reversal {
	struct arena *arena;
	const struct json *event;
	const struct record_kind *kind;
	struct json_writer *w;
};

struct str reversal_text(const struct json *object, struct str name); /* absent: no such text */
/* The n-th entry of a list that may be absent; NULL: none. */
const struct json *reversal_entry(const struct json *list, size_t n);
size_t reversal_entries(const struct json *list);
struct str reversal_number(const struct json *value); /* numbers of a record are exact texts */
void reversal_copy(const struct reversal *r, struct str from, struct str to); /* a text under another name */
/* An amount of the members farmtrail:quantity and farmtrail:uom of an object. */
void reversal_farm_amount(const struct reversal *r, const struct json *object);

/* record_of_measures.c */
void reversal_temperatures(const struct reversal *r);
void reversal_shortage(const struct reversal *r);
void reversal_sample(const struct reversal *r);
/* A test of a sample names no lot: who may say what was found need not see the lot. */
void reversal_test(const struct reversal *r);
void reversal_position(const struct reversal *r);

#endif
