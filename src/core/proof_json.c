/* SPDX-License-Identifier: Apache-2.0
 * Proofs as JSON: reading what somebody saved, writing what is handed out. Unknown members are passed over: a check
 * stands on nothing but those it knows. */
#include <string.h>

#include "ft/base/text.h"
#include "ft/core/proof.h"
#include "signed_text_priv.h"

static enum problem missing(struct fault *reterr, struct str name)
{
	return fault_set(reterr, PROBLEM_FIELD_MISSING, "required", "/%.*s", STR_ARGS(name));
}

/* Absent when it is null or not there. */
static enum problem take_text(const struct json *object, struct str name, struct str *ret,
			      struct fault *reterr)
{
	const struct json *value = json_get(object, name);
	if (value && value->kind != JSON_STRING && value->kind != JSON_NULL)
		return fault_set(reterr, PROBLEM_FIELD_TYPE, "string", "/%.*s", STR_ARGS(name));
	*ret = json_text(value);
	return PROBLEM_NONE;
}

static enum problem take_required(const struct json *object, struct str name, struct str *ret,
				  struct fault *reterr)
{
	enum problem p = take_text(object, name, ret, reterr);
	if (p)
		return p;
	return ret->at ? PROBLEM_NONE : missing(reterr, name);
}

static enum problem take_salt(struct arena *arena, const struct json *object, struct proof *proof,
			      struct fault *reterr)
{
	struct str text;
	struct bytes salt;
	enum problem p = take_text(object, STR("salt"), &text, reterr);
	if (p || !proof->view.at)
		return p;
	if (!text.at)
		return missing(reterr, STR("salt"));
	if (!base64_decode(arena, text, &salt) || salt.len != MANIFEST_SALT_LEN)
		return fault_set(reterr, PROBLEM_FIELD_RANGE, "base64", "/salt");
	memcpy(proof->salt.octets, salt.at, salt.len);
	return PROBLEM_NONE;
}

static enum problem take_key(struct arena *arena, const struct json *object, struct proof *proof,
			     struct fault *reterr)
{
	const struct json *key = json_get(object, STR("key"));
	struct str spki = json_text(json_get(key, STR("spki")));
	proof->key_statement = json_text(json_get(key, STR("statement")));
	if (!spki.at)
		return missing(reterr, STR("key/spki"));
	if (!proof->key_statement.at)
		return missing(reterr, STR("key/statement"));
	if (!base64_decode(arena, spki, &proof->spki))
		return fault_set(reterr, PROBLEM_FIELD_RANGE, "base64", "/key/spki");
	return PROBLEM_NONE;
}

static enum problem take_index(const struct json *object, struct proof *proof, struct fault *reterr)
{
	const struct json *index = json_get(object, STR("index"));
	proof->index = -1;
	if (!index || index->kind == JSON_NULL)
		return PROBLEM_NONE;
	if (!json_integer(index, &proof->index) || proof->index < 0)
		return fault_set(reterr, PROBLEM_FIELD_RANGE, "integer", "/index");
	return PROBLEM_NONE;
}

static enum problem take_path(struct arena *arena, const struct json *object, struct proof *proof,
			      struct fault *reterr)
{
	const struct json *path = json_get(object, STR("path"));
	if (!path || path->kind == JSON_NULL)
		return PROBLEM_NONE;
	if (path->kind != JSON_ARRAY)
		return fault_set(reterr, PROBLEM_FIELD_TYPE, "array", "/path");
	if (path->count > MERKLE_MAX_PATH)
		return fault_set(reterr, PROBLEM_FIELD_RANGE, "maxItems", "/path");
	struct sha256 *hashes = arena_array(arena, struct sha256, path->count);
	for (size_t i = 0; i < path->count; i++)
		if (!signed_text_hash(arena, json_text(&path->items[i]), &hashes[i]))
			return fault_set(reterr, PROBLEM_FIELD_RANGE, "base64", "/path/%zu", i);
	proof->path = hashes;
	proof->path_count = path->count;
	return PROBLEM_NONE;
}

enum problem proof_parse(struct arena *arena, struct str input, struct proof *ret, struct fault *reterr)
{
	struct json object;
	struct proof proof = {0};
	enum problem p = json_parse(arena, input, &object, reterr);
	if (!p && object.kind != JSON_OBJECT)
		p = fault_set(reterr, PROBLEM_FIELD_TYPE, "object", "%s", "");
	if (!p)
		p = take_required(&object, STR("statement"), &proof.statement, reterr);
	if (!p)
		p = take_text(&object, STR("manifest"), &proof.manifest, reterr);
	if (!p)
		p = take_text(&object, STR("view"), &proof.view, reterr);
	if (!p)
		p = take_salt(arena, &object, &proof, reterr);
	if (!p)
		p = take_key(arena, &object, &proof, reterr);
	if (!p)
		p = take_index(&object, &proof, reterr);
	if (!p)
		p = take_text(&object, STR("checkpoint"), &proof.checkpoint, reterr);
	if (!p)
		p = take_path(arena, &object, &proof, reterr);
	if (!p)
		p = take_text(&object, STR("lots"), &proof.lots, reterr);
	if (!p)
		p = take_text(&object, STR("prevs"), &proof.prevs, reterr);
	if (p)
		return p;
	*ret = proof;
	return PROBLEM_NONE;
}

static void write_text(struct json_writer *w, struct str name, struct str text)
{
	json_name(w, name);
	if (text.at)
		json_string(w, text);
	else
		json_null(w);
}

void proof_write(struct json_writer *w, const struct proof *proof)
{
	struct arena *arena = w->out->arena;
	struct bytes salt = {proof->salt.octets, sizeof proof->salt.octets};
	json_begin_object(w);
	write_text(w, STR("statement"), proof->statement);
	write_text(w, STR("manifest"), proof->manifest);
	write_text(w, STR("view"), proof->view);
	write_text(w, STR("salt"), proof->view.at ? base64_encode(arena, salt) : (struct str){0});
	json_name(w, STR("key"));
	json_begin_object(w);
	json_pair(w, STR("spki"), base64_encode(arena, proof->spki));
	json_pair(w, STR("statement"), proof->key_statement);
	json_end_object(w);
	json_name(w, STR("index"));
	if (proof->index < 0)
		json_null(w);
	else
		json_int(w, proof->index);
	write_text(w, STR("checkpoint"), proof->checkpoint);
	json_name(w, STR("path"));
	json_begin_array(w);
	for (size_t i = 0; i < proof->path_count; i++)
		json_string(w, signed_text_print_hash(arena, &proof->path[i]));
	json_end_array(w);
	json_pair(w, STR("lots"), proof->lots);
	json_pair(w, STR("prevs"), proof->prevs);
	json_end_object(w);
}
