/* SPDX-License-Identifier: Apache-2.0
 * Which form a caller prefers, by Accept. */
#include "accept_priv.h"

/* Weight of one element of an Accept header in thousandths (RFC 9110 §12.4.2); what cannot be read weighs full. */
static int weight_of(struct str parameters)
{
	for (struct str rest = parameters; rest.at;) {
		struct str parameter = str_trim(str_cut(rest, ';', &rest));
		if (parameter.len < 3 || (parameter.at[0] | 0x20) != 'q' || parameter.at[1] != '=')
			continue;
		int weight = 0, scale = 1000;
		for (size_t i = 2; i < parameter.len; i++)
			if (parameter.at[i] >= '0' && parameter.at[i] <= '9' && scale) {
				weight += (parameter.at[i] - '0') * scale;
				scale /= 10;
			}
		return weight;
	}
	return 1000;
}

int accept_weight(struct str accept, struct str type)
{
	int best = 0;
	for (struct str rest = accept; rest.at;) {
		struct str parameters = {0};
		struct str element = str_cut(rest, ',', &rest);
		struct str name = str_trim(str_cut(element, ';', &parameters));
		int weight = str_equal_ignoring_case(name, type) ? weight_of(parameters) : 0;
		best = weight > best ? weight : best;
	}
	return best;
}

bool call_wants_page(const struct call *call)
{
	int page = accept_weight(call->accept, STR("text/html"));
	return page > 0 && page > accept_weight(call->accept, STR("application/json"));
}
