/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fake_dns.h"
#include "net/dns.h"

struct fake_name_server fake_name_servers[FAKE_NAME_SERVERS];
char fake_questions[64][300];
unsigned fake_question_count;
uint16_t fake_ids[64], fake_ports[64];

static uint8_t message[2000];
static size_t length;
static struct {
    char name[300];
    size_t at;
} seen[64]; /* names written into the message, for pointers */
static unsigned seen_count;

static void put(unsigned bytes, uint32_t value)
{
    while (bytes--)
        message[length++] = (uint8_t)(value >> bytes * 8);
}

/* A name at the end of the message, by a pointer where the server compresses. */
static void put_name(const char *name, bool compressed)
{
    while (*name) {
        for (unsigned i = 0; compressed && i < seen_count; i++)
            if (!strcasecmp(seen[i].name, name)) {
                put(2, 0xc000 | (uint32_t)seen[i].at);
                return;
            }
        if (seen_count < 64) {
            snprintf(seen[seen_count].name, sizeof(seen[0].name), "%s", name);
            seen[seen_count++].at = length;
        }
        size_t n = strcspn(name, ".");
        put(1, (uint32_t)n);
        memcpy(message + length, name, n);
        length += n;
        name += n + (name[n] == '.');
    }
    put(1, 0);
}

static void put_record(const struct fake_record *r, bool compressed)
{
    put_name(r->name, compressed);
    put(2, r->to ? 5 : 1);
    put(2, 1);
    put(4, 300);
    size_t at = length;
    put(2, 0);
    if (r->to)
        put_name(r->to, compressed);
    else
        for (unsigned i = 0; i < 4; i++)
            put(1, r->address[i]);
    message[at] = (uint8_t)((length - at - 2) >> 8);
    message[at + 1] = (uint8_t)(length - at - 2);
}

static const struct fake_record *find(const struct fake_record *r, const char *name)
{
    while (r->name && strcasecmp(r->name, name))
        r++;
    return r->name ? r : NULL;
}

/* Records of a name and what it is an alias of. Returns how many. */
static unsigned put_records(const struct fake_name_server *s, const char *name)
{
    const struct fake_record *chain[40];
    unsigned n = 0;

    for (const struct fake_record *r; n < 40 && (r = find(s->records, name)); name = r->to) {
        chain[n++] = r;
        if (!r->to || s->one_by_one)
            break;
    }
    for (unsigned i = 0; i < n; i++)
        put_record(chain[s->backwards ? n - 1 - i : i], s->compressed);
    return n;
}

/* The question of a message as text. Its form is checked. */
static void read_question(const struct fake_datagram *d, char *text)
{
    const uint8_t *p = d->data + 12;

    CHECK_BYTES(d->data + 2, "\1\0\0\1\0\0\0\0\0\0", 10);
    CHECK(*p != 0);
    for (*text = 0; *p; p += 1 + *p) {
        CHECK(*p < 64 && p + 1 + *p < d->data + d->len);
        sprintf(text + strlen(text), *text ? ".%.*s" : "%.*s", *p, (const char *)p + 1);
    }
    CHECK_BYTES(p + 1, "\0\1\0\1", 4);
    CHECK(p + 5 == d->data + d->len && p + 1 - d->data - 12 <= 255);
}

static void answer(const struct fake_name_server *s, const struct fake_datagram *d,
                   const char *question)
{
    size_t question_length = d->len - 12;
    unsigned count;

    memcpy(message, d->data, d->len);
    length = 12;
    seen_count = 0;
    put_name(question, false);
    put(4, 0x10001);
    CHECK_EQUAL(length, 12 + question_length);
    message[2] = 0x85;
    message[3] = (uint8_t)(0x80 | s->code);
    if (s->raw) {
        memcpy(message + length, s->raw, s->raw_len);
        length += s->raw_len;
        count = s->raw_count;
    } else {
        count = s->code ? 0 : put_records(s, question);
        if (!count && !s->code)
            message[3] |= 3;
    }
    message[6] = (uint8_t)(count >> 8);
    message[7] = (uint8_t)count;
    if (s->cut && s->cut < length) {
        length = s->cut;
        message[2] |= 2;
    }
}

/* Answers of other servers and ports, to other questions, of another ID; and a question. */
static void forge(const struct fake_datagram *d, const char *question)
{
    const struct fake_record lies[] = {{question, NULL, {6, 6, 6, 6}}, {NULL, NULL, {0}}};
    const struct fake_name_server liar = {.records = lies};
    static const uint8_t at[] = {0, 1, 2, 13, 0xff};

    answer(&liar, d, question);
    fake_udp(fake_ip(10, 0, 0, 99), 53, d->from, d->from_port, message, length, 0);
    fake_udp(d->to, 5353, d->from, d->from_port, message, length, 0);
    for (unsigned i = 0; i < sizeof(at); i++) {
        size_t place = at[i] == 0xff ? d->len - 1 : at[i];
        uint8_t change = at[i] == 2 ? 0x80 : 1;

        message[place] ^= change;
        fake_udp(d->to, 53, d->from, d->from_port, message, length, 0);
        message[place] ^= change;
    }
    for (size_t n = 0; n < d->len; n++)
        fake_udp(d->to, 53, d->from, d->from_port, message, n, 0);
}

static void serve(const struct fake_datagram *d)
{
    uint8_t frame[600];
    uint32_t to = d->to;
    unsigned number = ((const uint8_t *)&to)[3] - 53u;
    char *question = fake_questions[fake_question_count];

    if (d->to_port != 53 || number >= FAKE_NAME_SERVERS)
        return;
    struct fake_name_server *s = &fake_name_servers[number];
    CHECK(d->from_port >= 0x8000);
    read_question(d, question);
    fake_ids[fake_question_count] = (uint16_t)(d->data[0] << 8 | d->data[1]);
    fake_ports[fake_question_count] = d->from_port;
    if (fake_question_count < 63)
        fake_question_count++;
    s->asked++;
    if (s->closed) {
        /* its IP header and eight bytes more */
        fake_deliver(frame, fake_icmp_frame(frame, 3, 3, d->data - 28, 28), 1);
        return;
    }
    if (!s->records || s->silent)
        return;
    if (s->forges)
        forge(d, question);
    answer(s, d, question);
    fake_udp(d->to, 53, d->from, d->from_port, message, length, s->delay);
}

void fake_dns_case(const char *name, const struct fake_record *records, unsigned servers)
{
    fake_case(name);
    fake_configure();
    fake_on_udp = serve;
    fake_question_count = 0;
    memset(fake_name_servers, 0, sizeof(fake_name_servers));
    for (unsigned i = 0; i < servers; i++) {
        fake_name_servers[i].records = records;
        net.dns[i] = fake_ip(10, 0, 0, 53 + i);
    }
}

#define A(a, b, c, d) \
    NULL,             \
    {                 \
        a, b, c, d    \
    }
const struct fake_record fake_zone[] = {
    {"files.lab.test", A(10, 0, 0, 7)},
    {"www.lab.test", "files.lab.test", {0}},
    {"a.test", "b.test", {0}},
    {"b.test", "c.other", {0}},
    {"c.other", "files.lab.test", {0}},
    {"loop.test", "pool.test", {0}},
    {"pool.test", "loop.test", {0}},
    {"self.test", "self.test", {0}},
    {"nowhere.test", "absent.test", {0}},
    {"x.sub.lab.test", A(10, 0, 0, 8)},
    {"top", A(10, 0, 0, 9)},
    {NULL, NULL, {0}},
};

uint32_t fake_address;

/* Another lease: nothing is known. */
void fake_forget(void)
{
    static const struct dhcp_packet none = {.len = 300};
    struct net before = net;

    dns_configure(&none);
    CHECK(!net.dns[0] && !net.search[0]);
    net = before;
}

int fake_resolve(const char *name)
{
    fake_forget();
    fake_address = 0;
    return dns_resolve(name, &fake_address);
}

void fake_expect(const char *name, unsigned last)
{
    CHECK_EQUAL(fake_resolve(name), 0);
    CHECK_EQUAL(fake_address, fake_ip(10, 0, 0, last));
}

uint32_t fake_taken(void)
{
    return fake_now - 1000;
}
