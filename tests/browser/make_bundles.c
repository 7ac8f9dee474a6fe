/* SPDX-License-Identifier: Apache-2.0
 * Writes the sample log's bundles and the policy that accepts them into a directory, for the tests of the page that checks
 * them and of the command line. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/core/sample_log.h"

static void write_file(const char *directory, const char *name, struct str text)
{
	char path[4096];
	int len = snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *file = len > 0 && (size_t)len < sizeof path ? fopen(path, "wb") : NULL;
	if (!file || fwrite(text.at, 1, text.len, file) != text.len || fclose(file)) {
		perror(path);
		exit(1);
	}
}

static void write_bundle(const char *directory, const char *name, struct arena *arena,
			 const struct bundle *bundle)
{
	struct buf out = buf_create(arena, 16384);
	struct json_writer w = json_writer(&out);
	bundle_write(&w, bundle);
	write_file(directory, name, buf_str(&out));
}

static void write_proof(const char *directory, const struct sample_log *log)
{
	struct buf out = buf_create(log->arena, 8192);
	struct json_writer w = json_writer(&out);
	struct proof proof = sample_step(log, 11, /* is_shown */ true).proof;
	proof.key = sample_key(log, &log->packer);
	proof.checkpoint = sample_checkpoint(log, 7);
	proof_write(&w, &proof);
	write_file(directory, "proof.json", buf_str(&out));
	const struct tlog_proof tlog = {
		.extra = str_bytes(proof.statement), .place = proof.place, .checkpoint = proof.checkpoint};
	write_file(directory, "entry.tlog-proof", tlog_proof_print(log->arena, &tlog));
	write_file(directory, "entry", proof.statement);
}

static struct bundle_step *steps_of(const struct bundle *bundle)
{
	return (struct bundle_step *)(uintptr_t)bundle->steps;
}

static void drop_step(struct bundle *bundle, size_t i)
{
	bundle->step_count--;
	memmove(&steps_of(bundle)[i], &steps_of(bundle)[i + 1],
		(bundle->step_count - i) * sizeof(struct bundle_step));
}

static struct proof_entry enter(struct sample_log *log, const struct statement *statement)
{
	size_t place = sample_append(log, &log->registrar, statement, NULL);
	return (struct proof_entry){log->entries[place].note, sample_place(log, place)};
}

static struct proof_entry erasure_of(struct sample_log *log, size_t entry)
{
	struct statement s = sample_statement(log, &log->registrar, STR("erase"));
	s.prevs = (struct statement_links){1, &log->entries[entry].hash, {{0}}};
	s.body = sha256_of(str_bytes(STR("{}")));
	s.body_len = 2;
	s.media_type = STR("application/json");
	return enter(log, &s);
}

static struct proof_entry revocation_of(struct sample_log *log)
{
	struct statement s = sample_statement(log, &log->registrar, STR("revoke"));
	s.revoked = sha256_of(log->packer.spki);
	s.reason = STR("superseded");
	return enter(log, &s);
}

/* Its own registrar and policy: "sm2-" before the names of the others. */
static void write_sm2(const char *directory)
{
	struct sample_log *log = sample_log_create_with(SIGN_SM2);
	struct bundle bundle = sample_bundle(log);
	bundle.checkpoint = sample_checkpoint(log, 3);
	write_file(directory, "sm2-policy.txt", sample_policy(log));
	write_file(directory, "sm2-registrar.vkey", note_key_print(log->arena, &log->registrar.key));
	write_bundle(directory, "sm2-holds.json", log->arena, &bundle);
	sample_log_destroy(log);
}

/* With a statement that sums up its lots and what it builds on, and the lines beside it. */
static void write_wide(const char *directory)
{
	enum { WIDE = STATEMENT_MAX_LINKS + 2 };
	struct sample_log *log = sample_log_create();
	struct statement s = sample_statement(log, &log->farm, STR("event"));
	struct sha256 *hashes = arena_array(log->arena, struct sha256, WIDE);
	for (uint8_t i = 0; i < WIDE; i++)
		hashes[i] = sha256_of((struct bytes){&i, 1});
	s.lots = s.prevs = (struct statement_links){WIDE, hashes, {{0}}};
	s.body = sha256_of(str_bytes(STR("{}")));
	s.body_len = 2;
	s.media_type = STR("application/json");
	size_t place = sample_append(log, &log->farm, &s, NULL);
	struct bundle bundle = sample_bundle(log);
	struct bundle_step *steps = arena_array(log->arena, struct bundle_step, bundle.step_count + 1);
	memcpy(steps, bundle.steps, bundle.step_count * sizeof *steps);
	struct bundle_step *wide = &steps[bundle.step_count++];
	*wide = sample_step(log, place, /* is_shown */ false);
	wide->proof.lots = statement_link_lines(log->arena, STR("lot"), hashes, WIDE);
	wide->proof.prevs = statement_link_lines(log->arena, STR("prev"), hashes, WIDE);
	bundle.steps = steps;
	bundle.checkpoint = sample_checkpoint(log, 3);
	write_file(directory, "wide-policy.txt", sample_policy(log));
	write_file(directory, "wide-registrar.vkey", note_key_print(log->arena, &log->registrar.key));
	write_bundle(directory, "wide-holds.json", log->arena, &bundle);
	sample_log_destroy(log);
}

static const char *printed(const struct sample_log *log, const char *name, const char *end)
{
	return arena_printf(log->arena, "%s%s", name, end).at;
}

/* Signed with further keys, once with a reason and once without. */
static void write_further(const char *directory, const char *name, struct str reason)
{
	struct sample_log *log = sample_log_create();
	struct bundle bundle = sample_further(log, reason);
	bundle.checkpoint = sample_checkpoint(log, 3);
	write_file(directory, printed(log, name, "-policy.txt"), sample_policy(log));
	write_file(directory, printed(log, name, "-registrar.vkey"),
		   note_key_print(log->arena, &log->registrar.key));
	write_bundle(directory, printed(log, name, "-holds.json"), log->arena, &bundle);
	sample_log_destroy(log);
}

static void write_endorsed(const char *directory)
{
	struct sample_log *log = sample_log_create();
	struct bundle bundle = sample_endorsed(log);
	bundle.checkpoint = sample_checkpoint(log, 3);
	write_file(directory, "endorsed-policy.txt", sample_policy(log));
	write_file(directory, "endorsed-registrar.vkey", note_key_print(log->arena, &log->registrar.key));
	write_bundle(directory, "endorsed-holds.json", log->arena, &bundle);
	sample_log_destroy(log);
}

static void write_corrected(const char *directory)
{
	struct sample_log *log = sample_log_create();
	struct bundle bundle = sample_corrected(log);
	bundle.checkpoint = sample_checkpoint(log, 3);
	write_file(directory, "corrected-policy.txt", sample_policy(log));
	write_file(directory, "corrected-registrar.vkey", note_key_print(log->arena, &log->registrar.key));
	write_bundle(directory, "corrected-holds.json", log->arena, &bundle);
	sample_log_destroy(log);
}

/* Whose policy names the SM2 key of the log: its head has the line of this key, none, or one that is of another head. */
static void write_national(const char *directory)
{
	struct sample_log *log = sample_log_create();
	struct private_key *private;
	struct note_key key;
	struct bytes signature;
	struct str whole = sample_checkpoint(log, 3);
	struct note *note = arena_new(log->arena, struct note);
	bool ok = !private_key_generate(SIGN_SM2, &private) &&
		  note_key_from_spki(STR(SAMPLE_ORIGIN), private_key_spki(log->arena, private), &key) &&
		  note_parse(log->arena, whole, note);
	assert(ok);
	struct str vkey = note_key_print(log->arena, &key);
	write_file(directory, "national-policy.txt",
		   arena_printf(log->arena, "%.*s#sm2 %.*s\n", STR_ARGS(sample_policy(log)), STR_ARGS(vkey)));
	write_file(directory, "national-registrar.vkey", note_key_print(log->arena, &log->registrar.key));
	struct bundle bundle = sample_bundle(log);
	bundle.checkpoint = whole;
	write_bundle(directory, "national-missing.json", log->arena, &bundle);
	const struct str texts[] = {note->text, STR(SAMPLE_ORIGIN "\n1\n\n")};
	const char *const names[] = {"national-holds.json", "national-forged.json"};
	for (size_t i = 0; i < 2; i++) {
		struct note signed_note = *note;
		ok = !sign(log->arena, private, str_bytes(texts[i]), &signature);
		assert(ok);
		signed_note.signatures[signed_note.count++] =
			(struct note_signature){key.name, key.id, signature};
		bundle.checkpoint = note_print(log->arena, &signed_note);
		write_bundle(directory, names[i], log->arena, &bundle);
	}
	private_key_destroy(private);
	sample_log_destroy(log);
}

/* Under the head of a log of this name, which the policy trusts: the kind stands before the names of the others. */
static void write_renamed(const char *directory, const char *kind, struct str name)
{
	struct sample_log *log = sample_log_create();
	sample_rename(log, name);
	struct bundle bundle = sample_bundle(log);
	bundle.checkpoint = sample_checkpoint(log, 3);
	write_file(directory, arena_printf(log->arena, "%s-policy.txt", kind).at, sample_policy(log));
	write_file(directory, arena_printf(log->arena, "%s-registrar.vkey", kind).at,
		   note_key_print(log->arena, &log->registrar.key));
	write_bundle(directory, arena_printf(log->arena, "%s-bundle.json", kind).at, log->arena, &bundle);
	sample_log_destroy(log);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: make_bundles DIRECTORY\n");
		return 2;
	}
	struct sample_log *log = sample_log_create();
	struct str registrar = note_key_print(log->arena, &log->registrar.key);
	write_file(argv[1], "policy.txt", sample_policy(log));
	write_file(argv[1], "registrar.vkey", registrar);
	write_proof(argv[1], log);

	struct bundle bundle = sample_bundle(log);
	bundle.checkpoint = sample_checkpoint(log, 3); /* as many witnesses as the policy asks for */
	write_bundle(argv[1], "holds.json", log->arena, &bundle);
	bundle.checkpoint = sample_checkpoint(log, 1);
	write_bundle(argv[1], "unwitnessed.json", log->arena, &bundle);
	bundle = sample_bundle(log);
	drop_step(&bundle, 5);
	write_bundle(argv[1], "hidden.json", log->arena, &bundle);

	struct proof_entry erasure = erasure_of(log, 4), revocation = revocation_of(log);
	erasure.place = sample_place(log, (size_t)erasure.place.index);
	bundle = sample_bundle(log);
	steps_of(&bundle)[1].proof.view = (struct str){0};
	steps_of(&bundle)[1].proof.erasure = erasure;
	((struct proof_key *)(uintptr_t)bundle.keys)[1].revocation = revocation;
	write_bundle(argv[1], "erased-and-revoked.json", log->arena, &bundle);
	sample_log_destroy(log);
	write_sm2(argv[1]);
	write_wide(argv[1]);
	write_endorsed(argv[1]);
	write_corrected(argv[1]);
	write_further(argv[1], "further", STR("lost"));
	write_further(argv[1], "unexplained", (struct str){NULL, 0});
	write_national(argv[1]);
	write_renamed(argv[1], "next", STR(SAMPLE_ORIGIN "/2"));
	write_renamed(argv[1], "spelled", STR(SAMPLE_ORIGIN "/02"));
	write_renamed(argv[1], "another", STR("another.example/2"));
	return 0;
}
