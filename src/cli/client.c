/* SPDX-License-Identifier: Apache-2.0
 * A small strict HTTP/1.1 client over a socket, for the local server. */
#include "client_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ft/base/config.h"
#include "ft/base/text.h"

enum { HEAD_MAX = 16 * 1024, BODY_MAX = 16 * 1024 * 1024, TIMEOUT_S = 60, STEP = 32 * 1024 };

struct client {
	struct arena *arena;
	int fd;          /* −1: not connected */
	struct str host; /* as in the Host header */
	struct sockaddr_storage address;
	socklen_t address_len;
	struct str key; /* absent: none */
	enum language language;
};

static bool read_port(struct str text, uint16_t *ret)
{
	int64_t port;
	if (!str_integer(text, &port) || port < 1 || port > 65535)
		return false;
	*ret = (uint16_t)port;
	return true;
}

/* http://127.x.y.z[:port], http://localhost[:port], http://[::1][:port], nothing behind it but a slash. */
static bool read_url(struct client *c, struct str url)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&c->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&c->address;
	if (!str_starts(url, STR("http://")))
		return false;
	struct str rest = str_from(url, 7), path, port_text;
	rest = str_cut(rest, '/', &path);
	c->host = arena_str(c->arena, rest);
	uint16_t port = 80;
	bool is_v6 = str_starts(rest, STR("[::1]"));
	struct str host = is_v6 ? STR("::1") : str_cut(rest, ':', &port_text);
	if (is_v6)
		port_text = rest.len > 6 && rest.at[5] == ':' ? str_from(rest, 6) : (struct str){NULL, 0};
	if ((path.at && path.len) || (port_text.at && !read_port(port_text, &port)))
		return false;
	if (is_v6) {
		*v6 = (struct sockaddr_in6){
			.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_loopback};
		c->address_len = sizeof *v6;
		return true;
	}
	if (str_equal(host, STR("localhost")))
		host = STR("127.0.0.1");
	*v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
	c->address_len = sizeof *v4;
	return inet_pton(AF_INET, arena_str(c->arena, host).at, &v4->sin_addr) == 1 &&
	       (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
}

/* http://HOST[:PORT] of any host, by the first of its addresses. */
static bool find_host(struct client *c, struct str url, bool *ret_known)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	if (!str_starts(url, STR("http://")))
		return false;
	struct str host = str_from(url, 7), name = host, port = STR("80");
	size_t end = host.len;
	while (end && host.at[end - 1] != ':' && host.at[end - 1] != ']')
		end--;
	if (end && host.at[end - 1] == ':') {
		port = str_from(host, end);
		name.len = end - 1;
	}
	if (name.len > 2 && name.at[0] == '[' && str_ends(name, STR("]")))
		name = (struct str){name.at + 1, name.len - 2};
	uint16_t number;
	for (size_t i = 0; i < host.len; i++)
		if (host.at[i] == '/' || host.at[i] == '@' || (unsigned char)host.at[i] <= ' ')
			return false;
	if (!name.len || !read_port(port, &number))
		return false;
	c->host = arena_str(c->arena, host);
	*ret_known =
		getaddrinfo(arena_str(c->arena, name).at, arena_str(c->arena, port).at, &hints, &found) == 0;
	if (*ret_known) {
		memcpy(&c->address, found->ai_addr, found->ai_addrlen);
		c->address_len = found->ai_addrlen;
		freeaddrinfo(found);
	}
	return true;
}

static void disconnect(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static bool reconnect(struct client *c)
{
	const struct timeval timeout = {.tv_sec = TIMEOUT_S};
	const int yes = 1;
	disconnect(c);
	c->fd = socket(c->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return false;
	setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	if (connect(c->fd, (const struct sockaddr *)&c->address, c->address_len) == 0)
		return true;
	disconnect(c);
	return false;
}

static struct str url_of_directory(const struct cli *cli, struct fault *reterr)
{
	struct config config;
	struct str env = arena_printf(cli->arena, "%.*s/farmtrail.env", STR_ARGS(cli->data_dir));
	if (config_load(cli->arena, env, &config, reterr))
		return (struct str){NULL, 0};
	return arena_printf(cli->arena, "http://127.0.0.1:%lld", (long long)config.port);
}

static struct str find_key(const struct cli *cli)
{
	const char *from_environment = getenv("FARMTRAIL_KEY");
	if (!cli->key_file.at && from_environment && *from_environment)
		return str_of(from_environment);
	struct str file = cli->key_file.at
				  ? cli->key_file
				  : arena_printf(cli->arena, "%.*s/admin.key", STR_ARGS(cli->data_dir));
	struct str text = cli_read_file(cli, file);
	return text.at ? str_trim(text) : text;
}

enum exit_code client_open(const struct cli *cli, struct client **ret)
{
	const char *from_environment = getenv("FARMTRAIL_URL");
	struct fault fault = {0};
	struct client *c = arena_new(cli->arena, struct client);
	c->arena = cli->arena;
	c->fd = -1;
	c->language = cli->language;
	struct str url = cli->url;
	if (!url.at && from_environment && *from_environment)
		url = str_of(from_environment);
	if (!url.at)
		url = url_of_directory(cli, &fault);
	if (!url.at)
		return cli_fail_problem(cli, PROBLEM_CONFIG, &fault);
	if (!read_url(c, url))
		return cli_usage(
			cli,
			(struct said){
				"只支持本机 http 地址（如 http://127.0.0.1:8080）；远程服务请用 ssh 隧道",
				"only local http addresses are spoken to, such as http://127.0.0.1:8080; "
				"use an ssh tunnel for a remote server"});
	c->key = find_key(cli);
	for (size_t i = 0; i < c->key.len; i++)
		if ((unsigned char)c->key.at[i] <= ' ' || (unsigned char)c->key.at[i] > '~')
			return cli_usage(
				cli, (struct said){"密钥文件内容无效", "the key file does not hold a key"});
	if (!reconnect(c))
		return client_lost(cli);
	*ret = c;
	return EXIT_GOOD;
}

enum exit_code client_open_public(const struct cli *cli, struct str url, struct client **ret,
				  struct str *ret_path)
{
	struct client *c = arena_new(cli->arena, struct client);
	struct str path = {NULL, 0}, root = url;
	bool known = false;
	c->arena = cli->arena;
	c->fd = -1;
	c->language = cli->language;
	if (str_starts(url, STR("http://")))
		root.len = STR("http://").len + str_cut(str_from(url, STR("http://").len), '/', &path).len;
	while (path.len && path.at[path.len - 1] == '/')
		path.len--;
	if (!find_host(c, root, &known))
		return cli_usage(
			cli, (struct said){"地址应形如 http://主机:端口；https 请经由本机的 TLS 隧道",
					   "an address is http://HOST[:PORT]; for https use a tunnel that "
					   "speaks TLS"});
	if (!known || !reconnect(c))
		return client_lost(cli);
	*ret = c;
	*ret_path = path.len ? arena_printf(cli->arena, "/%.*s", STR_ARGS(path)) : (struct str){NULL, 0};
	return EXIT_GOOD;
}

void client_close(struct client *client)
{
	if (client)
		disconnect(client);
}

struct str client_root(const struct client *client)
{
	return arena_printf(client->arena, "http://%.*s", STR_ARGS(client->host));
}

static struct str request_text(const struct client *c, struct arena *arena, const struct ask *ask)
{
	struct buf out = buf_create(arena, 512 + ask->body.len);
	buf_printf(&out, "%s %.*s HTTP/1.1\r\nHost: %.*s\r\n", ask->method, STR_ARGS(ask->path),
		   STR_ARGS(c->host));
	buf_printf(&out, "Accept-Language: %s\r\n", c->language == LANGUAGE_ZH ? "zh" : "en");
	buf_put(&out, STR("Accept: "));
	buf_put(&out, ask->accept.at ? ask->accept : STR("application/json"));
	buf_put(&out, STR("\r\n"));
	if (c->key.at && !ask->without_key)
		buf_printf(&out, "Authorization: Bearer %.*s\r\n", STR_ARGS(c->key));
	if (ask->if_match.at)
		buf_printf(&out, "If-Match: %.*s\r\n", STR_ARGS(ask->if_match));
	if (ask->body.at)
		buf_printf(&out, "Content-Type: %.*s\r\nContent-Length: %zu\r\n",
			   STR_ARGS(ask->media_type.at ? ask->media_type : STR("application/json")),
			   ask->body.len);
	else if (strcmp(ask->method, "POST") == 0)
		buf_put(&out, STR("Content-Length: 0\r\n"));
	buf_put(&out, STR("\r\n"));
	if (ask->body.at)
		buf_put(&out, ask->body);
	return buf_str(&out);
}

static bool send_whole(const struct client *c, struct str text)
{
	for (size_t done = 0; done < text.len;) {
		ssize_t n = send(c->fd, text.at + done, text.len - done, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static bool receive_more(const struct client *c, struct buf *in)
{
	char step[STEP]; /* a page of the socket's buffer at a time */
	ssize_t n;
	do
		n = recv(c->fd, step, sizeof step, 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	buf_put_bytes(in, step, (size_t)n);
	return true;
}

static size_t head_end(const struct buf *in)
{
	const char *end = in->len ? memmem(in->at, in->len, "\r\n\r\n", 4) : NULL;
	return end ? (size_t)(end - in->at) + 4 : 0;
}

struct head {
	int status;
	int64_t length; /* −1: not said */
	int64_t retry_after_s;
	bool close;
	struct str content_type, etag;
};

static bool take_header(struct str line, struct head *head)
{
	struct str value, name = str_cut(line, ':', &value);
	if (!value.at)
		return false;
	value = str_trim(value);
	if (str_equal_ignoring_case(name, STR("Content-Length")))
		return str_integer(value, &head->length) && head->length >= 0 && head->length <= BODY_MAX;
	if (str_equal_ignoring_case(name, STR("Transfer-Encoding")))
		return false;
	if (str_equal_ignoring_case(name, STR("Connection")))
		head->close = str_equal_ignoring_case(value, STR("close"));
	else if (str_equal_ignoring_case(name, STR("Content-Type")))
		head->content_type = value;
	else if (str_equal_ignoring_case(name, STR("ETag")))
		head->etag = value;
	else if (str_equal_ignoring_case(name, STR("Retry-After")) &&
		 !str_integer(value, &head->retry_after_s))
		head->retry_after_s = 0; /* a date: whoever asks again finds out */
	return true;
}

static bool read_head(struct str text, struct head *ret)
{
	struct head head = {.length = -1};
	struct str rest = text, line = str_cut(rest, '\n', &rest);
	int64_t status;
	if (line.len < 12 || !str_starts(line, STR("HTTP/1.1 ")) ||
	    !str_integer((struct str){line.at + 9, 3}, &status))
		return false;
	head.status = (int)status;
	while (rest.at) {
		line = str_cut(rest, '\n', &rest);
		line = str_trim(line);
		if (!line.len)
			break;
		if (!take_header(line, &head))
			return false;
	}
	*ret = head;
	return true;
}

static bool receive_answer(struct client *c, struct arena *arena, struct answer *ret, bool *ret_nothing)
{
	struct buf in = buf_create(arena, STEP);
	size_t body_at;
	struct head head;
	while (!(body_at = head_end(&in))) {
		if (in.len > HEAD_MAX || !receive_more(c, &in)) {
			*ret_nothing = in.len == 0;
			return false;
		}
	}
	*ret_nothing = false;
	if (!read_head(arena_str(arena, (struct str){in.at, body_at}), &head))
		return false;
	size_t length = head.length > 0 ? (size_t)head.length : 0;
	if (head.status == 204 || head.status == 304)
		length = 0;
	while (in.len < body_at + length)
		if (!receive_more(c, &in))
			return false;
	if (head.close || head.length < 0)
		disconnect(c);
	struct str whole = buf_str(&in);
	*ret = (struct answer){.status = head.status,
			       .content_type = head.content_type,
			       .etag = head.etag,
			       .body = {whole.at + body_at, length},
			       .retry_after_s = head.retry_after_s};
	return true;
}

bool client_ask(struct client *c, struct arena *arena, const struct ask *ask, struct answer *ret)
{
	struct str text = request_text(c, arena, ask);
	bool nothing = true, good = false;
	/* A connection that idled may be closed by now: once more, but only while nothing of an answer
	 * was seen. */
	for (int attempt = 0; attempt < 2 && nothing && !good; attempt++) {
		if (c->fd < 0 && !reconnect(c))
			return false;
		good = send_whole(c, text) && receive_answer(c, arena, ret, &nothing);
		if (!good)
			disconnect(c);
	}
	struct fault unused = {0};
	if (good && ret->body.len && memmem(ret->content_type.at, ret->content_type.len, "json", 4))
		if (json_parse(arena, ret->body, &ret->json, &unused))
			ret->json = (struct json){.kind = JSON_NULL};
	return good;
}

enum exit_code client_lost(const struct cli *cli)
{
	return cli_fail(
		cli, EXIT_NO_CONNECTION,
		str_of(cli_say(
			cli,
			(struct said){
				"无法连接服务：它在运行吗？用 tools/run 启动，或用 --url、--data 指明",
				"cannot reach the server: does it run? Start it with tools/run, or name it "
				"with --url or --data"})));
}

static void put_errors(const struct cli *cli, const struct json *errors, struct buf *line)
{
	for (size_t i = 0; errors && errors->kind == JSON_ARRAY && i < errors->count; i++) {
		struct str pointer = json_text(json_get(&errors->items[i], STR("pointer")));
		struct str value = json_text(json_get(&errors->items[i], STR("value")));
		struct str hint = json_text(json_get(&errors->items[i], STR("hint")));
		if (pointer.len)
			buf_printf(line, "\n  %.*s", STR_ARGS(pointer));
		if (value.len)
			buf_printf(line, " = %.*s", STR_ARGS(value));
		if (hint.len)
			buf_printf(line, "%s%.*s",
				   pointer.len ? cli_say(cli, (struct said){"：", ": "}) : "\n  ",
				   STR_ARGS(hint));
	}
}

enum exit_code client_judge(const struct cli *cli, const struct answer *answer)
{
	if (answer->status < 400)
		return EXIT_GOOD;
	struct str title = json_text(json_get(&answer->json, STR("title")));
	struct str detail = json_text(json_get(&answer->json, STR("detail")));
	struct buf line = buf_create(cli->arena, 256);
	buf_printf(&line, "%d %.*s", answer->status, STR_ARGS(title));
	if (detail.len)
		buf_printf(&line, ": %.*s", STR_ARGS(detail));
	put_errors(cli, json_get(&answer->json, STR("errors")), &line);
	enum exit_code code = answer->status == 404 ? EXIT_NOT_FOUND : EXIT_REFUSED;
	if (cli->json && answer->json.kind == JSON_OBJECT) {
		cli_print(cli, answer->body);
		return code;
	}
	return cli_fail(cli, code, buf_str(&line));
}

enum exit_code client_get(const struct cli *cli, struct client *client, struct str path, struct answer *ret)
{
	const struct ask ask = {.method = "GET", .path = path};
	if (!client_ask(client, cli->arena, &ask, ret))
		return client_lost(cli);
	return client_judge(cli, ret);
}
