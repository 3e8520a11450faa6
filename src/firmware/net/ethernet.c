/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames from the link, and waiting for them. */
#include "net/ethernet.h"
#include "lib/byteorder.h"
#include "lib/errors.h"
#include "net/ipv4.h"
#include "net/net.h"
#include "net/port.h"
#include "net/random.h"

enum { FRAMES_PER_POLL = 64, IDLE_AFTER_MS = 10 };

struct net net;

/* Received frames stand here while they are handled. The offset puts the IP header on a 4-byte
 * boundary. */
static struct {
    uint8_t align[2];
    uint8_t frame[RECEIVE_MAX];
} rx __attribute__((aligned(16)));
static bool polling;

static void ethernet_receive(size_t len)
{
    struct ethernet_header *frame = (struct ethernet_header *)rx.frame;

    net.noise[0] += len;
    /* A frame below its header brings bytes of the one before it; those above do not take it. */
    if (!(frame->to[0] & 1) && !mac_equal(frame->to, net.mac))
        return;
    if (frame->type == be16(ETHERTYPE_IPV4))
        ipv4_receive(frame, len);
    else if (frame->type == be16(ETHERTYPE_ARP))
        arp_receive(frame, len);
}

bool net_poll_frame(void)
{
    int len;

    if (polling)
        return false;
    polling = true;
    len = net_port.poll(rx.frame, sizeof(rx.frame));
    if (len > 0)
        ethernet_receive((size_t)len);
    else
        ipv4_tick();
    polling = false;
    return len != 0;
}

int net_poll(void)
{
    int handled = 0;

    while (handled < FRAMES_PER_POLL && net_poll_frame())
        handled++;
    return handled;
}

uint32_t net_now(void)
{
    return net_port.now();
}

bool net_polling(void)
{
    return polling;
}

int net_wait(bool (*done)(void *context), void *context, uint32_t ms)
{
    uint32_t start = net_now(), waited;

    for (unsigned handled = 0; !done(context);) {
        if (net_poll_frame() && ++handled % FRAMES_PER_POLL)
            continue;
        if (net_port.cancelled())
            return E_CANCELLED;
        waited = net_now() - start;
        if (waited >= ms)
            return E_TIMEOUT;
        if (waited >= IDLE_AFTER_MS)
            net_port.idle();
    }
    return 0;
}
