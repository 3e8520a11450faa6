/* SPDX-License-Identifier: BSD-2-Clause */
/* Time from the TSC (every i586 has one), calibrated once against PIT channel 2. Both are read in
 * pairs, so that a machine that stops us between them (SMM, a hypervisor) cannot spoil the result.
 * One that stops us for 55 ms between two pairs lets the PIT come round, and the TSC seem many
 * times as fast: of several calibrations the slowest is right. */
#include "platform/bios/timer.h"

#include "platform/bios/io.h"

enum {
    BDA_TICKS = 0x46c, /* since midnight, 18 a second: the BIOS set them from the RTC */
    PIT_HZ = 1193182,
    PIT_COUNTER2 = 0x42,
    PIT_COMMAND = 0x43,
    GATE = 0x61,
    SAMPLE_TICKS = 600,
    SAMPLES = 4,
};

static uint32_t ticks_per_ms, ms;
static uint64_t last; /* TSC value at which `ms` was true */

static uint64_t tsc(void)
{
    uint64_t t;
    __asm__ volatile("rdtsc" : "=A"(t));
    return t;
}

/* Its lower half, for what takes less than half a second. */
static uint32_t tsc_low(void)
{
    return (uint32_t)tsc();
}

/* 64 by 32 bits; the caller makes sure that the quotient fits. */
static uint32_t divide(uint64_t a, uint32_t b, uint32_t *remainder)
{
    uint32_t q;
    __asm__("divl %3" : "=a"(q), "=d"(*remainder) : "A"(a), "rm"(b) : "cc");
    return q;
}

static uint32_t pit_now(uint32_t *when)
{
    uint32_t best = 0, shortest = UINT32_MAX;

    for (unsigned i = 0; i < 3; i++) {
        uint32_t before = tsc_low(), after, count;

        out8(PIT_COMMAND, 0x80); /* latch channel 2 */
        after = tsc_low();
        count = in8(PIT_COUNTER2);
        count |= (uint32_t)in8(PIT_COUNTER2) << 8;
        if (after - before < shortest) {
            shortest = after - before;
            *when = before;
            best = count;
        }
    }
    return best;
}

static uint32_t measure(void)
{
    uint32_t start, end, first, now, rest;

    do
        first = pit_now(&start);
    while (first < 3 * SAMPLE_TICKS); /* not loaded yet, or about to wrap */
    do
        now = pit_now(&end);
    while ((uint16_t)(first - now) < SAMPLE_TICKS);
    return divide((uint64_t)(end - start) * (PIT_HZ / 1000), (uint16_t)(first - now), &rest);
}

void timer_start(void)
{
    out8(GATE, (uint8_t)((in8(GATE) & ~2) | 1));
    out8(PIT_COMMAND,
         0xb4); /* channel 2, both bytes, rate generator: counts down by one from 65536 */
    out8(PIT_COUNTER2, 0);
    out8(PIT_COUNTER2, 0);
    for (unsigned i = 0; i < SAMPLES; i++) {
        uint32_t rate = measure();

        if (!i || rate < ticks_per_ms)
            ticks_per_ms = rate;
    }
    last = tsc();
}

uint32_t timer_ms(void)
{
    uint64_t now = tsc();
    uint32_t rest;

    ms += divide(now - last, ticks_per_ms, &rest);
    last = now - rest;
    return ms;
}

uint32_t timer_noise(void)
{
    return tsc_low() + (*(volatile uint32_t *)BDA_TICKS << 16);
}

void delay_us(uint32_t us)
{
    uint32_t rest;
    uint32_t ticks = divide((uint64_t)ticks_per_ms * us, 1000, &rest);
    uint32_t start = tsc_low();

    while (tsc_low() - start < ticks)
        __asm__ volatile("pause");
}
