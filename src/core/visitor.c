/* SPDX-License-Identifier: Apache-2.0
 * Tells scans from other visits, and visits from many networks from many visits of one. */
#include "ft/core/visitor.h"

#include <arpa/inet.h>
#include <string.h>

#include "ft/crypto/digest.h"

enum { V4_NETWORK = 3, V6_NETWORK = 6, MAPPED_PREFIX = 12, NETWORK_BITS = 63 };

/* Words that crawlers and link previews name themselves by, in small letters. To add one: a row, and its agent in
 * tests/unit/core/test_visitor.c. */
static const char *const robots[] = {
	"spider",        "crawl",   "slurp",  "facebookexternalhit", "whatsapp/", "preview",   "embedly",
	"mediapartners", "monitor", "uptime", "lighthouse",          "archiver",  "validator", "scrapy",
	"externalhit",
};

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool holds(struct str text, struct str word, size_t *ret_at)
{
	for (size_t i = 0; i + word.len <= text.len; i++) {
		size_t k = 0;
		while (k < word.len && small(text.at[i + k]) == word.at[k])
			k++;
		if (k == word.len) {
			*ret_at = i;
			return true;
		}
	}
	return false;
}

/* Googlebot, bingbot/2.0, "AhrefsBot;" — but not Cubot, which makes telephones. */
static bool names_a_bot(struct str agent)
{
	size_t at;
	for (struct str rest = agent; holds(rest, STR("bot"), &at); rest = str_from(rest, at + 3)) {
		bool is_phone = at >= 2 && small(rest.at[at - 2]) == 'c' && small(rest.at[at - 1]) == 'u';
		if (!is_phone)
			return true;
	}
	return false;
}

static bool is_robot(struct str agent)
{
	size_t at;
	for (size_t i = 0; i < sizeof robots / sizeof *robots; i++)
		if (holds(agent, str_of(robots[i]), &at))
			return true;
	return names_a_bot(agent);
}

bool visit_is_scan(const struct visit *visit)
{
	size_t at;
	if (visit->head)
		return false;
	if (visit->purpose.at &&
	    (holds(visit->purpose, STR("prefetch"), &at) || holds(visit->purpose, STR("preview"), &at) ||
	     holds(visit->purpose, STR("prerender"), &at)))
		return false;
	return !visit->user_agent.at || !is_robot(visit->user_agent);
}

struct bytes visit_network(struct arena *arena, struct str address)
{
	static const uint8_t mapped[MAPPED_PREFIX] = {[10] = 0xff, [11] = 0xff};
	uint8_t *octets = arena_alloc(arena, sizeof(struct in6_addr));
	const char *text = arena_str(arena, address).at;
	if (inet_pton(AF_INET, text, octets) == 1)
		return (struct bytes){octets, V4_NETWORK};
	if (inet_pton(AF_INET6, text, octets) != 1)
		return (struct bytes){NULL, 0};
	if (!memcmp(octets, mapped, sizeof mapped))
		return (struct bytes){octets + MAPPED_PREFIX, V4_NETWORK};
	return (struct bytes){octets, V6_NETWORK};
}

int visit_network_bit(struct bytes key, struct str code, int32_t day, struct bytes network)
{
	static const char domain[] = "farmtrail-scan-v1";        /* its NUL ends it */
	uint8_t data[sizeof domain + 4 + 32 + V6_NETWORK] = {0}; /* codes have at most 17 characters */
	size_t len = sizeof domain, code_len = code.len < 32 ? code.len : 32;
	memcpy(data, domain, len);
	for (int i = 0; i < 4; i++)
		data[len++] = (uint8_t)((uint32_t)day >> (24 - 8 * i));
	memcpy(data + len, code.at, code_len);
	len += 32;
	memcpy(data + len, network.at, network.len);
	struct sha256 hmac = hmac_sha256(key, (struct bytes){data, len + network.len});
	return hmac.octets[0] % NETWORK_BITS;
}
