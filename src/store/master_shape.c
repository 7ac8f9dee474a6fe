/* SPDX-License-Identifier: Apache-2.0
 * How master data looks as JSON: what is sent, and what is signed and answered. */
#include "ft/store/master.h"

enum {
	NAME_BYTES = 300,
	NUMBER_BYTES = 40,
	REFERENCE_BYTES = 512,
	REASON_BYTES = 1000,
	COMMODITY_BYTES = 120,
	MAX_PACKAGES = 20,
	MAX_COVERED = 200, /* products or sites of one certificate */
};

static const char *const party_kinds[] = {"cooperative", "enterprise", "family_farm", "slaughterhouse",
					  "carrier",     "market",     "shop",        "laboratory",
					  "authority",   NULL};
static const char *const site_kinds[] = {"plot",    "house", "pond",           "packhouse", "store",
					 "vehicle", "stall", "slaughter_line", NULL};
static const char *const open_states[] = {"active", "closed", NULL};
static const char *const certificate_states[] = {"active", "revoked", NULL};

static const struct shape name_shape = {
	.name = "MasterName",
	.size = sizeof(struct master_name),
	.doc = "A name in Chinese and, where there is one, in English",
	.fields =
		(const struct field[]){
			STRING(struct master_name, zh, "zh", .min_len = 1, .max_len = NAME_BYTES,
			       .doc = "Chinese"),
			STRING(struct master_name, en, "en", .flags = OPTIONAL, .min_len = 1,
			       .max_len = NAME_BYTES, .doc = "English"),
			END_OF_SHAPE,
		},
};

/* Members that every kind has; T embeds struct master_head as `head`. */
#define HEAD_FIRST(T) \
	UUID(T, head.id, "id", .doc = "UUIDv7"), STRING(T, head.number, "number", .flags = OPTIONAL, \
							.max_len = NUMBER_BYTES, .doc = "Own number")
#define HEAD_LAST(T, state_words) \
	WORD(T, head.state, "state", state_words, .doc = "Its state"), \
		STRING(T, head.uri, "uri", .flags = OPTIONAL, .max_len = REFERENCE_BYTES, \
		       .doc = "Its URI, minted once"), \
		INTEGER(T, head.version, "version", .min = 1, .doc = "1, 2, 3 … ; the ETag"), \
		STRING(T, head.reason, "reason", .flags = OPTIONAL, .max_len = REASON_BYTES, \
		       .doc = "Why it was changed"), \
		STRING(T, head.withheld, "withheld", .flags = OPTIONAL, \
		       .doc = "personal: name and number are not for this reader"), \
		STRING(T, head.erased_at, "erasedAt", .flags = OPTIONAL, \
		       .doc = "UTC: what named it was removed then, for ever"), \
		STRING(T, head.recorded_at, "recordedAt", .flags = OPTIONAL, \
		       .doc = "When the version was recorded, UTC"), \
		STRING(T, head.statement, "statement", .flags = OPTIONAL, \
		       .doc = "Base64 SHA-256 of the signed statement")
#define VALID_FROM(T) TIME(T, head.valid_from, "validFrom", .doc = "From when this version holds")

const struct shape party_shape = {
	.name = "Party",
	.size = sizeof(struct party),
	.doc = "An organisation or person that records or holds goods (主体)",
	.fields =
		(const struct field[]){
			HEAD_FIRST(struct party),
			WORD(struct party, kind, "kind", party_kinds, .doc = "Kind of party"),
			OBJECT(struct party, name, "name", &name_shape, struct master_name, .flags = OPTIONAL,
			       .doc = "Name"),
			STRING(struct party, uscc, "uscc", .flags = OPTIONAL,
			       .doc = "Unified social credit code"),
			STRING(struct party, gln, "gln", .flags = OPTIONAL,
			       .doc = "GS1 Global Location Number"),
			STRING(struct party, region, "region", .flags = OPTIONAL,
			       .doc = "Region code of its seat"),
			BOOLEAN(struct party, personal, "personal",
				.doc = "The name is that of a natural person"),
			VALID_FROM(struct party),
			HEAD_LAST(struct party, open_states),
			END_OF_SHAPE,
		},
};

const struct shape site_shape = {
	.name = "Site",
	.size = sizeof(struct site),
	.doc = "A place with a region: plot, house, pond, packhouse, store, vehicle, stall",
	.fields =
		(const struct field[]){
			HEAD_FIRST(struct site),
			UUID(struct site, party, "party", .doc = "The party it belongs to"),
			WORD(struct site, kind, "kind", site_kinds, .doc = "Kind of place"),
			OBJECT(struct site, name, "name", &name_shape, struct master_name, .flags = OPTIONAL,
			       .doc = "Name"),
			STRING(struct site, region, "region", .flags = OPTIONAL,
			       .doc = "Code of the township or district"),
			STRING(struct site, commodity, "commodity", .flags = OPTIONAL,
			       .max_len = COMMODITY_BYTES, .doc = "What grows or lives there"),
			STRING(struct site, gln, "gln", .flags = OPTIONAL,
			       .doc = "GS1 Global Location Number"),
			STRING(struct site, gln_extension, "glnExtension", .flags = OPTIONAL,
			       .doc = "GLN extension, AI (254): a place within that one"),
			RAW_JSON(struct site, geometry, "geometry", .flags = OPTIONAL,
				 .doc = "GeoJSON Point, Polygon or MultiPolygon, longitude before latitude; "
					"for the owner, its "
					"region and administrators"),
			BOOLEAN(struct site, personal, "personal",
				.doc = "Somebody's home, or named after a person"),
			VALID_FROM(struct site),
			HEAD_LAST(struct site, open_states),
			END_OF_SHAPE,
		},
};

static const struct shape content_shape = {
	.name = "PackageContent",
	.size = sizeof(struct product_content),
	.doc = "How much one package holds",
	.fields =
		(const struct field[]){
			DECIMAL(struct product_content, value, "value", .max_len = 32, .doc = "Decimal text"),
			STRING(struct product_content, unit, "unit", .min_len = 1, .max_len = 16,
			       .doc = "UN/CEFACT code, not a package"),
			END_OF_SHAPE,
		},
};
static const struct shape package_shape = {
	.name = "Package",
	.size = sizeof(struct product_package),
	.doc = "A package unit of a product and what it holds",
	.fields =
		(const struct field[]){
			STRING(struct product_package, unit, "unit", .min_len = 1, .max_len = 16,
			       .doc = "UN/CEFACT package code: XBX box, XCR crate …"),
			OBJECT(struct product_package, holds, "holds", &content_shape, struct product_content,
			       .doc = "Its content"),
			END_OF_SHAPE,
		},
};
static const struct shape temperature_shape = {
	.name = "Temperature",
	.size = sizeof(struct product_temperature),
	.doc = "Storage temperature, degrees Celsius",
	.fields =
		(const struct field[]){
			DECIMAL(struct product_temperature, min, "min", .flags = OPTIONAL | SIGNED,
				.max_len = 10, .doc = "Lowest"),
			DECIMAL(struct product_temperature, max, "max", .flags = OPTIONAL | SIGNED,
				.max_len = 10, .doc = "Highest"),
			END_OF_SHAPE,
		},
};

const struct shape product_shape = {
	.name = "Product",
	.size = sizeof(struct product),
	.doc = "What a party grows, makes or sells",
	.fields =
		(const struct field[]){
			HEAD_FIRST(struct product),
			UUID(struct product, party, "party", .doc = "The party whose product it is"),
			OBJECT(struct product, name, "name", &name_shape, struct master_name,
			       .flags = OPTIONAL, .doc = "Name"),
			STRING(struct product, commodity, "commodity", .max_len = COMMODITY_BYTES,
			       .doc = "Path from general to special: vegetable/leafy/pak-choi"),
			STRING(struct product, gtin, "gtin", .flags = OPTIONAL, .doc = "GTIN-14"),
			STRING(struct product, unit, "unit",
			       .doc = "UN/CEFACT code that its lots are counted in"),
			RAW_JSON(struct product, shelf_life_days, "shelfLifeDays", .flags = OPTIONAL,
				 .doc = "Calendar days from production, an integer"),
			OBJECT(struct product, temperature, "temperature", &temperature_shape,
			       struct product_temperature, .flags = OPTIONAL, .doc = "Storage temperature"),
			LIST(struct product, packages, "packages", &package_shape, .flags = OPTIONAL,
			     .max_len = MAX_PACKAGES, .doc = "Its package units"),
			VALID_FROM(struct product),
			HEAD_LAST(struct product, open_states),
			END_OF_SHAPE,
		},
};

const struct shape certificate_shape = {
	.name = "Certificate",
	.size = sizeof(struct certificate),
	.doc = "A certificate of a holder, bound to products and sites",
	.fields =
		(const struct field[]){
			HEAD_FIRST(struct certificate),
			UUID(struct certificate, holder, "holder", .doc = "The party that holds it"),
			STRING(struct certificate, scheme, "scheme", .max_len = NUMBER_BYTES,
			       .doc = "green, organic, gi …"),
			STRINGS(struct certificate, products, "products", .flags = OPTIONAL | ALWAYS,
				.max_len = MAX_COVERED, .doc = "Products it covers; none: none named"),
			STRINGS(struct certificate, sites, "sites", .flags = OPTIONAL | ALWAYS,
				.max_len = MAX_COVERED, .doc = "Sites it covers; none: all of the holder"),
			STRING(struct certificate, valid_from, "validFrom", .doc = "First day"),
			STRING(struct certificate, valid_to, "validTo", .doc = "Last day"),
			HEAD_LAST(struct certificate, certificate_states),
			END_OF_SHAPE,
		},
};

#define INPUT_FIRST(T) \
	UUID(T, common.id, "id", .flags = OPTIONAL, .doc = "UUIDv7; the id is the identity for ever"), \
		STRING(T, common.number, "number", .flags = OPTIONAL, .min_len = 1, .max_len = NUMBER_BYTES, \
		       .doc = "Own number: letters, digits, '.', '_', '-'; made if absent; never changes")
#define INPUT_LAST(T, state_words) \
	WORD(T, common.state, "state", state_words, .flags = OPTIONAL, .doc = "active if absent"), \
		STRING(T, common.reason, "reason", .flags = OPTIONAL, .min_len = 1, .max_len = REASON_BYTES, \
		       .doc = "Why it is changed")
#define INPUT_VALID_FROM(T) \
	TIME(T, common.valid_from, "validFrom", .flags = OPTIONAL, \
	     .doc = "From when this version holds; now if absent")

const struct shape party_input_shape = {
	.name = "PartyInput",
	.size = sizeof(struct party_input),
	.doc = "A party to register, or its next version",
	.fields =
		(const struct field[]){
			INPUT_FIRST(struct party_input),
			WORD(struct party_input, kind, "kind", party_kinds, .doc = "Kind of party"),
			OBJECT(struct party_input, name, "name", &name_shape, struct master_name,
			       .doc = "Name"),
			STRING(struct party_input, uscc, "uscc", .flags = OPTIONAL, .min_len = 18,
			       .max_len = 18, .doc = "Unified social credit code (GB 32100)"),
			STRING(struct party_input, gln, "gln", .flags = OPTIONAL, .min_len = 13,
			       .max_len = 13, .doc = "GS1 Global Location Number"),
			STRING(struct party_input, region, "region", .min_len = 1, .max_len = 16,
			       .doc = "GB/T 2260 or GB/T 10114 code of its seat"),
			BOOLEAN(struct party_input, personal, "personal", .flags = OPTIONAL,
				.doc = "The name is that of a natural person: withheld from the public"),
			INPUT_VALID_FROM(struct party_input),
			INPUT_LAST(struct party_input, open_states),
			END_OF_SHAPE,
		},
};

const struct shape site_input_shape = {
	.name = "SiteInput",
	.size = sizeof(struct site_input),
	.doc = "A site to register, or its next version",
	.fields =
		(const struct field[]){
			INPUT_FIRST(struct site_input),
			STRING(struct site_input, party, "party", .flags = OPTIONAL, .min_len = 1,
			       .max_len = REFERENCE_BYTES,
			       .doc = "The party it belongs to; the key's if absent"),
			WORD(struct site_input, kind, "kind", site_kinds, .doc = "Kind of place"),
			OBJECT(struct site_input, name, "name", &name_shape, struct master_name,
			       .doc = "Name"),
			STRING(struct site_input, region, "region", .flags = OPTIONAL, .min_len = 1,
			       .max_len = 16,
			       .doc = "Code of the township or district; that of the party's seat if absent"),
			STRING(struct site_input, commodity, "commodity", .flags = OPTIONAL, .min_len = 1,
			       .max_len = COMMODITY_BYTES, .doc = "What grows or lives there"),
			STRING(struct site_input, gln, "gln", .flags = OPTIONAL, .min_len = 13, .max_len = 13,
			       .doc = "GS1 Global Location Number: its SGLN URN and Digital Link name the "
				      "site too"),
			STRING(struct site_input, gln_extension, "glnExtension", .flags = OPTIONAL,
			       .min_len = 1, .max_len = 20,
			       .doc = "GLN extension, AI (254): a place within that one"),
			JSON_VALUE(
				struct site_input, geometry, "geometry", .flags = OPTIONAL | NULLABLE,
				.doc = "GeoJSON Point, Polygon or MultiPolygon, longitude before latitude"),
			BOOLEAN(struct site_input, personal, "personal", .flags = OPTIONAL,
				.doc = "Somebody's home, or named after a person"),
			INPUT_VALID_FROM(struct site_input),
			INPUT_LAST(struct site_input, open_states),
			END_OF_SHAPE,
		},
};

const struct shape product_input_shape = {
	.name = "ProductInput",
	.size = sizeof(struct product_input),
	.doc = "A product to register, or its next version",
	.fields =
		(const struct field[]){
			INPUT_FIRST(struct product_input),
			STRING(struct product_input, party, "party", .flags = OPTIONAL, .min_len = 1,
			       .max_len = REFERENCE_BYTES,
			       .doc = "The party whose product it is; the key's if absent"),
			OBJECT(struct product_input, name, "name", &name_shape, struct master_name,
			       .doc = "Name"),
			STRING(struct product_input, commodity, "commodity", .min_len = 1,
			       .max_len = COMMODITY_BYTES,
			       .doc = "Path from general to special: vegetable/leafy/pak-choi"),
			STRING(struct product_input, gtin, "gtin", .flags = OPTIONAL, .min_len = 1,
			       .max_len = 14, .doc = "GTIN-14"),
			STRING(struct product_input, unit, "unit", .min_len = 1, .max_len = 16,
			       .doc = "UN/CEFACT code that its lots are counted in: KGM, H87, XBX …"),
			INTEGER(struct product_input, shelf_life_days, "shelfLifeDays", .flags = OPTIONAL,
				.min = 1, .max = 36500, .doc = "Calendar days from production"),
			OBJECT(struct product_input, temperature, "temperature", &temperature_shape,
			       struct product_temperature, .flags = OPTIONAL, .doc = "Storage temperature"),
			LIST(struct product_input, packages, "packages", &package_shape, .flags = OPTIONAL,
			     .max_len = MAX_PACKAGES, .doc = "Its package units"),
			INPUT_VALID_FROM(struct product_input),
			INPUT_LAST(struct product_input, open_states),
			END_OF_SHAPE,
		},
};

const struct shape certificate_input_shape = {
	.name = "CertificateInput",
	.size = sizeof(struct certificate_input),
	.doc = "A certificate to register, or its next version",
	.fields =
		(const struct field[]){
			UUID(struct certificate_input, common.id, "id", .flags = OPTIONAL, .doc = "UUIDv7"),
			STRING(struct certificate_input, common.number, "number", .min_len = 1,
			       .max_len = NUMBER_BYTES, .doc = "Number as printed on it"),
			STRING(struct certificate_input, holder, "holder", .flags = OPTIONAL, .min_len = 1,
			       .max_len = REFERENCE_BYTES,
			       .doc = "The party that holds it; the key's if absent"),
			STRING(struct certificate_input, scheme, "scheme", .min_len = 1,
			       .max_len = NUMBER_BYTES, .doc = "green, organic, gi, pollution_free …"),
			STRINGS(struct certificate_input, products, "products", .flags = OPTIONAL,
				.max_len = MAX_COVERED, .doc = "Products it covers"),
			STRINGS(struct certificate_input, sites, "sites", .flags = OPTIONAL,
				.max_len = MAX_COVERED, .doc = "Sites it covers; none: all of the holder"),
			STRING(struct certificate_input, valid_from, "validFrom", .max_len = 64,
			       .doc = "First day, YYYY-MM-DD"),
			STRING(struct certificate_input, valid_to, "validTo", .max_len = 64,
			       .doc = "Last day, YYYY-MM-DD"),
			INPUT_LAST(struct certificate_input, certificate_states),
			END_OF_SHAPE,
		},
};
