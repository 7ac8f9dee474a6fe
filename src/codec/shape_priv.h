/* SPDX-License-Identifier: Apache-2.0
 * What the JSON decoder, the query decoder, the encoder and the schema printer of shapes share. */
#ifndef FT_CODEC_SHAPE_PRIV_H
#define FT_CODEC_SHAPE_PRIV_H

#include "ft/codec/shape.h"

enum {
	DEFAULT_MAX_BYTES = 256,
	DEFAULT_MAX_ITEMS = 100,
	DECIMAL_LEN = 64, /* as long as a JSON number may be */
};

/* Where the decoder stands; rendered to a pointer only when it fails. */
struct crumb {
	const struct crumb *up;
	struct str name; /* absent: an array element */
	size_t index;
	bool parameter; /* of a query, not a member */
};

/* What the decoder carries along: where results go, where it stands, where a fault is told. */
struct decoding {
	struct arena *arena;
	const struct crumb *at;
	struct fault *reterr;
};

/* Fills the fault for this place and returns p. `value` is shortened here. */
enum problem shape_refuse(const struct decoding *in, enum problem p, const char *rule, struct str value,
			  struct str detail);
enum problem shape_refuse_unknown(const struct decoding *in, const struct shape *shape, struct str name);

const struct field *shape_field_named(const struct shape *shape, struct str name);
bool shape_may_be_absent(const struct field *field);
bool shape_has_limits(const struct field *field); /* of an INT */
bool shape_has_upper_limit(const struct field *field);

/* Text of a STR, WORD, DECIMAL, TIME or UUID, checked and stored in its slot. */
enum problem shape_take_text(const struct decoding *in, const struct field *field, struct str text,
			     void *slot);
/* An item of STRS. */
enum problem shape_take_item(const struct decoding *in, const struct field *field, struct str text,
			     struct str *slot);
enum problem shape_take_integer(const struct decoding *in, const struct field *field, struct str text,
				void *slot);
/* Is a STRS or LIST of `count` items within its limits? */
enum problem shape_check_count(const struct decoding *in, const struct field *field, size_t count);

#endif
