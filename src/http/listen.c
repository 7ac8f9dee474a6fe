/* SPDX-License-Identifier: Apache-2.0
 * Opens the listening socket, and refuses to be reachable in the clear from other machines. */
#include "server_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len;
	bool loopback;
};

static enum problem refuse(struct fault *reterr, const char *setting, struct str detail)
{
	enum problem p = fault_set(reterr, PROBLEM_CONFIG, "setting", "%s", setting);
	reterr->detail = detail;
	return p;
}

/* An address, "[::1]" or "localhost"; names are not looked up, for what they mean can change overnight. */
static bool address_parse(struct str text, uint16_t port, struct address *ret)
{
	char literal[INET6_ADDRSTRLEN] = {0};
	if (str_starts(text, STR("[")) && str_ends(text, STR("]")) && text.len > 2)
		text = (struct str){text.at + 1, text.len - 2};
	if (str_equal_ignoring_case(text, STR("localhost")))
		text = STR("127.0.0.1");
	if (!text.len || text.len >= sizeof literal)
		return false;
	memcpy(literal, text.at, text.len);

	struct address address = {0};
	if (inet_pton(AF_INET, literal, &address.v4.sin_addr) == 1) {
		address.v4.sin_family = AF_INET;
		address.v4.sin_port = htons(port);
		address.len = sizeof address.v4;
		address.loopback = ntohl(address.v4.sin_addr.s_addr) >> 24 == 127;
	} else if (inet_pton(AF_INET6, literal, &address.v6.sin6_addr) == 1) {
		const uint8_t *octets = address.v6.sin6_addr.s6_addr;
		address.v6.sin6_family = AF_INET6;
		address.v6.sin6_port = htons(port);
		address.len = sizeof address.v6;
		address.loopback = IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr) ||
				   (IN6_IS_ADDR_V4MAPPED(&address.v6.sin6_addr) && octets[12] == 127);
	} else {
		return false;
	}
	*ret = address;
	return true;
}

static struct str bind_failure(int error)
{
	switch (error) {
	case EADDRINUSE:
		return STR("another program listens on this address and port; choose another FARMTRAIL_PORT");
	case EADDRNOTAVAIL:
		return STR("this machine does not have the address in FARMTRAIL_LISTEN");
	case EACCES:
		return STR("ports below 1024 need a privilege that this process does not have");
	default:
		return str_of(strerrordesc_np(error));
	}
}

static int socket_listen(const struct address *address)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	int yes = 1, both_families = 0;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (address->any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &both_families, sizeof both_families);
	if (!bind(fd, &address->any, address->len) && !listen(fd, SOMAXCONN))
		return fd;
	int error = errno;
	close(fd);
	return -error;
}

static int port_of(int fd)
{
	struct address bound = {.len = sizeof bound.v6};
	if (getsockname(fd, &bound.any, &bound.len))
		return 0;
	return ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
}

enum problem listen_open(const struct config *config, int *ret_fd, int *ret_port, struct fault *reterr)
{
	struct address address;
	if (!address_parse(config->listen, (uint16_t)config->port, &address))
		return refuse(reterr, "FARMTRAIL_LISTEN", STR("not an IPv4 or IPv6 address"));
	if (!config->tls_cert.len != !config->tls_key.len)
		return refuse(reterr, config->tls_cert.len ? "FARMTRAIL_TLS_KEY" : "FARMTRAIL_TLS_CERT",
			      STR("a certificate and its key are needed together"));
	if (!address.loopback && !config->tls_cert.len && !config->behind_proxy && !config->lan)
		return refuse(
			reterr, "FARMTRAIL_LISTEN",
			STR("other than loopback needs FARMTRAIL_TLS_CERT and FARMTRAIL_TLS_KEY, or "
			    "FARMTRAIL_BEHIND_PROXY, or FARMTRAIL_LAN for a trial in a network you trust"));
	int fd = socket_listen(&address);
	if (fd < 0)
		return refuse(reterr, "FARMTRAIL_LISTEN", bind_failure(-fd));
	*ret_fd = fd;
	*ret_port = port_of(fd);
	return PROBLEM_NONE;
}
