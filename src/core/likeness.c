/* SPDX-License-Identifier: Apache-2.0
 * What makes two records with different ids likely the same deed. */
#include "ft/core/record.h"

#include <stdlib.h>
#include <string.h>

#include "ft/crypto/digest.h"

/* What is told in another order is the same: lists are put in one. */
static int by_text(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static int by_amount(const struct record_quantity *a, const struct record_quantity *b)
{
	if (!a || !b)
		return (a ? 1 : 0) - (b ? 1 : 0);
	int order = str_compare(a->value, b->value);
	order = order ? order : str_compare(a->unit, b->unit);
	return order ? order : by_amount(a->net, b->net);
}

static int by_lot(const void *a, const void *b)
{
	const struct record_lot *x = a, *y = b;
	int order = str_compare(x->lot, y->lot);
	return order ? order : by_amount(x->quantity, y->quantity);
}

static int by_output(const void *a, const void *b)
{
	const struct record_output *x = a, *y = b;
	int order = str_compare(x->product, y->product);
	order = order ? order : str_compare(x->lot, y->lot);
	return order ? order : by_amount(x->quantity, y->quantity);
}

static int by_content(const void *a, const void *b)
{
	const struct record_content *x = a, *y = b;
	int order = str_compare(x->lot, y->lot);
	order = order ? order : str_compare(x->unit, y->unit);
	order = order ? order : str_compare(x->item, y->item);
	return order ? order : by_amount(x->quantity, y->quantity);
}

static int by_result(const void *a, const void *b)
{
	const struct record_result *x = a, *y = b;
	int order = str_compare(x->substance, y->substance);
	order = order ? order : str_compare(x->value, y->value);
	return order ? order : str_compare(x->unit, y->unit);
}

static void put_in_order(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	if (count > 1)
		qsort(items, count, size, compare);
}

static struct str_list texts_of(struct arena *arena, struct str_list written)
{
	struct str *texts = arena_array(arena, struct str, written.count);
	for (size_t i = 0; i < written.count; i++)
		texts[i] = written.items[i];
	put_in_order(texts, written.count, sizeof *texts, by_text);
	return (struct str_list){texts, written.count};
}

/* One place is told as `site` or as the only one of `sites`, and counts once however often it is named. */
static struct str_list sites_of(struct arena *arena, struct str site, struct str_list written)
{
	struct str *sites = arena_array(arena, struct str, written.count + 1);
	size_t count = 0, kept = 0;
	if (site.at)
		sites[count++] = site;
	for (size_t i = 0; i < written.count; i++)
		sites[count++] = written.items[i];
	put_in_order(sites, count, sizeof *sites, by_text);
	for (size_t i = 0; i < count; i++)
		if (!kept || !str_equal(sites[kept - 1], sites[i]))
			sites[kept++] = sites[i];
	return (struct str_list){sites, kept};
}

static struct list results_of(struct arena *arena, struct list written)
{
	struct record_result *results = arena_array(arena, struct record_result, written.count);
	if (written.count)
		memcpy(results, written.items, written.count * sizeof *results);
	put_in_order(results, written.count, sizeof *results, by_result);
	return (struct list){results, written.count};
}

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
	put_in_order(lots, written.count, sizeof *lots, by_lot);
	return (struct list){lots, written.count};
}

static struct list outputs_of(struct arena *arena, struct list written)
{
	struct record_output *outputs = arena_array(arena, struct record_output, written.count);
	for (size_t i = 0; i < written.count; i++) {
		outputs[i] = ((const struct record_output *)written.items)[i];
		outputs[i].quantity = amount_of(arena, outputs[i].quantity);
	}
	put_in_order(outputs, written.count, sizeof *outputs, by_output);
	return (struct list){outputs, written.count};
}

static struct list contents_of(struct arena *arena, struct list written)
{
	struct record_content *contents = arena_array(arena, struct record_content, written.count);
	for (size_t i = 0; i < written.count; i++) {
		contents[i] = ((const struct record_content *)written.items)[i];
		contents[i].quantity = amount_of(arena, contents[i].quantity);
	}
	put_in_order(contents, written.count, sizeof *contents, by_content);
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
	deed.results = results_of(arena, record->results);
	deed.sites = sites_of(arena, record->site, record->sites);
	deed.site = (struct str){NULL, 0};
	deed.active = texts_of(arena, record->active);
	deed.animals = texts_of(arena, record->animals);
	deed.units = texts_of(arena, record->units);
	deed.packs = texts_of(arena, record->packs);
	deed.findings = texts_of(arena, record->findings);
	deed.basis = texts_of(arena, record->basis);
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
