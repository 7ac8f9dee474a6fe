/* SPDX-License-Identifier: Apache-2.0
 * How pages write HTML: literal templates, and values that are escaped unless they are fragments made here. */
#ifndef FT_PAGES_HTML_PRIV_H
#define FT_PAGES_HTML_PRIV_H

#include "ft/base/problem.h"

enum message {
#define MESSAGE(name, zh, en) MESSAGE_##name,
#include "messages.def"
#undef MESSAGE
	MESSAGE_COUNT
};
const char *message_text(enum message m, enum language language);

/* A document being written in one language. */
struct html {
	struct buf out;
	enum language language;
};
struct html html_create(struct arena *arena, enum language language, size_t expected_len);

/* Markup that was made from literals and escaped values. A type of its own, so that text cannot pass for it. */
struct html_fragment {
	struct str markup;
};

enum html_kind {
	HTML_END,
	HTML_TEXT,  /* escaped; fits between tags and inside a quoted attribute */
	HTML_LINES, /* escaped, line breaks kept: inside <pre> */
	HTML_NAME, /* escaped, isolated from its surroundings by <bdi>, with its language; between tags only */
	HTML_PATH, /* a quoted href or action: escaped, and "#" unless it is a path of this server */
	HTML_NUMBER,
	HTML_SAY, /* a message without placeholders, in the document's language */
	HTML_FRAGMENT,
};
struct html_value {
	enum html_kind kind;
	struct str text;
	int64_t number;
	enum message message;
};
#define TEXT(s) \
	{ \
		.kind = HTML_TEXT, .text = (s) \
	}
#define LINES(s) \
	{ \
		.kind = HTML_LINES, .text = (s) \
	}
#define NAME(s) \
	{ \
		.kind = HTML_NAME, .text = (s) \
	}
#define PATH(s) \
	{ \
		.kind = HTML_PATH, .text = (s) \
	}
#define NUMBER(n) \
	{ \
		.kind = HTML_NUMBER, .number = (n) \
	}
#define SAY(m) \
	{ \
		.kind = HTML_SAY, .message = (m) \
	}
#define FRAGMENT(f) \
	{ \
		.kind = HTML_FRAGMENT, .text = (f).markup \
	}
#define VALUES(...) ((const struct html_value[]){__VA_ARGS__, {.kind = HTML_END}})

/* Literal markup, nothing inserted: the "" makes anything but a string literal a compile error. */
#define html_raw(html, literal) buf_put(&(html)->out, STR("" literal))
/* A literal template: {} takes the next value, {0} … {9} the value with that index. */
#define HTML(html, template, ...) html_render((html), "" template, VALUES(__VA_ARGS__))
/* A message as the template. */
#define HTML_SAY(html, m, ...) html_say((html), (m), VALUES(__VA_ARGS__))
/* The same, apart: to be inserted as FRAGMENT. */
#define PHRASE(html, m, ...) html_phrase((html), (m), VALUES(__VA_ARGS__))

/* Whether PATH would link to it. */
bool html_is_own_path(struct str s);
void html_render(struct html *html, const char *template, const struct html_value *values);
void html_say(struct html *html, enum message m, const struct html_value *values);
struct html_fragment html_phrase(const struct html *html, enum message m, const struct html_value *values);
/* The markup written so far becomes a fragment; `html` must not be written to afterwards. */
struct html_fragment html_done(const struct html *html);
/* Another document in the same arena and language, for building a fragment. */
struct html html_aside(const struct html *html);

#endif
