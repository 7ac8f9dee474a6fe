/* SPDX-License-Identifier: Apache-2.0
 * Writes one drawing of a QR code to standard output, for tests that decode it from outside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ft/qr/qr.h"

static void put(struct bytes bytes)
{
	fwrite(bytes.at, 1, bytes.len, stdout);
}

/* `number` is micrometres a module for svg, dots a module for png. */
static int draw(struct arena *arena, const char *kind, int number, struct str payload, bool test_mark,
		struct str caption)
{
	struct qr qr;
	if (qr_encode(arena, payload, &qr))
		return 1;
	if (!strcmp(kind, "svg")) {
		struct qr_style style = {.module_um = number, .caption = caption, .test_mark = test_mark};
		put(str_bytes(qr_svg(arena, &qr, &style)));
	} else if (!strcmp(kind, "png")) {
		put(qr_png(arena, &qr, number, /* dpi */ 300, test_mark));
	} else {
		put(str_bytes(qr_terminal(arena, &qr)));
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		fputs("usage: qr_draw svg|png|terminal NUMBER PAYLOAD test|plain [CAPTION]\n", stderr);
		return 2;
	}
	struct arena *arena = arena_create();
	int rc = draw(arena, argv[1], (int)strtol(argv[2], NULL, 10), str_of(argv[3]),
		      !strcmp(argv[4], "test"), str_of(argv[5]));
	arena_destroy(arena);
	return rc;
}
