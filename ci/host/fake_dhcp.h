/* SPDX-License-Identifier: BSD-2-Clause */
/* Scripted DHCP, proxyDHCP and PXE servers on the fake link. */
#ifndef FAKE_DHCP_H
#define FAKE_DHCP_H

#include "fake_link.h"
#include "net/dhcp.h"

/* One server. Zeroed fields are left out of its messages. */
struct fake_server {
    uint32_t ip;     /* 0 = there is no such server */
    uint32_t yiaddr; /* 0 = a proxy */
    uint32_t siaddr;
    const char *file, *sname;
    const uint8_t *options; /* more options, raw; also what follows them inside the packet */
    size_t options_len;
    const uint8_t *file_options, *sname_options; /* raw bytes for an overloaded field */
    size_t file_options_len, sname_options_len;
    bool bootp;     /* no option 53, no 54, does not know REQUEST */
    bool no_cookie; /* BOOTP with an empty vendor field */
    bool no_server_id;
    bool pxe;        /* option 60 = PXEClient */
    uint32_t delay;  /* ms until it answers */
    uint32_t thinks; /* ms more until it offers */
    unsigned deaf;   /* how many DISCOVERs (or, on 4011, REQUESTs) it ignores first */
    unsigned deaf_requests;
    unsigned naks;        /* how many REQUESTs it refuses first */
    unsigned repeat;      /* sends every answer so many times more */
    bool hostile;         /* sends answers that are not for this client first */
    uint32_t asleep;      /* ms from the start of the case in which it hears nothing */
    uint8_t meddles;      /* the type of its answer to requests made of others, 0 = none */
    uint32_t poses_as;    /* what it says in option 54, 0 = its address */
    uint16_t from_port;   /* of its answers, 0 = the port that it was asked on */
    bool silent_on_67;    /* answers on port 4011 only */
    bool refuses;         /* nobody listens there, as ICMP says */
    bool offer_only_file; /* the ack names no file */
    bool ack_only_file;   /* nor does the offer */
    const uint8_t *raw;   /* instead of all this: send these bytes */
    size_t raw_len;
    unsigned discovers, requests, pxe_requests; /* counted */
};

enum { FAKE_SERVERS = 3 };
extern struct fake_server fake_servers[FAKE_SERVERS];

/* What the client sent, in order. */
struct fake_sent {
    uint32_t when, to;
    uint16_t to_port;
    size_t len;
    uint8_t data[1472];
};
extern struct fake_sent fake_sent[64];
extern unsigned fake_sent_count;

/* Start a case with these servers listening. */
void fake_dhcp_case(const char *name);

/* Short names for tests. A DHCP server at 10.0.0.1 that leases 10.0.0.2 and names nothing; a proxy
 * at 10.0.0.5 beside it; more options for a server; and a run that has to end with this server and
 * file. */
extern struct fake_server *const dhcp, *const proxy;
#define RAW(text) (const uint8_t *)(text), sizeof(text) - 1
void start(const char *name);
void with_proxy(void);
void options(struct fake_server *s, const uint8_t *raw, size_t len);
void expect(uint32_t server, const char *file);

/* Value of an option in a message that the client sent, found by a plain walk; NULL = not there. */
const uint8_t *fake_option(const struct fake_sent *m, uint8_t tag, size_t *len);

/* Run the client. */
extern struct dhcp_lease fake_lease;
int fake_dhcp_run(void);
int fake_dhcp_run_knowing(void); /* a file, whoever names one or not */

/* Milliseconds since the case began. */
uint32_t taken(void);

#endif
