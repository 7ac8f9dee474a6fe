/* SPDX-License-Identifier: Apache-2.0
 * What kinds of events there are beside native records: those of partners that no farm word says exactly. */
#include "ft/core/event_kind.h"

#include <stddef.h>

#include "ft/core/epcis_body.h"

static const struct record_kind kinds[] = {
	{"aggregate", RECORD_OBSERVE, "AggregationEvent", NULL, NULL, NULL, "组合", "Aggregate"},
	{"associate", RECORD_OBSERVE, "AssociationEvent", NULL, NULL, NULL, "关联", "Associate"},
	{"create", RECORD_CREATE, "ObjectEvent", "ADD", NULL, NULL, "产生", "Create"},
	{"observe", RECORD_OBSERVE, "ObjectEvent", NULL, NULL, NULL, "记录", "Observe"},
	{"remove", RECORD_OBSERVE, "ObjectEvent", "DELETE", NULL, NULL, "终止", "Remove"},
	{"transact", RECORD_OBSERVE, "TransactionEvent", NULL, NULL, NULL, "交易", "Transact"},
};

static const struct record_kind *kind_named(const char *word)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (str_equal(str_of(word), str_of(kinds[i].word)))
			return &kinds[i];
	return record_kind_find(str_of(word));
}

const struct record_kind *event_kind_find(struct str word)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (str_equal(word, str_of(kinds[i].word)))
			return &kinds[i];
	return record_kind_find(word);
}

static const struct record_kind *object_kind(const struct epcis_event *event)
{
	if (str_equal(event->action, STR("ADD")))
		return kind_named("create");
	if (str_equal(event->biz_step, STR("shipping")))
		return kind_named("ship");
	if (str_equal(event->biz_step, STR("receiving")))
		return kind_named("receive");
	if (str_equal(event->biz_step, STR("retail_selling")))
		return kind_named("sell");
	return kind_named(str_equal(event->action, STR("DELETE")) ? "remove" : "observe");
}

const struct record_kind *event_kind_of(const struct epcis_event *event)
{
	if (event->is_declaration)
		return kind_named("observe");
	switch (event->type) {
	case EPCIS_OBJECT:
		return object_kind(event);
	case EPCIS_AGGREGATION:
		return kind_named("aggregate");
	case EPCIS_TRANSACTION:
		return kind_named("transact");
	case EPCIS_TRANSFORMATION:
		return kind_named("process");
	case EPCIS_ASSOCIATION:
		return kind_named("associate");
	case EPCIS_EXTENSION:
	case EPCIS_TYPE_COUNT:
		break;
	}
	return kind_named("observe");
}

int64_t event_naming(struct str body)
{
	struct naming naming = view_naming(body);
	return (naming.people ? EVENT_NAMES_PEOPLE : 0) | (naming.home ? EVENT_NAMES_HOME : 0);
}
