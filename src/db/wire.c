/* SPDX-License-Identifier: Apache-2.0
 * Network byte order into a buffer that grows, and out of received bytes. */
#include "db_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void wire_finish(struct wire *wire)
{
	free(wire->at);
	*wire = (struct wire){0};
}

uint8_t *wire_room(struct wire *wire, size_t len)
{
	if (len > wire->room - wire->len) {
		size_t room = wire->room ? wire->room : 1024;
		while (room - wire->len < len)
			room *= 2;
		uint8_t *at = realloc(wire->at, room);
		if (!at) {
			fputs("out of memory\n", stderr);
			abort();
		}
		wire->at = at;
		wire->room = room;
	}
	uint8_t *place = wire->at + wire->len;
	wire->len += len;
	return place;
}

static void store(uint8_t *at, uint64_t n, size_t len)
{
	for (size_t i = 0; i < len; i++)
		at[i] = (uint8_t)(n >> (8 * (len - 1 - i)));
}

static uint64_t load(const uint8_t *at, size_t len)
{
	uint64_t n = 0;
	for (size_t i = 0; i < len; i++)
		n = n << 8 | at[i];
	return n;
}

void wire_put(struct wire *wire, const void *at, size_t len)
{
	uint8_t *place = wire_room(wire, len);
	if (len)
		memcpy(place, at, len);
}

void wire_put16(struct wire *wire, uint16_t n)
{
	store(wire_room(wire, 2), n, 2);
}

void wire_put32(struct wire *wire, uint32_t n)
{
	store(wire_room(wire, 4), n, 4);
}

void wire_put64(struct wire *wire, uint64_t n)
{
	store(wire_room(wire, 8), n, 8);
}

void wire_patch32(struct wire *wire, size_t offset, uint32_t n)
{
	store(wire->at + offset, n, 4);
}

uint16_t wire_get16(const uint8_t *at)
{
	return (uint16_t)load(at, 2);
}

uint32_t wire_get32(const uint8_t *at)
{
	return (uint32_t)load(at, 4);
}

uint64_t wire_get64(const uint8_t *at)
{
	return load(at, 8);
}
