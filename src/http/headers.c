/* SPDX-License-Identifier: Apache-2.0
 * Reads Accept, Accept-Language, Authorization, Content-Type, If-None-Match and their like. */
#include "headers_priv.h"

enum { BEARER_MAX = 512, REQUEST_ID_MIN = 8, REQUEST_ID_MAX = 64, QUALITY_ONE = 1000 };

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(char c, struct str set)
{
	for (size_t i = 0; i < set.len; i++)
		if (set.at[i] == c)
			return true;
	return false;
}

/* Thousandths: "1", "0.5", "1.000" (RFC 9110 §12.4.2); -1 for what is not that. */
static int quality_parse(struct str s)
{
	if (!s.len || s.len > 5 || (s.at[0] != '0' && s.at[0] != '1') || (s.len > 1 && s.at[1] != '.'))
		return -1;
	int value = s.at[0] == '1' ? QUALITY_ONE : 0, weight = 100;
	for (size_t i = 2; i < s.len; i++, weight /= 10) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return -1;
		value += (s.at[i] - '0') * weight;
	}
	return value <= QUALITY_ONE ? value : -1;
}

struct range {
	struct str name;
	int quality;
};

/* One element of a list of ranges with ";q=". A range whose weight cannot be read counts as not wanted. */
static struct range next_range(struct str *rest)
{
	struct str parameters = {0};
	struct str element = str_cut(*rest, ',', rest);
	struct range r = {str_trim(str_cut(element, ';', &parameters)), QUALITY_ONE};
	while (parameters.at) {
		struct str value = {0};
		struct str name = str_trim(str_cut(str_cut(parameters, ';', &parameters), '=', &value));
		if (str_equal_ignoring_case(name, STR("q")))
			r.quality = quality_parse(str_trim(value));
	}
	return r;
}

static bool is_language(struct str range, struct str language)
{
	if (range.len < language.len || (range.len > language.len && range.at[language.len] != '-'))
		return false;
	return str_equal_ignoring_case((struct str){range.at, language.len}, language);
}

static void raise(int *best, int quality)
{
	if (quality > *best)
		*best = quality;
}

enum language header_language(struct str asked, struct str accept_language)
{
	if (str_equal(asked, STR("en")))
		return LANGUAGE_EN;
	if (str_equal(asked, STR("zh")) || !accept_language.at)
		return LANGUAGE_ZH;

	int zh = -1, en = -1, any = -1;
	bool english_first = false;
	for (struct str rest = accept_language; rest.at;) {
		struct range r = next_range(&rest);
		if (is_language(r.name, STR("en"))) {
			english_first |= zh < 0;
			raise(&en, r.quality);
		} else if (is_language(r.name, STR("zh"))) {
			raise(&zh, r.quality);
		} else if (str_equal(r.name, STR("*"))) {
			raise(&any, r.quality);
		}
	}
	if (zh < 0)
		zh = any;
	if (en < 0) {
		en = any;
		english_first = false;
	}
	return en > 0 && (en > zh || (en == zh && english_first)) ? LANGUAGE_EN : LANGUAGE_ZH;
}

bool header_prefers_html(struct str accept)
{
	int html = 0, json = 0, any = 0;
	for (struct str rest = accept; rest.at;) {
		struct range r = next_range(&rest);
		if (str_equal_ignoring_case(r.name, STR("text/html")) ||
		    str_equal_ignoring_case(r.name, STR("application/xhtml+xml")))
			raise(&html, r.quality);
		else if (str_equal_ignoring_case(r.name, STR("application/json")) ||
			 str_equal_ignoring_case(r.name, STR("application/problem+json")))
			raise(&json, r.quality);
		else if (str_equal(r.name, STR("*/*")) ||
			 str_equal_ignoring_case(r.name, STR("application/*")))
			raise(&any, r.quality);
	}
	return html > 0 && html > json && html >= any;
}

int header_accept_weight(struct str accept, struct str media_type)
{
	int best = 0;
	for (struct str rest = accept; rest.at;) {
		struct range r = next_range(&rest);
		if (str_equal_ignoring_case(r.name, media_type))
			raise(&best, r.quality);
	}
	return best;
}

bool header_accepts(struct str list, struct str word)
{
	int named = -1, any = 0;
	for (struct str rest = list; rest.at;) {
		struct range r = next_range(&rest);
		if (str_equal_ignoring_case(r.name, word))
			named = r.quality > 0;
		else if (str_equal(r.name, STR("*")))
			any = r.quality > 0;
	}
	return named < 0 ? any : named;
}

struct str header_bearer(struct str authorization)
{
	struct str token = {0};
	struct str scheme = str_cut(authorization, ' ', &token);
	if (!token.at || !str_equal_ignoring_case(scheme, STR("Bearer")))
		return (struct str){0};
	token = str_trim(token);
	if (!token.len || token.len > BEARER_MAX)
		return (struct str){0};
	for (size_t i = 0; i < token.len; i++)
		if (!is_alphanumeric(token.at[i]) && !is_one_of(token.at[i], STR("-._~+/=")))
			return (struct str){0};
	return token;
}

static struct str opaque_tag(struct str etag)
{
	return str_starts(etag, STR("W/")) ? str_from(etag, 2) : etag;
}

bool header_etag_matches(struct str if_none_match, struct str etag)
{
	if (!if_none_match.at || !etag.at)
		return false;
	if (str_equal(str_trim(if_none_match), STR("*")))
		return true;
	/* An opaque tag may hold commas, so elements are cut at quotes. */
	struct str wanted = opaque_tag(etag);
	for (size_t i = 0; i < if_none_match.len; i++) {
		if (if_none_match.at[i] != '"')
			continue;
		size_t end = i + 1;
		while (end < if_none_match.len && if_none_match.at[end] != '"')
			end++;
		if (end < if_none_match.len &&
		    str_equal((struct str){if_none_match.at + i, end - i + 1}, wanted))
			return true;
		i = end;
	}
	return false;
}

bool header_request_id_is_usable(struct str id)
{
	if (id.len < REQUEST_ID_MIN || id.len > REQUEST_ID_MAX)
		return false;
	for (size_t i = 0; i < id.len; i++)
		if (!is_alphanumeric(id.at[i]) && !is_one_of(id.at[i], STR("._-")))
			return false;
	return true;
}

static struct str unquoted(struct str s)
{
	if (s.len >= 2 && s.at[0] == '"' && s.at[s.len - 1] == '"')
		return (struct str){s.at + 1, s.len - 2};
	return s;
}

struct str header_media_type(struct str content_type, bool *ret_utf8)
{
	struct str parameters = {0};
	struct str type = str_trim(str_cut(content_type, ';', &parameters));
	bool utf8 = true;
	while (parameters.at) {
		struct str value = {0};
		struct str name = str_trim(str_cut(str_cut(parameters, ';', &parameters), '=', &value));
		if (str_equal_ignoring_case(name, STR("charset")))
			utf8 = str_equal_ignoring_case(unquoted(str_trim(value)), STR("utf-8"));
	}
	*ret_utf8 = utf8;
	return type;
}

struct str header_forwarded_for(struct str x_forwarded_for)
{
	struct str last = {0};
	for (struct str rest = x_forwarded_for; rest.at;)
		last = str_trim(str_cut(rest, ',', &rest));
	return last;
}

bool header_content_length(struct str value, uint64_t *ret)
{
	uint64_t length = 0;
	if (!value.len || value.len > 18) /* 18 digits cannot overflow */
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return false;
		length = length * 10 + (uint64_t)(value.at[i] - '0');
	}
	*ret = length;
	return true;
}

int64_t header_prefer_wait(struct str prefer)
{
	while (prefer.at) {
		struct str value = {0}, parameters = {0};
		struct str element = str_cut(str_cut(prefer, ',', &prefer), ';', &parameters);
		struct str name = str_trim(str_cut(element, '=', &value));
		uint64_t seconds;
		if (str_equal_ignoring_case(name, STR("wait")))
			return header_content_length(str_trim(value), &seconds) ? (int64_t)seconds : 0;
	}
	return 0;
}
