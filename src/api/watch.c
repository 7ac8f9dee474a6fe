/* SPDX-License-Identifier: Apache-2.0
 * Knows whether the database answers, for answers from memory that must say when they could not be checked. */
#include <stdlib.h>

#include "ft/api/app.h"
#include "ft/db/reader.h"
#include "queries.h"

static const usec_t PAUSE_US = USEC_PER_SEC;

/* One question on its way; it belongs to nobody's request. */
struct question {
	struct completion done; /* first */
	struct read_request read;
	struct app *app;
};

void app_database_found(struct app *app, enum problem p)
{
	atomic_store(&app->database.away, p == PROBLEM_DB_UNAVAILABLE);
}

static void answered(struct completion *done, enum problem p)
{
	struct question *question = (struct question *)(void *)done;
	app_database_found(question->app, p);
	arena_destroy(question->read.arena);
	free(question);
}

static void ask(struct app *app)
{
	struct question *question = calloc(1, sizeof *question);
	if (!question)
		return; /* somebody else will ask */
	question->done.fire = answered;
	question->app = app;
	question->read = (struct read_request){
		.statement = &sql_health_schema, .arena = arena_create(), .done = &question->done};
	reader_submit(app->reader, &question->read);
}

bool app_database_answers(struct app *app)
{
	usec_t now = clock_now();
	int_fast64_t asked = atomic_load_explicit(&app->database.asked_us, memory_order_relaxed);
	if (now - asked >= PAUSE_US && atomic_compare_exchange_strong(&app->database.asked_us, &asked, now))
		ask(app);
	return !atomic_load_explicit(&app->database.away, memory_order_relaxed);
}
