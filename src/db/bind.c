/* SPDX-License-Identifier: Apache-2.0
 * Parameters of a statement, out of its generated struct, in PostgreSQL's binary form. */
#include "db_priv.h"

#include <assert.h>

enum { OID_BYTEA = 17 };

/* A value that is bytes or text, sealed. */
static bool put_sealed(const struct vault *vault, const struct sql_type *type, struct wire *wire,
		       const void *value)
{
	if (type->oid == OID_BYTEA) {
		const struct bytes *plain = value;
		vault_seal(vault, *plain, wire_room(wire, vault_sealed_len(plain->len)));
		return true;
	}
	struct arena *arena = arena_create();
	struct str sealed = vault_seal_text(arena, vault, *(const struct str *)value);
	bool fits = type->put(wire, &sealed);
	arena_destroy(arena);
	return fits;
}

static bool put_value(const struct vault *vault, const struct sql_type *type, struct wire *wire,
		      const void *value)
{
	return vault ? put_sealed(vault, type, wire, value) : type->put(wire, value);
}

static bool put_nullable(const struct vault *vault, const struct sql_type *type, struct wire *wire,
			 const void *slot, bool *ret_null)
{
	switch (type->nullable) {
	case NULLABLE_SELF:
		break; /* its own value says so */
	case NULLABLE_INT: {
		const struct sql_nullable_int *n = slot;
		*ret_null = !n->known;
		return *ret_null || type->put(wire, &n->value);
	}
	case NULLABLE_DAY: {
		const struct sql_nullable_int *n = slot;
		int32_t day = (int32_t)n->value;
		*ret_null = !n->known;
		return *ret_null || (day == n->value && type->put(wire, &day));
	}
	case NULLABLE_BOOL: {
		const struct sql_nullable_bool *n = slot;
		*ret_null = !n->known;
		return *ret_null || type->put(wire, &n->value);
	}
	case NULLABLE_DECIMAL: {
		const struct sql_nullable_decimal *n = slot;
		*ret_null = !n->known;
		return *ret_null || type->put(wire, &n->value);
	}
	}
	*ret_null = type->is_null(slot);
	return *ret_null || put_value(vault, type, wire, slot);
}

static bool put_scalar(const struct vault *vault, const struct sql_type *type, struct wire *wire,
		       const void *slot, bool nullable, bool *ret_null)
{
	if (nullable || type->nullable == NULLABLE_SELF)
		return put_nullable(vault, type, wire, slot, ret_null);
	*ret_null = false;
	return type->put(wire, slot);
}

/* What an array of one item stands for. */
static bool put_element(const struct vault *vault, const struct sql_type *type, struct wire *wire,
			const struct sql_array *array, bool *ret_null)
{
	*ret_null = type->is_null && type->is_null(array->items);
	return *ret_null || put_value(vault, type, wire, array->items);
}

static bool put_items(const struct vault *vault, const struct sql_type *type, struct wire *wire,
		      const struct sql_array *array, bool *ret_has_null)
{
	for (size_t i = 0; i < array->count; i++) {
		const void *item = (const char *)array->items + i * type->size;
		size_t length_at = wire->len;
		wire_put32(wire, UINT32_MAX /* -1: NULL */);
		if (type->is_null && type->is_null(item)) {
			*ret_has_null = true;
			continue;
		}
		if (!put_value(vault, type, wire, item))
			return false;
		wire_patch32(wire, length_at, (uint32_t)(wire->len - length_at - 4));
	}
	return true;
}

static const struct sql_array *array_at(const void *params, size_t offset)
{
	return (const void *)((const char *)params + offset);
}

/* The arrays of all sets, one behind the other. utils/adt/arrayfuncs.c, array_recv: dimensions, has-NULL flag, element
 * type, (size, lower bound), elements. */
static bool put_arrays(const struct vault *vault, const struct sql_type *type, struct wire *wire,
		       const struct sql_slot *slot, const void *const *sets, size_t set_count, bool *ret_null)
{
	size_t count = 0;
	bool has_null = false;
	*ret_null = slot->nullable;
	for (size_t i = 0; i < set_count; i++) {
		const struct sql_array *array = array_at(sets[i], slot->offset);
		*ret_null &= !array->items && !array->count;
		count += array->count;
	}
	if (*ret_null)
		return true;
	if (count > INT32_MAX)
		return false;
	wire_put32(wire, count ? 1 : 0);
	size_t flag_at = wire->len;
	wire_put32(wire, 0 /* no NULL seen yet */);
	wire_put32(wire, type->oid);
	if (!count)
		return true;
	wire_put32(wire, (uint32_t)count);
	wire_put32(wire, 1 /* lower bound */);
	for (size_t i = 0; i < set_count; i++)
		if (!put_items(vault, type, wire, array_at(sets[i], slot->offset), &has_null))
			return false;
	wire_patch32(wire, flag_at, has_null);
	return true;
}

/* What seals this parameter; NULL: it goes as it is. */
static const struct vault *vault_for(const struct vault *vault, const struct sql_slot *slot,
				     const void *params)
{
	const bool *condition = (const void *)((const char *)params + slot->condition);
	return slot->sealed && (!slot->conditional || *condition) ? vault : NULL;
}

const char *bind_params(struct bound *bound, const struct vault *vault, const struct sql_statement *s,
			const void *const *sets, size_t set_count)
{
	size_t offsets[SQL_PARAMS_MAX];
	bound->wire.len = 0;
	bound->count = 0;
	wire_put(&bound->wire, "", 1); /* so that an empty value has an address */
	for (const struct sql_slot *slot = s->params; slot->name; slot++) {
		bool is_array, is_null;
		const struct sql_type *type = sql_type_of(slot->oid, &is_array);
		int i = bound->count++;
		assert(type && i < SQL_PARAMS_MAX);
		offsets[i] = bound->wire.len;
		const void *value = (const char *)sets[set_count - 1] + slot->offset;
		if (slot->sealed && !vault)
			return slot->name;
		const struct vault *v = vault_for(vault, slot, sets[set_count - 1]);
		bool fits = slot->element ? put_element(v, type, &bound->wire, value, &is_null)
			    : is_array    ? put_arrays(v, type, &bound->wire, slot, sets, set_count, &is_null)
				       : put_scalar(v, type, &bound->wire, value, slot->nullable, &is_null);
		size_t len = bound->wire.len - offsets[i];
		if (!fits || len > INT32_MAX)
			return slot->name;
		if (is_null)
			offsets[i] = 0;
		bound->lengths[i] = (int)len;
		bound->formats[i] = 1; /* binary */
		bound->types[i] = slot->oid;
	}
	for (int i = 0; i < bound->count; i++) /* the buffer no longer moves */
		bound->values[i] = offsets[i] ? (const char *)bound->wire.at + offsets[i] : NULL;
	return NULL;
}
