/* SPDX-License-Identifier: Apache-2.0
 * Makes a coarser trail from the farm tier's: origins merged by region, exact shares summed, finer members left out. */
#include "ft/core/trail.h"

#include <stdlib.h>
#include <string.h>

#include "ft/core/event_kind.h"

#include "fraction_priv.h"

/* The finest region that the tier shows; an origin without that one stands under the next coarser. */
static const struct trail_region *region_of(const struct trail_origin *origin, enum tier tier)
{
	if (tier == TIER_TOWNSHIP && origin->township != NULL)
		return origin->township;
	if (origin->district != NULL)
		return origin->district;
	return origin->city != NULL ? origin->city : origin->province;
}

static struct str code_of(const struct trail_origin *origin, enum tier tier)
{
	const struct trail_region *region = region_of(origin, tier);

	return region != NULL ? region->code : (struct str){"", 0};
}

struct group {
	struct trail_origin origin;
	struct str code;
	mpq_t *share;
};

static bool same_certificate(const void *a, const void *b)
{
	const struct trail_certificate *x = a, *y = b;

	return str_equal(x->scheme, y->scheme) && str_equal(x->number, y->number);
}

static bool same_test(const void *a, const void *b)
{
	return str_equal(((const struct trail_test *)a)->event, ((const struct trail_test *)b)->event);
}

static bool same_gap(const void *a, const void *b)
{
	return str_equal(((const struct trail_gap *)a)->kind, ((const struct trail_gap *)b)->kind);
}

/* Both lists, without what is in both. */
static struct list merge(struct arena *arena, struct list a, struct list b, size_t size,
			 bool (*same)(const void *, const void *))
{
	struct list both = {arena_alloc_array(arena, a.count + b.count, size), a.count};
	char *items = both.items;

	if (a.count > 0)
		memcpy(items, a.items, a.count * size);
	for (size_t i = 0; i < b.count; i++) {
		const char *item = (const char *)b.items + i * size;
		bool known = false;

		for (size_t k = 0; !known && k < both.count; k++)
			known = same(items + k * size, item);
		if (!known)
			memcpy(items + both.count++ * size, item, size);
	}
	return both;
}

static void join_origin(struct arena *arena, struct group *group, const struct trail_origin *origin)
{
	struct trail_origin *joined = &group->origin;

	if (origin->harvested.at != NULL &&
	    (joined->harvested.at == NULL || str_compare(origin->harvested, joined->harvested) > 0))
		joined->harvested = origin->harvested;
	joined->certificates = merge(arena, joined->certificates, origin->certificates,
				     sizeof(struct trail_certificate), same_certificate);
	joined->tests = merge(arena, joined->tests, origin->tests, sizeof(struct trail_test), same_test);
	joined->gaps = merge(arena, joined->gaps, origin->gaps, sizeof(struct trail_gap), same_gap);
}

/* A lot, a farm, its party and the holder of its certificate are finer than any region. */
static struct trail_origin coarsen_origin(struct arena *arena, const struct trail_origin *origin,
					  enum tier tier)
{
	struct trail_origin coarse = *origin;
	struct trail_certificate *certificates =
		arena_array(arena, struct trail_certificate, origin->certificates.count);

	for (size_t i = 0; i < origin->certificates.count; i++) {
		certificates[i] = ((const struct trail_certificate *)origin->certificates.items)[i];
		certificates[i].holder = (struct str){NULL, 0};
	}
	coarse.certificates.items = certificates;
	coarse.lot = coarse.lot_number = (struct str){NULL, 0};
	coarse.farm = NULL;
	coarse.party = NULL;
	if (tier == TIER_DISTRICT)
		coarse.township = NULL;
	return coarse;
}

static int larger_group_first(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	int order = mpq_cmp(*y->share, *x->share);

	return order != 0 ? order : str_compare(x->code, y->code);
}

static size_t group_origins(struct arena *arena, const struct list *origins, enum tier tier,
			    struct group *groups)
{
	struct fractions shares = fractions_create(arena, origins->count + 1);
	const struct trail_origin *items = origins->items;
	mpq_t *one = &shares.items[origins->count];
	size_t count = 0;

	for (size_t i = 0; i < origins->count; i++) {
		struct trail_origin coarse = coarsen_origin(arena, &items[i], tier);
		struct str code = code_of(&items[i], tier);
		size_t g = 0;

		while (g < count && !str_equal(groups[g].code, code))
			g++;
		if (g == count)
			groups[count++] = (struct group){coarse, code, &shares.items[g]};
		else
			join_origin(arena, &groups[g], &coarse);
		fraction_of_text(arena, items[i].share_exact, *one);
		mpq_add(*groups[g].share, *groups[g].share, *one);
	}
	qsort(groups, count, sizeof groups[0], larger_group_first);
	return count;
}

/* Shares in words again, with what the list does not hold as the rest. */
static void share_out(struct arena *arena, struct group *groups, size_t count,
		      const struct trail_rest *farm_rest, struct trail *ret)
{
	struct fractions sums = fractions_create(arena, count);
	struct trail_origin *origins = arena_array(arena, struct trail_origin, count);
	struct trail_rest *rest = arena_new(arena, struct trail_rest);
	unsigned long *units = arena_array(arena, unsigned long, count), missing;

	for (size_t i = 0; i < count; i++)
		mpq_set(sums.items[i], *groups[i].share);
	fractions_to_units(arena, (const mpq_t *)sums.items, count, units, &missing);
	for (size_t i = 0; i < count; i++) {
		origins[i] = groups[i].origin;
		origins[i].share_exact = fraction_print(arena, sums.items[i]);
		origins[i].share = share_print(arena, units[i]);
	}
	rest->count = farm_rest != NULL ? farm_rest->count : 0;
	rest->share = rest->count > 0 ? share_print(arena, missing) : STR("0");
	ret->origins = (struct list){origins, count};
	ret->origin_count = (int64_t)count + rest->count;
	ret->rest = rest;
}

/* On the field the party is the farm. */
static bool is_farm_step(const struct trail_step *step)
{
	const struct record_kind *kind = event_kind_find(step->type);

	return kind != NULL && (kind->class == RECORD_CREATE || kind->class == RECORD_OBSERVE);
}

static struct trail_correction *coarsen_correction(struct arena *arena, const struct trail_correction *fine)
{
	struct trail_correction *coarse;

	if (fine == NULL)
		return NULL;
	coarse = arena_new(arena, struct trail_correction);
	*coarse = *fine;
	coarse->reason = (struct str){NULL, 0};
	coarse->party = NULL;
	return coarse;
}

/* An office of a township tells the township. */
static struct list coarsen_endorsements(struct arena *arena, const struct list *fine, enum tier tier)
{
	struct trail_endorsement *coarse = arena_array(arena, struct trail_endorsement, fine->count);

	for (size_t i = 0; i < fine->count; i++) {
		coarse[i] = ((const struct trail_endorsement *)fine->items)[i];
		if (tier == TIER_DISTRICT)
			coarse[i].party = NULL;
	}
	return (struct list){coarse, fine->count};
}

static struct list coarsen_steps(struct arena *arena, const struct list *steps, enum tier tier)
{
	struct trail_step *coarse = arena_array(arena, struct trail_step, steps->count);

	for (size_t i = 0; i < steps->count; i++) {
		coarse[i] = ((const struct trail_step *)steps->items)[i];
		coarse[i].place = NULL;
		if (tier == TIER_DISTRICT)
			coarse[i].township = NULL;
		if (is_farm_step(&coarse[i]))
			coarse[i].party = coarse[i].recorded_by = NULL;
		coarse[i].quarantine = NULL; /* it names the farm to whoever keeps the register */
		coarse[i].endorsements = coarsen_endorsements(arena, &coarse[i].endorsements, tier);
		coarse[i].correction = coarsen_correction(arena, coarse[i].correction);
	}
	return (struct list){coarse, steps->count};
}

enum problem trail_aggregate(struct arena *arena, const struct trail *farm, enum tier tier, struct trail *ret)
{
	struct trail trail = *farm;

	trail.tier = str_of(tier_words[tier]);
	if (tier > TIER_FARM) {
		struct group *groups = arena_array(arena, struct group, farm->origins.count);
		size_t count = group_origins(arena, &farm->origins, tier, groups);

		share_out(arena, groups, count, farm->rest, &trail);
		trail.steps = coarsen_steps(arena, &farm->steps, tier);
	}
	*ret = trail;
	return PROBLEM_NONE;
}
