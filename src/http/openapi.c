/* SPDX-License-Identifier: Apache-2.0
 * Writes the OpenAPI document: paths sorted by path and method, schemas by name, so that versions compare. */
#include "ft/http/openapi.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_PROBLEMS_MAX = 64 };

struct rows {
	const struct route **at;
	size_t count;
};

struct shapes {
	struct arena *arena;
	const struct shape **at;
	size_t count, room;
};

static size_t count_rows(const struct route *const *tables)
{
	size_t count = 0;
	for (size_t t = 0; tables[t]; t++)
		for (const struct route *row = tables[t]; row->path; row++)
			count++;
	return count;
}

static int compare_rows(const void *a, const void *b)
{
	const struct route *const *one = a, *const *other = b;
	int order = strcmp((*one)->path, (*other)->path);
	return order ? order : strcmp((*one)->method, (*other)->method);
}

static struct rows sorted_rows(struct arena *arena, const struct route *const *tables)
{
	struct rows rows = {arena_array(arena, const struct route *, count_rows(tables) + 1), 0};
	for (size_t t = 0; tables[t]; t++)
		for (const struct route *row = tables[t]; row->path; row++)
			rows.at[rows.count++] = row;
	qsort(rows.at, rows.count, sizeof rows.at[0], compare_rows);
	return rows;
}

static void collect_shape(const struct shape *shape, void *context)
{
	struct shapes *shapes = context;
	for (size_t i = 0; i < shapes->count; i++)
		if (!strcmp(shapes->at[i]->name, shape->name)) {
			assert(shapes->at[i] == shape); /* two shapes of one name */
			return;
		}
	if (shapes->count == shapes->room) {
		size_t room = shapes->room ? shapes->room * 2 : 64;
		const struct shape **wider = arena_array(shapes->arena, const struct shape *, room);
		if (shapes->count)
			memcpy(wider, shapes->at, shapes->count * sizeof wider[0]);
		shapes->at = wider;
		shapes->room = room;
	}
	shapes->at[shapes->count++] = shape;
}

static int compare_shapes(const void *a, const void *b)
{
	const struct shape *const *one = a, *const *other = b;
	return strcmp((*one)->name, (*other)->name);
}

static void write_ref(struct json_writer *w, struct arena *arena, const char *kind, const char *name)
{
	json_begin_object(w);
	json_pair(w, STR("$ref"), arena_printf(arena, "#/components/%s/%s", kind, name));
	json_end_object(w);
}

/* "{rest...}" is "{rest}" in OpenAPI, which has no word for it. */
static struct str openapi_path(struct arena *arena, const char *path)
{
	struct str all = str_of(path);
	if (!str_ends(all, STR("...}")))
		return all;
	return arena_printf(arena, "%.*s}", (int)(all.len - 4), all.at);
}

static void write_path_parameters(struct json_writer *w, struct arena *arena, const char *path)
{
	struct str rest = str_of(path);
	while (rest.at) {
		struct str segment = str_cut(rest, '/', &rest);
		if (!str_starts(segment, STR("{")))
			continue;
		bool is_rest = str_ends(segment, STR("...}"));
		struct str name = {segment.at + 1, segment.len - (is_rest ? 5 : 2)};
		json_begin_object(w);
		json_pair(w, STR("name"), arena_str(arena, name));
		json_pair(w, STR("in"), STR("path"));
		json_name(w, STR("required"));
		json_bool(w, true);
		if (is_rest)
			json_pair(w, STR("description"), STR("Everything that follows, slashes included"));
		json_name(w, STR("schema"));
		json_raw(w, STR("{\"type\":\"string\"}"));
		json_end_object(w);
	}
}

/* A parameter's schema is the member's in the schema of the whole query. */
static void write_query_parameters(struct json_writer *w, struct arena *arena, const struct shape *query)
{
	struct buf text = buf_create(arena, 1024);
	struct json_writer whole_writer = json_writer(&text);
	shape_schema(query, &whole_writer);
	struct json whole;
	struct fault fault;
	enum problem p = json_parse(arena, buf_str(&text), &whole, &fault);
	assert(!p);
	const struct json *properties = json_get(&whole, STR("properties"));
	for (const struct field *field = query->fields; field->name; field++) {
		const struct json *schema = json_get(properties, str_of(field->name));
		json_begin_object(w);
		json_pair(w, STR("name"), str_of(field->name));
		json_pair(w, STR("in"), STR("query"));
		json_name(w, STR("required"));
		json_bool(w, !(field->flags & (OPTIONAL | ALWAYS)));
		json_pair(w, STR("description"), str_of(field->doc));
		if (schema) {
			json_name(w, STR("schema"));
			json_raw(w, schema->span);
		}
		json_end_object(w);
	}
}

static bool may_fail(const struct route *row, enum problem p)
{
	for (size_t i = 0; i < ROUTE_MAY_FAIL && row->may_fail[i]; i++)
		if (row->may_fail[i] == p)
			return true;
	return false;
}

static const char if_match[] = "{\"name\":\"If-Match\",\"in\":\"header\",\"required\":true,"
			       "\"description\":\"The ETag of what was read, or *\","
			       "\"schema\":{\"type\":\"string\"}}";

static const char idempotency_key[] = "{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":false,"
				      "\"description\":\"A word of the client's own, 1 to 255 characters: "
				      "the same request under it is carried out once, "
				      "and answered again as it was first, with Idempotent-Replayed: true\","
				      "\"schema\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":255}}";

static const char prefer[] =
	"{\"name\":\"Prefer\",\"in\":\"header\",\"required\":false,"
	"\"description\":\"wait=5 (RFC 7240): the answer comes when a signed head of the log covers what was "
	"stored, with `log: logged` and Preference-Applied; else after so many seconds, 20 at most, as "
	"without it\",\"schema\":{\"type\":\"string\"}}";

static bool is_post(const struct route *row)
{
	return strcmp(row->method, "POST") == 0;
}

static void write_parameters(struct json_writer *w, struct arena *arena, const struct route *row)
{
	bool conditional = may_fail(row, PROBLEM_PRECONDITION_REQUIRED);
	if (!strchr(row->path, '{') && !row->query && !conditional && !is_post(row))
		return;
	json_name(w, STR("parameters"));
	json_begin_array(w);
	write_path_parameters(w, arena, row->path);
	if (row->query)
		write_query_parameters(w, arena, row->query);
	if (conditional)
		json_raw(w, STR(if_match));
	if (is_post(row))
		json_raw(w, STR(idempotency_key));
	if (row->may_wait)
		json_raw(w, STR(prefer));
	json_end_array(w);
}

static void write_schema_content(struct json_writer *w, struct arena *arena, const char *media_type,
				 const struct shape *shape)
{
	json_name(w, str_of(media_type));
	json_begin_object(w);
	json_name(w, STR("schema"));
	if (shape)
		write_ref(w, arena, "schemas", shape->name);
	else
		json_raw(w, STR("{}"));
	json_end_object(w);
}

static void write_either(struct json_writer *w, struct arena *arena, const struct shape *one,
			 const struct shape *other)
{
	json_name(w, STR("application/json"));
	json_begin_object(w);
	json_name(w, STR("schema"));
	json_begin_object(w);
	json_name(w, STR("oneOf"));
	json_begin_array(w);
	write_ref(w, arena, "schemas", one->name);
	write_ref(w, arena, "schemas", other->name);
	json_end_array(w);
	json_end_object(w);
	json_end_object(w);
}

static void write_request_body(struct json_writer *w, struct arena *arena, const struct route *row)
{
	if (!row->max_body)
		return;
	json_name(w, STR("requestBody"));
	json_begin_object(w);
	json_name(w, STR("required"));
	json_bool(w, row->request);
	json_name(w, STR("content"));
	json_begin_object(w);
	if (row->request_else)
		write_either(w, arena, row->request, row->request_else);
	else
		write_schema_content(w, arena, "application/json", row->request);
	if (row->body_type) {
		bool is_form = !strcmp(row->body_type, "application/x-www-form-urlencoded");
		write_schema_content(w, arena, row->body_type, is_form ? row->request : NULL);
	}
	json_end_object(w);
	json_end_object(w);
}

struct problem_set {
	enum problem at[STATUS_PROBLEMS_MAX];
	size_t count;
};

static void add_problem(struct problem_set *set, enum problem p)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->at[i] == p)
			return;
	assert(set->count < STATUS_PROBLEMS_MAX);
	/* Sorted by status, then by the order of the problem table. */
	size_t place = set->count++;
	int status = problem_info(p)->http_status;
	for (; place > 0; place--) {
		int before = problem_info(set->at[place - 1])->http_status;
		if (before < status || (before == status && set->at[place - 1] < p))
			break;
		set->at[place] = set->at[place - 1];
	}
	set->at[place] = p;
}

/* What the server itself may answer for the row, and what the row lists. */
static struct problem_set problems_of(const struct route *row)
{
	static const enum problem always[] = {PROBLEM_BAD_REQUEST, PROBLEM_UNAUTHORIZED,
					      PROBLEM_TOO_MANY_REQUESTS, PROBLEM_INTERNAL, PROBLEM_BUSY};
	static const enum problem bodies[] = {PROBLEM_BODY_TOO_LARGE, PROBLEM_UNSUPPORTED_MEDIA_TYPE};
	static const enum problem forms[] = {PROBLEM_FIELD_MISSING, PROBLEM_FIELD_TYPE, PROBLEM_FIELD_UNKNOWN,
					     PROBLEM_FIELD_RANGE};
	struct problem_set set = {.count = 0};
	for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
		add_problem(&set, always[i]);
	for (size_t i = 0; row->max_body && i < sizeof bodies / sizeof bodies[0]; i++)
		add_problem(&set, bodies[i]);
	for (size_t i = 0; (row->request || row->query) && i < sizeof forms / sizeof forms[0]; i++)
		add_problem(&set, forms[i]);
	if (row->request)
		add_problem(&set, PROBLEM_JSON_SYNTAX);
	if (!(row->scope & SCOPE_PUBLIC))
		add_problem(&set, PROBLEM_FORBIDDEN);
	if (is_post(row)) {
		if (!row->max_body)
			add_problem(&set, PROBLEM_BODY_TOO_LARGE);
		add_problem(&set, PROBLEM_IDEMPOTENCY_MISMATCH);
		add_problem(&set, PROBLEM_DB_UNAVAILABLE);
	}
	if (is_post(row) && row->handle && !row->repeatable)
		add_problem(&set, PROBLEM_ANSWER_LOST);
	for (size_t i = 0; i < ROUTE_MAY_FAIL && row->may_fail[i]; i++)
		add_problem(&set, row->may_fail[i]);
	return set;
}

static void write_problem_content(struct json_writer *w, struct arena *arena)
{
	json_name(w, STR("content"));
	json_begin_object(w);
	json_name(w, STR("application/problem+json"));
	json_begin_object(w);
	json_name(w, STR("schema"));
	write_ref(w, arena, "schemas", "Problem");
	json_end_object(w);
	write_schema_content(w, arena, "text/html", NULL); /* the page that a browser gets in its place */
	json_end_object(w);
}

/* A status with one problem refers to that problem's response; several are told apart by their type. */
static void write_problem_responses(struct json_writer *w, struct arena *arena, const struct problem_set *set)
{
	for (size_t i = 0, end; i < set->count; i = end) {
		int status = problem_info(set->at[i])->http_status;
		for (end = i; end < set->count && problem_info(set->at[end])->http_status == status;)
			end++;
		json_name(w, arena_printf(arena, "%d", status));
		if (end == i + 1) {
			write_ref(w, arena, "responses", problem_info(set->at[i])->slug);
			continue;
		}
		struct buf text = buf_create(arena, 256);
		for (size_t k = i; k < end; k++) {
			const struct problem_info *info = problem_info(set->at[k]);
			buf_printf(&text, "%s`%s`: %s", k > i ? "; " : "", info->slug,
				   info->title[LANGUAGE_EN]);
		}
		json_begin_object(w);
		json_pair(w, STR("description"), buf_str(&text));
		write_problem_content(w, arena);
		json_end_object(w);
	}
}

static void write_answer(struct json_writer *w, struct arena *arena, const struct route *row, int status,
			 const char *description)
{
	json_name(w, arena_printf(arena, "%d", status));
	json_begin_object(w);
	json_pair(w, STR("description"), description ? str_of(description) : STR(""));
	if (row->response || row->media_type) {
		json_name(w, STR("content"));
		json_begin_object(w);
		if (row->response_else)
			write_either(w, arena, row->response, row->response_else);
		else if (row->response)
			write_schema_content(w, arena, "application/json", row->response);
		for (struct str rest = str_of(row->media_type); rest.at;) {
			struct str media_type = str_trim(str_cut(rest, ',', &rest));
			if (!row->response || !str_equal(media_type, STR("application/json")))
				write_schema_content(w, arena, arena_str(arena, media_type).at, NULL);
		}
		json_end_object(w);
	}
	json_end_object(w);
}

static void write_success(struct json_writer *w, struct arena *arena, const struct route *row)
{
	if (row->repeatable && row->status != 200)
		write_answer(w, arena, row, 200, "It was there already: what was answered first");
	write_answer(w, arena, row, row->status ? row->status : 200,
		     row->response && row->response->doc ? row->response->doc : row->summary);
}

/* Any one of the scopes is enough: alternatives are separate objects. */
static void write_security(struct json_writer *w, struct arena *arena, const struct route *row)
{
	json_name(w, STR("security"));
	json_begin_array(w);
	if (row->scope & SCOPE_PUBLIC) {
		json_raw(w, STR("{}"));
		json_raw(w, STR("{\"bearer\":[]}"));
	}
	for (unsigned bit = SCOPE_READ; bit <= SCOPE_ADMIN; bit <<= 1) {
		if (!(row->scope & bit))
			continue;
		json_begin_object(w);
		json_name(w, STR("bearer"));
		json_begin_array(w);
		json_string(w, scope_names(arena, bit));
		json_end_array(w);
		json_end_object(w);
	}
	json_end_array(w);
}

static void write_operation(struct json_writer *w, struct arena *arena, const struct route *row)
{
	char *method = (char *)(uintptr_t)arena_str(arena, str_of(row->method)).at;
	for (char *c = method; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	json_name(w, str_of(method));
	json_begin_object(w);
	json_pair(w, STR("operationId"), str_of(row->id));
	json_pair(w, STR("summary"), str_of(row->summary));
	if (row->tag) {
		json_name(w, STR("tags"));
		json_begin_array(w);
		json_string(w, str_of(row->tag));
		json_end_array(w);
	}
	write_security(w, arena, row);
	write_parameters(w, arena, row);
	write_request_body(w, arena, row);
	json_name(w, STR("responses"));
	json_begin_object(w);
	write_success(w, arena, row);
	struct problem_set problems = problems_of(row);
	write_problem_responses(w, arena, &problems);
	json_end_object(w);
	json_end_object(w);
}

static void write_paths(struct json_writer *w, struct arena *arena, const struct rows *rows)
{
	json_name(w, STR("paths"));
	json_begin_object(w);
	for (size_t i = 0; i < rows->count; i++) {
		bool same_path = i > 0 && !strcmp(rows->at[i]->path, rows->at[i - 1]->path);
		if (!same_path) {
			if (i > 0)
				json_end_object(w);
			json_name(w, openapi_path(arena, rows->at[i]->path));
			json_begin_object(w);
		}
		write_operation(w, arena, rows->at[i]);
	}
	if (rows->count)
		json_end_object(w);
	json_end_object(w);
}

/* As reply.c writes it. */
static const char problem_schema[] =
	"{\"type\":\"object\",\"description\":\"What went wrong (RFC 9457)\","
	"\"required\":[\"type\",\"title\",\"status\",\"request\"],\"properties\":{"
	"\"type\":{\"type\":\"string\",\"description\":\"/problems/{slug}, a page that explains it\"},"
	"\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},"
	"\"detail\":{\"type\":\"string\",\"description\":\"The facts of this case\"},"
	"\"hint\":{\"type\":\"string\",\"description\":\"What to do next\"},"
	"\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
	"\"required\":[\"pointer\",\"rule\",\"hint\"],\"properties\":{"
	"\"pointer\":{\"type\":\"string\",\"description\":\"JSON Pointer into the body, or ?name of a "
	"parameter\"},"
	"\"rule\":{\"type\":\"string\"},\"value\":{\"type\":\"string\"},\"hint\":{\"type\":\"string\"}}}},"
	"\"request\":{\"type\":\"string\",\"description\":\"As in X-Request-Id\"}}}";

static void write_schemas(struct json_writer *w, struct arena *arena, const struct rows *rows)
{
	struct shapes shapes = {.arena = arena};
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->at[i]->request)
			shape_visit(rows->at[i]->request, collect_shape, &shapes);
		if (rows->at[i]->request_else)
			shape_visit(rows->at[i]->request_else, collect_shape, &shapes);
		if (rows->at[i]->response_else)
			shape_visit(rows->at[i]->response_else, collect_shape, &shapes);
		if (rows->at[i]->response)
			shape_visit(rows->at[i]->response, collect_shape, &shapes);
	}
	if (shapes.count)
		qsort(shapes.at, shapes.count, sizeof shapes.at[0], compare_shapes);
	json_name(w, STR("schemas"));
	json_begin_object(w);
	json_name(w, STR("Problem"));
	json_raw(w, str_of(problem_schema));
	for (size_t i = 0; i < shapes.count; i++) {
		json_name(w, str_of(shapes.at[i]->name));
		shape_schema(shapes.at[i], w);
	}
	json_end_object(w);
}

static void write_components(struct json_writer *w, struct arena *arena, const struct rows *rows)
{
	bool used[PROBLEM_COUNT] = {false};
	for (size_t i = 0; i < rows->count; i++) {
		struct problem_set set = problems_of(rows->at[i]);
		for (size_t k = 0; k < set.count; k++)
			used[set.at[k]] = true;
	}
	json_name(w, STR("components"));
	json_begin_object(w);
	json_name(w, STR("responses"));
	json_begin_object(w);
	for (unsigned p = PROBLEM_NONE + 1; p < PROBLEM_COUNT; p++) {
		if (!used[p])
			continue;
		json_name(w, str_of(problem_info((enum problem)p)->slug));
		json_begin_object(w);
		json_pair(w, STR("description"), str_of(problem_info((enum problem)p)->title[LANGUAGE_EN]));
		write_problem_content(w, arena);
		json_end_object(w);
	}
	json_end_object(w);
	write_schemas(w, arena, rows);
	json_name(w, STR("securitySchemes"));
	json_raw(
		w,
		STR("{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"description\":\"An API key\"}}"));
	json_end_object(w);
}

static void break_line(struct buf *out, int depth)
{
	buf_put_char(out, '\n');
	for (int i = 0; i < depth; i++)
		buf_put(out, STR("  "));
}

/* Puts line breaks into compact JSON; strings pass through. */
static struct str pretty(struct arena *arena, struct str compact)
{
	struct buf out = buf_create(arena, compact.len * 2);
	bool in_string = false;
	int depth = 0;
	for (size_t i = 0; i < compact.len; i++) {
		char c = compact.at[i], next = i + 1 < compact.len ? compact.at[i + 1] : '\0';
		if (!in_string && (c == '}' || c == ']'))
			break_line(&out, --depth);
		buf_put_char(&out, c);
		if (c == '"')
			in_string = !in_string;
		if (in_string && c == '\\')
			buf_put_char(&out, compact.at[++i]);
		if (in_string)
			continue;
		if ((c == '{' && next == '}') || (c == '[' && next == ']'))
			buf_put_char(&out, compact.at[++i]);
		else if (c == '{' || c == '[')
			break_line(&out, ++depth);
		else if (c == ',')
			break_line(&out, depth);
		else if (c == ':')
			buf_put_char(&out, ' ');
	}
	buf_put_char(&out, '\n');
	return buf_str(&out);
}

/* What holds for every row, so that no row repeats it. */
static const char conventions[] =
	"Farm-to-table traceability: signed records, and the trail behind every code.\n\n"
	"Send a key as `Authorization: Bearer KEY`; what it may not see answers 404. Errors are "
	"`application/problem+json` (RFC 9457): `type` leads to a page that explains the problem, "
	"`errors[].pointer` "
	"to the place at fault. 429 and 503 say `Retry-After`.\n\n"
	"A list answers `items` and `next`: send `next` as `cursor`, or follow `Link: rel=next`; null ends "
	"it. "
	"Times are RFC 3339 with an offset, quantities decimal text with a UN/CEFACT unit. A record carries "
	"a UUIDv7 "
	"`id` of yours, or is given one: sent again it answers as before and changes nothing. What has an "
	"`ETag` "
	"answers 304 to `If-None-Match`. Texts are Chinese or English by `Accept-Language` or `?lang=`.";

struct str openapi_document(struct arena *arena, const struct route *const *tables, struct str version)
{
	struct rows rows = sorted_rows(arena, tables);
	struct buf out = buf_create(arena, 64 * 1024);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("openapi"), STR("3.1.0"));
	json_name(&w, STR("info"));
	json_begin_object(&w);
	json_pair(&w, STR("title"), STR("Farmtrail"));
	json_pair(&w, STR("version"), version);
	json_pair(&w, STR("description"), STR(conventions));
	json_end_object(&w);
	write_paths(&w, arena, &rows);
	write_components(&w, arena, &rows);
	json_end_object(&w);
	return pretty(arena, buf_str(&out));
}
