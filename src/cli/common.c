/* SPDX-License-Identifier: Apache-2.0
 * Options, words in two languages, files, and JSON for people. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "cli_priv.h"

enum { FILE_MAX = 64 * 1024 * 1024, FILE_STEP = 64 * 1024 };

struct str cli_option(const struct cli *cli, const char *name)
{
	for (size_t i = cli->option_count; i-- > 0;)
		if (str_equal(cli->options[i].name, str_of(name)))
			return cli->options[i].value;
	return (struct str){NULL, 0};
}

bool cli_flag(const struct cli *cli, const char *name)
{
	for (size_t i = 0; i < cli->option_count; i++)
		if (str_equal(cli->options[i].name, str_of(name)))
			return true;
	return false;
}

struct str cli_option_next(const struct cli *cli, const char *name, size_t *place)
{
	for (size_t i = *place; i < cli->option_count; i++) {
		if (!str_equal(cli->options[i].name, str_of(name)))
			continue;
		*place = i + 1;
		return cli->options[i].value;
	}
	*place = cli->option_count;
	return (struct str){NULL, 0};
}

const char *cli_say(const struct cli *cli, struct said text)
{
	return cli->language == LANGUAGE_ZH ? text.zh : text.en;
}

void cli_print(const struct cli *cli, struct str text)
{
	(void)cli;
	printf("%.*s\n", STR_ARGS(text));
}

enum exit_code cli_fail(const struct cli *cli, enum exit_code code, struct str line)
{
	if (cli->json) {
		struct buf out = buf_create(cli->arena, 256);
		struct json_writer w = json_writer(&out);
		json_begin_object(&w);
		json_pair(&w, STR("error"), line);
		json_pair_int(&w, STR("exitCode"), code);
		json_end_object(&w);
		cli_print(cli, buf_str(&out));
	}
	fprintf(stderr, "farmtrail: %.*s\n", STR_ARGS(line));
	return code;
}

enum exit_code cli_fail_problem(const struct cli *cli, enum problem p, const struct fault *fault)
{
	const struct problem_info *info = problem_info(p);
	struct str line = arena_printf(cli->arena, "%s%s%.*s%s%s", info->title[cli->language],
				       fault->detail.at ? ": " : "", STR_ARGS(fault->detail),
				       cli->language == LANGUAGE_ZH ? "。" : ". ", info->hint[cli->language]);
	enum exit_code code = p == PROBLEM_NOT_FOUND        ? EXIT_NOT_FOUND
			      : p == PROBLEM_DB_UNAVAILABLE ? EXIT_NO_CONNECTION
							    : EXIT_REFUSED;
	return cli_fail(cli, code, line);
}

enum exit_code cli_usage(const struct cli *cli, struct said why)
{
	return cli_fail(cli, EXIT_USAGE, str_of(cli_say(cli, why)));
}

struct str cli_read_file(const struct cli *cli, struct str path)
{
	bool standard_input = str_equal(path, STR("-"));
	int fd = standard_input ? STDIN_FILENO : open(arena_str(cli->arena, path).at, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return (struct str){NULL, 0};
	struct buf text = buf_create(cli->arena, FILE_STEP);
	char *step = arena_alloc(cli->arena, FILE_STEP);
	ssize_t len;
	while ((len = read(fd, step, FILE_STEP)) > 0 && text.len <= FILE_MAX)
		buf_put_bytes(&text, step, (size_t)len);
	if (!standard_input)
		close(fd);
	return len < 0 || text.len > FILE_MAX ? (struct str){NULL, 0} : buf_str(&text);
}

struct str cli_key_option(const struct cli *cli, const char *option)
{
	struct str given = cli_option(cli, option);
	bool is_file = given.at && access(arena_str(cli->arena, given).at, R_OK) == 0;
	return is_file ? str_trim(cli_read_file(cli, given)) : given;
}

struct str cli_program_beside(const struct cli *cli, const char *name, const char *in_build)
{
	char *me = arena_alloc(cli->arena, PATH_MAX);
	ssize_t len = readlink("/proc/self/exe", me, PATH_MAX - 1);
	while (len > 0 && me[len - 1] != '/')
		len--;
	struct str installed = arena_printf(cli->arena, "%.*s%s", (int)(len > 0 ? len : 0), me, name);
	if (access(installed.at, X_OK) == 0)
		return installed;
	return arena_printf(cli->arena, "%.*s%s", (int)(len > 0 ? len : 0), me, in_build);
}

static void indent(struct buf *out, size_t depth)
{
	buf_put_char(out, '\n');
	for (size_t i = 0; i < depth; i++)
		buf_put(out, STR("  "));
}

static void put_indented(struct buf *out, const struct json *json, size_t depth)
{
	bool object = json->kind == JSON_OBJECT;
	if ((!object && json->kind != JSON_ARRAY) || !json->count) {
		buf_put(out, json->span);
		return;
	}
	buf_put_char(out, object ? '{' : '[');
	for (size_t i = 0; i < json->count; i++) {
		if (i)
			buf_put_char(out, ',');
		indent(out, depth + 1);
		if (object) {
			struct json_writer w = json_writer(out);
			json_string(&w, json->members[i].name);
			buf_put(out, STR(": "));
		}
		put_indented(out, object ? &json->members[i].value : &json->items[i], depth + 1);
	}
	indent(out, depth);
	buf_put_char(out, object ? '}' : ']');
}

void cli_print_json(const struct cli *cli, struct str text)
{
	struct json json;
	struct fault fault = {0};
	struct buf out = buf_create(cli->arena, text.len * 2);
	if (cli->json || json_parse(cli->arena, text, &json, &fault)) {
		cli_print(cli, text);
		return;
	}
	put_indented(&out, &json, 0);
	cli_print(cli, buf_str(&out));
}
