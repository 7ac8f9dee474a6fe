/* SPDX-License-Identifier: Apache-2.0
 * Reads events of the EPCIS 2.0 JSON binding by one table of members: where each may stand and what its value is like. */
#include "ft/core/epcis_event.h"

#include <string.h>

#include "ft/base/decimal.h"
#include "ft/base/text.h"
#include "ft/base/uuid.h"

#include "epcis_event_priv.h"

const char *const epcis_type_words[EPCIS_TYPE_COUNT] = {
	"ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent", ""};

enum problem epcis_refuse(struct fault *reterr, const char *rule, const char *pointer, struct str value)
{
	(void)fault_set(reterr, PROBLEM_EPCIS_VALIDATION, rule, "%s", pointer);
	reterr->value = value.at ? str_shorten(value, FAULT_VALUE_LEN) : value;
	return PROBLEM_EPCIS_VALIDATION;
}

enum problem reading_refuse(struct reading *r, const char *rule, struct str pointer, const struct json *value)
{
	struct str none = {NULL, 0};
	return epcis_refuse(r->fault, rule, pointer.at, value ? value->span : none);
}

struct str reading_below(struct reading *r, struct str pointer, const char *name)
{
	return arena_printf(r->arena, "%.*s/%s", STR_ARGS(pointer), name);
}

struct str reading_entry(struct reading *r, struct str pointer, size_t i)
{
	return arena_printf(r->arena, "%.*s/%zu", STR_ARGS(pointer), i);
}

/* RFC 3986 §3: a scheme, a colon, and something after it without white space. */
bool epcis_is_uri(struct str s)
{
	size_t scheme = 0;
	while (scheme < s.len && s.at[scheme] != ':') {
		char c = s.at[scheme];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter &&
		    (!scheme || !((c >= '0' && c <= '9') || c == '+' || c == '.' || c == '-' || c == '_')))
			return false;
		scheme++;
	}
	if (!scheme || scheme + 1 >= s.len || s.len > EPCIS_MAX_URI)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] <= ' ' || s.at[i] == 0x7f || strchr("\"<>\\^`{|}", s.at[i]))
			return false;
	return true;
}

enum problem reading_uri(struct reading *r, const struct json *value, struct str pointer, struct str *ret)
{
	struct str text = json_text(value);
	if (!text.at)
		return reading_refuse(r, "type", pointer, value);
	if (!epcis_is_uri(text))
		return reading_refuse(r, "uri", pointer, value);
	*ret = text;
	return PROBLEM_NONE;
}

/* A member that the standard does not know must be an extension: a CURIE or a URI. */
enum problem reading_names(struct reading *r, const struct json *object, struct str pointer,
			   const char *const *names, bool extensions)
{
	if (object->kind != JSON_OBJECT)
		return reading_refuse(r, "type", pointer, object);
	for (size_t i = 0; i < object->count; i++) {
		struct str name = object->members[i].name;
		bool known = extensions && (memchr(name.at, ':', name.len) || str_starts(name, STR("@")));
		for (size_t k = 0; !known && names[k]; k++)
			known = str_equal(name, str_of(names[k]));
		if (!known)
			return reading_refuse(
				r, "unknown",
				reading_below(r, pointer, arena_str(r->arena, str_shorten(name, 60)).at),
				NULL);
	}
	return PROBLEM_NONE;
}

enum problem reading_time(struct reading *r, const struct json *value, struct str pointer, usec_t *ret)
{
	struct instant time;
	if (!json_text(value).at || instant_parse(json_text(value), &time))
		return reading_refuse(r, "time", pointer, value);
	*ret = time.at_us;
	return PROBLEM_NONE;
}

static enum problem add_mention(struct reading *r, struct epcis_mention mention, struct str pointer)
{
	if (r->event.mention_count == EPCIS_MAX_MENTIONS)
		return reading_refuse(r, "limit", pointer, NULL);
	if (r->event.mention_count == r->room) {
		size_t room = r->room ? r->room * 2 : 16;
		struct epcis_mention *more = arena_array(r->arena, struct epcis_mention, room);
		for (size_t i = 0; i < r->room; i++)
			more[i] = r->mentions[i];
		r->mentions = more;
		r->room = room;
	}
	mention.pointer = pointer;
	r->mentions[r->event.mention_count++] = mention;
	return PROBLEM_NONE;
}

static enum problem read_epcs(struct reading *r, const struct json *list, struct str pointer,
			      enum epcis_role role)
{
	if (list->kind != JSON_ARRAY)
		return reading_refuse(r, "type", pointer, list);
	for (size_t i = 0; i < list->count; i++) {
		struct epcis_mention mention = {.role = role, .instance = true};
		struct str place = reading_entry(r, pointer, i);
		enum problem p = reading_uri(r, &list->items[i], place, &mention.uri);
		for (size_t k = 0; !p && k < i; k++)
			if (str_equal(json_text(&list->items[k]), mention.uri))
				p = reading_refuse(r, "unique", place, &list->items[i]);
		if (!p)
			p = add_mention(r, mention, place);
		if (p)
			return p;
	}
	return PROBLEM_NONE;
}

static bool is_whole(struct str number)
{
	for (size_t i = 0; i < number.len; i++)
		if (number.at[i] < '0' || number.at[i] > '9')
			return false;
	return true;
}

/* EPCIS 2.0, 7.3.3.3: with a unit a positive amount, without one a positive number of pieces, or no number at all. */
static enum problem read_amount(struct reading *r, const struct json *element, struct str pointer,
				struct epcis_mention *mention)
{
	const struct json *quantity = json_get(element, STR("quantity")),
			  *uom = json_get(element, STR("uom"));
	struct decimal amount;
	static const struct decimal none;
	if (uom) {
		struct str text = json_text(uom);
		bool fine = text.at && text.len >= 2 && text.len <= 3;
		for (size_t i = 0; fine && i < text.len; i++)
			fine = (text.at[i] >= 'A' && text.at[i] <= 'Z') ||
			       (text.at[i] >= '0' && text.at[i] <= '9');
		if (!fine || !quantity)
			return reading_refuse(r, "uom", reading_below(r, pointer, "uom"), uom);
		mention->uom = text;
	}
	if (!quantity)
		return PROBLEM_NONE;
	if (quantity->kind != JSON_NUMBER)
		return reading_refuse(r, "type", reading_below(r, pointer, "quantity"), quantity);
	mention->quantity = quantity->text;
	bool exact = decimal_parse(quantity->text, &amount);
	if (quantity->text.at[0] == '-' || (exact && decimal_compare(amount, none) <= 0) ||
	    (!uom && exact && !is_whole(decimal_print(r->arena, amount))))
		return reading_refuse(r, "quantity", reading_below(r, pointer, "quantity"), quantity);
	return PROBLEM_NONE;
}

static enum problem read_quantities(struct reading *r, const struct json *list, struct str pointer,
				    enum epcis_role role)
{
	static const char *const names[] = {"epcClass", "quantity", "uom", NULL};
	if (list->kind != JSON_ARRAY)
		return reading_refuse(r, "type", pointer, list);
	for (size_t i = 0; i < list->count; i++) {
		const struct json *element = &list->items[i];
		struct epcis_mention mention = {.role = role};
		struct str place = reading_entry(r, pointer, i);
		enum problem p = reading_names(r, element, place, names, /* extensions */ false);
		if (!p && !json_get(element, STR("epcClass")))
			p = reading_refuse(r, "required", reading_below(r, place, "epcClass"), NULL);
		if (!p)
			p = reading_uri(r, json_get(element, STR("epcClass")),
					reading_below(r, place, "epcClass"), &mention.uri);
		if (!p)
			p = read_amount(r, element, place, &mention);
		if (!p)
			p = add_mention(r, mention, place);
		if (p)
			return p;
	}
	return PROBLEM_NONE;
}

enum problem reading_word(struct reading *r, const struct json *value, struct str pointer, const char *kind,
			  struct str *ret)
{
	struct str text = json_text(value), word;
	if (!text.at)
		return reading_refuse(r, "type", pointer, value);
	word = cbv_word(text, kind);
	if (!cbv_is_word(word, kind) && (!epcis_is_uri(text) || !memchr(word.at, ':', word.len)))
		return reading_refuse(r, "word", pointer, value);
	*ret = word;
	return PROBLEM_NONE;
}

static enum problem read_place(struct reading *r, const struct json *value, struct str pointer,
			       struct str *ret)
{
	static const char *const names[] = {"id", NULL};
	enum problem p = reading_names(r, value, pointer, names, /* extensions */ true);
	if (p)
		return p;
	if (!json_get(value, STR("id")))
		return reading_refuse(r, "required", reading_below(r, pointer, "id"), NULL);
	return reading_uri(r, json_get(value, STR("id")), reading_below(r, pointer, "id"), ret);
}

/* bizTransactionList, sourceList, destinationList: {type, NAME}. */
static enum problem read_pairs(struct reading *r, const struct json *list, struct str pointer,
			       const char *name, const char *kind, struct str *ret_party)
{
	const char *const names[] = {"type", name, NULL};
	bool pairs = strcmp(kind, "btt") != 0, possessing = false;
	if (list->kind != JSON_ARRAY)
		return reading_refuse(r, "type", pointer, list);
	for (size_t i = 0; i < list->count; i++) {
		const struct json *item = &list->items[i], *type = json_get(item, STR("type"));
		struct str place = reading_entry(r, pointer, i), word = {NULL, 0}, uri;
		enum problem p = reading_names(r, item, place, names, /* extensions */ false);
		if (!p && ((pairs && !type) || !json_get(item, str_of(name))))
			p = reading_refuse(r, "required",
					   reading_below(r, place, pairs && !type ? "type" : name), NULL);
		if (!p && type)
			p = reading_word(r, type, reading_below(r, place, "type"), kind, &word);
		if (!p)
			p = reading_uri(r, json_get(item, str_of(name)), reading_below(r, place, name), &uri);
		if (p)
			return p;
		if (!ret_party)
			r->transactions[r->event.transactions.count++] = uri;
		else if (str_equal(word, STR("possessing_party")) && !possessing)
			*ret_party = uri, possessing = true;
		else if (str_equal(word, STR("owning_party")) && !ret_party->at)
			*ret_party = uri;
	}
	return PROBLEM_NONE;
}

static enum problem read_transactions(struct reading *r, const struct json *list, struct str pointer)
{
	if (list->kind != JSON_ARRAY || (r->event.type == EPCIS_TRANSACTION && !list->count))
		return reading_refuse(r, list->kind == JSON_ARRAY ? "empty" : "type", pointer, list);
	r->transactions = arena_array(r->arena, struct str, list->count);
	r->event.transactions.items = r->transactions;
	return read_pairs(r, list, pointer, "bizTransaction", "btt", /* ret_party */ NULL);
}

static enum problem read_extras(struct reading *r, const struct json *value, struct str pointer)
{
	static const char *const names[] = {NULL};
	return reading_names(r, value, pointer, names, /* extensions */ true);
}

enum member {
	M_TYPE,
	M_TIME,
	M_OFFSET,
	M_RECORD_TIME,
	M_EVENT_ID,
	M_CERTIFICATION,
	M_DECLARATION,
	M_ACTION,
	M_EPCS,
	M_QUANTITIES,
	M_PARENT,
	M_CHILDREN,
	M_CHILD_QUANTITIES,
	M_INPUTS,
	M_INPUT_QUANTITIES,
	M_OUTPUTS,
	M_OUTPUT_QUANTITIES,
	M_TRANSFORMATION,
	M_STEP,
	M_DISPOSITION,
	M_PERSISTENT,
	M_READ_POINT,
	M_LOCATION,
	M_TRANSACTIONS,
	M_SOURCES,
	M_DESTINATIONS,
	M_SENSORS,
	M_ILMD,
};
enum {
	O = 1 << EPCIS_OBJECT,
	A = 1 << EPCIS_AGGREGATION,
	X = 1 << EPCIS_TRANSACTION,
	F = 1 << EPCIS_TRANSFORMATION,
	S = 1 << EPCIS_ASSOCIATION,
	ALL = O | A | X | F | S
};

/* EPCIS 2.0, 7.4: the members of events and the types they belong to; those in `needed` must be there. */
static const struct member_row {
	const char *name;
	enum member member;
	unsigned types, needed;
} members[] = {
	{"type", M_TYPE, ALL, ALL},
	{"eventTime", M_TIME, ALL, ALL},
	{"eventTimeZoneOffset", M_OFFSET, ALL, ALL},
	{"recordTime", M_RECORD_TIME, ALL, 0},
	{"eventID", M_EVENT_ID, ALL, 0},
	{"certificationInfo", M_CERTIFICATION, ALL, 0},
	{"errorDeclaration", M_DECLARATION, ALL, 0},
	{"action", M_ACTION, O | A | X | S, O | A | X | S},
	{"epcList", M_EPCS, O | X, 0},
	{"quantityList", M_QUANTITIES, O | X, 0},
	{"parentID", M_PARENT, A | X | S, S},
	{"childEPCs", M_CHILDREN, A | S, 0},
	{"childQuantityList", M_CHILD_QUANTITIES, A | S, 0},
	{"inputEPCList", M_INPUTS, F, 0},
	{"inputQuantityList", M_INPUT_QUANTITIES, F, 0},
	{"outputEPCList", M_OUTPUTS, F, 0},
	{"outputQuantityList", M_OUTPUT_QUANTITIES, F, 0},
	{"transformationID", M_TRANSFORMATION, F, 0},
	{"bizStep", M_STEP, ALL, 0},
	{"disposition", M_DISPOSITION, ALL, 0},
	{"persistentDisposition", M_PERSISTENT, ALL, 0},
	{"readPoint", M_READ_POINT, ALL, 0},
	{"bizLocation", M_LOCATION, ALL, 0},
	{"bizTransactionList", M_TRANSACTIONS, ALL, X},
	{"sourceList", M_SOURCES, ALL, 0},
	{"destinationList", M_DESTINATIONS, ALL, 0},
	{"sensorElementList", M_SENSORS, ALL, 0},
	{"ilmd", M_ILMD, O | F, 0},
};
enum { MEMBER_COUNT = sizeof members / sizeof *members, NEEDED_ALWAYS = 3 /* type and times */ };

static enum problem read_head(struct reading *r, enum member member, const struct json *value,
			      struct str pointer)
{
	struct epcis_event *e = &r->event;
	struct str text = json_text(value);
	usec_t unused;
	switch ((int)member) {
	case M_TIME:
		return reading_time(r, value, pointer, &e->time.at_us);
	case M_RECORD_TIME:
		return reading_time(r, value, pointer, &unused);
	case M_OFFSET:
		return text.at && reading_offset(text, &e->time.offset_min)
			       ? PROBLEM_NONE
			       : reading_refuse(r, "offset", pointer, value);
	case M_EVENT_ID:
		return reading_uri(r, value, pointer, &e->event_id);
	case M_CERTIFICATION:
		return reading_uris(r, value, pointer);
	case M_DECLARATION:
		return reading_declaration(r, value, pointer);
	case M_ACTION:
		e->action = text;
		return text.at && (str_equal(text, STR("ADD")) || str_equal(text, STR("OBSERVE")) ||
				   str_equal(text, STR("DELETE")))
			       ? PROBLEM_NONE
			       : reading_refuse(r, "word", pointer, value);
	case M_STEP:
		return reading_word(r, value, pointer, "bizstep", &e->biz_step);
	case M_DISPOSITION:
		return reading_word(r, value, pointer, "disp", &e->disposition);
	case M_PERSISTENT:
		return reading_dispositions(r, value, pointer);
	case M_TRANSFORMATION:
		return reading_uri(r, value, pointer, &e->transformation_id);
	default:
		return PROBLEM_NONE;
	}
}

static enum problem read_parent(struct reading *r, const struct json *value, struct str pointer)
{
	struct epcis_mention mention = {.role = EPCIS_PARENT, .instance = true};
	enum problem p = reading_uri(r, value, pointer, &mention.uri);
	return p ? p : add_mention(r, mention, pointer);
}

static enum problem read_what(struct reading *r, enum member member, const struct json *value,
			      struct str pointer)
{
	struct epcis_event *e = &r->event;
	bool made = e->type == EPCIS_OBJECT && str_equal(e->action, STR("ADD"));
	enum epcis_role role = made ? EPCIS_OUTPUT : EPCIS_THING;
	switch ((int)member) {
	case M_EPCS:
		return read_epcs(r, value, pointer, role);
	case M_QUANTITIES:
		return read_quantities(r, value, pointer, role);
	case M_PARENT:
		return read_parent(r, value, pointer);
	case M_CHILDREN:
		return read_epcs(r, value, pointer, EPCIS_THING);
	case M_CHILD_QUANTITIES:
		return read_quantities(r, value, pointer, EPCIS_THING);
	case M_INPUTS:
		return read_epcs(r, value, pointer, EPCIS_INPUT);
	case M_INPUT_QUANTITIES:
		return read_quantities(r, value, pointer, EPCIS_INPUT);
	case M_OUTPUTS:
		return read_epcs(r, value, pointer, EPCIS_OUTPUT);
	case M_OUTPUT_QUANTITIES:
		return read_quantities(r, value, pointer, EPCIS_OUTPUT);
	case M_READ_POINT:
		return read_place(r, value, pointer, &e->read_point);
	case M_LOCATION:
		return read_place(r, value, pointer, &e->biz_location);
	case M_TRANSACTIONS:
		return read_transactions(r, value, pointer);
	case M_SOURCES:
		return read_pairs(r, value, pointer, "source", "sdt", &e->from);
	case M_DESTINATIONS:
		return read_pairs(r, value, pointer, "destination", "sdt", &e->to);
	case M_SENSORS:
		return reading_sensors(r, value, pointer);
	case M_ILMD:
		return read_extras(r, value, pointer);
	default:
		return read_head(r, member, value, pointer);
	}
}

static size_t list_count(const struct json *event, const char *name)
{
	const struct json *list = json_get(event, str_of(name));
	return list && list->kind == JSON_ARRAY ? list->count : 0;
}

static enum problem check_object(struct reading *r, const struct json *json, struct str pointer)
{
	bool what = json_get(json, STR("epcList")) || json_get(json, STR("quantityList")) ||
		    (r->has_sensors && r->event.read_point.at);
	if (!what)
		return reading_refuse(r, "what", pointer, NULL);
	return json_get(json, STR("ilmd")) && !str_equal(r->event.action, STR("ADD"))
		       ? reading_refuse(r, "unknown", reading_below(r, pointer, "ilmd"), NULL)
		       : PROBLEM_NONE;
}

static enum problem check_group(struct reading *r, const struct json *json, struct str pointer)
{
	bool gone = str_equal(r->event.action, STR("DELETE"));
	size_t children = list_count(json, "childEPCs") + list_count(json, "childQuantityList");
	if (r->event.type == EPCIS_AGGREGATION && !str_equal(r->event.action, STR("OBSERVE")) &&
	    !json_get(json, STR("parentID")))
		return reading_refuse(r, "parent", reading_below(r, pointer, "parentID"), NULL);
	return children || gone ? PROBLEM_NONE : reading_refuse(r, "children", pointer, NULL);
}

static enum problem check_transformation(struct reading *r, const struct json *json, struct str pointer)
{
	size_t inputs = list_count(json, "inputEPCList") + list_count(json, "inputQuantityList");
	size_t outputs = list_count(json, "outputEPCList") + list_count(json, "outputQuantityList");
	bool whole = inputs && outputs, piece = r->event.transformation_id.at && (inputs || outputs);
	if (!whole && !piece)
		return reading_refuse(r, "outputs", pointer, NULL);
	bool wide = !r->event.transformation_id.at && inputs * outputs > EPCIS_MAX_EDGES;
	return wide ? reading_refuse(r, "limit", pointer, NULL) : PROBLEM_NONE;
}

/* What the members must be together. */
static enum problem check_whole(struct reading *r, const struct json *json, struct str pointer)
{
	switch (r->event.type) {
	case EPCIS_OBJECT:
		return check_object(r, json, pointer);
	case EPCIS_AGGREGATION:
	case EPCIS_ASSOCIATION:
		return check_group(r, json, pointer);
	case EPCIS_TRANSFORMATION:
		return check_transformation(r, json, pointer);
	case EPCIS_TRANSACTION:
		return json_get(json, STR("epcList")) || json_get(json, STR("quantityList")) ||
				       str_equal(r->event.action, STR("DELETE"))
			       ? PROBLEM_NONE
			       : reading_refuse(r, "what", pointer, NULL);
	case EPCIS_EXTENSION:
	case EPCIS_TYPE_COUNT:
		break;
	}
	return PROBLEM_NONE;
}

static enum problem read_type(struct reading *r, const struct json *json, struct str pointer)
{
	struct str word = json_text(json_get(json, STR("type")));
	r->event.type_word = word;
	for (int i = 0; word.at && i < EPCIS_EXTENSION; i++)
		if (str_equal(word, str_of(epcis_type_words[i]))) {
			r->event.type = (enum epcis_type)i;
			return PROBLEM_NONE;
		}
	r->event.type = EPCIS_EXTENSION;
	if (word.at && epcis_is_uri(word))
		return PROBLEM_NONE;
	return reading_refuse(r, word.at ? "word" : "required", reading_below(r, pointer, "type"),
			      json_get(json, STR("type")));
}

static enum problem check_member_names(struct reading *r, const struct json *json, struct str pointer)
{
	const char *names[MEMBER_COUNT + 1];
	size_t count = 0;
	for (size_t i = 0; i < MEMBER_COUNT; i++) {
		if (members[i].types & (1u << r->event.type))
			names[count++] = members[i].name;
		unsigned needed = r->event.type == EPCIS_EXTENSION && i < NEEDED_ALWAYS
					  ? 1u << EPCIS_EXTENSION
					  : members[i].needed;
		if (needed & (1u << r->event.type) && !json_get(json, str_of(members[i].name)))
			return reading_refuse(r, "required", reading_below(r, pointer, members[i].name),
					      NULL);
	}
	names[count] = NULL;
	if (r->event.type == EPCIS_EXTENSION)
		return PROBLEM_NONE;
	return reading_names(r, json, pointer, names, /* extensions */ true);
}

enum problem epcis_event_read(struct arena *arena, const struct json *json, const struct json *context,
			      const char *pointer, struct epcis_event *ret, struct fault *reterr)
{
	struct reading r = {.arena = arena, .fault = reterr};
	struct str root = str_of(pointer);
	const struct json *own = json_get(json, STR("@context"));
	r.event.json = json;
	r.event.own_context = own != NULL;
	r.event.document_context = context;
	if (json->kind != JSON_OBJECT)
		return reading_refuse(&r, "type", root, json);
	if (!own && !context)
		return reading_refuse(&r, "required", reading_below(&r, root, "@context"), NULL);
	r.event.context = own ? own->span : context->span;
	enum problem p = read_type(&r, json, root);
	if (!p)
		p = check_member_names(&r, json, root);
	if (!p)
		p = reading_numbers(&r, json, root);
	if (p)
		return p;
	const struct json *action =
		json_get(json, STR("action")); /* says what the lists mean, wherever it stands */
	if (action)
		r.event.action = json_text(action);
	for (size_t i = 0; !p && i < MEMBER_COUNT; i++) {
		const struct json *value = json_get(json, str_of(members[i].name));
		if (value)
			p = read_what(&r, members[i].member, value, reading_below(&r, root, members[i].name));
	}
	if (!p)
		p = check_whole(&r, json, root);
	if (p)
		return p;
	r.event.mentions = r.mentions;
	*ret = r.event;
	return PROBLEM_NONE;
}

struct str epcis_event_name(struct arena *arena, struct str event_id)
{
	struct uuid id;
	return uuid_parse(event_id, &id)
		       ? arena_printf(arena, "urn:uuid:%.*s", STR_ARGS(uuid_print(arena, id)))
		       : event_id;
}

struct str epcis_event_body(struct arena *arena, const struct epcis_event *event, struct str event_id)
{
	struct str span = event->json->span;
	struct buf out = buf_create(arena, span.len + event->context.len + 128);
	buf_put_char(&out, '{');
	if (!event->own_context) {
		buf_put(&out, STR("\"@context\":"));
		buf_put(&out, event->context);
		buf_put_char(&out, ',');
	}
	if (!event->event_id.at)
		buf_printf(&out, "\"eventID\":\"%.*s\",", STR_ARGS(event_id));
	buf_put(&out, str_from(span, 1));
	return buf_str(&out);
}
