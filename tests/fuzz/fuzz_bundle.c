/* SPDX-License-Identifier: Apache-2.0
 * Bundles: what is accepted is stable from its second writing on, and holds for nobody while no signature verifies. */
#include "fuzz.h"

#include "ft/core/bundle.h"

static bool refuse(void *context, struct bytes spki, struct bytes message, struct bytes signature)
{
	(void)context, (void)spki, (void)message, (void)signature;
	return false;
}

static struct str json_of(struct arena *arena, const struct bundle *bundle)
{
	struct buf out = buf_create(arena, 4096);
	struct json_writer writer = json_writer(&out);
	bundle_write(&writer, bundle);
	return buf_str(&out);
}

static void check_bundle(struct arena *arena, struct str input)
{
	struct json json, again;
	struct bundle bundle;
	struct fault fault;
	struct note_verifier nobody = {.verify = refuse};
	if (json_parse(arena, input, &json, &fault) || bundle_read(arena, &json, &bundle, &fault))
		return;
	struct bundle_report report = bundle_verify(arena, &bundle, (struct proof_trust){0}, nobody);
	CHECK(!report.ok && report.count == BUNDLE_CHECKS);
	struct str text = json_of(arena, &bundle);
	CHECK(!json_parse(arena, text, &again, &fault) && !bundle_read(arena, &again, &bundle, &fault));
	CHECK(str_equal(json_of(arena, &bundle), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	check_bundle(arena, (struct str){(const char *)data, size});
	arena_destroy(arena);
	return 0;
}
