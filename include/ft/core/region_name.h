/* SPDX-License-Identifier: Apache-2.0
 * Names of Chinese regions for English readers. */
#ifndef FT_CORE_REGION_NAME_H
#define FT_CORE_REGION_NAME_H

#include "ft/base/str.h"

/* From pinyin by syllables, as the source has it: "Bei Bei Qu" → "Beibei District", "Xi An Shi" → "Xi'an", "Gu Lu Zhen" →
 * "Gulu Town", "Shi Zhu Tu Jia Zu Zi Zhi Xian" → "Shizhu Tujia Autonomous County". The proper name is written as one word
 * (GB/T 16159), with an apostrophe before a syllable that begins with a vowel; the kind of place is translated. What has
 * no known kind is joined whole. */
struct str region_name_english(struct arena *arena, struct str pinyin);

#endif
