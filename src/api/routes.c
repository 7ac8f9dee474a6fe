/* SPDX-License-Identifier: Apache-2.0
 * Every route table there is; the order is that of the OpenAPI document. */
#include "ft/api/routes.h"

#include <stddef.h>

const struct route *const all_routes[] = {
	event_routes,   event_own_routes,   event_batch_routes, erasure_routes,       endorsement_routes,
	epcis_routes,   lot_routes,         thing_routes,       code_routes,          item_code_routes,
	label_routes,   resolve_routes,     alert_routes,       party_routes,         site_routes,
	product_routes, certificate_routes, key_routes,         signing_key_routes,   log_rotation_routes,
	audit_routes,   region_routes,      proof_routes,       log_routes,           health_routes,
	problem_routes, trail_proof_routes, log_witness_routes, log_timestamp_routes, log_succession_routes,
	NULL,
};
