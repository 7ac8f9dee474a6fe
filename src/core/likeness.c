/* SPDX-License-Identifier: Apache-2.0
 * What makes two records with different ids likely the same deed. */
#include "ft/core/record.h"

#include "ft/crypto/digest.h"

int64_t record_likeness(struct arena *arena, const struct record *record, struct uuid party)
{
	static const struct uuid no_id;
	struct record deed = *record;
	struct buf out = buf_create(arena, 512);
	struct json_writer w = json_writer(&out);
	uint64_t likeness = 0;

	/* Not what was done but when, by what means and with what words it was told. */
	deed.id = no_id;
	deed.time = deed.device_time = (struct instant){0};
	deed.party = deed.note = deed.device = deed.entry_mode = (struct str){NULL, 0};
	deed.position = NULL;
	deed.documents = deed.temperature = (struct list){NULL, 0};
	shape_encode(&record_shape, &deed, &w);

	const struct bytes parts[] = {{party.octets, sizeof party.octets}, str_bytes(buf_str(&out))};
	struct sha256 h = sha256_of_parts(parts, 2);
	for (size_t i = 0; i < sizeof likeness; i++)
		likeness = likeness << 8 | h.octets[i];
	return (int64_t)likeness;
}

bool record_times_are_near(usec_t a_us, usec_t b_us)
{
	usec_t apart = a_us > b_us ? a_us - b_us : b_us - a_us;

	return apart <= RECORD_DOUBLE_S * USEC_PER_SEC;
}
