/* SPDX-License-Identifier: Apache-2.0
 * The key of the data directory with which rows are sealed (secrets/data.key), and sealing what was written before there was one.
 * It is never in the database, which knows by a check value which key it is: another one is refused before it does harm. */
#ifndef FT_STORE_SEALING_H
#define FT_STORE_SEALING_H

#include "ft/db/db.h"

#define SEALING_KEY "secrets/data.key"

/* The vault of a directory and its database. A key is made where neither has one. PROBLEM_CONFIG, with what to do: the key is
 * missing although the database has sealed rows, or it is not the one they were sealed with. */
enum problem sealing_settle(struct db *db, struct arena *arena, struct str data_dir, struct vault *ret,
			    struct fault *reterr) must_check;
/* The same for who only reads: nothing is made, and a database without sealed rows needs no key. */
enum problem sealing_look(struct db *db, struct arena *arena, struct str data_dir, struct vault *ret,
			  struct fault *reterr) must_check;

/* A thread that seals what is clear, some rows a transaction, beside everything else that goes on; it ends when nothing is left.
 * Killed at any instant it goes on at the next start. conninfo and vault outlive it. */
struct sealing *sealing_start(struct str conninfo, const struct vault *vault);
void sealing_stop(struct sealing *sealing); /* NULL is fine */

#endif
