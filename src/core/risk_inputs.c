/* SPDX-License-Identifier: Apache-2.0
 * Rules about what was used on crops and animals: R01 banned actives, I01 pre-harvest intervals. */
#include "risk_priv.h"
#include "substance_priv.h"

#include <string.h>

static bool is_for_animals(struct str type)
{
	return str_equal(type, STR("medicate")) || str_equal(type, STR("feed"));
}

static bool shares_a_name(struct ref_names a, struct ref_names b)
{
	for (size_t i = 0; i < b.count; i++)
		if (substance_among(a, b.items[i]))
			return true;
	return false;
}

static bool has_own_date_as_pesticide(const struct reference *ref, const struct ref_ban *drug)
{
	for (size_t i = 0; i < ref->ban_count; i++)
		if (str_equal(ref->bans[i].kind, STR("pesticide")) &&
		    str_equal(ref->bans[i].category, STR("banned")) &&
		    shares_a_name(ref->bans[i].names, drug->names))
			return true;
	return false;
}

/* Whether the row is about this kind of use at all, and holds on its day. */
static bool ban_holds(const struct reference *ref, const struct ref_ban *ban, const struct risk_use *use)
{
	if (!str_equal(ban->category, STR("banned")) || ban->effective_day > instant_day(use->time))
		return false;
	if (!str_equal(ban->kind, STR("vet_drug")) || is_for_animals(use->type))
		return true;
	return use->type.at == NULL && !has_own_date_as_pesticide(ref, ban);
}

static const struct str *found_name(struct ref_names found, struct ref_names names)
{
	for (size_t i = 0; i < found.count; i++)
		if (substance_among(names, found.items[i]))
			return found.items + i;
	return NULL;
}

static void put_use(struct arena *arena, const struct risk_use *use, struct json_writer *w)
{
	json_begin_object(w);
	json_pair(w, STR("event"), uuid_print(arena, use->event));
	json_pair(w, STR("type"), use->type);
	json_pair(w, STR("time"), instant_print(arena, use->time));
	json_pair(w, STR("product"), use->product);
	json_name(w, STR("active"));
	json_begin_array(w);
	for (size_t i = 0; i < use->active_count; i++)
		json_string(w, use->active[i]);
	json_end_array(w);
	json_pair(w, STR("commodity"), use->commodity);
	json_end_object(w);
}

static struct str since_print(struct arena *arena, int32_t day)
{
	return day == INT32_MIN ? STR("") : date_print(arena, day);
}

static struct str ban_inputs(struct arena *arena, const struct ref_ban *ban, const struct risk_use *use)
{
	struct buf out = buf_create(arena, 512);
	struct json_writer w = json_writer(&out);

	json_begin_object(&w);
	json_name(&w, STR("use"));
	put_use(arena, use, &w);
	json_name(&w, STR("ban"));
	json_begin_object(&w);
	json_pair(&w, STR("kind"), ban->kind);
	json_pair(&w, STR("name"), ban->name_zh);
	json_pair(&w, STR("since"), since_print(arena, ban->effective_day));
	json_pair(&w, STR("legalBasis"), ban->legal_basis);
	json_end_object(&w);
	json_end_object(&w);
	return buf_str(&out);
}

static const struct risk_evidence *ban_evidence(struct arena *arena, const struct ref_ban *ban,
						const struct risk_use *use)
{
	struct risk_evidence *evidence = arena_array(arena, struct risk_evidence, 2);
	struct str day = date_print(arena, instant_day(use->time)),
		   since = since_print(arena, ban->effective_day);
	struct str product = use->product.at != NULL ? use->product : ban->name_zh;

	evidence[0].event = use->event;
	evidence[0].words_zh = arena_printf(arena, "%.*s 使用%.*s", STR_ARGS(day), STR_ARGS(product));
	evidence[0].words_en = arena_printf(arena, "%.*s: %.*s was used", STR_ARGS(day), STR_ARGS(product));
	evidence[1].reference =
		arena_printf(arena, "banned_substances: %.*s (%.*s), %.*s; %.*s", STR_ARGS(ban->name_zh),
			     STR_ARGS(ban->name_en), STR_ARGS(ban->legal_basis), STR_ARGS(ban->source));
	evidence[1].words_zh = since.len > 0
				       ? arena_printf(arena, "自 %.*s 起禁用，范围：%.*s", STR_ARGS(since),
						      STR_ARGS(ban->scope_zh))
				       : arena_printf(arena, "禁用，范围：%.*s", STR_ARGS(ban->scope_zh));
	evidence[1].words_en = since.len > 0 ? arena_printf(arena, "banned since %.*s: %.*s", STR_ARGS(since),
							    STR_ARGS(ban->scope_en))
					     : arena_printf(arena, "banned: %.*s", STR_ARGS(ban->scope_en));
	return evidence;
}

static struct risk_finding ban_finding(struct arena *arena, const struct reference *ref,
				       const struct ref_ban *ban, const struct risk_use *use, struct str name)
{
	struct risk_finding f = risk_finding_begin(ref, RULE_R01, SEVERITY_CRITICAL);
	struct str day = date_print(arena, instant_day(use->time)),
		   since = since_print(arena, ban->effective_day);

	f.reason_zh = arena_printf(arena, "%.*s 使用的%.*s%s%.*s%s已禁用（%.*s）", STR_ARGS(day),
				   STR_ARGS(ban->name_zh), since.len > 0 ? "自 " : "", STR_ARGS(since),
				   since.len > 0 ? " 起" : "", STR_ARGS(ban->legal_basis));
	f.reason_en = arena_printf(arena, "%.*s, used on %.*s, is banned%s%.*s (%.*s)",
				   STR_ARGS(ban->name_en), STR_ARGS(day), since.len > 0 ? " since " : "",
				   STR_ARGS(since), STR_ARGS(ban->legal_basis));
	f.action_zh = STR("停止销售并封存该地块此后的全部批次，报告区县农业农村部门；核对产品标签和登记证号，"
			  "如选错产品请更正记录");
	f.action_en = STR("Stop sale and hold every lot of that plot since then, and report to the district; "
			  "compare the label "
			  "and registration number, and correct the record if another product was picked");
	f.inputs_json = ban_inputs(arena, ban, use);
	f.evidence = ban_evidence(arena, ban, use);
	f.evidence_count = 2;
	f.subject =
		arena_printf(arena, "R01 %.*s %.*s", STR_ARGS(uuid_print(arena, use->event)), STR_ARGS(name));
	return f;
}

size_t risk_bans_of(struct arena *arena, const struct reference *ref, const struct risk_use *use,
		    const struct ref_ban **ret)
{
	struct ref_names found = substances_of_use(arena, ref, use);
	size_t count = 0;

	for (size_t i = 0; found.count > 0 && i < ref->ban_count; i++) {
		const struct ref_ban *ban = &ref->bans[i];
		bool is_told = false;

		if (found_name(found, ban->names) == NULL || !ban_holds(ref, ban, use))
			continue;
		for (size_t k = 0; k < count; k++)
			is_told = is_told || shares_a_name(ret[k]->names, ban->names);
		if (!is_told)
			ret[count++] = ban;
	}
	return count;
}

void risk_r01(struct arena *arena, const struct reference *ref, const struct risk_use *use,
	      struct risk_findings *ret)
{
	const struct ref_ban **bans = arena_array(arena, const struct ref_ban *, ref->ban_count);
	size_t count = risk_bans_of(arena, ref, use, bans);
	struct risk_finding *items = arena_array(arena, struct risk_finding, count);

	for (size_t i = 0; i < count; i++)
		items[i] = ban_finding(arena, ref, bans[i], use, bans[i]->names.items[0]);
	*ret = (struct risk_findings){count > 0 ? items : NULL, count};
}

enum { MOST_WORDS = 8, MOST_NAMES = 128 };

/* Names of the crop, the most special first: of the last word of its path the rows, then of the word before it. A word
 * that the table does not know stands for itself. */
struct crop_names {
	struct ref_names items[MOST_NAMES];
	size_t count;
};

/* Somebody who registers "小白菜" or "pak choi" means the word pak-choi. */
static const struct ref_crop_group *find_commodity(const struct reference *ref, struct str word)
{
	for (size_t name = 0; name < 3; name++)
		for (size_t i = 0; i < ref->crop_count; i++)
			if (commodity_same(ref->crops[i].names.items[name], word))
				return &ref->crops[i];
	return NULL;
}

static void add_crop(struct crop_names *crop, struct ref_names names)
{
	if (crop->count < MOST_NAMES)
		crop->items[crop->count++] = names;
}

static void add_word(struct arena *arena, const struct reference *ref, struct str word,
		     struct crop_names *crop)
{
	struct str *itself = arena_new(arena, struct str);
	const struct ref_crop_group *group;

	*itself = substance_fold(arena, word);
	if (itself->len == 0)
		return;
	group = find_commodity(ref, *itself);
	for (size_t i = 0; group != NULL && i < ref->crop_count; i++)
		if (str_equal(ref->crops[i].commodity, group->commodity))
			add_crop(crop, (struct ref_names){ref->crops[i].names.items + 1, 2});
	add_crop(crop, (struct ref_names){itself, 1});
}

static struct crop_names *crop_names_of(struct arena *arena, const struct reference *ref, struct str path)
{
	struct crop_names *crop = arena_new(arena, struct crop_names);
	size_t end = path.len;

	for (size_t word = 0; path.len > 0 && word < MOST_WORDS; word++) {
		size_t begin = end;

		while (begin > 0 && path.at[begin - 1] != '/')
			begin--;
		add_word(arena, ref, (struct str){path.at + begin, end - begin}, crop);
		if (begin == 0)
			break;
		end = begin - 1;
	}
	return crop;
}

/* How far the row's crop is from the one that was harvested; SIZE_MAX: another crop. */
static size_t crop_distance(const struct crop_names *crop, const struct ref_interval *row)
{
	for (size_t i = 0; i < crop->count; i++)
		if (shares_a_name(crop->items[i], row->crops))
			return i;
	return SIZE_MAX;
}

/* The longest of these that stands in the text; absent: it says none. */
static struct str formulation_in(struct str text)
{
	static const char *const forms[] = {
		"微囊悬浮剂", "水分散粒剂", "可湿性粉剂", "可溶性粉剂", "可分散油悬浮剂", "悬乳剂",
		"水乳剂",     "微乳剂",     "可溶粉剂",   "可溶液剂",   "悬浮剂",         "颗粒剂",
		"乳油",       "水剂",       "粉剂",       "油剂",
	};
	struct str longest = {NULL, 0};

	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct str form = str_of(forms[i]);

		for (size_t at = 0; at + form.len <= text.len; at++)
			if (form.len > longest.len && memcmp(text.at + at, form.at, form.len) == 0)
				longest = form;
	}
	return longest;
}

/* "metalaxyl + mancozeb": a mixture is used when all its parts are. */
static bool mixture_used(struct arena *arena, struct ref_names found, struct str en)
{
	struct str rest = en;
	size_t parts = 0;

	while (rest.at != NULL) {
		struct str part = substance_fold(arena, str_cut(rest, '+', &rest));

		if (part.len == 0 || !substance_among(found, part))
			return false;
		parts++;
	}
	return parts > 1;
}

struct choice {
	const struct ref_interval *row;
	size_t distance;
	bool same_formulation;
};

static bool is_better(const struct choice *a, const struct choice *b)
{
	if (b->row == NULL || a->distance != b->distance)
		return b->row == NULL || a->distance < b->distance;
	if (a->same_formulation != b->same_formulation)
		return a->same_formulation;
	return a->row->days > b->row->days;
}

/* One name by itself, or several for a mixture. */
static bool concerns(struct arena *arena, const struct ref_interval *row, struct ref_names found)
{
	return found.count == 1 ? shares_a_name(found, row->names)
				: mixture_used(arena, found, row->active_en);
}

/* The row that binds: of the nearest crop, of the product's formulation where a row says it, the longest. */
static const struct ref_interval *interval_of(struct arena *arena, const struct reference *ref,
					      const struct risk_use *use, struct ref_names active,
					      const struct crop_names *crop)
{
	struct str form = formulation_in(use->product);
	struct choice best = {NULL, SIZE_MAX, false};

	for (size_t i = 0; i < ref->interval_count; i++) {
		const struct ref_interval *row = &ref->intervals[i];
		struct choice choice = {row, SIZE_MAX, false};
		struct str row_form;

		if (!concerns(arena, row, active))
			continue;
		row_form = formulation_in(row->formulation);
		choice.distance = crop_distance(crop, row);
		choice.same_formulation = form.at != NULL && row_form.at != NULL && str_equal(form, row_form);
		if (choice.distance < SIZE_MAX && is_better(&choice, &best))
			best = choice;
	}
	return best.row;
}

/* What is missing most of all actives of one use. */
struct shortfall {
	const struct ref_interval *row;
	int64_t days_passed, days_missing;
};

static void take_worse(struct shortfall *worst, const struct ref_interval *row, int64_t days_passed)
{
	if (row != NULL && row->days - days_passed > worst->days_missing)
		*worst = (struct shortfall){row, days_passed, row->days - days_passed};
}

/* Of the rows that bind the use's actives, together and each by itself, the one with the most days missing. */
static struct shortfall worst_of(struct arena *arena, const struct reference *ref, const struct risk_use *use,
				 const struct crop_names *crop, int64_t days_passed)
{
	struct shortfall worst = {NULL, 0, 0};
	struct ref_names found = substances_of_use(arena, ref, use);

	for (size_t i = 0; i < found.count; i++)
		take_worse(&worst, interval_of(arena, ref, use, (struct ref_names){&found.items[i], 1}, crop),
			   days_passed);
	if (found.count > 1)
		take_worse(&worst, interval_of(arena, ref, use, found, crop), days_passed);
	return worst;
}

static int64_t days_between(struct instant use, struct instant harvest)
{
	return (int64_t)instant_day(harvest) - instant_day(use);
}

/* A use so long ago that no interval reaches to the harvest needs no names. */
static bool may_matter(const struct reference *ref, struct instant use, struct instant harvest)
{
	for (size_t i = 0; i < ref->interval_count; i++)
		if (risk_i01_breaks(use, harvest, ref->intervals[i].days))
			return true;
	return false;
}

static bool contains(struct str text, struct str part)
{
	for (size_t at = 0; part.len > 0 && at + part.len <= text.len; at++)
		if (memcmp(text.at + at, part.at, part.len) == 0)
			return true;
	return false;
}

static size_t species_distance(const struct crop_names *animal, const struct ref_withdrawal *row)
{
	if (row->species.count == 0)
		return animal->count; /* of all species: what is said of one comes first */
	for (size_t i = 0; i < animal->count; i++)
		if (shares_a_name(animal->items[i], row->species))
			return i;
	return SIZE_MAX;
}

/* The drug by its name, or else whatever contains one of the actives. */
struct drug {
	const struct ref_withdrawal *row;
	size_t distance, named; /* named: how much of the product's name it is; 0: found by an active */
};

static bool is_stricter(const struct drug *a, const struct drug *b)
{
	if (b->row == NULL || a->named != b->named)
		return b->row == NULL || a->named > b->named;
	return a->distance != b->distance ? a->distance < b->distance : a->row->days > b->row->days;
}

static const struct ref_withdrawal *withdrawal_of(struct arena *arena, const struct reference *ref,
						  const struct risk_use *use, const struct crop_names *animal)
{
	struct str product = substance_fold(arena, use->product);
	struct drug best = {NULL, SIZE_MAX, 0};

	for (size_t i = 0; i < ref->withdrawal_count; i++) {
		const struct ref_withdrawal *row = &ref->withdrawals[i];
		struct drug drug = {row, species_distance(animal, row), 0};
		bool found = contains(product, row->product);

		if (row->days == 0 || drug.distance == SIZE_MAX)
			continue;
		drug.named = found ? row->product.len : 0;
		for (size_t k = 0; !found && k < use->active_count; k++)
			found = contains(row->product, substance_fold(arena, use->active[k]));
		if (found && is_stricter(&drug, &best))
			best = drug;
	}
	return best.row;
}

/* Told in the same words as an interval of a crop. */
static struct shortfall withdrawal_shortfall(struct arena *arena, const struct reference *ref,
					     const struct risk_use *use, const struct risk_harvest *slaughter,
					     const struct crop_names *animal)
{
	struct shortfall worst = {NULL, 0, 0};
	const struct ref_withdrawal *row =
		is_for_animals(use->type) ? withdrawal_of(arena, ref, use, animal) : NULL;
	struct ref_interval *interval;

	if (row == NULL || !risk_i01_breaks(use->time, slaughter->time, row->days))
		return worst;
	interval = arena_new(arena, struct ref_interval);
	*interval = (struct ref_interval){.active_zh = row->product_zh,
					  .active_en = row->product_zh,
					  .crop_zh = row->species_zh,
					  .crop_en = row->species_en,
					  .source = row->source,
					  .days = row->days};
	take_worse(&worst, interval, days_between(use->time, slaughter->time));
	return worst;
}

static struct shortfall shortfall_of(struct arena *arena, const struct reference *ref,
				     const struct risk_use *use, const struct risk_harvest *harvest,
				     const struct crop_names *crop)
{
	if (harvest->slaughter)
		return withdrawal_shortfall(arena, ref, use, harvest, crop);
	if (!may_matter(ref, use->time, harvest->time))
		return (struct shortfall){NULL, 0, 0};
	return worst_of(arena, ref, use, crop, days_between(use->time, harvest->time));
}

bool risk_i01_breaks(struct instant use, struct instant harvest, int64_t days)
{
	return use.at_us <= harvest.at_us && days > days_between(use, harvest);
}

int64_t risk_i01_days(struct arena *arena, const struct reference *ref, const struct risk_use *use)
{
	struct shortfall longest =
		worst_of(arena, ref, use, crop_names_of(arena, ref, use->commodity), /* days_passed */ 0);

	return longest.row != NULL ? longest.row->days : 0;
}

static struct str interval_inputs(struct arena *arena, const struct risk_use *use,
				  const struct risk_harvest *harvest, const struct shortfall *s)
{
	struct buf out = buf_create(arena, 512);
	struct json_writer w = json_writer(&out);

	json_begin_object(&w);
	json_name(&w, STR("use"));
	put_use(arena, use, &w);
	json_name(&w, STR("harvest"));
	json_begin_object(&w);
	json_pair(&w, STR("event"), uuid_print(arena, harvest->event));
	json_pair(&w, STR("lot"), lot_id_print(arena, harvest->lot));
	json_pair(&w, STR("time"), instant_print(arena, harvest->time));
	json_pair(&w, STR("commodity"), harvest->commodity);
	json_name(&w, STR("sold"));
	json_bool(&w, harvest->sold);
	json_end_object(&w);
	json_name(&w, STR("interval"));
	json_begin_object(&w);
	json_pair(&w, STR("active"), s->row->active_zh);
	json_pair(&w, STR("crop"), s->row->crop_zh);
	json_pair(&w, STR("formulation"), s->row->formulation);
	json_pair_int(&w, STR("days"), s->row->days);
	json_end_object(&w);
	json_end_object(&w);
	return buf_str(&out);
}

/* A crop is cut after an interval, an animal killed after a withdrawal period. */
struct interval_words {
	const char *table, *interval_zh, *cut_zh, *cut_en, *harvest_en;
};
static const struct interval_words *words_of(const struct risk_harvest *harvest)
{
	static const struct interval_words crop = {"phi_examples", "安全间隔期", "采收", "harvested",
						   "harvest"};
	static const struct interval_words animal = {"withdrawal_periods", "休药期", "屠宰", "slaughtered",
						     "slaughter"};

	return harvest->slaughter ? &animal : &crop;
}

static const struct risk_evidence *interval_evidence(struct arena *arena, const struct risk_use *use,
						     const struct risk_harvest *harvest,
						     const struct ref_interval *row)
{
	struct risk_evidence *evidence = arena_array(arena, struct risk_evidence, 3);
	const struct interval_words *words = words_of(harvest);
	struct str used = date_print(arena, instant_day(use->time)),
		   cut = date_print(arena, instant_day(harvest->time));
	struct str product = use->product.at != NULL ? use->product : row->active_zh;
	struct str form = row->formulation.at != NULL ? row->formulation : STR("");

	evidence[0].event = use->event;
	evidence[0].words_zh = arena_printf(arena, "%.*s 使用%.*s", STR_ARGS(used), STR_ARGS(product));
	evidence[0].words_en = arena_printf(arena, "%.*s: %.*s was used", STR_ARGS(used), STR_ARGS(product));
	evidence[1].event = harvest->event;
	evidence[1].words_zh = arena_printf(arena, "%.*s %s", STR_ARGS(cut), words->cut_zh);
	evidence[1].words_en = arena_printf(arena, "%.*s: %s", STR_ARGS(cut), words->cut_en);
	evidence[2].reference =
		arena_printf(arena, "%s: %.*s × %.*s %.*s; %.*s", words->table, STR_ARGS(row->active_zh),
			     STR_ARGS(row->crop_zh), STR_ARGS(form), STR_ARGS(row->source));
	evidence[2].words_zh = arena_printf(arena, "%.*s用于%.*s的%s为 %lld 天", STR_ARGS(row->active_zh),
					    STR_ARGS(row->crop_zh), words->interval_zh, (long long)row->days);
	evidence[2].words_en =
		arena_printf(arena, "%.*s on %.*s: %lld days before %s", STR_ARGS(row->active_en),
			     STR_ARGS(row->crop_en), (long long)row->days, words->harvest_en);
	return evidence;
}

static struct risk_finding interval_finding(struct arena *arena, const struct reference *ref,
					    const struct risk_use *use, const struct risk_harvest *harvest,
					    const struct shortfall *s)
{
	struct risk_finding f =
		risk_finding_begin(ref, RULE_I01, harvest->sold ? SEVERITY_CRITICAL : SEVERITY_HIGH);
	const struct interval_words *words = words_of(harvest);
	struct str used = date_print(arena, instant_day(use->time)),
		   cut = date_print(arena, instant_day(harvest->time));
	struct str legal = date_print(arena, (int32_t)(instant_day(use->time) + s->row->days));

	f.reason_zh = arena_printf(arena,
				   "%.*s 使用%.*s（%.*s，%s %lld 天），%.*s %s，仅隔 %lld 天，还差 %lld 天；"
				   "最早可于 %.*s %s",
				   STR_ARGS(used), STR_ARGS(s->row->active_zh), STR_ARGS(s->row->crop_zh),
				   words->interval_zh, (long long)s->row->days, STR_ARGS(cut), words->cut_zh,
				   (long long)s->days_passed, (long long)s->days_missing, STR_ARGS(legal),
				   words->cut_zh);
	f.reason_en = arena_printf(
		arena,
		"%.*s (interval %lld days on %.*s) was used on %.*s and the %s was on %.*s, after %lld "
		"days: %lld days missing, earliest legal %s %.*s",
		STR_ARGS(s->row->active_en), (long long)s->row->days, STR_ARGS(s->row->crop_en),
		STR_ARGS(used), words->harvest_en, STR_ARGS(cut), (long long)s->days_passed,
		(long long)s->days_missing, words->harvest_en, STR_ARGS(legal));
	f.action_zh = arena_printf(arena,
				   "暂停销售该批次，已售出的通知收货方停止销售；%.*s "
				   "之前不得%s；抽样检测，合格前不得开具合格证；"
				   "如用药未涉及该批次，请更正记录",
				   STR_ARGS(legal), words->cut_zh);
	/* The same whether or not it was sold when the rule ran: that may be recorded later. */
	f.action_en = arena_printf(arena,
				   "Hold the lot; of what is sold stop the sale and tell those who received "
				   "it; no %s before "
				   "%.*s; test a sample, and issue no certificate until it passes; correct "
				   "the record if the use did "
				   "not concern this lot",
				   words->harvest_en, STR_ARGS(legal));
	f.inputs_json = interval_inputs(arena, use, harvest, s);
	f.evidence = interval_evidence(arena, use, harvest, s->row);
	f.evidence_count = 3;
	f.lot = harvest->lot;
	f.subject = arena_printf(arena, "I01 %.*s %.*s", STR_ARGS(uuid_print(arena, use->event)),
				 STR_ARGS(lot_id_print(arena, harvest->lot)));
	return f;
}

void risk_i01(struct arena *arena, const struct reference *ref, const struct risk_use *uses, size_t use_count,
	      const struct risk_harvest *harvest, struct risk_findings *ret)
{
	struct risk_finding *items = arena_array(arena, struct risk_finding, use_count);
	bool is_known = harvest->commodity.len > 0;
	const struct crop_names *harvested =
		is_known && use_count ? crop_names_of(arena, ref, harvest->commodity) : NULL;
	size_t count = 0;

	for (size_t i = 0; i < use_count; i++) {
		/* What is not known of the harvest may be known of the plot. */
		const struct crop_names *crop =
			is_known ? harvested : crop_names_of(arena, ref, uses[i].commodity);
		struct shortfall s = shortfall_of(arena, ref, &uses[i], harvest, crop);

		if (s.row != NULL)
			items[count++] = interval_finding(arena, ref, &uses[i], harvest, &s);
	}
	*ret = (struct risk_findings){items, count};
}
