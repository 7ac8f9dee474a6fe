/* SPDX-License-Identifier: Apache-2.0
 * Puts trust, and the digest of its own script, into the page of verifier.html. */
#include "ft/core/verifier.h"

#include <assert.h>
#include <string.h>

#include "ft/base/text.h"
#include "ft/codec/json.h"
#include "ft/crypto/digest.h"
#include "verifier_priv.h"

/* What stands between two marks of the page, which has each once. */
static struct str between(struct str page, struct str open, struct str close)
{
	const char *start = memmem(page.at, page.len, open.at, open.len);
	assert(start);
	struct str rest = str_from(page, (size_t)(start - page.at) + open.len);
	const char *end = memmem(rest.at, rest.len, close.at, close.len);
	assert(end);
	return (struct str){rest.at, (size_t)(end - rest.at)};
}

/* In JSON inside HTML: "</script>" must not end it. */
static void put_trust(struct buf *out, struct str policy, struct str registrar)
{
	struct buf json = buf_create(out->arena, policy.len + registrar.len + 64);
	struct json_writer w = json_writer(&json);
	json_begin_object(&w);
	json_pair(&w, STR("policy"), policy.at ? policy : STR(""));
	json_pair(&w, STR("registrar"), registrar.at ? registrar : STR(""));
	json_end_object(&w);
	for (size_t i = 0; i < json.len; i++) {
		if (json.at[i] == '<')
			buf_put(out, STR("\\u003c"));
		else
			buf_put_char(out, json.at[i]);
	}
}

struct str verifier_security_policy(struct arena *arena)
{
	struct str page = {verifier_template, verifier_template_len};
	struct sha256 hash = sha256_of(str_bytes(between(page, STR("<script>"), STR("</script>\n</body>"))));
	struct str encoded = base64_encode(arena, sha256_bytes(&hash));
	return arena_printf(
		arena,
		"default-src 'none'; script-src 'sha256-%.*s'; style-src 'unsafe-inline'; base-uri 'none'; "
		"form-action 'none'",
		STR_ARGS(encoded));
}

struct str verifier_page(struct arena *arena, struct str policy, struct str registrar)
{
	struct str page = {verifier_template, verifier_template_len};
	struct str head = between(page, STR("<!"), STR("@SECURITY@"));
	struct str middle = between(page, STR("@SECURITY@"), STR("@TRUST@"));
	struct str tail = between(page, STR("@TRUST@"), STR("</html>"));
	struct buf out = buf_create(arena, page.len + policy.len + registrar.len + 512);
	buf_put(&out, STR("<!"));
	buf_put(&out, head);
	buf_put(&out, verifier_security_policy(arena));
	buf_put(&out, middle);
	put_trust(&out, policy, registrar);
	buf_put(&out, tail);
	buf_put(&out, STR("</html>\n"));
	return buf_str(&out);
}
