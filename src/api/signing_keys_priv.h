/* SPDX-License-Identifier: Apache-2.0
 * A signing key as every route that makes or changes one answers with it. */
#ifndef FT_API_SIGNING_KEYS_PRIV_H
#define FT_API_SIGNING_KEYS_PRIV_H

#include "ft/api/routes.h"
#include "ft/crypto/digest.h"

extern const struct shape signing_key_shape;
enum problem signing_key_put(struct call *call, struct reply *reply, struct sha256 key) must_check;

#endif
