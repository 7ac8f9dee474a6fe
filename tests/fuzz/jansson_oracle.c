/* SPDX-License-Identifier: Apache-2.0
 * jansson as the second opinion. */
#include "jansson_oracle.h"

#include <jansson.h>

static void put_text(struct buf *out, const char *at, size_t len)
{
	buf_printf(out, "s%zu:", len);
	buf_put_bytes(out, at, len);
}

static void put_value(struct buf *out, json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_NULL:
		buf_put_char(out, 'n');
		return;
	case JSON_TRUE:
		buf_put_char(out, 't');
		return;
	case JSON_FALSE:
		buf_put_char(out, 'f');
		return;
	case JSON_INTEGER:
		buf_printf(out, "i%lld ", (long long)json_integer_value(value));
		return;
	case JSON_REAL:
		buf_printf(out, "r%a ", json_real_value(value));
		return;
	case JSON_STRING:
		put_text(out, json_string_value(value), json_string_length(value));
		return;
	case JSON_ARRAY:
		buf_put_char(out, '[');
		for (size_t i = 0; i < json_array_size(value); i++)
			put_value(out, json_array_get(value, i));
		buf_put_char(out, ']');
		return;
	case JSON_OBJECT:
		buf_put_char(out, '{');
		for (void *at = json_object_iter(value); at; at = json_object_iter_next(value, at)) {
			put_text(out, json_object_iter_key(at), json_object_iter_key_len(at));
			put_value(out, json_object_iter_value(at));
		}
		buf_put_char(out, '}');
		return;
	}
}

bool jansson_meaning(struct arena *arena, struct str input, struct str *ret)
{
	json_error_t error;
	json_t *value = json_loadb(input.len ? input.at : "", input.len,
				   JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (!value)
		return false;
	struct buf out = buf_create(arena, input.len);
	put_value(&out, value);
	json_decref(value);
	*ret = buf_str(&out);
	return true;
}
