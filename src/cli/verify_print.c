/* SPDX-License-Identifier: Apache-2.0
 * Reports of farmtrail verify: sentences for people, members for programs. */
#include "verify_priv.h"

#include <stdio.h>

static const char *mark(enum proof_finding finding)
{
	static const char *const marks[] = {"✓", "✗", "–", "…", "!", "✗"};
	return marks[finding];
}

static void put_checks(const struct cli *cli, struct json_writer *w, const struct proof_check *checks,
		       size_t count)
{
	json_name(w, STR("checks"));
	json_begin_array(w);
	for (size_t i = 0; i < count; i++) {
		json_begin_object(w);
		json_pair(w, STR("check"), str_of(checks[i].name));
		json_pair(w, STR("finding"), str_of(proof_finding_words[checks[i].finding]));
		json_pair(w, STR("text"), checks[i].text[cli->language]);
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_verdict(struct json_writer *w, enum proof_verdict verdict, bool ok, bool trusted)
{
	json_pair(w, STR("verdict"), str_of(proof_verdict_words[verdict]));
	json_name(w, STR("ok"));
	json_bool(w, ok);
	json_name(w, STR("trusted"));
	json_bool(w, trusted);
}

static void put_report(const struct cli *cli, struct json_writer *w, const struct proof_report *report)
{
	put_verdict(w, report->verdict, report->ok, report->trusted);
	if (report->tier < TIER_COUNT)
		json_pair(w, STR("tier"), str_of(tier_words[report->tier]));
	put_checks(cli, w, report->checks, report->count);
}

static void print_checks(const struct cli *cli, const struct proof_check *checks, size_t count,
			 const char *indent)
{
	for (size_t i = 0; i < count; i++)
		printf("%s%s %.*s\n", indent, mark(checks[i].finding),
		       STR_ARGS(checks[i].text[cli->language]));
}

void verify_print_report(const struct cli *cli, const struct proof_report *report)
{
	if (!cli->json) {
		print_checks(cli, report->checks, report->count, "  ");
		return;
	}
	struct buf out = buf_create(cli->arena, 1024);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	put_report(cli, &w, report);
	json_end_object(&w);
	cli_print(cli, buf_str(&out));
}

void verify_print_step(const struct cli *cli, const struct proof_report *report, struct str title)
{
	printf("%s %.*s\n", report->ok ? "✓" : "✗", STR_ARGS(title));
	for (size_t i = 0; i < report->count; i++) {
		enum proof_finding finding = report->checks[i].finding;
		if (finding == PROOF_FAILED || finding == PROOF_NOTED || finding == PROOF_MISSING)
			print_checks(cli, &report->checks[i], 1, "    ");
	}
}

static void print_bundle_json(const struct cli *cli, const struct bundle_report *report)
{
	struct buf out = buf_create(cli->arena, 16 * 1024);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	put_verdict(&w, report->verdict, report->ok, report->trusted);
	put_checks(cli, &w, report->checks, report->count);
	json_name(&w, STR("steps"));
	json_begin_array(&w);
	for (size_t i = 0; i < report->step_count; i++) {
		json_begin_object(&w);
		json_pair(&w, STR("event"), report->steps[i].step->event);
		json_pair(&w, STR("type"), report->steps[i].type);
		json_pair(&w, STR("time"), report->steps[i].time);
		put_report(cli, &w, &report->steps[i].report);
		json_end_object(&w);
	}
	json_end_array(&w);
	json_end_object(&w);
	cli_print(cli, buf_str(&out));
}

static struct str title_of(const struct cli *cli, const struct bundle_step_report *step)
{
	struct said said = {"（未公开内容的记录）", "(a record that is not shown)"};
	if (step->endorsement.at && str_equal(step->endorsement, STR("agrees")))
		said = (struct said){"（检查机构的核签）", "(an endorsement by an inspector's office)"};
	else if (step->endorsement.at)
		said = (struct said){"（核签的撤回）", "(an endorsement that is taken back)"};
	return str_of(cli_say(cli, said));
}

void verify_print_bundle(const struct cli *cli, const struct bundle_report *report)
{
	if (cli->json) {
		print_bundle_json(cli, report);
		return;
	}
	for (size_t i = 0; i < report->step_count; i++) {
		const struct bundle_step_report *step = &report->steps[i];
		struct str title = title_of(cli, step);
		if (step->time.len >= 16 && step->type.at)
			title = arena_printf(cli->arena, "%.16s %.*s", step->time.at, STR_ARGS(step->type));
		verify_print_step(cli, &step->report, title);
	}
	print_checks(cli, report->checks, report->count, "");
}

void verify_print_count(const struct cli *cli, enum proof_verdict verdict, size_t checked, size_t failed)
{
	struct buf out = buf_create(cli->arena, 128);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("verdict"), str_of(proof_verdict_words[verdict]));
	json_name(&w, STR("ok"));
	json_bool(&w, failed == 0);
	json_pair_int(&w, STR("checked"), (int64_t)checked);
	json_pair_int(&w, STR("failed"), (int64_t)failed);
	json_end_object(&w);
	cli_print(cli, buf_str(&out));
}

enum exit_code verify_exit(enum proof_verdict verdict)
{
	static const enum exit_code codes[] = {[PROOF_HOLDS] = EXIT_GOOD,
					       [PROOF_UNLOGGED] = EXIT_UNLOGGED,
					       [PROOF_INCOMPLETE] = EXIT_INCOMPLETE,
					       [PROOF_BROKEN] = EXIT_NOT_VERIFIED};
	return codes[verdict];
}

const char *verify_verdict_sentence(const struct cli *cli, enum proof_verdict verdict)
{
	static const struct said sentences[] = {
		[PROOF_HOLDS] = {"全部成立", "hold"},
		[PROOF_UNLOGGED] = {"签名成立；但尚未被您信任的日志与见证方确认",
				    "hold by their signatures; the log and witnesses that you trust do not "
				    "cover all yet"},
		[PROOF_INCOMPLETE] = {"已给出的部分成立，但有记录缺失",
				      "hold as far as they go; something is missing"},
		[PROOF_BROKEN] = {"未通过", "did not hold"}};
	return cli_say(cli, sentences[verdict]);
}
