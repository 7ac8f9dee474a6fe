/* SPDX-License-Identifier: Apache-2.0
 * What the files that read EPCIS documents share. */
#ifndef FT_CORE_EPCIS_EVENT_PRIV_H
#define FT_CORE_EPCIS_EVENT_PRIV_H

#include "ft/core/epcis_event.h"

bool epcis_is_uri(struct str s);
enum problem epcis_refuse(struct fault *reterr, const char *rule, const char *pointer, struct str value);

/* One event on its way through the table of members. */
struct reading {
	struct arena *arena;
	struct epcis_event event;
	struct epcis_mention *mentions;
	size_t room;
	struct fault *fault;
	struct str *transactions;
	bool has_sensors;
};
enum problem reading_refuse(struct reading *r, const char *rule, struct str pointer,
			    const struct json *value) must_check;
struct str reading_below(struct reading *r, struct str pointer, const char *name);
struct str reading_entry(struct reading *r, struct str pointer, size_t i);
enum problem reading_uri(struct reading *r, const struct json *value, struct str pointer,
			 struct str *ret) must_check;
/* A member that the standard does not know must be an extension: a CURIE or a URI. */
enum problem reading_names(struct reading *r, const struct json *object, struct str pointer,
			   const char *const *names, bool extensions) must_check;
enum problem reading_time(struct reading *r, const struct json *value, struct str pointer,
			  usec_t *ret) must_check;
enum problem reading_word(struct reading *r, const struct json *value, struct str pointer, const char *kind,
			  struct str *ret) must_check;
/* epcis_event_parts.c */
bool reading_offset(struct str s, int16_t *ret);
enum problem reading_uris(struct reading *r, const struct json *value, struct str pointer) must_check;
enum problem reading_declaration(struct reading *r, const struct json *value, struct str pointer) must_check;
enum problem reading_dispositions(struct reading *r, const struct json *value, struct str pointer) must_check;
/* What is signed must be read alike by whoever checks it: extensions too hold no integer beyond ±2^53. */
enum problem reading_numbers(struct reading *r, const struct json *event, struct str pointer) must_check;
enum problem reading_sensors(struct reading *r, const struct json *list, struct str pointer) must_check;

/* A bare word of CBV 2.0 of this kind (see cbv_word). */
bool cbv_is_word(struct str word, const char *kind);
/* "https://ref.gs1.org/cbv/BizStep-shipping" of a word of CBV; anything else as it is. */
struct str cbv_uri(struct arena *arena, struct str text, const char *kind);

#endif
