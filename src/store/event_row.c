/* SPDX-License-Identifier: Apache-2.0
 * Pages tell what was done, when, and with what from the columns of an event's row, without opening its body: whether they say
 * what it says. */
#include "ft/core/deed.h"
#include "log_priv.h"

const char *event_row_other(struct arena *arena, const struct log_sweep_read_row *row)
{
	struct deed deed;
	if (deed_read(arena, bytes_str(row->body), &deed) || deed.declaration)
		return NULL;
	if (!str_equal(row->type, str_of(deed.kind->word)))
		return "type";
	if (row->event_time.value != deed.time.at_us || row->offset_min.value != deed.time.offset_min)
		return "time";
	if (!(row->flags.value & EVENT_OF_PARTNER) != !deed.of_partner)
		return "source";
	if (deed.of_partner)
		return NULL;
	if (!str_equal(row->input_product, deed.product))
		return "product";
	return strs_equal(row->input_active.items, row->input_active.count, deed.active.items,
			  deed.active.count)
		       ? NULL
		       : "active";
}
