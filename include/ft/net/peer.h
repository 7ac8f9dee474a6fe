/* SPDX-License-Identifier: Apache-2.0
 * HTTP and HTTPS to one server as its client. Certificates are always checked, redirects never followed; answers have
 * limits of size and time. */
#ifndef FT_NET_PEER_H
#define FT_NET_PEER_H

#include "ft/base/problem.h"

/* http://HOST[:PORT][/PATH] or https://…, without user, query or fragment. */
struct net_address {
	struct str root; /* https://host:port, as it is asked */
	struct str path; /* "/path" without a slash at its end; absent: none */
	bool tls;
	bool loopback; /* localhost, 127.x.y.z or [::1]: what is said to it leaves no machine */
};
/* false: not such an address. */
bool net_address_parse(struct arena *arena, struct str text, struct net_address *ret) must_check;

struct net_peer; /* one server; its connection is kept between questions. Of one thread. */
/* Connects when first asked. A proxy is taken from the environment (http_proxy, https_proxy, no_proxy) for all that is not
 * loopback; authorities from SSL_CERT_FILE, else those of the system. Lives with the arena. */
struct net_peer *net_peer_create(struct arena *arena, const struct net_address *address);

struct net_header {
	struct str name, value; /* no line ends in them */
};
enum { NET_HEADERS = 8 };
struct net_question {
	struct str method, path; /* path with its query */
	struct str body;         /* absent: none */
	struct net_header headers[NET_HEADERS];
	size_t header_count;
};
struct net_answer {
	int status;
	struct str content_type, etag, retry_after, body; /* absent: not said */
};
enum net_outcome {
	NET_ANSWERED,
	NET_UNREACHABLE,    /* no address, no connection, or none that lasted */
	NET_UNTRUSTED,      /* the certificate is not, or no longer, vouched for by an authority known here */
	NET_OTHER_HOST,     /* the certificate is that of another host */
	NET_NO_AUTHORITIES, /* SSL_CERT_FILE cannot be read */
	NET_UNUSABLE,       /* not HTTP, or more of it than is read */
};
/* Answers live in `arena`. A connection that idled and was closed meanwhile is made anew. */
enum net_outcome net_ask(struct net_peer *peer, struct arena *arena, const struct net_question *question,
			 struct net_answer *ret) must_check;

#endif
