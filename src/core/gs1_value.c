/* SPDX-License-Identifier: Apache-2.0
 * Whether the value of an Application Identifier has the form that the table asks for. */
#include <assert.h>
#include <string.h>

#include "ft/core/gs1_key.h"

#include "gs1_priv.h"

/* Codes one after the other; the lists change about once in two years, see the maintenance agencies' newsletters. */
static const char countries[] = /* ISO 3166-1 numeric */
	"004008010012016020024028031032036040044048050051052056060064068070072074076084086090092096100104"
	"108112116120124132136140144148152156158162166170174175178180184188191192196203204208212214218222"
	"226231232233234238239242246248250254258260262266268270275276288292296300304308312316320324328332"
	"334336340344348352356360364368372376380384388392398400404408410414417418422426428430434438440442"
	"446450454458462466470474478480484492496498499500504508512516520524528531533534535540548554558562"
	"566570574578580581583584585586591598600604608612616620624626630634638642643646652654659660662663"
	"666670674678682686688690694702703704705706710716724728729732740744748752756760762764768772776780"
	"784788792795796798800804807818826831832833834840850854858860862876882887894";
static const char country_letters[] = /* ISO 3166-1 alpha-2 */
	"ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCN"
	"COCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHM"
	"HNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMK"
	"MLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURW"
	"SASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVI"
	"VNVUWFWSYEYTZAZMZW";
static const char currencies[] = /* ISO 4217 numeric */
	"008012032036044048050051052060064068072084090096104108116124132136144152156170174188191192203208"
	"214222230232238242262270292320324328332340344348352356360364368376388392398400404408410414417418"
	"422426430434446454458462480484496498504512516524532533548554558566578586590598600604608634643646"
	"654682690694702704706710728748752756760764776780784788800807818826834840858860882886901925926927"
	"928929930931932933934936938940941943944946947948949950951952953955956957958959960961962963964965"
	"967968969970971972973975976977978979980981984985986990994997999";

static bool is_listed(struct str code, const char *list)
{
	for (const char *at = list; *at; at += code.len)
		if (!memcmp(at, code.at, code.len))
			return true;
	return false;
}

static bool is_country(struct str s)
{
	return is_listed(s, countries);
}

/* 999: the processor is in several countries. */
static bool is_country_or_999(struct str s)
{
	return is_country(s) || str_equal(s, STR("999"));
}

static bool is_country_letters(struct str s)
{
	return is_listed(s, country_letters);
}

static bool is_currency(struct str s)
{
	return is_listed(s, currencies);
}

static int two_digits(struct str s, size_t at)
{
	return (s.at[at] - '0') * 10 + s.at[at + 1] - '0';
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return days[month - 1] + (month == 2 && leap);
}

static bool is_day_of(int year, int month, int day)
{
	return month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month);
}

/* Two-digit years lie within 50 years of today; 2000 is the only round one among them for decades. */
static bool is_date(struct str s)
{
	return is_day_of(2000 + two_digits(s, 0), two_digits(s, 2), two_digits(s, 4));
}

/* Day 00: the whole month. */
static bool is_date_or_month(struct str s)
{
	int month = two_digits(s, 2);
	return is_date(s) || (two_digits(s, 4) == 0 && month >= 1 && month <= 12);
}

static bool is_long_date(struct str s)
{
	return is_day_of(two_digits(s, 0) * 100 + two_digits(s, 2), two_digits(s, 4), two_digits(s, 6));
}

static bool is_hour(struct str s)
{
	return two_digits(s, 0) <= 23;
}

static bool is_sixtieth(struct str s)
{
	return two_digits(s, 0) <= 59;
}

static bool is_time(struct str s)
{
	return is_hour(s) && is_sixtieth(str_from(s, 2));
}

static bool begins_with_prefix(struct str s)
{
	return s.len >= 4 && gs1_is_digits((struct str){s.at, 4});
}

static bool has_prefix_at_2(struct str s)
{
	return begins_with_prefix(str_from(s, 1));
}

static bool is_zero(struct str s)
{
	return str_equal(s, STR("0"));
}

static bool is_not_zero(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] != '0')
			return true;
	return false;
}

static bool has_no_zero_in_front(struct str s)
{
	return s.len == 1 || s.at[0] != '0';
}

static bool is_yes_or_no(struct str s)
{
	return s.at[0] == '0' || s.at[0] == '1';
}

static bool is_hyphen(struct str s)
{
	return s.at[0] == '-';
}

static bool is_winding(struct str s)
{
	return s.at[0] == '0' || s.at[0] == '1' || s.at[0] == '9';
}

static bool is_sex(struct str s) /* ISO/IEC 5218 */
{
	return s.at[0] == '0' || s.at[0] == '1' || s.at[0] == '2' || s.at[0] == '9';
}

static bool is_piece_of_total(struct str s)
{
	int piece = two_digits(s, 0), total = two_digits(s, 2);
	return piece >= 1 && piece <= total;
}

/* "1/3": the first of three born together. */
static bool is_place_in_sequence(struct str s)
{
	return s.at[0] >= '1' && s.at[1] == '/' && s.at[2] <= '9' && s.at[0] <= s.at[2];
}

static bool is_media_type(struct str s)
{
	int type = two_digits(s, 0);
	return (type >= 1 && type <= 10) || type >= 80;
}

/* Tenths of a millionth of a degree, counted from 90° south and from 180° west. */
static bool is_latitude(struct str s)
{
	return str_compare(s, STR("1800000000")) <= 0;
}

static bool is_longitude(struct str s)
{
	return str_compare(s, STR("3600000000")) <= 0;
}

static bool is_cset64(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		bool fits = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			    c == '-' || c == '_';
		if (!fits)
			return false;
	}
	return true;
}

static bool is_cset39(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '#' || c == '-' || c == '/'))
			return false;
	}
	return true;
}

static bool is_hexadecimal(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

/* Names and addresses carry other scripts percent-encoded inside the value itself. */
static bool has_whole_escapes(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] == '%' &&
		    (i + 2 >= s.len || !is_hexadecimal(s.at[i + 1]) || !is_hexadecimal(s.at[i + 2])))
			return false;
	return true;
}

/* ISO 13616: the first four characters go to the end, letters become 10 to 35, the whole modulo 97 is 1. */
static bool is_iban(struct str s)
{
	if (s.len < 5 || s.at[0] < 'A' || s.at[1] < 'A') /* two letters, two check digits */
		return false;
	unsigned rest = 0;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[(i + 4) % s.len];
		if (c >= '0' && c <= '9')
			rest = (rest * 10 + (unsigned)(c - '0')) % 97;
		else if (c >= 'A' && c <= 'Z')
			rest = (rest * 100 + (unsigned)(c - 'A') + 10) % 97;
		else
			return false;
	}
	return rest == 1;
}

static const struct check {
	const char *name;
	bool (*holds)(struct str component);
	const char *rule;
} checks[] = {
	{"csum", gs1_check_digit_holds, "check-digit"},
	{"csumalpha", gs1_gmn_check_holds, "check-digit"},
	{"iban", is_iban, "check-digit"},
	{"gcppos1", begins_with_prefix, "company-prefix"},
	{"gcppos2", has_prefix_at_2, "company-prefix"},
	{"yymmdd", is_date, "date"},
	{"yymmd0", is_date_or_month, "date"},
	{"yyyymmdd", is_long_date, "date"},
	{"hhmi", is_time, "time"},
	{"hh", is_hour, "time"},
	{"mi", is_sixtieth, "time"},
	{"ss", is_sixtieth, "time"},
	{"iso3166", is_country, "code"},
	{"iso3166999", is_country_or_999, "code"},
	{"iso3166alpha2", is_country_letters, "code"},
	{"iso4217", is_currency, "code"},
	{"iso5218", is_sex, "code"},
	{"mediatype", is_media_type, "code"},
	{"yesno", is_yes_or_no, "code"},
	{"winding", is_winding, "code"},
	{"hyphen", is_hyphen, "charset"},
	{"importeridx", is_cset64, "charset"},
	{"pcenc", has_whole_escapes, "charset"},
	{"zero", is_zero, "range"},
	{"nonzero", is_not_zero, "range"},
	{"nozeroprefix", has_no_zero_in_front, "range"},
	{"pieceoftotal", is_piece_of_total, "range"},
	{"posinseqslash", is_place_in_sequence, "range"},
	{"latitude", is_latitude, "range"},
	{"longitude", is_longitude, "range"},
};

static const struct check *check_named(struct str name)
{
	size_t i = 0;
	while (i < sizeof checks / sizeof *checks && !str_equal(name, str_of(checks[i].name)))
		i++;
	assert(i < sizeof checks / sizeof *checks);
	return &checks[i];
}

struct component {
	char type;
	bool optional, variable;
	size_t len; /* the longest, if variable */
	struct str checks;
};

/* "[N..12],csum" and the like */
static struct component component_of(struct str form)
{
	struct component component = {0};
	struct str shape = str_cut(form, ',', &component.checks);
	component.optional = shape.at[0] == '[';
	shape = str_from(shape, component.optional);
	component.type = shape.at[0];
	shape = str_from(shape, 1);
	component.variable = shape.at[0] == '.';
	for (size_t i = component.variable ? 2 : 0; i < shape.len && shape.at[i] != ']'; i++)
		component.len = component.len * 10 + (size_t)(shape.at[i] - '0');
	return component;
}

static bool has_type(struct str part, char type)
{
	switch (type) {
	case 'N':
		return gs1_is_digits(part);
	case 'X':
		return gs1_is_cset82(part);
	case 'Y':
		return is_cset39(part);
	default:
		return is_cset64(part);
	}
}

static const char *component_check(const struct component *component, struct str part)
{
	if (!component->variable && part.len < component->len)
		return "length";
	if (!has_type(part, component->type))
		return "charset";
	struct str name, rest = component->checks;
	while (rest.at) {
		name = str_cut(rest, ',', &rest);
		const struct check *check = check_named(name);
		if (!check->holds(part))
			return check->rule;
	}
	return NULL;
}

const char *gs1_value_check(const struct gs1_ai *ai, struct str value)
{
	struct str form = str_of(ai->form);
	while (form.at) {
		struct component component = component_of(str_cut(form, ' ', &form));
		size_t len = value.len < component.len ? value.len : component.len;
		if (!len && component.optional)
			break;
		if (!len)
			return "length";
		const char *wrong = component_check(&component, (struct str){value.at, len});
		if (wrong)
			return wrong;
		value = str_from(value, len);
	}
	return value.len ? "length" : NULL;
}
