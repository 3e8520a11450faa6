/* SPDX-License-Identifier: BSD-2-Clause */
/* A network for host tests of src/firmware/net: a clock that only moves when the stack waits, a
 * link whose frames go to the test's script, and the other hosts' side of ARP, IPv4 and UDP,
 * written independently of the code under test. */
#ifndef FAKE_LINK_H
#define FAKE_LINK_H

#include "check.h"
#include "net/net.h"
#include "net/port.h"

extern uint32_t fake_now;        /* ms */
extern uint32_t fake_noise;      /* the port's noise(): the same always, until a test changes it */
extern uint32_t fake_cancel_at;  /* the port's cancelled() from this time on; 0 = never */
extern unsigned fake_cancel_calls; /* or from so many further calls of it on; 0 = never */
extern unsigned fake_transmits;  /* frames the stack sent */
extern int fake_transmit_result; /* what the port's transmit() returns */
extern bool fake_arp_off;        /* the other hosts do not answer ARP requests */
extern unsigned fake_arp_requests;

/* A UDP datagram that the stack sent; its frame was checked (lengths, both checksums). */
struct fake_datagram {
    uint8_t to_mac[6];
    uint32_t from, to;
    uint16_t from_port, to_port;
    const uint8_t *data;
    size_t len;
};

/* The test's server; gets every datagram the stack sends. */
extern void (*fake_on_udp)(const struct fake_datagram *d);
/* Gets every other frame, and every frame before anything else looks at it; may be NULL. */
extern void (*fake_on_frame)(const uint8_t *frame, size_t len);

/* Called each time the stack finds no frame; may be NULL. */
extern void (*fake_on_idle)(void);

/* Everything back to the start: time 1000 ms, no frames, no scripts, net = {MAC 52:54:00:12:34:56}.
 */
void fake_reset(void);
/* The interface configured as 10.0.0.2/24, gateway 10.0.0.1. */
void fake_configure(void);

/* Address a.b.c.d in network order, and the hardware address of the fake host that has it. */
uint32_t fake_ip(unsigned a, unsigned b, unsigned c, unsigned d);
void fake_mac_of(uint32_t ip, uint8_t mac[6]);

/* Hand the stack a frame `delay` ms from now. */
void fake_deliver(const void *frame, size_t len, uint32_t delay);
/* Hand it a UDP datagram from a fake host, to our own hardware address, or by broadcast for
 * broadcast addresses. */
void fake_udp(uint32_t from, uint16_t from_port, uint32_t to, uint16_t to_port, const void *data,
              size_t len, uint32_t delay);
/* Build that frame without sending it; returns its length (at most 1514). */
size_t fake_udp_frame(uint8_t *frame, uint32_t from, uint16_t from_port, uint32_t to,
                      uint16_t to_port, const void *data, size_t len);
/* Build the frame in which a router says that a datagram cannot be delivered, or some other ICMP
 * message that quotes as much of an IP packet; returns its length. */
size_t fake_icmp_frame(uint8_t *frame, unsigned type, unsigned code, const void *quoted,
                       size_t len);
/* Build a fragment of such a frame, which may be longer than any: `len` bytes from offset `from` of
 * its payload on, more to follow or not. The caller has set its ID. Returns its length. */
size_t fake_fragment(uint8_t *fragment, const uint8_t *frame, size_t from, size_t len, bool more);
/* Recompute the IPv4 header checksum of a frame that was tampered with. */
void fake_fix_ip(uint8_t *frame);
/* Internet checksum, byte by byte. */
uint16_t fake_checksum(const uint8_t *data, size_t len, uint32_t sum);
/* Frames not yet received by the stack. */
unsigned fake_pending(void);

/* Begin a named part of a test, with the network as at the start. */
void fake_case(const char *name);

#endif
