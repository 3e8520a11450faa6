/* SPDX-License-Identifier: BSD-2-Clause */
/* DNS, a stub resolver (RFC 1034 section 5.3.1, RFC 1035). */
#include "net/dns.h"

#include <stdbool.h>
#include <stddef.h>

#include "lib/byteorder.h"
#include "lib/errors.h"
#include "lib/features.h"
#include "lib/print.h"
#include "lib/string.h"
#include "net/arp.h"
#include "net/dhcp_options.h"
#include "net/net.h"
#include "net/random.h"
#include "net/udp.h"

enum {
    PORT = 53,
    TURNS = 4, /* each server is asked so often: 0.5, 1, 2, 4 s */
    FIRST_WAIT_MS = 500,
    LABEL_MAX = 63,
    NAME_MAX = 255, /* in a message, with the lengths of its labels; as text it is no longer */
    POINTER = 0xc0,
    ALIASES_MAX = 16, /* in a row */
};
enum { RECURSION_DESIRED = 1, IS_RESPONSE = 0x80, CODE = 15, NO_SUCH_NAME = 3 };
#define ADDRESS be32(0x10001) /* type and class of a record */
#define ALIAS   be32(0x50001)

/* What came of a question: 0, an error, or one of these. */
enum { NO_ANSWER_YET = 1, ANOTHER_QUESTION };

struct dns_header {
    uint16_t id;
    uint8_t flags, code;
    uint16_t questions, answers, authorities, additional;
} __attribute__((packed));

struct dns_record {
    uint32_t kind, ttl;
    uint16_t length;
    uint8_t data[];
} __attribute__((packed));

/* What is asked, and its length; a name that is too long is not asked. */
static struct {
    struct dns_header header;
    uint8_t name[NAME_MAX + SEARCH_MAX + 8]; /* and what is asked for */
} query = {.header = {.flags = RECURSION_DESIRED, .questions = __builtin_bswap16(1)}};
static size_t query_length;

static char alias[NAME_MAX + 1]; /* what the answer's last alias stands for */
static uint32_t found;
static unsigned preferred; /* the server that answered last */

static const uint8_t *message, *message_end; /* that is read */

/* Read a name, which may go on elsewhere in the message, as text with a dot at its end. Returns
 * what stands behind it, NULL when it is malformed. A pointer has to lead towards the start, so
 * every name ends. */
static const uint8_t *read_name(const uint8_t *p, char *text)
{
    const uint8_t *behind = NULL, *limit = p;
    char *end = text;

    while (p < message_end) {
        unsigned left = *p++;

        if (left >= POINTER && p < message_end) {
            if (!behind)
                behind = p + 1;
            p = message + ((left & ~POINTER) << 8 | *p);
            if (p >= limit)
                break;
            limit = p;
            continue;
        }
        if (left > LABEL_MAX || p + left > message_end || end + left >= text + NAME_MAX)
            break;
        if (!left) {
            *end = 0;
            return behind ? behind : p;
        }
        memcpy(end, p, left);
        p += left;
        end += left;
        *end++ = '.';
    }
    *text = 0;
    return NULL;
}

/* What a message says of the question. A server that knows aliases gives nothing but them and the
 * address that the last one has, so the names of records tell nothing more. */
static __attribute__((noinline)) int read_answer(void)
{
    static char name[NAME_MAX + 1];
    const struct dns_header *header = (const struct dns_header *)message;
    const uint8_t *p = message + query_length;
    int rc = E_NAME, code = header->code & CODE;

    if (code)
        return code == NO_SUCH_NAME ? E_NAME : E_ACCESS;
    for (unsigned left = be16(header->answers); left; left--) {
        const struct dns_record *record = (const struct dns_record *)(p = read_name(p, name));

        if (!p || message_end - p < (int)sizeof(*record))
            return E_PROTOCOL; /* cut off, or malformed */
        p = record->data + be16(record->length);
        if (p > message_end)
            return E_PROTOCOL;
        if (record->kind == ADDRESS && record->length == be16(sizeof(found))) {
            found = get32(record->data);
            return 0;
        }
        if (record->kind == ALIAS) {
            if (!read_name(record->data, alias))
                return E_PROTOCOL;
            rc = ANOTHER_QUESTION;
        }
    }
    return rc;
}

/* Only the server asked last can answer, and it repeats the question. */
static void dns_receive(struct udp_socket *socket, const struct udp_datagram *datagram)
{
    const struct dns_header *header = (const struct dns_header *)datagram->data;

    message = datagram->data;
    message_end = message + datagram->len;
    if (datagram->from == socket->peer && datagram->from_port == PORT &&
        datagram->len >= query_length && header->id == query.header.id &&
        (header->flags & IS_RESPONSE) && socket->error == NO_ANSWER_YET &&
        !memcmp(header + 1, query.name, query_length - sizeof(*header)))
        socket->error = read_answer();
}
static struct udp_socket dns_socket = {.receive = dns_receive, .peer_port = PORT};

static bool dns_done(void *unused)
{
    return dns_socket.error != NO_ANSWER_YET;
}

/* Make a question of a name; false when there can be no such name. */
static bool write_question(const char *name)
{
    uint8_t *length = query.name, *end = length + 1;

    for (;; name++) {
        if (*name && *name != '.') {
            *end++ = (uint8_t)*name;
            continue;
        }
        *length = (uint8_t)(end - length - 1);
        if ((unsigned)(end - length) - 2 >= LABEL_MAX)
            return false;
        length = end++;
        if (!*name || !name[1])
            break;
    }
    *length = 0;
    ((struct unaligned32 *)end)->word = ADDRESS;
    query_length = (size_t)(end - (uint8_t *)&query) + sizeof(uint32_t);
    return end <= query.name + NAME_MAX;
}

/* Ask the servers in turn for the address of a name, until one knows. */
static int ask(const char *name)
{
    int rc = E_NO_DNS;

    if (!write_question(name))
        return E_NAME;
    query.header.id = (uint16_t)net_random();
    dns_socket.port = udp_new_port();
    udp_open(&dns_socket); /* for good: it passes over what was not asked for */
    for (unsigned i = 0; i < TURNS * DNS_SERVERS; i++) {
        unsigned server = (preferred + i) % DNS_SERVERS;

        dns_socket.peer = net.dns[server];
        if (!dns_socket.peer)
            continue;
        dns_socket.error = NO_ANSWER_YET;
        arp_wait_ms = ARP_WAIT_MS / 4;
        rc = udp_send(&dns_socket, dns_socket.peer, PORT, &query, query_length);
        arp_wait_ms = ARP_WAIT_MS;
        if (!rc)
            rc = net_wait(dns_done, NULL, FIRST_WAIT_MS << i / DNS_SERVERS);
        if (!rc)
            rc = dns_socket.error;
        if (rc == E_ACCESS && i >= DNS_SERVERS) /* and nobody else knows better */
            rc = E_NAME;
        if (rc >= 0 || rc == E_NAME || rc == E_CANCELLED) {
            preferred = server;
            break;
        }
    }
    dns_socket.error = 0;
    return rc;
}

static int look_up(const char *name)
{
    unsigned aliases = ALIASES_MAX;
    int rc;

    while ((rc = ask(name)) == ANOTHER_QUESTION && --aliases)
        name = alias;
    return rc == ANOTHER_QUESTION ? E_PROTOCOL : rc;
}

int dns_resolve(const char *name, uint32_t *address)
{
    static char text[NAME_MAX + SEARCH_MAX + 2];
    const char *domain = net.search, *dot = name;
    int rc = E_NAME;

    if (strlen(name) > NAME_MAX)
        return rc;
    while (*dot && *dot != '.')
        dot++;
    if (*dot)
        rc = look_up(name);
    for (; rc == E_NAME && *domain; domain += strlen(domain) + 1) {
        print_format(text, sizeof(text), "%S.%S", name, domain);
        rc = look_up(text);
    }
    if (!*dot && rc == E_NAME)
        rc = look_up(name);
    *address = found;
    return rc;
}

void dns_configure(const struct dhcp_packet *ack)
{
    const struct dhcp_value *option = dhcp_option(ack, OPTION_DNS);
    const uint8_t *p;
    char *domain = net.search;

    preferred = 0;
    memset(net.dns, 0, sizeof(net.dns) + sizeof(net.search));
    memcpy(net.dns, option->data,
           option->len < sizeof(net.dns) ? option->len & ~3u : sizeof(net.dns));
    option = dhcp_option(ack, OPTION_SEARCH);
    message = p = option->data;
    message_end = p + option->len;
    if (p == message_end)
        dhcp_option_string(ack, OPTION_DOMAIN, domain, NAME_MAX);
    while (p && p < message_end && domain <= net.search + SEARCH_MAX - NAME_MAX) {
        p = read_name(p, domain);
        domain += strlen(domain) + 1;
    }
}

FEATURE(DNS);
