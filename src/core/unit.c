/* SPDX-License-Identifier: Apache-2.0
 * The table of units and exact conversion between them. */
#include "ft/core/unit.h"

#include <string.h>

/* To add a unit: one row here, in byte order of the code (UN/CEFACT Recommendation 20; packages:
 * Recommendation 21 with X before it); then its input aliases below, in byte order, in lower case. A factor
 * must keep six decimals exact within DECIMAL_PLACES: an ounce (12 decimals) does not, a pound (8) does. */
#define MASS(c, n, d, zh, en, s) \
	{ \
		c, DIMENSION_MASS, n, d, zh, en, s, false \
	}
#define VOLUME(c, n, d, zh, en, s) \
	{ \
		c, DIMENSION_VOLUME, n, d, zh, en, s, false \
	}
#define COUNT(c, n, zh, en, s) \
	{ \
		c, DIMENSION_COUNT, n, 1, zh, en, s, false \
	}
#define AREA(c, n, d, zh, en, s) \
	{ \
		c, DIMENSION_AREA, n, d, zh, en, s, false \
	}
#define LENGTH(c, n, d, zh, en, s) \
	{ \
		c, DIMENSION_LENGTH, n, d, zh, en, s, false \
	}
#define PACKAGE(c, zh, en) \
	{ \
		c, DIMENSION_PACKAGE, 1, 1, zh, en, zh, false \
	}

static const struct unit units[] = {
	COUNT("C62", 1, "个", "one", "个"),
	VOLUME("CLT", 1, 100, "厘升", "centilitre", "cL"),
	VOLUME("CMQ", 1, 1000, "立方厘米", "cubic centimetre", "cm³"),
	LENGTH("CMT", 1, 100, "厘米", "centimetre", "cm"),
	VOLUME("DMQ", 1, 1, "立方分米", "cubic decimetre", "dm³"),
	MASS("DTN", 100, 1, "公担", "decitonne", "dt"),
	COUNT("DZN", 12, "打", "dozen", "打"),
	COUNT("EA", 1, "个", "each", "个"),
	MASS("GRM", 1, 1000, "克", "gram", "g"),
	COUNT("H87", 1, "件", "piece", "件"),
	AREA("HAR", 1, 1, "公顷", "hectare", "ha"),
	COUNT("HEA", 1, "头（只）", "head", "头"),
	VOLUME("HLT", 100, 1, "百升", "hectolitre", "hL"),
	MASS("KGM", 1, 1, "千克", "kilogram", "kg"),
	LENGTH("KMT", 1000, 1, "千米", "kilometre", "km"),
	MASS("LBR", 45359237, 100000000, "磅", "pound", "lb"),
	VOLUME("LTR", 1, 1, "升", "litre", "L"),
	MASS("MGM", 1, 1000000, "毫克", "milligram", "mg"),
	VOLUME("MLT", 1, 1000, "毫升", "millilitre", "mL"),
	LENGTH("MMT", 1, 1000, "毫米", "millimetre", "mm"),
	AREA("MTK", 1, 10000, "平方米", "square metre", "m²"),
	VOLUME("MTQ", 1000, 1, "立方米", "cubic metre", "m³"),
	LENGTH("MTR", 1, 1, "米", "metre", "m"),
	COUNT("PR", 2, "对", "pair", "对"),
	MASS("TNE", 1000, 1, "吨", "tonne", "t"),
	PACKAGE("XBA", "桶（琵琶桶）", "barrel"),
	PACKAGE("XBE", "捆", "bundle"),
	PACKAGE("XBG", "袋", "bag"),
	PACKAGE("XBH", "束", "bunch"),
	PACKAGE("XBI", "料箱", "bin"),
	PACKAGE("XBJ", "桶", "bucket"),
	PACKAGE("XBK", "筐", "basket"),
	PACKAGE("XBO", "瓶", "bottle"),
	PACKAGE("XBX", "盒", "box"),
	PACKAGE("XCG", "笼", "cage"),
	PACKAGE("XCR", "板条箱", "crate"),
	PACKAGE("XCS", "套箱", "case"),
	PACKAGE("XCT", "箱", "carton"),
	PACKAGE("XCU", "杯", "cup"),
	PACKAGE("XCX", "罐", "can"),
	PACKAGE("XDR", "圆桶", "drum"),
	PACKAGE("XJR", "广口瓶", "jar"),
	PACKAGE("XNT", "网袋", "net"),
	PACKAGE("XPC", "包裹", "parcel"),
	PACKAGE("XPK", "包", "package"),
	PACKAGE("XPO", "小袋", "pouch"),
	PACKAGE("XPT", "盆", "pot"),
	PACKAGE("XPU", "托盒", "tray"),
	PACKAGE("XPX", "托盘", "pallet"),
	PACKAGE("XSA", "麻袋", "sack"),
	PACKAGE("XTB", "盆桶", "tub"),
	PACKAGE("XTY", "圆罐", "tank"),
	PACKAGE("XVP", "真空包装", "vacuum pack"),
	{"jin", DIMENSION_MASS, 1, 2, "斤", "jin (0.5 kg)", "斤", true},
};
enum { UNIT_COUNT = sizeof units / sizeof units[0] };

struct alias {
	const char *word, *code;
};
/* clang-format off */
static const struct alias aliases[] = {
	{"bag", "XBG"},      {"basket", "XBK"},  {"bottle", "XBO"},  {"box", "XBX"},     {"bunch", "XBH"},
	{"carton", "XCT"},   {"case", "XCS"},    {"cm", "CMT"},      {"crate", "XCR"},   {"dozen", "DZN"},
	{"each", "EA"},      {"g", "GRM"},       {"gram", "GRM"},    {"ha", "HAR"},      {"head", "HEA"},
	{"hectare", "HAR"},  {"hl", "HLT"},      {"jin", "jin"},     {"kg", "KGM"},      {"kgs", "KGM"},
	{"kilogram", "KGM"}, {"km", "KMT"},      {"l", "LTR"},       {"lb", "LBR"},      {"lbs", "LBR"},
	{"liter", "LTR"},    {"litre", "LTR"},   {"m", "MTR"},       {"m2", "MTK"},      {"m3", "MTQ"},
	{"metre", "MTR"},    {"mg", "MGM"},      {"ml", "MLT"},      {"mm", "MMT"},      {"pack", "XPK"},
	{"package", "XPK"},  {"pair", "PR"},     {"pallet", "XPX"},  {"pcs", "H87"},     {"piece", "H87"},
	{"pound", "LBR"},    {"sack", "XSA"},    {"t", "TNE"},       {"tonne", "TNE"},   {"tray", "XPU"},
	{"个", "C62"},       {"件", "H87"},      {"克", "GRM"},      {"公担", "DTN"},    {"公斤", "KGM"},
	{"公顷", "HAR"},     {"包", "XPK"},      {"匹", "HEA"},      {"千克", "KGM"},    {"升", "LTR"},
	{"只", "HEA"},       {"吨", "TNE"},      {"头", "HEA"},      {"对", "PR"},       {"尾", "HEA"},
	{"市斤", "jin"},     {"平方米", "MTK"},  {"打", "DZN"},      {"托盘", "XPX"},    {"斤", "jin"},
	{"枚", "H87"},       {"毫克", "MGM"},    {"毫升", "MLT"},    {"瓶", "XBO"},      {"盒", "XBX"},
	{"磅", "LBR"},       {"立方米", "MTQ"},  {"筐", "XBK"},      {"箱", "XCT"},      {"米", "MTR"},
	{"羽", "HEA"},       {"袋", "XBG"},
};
/* clang-format on */
enum { ALIAS_COUNT = sizeof aliases / sizeof aliases[0] };

enum { LONGEST_NAME = 16 }; /* no code or alias is longer */

static int compare_text(struct str text, const char *row)
{
	size_t row_len = strlen(row), shorter = text.len < row_len ? text.len : row_len;
	int order = memcmp(text.at, row, shorter);

	return order != 0 ? order : (text.len > row_len) - (text.len < row_len);
}

static const struct unit *find_code(struct str code)
{
	size_t low = 0, high = UNIT_COUNT;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = compare_text(code, units[middle].code);

		if (order == 0)
			return &units[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static const char *find_alias(struct str folded)
{
	size_t low = 0, high = ALIAS_COUNT;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = compare_text(folded, aliases[middle].word);

		if (order == 0)
			return aliases[middle].code;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

const struct unit *unit_find(struct str text)
{
	char folded[LONGEST_NAME];
	const struct unit *unit;
	const char *code;

	if (text.len == 0 || text.len > sizeof folded)
		return NULL;
	unit = find_code(text);
	if (unit != NULL)
		return unit;
	for (size_t i = 0; i < text.len; i++)
		folded[i] = lower(text.at[i]);
	code = find_alias((struct str){folded, text.len});
	return code != NULL ? find_code(str_of(code)) : NULL;
}

const struct unit *unit_base(enum dimension d)
{
	static const char *const codes[] = {
		[DIMENSION_MASS] = "KGM", [DIMENSION_VOLUME] = "LTR", [DIMENSION_COUNT] = "H87",
		[DIMENSION_AREA] = "HAR", [DIMENSION_LENGTH] = "MTR", [DIMENSION_PACKAGE] = NULL,
	};

	return codes[d] != NULL ? find_code(str_of(codes[d])) : NULL;
}

const struct unit *unit_at(size_t index)
{
	return index < UNIT_COUNT ? &units[index] : NULL;
}

struct str unit_hint(struct str text)
{
	if (str_equal_ignoring_case(text, STR("mu")) || str_equal(text, STR("亩")) ||
	    str_equal(text, STR("市亩")))
		return STR("1 mu is 1/15 ha, which no decimal writes exactly: measure in HAR or MTK"
			   " / 1 亩为 1/15 公顷，无法用十进制精确表示，请用 HAR 或 MTK");
	return (struct str){NULL, 0};
}

enum problem quantity_of(struct str value, struct str unit, struct quantity *ret)
{
	struct quantity quantity = {.value = value, .unit = unit_find(unit)};
	struct decimal amount;
	enum problem p;

	if (quantity.unit == NULL)
		return PROBLEM_UNIT_UNKNOWN;
	p = decimal_parse_quantity(value, &amount);
	if (p)
		return p;
	if (decimal_is_zero(amount) ||
	    !decimal_scale(amount, quantity.unit->numerator, quantity.unit->denominator, &quantity.base))
		return PROBLEM_QUANTITY_SYNTAX;
	*ret = quantity;
	return PROBLEM_NONE;
}

/* A positive decimal as a fraction in lowest terms, where both fit 64 bits. */
static bool as_fraction(struct decimal d, int64_t *ret_numerator, int64_t *ret_denominator)
{
	int128 one = decimal_of(1).units, a = d.units, b = one;

	if (a <= 0)
		return false;
	while (b != 0) {
		int128 rest = a % b;

		a = b;
		b = rest;
	}
	if (d.units / a > INT64_MAX || one / a > INT64_MAX)
		return false;
	*ret_numerator = (int64_t)(d.units / a);
	*ret_denominator = (int64_t)(one / a);
	return true;
}

static const struct package *package_find(const struct package *packages, size_t count,
					  const struct unit *unit)
{
	for (size_t i = 0; i < count; i++)
		if (packages[i].unit == unit)
			return &packages[i];
	return NULL;
}

/* What `amount` packages of `unit` hold in the wanted dimension. A package may hold packages (a carton of 12
 * boxes); each step uses a package up, so a table that contradicts itself ends. */
static bool unpack(struct decimal amount, const struct unit *unit, enum dimension wanted,
		   const struct unit *wanted_package, const struct package *packages, size_t count,
		   struct decimal *ret)
{
	for (size_t step = 0; step < count; step++) {
		const struct package *package = package_find(packages, count, unit);
		int64_t numerator, denominator;

		if (package == NULL || !as_fraction(package->holds.base, &numerator, &denominator) ||
		    !decimal_scale(amount, numerator, denominator, &amount))
			return false;
		unit = package->holds.unit;
		if (unit->dimension == wanted && (wanted != DIMENSION_PACKAGE || unit == wanted_package)) {
			*ret = amount;
			return true;
		}
	}
	return false;
}

/* 25 kg of a lot that is counted in boxes of 10 kg: 2.5 boxes, where that is exact. */
static bool pack_into(const struct quantity *q, const struct unit *wanted_package,
		      const struct package *packages, size_t count, struct decimal *ret)
{
	struct decimal holds;
	int64_t numerator, denominator;

	if (!unpack(decimal_of(1), wanted_package, q->unit->dimension, q->unit, packages, count, &holds) ||
	    !as_fraction(holds, &numerator, &denominator))
		return false;
	return decimal_scale(q->base, denominator, numerator, ret);
}

static bool fits(const struct quantity *q, enum dimension wanted, const struct unit *wanted_package)
{
	return q->unit->dimension == wanted && (wanted != DIMENSION_PACKAGE || q->unit == wanted_package);
}

enum problem quantity_in_dimension(const struct quantity *q, const struct quantity *net,
				   enum dimension wanted, const struct unit *wanted_package,
				   const struct package *packages, size_t count, struct decimal *ret)
{
	struct decimal found;

	if (fits(q, wanted, wanted_package))
		found = q->base;
	else if (net != NULL && fits(net, wanted, wanted_package))
		found = net->base;
	else if (!(q->unit->dimension == DIMENSION_PACKAGE &&
		   unpack(q->base, q->unit, wanted, wanted_package, packages, count, &found)) &&
		 !(wanted == DIMENSION_PACKAGE && pack_into(q, wanted_package, packages, count, &found)))
		return PROBLEM_UNIT_DIMENSION;
	*ret = found;
	return PROBLEM_NONE;
}
