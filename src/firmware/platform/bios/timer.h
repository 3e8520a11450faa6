/* SPDX-License-Identifier: BSD-2-Clause */
/* Time. The firmware implements it from the TSC, calibrated against the PIT; host tests use a fake
 * clock. */
#ifndef PLATFORM_BIOS_TIMER_H
#define PLATFORM_BIOS_TIMER_H

#include <stdbool.h>
#include <stdint.h>

/* Calibrate; the first thing done. Takes about 2 ms. */
void timer_start(void);

uint32_t timer_ms(void); /* milliseconds since start; wraps after 49 days, so compare differences */
uint32_t timer_noise(void); /* the clock's finest ticks, of use to net_random() only */
void delay_us(uint32_t us); /* busy wait, for hardware only, at most 10,000 */

/* A point in time after which waiting ends. */
struct deadline {
    uint32_t start, length; /* ms */
};

static inline struct deadline deadline_in(uint32_t ms)
{
    return (struct deadline){timer_ms(), ms};
}

static inline bool deadline_passed(const struct deadline *d)
{
    return timer_ms() - d->start >= d->length;
}

#endif
