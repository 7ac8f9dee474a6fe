/* SPDX-License-Identifier: Apache-2.0
 * Questions and answers over libcurl's easy interface. */
#include "ft/net/peer.h"

#include <stdlib.h>

#include <curl/curl.h>

enum {
	BODY_MAX = 16 * 1024 * 1024,
	HEAD_MAX = 16 * 1024,
	CONNECT_TIMEOUT_S = 30,
	SILENCE_S = 60, /* without a byte in either direction */
	TIMEOUT_S = 900,
	CHAIN_GOOD = 0,       /* X509_V_OK */
	CHAIN_NOT_JUDGED = 1, /* X509_V_ERR_UNSPECIFIED: libcurl's value until it has asked */
};

struct net_peer {
	struct net_address address;
	CURL *curl;
};

static void release_peer(void *context)
{
	struct net_peer *peer = context;
	curl_easy_cleanup(peer->curl);
	curl_global_cleanup();
}

static void release_headers(void *headers)
{
	curl_slist_free_all(headers);
}

struct net_peer *net_peer_create(struct arena *arena, const struct net_address *address)
{
	struct net_peer *peer = arena_new(arena, struct net_peer);
	peer->address = (struct net_address){
		.root = arena_str(arena, address->root), .tls = address->tls, .loopback = address->loopback};
	curl_global_init(CURL_GLOBAL_DEFAULT);
	peer->curl = curl_easy_init();
	arena_defer(arena, release_peer, peer);
	return peer;
}

struct exchange {
	struct buf body;
	size_t head_len;
};

static size_t take_body(char *at, size_t size, size_t count, void *context)
{
	struct exchange *exchange = context;
	if (size * count > BODY_MAX - exchange->body.len)
		return 0; /* ends it: CURLE_WRITE_ERROR */
	buf_put_bytes(&exchange->body, at, size * count);
	return size * count;
}

/* Only counted: libcurl keeps the headers. */
static size_t take_header(char *at, size_t size, size_t count, void *context)
{
	struct exchange *exchange = context;
	(void)at;
	exchange->head_len += size * count;
	return exchange->head_len <= HEAD_MAX ? size * count : 0;
}

static struct curl_slist *headers_of(struct arena *arena, const struct net_question *question)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* no 100-continue before a body */
	for (size_t i = 0; i < question->header_count; i++) {
		const struct net_header *header = &question->headers[i];
		struct str line =
			arena_printf(arena, "%.*s: %.*s", STR_ARGS(header->name), STR_ARGS(header->value));
		list = curl_slist_append(list, line.at);
	}
	arena_defer(arena, release_headers, list);
	return list;
}

static void set_limits(const struct net_peer *peer)
{
	CURL *curl = peer->curl;
	const char *authorities = getenv("SSL_CERT_FILE");
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, peer->address.tls ? "https" : "http");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_S);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_MAXFILESIZE, (long)BODY_MAX);
	if (authorities && *authorities)
		curl_easy_setopt(curl, CURLOPT_CAINFO, authorities);
	if (peer->address.loopback)
		curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* none, whatever the environment says */
}

static void set_question(const struct net_peer *peer, struct arena *arena,
			 const struct net_question *question, struct exchange *exchange)
{
	CURL *curl = peer->curl;
	struct str url =
		arena_printf(arena, "%.*s%.*s", STR_ARGS(peer->address.root), STR_ARGS(question->path));
	bool sends = question->body.at || str_equal(question->method, STR("POST"));
	curl_easy_setopt(curl, CURLOPT_URL, url.at);
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	if (sends) {
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)question->body.len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, question->body.at ? question->body.at : "");
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, arena_str(arena, question->method).at);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "farmtrail/" FARMTRAIL_VERSION);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_of(arena, question));
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
}

/* libcurl has one code for both reasons not to trust a certificate. OpenSSL's verdict on the chain tells them apart: where it
 * found nothing, it was the host. */
static enum net_outcome outcome_of(CURL *curl, CURLcode code)
{
	long chain = CHAIN_GOOD;
	switch ((int)code) {
	case CURLE_OK:
		return NET_ANSWERED;
	case CURLE_PEER_FAILED_VERIFICATION:
		curl_easy_getinfo(curl, CURLINFO_SSL_VERIFYRESULT, &chain);
		return chain == CHAIN_GOOD || chain == CHAIN_NOT_JUDGED ? NET_OTHER_HOST : NET_UNTRUSTED;
	case CURLE_SSL_CACERT_BADFILE:
		return NET_NO_AUTHORITIES;
	case CURLE_WRITE_ERROR:
	case CURLE_FILESIZE_EXCEEDED:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return NET_UNUSABLE;
	default:
		return NET_UNREACHABLE;
	}
}

static struct str header_of(struct arena *arena, CURL *curl, const char *name)
{
	struct curl_header *header;
	if (curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &header))
		return (struct str){NULL, 0};
	return arena_str(arena, str_of(header->value));
}

/* Before HTTP/2 an answer may end with its connection: then one that broke off would pass for a whole one. */
static bool says_where_it_ends(struct arena *arena, CURL *curl, long status)
{
	long version = 0;
	curl_easy_getinfo(curl, CURLINFO_HTTP_VERSION, &version);
	return version > CURL_HTTP_VERSION_1_1 || status == 204 || status == 304 ||
	       header_of(arena, curl, "Content-Length").at || header_of(arena, curl, "Transfer-Encoding").at;
}

enum net_outcome net_ask(struct net_peer *peer, struct arena *arena, const struct net_question *question,
			 struct net_answer *ret)
{
	struct exchange exchange = {.body = buf_create(arena, 4096)};
	long status = 0;
	if (!peer->curl)
		return NET_UNREACHABLE;
	curl_easy_reset(peer->curl); /* the connection stays */
	set_limits(peer);
	set_question(peer, arena, question, &exchange);
	enum net_outcome outcome = outcome_of(peer->curl, curl_easy_perform(peer->curl));
	if (outcome)
		return outcome;
	curl_easy_getinfo(peer->curl, CURLINFO_RESPONSE_CODE, &status);
	if (!says_where_it_ends(arena, peer->curl, status))
		return NET_UNUSABLE;
	*ret = (struct net_answer){.status = (int)status,
				   .content_type = header_of(arena, peer->curl, "Content-Type"),
				   .etag = header_of(arena, peer->curl, "ETag"),
				   .retry_after = header_of(arena, peer->curl, "Retry-After"),
				   .body = buf_str(&exchange.body)};
	return NET_ANSWERED;
}
