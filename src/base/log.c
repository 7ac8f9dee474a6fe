/* SPDX-License-Identifier: Apache-2.0
 * One line of key=value per event, on standard error, in one write. */
#include "ft/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ft/base/text.h"
#include "ft/base/time.h"

/* PIPE_BUF of Linux: a longer write to a pipe could be mixed with that of another process. */
enum { LINE_LEN = 4096, TIME_LEN = 64 };

static const char *const level_names[] = {"debug", "info", "warn", "error"};

/* Set once at start; atomic because a running server may be told to say more. */
static _Atomic int lowest_level = LOG_INFO;

void log_set_level(enum log_level lowest)
{
	atomic_store_explicit(&lowest_level, (int)lowest, memory_order_relaxed);
}

bool log_level_parse(struct str name, enum log_level *ret)
{
	for (int level = LOG_DEBUG; level <= LOG_ERROR; level++) {
		if (!str_equal(name, str_of(level_names[level])))
			continue;
		*ret = (enum log_level)level;
		return true;
	}
	return false;
}

struct line {
	char text[LINE_LEN];
	size_t len;
	bool cut;
};

/* Whole pieces only, so that a line that is cut never ends inside an escape. */
static void put(struct line *line, const char *at, size_t len)
{
	static const char ending[] = "\" cut=1\n"; /* always still fits */
	if (line->cut || line->len + len > sizeof line->text - sizeof ending) {
		line->cut = true;
		return;
	}
	memcpy(line->text + line->len, at, len);
	line->len += len;
}

static void put_text(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		bool letter_or_digit =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!letter_or_digit && (!c || !strchr("._:/@+-", c)))
			return false;
	}
	return s.len > 0;
}

static void put_byte(struct line *line, unsigned char c)
{
	char escaped[8] = ""; /* \xNN */
	if (c == '"' || c == '\\')
		put(line, (char[]){'\\', (char)c}, 2);
	else if (c >= 0x20 && c < 0x7f)
		put(line, (char[]){(char)c}, 1);
	else
		put(line, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\x%02x", c));
}

/* Bytes at the start of `s` that are one printable character beyond ASCII; 0 otherwise. */
static size_t wide_character(struct str s)
{
	if ((unsigned char)s.at[0] < 0xc2)
		return 0;
	size_t len = 2;
	while (len < 4 && len < s.len && ((unsigned char)s.at[len] & 0xc0) == 0x80)
		len++;
	struct str character = {s.at, len};
	bool control = (unsigned char)s.at[0] == 0xc2 && s.len > 1 && (unsigned char)s.at[1] < 0xa0; /* C1 */
	return s.len >= len && utf8_valid(character) && !control ? len : 0;
}

static void put_value(struct line *line, struct str s)
{
	if (is_plain(s)) {
		put(line, s.at, s.len);
		return;
	}
	put_text(line, "\"");
	if (line->cut)
		return;
	while (s.len) {
		size_t wide = wide_character(s);
		if (wide)
			put(line, s.at, wide);
		else
			put_byte(line, (unsigned char)s.at[0]);
		s = str_from(s, wide ? wide : 1);
	}
	put_text(line, "\"");
	if (line->cut)
		line->text[line->len++] = '"'; /* the first byte of what put() keeps free */
}

static void put_time(struct line *line)
{
	struct arena *arena = arena_create();
	struct str now = utc_print(arena, clock_now());
	put_text(line, "time=");
	put(line, now.at, now.len - sizeof "123Z" + 1); /* microseconds → milliseconds */
	put_text(line, "Z");
	arena_destroy(arena);
}

static void put_fields(struct line *line, const struct log_field *fields)
{
	for (const struct log_field *f = fields; f->key && !line->cut; f++) {
		put_text(line, " ");
		put_text(line, f->key);
		put_text(line, "=");
		char number[24] = ""; /* an int64 in decimal */
		if (f->text.at)
			put_value(line, f->text);
		else
			put(line, number,
			    (size_t)snprintf(number, sizeof number, "%lld", (long long)f->number));
	}
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
	if ((int)level < atomic_load_explicit(&lowest_level, memory_order_relaxed))
		return;
	int saved_errno = errno; /* a caller may log first and look at errno then */
	struct line line;
	line.len = 0;
	line.cut = false;
	put_time(&line);
	put_text(&line, " level=");
	put_text(&line, level_names[level]);
	put_text(&line, " event=");
	put_value(&line, str_of(event));
	put_fields(&line, fields);
	struct str ending = line.cut ? STR(" cut=1\n") : STR("\n");
	memcpy(line.text + line.len, ending.at, ending.len);
	/* Nobody is left to tell when this fails. */
	ssize_t written = write(STDERR_FILENO, line.text, line.len + ending.len);
	(void)written;
	errno = saved_errno;
}
