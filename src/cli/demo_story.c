/* SPDX-License-Identifier: Apache-2.0
 * What happened in the demonstration district in the weeks before it was loaded.
 *
 *	静观 plots ─┐                                  ┌─ shop 1
 *	李家坝 plots ┴→ packhouse → salad: mix, split → carrier → market ┴─ shop 2
 *	古路 paddies → mill → two batches, one blend → shops        orchards → carrier → market → shop 2
 *	pig houses → slaughterhouse → shops                          hen houses → shop 1 */
#include <stdio.h>

#include "demo_priv.h"

enum { JG_PLOTS = 10, LI_PLOTS = 4, PADDIES = 6, ORCHARDS = 2, PIG_HOUSES = 4, FAULTY_PLOT = 7 };

static const struct demo_use seeds = {"小白菜种子", NULL, NULL};
static const struct demo_use matrine = {"0.3%苦参碱水剂", "苦参碱", "蚜虫"};
static const struct demo_use abamectin = {"1.8%阿维菌素乳油", "阿维菌素", "小菜蛾"};

static const char *site_name(struct demo *d, const char *letter, int number)
{
	return arena_printf(d->cli->arena, "%s%02d", letter, number).at;
}

static struct demo_lot kilograms(const char *value)
{
	return (struct demo_lot){.value = str_of(value), .unit = "KGM"};
}

struct vegetables {
	struct demo_lot jg[JG_PLOTS], li[LI_PLOTS];
};

static struct demo_lot grow_plot(struct demo *d, const char *party, int number)
{
	const char *site = site_name(d, "P", number);
	int minute = number * 5;
	demo_observe(d, "plant", party, site, (struct when){-42, 8, minute}, &seeds);
	demo_observe(d, "irrigate", party, site, (struct when){-33, 7, minute}, NULL);
	demo_observe(d, "treat", party, site, (struct when){-24, 16, minute}, &matrine);
	demo_observe(d, "irrigate", party, site, (struct when){-17, 7, minute}, NULL);
	/* Two days before the harvest, where seven are asked for: the alert that a visitor should find. */
	if (number == FAULTY_PLOT)
		demo_observe(d, "treat", party, site, (struct when){-11, 16, minute}, &abamectin);
	return demo_harvest(d, "harvest", party, site, "PAKCHOI", (struct when){-9, 6, minute},
			    kilograms("130"));
}

static void grow_vegetables(struct demo *d, struct vegetables *v)
{
	for (int i = 0; i < JG_PLOTS; i++)
		v->jg[i] = grow_plot(d, "JG", i + 1);
	for (int i = 0; i < LI_PLOTS; i++)
		v->li[i] = grow_plot(d, "LI", i + 1);
	demo_move(d, "JG", "PK", "W01", "渝A·D1001", (struct when){-9, 13, 0}, 2, v->jg, JG_PLOTS);
	demo_move(d, "LI", "PK", "W01", "渝A·D1002", (struct when){-9, 13, 30}, 2, v->li, LI_PLOTS);
}

/* From two farms of two districts through a packer, a carrier and a market to a shelf. */
static void make_salad(struct demo *d, const struct vegetables *v)
{
	const struct demo_lot inputs[] = {demo_part(v->jg[0], "74.4"), demo_part(v->li[0], "45.6")};
	const struct demo_output bulk = {"SALAD", "SALAD-BULK-1", "120", "KGM"};
	const struct demo_output retail[] = {{"SALAD", "SALAD-R-1", "72", "KGM"},
					     {"SALAD", "SALAD-R-2", "48", "KGM"}};
	struct demo_lot mixed, packs[2] = {0};
	demo_transform(d, "mix", "PK", "W01", (struct when){-8, 9, 0}, inputs, 2, &bulk, 1, &mixed);
	demo_transform(d, "split", "PK", "W01", (struct when){-8, 11, 0}, &mixed, 1, retail, 2, packs);
	struct str code = d->finest_code, lot = d->finest_lot;
	demo_move(d, "PK", "C2", "V01", "渝B·F2020", (struct when){-8, 17, 0}, 1, packs, 2);
	demo_move(d, "C2", "MK", "S01", "渝B·F2020", (struct when){-7, 1, 0}, 1, packs, 2);
	demo_move(d, "MK", "S1", "S01", "渝A·D1100", (struct when){-7, 5, 0}, 2, &packs[0], 1);
	demo_move(d, "MK", "S2", "S01", "渝A·D1101", (struct when){-7, 5, 30}, 2, &packs[1], 1);
	demo_sell(d, "S1", (struct when){-6, 20, 0}, demo_part(packs[0], "40"));
	demo_sell(d, "S1", (struct when){-5, 20, 0}, demo_part(packs[0], "20.5"));
	demo_sell(d, "S2", (struct when){-6, 20, 30}, demo_part(packs[1], "31"));
	d->finest_code = code;
	d->finest_lot = lot;
}

static void pack_vegetables(struct demo *d, const struct vegetables *v)
{
	struct demo_lot packed[JG_PLOTS];
	size_t count = 0;
	for (int i = 1; i < JG_PLOTS; i++) {
		struct demo_output output = {"PACKED", arena_printf(d->cli->arena, "PACKED-%02d", i + 1).at,
					     "125", "KGM"};
		demo_transform(d, "pack", "PK", "W01", (struct when){-8, 13, i * 5}, &v->jg[i], 1, &output, 1,
			       &packed[count++]);
	}
	demo_move(d, "PK", "MK", "S01", "渝A·D1003", (struct when){-8, 20, 0}, 3, packed, count);
	demo_move(d, "MK", "S1", "S01", "渝A·D1100", (struct when){-7, 6, 0}, 2, packed, 4);
	demo_move(d, "MK", "S2", "S01", "渝A·D1101", (struct when){-7, 6, 30}, 2, packed + 4, count - 4);
	for (size_t i = 0; i < count; i++)
		demo_sell(d, i < 4 ? "S1" : "S2", (struct when){-6, 19, (int)i * 5},
			  demo_part(packed[i], "60"));
}

static void cut_again(struct demo *d)
{
	struct demo_lot jg[JG_PLOTS], li[LI_PLOTS];
	for (int i = 0; i < JG_PLOTS; i++) {
		demo_observe(d, "irrigate", "JG", site_name(d, "P", i + 1), (struct when){-6, 7, i * 5},
			     NULL);
		jg[i] = demo_harvest(d, "harvest", "JG", site_name(d, "P", i + 1), "PAKCHOI",
				     (struct when){-3, 6, i * 5}, kilograms("90"));
	}
	for (int i = 0; i < LI_PLOTS; i++)
		li[i] = demo_harvest(d, "harvest", "LI", site_name(d, "P", i + 1), "PAKCHOI",
				     (struct when){-3, 6, 30 + i * 5}, kilograms("85.5"));
	demo_move(d, "JG", "MK", "S01", "渝A·D1001", (struct when){-3, 13, 0}, 2, jg, JG_PLOTS);
	demo_move(d, "LI", "MK", "S01", "渝A·D1002", (struct when){-3, 13, 30}, 2, li, LI_PLOTS);
	for (int i = 0; i < 5; i++)
		demo_sell(d, "MK", (struct when){-2, 9, i * 5}, demo_part(jg[i], "70"));
}

static void grow_rice(struct demo *d, struct demo_lot lots[PADDIES])
{
	static const struct demo_use seedlings = {"水稻秧苗", NULL, NULL};
	for (int i = 0; i < PADDIES; i++) {
		const char *site = site_name(d, "R", i + 1);
		demo_observe(d, "plant", "GL", site, (struct when){-130, 8, i * 5}, &seedlings);
		demo_observe(d, "irrigate", "GL", site, (struct when){-95, 7, i * 5}, NULL);
		demo_observe(d, "treat", "GL", site, (struct when){-75, 16, i * 5}, &matrine);
		lots[i] = demo_harvest(d, "harvest", "GL", site, "PADDY", (struct when){-25, 9, i * 5},
				       kilograms("1800"));
	}
}

static void mill_rice(struct demo *d)
{
	const struct demo_output first = {"RICE", "RICE-1", "3510", "KGM"},
				 second = {"RICE", "RICE-2", "3456", "KGM"},
				 blend = {"RICE", "RICE-BLEND-1", "2000", "KGM"};
	struct demo_lot paddy[PADDIES], rice[2] = {0}, blended = {0};
	grow_rice(d, paddy);
	demo_move(d, "GL", "MI", "W01", "渝A·E3001", (struct when){-23, 8, 0}, 3, paddy, 3);
	demo_move(d, "GL", "MI", "W01", "渝A·E3001", (struct when){-22, 8, 0}, 3, paddy + 3, 3);
	demo_transform(d, "process", "MI", "W01", (struct when){-20, 9, 0}, paddy, 3, &first, 1, &rice[0]);
	demo_transform(d, "process", "MI", "W01", (struct when){-20, 14, 0}, paddy + 3, 3, &second, 1,
		       &rice[1]);
	const struct demo_lot parts[] = {demo_part(rice[0], "1000"), demo_part(rice[1], "1000")};
	demo_transform(d, "mix", "MI", "W01", (struct when){-18, 10, 0}, parts, 2, &blend, 1, &blended);
	const struct demo_lot to_first = demo_part(blended, "800"), to_second = demo_part(blended, "700");
	demo_move(d, "MI", "S1", "S01", "渝A·E3002", (struct when){-16, 8, 0}, 4, &to_first, 1);
	demo_move(d, "MI", "S2", "S01", "渝A·E3002", (struct when){-16, 9, 0}, 4, &to_second, 1);
	demo_sell(d, "S1", (struct when){-14, 19, 0}, demo_part(blended, "120"));
	demo_sell(d, "S1", (struct when){-10, 19, 0}, demo_part(blended, "95.5"));
	demo_sell(d, "S2", (struct when){-13, 19, 0}, demo_part(blended, "60"));
}

static void grow_citrus(struct demo *d, const char *party, struct demo_lot lots[ORCHARDS])
{
	for (int i = 0; i < ORCHARDS; i++) {
		const char *site = site_name(d, "O", i + 1);
		demo_observe(d, "irrigate", party, site, (struct when){-60, 7, i * 5}, NULL);
		demo_observe(d, "treat", party, site, (struct when){-45, 16, i * 5}, &abamectin);
		lots[i] = demo_harvest(d, "harvest", party, site, "CITRUS", (struct when){-15, 9, i * 5},
				       kilograms("640"));
	}
}

static void sell_citrus(struct demo *d)
{
	struct demo_lot gl[ORCHARDS], zh[ORCHARDS];
	grow_citrus(d, "GL", gl);
	grow_citrus(d, "ZH", zh);
	demo_move(d, "GL", "C1", "V01", "渝A·L5001", (struct when){-14, 8, 0}, 1, gl, ORCHARDS);
	demo_move(d, "C1", "MK", "S01", "渝A·L5001", (struct when){-14, 11, 0}, 2, gl, ORCHARDS);
	demo_move(d, "ZH", "MK", "S01", "渝C·L5002", (struct when){-14, 9, 0}, 5, zh, ORCHARDS);
	const struct demo_lot parts[] = {demo_part(gl[0], "200"), demo_part(zh[0], "150")};
	demo_move(d, "MK", "S2", "S01", "渝A·D1101", (struct when){-13, 6, 0}, 2, parts, 2);
	demo_sell(d, "S2", (struct when){-12, 19, 0}, demo_part(gl[0], "80"));
	demo_sell(d, "S2", (struct when){-11, 19, 0}, demo_part(zh[0], "75.5"));
	demo_sell(d, "MK", (struct when){-12, 9, 0}, demo_part(gl[1], "300"));
	demo_sell(d, "MK", (struct when){-12, 9, 30}, demo_part(zh[1], "280"));
}

static void raise_pigs(struct demo *d, struct demo_lot lots[PIG_HOUSES])
{
	static const struct demo_use feed = {"生长育肥猪配合饲料", NULL, NULL},
				     vaccine = {"猪瘟活疫苗", NULL, NULL};
	for (int i = 0; i < PIG_HOUSES; i++) {
		const char *site = site_name(d, "H", i + 1);
		demo_observe(d, "birth", "ZH", site, (struct when){-175, 10, i * 5}, NULL);
		demo_observe(d, "medicate", "ZH", site, (struct when){-150, 10, i * 5}, &vaccine);
		demo_observe(d, "feed", "ZH", site, (struct when){-120, 7, i * 5}, &feed);
		demo_observe(d, "feed", "ZH", site, (struct when){-60, 7, i * 5}, &feed);
		struct demo_lot herd = {.value = STR("20"), .unit = "HEA", .net = "2200"};
		lots[i] = demo_harvest(d, "collect", "ZH", site, "PIG", (struct when){-11, 5, i * 5}, herd);
	}
}

static void sell_pork(struct demo *d)
{
	const struct demo_output first = {"PORK", "PORK-1", "3080", "KGM"},
				 second = {"PORK", "PORK-2", "3064.5", "KGM"};
	struct demo_lot pigs[PIG_HOUSES], pork[2] = {0};
	raise_pigs(d, pigs);
	demo_move(d, "ZH", "SL", "L01", "渝C·Z7001", (struct when){-11, 12, 0}, 2, pigs, 2);
	demo_move(d, "ZH", "SL", "L01", "渝C·Z7001", (struct when){-11, 16, 0}, 2, pigs + 2, 2);
	demo_transform(d, "slaughter", "SL", "L01", (struct when){-10, 2, 0}, pigs, 2, &first, 1, &pork[0]);
	demo_transform(d, "slaughter", "SL", "L01", (struct when){-10, 3, 0}, pigs + 2, 2, &second, 1,
		       &pork[1]);
	const struct demo_lot to_first = demo_part(pork[0], "600"), to_second = demo_part(pork[1], "550");
	demo_move(d, "SL", "S1", "S01", "渝C·Z7002", (struct when){-10, 5, 0}, 2, &to_first, 1);
	demo_move(d, "SL", "S2", "S01", "渝C·Z7003", (struct when){-10, 5, 30}, 2, &to_second, 1);
	demo_sell(d, "S1", (struct when){-9, 19, 0}, demo_part(pork[0], "210.4"));
	demo_sell(d, "S1", (struct when){-8, 19, 0}, demo_part(pork[0], "180"));
	demo_sell(d, "S2", (struct when){-9, 19, 30}, demo_part(pork[1], "205"));
}

static struct demo_lot pieces(const char *value)
{
	return (struct demo_lot){.value = str_of(value), .unit = "H87"};
}

static void sell_eggs(struct demo *d)
{
	enum { DAYS = 14 };
	static const struct demo_use feed = {"蛋鸡配合饲料", NULL, NULL};
	struct demo_lot first_week[DAYS], second_week[DAYS];
	size_t first = 0, second = 0;
	for (int day = -20; day < 0; day += 7) {
		demo_observe(d, "feed", "LI", "H01", (struct when){day, 7, 0}, &feed);
		demo_observe(d, "feed", "LI", "H02", (struct when){day, 7, 30}, &feed);
	}
	for (int day = -DAYS; day < 0; day++) {
		struct demo_lot *slot = day < -7 ? &first_week[first++] : &second_week[second++];
		*slot = demo_harvest(d, "collect", "LI", "H01", "EGG", (struct when){day, 6, 0},
				     pieces("420"));
	}
	for (int day = -DAYS; day < 0; day += 2) {
		struct demo_lot *slot = day < -7 ? &first_week[first++] : &second_week[second++];
		*slot = demo_harvest(d, "collect", "LI", "H02", "EGG", (struct when){day, 6, 30},
				     pieces("390"));
	}
	demo_move(d, "LI", "S1", "S01", "渝A·D1002", (struct when){-7, 9, 0}, 3, first_week, first);
	demo_move(d, "LI", "S1", "S01", "渝A·D1002", (struct when){-1, 9, 0}, 3, second_week, second);
	for (size_t i = 0; i < 4; i++)
		demo_sell(d, "S1", (struct when){-5, 18, (int)i * 10}, demo_part(first_week[i], "240"));
}

void demo_tell(struct demo *d)
{
	struct vegetables vegetables;
	mill_rice(d);
	sell_citrus(d);
	sell_pork(d);
	sell_eggs(d);
	grow_vegetables(d, &vegetables);
	pack_vegetables(d, &vegetables);
	make_salad(d, &vegetables);
	struct str code = d->finest_code, lot = d->finest_lot;
	cut_again(d);
	d->finest_code = code;
	d->finest_lot = lot;
}
