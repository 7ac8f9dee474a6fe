/* SPDX-License-Identifier: Apache-2.0
 * What the files of this module share: the connection's state, the wire format, the pipeline below db_one and db_tx. */
#ifndef FT_DB_PRIV_H
#define FT_DB_PRIV_H

#include <libpq-fe.h>

#include "ft/db/db.h"
#include "ft/db/migrate.h"

enum {
	SQL_PARAMS_MAX = 64,    /* tools/sqlgen.py stops a statement with more */
	DB_ERROR_MAX = 512,     /* a server's message is cut here; it is only read in a log */
	ANSWER_GRACE_MS = 5000, /* beyond statement_timeout, after which the server counts as gone */
};

/* Bytes in network order that grow; kept from statement to statement, so that binding allocates nothing. */
struct wire {
	uint8_t *at;
	size_t len, room;
};
void wire_finish(struct wire *wire);
void wire_put(struct wire *wire, const void *at, size_t len);
uint8_t *wire_room(struct wire *wire, size_t len); /* to be filled before the next call */
void wire_put16(struct wire *wire, uint16_t n);
void wire_put32(struct wire *wire, uint32_t n);
void wire_put64(struct wire *wire, uint64_t n);
void wire_patch32(struct wire *wire, size_t offset, uint32_t n);
uint16_t wire_get16(const uint8_t *at);
uint32_t wire_get32(const uint8_t *at);
uint64_t wire_get64(const uint8_t *at);

void numeric_put(struct wire *wire, struct decimal d);
bool numeric_get(struct bytes wire,
		 struct decimal *ret); /* false: NaN, infinity, too large, beyond 15 decimals */

/* How a nullable scalar of a type stands in a struct. */
enum sql_nullable { NULLABLE_SELF, NULLABLE_INT, NULLABLE_DAY, NULLABLE_BOOL, NULLABLE_DECIMAL };

/* One SQL type: how a C value becomes its binary form and back. */
struct sql_type {
	unsigned oid, array_oid;
	size_t size; /* of the C type */
	enum sql_nullable nullable;
	bool (*put)(struct wire *wire, const void *value); /* false: the SQL type cannot hold it */
	bool (*get)(struct bytes wire, void *ret); /* false: the C type cannot hold it; text borrows */
	bool (*is_null)(const void *value);        /* as an element, and as a scalar if NULLABLE_SELF */
	void (*set_null)(void *ret);               /* NULL function: there is no NULL */
	bool borrows;                              /* the C value points into the binary form */
};
const struct sql_type *sql_type_of(unsigned oid, bool *ret_is_array); /* NULL: not one of ours */

/* Parameters in the form libpq takes them. */
struct bound {
	struct wire wire;
	int count;
	const char *values[SQL_PARAMS_MAX];
	int lengths[SQL_PARAMS_MAX], formats[SQL_PARAMS_MAX];
	Oid types[SQL_PARAMS_MAX];
};
/* Of several sets of parameters the arrays are joined; what else there is, is taken from the last. The vault seals what the
 * statement says; NULL: then nothing fits that is to be sealed. Name of the slot whose
 * value its type cannot hold; NULL when all is well. */
const char *bind_params(struct bound *bound, const struct vault *vault, const struct sql_statement *s,
			const void *const *sets, size_t set_count);

/* The rows of `result` as an array of s->row_size structs. Text is borrowed from the result, which is handed to the
 * arena. Name of the column that does not fit its slot, or NULL when all is well. */
const char *rows_decode(struct arena *arena, const struct vault *vault, const struct sql_statement *s,
			PGresult *result, void **ret, size_t *ret_count);

/* The same for a statement that was sent with the parameters of several: its first column, "n bigint", says whose a row
 * is, from 1. Everything is copied into the arena of each; the caller clears the result. */
struct rows_share {
	struct arena *arena;
	void *rows; /* set, as is what follows */
	size_t count;
};
const char *rows_deal(const struct vault *vault, const struct sql_statement *s, const PGresult *result,
		      struct rows_share *shares, size_t count);

/* What was sent and not yet answered, oldest first. */
enum pending_kind {
	PENDING_PREPARE,   /* of the statement that follows */
	PENDING_CONTROL,   /* BEGIN and scope: nobody takes their results */
	PENDING_STATEMENT, /* its result is taken by the caller */
	PENDING_UNSENT,    /* a statement whose parameters could not be bound; taken all the same */
	PENDING_NOTHING,   /* a statement that has nothing to do, and was not sent; taken all the same */
	PENDING_SYNC,      /* end of a batch: a failure skips to here */
};
struct pending {
	enum pending_kind kind;
	const struct sql_statement *statement;
	const char *parameter; /* of PENDING_UNSENT: the one that did not fit */
};

struct db {
	PGconn *conn;
	struct str conninfo;       /* NUL-terminated, owned */
	const char *role;          /* taken at once when connected; NULL: that of the conninfo */
	const struct vault *vault; /* NULL: none */
	bool planned;              /* db_open_planned */
	uint64_t uses,             /* of those: how often it was used, rows that it inserted included, */
		planned_until;     /* and how often when plans are made anew, */
	usec_t planned_until_us;   /* or when, monotonic: others insert too */
	bool acts;                 /* somebody does: */
	struct db_scope acting;
	int statement_timeout_ms;
	bool one_snapshot;     /* db_open_snapshot */
	usec_t retry_after_us; /* monotonic; no new attempt to connect before */

	const struct sql_statement **prepared; /* on this connection; open addressing by pointer */
	size_t prepared_count, prepared_room;

	struct pending *pending;
	size_t pending_first, pending_count, pending_room, syncs;
	size_t unsynced; /* of those: that were sent, or should have been, since the last sync */
	struct bound bound;

	bool in_tx;
	db_rider *rider; /* NULL: none */
	void *rider_context;
	bool warned;             /* the server sent a warning since this was last cleared */
	enum problem failure;    /* first one of the batch that is being answered */
	enum problem tx_failure; /* first one of the transaction */
	size_t error_len;
	char error[DB_ERROR_MAX];
};

/* connection.c */
#define PUBLIC_ROLE "ft_public"
/* As db_open_planned, in another role from the first statement on; static text. */
enum problem db_open_as(struct str conninfo, int statement_timeout_ms, const char *role,
			struct db **ret) must_check;
usec_t monotonic_now(void);
/* Sends along that plans be made anew when the connection has been used twice as often as when they were made, or they are
 * a minute old: tables may have grown as much. To be called before each use. */
void db_age_plans(struct db *db);
bool db_connected(const struct db *db);
void db_lose(struct db *db, const char *why); /* closes the connection; everything pending fails */
enum problem db_fail(struct db *db, const struct sql_statement *s, enum problem p, const char *text);
enum problem problem_of_sqlstate(const char *state); /* NULL or empty: the connection is gone */
bool db_is_prepared(const struct db *db, const struct sql_statement *s);
void db_set_prepared(struct db *db, const struct sql_statement *s);
void db_forget_prepared(struct db *db, const struct sql_statement *s);

/* pipeline.c */
void db_queue_as(struct db *db, enum pending_kind kind, const struct sql_statement *s, const void *params);
/* The same with several sets of parameters, joined as bind_params says. */
void db_queue_joined(struct db *db, enum pending_kind kind, const struct sql_statement *s,
		     const void *const *sets, size_t set_count);
/* The result of the oldest statement, which must be `s`; NULL when it had nothing to do. The caller clears it. */
enum problem db_take(struct db *db, const struct sql_statement *s, PGresult **ret) must_check;
void db_skip_to(struct db *db, const struct sql_statement *s); /* forgets the results before that of `s` */
void db_drain(struct db *db); /* takes and forgets everything that was queued */

/* db.c: what db_take_one and db_take_many share */
enum problem db_take_rows(struct db *db, struct arena *arena, const struct sql_statement *s, void **ret,
			  size_t *ret_count) must_check;

/* The same of a statement that was sent by db_queue_joined. */
enum problem db_take_shares(struct db *db, const struct sql_statement *s, struct rows_share *shares,
			    size_t count) must_check;

/* tx.c: sends the scope of a single statement before it. What stands between two syncs is a transaction: the scope ends
 * with the statement, without BEGIN and COMMIT. */
enum problem db_queue_scope(struct db *db, const struct sql_statement *s) must_check;

/* As migrate(), with a list of the caller's. */
enum problem migrate_list(struct arena *arena, struct str conninfo, const struct migration *list,
			  int *ret_applied, struct fault *reterr) must_check;

#endif
