/* SPDX-License-Identifier: Apache-2.0
 * The sample that a record took: read by hand, for `sample` is an object where one is taken and a name where one is tested. */
#include "record_priv.h"

#include "ft/base/text.h"

enum { MAX_SAMPLE_BYTES = 64, MAX_TAKER_BYTES = 256 };

static bool is_line(struct str text, size_t max)
{
	if (text.at == NULL || text.len == 0 || text.len > max)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7f)
			return false;
	return true;
}

static enum problem member_fault(const char *pointer, enum problem p, const char *rule, struct str value,
				 struct fault *reterr)
{
	(void)fault_set(reterr, p, rule, "/sample%s", pointer);
	reterr->value = value;
	return p;
}

static enum problem line_read(const struct json *object, struct str name, const char *pointer, size_t max,
			      struct str *ret, struct fault *reterr)
{
	const struct json *member = json_get(object, name);

	if (member == NULL)
		return PROBLEM_NONE;
	if (!is_line(json_text(member), max))
		return member_fault(pointer,
				    member->kind == JSON_STRING ? PROBLEM_FIELD_RANGE : PROBLEM_FIELD_TYPE,
				    "type", json_text(member), reterr);
	*ret = json_text(member);
	return PROBLEM_NONE;
}

static enum problem quantity_read(const struct json *object, struct record_sample *ret, struct fault *reterr)
{
	const struct json *quantity = json_get(object, STR("quantity"));
	const struct json *value = json_get(quantity, STR("value"));
	struct str unit = json_text(json_get(quantity, STR("unit")));
	struct quantity amount;
	enum problem p;

	if (quantity == NULL)
		return PROBLEM_NONE;
	if (quantity->kind != JSON_OBJECT || quantity->count != 2 || value == NULL || unit.at == NULL ||
	    (value->kind != JSON_STRING && value->kind != JSON_NUMBER))
		return member_fault("/quantity", PROBLEM_FIELD_TYPE, "type", (struct str){NULL, 0}, reterr);
	p = quantity_of(value->text, unit, &amount);
	if (p)
		return member_fault(p == PROBLEM_UNIT_UNKNOWN ? "/quantity/unit" : "/quantity/value", p,
				    "quantity", p == PROBLEM_UNIT_UNKNOWN ? unit : value->text, reterr);
	ret->quantity = (struct record_quantity){.value = value->text, .unit = unit};
	ret->has_quantity = true;
	return PROBLEM_NONE;
}

static enum problem members_known(const struct json *object, struct fault *reterr)
{
	static const char *const names[] = {"id", "takenAt", "taker", "quantity"};

	for (size_t i = 0; i < object->count; i++) {
		bool known = false;

		for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
			known = known || str_equal(object->members[i].name, str_of(names[k]));
		if (!known)
			return fault_set(reterr, PROBLEM_FIELD_UNKNOWN, "unknown", "/sample/%.*s",
					 STR_ARGS(object->members[i].name));
	}
	return PROBLEM_NONE;
}

enum problem record_sample_read(const struct json *sample, struct record_sample *ret, struct fault *reterr)
{
	struct record_sample read = {.has_quantity = false};
	const struct json *taken_at = json_get(sample, STR("takenAt"));
	enum problem p;

	if (sample->kind != JSON_OBJECT)
		return member_fault("", PROBLEM_FIELD_TYPE, "type", (struct str){NULL, 0}, reterr);
	p = members_known(sample, reterr);
	if (!p)
		p = line_read(sample, STR("id"), "/id", MAX_SAMPLE_BYTES, &read.id, reterr);
	if (!p && read.id.at == NULL)
		p = fault_set(reterr, PROBLEM_FIELD_MISSING, "required", "/sample/id");
	if (!p)
		p = line_read(sample, STR("taker"), "/taker", MAX_TAKER_BYTES, &read.taker, reterr);
	if (!p && taken_at != NULL) {
		p = taken_at->kind == JSON_STRING ? instant_parse(taken_at->text, &read.taken_at)
						  : PROBLEM_FIELD_TYPE;
		if (p)
			p = member_fault("/takenAt", p, "time", json_text(taken_at), reterr);
	}
	if (!p)
		p = quantity_read(sample, &read, reterr);
	if (!p)
		*ret = read;
	return p;
}
