/* Numbers that nobody else can foresee: for ports, transaction and packet IDs. */
#ifndef NET_RANDOM_H
#define NET_RANDOM_H

#include <stdint.h>

/* Put in something that differs between machines or boots. Nothing that was put in is lost, and
 * nothing needs to be random by itself. */
void net_stir(uint32_t value);

/* 32 bits, out of all that was put in and the clock's finest ticks at each call. Who sees some of
 * them learns neither the next ones nor those before. */
uint32_t net_random(void);

#endif
