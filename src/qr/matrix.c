/* SPDX-License-Identifier: Apache-2.0
 * Text into the matrix of a QR code, with libqrencode. */
#include "ft/qr/qr.h"

#include <errno.h>

#include <qrencode.h>

/* Printable ASCII. Scanners guess an encoding for anything else; a NUL would end the text early. */
static bool payload_is_plain(struct str payload)
{
	if (!payload.len || payload.len > QR_MAX_PAYLOAD)
		return false;
	for (size_t i = 0; i < payload.len; i++)
		if (payload.at[i] < 0x20 || payload.at[i] > 0x7e)
			return false;
	return true;
}

static void release_code(void *code)
{
	QRcode_free(code);
}

enum problem qr_encode(struct arena *arena, struct str payload, struct qr *ret)
{
	if (!payload_is_plain(payload))
		return PROBLEM_FIELD_RANGE;
	/* QRcode_encodeString puts digits and capitals into denser segments by itself, which often saves a
	 * version. QR_MODE_KANJI would mean Shift-JIS. */
	QRcode *code = QRcode_encodeString(arena_str(arena, payload).at, /* smallest version */ 0,
					   QR_ECLEVEL_M, QR_MODE_8, /* case-sensitive */ 1);
	if (!code)
		return errno == ENOMEM ? PROBLEM_BUSY : PROBLEM_FIELD_RANGE;
	arena_defer(arena, release_code, code);

	size_t count = (size_t)code->width * (size_t)code->width;
	uint8_t *modules = arena_alloc(arena, count);
	for (size_t i = 0; i < count; i++)
		modules[i] =
			code->data[i] & 1; /* bit 0 is the colour, the others say what the module is for */
	*ret = (struct qr){.version = code->version, .width = code->width, .modules = modules};
	return PROBLEM_NONE;
}
