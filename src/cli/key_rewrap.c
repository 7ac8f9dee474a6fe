/* SPDX-License-Identifier: Apache-2.0
 * farmtrail key rewrap: another key-encryption key for all keys that the service holds. */
#include "ft/store/rewrap.h"

#include <stdio.h>

#include "own_key_priv.h"

#include "ft/base/config.h"
#include "ft/db/private_cluster.h"

static void print_result(const struct cli *cli, const struct rewrap_result *result)
{
	if (!cli->json) {
		printf(cli->language == LANGUAGE_ZH
			       ? "%lld 个密钥，其中 %lld 个已重新封装\n旧的加密密钥在 "
				 "%.*s：以前的备份仍要用它；请移到备份密钥所在之处\n"
			       : "%lld keys, %lld of them wrapped anew\nthe old key-encryption key is in "
				 "%.*s: "
				 "backups made before need it; move it to where their keys are kept\n",
		       (long long)result->keys, (long long)result->rewrapped, STR_ARGS(result->retired));
		return;
	}
	struct buf out = buf_create(cli->arena, 256);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair_int(&w, STR("keys"), result->keys);
	json_pair_int(&w, STR("rewrapped"), result->rewrapped);
	json_pair(&w, STR("retired"), result->retired);
	json_end_object(&w);
	cli_print(cli, buf_str(&out));
}

enum exit_code key_rewrap(struct cli *cli)
{
	struct fault fault = {0};
	struct config config;
	struct rewrap_result result;
	struct str settings_file = arena_printf(cli->arena, "%.*s/farmtrail.env", STR_ARGS(cli->data_dir));
	if (cli->word_count != 1)
		return cli_usage(cli, (struct said){"rewrap 不接受其他参数", "rewrap takes options only"});
	enum problem p = config_load(cli->arena, settings_file, &config, &fault);
	if (p)
		return cli_fail_problem(cli, p, &fault);
	struct rewrap_settings settings = {
		.data_dir = cli->data_dir,
		.conninfo = config.database_owner.len ? config.database_owner : config.database,
		.signer_executable =
			cli_program_beside(cli, "farmtrail-signer", "../signer/farmtrail-signer"),
	};
	if (!settings.conninfo.len)
		p = private_cluster_conninfo(cli->arena, cli->data_dir, STR("ft_owner"), &settings.conninfo,
					     &fault);
	if (!p)
		p = rewrap_run(cli->arena, &settings, &result, &fault);
	if (p)
		return cli_fail_problem(cli, p, &fault);
	print_result(cli, &result);
	return EXIT_GOOD;
}
