/* SPDX-License-Identifier: Apache-2.0
 * Inclusion proofs of many statements under one head: indexes in one round trip, tiles in another, each tile once. */
#include "log_priv.h"

struct lookup {
	struct db *db;
	struct arena *arena;
	const struct log_subject *subjects;
	size_t count;
};

static enum problem find_indexes(const struct lookup *l, struct log_index_of_row **ret, size_t *ret_count)
{
	struct str *kinds = arena_array(l->arena, struct str, l->count);
	struct uuid *ids = arena_array(l->arena, struct uuid, l->count);
	int64_t *versions = arena_array(l->arena, int64_t, l->count);
	struct bytes *fingerprints = arena_array(l->arena, struct bytes, l->count);
	for (size_t i = 0; i < l->count; i++) {
		kinds[i] = l->subjects[i].kind;
		ids[i] = l->subjects[i].id;
		versions[i] = l->subjects[i].version ? l->subjects[i].version : SQL_NULL_INT;
		fingerprints[i] = l->subjects[i].fingerprint;
	}
	const struct log_index_of_params params = {
		{kinds, l->count}, {ids, l->count}, {versions, l->count}, {fingerprints, l->count}};
	return log_index_of(l->db, l->arena, &params, ret, ret_count);
}

static enum problem find_paths(const struct lookup *l, int64_t size, struct proof_place *places)
{
	struct log_tiles tiles = {0};
	const struct log_tile *missing;
	for (size_t i = 0; i < l->count; i++)
		if (places[i].index >= 0)
			log_tiles_need_path(l->arena, &tiles, (uint64_t)places[i].index, (uint64_t)size);
	enum problem p = log_tiles_fill(l->db, l->arena, &tiles, &missing);
	if (p)
		return p;
	if (missing)
		return PROBLEM_INTERNAL; /* rows are gone: the sweep names them */
	for (size_t i = 0; i < l->count; i++) {
		if (places[i].index < 0)
			continue;
		struct sha256 *path = arena_array(l->arena, struct sha256, MERKLE_MAX_PATH);
		places[i].path = path;
		places[i].path_count = log_path(&tiles, (uint64_t)places[i].index, (uint64_t)size, path);
	}
	return PROBLEM_NONE;
}

enum problem log_prove(struct db *db, struct arena *arena, const struct log_subject *subjects, size_t count,
		       struct str *ret_checkpoint, struct proof_place *ret)
{
	const struct lookup l = {db, arena, subjects, count};
	struct log_checkpoint_newest_row head;
	struct log_index_of_row *rows = NULL;
	size_t row_count = 0;
	for (size_t i = 0; i < count; i++)
		ret[i] = (struct proof_place){.index = -1};
	*ret_checkpoint = (struct str){NULL, 0};
	enum problem p = log_checkpoint_newest(db, arena, &head);
	if (p)
		return p == PROBLEM_NOT_FOUND ? PROBLEM_NONE : p;
	p = find_indexes(&l, &rows, &row_count);
	for (size_t i = 0; !p && i < row_count; i++)
		if (rows[i].idx < head.size) /* younger ones wait for the next head */
			ret[rows[i].n - 1].index = rows[i].idx;
	if (!p)
		p = find_paths(&l, head.size, ret);
	if (!p)
		*ret_checkpoint = bytes_str(head.checkpoint);
	return p;
}
