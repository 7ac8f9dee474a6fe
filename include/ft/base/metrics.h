/* SPDX-License-Identifier: Apache-2.0
 * Process-wide counters and gauges, registered by one table (metrics.def), printed as Prometheus text. */
#ifndef FT_BASE_METRICS_H
#define FT_BASE_METRICS_H

#include "ft/base/str.h"

enum metric {
#define METRIC(name, kind, text, help) METRIC_##name,
#include "ft/base/metrics.def"
#undef METRIC
	METRIC_COUNT
};
void metric_add(enum metric m, int64_t n); /* relaxed atomic */
void metric_set(enum metric m, int64_t n);
int64_t metric_get(enum metric m);
struct str metrics_print(struct arena *arena); /* Prometheus text format 0.0.4 */

#endif
