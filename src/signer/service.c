/* SPDX-License-Identifier: Apache-2.0
 * The signing side: makes, opens and uses private keys, and decides what they may sign. */
#include "service_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <time.h>

#include <sys/mman.h>

#include "ft/base/log.h"
#include "ft/core/log_name.h"
#include "ft/core/note.h"
#include "ft/core/proof.h"
#include "ft/core/statement.h"
#include "ft/crypto/seal.h"
#include "ft/crypto/secret.h"
#include "agent_priv.h"
#include "bucket_priv.h"
#include "keys_priv.h"

enum { WRAP_VERSION = 1, RAW_LEN = 32, CONTEXT_LEN = 16 + 32 + 1 + 1 };

struct service {
	struct kek_ring keks;
	const char *kek_file; /* NULL: there is none to look into */
	const char *agent;    /* NULL: it opens keys itself */
	bool away;            /* the agent, for the rest of this frame */
	bool said_away;
	struct keys *keys;
	struct checkpoint
		head;   /* the largest log head signed by this process; size 0: none. Without its origin */
	int64_t number; /* of the log that it is of */
};

struct service *service_create(const uint8_t kek[KEK_LEN])
{
	struct service *service = calloc(1, sizeof *service);
	assert(service);
	/* Refused where the limit on locked memory is zero: then the key may reach swap, which is not ours to forbid. */
	(void)mlock(service, sizeof *service);
	service->keks.count = 1;
	memcpy(service->keks.keys[0], kek, KEK_LEN);
	service->keys = keys_create();
	return service;
}

void service_follow(struct service *service, const char *kek_file)
{
	service->kek_file = kek_file;
	kek_ring_read(kek_file, &service->keks);
}

struct service *service_create_for_agent(const char *socket)
{
	struct service *service = calloc(1, sizeof *service);
	assert(service);
	service->agent = socket;
	service->keys = keys_create();
	return service;
}

static void look_again(struct service *service)
{
	if (service->kek_file)
		kek_ring_read(service->kek_file, &service->keks);
}

void service_destroy(struct service *service)
{
	if (!service)
		return;
	keys_destroy(service->keys);
	secret_erase(&service->keks, sizeof service->keks);
	free(service);
}

/* What a wrapping is bound to: moved to another organisation, key or role, it does not open. */
static struct bytes wrap_context(struct arena *arena, const struct signer_key *key)
{
	struct buf out = buf_create(arena, CONTEXT_LEN);
	buf_put_bytes(&out, key->org.octets, sizeof key->org.octets);
	buf_put_bytes(&out, key->fingerprint.octets, sizeof key->fingerprint.octets);
	buf_put_char(&out, WRAP_VERSION);
	buf_put_char(&out, (char)key->role);
	return str_bytes(buf_str(&out));
}

static struct bytes wrap(struct service *service, struct arena *arena, enum sign_algorithm algorithm,
			 const struct private_key *private, const struct signer_key *key)
{
	struct bytes raw = private_key_raw(arena, private);
	uint8_t plain[1 + RAW_LEN];
	assert(raw.len == RAW_LEN);
	plain[0] = (uint8_t)algorithm;
	memcpy(plain + 1, raw.at, RAW_LEN);
	struct bytes sealed = seal(arena, service->keks.keys[0], wrap_context(arena, key),
				   (struct bytes){plain, sizeof plain});
	secret_erase(plain, sizeof plain);
	secret_erase((uint8_t *)raw.at, raw.len);
	return sealed;
}

/* Which key-encryption key opens it. */
static enum problem open_wrapping(const struct service *service, struct arena *arena,
				  const struct signer_key *key, size_t *ret_kek, struct bytes *ret)
{
	struct bytes context = wrap_context(arena, key), plain;
	for (size_t i = 0; i < service->keks.count; i++)
		if (!unseal(arena, service->keks.keys[i], context, key->wrapped, &plain)) {
			*ret_kek = i;
			*ret = plain;
			return PROBLEM_NONE;
		}
	return PROBLEM_KEY_REFUSED;
}

static enum problem unwrap(struct service *service, struct arena *arena, const struct signer_key *key,
			   struct private_key **ret)
{
	struct bytes plain;
	size_t kek;
	enum problem p = open_wrapping(service, arena, key, &kek, &plain);
	if (p) {
		look_again(service);
		p = open_wrapping(service, arena, key, &kek, &plain);
	}
	if (p)
		return p;
	p = plain.len == 1 + RAW_LEN ? private_key_parse((enum sign_algorithm)plain.at[0],
							 (struct bytes){plain.at + 1, RAW_LEN}, ret)
				     : PROBLEM_KEY_REFUSED;
	secret_erase((uint8_t *)plain.at, plain.len);
	return p;
}

static void hold(struct service *service, const struct signer_key *key, struct private_key *private)
{
	keys_put(service->keys, (struct opened_key){
					.org = key->org,
					.fingerprint = key->fingerprint,
					.key = private,
					.role = key->role,
				});
}

static void generate(struct service *service, struct arena *arena, const struct frame_request *request,
		     struct frame_reply *reply)
{
	struct private_key *private;
	look_again(service);
	if (service->agent || private_key_generate(request->algorithm, &private)) {
		reply->type = FRAME_FAULT;
		return;
	}
	struct signer_key key = {.org = request->org, .role = request->role};
	key.spki = private_key_spki(arena, private);
	key.fingerprint = sha256_of(key.spki);
	key.wrapped = wrap(service, arena, request->algorithm, private, &key);
	hold(service, &key, private);
	reply->key = key;
}

/* Once an outage, not once a head. */
static enum signer_verdict away(struct service *service, const char *why)
{
	service->away = true;
	if (service->agent && !service->said_away)
		LOG(LOG_WARN, "log-agent-away", LOG_TEXT("reason", str_of(why)));
	service->said_away = true;
	return SIGNER_AWAY;
}

static struct bytes agent_spki(struct arena *arena, const uint8_t key[AGENT_KEY_LEN])
{
	const struct note_key vkey = {.type = NOTE_ED25519, .material = {key, AGENT_KEY_LEN}};
	return note_key_spki(arena, &vkey);
}

static void list_agent(struct service *service, struct arena *arena, struct frame_reply *reply)
{
	struct agent_keys *held = arena_new(arena, struct agent_keys);
	bool reached = service->agent && agent_list(service->agent, held);
	reply->count = reached ? held->count : 1;
	reply->results = arena_array(arena, struct signer_result, reply->count);
	if (!reached)
		reply->results[0].verdict = away(service, "it does not list its keys");
	for (size_t i = 0; reached && i < held->count; i++)
		reply->results[i] = (struct signer_result){SIGNER_SIGNED, agent_spki(arena, held->keys[i])};
}

/* Whether the agent has it shows when it signs. */
static enum signer_verdict load_from_agent(struct service *service, const struct signer_key *key)
{
	struct opened_key held = {.org = key->org, .role = key->role, .fingerprint = key->fingerprint};
	if (key->role != SIGNER_LOG || public_key_parse(key->wrapped, &held.public))
		return SIGNER_UNKNOWN_KEY;
	if (public_key_algorithm(held.public) != SIGN_ED25519 ||
	    !sha256_equal(public_key_fingerprint(held.public), key->fingerprint)) {
		public_key_destroy(held.public);
		return SIGNER_UNKNOWN_KEY;
	}
	keys_put(service->keys, held);
	return SIGNER_SIGNED;
}

static struct signer_result sign_by_agent(struct service *service, struct arena *arena,
					  const struct opened_key *held, struct str text)
{
	uint8_t *signature = arena_alloc(arena, AGENT_SIGNATURE_LEN);
	struct signer_result result = {SIGNER_SIGNED, {signature, AGENT_SIGNATURE_LEN}};
	struct bytes spki = public_key_spki(arena, held->public);
	const uint8_t *key = spki.at + spki.len - AGENT_KEY_LEN;
	if (service->away || !agent_sign(service->agent, key, str_bytes(text), signature))
		return (struct signer_result){.verdict =
						      away(service, "it does not sign with the log's key")};
	if (verify(held->public, str_bytes(text), result.signature))
		return (struct signer_result){.verdict = away(service, "its signature does not verify")};
	service->said_away = false;
	return result;
}

static enum signer_verdict load(struct service *service, struct arena *arena, const struct signer_key *key)
{
	struct private_key *private;
	if (service->agent)
		return load_from_agent(service, key);
	if (unwrap(service, arena, key, &private))
		return SIGNER_UNKNOWN_KEY;
	hold(service, key, private);
	return SIGNER_SIGNED;
}

/* What opens with another key-encryption key than the next is sealed with that; the private key itself is not looked at. */
static struct signer_result rewrap(struct service *service, struct arena *arena, const struct signer_key *key)
{
	struct bytes plain;
	size_t kek;
	if (!service->keks.has_next)
		return (struct signer_result){.verdict = SIGNER_REFUSED};
	if (open_wrapping(service, arena, key, &kek, &plain))
		return (struct signer_result){.verdict = SIGNER_UNKNOWN_KEY};
	struct signer_result result = {.verdict = SIGNER_SIGNED};
	if (kek)
		result.signature = seal(arena, service->keks.keys[0], wrap_context(arena, key), plain);
	secret_erase((uint8_t *)plain.at, plain.len);
	return result;
}

/* A head that grows, or the newest once more, or one of the next log. The database and the guard file decide which heads
 * there are; this is the last door: of one log a process never signs two roots for a size, nor goes back to a smaller one, or
 * to a log that has ended. */
static bool may_sign_head(struct service *service, struct arena *arena, struct str text)
{
	struct checkpoint head;
	if (!checkpoint_parse(arena, text, &head) || !str_equal(checkpoint_print(arena, &head), text))
		return false;
	int64_t number = log_name_read(head.origin).number;
	if (number > service->number)
		service->head = (struct checkpoint){0};
	if (number < service->number || head.size < service->head.size ||
	    (head.size == service->head.size && service->head.size > 0 &&
	     !sha256_equal(head.root, service->head.root)))
		return false;
	service->head = (struct checkpoint){.size = head.size, .root = head.root};
	service->number = number;
	return true;
}

/* A log's key says under which name the log goes on that it is for: nobody can name a log that he has no key of. */
static bool names_own_log(struct arena *arena, const struct opened_key *held,
			  const struct statement *statement)
{
	struct note_key key;
	return held->role == SIGNER_LOG && str_equal(statement->kind, STR("origin")) &&
	       note_key_parse(arena, statement->vkey, &key) &&
	       sha256_equal(note_key_fingerprint(arena, &key), held->fingerprint);
}

/* Nothing but a statement that is counted under this very key: otherwise whoever reaches the socket could have
 * certificates or another organisation's records signed. The registrar vouches for keys of others; an inspector's key endorses, and no other does; the log's key signs
 * heads, its own enrolment, that of its successor and the statement that it goes on where another log ended, for an entry signed by the log would prove nothing. */
static bool may_sign(struct service *service, struct arena *arena, const struct opened_key *held,
		     struct str text)
{
	struct statement statement;
	if (!statement_parse(arena, text, &statement))
		return held->role == SIGNER_LOG && may_sign_head(service, arena, text);
	bool own = sha256_equal(statement.key, held->fingerprint),
	     about_a_key = str_equal(statement.kind, STR("key"));
	/* A key hands over to the next of its organisation that is for the same. */
	bool succeeds = about_a_key && statement.has_predecessor && uuid_equal(statement.org, held->org) &&
			sha256_equal(statement.predecessor, held->fingerprint) &&
			str_equal(statement.use, STR("log")) == (held->role == SIGNER_LOG) &&
			str_equal(statement.use, STR("inspect")) == (held->role == SIGNER_INSPECTOR);
	bool of_role = about_a_key ||
		       (held->role != SIGNER_LOG &&
			str_equal(statement.kind, STR("endorse")) == (held->role == SIGNER_INSPECTOR));
	return names_own_log(arena, held, &statement) || (own && of_role) ||
	       (held->role == SIGNER_REGISTRAR && about_a_key) ||
	       (held->role != SIGNER_REGISTRAR && succeeds);
}

static struct signer_result sign_one(struct service *service, struct arena *arena,
				     const struct frame_sign *request)
{
	const struct opened_key *held = keys_find(service->keys, request->fingerprint);
	if (!held)
		return (struct signer_result){.verdict = SIGNER_UNKNOWN_KEY};
	struct signer_result result = {.verdict = SIGNER_SIGNED};
	if (!may_sign(service, arena, held, request->text))
		return (struct signer_result){.verdict = SIGNER_REFUSED};
	if (held->public)
		return sign_by_agent(service, arena, held, request->text);
	if (sign(arena, held->key, str_bytes(request->text), &result.signature))
		return (struct signer_result){.verdict = SIGNER_REFUSED};
	return result;
}

struct bytes service_answer(struct service *service, struct arena *arena, enum frame_type type,
			    struct bytes payload)
{
	struct frame_request request;
	struct frame_reply reply = {.type = type};
	if (!frame_parse_request(arena, type, payload, &request)) {
		reply.type = FRAME_FAULT;
		return frame_print_reply(arena, &reply);
	}
	if (type == FRAME_REWRAP)
		look_again(service);
	if (type == FRAME_GENERATE)
		generate(service, arena, &request, &reply);
	service->away = false;
	if (type == FRAME_LIST) {
		list_agent(service, arena, &reply);
		return frame_print_reply(arena, &reply);
	}
	reply.count = request.count;
	reply.results = arena_array(arena, struct signer_result, request.count);
	for (size_t i = 0; i < request.count; i++)
		if (type == FRAME_LOAD)
			reply.results[i].verdict = load(service, arena, &request.loads[i]);
		else if (type == FRAME_REWRAP)
			reply.results[i] = rewrap(service, arena, &request.loads[i]);
		else
			reply.results[i] = sign_one(service, arena, &request.signs[i]);
	return frame_print_reply(arena, &reply);
}

static int64_t clock_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* What makes signatures waits until they may be made; nothing is refused for it. */
static void wait_for_turn(struct bucket *bucket, enum frame_type type, struct bytes payload)
{
	int64_t count = type == FRAME_GENERATE                   ? 1
			: type == FRAME_SIGN && payload.len >= 2 ? payload.at[0] << 8 | payload.at[1]
								 : 0;
	int64_t wait_us =
		bucket_take(bucket, count < SIGNER_MAX_BATCH ? count : SIGNER_MAX_BATCH, clock_us());
	struct timespec rest = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
	while (wait_us && nanosleep(&rest, &rest) != 0)
		continue;
}

bool service_run(struct service *service, int socket, int64_t signatures_per_s)
{
	struct bucket bucket = bucket_full(signatures_per_s, clock_us());
	for (;;) {
		struct arena *arena = arena_create();
		enum frame_type type;
		struct bytes payload;
		enum frame_end state = frame_receive(socket, arena, &type, &payload);
		if (state == FRAME_WHOLE)
			wait_for_turn(&bucket, type, payload);
		bool sent = state == FRAME_WHOLE &&
			    frame_send(socket, service_answer(service, arena, type, payload));
		arena_destroy(arena);
		if (!sent)
			return state != FRAME_FOREIGN;
	}
}
