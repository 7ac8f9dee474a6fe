/* SPDX-License-Identifier: Apache-2.0
 * Risk rules: data plus pure functions. Facts in, findings out; every finding keeps rule version, inputs and the edition
 * of the reference rows valid on the day of the event. */
#ifndef FT_CORE_RISK_H
#define FT_CORE_RISK_H

#include "ft/base/decimal.h"
#include "ft/base/time.h"
#include "ft/base/uuid.h"
#include "ft/core/lot_id.h"
#include "ft/core/record.h"
#include "ft/core/unit.h"

enum severity { SEVERITY_CRITICAL, SEVERITY_HIGH, SEVERITY_MEDIUM, SEVERITY_LOW };
extern const char *const severity_words[4];

/* Reference rows: each set is loaded from sql/reference/ with its edition, by reference_parse (ft/core/reference.h), which
 * also folds the names that rules compare. */
struct ref_names {
	const struct str *items;
	size_t count;
};
struct ref_ban { /* banned_substances.csv */
	struct str name_zh, name_en, kind, category, scope_zh, scope_en, legal_basis, source;
	int32_t effective_day;  /* INT32_MIN: not stated, holds always */
	struct ref_names names; /* folded, synonyms in brackets too */
};
struct ref_interval { /* phi_examples.csv */
	struct str active_zh, active_en, formulation, crop_zh, crop_en, source;
	int64_t days;           /* the stricter (larger) of min and max */
	int64_t max_uses;       /* 0: not stated */
	struct ref_names names; /* of the active, folded */
	struct ref_names crops; /* of the crop, folded */
};
struct ref_crop_group { /* commodity word → names of crops and groups it belongs to, the commodity itself first */
	struct str commodity, name_zh, name_en;
	struct ref_names names; /* folded: the word, in Chinese, in English */
};
struct ref_yield {            /* expected maximum and hard maximum of output ÷ input, per mille */
	struct str process;   /* record type word */
	struct str commodity; /* a word of the path; absent: any */
	struct str measure;   /* "mass": for that dimension only; absent: any */
	int64_t expected_permille, hard_permille;
	struct str source;
};
struct ref_withdrawal { /* days from the last use of a veterinary drug to slaughter */
	struct str product_zh, species_zh, species_en, source;
	int64_t days;
	struct str product;       /* folded */
	struct ref_names species; /* folded; of all species: none */
};
struct reference {
	struct str edition; /* names all sets below: shown with every finding */
	const struct ref_ban *bans;
	const struct ref_interval *intervals;
	const struct ref_crop_group *crops;
	const struct ref_yield *yields;
	const struct ref_withdrawal *withdrawals;
	size_t ban_count, interval_count, crop_count, yield_count, withdrawal_count;
};

/* Facts about one use of an input on a site or lot. */
struct risk_use {
	struct uuid event;
	struct instant time;
	struct str type;    /* record type word (treat, medicate …); absent: not known */
	struct str product; /* registered name or number, as recorded */
	const struct str *active;
	size_t active_count;
	struct str commodity; /* what grows there; absent: not known */
};
struct risk_harvest {
	struct uuid event;
	struct lot_id lot;
	struct instant time;
	struct str commodity;
	bool sold;      /* part of the lot or of what became of it is sold */
	bool slaughter; /* the lot is of animals that were killed then: drugs count, sprays do not */
};
struct risk_transform {
	struct uuid event;
	struct str process;           /* record type word */
	struct str commodity;         /* of the output; absent: not known */
	struct decimal input, output; /* common measure */
	enum dimension dimension;
};
struct risk_ledger { /* a lot at one holder, when more went than came, or a receipt differs from its shipment */
	struct uuid event;
	struct lot_id lot;
	struct decimal expected, found;
	enum dimension dimension;
	struct str reason_given; /* shortage reason of the receiver; absent: none */
	struct uuid holder;      /* of a deficit: who owes; nil: a receipt differs */
};

struct risk_test {
	struct uuid event;
	struct lot_id lot; /* nil org: of something that is no lot */
	struct instant time;
	struct str kind, outcome; /* words of the record */
	struct str report;        /* absent: none */
	const struct record_result *results;
	size_t result_count;
	bool shipped; /* part of the lot has left its issuer */
};

/* Scans of a pack's own code, as far as they are counted. Networks are counted by keyed bits (core/visitor.h), of which two
 * may be one: never more than there were. */
struct risk_scans {
	struct str code; /* absent: of all packs of a lot together */
	struct lot_id lot;
	usec_t hour_us; /* hour of the clock of the newest scan, and what was counted in it */
	int64_t hour_scans, hour_networks;
	int32_t day; /* UTC, of the newest */
	int64_t day_scans, day_networks;
	int64_t day_inactive; /* K03: of these, of packs whose codes were not in use */
	usec_t left_us;       /* K03: when the first of the lot left its maker; 0: it has not */
	usec_t ended_us;      /* K04: since when none of it should be sold; 0: what it was made of says so */
	struct str ended;     /* K04: recalled, destroyed, returned, expired */
};
/* From how many on scans say something. */
struct risk_scan_limits {
	int64_t hour_scans, hour_networks;   /* K01: both in one hour */
	int64_t day_networks;                /* K01: or these in one day */
	int64_t early_scans, early_networks; /* K03: both in one day, of packs of one lot */
	int64_t ended_scans, ended_networks; /* K04: the same */
};
extern const struct risk_scan_limits risk_scan_limits;

struct risk_evidence {
	struct uuid event;    /* nil: a reference row only */
	struct str reference; /* row and source; absent: none */
	struct str words_zh, words_en;
};
struct risk_finding {
	const char *rule; /* "I01" */
	int64_t rule_version;
	enum severity severity;
	struct str title_zh, title_en, reason_zh, reason_en, action_zh, action_en;
	struct str inputs_json; /* the facts the rule saw, for replay */
	struct str edition;
	const struct risk_evidence *evidence;
	size_t evidence_count;
	struct lot_id lot; /* nil org: not about one lot */
	struct str
		subject; /* stable key: the same finding found again is the same alert ("I01 <use> <lot>") */
	int64_t due_after_s; /* from first seen: critical 2 h, high 24 h, medium 7 days */
};
struct risk_findings {
	const struct risk_finding *items;
	size_t count;
};

/* R01: an active that is banned on the day of use. Names are compared after folding (case, spaces, brackets, half and
 * full width, known synonyms in brackets); one finding per banned active. Without `active` the product's name is searched
 * for known actives, the longest at each place (carbosulfan is not carbofuran). Drugs banned for animals count for medicate
 * and feed; where the type is not known, unless the same active has a date of its own as a pesticide. */
void risk_r01(struct arena *arena, const struct reference *ref, const struct risk_use *use,
	      struct risk_findings *ret);
/* I01: harvest before the interval of active × crop has passed since a use. Days are calendar days of each event's own
 * offset. Crop by group tree, the nearest crop that has a row; formulation from the product's name when it says one, else
 * the longest interval. One finding per use: the active with the most days missing. Uses after the harvest do not count.
 * Of a slaughter: the withdrawal period of drug × species, of the drug whose name the product contains, else the longest of
 * those that contain the active. */
void risk_i01(struct arena *arena, const struct reference *ref, const struct risk_use *uses, size_t use_count,
	      const struct risk_harvest *harvest, struct risk_findings *ret);
/* The longest interval that a use binds a harvest of its commodity to, in days; 0: none. */
int64_t risk_i01_days(struct arena *arena, const struct reference *ref, const struct risk_use *use);
/* A harvest then breaks an interval of so many days: risk_i01 has a finding. */
bool risk_i01_breaks(struct instant use, struct instant harvest, int64_t days);
/* M01: output above the expected maximum. *ret_refuse: above the hard maximum; *ret_detail then says the amounts and the
 * limit (it is set with every finding). */
void risk_m01(struct arena *arena, const struct reference *ref, const struct risk_transform *t,
	      struct risk_findings *ret, bool *ret_refuse, struct str *ret_detail);
/* M02: a receipt that differs from its shipment, or a deficit: of that there is one finding for each lot at each holder. */
void risk_m02(struct arena *arena, const struct reference *ref, const struct risk_ledger *l,
	      struct risk_findings *ret);
/* The subject of the finding that a holder owes some of a lot. */
struct str risk_short_subject(struct arena *arena, struct uuid holder, struct lot_id lot);
/* That of a ledger without a holder. */
struct str risk_ledger_subject(struct arena *arena, struct uuid event, struct lot_id lot);

/* What a test says: R06 a banned active was detected (one finding a substance), R05 a laboratory found the goods not
 * conformant, R08 a rapid test is positive and a laboratory has to confirm it within three days. */
void risk_test(struct arena *arena, const struct reference *ref, const struct risk_test *test,
	       struct risk_findings *ret);

/* K01: so many people do not scan one pack: its code is on several. Whether the newest day or hour of these scans says so, and
 * the finding, one a code. No finding has an address, nor anything finer than a count. */
bool risk_scans_copied(const struct risk_scan_limits *limits, const struct risk_scans *scans);
void risk_k01(struct arena *arena, const struct reference *ref, const struct risk_scan_limits *limits,
	      const struct risk_scans *scans, struct risk_findings *ret);
/* K03: people scan packs whose codes nobody has put into use, or of whose lot nothing has left its maker: one finding a lot,
 * for a stolen roll of labels is scanned once each. `code`: one that was. */
struct str risk_k03_subject(struct arena *arena, struct lot_id lot);
void risk_k03(struct arena *arena, const struct reference *ref, const struct risk_scan_limits *limits,
	      const struct risk_scans *scans, struct risk_findings *ret);
/* K04: people scan packs of a lot that should not be sold any more: what of it they have is still about. One finding a lot. */
void risk_k04(struct arena *arena, const struct reference *ref, const struct risk_scan_limits *limits,
	      const struct risk_scans *scans, struct risk_findings *ret);

/* As table alert keeps it: a JSON list of {event, reference, words}. */
struct str risk_evidence_json(struct arena *arena, const struct risk_finding *finding);

/* When somebody must have acted on a finding of this severity. */
int64_t risk_due_after_s(enum severity severity);

struct risk_rule { /* the catalogue: what exists, for pages and /openapi */
	const char *id;
	int64_t version;
	enum severity worst;
	const char *title_zh, *title_en, *trigger_en;
};
const struct risk_rule *risk_rule_at(size_t index); /* NULL past the last */
/* The reason codes an alert may be closed with. NULL past the last. */
const char *risk_close_reason_at(size_t index);

#endif
