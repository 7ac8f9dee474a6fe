/* SPDX-License-Identifier: Apache-2.0
 * What handlers share: the caller as row security sees it. */
#include "ft/api/app.h"

bool call_sees_all(const struct call *call)
{
	return (call->caller.scopes & SCOPE_ADMIN) && !call->caller.region.at && !call->caller.party_count;
}

struct db_scope call_scope(const struct call *call)
{
	return (struct db_scope){.key = call->caller.key,
				 .region = call->caller.region,
				 .parties = call->caller.parties,
				 .party_count = call->caller.party_count,
				 .service = call_sees_all(call)};
}
