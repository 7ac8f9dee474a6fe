/* SPDX-License-Identifier: Apache-2.0
 * Lineage that partners' transformations tell. One that stands for itself makes every input a parent of every output; pieces of
 * one transformation meet in its node, and a later piece gives parents to lots that were made, shipped and sold long before. */
#include "capture_partner_priv.h"

#include "ft/core/transformation.h"

static bool is_piece(const struct item *item)
{
	const struct epcis_event *event = item->job->event;
	return event && event->type == EPCIS_TRANSFORMATION && event->transformation_id.at;
}

bool partner_lineage_comes(const struct batch *batch)
{
	bool come = false;
	for (size_t i = 0; i < batch->count; i++) {
		const struct item *item = &batch->items[i];
		come |= !item->problem && !item->replay && item->job->event &&
			item->job->event->type == EPCIS_TRANSFORMATION;
	}
	return come;
}

bool pieces_come(const struct batch *batch)
{
	bool come = false;
	for (size_t i = 0; i < batch->count; i++)
		come |= !batch->items[i].problem && !batch->items[i].replay && is_piece(&batch->items[i]);
	return come;
}

static struct lot_id node_of(const struct item *item)
{
	return transformation_node(item->job->arena, item->recorder, item->job->event->transformation_id);
}

/* — facts, read behind the lock of the recorder's keys: it alone adds to its nodes — */
void pieces_want_nodes(struct batch *batch, struct rows *nodes)
{
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->items[i].problem && !batch->items[i].replay && is_piece(&batch->items[i]))
			*(struct uuid *)rows_add(batch->arena, nodes, sizeof(struct uuid)) =
				node_of(&batch->items[i]).lot;
}

enum problem batch_load_pieces(struct batch *batch)
{
	struct rows nodes = {0};
	struct transformation_outputs_row *rows;
	size_t count;
	pieces_want_nodes(batch, &nodes);
	if (!nodes.count)
		return PROBLEM_NONE;
	const struct transformation_outputs_params params = {rows_array(&nodes)};
	db_queue(batch->db, &sql_transformation_outputs, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_transformation_outputs, (void **)&rows,
				 &count);
	if (!p)
		batch->node_outputs = (struct rows){rows, count, count, sizeof *rows};
	return p;
}

/* — edges — */
static struct decimal *parts_of(struct batch *batch, struct part_told *parts, const struct told_list *list,
				struct decimal *ret_total)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct told *told = &list->items[i];
		const struct quantity *q = &told->thing.quantity;
		parts[i] = (struct part_told){.lot = told->lot->row.lot_id,
					      .has_base = told->measured,
					      .dimension = (enum dimension)told->lot->row.dimension,
					      .base = told->base,
					      .unit = q->unit,
					      .value = q->value};
		parts[i].has_mass =
			q->unit && mass_of(batch, map_get(batch->products, MAP_KEY(told->lot->row.product)),
					   q, NULL /* net */, &parts[i].mass);
	}
	return parts_in_common(batch->arena, parts, list->count, ret_total);
}

static void add_edge(struct batch *batch, struct item *item, struct edge_row edge)
{
	edge.event_org = item->recorder;
	edge.event = item->job->id;
	edge.at = item->recorded_us;
	*ROW_ADD(batch, edges, struct edge_row) = edge;
	*ROW_ADD(batch, known_edges, struct lot_edge) =
		(struct lot_edge){.parent = edge.parent, .child = edge.child, .event = edge.event};
}

static struct lot_id id_of(const struct told *told)
{
	return (struct lot_id){told->lot->row.org_id, told->lot->row.lot_id};
}

static void put_input(struct edge_row *edge, const struct told *in)
{
	const struct quantity *q = &in->thing.quantity;
	edge->parent = id_of(in);
	edge->value = q->unit ? q->value : STR("1");
	edge->unit = q->unit ? str_of(q->unit->code) : STR("");
}

static void put_output(struct edge_row *edge, const struct told *out)
{
	edge->child = id_of(out);
	edge->output = out->measured ? out->base : edge->output_part;
}

static void join(struct batch *batch, struct lot_id below)
{
	*ROW_ADD(batch, joined_orgs, struct uuid) = below.org;
	*ROW_ADD(batch, joined, struct uuid) = below.lot;
}

static void add_to_node(struct batch *batch, struct item *item, const struct told_list *in,
			const struct told_list *out)
{
	const struct lot_id node = node_of(item);
	const struct decimal one = decimal_of(1);
	struct part_told *told = arena_array(batch->arena, struct part_told, in->count + out->count);
	struct decimal input_total, output_total;
	struct decimal *inputs = parts_of(batch, told, in, &input_total),
		       *outputs = parts_of(batch, told + in->count, out, &output_total);
	for (size_t i = 0; i < in->count; i++) {
		struct edge_row edge = {.child = node,
					.input = inputs[i],
					.input_total = input_total,
					.output = one,
					.output_part = one,
					.output_total = one,
					.base = {told[i].has_base, told[i].base},
					.mass = {told[i].has_mass, told[i].mass}};
		put_input(&edge, &in->items[i]);
		add_edge(batch, item, edge);
	}
	for (size_t k = 0; k < out->count; k++) {
		struct edge_row edge = {.parent = node,
					.input = one,
					.input_total = one,
					.output_part = outputs[k],
					.output_total = output_total,
					.value = STR("1"),
					.unit = STR("")};
		put_output(&edge, &out->items[k]);
		if (partner_may_make(item, out->items[k].lot))
			add_edge(batch, item, edge);
	}
	join(batch, node);
}

static void add_every_pair(struct batch *batch, struct item *item, const struct told_list *in,
			   const struct told_list *out)
{
	struct part_told *told = arena_array(batch->arena, struct part_told, in->count + out->count);
	struct decimal input_total, output_total;
	struct decimal *inputs = parts_of(batch, told, in, &input_total),
		       *outputs = parts_of(batch, told + in->count, out, &output_total);
	for (size_t k = 0; k < out->count; k++) {
		if (!partner_may_make(item, out->items[k].lot))
			continue;
		if (!out->items[k]
			     .lot->is_new) /* it may have been sold before anybody told what it is made of */
			join(batch, id_of(&out->items[k]));
		for (size_t i = 0; i < in->count; i++) {
			struct edge_row edge = {.input = inputs[i],
						.input_total = input_total,
						.output_part = outputs[k],
						.output_total = output_total};
			put_input(&edge, &in->items[i]);
			put_output(&edge, &out->items[k]);
			if (in->items[i].lot != out->items[k].lot)
				add_edge(batch, item, edge);
		}
	}
}

void partner_add_edges(struct batch *batch, struct item *item, const struct told_list *in,
		       const struct told_list *out)
{
	if (is_piece(item))
		add_to_node(batch, item, in, out);
	else
		add_every_pair(batch, item, in, out);
	if (in->count)
		pieces_feed(batch, item);
}

void pieces_feed(struct batch *batch, const struct item *item)
{
	if (is_piece(item))
		*ROW_ADD(batch, fed, struct uuid) = node_of(item).lot;
}

/* Once a batch, however many pieces of one transformation are in it. */
static void touch_outputs(struct batch *batch)
{
	const struct transformation_outputs_row *rows = batch->node_outputs.items;
	const struct uuid *nodes = batch->fed.items;
	struct map *fed = map_create(batch->arena, batch->fed.count);
	for (size_t i = 0; i < batch->fed.count; i++)
		map_set(fed, MAP_KEY(nodes[i]), (void *)(uintptr_t)&nodes[i]);
	for (size_t i = 0; i < batch->node_outputs.count; i++)
		if (map_get(fed, MAP_KEY(rows[i].node)))
			batch_touch(batch, (struct lot_id){rows[i].child_org, rows[i].child},
				    batch_seen(batch));
}

bool piece_node(const struct item *item, struct lot_id *ret)
{
	if (!is_piece(item))
		return false;
	*ret = node_of(item);
	return true;
}

/* — circles — */
/* A lot that is not there yet stands for itself by its path. */
static struct lot_id identity_of(struct batch *batch, const struct item *item, size_t index)
{
	const struct lot_fact *lot = batch_lot(batch, &item->output_lots[index]);
	struct lot_id id = {0};
	if (lot)
		return (struct lot_id){lot->row.org_id, lot->row.lot_id};
	for (size_t i = 0; i < sizeof id.lot.octets; i++)
		id.lot.octets[i] = item->output_lots[index].name.hash.octets[i];
	return id;
}

static size_t pairs_of(struct batch *batch, const struct item *item, struct lot_edge *ret)
{
	size_t count = 0;
	for (size_t k = 0; k < item->output_count; k++)
		for (size_t i = 0; i < item->output_count; i++)
			if (item->goods[i].mention->role == EPCIS_INPUT &&
			    item->goods[k].mention->role == EPCIS_OUTPUT &&
			    !str_equal(item->goods[i].path, item->goods[k].path))
				ret[count++] = (struct lot_edge){.parent = identity_of(batch, item, i),
								 .child = identity_of(batch, item, k)};
	return count;
}

/* What went into a transformation does not come out of it as itself: by its other pieces it would be made of itself. */
static size_t spokes_of(struct batch *batch, const struct item *item, struct lot_edge *ret)
{
	const struct lot_id node = node_of(item);
	size_t count = 0;
	for (size_t i = 0; i < item->output_count; i++) {
		struct lot_id lot = identity_of(batch, item, i);
		bool input = item->goods[i].mention->role == EPCIS_INPUT;
		ret[count++] = input ? (struct lot_edge){.parent = lot, .child = node}
				     : (struct lot_edge){.parent = node, .child = lot};
	}
	return count;
}

enum problem partner_check_cycle(struct batch *batch, struct item *item)
{
	struct lot_edge *added =
		arena_array(batch->arena, struct lot_edge, epcis_event_edges(item->job->event));
	size_t count = is_piece(item) ? spokes_of(batch, item, added) : pairs_of(batch, item, added);
	if (!count || !lot_graph_makes_cycle(batch->arena, batch->known_edges.items, batch->known_edges.count,
					     added, count))
		return PROBLEM_NONE;
	return fault_set(item->job->fault, PROBLEM_LINEAGE_CYCLE, "acyclic", "/outputQuantityList");
}

/* — alerts — */
/* What is known of inputs reaches what came of them long before: edges are written before anything is looked for along them. */
enum problem lineage_join(struct batch *batch)
{
	struct alert_raise_joined_row *rows;
	size_t count;
	bool edges = !batch->edges_sent && batch->edges.count;
	touch_outputs(batch);
	if (!batch->joined.count)
		return PROBLEM_NONE;
	const struct alert_raise_joined_params params = {
		.orgs = rows_array(&batch->joined_orgs),
		.ids = rows_array(&batch->joined),
		.seen = batch_seen(batch),
		.due_at = batch_seen(batch) + risk_due_after_s(SEVERITY_CRITICAL) * USEC_PER_SEC,
		.max_lots = batch->capture->settings.config->graph_nodes};
	edges_send(batch);
	db_queue(batch->db, &sql_alert_raise_joined, &params);
	enum problem p = db_flush(batch->db);
	if (!p && edges)
		p = db_take_exec(batch->db, &sql_lot_edge_insert_many, NULL /* ret_rows */);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_alert_raise_joined, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		batch_touch(batch, (struct lot_id){rows[i].lot_org, rows[i].lot_id}, batch_seen(batch));
	return p;
}

void lineage_send(struct batch *batch)
{
	const struct alert_region_insert_joined_params params = {
		rows_array(&batch->joined_orgs), rows_array(&batch->joined),
		batch->capture->settings.config->graph_nodes};
	if (batch->joined.count)
		db_queue(batch->db, &sql_alert_region_insert_joined, &params);
}
