/* SPDX-License-Identifier: Apache-2.0
 * What an event's body says, beside its edges. */
#include "recount_priv.h"

#include "ft/core/transformation.h"

bool recount_is_piece(const struct recounted *event)
{
	return event->row->joins && event->deed.transformation.at;
}

static const struct recount_edges_row *edge_of(const struct recounted *event, struct uuid parent,
					       struct uuid child)
{
	for (size_t i = 0; i < event->edge_count; i++)
		if (uuid_equal(event->edges[i].parent, parent) && uuid_equal(event->edges[i].child, child))
			return &event->edges[i];
	return NULL;
}

/* What all lines of a role add up to, when they have one measure: then the edges say just these amounts. */
static bool total_of(const struct recounted *event, enum deed_role role, struct decimal *ret)
{
	const struct recount_things_row *first = NULL;
	struct decimal sum = {0}, amount;
	for (size_t i = 0; i < event->deed.count; i++) {
		const struct recount_things_row *lot = event->lots[i];
		if (event->deed.lines[i].role != role)
			continue;
		if (!lot || !recount_amount(event, i, &amount))
			return false;
		first = first ? first : lot;
		if (lot->dimension.value != first->dimension.value ||
		    (lot->dimension.value == DIMENSION_PACKAGE && !uuid_equal(lot->id, first->id)))
			return false;
		sum = decimal_add(sum, amount);
	}
	*ret = sum;
	return first != NULL;
}

struct totals {
	bool has_input, has_output;
	struct decimal input, output;
};

static bool is_amount(const struct recounted *event, size_t line, struct decimal stored)
{
	struct decimal amount;
	return !recount_amount_of_lot(event, line, &amount) || decimal_compare(amount, stored) == 0;
}

/* What every edge has of its event, whatever it says. */
static bool is_of_event(const struct recounted *event, const struct recount_edges_row *edge)
{
	return uuid_equal(edge->event_org, event->row->org_id) &&
	       edge->recorded_at == event->row->recorded_at &&
	       edge->declared_at.known == event->row->declared_at.known &&
	       (!edge->declared_at.known || edge->declared_at.value == event->row->declared_at.value);
}

static bool input_holds(const struct recounted *event, const struct totals *totals, size_t input,
			const struct recount_edges_row *edge)
{
	return !totals->has_input || (decimal_compare(edge->input_total, totals->input) == 0 &&
				      is_amount(event, input, edge->input));
}

static bool output_holds(const struct recounted *event, const struct totals *totals, size_t output,
			 const struct recount_edges_row *edge)
{
	if (totals->has_output && (decimal_compare(edge->output_total, totals->output) != 0 ||
				   !is_amount(event, output, edge->output_part)))
		return false;
	return is_amount(event, output, edge->output);
}

static struct str edge_words(struct arena *arena, const struct recount_edges_row *edge)
{
	return arena_printf(arena, "%.*s of %.*s into %.*s, %.*s of %.*s%s",
			    STR_ARGS(decimal_print(arena, edge->input)),
			    STR_ARGS(decimal_print(arena, edge->input_total)),
			    STR_ARGS(decimal_print(arena, edge->output)),
			    STR_ARGS(decimal_print(arena, edge->output_part)),
			    STR_ARGS(decimal_print(arena, edge->output_total)),
			    edge->declared_at.known ? ", withdrawn" : "");
}

static struct str line_words(struct arena *arena, const struct deed_line *line)
{
	return line->has_amount
		       ? arena_printf(arena, "%.*s %s", STR_ARGS(line->amount.value), line->amount.unit->code)
		       : STR("no amount");
}

/* Of a partner only a lot's own party says where it comes from: what is told by others is not counted. */
static bool counts(const struct recounted *event, size_t output)
{
	const struct recount_links_row *made = recount_link(event, output);
	return !event->deed.of_partner || (made && made->counted);
}

static struct str edge_subject(struct recount *r, const struct recounted *event, struct uuid parent,
			       struct uuid child)
{
	return arena_printf(r->arena, "%.*s %.*s to %.*s", STR_ARGS(event->name),
			    STR_ARGS(uuid_print(r->arena, parent)), STR_ARGS(uuid_print(r->arena, child)));
}

static void check_pair(struct recount *r, const struct recounted *event, const struct totals *totals,
		       size_t input, size_t output)
{
	struct uuid parent = event->lots[input]->id, child = event->lots[output]->id;
	const struct recount_edges_row *edge = edge_of(event, parent, child);
	struct str derived = arena_printf(r->arena, "%.*s into %.*s%s",
					  STR_ARGS(line_words(r->arena, &event->deed.lines[input])),
					  STR_ARGS(line_words(r->arena, &event->deed.lines[output])),
					  recount_stands(event) ? "" : ", withdrawn");
	if (!edge && counts(event, output))
		recount_tell(r, "edge", edge_subject(r, event, parent, child), STR("nothing"), derived);
	if (edge && !(input_holds(event, totals, input, edge) && output_holds(event, totals, output, edge) &&
		      is_of_event(event, edge)))
		recount_tell(r, "edge", edge_subject(r, event, parent, child), edge_words(r->arena, edge),
			     derived);
}

/* — pieces of a transformation — */
static bool is_one(struct decimal a, struct decimal b, struct decimal c)
{
	const struct decimal one = decimal_of(1);
	return decimal_compare(a, one) == 0 && decimal_compare(b, one) == 0 && decimal_compare(c, one) == 0;
}

static bool is_said_once(const struct recounted *event, size_t line)
{
	size_t count = 0;
	for (size_t i = 0; i < event->deed.count; i++)
		count += event->lots[i] && uuid_equal(event->lots[i]->id, event->lots[line]->id) &&
			 event->deed.lines[i].role == event->deed.lines[line].role;
	return count == 1;
}

/* Shares are counted from these once all pieces are known. Mass that follows from the packages of a product is not derived. */
static bool measures_hold(const struct recounted *event, size_t input, const struct recount_edges_row *edge)
{
	const struct deed_line *line = &event->deed.lines[input];
	struct decimal amount;
	bool is_mass = line->has_amount && line->amount.unit->dimension == DIMENSION_MASS;
	if (recount_amount_of_lot(event, input, &amount) &&
	    (!edge->base.known || decimal_compare(edge->base.value, amount) != 0))
		return false;
	return !is_mass || !is_said_once(event, input) ||
	       (edge->mass.known && decimal_compare(edge->mass.value, line->amount.base) == 0);
}

static bool spoke_holds(const struct recounted *event, const struct totals *totals, size_t line,
			const struct recount_edges_row *edge)
{
	const struct decimal one = decimal_of(1);
	if (!is_of_event(event, edge))
		return false;
	if (event->deed.lines[line].role == DEED_INPUT)
		return input_holds(event, totals, line, edge) && measures_hold(event, line, edge) &&
		       is_one(edge->output, edge->output_part, edge->output_total);
	return output_holds(event, totals, line, edge) && is_one(edge->input, edge->input_total, one);
}

/* The edge between this line's lot and the node. */
static const struct recount_edges_row *spoke_of(const struct recounted *event, struct uuid node, size_t line)
{
	struct uuid lot = event->lots[line]->id;
	return event->deed.lines[line].role == DEED_INPUT ? edge_of(event, lot, node)
							  : edge_of(event, node, lot);
}

static void check_spoke(struct recount *r, const struct recounted *event, const struct totals *totals,
			struct uuid node, size_t line)
{
	const struct recount_edges_row *edge = spoke_of(event, node, line);
	bool input = event->deed.lines[line].role == DEED_INPUT;
	struct uuid lot = event->lots[line]->id;
	struct str subject = edge_subject(r, event, input ? lot : node, input ? node : lot);
	struct str derived = arena_printf(r->arena, "%.*s of a transformation%s",
					  STR_ARGS(line_words(r->arena, &event->deed.lines[line])),
					  recount_stands(event) ? "" : ", withdrawn");
	if (!edge && (input || counts(event, line)))
		recount_tell(r, "edge", subject, STR("nothing"), derived);
	if (edge && !spoke_holds(event, totals, line, edge))
		recount_tell(r, "edge", subject, edge_words(r->arena, edge), derived);
}

static void check_piece(struct recount *r, const struct recounted *event, const struct totals *totals)
{
	const struct deed *deed = &event->deed;
	struct uuid node = transformation_node(r->arena, event->row->org_id, deed->transformation).lot;
	for (size_t i = 0; i < deed->count; i++)
		if (event->lots[i] && deed->lines[i].role != DEED_THING)
			check_spoke(r, event, totals, node, i);
	for (size_t k = 0; k < event->edge_count; k++) {
		bool said = false;
		for (size_t i = 0; i < deed->count; i++)
			said |= event->lots[i] && deed->lines[i].role != DEED_THING &&
				spoke_of(event, node, i) == &event->edges[k];
		if (!said)
			recount_tell(r, "edge",
				     edge_subject(r, event, event->edges[k].parent, event->edges[k].child),
				     edge_words(r->arena, &event->edges[k]), STR("nothing"));
	}
}

void recount_edges_of(struct recount *r, struct recounted *event)
{
	const struct deed *deed = &event->deed;
	struct totals totals;
	if (deed->declaration || deed->kind->class != RECORD_TRANSFORM)
		return;
	totals.has_input = total_of(event, DEED_INPUT, &totals.input);
	totals.has_output = total_of(event, DEED_OUTPUT, &totals.output);
	if (recount_is_piece(event)) {
		check_piece(r, event, &totals);
		return;
	}
	for (size_t k = 0; k < deed->count; k++)
		for (size_t i = 0; deed->lines[k].role == DEED_OUTPUT && i < deed->count; i++)
			if (deed->lines[i].role == DEED_INPUT && event->lots[i] && event->lots[k] &&
			    !uuid_equal(event->lots[i]->id, event->lots[k]->id))
				check_pair(r, event, &totals, i, k);
}
