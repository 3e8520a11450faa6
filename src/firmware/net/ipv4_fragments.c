/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP datagrams that come in fragments (RFC 791). Not in every profile: DHCP, DNS and TFTP ask for
 * what fits one frame. */
#include "lib/byteorder.h"
#include "lib/string.h"
#include "net/ipv4.h"
#include "net/net.h"

enum {
    MORE_FRAGMENTS = 0x2000,
    FRAGMENT_OFFSET = 0x1fff, /* in units */
    UNIT = 8,
    UNITS = 1024,
    REASSEMBLIES = 4,
    FRAGMENTS_WAIT_MS = 15000, /* as RFC 791 section 3.2 has it */
    SPOILT = -1                /* bytes: more than there will ever be */
};

uint8_t *ipv4_take_fragment(const struct ipv4_header *ip, const uint8_t *payload, size_t *len);

/* UDP datagrams that are put together. Each has one place where it can be, which several IDs and
 * several hosts share. A new one takes it over, but a stranger's not that of the host we sent to
 * last. */
static struct reassembly {
    uint32_t from, to, started;
    size_t got, total; /* bytes; total: 0 = the last fragment has not come */
    uint16_t id;
    uint8_t have[UNITS]; /* units that came; behind the last fragment: all */
    uint8_t data[UNITS * UNIT] __attribute__((aligned(4)));
} reassembly[REASSEMBLIES];

/* Take in a fragment (RFC 791 section 3.2). When that was all the datagram lacked, *len becomes its
 * length, and its payload is returned; else NULL. A fragment that came before is passed over; any
 * other overlap spoils the datagram, since nobody honest sends one (RFC 5722). */
uint8_t *ipv4_take_fragment(const struct ipv4_header *ip, const uint8_t *payload, size_t *len)
{
    const uint8_t *id = (const uint8_t *)&ip->id, *from = (const uint8_t *)&ip->from;
    struct reassembly *r = &reassembly[(id[1] ^ from[3]) % REASSEMBLIES];
    size_t first = be16(ip->fragment) & FRAGMENT_OFFSET, end = first * UNIT + *len;
    bool last = !(ip->fragment & be16(MORE_FRAGMENTS));
    uint8_t overlap = 0;
    uint32_t now = net_now();

    __asm__("" : "+r"(r)); /* an address from here on: the index would be multiplied at each use */
    if (end > sizeof(r->data) || (!last && end % UNIT))
        return NULL;
    bool expired = now - r->started > FRAGMENTS_WAIT_MS;
    if (r->from != ip->from || r->to != ip->to || r->id != ip->id || expired) {
        if (!expired && r->from == ipv4_tx.ip.to && r->from != ip->from)
            return NULL;
        memset(r, 0, offsetof(struct reassembly, data));
        r->from = ip->from;
        r->to = ip->to;
        r->id = ip->id;
        r->started = now;
    }
    for (uint8_t *unit = r->have + first; unit < r->have + (last ? UNITS : end / UNIT); unit++) {
        overlap |= *unit;
        *unit = 1;
    }
    uint8_t *to = r->data + first * UNIT;
    if (overlap) {
        if (memcmp(to, payload, *len))
            r->got = (size_t)SPOILT;
        return NULL;
    }
    memcpy(to, payload, *len);
    if (last)
        r->total = end;
    r->got += *len;
    if (r->got != r->total)
        return NULL;
    r->from = 0; /* what follows is another one */
    *len = r->total;
    return r->data;
}
