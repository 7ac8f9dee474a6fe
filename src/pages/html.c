/* SPDX-License-Identifier: Apache-2.0
 * Templates: what is literal is markup, what is inserted is text. */
#include "html_priv.h"

#include <assert.h>
#include <string.h>

#include "ft/base/text.h"

static const char *const messages[MESSAGE_COUNT][2] = {
#define MESSAGE(name, zh, en) [MESSAGE_##name] = {zh, en},
#include "messages.def"
#undef MESSAGE
};

const char *message_text(enum message m, enum language language)
{
	assert(m < MESSAGE_COUNT);
	return messages[m][language];
}

struct html html_create(struct arena *arena, enum language language, size_t expected_len)
{
	return (struct html){.out = buf_create(arena, expected_len), .language = language};
}

struct html html_aside(const struct html *html)
{
	return html_create(html->out.arena, html->language, /* expected_len */ 256);
}

struct html_fragment html_done(const struct html *html)
{
	return (struct html_fragment){buf_str(&html->out)};
}

static size_t sequence_len(unsigned char lead)
{
	if (lead >= 0xf0)
		return 4;
	if (lead >= 0xe0)
		return 3;
	return 2;
}

/* Characters that HTML forbids, or that reach beyond their element and reorder what follows (Unicode UAX #9):
 * C1 controls, embeddings, overrides and isolates. Marks such as U+200F stay: names need them. */
static bool is_control(const unsigned char *at, size_t len)
{
	if (len == 2)
		return at[0] == 0xc2 && at[1] < 0xa0;
	if (len != 3 || at[0] != 0xe2)
		return false;
	return (at[1] == 0x80 && at[2] >= 0xaa && at[2] <= 0xae) ||
	       (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9);
}

static void put_ascii(struct buf *out, char c)
{
	switch (c) {
	case '&':
		buf_put(out, STR("&amp;"));
		return;
	case '<':
		buf_put(out, STR("&lt;"));
		return;
	case '>':
		buf_put(out, STR("&gt;"));
		return;
	case '"':
		buf_put(out, STR("&quot;"));
		return;
	case '\'':
		buf_put(out, STR("&#39;"));
		return;
	default:
		if (c == '\n' || c == '\t')
			buf_put_char(out, ' '); /* other controls are dropped */
	}
}

static bool is_plain(char c)
{
	return c >= 0x20 && c < 0x7f && c != '&' && c != '<' && c != '>' && c != '"' && c != '\'';
}

/* How much of the start needs no second look: printable ASCII that means nothing in HTML. */
static size_t plain_len(struct str s)
{
	size_t len = 0;

	while (len < s.len && is_plain(s.at[len]))
		len++;
	return len;
}

/* Bytes that are not UTF-8 (a percent-decoded address may hold any) are shown as U+FFFD. */
static void put_text(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len;) {
		size_t plain = plain_len(str_from(s, i));
		if (plain > 0) {
			buf_put(out, (struct str){s.at + i, plain});
			i += plain;
			continue;
		}
		unsigned char lead = (unsigned char)s.at[i];
		if (lead < 0x80) {
			put_ascii(out, s.at[i++]);
			continue;
		}
		struct str one = {s.at + i, sequence_len(lead)};
		if (one.len > s.len - i || !utf8_valid(one)) {
			buf_put(out, STR("\xef\xbf\xbd"));
			i++;
			continue;
		}
		if (!is_control((const unsigned char *)one.at, one.len))
			buf_put(out, one);
		i += one.len;
	}
}

static void put_lines(struct html *html, struct str s)
{
	while (s.at) {
		struct str rest = {0};
		put_text(&html->out, str_cut(s, '\n', &rest));
		if (rest.at)
			buf_put_char(&html->out, '\n');
		s = rest;
	}
}

/* U+3000 … U+9FFF begin with E3 … E9 in UTF-8. */
static bool has_han(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];
		if (c >= 0xe3 && c <= 0xe9)
			return true;
	}
	return false;
}

static void put_name(struct html *html, struct str name)
{
	bool foreign = html->language == LANGUAGE_EN && has_han(name);

	buf_put(&html->out, foreign ? STR("<bdi lang=\"zh-Hans\">") : STR("<bdi>"));
	put_text(&html->out, name);
	buf_put(&html->out, STR("</bdi>"));
}

/* "//host" and "/\host" leave this server in a browser; so does any scheme. A query alone stays on the page. */
bool html_is_own_path(struct str s)
{
	if (s.len == 0 || (s.at[0] != '/' && s.at[0] != '?'))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.at[i] <= 0x20 || s.at[i] == '\\')
			return false;
	return s.len == 1 || s.at[1] != '/';
}

static void put_value(struct html *html, const struct html_value *value)
{
	switch (value->kind) {
	case HTML_TEXT:
		put_text(&html->out, value->text);
		return;
	case HTML_LINES:
		put_lines(html, value->text);
		return;
	case HTML_NAME:
		put_name(html, value->text);
		return;
	case HTML_PATH:
		put_text(&html->out, html_is_own_path(value->text) ? value->text : STR("#"));
		return;
	case HTML_NUMBER:
		buf_printf(&html->out, "%lld", (long long)value->number);
		return;
	case HTML_SAY:
		buf_put(&html->out, str_of(message_text(value->message, html->language)));
		return;
	case HTML_FRAGMENT:
		buf_put(&html->out, value->text);
		return;
	case HTML_END:
		break;
	}
	assert(!"a template asks for more values than it is given");
}

/* A placeholder at `at`: its length, and which value it takes. 0: this brace is text. */
static size_t placeholder(struct str template, size_t at, size_t *next, size_t *ret_index)
{
	struct str rest = str_from(template, at);

	if (str_starts(rest, STR("{}"))) {
		*ret_index = (*next)++;
		return 2;
	}
	if (rest.len >= 3 && rest.at[1] >= '0' && rest.at[1] <= '9' && rest.at[2] == '}') {
		*ret_index = (size_t)(rest.at[1] - '0');
		return 3;
	}
	return 0;
}

void html_render(struct html *html, const char *template, const struct html_value *values)
{
	struct str text = str_of(template);
	size_t count = 0, next = 0, start = 0;

	while (values[count].kind != HTML_END)
		count++;
	for (const char *brace = strchr(template, '{'); brace; brace = strchr(brace + 1, '{')) {
		size_t index, at = (size_t)(brace - template);
		size_t len = placeholder(text, at, &next, &index);
		if (len == 0)
			continue;
		assert(index < count);
		buf_put(&html->out, (struct str){text.at + start, at - start});
		put_value(html, &values[index]);
		start = at + len;
	}
	buf_put(&html->out, str_from(text, start));
}

void html_say(struct html *html, enum message m, const struct html_value *values)
{
	html_render(html, message_text(m, html->language), values);
}

struct html_fragment html_phrase(const struct html *html, enum message m, const struct html_value *values)
{
	struct html part = html_aside(html);

	html_say(&part, m, values);
	return html_done(&part);
}
