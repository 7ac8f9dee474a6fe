/* SPDX-License-Identifier: Apache-2.0
 * What went wrong, in words: the page of each problem type, their index, and the page a browser gets for an error. */
#include "frame_priv.h"

static struct str title_of(enum problem p, enum language language)
{
	return str_of(problem_info(p)->title[language]);
}

static struct str hint_of(enum problem p, enum language language)
{
	return str_of(problem_info(p)->hint[language]);
}

/* What the status says about sending it again (RFC 9110 §15.5, §15.6). */
static enum message class_of(int status)
{
	if (status == 409)
		return MESSAGE_PROBLEM_CLASS_STATE;
	if (status == 429 || status == 503)
		return MESSAGE_PROBLEM_CLASS_LIMIT;
	return status >= 500 ? MESSAGE_PROBLEM_CLASS_SERVER : MESSAGE_PROBLEM_CLASS_REQUEST;
}

static struct html open_page(struct arena *arena, const struct page *page, struct str title,
			     struct str summary)
{
	struct html scratch = html_create(arena, page->language, 0);
	struct html title_text = html_aside(&scratch), summary_text = html_aside(&scratch);

	HTML(&title_text, "{}", TEXT(title));
	HTML(&summary_text, "{}", TEXT(summary));
	return frame_open(arena,
			  &(const struct frame){.page = page,
						.title = html_done(&title_text),
						.summary = html_done(&summary_text)},
			  /* expected_len */ 16 * 1024);
}

static struct str problem_path(struct arena *arena, const struct page *page, enum problem p)
{
	return frame_link(arena, page, arena_printf(arena, PAGE_PROBLEMS_PATH "/%s", problem_info(p)->slug));
}

struct str page_problem_type(struct arena *arena, const struct page *page, enum problem p)
{
	const struct problem_info *info = problem_info(p);
	struct str title = title_of(p, page->language);
	struct html html = open_page(arena, page, title, hint_of(p, page->language));

	html_raw(&html, "<section class=card aria-labelledby=v><p class=\"m s\">");
	HTML_SAY(&html, MESSAGE_PROBLEM_EYEBROW, TEXT(str_of(info->slug)));
	HTML(&html,
	     "</p><h1 id=v>{}</h1><dl class=\"f "
	     "after\"><dt>{}</dt><dd>{}</dd><dt>{}</dt><dd><code>" PAGE_PROBLEMS_PATH
	     "/{}</code></dd></dl></section>",
	     TEXT(title), SAY(MESSAGE_PROBLEM_STATUS), NUMBER(info->http_status), SAY(MESSAGE_PROBLEM_SLUG),
	     TEXT(str_of(info->slug)));
	frame_section(&html, "do", MESSAGE_PROBLEM_DO);
	HTML(&html, "<div class=x><p>{}</p><p>{}</p><p><a href=\"{}\">{}</a></p></div></section>",
	     TEXT(hint_of(p, page->language)), SAY(class_of(info->http_status)),
	     PATH(frame_link(arena, page, STR(PAGE_PROBLEMS_PATH))), SAY(MESSAGE_PROBLEM_ALL));
	return frame_close(&html);
}

struct str page_problem_index(struct arena *arena, const struct page *page)
{
	struct str title = str_of(message_text(MESSAGE_PROBLEM_INDEX_TITLE, page->language));
	struct html html = open_page(arena, page, title, title);

	HTML(&html,
	     "<section class=card aria-labelledby=v><h1 id=v>{}</h1><p class=after>{}</p></section>"
	     "<div class=card><ul role=list class=l>",
	     TEXT(title), SAY(MESSAGE_PROBLEM_INDEX_WORDS));
	for (int i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++) {
		enum problem p = (enum problem)i;
		const struct problem_info *info = problem_info(p);
		HTML(&html, "<li><a href=\"{}\">{}</a><p class=\"m s\">{} <code>{}</code></p></li>",
		     PATH(problem_path(arena, page, p)), TEXT(title_of(p, page->language)),
		     NUMBER(info->http_status), TEXT(str_of(info->slug)));
	}
	html_raw(&html, "</ul></div>");
	return frame_close(&html);
}

static void put_fact(struct html *html, enum message label, struct str value)
{
	if (value.len > 0)
		HTML(html, "<dt>{}</dt><dd>{}</dd>", SAY(label), NAME(value));
}

struct str page_problem(struct arena *arena, const struct page *page, enum problem p,
			const struct fault *fault, struct str request_id)
{
	const struct problem_info *info = problem_info(p);
	struct str title = title_of(p, page->language);
	struct html html = open_page(arena, page, title, hint_of(p, page->language));

	HTML(&html,
	     "<section class=card aria-labelledby=v><p class=\"m s\">{}</p><h1 id=v>{}</h1><p "
	     "class=after>{}</p>"
	     "<dl class=\"f after\">",
	     SAY(MESSAGE_PROBLEM_OCCURRED), TEXT(title), TEXT(hint_of(p, page->language)));
	if (fault) {
		put_fact(&html, MESSAGE_PROBLEM_WHERE, str_of(fault->pointer));
		put_fact(&html, MESSAGE_PROBLEM_DETAIL, fault->detail);
	}
	HTML(&html, "<dt>{}</dt><dd>{}</dd>", SAY(MESSAGE_PROBLEM_STATUS), NUMBER(info->http_status));
	put_fact(&html, MESSAGE_PROBLEM_REQUEST, request_id);
	HTML(&html, "</dl><p class=after><a href=\"{}\">{}</a></p></section>",
	     PATH(problem_path(arena, page, p)), SAY(MESSAGE_PROBLEM_LEARN));
	frame_section(&html, "again", MESSAGE_TRY_AGAIN);
	frame_search_form(&html, (struct str){0});
	html_raw(&html, "</section>");
	return frame_close(&html);
}
