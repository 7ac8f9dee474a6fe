/* SPDX-License-Identifier: Apache-2.0
 * GeoJSON (RFC 7946) places as the registry takes them: Point, Polygon, MultiPolygon, longitude before
 * latitude. */
#ifndef FT_CORE_GEOJSON_H
#define FT_CORE_GEOJSON_H

#include "ft/codec/json.h"

enum { GEOJSON_MAX_POSITIONS = 2000 };

/* Checks form and meaning: finite decimals, rings closed and of at least four positions, no ring that
 * crosses or touches itself or has no area, at most GEOJSON_MAX_POSITIONS. How rings lie to each other
 * is left to PostGIS. *ret_text is the geometry anew with its numbers as written, heights and everything
 * but type and coordinates dropped. PROBLEM_GEOMETRY with the pointer below `pointer` and a rule: type,
 * coordinates, position, number, range, swapped (latitude before longitude), unclosed, tooFew, tooMany,
 * crossing, noArea. */
enum problem geojson_check(struct arena *arena, const struct json *geometry, const char *pointer,
			   struct str *ret_text, struct fault *reterr) must_check;

#endif
