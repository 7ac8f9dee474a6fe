/* SPDX-License-Identifier: Apache-2.0
 * Where the private cluster of a data directory listens, for directories whose settings do not name their database.
 * tools/run makes it: DIR/cluster is the cluster's home and its socket's directory, or a symbolic link to it (a
 * socket's path may have 107 bytes, a data directory's any number); farmtrail is the database, ft_owner its owner, ft_app
 * what the server runs as. */
#ifndef FT_DB_PRIVATE_CLUSTER_H
#define FT_DB_PRIVATE_CLUSTER_H

#include "ft/base/problem.h"

/* libpq connection string. PROBLEM_CONFIG with detail when DIR has no cluster. */
enum problem private_cluster_conninfo(struct arena *arena, struct str data_dir, struct str role,
				      struct str *ret, struct fault *reterr) must_check;

#endif
