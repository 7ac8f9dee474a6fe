/* SPDX-License-Identifier: Apache-2.0
 * The demonstration district: who and what there is, the story, and how it is sent. Every id follows
 * from a fixed label and the day it was first loaded, so that loading it again changes nothing. */
#ifndef FT_CLI_DEMO_PRIV_H
#define FT_CLI_DEMO_PRIV_H

#include "client_priv.h"

#include "ft/base/time.h"
#include "ft/base/uuid.h"

struct demo {
	struct cli *cli;
	struct client *client;
	int32_t base_day;    /* the day it was first loaded, China's time; everything lies before it */
	enum exit_code code; /* the first failure; everything after it is left out */
	bool show_progress;
	size_t records, masters, replayed, alerts;
	struct str finest_code, finest_lot; /* of the mixed salad on the shelf */
};

/* When something happened: days before the base day, and the clock. */
struct when {
	int day, hour, minute;
};
/* A lot and so much of it. */
struct demo_lot {
	struct str id; /* as the server answered */
	struct str value;
	const char *unit;
	const char *net; /* kilograms; NULL: none */
};

struct uuid demo_id(const struct demo *d, usec_t at_us, struct str label);
usec_t demo_time_us(const struct demo *d, struct when when);
struct str demo_time(const struct demo *d, struct when when);

/* Posts; the label makes the id. What fails is said and stops the rest. false: stopped. */
bool demo_post(struct demo *d, const char *path, struct str body, struct answer *ret);
/* Master data of the tables in demo_district.c. */
void demo_register(struct demo *d);
/* demo_story.c */
void demo_tell(struct demo *d);

/* demo_record.c: one record each. Texts are borrowed from the arena of the command. */
struct demo_use {
	const char *product, *active, *target; /* NULL: not said */
};
void demo_observe(struct demo *d, const char *type, const char *party, const char *site, struct when when,
		  const struct demo_use *use);
struct demo_lot demo_harvest(struct demo *d, const char *type, const char *party, const char *site,
			     const char *product, struct when when, struct demo_lot amount);
struct demo_output {
	const char *product, *number, *value, *unit;
};
void demo_transform(struct demo *d, const char *type, const char *party, const char *site, struct when when,
		    const struct demo_lot *inputs, size_t input_count, const struct demo_output *outputs,
		    size_t output_count, struct demo_lot *ret);
/* Ships and, `hours` later, is received. */
void demo_move(struct demo *d, const char *from, const char *to, const char *site, const char *vehicle,
	       struct when when, int hours, const struct demo_lot *lots, size_t count);
void demo_sell(struct demo *d, const char *party, struct when when, struct demo_lot lot);
struct demo_lot demo_part(struct demo_lot lot, const char *value); /* so much of it */

#endif
