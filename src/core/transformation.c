/* SPDX-License-Identifier: Apache-2.0
 * Where the events of one transformation meet, and how much of each lot is in it. */
#include "ft/core/transformation.h"

#include <string.h>

#include "ft/core/thing_name.h"

struct lot_id transformation_node(struct arena *arena, struct uuid org, struct str transformation_id)
{
	struct str path = thing_uri_path(arena, transformation_id);
	struct sha256 h =
		sha256_of_parts((const struct bytes[]){str_bytes(STR("transformation")),
						       {org.octets, sizeof org.octets},
						       str_bytes(path.at ? path : transformation_id)},
				3);
	struct lot_id node = {.org = org};
	memcpy(node.lot.octets, h.octets, sizeof node.lot.octets);
	node.lot.octets[6] = (uint8_t)(0x80 | (node.lot.octets[6] & 0x0f));
	node.lot.octets[8] = (uint8_t)(0x80 | (node.lot.octets[8] & 0x3f));
	return node;
}

bool is_transformation_node(struct uuid id)
{
	return id.octets[6] >> 4 == 8;
}

static bool in_one_dimension(const struct part_told *told, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!told[i].has_base || told[i].dimension != told[0].dimension ||
		    (told[i].dimension == DIMENSION_PACKAGE && !uuid_equal(told[i].lot, told[0].lot)))
			return false;
	return true;
}

static bool in_mass(const struct part_told *told, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!told[i].has_mass)
			return false;
	return true;
}

static bool in_one_unit(const struct part_told *told, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!told[i].unit || told[i].unit != told[0].unit)
			return false;
	return true;
}

struct decimal *parts_in_common(struct arena *arena, const struct part_told *told, size_t count,
				struct decimal *ret_total)
{
	struct decimal *parts = arena_array(arena, struct decimal, count), total = {0};
	bool dimension = in_one_dimension(told, count), mass = in_mass(told, count),
	     unit = in_one_unit(told, count);
	for (size_t i = 0; i < count; i++) {
		if (dimension)
			parts[i] = told[i].base;
		else if (mass)
			parts[i] = told[i].mass;
		else if (!unit || !decimal_parse(told[i].value, &parts[i]))
			parts[i] = decimal_of(1);
		total = decimal_add(total, parts[i]);
	}
	*ret_total = total;
	return parts;
}
