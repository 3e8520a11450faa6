/* SPDX-License-Identifier: BSD-2-Clause */
/* TFTP client (RFC 1350; options RFC 2347, 2348, 2349; windows RFC 7440). */
#include "net/tftp.h"
#include "lib/byteorder.h"
#include "lib/errors.h"
#include "lib/features.h"
#include "lib/parse.h"
#include "lib/print.h"
#include "lib/string.h"
#include "net/net.h"
#include "net/udp.h"

enum { RRQ = 1, DATA = 3, ACK = 4, ERROR = 5, OACK = 6 };
enum {
    ERROR_UNDEFINED = 0,
    ERROR_NOT_FOUND = 1,
    ERROR_ACCESS = 2,
    ERROR_FULL = 3,
    ERROR_ILLEGAL = 4,
    ERROR_UNKNOWN_TID = 5,
    ERROR_OPTION = 8,
};
enum {
    TRIES = 10,
    WAIT_FIRST_MS = 500,
    WAIT_MIN_MS = 250,
    WAIT_MAX_MS = 2000,
    GAP_SHIFT = 15,       /* of the square of what is waited else: 1, 7, 30, 122 ms */
    HEADERS = 20 + 8 + 4, /* IP, UDP, TFTP */
};

struct tftp_packet {
    uint16_t opcode, number; /* number: block, or error code */
    uint8_t data[];
} __attribute__((packed));

/* Options in the order of enum transfer_term; what holds without them, and the least a server may
 * grant. */
static const char option_names[] = "tsize\0blksize\0windowsize";
static const uint16_t option_default[TERMS] = {0, 512, 1};
static const uint16_t option_min[TERMS] = {0, 8, 1};

struct tftp {
    struct transfer file;     /* first */
    struct udp_socket socket; /* once the server has answered, peer_port is that it answers from;
                                 its error is that of the transfer */
    bool answered, ack_due;
    bool gap;         /* blocks came out of order since the last full window */
    uint8_t ones;     /* how often block 1 came in place of 0 */
    uint32_t blocks;  /* how many came in order; the last one's number, but for: */
    uint32_t skipped; /* how often the server, after 65535, went on with 1 in place of 0 */
    uint32_t acked;   /* `blocks` of the last acknowledgement */
    uint32_t seen;    /* `blocks` when tftp_read() began */
    uint32_t wait_ms; /* before sending again */
    bool early[256];  /* for blocks + n: it stands in its place, though others before it do not */
};
_Static_assert(sizeof(struct tftp) <= sizeof(union transfer_memory), "it keeps its state there");

static __attribute__((noinline)) void send_error(const struct tftp *t, uint16_t port, uint16_t code)
{
    struct {
        uint16_t opcode, code;
        char text[8];
    } packet = {be16(ERROR), be16(code), "aborted"};

    udp_send(&t->socket, t->socket.peer, port, &packet, sizeof(packet));
}

static void send_ack(struct tftp *t)
{
    struct tftp_packet packet = {be16(ACK), be16((uint16_t)(t->blocks + t->skipped))};

    t->ack_due = false;
    t->acked = t->blocks;
    udp_send(&t->socket, t->socket.peer, t->socket.peer_port, &packet, sizeof(packet));
}

static int send_request(const struct tftp *t, const char *name)
{
    char packet[512], *end = packet + sizeof(packet), *p = packet;
    const char *option = option_names;

    p += print_format(p, sizeof(packet), "%c%c%S%coctet", 0, RRQ, name, 0) + 1;
    for (unsigned i = 0; i < TERMS && !t->file.plain; i++) {
        p += print_format(p, (size_t)(end - p), "%s%c%u", option, 0, t->file.term[i]) + 1;
        option += strlen(option) + 1;
    }
    return udp_send(&t->socket, t->socket.peer, t->socket.peer_port, packet, (size_t)(p - packet));
}

/* Index of the option in OACK, TERMS for one we did not ask for. */
static unsigned find_option(const char *name)
{
    const char *known = option_names;
    unsigned i = 0;

    for (; i < TERMS; i++) {
        const char *behind = parse_prefix(name, known);

        if (behind && !*behind)
            break;
        known += strlen(known) + 1;
    }
    return i;
}

/* What the server grants (RFC 2347): pairs of strings, none when it sends data at once; some
 * servers fill the packet up with NULs. Nothing may exceed what was asked. */
static __attribute__((noinline)) int take_options(struct tftp *t, const char *p, size_t len)
{
    const char *end = p + len;
    uint32_t asked[TERMS];

    memcpy(asked, t->file.term, sizeof(asked));
    for (unsigned i = 0; i < TERMS; i++)
        t->file.term[i] = option_default[i];
    if (len && end[-1])
        return E_PROTOCOL;
    while (p < end) {
        unsigned i = find_option(p);
        uint32_t value;

        if (!*p++)
            continue;
        p += strlen(p) + 1;
        if (p == end)
            return E_PROTOCOL;
        if (i == TERMS) {
            p += strlen(p) + 1;
            continue;
        }
        p = parse_decimal(p, &value);
        if (t->file.plain || !p || *p++ || value < option_min[i] ||
            (i != TERM_SIZE && value > asked[i]))
            return E_PROTOCOL;
        t->file.term[i] = value;
    }
    return 0;
}

static void take_error(struct tftp *t, uint16_t code, const uint8_t *text, size_t len)
{
    if (len > sizeof(server_message) - 1)
        len = sizeof(server_message) - 1;
    memcpy(server_message, text, len);
    server_message[len] = '\0';
    t->socket.error = code == ERROR_NOT_FOUND ? E_FILE_NOT_FOUND
                      : code == ERROR_ACCESS  ? E_ACCESS
                                              : E_TFTP;
    t->socket.peer_port = 0; /* it has ended; nothing more to tell it */
}

/* The block that is `ahead` of the one awaited has overtaken others. It is put where it belongs, so
 * that those are all that is still missing. */
static void take_early(struct tftp *t, uint16_t ahead, const uint8_t *data, size_t len)
{
    size_t at = ahead * len;

    if (len < t->file.term[TERM_BLOCK] || at + len > t->file.room)
        return;
    memcpy(t->file.to + at, data, len);
    t->early[(uint8_t)(t->blocks + ahead)] = true;
}

/* The block awaited, and with it those that came early. */
static void take_next(struct tftp *t, const uint8_t *data, size_t len)
{
    uint32_t size = t->file.term[TERM_BLOCK];
    uint8_t *to = t->file.to;

    if (len > t->file.room) {
        t->socket.error = E_TOO_BIG;
        return;
    }
    t->file.finished = len < size;
    if (t->file.finished && t->blocks * size + len < t->file.term[TERM_SIZE])
        t->socket.error = E_SHORT_FILE;
    do {
        t->early[(uint8_t)t->blocks++] = false;
        t->file.to += len;
        t->file.room -= len;
    } while (t->early[(uint8_t)t->blocks] && !t->file.finished);
    t->ones = 0;
    if (t->blocks - t->acked >= t->file.term[TERM_WINDOW] || t->file.finished) {
        t->ack_due = true;
        t->gap = false;
        if (!t->file.paced || t->file.finished)
            send_ack(t); /* before copying: the server works meanwhile */
    }
    memcpy(to, data, len);
}

static void take_data(struct tftp *t, uint16_t block, const uint8_t *data, size_t len)
{
    uint16_t next = (uint16_t)(t->blocks + t->skipped + 1), ahead;
    uint32_t window = t->file.term[TERM_WINDOW];

    /* After 65535 some servers count on from 1. In a window it may also be 0 that was lost, until 1
     * comes again and again. */
    if (!next && block == 1 && (window == 1 || ++t->ones == 3)) {
        t->skipped++;
        next = 1;
    }
    ahead = block - next;
    /* A caller with its own pace gets the next block again when it is ready for it. */
    if (ahead < window && !(t->file.paced && t->blocks != t->seen)) {
        if (len > t->file.term[TERM_BLOCK]) {
            t->socket.error = E_PROTOCOL;
        } else if (!ahead) {
            take_next(t, data, len);
        } else {
            t->gap = true;
            if (next && block > next) /* else it is not certain what lies between */
                take_early(t, ahead, data, len);
        }
    }
    if (t->gap)
        t->seen = t->blocks - 1; /* whatever came, tftp_read() returns: more may be on the way */
}

static void tftp_receive(struct udp_socket *socket, const struct udp_datagram *d)
{
    struct tftp *t = (struct tftp *)((uint8_t *)socket - offsetof(struct tftp, socket));
    const struct tftp_packet *packet = (const struct tftp_packet *)d->data;
    size_t len = d->len - sizeof(*packet);
    uint16_t opcode;

    /* Only the host that was asked is heard, and only it is told that a port is the wrong one: to
     * others that would show which one is right. */
    if (d->from != t->socket.peer || d->len < sizeof(opcode) || t->socket.error || t->file.finished)
        return;
    opcode = be16(packet->opcode);
    if (t->answered && d->from_port != t->socket.peer_port) {
        if (opcode != ERROR)
            send_error(t, d->from_port, ERROR_UNKNOWN_TID);
        return;
    }
    if (opcode != OACK && d->len < sizeof(*packet))
        return;
    if (!t->answered && (opcode == OACK || (opcode == DATA && packet->number == be16(1)))) {
        /* The first packet of the transfer: from now on there is one server port to talk to
         * (RFC 1350 section 4). An OACK that comes again shows that our answer was lost; sending
         * that again is up to the clock. */
        t->answered = true;
        t->socket.peer_port = d->from_port;
        t->ack_due = opcode == OACK;
        t->socket.error = take_options(t, (const char *)&packet->number,
                                       t->ack_due ? d->len - sizeof(opcode) : 0);
    }
    if (opcode == ERROR)
        take_error(t, be16(packet->number), packet->data, len);
    else if (opcode == DATA && t->answered)
        take_data(t, be16(packet->number), packet->data, len);
}

static bool tftp_advanced(void *context)
{
    const struct tftp *t = context;

    return t->socket.error || t->file.finished || t->blocks != t->seen;
}

static bool tftp_answered(void *context)
{
    const struct tftp *t = context;

    return t->answered || t->socket.error;
}

/* Wait for done(); when it takes too long send the last packet again, ever more patiently. A
 * transfer that had to wait keeps some of that patience for its next blocks.
 * Where blocks are missing in front of others, the server goes back to the last good one when told
 * which that is. That brings a window more from some servers, so it waits until no more blocks
 * come: those that were only overtaken have arrived by then. */
static int exchange(struct tftp *t, bool (*done)(void *), const char *name)
{
    for (unsigned tries = 0; tries < TRIES; tries++) {
        uint32_t wait = t->wait_ms;
        int rc = 0;

        if (t->gap && !tries)
            wait = wait * wait >> GAP_SHIFT;

        if (!t->answered)
            rc = send_request(t, name);
        else if (t->ack_due || tries)
            send_ack(t);
        if (!rc)
            rc = net_wait(done, t, wait);
        if (rc != E_TIMEOUT) {
            if (!tries && !t->gap)
                t->wait_ms -= (t->wait_ms - WAIT_MIN_MS) / 8;
            return rc ? rc : t->socket.error;
        }
        t->wait_ms = t->wait_ms < WAIT_MAX_MS / 2 ? t->wait_ms * 2 : WAIT_MAX_MS;
    }
    return t->answered ? E_STALLED : E_TIMEOUT;
}

static void tftp_close(struct transfer *file, int rc)
{
    struct tftp *t = (struct tftp *)file;

    if (t->answered && !file->finished && t->socket.peer_port)
        send_error(t, t->socket.peer_port,
                   rc == E_TOO_BIG    ? ERROR_FULL
                   : rc != E_PROTOCOL ? ERROR_UNDEFINED
                   : t->blocks        ? ERROR_ILLEGAL
                                      : ERROR_OPTION);
    t->socket.peer_port = 0;
    udp_close(&t->socket);
}

static int tftp_open(struct transfer *file, const struct uri *uri)
{
    struct tftp *t = (struct tftp *)file;
    uint32_t limit = net.mtu ? net.mtu - HEADERS : FETCH_BLOCK;
    int rc;

    if (file->term[TERM_BLOCK] > limit)
        file->term[TERM_BLOCK] = limit;
    t->socket.receive = tftp_receive;
    t->socket.peer = uri->server;
    for (;;) {
        t->socket.port = udp_new_port();
        t->socket.peer_port = uri->port;
        t->socket.error = 0;
        file->finished = false;
        memset(&t->answered, 0, sizeof(*t) - offsetof(struct tftp, answered));
        t->wait_ms = WAIT_FIRST_MS;
        server_message[0] = '\0';
        udp_open(&t->socket);
        rc = exchange(t, tftp_answered, uri->path);
        if (!rc)
            return 0;
        tftp_close(file, rc);
        /* Error 8, or whatever an old server says to words it does not know: again without. */
        if (rc != E_TFTP || t->answered || file->plain)
            return rc;
        file->plain = true;
    }
}

static int tftp_read(struct transfer *file)
{
    struct tftp *t = (struct tftp *)file;

    t->seen = t->blocks;
    return exchange(t, tftp_advanced, NULL);
}

void tftp_root(struct uri *uri, uint32_t server)
{
    memset(uri, 0, sizeof(*uri));
    uri->fetcher = &tftp_fetcher;
    uri->server = server;
    uri->port = TFTP_PORT;
}

FETCHER(tftp_fetcher) = {"tftp://", TFTP_PORT, tftp_open, tftp_read, tftp_close};

FEATURE(TFTP);
