/* SPDX-License-Identifier: BSD-2-Clause */
/* The one way in which net/ reaches the world. The firmware has a port on the network card in use
 * (platform/nic.c), the host tests have one on a network of their own (ci/host/fake_link.c). */
#ifndef NET_PORT_H
#define NET_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net_port {
    /* Send and receive a frame, as struct net_driver's operations of these names. */
    int (*transmit)(const void *frame, size_t len);
    int (*poll)(void *buf, size_t cap);
    /* Let the machine rest, for about a millisecond at most. Called when nothing has come for a
     * while that was waited for. */
    void (*idle)(void);
    /* True once the user asked to stop. Cheap; called in every turn of every wait loop. */
    bool (*cancelled)(void);
    uint32_t (*now)(void);   /* milliseconds; wraps, so compare differences */
    uint32_t (*noise)(void); /* the clock's finest ticks, of use to net_random() only */
};
extern const struct net_port net_port;

#endif
