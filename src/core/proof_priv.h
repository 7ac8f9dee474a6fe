/* SPDX-License-Identifier: Apache-2.0
 * The parts of a proof's JSON that bundles share. Pointers of faults begin with `at`. */
#ifndef PROOF_PRIV_H
#define PROOF_PRIV_H

#include "ft/core/proof.h"

enum problem proof_key_read(struct arena *arena, const struct json *object, const char *at,
			    struct proof_key *ret, struct fault *reterr) must_check;
void proof_key_write(struct json_writer *writer, const struct proof_key *key);
/* All but key and checkpoint. */
enum problem proof_read_body(struct arena *arena, const struct json *object, struct proof *proof,
			     struct fault *reterr) must_check;
void proof_write_body(struct json_writer *writer,
		      const struct proof *proof); /* members, without the braces */

#endif
