/* SPDX-License-Identifier: Apache-2.0
 * One opaque word for the pair (organisation, lot). */
#include "ft/core/lot_id.h"

#include <string.h>

#include "ft/base/text.h"

enum { LOT_ID_OCTETS = 32 };

struct str lot_id_print(struct arena *arena, struct lot_id id)
{
	uint8_t octets[LOT_ID_OCTETS];
	struct str word;

	memcpy(octets, id.org.octets, sizeof id.org.octets);
	memcpy(octets + sizeof id.org.octets, id.lot.octets, sizeof id.lot.octets);
	word = base64url_encode(arena, (struct bytes){octets, sizeof octets});
	return arena_printf(arena, "lot_%.*s", STR_ARGS(word));
}

bool lot_id_parse(struct arena *arena, struct str text, struct lot_id *ret)
{
	struct lot_id id;
	struct bytes octets;

	if (!str_starts(text, STR("lot_")) || !base64url_decode(arena, str_from(text, 4), &octets) ||
	    octets.len != LOT_ID_OCTETS)
		return false;
	memcpy(id.org.octets, octets.at, sizeof id.org.octets);
	memcpy(id.lot.octets, octets.at + sizeof id.org.octets, sizeof id.lot.octets);
	*ret = id;
	return true;
}
