/* SPDX-License-Identifier: Apache-2.0
 * Statements, manifests and proofs: each text that is accepted has exactly this one spelling. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "ft/core/proof.h"
#include "ft/core/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool refuse(void *context, struct bytes spki, struct bytes message, struct bytes signature)
{
	(void)context, (void)spki, (void)message, (void)signature;
	return false;
}

static struct str json_of(struct arena *arena, const struct proof *proof)
{
	struct buf out = buf_create(arena, 1024);
	struct json_writer writer = json_writer(&out);
	proof_write(&writer, proof);
	return buf_str(&out);
}

/* A proof passes over unknown members: it is its second writing that is stable. */
static void check_proof(struct arena *arena, struct str input)
{
	struct proof proof, again;
	struct fault fault;
	if (proof_parse(arena, input, &proof, &fault))
		return;
	struct str json = json_of(arena, &proof);
	enum problem p = proof_parse(arena, json, &again, &fault);
	assert(!p && str_equal(json_of(arena, &again), json));
	struct note_verifier nobody = {.verify = refuse};
	assert(!proof_verify(arena, &proof, (struct proof_trust){0}, nobody).ok);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct str input = {(const char *)data, size};
	struct statement statement;
	struct manifest manifest;
	if (statement_parse(arena, input, &statement)) {
		assert(str_equal(statement_print(arena, &statement), input));
		assert(str_equal(statement_kind(input), statement.kind));
	}
	if (manifest_parse(arena, input, &manifest))
		assert(str_equal(manifest_print(arena, &manifest), input));
	check_proof(arena, input);
	arena_destroy(arena);
	return 0;
}
