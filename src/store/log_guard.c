/* SPDX-License-Identifier: Apache-2.0
 * The guard file: the newest head that may have been signed, as the three lines of a checkpoint. It is what a database
 * brought back from yesterday is found out by; whoever has lost it can write it again from any mirror's checkpoint. */
#include "init_files_priv.h"
#include "log_priv.h"

struct str log_guard_file(struct arena *arena, const struct config *config)
{
	return config->log_guard.len ? config->log_guard
				     : arena_printf(arena, "%.*s/log.guard", STR_ARGS(config->data_dir));
}

enum problem log_guard_read(struct arena *arena, struct str path, struct checkpoint *ret,
			    struct fault *reterr)
{
	if (!init_file_exists(arena, path))
		return PROBLEM_NOT_FOUND;
	struct str text = init_file_read(arena, path);
	/* Trimmed when read: the last newline belongs to the form. */
	if (text.at && checkpoint_parse(arena, arena_printf(arena, "%.*s\n", STR_ARGS(text)), ret))
		return PROBLEM_NONE;
	reterr->detail = arena_printf(arena, "%.*s is not the head of a log", STR_ARGS(path));
	return PROBLEM_CONFLICT;
}

enum problem log_guard_write(struct arena *arena, struct str path, const struct checkpoint *head,
			     struct fault *reterr)
{
	return init_file_write(arena, path, 0644, checkpoint_print(arena, head), reterr);
}
