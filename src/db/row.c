/* SPDX-License-Identifier: Apache-2.0
 * Rows of a result, in PostgreSQL's binary form, into the generated structs. */
#include "db_priv.h"

#include <assert.h>

enum { OID_TEXT = 25 };

static bool get_nullable(const struct sql_type *type, struct bytes wire, void *slot)
{
	bool known = wire.at != NULL;
	switch (type->nullable) {
	case NULLABLE_SELF:
		break; /* its own value says so */
	case NULLABLE_INT: {
		struct sql_nullable_int *n = slot;
		n->known = known;
		return !known || type->get(wire, &n->value);
	}
	case NULLABLE_DAY: {
		struct sql_nullable_int *n = slot;
		int32_t day = 0;
		bool fits = !known || type->get(wire, &day);
		*n = (struct sql_nullable_int){known, day};
		return fits;
	}
	case NULLABLE_BOOL: {
		struct sql_nullable_bool *n = slot;
		n->known = known;
		return !known || type->get(wire, &n->value);
	}
	case NULLABLE_DECIMAL: {
		struct sql_nullable_decimal *n = slot;
		n->known = known;
		return !known || type->get(wire, &n->value);
	}
	}
	if (known)
		return type->get(wire, slot);
	type->set_null(slot);
	return true;
}

static bool get_scalar(const struct sql_type *type, struct bytes wire, bool nullable, void *slot)
{
	if (nullable || type->nullable == NULLABLE_SELF)
		return get_nullable(type, wire, slot);
	return wire.at && type->get(wire, slot);
}

/* Cuts `len` bytes off the front; false when fewer are left. */
static bool cut(struct bytes *wire, size_t len, struct bytes *ret)
{
	if (len > wire->len)
		return false;
	*ret = (struct bytes){wire->at, len};
	*wire = (struct bytes){wire->at + len, wire->len - len};
	return true;
}

static bool get_item(const struct sql_type *type, struct bytes *wire, void *ret)
{
	struct bytes head, value;
	if (!cut(wire, 4, &head))
		return false;
	uint32_t len = wire_get32(head.at);
	if (len == UINT32_MAX /* -1: NULL */) {
		if (type->set_null)
			type->set_null(ret);
		return type->set_null != NULL;
	}
	return cut(wire, len, &value) && type->get(value, ret);
}

static bool get_array(struct arena *arena, const struct sql_type *type, struct bytes wire, bool nullable,
		      void *slot)
{
	struct sql_array *ret = slot;
	struct bytes head, bounds;
	*ret = (struct sql_array){0};
	if (!wire.at)
		return nullable;
	if (!cut(&wire, 12, &head) || wire_get32(head.at + 8) != type->oid)
		return false;
	uint32_t dimensions = wire_get32(head.at);
	if (dimensions == 0) {
		ret->items = arena_alloc(arena, type->size); /* empty, not NULL */
		return true;
	}
	if (dimensions != 1 || !cut(&wire, 8, &bounds))
		return false;
	size_t count = wire_get32(bounds.at);
	if (count > wire.len / 4) /* each element has a length of 4 bytes */
		return false;
	char *items = arena_alloc_array(arena, count, type->size);
	for (size_t i = 0; i < count; i++)
		if (!get_item(type, &wire, items + i * type->size))
			return false;
	*ret = (struct sql_array){items, count};
	return true;
}

static bool get_column(struct arena *arena, const struct sql_slot *slot, struct bytes wire, void *row)
{
	bool is_array;
	const struct sql_type *type = sql_type_of(slot->oid, &is_array);
	void *value = (char *)row + slot->offset;
	assert(type);
	return is_array ? get_array(arena, type, wire, slot->nullable, value)
			: get_scalar(type, wire, slot->nullable, value);
}

/* A column that is bytes or text, as it was before it was sealed. */
static void open_column(struct arena *arena, const struct vault *vault, const struct sql_slot *slot,
			void *row)
{
	void *value = (char *)row + slot->offset;
	if (slot->oid == OID_TEXT)
		*(struct str *)value = vault_open_text(arena, vault, *(struct str *)value);
	else
		*(struct bytes *)value = vault_open(arena, vault, *(struct bytes *)value);
}

/* The schema may have moved on under a running program. */
static const char *column_of_other_type(const struct sql_statement *s, const PGresult *result)
{
	int column = 0;
	for (const struct sql_slot *slot = s->row; slot->name; slot++, column++)
		if (column >= PQnfields(result) || PQftype(result, column) != slot->oid)
			return slot->name;
	return column == PQnfields(result) ? NULL : "of the number of columns";
}

static void release_result(void *result)
{
	PQclear(result);
}

static struct bytes wire_at(const PGresult *result, int row, int column)
{
	if (PQgetisnull(result, row, column))
		return (struct bytes){0};
	return (struct bytes){(const uint8_t *)PQgetvalue(result, row, column),
			      (size_t)PQgetlength(result, row, column)};
}

static bool borrows(const struct sql_slot *slot)
{
	bool is_array;
	return sql_type_of(slot->oid, &is_array)->borrows;
}

/* Name of the column that does not fit, or NULL. */
static const char *row_decode(struct arena *arena, const struct vault *vault, const struct sql_statement *s,
			      const PGresult *result, int row, bool copied, void *ret)
{
	int column = 0;
	for (const struct sql_slot *slot = s->row; slot->name; slot++, column++) {
		struct bytes wire = wire_at(result, row, column);
		if (copied && borrows(slot))
			wire = arena_bytes(arena, wire);
		if (!get_column(arena, slot, wire, ret))
			return slot->name;
		if (slot->sealed)
			open_column(arena, vault, slot, ret);
	}
	return NULL;
}

const char *rows_decode(struct arena *arena, const struct vault *vault, const struct sql_statement *s,
			PGresult *result, void **ret, size_t *ret_count)
{
	arena_defer(arena, release_result, result);
	const char *wrong = column_of_other_type(s, result);
	if (wrong)
		return wrong;
	int count = PQntuples(result);
	char *rows = arena_alloc_array(arena, (size_t)count, s->row_size);
	for (int i = 0; i < count; i++) {
		wrong = row_decode(arena, vault, s, result, i, /* copied */ false,
				   rows + (size_t)i * s->row_size);
		if (wrong)
			return wrong;
	}
	*ret = rows;
	*ret_count = (size_t)count;
	return NULL;
}

/* Whose share a row belongs to; `count`: nobody's. */
static size_t share_of(const PGresult *result, int row, size_t count)
{
	struct bytes wire = wire_at(result, row, 0);
	uint64_t n = wire.len == sizeof n ? wire_get64(wire.at) : 0;
	return n >= 1 && n <= count ? n - 1 : count;
}

static void shares_measure(const struct sql_statement *s, const PGresult *result, struct rows_share *shares,
			   size_t count)
{
	for (size_t i = 0; i < count; i++)
		shares[i].count = 0;
	for (int row = 0; row < PQntuples(result); row++)
		if (share_of(result, row, count) < count)
			shares[share_of(result, row, count)].count++;
	for (size_t i = 0; i < count; i++) {
		shares[i].rows = arena_alloc_array(shares[i].arena, shares[i].count, s->row_size);
		shares[i].count = 0; /* of those that are filled in */
	}
}

const char *rows_deal(const struct vault *vault, const struct sql_statement *s, const PGresult *result,
		      struct rows_share *shares, size_t count)
{
	assert(str_equal(str_of(s->row->name), STR("n")) && s->row->oid == 20 /* bigint */);
	const char *wrong = column_of_other_type(s, result);
	if (wrong)
		return wrong;
	shares_measure(s, result, shares, count);
	for (int row = 0; !wrong && row < PQntuples(result); row++) {
		size_t of = share_of(result, row, count);
		if (of == count)
			return s->row->name;
		struct rows_share *share = &shares[of];
		wrong = row_decode(share->arena, vault, s, result, row, /* copied */ true,
				   (char *)share->rows + share->count++ * s->row_size);
	}
	return wrong;
}
