/* SPDX-License-Identifier: Apache-2.0
 * Trust policies and tlog-proofs: whatever stands in them, a policy without witnesses accepts no unsigned head, and a
 * tlog-proof that is accepted has this one spelling. */
#include "fuzz.h"

#include "ft/core/policy.h"
#include "ft/core/proof.h"

static bool refuse(void *context, struct bytes spki, struct bytes message, struct bytes signature)
{
	(void)context, (void)spki, (void)message, (void)signature;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct str input = {(const char *)data, size};
	struct policy *policy = arena_new(arena, struct policy);
	struct tlog_proof proof;
	struct note head = {.text = STR("log.example\n0\n")};
	size_t line = 0;
	if (policy_parse(arena, input, policy, &line)) {
		struct note_verifier nobody = {.verify = refuse};
		CHECK(policy_judge(arena, policy, &head, nobody).finding == POLICY_UNKNOWN_LOG);
	} else {
		CHECK(line >= 1);
	}
	if (tlog_proof_parse(arena, input, &proof)) {
		struct str printed = tlog_proof_print(arena, &proof);
		CHECK(str_equal(printed, input));
	}
	arena_destroy(arena);
	return 0;
}
