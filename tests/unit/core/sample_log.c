/* SPDX-License-Identifier: Apache-2.0
 * Makes the sample log. */
#include "sample_log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ft/base/text.h"
#include "ft/base/time.h"

enum { START_S = 1795300000 };

static const uint8_t secret[MANIFEST_SECRET_LEN] = {7};

static struct sample_signer new_signer(struct sample_log *log, enum sign_algorithm algorithm, struct str name,
				       struct uuid org)
{
	struct sample_signer s = {.org = org};
	if (private_key_generate(algorithm, &s.private))
		assert(!"a key can be made");
	s.spki = private_key_spki(log->arena, s.private);
	if (!note_key_from_spki(name, s.spki, &s.key))
		assert(!"a fresh key is a note key");
	return s;
}

/* The id of a witness's key counts another type in. */
static void make_witness(struct sample_signer *s)
{
	uint8_t type = NOTE_COSIGNATURE;
	struct sha256 hash = sha256_of_parts(
		(struct bytes[]){str_bytes(s->key.name), str_bytes(STR("\n")), {&type, 1}, s->key.material},
		4);
	s->key.type = type;
	s->key.id = (uint32_t)hash.octets[0] << 24 | (uint32_t)hash.octets[1] << 16 |
		    (uint32_t)hash.octets[2] << 8 | hash.octets[3];
}

static void sign_note(struct sample_log *log, struct note *note, const struct sample_signer *signer)
{
	struct note_signature *s = &note->signatures[note->count++];
	*s = (struct note_signature){.name = signer->key.name, .id = signer->key.id};
	if (sign(log->arena, signer->private, str_bytes(note->text), &s->signature))
		assert(!"a fresh key signs");
}

struct statement sample_statement(struct sample_log *log, struct sample_signer *signer, struct str kind)
{
	log->now_s += 60;
	return (struct statement){.kind = kind,
				  .log = STR(SAMPLE_ORIGIN),
				  .org = signer->org,
				  .key = sha256_of(signer->spki),
				  .seq = ++signer->seq,
				  .at_s = log->now_s};
}

size_t sample_append(struct sample_log *log, struct sample_signer *signer, const struct statement *statement,
		     const struct sample_signer *second)
{
	assert(log->count < SAMPLE_MAX_ENTRIES);
	struct sample_entry *entry = &log->entries[log->count];
	struct note note = {.text = statement_print(log->arena, statement)};
	sign_note(log, &note, signer);
	if (second)
		sign_note(log, &note, second);
	entry->note = note_print(log->arena, &note);
	entry->hash = statement_hash(note.text);
	entry->by = signer;
	return log->count++;
}

static struct sample_signer enrol(struct sample_log *log, struct sample_signer s, const char *use,
				  const struct sample_signer *registrar, struct str reason)
{
	struct statement statement = sample_statement(log, &s, STR("key"));
	statement.vkey = note_key_print(log->arena, &s.key);
	statement.use = str_of(use);
	statement.custody = STR("service");
	statement.reason = reason;
	s.key_entry = sample_append(log, &s, &statement, registrar);
	s.key_statement = log->entries[s.key_entry].note;
	return s;
}

struct sample_signer sample_enrol(struct sample_log *log, struct str name, struct uuid org, const char *use,
				  const struct sample_signer *registrar)
{
	return enrol(log, new_signer(log, log->algorithm, name, org), use, registrar, (struct str){NULL, 0});
}

struct sample_signer sample_enrol_further(struct sample_log *log, const struct sample_signer *first,
					  const char *use, struct str reason)
{
	return enrol(log, new_signer(log, log->algorithm, first->key.name, first->org), use, &log->registrar,
		     reason);
}

static struct str view_of_event(struct sample_log *log, const struct sample_event *event, struct str id,
				int64_t at_s, enum tier tier)
{
	struct instant now = {.at_us = at_s * USEC_PER_SEC, .offset_min = 480};
	struct str time = event->happened ? str_of(event->happened) : instant_print(log->arena, now);
	return arena_printf(log->arena,
			    "{\"type\":\"ObjectEvent\",\"eventID\":\"urn:uuid:%.*s\",\"eventTime\":\"%.*s\","
			    "\"farmtrail:record\":\"%s\"%s%s}",
			    STR_ARGS(id), STR_ARGS(time), event->type,
			    event->quantities ? event->quantities : "",
			    tier == TIER_FULL ? ",\"farmtrail:harvester\":\"张三\"" : "");
}

static size_t choose_lots(const struct sample_log *log, unsigned bits, struct sha256 *ret)
{
	size_t count = 0;
	for (size_t i = 0; i < SAMPLE_LOTS; i++)
		if (bits >> i & 1)
			ret[count++] = statement_lot(log->lots[i].salt, log->lots[i].uri);
	return count;
}

/* Some say what they had seen of the log, and it is true. */
static void name_head(struct sample_log *log, struct statement *statement)
{
	enum { FROM = 9, SEEN = 4 };
	struct sha256 leaves[SEEN];
	if (log->count < FROM)
		return;
	for (size_t i = 0; i < SEEN; i++)
		leaves[i] = merkle_leaf(str_bytes(log->entries[i].note));
	statement->has_seen = true;
	statement->seen_size = SEEN;
	statement->seen_root = merkle_root(leaves, SEEN);
}

size_t sample_record(struct sample_log *log, struct sample_signer *signer, const struct sample_event *event)
{
	struct sha256 lots[SAMPLE_LOTS], prevs[SAMPLE_MAX_ENTRIES];
	struct manifest_view views[TIER_COUNT];
	struct statement statement = sample_statement(log, signer, STR("event"));
	struct str id = arena_printf(log->arena, "01a20058-cdfd-727d-9219-%012zu", log->count);
	size_t prev_count = 0;
	for (size_t i = 0; i < log->count; i++)
		if (event->prevs >> i & 1)
			prevs[prev_count++] = log->entries[i].hash;
	for (int i = 0; i < TIER_COUNT; i++)
		views[i] = (struct manifest_view){view_of_event(log, event, id, statement.at_s, (enum tier)i),
						  STR("application/ld+json")};
	struct str manifest = manifest_build(log->arena, secret, views);
	statement.lots = (struct statement_links){choose_lots(log, event->lots, lots), lots, {{0}}};
	statement.prevs = (struct statement_links){prev_count, prevs, {{0}}};
	statement.body = sha256_of(str_bytes(manifest));
	statement.body_len = manifest.len;
	statement.media_type = MANIFEST_MEDIA_TYPE;
	name_head(log, &statement);
	size_t place = sample_append(log, signer, &statement, NULL);
	struct sample_entry *entry = &log->entries[place];
	entry->event = id;
	entry->view = views[TIER_FARM].at;
	entry->manifest = manifest;
	entry->salt = manifest_salt(secret, TIER_FARM);
	return place;
}

#define CLASS(name) "{\"epcClass\":\"" SAMPLE_LOT(name) "\"}"
enum { A = 1 << SAMPLE_A, B = 1 << SAMPLE_B, M = 1 << SAMPLE_M, Z = 1 << SAMPLE_Z };

static void record_trail(struct sample_log *log)
{
	const struct sample_event farm[] = {
		{"treat", NULL, 0, 0, NULL},
		{"harvest", NULL, A, 0, ",\"quantityList\":[" CLASS("A") "]"},
		{"harvest", NULL, B, 0, ",\"quantityList\":[" CLASS("B") "]"},
		{"harvest", NULL, Z, 0, ",\"quantityList\":[" CLASS("Z") "]"},
		{"ship", NULL, A | Z, 1 << 4 | 1 << 6, ",\"quantityList\":[" CLASS("A") "," CLASS("Z") "]"},
		{"ship", NULL, A, 1 << 7, ",\"quantityList\":[" CLASS("A") "]"},
	};
	const struct sample_event packer[] = {
		{"receive", NULL, A, 1 << 8, ",\"quantityList\":[" CLASS("A") "]"},
		{"mix", NULL, A | B | M, 1 << 9 | 1 << 5,
		 ",\"inputQuantityList\":[" CLASS("A") "," CLASS("B") "],\"outputQuantityList\":[" CLASS(
			 "M") "]"},
		{"sell", "2026-10-21T09:00:00+08:00", M, 1 << 10, ",\"quantityList\":[" CLASS("M") "]"},
	};
	for (size_t i = 0; i < sizeof farm / sizeof farm[0]; i++)
		sample_record(log, &log->farm, &farm[i]);
	for (size_t i = 0; i < sizeof packer / sizeof packer[0]; i++)
		sample_record(log, &log->packer, &packer[i]);
}

static struct str signer_name(struct sample_log *log, struct uuid org)
{
	return statement_signer_name(log->arena, STR(SAMPLE_ORIGIN), org);
}

struct sample_log *sample_log_create(void)
{
	return sample_log_create_with(SIGN_P256);
}

struct sample_log *sample_log_create_with(enum sign_algorithm algorithm)
{
	static const char *const uris[SAMPLE_LOTS] = {SAMPLE_LOT("M"), SAMPLE_LOT("A"), SAMPLE_LOT("B"),
						      SAMPLE_LOT("Z")};
	static const struct uuid orgs[] = {{{1}}, {{2}}, {{3}}};
	struct sample_log *log = calloc(1, sizeof *log);
	assert(log);
	log->arena = arena_create();
	log->now_s = START_S;
	log->algorithm = algorithm;
	log->log = new_signer(log, SIGN_ED25519, STR(SAMPLE_ORIGIN), orgs[0]);
	for (size_t i = 0; i < SAMPLE_WITNESSES; i++) {
		struct str name = arena_printf(log->arena, "witness%zu.example", i);
		log->witnesses[i] = new_signer(log, SIGN_ED25519, name, orgs[0]);
		make_witness(&log->witnesses[i]);
	}
	for (size_t i = 0; i < SAMPLE_LOTS; i++) {
		log->lots[i].uri = str_of(uris[i]);
		log->lots[i].salt[0] = (uint8_t)(i + 1);
	}
	log->registrar = sample_enrol(log, signer_name(log, orgs[0]), orgs[0], "register", NULL);
	log->farm = sample_enrol(log, signer_name(log, orgs[1]), orgs[1], "event", &log->registrar);
	log->packer = sample_enrol(log, signer_name(log, orgs[2]), orgs[2], "event", &log->registrar);
	record_trail(log);
	return log;
}

void sample_log_destroy(struct sample_log *log)
{
	private_key_destroy(log->registrar.private);
	private_key_destroy(log->farm.private);
	private_key_destroy(log->packer.private);
	private_key_destroy(log->office.private);
	private_key_destroy(log->log.private);
	for (size_t i = 0; i < SAMPLE_WITNESSES; i++)
		private_key_destroy(log->witnesses[i].private);
	arena_destroy(log->arena);
	free(log);
}

/* RFC 6962 §2.1.1, as it is written there. */
static size_t split_at(size_t count)
{
	size_t half = 1;
	while (half * 2 < count)
		half *= 2;
	return half;
}

static size_t path_of(const struct sha256 *leaves, size_t count, size_t index, struct sha256 *ret)
{
	if (count <= 1)
		return 0;
	size_t half = split_at(count), len;
	if (index < half) {
		len = path_of(leaves, half, index, ret);
		ret[len] = merkle_root(leaves + half, count - half);
	} else {
		len = path_of(leaves + half, count - half, index - half, ret);
		ret[len] = merkle_root(leaves, half);
	}
	return len + 1;
}

static struct sha256 *leaves_of(const struct sample_log *log)
{
	struct sha256 *leaves = arena_array(log->arena, struct sha256, log->count);
	for (size_t i = 0; i < log->count; i++)
		leaves[i] = merkle_leaf(str_bytes(log->entries[i].note));
	return leaves;
}

size_t sample_endorse(struct sample_log *log, struct sample_signer *office, size_t entry, int64_t said,
		      const char *says)
{
	struct statement s = sample_statement(log, office, STR("endorse"));
	s.prevs = (struct statement_links){.count = 1, .hashes = &log->entries[entry].hash};
	s.entry = said;
	s.view = STR("full");
	s.says = str_of(says);
	return sample_append(log, office, &s, NULL);
}

struct proof_place sample_place(const struct sample_log *log, size_t entry)
{
	struct sha256 *path = arena_array(log->arena, struct sha256, MERKLE_MAX_PATH);
	size_t count = path_of(leaves_of(log), log->count, entry, path);
	return (struct proof_place){(int64_t)entry, path, count};
}

static void cosign(const struct sample_log *log, struct note *note, const struct sample_signer *witness)
{
	struct bytes signature;
	struct buf value = buf_create(log->arena, 72);
	int64_t at_s = log->now_s + 30;
	struct str message = arena_printf(log->arena, "cosignature/v1\ntime %lld\n%.*s", (long long)at_s,
					  STR_ARGS(note->text));
	if (sign(log->arena, witness->private, str_bytes(message), &signature))
		assert(!"a fresh key signs");
	for (int shift = 56; shift >= 0; shift -= 8)
		buf_put_char(&value, (char)(at_s >> shift));
	buf_put_bytes(&value, signature.at, signature.len);
	note->signatures[note->count++] =
		(struct note_signature){witness->key.name, witness->key.id, str_bytes(buf_str(&value))};
}

struct str sample_checkpoint(const struct sample_log *log, unsigned witnesses)
{
	return sample_head(log, log->count, merkle_root(leaves_of(log), log->count), witnesses);
}

struct str sample_head(const struct sample_log *log, size_t size, struct sha256 root, unsigned witnesses)
{
	struct str encoded = base64_encode(log->arena, sha256_bytes(&root));
	struct note note = {.text = arena_printf(log->arena, "%.*s\n%zu\n%.*s\n", STR_ARGS(log->log.key.name),
						 size, STR_ARGS(encoded))};
	struct note_signature *s = &note.signatures[note.count++];
	*s = (struct note_signature){.name = log->log.key.name, .id = log->log.key.id};
	if (sign(log->arena, log->log.private, str_bytes(note.text), &s->signature))
		assert(!"a fresh key signs");
	for (size_t i = 0; i < SAMPLE_WITNESSES; i++)
		if (witnesses >> i & 1)
			cosign(log, &note, &log->witnesses[i]);
	return note_print(log->arena, &note);
}

void sample_rename(struct sample_log *log, struct str name)
{
	if (!note_key_from_spki(name, log->log.spki, &log->log.key))
		assert(!"any name will do");
}

struct str sample_policy(const struct sample_log *log)
{
	struct buf out = buf_create(log->arena, 1024);
	struct str vkey = note_key_print(log->arena, &log->log.key);
	buf_printf(&out, "log %.*s\n", STR_ARGS(vkey));
	for (size_t i = 0; i < SAMPLE_WITNESSES; i++) {
		vkey = note_key_print(log->arena, &log->witnesses[i].key);
		buf_printf(&out, "witness w%zu %.*s\n", i, STR_ARGS(vkey));
	}
	buf_put(&out, STR("group most 2 w0 w1 w2\nquorum most\n"));
	return buf_str(&out);
}

struct proof_key sample_key(const struct sample_log *log, const struct sample_signer *signer)
{
	return (struct proof_key){.spki = signer->spki,
				  .statement = {signer->key_statement, sample_place(log, signer->key_entry)},
				  .revocation = {.place = {.index = -1}}};
}

struct bundle_step sample_step(const struct sample_log *log, size_t place, bool is_shown)
{
	const struct sample_entry *entry = &log->entries[place];
	struct proof proof = {.statement = entry->note,
			      .place = sample_place(log, place),
			      .erasure = {.place = {.index = -1}}};
	if (is_shown) {
		proof.manifest = entry->manifest;
		proof.view = entry->view;
		proof.salt = entry->salt;
	}
	return (struct bundle_step){is_shown ? entry->event : (struct str){0}, proof};
}

/* Z is no lot of the trail, and the other customer's shipment nobody's business. */
static bool is_told(size_t place)
{
	return place != 6 && place != 8;
}

static struct str trail_of(const struct sample_log *log, const size_t *places, size_t count)
{
	struct buf out = buf_create(log->arena, 1024);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_name(&w, STR("steps"));
	json_begin_array(&w);
	for (size_t i = 0; i < count; i++) {
		struct json view;
		struct fault fault;
		if (!is_told(places[i]))
			continue;
		if (json_parse(log->arena, log->entries[places[i]].view, &view, &fault))
			assert(!"views are JSON");
		json_begin_object(&w);
		json_pair(&w, STR("event"), log->entries[places[i]].event);
		json_pair(&w, STR("type"), json_text(json_get(&view, STR("farmtrail:record"))));
		json_pair(&w, STR("time"), json_text(json_get(&view, STR("eventTime"))));
		json_end_object(&w);
	}
	json_end_array(&w);
	json_end_object(&w);
	return buf_str(&out);
}

struct bundle sample_bundle(const struct sample_log *log)
{
	static const size_t places[SAMPLE_STEPS] = {3, 4, 5, 6, 7, 8, 9, 10, 11};
	struct bundle_step *steps = arena_array(log->arena, struct bundle_step, SAMPLE_STEPS);
	struct proof_key *keys = arena_array(log->arena, struct proof_key, 2);
	for (size_t i = 0; i < SAMPLE_STEPS; i++)
		steps[i] = sample_step(log, places[i], is_told(places[i]));
	keys[0] = sample_key(log, &log->farm);
	keys[1] = sample_key(log, &log->packer);
	return (struct bundle){.lot = log->lots[SAMPLE_M].uri,
			       .trail = trail_of(log, places, SAMPLE_STEPS),
			       .checkpoint = sample_checkpoint(log, 7),
			       .lots = log->lots,
			       .lot_count = SAMPLE_Z, /* A, B and M: Z is not of this trail */
			       .keys = keys,
			       .key_count = 2,
			       .steps = steps,
			       .step_count = SAMPLE_STEPS};
}

struct bundle sample_further(struct sample_log *log, struct str reason)
{
	struct sample_signer second = sample_enrol_further(log, &log->packer, "event", reason);
	size_t sale = sample_record(log, &second, &(struct sample_event){"sell", NULL, 1, 1 << 10, NULL});
	struct bundle bundle = sample_bundle(log);
	struct bundle_step *steps = arena_array(log->arena, struct bundle_step, bundle.step_count + 1);
	struct proof_key *keys = arena_array(log->arena, struct proof_key, bundle.key_count + 1);
	memcpy(steps, bundle.steps, bundle.step_count * sizeof *steps);
	memcpy(&keys[1], bundle.keys, bundle.key_count * sizeof *keys);
	steps[bundle.step_count++] = sample_step(log, sale, /* is_shown */ true);
	keys[0] = sample_key(log, &second); /* in any order: the log has its own */
	private_key_destroy(second.private);
	bundle.key_count++;
	bundle.keys = keys;
	bundle.steps = steps;
	return bundle;
}

/* Into the step that tells of this entry. */
static struct str tell(const struct sample_log *log, struct str trail, size_t entry, struct str told)
{
	struct str mark = arena_printf(log->arena, "\"event\":\"%.*s\"", STR_ARGS(log->entries[entry].event));
	const char *at = strstr(trail.at, mark.at);
	assert(at);
	size_t before = (size_t)(at - trail.at) + mark.len;
	return arena_printf(log->arena, "%.*s,%.*s%.*s", (int)before, trail.at, STR_ARGS(told),
			    STR_ARGS(str_from(trail, before)));
}

struct bundle sample_endorsed(struct sample_log *log)
{
	enum { ENDORSEMENTS = 3 };
	const struct uuid org = {{8}};
	struct arena *arena = log->arena;
	log->office = sample_enrol(log, signer_name(log, org), org, "inspect", &log->registrar);
	log->office.org = org;
	size_t first = sample_endorse(log, &log->office, 4, 4, "agrees"),
	       second = sample_endorse(log, &log->office, 5, 5, "agrees");
	(void)sample_endorse(log, &log->office, second, (int64_t)second, "withdrawn");
	struct bundle bundle = sample_bundle(log);
	struct bundle_step *steps = arena_array(arena, struct bundle_step, SAMPLE_STEPS + ENDORSEMENTS);
	struct proof_key *keys = arena_array(arena, struct proof_key, bundle.key_count + 1);
	memcpy(steps, bundle.steps, SAMPLE_STEPS * sizeof *steps);
	memcpy(keys, bundle.keys, bundle.key_count * sizeof *keys);
	for (size_t i = 0; i < ENDORSEMENTS; i++)
		steps[SAMPLE_STEPS + i] = sample_step(log, first + i, /* is_shown */ false);
	keys[bundle.key_count++] = sample_key(log, &log->office);
	int64_t at_us = log->now_s * USEC_PER_SEC, minute_us = 60 * USEC_PER_SEC; /* each is a minute later */
	struct str id = uuid_print(arena, org);
	struct str stands = arena_printf(arena,
					 "\"endorsements\":[{\"party\":{\"id\":\"%.*s\"},\"at\":\"%.*s\"}]",
					 STR_ARGS(id), STR_ARGS(utc_print(arena, at_us - 2 * minute_us))),
		   taken_back = arena_printf(arena,
					     "\"endorsements\":[{\"party\":{\"id\":\"%.*s\"},\"at\":\"%.*s\","
					     "\"withdrawnAt\":\"%.*s\"}]",
					     STR_ARGS(id), STR_ARGS(utc_print(arena, at_us - minute_us)),
					     STR_ARGS(utc_print(arena, at_us)));
	bundle.trail = tell(log, tell(log, bundle.trail, 4, stands), 5, taken_back);
	bundle.keys = keys;
	bundle.steps = steps;
	bundle.step_count = SAMPLE_STEPS + ENDORSEMENTS;
	return bundle;
}

struct bundle sample_corrected(struct sample_log *log)
{
#define WRONG ",\"errorDeclaration\":{\"reason\":\"incorrect_data\"}"
#define MIXED ",\"inputQuantityList\":[" CLASS("A") "," CLASS("Z") "],\"outputQuantityList\":[" CLASS("M") "]"
#define RUN ",\"transformationID\":\"https://farmtrail.example/run/1\""
	static const char *const time = "2026-11-21T10:00:00+08:00";
	const struct sample_event events[SAMPLE_CORRECTED] = {
		{"mix", time, A | Z | M, 0, MIXED},
		{"mix", time, A | Z | M, 0, MIXED WRONG},
		{"process", time, A, 0, RUN ",\"inputQuantityList\":[" CLASS("A") "]"},
		{"process", time, M, 0, RUN ",\"outputQuantityList\":[" CLASS("M") "]"},
		{"process", time, Z, 0, RUN ",\"inputQuantityList\":[" CLASS("Z") "]"},
		{"process", time, Z, 0, RUN ",\"inputQuantityList\":[" CLASS("Z") "]" WRONG},
	};
	size_t places[SAMPLE_CORRECTED], told[] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16};
	for (size_t i = 0; i < SAMPLE_CORRECTED; i++)
		places[i] = sample_record(log, &log->packer, &events[i]);
	struct bundle bundle = sample_bundle(log);
	struct bundle_step *steps =
		arena_array(log->arena, struct bundle_step, SAMPLE_STEPS + SAMPLE_CORRECTED);
	memcpy(steps, bundle.steps, SAMPLE_STEPS * sizeof *steps);
	for (size_t i = 0; i < SAMPLE_CORRECTED; i++)
		steps[SAMPLE_STEPS + i] = sample_step(log, places[i], /* is_shown */ true);
	bundle.trail = trail_of(log, told, sizeof told / sizeof told[0]);
	for (size_t wrong = 12; wrong <= 16; wrong += 4)
		bundle.trail = tell(log, bundle.trail, wrong,
				    arena_printf(log->arena, "\"corrected\":\"%.*s\"",
						 STR_ARGS(log->entries[wrong + 1].event)));
	bundle.steps = steps;
	bundle.step_count = SAMPLE_STEPS + SAMPLE_CORRECTED;
	return bundle;
}
