/* SPDX-License-Identifier: Apache-2.0
 * Process-wide registers and their text form. */
#include "ft/base/metrics.h"

#include <assert.h>
#include <stdatomic.h>

/* The one table of numbers that every thread adds to; nothing is decided by them, so no order is needed. */
static _Atomic int64_t registers[METRIC_COUNT];

void metric_add(enum metric m, int64_t n)
{
	assert((unsigned)m < METRIC_COUNT);
	atomic_fetch_add_explicit(&registers[m], n, memory_order_relaxed);
}

void metric_set(enum metric m, int64_t n)
{
	assert((unsigned)m < METRIC_COUNT);
	atomic_store_explicit(&registers[m], n, memory_order_relaxed);
}

int64_t metric_get(enum metric m)
{
	assert((unsigned)m < METRIC_COUNT);
	return atomic_load_explicit(&registers[m], memory_order_relaxed);
}

struct str metrics_print(struct arena *arena)
{
	static const struct {
		const char *name, *kind, *help;
	} rows[METRIC_COUNT] = {
#define METRIC(name, kind, text, help) [METRIC_##name] = {text, #kind, help},
#include "ft/base/metrics.def"
#undef METRIC
	};
	struct buf out = buf_create(arena, METRIC_COUNT * 160); /* about what a row takes */
	for (int m = 0; m < METRIC_COUNT; m++) {
		buf_printf(&out, "# HELP %s %s\n# TYPE %s %s\n", rows[m].name, rows[m].help, rows[m].name,
			   rows[m].kind);
		buf_printf(&out, "%s %lld\n", rows[m].name, (long long)metric_get((enum metric)m));
	}
	return buf_str(&out);
}
