/* SPDX-License-Identifier: Apache-2.0
 * The root of a copy of the log, as a browser meets it: whose log it is, how far it goes, what lies there, how to check it. */
#include "frame_priv.h"

/* Commands are the same in every language. */
static const char follow[] = "farmtrail monitor URL --log log.vkey --state state --mirror copy";
static const char ask[] = "farmtrail mirror copy PROOFS --log log.vkey";
static const char by_hand[] = "curl -s URL/checkpoint &gt; checkpoint\n"
			      "sed '/^$/,$d' checkpoint &gt; text\n"
			      "sed -n '/^$/,$p' checkpoint | grep -m1 '^— ' | cut -d' ' -f3 |\n"
			      "base64 -d | tail -c +5 &gt; signature\n"
			      "( printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'\n"
			      "  cut -d+ -f3- log.vkey | base64 -d | tail -c +2 ) &gt; key.der\n"
			      "openssl pkeyutl -verify -pubin -inkey key.der -keyform DER \\\n"
			      "  -rawin -in text -sigfile signature";

static void put_command(struct html *html, enum message words, const char *commands)
{
	struct html_fragment markup = {str_of(commands)};

	HTML(html, "<p>{}</p><pre>{}</pre>", SAY(words), FRAGMENT(markup));
}

static void put_head(struct html *html, const struct page_mirror_copy *copy)
{
	frame_section(html, "head", MESSAGE_MIRROR_HEAD);
	HTML(html,
	     "<dl class=f><dt>{}</dt><dd>{}</dd><dt>{}</dt><dd data-size>{}</dd><dt>{}</dt><dd><code "
	     "data-root>{}"
	     "</code></dd>",
	     SAY(MESSAGE_MIRROR_LOG), TEXT(copy->log), SAY(MESSAGE_MIRROR_ENTRIES), NUMBER(copy->size),
	     SAY(MESSAGE_MIRROR_ROOT), TEXT(copy->root));
	HTML(html, "<dt>{}</dt><dd>{}</dd><dt>{}</dt><dd><code data-vkey>{}</code></dd></dl></section>",
	     SAY(MESSAGE_MIRROR_AT), TEXT(copy->at), SAY(MESSAGE_MIRROR_KEY), TEXT(copy->vkey));
}

static void put_files(struct html *html)
{
	frame_section(html, "files", MESSAGE_MIRROR_FILES);
	HTML(html,
	     "<p>{}</p><dl class=after><dt><a href=checkpoint><code>checkpoint</code></a></dt><dd>{}</dd>"
	     "<dt class=after><code>tile/entries/…</code></dt><dd>{}</dd>"
	     "<dt class=after><code>tile/0/… tile/1/…</code></dt><dd>{}</dd></dl></section>",
	     SAY(MESSAGE_MIRROR_FILES_WORDS), SAY(MESSAGE_MIRROR_FILE_HEAD), SAY(MESSAGE_MIRROR_FILE_ENTRIES),
	     SAY(MESSAGE_MIRROR_FILE_TREE));
}

struct str page_mirror_root(struct arena *arena, const struct page *page, const struct page_mirror_copy *copy)
{
	struct html scratch = html_create(arena, page->language, 0);
	struct frame frame = {
		.page = page,
		.title = PHRASE(&scratch, MESSAGE_MIRROR_TITLE, TEXT(STR(""))),
		.summary = PHRASE(&scratch, MESSAGE_MIRROR_OF, TEXT(copy->log), NUMBER(copy->size))};
	struct html html = frame_open(arena, &frame, /* expected_len */ 16 * 1024);

	HTML(&html, "<section class=card aria-labelledby=v><h1 id=v>{}</h1><p class=after>{}</p></section>",
	     SAY(MESSAGE_MIRROR_TITLE), SAY(MESSAGE_MIRROR_WORDS));
	put_head(&html, copy);
	put_files(&html);
	frame_section(&html, "check", MESSAGE_MIRROR_VERIFY);
	HTML(&html, "<p>{}</p>", SAY(MESSAGE_MIRROR_VERIFY_TRUST));
	html_raw(&html, "<div class=after>");
	put_command(&html, MESSAGE_MIRROR_VERIFY_ALL, follow);
	put_command(&html, MESSAGE_MIRROR_VERIFY_TRAIL, ask);
	put_command(&html, MESSAGE_MIRROR_VERIFY_HAND, by_hand);
	html_raw(&html, "</div></section>");
	return frame_close_file(&html, MESSAGE_MIRROR_FOOT);
}
