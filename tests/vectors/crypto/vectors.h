/* SPDX-License-Identifier: Apache-2.0
 * Reading the shared crypto vectors: files of one JSON object a line. Include after <cmocka.h>. */
#ifndef VECTORS_H
#define VECTORS_H

#include "ft/codec/json.h"
#include "ft/crypto/sign.h"

/* What main returns: `run`'s result, or "skipped", saying so, when there is no test data. */
int vectors_run(int (*run)(void));
/* The whole file below crypto-vectors/. */
struct str vectors_read(struct arena *arena, const char *name);
/* The next line of `text` as an object; false at the end. */
bool vectors_next(struct arena *arena, struct str *text, struct json *ret);

struct str vector_text(const struct json *row, const char *name); /* fails the test when it is missing */
struct bytes vector_hex(struct arena *arena, const struct json *row, const char *name);
uint64_t vector_number(const struct json *row, const char *name);
bool vector_bool(const struct json *row, const char *name);
struct sha256 vector_hash(struct arena *arena,
			  const struct json *value); /* base64; zeros when of another length */
/* The hashes of an array member in base64; null and missing mean none. */
const struct sha256 *vector_hashes(struct arena *arena, const struct json *row, const char *name,
				   size_t *ret_count);
bool vector_is_hash(struct arena *arena, const struct json *value);

/* SubjectPublicKeyInfo around a raw Ed25519 key or a P-256 point. */
struct bytes vector_spki(struct arena *arena, enum sign_algorithm algorithm, struct bytes key);

#endif
