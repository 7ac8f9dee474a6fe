/* SPDX-License-Identifier: Apache-2.0
 * The shapes of alerts: contract section 4, member by member. */
#include "alerts_priv.h"

#include "ft/core/alert_state.h"

enum {
	LOTS_MAX = 1000000,
	REGIONS_MAX = 10000,
	TIMELINE_MAX = 10000,
	EVIDENCE_MAX = 10000,
	WORDS_MAX = 4096
};

static const char *const severities[] = {"critical", "high", "medium", "low", NULL};
static const char *const roles[] = {"origin", "found", "held", NULL};

static const struct shape region_shape = {
	.name = "AlertRegion",
	.size = sizeof(struct alert_region_answer),
	.doc = "A region an alert concerns",
	.fields =
		(const struct field[]){
			STRING(struct alert_region_answer, code, "code", .doc = "Region"),
			WORD(struct alert_region_answer, role, "role", roles,
			     .doc = "Where the goods come from, were found, are held"),
			END_OF_SHAPE,
		},
};
static const struct shape evidence_shape = {
	.name = "AlertEvidence",
	.size = sizeof(struct alert_evidence),
	.doc = "What the finding rests on",
	.fields =
		(const struct field[]){
			STRING(struct alert_evidence, event, "event", .flags = OPTIONAL, .doc = "Record"),
			STRING(struct alert_evidence, reference, "reference", .flags = OPTIONAL,
			       .max_len = WORDS_MAX, .doc = "Row of the reference data and its source"),
			STRING(struct alert_evidence, words, "words", .flags = OPTIONAL, .max_len = WORDS_MAX,
			       .doc = "In the caller's language"),
			END_OF_SHAPE,
		},
};
static const struct shape deed_shape = {
	.name = "AlertDeed",
	.size = sizeof(struct alert_deed_answer),
	.doc = "What was done about an alert",
	.fields =
		(const struct field[]){
			STRING(struct alert_deed_answer, id, "id", .doc = "Of the action"),
			STRING(struct alert_deed_answer, at, "at", .doc = "When, UTC"),
			WORD(struct alert_deed_answer, action, "action", alert_action_words, .doc = "What"),
			STRING(struct alert_deed_answer, key, "key",
			       .doc = "Key that acted; the nil UUID: the service itself"),
			STRING(struct alert_deed_answer, party, "party", .flags = OPTIONAL,
			       .doc = "Its party"),
			STRING(struct alert_deed_answer, reason, "reason", .flags = OPTIONAL,
			       .doc = "Of a close"),
			STRING(struct alert_deed_answer, note, "note", .flags = OPTIONAL,
			       .max_len = WORDS_MAX, .doc = "Words"),
			STRING(struct alert_deed_answer, assignee, "assignee", .flags = OPTIONAL,
			       .doc = "Of an assign"),
			STRING(struct alert_deed_answer, region, "region", .flags = OPTIONAL,
			       .doc = "Of a transfer"),
			END_OF_SHAPE,
		},
};

#define ITEM_FIELDS \
	STRING(struct alert_answer, id, "id", .doc = "Alert"), \
		STRING(struct alert_answer, rule, "rule", .doc = "Rule of the catalogue"), \
		INTEGER(struct alert_answer, rule_version, "ruleVersion", .doc = "Version of the rule"), \
		WORD(struct alert_answer, severity, "severity", severities, .doc = "How bad"), \
		WORD(struct alert_answer, state, "state", alert_state_words, .doc = "State"), \
		OBJECT(struct alert_answer, title, "title", &words_shape, struct words, .doc = "What"), \
		OBJECT(struct alert_answer, reason, "reason", &words_shape, struct words, \
		       .doc = "Why, with the figures"), \
		LIST(struct alert_answer, regions, "regions", &region_shape, .flags = ALWAYS, \
		     .max_len = REGIONS_MAX, .doc = "Regions it concerns"), \
		STRING(struct alert_answer, first_seen, "firstSeen", .doc = "When it was raised, UTC"), \
		STRING(struct alert_answer, last_seen, "lastSeen", \
		       .doc = "When it was last found again, UTC"), \
		STRING(struct alert_answer, due_at, "dueAt", .doc = "When somebody must have acted, UTC"), \
		STRING(struct alert_answer, assignee, "assignee", .flags = OPTIONAL | NULLABLE, \
		       .doc = "Who deals with it"), \
		STRING(struct alert_answer, party, "party", .flags = OPTIONAL, .doc = "Party it concerns"), \
		STRING(struct alert_answer, product, "product", .flags = OPTIONAL, \
		       .doc = "Product it concerns"), \
		STRINGS(struct alert_answer, lots, "lots", .flags = ALWAYS, .max_len = LOTS_MAX, \
			.doc = "Lots it is about"), \
		STRING(struct alert_answer, suggested_action, "suggestedAction", .max_len = WORDS_MAX, \
		       .doc = "What to do next, in the caller's language")

const struct shape alert_item_shape = {
	.name = "AlertItem",
	.size = sizeof(struct alert_answer),
	.doc = "A finding of a risk rule, as lists show it",
	.fields = (const struct field[]){ITEM_FIELDS, END_OF_SHAPE},
};
const struct shape alert_answer_shape = {
	.name = "Alert",
	.size = sizeof(struct alert_answer),
	.doc = "A finding of a risk rule, with all that explains it",
	.fields =
		(const struct field[]){
			ITEM_FIELDS,
			STRING(struct alert_answer, edition, "edition",
			       .doc = "Edition of the reference data it used"),
			STRING(struct alert_answer, code, "code", .flags = OPTIONAL,
			       .doc = "Of the pack that it is about, or of one of several"),
			LIST(struct alert_answer, evidence, "evidence", &evidence_shape, .flags = ALWAYS,
			     .max_len = EVIDENCE_MAX, .doc = "What it rests on"),
			STRINGS(struct alert_answer, lots_up, "lotsUp", .flags = ALWAYS, .max_len = LOTS_MAX,
				.doc = "What those lots were made from"),
			STRINGS(struct alert_answer, lots_down, "lotsDown", .flags = ALWAYS,
				.max_len = LOTS_MAX, .doc = "What became of them, now"),
			LIST(struct alert_answer, timeline, "timeline", &deed_shape, .flags = ALWAYS,
			     .max_len = TIMELINE_MAX, .doc = "What was done, oldest first"),
			END_OF_SHAPE,
		},
};

struct list alert_regions(struct arena *arena, const struct sql_array *codes, const struct sql_array *words)
{
	struct alert_region_answer *regions = arena_array(arena, struct alert_region_answer, codes->count);
	const struct str *code = codes->items, *word = words->items;
	for (size_t i = 0; i < codes->count; i++)
		regions[i] = (struct alert_region_answer){code[i], word[i]};
	return (struct list){regions, codes->count};
}
