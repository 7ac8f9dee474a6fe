/* SPDX-License-Identifier: Apache-2.0
 * PostgreSQL behind prepared statements that tools/sqlgen.py made from sql/queries: binary parameters and rows. */
#ifndef FT_DB_DB_H
#define FT_DB_DB_H

#include "ft/base/decimal.h"
#include "ft/base/time.h"
#include "ft/base/uuid.h"
#include "ft/crypto/vault.h"

struct db; /* one connection, owned by one thread */

/* SQL type → C type in params and rows:
 * bytea struct bytes · text struct str · boolean bool · smallint, integer, bigint int64_t · uuid struct uuid ·
 * timestamptz usec_t · date int32_t day · numeric struct decimal · T[] struct sql_array of that C type.
 * NULL: absent bytes or str, nil uuid. For other types a column or parameter declared "T?" (nullable) becomes
 * struct sql_nullable_… { bool known; … value; } (of date, timestamptz and integers: sql_nullable_int); see
 * tools/sqlgen.py. NULL where none was declared is PROBLEM_INTERNAL. In arrays: absent / nil elements are NULL;
 * SQL_NULL_INT stands for NULL in arrays of integers and times, SQL_NULL_DAY in date[], SQL_NULL_DECIMAL in
 * numeric[]; in boolean[] there is none. No items and no count is the empty array; in a "T[]?" it is NULL.
 * INT64_MAX and INT32_MAX are 'infinity' of timestamptz and date. A numeric beyond 15 decimals is PROBLEM_INTERNAL:
 * round in the statement. */
struct sql_array {
	const void *items;
	size_t count;
};
#define SQL_NULL_INT INT64_MIN
#define SQL_NULL_DAY INT32_MIN
#define SQL_NULL_DECIMAL ((struct decimal){(int128)INT64_MIN * ((int128)1 << 64)})
struct sql_nullable_int {
	bool known;
	int64_t value;
};
struct sql_nullable_bool {
	bool known;
	bool value;
};
struct sql_nullable_decimal {
	bool known;
	struct decimal value;
};

struct sql_slot {
	const char *name;
	unsigned oid;
	size_t offset;
	bool nullable; /* the slot is a struct sql_nullable_… */
	bool each; /* an array for whose elements the statement is run: without any it does and finds nothing */
	bool element;     /* the slot is an array, and its only item the value */
	bool sealed;      /* a parameter is sealed on its way, a column opened where it is */
	bool conditional; /* the parameter is sealed where the bool at this offset is true */
	size_t condition;
};
enum sql_rows { SQL_ONE, SQL_MANY, SQL_EXEC };
/* In whose name a statement runs outside db_tx; within it, all run in that of the transaction. */
enum sql_scope {
	SQL_SCOPE_CALLER,  /* of whom db_act_for names: row security shows what is theirs to see */
	SQL_SCOPE_PROGRAM, /* of the program itself, which sees everything */
	SQL_SCOPE_PUBLIC,  /* of anybody: role ft_public, the columns that it is granted */
};
struct sql_statement {
	const char *name, *text;
	enum sql_rows rows;
	enum sql_scope scope;
	const char *sharding;                /* key any ref local fan */
	const struct sql_slot *params, *row; /* each ends with a slot without a name */
	size_t row_size;
	const struct sql_statement *single; /* the same for arrays of one item each; NULL: there is none */
};

/* PROBLEM_DB_UNAVAILABLE when it cannot be reached. Statements are prepared at their first use. A connection found
 * dead before anything was sent is opened again, at most once per call; after a vain attempt calls fail at once for
 * a moment. A server that does not answer within the timeout and five seconds counts as lost. */
enum problem db_open(struct str conninfo, int statement_timeout_ms, struct db **ret) must_check;
/* The same for a connection that repeats a few statements, all of whose keys lead to an index: each is planned once,
 * whatever its values. Planned anew for each they cost more than they run. */
enum problem db_open_planned(struct str conninfo, int statement_timeout_ms, struct db **ret) must_check;
/* For reading much that belongs together: each transaction sees one snapshot and can write nothing, and a statement may take
 * a day. */
enum problem db_open_snapshot(struct str conninfo, struct db **ret) must_check;
/* With what parameters are sealed and columns opened from now on; lives as long as the connection. Without one a statement that
 * seals is PROBLEM_INTERNAL, and sealed columns come as they stand. */
void db_use_vault(struct db *db, const struct vault *vault);
void db_close(struct db *db);                    /* NULL is fine */
enum problem db_ready(struct db *db) must_check; /* reconnects when the connection is lost */
/* Of the transaction, or of who acts since db_act_for: statement, SQLSTATE, message; absent when there was none. For logs only;
 * borrowed until the next call. */
struct str db_last_error(const struct db *db);

/* Row security: who acts. Set by tx.c alone, for one transaction, pipelined with its first query. The functions scope_…
 * of the schema read current_setting('ft.key'), 'ft.region' (both empty when absent), 'ft.parties' ("{uuid,…}") and
 * 'ft.service' ("on" or "off"). */
struct db_scope {
	struct uuid key;
	struct str region;
	const struct uuid *parties;
	size_t party_count;
	bool service; /* the program itself: sees everything */
};
extern const struct db_scope db_program;
/* Who acts in statements outside db_tx from now on; of db_program: in all of them, whatever they say. What the scope points to must live until the next call; NULL:
 * nobody, and statements of SQL_SCOPE_CALLER are PROBLEM_INTERNAL, so that a scope is never forgotten. */
void db_act_for(struct db *db, const struct db_scope *scope);

/* What the generated functions call. Rows are built in `arena`. SQL_ONE without a row is PROBLEM_NOT_FOUND, with
 * several PROBLEM_INTERNAL. Outside db_tx each is a transaction of its own. PROBLEM_CONFLICT: a constraint refused.
 * PROBLEM_DB_RETRY: serialization failure or deadlock. PROBLEM_BUSY: statement_timeout. */
enum problem db_one(struct db *db, struct arena *arena, const struct sql_statement *s, const void *params,
		    void *ret) must_check;
enum problem db_many(struct db *db, struct arena *arena, const struct sql_statement *s, const void *params,
		     void **ret, size_t *ret_count) must_check;
enum problem db_exec(struct db *db, const struct sql_statement *s, const void *params,
		     int64_t *ret_rows) must_check;

/* Pipeline: statements are queued, sent together and their results taken in the order queued; one round trip.
 * The first failure fails the rest, which give the same problem again. Only inside db_tx. Not mixed with db_one,
 * db_many, db_exec while results are still to be taken. What is queued when the body of db_tx returns travels with
 * the COMMIT: nobody looks at its rows, but its failure is that of the transaction. */
/* Copies the parameters. A statement whose arrays marked "each" are all empty is not sent: its result is none. */
void db_queue(struct db *db, const struct sql_statement *s, const void *params);
void db_send(
	struct db *db); /* lets the server begin with what is queued; its results come after a db_flush */
enum problem db_flush(struct db *db)
	must_check; /* sends what is queued, with one sync; nothing: no round trip */
enum problem db_take_one(struct db *db, struct arena *arena, const struct sql_statement *s,
			 void *ret) must_check;
enum problem db_take_many(struct db *db, struct arena *arena, const struct sql_statement *s, void **ret,
			  size_t *ret_count) must_check;
enum problem db_take_exec(struct db *db, const struct sql_statement *s,
			  int64_t *ret_rows) must_check; /* ret_rows may be NULL */

/* One transaction: begin, scope, `body`, commit with synchronous_commit=on. Run again, at most 8 times, after
 * SQLSTATE 40001 and 40P01, and once after a connection lost before COMMIT was sent; `body` therefore touches only
 * the database and what it can make again. PROBLEM_DB_RETRY when it lost every time. A unique violation is
 * PROBLEM_CONFLICT, a check violation too. A body that returns a problem, or that ignores one of a statement, is
 * rolled back and db_tx returns that problem. *reterr_unknown (may be NULL) says on failure whether the outcome of
 * the COMMIT is not known: the connection was lost, or synchronous replication did not confirm. */
typedef enum problem db_tx_body(struct db *db, void *context);
/* What travels with the COMMIT of the next transaction of this connection that succeeds, whoever runs it: `queue` only
 * queues, once an attempt. NULL: nothing any more. */
typedef void db_rider(struct db *db, void *context);
void db_ride(struct db *db, db_rider *queue, void *context);
bool db_rides(const struct db *db); /* no transaction has taken it along yet */
enum problem db_tx(struct db *db, const struct db_scope *scope, db_tx_body *body, void *context,
		   bool *reterr_unknown) must_check;

#endif
