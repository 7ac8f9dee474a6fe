/* SPDX-License-Identifier: Apache-2.0
 * Sends a file of records in batches. What has to wait for another record is sent again after the others, until nothing
 * more goes in. */
#include <stdio.h>
#include <unistd.h>

#include "client_priv.h"

#include "ft/base/text.h"

enum { BATCH_RECORDS = 500, BATCH_BYTES = 2 * 1024 * 1024, STATUS_WAITS = 409, STATUS_AWAY = 503 };

struct sending {
	struct cli *cli;
	struct client *client;
	outbox_print *print;
	size_t total, stored;
	struct outbox_record *waiting; /* for the next round */
	size_t waiting_count;
	enum exit_code worst;
};

static void show_progress(const struct sending *s)
{
	if (!s->cli->json && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%zu / %zu%s", s->stored, s->total, s->stored == s->total ? "\n" : "");
}

static struct str batch_body(struct arena *arena, const struct outbox_record *records, size_t count)
{
	struct buf out = buf_create(arena, 64 * 1024);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("onError"), STR("proceed"));
	json_name(&w, STR("records"));
	json_begin_array(&w);
	for (size_t i = 0; i < count; i++)
		json_raw(&w, records[i].text);
	json_end_array(&w);
	json_end_object(&w);
	return buf_str(&out);
}

static void refuse(struct sending *s, const struct answer *answer)
{
	enum exit_code code = client_judge(s->cli, answer);
	s->worst = code > s->worst ? code : s->worst;
}

static void take_result(struct sending *s, const struct outbox_record *record, const struct json *result)
{
	int64_t status = 0;
	const struct json *problem = json_get(result, STR("problem"));
	(void)!json_integer(json_get(result, STR("status")), &status);
	struct answer answer = {.status = (int)status, .body = result->span, .json = *result};
	if (status && status < 300) {
		s->stored++;
		s->print(s->cli, &answer);
		return;
	}
	if (problem) {
		answer.body = problem->span;
		answer.json = *problem;
	}
	if (status != STATUS_WAITS && status != STATUS_AWAY) {
		refuse(s, &answer);
		return;
	}
	s->waiting[s->waiting_count] = *record;
	s->waiting[s->waiting_count++].last = answer;
}

static size_t batch_size(const struct outbox_record *records, size_t count)
{
	size_t n = 0, bytes = 0;
	while (n < count && n < BATCH_RECORDS && (n == 0 || bytes + records[n].text.len < BATCH_BYTES))
		bytes += records[n++].text.len;
	return n;
}

/* false: nothing more can be sent. */
static bool send_batch(struct sending *s, const struct outbox_record *records, size_t count)
{
	struct answer answer;
	const struct ask ask = {.method = "POST",
				.path = STR("/v1/events:batch"),
				.body = batch_body(s->cli->arena, records, count)};
	if (!client_ask(s->client, s->cli->arena, &ask, &answer)) {
		s->worst = client_lost(s->cli, s->client);
		return false;
	}
	const struct json *results = json_get(&answer.json, STR("results"));
	if (answer.status != 200 || !results || results->count != count) {
		refuse(s, &answer);
		return false;
	}
	for (size_t i = 0; i < count; i++)
		take_result(s, &records[i], &results->items[i]);
	show_progress(s);
	return true;
}

enum exit_code outbox_send(struct cli *cli, struct client *client, struct outbox_record *records,
			   size_t count, outbox_print *print)
{
	struct sending s = {.cli = cli, .client = client, .print = print, .total = count};
	for (size_t before = count + 1; count && count < before;) {
		before = count;
		s.waiting = arena_array(cli->arena, struct outbox_record, count);
		s.waiting_count = 0;
		for (size_t done = 0, n; done < count; done += n) {
			n = batch_size(records + done, count - done);
			if (!send_batch(&s, records + done, n))
				return s.worst;
		}
		records = s.waiting;
		count = s.waiting_count;
	}
	for (size_t i = 0; i < count; i++)
		refuse(&s, &records[i].last);
	return s.worst;
}
