/* SPDX-License-Identifier: Apache-2.0
 * Proofs as JSON: reading what somebody saved, writing what is handed out. Unknown members are passed over: a check
 * stands on nothing but those it knows. */
#include <string.h>

#include "ft/base/text.h"
#include "proof_priv.h"
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

static enum problem take_index(const struct json *object, const char *at, int64_t *ret, struct fault *reterr)
{
	const struct json *index = json_get(object, STR("index"));
	*ret = -1;
	if (!index || index->kind == JSON_NULL)
		return PROBLEM_NONE;
	if (!json_integer(index, ret) || *ret < 0)
		return fault_set(reterr, PROBLEM_FIELD_RANGE, "integer", "%s/index", at);
	return PROBLEM_NONE;
}

static enum problem take_path(struct arena *arena, const struct json *object, const char *at,
			      struct proof_place *place, struct fault *reterr)
{
	const struct json *path = json_get(object, STR("path"));
	if (!path || path->kind == JSON_NULL)
		return PROBLEM_NONE;
	if (path->kind != JSON_ARRAY)
		return fault_set(reterr, PROBLEM_FIELD_TYPE, "array", "%s/path", at);
	if (path->count > MERKLE_MAX_PATH)
		return fault_set(reterr, PROBLEM_FIELD_RANGE, "maxItems", "%s/path", at);
	struct sha256 *hashes = arena_array(arena, struct sha256, path->count);
	for (size_t i = 0; i < path->count; i++)
		if (!signed_text_hash(arena, json_text(&path->items[i]), &hashes[i]))
			return fault_set(reterr, PROBLEM_FIELD_RANGE, "base64", "%s/path/%zu", at, i);
	place->path = hashes;
	place->path_count = path->count;
	return PROBLEM_NONE;
}

static enum problem take_place(struct arena *arena, const struct json *object, const char *at,
			       struct proof_place *ret, struct fault *reterr)
{
	struct proof_place place = {.index = -1};
	enum problem p = take_index(object, at, &place.index, reterr);
	if (!p)
		p = take_path(arena, object, at, &place, reterr);
	if (!p)
		*ret = place;
	return p;
}

/* An optional {"statement", "index", "path"}. */
static enum problem take_entry(struct arena *arena, const struct json *object, struct str name,
			       const char *at, struct proof_entry *ret, struct fault *reterr)
{
	const struct json *entry = json_get(object, name);
	*ret = (struct proof_entry){.place = {.index = -1}};
	if (!entry || entry->kind == JSON_NULL)
		return PROBLEM_NONE;
	ret->note = json_text(json_get(entry, STR("statement")));
	if (!ret->note.at)
		return fault_set(reterr, PROBLEM_FIELD_MISSING, "required", "%s/statement", at);
	return take_place(arena, entry, at, &ret->place, reterr);
}

enum problem proof_key_read(struct arena *arena, const struct json *object, const char *at,
			    struct proof_key *ret, struct fault *reterr)
{
	struct proof_key key = {0};
	struct str spki = json_text(json_get(object, STR("spki")));
	key.statement.note = json_text(json_get(object, STR("statement")));
	if (!spki.at)
		return fault_set(reterr, PROBLEM_FIELD_MISSING, "required", "%s/spki", at);
	if (!key.statement.note.at)
		return fault_set(reterr, PROBLEM_FIELD_MISSING, "required", "%s/statement", at);
	if (!base64_decode(arena, spki, &key.spki))
		return fault_set(reterr, PROBLEM_FIELD_RANGE, "base64", "%s/spki", at);
	enum problem p = take_place(arena, object, at, &key.statement.place, reterr);
	if (!p)
		p = take_entry(arena, object, STR("revocation"), at, &key.revocation, reterr);
	if (!p)
		*ret = key;
	return p;
}

enum problem proof_read_body(struct arena *arena, const struct json *object, struct proof *proof,
			     struct fault *reterr)
{
	enum problem p = take_required(object, STR("statement"), &proof->statement, reterr);
	if (!p)
		p = take_text(object, STR("manifest"), &proof->manifest, reterr);
	if (!p)
		p = take_text(object, STR("view"), &proof->view, reterr);
	if (!p)
		p = take_salt(arena, object, proof, reterr);
	if (!p)
		p = take_place(arena, object, "", &proof->place, reterr);
	if (!p)
		p = take_entry(arena, object, STR("erasure"), "/erasure", &proof->erasure, reterr);
	if (!p)
		p = take_text(object, STR("lots"), &proof->lots, reterr);
	if (!p)
		p = take_text(object, STR("prevs"), &proof->prevs, reterr);
	return p;
}

enum problem proof_read(struct arena *arena, const struct json *object, struct proof *ret,
			struct fault *reterr)
{
	struct proof proof = {0};
	enum problem p = PROBLEM_NONE;
	if (object->kind != JSON_OBJECT)
		p = fault_set(reterr, PROBLEM_FIELD_TYPE, "object", "%s", "");
	if (!p)
		p = proof_read_body(arena, object, &proof, reterr);
	if (!p)
		p = proof_key_read(arena, json_get(object, STR("key")), "/key", &proof.key, reterr);
	if (!p)
		p = take_text(object, STR("checkpoint"), &proof.checkpoint, reterr);
	if (!p)
		*ret = proof;
	return p;
}

enum problem proof_parse(struct arena *arena, struct str input, struct proof *ret, struct fault *reterr)
{
	struct json *object = arena_new(arena, struct json);
	enum problem p = json_parse(arena, input, object, reterr);
	return p ? p : proof_read(arena, object, ret, reterr);
}

static void write_text(struct json_writer *w, struct str name, struct str text)
{
	json_name(w, name);
	if (text.at)
		json_string(w, text);
	else
		json_null(w);
}

static void write_place(struct json_writer *w, const struct proof_place *place)
{
	json_name(w, STR("index"));
	if (place->index < 0)
		json_null(w);
	else
		json_int(w, place->index);
	json_name(w, STR("path"));
	json_begin_array(w);
	for (size_t i = 0; i < place->path_count; i++)
		json_string(w, signed_text_print_hash(w->out->arena, &place->path[i]));
	json_end_array(w);
}

static void write_entry(struct json_writer *w, struct str name, const struct proof_entry *entry)
{
	if (!entry->note.at)
		return;
	json_name(w, name);
	json_begin_object(w);
	json_pair(w, STR("statement"), entry->note);
	write_place(w, &entry->place);
	json_end_object(w);
}

void proof_key_write(struct json_writer *w, const struct proof_key *key)
{
	json_begin_object(w);
	json_pair(w, STR("spki"), base64_encode(w->out->arena, key->spki));
	json_pair(w, STR("statement"), key->statement.note);
	write_place(w, &key->statement.place);
	write_entry(w, STR("revocation"), &key->revocation);
	json_end_object(w);
}

void proof_write_body(struct json_writer *w, const struct proof *proof)
{
	struct bytes salt = {proof->salt.octets, sizeof proof->salt.octets};
	write_text(w, STR("statement"), proof->statement);
	write_text(w, STR("manifest"), proof->manifest);
	write_text(w, STR("view"), proof->view);
	write_text(w, STR("salt"), proof->view.at ? base64_encode(w->out->arena, salt) : (struct str){0});
	write_place(w, &proof->place);
	write_entry(w, STR("erasure"), &proof->erasure);
	json_pair(w, STR("lots"), proof->lots);
	json_pair(w, STR("prevs"), proof->prevs);
}

void proof_write(struct json_writer *w, const struct proof *proof)
{
	json_begin_object(w);
	proof_write_body(w, proof);
	json_name(w, STR("key"));
	proof_key_write(w, &proof->key);
	write_text(w, STR("checkpoint"), proof->checkpoint);
	json_end_object(w);
}
