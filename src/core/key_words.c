/* SPDX-License-Identifier: Apache-2.0
 * Key statements in words: why a key is there, and who keeps it. */
#include "ft/core/statement.h"

/* To add one: here with its text, in KEY_REASONS of verifier.html, and in the check of enrolment.reason. */
const char *const key_reasons[] = {"lost",       "compromise", "custody", "staff-change",
				   "new-device", "new-use",    NULL};
static const char *const texts[][2] = {
	{[LANGUAGE_ZH] = "原密钥遗失", [LANGUAGE_EN] = "an earlier key was lost"},
	{[LANGUAGE_ZH] = "原密钥失窃", [LANGUAGE_EN] = "an earlier key was stolen"},
	{[LANGUAGE_ZH] = "密钥保管方变更", [LANGUAGE_EN] = "another keeps the key"},
	{[LANGUAGE_ZH] = "保管人员变动", [LANGUAGE_EN] = "who kept an earlier key has left"},
	{[LANGUAGE_ZH] = "增加签名设备", [LANGUAGE_EN] = "another device signs as well"},
	{[LANGUAGE_ZH] = "用于新的用途", [LANGUAGE_EN] = "it is for a new use"},
};
_Static_assert(sizeof texts / sizeof texts[0] + 1 == sizeof key_reasons / sizeof key_reasons[0],
	       "a text for each");

struct str key_reason_text(struct str word, enum language language)
{
	for (size_t i = 0; key_reasons[i]; i++)
		if (str_equal(word, str_of(key_reasons[i])))
			return str_of(texts[i][language]);
	return (struct str){NULL, 0};
}

struct str key_statement_words(struct arena *arena, const struct statement *key, enum language language)
{
	static const char *const said[][2] = {
		{[LANGUAGE_ZH] = "密钥声明指明此密钥与组织，并由该密钥签署；密钥由服务方代为保管",
		 [LANGUAGE_EN] = "The key statement names this key and this organisation and is signed with "
				 "the key, which the service holds for the organisation"},
		{[LANGUAGE_ZH] = "密钥声明指明此密钥与组织，并由该密钥签署；密钥由该组织自己保管",
		 [LANGUAGE_EN] = "The key statement names this key and this organisation and is signed with "
				 "the key, which the organisation holds itself"}};
	static const char *const vouched[] = {
		[LANGUAGE_ZH] = "；非首个密钥，仅由登记机构担保，原因：",
		[LANGUAGE_EN] = "; it is not the first, and the registrar alone vouches for it: "};
	const char *words = said[str_equal(key->custody, STR("self"))][language];
	struct str reason = key_reason_text(key->reason, language);
	return reason.at ? arena_printf(arena, "%s%s%.*s", words, vouched[language], STR_ARGS(reason))
			 : str_of(words);
}
