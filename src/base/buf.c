/* SPDX-License-Identifier: Apache-2.0
 * Text that grows in an arena; always NUL-terminated behind its end. */
#include "ft/base/str.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct buf buf_create(struct arena *arena, size_t expected_len)
{
	struct buf buf = {.arena = arena, .room = expected_len + 1};
	buf.at = arena_alloc(arena, buf.room);
	return buf;
}

/* Room for `len` more bytes and the NUL. */
static void reserve(struct buf *buf, size_t len)
{
	assert(len < SIZE_MAX / 4 && buf->len < SIZE_MAX / 4);
	size_t need = buf->len + len + 1;
	if (need <= buf->room)
		return;
	size_t room = buf->room * 2 > need ? buf->room * 2 : need;
	char *at = arena_alloc(buf->arena, room);
	if (buf->len)
		memcpy(at, buf->at, buf->len);
	buf->at = at;
	buf->room = room;
}

void buf_put(struct buf *buf, struct str s)
{
	buf_put_bytes(buf, s.at, s.len);
}

void buf_put_bytes(struct buf *buf, const void *at, size_t len)
{
	reserve(buf, len);
	if (len)
		memcpy(buf->at + buf->len, at, len);
	buf->len += len;
	buf->at[buf->len] = 0;
}

void buf_put_char(struct buf *buf, char c)
{
	reserve(buf, 1);
	buf->at[buf->len++] = c;
	buf->at[buf->len] = 0;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	reserve(buf, 0);
	size_t room = buf->room - buf->len;
	int len = vsnprintf(buf->at + buf->len, room, format, args);
	assert(len >= 0);
	if ((size_t)len >= room) {
		reserve(buf, (size_t)len);
		vsnprintf(buf->at + buf->len, (size_t)len + 1, format, again);
	}
	buf->len += (size_t)len;
	va_end(again);
	va_end(args);
}

struct str buf_str(const struct buf *buf)
{
	return (struct str){buf->at, buf->len};
}
