/* SPDX-License-Identifier: Apache-2.0
 * Parties, sites and products of the demonstration district: three townships around Chongqing. All
 * invented. */
#include "demo_priv.h"

/* Nano-degrees would be vain: a demonstration plot is drawn on a grid of a thousandth of a degree. */
static const struct township {
	const char *region;
	int lon_milli, lat_milli;
} townships[] = {
	{"500109110", 106560, 29880}, /* 北碚区静观镇 */
	{"500112141", 106700, 29800}, /* 古路镇, moved from 渝北区 to 两江新区 */
	{"500153113", 105430, 29350}, /* 荣昌区远觉镇 */
};

static const struct demo_party {
	const char *number, *kind, *name_zh, *name_en, *region;
	bool personal;
} parties[] = {
	{"JG", "cooperative", "静观蔬菜专业合作社", "Jingguan Vegetable Cooperative", "500109110", false},
	{"GL", "cooperative", "古路稻橘专业合作社", "Gulu Rice and Citrus Cooperative", "500112141", false},
	{"LI", "family_farm", "李家坝家庭农场", "Lijiaba Family Farm", "500112141", false},
	{"ZH", "family_farm", "张明家庭农场", "Zhang Ming Family Farm", "500153113", true},
	{"PK", "enterprise", "鲜达蔬菜包装厂", "Xianda Packhouse", "500112131", false},
	{"MI", "enterprise", "嘉陵米业", "Jialing Rice Mill", "500109110", false},
	{"SL", "slaughterhouse", "荣昌生猪定点屠宰场", "Rongchang Slaughterhouse", "500153001", false},
	{"C1", "carrier", "两江冷链物流", "Liangjiang Cold Chain", "500112131", false},
	{"C2", "carrier", "速鲜配送", "Suxian Delivery", "500103", false},
	{"MK", "market", "盘溪农产品批发市场", "Panxi Wholesale Market", "500105", false},
	{"S1", "shop", "解放碑生鲜店", "Jiefangbei Fresh", "500103004", false},
	{"S2", "shop", "观音桥社区店", "Guanyinqiao Community Shop", "500105006", false},
	{"OFFICE", "authority", "静观农业执法大队", "Jingguan Agricultural Inspectors", "500109110", false},
};

/* `count` sites numbered from 1 behind the letter. */
static const struct demo_sites {
	const char *party, *letter, *kind, *name_zh, *name_en, *commodity;
	int township; /* −1: where the party has its seat, without a place on the map */
	int count, row;
} sites[] = {
	{"JG", "P", "plot", "菜地", "Plot", "vegetable/leafy/pak-choi", 0, 10, 0},
	{"GL", "R", "plot", "稻田", "Paddy", "grain/rice", 1, 6, 0},
	{"GL", "O", "plot", "橘园", "Orchard", "fruit/citrus", 1, 2, 3},
	{"LI", "P", "plot", "菜地", "Plot", "vegetable/leafy/pak-choi", 1, 4, 6},
	{"LI", "H", "house", "鸡舍", "Hen house", "egg", 1, 2, 8},
	{"ZH", "H", "house", "猪舍", "Pig house", "pig", 2, 4, 0},
	{"ZH", "O", "plot", "橘园", "Orchard", "fruit/citrus", 2, 2, 3},
	{"PK", "W", "packhouse", "包装间", "Packing room", NULL, -1, 1, 0},
	{"MI", "W", "store", "碾米车间", "Mill", NULL, -1, 1, 0},
	{"SL", "L", "slaughter_line", "屠宰线", "Slaughter line", NULL, -1, 1, 0},
	{"C1", "V", "vehicle", "冷藏车", "Cold van", NULL, -1, 1, 0},
	{"C2", "V", "vehicle", "冷藏车", "Cold van", NULL, -1, 1, 0},
	{"MK", "S", "stall", "档口", "Stall", NULL, -1, 1, 0},
	{"S1", "S", "store", "门店", "Shop", NULL, -1, 1, 0},
	{"S2", "S", "store", "门店", "Shop", NULL, -1, 1, 0},
};

static const struct demo_product {
	const char *party, *number, *name_zh, *name_en, *commodity, *unit;
	int shelf_life_days; /* 0: none */
} products[] = {
	{"JG", "PAKCHOI", "小白菜", "Pak choi", "vegetable/leafy/pak-choi", "KGM", 0},
	{"LI", "PAKCHOI", "小白菜", "Pak choi", "vegetable/leafy/pak-choi", "KGM", 0},
	{"LI", "EGG", "鲜鸡蛋", "Fresh eggs", "egg", "H87", 0},
	{"GL", "PADDY", "稻谷", "Paddy rice", "grain/rice", "KGM", 0},
	{"GL", "CITRUS", "柑橘", "Citrus", "fruit/citrus", "KGM", 0},
	{"ZH", "CITRUS", "柑橘", "Citrus", "fruit/citrus", "KGM", 0},
	{"ZH", "PIG", "生猪", "Pigs", "pig", "HEA", 0},
	{"PK", "SALAD", "小白菜沙拉", "Pak choi salad", "vegetable/leafy/pak-choi", "KGM", 30},
	{"PK", "PACKED", "净菜小白菜", "Packed pak choi", "vegetable/leafy/pak-choi", "KGM", 30},
	{"MI", "RICE", "大米", "Milled rice", "grain/rice", "KGM", 365},
	{"SL", "PORK", "猪肉", "Pork", "pork", "KGM", 0},
};

static const struct demo_certificate {
	const char *holder, *scheme, *number, *product;
	int from, to; /* days from the base day */
} certificates[] = {
	{"JG", "green", "LB-15-26010000001A", "PAKCHOI", -300, 795},
	{"GL", "organic", "100OP2600001", "PADDY", -200, 165},
};

enum { MASTER_DAY = -200, RECTANGLE_POINTS = 5 };

struct master_writer {
	struct buf out;
	struct json_writer w;
};

static void begin(const struct demo *d, struct master_writer *m, const char *label, struct str number)
{
	const struct when when = {MASTER_DAY, 0, 0};
	struct str seed = arena_printf(d->cli->arena, "%s %.*s", label, STR_ARGS(number));
	m->out = buf_create(d->cli->arena, 512);
	m->w = json_writer(&m->out);
	json_begin_object(&m->w);
	json_pair(&m->w, STR("id"), uuid_print(d->cli->arena, demo_id(d, demo_time_us(d, when), seed)));
	json_pair(&m->w, STR("number"), number);
}

static void put_name(struct master_writer *m, struct str zh, struct str en)
{
	json_name(&m->w, STR("name"));
	json_begin_object(&m->w);
	json_pair(&m->w, STR("zh"), zh);
	json_pair(&m->w, STR("en"), en);
	json_end_object(&m->w);
}

static void finish(struct demo *d, struct master_writer *m, const char *path, bool dated)
{
	struct answer unused;
	if (dated)
		json_pair(&m->w, STR("validFrom"), demo_time(d, (struct when){MASTER_DAY, 0, 0}));
	json_end_object(&m->w);
	if (demo_post(d, path, buf_str(&m->out), &unused))
		d->masters++;
}

static void register_party(struct demo *d, const struct demo_party *party)
{
	struct master_writer m;
	begin(d, &m, "party", str_of(party->number));
	json_pair(&m.w, STR("kind"), str_of(party->kind));
	put_name(&m, str_of(party->name_zh), str_of(party->name_en));
	json_pair(&m.w, STR("region"), str_of(party->region));
	json_name(&m.w, STR("personal"));
	json_bool(&m.w, party->personal);
	finish(d, &m, "/v1/parties", /* dated */ true);
}

/* A plot that is not quite a rectangle, five to a row. */
static struct str plot_shape(struct arena *arena, const struct township *t, int row, int index)
{
	static const int corners[RECTANGLE_POINTS][2] = {{0, 0}, {16, 1}, {17, 12}, {1, 11}, {0, 0}};
	struct buf out = buf_create(arena, 256);
	int lon = (t->lon_milli + index % 5 * 2) * 10, lat = (t->lat_milli + (row + index / 5) * 2) * 10;
	buf_put(&out, STR("{\"type\":\"Polygon\",\"coordinates\":[["));
	for (int i = 0; i < RECTANGLE_POINTS; i++) {
		int x = lon + corners[i][0], y = lat + corners[i][1];
		buf_printf(&out, "%s[%d.%04d,%d.%04d]", i ? "," : "", x / 10000, x % 10000, y / 10000,
			   y % 10000);
	}
	buf_put(&out, STR("]]}"));
	return buf_str(&out);
}

static void register_site(struct demo *d, const struct demo_sites *row, int index)
{
	struct arena *arena = d->cli->arena;
	struct master_writer m;
	struct str number = arena_printf(arena, "%s%02d", row->letter, index + 1);
	begin(d, &m, arena_printf(arena, "site %s", row->party).at, number);
	json_pair(&m.w, STR("party"), str_of(row->party));
	json_pair(&m.w, STR("kind"), str_of(row->kind));
	put_name(&m, arena_printf(arena, "%s%d号", row->name_zh, index + 1),
		 arena_printf(arena, "%s %d", row->name_en, index + 1));
	json_pair(&m.w, STR("commodity"), str_of(row->commodity));
	if (row->township >= 0) {
		json_pair(&m.w, STR("region"), str_of(townships[row->township].region));
		json_name(&m.w, STR("geometry"));
		json_raw(&m.w, plot_shape(arena, &townships[row->township], row->row, index));
	}
	finish(d, &m, "/v1/sites", /* dated */ true);
}

static void register_product(struct demo *d, const struct demo_product *product)
{
	struct master_writer m;
	begin(d, &m, arena_printf(d->cli->arena, "product %s", product->party).at, str_of(product->number));
	json_pair(&m.w, STR("party"), str_of(product->party));
	put_name(&m, str_of(product->name_zh), str_of(product->name_en));
	json_pair(&m.w, STR("commodity"), str_of(product->commodity));
	json_pair(&m.w, STR("unit"), str_of(product->unit));
	if (product->shelf_life_days)
		json_pair_int(&m.w, STR("shelfLifeDays"), product->shelf_life_days);
	finish(d, &m, "/v1/products", /* dated */ true);
}

static void register_certificate(struct demo *d, const struct demo_certificate *c)
{
	struct arena *arena = d->cli->arena;
	struct master_writer m;
	begin(d, &m, "certificate", str_of(c->number));
	json_pair(&m.w, STR("holder"), str_of(c->holder));
	json_pair(&m.w, STR("scheme"), str_of(c->scheme));
	json_name(&m.w, STR("products"));
	json_begin_array(&m.w);
	json_string(&m.w, str_of(c->product));
	json_end_array(&m.w);
	json_pair(&m.w, STR("validFrom"), date_print(arena, d->base_day + c->from));
	json_pair(&m.w, STR("validTo"), date_print(arena, d->base_day + c->to));
	finish(d, &m, "/v1/certificates", /* dated */ false);
}

void demo_register(struct demo *d)
{
	for (size_t i = 0; i < sizeof parties / sizeof *parties; i++)
		register_party(d, &parties[i]);
	for (size_t i = 0; i < sizeof sites / sizeof *sites; i++)
		for (int index = 0; index < sites[i].count; index++)
			register_site(d, &sites[i], index);
	for (size_t i = 0; i < sizeof products / sizeof *products; i++)
		register_product(d, &products[i]);
	for (size_t i = 0; i < sizeof certificates / sizeof *certificates; i++)
		register_certificate(d, &certificates[i]);
}
