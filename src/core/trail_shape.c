/* SPDX-License-Identifier: Apache-2.0
 * How a trail looks as JSON: contract section 4, member by member. The tables encode what is answered and decode what was
 * cached. */
#include "ft/core/trail.h"

enum {
	MAX_ORIGINS = 20000,
	MAX_STEPS = 100000,
	MAX_FLOWS = 20000,
	MAX_CERTIFICATES = 1000,
	MAX_TESTS = 10000,
	MAX_GAPS = 20,
	MAX_ALERTS = 1000,
	MAX_ENDORSEMENTS = 1000,
	MAX_NAME = 1024,
	MAX_ID = 512,
	MAX_EXACT = 1 << 20,
	MAX_CHECKPOINT = 8192,
};

/* In order of precedence. */
#define VERDICTS \
	"recalled", "on_hold", "suspicious", "voided", "destroyed", "returned", "expired", "unregistered", \
		"registered"
const char *const verdict_words[VERDICT_COUNT] = {VERDICTS};
static const char *const verdicts[] = {VERDICTS, NULL};

struct str verdict_first(struct str word, enum verdict other)
{
	for (enum verdict v = VERDICT_RECALLED; v < other; v++)
		if (str_equal(word, str_of(verdict_words[v])))
			return word;
	return str_of(verdict_words[other]);
}

static const char *const tiers[] = {"full", "farm", "township", "district", NULL};

/* clang-format off */
static const struct shape name_shape = {
	.name = "Name", .size = sizeof(struct trail_name), .doc = "A name in Chinese and, where there is one, in English",
	.fields = (const struct field[]){
		STRING(struct trail_name, zh, "zh", .flags = OPTIONAL, .max_len = MAX_NAME, .doc = "In Chinese"),
		STRING(struct trail_name, en, "en", .flags = OPTIONAL, .max_len = MAX_NAME, .doc = "In English"),
		END_OF_SHAPE,
	},
};
static const struct shape region_shape = {
	.name = "TrailRegion", .size = sizeof(struct trail_region), .doc = "An administrative division",
	.fields = (const struct field[]){
		STRING(struct trail_region, code, "code", .max_len = 32, .doc = "GB/T 2260 or GB/T 10114 code"),
		STRING(struct trail_region, name, "name", .max_len = MAX_NAME, .doc = "In Chinese"),
		STRING(struct trail_region, name_en, "nameEn", .flags = OPTIONAL, .max_len = MAX_NAME, .doc = "In pinyin"),
		END_OF_SHAPE,
	},
};
static const struct shape party_shape = {
	.name = "TrailParty", .size = sizeof(struct trail_party), .doc = "Who; a natural person's name is withheld in public",
	.fields = (const struct field[]){
		STRING(struct trail_party, id, "id", .flags = OPTIONAL, .max_len = MAX_ID, .doc = "Party"),
		OBJECT(struct trail_party, name, "name", &name_shape, struct trail_name, .flags = OPTIONAL, .doc = "Name"),
		STRING(struct trail_party, kind, "kind", .flags = OPTIONAL, .max_len = 64, .doc = "cooperative, enterprise …"),
		STRING(struct trail_party, withheld, "withheld", .flags = OPTIONAL, .max_len = 64, .doc = "personal"),
		STRING(struct trail_party, erased_at, "erasedAt", .flags = OPTIONAL, .max_len = 64, .doc = "UTC: the name was removed then, for ever"),
		END_OF_SHAPE,
	},
};
static const struct shape place_shape = {
	.name = "TrailPlace", .size = sizeof(struct trail_place), .doc = "Where",
	.fields = (const struct field[]){
		STRING(struct trail_place, id, "id", .flags = OPTIONAL, .max_len = MAX_ID, .doc = "Site"),
		STRING(struct trail_place, name, "name", .flags = OPTIONAL, .max_len = MAX_NAME, .doc = "Name"),
		STRING(struct trail_place, kind, "kind", .flags = OPTIONAL, .max_len = 64, .doc = "plot, packhouse …"),
		STRING(struct trail_place, withheld, "withheld", .flags = OPTIONAL, .max_len = 64, .doc = "personal"),
		STRING(struct trail_place, erased_at, "erasedAt", .flags = OPTIONAL, .max_len = 64, .doc = "UTC: the name was removed then, for ever"),
		END_OF_SHAPE,
	},
};
static const struct shape product_shape = {
	.name = "TrailProduct", .size = sizeof(struct trail_product), .doc = "What",
	.fields = (const struct field[]){
		STRING(struct trail_product, id, "id", .flags = OPTIONAL, .max_len = MAX_ID, .doc = "Product"),
		STRING(struct trail_product, number, "number", .flags = OPTIONAL, .max_len = MAX_ID, .doc = "Own number"),
		OBJECT(struct trail_product, name, "name", &name_shape, struct trail_name, .flags = OPTIONAL, .doc = "Name"),
		STRING(struct trail_product, commodity, "commodity", .flags = OPTIONAL, .max_len = MAX_ID, .doc = "Commodity"),
		STRING(struct trail_product, gtin, "gtin", .flags = OPTIONAL, .max_len = 14, .doc = "GTIN-14"),
		END_OF_SHAPE,
	},
};
static const struct shape quantity_shape = {
	.name = "TrailQuantity", .size = sizeof(struct trail_quantity), .doc = "An amount, for readers who may see it",
	.fields = (const struct field[]){
		DECIMAL(struct trail_quantity, value, "value", .max_len = 64, .doc = "Decimal text"),
		STRING (struct trail_quantity, unit, "unit", .max_len = 16, .doc = "UN/CEFACT code"),
		END_OF_SHAPE,
	},
};
static const struct shape certificate_shape = {
	.name = "TrailCertificate", .size = sizeof(struct trail_certificate), .doc = "A certificate of the origin",
	.fields = (const struct field[]){
		STRING(struct trail_certificate, scheme, "scheme", .max_len = MAX_ID, .doc = "green, organic …"),
		STRING(struct trail_certificate, number, "number", .max_len = MAX_ID, .doc = "Number"),
		STRING(struct trail_certificate, holder, "holder", .flags = OPTIONAL, .max_len = MAX_NAME, .doc = "Holder"),
		STRING(struct trail_certificate, valid_from, "validFrom", .flags = OPTIONAL, .max_len = 32, .doc = "First day"),
		STRING(struct trail_certificate, valid_to, "validTo", .flags = OPTIONAL, .max_len = 32, .doc = "Last day"),
		END_OF_SHAPE,
	},
};
static const struct shape quarantine_shape = {
	.name = "TrailQuarantine", .size = sizeof(struct trail_quarantine), .doc = "The quarantine certificate that went with animals",
	.fields = (const struct field[]){
		STRING(struct trail_quarantine, scheme, "scheme", .max_len = MAX_ID, .doc = "animal_quarantine"),
		STRING(struct trail_quarantine, number, "number", .max_len = MAX_NAME, .doc = "As recorded"),
		END_OF_SHAPE,
	},
};
static const struct shape test_shape = {
	.name = "TrailTest", .size = sizeof(struct trail_test), .doc = "A test of the origin",
	.fields = (const struct field[]){
		STRING(struct trail_test, event, "event", .max_len = MAX_ID, .doc = "Record"),
		STRING(struct trail_test, kind, "kind", .max_len = 64, .doc = "rapid, lab"),
		STRING(struct trail_test, outcome, "outcome", .max_len = 64, .doc = "negative, positive, invalid"),
		STRING(struct trail_test, time, "time", .max_len = 64, .doc = "When"),
		END_OF_SHAPE,
	},
};
static const struct shape gap_shape = {
	.name = "TrailGap", .size = sizeof(struct trail_gap), .doc = "What one would look for and does not find",
	.fields = (const struct field[]){
		STRING(struct trail_gap, kind, "kind", .max_len = 64, .doc = "certificate, test, origin"),
		END_OF_SHAPE,
	},
};
static const struct shape origin_shape = {
	.name = "TrailOrigin", .size = sizeof(struct trail_origin), .doc = "Where a part of the lot comes from",
	.fields = (const struct field[]){
		STRING(struct trail_origin, lot, "lot", .flags = OPTIONAL, .max_len = MAX_ID, .doc = "Lot of the origin"),
		STRING(struct trail_origin, lot_number, "lotNumber", .flags = OPTIONAL, .max_len = MAX_ID, .doc = "Its number"),
		STRING(struct trail_origin, share, "share", .max_len = 16, .doc = "Four decimals; with rest they sum to 1"),
		STRING(struct trail_origin, share_exact, "shareExact", .max_len = MAX_EXACT, .doc = "The fraction: 31/50"),
		OBJECT(struct trail_origin, province, "province", &region_shape, struct trail_region, .flags = OPTIONAL, .doc = "Province"),
		OBJECT(struct trail_origin, city, "city", &region_shape, struct trail_region, .flags = OPTIONAL, .doc = "City"),
		OBJECT(struct trail_origin, district, "district", &region_shape, struct trail_region, .flags = OPTIONAL, .doc = "District"),
		OBJECT(struct trail_origin, township, "township", &region_shape, struct trail_region, .flags = OPTIONAL, .doc = "Township"),
		OBJECT(struct trail_origin, farm, "farm", &place_shape, struct trail_place, .flags = OPTIONAL, .doc = "Farm"),
		OBJECT(struct trail_origin, party, "party", &party_shape, struct trail_party, .flags = OPTIONAL, .doc = "Who grew it"),
		STRING(struct trail_origin, harvested, "harvested", .flags = OPTIONAL, .max_len = 10, .doc = "Day of the newest harvest"),
		LIST  (struct trail_origin, certificates, "certificates", &certificate_shape, .flags = ALWAYS, .max_len = MAX_CERTIFICATES, .doc = "Valid ones"),
		LIST  (struct trail_origin, tests, "tests", &test_shape, .flags = ALWAYS, .max_len = MAX_TESTS, .doc = "Tests"),
		LIST  (struct trail_origin, gaps, "gaps", &gap_shape, .flags = ALWAYS, .max_len = MAX_GAPS, .doc = "What is missing"),
		END_OF_SHAPE,
	},
};
static const struct shape rest_shape = {
	.name = "TrailRest", .size = sizeof(struct trail_rest), .doc = "Origins that are not listed",
	.fields = (const struct field[]){
		INTEGER(struct trail_rest, count, "count", .doc = "How many"),
		STRING (struct trail_rest, share, "share", .max_len = 16, .doc = "Their share together"),
		END_OF_SHAPE,
	},
};
static const struct shape flow_shape = {
	.name = "TrailFlow", .size = sizeof(struct trail_flow), .doc = "A lot that went in or came out",
	.fields = (const struct field[]){
		STRING(struct trail_flow, lot, "lot", .max_len = MAX_ID, .doc = "Lot"),
		STRING(struct trail_flow, lot_number, "lotNumber", .flags = OPTIONAL, .max_len = MAX_ID, .doc = "Its number"),
		OBJECT(struct trail_flow, product, "product", &product_shape, struct trail_product, .flags = OPTIONAL, .doc = "Product"),
		STRING(struct trail_flow, share, "share", .flags = OPTIONAL, .max_len = 16, .doc = "Of the inputs"),
		OBJECT(struct trail_flow, quantity, "quantity", &quantity_shape, struct trail_quantity, .flags = OPTIONAL, .doc = "How much"),
		END_OF_SHAPE,
	},
};
static const struct shape proof_shape = {
	.name = "TrailProof", .size = sizeof(struct trail_proof), .doc = "What was signed, and where the proof is",
	.fields = (const struct field[]){
		STRING(struct trail_proof, statement, "statement", .flags = OPTIONAL, .max_len = 128, .doc = "Base64 SHA-256 of the signed statement"),
		STRING(struct trail_proof, href, "href", .flags = OPTIONAL, .max_len = MAX_ID, .doc = "The whole proof"),
		END_OF_SHAPE,
	},
};
static const struct shape used_shape = {
	.name = "TrailUse", .size = sizeof(struct trail_input_use), .doc = "An input that was used",
	.fields = (const struct field[]){
		STRING (struct trail_input_use, product, "product", .flags = OPTIONAL, .max_len = MAX_ID, .doc = "Product"),
		STRINGS(struct trail_input_use, active, "active", .flags = ALWAYS, .doc = "Active substances"),
		END_OF_SHAPE,
	},
};
static const struct shape correction_shape = {
	.name = "TrailCorrection", .size = sizeof(struct trail_correction), .doc = "Why a step no longer counts",
	.fields = (const struct field[]){
		STRING(struct trail_correction, replacement, "replacement", .flags = OPTIONAL, .max_len = MAX_ID, .doc = "Record that stands in its place; absent: nothing of the kind happened, or it is not known yet"),
		STRING(struct trail_correction, reason, "reason", .flags = OPTIONAL, .max_len = MAX_NAME, .doc = "In the words of who corrected it"),
		STRING(struct trail_correction, recorded_at, "recordedAt", .max_len = 64, .doc = "Since when"),
		OBJECT(struct trail_correction, party, "party", &party_shape, struct trail_party, .flags = OPTIONAL, .doc = "Who declared it"),
		END_OF_SHAPE,
	},
};
static const struct shape endorsement_shape = {
	.name = "TrailEndorsement", .size = sizeof(struct trail_endorsement), .doc = "An inspector's office has signed under the record: it agrees with what the office found",
	.fields = (const struct field[]){
		OBJECT(struct trail_endorsement, party, "party", &party_shape, struct trail_party, .flags = OPTIONAL, .doc = "The office"),
		STRING(struct trail_endorsement, at, "at", .max_len = 64, .doc = "When"),
		STRING(struct trail_endorsement, withdrawn_at, "withdrawnAt", .flags = OPTIONAL, .max_len = 64, .doc = "When the office took it back"),
		END_OF_SHAPE,
	},
};
static const struct shape bounds_shape = {
	.name = "TrailBounds", .size = sizeof(struct trail_bounds), .doc = "When it was recorded, as far as heads of the log tell",
	.fields = (const struct field[]){
		STRING(struct trail_bounds, after, "after", .flags = OPTIONAL, .max_len = 64, .doc = "Of the head that its statement had seen"),
		STRING(struct trail_bounds, before, "before", .flags = OPTIONAL, .max_len = 64, .doc = "Of the first published head that covers it"),
		END_OF_SHAPE,
	},
};
static const char *const entry_modes_told[] = {"paper", "import", NULL};
static const struct shape step_shape = {
	.name = "TrailStep", .size = sizeof(struct trail_step), .doc = "One thing that was done",
	.fields = (const struct field[]){
		STRING(struct trail_step, event, "event", .max_len = MAX_ID, .doc = "Record"),
		STRING(struct trail_step, type, "type", .max_len = 64, .doc = "harvest, pack, ship …"),
		TIME  (struct trail_step, time, "time", .doc = "When it was done"),
		STRING(struct trail_step, recorded_at, "recordedAt", .max_len = 64, .doc = "When it was recorded; strictly grows"),
		OBJECT(struct trail_step, recorded_between, "recordedBetween", &bounds_shape, struct trail_bounds, .flags = OPTIONAL, .doc = "The same by the log"),
		WORD  (struct trail_step, entry_mode, "entryMode", entry_modes_told, .flags = OPTIONAL, .doc = "paper: written by hand first and entered later; import: taken over from other records; absent: entered on the spot, or not said"),
		OBJECT(struct trail_step, party, "party", &party_shape, struct trail_party, .flags = OPTIONAL, .doc = "Who did it"),
		OBJECT(struct trail_step, recorded_by, "recordedBy", &party_shape, struct trail_party, .flags = OPTIONAL, .doc = "Who signed it"),
		OBJECT(struct trail_step, place, "place", &place_shape, struct trail_place, .flags = OPTIONAL, .doc = "Where"),
		OBJECT(struct trail_step, district, "district", &region_shape, struct trail_region, .flags = OPTIONAL, .doc = "District"),
		OBJECT(struct trail_step, township, "township", &region_shape, struct trail_region, .flags = OPTIONAL, .doc = "Township"),
		LIST  (struct trail_step, inputs, "inputs", &flow_shape, .flags = ALWAYS, .max_len = MAX_FLOWS, .doc = "What went in"),
		LIST  (struct trail_step, outputs, "outputs", &flow_shape, .flags = ALWAYS, .max_len = MAX_FLOWS, .doc = "What came out, or the lots concerned"),
		OBJECT(struct trail_step, to, "to", &party_shape, struct trail_party, .flags = OPTIONAL, .doc = "ship: who was to receive it"),
		OBJECT(struct trail_step, used, "used", &used_shape, struct trail_input_use, .flags = OPTIONAL, .doc = "treat and the like: what was used"),
		OBJECT(struct trail_step, quarantine, "quarantine", &quarantine_shape, struct trail_quarantine, .flags = OPTIONAL, .doc = "Of animals: the certificate that went with them"),
		STRING(struct trail_step, corrected, "corrected", .flags = OPTIONAL | NULLABLE, .max_len = MAX_ID, .doc = "Record that declares it erroneous: it no longer counts"),
		OBJECT(struct trail_step, correction, "correction", &correction_shape, struct trail_correction, .flags = OPTIONAL, .doc = "What is said about that"),
		STRING(struct trail_step, corrects, "corrects", .flags = OPTIONAL, .max_len = MAX_ID, .doc = "Record in whose place it stands"),
		LIST  (struct trail_step, endorsements, "endorsements", &endorsement_shape, .flags = OPTIONAL, .max_len = MAX_ENDORSEMENTS, .doc = "Of this very record, not of one that stands in its place"),
		OBJECT(struct trail_step, proof, "proof", &proof_shape, struct trail_proof, .flags = OPTIONAL, .doc = "Proof"),
		END_OF_SHAPE,
	},
};
static const struct shape alert_shape = {
	.name = "TrailAlert", .size = sizeof(struct trail_alert), .doc = "An alert, in words only",
	.fields = (const struct field[]){
		STRING(struct trail_alert, id, "id", .flags = OPTIONAL, .max_len = MAX_ID, .doc = "Alert"),
		STRING(struct trail_alert, rule, "rule", .max_len = 16, .doc = "Rule"),
		STRING(struct trail_alert, severity, "severity", .max_len = 16, .doc = "critical, high, medium, low"),
		STRING(struct trail_alert, state, "state", .max_len = 32, .doc = "open, acknowledged, escalated, closed"),
		OBJECT(struct trail_alert, title, "title", &name_shape, struct trail_name, .flags = OPTIONAL, .doc = "Title"),
		END_OF_SHAPE,
	},
};
static const struct shape lot_shape = {
	.name = "TrailLot", .size = sizeof(struct trail_lot), .doc = "The lot asked for",
	.fields = (const struct field[]){
		STRING (struct trail_lot, id, "id", .max_len = MAX_ID, .doc = "Lot"),
		STRING (struct trail_lot, number, "number", .flags = OPTIONAL, .max_len = MAX_ID, .doc = "Its number"),
		STRING (struct trail_lot, code, "code", .flags = OPTIONAL, .max_len = 64, .doc = "Its printed code"),
		OBJECT (struct trail_lot, product, "product", &product_shape, struct trail_product, .flags = OPTIONAL, .doc = "Product"),
		OBJECT (struct trail_lot, quantity, "quantity", &quantity_shape, struct trail_quantity, .flags = OPTIONAL, .doc = "What the pack says"),
		OBJECT (struct trail_lot, issuer, "issuer", &party_shape, struct trail_party, .flags = OPTIONAL, .doc = "Who made the lot"),
		STRING (struct trail_lot, produced, "produced", .flags = OPTIONAL, .max_len = 10, .doc = "Day it was made"),
		STRING (struct trail_lot, expires, "expires", .flags = OPTIONAL, .max_len = 10, .doc = "Last day of its shelf life"),
		BOOLEAN(struct trail_lot, test, "test", .flags = OPTIONAL, .doc = "The code is a TEST code"),
		END_OF_SHAPE,
	},
};
static const struct shape item_shape = {
	.name = "TrailItem", .size = sizeof(struct trail_item), .doc = "The pack whose own code was asked for",
	.fields = (const struct field[]){
		STRING (struct trail_item, code, "code", .max_len = 64, .doc = "Its code"),
		STRING (struct trail_item, state, "state", .max_len = 16, .doc = "issued, activated, voided"),
		STRING (struct trail_item, issued_at, "issuedAt", .max_len = 64, .doc = "When the code was issued"),
		STRING (struct trail_item, activated_at, "activatedAt", .flags = OPTIONAL, .max_len = 64, .doc = "When it was put into use"),
		STRING (struct trail_item, voided_at, "voidedAt", .flags = OPTIONAL, .max_len = 64, .doc = "When it was withdrawn"),
		STRING (struct trail_item, sold_at, "soldAt", .flags = OPTIONAL, .max_len = 64, .doc = "When it was sold, as it stands"),
		STRING (struct trail_item, seller_zh, "sellerZh", .flags = OPTIONAL, .max_len = 128, .doc = "Who sold it, in Chinese"),
		STRING (struct trail_item, seller_en, "sellerEn", .flags = OPTIONAL, .max_len = 128, .doc = "Who sold it, in English"),
		STRING (struct trail_item, first_scanned_at, "firstScannedAt", .flags = OPTIONAL, .max_len = 64, .doc = "When its page was first opened"),
		INTEGER(struct trail_item, scans, "scans", .doc = "About how often its page was opened"),
		END_OF_SHAPE,
	},
};
const struct shape trail_shape = {
	.name = "Trail", .size = sizeof(struct trail), .doc = "Everything upstream of a lot, told as a story",
	.fields = (const struct field[]){
		OBJECT (struct trail, lot, "lot", &lot_shape, struct trail_lot, .doc = "The lot asked for"),
		WORD   (struct trail, verdict, "verdict", verdicts, .doc = "The first that holds of the lot or any origin"),
		WORD   (struct trail, tier, "tier", tiers, .doc = "Resolution"),
		STRING (struct trail, as_of, "asOf", .max_len = 64, .doc = "As known at this time"),
		INTEGER(struct trail, origin_count, "originCount", .doc = "Origins, listed or not"),
		OBJECT (struct trail, rest, "rest", &rest_shape, struct trail_rest, .doc = "Origins that are not listed"),
		LIST   (struct trail, origins, "origins", &origin_shape, .flags = ALWAYS, .max_len = MAX_ORIGINS, .doc = "Largest share first"),
		LIST   (struct trail, steps, "steps", &step_shape, .flags = ALWAYS, .max_len = MAX_STEPS, .doc = "Oldest first"),
		INTEGER(struct trail, endorsed_steps, "endorsedSteps", .flags = OPTIONAL, .doc = "Steps that count and that an inspector's office has endorsed"),
		LIST   (struct trail, alerts, "alerts", &alert_shape, .flags = ALWAYS, .max_len = MAX_ALERTS, .doc = "Alerts that are not closed"),
		STRING (struct trail, checkpoint, "checkpoint", .flags = OPTIONAL | NULLABLE, .max_len = MAX_CHECKPOINT, .doc = "Newest signed head of the log"),
		BOOLEAN(struct trail, demonstration, "demonstration", .flags = OPTIONAL, .doc = "Demonstration data"),
		OBJECT (struct trail, item, "item", &item_shape, struct trail_item, .flags = OPTIONAL, .doc = "Of a pack's own code"),
		END_OF_SHAPE,
	},
};
/* clang-format on */
