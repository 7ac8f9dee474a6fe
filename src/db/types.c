/* SPDX-License-Identifier: Apache-2.0
 * The SQL types that parameters and columns may have, each with its binary form. */
#include "db_priv.h"

#include <string.h>

/* PostgreSQL counts from 2000-01-01. */
#define EPOCH_US (INT64_C(946684800) * USEC_PER_SEC)
enum { EPOCH_DAY = 10957 };

static bool put_bool(struct wire *wire, const void *value)
{
	uint8_t octet = *(const bool *)value;
	wire_put(wire, &octet, 1);
	return true;
}

static bool get_bool(struct bytes wire, void *ret)
{
	if (wire.len != 1)
		return false;
	*(bool *)ret = *wire.at != 0;
	return true;
}

static bool put_int16(struct wire *wire, const void *value)
{
	int64_t n = *(const int64_t *)value;
	wire_put16(wire, (uint16_t)n);
	return n >= INT16_MIN && n <= INT16_MAX;
}

static bool get_int16(struct bytes wire, void *ret)
{
	if (wire.len != 2)
		return false;
	*(int64_t *)ret = (int16_t)wire_get16(wire.at);
	return true;
}

static bool put_int32(struct wire *wire, const void *value)
{
	int64_t n = *(const int64_t *)value;
	wire_put32(wire, (uint32_t)n);
	return n >= INT32_MIN && n <= INT32_MAX;
}

static bool get_int32(struct bytes wire, void *ret)
{
	if (wire.len != 4)
		return false;
	*(int64_t *)ret = (int32_t)wire_get32(wire.at);
	return true;
}

static bool put_int64(struct wire *wire, const void *value)
{
	wire_put64(wire, (uint64_t) * (const int64_t *)value);
	return true;
}

static bool get_int64(struct bytes wire, void *ret)
{
	if (wire.len != 8)
		return false;
	*(int64_t *)ret = (int64_t)wire_get64(wire.at);
	return true;
}

static bool put_time(struct wire *wire, const void *value)
{
	usec_t at = *(const usec_t *)value;
	if (at < INT64_MIN + EPOCH_US + 1)
		return false; /* would wrap, or read as -infinity */
	wire_put64(wire, (uint64_t)(at == INT64_MAX ? at : at - EPOCH_US));
	return true;
}

static bool get_time(struct bytes wire, void *ret)
{
	if (wire.len != 8)
		return false;
	int64_t at = (int64_t)wire_get64(wire.at);
	if (at == INT64_MIN || (at != INT64_MAX && at >= INT64_MAX - EPOCH_US))
		return false;
	*(usec_t *)ret = at == INT64_MAX ? at : at + EPOCH_US;
	return true;
}

static bool put_day(struct wire *wire, const void *value)
{
	int32_t day = *(const int32_t *)value;
	if (day < INT32_MIN + EPOCH_DAY + 1)
		return false;
	wire_put32(wire, (uint32_t)(day == INT32_MAX ? day : day - EPOCH_DAY));
	return true;
}

static bool get_day(struct bytes wire, void *ret)
{
	if (wire.len != 4)
		return false;
	int32_t day = (int32_t)wire_get32(wire.at);
	if (day == INT32_MIN || (day != INT32_MAX && day >= INT32_MAX - EPOCH_DAY))
		return false;
	*(int32_t *)ret = day == INT32_MAX ? day : day + EPOCH_DAY;
	return true;
}

static bool put_decimal(struct wire *wire, const void *value)
{
	numeric_put(wire, *(const struct decimal *)value);
	return true;
}

static bool get_decimal(struct bytes wire, void *ret)
{
	return numeric_get(wire, ret);
}

static bool put_uuid(struct wire *wire, const void *value)
{
	wire_put(wire, value, sizeof(struct uuid));
	return true;
}

static bool get_uuid(struct bytes wire, void *ret)
{
	if (wire.len != sizeof(struct uuid))
		return false;
	memcpy(ret, wire.at, wire.len);
	return true;
}

static bool put_text(struct wire *wire, const void *value)
{
	const struct str *s = value;
	wire_put(wire, s->at, s->len);
	return true;
}

static bool get_text(struct bytes wire, void *ret)
{
	*(struct str *)ret = bytes_str(wire);
	return true;
}

static bool put_bytes(struct wire *wire, const void *value)
{
	const struct bytes *b = value;
	wire_put(wire, b->at, b->len);
	return true;
}

static bool get_bytes(struct bytes wire, void *ret)
{
	*(struct bytes *)ret = wire;
	return true;
}

static bool int_is_null(const void *value)
{
	return *(const int64_t *)value == SQL_NULL_INT;
}

static void int_set_null(void *ret)
{
	*(int64_t *)ret = SQL_NULL_INT;
}

static bool day_is_null(const void *value)
{
	return *(const int32_t *)value == SQL_NULL_DAY;
}

static void day_set_null(void *ret)
{
	*(int32_t *)ret = SQL_NULL_DAY;
}

static bool decimal_is_null(const void *value)
{
	return ((const struct decimal *)value)->units == SQL_NULL_DECIMAL.units;
}

static void decimal_set_null(void *ret)
{
	*(struct decimal *)ret = SQL_NULL_DECIMAL;
}

static bool uuid_is_null(const void *value)
{
	return uuid_is_nil(*(const struct uuid *)value);
}

static void uuid_set_null(void *ret)
{
	*(struct uuid *)ret = (struct uuid){{0}};
}

static bool text_is_null(const void *value)
{
	return !((const struct str *)value)->at;
}

static void text_set_null(void *ret)
{
	*(struct str *)ret = (struct str){0};
}

static bool bytes_is_null(const void *value)
{
	return !((const struct bytes *)value)->at;
}

static void bytes_set_null(void *ret)
{
	*(struct bytes *)ret = (struct bytes){0};
}

/* OIDs as in pg_type.dat, and in tools/sqlgen.py. */
static const struct sql_type types[] = {
	{16, 1000, sizeof(bool), NULLABLE_BOOL, put_bool, get_bool, NULL, NULL, false},
	{17, 1001, sizeof(struct bytes), NULLABLE_SELF, put_bytes, get_bytes, bytes_is_null, bytes_set_null,
	 true},
	{20, 1016, sizeof(int64_t), NULLABLE_INT, put_int64, get_int64, int_is_null, int_set_null, false},
	{21, 1005, sizeof(int64_t), NULLABLE_INT, put_int16, get_int16, int_is_null, int_set_null, false},
	{23, 1007, sizeof(int64_t), NULLABLE_INT, put_int32, get_int32, int_is_null, int_set_null, false},
	{25, 1009, sizeof(struct str), NULLABLE_SELF, put_text, get_text, text_is_null, text_set_null, true},
	{1082, 1182, sizeof(int32_t), NULLABLE_DAY, put_day, get_day, day_is_null, day_set_null, false},
	{1184, 1185, sizeof(usec_t), NULLABLE_INT, put_time, get_time, int_is_null, int_set_null, false},
	{1700, 1231, sizeof(struct decimal), NULLABLE_DECIMAL, put_decimal, get_decimal, decimal_is_null,
	 decimal_set_null, false},
	{2950, 2951, sizeof(struct uuid), NULLABLE_SELF, put_uuid, get_uuid, uuid_is_null, uuid_set_null,
	 false},
};

const struct sql_type *sql_type_of(unsigned oid, bool *ret_is_array)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].oid == oid || types[i].array_oid == oid) {
			*ret_is_array = types[i].array_oid == oid;
			return &types[i];
		}
	return NULL;
}
