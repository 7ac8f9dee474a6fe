/* SPDX-License-Identifier: Apache-2.0
 * Checking a proof: ten checks, each a row of one table with its words. */
#include "ft/core/proof.h"

#include "ft/core/statement.h"
#include "signed_text_priv.h"

/* What has been read so far. A part that could not be read makes every check that stands on it fail. */
struct examination {
	struct arena *arena;
	const struct proof *proof;
	struct proof_trust trust;
	struct note_verifier verifier;
	bool has_statement, has_key_statement, has_checkpoint;
	struct note note, key_note, checkpoint_note;
	struct statement statement, key_statement;
	enum tier tier;
};

static bool read_statement(struct arena *arena, struct str text, struct note *ret_note, struct statement *ret)
{
	return note_parse(arena, text, ret_note) && statement_parse(arena, ret_note->text, ret);
}

static enum proof_finding passed_if(bool ok)
{
	return ok ? PROOF_PASSED : PROOF_FAILED;
}

static enum proof_finding check_statement(struct examination *e)
{
	e->has_statement = read_statement(e->arena, e->proof->statement, &e->note, &e->statement);
	return passed_if(e->has_statement);
}

static enum proof_finding check_key(struct examination *e)
{
	return passed_if(e->has_statement && sha256_equal(sha256_of(e->proof->spki), e->statement.key));
}

/* Under the name of the organisation that the statement is of: the name stands in the note and is not signed. */
static enum proof_finding check_signature(struct examination *e)
{
	bool signed_once = false;
	if (!e->has_statement)
		return PROOF_FAILED;
	struct str name = statement_signer_name(e->arena, e->statement.log, e->statement.org);
	for (size_t i = 0; i < e->note.count; i++) {
		struct note_key key;
		if (!str_equal(e->note.signatures[i].name, name) ||
		    !note_key_from_spki(e->note.signatures[i].name, e->proof->spki, &key))
			continue;
		enum note_verdict verdict = note_verify(e->arena, &e->note, &key, e->verifier);
		if (verdict == NOTE_FORGED)
			return PROOF_FAILED;
		signed_once |= verdict == NOTE_SIGNED;
	}
	return passed_if(signed_once);
}

static enum proof_finding check_key_statement(struct examination *e)
{
	struct note_key key;
	e->has_key_statement =
		read_statement(e->arena, e->proof->key_statement, &e->key_note, &e->key_statement) &&
		str_equal(e->key_statement.kind, STR("key"));
	/* That the key's line belongs to its vkey is part of the form of a key statement. */
	return passed_if(e->has_statement && e->has_key_statement &&
			 sha256_equal(e->key_statement.key, e->statement.key) &&
			 uuid_equal(e->key_statement.org, e->statement.org) &&
			 str_equal(e->key_statement.log, e->statement.log) &&
			 note_key_parse(e->arena, e->key_statement.vkey, &key) &&
			 note_verify(e->arena, &e->key_note, &key, e->verifier) == NOTE_SIGNED);
}

static enum proof_finding check_registrar(struct examination *e)
{
	if (!e->trust.registrar)
		return PROOF_SKIPPED;
	return passed_if(e->has_key_statement &&
			 note_verify(e->arena, &e->key_note, e->trust.registrar, e->verifier) == NOTE_SIGNED);
}

static bool has_body(const struct examination *e)
{
	return !e->has_statement || !str_equal(e->statement.kind, STR("key"));
}

static enum proof_finding check_manifest(struct examination *e)
{
	if (!has_body(e))
		return PROOF_SKIPPED;
	return passed_if(e->has_statement && e->proof->manifest.at &&
			 e->proof->manifest.len == e->statement.body_len &&
			 sha256_equal(sha256_of(str_bytes(e->proof->manifest)), e->statement.body));
}

static enum proof_finding check_view(struct examination *e)
{
	struct manifest manifest;
	if (!has_body(e) || !e->proof->view.at)
		return PROOF_SKIPPED;
	if (!e->proof->manifest.at || !manifest_parse(e->arena, e->proof->manifest, &manifest))
		return PROOF_FAILED;
	for (int i = 0; i < TIER_COUNT; i++)
		if (manifest_check_view(&manifest, (enum tier)i, e->proof->salt, e->proof->view)) {
			e->tier = (enum tier)i;
			return PROOF_PASSED;
		}
	return PROOF_FAILED;
}

static bool is_summed_up(const struct statement_links *links)
{
	return links->count > 0 && !links->hashes;
}

static bool links_hold(const struct statement_links *links, struct str lines)
{
	size_t count = 0;
	for (size_t i = 0; i < lines.len; i++)
		count += lines.at[i] == '\n';
	return !is_summed_up(links) ||
	       (count == links->count && sha256_equal(sha256_of(str_bytes(lines)), links->digest));
}

static enum proof_finding check_links(struct examination *e)
{
	if (e->has_statement && !is_summed_up(&e->statement.lots) && !is_summed_up(&e->statement.prevs))
		return PROOF_SKIPPED;
	return passed_if(e->has_statement && links_hold(&e->statement.lots, e->proof->lots) &&
			 links_hold(&e->statement.prevs, e->proof->prevs));
}

static enum proof_finding check_inclusion(struct examination *e)
{
	struct checkpoint head;
	if (e->proof->index < 0)
		return PROOF_SKIPPED;
	e->has_checkpoint = note_parse(e->arena, e->proof->checkpoint, &e->checkpoint_note) &&
			    checkpoint_parse(e->arena, e->checkpoint_note.text, &head);
	return passed_if(e->has_statement && e->has_checkpoint && str_equal(head.origin, e->statement.log) &&
			 merkle_check_inclusion(merkle_leaf(str_bytes(e->proof->statement)),
						(uint64_t)e->proof->index, (uint64_t)head.size, head.root,
						e->proof->path, e->proof->path_count));
}

static enum proof_finding check_checkpoint(struct examination *e)
{
	if (e->proof->index < 0 || !e->trust.log)
		return PROOF_SKIPPED;
	return passed_if(e->has_checkpoint && note_verify(e->arena, &e->checkpoint_note, e->trust.log,
							  e->verifier) == NOTE_SIGNED);
}

/* In order: later checks stand on what earlier ones have read. */
static const struct row {
	const char *name;
	enum proof_finding (*run)(struct examination *e);
	const char *text[3][2]; /* by finding, by language: Chinese, English */
} rows[PROOF_CHECKS] = {
	{"statement",
	 check_statement,
	 {{"声明格式正确", "The statement is well formed"},
	  {"声明不是有效的签名文本", "The statement is not a signed text of the known form"}}},
	{"key",
	 check_key,
	 {{"公钥与声明所指的密钥一致", "The key is the one that the statement names"},
	  {"公钥与声明所指的密钥不一致", "The key is not the one that the statement names"}}},
	{"signature",
	 check_signature,
	 {{"声明的签名有效", "The signature of the statement verifies"},
	  {"声明的签名无效", "The signature of the statement does not verify"}}},
	{"key-statement",
	 check_key_statement,
	 {{"密钥声明指明此密钥与组织，并由该密钥签署",
	   "The key statement names this key and this organisation and is signed with the key"},
	  {"密钥声明与此密钥或组织不符，或未由该密钥签署",
	   "The key statement is for another key or organisation, or is not signed with the key"}}},
	{"registrar",
	 check_registrar,
	 {{"您信任的登记机构已签署此密钥声明", "The registrar that you trust has signed the key statement"},
	  {"您信任的登记机构未签署此密钥声明",
	   "The registrar that you trust has not signed the key statement"},
	  {"未提供登记机构公钥：密钥归属未核验",
	   "No registrar key was given: whose key this is has not been checked"}}},
	{"manifest",
	 check_manifest,
	 {{"清单与所签内容一致", "The manifest is the one that was signed"},
	  {"清单与所签内容不一致", "The manifest is not the one that was signed"},
	  {"该声明没有正文", "This statement has no body"}}},
	{"view",
	 check_view,
	 {{"记录自签署后未被改动", "The record is unchanged since it was signed"},
	  {"记录与所签内容不一致", "The record is not the one that was signed"},
	  {"记录已删除或未提供，仅存摘要", "The record was erased or withheld; only its digest is left"}}},
	{"links",
	 check_links,
	 {{"所列批次与前序声明同所签内容一致",
	   "The lots and earlier statements listed are those that were signed"},
	  {"所列批次与前序声明同所签内容不一致",
	   "The lots and earlier statements listed are not those that were signed"},
	  {"声明已直接列出批次与前序声明", "The statement itself lists its lots and earlier statements"}}},
	{"inclusion",
	 check_inclusion,
	 {{"声明已载入日志", "The statement stands in the log"},
	  {"证明路径不通向此日志头", "The path does not lead from the statement to the log head"},
	  {"声明尚未载入日志", "The statement is not in the log yet"}}},
	{"checkpoint",
	 check_checkpoint,
	 {{"日志头由您信任的日志签署", "The log head is signed by the log that you trust"},
	  {"日志头不是由您信任的日志签署", "The log head is not signed by the log that you trust"},
	  {"没有日志头或未提供日志公钥：日志签名未核验",
	   "No log head or no log key was given: the log's signature has not been checked"}}},
};

struct proof_report proof_verify(struct arena *arena, const struct proof *proof, struct proof_trust trust,
				 struct note_verifier verifier)
{
	struct examination e = {
		.arena = arena, .proof = proof, .trust = trust, .verifier = verifier, .tier = TIER_COUNT};
	struct proof_report report = {.ok = true, .count = PROOF_CHECKS};
	for (size_t i = 0; i < PROOF_CHECKS; i++) {
		enum proof_finding finding = rows[i].run(&e);
		report.checks[i] = (struct proof_check){
			.name = rows[i].name,
			.finding = finding,
			.text = {rows[i].text[finding][LANGUAGE_ZH], rows[i].text[finding][LANGUAGE_EN]},
		};
		report.ok &= finding != PROOF_FAILED;
	}
	report.trusted = report.ok && trust.registrar;
	report.tier = e.tier;
	return report;
}

bool checkpoint_parse(struct arena *arena, struct str text, struct checkpoint *ret)
{
	struct checkpoint head;
	struct str rest;
	head.origin = str_cut(text, '\n', &rest);
	struct str size = str_cut(rest, '\n', &rest);
	struct str root = str_cut(rest, '\n', &rest);
	/* Extension lines may follow, but only after a complete third line. */
	if (!rest.at || head.origin.len == 0 || !signed_text_count(size, &head.size) ||
	    !signed_text_hash(arena, root, &head.root))
		return false;
	*ret = head;
	return true;
}
