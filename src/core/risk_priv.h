/* SPDX-License-Identifier: Apache-2.0
 * What the rules share: their rows in the catalogue and the making of a finding. */
#ifndef FT_CORE_RISK_PRIV_H
#define FT_CORE_RISK_PRIV_H

#include "ft/codec/json.h"
#include "ft/core/risk.h"

enum rule_row {
	RULE_R01,
	RULE_R05,
	RULE_R06,
	RULE_R08,
	RULE_I01,
	RULE_M01,
	RULE_M02,
	RULE_K01,
	RULE_K03,
	RULE_K04,
	RULE_ROW_COUNT
};
extern const struct risk_rule risk_rules[RULE_ROW_COUNT + 1];

/* Rule, version, titles, edition and time limit; the rest is the rule's. */
struct risk_finding risk_finding_begin(const struct reference *ref, enum rule_row rule,
				       enum severity severity);

/* The bans of actives that hold on the day of the use, of those it names; one row an active. `ret` has room for
 * ref->ban_count. */
size_t risk_bans_of(struct arena *arena, const struct reference *ref, const struct risk_use *use,
		    const struct ref_ban **ret);

/* Folded commodity words, singular or plural. */
bool commodity_same(struct str a, struct str b);
/* Whether a commodity path (vegetable/leafy/pak-choi) names this word, folded; the place from the end of the path, 0 the
 * most special; SIZE_MAX: it does not. */
size_t commodity_rank(struct arena *arena, struct str path, struct str word);

/* Unit of a dimension in words: "KGM"; packages have none. */
struct str dimension_unit(enum dimension d);
/* "12.5 KGM" */
struct str amount_print(struct arena *arena, struct decimal amount, enum dimension d);

#endif
