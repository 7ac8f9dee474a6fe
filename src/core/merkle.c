/* SPDX-License-Identifier: Apache-2.0
 * Merkle tree hashes and the verification of inclusion and consistency proofs. */
#include "ft/core/merkle.h"

#include <assert.h>

/* RFC 6962 §2.1: the prefix keeps a leaf from passing for a node. */
static const uint8_t leaf_prefix = 0x00, node_prefix = 0x01;

struct sha256 merkle_leaf(struct bytes entry)
{
	return sha256_of_parts((struct bytes[]){{&leaf_prefix, 1}, entry}, 2);
}

struct sha256 merkle_node(struct sha256 left, struct sha256 right)
{
	return sha256_of_parts((struct bytes[]){{&node_prefix, 1}, sha256_bytes(&left), sha256_bytes(&right)},
			       3);
}

struct sha256 merkle_root(const struct sha256 *leaves, size_t count)
{
	struct merkle_edge edge = {0};
	for (size_t i = 0; i < count; i++)
		merkle_edge_append(&edge, leaves[i]);
	return merkle_edge_root(&edge);
}

/* Counting up in binary: every carry joins two subtrees. */
unsigned merkle_edge_append_noting(struct merkle_edge *edge, struct sha256 leaf, struct sha256 ret[64])
{
	assert(edge->size < UINT64_MAX);
	unsigned level = 0;
	ret[0] = leaf;
	for (uint64_t rest = edge->size; rest & 1; rest >>= 1, level++)
		ret[level + 1] = merkle_node(edge->subtrees[level], ret[level]);
	edge->subtrees[level] = ret[level];
	edge->size++;
	return level + 1;
}

void merkle_edge_append(struct merkle_edge *edge, struct sha256 leaf)
{
	struct sha256 noted[64];
	(void)merkle_edge_append_noting(edge, leaf, noted);
}

struct sha256 merkle_edge_root(const struct merkle_edge *edge)
{
	if (edge->size == 0)
		return sha256_of((struct bytes){0});
	unsigned level = 0;
	while (!(edge->size >> level & 1))
		level++;
	struct sha256 root = edge->subtrees[level];
	while (++level < 64)
		if (edge->size >> level & 1)
			root = merkle_node(edge->subtrees[level], root);
	return root;
}

/* RFC 9162 §2.1.3.2. */
bool merkle_check_inclusion(struct sha256 leaf, uint64_t index, uint64_t size, struct sha256 root,
			    const struct sha256 *path, size_t path_count)
{
	if (index >= size || path_count > MERKLE_MAX_PATH)
		return false;
	uint64_t at = index, last = size - 1;
	struct sha256 hash = leaf;
	for (size_t i = 0; i < path_count; i++) {
		if (last == 0)
			return false;
		if (at & 1 || at == last) {
			hash = merkle_node(path[i], hash);
			while (!(at & 1) && at != 0) {
				at >>= 1;
				last >>= 1;
			}
		} else {
			hash = merkle_node(hash, path[i]);
		}
		at >>= 1;
		last >>= 1;
	}
	return last == 0 && sha256_equal(hash, root);
}

/* RFC 9162 §2.1.4.2. Both roots are computed from one path, so that it cannot serve two different trees. */
bool merkle_check_consistency(uint64_t old_size, struct sha256 old_root, uint64_t new_size,
			      struct sha256 new_root, const struct sha256 *proof, size_t proof_count)
{
	if (old_size == 0 || old_size > new_size || proof_count > MERKLE_MAX_CONSISTENCY)
		return false;
	if (old_size == new_size)
		return proof_count == 0 && sha256_equal(old_root, new_root);
	uint64_t at = old_size - 1, last = new_size - 1;
	for (; at & 1; at >>= 1)
		last >>= 1;
	/* An old tree that is one perfect subtree of the new one is not repeated in the proof. */
	bool is_perfect = (old_size & (old_size - 1)) == 0;
	if (!is_perfect && proof_count == 0)
		return false;
	struct sha256 old_hash = is_perfect ? old_root : proof[0], new_hash = old_hash;
	for (size_t i = is_perfect ? 0 : 1; i < proof_count; i++) {
		if (last == 0)
			return false;
		if (at & 1 || at == last) {
			old_hash = merkle_node(proof[i], old_hash);
			new_hash = merkle_node(proof[i], new_hash);
			while (!(at & 1) && at != 0) {
				at >>= 1;
				last >>= 1;
			}
		} else {
			new_hash = merkle_node(new_hash, proof[i]);
		}
		at >>= 1;
		last >>= 1;
	}
	return last == 0 && sha256_equal(old_hash, old_root) && sha256_equal(new_hash, new_root);
}
