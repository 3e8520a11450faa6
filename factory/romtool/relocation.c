/* SPDX-License-Identifier: BSD-2-Clause */
#include "relocation.h"

#include <stdlib.h>

enum {
    BASE_STEP = 0x10000,
    /* Lower ones look like small numbers, of which code is full. */
    LOWEST_BASE = 0x1000000,
    BASES = 0x10000,
};

static int compare_offsets(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static bool check_words(const uint32_t *offsets, size_t count, uint32_t reach,
                        struct buffer *payload, struct problem *problem)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t distance = get32(payload->data + offsets[i]) - LINK_BASE;

        if (i && offsets[i] - offsets[i - 1] < 4)
            return problem_at(problem, offsets[i], NULL, "relocated words overlap");
        if (distance > reach)
            return problem_at(problem, offsets[i], "refer to the object itself, not beside it",
                              "relocated word holds 0x%x, no address of the image",
                              distance + LINK_BASE);
    }
    return true;
}

static void move_words(const uint32_t *offsets, size_t count, uint32_t distance,
                       struct buffer *payload)
{
    for (size_t i = 0; i < count; i++)
        put32(payload->data + offsets[i], get32(payload->data + offsets[i]) + distance);
}

/* Marks the bases that are no good at sight, one byte per BASE_STEP: a word that shares no byte
 * with a relocated one looks like an address from there on. Trying them all would take a minute. */
static void mark_taken(const uint32_t *offsets, size_t count, uint32_t reach,
                       const struct buffer *payload, uint8_t taken[BASES])
{
    size_t next = 0;

    for (size_t i = 0; i + 4 <= payload->length; i++) {
        uint32_t word = get32(payload->data + i);

        while (next < count && offsets[next] + 4 <= i)
            next++;
        if ((next == count || i + 4 <= offsets[next]) && word % BASE_STEP <= reach)
            taken[word / BASE_STEP] = 1;
    }
}

/* What platform/bios/start.asm does: true when it finds these words and no others. */
static bool finds_just_these(const uint32_t *offsets, size_t count, uint32_t reach, uint32_t base,
                             const struct buffer *payload)
{
    size_t found = 0;

    for (size_t i = 0; i + 4 <= payload->length; i++) {
        if (get32(payload->data + i) - base > reach)
            continue;
        if (found == count || offsets[found] != i)
            return false;
        found++;
        i += 3;
    }
    return found == count;
}

bool relocation_tag(uint32_t *offsets, size_t count, uint32_t reach, struct buffer *payload,
                    uint32_t *base, struct problem *problem)
{
    uint32_t now = LINK_BASE;
    uint8_t taken[BASES] = {0};

    qsort(offsets, count, sizeof(*offsets), compare_offsets);
    if (!check_words(offsets, count, reach, payload, problem))
        return false;
    mark_taken(offsets, count, reach, payload, taken);
    for (*base = LOWEST_BASE; *base <= UINT32_MAX - BASE_STEP - reach; *base += BASE_STEP) {
        if (taken[*base / BASE_STEP])
            continue;
        move_words(offsets, count, *base - now, payload);
        now = *base;
        if (finds_just_these(offsets, count, reach, now, payload))
            return true;
    }
    return problem_at(problem, 0, "take out what looks like random bytes",
                      "there is no base at which only addresses look like addresses");
}

bool relocation_check(struct span payload, uint32_t base, struct problem *problem)
{
    if (base % BASE_STEP || base < LOWEST_BASE)
        return problem_at(problem, 0, NULL, "0x%x is no address base", base);
    for (size_t i = 0; i + 4 <= payload.length; i++)
        if (get32(payload.data + i) - base < payload.length)
            return true;
    return problem_at(problem, 0, NULL, "no word holds an address from 0x%x on", base);
}
