/* SPDX-License-Identifier: Apache-2.0
 * Body manifests: salts, building, reading, and the check of one view. */
#include "ft/core/manifest.h"

#include <assert.h>
#include <string.h>

#include "signed_text_priv.h"

#define MANIFEST_HEAD STR("farmtrail/body@v1\n")
#define SALT_LABEL STR("farmtrail/salt@v1\n")

enum { MEDIA_TYPE_MAX_LEN = 100 };

static bool media_name_valid(struct str name)
{
	static const char marks[] = "!#$&-^_.+"; /* RFC 6838 §4.2 */
	if (name.len == 0)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (!plain && (i == 0 || !memchr(marks, c, sizeof marks - 1)))
			return false;
	}
	return true;
}

bool media_type_valid(struct str text)
{
	struct str subtype;
	struct str type = str_cut(text, '/', &subtype);
	return text.len <= MEDIA_TYPE_MAX_LEN && media_name_valid(type) && media_name_valid(subtype);
}

struct manifest_salt manifest_salt(const uint8_t secret[MANIFEST_SECRET_LEN], enum tier tier)
{
	char label[64]; /* the label and the longest word of a tier */
	struct str word = str_of(tier_words[tier]);
	assert(SALT_LABEL.len + word.len <= sizeof label);
	memcpy(label, SALT_LABEL.at, SALT_LABEL.len);
	memcpy(label + SALT_LABEL.len, word.at, word.len);
	struct sha256 mac = hmac_sha256((struct bytes){secret, MANIFEST_SECRET_LEN},
					str_bytes((struct str){label, SALT_LABEL.len + word.len}));
	struct manifest_salt salt;
	memcpy(salt.octets, mac.octets, sizeof salt.octets);
	return salt;
}

static struct sha256 hash_view(struct manifest_salt salt, struct str view)
{
	return sha256_of_parts((struct bytes[]){{salt.octets, sizeof salt.octets}, str_bytes(view)}, 2);
}

struct str manifest_build(struct arena *arena, const uint8_t secret[MANIFEST_SECRET_LEN],
			  const struct manifest_view views[TIER_COUNT])
{
	struct manifest manifest;
	for (int i = 0; i < TIER_COUNT; i++) {
		enum tier tier = (enum tier)i;
		manifest.lines[i] = (struct manifest_line){
			.hash = hash_view(manifest_salt(secret, tier), views[i].at),
			.len = views[i].at.len,
			.media_type = views[i].media_type,
		};
	}
	return manifest_print(arena, &manifest);
}

struct str manifest_print(struct arena *arena, const struct manifest *manifest)
{
	struct buf out = buf_create(arena, 384);
	buf_put(&out, MANIFEST_HEAD);
	for (int i = 0; i < TIER_COUNT; i++) {
		const struct manifest_line *line = &manifest->lines[i];
		assert(media_type_valid(line->media_type));
		struct str hash = signed_text_print_hash(arena, &line->hash);
		buf_printf(&out, "%s %.*s %zu %.*s\n", tier_words[i], STR_ARGS(hash), line->len,
			   STR_ARGS(line->media_type));
	}
	return buf_str(&out);
}

static bool parse_line(struct arena *arena, struct str value, struct manifest_line *ret)
{
	struct str rest;
	int64_t len;
	struct str hash = str_cut(value, ' ', &rest);
	struct str number = str_cut(rest, ' ', &rest);
	if (!signed_text_hash(arena, hash, &ret->hash) || !signed_text_count(number, &len) ||
	    !media_type_valid(rest))
		return false;
	ret->len = (size_t)len;
	ret->media_type = rest;
	return true;
}

bool manifest_parse(struct arena *arena, struct str text, struct manifest *ret)
{
	struct manifest manifest;
	if (text.len > MANIFEST_MAX_LEN || !str_starts(text, MANIFEST_HEAD))
		return false;
	text = str_from(text, MANIFEST_HEAD.len);
	for (int i = 0; i < TIER_COUNT; i++) {
		struct str value;
		if (!signed_text_take(&text, str_of(tier_words[i]), &value) ||
		    !parse_line(arena, value, &manifest.lines[i]))
			return false;
	}
	if (text.len > 0)
		return false;
	*ret = manifest;
	return true;
}

bool manifest_check_view(const struct manifest *manifest, enum tier tier, struct manifest_salt salt,
			 struct str view)
{
	const struct manifest_line *line = &manifest->lines[tier];
	return line->len == view.len && sha256_equal(line->hash, hash_view(salt, view));
}

enum problem manifest_of_body(struct arena *arena, struct str body, const uint8_t secret[MANIFEST_SECRET_LEN],
			      struct sha256 signed_manifest, struct str ret_views[TIER_COUNT],
			      struct str *ret)
{
	for (int version = VIEW_NEWEST; version >= VIEW_1; version--) {
		struct manifest_view views[TIER_COUNT];
		struct str texts[TIER_COUNT];
		enum problem p = view_all_by(arena, body, (enum view_version)version, texts);
		if (p)
			return p;
		for (int i = 0; i < TIER_COUNT; i++)
			views[i] = (struct manifest_view){texts[i], EVENT_MEDIA_TYPE};
		struct str manifest = manifest_build(arena, secret, views);
		bool is_it = sha256_equal(sha256_of(str_bytes(manifest)), signed_manifest);
		if (is_it || version == VIEW_NEWEST) {
			memcpy(ret_views, texts, sizeof texts);
			*ret = manifest;
		}
		if (is_it)
			break;
	}
	return PROBLEM_NONE;
}
