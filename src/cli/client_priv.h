/* SPDX-License-Identifier: Apache-2.0
 * Questions to a server. A key goes to the server that was named, never to one that an address in a document names, and
 * crosses a network in TLS only: plain http with a key is for loopback. */
#ifndef FT_CLI_CLIENT_PRIV_H
#define FT_CLI_CLIENT_PRIV_H

#include "cli_priv.h"

struct client;

struct answer {
	int status;
	struct str content_type, etag, body;
	int64_t retry_after_s; /* 0: not said */
	struct json json;      /* of a JSON body; kind JSON_NULL otherwise */
};

/* From --url, --key-file and the data directory; connects when first asked, and lives with cli->arena. EXIT_USAGE: it was
 * said why. */
enum exit_code client_open(const struct cli *cli, struct client **ret) must_check;
/* Of http[s]://HOST[:PORT][/PATH], wherever it is, and never with a key: for what is public and proves itself. *ret_path:
 * "/PATH" without a slash at its end; absent: none. */
enum exit_code client_open_public(const struct cli *cli, struct str url, struct client **ret,
				  struct str *ret_path) must_check;
bool client_is_local(struct arena *arena, struct str url); /* http on loopback */
struct str client_root(const struct client *client);       /* http://127.0.0.1:8080 */

struct ask {
	const char *method;
	struct str path;                   /* with its query */
	struct str body, if_match, accept; /* absent: none */
	struct str media_type;             /* of the body; absent: JSON */
	bool without_key;
};
/* false: the connection failed and was not to be had again. Answers live in `arena`. */
bool client_ask(struct client *client, struct arena *arena, const struct ask *ask,
		struct answer *ret) must_check;

/* A GET that is to succeed; otherwise says why and gives the exit code. */
enum exit_code client_get(const struct cli *cli, struct client *client, struct str path,
			  struct answer *ret) must_check;
/* The exit code of an answer; says what a problem answer says. */
enum exit_code client_judge(const struct cli *cli, const struct answer *answer);
struct said client_why_lost(const struct client *client);
/* Says why the last question had no answer. */
enum exit_code client_lost(const struct cli *cli, const struct client *client);

/* outbox.c */
struct outbox_record {
	struct str text;    /* one JSON object */
	struct answer last; /* why it waits; outbox_send's own */
};
typedef void outbox_print(const struct cli *cli, const struct answer *answer);
/* Sends records in batches until none of those that wait (409, 503) goes in any more. `print` is called for each that is
 * in, with its result; each refusal is said. The worst exit code. */
enum exit_code outbox_send(struct cli *cli, struct client *client, struct outbox_record *records,
			   size_t count, outbox_print *print) must_check;

#endif
