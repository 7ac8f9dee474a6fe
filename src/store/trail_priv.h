/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the trail share: the rows of one trail and where to find them.
 *
 *   lot_upstream → lots, edges, links, harvests → what was done at the sites → events, certificates → alerts, names
 */
#ifndef FT_STORE_TRAIL_PRIV_H
#define FT_STORE_TRAIL_PRIV_H

#include "ft/base/map.h"
#include "ft/core/event_kind.h"
#include "ft/store/trail.h"
#include "queries.h"

enum { UPSTREAM_DAYS = 180 };

/* A growing list of one type. */
struct trail_list {
	void *items;
	size_t count, room;
};
void *trail_list_add(struct arena *arena, struct trail_list *list, size_t size);
#define LIST_ADD(arena, list, type) ((type *)trail_list_add((arena), (list), sizeof(type)))

struct trail_node { /* a lot of the trail */
	const struct trail_lots_row *row;
	struct trail_list up;       /* const struct trail_edges_row *: how it was made */
	struct trail_list links;    /* const struct trail_links_row * */
	struct trail_list harvests; /* const struct trail_harvests_row * */
	struct trail_list takers;   /* struct uuid: parties that had it on its way to the target */
	struct decimal own;         /* as known at the time asked for */
	int64_t flags;              /* likewise */
	bool reached;
};
/* Where pieces of one transformation meet (core/transformation.h). No lot: it is walked through, and told nowhere. */
struct trail_meeting {
	struct lot_id node;
	struct trail_list up; /* const struct trail_edges_row *: what went in */
	bool reached;
};
struct trail_fact { /* an event of the trail */
	const struct trail_events_row *row;
	struct trail_list edges;        /* const struct trail_edges_row * */
	struct trail_list links;        /* const struct trail_links_row * */
	struct trail_list endorsements; /* const struct trail_endorsements_row * */
	struct uuid org, id;
	bool at_site;  /* done at the site of a harvest */
	bool declared; /* erroneous, at the time asked for */
};

struct trail_facts {
	struct db *db;
	struct arena *arena;
	const struct trail_ask *ask;
	struct trail_node *target;
	struct map *nodes;    /* lot uuid → trail_node */
	struct map *meetings; /* node uuid → trail_meeting */
	struct map *events;   /* event uuid → trail_fact */
	struct map *parties;  /* uuid → trail_parties_row */
	struct map *sites;    /* uuid → trail_sites_row */
	struct map *regions;  /* code → trail_regions_row */

	const struct trail_tests_row *tests;
	size_t test_count;
	const struct lot_upstream_row *upstream;
	struct trail_lots_row *lots;
	struct trail_edges_row *edges;
	struct trail_links_row *links;
	struct trail_harvests_row *harvests;
	struct trail_certificates_row *certificates;
	struct trail_alerts_row *alerts;
	size_t upstream_count, lot_count, edge_count, link_count, harvest_count, certificate_count,
		alert_count;
};

/* trail_load.c */
enum problem trail_load(struct trail_facts *facts) must_check;
/* Whether a row was known and stood at the time asked for. */
bool trail_stands(const struct trail_facts *facts, usec_t recorded_at, struct sql_nullable_int declared_at);
struct trail_node *trail_node_of(const struct trail_facts *facts,
				 struct uuid lot); /* NULL: not in this trail */
/* Whether the trail goes through what this edge leads into: a lot, or pieces of a transformation. */
bool trail_leads_here(const struct trail_facts *facts, const struct trail_edges_row *edge);

/* trail_names.c */
struct trail_name *trail_name_make(struct arena *arena, struct str zh, struct str en);
struct trail_party *trail_party_make(const struct trail_facts *facts, struct uuid id);   /* NULL: not known */
struct trail_place *trail_place_make(const struct trail_facts *facts, struct uuid site); /* NULL: none */
/* A place that nobody registered here, by its number; NULL where it has none: other URIs may tell where people live. */
struct trail_place *trail_place_told(const struct trail_facts *facts, struct str uri);
struct trail_product *trail_product_make(const struct trail_facts *facts, const struct trail_lots_row *lot);
struct trail_quantity *trail_quantity_make(struct arena *arena, struct str value, struct str unit);
struct trail_places { /* NULL where there is none: Chongqing has no city level */
	struct trail_region *province, *city, *district, *township;
};
struct trail_places trail_places_of(const struct trail_facts *facts, struct str region);

/* trail_then.c */
void trail_named_then(struct trail_facts *facts, const struct trail_names_then_row *row);
void trail_certified_then(
	struct trail_facts *facts); /* certificates as they were; those that were not valid go */

/* trail_origins.c */
enum problem trail_tell_origins(const struct trail_facts *facts, struct trail *trail) must_check;
int32_t trail_last_harvest(const struct trail_node *node); /* day; when it was made, if not harvested */

/* trail_steps.c */
void trail_tell_steps(const struct trail_facts *facts,
		      struct trail_made *made); /* and which events they are */

/* trail_verdict.c */
enum verdict trail_verdict(const struct trail_facts *facts, usec_t *ret_good_until_us);

#endif
