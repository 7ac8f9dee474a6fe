/* SPDX-License-Identifier: Apache-2.0
 * Certificates and tests: what is registered for these very lots, and what is not. A gap is shown as a gap. */
#include "trail_priv.h"

static const struct word_message schemes[] = {
	{"compliance", MESSAGE_SCHEME_COMPLIANCE},
	{"organic", MESSAGE_SCHEME_ORGANIC},
	{"green", MESSAGE_SCHEME_GREEN},
	{"gi", MESSAGE_SCHEME_GI},
	{"pollution_free", MESSAGE_SCHEME_POLLUTION_FREE},
	{NULL, MESSAGE_COUNT},
};
static const struct word_message kinds[] = {
	{"rapid", MESSAGE_TEST_RAPID},
	{"lab", MESSAGE_TEST_LAB},
	{NULL, MESSAGE_COUNT},
};
static const struct word_message outcomes[] = {
	{"negative", MESSAGE_OUTCOME_NEGATIVE},
	{"positive", MESSAGE_OUTCOME_POSITIVE},
	{"invalid", MESSAGE_OUTCOME_INVALID},
	{NULL, MESSAGE_COUNT},
};

void certificate_put(struct html *html, const struct trail_certificate *certificate)
{
	HTML(html, "<h3>{}</h3><p class=m>", FRAGMENT(say_of(html, schemes, certificate->scheme)));
	HTML_SAY(html, MESSAGE_CERTIFICATE_NUMBER, NAME(certificate->number));
	if (certificate->holder.len > 0) {
		html_raw(html, "<br>");
		HTML_SAY(html, MESSAGE_CERTIFICATE_HOLDER, NAME(certificate->holder));
	}
	if (certificate->valid_from.len > 0) {
		html_raw(html, "<br>");
		if (certificate->valid_to.len > 0)
			HTML_SAY(html, MESSAGE_CERTIFICATE_PERIOD, TEXT(certificate->valid_from),
				 TEXT(certificate->valid_to));
		else
			HTML_SAY(html, MESSAGE_CERTIFICATE_SINCE, TEXT(certificate->valid_from));
	}
	html_raw(html, "</p>");
}

static void put_test(struct html *html, const struct trail_test *test)
{
	HTML(html, "<h3>{} <b class=tag>{}</b></h3><p class=m>{}</p>",
	     FRAGMENT(say_of(html, kinds, test->kind)), FRAGMENT(say_of(html, outcomes, test->outcome)),
	     FRAGMENT(say_time_text(html, test->time, INT16_MIN)));
}

/* The two sections differ in which list they show and what a gap is called. */
struct evidence {
	const char *id;
	enum message heading, gap, gap_of;
	bool tests;
};

static const struct list *list_of(const struct evidence *evidence, const struct trail_origin *origin)
{
	return evidence->tests ? &origin->tests : &origin->certificates;
}

static void put_items(struct html *html, const struct evidence *evidence, const struct trail_origin *origin,
		      bool name_origin)
{
	const struct list *list = list_of(evidence, origin);

	for (size_t i = 0; i < list->count; i++) {
		html_raw(html, "<li>");
		if (name_origin)
			HTML(html, "<p class=s>{} · {}</p>", FRAGMENT(say_percent(html, origin->share)),
			     FRAGMENT(say_origin(html, origin)));
		if (evidence->tests)
			put_test(html, (const struct trail_test *)list->items + i);
		else
			certificate_put(html, (const struct trail_certificate *)list->items + i);
		html_raw(html, "</li>");
	}
}

/* Another lot's certificate never stands in: an origin without one is named as such. */
static void put_missing(struct html *html, const struct evidence *evidence, const struct trail *trail,
			size_t with)
{
	if (with == 0) {
		HTML(html, "<p class=gap>{}</p>", SAY(evidence->gap));
		return;
	}
	for (EACH(trail->origins, struct trail_origin, origin)) {
		if (list_of(evidence, origin)->count > 0)
			continue;
		html_raw(html, "<p class=gap>");
		HTML_SAY(html, evidence->gap_of, FRAGMENT(say_origin(html, origin)));
		html_raw(html, "</p>");
	}
}

static void put_evidence(struct html *html, const struct evidence *evidence, const struct trail *trail)
{
	size_t with = 0;

	for (EACH(trail->origins, struct trail_origin, origin))
		with += list_of(evidence, origin)->count > 0;
	frame_section(html, evidence->id, evidence->heading);
	if (with > 0) {
		html_raw(html, "<ul role=list class=\"l lead\">");
		for (EACH(trail->origins, struct trail_origin, origin))
			put_items(html, evidence, origin, trail->origins.count > 1);
		html_raw(html, "</ul>");
	}
	put_missing(html, evidence, trail, with);
	html_raw(html, "</section>");
}

void certificates_put(struct html *html, const struct trail *trail)
{
	put_evidence(html,
		     &(const struct evidence){"certificates", MESSAGE_CERTIFICATES, MESSAGE_CERTIFICATE_GAP,
					      MESSAGE_CERTIFICATE_GAP_OF, .tests = false},
		     trail);
}

void tests_put(struct html *html, const struct trail *trail)
{
	put_evidence(html,
		     &(const struct evidence){"tests", MESSAGE_TESTS, MESSAGE_TEST_GAP, MESSAGE_TEST_GAP_OF,
					      .tests = true},
		     trail);
}
