/* SPDX-License-Identifier: Apache-2.0
 * The journey: every recorded step in order, with who did it, who recorded it, what went in and out, and its signature. */
#include "trail_priv.h"

#include "ft/core/event_kind.h"

enum {
	STEPS_SHOWN_WHOLE = 24, /* more than this: the middle is folded, */
	STEPS_AT_END = 8,       /* this many are shown at either end */
	FLOWS_SHOWN = 6,        /* inputs or outputs of one step before the rest is folded */
};

static const usec_t DAY_US = 24 * 3600 * USEC_PER_SEC;

static void put_title(struct html *html, const struct trail_step *step)
{
	const struct record_kind *kind = event_kind_find(step->type);
	struct str title = step->type;

	if (kind)
		title = str_of(html->language == LANGUAGE_ZH ? kind->title_zh : kind->title_en);
	if (step->corrected.len > 0)
		HTML(html, "<div class=h><h3><s>{}</s> <span class=tag>{}</span>", TEXT(title),
		     SAY(MESSAGE_CORRECTED));
	else if (step->corrects.len > 0)
		HTML(html, "<div class=h><h3>{} <span class=tag>{}</span>", TEXT(title),
		     SAY(MESSAGE_CORRECTS));
	else
		HTML(html, "<div class=h><h3>{}", TEXT(title));
	HTML(html, "</h3>{}</div>", FRAGMENT(say_time(html, step->time)));
}

/* Who, then where from near to far; what the tier leaves out is left out. */
static void put_actor(struct html *html, const struct trail_step *step)
{
	if (step->party) {
		html_raw(html, "<p>");
		HTML_SAY(html, MESSAGE_DONE_BY, FRAGMENT(say_party(html, step->party)));
		html_raw(html, "</p>");
	}
	if (!step->place && !step->township && !step->district)
		return;
	html_raw(html, "<p class=m>");
	if (step->place)
		HTML(html, "{}", FRAGMENT(say_place(html, step->place)));
	if (step->place && (step->township || step->district))
		html_raw(html, " · ");
	if (step->township && step->district)
		HTML_SAY(html, MESSAGE_IN_DISTRICT, FRAGMENT(say_region(html, step->township)),
			 FRAGMENT(say_region(html, step->district)));
	else if (step->township || step->district)
		HTML(html, "{}",
		     FRAGMENT(say_region(html, step->township ? step->township : step->district)));
	html_raw(html, "</p>");
}

static void put_flow(struct html *html, const struct trail_flow *flow, struct str this_lot)
{
	html_raw(html, "<p>");
	if (flow->share.len > 0)
		HTML(html, "<b>{}</b> ", FRAGMENT(say_percent(html, flow->share)));
	if (flow->product)
		HTML(html, "{} ", FRAGMENT(say_product(html, flow->product)));
	HTML(html, "{}", NAME(flow->lot_number.len > 0 ? flow->lot_number : flow->lot));
	if (flow->lot.len > 0 && str_equal(flow->lot, this_lot))
		HTML(html, " <span class=tag>{}</span>", SAY(MESSAGE_THIS_LOT));
	html_raw(html, "</p>");
}

static void put_flows(struct html *html, enum message label, const struct list *flows, struct str this_lot)
{
	const struct trail_flow *items = flows->items;

	if (flows->count == 0)
		return;
	HTML(html, "<div class=io><span class=m>{}</span> <div>", SAY(label));
	for (size_t i = 0; i < flows->count; i++) {
		if (i == FLOWS_SHOWN) {
			html_raw(html, "<details><summary>");
			HTML_SAY(html, MESSAGE_FLOWS_MORE, NUMBER((int64_t)(flows->count - FLOWS_SHOWN)));
			html_raw(html, "</summary>");
		}
		put_flow(html, &items[i], this_lot);
	}
	if (flows->count > FLOWS_SHOWN)
		html_raw(html, "</details>");
	html_raw(html, "</div></div>");
}

/* Goods that a step only touches are neither its input nor its output. */
static void put_goods(struct html *html, const struct trail_step *step, struct str this_lot)
{
	const struct record_kind *kind = event_kind_find(step->type);
	bool makes = kind && (kind->class == RECORD_CREATE || kind->class == RECORD_TRANSFORM);

	makes = makes || (step->inputs.count > 0 && step->outputs.count > 0);
	put_flows(html, makes ? MESSAGE_INPUTS : MESSAGE_LOTS, &step->inputs, this_lot);
	put_flows(html, makes ? MESSAGE_OUTPUTS : MESSAGE_LOTS, &step->outputs, this_lot);
}

static void put_used(struct html *html, const struct trail_input_use *used)
{
	struct html active = html_aside(html);

	for (size_t i = 0; i < used->active.count; i++) {
		if (i > 0)
			HTML(&active, "{}", SAY(MESSAGE_COMMA));
		HTML(&active, "{}", NAME(used->active.items[i]));
	}
	html_raw(html, "<p>");
	if (used->active.count > 0)
		HTML_SAY(html, MESSAGE_USED_ACTIVE, NAME(used->product), FRAGMENT(html_done(&active)));
	else
		HTML_SAY(html, MESSAGE_USED, NAME(used->product));
	html_raw(html, "</p>");
}

static bool same_party(const struct trail_party *a, const struct trail_party *b)
{
	return a && b && a->id.len > 0 && str_equal(a->id, b->id);
}

static void put_signature(struct html *html, const struct trail_proof *proof)
{
	if (!proof || proof->statement.len == 0)
		HTML(html, "<span>{}</span>", SAY(MESSAGE_SIGNATURE_PENDING));
	else if (html_is_own_path(proof->href))
		HTML(html, "<a href=\"{}\"><code>{}</code></a>", PATH(proof->href), TEXT(proof->statement));
	else
		HTML(html, "<code>{}</code>", TEXT(proof->statement));
}

/* What no clock but the log's says of the time of recording. */
static void put_bounds(struct html *html, const struct trail_step *step)
{
	const struct trail_bounds *bounds = step->recorded_between;
	if (!bounds)
		return;
	struct html_fragment after = say_time_after(html, bounds->after, step->time),
			     before = say_time_after(html, bounds->before, step->time);
	html_raw(html, "<p class=\"m s\" data-bounds>");
	if (bounds->after.len && bounds->before.len)
		HTML_SAY(html, MESSAGE_RECORDED_BETWEEN, FRAGMENT(after), FRAGMENT(before));
	else if (bounds->before.len)
		HTML_SAY(html, MESSAGE_RECORDED_BEFORE, FRAGMENT(before));
	else
		HTML_SAY(html, MESSAGE_RECORDED_AFTER, FRAGMENT(after));
	html_raw(html, "</p>");
}

/* How long after the deed, where that is a day or more, and from what: both are signed, and in the views of all tiers. What
 * is dated ahead was let in for the clock of a device (PROBLEM_TIME_FUTURE). */
static void put_entry(struct html *html, const struct trail_step *step)
{
	struct instant recorded;

	if (!instant_parse(step->recorded_at, &recorded)) {
		int64_t days = (recorded.at_us - step->time.at_us) / DAY_US;
		if (step->time.at_us > recorded.at_us + RECORD_GRACE_S * USEC_PER_SEC)
			HTML(html, " · {}", SAY(MESSAGE_RECORDED_AHEAD));
		else if (days > 0)
			html_raw(html, " · ");
		if (days == 1)
			HTML(html, "{}", SAY(MESSAGE_RECORDED_DAY_LATER));
		else if (days > 1)
			HTML_SAY(html, MESSAGE_RECORDED_DAYS_LATER, NUMBER(days));
	}
	if (str_equal(step->entry_mode, STR("paper")))
		HTML(html, " · {}", SAY(MESSAGE_ENTERED_FROM_PAPER));
	else if (str_equal(step->entry_mode, STR("import")))
		HTML(html, " · {}", SAY(MESSAGE_ENTERED_BY_IMPORT));
}

static void put_record(struct html *html, const struct trail_step *step)
{
	struct html_fragment when = say_time_after(html, step->recorded_at, step->time);

	html_raw(html, "<p class=\"m s\">");
	if (!step->recorded_by)
		HTML_SAY(html, MESSAGE_RECORDED_AT, FRAGMENT(when));
	else if (same_party(step->party, step->recorded_by))
		HTML_SAY(html, MESSAGE_RECORDED_SAME, FRAGMENT(when));
	else
		HTML_SAY(html, MESSAGE_RECORDED_BY, FRAGMENT(say_party(html, step->recorded_by)),
			 FRAGMENT(when));
	put_entry(html, step);
	html_raw(html, "</p>");
	put_bounds(html, step);
	HTML(html, "<p class=sig><span>{}</span> ", SAY(MESSAGE_SIGNATURE));
	put_signature(html, step->proof);
	html_raw(html, "</p>");
}

static bool has_step(const struct trail *trail, struct str event)
{
	for (EACH(trail->steps, struct trail_step, step))
		if (str_equal(step->event, event))
			return true;
	return false;
}

/* Only what stands in the place of another is linked to, so only it needs an id. */
static bool is_correction(const struct trail *trail, struct str event)
{
	for (EACH(trail->steps, struct trail_step, step))
		if (step->correction && step->correction->replacement.len > 0 &&
		    str_equal(step->correction->replacement, event))
			return true;
	return false;
}

/* Who, when and why, as far as the tier tells. */
static void put_correction(struct html *html, const struct trail *trail, const struct trail_step *step)
{
	const struct trail_correction *correction = step->correction;
	struct str replacement = correction ? correction->replacement : (struct str){NULL, 0};

	HTML(html, "<p class=gap>{}", SAY(MESSAGE_CORRECTED_WORDS));
	if (has_step(trail, replacement))
		HTML(html, " <a href=\"#e-{}\">{}</a>", TEXT(replacement), SAY(MESSAGE_CORRECTED_LINK));
	else if (correction && replacement.len == 0)
		HTML(html, " {}", SAY(MESSAGE_CORRECTED_GONE));
	html_raw(html, "</p>");
	if (!correction)
		return;
	struct html_fragment when = say_time_text(html, correction->recorded_at, step->time.offset_min);
	html_raw(html, "<p class=\"m s\">");
	if (correction->party)
		HTML_SAY(html, MESSAGE_CORRECTED_BY, FRAGMENT(say_party(html, correction->party)),
			 FRAGMENT(when));
	else
		HTML_SAY(html, MESSAGE_CORRECTED_AT, FRAGMENT(when));
	html_raw(html, "</p>");
	if (correction->reason.len == 0)
		return;
	html_raw(html, "<p>");
	HTML_SAY(html, MESSAGE_CORRECTED_REASON, NAME(correction->reason));
	html_raw(html, "</p>");
}

/* Of whom and when, never of a person: the office has signed. */
static void put_endorsement(struct html *html, const struct trail_endorsement *e, int16_t offset_min)
{
	struct html_fragment at = say_time_text(html, e->at, offset_min);

	html_raw(html, "<p>");
	if (e->withdrawn_at.len > 0) {
		struct html_fragment until = say_time_text(html, e->withdrawn_at, offset_min);
		if (e->party)
			HTML_SAY(html, MESSAGE_ENDORSED_ONCE_BY, FRAGMENT(say_party(html, e->party)),
				 FRAGMENT(at), FRAGMENT(until));
		else
			HTML_SAY(html, MESSAGE_ENDORSED_ONCE_AT, FRAGMENT(at), FRAGMENT(until));
	} else if (e->party) {
		HTML_SAY(html, MESSAGE_ENDORSED_BY, FRAGMENT(say_party(html, e->party)), FRAGMENT(at));
	} else {
		HTML_SAY(html, MESSAGE_ENDORSED_AT, FRAGMENT(at));
	}
	html_raw(html, "</p>");
}

static void put_endorsements(struct html *html, const struct trail_step *step)
{
	bool any = false;

	for (EACH(step->endorsements, struct trail_endorsement, e)) {
		put_endorsement(html, e, step->time.offset_min);
		any = any || e->withdrawn_at.len == 0;
	}
	if (any && step->corrected.len > 0)
		HTML(html, "<p class=gap>{}</p>", SAY(MESSAGE_ENDORSED_OLD));
}

static void put_step(struct html *html, const struct trail *trail, const struct trail_step *step,
		     bool linked_to)
{
	html_raw(html, "<li");
	if (linked_to)
		HTML(html, " id=\"e-{}\"", TEXT(step->event));
	HTML(html, "{}>", TEXT(step->corrected.len > 0 ? STR(" class=was") : STR("")));
	put_title(html, step);
	put_actor(html, step);
	if (step->used)
		put_used(html, step->used);
	if (step->quarantine) {
		html_raw(html, "<p>");
		HTML_SAY(html, MESSAGE_QUARANTINE, NAME(step->quarantine->number));
		html_raw(html, "</p>");
	}
	put_goods(html, step, trail->lot->id);
	if (step->to) {
		html_raw(html, "<p>");
		HTML_SAY(html, MESSAGE_SHIPPED_TO, FRAGMENT(say_party(html, step->to)));
		html_raw(html, "</p>");
	}
	if (step->corrected.len > 0)
		put_correction(html, trail, step);
	put_endorsements(html, step);
	put_record(html, step);
	html_raw(html, "</li>");
}

static void put_steps(struct html *html, const struct trail *trail, size_t from, size_t to,
		      bool any_corrected)
{
	const struct trail_step *steps = trail->steps.items;

	HTML(html, "<ol role=list class=j start={}>", NUMBER((int64_t)from + 1));
	for (size_t i = from; i < to; i++)
		put_step(html, trail, &steps[i], any_corrected && is_correction(trail, steps[i].event));
	html_raw(html, "</ol>");
}

void journey_put(struct html *html, const struct trail *trail)
{
	size_t count = trail->steps.count;
	bool any_corrected = false;

	for (EACH(trail->steps, struct trail_step, step))
		any_corrected = any_corrected || step->corrected.len > 0;
	HTML(html, "<section class=\"card long\" aria-labelledby=journey><h2 id=journey>{}</h2>",
	     SAY(MESSAGE_JOURNEY));
	if (count == 0) {
		HTML(html, "<p class=gap>{}</p>", SAY(MESSAGE_JOURNEY_NONE));
	} else if (count <= STEPS_SHOWN_WHOLE) {
		put_steps(html, trail, 0, count, any_corrected);
	} else {
		put_steps(html, trail, 0, STEPS_AT_END, any_corrected);
		html_raw(html, "<details><summary>");
		HTML_SAY(html, MESSAGE_JOURNEY_MIDDLE, NUMBER((int64_t)(count - 2 * STEPS_AT_END)));
		html_raw(html, "</summary>");
		put_steps(html, trail, STEPS_AT_END, count - STEPS_AT_END, any_corrected);
		html_raw(html, "</details>");
		put_steps(html, trail, count - STEPS_AT_END, count, any_corrected);
	}
	html_raw(html, "</section>");
}
