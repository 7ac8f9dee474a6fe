/* SPDX-License-Identifier: Apache-2.0
 * The first thing a reader sees: the verdict in words, what to do, and open alerts. */
#include "trail_priv.h"

struct verdict_row {
	const char *tone;
	enum icon icon;
	enum message title, words;
	enum message steps[3]; /* what to do; ends with MESSAGE_COUNT or when full */
};
static const struct verdict_row verdicts[VERDICT_COUNT] = {
	[VERDICT_RECALLED] = {"stop",
			      ICON_STOP,
			      MESSAGE_VERDICT_RECALLED,
			      MESSAGE_VERDICT_RECALLED_WORDS,
			      {MESSAGE_VERDICT_RECALLED_DO_1, MESSAGE_VERDICT_RECALLED_DO_2,
			       MESSAGE_VERDICT_RECALLED_DO_3}},
	[VERDICT_ON_HOLD] = {"warn",
			     ICON_CAUTION,
			     MESSAGE_VERDICT_ON_HOLD,
			     MESSAGE_VERDICT_ON_HOLD_WORDS,
			     {MESSAGE_VERDICT_ON_HOLD_DO, MESSAGE_COUNT}},
	[VERDICT_SUSPICIOUS] = {"warn",
				ICON_CAUTION,
				MESSAGE_VERDICT_SUSPICIOUS,
				MESSAGE_VERDICT_SUSPICIOUS_WORDS,
				{MESSAGE_VERDICT_SUSPICIOUS_DO, MESSAGE_COUNT}},
	[VERDICT_VOIDED] = {"stop",
			    ICON_STOP,
			    MESSAGE_VERDICT_VOIDED,
			    MESSAGE_VERDICT_VOIDED_WORDS,
			    {MESSAGE_VERDICT_VOIDED_DO, MESSAGE_COUNT}},
	[VERDICT_DESTROYED] = {"stop",
			       ICON_STOP,
			       MESSAGE_VERDICT_DESTROYED,
			       MESSAGE_VERDICT_DESTROYED_WORDS,
			       {MESSAGE_VERDICT_DESTROYED_DO, MESSAGE_COUNT}},
	[VERDICT_RETURNED] = {"",
			      ICON_CAUTION,
			      MESSAGE_VERDICT_RETURNED,
			      MESSAGE_VERDICT_RETURNED_WORDS,
			      {MESSAGE_VERDICT_RETURNED_DO, MESSAGE_COUNT}},
	[VERDICT_EXPIRED] = {"",
			     ICON_CAUTION,
			     MESSAGE_VERDICT_EXPIRED,
			     MESSAGE_VERDICT_EXPIRED_WORDS,
			     {MESSAGE_VERDICT_EXPIRED_DO, MESSAGE_COUNT}},
	[VERDICT_UNREGISTERED] = {"",
				  ICON_QUESTION,
				  MESSAGE_VERDICT_UNREGISTERED,
				  MESSAGE_VERDICT_UNREGISTERED_WORDS,
				  {MESSAGE_VERDICT_UNREGISTERED_DO, MESSAGE_COUNT}},
	[VERDICT_REGISTERED] = {"ok",
				ICON_TICK,
				MESSAGE_VERDICT_REGISTERED,
				MESSAGE_VERDICT_REGISTERED_WORDS,
				{MESSAGE_COUNT}},
};

/* A pack whose label was printed and not yet put into use. */
static const struct verdict_row inactive = {"warn",
					    ICON_QUESTION,
					    MESSAGE_ITEM_INACTIVE,
					    MESSAGE_ITEM_INACTIVE_WORDS,
					    {MESSAGE_ITEM_INACTIVE_DO, MESSAGE_COUNT}};

/* A word that is not in the table says nothing that a reader could rely on: not registered. */
static enum verdict verdict_of(struct str word)
{
	for (int v = 0; v < VERDICT_COUNT; v++)
		if (str_equal(word, str_of(verdict_words[v])))
			return (enum verdict)v;
	return VERDICT_UNREGISTERED;
}

static const struct verdict_row *row_of(const struct trail *trail, const struct item_band *item)
{
	enum verdict verdict = verdict_of(trail->verdict);
	bool is_inactive = item && item->state == PAGE_ITEM_INACTIVE && verdict == VERDICT_UNREGISTERED;
	return is_inactive ? &inactive : &verdicts[verdict];
}

enum message verdict_title(const struct trail *trail, const struct item_band *item)
{
	return row_of(trail, item)->title;
}

/* The record that brought the lot into being; NULL: not among the steps. */
static const struct trail_step *creating_step(const struct trail *trail)
{
	for (EACH(trail->steps, struct trail_step, step))
		for (EACH(step->outputs, struct trail_flow, flow))
			if (str_equal(flow->lot, trail->lot->id) && step->recorded_by)
				return step;
	return NULL;
}

static void put_registration(struct html *html, const struct trail *trail)
{
	const struct trail_step *step = creating_step(trail);

	html_raw(html, "<p>");
	if (step)
		HTML_SAY(html, MESSAGE_REGISTERED_BY, FRAGMENT(say_party(html, step->recorded_by)),
			 FRAGMENT(say_time_text(html, step->recorded_at, step->time.offset_min)));
	else
		HTML_SAY(html, MESSAGE_REGISTERED_BY_ISSUER, FRAGMENT(say_party(html, trail->lot->issuer)));
	html_raw(html, "</p>");
}

void verdict_put(struct html *html, const struct trail *trail, struct item_band *item)
{
	enum verdict verdict = verdict_of(trail->verdict);
	const struct verdict_row *row = row_of(trail, item);
	struct html_fragment eyebrow =
		PHRASE(html, MESSAGE_VERDICT_OF, FRAGMENT(say_product(html, trail->lot->product)),
		       NAME(trail->lot->number));

	frame_verdict_open(html, row->tone, row->icon, eyebrow, row->title);
	if (verdict == VERDICT_REGISTERED)
		put_registration(html, trail);
	HTML(html, "<p>{}</p>", SAY(row->words));
	if (verdict == VERDICT_REGISTERED)
		HTML(html, "<p class=s>{}</p>", SAY(MESSAGE_COMPARE));
	if (item)
		item->gap = html->out.len;
	if (row->steps[0] != MESSAGE_COUNT) {
		html_raw(html, "<ul role=list>");
		for (size_t i = 0; i < 3 && row->steps[i] != MESSAGE_COUNT; i++)
			HTML(html, "<li>{}</li>", SAY(row->steps[i]));
		html_raw(html, "</ul>");
	}
	frame_verdict_close(html);
}

static const struct word_message severities[] = {
	{"critical", MESSAGE_SEVERITY_CRITICAL},
	{"high", MESSAGE_SEVERITY_HIGH},
	{"medium", MESSAGE_SEVERITY_MEDIUM},
	{"low", MESSAGE_SEVERITY_LOW},
	{NULL, MESSAGE_COUNT},
};
static const struct word_message states[] = {
	{"open", MESSAGE_STATE_OPEN},
	{"acknowledged", MESSAGE_STATE_ACKNOWLEDGED},
	{"escalated", MESSAGE_STATE_ESCALATED},
	{"closed", MESSAGE_STATE_CLOSED},
	{NULL, MESSAGE_COUNT},
};

void alerts_put(struct html *html, const struct trail *trail)
{
	if (trail->alerts.count == 0)
		return;
	frame_section(html, "alerts", MESSAGE_ALERTS);
	html_raw(html, "<ul role=list class=l>");
	for (EACH(trail->alerts, struct trail_alert, alert)) {
		HTML(html, "<li><h3>{}</h3><p class=m>", FRAGMENT(say_name(html, alert->title)));
		HTML_SAY(html, MESSAGE_ALERT_LINE, FRAGMENT(say_of(html, severities, alert->severity)),
			 FRAGMENT(say_of(html, states, alert->state)), TEXT(alert->rule));
		html_raw(html, "</p></li>");
	}
	html_raw(html, "</ul></section>");
}
