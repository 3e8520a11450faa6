/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock of a chip model and the cable in its socket (ci/chips/chip.h), as a test moves them. */
#ifndef CHIPS_CLOCK_H
#define CHIPS_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

extern bool plugged;

/* Nothing waits, it is 0 o'clock, and the cable is plugged in. */
void clock_begin(void);

/* Time passes, in nanoseconds: what is due by then happens, `most` calls at most. What would be
 * too many to wait for never happens. */
void pass(uint64_t nanoseconds, unsigned most);

#endif
