/* SPDX-License-Identifier: BSD-2-Clause */
/* Four words are mixed, each with the one before it, and one of them is shown. */
#include "net/random.h"
#include "net/ethernet.h"
#include "net/net.h"
#include "net/port.h"

enum { STEPS = 32 };
#define MULTIPLIER 0x9e3779b1 /* 2^32 divided by the golden ratio; odd, so that nothing is lost */

uint32_t net_random(void)
{
    const struct mac_words *mac = (const struct mac_words *)(net.mac + 2);
    uint32_t x = net_port.noise() + mac->first;

    for (unsigned i = 0; i < STEPS; i++) {
        uint32_t *word = &net.noise[i % 4];
        *word = x = (*word ^ (x << 13 | x >> 19)) * MULTIPLIER;
    }
    return x;
}
