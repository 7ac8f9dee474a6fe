/* SPDX-License-Identifier: Apache-2.0
 * Whether a trail tells what was signed, and all that went into the lot. */
#include "bundle_priv.h"

#include "ft/base/time.h"
#include "ft/core/transformation.h"

/* What the trail tells of a step is what was signed. */
static enum proof_finding compare_step(const struct json *told, const struct seen *s)
{
	struct instant a, b;
	if (!s->report->step->proof.view.at)
		return s->report->step->proof.erasure.note.at ? PROOF_PASSED : PROOF_MISSING;
	struct str type = json_text(json_get(told, STR("type"))),
		   time = json_text(json_get(told, STR("time")));
	if (!type.at || !s->report->type.at || !str_equal(type, s->report->type) || instant_parse(time, &a) ||
	    instant_parse(s->report->time, &b) || a.at_us != b.at_us)
		return PROOF_FAILED;
	return PROOF_PASSED;
}

struct seen *bundle_step_of(const struct look *l, struct str event)
{
	for (size_t i = 0; event.at && i < l->bundle->step_count; i++) {
		struct str id = l->bundle->steps[i].event;
		if (id.at && str_equal(id, event))
			return &l->seen[i];
	}
	return NULL;
}

static bool is_in(struct str uri, const struct json *list)
{
	for (size_t i = 0; list && list->kind == JSON_ARRAY && i < list->count; i++) {
		struct str other = json_text(json_get(&list->items[i], STR("epcClass")));
		if (other.at && str_equal(other, uri))
			return true;
	}
	return false;
}

/* All goods of this list are in the other's. */
static bool repeats_goods(const struct json *view, const struct json *declaration, struct str member)
{
	const struct json *list = json_get(view, member);
	for (size_t i = 0; list && list->kind == JSON_ARRAY && i < list->count; i++) {
		struct str uri = json_text(json_get(&list->items[i], STR("epcClass")));
		if (uri.at && !is_in(uri, json_get(declaration, member)))
			return false;
	}
	return true;
}

static bool is_declaration(const struct seen *s)
{
	return s->report->is_shown && json_get(&s->view, STR("errorDeclaration"));
}

/* An error declaration repeats what it is about (EPCIS 2.0, 7.4.1.2), by who told that. Ids are no help: who gives none may
 * declare wrong what others gave one. */
static bool declares(const struct seen *declaration, const struct seen *s)
{
	struct instant a, b;
	return is_declaration(declaration) && uuid_equal(declaration->statement.org, s->statement.org) &&
	       !instant_parse(declaration->report->time, &a) && !instant_parse(s->report->time, &b) &&
	       a.at_us == b.at_us && repeats_goods(&s->view, &declaration->view, STR("inputQuantityList")) &&
	       repeats_goods(&s->view, &declaration->view, STR("outputQuantityList"));
}

/* What the trail calls wrong was declared so. */
static enum proof_finding compare_declaration(const struct look *l, struct str id, struct seen *s)
{
	const struct seen *declaration = bundle_step_of(l, id);
	if (!declaration)
		return PROOF_MISSING;
	if (!declaration->report->step->proof.view.at)
		return declaration->report->step->proof.erasure.note.at ? PROOF_PASSED : PROOF_MISSING;
	s->is_withdrawn = declares(declaration, s);
	return s->is_withdrawn ? PROOF_PASSED : PROOF_FAILED;
}

static enum proof_finding worse(enum proof_finding a, enum proof_finding b)
{
	return a == PROOF_FAILED || b == PROOF_PASSED ? a : b;
}

static enum proof_finding compare_told(const struct look *l, const struct json *told)
{
	struct seen *s = bundle_step_of(l, json_text(json_get(told, STR("event"))));
	struct str declaration = json_text(json_get(told, STR("corrected")));
	if (!s)
		return PROOF_MISSING;
	enum proof_finding finding = compare_step(told, s);
	if (!s->report->step->proof.view.at || !declaration.at)
		return finding;
	return worse(finding, compare_declaration(l, declaration, s));
}

/* All steps, whatever is found of one: what was declared wrong is looked up again. */
enum proof_finding bundle_check_trail(struct look *l)
{
	struct json *trail = arena_new(l->arena, struct json);
	struct fault ignored;
	enum proof_finding worst = PROOF_PASSED;
	if (!l->bundle->trail.at)
		return PROOF_SKIPPED;
	const struct json *steps = json_parse(l->arena, l->bundle->trail, trail, &ignored)
					   ? NULL
					   : json_get(trail, STR("steps"));
	if (!steps || steps->kind != JSON_ARRAY)
		return PROOF_FAILED;
	for (size_t i = 0; i < steps->count; i++)
		worst = worse(worst, compare_told(l, &steps->items[i]));
	return worst;
}

static bool is_lot(const struct look *l, const struct json *quantity)
{
	struct str uri = json_text(json_get(quantity, STR("epcClass")));
	return uri.at && map_get(l->uris, str_bytes(uri));
}

static bool any_lot(const struct look *l, const struct json *list)
{
	for (size_t i = 0; list && list->kind == JSON_ARRAY && i < list->count; i++)
		if (is_lot(l, &list->items[i]))
			return true;
	return false;
}

static bool counts(const struct seen *s)
{
	return s->report->is_shown && !s->is_withdrawn && !is_declaration(s);
}

static bool makes_lot(const struct look *l, const struct seen *s)
{
	return any_lot(l, json_get(&s->view, STR("outputQuantityList")));
}

/* Where the pieces of one transformation meet; false: it stands for itself. */
static bool node_of(const struct look *l, const struct seen *s, struct lot_id *ret)
{
	struct str id = json_text(json_get(&s->view, STR("transformationID")));
	if (id.at)
		*ret = transformation_node(l->arena, s->statement.org, id);
	return id.at != NULL;
}

/* Transformations that a lot of the trail came out of, by whichever of their pieces. */
static struct map *index_nodes(const struct look *l)
{
	struct lot_id *nodes = arena_array(l->arena, struct lot_id, l->bundle->step_count);
	struct map *made = map_create(l->arena, 16);
	for (size_t i = 0; i < l->bundle->step_count; i++)
		if (counts(&l->seen[i]) && makes_lot(l, &l->seen[i]) && node_of(l, &l->seen[i], &nodes[i]))
			map_set(made, MAP_KEY(nodes[i]), &nodes[i]);
	return made;
}

/* What went into a lot of the trail is of the trail. */
static bool inputs_followed(const struct look *l, const struct map *nodes, const struct seen *s)
{
	const struct json *inputs = json_get(&s->view, STR("inputQuantityList"));
	struct lot_id node;
	if (!makes_lot(l, s) && !(node_of(l, s, &node) && map_get(nodes, MAP_KEY(node))))
		return true;
	for (size_t i = 0; inputs && inputs->kind == JSON_ARRAY && i < inputs->count; i++)
		if (!is_lot(l, &inputs->items[i]))
			return false;
	return true;
}

enum proof_finding bundle_check_lots(struct look *l)
{
	struct map *told = map_create(l->arena, l->bundle->lot_count);
	const struct map *nodes = index_nodes(l);
	if (!l->bundle->lot.at || !map_get(l->uris, str_bytes(l->bundle->lot)))
		return PROOF_MISSING;
	for (size_t i = 0; i < l->bundle->step_count; i++) {
		struct seen *s = &l->seen[i];
		for (size_t k = 0; k < s->lot_count; k++) {
			struct bundle_lot *lot = map_get(l->lots, MAP_KEY(s->lots[k]));
			if (lot)
				map_set(told, str_bytes(lot->uri), lot);
		}
		if (counts(s) && !inputs_followed(l, nodes, s))
			return PROOF_MISSING;
	}
	return map_count(told) == map_count(l->uris) ? PROOF_PASSED : PROOF_MISSING;
}
