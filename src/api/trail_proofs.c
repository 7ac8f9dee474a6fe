/* SPDX-License-Identifier: Apache-2.0
 * A trail with all its proofs in one answer, to be saved and checked anywhere; and the page that checks it. */
#include "ft/api/routes.h"

#include "lots_priv.h"

#include "ft/base/metrics.h"
#include "ft/core/code.h"
#include "ft/core/verifier.h"
#include "ft/store/bundle.h"
#include "ft/store/items.h"
#include "ft/store/log_verifier.h"
#include "ft/store/log.h"
#include "queries.h"

enum { MAX_NOTE = 16384, MAX_VIEW = 1 << 20, MAX_LINES = 1 << 20, MAX_URI = 1024 };

/* What bundle_write writes, for the documentation. */
struct entry_shown {
	struct str statement, index;
	struct str_list path;
};
struct lot_shown {
	struct str uri, salt;
};
struct key_shown {
	struct str spki;
	struct entry_shown entry, *revocation;
};
struct step_shown {
	struct str event, manifest, view, salt, lots, prevs;
	struct entry_shown entry, *erasure;
};
struct bundle_shown {
	struct str bundle, lot, checkpoint;
	struct trail *trail;
	struct list lots, keys, steps;
};

/* clang-format off */
#define ENTRY(type) \
	STRING  (type, entry.statement, "statement", .max_len = MAX_NOTE, .doc = "Signed note: an entry of the log"), \
	RAW_JSON(type, entry.index, "index", .doc = "Its place in the log; null until the checkpoint covers it"), \
	STRINGS (type, entry.path, "path", .flags = OPTIONAL | ALWAYS, .doc = "Hashes from it up to the checkpoint")

static const struct shape entry_shape = {
	.name = "LogEntry", .size = sizeof(struct entry_shown), .doc = "An entry of the log with its inclusion proof",
	.fields = (const struct field[]){
		STRING  (struct entry_shown, statement, "statement", .max_len = MAX_NOTE, .doc = "Signed note"),
		RAW_JSON(struct entry_shown, index, "index", .doc = "Its place in the log; null until the checkpoint covers it"),
		STRINGS (struct entry_shown, path, "path", .flags = OPTIONAL | ALWAYS, .doc = "Hashes from it up to the checkpoint"),
		END_OF_SHAPE,
	},
};
static const struct shape lot_shape = {
	.name = "BundleLot", .size = sizeof(struct lot_shown), .doc = "A lot of the trail",
	.fields = (const struct field[]){
		STRING(struct lot_shown, uri, "uri", .max_len = MAX_URI, .doc = "Class URI"),
		STRING(struct lot_shown, salt, "salt", .doc = "16 octets, base64: with it a statement's lot lines are recognised"),
		END_OF_SHAPE,
	},
};
static const struct shape key_shape = {
	.name = "BundleKey", .size = sizeof(struct key_shown), .doc = "A key that signed, with its key@v1 entry",
	.fields = (const struct field[]){
		STRING(struct key_shown, spki, "spki", .max_len = 4096, .doc = "SubjectPublicKeyInfo, DER in base64"),
		ENTRY (struct key_shown),
		OBJECT(struct key_shown, revocation, "revocation", &entry_shape, struct entry_shown, .flags = OPTIONAL, .doc = "revoke@v1 entry"),
		END_OF_SHAPE,
	},
};
static const struct shape step_shape = {
	.name = "BundleStep", .size = sizeof(struct step_shown), .doc = "A record of the trail, or the statement of one that is not shown",
	.fields = (const struct field[]){
		STRING(struct step_shown, event, "event", .flags = OPTIONAL, .doc = "Record; absent: not told in the trail"),
		ENTRY (struct step_shown),
		STRING(struct step_shown, manifest, "manifest", .flags = OPTIONAL | NULLABLE, .max_len = 4096, .doc = "Whose SHA-256 the statement names"),
		STRING(struct step_shown, view, "view", .flags = OPTIONAL | NULLABLE, .max_len = MAX_VIEW, .doc = "The record at the tier asked for"),
		STRING(struct step_shown, salt, "salt", .flags = OPTIONAL | NULLABLE, .doc = "16 octets, base64, put before the view when hashing"),
		STRING(struct step_shown, lots, "lots", .flags = OPTIONAL, .max_len = MAX_LINES, .doc = "The lot lines, where the statement only sums them up"),
		STRING(struct step_shown, prevs, "prevs", .flags = OPTIONAL, .max_len = MAX_LINES, .doc = "The prev lines, likewise"),
		OBJECT(struct step_shown, erasure, "erasure", &entry_shape, struct entry_shown, .flags = OPTIONAL, .doc = "erase@v1 entry: since when the content is removed"),
		END_OF_SHAPE,
	},
};
static const struct shape bundle_shape = {
	.name = "Bundle", .size = sizeof(struct bundle_shown),
	.doc = "A trail with all that proves it; check it with farmtrail verify or /verify.html",
	.fields = (const struct field[]){
		STRING(struct bundle_shown, bundle, "bundle", .doc = "farmtrail/bundle@v1"),
		STRING(struct bundle_shown, lot, "lot", .max_len = MAX_URI, .doc = "URI of the lot that the trail is of"),
		OBJECT(struct bundle_shown, trail, "trail", &trail_shape, struct trail, .doc = "The trail that is proved"),
		STRING(struct bundle_shown, checkpoint, "checkpoint", .flags = OPTIONAL | NULLABLE | ALWAYS, .max_len = MAX_NOTE, .doc = "Newest signed head of the log"),
		LIST  (struct bundle_shown, lots, "lots", &lot_shape, .max_len = BUNDLE_MAX_LOTS, .doc = "Lots of the trail"),
		LIST  (struct bundle_shown, keys, "keys", &key_shape, .max_len = BUNDLE_MAX_KEYS, .doc = "Keys that signed"),
		LIST  (struct bundle_shown, steps, "steps", &step_shape, .max_len = BUNDLE_MAX_STEPS, .doc = "Records, and statements between them"),
		END_OF_SHAPE,
	},
};
/* clang-format on */

static const char *const tiers[] = {"farm", "township", "district", NULL};
struct proofs_query {
	struct str tier;
};
static const struct shape proofs_query = {
	.name = "TrailProofsQuery",
	.size = sizeof(struct proofs_query),
	.doc = "At which resolution",
	.fields =
		(const struct field[]){
			WORD(struct proofs_query, tier, "tier", tiers, .flags = OPTIONAL,
			     .doc = "farm if absent"),
			END_OF_SHAPE,
		},
};

static enum tier tier_of(const struct proofs_query *query)
{
	for (enum tier tier = TIER_FARM; query->tier.at && tier < TIER_COUNT; tier++)
		if (str_equal(query->tier, str_of(tier_words[tier])))
			return tier;
	return TIER_FARM;
}

static enum problem answer(struct call *call, const struct trail_ask *ask, struct reply *reply)
{
	enum tier tier = tier_of(call->query);
	struct trail_made made;
	struct trail trail;
	struct bundle bundle;
	enum problem p = trail_make(call_db(call), call->arena, ask, &made);
	if (!p)
		p = trail_aggregate(call->arena, &made.trail, tier, &trail);
	if (!p)
		p = bundle_make(call_db(call), call_app(call)->log_memory, call->arena, &made,
				trail_json(call->arena, &trail), tier, &bundle);
	if (p)
		return p;
	metric_add(METRIC_TRAIL_COMPUTED, 1);
	struct buf out = buf_create(call->arena, 64 * 1024);
	struct json_writer w = json_writer(&out);
	bundle_write(&w, &bundle);
	reply->raw = buf_str(&out);
	return PROBLEM_NONE;
}

/* Everything is listed: what is cut off could not be proved. */
static struct trail_ask ask_of(const struct call *call, struct lot_id lot)
{
	const struct app *app = call_app(call);
	return (struct trail_ask){.lot = lot,
				  .as_of_us = TRAIL_NOW,
				  .now_us = clock_now(),
				  .max_lots = (size_t)app->config->graph_nodes,
				  .max_origins = (size_t)app->config->graph_nodes,
				  .test_codes = app->test_codes,
				  .demonstration = app->config->demonstration};
}

/* A pack has the proofs of its lot: what is known of the pack alone is on its page. */
static enum problem lot_of_code(struct call *call, const struct code *code, struct lot_id *ret)
{
	const struct app *app = call_app(call);
	const struct bytes key = {app->code_key, sizeof app->code_key};
	struct pack item;
	struct trails_by_code_row *rows;
	size_t count;
	if (code->letter == CODE_ITEM) {
		enum problem p = item_read(call_db(call), call->arena, code, key, &item);
		if (!p)
			*ret = item.lot;
		return p;
	}
	const struct trails_by_code_params params = {
		{&code->text, 1}, trail_edition(app->test_codes, app->config->demonstration), clock_now()};
	enum problem p = trails_by_code(call_db(call), call->arena, &params, &rows, &count);
	if (p)
		return p;
	if (!count || !str_equal(rows->kind, STR("lot")))
		return PROBLEM_NOT_FOUND;
	*ret = (struct lot_id){rows->org_id, rows->lot_id};
	return PROBLEM_NONE;
}

static enum problem code_proofs(struct call *call, struct reply *reply)
{
	const struct app *app = call_app(call);
	const struct bytes key = {app->code_key, sizeof app->code_key};
	struct code code;
	struct lot_id lot;
	if (code_parse(call->arena, call->path_args[0], &key, 1, &code))
		return PROBLEM_NOT_FOUND;
	enum problem p = lot_of_code(call, &code, &lot);
	if (p)
		return p;
	const struct trail_ask ask = ask_of(call, lot);
	return answer(call, &ask, reply);
}

static enum problem lot_proofs(struct call *call, struct reply *reply)
{
	struct lot_id lot;
	enum problem p = lot_of_path(call, &lot);
	if (p)
		return p;
	const struct trail_ask ask = ask_of(call, lot);
	return answer(call, &ask, reply);
}

static enum problem verifier(struct call *call, struct reply *reply)
{
	struct str page = {NULL, 0};
	enum problem p = log_verifier_page(call_db(call), call->arena, call_app(call)->registrar, &page);
	if (p)
		return p;
	reply_page(reply, page);
	reply->vary_accept = false;
	reply->security_policy = verifier_security_policy(call->arena).at;
	return PROBLEM_NONE;
}

#define TAG "Trails"
#define MAY_FAIL \
	{ \
		PROBLEM_NOT_FOUND, PROBLEM_GRAPH_TOO_LARGE, PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY \
	}
const struct route trail_proof_routes[] = {
	{
		.method = "GET",
		.path = "/t/{code}/proofs",
		.id = "getCodeProofs",
		.tag = TAG,
		.summary = "The trail behind a code with all its proofs, to be saved and checked anywhere",
		.scope = SCOPE_PUBLIC,
		.query = &proofs_query,
		.response = &bundle_shape,
		.status = 200,
		.handle = code_proofs,
		.may_fail = MAY_FAIL,
	},
	{
		.method = "GET",
		.path = "/v1/lots/{id}/proofs",
		.id = "getLotProofs",
		.tag = TAG,
		.summary = "A lot's public trail with all its proofs",
		.scope = SCOPE_READ,
		.query = &proofs_query,
		.response = &bundle_shape,
		.status = 200,
		.handle = lot_proofs,
		.may_fail = MAY_FAIL,
	},
	{
		.method = "GET",
		.path = "/verify.html",
		.id = "verifier",
		.tag = TAG,
		.summary = "The page that checks saved trails in the browser, in one file",
		.scope = SCOPE_PUBLIC,
		.media_type = "text/html",
		.status = 200,
		.handle = verifier,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{0},
};
