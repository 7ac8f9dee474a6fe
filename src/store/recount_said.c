/* SPDX-License-Identifier: Apache-2.0
 * What an event's body says, beside what pages tell of it without opening the body: where it was, what was used, what a test
 * found, why it was withdrawn; and the rows by which what was done at a place is found. */
#include "recount_priv.h"

static bool is_whole(const struct recounted *event)
{
	return event->row->view_secret.len > 0; /* else something of it was removed */
}

static struct str words(struct str text, const char *none)
{
	return text.len ? text : str_of(none);
}

static void tell(struct recount *r, const struct recounted *event, struct str stored, struct str derived)
{
	recount_tell(r, "event", event->name, stored, derived);
}

/* — the row — */
/* What is used, where something is put to use: elsewhere a record's product is what comes of it. */
static void check_used(struct recount *r, const struct recounted *event)
{
	if (!str_equal(event->row->input_product, event->deed.product))
		tell(r, event, words(event->row->input_product, "no product"),
		     words(event->deed.product, "no product"));
	if (!strs_equal(event->row->input_active.items, event->row->input_active.count,
			event->deed.active.items, event->deed.active.count))
		tell(r, event, STR("other active ingredients"), STR("those of its body"));
}

/* A place whose address was removed may be any. */
static void check_place(struct recount *r, const struct recounted *event)
{
	const struct recount_events_row *row = event->row;
	const struct deed *deed = &event->deed;
	if (!deed->places.count) {
		if (!uuid_is_nil(row->site))
			tell(r, event, uuid_print(r->arena, row->site), STR("no place"));
		return;
	}
	if (!uuid_is_nil(event->places[0]) && !uuid_equal(event->places[0], row->site))
		tell(r, event, uuid_print(r->arena, row->site), deed->places.items[0]);
	if (deed->regions[0].len && !str_equal(row->region, deed->regions[0]))
		tell(r, event, words(row->region, "no region"), deed->regions[0]);
}

static void check_partner(struct recount *r, const struct recounted *event)
{
	const struct recount_events_row *row = event->row;
	if (uuid_is_nil(row->site) && !str_equal(row->place, event->deed.told_place))
		tell(r, event, words(row->place, "no place"), words(event->deed.told_place, "no place"));
}

static void check_row(struct recount *r, const struct recounted *event)
{
	const struct recount_events_row *row = event->row;
	if (!(row->flags & EVENT_OF_PARTNER) != !event->deed.of_partner)
		tell(r, event, STR("told by another"), STR("what its body says"));
	if (event->deed.of_partner) {
		check_partner(r, event);
		return;
	}
	check_used(r, event);
	check_place(r, event);
	if (!record_sends(event->deed.kind) && !uuid_is_nil(row->to_party))
		tell(r, event, uuid_print(r->arena, row->to_party), STR("nobody"));
}

/* — why it does not stand — */
/* A partner's event may be named by its content, and what stands in its place may come later: its name is kept. */
static bool is_what_it_names(struct recount *r, const struct recounted *event, const struct deed *declaration)
{
	const struct recount_events_row *row = event->row;
	if (event->deed.of_partner) {
		struct str said = declaration->corrective;
		struct sha256 spelled = sha256_of(str_bytes(said)),
			      named = sha256_of(str_bytes(epcis_event_name(r->arena, said)));
		if (!row->keeps_corrective.value || !said.at)
			return !row->keeps_corrective.value || !row->corrective.at;
		return bytes_equal(row->corrective, sha256_bytes(&named)) ||
		       bytes_equal(row->corrective, sha256_bytes(&spelled)); /* as it was kept before */
	}
	return str_equal(declaration->id, event->deed.id) &&
	       str_equal(declaration->corrective,
			 uuid_is_nil(row->replacement)
				 ? STR("")
				 : arena_printf(r->arena, "urn:uuid:%.*s",
						STR_ARGS(uuid_print(r->arena, row->replacement))));
}

static void check_withdrawn(struct recount *r, const struct recounted *event)
{
	const struct recount_events_row *row = event->row;
	struct deed declaration;
	if (!row->declared_at.known || !row->declaration_secret.len ||
	    deed_read(r->arena, bytes_str(row->declaration_body), &declaration))
		return;
	if (!declaration.declaration || !str_equal(row->reason, declaration.reason))
		recount_tell(r, "correction", event->name, words(row->reason, "no reason"),
			     words(declaration.reason, "no reason"));
	else if (!is_what_it_names(r, event, &declaration))
		recount_tell(r, "correction", event->name, STR("another is named in its place"),
			     words(declaration.corrective, "none"));
}

/* — places — */
static bool leaves_sites(const struct deed *deed)
{
	return deed->kind->class == RECORD_CREATE || deed->kind->class == RECORD_OBSERVE ||
	       (deed->kind->class == RECORD_LOOK && !deed->count);
}

static const struct recount_sites_row *site_of(const struct recounted *event, struct uuid site)
{
	for (size_t i = 0; i < event->site_count; i++)
		if (uuid_equal(event->sites[i].site, site))
			return &event->sites[i];
	return NULL;
}

static bool site_holds(const struct recounted *event, const struct recount_sites_row *row)
{
	const struct recount_events_row *of = event->row;
	const struct deed *deed = &event->deed;
	bool makes = deed->kind->class == RECORD_CREATE && deed->count;
	struct uuid lot = makes && event->lots[0] ? event->lots[0]->id : (struct uuid){{0}};
	bool declared = row->declared_at.known;
	return uuid_equal(row->event_org, of->org_id) && str_equal(row->type, str_of(deed->kind->word)) &&
	       row->event_time == deed->time.at_us && row->offset_min == deed->time.offset_min &&
	       row->recorded_at == of->recorded_at && declared == of->declared_at.known &&
	       (!declared || row->declared_at.value == of->declared_at.value) &&
	       (uuid_equal(row->lot_id, lot) || (makes && !event->lots[0]));
}

static void check_sites(struct recount *r, const struct recounted *event)
{
	const struct str_list *places = &event->deed.places;
	r->site_rows += is_whole(event) ? (int64_t)event->site_count : 0;
	for (size_t i = 0; i < places->count; i++) {
		const struct recount_sites_row *row = site_of(event, event->places[i]);
		struct str subject = arena_printf(r->arena, "%.*s %.*s", STR_ARGS(event->name),
						  STR_ARGS(places->items[i]));
		if (uuid_is_nil(event->places[i])) {
			r->sites_removed |= is_whole(event);
			continue;
		}
		if (!row && leaves_sites(&event->deed))
			recount_tell(r, "site", subject, STR("nothing"), STR("was done there"));
		if (row && !leaves_sites(&event->deed))
			recount_tell(r, "site", subject, STR("was done there"), STR("nothing"));
		if (row && !site_holds(event, row))
			recount_tell(r, "site", subject, STR("another record, time or lot"),
				     STR("those of the event"));
	}
}

/* — tests — */
static const struct recount_tests_row *test_of(const struct recounted *event, struct uuid lot)
{
	for (size_t i = 0; i < event->test_count; i++)
		if (uuid_equal(event->tests[i].lot_id, lot))
			return &event->tests[i];
	return NULL;
}

static void check_tests(struct recount *r, const struct recounted *event)
{
	const struct recount_events_row *of = event->row;
	const struct deed *deed = &event->deed;
	for (size_t i = 0; deed->test.at && i < deed->count; i++) {
		if (!event->lots[i])
			continue;
		const struct recount_tests_row *row = test_of(event, event->lots[i]->id);
		struct str subject = arena_printf(r->arena, "%.*s %.*s", STR_ARGS(event->name),
						  STR_ARGS(uuid_print(r->arena, event->lots[i]->id)));
		if (!row || !str_equal(row->kind, deed->test) || !str_equal(row->outcome, deed->outcome))
			recount_tell(r, "test", subject,
				     row ? words(row->outcome, "nothing") : STR("nothing"),
				     words(deed->outcome, "nothing"));
		else if (row->at != deed->time.at_us || row->offset_min != deed->time.offset_min ||
			 row->recorded_at != of->recorded_at || !uuid_equal(row->event_org, of->org_id))
			recount_tell(r, "test", subject, STR("another recorder or another time"),
				     STR("that of the event"));
	}
}

void recount_said_of(struct recount *r, struct recounted *event)
{
	if (event->deed.declaration)
		return;
	if (is_whole(event)) {
		check_row(r, event);
		check_withdrawn(r, event);
	}
	if (event->deed.of_partner)
		return;
	check_sites(r, event);
	check_tests(r, event);
}
