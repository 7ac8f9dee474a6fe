/* SPDX-License-Identifier: Apache-2.0
 * A trail with all that proves it, in one file that can be checked without a network:
 *
 *	{"bundle": "farmtrail/bundle@v1", "lot": URI, "trail": TRAIL, "checkpoint": NOTE or null,
 *	 "lots": [{"uri": URI, "salt": BASE64} …],
 *	 "keys": [{"spki", "statement", "index", "path", "revocation"} …],
 *	 "steps": [{"event": UUID, "statement", "manifest", "view", "salt", "index", "path", "lots", "prevs", "erasure"} …]}
 *
 * `lots` are those of the trail; the salt shows which statements are about them. `steps` are the records that the trail
 * tells, with their views, and, without manifest and view, statements that a reader may not open but that stand between
 * them; endorsements of these, too, and what took them back. What a step's `prev` names must be here when it is about a lot of the trail. So a record cannot be left out
 * without a trace. What nobody's `prev` names, a newest record, can be: that only a second witness of the log can tell. */
#ifndef FT_CORE_BUNDLE_H
#define FT_CORE_BUNDLE_H

#include "ft/core/proof.h"

enum { BUNDLE_MAX_STEPS = 8192, BUNDLE_MAX_LOTS = 20000, BUNDLE_MAX_KEYS = 2048 };
#define BUNDLE_KIND STR("farmtrail/bundle@v1")

struct bundle_lot {
	struct str uri;
	uint8_t salt[16];
};
struct bundle_step {
	struct str event;   /* id of the record; absent: not told */
	struct proof proof; /* without key and checkpoint: those are the bundle's */
};
struct bundle {
	struct str lot;        /* URI of the lot that the trail is of */
	struct str trail;      /* its JSON; absent: none */
	struct str checkpoint; /* absent: none yet */
	const struct bundle_lot *lots;
	size_t lot_count;
	const struct proof_key *keys;
	size_t key_count;
	const struct bundle_step *steps;
	size_t step_count;
};
bool bundle_is(const struct json *object); /* it calls itself one */
/* As in proof_parse; the pointer begins with the place in the lists. */
enum problem bundle_read(struct arena *arena, const struct json *object, struct bundle *ret,
			 struct fault *reterr) must_check;
void bundle_write(struct json_writer *writer, const struct bundle *bundle);

struct bundle_step_report {
	const struct bundle_step *step;
	struct str type, time; /* as the view says; absent: not shown */
	struct str
		endorsement; /* of an endorsement what it says: "agrees", "withdrawn"; absent: it is none */
	bool is_shown;
	struct proof_report report;
};
/* "checkpoint", "trail", "lots", "prev", "seq", "withheld", "endorsements", "keys" */
enum { BUNDLE_CHECKS = 8 };
struct bundle_report {
	enum proof_verdict verdict; /* the worst of all */
	bool ok, trusted;           /* as in proof_report, of every step */
	size_t count;
	struct proof_check checks[BUNDLE_CHECKS];
	const struct bundle_step_report *steps; /* in the bundle's order */
	size_t step_count;
};
struct bundle_report bundle_verify(struct arena *arena, const struct bundle *bundle, struct proof_trust trust,
				   struct note_verifier verifier);

#endif
