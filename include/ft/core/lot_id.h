/* SPDX-License-Identifier: Apache-2.0
 * A lot is the pair (organisation that issued it, lot): inside as two ids, outside as one opaque word. */
#ifndef FT_CORE_LOT_ID_H
#define FT_CORE_LOT_ID_H

#include "ft/base/uuid.h"

struct lot_id {
	struct uuid org, lot;
};
struct str lot_id_print(struct arena *arena, struct lot_id id); /* "lot_" and 43 base64url characters */
bool lot_id_parse(struct arena *arena, struct str text, struct lot_id *ret);

#endif
