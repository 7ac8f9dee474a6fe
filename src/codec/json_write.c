/* SPDX-License-Identifier: Apache-2.0
 * The JSON writer: commas and escapes, nothing else. */
#include "ft/codec/json.h"

#include "ft/base/text.h"

struct json_writer json_writer(struct buf *out)
{
	return (struct json_writer){.out = out};
}

static void begin_value(struct json_writer *w)
{
	if (w->need_comma)
		buf_put_char(w->out, ',');
	w->need_comma = true;
}

static void begin(struct json_writer *w, char bracket)
{
	begin_value(w);
	buf_put_char(w->out, bracket);
	w->need_comma = false;
}

static void end(struct json_writer *w, char bracket)
{
	buf_put_char(w->out, bracket);
	w->need_comma = true;
}

void json_begin_object(struct json_writer *w)
{
	begin(w, '{');
}

void json_end_object(struct json_writer *w)
{
	end(w, '}');
}

void json_begin_array(struct json_writer *w)
{
	begin(w, '[');
}

void json_end_array(struct json_writer *w)
{
	end(w, ']');
}

static char short_escape(char c)
{
	switch (c) {
	case '"':
	case '\\':
		return c;
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return 0;
	}
}

static bool needs_escape(char c)
{
	return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

/* `s` is valid UTF-8. */
static void put_escaped(struct buf *out, struct str s)
{
	size_t done = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (!needs_escape(s.at[i]))
			continue;
		buf_put_bytes(out, s.at + done, i - done);
		done = i + 1;
		char letter = short_escape(s.at[i]);
		if (letter)
			buf_put_bytes(out, (char[]){'\\', letter}, 2);
		else
			buf_printf(out, "\\u%04x", (unsigned)s.at[i]);
	}
	if (done < s.len)
		buf_put_bytes(out, s.at + done, s.len - done);
}

static void put_quoted(struct buf *out, struct str s)
{
	buf_put_char(out, '"');
	/* What is written must be JSON whatever came in: a byte that is no UTF-8 becomes U+FFFD. */
	for (size_t valid; s.len; s = str_from(s, valid)) {
		valid = utf8_prefix(s);
		put_escaped(out, (struct str){s.at, valid});
		if (valid < s.len) {
			buf_put(out, STR("\xef\xbf\xbd"));
			valid++;
		}
	}
	buf_put_char(out, '"');
}

void json_name(struct json_writer *w, struct str name)
{
	begin_value(w);
	put_quoted(w->out, name);
	buf_put_char(w->out, ':');
	w->need_comma = false;
}

void json_string(struct json_writer *w, struct str s)
{
	begin_value(w);
	put_quoted(w->out, s);
}

void json_number(struct json_writer *w, struct str number_text)
{
	json_raw(w, number_text);
}

void json_int(struct json_writer *w, int64_t n)
{
	begin_value(w);
	buf_printf(w->out, "%lld", (long long)n);
}

void json_bool(struct json_writer *w, bool b)
{
	json_raw(w, b ? STR("true") : STR("false"));
}

void json_null(struct json_writer *w)
{
	json_raw(w, STR("null"));
}

void json_raw(struct json_writer *w, struct str json)
{
	begin_value(w);
	buf_put(w->out, json);
}

void json_pair(struct json_writer *w, struct str name, struct str value)
{
	if (!value.at)
		return;
	json_name(w, name);
	json_string(w, value);
}

void json_pair_int(struct json_writer *w, struct str name, int64_t n)
{
	json_name(w, name);
	json_int(w, n);
}

void json_pointer_put(struct buf *out, struct str name)
{
	buf_put_char(out, '/');
	for (size_t i = 0; i < name.len; i++) {
		if (name.at[i] == '~')
			buf_put(out, STR("~0"));
		else if (name.at[i] == '/')
			buf_put(out, STR("~1"));
		else
			buf_put_char(out, name.at[i]);
	}
}
