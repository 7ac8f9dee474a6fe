/* SPDX-License-Identifier: Apache-2.0
 * The arithmetic of the log's tree (RFC 6962 §2.1, RFC 9162 §2.1): hashes, roots, and the two proofs. Pure. */
#ifndef FT_CORE_MERKLE_H
#define FT_CORE_MERKLE_H

#include "ft/crypto/digest.h"

enum { MERKLE_MAX_PATH = 64, MERKLE_MAX_CONSISTENCY = 128 };

struct sha256 merkle_leaf(struct bytes entry);
struct sha256 merkle_node(struct sha256 left, struct sha256 right);
struct sha256 merkle_root(const struct sha256 *leaves, size_t count); /* of no leaf: SHA-256 of nothing */

/* The right edge: one perfect subtree a set bit of `size`, enough to append for ever. All zero is the empty tree. */
struct merkle_edge {
	uint64_t size;
	struct sha256 subtrees[64]; /* [level] holds a root when bit `level` of size is set */
};
void merkle_edge_append(struct merkle_edge *edge, struct sha256 leaf);
/* The same, and in ret[level] the root of each perfect subtree that the leaf completes, itself at level 0. The number of
 * them. */
unsigned merkle_edge_append_noting(struct merkle_edge *edge, struct sha256 leaf, struct sha256 ret[64]);
struct sha256 merkle_edge_root(const struct merkle_edge *edge);

/* That `leaf` stands at `index` in the tree of `size` with this root. */
bool merkle_check_inclusion(struct sha256 leaf, uint64_t index, uint64_t size, struct sha256 root,
			    const struct sha256 *path, size_t path_count);
/* That the tree of `new_size` begins with the tree of `old_size`. An old tree of size 0 proves nothing: refused; a
 * caller to whom it is trivially consistent says so itself. */
bool merkle_check_consistency(uint64_t old_size, struct sha256 old_root, uint64_t new_size,
			      struct sha256 new_root, const struct sha256 *proof, size_t proof_count);

#endif
