/* SPDX-License-Identifier: Apache-2.0
 * Names shared by those who write a body and those who coarsen it. */
#ifndef FT_CORE_EPCIS_PRIV_H
#define FT_CORE_EPCIS_PRIV_H

#include "ft/core/epcis_body.h"

#define EPCIS_CONTEXT \
	"[\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\"," \
	"{\"farmtrail\":\"urn:farmtrail:vocab:\"}]"
#define REGION_URN "urn:farmtrail:region:"

/* The farmtrail: members of the event. */
void epcis_farm_members(struct arena *arena, const struct epcis_source *source, struct json_writer *w);

/* An amount as two members with these names: the text as written, or the exact base amount of a custom unit. */
void epcis_amount(struct arena *arena, const struct quantity *q, const char *quantity_name,
		  const char *unit_name, struct json_writer *w);

/* The shortest exact JSON number of a decimal text ("+01.50" is 1.5). */
struct str epcis_number(struct arena *arena, struct str decimal_text);

#endif
