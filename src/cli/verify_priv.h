/* SPDX-License-Identifier: Apache-2.0
 * What was checked, in words or as JSON. */
#ifndef FT_CLI_VERIFY_PRIV_H
#define FT_CLI_VERIFY_PRIV_H

#include "cli_priv.h"

#include "ft/core/bundle.h"

void verify_print_report(const struct cli *cli, const struct proof_report *report);
/* One line, and what does not simply hold below it. `title`: of the step. */
void verify_print_step(const struct cli *cli, const struct proof_report *report, struct str title);
void verify_print_bundle(const struct cli *cli, const struct bundle_report *report);
/* JSON only: of a trail whose proofs were asked for one by one. */
void verify_print_count(const struct cli *cli, enum proof_verdict verdict, size_t checked, size_t failed);
enum exit_code verify_exit(enum proof_verdict verdict);
const char *verify_verdict_sentence(const struct cli *cli, enum proof_verdict verdict);
enum exit_code verify_data(struct cli *cli); /* verify --data */

#endif
