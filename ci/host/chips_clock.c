/* SPDX-License-Identifier: BSD-2-Clause */
#include "chips_clock.h"

#include "chip.h"

enum { WAITING = 64 };

bool plugged;
static struct {
    uint64_t due;
    void (*call)(void *);
    void *argument;
} waiting[WAITING];
static unsigned calls;
static uint64_t now;

void clock_begin(void)
{
    calls = 0;
    now = 0;
    plugged = true;
}

void after(uint64_t nanoseconds, void (*call)(void *), void *argument)
{
    if (calls < WAITING) {
        waiting[calls].due = now + nanoseconds;
        waiting[calls].call = call;
        waiting[calls++].argument = argument;
    }
}

void not_after(void (*call)(void *), void *argument)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < calls; i++)
        if (waiting[i].call != call || waiting[i].argument != argument)
            waiting[kept++] = waiting[i];
    calls = kept;
}

uint64_t card_now(void)
{
    return now;
}

bool cable_plugged(void)
{
    return plugged;
}

void pass(uint64_t nanoseconds, unsigned most)
{
    now += nanoseconds;
    for (unsigned i = 0; i < calls && most; i++)
        if (waiting[i].due <= now) {
            void (*call)(void *) = waiting[i].call;
            void *argument = waiting[i].argument;

            waiting[i] = waiting[--calls];
            call(argument);
            most--;
            i = -1;
        }
}
