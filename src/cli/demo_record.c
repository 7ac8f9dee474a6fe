/* SPDX-License-Identifier: Apache-2.0
 * Records of the demonstration as JSON, sent one after the other. */
#include "demo_priv.h"

#include "ft/crypto/digest.h"

enum { CHINA_OFFSET_MIN = 480, DAY_S = 86400 };

struct uuid demo_id(const struct demo *d, usec_t at_us, struct str label)
{
	struct str seed = arena_printf(d->cli->arena, "farmtrail demonstration 1, %d, %.*s", (int)d->base_day,
				       STR_ARGS(label));
	struct sha256 hash = sha256_of(str_bytes(seed));
	return uuid_v7(at_us, hash.octets);
}

usec_t demo_time_us(const struct demo *d, struct when when)
{
	int64_t seconds = ((int64_t)d->base_day + when.day) * DAY_S + when.hour * 3600 + when.minute * 60;
	return (seconds - CHINA_OFFSET_MIN * 60) * USEC_PER_SEC;
}

struct str demo_time(const struct demo *d, struct when when)
{
	return instant_print(d->cli->arena, (struct instant){demo_time_us(d, when), CHINA_OFFSET_MIN});
}

struct record_writer {
	struct buf out;
	struct json_writer w;
};

/* Type, party, time and a word that tells two such records apart make the id. */
static void begin(const struct demo *d, struct record_writer *r, const char *type, const char *party,
		  struct when when, struct str mark)
{
	struct arena *arena = d->cli->arena;
	usec_t at_us = demo_time_us(d, when);
	struct str label =
		arena_printf(arena, "%s %s %lld %.*s", type, party, (long long)at_us, STR_ARGS(mark));
	r->out = buf_create(arena, 512);
	r->w = json_writer(&r->out);
	json_begin_object(&r->w);
	json_pair(&r->w, STR("id"), uuid_print(arena, demo_id(d, at_us, label)));
	json_pair(&r->w, STR("type"), str_of(type));
	json_pair(&r->w, STR("time"), demo_time(d, when));
	json_pair(&r->w, STR("party"), str_of(party));
}

static bool send(struct demo *d, struct record_writer *r, struct answer *ret)
{
	json_end_object(&r->w);
	if (!demo_post(d, "/v1/events", buf_str(&r->out), ret))
		return false;
	const struct json *alerts = json_get(&ret->json, STR("alerts"));
	d->alerts += alerts && alerts->kind == JSON_ARRAY ? alerts->count : 0;
	d->records++;
	return true;
}

static void put_quantity(struct json_writer *w, struct str value, const char *unit, const char *net)
{
	json_name(w, STR("quantity"));
	json_begin_object(w);
	json_pair(w, STR("value"), value);
	json_pair(w, STR("unit"), str_of(unit));
	if (net) {
		json_name(w, STR("net"));
		json_begin_object(w);
		json_pair(w, STR("value"), str_of(net));
		json_pair(w, STR("unit"), STR("KGM"));
		json_end_object(w);
	}
	json_end_object(w);
}

static void put_lots(struct json_writer *w, struct str member, const struct demo_lot *lots, size_t count)
{
	json_name(w, member);
	json_begin_array(w);
	for (size_t i = 0; i < count; i++) {
		json_begin_object(w);
		json_pair(w, STR("lot"), lots[i].id);
		put_quantity(w, lots[i].value, lots[i].unit, lots[i].net);
		json_end_object(w);
	}
	json_end_array(w);
}

/* The answer names the lots in the order of the outputs. */
static struct str lot_answered(struct demo *d, const struct answer *answer, size_t index, const char *member)
{
	const struct json *lots = json_get(&answer->json, STR("lots"));
	if (!lots || lots->kind != JSON_ARRAY || index >= lots->count)
		return STR("");
	struct str text = json_text(json_get(&lots->items[index], str_of(member)));
	return text.at ? arena_str(d->cli->arena, text) : STR("");
}

void demo_observe(struct demo *d, const char *type, const char *party, const char *site, struct when when,
		  const struct demo_use *use)
{
	struct record_writer r;
	struct answer answer;
	if (d->code)
		return;
	begin(d, &r, type, party, when, str_of(site));
	json_pair(&r.w, STR("site"), str_of(site));
	if (use && use->product)
		json_pair(&r.w, STR("product"), str_of(use->product));
	if (use && use->active) {
		json_name(&r.w, STR("active"));
		json_begin_array(&r.w);
		json_string(&r.w, str_of(use->active));
		json_end_array(&r.w);
	}
	if (use)
		json_pair(&r.w, STR("target"), str_of(use->target));
	(void)send(d, &r, &answer);
}

struct demo_lot demo_harvest(struct demo *d, const char *type, const char *party, const char *site,
			     const char *product, struct when when, struct demo_lot amount)
{
	struct record_writer r;
	struct answer answer;
	struct demo_lot lot = amount;
	if (d->code)
		return lot;
	struct str day = date_print(d->cli->arena, d->base_day + when.day);
	struct str number = arena_printf(d->cli->arena, "%.2s%.2s%.2s-%s-%s", day.at + 2, day.at + 5,
					 day.at + 8, product, site);
	begin(d, &r, type, party, when, str_of(site));
	json_pair(&r.w, STR("site"), str_of(site));
	json_pair(&r.w, STR("product"), str_of(product));
	json_pair(&r.w, STR("lot"), number);
	put_quantity(&r.w, amount.value, amount.unit, amount.net);
	if (send(d, &r, &answer))
		lot.id = lot_answered(d, &answer, 0, "id");
	return lot;
}

void demo_transform(struct demo *d, const char *type, const char *party, const char *site, struct when when,
		    const struct demo_lot *inputs, size_t input_count, const struct demo_output *outputs,
		    size_t output_count, struct demo_lot *ret)
{
	struct record_writer r;
	struct answer answer;
	if (d->code)
		return;
	begin(d, &r, type, party, when, str_of(outputs[0].number));
	json_pair(&r.w, STR("site"), str_of(site));
	put_lots(&r.w, STR("inputs"), inputs, input_count);
	json_name(&r.w, STR("outputs"));
	json_begin_array(&r.w);
	for (size_t i = 0; i < output_count; i++) {
		json_begin_object(&r.w);
		json_pair(&r.w, STR("product"), str_of(outputs[i].product));
		json_pair(&r.w, STR("lot"), str_of(outputs[i].number));
		put_quantity(&r.w, str_of(outputs[i].value), outputs[i].unit, NULL /* no net */);
		json_end_object(&r.w);
	}
	json_end_array(&r.w);
	if (!send(d, &r, &answer))
		return;
	for (size_t i = 0; i < output_count; i++)
		ret[i] = (struct demo_lot){lot_answered(d, &answer, i, "id"), str_of(outputs[i].value),
					   outputs[i].unit, NULL};
	d->finest_code = lot_answered(d, &answer, 0, "code"); /* the story keeps the one it wants */
	d->finest_lot = ret[0].id;
}

static void receive(struct demo *d, const char *party, const char *site, struct when when,
		    struct str shipment)
{
	struct record_writer r;
	struct answer answer;
	if (d->code)
		return;
	begin(d, &r, "receive", party, when, shipment);
	json_pair(&r.w, STR("site"), str_of(site));
	json_pair(&r.w, STR("shipment"), shipment);
	(void)send(d, &r, &answer);
}

static struct when later(struct when when, int hours)
{
	when.hour += hours;
	when.day += when.hour / 24;
	when.hour %= 24;
	return when;
}

void demo_move(struct demo *d, const char *from, const char *to, const char *site, const char *vehicle,
	       struct when when, int hours, const struct demo_lot *lots, size_t count)
{
	struct record_writer r;
	struct answer answer;
	if (d->code)
		return;
	begin(d, &r, "ship", from, when, str_of(to));
	json_pair(&r.w, STR("to"), str_of(to));
	json_pair(&r.w, STR("vehicle"), str_of(vehicle));
	put_lots(&r.w, STR("lots"), lots, count);
	if (!send(d, &r, &answer))
		return;
	struct str shipment = json_text(json_get(&answer.json, STR("shipment")));
	receive(d, to, site, later(when, hours), arena_str(d->cli->arena, shipment.at ? shipment : STR("")));
}

void demo_sell(struct demo *d, const char *party, struct when when, struct demo_lot lot)
{
	struct record_writer r;
	struct answer answer;
	if (d->code)
		return;
	begin(d, &r, "sell", party, when, lot.id);
	put_lots(&r.w, STR("lots"), &lot, 1);
	json_pair(&r.w, STR("channel"), STR("retail"));
	(void)send(d, &r, &answer);
}

struct demo_lot demo_part(struct demo_lot lot, const char *value)
{
	lot.value = str_of(value);
	lot.net = NULL;
	return lot;
}
