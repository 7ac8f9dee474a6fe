/* SPDX-License-Identifier: Apache-2.0
 * The list of route tables: one per resource, each ended by a row without a path. */
#ifndef FT_API_ROUTES_H
#define FT_API_ROUTES_H

#include "ft/http/route.h"

extern const struct route event_routes[], event_own_routes[], erasure_routes[], endorsement_routes[],
	epcis_routes[], audit_routes[], event_batch_routes[], lot_routes[], party_routes[], site_routes[],
	product_routes[], certificate_routes[], key_routes[], signing_key_routes[], log_rotation_routes[],
	region_routes[], alert_routes[], code_routes[], item_code_routes[], label_routes[], resolve_routes[],
	health_routes[], log_routes[], proof_routes[], thing_routes[], problem_routes[], trail_proof_routes[],
	log_witness_routes[], log_timestamp_routes[], log_succession_routes[];
extern const struct route *const all_routes[]; /* NULL-terminated */

#endif
