/* SPDX-License-Identifier: Apache-2.0
 * How work that ends on another thread reports back, without knowing who waits. */
#ifndef FT_BASE_COMPLETION_H
#define FT_BASE_COMPLETION_H

#include "ft/base/problem.h"

/* Fired exactly once, from any thread; must not block. After it fires the submitter owns everything again. */
struct completion {
	void (*fire)(struct completion *self, enum problem p);
};

#endif
