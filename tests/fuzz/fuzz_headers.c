/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as the value of each request header that is parsed. */
#include <assert.h>
#include <string.h>

#include "headers_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/=";
	struct str value = {(const char *)data, size};
	bool utf8 = false;
	uint64_t length = 0;

	enum language language = header_language((struct str){0}, value);
	assert(language == LANGUAGE_ZH || language == LANGUAGE_EN);
	assert(!header_prefers_html(value) || size >= strlen("text/html"));
	assert(!header_accepts(value, STR("gzip")) || size > 0);

	struct str bearer = header_bearer(value);
	assert(bearer.len <= 512 && (!bearer.at || bearer.len > 0));
	for (size_t i = 0; i < bearer.len; i++)
		assert(strchr(plain, bearer.at[i]) && bearer.at[i]);

	if (header_etag_matches(value, STR("\"7\"")))
		assert(memmem(data, size, "\"7\"", 3) || memchr(data, '*', size));
	assert(!header_request_id_is_usable(value) || (size >= 8 && size <= 64));
	assert(header_media_type(value, &utf8).len <= size);
	assert(header_forwarded_for(value).len <= size);
	if (header_content_length(value, &length))
		assert(size > 0 && size <= 18 && length < UINT64_C(1000000000000000000));
	if (header_prefer_wait(value))
		assert(size > strlen("wait="));
	return 0;
}
