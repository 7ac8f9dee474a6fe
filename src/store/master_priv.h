/* SPDX-License-Identifier: Apache-2.0
 * How the four kinds of master data plug into the one way they are written and read. */
#ifndef FT_STORE_MASTER_PRIV_H
#define FT_STORE_MASTER_PRIV_H

#include "ft/core/manifest.h"
#include "ft/store/master.h"
#include "ft/store/regions.h"

/* A version on its way. */
struct master_work {
	const struct master *m;
	struct fault *reterr;
};
/* A directory entry, and which member to blame when it is taken. */
struct spelling {
	struct sha256 hash;
	const char *pointer;
};
enum { MAX_SPELLINGS = 8 };
struct spellings {
	struct spelling items[MAX_SPELLINGS];
	size_t count;
};

struct master_kind {
	enum thing_kind kind;
	const char *create_action, *replace_action; /* operationIds, for the audit */
	const struct shape *shape;                  /* its struct begins with a struct master_head */
	/* Resolves and checks what was sent. `old`: the newest version, NULL for a new thing. In `ret`
	 * the head's id is set; number, uri and state are for it to set. */
	enum problem (*build)(const struct master_work *work, struct db *db, const void *input,
			      const void *old, void *ret);
	struct uuid (*owner)(const void *entity);
	struct str (*region)(const void *entity); /* absent: lies nowhere of its own */
	void (*spell)(struct arena *arena, const void *entity, struct spellings *ret);
	enum problem (*insert)(struct db *db, const void *entity, usec_t now_us);
	enum problem (*update)(struct db *db, const void *entity, usec_t now_us);
	/* Takes from a copy what the tier may not see. */
	void (*coarsen)(void *entity, enum tier tier, const struct region_tiers *tiers);
	/* NULL: it names nobody. The finest tier whose view names nobody; TIER_COUNT: none. */
	enum tier (*nameless)(const void *entity);
	/* What stands in the place of an erased one: no name of its own, no place on the map. */
	void (*anonymise)(struct arena *arena, void *entity);
	enum problem (*erase)(struct db *db, const void *entity, usec_t now_us); /* its row */
};
extern const struct master_kind master_party, master_site, master_product, master_certificate;
const struct master_kind *master_kind_of(enum thing_kind kind);

static inline const struct master_input *input_common(const void *input)
{
	return input;
}

/* The signed bytes of one tier. */
struct str master_view(struct arena *arena, const struct master_kind *kind, const void *entity,
		       enum tier tier, const struct region_tiers *tiers);
struct held_key;
struct master_version_new {
	const struct master_kind *kind;
	void *entity; /* id and version are in its head; stamped */
	const struct region_tiers *tiers;
	const struct sha256 *prev; /* statement of the version before; NULL: none */
	struct held_key *key;      /* locked; its sequence goes on */
};
/* Signs a version, keeps it, queues it for the log. PROBLEM_CONFLICT: the number is taken. PROBLEM_SIGNER_UNAVAILABLE. */
enum problem master_version_store(const struct master *m, struct db *db,
				  const struct master_version_new *v) must_check;

/* The manifest that the statement of a stored version names, made again from its body; regions are never given another
 * parent, so that the views of old versions stay what they were. Other than a body: PROBLEM_INTERNAL, or
 * PROBLEM_REGION_UNKNOWN or PROBLEM_NOT_FOUND for a region that is none. */
enum problem master_manifest(struct db *db, struct arena *arena, enum thing_kind kind, struct bytes body,
			     const uint8_t secret[MANIFEST_SECRET_LEN], struct str *ret) must_check;
/* An entity from its stored body. */
enum problem master_from_body(struct arena *arena, const struct master_kind *kind, struct bytes body,
			      void *ret) must_check;
/* Whether the row that pages read says what this version says: *ret_other is a member for which it does not, NULL when it does,
 * and when the row is of a later version. */
enum problem master_row_check(struct db *db, struct arena *arena, enum thing_kind kind, struct bytes body,
			      const char **ret_other) must_check;
/* What the row of a product holds beside the text members. */
struct product_columns {
	struct sql_nullable_int shelf_life_days;
	struct sql_nullable_decimal temperature_min, temperature_max;
	struct bytes packages;
};
struct product_columns product_columns(struct arena *arena, const struct product *product);
void master_stamp(struct arena *arena, void *entity, usec_t recorded_at_us, struct bytes statement_sha256);

/* Own number: as sent, as it was, or made from the id, so that a repetition makes the same. */
enum problem master_number(const struct master_work *work, const void *input, const struct master_head *old,
			   struct uuid id, struct str *ret);
struct str master_made_number(struct arena *arena, struct uuid id);
struct master_name *master_removed_name(struct arena *arena); /* what stands for a name, in both languages */
/* The party that a site, product or certificate belongs to: as sent, as it was, or the key's own. It
 * must be one that the actor may act for. */
enum problem master_owner(const struct master_work *work, struct db *db, struct str sent,
			  const struct uuid *old, const char *pointer, struct uuid *ret);
bool master_may_act_for(const struct master_actor *actor, struct uuid party);
/* PROBLEM_FORBIDDEN unless the region lies in the actor's. */
enum problem master_check_region(const struct master_work *work, struct db *db, struct str region);

void spell_number(struct spellings *s, enum thing_kind kind, struct uuid party, struct str number,
		  const char *pointer);
void spell_path(struct spellings *s, struct str path, const char *pointer);
void spell_uri(struct arena *arena, struct spellings *s, struct str uri, const char *pointer);

/* Answers master_find in the caller's transaction or outside. */
enum problem master_find_in(struct db *db, struct arena *arena, enum thing_kind kind, struct uuid within,
			    struct str spelling, const char *pointer, struct uuid *ret, struct fault *reterr);

#endif
