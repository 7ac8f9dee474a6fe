/* SPDX-License-Identifier: Apache-2.0
 * The page behind a code: verdict first, then what, from where, what was certified and tested, and every step. */
#include "trail_priv.h"

#include "ft/base/text.h"

static size_t signed_steps(const struct trail *trail)
{
	size_t count = 0;

	for (EACH(trail->steps, struct trail_step, step))
		count += step->proof && step->proof->statement.len > 0;
	return count;
}

bool page_mirror_next(struct str *list, struct page_mirror *ret, bool *ret_good)
{
	*ret_good = true;
	while (list->at) {
		struct str one = str_trim(str_cut(*list, ';', list));
		size_t space = one.len;
		while (space > 0 && one.at[space - 1] != ' ')
			space--;
		if (!one.len)
			continue;
		*ret = (struct page_mirror){str_trim((struct str){one.at, space}), str_from(one, space)};
		*ret_good = ret->name.len &&
			    (str_starts(ret->url, STR("https://")) || str_starts(ret->url, STR("http://")));
		return *ret_good;
	}
	return false;
}

/* A newest record that is left out leaves no trace on this page: only another copy of the log can tell. */
static void put_mirrors(struct html *html, const struct page *page, const struct trail *trail)
{
	struct arena *arena = html->out.arena;
	struct str rest = page->mirrors;
	struct page_mirror mirror;
	bool good, any = false;

	if (!trail->lot->code.len)
		return;
	while (page_mirror_next(&rest, &mirror, &good)) {
		if (!any)
			HTML(html,
			     "<div id=mirrors><p>{}</p><ul role=list><li><a href=\"/t/{}/proofs\" "
			     "download>{}</a></li>",
			     SAY(MESSAGE_CHECK_MIRROR), TEXT(percent_encode(arena, trail->lot->code)),
			     SAY(MESSAGE_CHECK_MIRROR_FILE));
		any = true;
		HTML(html, "<li><a href=\"{}\" rel=\"external noopener\">", TEXT(mirror.url));
		HTML_SAY(html, MESSAGE_CHECK_MIRROR_ASK, TEXT(mirror.name));
		html_raw(html, "</a></li>");
	}
	if (any)
		html_raw(html, "</ul></div>");
}

static void put_check(struct html *html, const struct page *page, const struct trail *trail)
{
	struct arena *arena = html->out.arena;

	frame_section(html, "check", MESSAGE_CHECK);
	html_raw(html, "<div class=x><p>");
	HTML_SAY(html, MESSAGE_CHECK_WORDS, NUMBER((int64_t)signed_steps(trail)),
		 NUMBER((int64_t)trail->steps.count));
	html_raw(html, "</p>");
	if (trail->endorsed_steps > 0) {
		html_raw(html, "<p id=endorsed>");
		HTML_SAY(html, MESSAGE_CHECK_ENDORSED, NUMBER(trail->endorsed_steps));
		html_raw(html, "</p>");
	}
	if (trail->checkpoint.len > 0)
		HTML(html, "<p>{}</p>", SAY(MESSAGE_CHECK_LOG));
	if (page->unwitnessed)
		HTML(html, "<p id=unwitnessed>{}</p>", SAY(MESSAGE_CHECK_UNWITNESSED));
	put_mirrors(html, page, trail);
	HTML(html, "<p><a href=\"{}\">{}</a></p>", PATH(frame_link(arena, page, STR(PAGE_VERIFY_PATH))),
	     SAY(MESSAGE_VERIFY_LINK));
	if (trail->lot->code.len > 0)
		HTML(html, "<p><a href=\"/v1/codes/{}/qr.svg\">{}</a></p>",
		     TEXT(percent_encode(arena, trail->lot->code)), SAY(MESSAGE_CHECK_CODE_LINK));
	if (trail->checkpoint.len > 0)
		HTML(html, "<details><summary>{}</summary><pre>{}</pre></details>", SAY(MESSAGE_CHECKPOINT),
		     LINES(trail->checkpoint));
	html_raw(html, "<p class=m>");
	HTML_SAY(html, MESSAGE_AS_OF, FRAGMENT(say_time_text(html, trail->as_of, INT16_MIN)));
	html_raw(html, "</p></div></section>");
}

static struct html_fragment say_summary(const struct html *html, const struct trail *trail)
{
	struct html part = html_aside(html);

	HTML(&part, "{} {}", SAY(MESSAGE_LOT_NUMBER), TEXT(trail->lot->number));
	if (trail->lot->produced.len > 0)
		HTML(&part, " · {} {}", SAY(MESSAGE_PRODUCED), TEXT(trail->lot->produced));
	HTML(&part, " · {} {}", SAY(MESSAGE_ORIGINS), NUMBER(trail->origin_count));
	return html_done(&part);
}

static struct str put_page(struct arena *arena, const struct page *page, const struct trail *trail,
			   struct item_band *item)
{
	struct html scratch = html_create(arena, page->language, 0);
	struct html title = html_aside(&scratch);
	struct page shown = *page;

	HTML(&title, "{} · {}", SAY(verdict_title(trail, item)),
	     FRAGMENT(say_lot_title(&scratch, trail->lot)));
	shown.demonstration = page->demonstration || trail->demonstration;
	struct html html = frame_open(arena,
				      &(const struct frame){&shown, html_done(&title),
							    say_summary(&scratch, trail), trail->lot->test},
				      /* expected_len */ 48 * 1024);
	verdict_put(&html, trail, item);
	alerts_put(&html, trail);
	product_put(&html, trail);
	origins_put(&html, &shown, trail);
	certificates_put(&html, trail);
	tests_put(&html, trail);
	journey_put(&html, trail);
	put_check(&html, &shown, trail);
	frame_hotlines(&html);
	return frame_close(&html);
}

struct str page_trail(struct arena *arena, const struct page *page, const struct trail *trail)
{
	return put_page(arena, page, trail, /* item */ NULL);
}

struct page_gap page_item_frame(struct arena *arena, const struct page *page, const struct trail *trail,
				enum page_item_state state)
{
	struct item_band item = {.state = state};
	struct str whole = put_page(arena, page, trail, &item);
	return (struct page_gap){{whole.at, item.gap}, str_from(whole, item.gap)};
}
