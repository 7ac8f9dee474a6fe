/* SPDX-License-Identifier: Apache-2.0
 * Addresses of servers, read by the same parser that asks them: who checks a host must not read another one than is called. */
#include <arpa/inet.h>
#include <string.h>

#include <curl/curl.h>

#include "ft/net/peer.h"

enum { MAX_ADDRESS = 2048 };

static void release(void *url)
{
	curl_url_cleanup(url);
}

/* Absent: there is no such part. */
static struct str part(struct arena *arena, CURLU *url, CURLUPart what)
{
	char *text = NULL;
	if (curl_url_get(url, what, &text, 0))
		return (struct str){NULL, 0};
	struct str copy = arena_str(arena, str_of(text));
	curl_free(text);
	return copy;
}

static bool is_loopback(struct str host)
{
	struct in_addr v4;
	if (str_equal(host, STR("localhost")) || str_equal(host, STR("[::1]")))
		return true;
	return inet_pton(AF_INET, host.at, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

/* A host is a name of letters, digits, '-' and '.', or a number in brackets: nothing that a certificate could not name. */
static bool is_host(struct str host)
{
	for (size_t i = 0; i < host.len; i++) {
		char c = host.at[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '-' || c == '.' || c == '[' || c == ']' || c == ':'))
			return false;
	}
	return host.len > 0;
}

bool net_address_parse(struct arena *arena, struct str text, struct net_address *ret)
{
	static const CURLUPart none_of[] = {CURLUPART_USER,  CURLUPART_PASSWORD, CURLUPART_OPTIONS,
					    CURLUPART_QUERY, CURLUPART_FRAGMENT, CURLUPART_ZONEID};
	CURLU *url = text.len <= MAX_ADDRESS ? curl_url() : NULL;
	if (!url)
		return false;
	arena_defer(arena, release, url);
	if (memchr(text.at, '\0', text.len) || curl_url_set(url, CURLUPART_URL, arena_str(arena, text).at, 0))
		return false;
	for (size_t i = 0; i < sizeof none_of / sizeof none_of[0]; i++)
		if (part(arena, url, none_of[i]).at)
			return false;
	struct str scheme = part(arena, url, CURLUPART_SCHEME), host = part(arena, url, CURLUPART_HOST);
	struct str port = part(arena, url, CURLUPART_PORT), path = part(arena, url, CURLUPART_PATH);
	bool tls = str_equal(scheme, STR("https"));
	if ((!tls && !str_equal(scheme, STR("http"))) || !host.at || !is_host(host) ||
	    str_equal(port, STR("0")))
		return false;
	while (path.len && path.at[path.len - 1] == '/')
		path.len--;
	*ret = (struct net_address){
		.root = arena_printf(arena, "%.*s://%.*s%s%.*s", STR_ARGS(scheme), STR_ARGS(host),
				     port.at ? ":" : "", STR_ARGS(port)),
		.path = path.len ? path : (struct str){NULL, 0},
		.tls = tls,
		.loopback = is_loopback(host),
	};
	return true;
}
