/* SPDX-License-Identifier: Apache-2.0
 * Master data: parties, sites, products, certificates. Each change is a signed version; nothing is
 * overwritten. */
#ifndef FT_STORE_MASTER_H
#define FT_STORE_MASTER_H

#include "ft/codec/shape.h"
#include "ft/core/thing_name.h"
#include "ft/db/db.h"
#include "ft/signer/signer.h"
#include "ft/store/trail_cache.h"

/* Who acts. */
struct master_actor {
	struct uuid key;            /* nil: init */
	const struct uuid *parties; /* none: not bounded to parties */
	size_t party_count;
	struct str region; /* absent: not bounded to a region */
	bool all;          /* sees and may change everything: admin without bounds, or the program itself */
	struct str request_id;
};
struct master {
	struct db *db;
	struct arena *arena;
	struct signer *signer;
	struct trail_cache *cache; /* trails that show what changes are dropped; NULL: there is none */
	struct str origin;
	struct uuid registrar;
	struct log_seen *seen; /* NULL: statements name no head of the log */
	struct master_actor actor;
	usec_t now_us;
	struct uuid minted; /* id of what is made without one; nil: a new one */
};

struct master_name {
	struct str zh, en;
};
/* What every version has. */
struct master_head {
	struct uuid id;
	struct str number, state, uri;
	int64_t version;
	struct instant valid_from;
	struct str reason;
	struct str withheld;  /* "personal": the name is not for this reader */
	struct str erased_at; /* UTC: what named it was removed; absent: it stands */
	/* not in the signed body */
	struct str recorded_at, statement; /* UTC; base64 SHA-256 of the statement */
};
struct party {
	struct master_head head;
	struct str kind;
	struct master_name *name;
	struct str uscc, gln, region;
	bool personal;
};
struct site {
	struct master_head head;
	struct uuid party;
	struct str kind;
	struct master_name *name;
	struct str region, commodity;
	struct str gln, gln_extension; /* AI (414) and (254); absent: none */
	struct str geometry;           /* GeoJSON; absent: none, or not for this reader */
	bool personal;
};
struct product_content {
	struct str value, unit;
};
struct product_package {
	struct str unit;
	struct product_content *holds;
};
struct product_temperature {
	struct str min, max;
};
struct product {
	struct master_head head;
	struct uuid party;
	struct master_name *name;
	struct str commodity, gtin, unit;
	struct str shelf_life_days; /* a JSON number; absent: none */
	struct product_temperature *temperature;
	struct list packages; /* struct product_package */
};
struct certificate {
	struct master_head head;
	struct uuid holder;
	struct str scheme;
	struct str_list products, sites; /* ids */
	struct str valid_from, valid_to; /* days */
};
extern const struct shape party_shape, site_shape, product_shape, certificate_shape; /* body and answer */

/* What is sent. Things are named in any spelling. */
struct master_input {
	struct uuid id; /* nil: made */
	struct str number, state;
	struct instant valid_from;
	struct str reason;
};
struct party_input {
	struct master_input common;
	struct str kind;
	struct master_name *name;
	struct str uscc, gln, region;
	bool personal;
};
struct site_input {
	struct master_input common;
	struct str party, kind;
	struct master_name *name;
	struct str region, commodity;
	struct str gln, gln_extension;
	const struct json *geometry;
	bool personal;
};
struct product_input {
	struct master_input common;
	struct str party;
	struct master_name *name;
	struct str commodity, gtin, unit;
	int64_t shelf_life_days; /* 0: none */
	struct product_temperature *temperature;
	struct list packages;
};
struct certificate_input {
	struct master_input common;
	struct str holder, scheme;
	struct str_list products, sites;
	struct str valid_from, valid_to;
};
extern const struct shape party_input_shape, site_input_shape, product_input_shape, certificate_input_shape;

/* `input` and `ret` are the structs of that kind (THING_PARTY, THING_SITE, THING_PRODUCT,
 * THING_CERTIFICATE). An id that exists with the same content gives the first answer and *ret_replayed;
 * PROBLEM_ID_TAKEN with other content. PROBLEM_NUMBER_TAKEN names the number by pointer. A new party
 * gets its custodial key in the same transaction. Beside these: FIELD_…, REGION_UNKNOWN,
 * REFERENCE_UNKNOWN, GEOMETRY, GTIN_…, UNIT_…, TIME_FUTURE, FORBIDDEN, NOT_FOUND, SIGNER_UNAVAILABLE and
 * those of db_tx. */
enum problem master_create(const struct master *m, enum thing_kind kind, const void *input, void *ret,
			   bool *ret_replayed, struct fault *reterr) must_check;
/* A further version; `if_version` 0: whatever the newest is. PROBLEM_PRECONDITION_FAILED when it is not
 * the newest. */
enum problem master_replace(const struct master *m, enum thing_kind kind, struct uuid id, int64_t if_version,
			    const void *input, void *ret, struct fault *reterr) must_check;
/* `version` 0: the newest. PROBLEM_NOT_FOUND also for what the actor may not see. */
enum problem master_read(const struct master *m, enum thing_kind kind, struct uuid id, int64_t version,
			 void *ret) must_check;

struct master_filter {
	struct str q, region, state;
	struct uuid party, after;
	int64_t limit;
};
/* *ret is an array of the kind's structs, by id. */
enum problem master_read_list(const struct master *m, enum thing_kind kind,
			      const struct master_filter *filter, void *ret, size_t *ret_count) must_check;

/* Whether the actor may act for this party, in its region: PROBLEM_NOT_FOUND when it is not there for it. */
enum problem master_check_party(const struct master *m, struct uuid party) must_check;

/* The id behind any spelling of a party, site, product or certificate. PROBLEM_REFERENCE_UNKNOWN with
 * `pointer`. An id is not looked up. */
enum problem master_find(const struct master *m, enum thing_kind kind, struct uuid within,
			 struct str spelling, const char *pointer, struct uuid *ret,
			 struct fault *reterr) must_check;

#endif
