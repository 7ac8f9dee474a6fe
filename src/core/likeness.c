/* SPDX-License-Identifier: Apache-2.0
 * What makes two records with different ids likely the same deed. */
#include "ft/core/record.h"

#include "ft/crypto/digest.h"

/* "20 jin", "10.0 kg" and "10 KGM" are one amount. What is no quantity stays as it is written. */
static struct record_quantity *amount_of(struct arena *arena, const struct record_quantity *written)
{
	struct quantity read;
	if (!written)
		return NULL;
	struct record_quantity *amount = arena_new(arena, struct record_quantity);
	*amount = *written;
	amount->net = amount_of(arena, written->net);
	if (quantity_of(written->value, written->unit, &read))
		return amount;
	const struct unit *base = unit_base(read.unit->dimension);
	amount->value = decimal_print(arena, read.base);
	amount->unit = str_of(base ? base->code : read.unit->code);
	return amount;
}

static struct list lots_of(struct arena *arena, struct list written)
{
	struct record_lot *lots = arena_array(arena, struct record_lot, written.count);
	for (size_t i = 0; i < written.count; i++) {
		lots[i] = ((const struct record_lot *)written.items)[i];
		lots[i].quantity = amount_of(arena, lots[i].quantity);
	}
	return (struct list){lots, written.count};
}

static struct list outputs_of(struct arena *arena, struct list written)
{
	struct record_output *outputs = arena_array(arena, struct record_output, written.count);
	for (size_t i = 0; i < written.count; i++) {
		outputs[i] = ((const struct record_output *)written.items)[i];
		outputs[i].quantity = amount_of(arena, outputs[i].quantity);
	}
	return (struct list){outputs, written.count};
}

static struct list contents_of(struct arena *arena, struct list written)
{
	struct record_content *contents = arena_array(arena, struct record_content, written.count);
	for (size_t i = 0; i < written.count; i++) {
		contents[i] = ((const struct record_content *)written.items)[i];
		contents[i].quantity = amount_of(arena, contents[i].quantity);
	}
	return (struct list){contents, written.count};
}

static struct record_shortage *shortage_of(struct arena *arena, const struct record_shortage *written)
{
	if (!written)
		return NULL;
	struct record_shortage *shortage = arena_new(arena, struct record_shortage);
	shortage->quantity = amount_of(arena, written->quantity);
	return shortage;
}

int64_t record_likeness(struct arena *arena, const struct record *record, struct uuid party)
{
	static const struct uuid no_id;
	struct record deed = *record;
	struct buf out = buf_create(arena, 512);
	struct json_writer w = json_writer(&out);
	uint64_t likeness = 0;

	/* Not what was done but when, by what means and with what words it was told. */
	deed.id = no_id;
	deed.time = deed.device_time = (struct instant){0};
	deed.party = deed.note = deed.device = deed.entry_mode = deed.reason = (struct str){NULL, 0};
	deed.position = NULL;
	deed.documents = deed.temperature = (struct list){NULL, 0};
	deed.quantity = amount_of(arena, record->quantity);
	deed.inputs = lots_of(arena, record->inputs);
	deed.lots = lots_of(arena, record->lots);
	deed.outputs = outputs_of(arena, record->outputs);
	deed.contents = contents_of(arena, record->contents);
	deed.shortage = shortage_of(arena, record->shortage);
	shape_encode(&record_shape, &deed, &w);

	const struct bytes parts[] = {{party.octets, sizeof party.octets}, str_bytes(buf_str(&out))};
	struct sha256 h = sha256_of_parts(parts, 2);
	for (size_t i = 0; i < sizeof likeness; i++)
		likeness = likeness << 8 | h.octets[i];
	return (int64_t)likeness;
}

bool record_times_are_near(usec_t a_us, usec_t b_us)
{
	usec_t apart = a_us > b_us ? a_us - b_us : b_us - a_us;

	return apart <= RECORD_DOUBLE_S * USEC_PER_SEC;
}
