/* SPDX-License-Identifier: Apache-2.0
 * Numbered places at which tests end the program or hold it, to see what a crash exactly there leaves behind. In builds
 * with sanitizers or -Dfailpoints=true only; elsewhere there is nothing. */
#ifndef FT_BASE_FAILPOINT_H
#define FT_BASE_FAILPOINT_H

#ifdef FARMTRAIL_FAILPOINTS
/* FARMTRAIL_FAILPOINT=NAME kills the process here, as kill -9 does. FARMTRAIL_FAILPOINT=NAME=PATH makes the file PATH and
 * goes on when it is gone; where PATH cannot be made, at once. */
void failpoint(const char *name);
#else
static inline void failpoint(const char *name)
{
	(void)name;
}
#endif

#endif
