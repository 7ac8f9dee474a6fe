/* SPDX-License-Identifier: Apache-2.0
 * farmtrail lot: what a lot is, where it came from, where it went. */
#include <stdio.h>

#include "client_priv.h"

#include "ft/base/text.h"

static const char *const values[] = {"tier", "as-of", NULL};

static struct str text_in(const struct json *object, const char *member)
{
	const struct json *value = object ? json_get(object, str_of(member)) : NULL;
	return value && value->kind == JSON_STRING ? value->text : STR("");
}

static struct str name_in(const struct cli *cli, const struct json *object)
{
	const struct json *name = object ? json_get(object, STR("name")) : NULL;
	if (!name)
		return STR("");
	if (name->kind == JSON_STRING)
		return name->text;
	struct str en = text_in(name, "en");
	return cli->language == LANGUAGE_EN && en.len ? en : text_in(name, "zh");
}

static void print_origin(const struct cli *cli, const struct json *origin)
{
	static const char *const places[] = {"province", "city", "district", "township", "farm"};
	struct str share = text_in(origin, "share");
	struct buf line = buf_create(cli->arena, 128);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct str name = name_in(cli, json_get(origin, str_of(places[i])));
		if (name.len)
			buf_printf(&line, "%s%.*s", line.len ? " · " : "", STR_ARGS(name));
	}
	printf("  %.*s  %.*s\n", STR_ARGS(share), STR_ARGS(buf_str(&line)));
}

static void print_step(const struct cli *cli, const struct json *step)
{
	struct str time = text_in(step, "time"), type = text_in(step, "type");
	struct str party = name_in(cli, json_get(step, STR("party"))),
		   place = name_in(cli, json_get(step, STR("place")));
	printf("  %.16s  %-10.*s %.*s%s%.*s\n", time.len >= 16 ? time.at : "", STR_ARGS(type),
	       STR_ARGS(party), place.len ? " · " : "", STR_ARGS(place));
}

static void print_trail(const struct cli *cli, const struct json *trail)
{
	const struct json *lot = json_get(trail, STR("lot")), *origins = json_get(trail, STR("origins")),
			  *steps = json_get(trail, STR("steps"));
	struct str number = text_in(lot, "number"),
		   product = name_in(cli, lot ? json_get(lot, STR("product")) : NULL),
		   verdict = text_in(trail, "verdict");
	printf("%.*s  %.*s  %.*s\n", STR_ARGS(product), STR_ARGS(number), STR_ARGS(verdict));
	printf("%s\n", cli_say(cli, (struct said){"产地：", "Origins:"}));
	for (size_t i = 0; origins && i < origins->count; i++)
		print_origin(cli, &origins->items[i]);
	printf("%s\n", cli_say(cli, (struct said){"经过：", "Journey:"}));
	for (size_t i = 0; steps && i < steps->count; i++)
		print_step(cli, &steps->items[i]);
}

static void print_holders(const struct cli *cli, const struct json *row, int depth)
{
	const struct json *holders = json_get(row, STR("holders"));
	for (size_t i = 0; holders && i < holders->count; i++) {
		const struct json *holder = &holders->items[i], *party = json_get(holder, STR("party")),
				  *quantity = json_get(holder, STR("quantity"));
		struct str who = name_in(cli, party), value = text_in(quantity, "value"),
			   unit = text_in(quantity, "unit"), state = text_in(holder, "state");
		printf("%*s%.*s %.*s  %.*s  %.*s\n", depth * 2 + 2, "", STR_ARGS(value), STR_ARGS(unit),
		       STR_ARGS(state), STR_ARGS(who));
	}
}

static void print_reach(const struct cli *cli, const struct json *reach)
{
	const struct json *lots = json_get(reach, STR("lots"));
	struct str lot = text_in(reach, "lot");
	printf("%.*s\n", STR_ARGS(lot));
	print_holders(cli, reach, 0);
	for (size_t i = 0; lots && i < lots->count; i++) {
		int64_t depth = 0;
		(void)json_integer(json_get(&lots->items[i], STR("depth")), &depth);
		printf("%*s%.*s\n", (int)depth * 2, "", STR_ARGS(text_in(&lots->items[i], "lot")));
		print_holders(cli, &lots->items[i], (int)depth);
	}
}

static const struct action {
	const char *word, *path;
	void (*print)(const struct cli *cli, const struct json *json); /* NULL: JSON indented */
} actions[] = {{"show", "", NULL}, {"trail", "/trail", print_trail}, {"reach", "/reach", print_reach}};

static struct str path_of(const struct cli *cli, const struct action *action)
{
	struct buf path = buf_create(cli->arena, 128);
	struct str tier = cli_option(cli, "tier"), as_of = cli_option(cli, "as-of");
	buf_printf(&path, "/v1/lots/%.*s%s", STR_ARGS(percent_encode(cli->arena, cli->words[1])),
		   action->path);
	char separator = '?';
	if (tier.at) {
		buf_printf(&path, "%ctier=%.*s", separator, STR_ARGS(percent_encode(cli->arena, tier)));
		separator = '&';
	}
	if (as_of.at)
		buf_printf(&path, "%casOf=%.*s", separator, STR_ARGS(percent_encode(cli->arena, as_of)));
	return buf_str(&path);
}

static enum exit_code run_action(struct cli *cli, const struct action *action)
{
	struct client *client;
	struct answer answer;
	enum exit_code code = client_open(cli, &client);
	if (code)
		return code;
	code = client_get(cli, client, path_of(cli, action), &answer);
	if (code)
		return code;
	if (action->print && !cli->json)
		action->print(cli, &answer.json);
	else
		cli_print_json(cli, answer.body);
	return EXIT_GOOD;
}

static enum exit_code run(struct cli *cli)
{
	for (size_t i = 0; cli->word_count == 2 && i < sizeof actions / sizeof *actions; i++)
		if (str_equal(cli->words[0], str_of(actions[i].word)))
			return run_action(cli, &actions[i]);
	return cli_usage(cli, (struct said){"请用 lot show|trail|reach 加批次编号",
					    "use lot show|trail|reach and name the lot"});
}

const struct command command_lot = {
	.name = "lot",
	.summary = {"查询批次：存量、来源、去向", "read a lot: stock, where it came from, where it went"},
	.help = {"用法：farmtrail lot show LOT\n"
		 "      farmtrail lot trail LOT [--tier farm|township|district] [--as-of 时间]\n"
		 "      farmtrail lot reach LOT\n"
		 "\n"
		 "LOT 可以是批次 id、追溯码、Digital Link 或自有批号。\n"
		 "\n"
		 "示例：\n"
		 "  farmtrail lot trail B7K3F9Q2MX4TC\n"
		 "  farmtrail lot trail B7K3F9Q2MX4TC --tier district --json\n"
		 "  farmtrail lot reach lot_AZ8…\n",
		 "usage: farmtrail lot show LOT\n"
		 "       farmtrail lot trail LOT [--tier farm|township|district] [--as-of TIME]\n"
		 "       farmtrail lot reach LOT\n"
		 "\n"
		 "LOT is a lot id, a code, a Digital Link or an own number.\n"
		 "\n"
		 "Examples:\n"
		 "  farmtrail lot trail B7K3F9Q2MX4TC\n"
		 "  farmtrail lot trail B7K3F9Q2MX4TC --tier district --json\n"
		 "  farmtrail lot reach lot_AZ8…\n"},
	.values = values,
	.run = run,
};
