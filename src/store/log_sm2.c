/* SPDX-License-Identifier: Apache-2.0
 * The line of the national profile under the log's heads: its SM2 key is stated when the setting asks for the line, and
 * revoked when it does so no more. */
#include <string.h>

#include "ft/core/log_name.h"
#include "ft/store/enrolment.h"
#include "log_priv.h"
#include "signing_priv.h"

struct sm2_settling {
	struct arena *arena;
	const struct key_office *office;
	struct log_keys_open_row *keys;
	size_t count;
	bool has_active, has_open;
};

static enum problem look(struct sm2_settling *s, struct db *db)
{
	enum problem p = log_keys_open(db, s->arena, &s->keys, &s->count);
	s->has_active = s->has_open = false;
	for (size_t i = 0; !p && i < s->count; i++) {
		s->has_open |= s->keys[i].sm2;
		s->has_active |= s->keys[i].sm2 && s->keys[i].active;
	}
	return p;
}

static enum problem state(struct sm2_settling *s, struct db *db, const struct held_key *registrar)
{
	struct log_head_read_row head;
	struct log_key_words words = {
		.algorithm = SIGN_SM2, .registrar = signer_key_of(registrar), .now_us = clock_now()};
	enum problem p = log_head_read(db, s->arena, &head);
	if (!p)
		p = signing_generate(db, s->arena, s->office->signer, words.algorithm, registrar->org,
				     SIGNER_LOG, &words.key);
	if (p)
		return p;
	words.log.origin = s->office->origin;
	words.log.name = log_name_print(s->arena, (struct log_name){s->office->origin, head.number});
	return signing_state_log_key(db, s->arena, s->office->signer, &words);
}

static enum problem end_all(struct sm2_settling *s, struct db *db, struct held_key *registrar)
{
	enum problem p = PROBLEM_NONE;
	for (size_t i = 0; !p && i < s->count; i++) {
		struct key_end end = {.reason = STR("ceased")};
		if (!s->keys[i].sm2)
			continue;
		memcpy(end.key.octets, s->keys[i].fingerprint.at, sizeof end.key.octets);
		p = signing_end(db, s->arena, s->office, registrar, registrar->org, &end);
	}
	return p;
}

/* Whoever changes keys holds the registrar's sequence, and so looks once more with that in hand. */
enum problem log_sm2_settle(struct db *db, struct arena *arena, const struct key_office *office, bool wanted)
{
	struct sm2_settling s = {.arena = arena, .office = office};
	struct held_key registrar;
	enum problem p = look(&s, db);
	if (p || (wanted ? s.has_active : !s.has_open))
		return p;
	p = signing_lock(db, arena, office->registrar, &registrar);
	if (!p)
		p = look(&s, db);
	if (p || (wanted ? s.has_active : !s.has_open))
		return p;
	return wanted ? state(&s, db, &registrar) : end_all(&s, db, &registrar);
}
