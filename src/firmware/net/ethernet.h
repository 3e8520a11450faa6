/* SPDX-License-Identifier: BSD-2-Clause */
/* Ethernet II framing and the frames' way up the stack. */
#ifndef NET_ETHERNET_H
#define NET_ETHERNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRAME_MAX = 1514,
    RECEIVE_MAX = 14 + 0xffff /* what a card may put together */,
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_ARP = 0x0806
};

struct ethernet_header {
    uint8_t to[6], from[6];
    uint16_t type;
} __attribute__((packed));

/* Six bytes as two words: on the path of every packet, where a call of memcpy would cost more than
 * the copy. */
struct mac_words {
    uint32_t first;
    uint16_t last;
} __attribute__((packed, may_alias));

static inline void mac_copy(uint8_t *to, const uint8_t *from)
{
    *(struct mac_words *)to = *(const struct mac_words *)from;
}

static inline bool mac_equal(const uint8_t *a, const uint8_t *b)
{
    const struct mac_words *x = (const struct mac_words *)a, *y = (const struct mac_words *)b;
    return x->first == y->first && x->last == y->last;
}

/* Handlers of the two protocols above: `frame` has `len` bytes from its Ethernet header on, any
 * number. They may answer in place. */
void arp_receive(struct ethernet_header *frame, size_t len);
void ipv4_receive(struct ethernet_header *frame, size_t len);

#endif
