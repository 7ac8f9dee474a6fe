/* SPDX-License-Identifier: Apache-2.0
 * Speaks the agent protocol over a unix socket, with one deadline for a whole question. */
#include "agent_priv.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/un.h>

#include "ft/base/str.h"

/* draft-miller-ssh-agent, section 6.1 */
enum { REQUEST_IDENTITIES = 11, IDENTITIES_ANSWER = 12, SIGN_REQUEST = 13, SIGN_RESPONSE = 14 };
enum { LENGTH_LEN = 4 };
#define ALGORITHM "ssh-ed25519" /* RFC 8709 */

struct asking {
	int fd;
	int64_t deadline_ms;
};

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* — octets, as RFC 4251 section 5 writes them — */

static void put_number(struct buf *out, size_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_put_char(out, (char)(value >> shift & 0xff));
}

static void put_string(struct buf *out, struct bytes value)
{
	put_number(out, value.len);
	buf_put_bytes(out, value.at, value.len);
}

static size_t number_at(const uint8_t *at)
{
	return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

static bool take_number(struct bytes *rest, size_t *ret)
{
	if (rest->len < LENGTH_LEN)
		return false;
	*ret = number_at(rest->at);
	*rest = (struct bytes){rest->at + LENGTH_LEN, rest->len - LENGTH_LEN};
	return true;
}

static bool take_string(struct bytes *rest, struct bytes *ret)
{
	struct bytes after = *rest;
	size_t len;
	if (!take_number(&after, &len) || len > after.len)
		return false;
	*ret = (struct bytes){after.at, len};
	*rest = (struct bytes){after.at + len, after.len - len};
	return true;
}

static bool take_type(struct bytes *rest, uint8_t type)
{
	if (!rest->len || rest->at[0] != type)
		return false;
	*rest = (struct bytes){rest->at + 1, rest->len - 1};
	return true;
}

/* A key or a signature: the algorithm's name, then its octets, and nothing else. */
static bool is_ed25519(struct bytes blob, size_t len, struct bytes *ret)
{
	struct bytes name;
	return take_string(&blob, &name) && str_equal(bytes_str(name), STR(ALGORITHM)) &&
	       take_string(&blob, ret) && ret->len == len && !blob.len;
}

bool agent_parse_keys(struct bytes reply, struct agent_keys *ret)
{
	struct agent_keys found = {0};
	struct bytes blob, comment, key;
	size_t count;
	if (!take_type(&reply, IDENTITIES_ANSWER) || !take_number(&reply, &count))
		return false;
	for (; count; count--) {
		if (!take_string(&reply, &blob) || !take_string(&reply, &comment))
			return false;
		if (found.count < AGENT_MAX_KEYS && is_ed25519(blob, AGENT_KEY_LEN, &key))
			memcpy(found.keys[found.count++], key.at, AGENT_KEY_LEN);
	}
	if (reply.len)
		return false;
	*ret = found;
	return true;
}

bool agent_parse_signature(struct bytes reply, uint8_t ret[AGENT_SIGNATURE_LEN])
{
	struct bytes blob, signature;
	if (!take_type(&reply, SIGN_RESPONSE) || !take_string(&reply, &blob) || reply.len ||
	    !is_ed25519(blob, AGENT_SIGNATURE_LEN, &signature))
		return false;
	memcpy(ret, signature.at, AGENT_SIGNATURE_LEN);
	return true;
}

/* — the socket — */

static bool wait_for(const struct asking *a, short events)
{
	for (;;) {
		int64_t left_ms = a->deadline_ms - now_ms();
		struct pollfd one = {.fd = a->fd, .events = events};
		int n = left_ms > 0 ? poll(&one, 1, (int)left_ms) : 0;
		if (n >= 0 || errno != EINTR)
			return n > 0;
	}
}

static bool send_all(const struct asking *a, struct bytes octets)
{
	while (octets.len) {
		if (!wait_for(a, POLLOUT))
			return false;
		ssize_t sent = send(a->fd, octets.at, octets.len, MSG_NOSIGNAL);
		if (sent < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		if (sent > 0)
			octets = (struct bytes){octets.at + sent, octets.len - (size_t)sent};
	}
	return true;
}

static bool receive_all(const struct asking *a, uint8_t *at, size_t len)
{
	while (len) {
		if (!wait_for(a, POLLIN))
			return false;
		ssize_t got = recv(a->fd, at, len, 0);
		if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
			return false;
		if (got > 0) {
			at += got;
			len -= (size_t)got;
		}
	}
	return true;
}

/* An agent that takes nobody more (EAGAIN) is as good as none: it is asked again with the next head. */
static bool reach(const char *path, struct asking *ret)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	if (len >= sizeof address.sun_path)
		return false;
	memcpy(address.sun_path, path, len);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
		*ret = (struct asking){fd, now_ms() + AGENT_PATIENCE_MS};
		return true;
	}
	if (fd >= 0)
		close(fd);
	return false;
}

static bool ask(struct arena *arena, const char *path, struct bytes question, struct bytes *ret)
{
	struct asking a;
	uint8_t head[LENGTH_LEN];
	if (!reach(path, &a))
		return false;
	struct buf out = buf_create(arena, LENGTH_LEN + question.len);
	put_string(&out, question);
	bool good = send_all(&a, str_bytes(buf_str(&out))) && receive_all(&a, head, sizeof head);
	size_t len = good ? number_at(head) : 0;
	good = good && len && len <= AGENT_MAX_REPLY_LEN;
	uint8_t *reply = good ? arena_alloc(arena, len) : NULL;
	good = good && receive_all(&a, reply, len);
	close(a.fd);
	if (good)
		*ret = (struct bytes){reply, len};
	return good;
}

bool agent_list(const char *socket, struct agent_keys *ret)
{
	static const uint8_t question[] = {REQUEST_IDENTITIES};
	struct arena *arena = arena_create();
	struct bytes reply;
	bool good = ask(arena, socket, (struct bytes){question, sizeof question}, &reply) &&
		    agent_parse_keys(reply, ret);
	arena_destroy(arena);
	return good;
}

bool agent_sign(const char *socket, const uint8_t key[AGENT_KEY_LEN], struct bytes message,
		uint8_t ret[AGENT_SIGNATURE_LEN])
{
	struct arena *arena = arena_create();
	struct buf blob = buf_create(arena, 64), out = buf_create(arena, 128 + message.len);
	struct bytes reply;
	put_string(&blob, str_bytes(STR(ALGORITHM)));
	put_string(&blob, (struct bytes){key, AGENT_KEY_LEN});
	buf_put_char(&out, SIGN_REQUEST);
	put_string(&out, str_bytes(buf_str(&blob)));
	put_string(&out, message);
	put_number(&out, /* flags */ 0);
	bool good = ask(arena, socket, str_bytes(buf_str(&out)), &reply) && agent_parse_signature(reply, ret);
	arena_destroy(arena);
	return good;
}
