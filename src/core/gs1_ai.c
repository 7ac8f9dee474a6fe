/* SPDX-License-Identifier: Apache-2.0
 * The table of GS1 Application Identifiers that may stand in a Digital Link URI. */
#include <string.h>

#include "gs1_priv.h"

enum { A = GS1_ATTRIBUTE, K = GS1_KEY, Q = GS1_QUALIFIER };
#define OWN_FAMILY "=" /* the others that differ in the last digit only, the number of decimals */

/* GS1 General Specifications, section 3, as of January 2026. AIs that no Digital Link may carry are left out: they are
 * refused like unknown ones.
 *
 * To add one: a row in order of numbers. A range holds what lies between first and last digit by digit ("3100" to
 * "3165": third digit 0-6, fourth 0-5). The form is a list of components separated by spaces: N digits, X character
 * set 82, Y set 39, Z set 64; a number is a fixed length, ".." and a number a longest one; in brackets optional; after
 * commas the checks that gs1_value.c knows by these names. */
/* clang-format off */
static const struct gs1_ai table[] = {
	{"00", "00", A|K, "N18,csum,gcppos2"},
	{"01", "01", A|K, "N14,csum,gcppos2", .excludes = "255,37", .qualifiers = "22,10,21|235"},
	{"02", "02", A, "N14,csum,gcppos2", .needs = "37", .excludes = "01"},
	{"10", "10", A|Q, "X..20", .needs = "01,02,8006,8026"},
	{"11", "11", A, "N6,yymmd0", .needs = "01,02,8006,8026"},
	{"12", "12", A, "N6,yymmd0", .needs = "8020"},
	{"13", "13", A, "N6,yymmd0", .needs = "01,02,8006,8026"},
	{"15", "16", A, "N6,yymmd0", .needs = "01,02,8006,8026"},
	{"17", "17", A, "N6,yymmd0", .needs = "01,02,255,8006,8026"},
	{"20", "20", A, "N2", .needs = "01,02,8006,8026"},
	{"21", "21", Q, "X..20", .needs = "01,8006", .excludes = "235"},
	{"22", "22", Q, "X..20", .needs = "01"},
	{"235", "235", Q, "X..28", .needs = "01"},
	{"240", "241", A, "X..30", .needs = "01,02,8006,8026"},
	{"242", "242", A, "N..6", .needs = "01,02,8006,8026"},
	{"243", "243", A, "X..20", .needs = "01"},
	{"250", "250", A, "X..30", .needs = "01+21,8006+21"},
	{"251", "251", A, "X..30", .needs = "01,8006"},
	{"253", "253", A|K, "N13,csum,gcppos1 [X..17]"},
	{"254", "254", Q, "X..20", .needs = "414"},
	{"255", "255", A|K, "N13,csum,gcppos1 [N..12]", .excludes = "01,02,415,8006,8020,8026"},
	{"30", "30", A, "N..8", .needs = "01,02"},
	{"3100", "3165", A, "N6", .needs = "01,02", .excludes = OWN_FAMILY},
	{"3200", "3295", A, "N6", .needs = "01,02", .excludes = OWN_FAMILY},
	{"3300", "3365", A, "N6", .needs = "00,01", .excludes = OWN_FAMILY},
	{"3370", "3375", A, "N6", .needs = "01", .excludes = OWN_FAMILY},
	{"3400", "3495", A, "N6", .needs = "00,01", .excludes = OWN_FAMILY},
	{"3500", "3525", A, "N6", .needs = "01,02", .excludes = OWN_FAMILY},
	{"3530", "3555", A, "N6", .needs = "00,01", .excludes = OWN_FAMILY},
	{"3560", "3575", A, "N6", .needs = "01,02", .excludes = OWN_FAMILY},
	{"3600", "3615", A, "N6", .needs = "01,02", .excludes = OWN_FAMILY},
	{"3620", "3635", A, "N6", .needs = "00,01", .excludes = OWN_FAMILY},
	{"3640", "3665", A, "N6", .needs = "01,02", .excludes = OWN_FAMILY},
	{"3670", "3695", A, "N6", .needs = "00,01", .excludes = OWN_FAMILY},
	{"37", "37", A, "N..8", .needs = "00+02,00+8026"},
	{"3900", "3909", A, "N..15", .needs = "255,8020", .excludes = "390n,391n,394n,8111"},
	{"3910", "3919", A, "N3,iso4217 N..15", .needs = "8020", .excludes = "391n"},
	{"3920", "3929", A, "N..15", .needs = "01+30,01+31nn,01+32nn,01+35nn,01+36nn", .excludes = "392n,393n"},
	{"3930", "3939", A, "N3,iso4217 N..15", .needs = "30,31nn,32nn,35nn,36nn", .excludes = "393n"},
	{"3940", "3943", A, "N4", .needs = "255", .excludes = "394n,8111"},
	{"3950", "3955", A, "N6", .needs = "30,31nn,32nn,35nn,36nn", .excludes = "392n,393n,395n,8005"},
	{"400", "400", A, "X..30"},
	{"401", "401", A|K, "X..30,gcppos1"},
	{"402", "402", A|K, "N17,csum,gcppos1"},
	{"403", "403", A, "X..30", .needs = "00"},
	{"410", "413", A, "N13,csum,gcppos1"},
	{"414", "414", A|K, "N13,csum,gcppos1", .qualifiers = "254|7040"},
	{"415", "415", A|K, "N13,csum,gcppos1", .needs = "8020", .qualifiers = "8020"},
	{"416", "416", A, "N13,csum,gcppos1"},
	{"417", "417", A|K, "N13,csum,gcppos1", .qualifiers = "7040"},
	{"420", "420", A, "X..20", .excludes = "421"},
	{"421", "421", A, "N3,iso3166 X..9", .excludes = "4307"},
	{"422", "422", A, "N3,iso3166", .needs = "01,02,8006,8026", .excludes = "426"},
	{"423", "423", A, "N3,iso3166 [N3],iso3166 [N3],iso3166 [N3],iso3166 [N3],iso3166", .needs = "01,02", .excludes = "426"},
	{"424", "424", A, "N3,iso3166", .needs = "01,02", .excludes = "426"},
	{"425", "425", A, "N3,iso3166 [N3],iso3166 [N3],iso3166 [N3],iso3166 [N3],iso3166", .needs = "01,02", .excludes = "426"},
	{"426", "426", A, "N3,iso3166", .needs = "01,02"},
	{"427", "427", A, "X..3", .needs = "01+422,02+422"},
	{"4300", "4301", A, "X..35,pcenc", .needs = "00"},
	{"4302", "4302", A, "X..70,pcenc", .needs = "00"},
	{"4303", "4303", A, "X..70,pcenc", .needs = "4302"},
	{"4304", "4306", A, "X..70,pcenc", .needs = "00"},
	{"4307", "4307", A, "X2,iso3166alpha2", .needs = "00"},
	{"4308", "4308", A, "X..30", .needs = "00"},
	{"4309", "4309", A, "N10,latitude N10,longitude", .needs = "00"},
	{"4310", "4311", A, "X..35,pcenc", .needs = "00"},
	{"4312", "4312", A, "X..70,pcenc", .needs = "00"},
	{"4313", "4313", A, "X..70,pcenc", .needs = "4312"},
	{"4314", "4316", A, "X..70,pcenc", .needs = "00"},
	{"4317", "4317", A, "X2,iso3166alpha2", .needs = "00"},
	{"4318", "4318", A, "X..20", .needs = "00"},
	{"4319", "4319", A, "X..30", .needs = "00"},
	{"4320", "4320", A, "X..35,pcenc", .needs = "00"},
	{"4321", "4323", A, "N1,yesno", .needs = "00"},
	{"4324", "4325", A, "N6,yymmd0 N4,hhmi", .needs = "00"},
	{"4326", "4326", A, "N6,yymmdd", .needs = "00"},
	{"4330", "4330", A, "N6 [X1],hyphen", .needs = "00", .excludes = "4331"},
	{"4331", "4331", A, "N6 [X1],hyphen", .needs = "00", .excludes = "4330"},
	{"4332", "4332", A, "N6 [X1],hyphen", .needs = "00", .excludes = "4333"},
	{"4333", "4333", A, "N6 [X1],hyphen", .needs = "00", .excludes = "4332"},
	{"7001", "7001", A, "N13", .needs = "01,02,8006,8026"},
	{"7002", "7002", A, "X..30", .needs = "01,02"},
	{"7003", "7003", A, "N6,yymmdd N4,hhmi", .needs = "01,02"},
	{"7004", "7004", A, "N..4", .needs = "01+10"},
	{"7005", "7005", A, "X..12", .needs = "01,02"},
	{"7006", "7006", A, "N6,yymmdd", .needs = "01,02"},
	{"7007", "7007", A, "N6,yymmdd [N6],yymmdd", .needs = "01,02"},
	{"7008", "7008", A, "X..3", .needs = "01,02"},
	{"7009", "7009", A, "X..10", .needs = "01,02"},
	{"7010", "7010", A, "X..2", .needs = "01,02"},
	{"7011", "7011", A, "N6,yymmdd [N4],hhmi", .needs = "01,02"},
	{"7020", "7020", A, "X..20", .needs = "01+416,8006+416"},
	{"7021", "7021", A, "X..20", .needs = "01,8006"},
	{"7022", "7022", A, "X..20", .needs = "01+7021,8006+7021"},
	{"7023", "7023", A, "X..30,gcppos1"},
	{"7030", "7039", A, "N3,iso3166999 X..27", .needs = "01,02"},
	{"7040", "7040", Q, "N1 X1 X1 X1,importeridx"},
	{"710", "717", A, "X..20", .needs = "01"},
	{"7230", "7239", A, "X2 X..28", .needs = "01,8004"},
	{"7240", "7240", A, "X..20", .needs = "01,8006"},
	{"7241", "7241", A, "N2,mediatype", .needs = "8017,8018"},
	{"7242", "7242", A, "X..25", .needs = "8017,8018"},
	{"7250", "7250", A, "N8,yyyymmdd", .needs = "8018", .excludes = "7251"},
	{"7251", "7251", A, "N8,yyyymmdd N4,hhmi", .needs = "8018", .excludes = "7250"},
	{"7252", "7252", A, "N1,iso5218", .needs = "8018"},
	{"7253", "7254", A, "X..40,pcenc", .needs = "8017,8018", .excludes = "7256,7259"},
	{"7255", "7255", A, "X..10", .needs = "8017,8018", .excludes = "7256,7259"},
	{"7256", "7256", A, "X..90,pcenc", .needs = "8017,8018"},
	{"7257", "7257", A, "X..70,pcenc", .needs = "8018"},
	{"7258", "7258", A, "X3,posinseqslash", .needs = "8018+7259"},
	{"7259", "7259", A, "X..40,pcenc", .needs = "8018", .excludes = "7256"},
	{"8001", "8001", A, "N4,nonzero N5,nonzero N3,nonzero N1,winding N1", .needs = "01"},
	{"8002", "8002", A, "X..20"},
	{"8003", "8003", A|K, "N1,zero N13,csum,gcppos1 [X..16]"},
	{"8004", "8004", A|K, "X..30,gcppos1", .qualifiers = "7040"},
	{"8005", "8005", A, "N6", .needs = "01,02"},
	{"8006", "8006", A|K, "N14,csum,gcppos2 N4,pieceoftotal", .excludes = "01,37", .qualifiers = "22,10,21"},
	{"8007", "8007", A, "X..34,iban", .needs = "415"},
	{"8008", "8008", A, "N6,yymmdd N2,hh [N2],mi [N2],ss", .needs = "01,02"},
	{"8009", "8009", A, "X..50", .needs = "00,01"},
	{"8010", "8010", A|K, "Y..30,gcppos1", .qualifiers = "8011"},
	{"8011", "8011", Q, "N..12,nozeroprefix", .needs = "8010"},
	{"8012", "8012", A, "X..20", .needs = "01,8006"},
	{"8013", "8013", A|K, "X..25,csumalpha,gcppos1"},
	{"8017", "8017", A|K, "N18,csum,gcppos1", .excludes = "8018", .qualifiers = "8019"},
	{"8018", "8018", A|K, "N18,csum,gcppos1", .excludes = "8017", .qualifiers = "8019"},
	{"8019", "8019", Q, "N..10", .needs = "8017,8018"},
	{"8020", "8020", Q, "X..25", .needs = "415"},
	{"8026", "8026", A, "N14,csum,gcppos2 N4,pieceoftotal", .needs = "37", .excludes = "02,8006"},
	{"8030", "8030", A, "Z..90", .needs = "00,01+21,253,255,8003,8004,8006+21,8010+8011,8017,8018"},
	{"8110", "8110", A, "X..70"},
	{"8111", "8111", A, "N4", .needs = "255"},
	{"8112", "8112", A, "X..70"},
	{"90", "90", A, "X..30"},
	{"91", "99", A, "X..90"},
};
/* clang-format on */

static bool in_range(const struct gs1_ai *row, struct str ai)
{
	if (strlen(row->first) != ai.len)
		return false;
	for (size_t i = 0; i < ai.len; i++)
		if (ai.at[i] < row->first[i] || ai.at[i] > row->last[i])
			return false;
	return true;
}

const struct gs1_ai *gs1_ai_find(struct str ai)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (in_range(&table[i], ai))
			return &table[i];
	return NULL;
}

bool gs1_ai_matches(struct str ai, struct str pattern)
{
	if (ai.len != pattern.len)
		return false;
	for (size_t i = 0; i < ai.len; i++)
		if (pattern.at[i] != 'n' && pattern.at[i] != ai.at[i])
			return false;
	return true;
}
