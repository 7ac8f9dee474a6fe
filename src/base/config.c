/* SPDX-License-Identifier: Apache-2.0
 * Settings: read from the environment and the settings file by the rows of config.def, checked, printed. */
#include "ft/base/config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ft/base/log.h"
#include "ft/base/text.h"

enum { LARGEST_FILE = 64 * 1024 };

enum setting_kind { SETTING_IS_TEXT, SETTING_IS_INT, SETTING_IS_BOOL };

struct setting {
	enum setting_kind kind;
	size_t offset; /* in struct config */
	const char *name, *fallback_text, *unit, *meaning;
	int64_t fallback, min, max;
};

static const struct setting settings[] = {
#define SETTING_TEXT(field, env, text_default, text) \
	{.kind = SETTING_IS_TEXT, \
	 .offset = offsetof(struct config, field), \
	 .name = (env), \
	 .fallback_text = (text_default), \
	 .unit = "", \
	 .meaning = (text)},
#define SETTING_INT(field, env, int_default, least, most, of_unit, text) \
	{.kind = SETTING_IS_INT, \
	 .offset = offsetof(struct config, field), \
	 .name = (env), \
	 .fallback = (int_default), \
	 .min = (least), \
	 .max = (most), \
	 .unit = (of_unit), \
	 .meaning = (text)},
#define SETTING_BOOL(field, env, bool_default, text) \
	{.kind = SETTING_IS_BOOL, \
	 .offset = offsetof(struct config, field), \
	 .name = (env), \
	 .fallback = (bool_default), \
	 .unit = "", \
	 .meaning = (text)},
#include "ft/base/config.def"
#undef SETTING_TEXT
#undef SETTING_INT
#undef SETTING_BOOL
};

enum { SETTING_COUNT = sizeof settings / sizeof *settings };

struct loader {
	struct arena *arena;
	struct fault *reterr;
	struct config config;
};

static enum problem refuse(struct loader *l, const char *name, struct str value, struct str detail)
{
	enum problem p = fault_set(l->reterr, PROBLEM_CONFIG, "setting", "%s", name);
	l->reterr->value = str_shorten(value, FAULT_VALUE_LEN);
	l->reterr->detail = detail;
	return p;
}

static void *slot_of(struct config *config, const struct setting *s)
{
	return (char *)config + s->offset;
}

static const void *value_of(const struct config *config, const struct setting *s)
{
	return (const char *)config + s->offset;
}

static void set_fallback(struct config *config, const struct setting *s)
{
	void *slot = slot_of(config, s);
	switch (s->kind) {
	case SETTING_IS_TEXT:
		*(struct str *)slot = str_of(s->fallback_text);
		break;
	case SETTING_IS_INT:
		*(int64_t *)slot = s->fallback;
		break;
	case SETTING_IS_BOOL:
		*(bool *)slot = s->fallback;
		break;
	}
}

static enum problem set_text(struct loader *l, const struct setting *s, struct str value, struct str *slot)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.at[i] < 0x20 || value.at[i] == 0x7f)
			return refuse(l, s->name, value,
				      arena_printf(l->arena, "%s: contains a control character", s->name));
	if (!utf8_valid(value))
		return refuse(l, s->name, value, arena_printf(l->arena, "%s: is not UTF-8", s->name));
	*slot = arena_str(l->arena, value);
	return PROBLEM_NONE;
}

static enum problem set_int(struct loader *l, const struct setting *s, struct str value, int64_t *slot)
{
	int64_t n;
	if (!str_integer(value, &n) || n < s->min || n > s->max)
		return refuse(l, s->name, value,
			      arena_printf(l->arena, "%s: \"%.*s\" is not a whole number from %lld to %lld",
					   s->name, STR_ARGS(str_shorten(value, FAULT_VALUE_LEN)),
					   (long long)s->min, (long long)s->max));
	*slot = n;
	return PROBLEM_NONE;
}

static enum problem set_bool(struct loader *l, const struct setting *s, struct str value, bool *slot)
{
	static const char *const yes[] = {"true", "1", "yes"}, *const no[] = {"false", "0", "no"};
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		bool is_yes = str_equal_ignoring_case(value, str_of(yes[i]));
		if (!is_yes && !str_equal_ignoring_case(value, str_of(no[i])))
			continue;
		*slot = is_yes;
		return PROBLEM_NONE;
	}
	return refuse(l, s->name, value,
		      arena_printf(l->arena, "%s: \"%.*s\" is neither true nor false", s->name,
				   STR_ARGS(str_shorten(value, FAULT_VALUE_LEN))));
}

static enum problem set_value(struct loader *l, const struct setting *s, struct str value)
{
	void *slot = slot_of(&l->config, s);
	switch (s->kind) {
	case SETTING_IS_TEXT:
		return set_text(l, s, value, slot);
	case SETTING_IS_INT:
		return set_int(l, s, value, slot);
	case SETTING_IS_BOOL:
		return set_bool(l, s, value, slot);
	}
	assert(false && "a kind of setting without a reader");
	return PROBLEM_INTERNAL;
}

static const struct setting *setting_named(struct str name)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (str_equal(name, str_of(settings[i].name)))
			return &settings[i];
	return NULL;
}

/* 'as it stands' or "with \" and \\"; without quotes the value ends with the line. */
static bool unquote(struct arena *arena, struct str value, struct str *ret)
{
	if (!value.len || (value.at[0] != '"' && value.at[0] != '\'')) {
		*ret = value;
		return true;
	}
	char quote = value.at[0];
	struct buf out = buf_create(arena, value.len);
	for (size_t i = 1; i < value.len; i++) {
		char c = value.at[i];
		if (c == quote) {
			*ret = buf_str(&out);
			return i + 1 == value.len;
		}
		bool escape =
			quote == '"' && c == '\\' && i + 1 < value.len && strchr("\"\\$`", value.at[i + 1]);
		buf_put_char(&out, escape ? value.at[++i] : c);
	}
	return false;
}

static enum problem take_line(struct loader *l, struct str line, size_t number)
{
	line = str_trim(line);
	if (!line.len || line.at[0] == '#')
		return PROBLEM_NONE;
	if (str_starts(line, STR("export ")))
		line = str_trim(str_from(line, sizeof "export " - 1));
	struct str raw;
	struct str name = str_trim(str_cut(line, '=', &raw));
	struct str value;
	if (!raw.at || !name.len || !unquote(l->arena, str_trim(raw), &value))
		return refuse(
			l, "", line,
			arena_printf(l->arena, "line %zu of the settings file is not NAME=value", number));
	if (!str_starts(name, STR("FARMTRAIL_")))
		return PROBLEM_NONE; /* the file may set what other programs read */
	const struct setting *setting = setting_named(name);
	if (!setting)
		return refuse(l, "", name,
			      arena_printf(l->arena,
					   "%.*s: there is no such setting (line %zu of the settings file)",
					   STR_ARGS(str_shorten(name, FAULT_VALUE_LEN)), number));
	return set_value(l, setting, value);
}

static enum problem refuse_file(struct loader *l, struct str path, const char *reason)
{
	return refuse(l, "", path, arena_printf(l->arena, "%.*s: %s", STR_ARGS(path), reason));
}

static enum problem read_descriptor(struct loader *l, struct str path, int descriptor, struct str *ret)
{
	char *text = arena_alloc(l->arena, LARGEST_FILE + 1);
	size_t len = 0;
	while (len <= LARGEST_FILE) {
		ssize_t got = read(descriptor, text + len, LARGEST_FILE + 1 - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return refuse_file(l, path, strerrordesc_np(errno));
		if (got == 0)
			break;
		len += (size_t)got;
	}
	if (len > LARGEST_FILE)
		return refuse_file(l, path, "is larger than 64 KB");
	*ret = (struct str){text, len};
	return PROBLEM_NONE;
}

static enum problem read_file(struct loader *l, struct str path, struct str *ret)
{
	int descriptor = open(arena_str(l->arena, path).at, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		*ret = STR("");
		return PROBLEM_NONE;
	}
	if (descriptor < 0)
		return refuse_file(l, path, strerrordesc_np(errno));
	enum problem p = read_descriptor(l, path, descriptor, ret);
	close(descriptor);
	return p;
}

static enum problem take_file(struct loader *l, struct str path)
{
	struct str rest;
	enum problem p = read_file(l, path, &rest);
	for (size_t number = 1; !p && rest.at; number++) {
		struct str line = str_cut(rest, '\n', &rest);
		p = take_line(l, line, number);
	}
	return p;
}

static enum problem take_environment(struct loader *l)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const char *value = getenv(settings[i].name);
		enum problem p = value ? set_value(l, &settings[i], str_of(value)) : PROBLEM_NONE;
		if (p)
			return p;
	}
	return PROBLEM_NONE;
}

enum problem config_load(struct arena *arena, struct str env_file, struct config *ret, struct fault *reterr)
{
	struct loader l = {.arena = arena, .reterr = reterr};
	for (size_t i = 0; i < SETTING_COUNT; i++)
		set_fallback(&l.config, &settings[i]);
	enum problem p = env_file.len ? take_file(&l, env_file) : PROBLEM_NONE;
	if (!p)
		p = take_environment(&l);
	enum log_level level;
	if (!p && !log_level_parse(l.config.log_level, &level))
		p = refuse(&l, "FARMTRAIL_LOG_LEVEL", l.config.log_level,
			   STR("FARMTRAIL_LOG_LEVEL: is none of debug, info, warn, error"));
	if (!p)
		*ret = l.config;
	return p;
}

/* What follows a password's "=": quoted, with backslashes, or up to a space or "&". */
static size_t password_length(struct str text)
{
	size_t len = 0;
	bool quoted = text.len && text.at[0] == '\'';
	for (len += quoted; len < text.len; len++) {
		char c = text.at[len];
		if (c == '\\' && len + 1 < text.len)
			len++;
		else if (quoted && c == '\'')
			return len + 1;
		else if (!quoted && (c == ' ' || c == '&'))
			return len;
	}
	return text.len;
}

/* "password = …" of a libpq connection string and "?password=…" of its URI form, from `at` on; 0: not here. */
static size_t password_begins(struct str text, size_t at)
{
	static const struct str word = {"password", 8};
	struct str rest = str_from(text, at);
	bool alone = !at || text.at[at - 1] == ' ' || text.at[at - 1] == '?' || text.at[at - 1] == '&';
	if (!alone || !str_starts(rest, word))
		return 0;
	size_t end = at + word.len;
	while (end < text.len && text.at[end] == ' ')
		end++;
	if (end == text.len || text.at[end] != '=')
		return 0;
	for (end++; end < text.len && text.at[end] == ' ';)
		end++;
	return end;
}

/* "postgresql://user:…@host": where the password begins and ends, if there is one. */
static bool uri_password(struct str text, size_t *ret_begin, size_t *ret_end)
{
	if (!str_starts(text, STR("postgres://")) && !str_starts(text, STR("postgresql://")))
		return false;
	size_t at = 0, end = 0;
	while (text.at[at] != '/')
		at++;
	for (at += 2, end = at; end < text.len && text.at[end] != '@' && text.at[end] != '/';)
		end++;
	while (at < end && text.at[at] != ':')
		at++;
	if (at == end || end == text.len || text.at[end] != '@')
		return false;
	*ret_begin = at + 1;
	*ret_end = end;
	return true;
}

/* The table is read over shoulders and pasted into reports: passwords in connection strings stay out of it. */
static struct str without_password(struct arena *arena, struct str text)
{
	struct buf out = buf_create(arena, text.len + 8);
	size_t begin = 0, end = 0, at = 0;
	if (uri_password(text, &begin, &end)) {
		buf_put(&out, (struct str){text.at, begin});
		buf_put(&out, STR("***"));
		at = end;
	}
	while (at < text.len) {
		size_t value = password_begins(text, at);
		if (!value) {
			buf_put_char(&out, text.at[at++]);
			continue;
		}
		buf_put(&out, (struct str){text.at + at, value - at});
		buf_put(&out, STR("***"));
		at = value + password_length(str_from(text, value));
	}
	return buf_str(&out);
}

struct row {
	struct str name, value, fallback, bounds;
	const char *meaning;
};

static struct str print_value(struct arena *arena, const struct setting *s, const void *value)
{
	switch (s->kind) {
	case SETTING_IS_TEXT:
		return *(const struct str *)value;
	case SETTING_IS_INT:
		return arena_printf(arena, "%lld", (long long)*(const int64_t *)value);
	case SETTING_IS_BOOL:
		return *(const bool *)value ? STR("true") : STR("false");
	}
	assert(false && "a kind of setting without a printer");
	return STR("");
}

static struct str print_bounds(struct arena *arena, const struct setting *s)
{
	if (s->kind != SETTING_IS_INT)
		return STR("");
	return arena_printf(arena, "%lld to %lld%s%s", (long long)s->min, (long long)s->max,
			    *s->unit ? " " : "", s->unit);
}

static struct row *make_rows(struct arena *arena, const struct config *config)
{
	struct config fallbacks;
	struct row *rows = arena_array(arena, struct row, SETTING_COUNT);
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const struct setting *s = &settings[i];
		set_fallback(&fallbacks, s);
		rows[i] = (struct row){
			.name = str_of(s->name),
			.value = without_password(arena, print_value(arena, s, value_of(config, s))),
			.fallback = print_value(arena, s, value_of(&fallbacks, s)),
			.bounds = print_bounds(arena, s),
			.meaning = s->meaning,
		};
	}
	return rows;
}

static void put_cell(struct buf *out, struct str text, size_t width)
{
	buf_put(out, text);
	for (size_t len = utf8_length(text); len < width + 2; len++)
		buf_put_char(out, ' ');
}

static void widen(size_t *width, struct str text)
{
	size_t len = utf8_length(text);
	if (len > *width)
		*width = len;
}

struct str config_print(struct arena *arena, const struct config *config)
{
	const struct row *rows = make_rows(arena, config);
	const struct row head = {STR("SETTING"), STR("VALUE"), STR("DEFAULT"), STR("BOUNDS"), "MEANING"};
	size_t name = head.name.len, value = head.value.len, fallback = head.fallback.len,
	       bounds = head.bounds.len;
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		widen(&name, rows[i].name);
		widen(&value, rows[i].value);
		widen(&fallback, rows[i].fallback);
		widen(&bounds, rows[i].bounds);
	}
	struct buf out = buf_create(arena, SETTING_COUNT * 200); /* about what a row takes */
	for (size_t i = 0; i <= SETTING_COUNT; i++) {
		const struct row *row = i ? &rows[i - 1] : &head;
		put_cell(&out, row->name, name);
		put_cell(&out, row->value, value);
		put_cell(&out, row->fallback, fallback);
		put_cell(&out, row->bounds, bounds);
		buf_printf(&out, "%s\n", row->meaning);
	}
	return buf_str(&out);
}

/* The writer of codec lies above this layer; settings hold no control characters, which leaves two escapes. */
static void put_quoted(struct buf *out, struct str text)
{
	buf_put_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '"' || text.at[i] == '\\')
			buf_put_char(out, '\\');
		buf_put_char(out, text.at[i]);
	}
	buf_put_char(out, '"');
}

static void put_json_value(struct buf *out, const struct setting *s, struct str printed)
{
	if (s->kind == SETTING_IS_TEXT)
		put_quoted(out, printed);
	else
		buf_put(out, printed);
}

struct str config_print_json(struct arena *arena, const struct config *config)
{
	const struct row *rows = make_rows(arena, config);
	struct buf out = buf_create(arena, SETTING_COUNT * 200); /* about what a row takes */
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		buf_put(&out, i ? STR(",\n{\"name\":") : STR("[{\"name\":"));
		put_quoted(&out, rows[i].name);
		buf_put(&out, STR(",\"value\":"));
		put_json_value(&out, &settings[i], rows[i].value);
		buf_put(&out, STR(",\"default\":"));
		put_json_value(&out, &settings[i], rows[i].fallback);
		buf_put(&out, STR(",\"text\":"));
		put_quoted(&out, str_of(rows[i].meaning));
		buf_put_char(&out, '}');
	}
	buf_put(&out, STR("]\n"));
	return buf_str(&out);
}
