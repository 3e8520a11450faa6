/* SPDX-License-Identifier: BSD-2-Clause */
/* The card's time, and what the chip does later.
 *
 * An access to a register takes a microsecond on PCI, and about twenty through a socket. A driver
 * that polls would never see the chip busy if all of that counted. So the card's clock leaves out
 * the shortest time from the answer to one access to the next access, less a microsecond. It is
 * never slower than what the driver waited. */
#include "card.h"

#include <time.h>

enum { EVENTS = 64, SHORTEST = 64, SECOND = 1000000000 };
enum { MEASURED = 4 }; /* so many times show what the shortest one is */

static struct event {
    uint64_t due;
    void (*call)(void *);
    void *argument;
} events[EVENTS];
static unsigned waiting, measured;
static uint64_t started, left_out, answered, least, random_state;

uint64_t card_seed;

static uint64_t host_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (uint64_t)SECOND + now.tv_nsec;
}

void clock_start(uint64_t seed)
{
    started = host_now();
    least = SECOND;
    card_seed = seed;
    random_state =
        seed * 0x9e3779b97f4a7c15u; /* spreads small seeds; xorshift64 goes on from there */
}

/* How much of the time since the last answer is left out at most, ... */
static uint64_t way(void)
{
    return answered && measured >= MEASURED && least > MICROSECOND ? least - MICROSECOND : 0;
}

/* ... and how much of it is by now. */
static uint64_t way_so_far(uint64_t now)
{
    return now - answered < way() ? now - answered : way();
}

uint64_t card_now(void)
{
    uint64_t now = host_now();

    return now - started - left_out - way_so_far(now);
}

void clock_access(void)
{
    uint64_t now = host_now();

    if (!answered)
        return;
    left_out += way_so_far(now);
    if (now - answered < least)
        least = now - answered;
    measured++;
    answered = 0;
}

void clock_answered(void)
{
    answered = host_now();
}

/* So much of the longest time: a 64th, or any part of it from there up. */
static uint64_t part_of(uint64_t longest)
{
    uint64_t shortest = longest / SHORTEST;

    if (!card_seed)
        return shortest;
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return shortest + random_state % (longest - shortest + 1);
}

void after(uint64_t nanoseconds, void (*call)(void *), void *argument)
{
    if (waiting == EVENTS) {
        fault("the model waits for more than %d things at once", EVENTS);
        return;
    }
    events[waiting++] = (struct event){card_now() + part_of(nanoseconds), call, argument};
}

void not_after(void (*call)(void *), void *argument)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < waiting; i++)
        if (events[i].call != call || events[i].argument != argument)
            events[kept++] = events[i];
    waiting = kept;
}

void clock_forget(void)
{
    waiting = 0;
}

/* The one that is due first, which was told first of those due at once; NULL when none is waiting.
 */
static struct event *first(void)
{
    struct event *found = NULL;

    for (unsigned i = 0; i < waiting; i++)
        if (!found || events[i].due < found->due)
            found = &events[i];
    return found;
}

void clock_run(void)
{
    uint64_t now = card_now();
    struct event *event;

    while ((event = first()) && event->due <= now) {
        struct event due = *event;

        for (struct event *next = event + 1; next < events + waiting; next++)
            next[-1] = *next;
        waiting--;
        due.call(due.argument);
    }
}

int64_t clock_wait(void)
{
    const struct event *event = first();
    uint64_t now = host_now(), card = card_now();

    if (!event)
        return -1;
    return (event->due > card ? event->due - card : 0) + way() - way_so_far(now);
}
