/* SPDX-License-Identifier: Apache-2.0
 * Checks GeoJSON geometry in exact integers: a plot must not change its shape by rounding. */
#include "ft/core/geojson.h"

#include "ft/base/decimal.h"

enum { NANO_DIGITS = 9 };
#define NANO INT64_C(1000000000)

/* Nano-degrees: a tenth of a millimetre on the ground. */
struct point {
	int64_t x, y;
};
struct reading {
	struct arena *arena;
	const char *pointer;
	struct buf *out;
	size_t positions;
	struct fault *reterr;
};

/* Where in the geometry: /coordinates and up to four indexes. */
struct path {
	size_t depth;
	size_t index[4];
};

static struct path path_down(const struct path *path, size_t index)
{
	struct path down = *path;
	down.index[down.depth++] = index;
	return down;
}

static enum problem refuse(const struct reading *r, const struct path *path, const char *rule)
{
	struct buf text = buf_create(r->arena, 64);
	for (size_t i = 0; path && i < path->depth; i++)
		buf_printf(&text, "/%zu", path->index[i]);
	return fault_set(r->reterr, PROBLEM_GEOMETRY, rule, "%s%s%.*s", r->pointer,
			 path ? "/coordinates" : "", STR_ARGS(buf_str(&text)));
}

/* "-106.55", at most three digits before the point; digits beyond a nano-degree are cut. */
static bool read_degrees(struct str text, int64_t *ret)
{
	bool negative = text.len && text.at[0] == '-';
	size_t i = negative ? 1 : 0, whole_digits = 0, places = 0;
	int64_t value = 0;
	for (; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++, whole_digits++) {
		if (whole_digits == 3)
			return false;
		value = value * 10 + (text.at[i] - '0');
	}
	if (i < text.len && text.at[i] == '.')
		for (i++; i < text.len && text.at[i] >= '0' && text.at[i] <= '9'; i++)
			if (places < NANO_DIGITS) {
				value = value * 10 + (text.at[i] - '0');
				places++;
			}
	if (!whole_digits || i < text.len)
		return false;
	for (; places < NANO_DIGITS; places++)
		value *= 10;
	*ret = negative ? -value : value;
	return true;
}

static bool between(int64_t value, int64_t low, int64_t high)
{
	return value >= low * NANO && value <= high * NANO;
}

/* Latitude first is the commonest mistake. It shows when the second number cannot be a latitude, and
 * when only the swapped pair lies in China (latitude 18 to 54, longitude 73 to 136): the other way round
 * that is the Arctic Ocean. */
static bool is_swapped(struct point p)
{
	bool possible = between(p.y, -180, 180) && between(p.x, -90, 90);
	bool in_china = between(p.x, 18, 54) && between(p.y, 73, 136);
	return possible && (!between(p.y, -90, 90) || in_china);
}

static void put_position(struct reading *r, const struct json *position)
{
	buf_put_char(r->out, '[');
	buf_put(r->out, position->items[0].text);
	buf_put_char(r->out, ',');
	buf_put(r->out, position->items[1].text);
	buf_put_char(r->out, ']');
}

static void explain_swapped(const struct reading *r, const struct json *position)
{
	r->reterr->detail =
		arena_printf(r->arena, "longitude comes first: [%.*s, %.*s]",
			     STR_ARGS(position->items[1].text), STR_ARGS(position->items[0].text));
}

static enum problem read_position(struct reading *r, const struct path *path, const struct json *position,
				  struct point *ret)
{
	if (position->kind != JSON_ARRAY || position->count < 2 || position->count > 3)
		return refuse(r, path, "position");
	for (size_t i = 0; i < position->count; i++)
		if (position->items[i].kind != JSON_NUMBER)
			return refuse(r, path, "position");
	if (++r->positions > GEOJSON_MAX_POSITIONS)
		return refuse(r, path, "tooMany");
	struct point p;
	if (!read_degrees(position->items[0].text, &p.x) || !read_degrees(position->items[1].text, &p.y))
		return refuse(r, path, "number");
	if (is_swapped(p)) {
		enum problem problem = refuse(r, path, "swapped");
		explain_swapped(r, position);
		return problem;
	}
	if (!between(p.x, -180, 180) || !between(p.y, -90, 90))
		return refuse(r, path, "range");
	put_position(r, position);
	*ret = p;
	return PROBLEM_NONE;
}

/* Twice the signed area of the triangle: which side of a → b the point c lies on. */
static int side(struct point a, struct point b, struct point c)
{
	int128 cross = (int128)(b.x - a.x) * (c.y - a.y) - (int128)(b.y - a.y) * (c.x - a.x);
	return (cross > 0) - (cross < 0);
}

static bool within_box(struct point a, struct point b, struct point p)
{
	return p.x >= (a.x < b.x ? a.x : b.x) && p.x <= (a.x < b.x ? b.x : a.x) &&
	       p.y >= (a.y < b.y ? a.y : b.y) && p.y <= (a.y < b.y ? b.y : a.y);
}

static bool segments_meet(struct point a, struct point b, struct point c, struct point d)
{
	int c_side = side(a, b, c), d_side = side(a, b, d), a_side = side(c, d, a), b_side = side(c, d, b);
	if (c_side * d_side < 0 && a_side * b_side < 0)
		return true;
	return (!c_side && within_box(a, b, c)) || (!d_side && within_box(a, b, d)) ||
	       (!a_side && within_box(c, d, a)) || (!b_side && within_box(c, d, b));
}

static bool boxes_apart(struct point a, struct point b, struct point c, struct point d)
{
	int64_t ab_low = a.x < b.x ? a.x : b.x, ab_high = a.x < b.x ? b.x : a.x;
	int64_t cd_low = c.x < d.x ? c.x : d.x, cd_high = c.x < d.x ? d.x : c.x;
	return ab_high < cd_low || cd_high < ab_low;
}

/* Neighbours share a point by right; they must not run back over each other. */
static bool turns_back(struct point a, struct point b, struct point c)
{
	int128 along = (int128)(b.x - a.x) * (c.x - b.x) + (int128)(b.y - a.y) * (c.y - b.y);
	return side(a, b, c) == 0 && along < 0;
}

/* `count` points without the closing one. Quadratic: the limit on positions keeps it at some
 * milliseconds. */
static bool ring_crosses(const struct point *ring, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct point a = ring[i], b = ring[(i + 1) % count];
		if (turns_back(a, b, ring[(i + 2) % count]))
			return true;
		for (size_t j = i + 2; j < count; j++) {
			if (i == 0 && j == count - 1)
				continue;
			struct point c = ring[j], d = ring[(j + 1) % count];
			if (!boxes_apart(a, b, c, d) && segments_meet(a, b, c, d))
				return true;
		}
	}
	return false;
}

/* Not all on one line. Whether what they enclose is worth having shows in how the ring crosses itself. */
static bool ring_has_area(const struct point *ring, size_t count)
{
	for (size_t i = 2; i < count; i++)
		if (side(ring[0], ring[1], ring[i]))
			return true;
	return false;
}

static enum problem check_ring(const struct reading *r, const struct path *path, struct point *ring,
			       size_t count)
{
	if (ring[0].x != ring[count - 1].x || ring[0].y != ring[count - 1].y)
		return refuse(r, path, "unclosed");
	size_t distinct = 0; /* a position given twice in a row says nothing new */
	for (size_t i = 0; i + 1 < count; i++)
		if (ring[i].x != ring[i + 1].x || ring[i].y != ring[i + 1].y)
			ring[distinct++] = ring[i];
	if (distinct < 3 || !ring_has_area(ring, distinct))
		return refuse(r, path, "noArea");
	return ring_crosses(ring, distinct) ? refuse(r, path, "crossing") : PROBLEM_NONE;
}

static enum problem read_ring(struct reading *r, const struct path *path, const struct json *json)
{
	if (json->kind != JSON_ARRAY)
		return refuse(r, path, "coordinates");
	if (json->count < 4)
		return refuse(r, path, "tooFew");
	if (json->count > GEOJSON_MAX_POSITIONS)
		return refuse(r, path, "tooMany");
	struct point *ring = arena_array(r->arena, struct point, json->count);
	buf_put_char(r->out, '[');
	for (size_t i = 0; i < json->count; i++) {
		struct path here = path_down(path, i);
		if (i)
			buf_put_char(r->out, ',');
		enum problem p = read_position(r, &here, &json->items[i], &ring[i]);
		if (p)
			return p;
	}
	buf_put_char(r->out, ']');
	return check_ring(r, path, ring, json->count);
}

typedef enum problem read_part(struct reading *r, const struct path *path, const struct json *json);

/* A list of at least one part. */
static enum problem read_list(struct reading *r, const struct path *path, const struct json *json,
			      read_part *part)
{
	if (json->kind != JSON_ARRAY || !json->count)
		return refuse(r, path, "coordinates");
	buf_put_char(r->out, '[');
	for (size_t i = 0; i < json->count; i++) {
		struct path here = path_down(path, i);
		if (i)
			buf_put_char(r->out, ',');
		enum problem p = part(r, &here, &json->items[i]);
		if (p)
			return p;
	}
	buf_put_char(r->out, ']');
	return PROBLEM_NONE;
}

static enum problem read_point(struct reading *r, const struct path *path, const struct json *json)
{
	struct point unused;
	return read_position(r, path, json, &unused);
}

static enum problem read_polygon(struct reading *r, const struct path *path, const struct json *json)
{
	return read_list(r, path, json, read_ring);
}

static enum problem read_multipolygon(struct reading *r, const struct path *path, const struct json *json)
{
	return read_list(r, path, json, read_polygon);
}

static const struct geometry_kind {
	const char *type;
	read_part *read;
} geometry_kinds[] = {
	{"Point", read_point},
	{"Polygon", read_polygon},
	{"MultiPolygon", read_multipolygon},
};

static const struct geometry_kind *find_kind(struct str type)
{
	for (size_t i = 0; i < sizeof geometry_kinds / sizeof *geometry_kinds; i++)
		if (str_equal(type, str_of(geometry_kinds[i].type)))
			return &geometry_kinds[i];
	return NULL;
}

enum problem geojson_check(struct arena *arena, const struct json *geometry, const char *pointer,
			   struct str *ret_text, struct fault *reterr)
{
	struct buf out = buf_create(arena, geometry->span.len + 32);
	struct reading r = {.arena = arena, .pointer = pointer, .out = &out, .reterr = reterr};
	const struct json *type = json_get(geometry, STR("type"));
	const struct geometry_kind *kind = type ? find_kind(json_text(type)) : NULL;
	if (!kind)
		return refuse(&r, NULL, "type");
	const struct json *coordinates = json_get(geometry, STR("coordinates"));
	struct path top = {0};
	if (!coordinates)
		return refuse(&r, &top, "coordinates");
	buf_printf(&out, "{\"type\":\"%s\",\"coordinates\":", kind->type);
	enum problem p = kind->read(&r, &top, coordinates);
	if (p)
		return p;
	buf_put_char(&out, '}');
	*ret_text = buf_str(&out);
	return PROBLEM_NONE;
}
