/* SPDX-License-Identifier: Apache-2.0
 * Reads the directory of a mirror. */
#include "mirror_priv.h"

#include "ft/crypto/sign.h"

static struct str file_of(const struct mirror_copy *copy, struct str name)
{
	return cli_read_file(copy->cli, arena_printf(copy->cli->arena, "%.*s/%.*s", STR_ARGS(copy->directory),
						     STR_ARGS(name)));
}

static enum exit_code read_trust(struct cli *cli, struct policy *ret)
{
	struct note_key key;
	size_t line = 0;
	struct str path = cli_option(cli, "policy"), log = cli_key_option(cli, "log");
	struct str text = path.at ? cli_read_file(cli, path) : path;
	if (!path.at == !log.at)
		return cli_usage(cli, (struct said){"请给出 --policy 或 --log，二者选一",
						    "give --policy or --log, one of them"});
	if (path.at && !(text.at && policy_parse(cli->arena, text, ret, &line)))
		return cli_usage(cli, (struct said){"信任策略有误", "the policy is not one"});
	if (log.at && !note_key_parse(cli->arena, log, &key))
		return cli_usage(cli, (struct said){"--log 不是 vkey", "--log is not a verifier key"});
	if (log.at)
		*ret = policy_of_log(&key);
	return EXIT_GOOD;
}

static bool is_trusted(const struct mirror_copy *copy, const struct policy *policy, struct checkpoint *ret)
{
	static const struct note_verifier verifier = {verify_spki, NULL};
	struct arena *arena = copy->cli->arena;
	struct note note;
	return note_parse(arena, copy->note, &note) && checkpoint_parse(arena, note.text, ret) &&
	       policy_judge(arena, policy, &note, verifier).finding == POLICY_HOLDS;
}

enum exit_code mirror_copy_open(struct cli *cli, struct str directory, struct mirror_copy *ret)
{
	struct mirror_copy copy = {.cli = cli, .directory = directory};
	struct policy *policy = arena_new(cli->arena, struct policy);
	enum exit_code code = read_trust(cli, policy);
	if (code)
		return code;
	copy.note = file_of(&copy, STR("checkpoint"));
	if (!copy.note.at)
		return cli_usage(cli,
				 (struct said){"该目录不是镜像（farmtrail monitor --mirror）",
					       "the directory is no mirror (farmtrail monitor --mirror)"});
	if (!is_trusted(&copy, policy, &copy.head))
		return cli_fail(
			cli, EXIT_NOT_VERIFIED,
			str_of(cli_say(cli, (struct said){"镜像的日志头不是由您信任的日志与见证方签署",
							  "the mirror's head is not signed by the log "
							  "and witnesses that you trust"})));
	*ret = copy;
	return EXIT_GOOD;
}

static bool read_bundle(const struct mirror_copy *copy, struct arena *arena, uint64_t index, unsigned width,
			struct bytes *ret)
{
	struct cli reader = *copy->cli;
	struct mirror_copy there = {.cli = &reader, .directory = copy->directory};
	const struct log_tile_name name = {.entries = true, .tile = {.index = index, .width = width}};
	reader.arena = arena;
	struct str path = log_tile_print(arena, &name);
	struct str served = file_of(&there, arena_printf(arena, "tile/%.*s", STR_ARGS(path)));
	return served.at && log_entries_parse(str_bytes(served), width, ret);
}

bool mirror_copy_bundle(const struct mirror_copy *copy, struct arena *arena, uint64_t index, unsigned width,
			struct bytes *ret)
{
	struct bytes whole
		[LOG_TILE_WIDTH]; /* a mirror may have dropped what is partial once the whole was there */
	if (read_bundle(copy, arena, index, width, ret))
		return true;
	if (width == LOG_TILE_WIDTH || !read_bundle(copy, arena, index, LOG_TILE_WIDTH, whole))
		return false;
	for (unsigned i = 0; i < width; i++)
		ret[i] = whole[i];
	return true;
}
