/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers that nobody else can foresee: for ports, transaction and packet IDs. */
#ifndef NET_RANDOM_H
#define NET_RANDOM_H

#include <stdint.h>

/* 32 bits, out of net.noise, the card's address, the clock's finest ticks at each call, and all
 * that these were before. Who sees some of them learns neither the next ones nor those before. */
uint32_t net_random(void);

#endif
