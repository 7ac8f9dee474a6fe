/* SPDX-License-Identifier: Apache-2.0
 * Which members a type of record takes and needs, told to machines as JSON Schema and to who was refused in words. */
#include "record_priv.h"

#include <string.h>

#include "ft/codec/json.h"

static bool has(uint64_t set, unsigned member)
{
	return set & MEMBER_BIT(member);
}

static void put_names(struct json_writer *w, const char *keyword, uint64_t members)
{
	json_name(w, str_of(keyword));
	json_begin_array(w);
	for (unsigned m = 0; m < MEMBER_COUNT; m++)
		if (has(members, m))
			json_string(w, str_of(record_fields[m].name));
	json_end_array(w);
}

/* {"anyOf": [{"required": ["lots"]}, {"required": ["units"]}]}: one of these at least. */
static void put_one_of(struct json_writer *w, uint64_t members)
{
	json_begin_object(w);
	json_name(w, STR("anyOf"));
	json_begin_array(w);
	for (unsigned m = 0; m < MEMBER_COUNT; m++)
		if (has(members, m)) {
			json_begin_object(w);
			put_names(w, "required", MEMBER_BIT(m));
			json_end_object(w);
		}
	json_end_array(w);
	json_end_object(w);
}

static void put_type_is(struct json_writer *w, const char *word)
{
	json_begin_object(w);
	json_name(w, STR("properties"));
	json_begin_object(w);
	json_name(w, STR("type"));
	json_begin_object(w);
	json_pair(w, STR("const"), str_of(word));
	json_end_object(w);
	json_end_object(w);
	json_end_object(w);
}

static void put_rule(struct json_writer *w, const struct record_rule *rule)
{
	json_begin_object(w);
	json_name(w, STR("if"));
	put_type_is(w, rule->kind.word);
	json_name(w, STR("then"));
	json_begin_object(w);
	put_names(w, "required", record_members_needed(rule));
	json_name(w, STR("propertyNames"));
	json_begin_object(w);
	put_names(w, "enum", record_members_taken(rule));
	json_end_object(w);
	if (rule->needs_one[0]) {
		json_name(w, STR("allOf"));
		json_begin_array(w);
		for (size_t i = 0; i < 2 && rule->needs_one[i]; i++)
			put_one_of(w, rule->needs_one[i]);
		json_end_array(w);
	}
	json_end_object(w);
	json_end_object(w);
}

static void put_types(struct json_writer *w)
{
	const struct record_kind *kind;
	json_begin_object(w);
	json_name(w, STR("properties"));
	json_begin_object(w);
	json_name(w, STR("type"));
	json_begin_object(w);
	json_name(w, STR("enum"));
	json_begin_array(w);
	for (size_t i = 0; (kind = record_kind_at(i)) != NULL; i++)
		json_string(w, str_of(kind->word));
	json_end_array(w);
	json_end_object(w);
	json_end_object(w);
	json_end_object(w);
}

void record_schema_put(struct json_writer *w)
{
	const struct record_kind *kind;
	json_name(w, STR("allOf"));
	json_begin_array(w);
	put_types(w);
	for (size_t i = 0; (kind = record_kind_at(i)) != NULL; i++)
		put_rule(w, record_rule_of(kind));
	json_end_array(w);
}

static void put_word(struct buf *out, const char *word)
{
	if (buf_str(out).len)
		buf_put(out, STR(", "));
	buf_put(out, str_of(word));
}

static struct str names_of(struct arena *arena, uint64_t members)
{
	struct buf out = buf_create(arena, 128);
	for (unsigned m = 0; m < MEMBER_COUNT; m++)
		if (has(members, m))
			put_word(&out, record_fields[m].name);
	return buf_str(&out);
}

static struct str words_of_kinds(struct arena *arena)
{
	struct buf out = buf_create(arena, 256);
	const struct record_kind *kind;
	for (size_t i = 0; (kind = record_kind_at(i)) != NULL; i++)
		put_word(&out, kind->word);
	return buf_str(&out);
}

/* The first set of which it needs one and has none; 0: there is none such, or another member is missing. */
static uint64_t instead_of(const struct record_rule *rule, const struct record *record, struct str missing)
{
	for (size_t i = 0; i < 2; i++) {
		bool met = false, named = false;
		for (unsigned m = 0; m < MEMBER_COUNT; m++) {
			met |= has(rule->needs_one[i], m) && record_has(record, m);
			named |= has(rule->needs_one[i], m) &&
				 str_equal(str_of(record_fields[m].name), missing);
		}
		if (!met && named)
			return rule->needs_one[i];
	}
	return 0;
}

void record_explain(struct arena *arena, const struct record *record, enum problem p, struct fault *fault)
{
	struct str name = str_of(fault->pointer);
	if (fault->detail.at)
		return;
	if (record->replacement && str_starts(name, STR("/replacement/"))) {
		record = record->replacement;
		name = str_from(name, STR("/replacement").len);
	}
	name = str_starts(name, STR("/")) ? str_from(name, 1) : name;
	const struct record_kind *kind = record_kind_find(record->type);
	if (p == PROBLEM_RECORD_TYPE && !kind) {
		fault->detail = arena_printf(arena, "one of %.*s", STR_ARGS(words_of_kinds(arena)));
		return;
	}
	const struct record_rule *rule = kind ? record_rule_of(kind) : NULL;
	uint64_t others = rule ? instead_of(rule, record, name) : 0;
	if (p == PROBLEM_FIELD_MISSING && (others & (others - 1)))
		fault->detail = arena_printf(arena, "one of %.*s", STR_ARGS(names_of(arena, others)));
	if (p == PROBLEM_FIELD_UNKNOWN && rule && !memchr(name.at, '/', name.len))
		fault->detail = arena_printf(arena, "%s takes %.*s", kind->word,
					     STR_ARGS(names_of(arena, record_members_taken(rule))));
}
