/* SPDX-License-Identifier: Apache-2.0
 * The body manifest: one line a view of an event, so that one signature covers all and each proves itself
 *alone:
 *
 *	farmtrail/body@v1
 *	full <base64 SHA-256(salt ‖ view)> 1841 application/ld+json
 *	farm …
 *	township …
 *	district … */
#ifndef FT_CORE_MANIFEST_H
#define FT_CORE_MANIFEST_H

#include "ft/core/epcis_body.h"
#include "ft/crypto/digest.h"

enum { MANIFEST_SALT_LEN = 16, MANIFEST_SECRET_LEN = 32, MANIFEST_MAX_LEN = 2048 };
#define EVENT_MEDIA_TYPE STR("application/ld+json") /* of a body and its views */
#define MANIFEST_MEDIA_TYPE \
	STR("text/plain") /* of the manifest itself, as the statement's body line names it */

struct manifest_salt {
	uint8_t octets[MANIFEST_SALT_LEN];
};
struct manifest_view {
	struct str at;         /* the bytes of the view */
	struct str media_type; /* "application/ld+json" */
};
struct manifest_line {
	struct sha256 hash;
	size_t len;
	struct str media_type;
};
struct manifest {
	struct manifest_line lines[TIER_COUNT];
};

/* Who gets a salt can open that view and no other; the secret opens all. */
struct manifest_salt manifest_salt(const uint8_t secret[MANIFEST_SECRET_LEN], enum tier tier);
struct str manifest_build(struct arena *arena, const uint8_t secret[MANIFEST_SECRET_LEN],
			  const struct manifest_view views[TIER_COUNT]);
/* Strict: what it accepts is what manifest_print writes. Media types are borrowed. */
bool manifest_parse(struct arena *arena, struct str text, struct manifest *ret);
struct str manifest_print(struct arena *arena, const struct manifest *manifest);
bool manifest_check_view(const struct manifest *manifest, enum tier tier, struct manifest_salt salt,
			 struct str view);
/* The views of an event's body, and its manifest, as they were when `signed_manifest` was: by the version of the views that
 * gives this hash, the newest when none does (then the body is not what was signed, and whoever checks will find it).
 * PROBLEM_JSON_SYNTAX as view_all_by. */
enum problem manifest_of_body(struct arena *arena, struct str body, const uint8_t secret[MANIFEST_SECRET_LEN],
			      struct sha256 signed_manifest, struct str ret_views[TIER_COUNT],
			      struct str *ret) must_check;
/* type/subtype of RFC 6838 names, at most 100 characters, no parameters. */
bool media_type_valid(struct str text);

#endif
