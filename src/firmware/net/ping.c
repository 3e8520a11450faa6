/* SPDX-License-Identifier: BSD-2-Clause */
/* The asking side of ICMP echo (RFC 792); icmp.c answers others. */
#include "net/ping.h"

#include "lib/checksum.h"
#include "lib/string.h"
#include "net/ipv4.h"
#include "net/net.h"
#include "net/random.h"

enum { ECHO_REPLY = 0, ECHO_REQUEST = 8 };

struct echo {
    uint8_t type, code;
    uint16_t checksum;
    uint32_t id; /* identifier and sequence number */
} __attribute__((packed));

static uint32_t asked, id; /* whom, 0 = nobody any more */
static size_t length;

static void ping_receive(struct ipv4_header *ip, uint8_t *payload, size_t len)
{
    const struct echo *echo = (const struct echo *)payload;

    if (asked && len == length && ip->from == asked && echo->type == ECHO_REPLY && echo->id == id &&
        checksum_add(0, echo, len) == 0xffff)
        asked = 0;
}
IP_PROTOCOL(ping_reply) = {IPPROTO_ICMP, ping_receive, NULL, NULL};

static bool ping_answered(void *unused)
{
    return !asked;
}

int ping(uint32_t host, size_t size, uint32_t ms)
{
    struct echo *echo = (struct echo *)ipv4_tx.payload;
    int rc;

    length = sizeof(*echo) + size;
    asked = host;
    id = net_random();
    rc = ipv4_begin(host, IPPROTO_ICMP, length);
    if (rc)
        return rc;
    memset(echo, 0, length);
    echo->type = ECHO_REQUEST;
    echo->id = id;
    echo->checksum = (uint16_t)~checksum_add(0, echo, length);
    rc = ipv4_send();
    return rc ? rc : net_wait(ping_answered, NULL, ms);
}
