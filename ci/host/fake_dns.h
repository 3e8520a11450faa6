/* SPDX-License-Identifier: BSD-2-Clause */
/* Name servers on the fake link, which a table tells what to answer. */
#ifndef FAKE_DNS_H
#define FAKE_DNS_H

#include "fake_link.h"

/* A record: of `name`, an address (`to` NULL), or an alias of `to`. All end with a name of NULL. */
struct fake_record {
    const char *name, *to;
    uint8_t address[4];
};

/* How a server at 10.0.0.53 + its number answers. Zeroed fields make a good one. */
struct fake_name_server {
    const struct fake_record *records; /* NULL = there is no server */
    bool silent;
    bool closed;        /* ICMP says that nobody listens */
    unsigned code;      /* of failure, for every question */
    uint32_t delay;     /* ms */
    bool one_by_one;    /* of a chain of aliases, one in each answer */
    bool backwards;     /* records in reverse order */
    bool compressed;    /* names by pointers */
    bool forges;        /* first sends what the client must pass over, with the address 6.6.6.6 */
    size_t cut;         /* send so many bytes only, with the bit TC */
    const uint8_t *raw; /* instead of the records: what stands behind the echoed question */
    size_t raw_len;
    unsigned raw_count; /* of answers, in the header */
    unsigned asked;     /* counted */
};
enum { FAKE_NAME_SERVERS = 4 };
extern struct fake_name_server fake_name_servers[FAKE_NAME_SERVERS];

/* Questions in their order, as text. */
extern char fake_questions[64][300];
extern unsigned fake_question_count;
extern uint16_t fake_ids[64], fake_ports[64];

/* Start a case: configured, with as many good servers of these records, which net.dns names. */
void fake_dns_case(const char *name, const struct fake_record *records, unsigned servers);

/* A zone for them: files.lab.test is 10.0.0.7; a.test leads there by three aliases. */
extern const struct fake_record fake_zone[];

/* Milliseconds since the case began. */
uint32_t fake_taken(void);

/* Another lease, of which nothing is known yet, but the same servers; a name looked up then, which
 * gives fake_address; and one that has to be 10.0.0.`last`. */
extern uint32_t fake_address;
void fake_forget(void);
int fake_resolve(const char *name);
void fake_expect(const char *name, unsigned last);

#endif
