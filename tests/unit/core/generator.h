/* SPDX-License-Identifier: Apache-2.0
 * A small seeded generator for property tests: the same seed gives the same case on every machine. */
#ifndef TESTS_UNIT_CORE_GENERATOR_H
#define TESTS_UNIT_CORE_GENERATOR_H

#include <stdint.h>

#include "ft/base/uuid.h"

struct generator {
	uint64_t state;
};

static inline uint64_t generator_next(struct generator *g) /* splitmix64 */
{
	uint64_t z = g->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* 0 … below − 1 */
static inline size_t generator_below(struct generator *g, size_t below)
{
	return (size_t)(generator_next(g) % below);
}

static inline struct uuid generator_uuid(struct generator *g)
{
	struct uuid id;

	for (size_t i = 0; i < sizeof id.octets; i++)
		id.octets[i] = (uint8_t)generator_next(g);
	return id;
}

#endif
