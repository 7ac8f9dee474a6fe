/* SPDX-License-Identifier: Apache-2.0
 * How to check signatures without trusting this server, with this project's tool or with openssl. */
#include "frame_priv.h"

/* Commands are the same in every language. */
static const char tool[] = "farmtrail verify proof.json";
static const char take_text[] = "jq -j .statement proof.json &gt; note\n"
				"sed '/^$/,$d' note &gt; text\n"
				"openssl dgst -sha256 -binary text | base64";
static const char verify_text[] =
	"grep '^— ' note | cut -d' ' -f3 | base64 -d | tail -c +5 &gt; signature\n"
	"jq -r .key.spki proof.json | base64 -d &gt; key.der\n"
	"openssl dgst -sha256 -verify key.der -keyform DER -signature signature text";
static const char verify_key[] = "openssl dgst -sha256 -binary key.der | base64";
static const char verify_manifest[] = "jq -j .manifest proof.json | openssl dgst -sha256 -binary | base64";
static const char verify_view[] = "( jq -j .salt proof.json | base64 -d; jq -j .view proof.json ) |\n"
				  "openssl dgst -sha256 -binary | base64";

static void put_step(struct html *html, enum message words, const char *commands)
{
	struct html_fragment markup = {str_of(commands)};

	HTML(html, "<p>{}</p><pre>{}</pre>", SAY(words), FRAGMENT(markup));
}

static void put_parts(struct html *html)
{
	frame_section(html, "parts", MESSAGE_VERIFY_PARTS);
	HTML(html,
	     "<div class=x><ul role=list><li>{}</li><li>{}</li><li>{}</li><li>{}</li></ul></div></section>",
	     SAY(MESSAGE_VERIFY_PARTS_1), SAY(MESSAGE_VERIFY_PARTS_2), SAY(MESSAGE_VERIFY_PARTS_3),
	     SAY(MESSAGE_VERIFY_PARTS_4));
}

static void put_limits(struct html *html)
{
	frame_section(html, "limits", MESSAGE_VERIFY_LIMITS);
	HTML(html, "<div class=x><p>{}</p><p>{}</p></div></section>", SAY(MESSAGE_VERIFY_LIMITS_1),
	     SAY(MESSAGE_VERIFY_LIMITS_2));
}

struct str page_verify_help(struct arena *arena, const struct page *page)
{
	struct html scratch = html_create(arena, page->language, 0);
	struct frame frame = {.page = page,
			      .title = PHRASE(&scratch, MESSAGE_VERIFY_TITLE, TEXT(STR(""))),
			      .summary = PHRASE(&scratch, MESSAGE_VERIFY_WORDS, TEXT(STR("")))};
	struct html html = frame_open(arena, &frame, /* expected_len */ 16 * 1024);

	HTML(&html, "<section class=card aria-labelledby=v><h1 id=v>{}</h1><p class=after>{}</p></section>",
	     SAY(MESSAGE_VERIFY_TITLE), SAY(MESSAGE_VERIFY_WORDS));
	put_limits(&html);
	put_parts(&html);
	frame_section(&html, "tool", MESSAGE_VERIFY_TOOL);
	put_step(&html, MESSAGE_VERIFY_TOOL_WORDS, tool);
	HTML(&html, "<p>{}</p>", SAY(MESSAGE_VERIFY_PAGE_WORDS));
	html_raw(&html, "</section>");
	frame_section(&html, "hand", MESSAGE_VERIFY_HAND);
	put_step(&html, MESSAGE_VERIFY_HAND_1, take_text);
	put_step(&html, MESSAGE_VERIFY_HAND_2, verify_text);
	put_step(&html, MESSAGE_VERIFY_HAND_3, verify_key);
	put_step(&html, MESSAGE_VERIFY_HAND_4, verify_manifest);
	put_step(&html, MESSAGE_VERIFY_HAND_5, verify_view);
	html_raw(&html, "</section>");
	return frame_close(&html);
}
