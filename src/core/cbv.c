/* SPDX-License-Identifier: Apache-2.0
 * The words of the Core Business Vocabulary 2.0 and the four ways to spell each. */
#include <string.h>

#include "epcis_event_priv.h"

/* Words between spaces, in the order of the standard. */
static const struct vocabulary {
	const char *kind, *urn, *web, *words;
} vocabularies[] = {
	{"bizstep", "urn:epcglobal:cbv:bizstep:", "BizStep-",
	 " accepting arriving assembling collecting commissioning consigning creating_class_instance "
	 "cycle_counting "
	 "decommissioning departing destroying disassembling dispensing encoding entering_exiting holding "
	 "inspecting "
	 "installing killing loading other packing picking receiving removing repackaging repairing "
	 "replacing reserving "
	 "retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing "
	 "transporting "
	 "unloading unpacking void_shipping "},
	{"disp", "urn:epcglobal:cbv:disp:", "Disp-",
	 " active available completeness_inferred completeness_verified conformant container_closed "
	 "container_open damaged "
	 "destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class "
	 "mismatch_instance "
	 "mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other "
	 "partially_dispensed "
	 "recalled reserved retail_sold returned sellable_accessible sellable_not_accessible stolen "
	 "unavailable unknown "},
	{"btt", "urn:epcglobal:cbv:btt:", "BTT-",
	 " bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt "},
	{"sdt", "urn:epcglobal:cbv:sdt:", "SDT-", " owning_party possessing_party location "},
	{"er", "urn:epcglobal:cbv:er:", "ER-", " did_not_occur incorrect_data "},
	{"comp", "urn:epcglobal:cbv:comp:", "Comp-",
	 " x y z axial_distance azimuth height latitude longitude elevation easting northing angle_x angle_y "
	 "angle_z "},
};
#define WEB_ROOT "https://ref.gs1.org/cbv/"

static const struct vocabulary *vocabulary_of(const char *kind)
{
	size_t i = 0;
	while (strcmp(vocabularies[i].kind, kind) != 0)
		i++;
	return &vocabularies[i];
}

struct str cbv_word(struct str text, const char *kind)
{
	const struct vocabulary *v = vocabulary_of(kind);
	static const char *const roots[] = {WEB_ROOT, "https://gs1.org/cbv/", "cbv:", "gs1:cbv/"};
	if (str_starts(text, str_of(v->urn)))
		return str_from(text, strlen(v->urn));
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
		struct str rest =
			str_starts(text, str_of(roots[i])) ? str_from(text, strlen(roots[i])) : text;
		if (rest.len < text.len && str_starts(rest, str_of(v->web)))
			return str_from(rest, strlen(v->web));
	}
	return text;
}

bool cbv_is_word(struct str word, const char *kind)
{
	const char *words = vocabulary_of(kind)->words;
	if (!word.len || memchr(word.at, ' ', word.len))
		return false;
	/* The list begins and ends with a space: what has none is found behind the first octet. */
	const char *found = memmem(words, strlen(words), word.at, word.len);
	while (found && (found[-1] != ' ' || found[word.len] != ' '))
		found = memmem(found + 1, strlen(found + 1), word.at, word.len);
	return found;
}

struct str cbv_uri(struct arena *arena, struct str text, const char *kind)
{
	struct str word = cbv_word(text, kind);
	if (!cbv_is_word(word, kind))
		return text;
	return arena_printf(arena, WEB_ROOT "%s%.*s", vocabulary_of(kind)->web, STR_ARGS(word));
}
