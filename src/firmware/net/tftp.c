/* TFTP client (RFC 1350; options RFC 2347, 2348, 2349; windows RFC 7440). */
#include "lib/errors.h"
#include "lib/print.h"
#include "lib/string.h"
#include "lib/byteorder.h"
#include "net/net.h"
#include "net/tftp.h"

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
    GAP_SHIFT = 15, /* of the square of what is waited else: 1, 7, 30, 122 ms */
    NAME_MAX = 400,
    HEADERS = 20 + 8 + 4, /* IP, UDP, TFTP */
};

struct tftp_packet {
    uint16_t opcode, number; /* number: block, or error code */
    uint8_t data[];
} __attribute__((packed));

/* Options in the order of enum tftp_option; what holds without them, and the least a server may
 * grant. */
static const char option_names[] = "tsize\0blksize\0windowsize";
static const uint16_t option_default[TFTP_OPTIONS] = {0, 512, 1};
static const uint16_t option_min[TFTP_OPTIONS] = {0, 8, 1};

static char server_message[96];

uint32_t tftp_block_limit(void)
{
    return net.mtu ? net.mtu - HEADERS : TFTP_BLKSIZE;
}

const char *tftp_server_message(void)
{
    return server_message;
}

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
    for (unsigned i = 0; i < TFTP_OPTIONS && !t->plain; i++) {
        p += print_format(p, (size_t)(end - p), "%s%c%u", option, 0, t->option[i]) + 1;
        option += strlen(option) + 1;
    }
    return udp_send(&t->socket, t->socket.peer, t->socket.peer_port, packet, (size_t)(p - packet));
}

/* Index of the option in OACK, TFTP_OPTIONS for one we did not ask for. */
static unsigned find_option(const char *name)
{
    const char *known = option_names;
    unsigned i = 0;

    for (; i < TFTP_OPTIONS; i++) {
        const char *p = name;
        while (*known && (*p | 0x20) == *known)
            p++, known++;
        if (!*known && !*p)
            break;
        known += strlen(known) + 1;
    }
    return i;
}

/* Digits only; too large a value becomes the largest. -1 stands for malformed, as no option may
 * have it. */
static uint32_t parse_decimal(const char *p)
{
    uint32_t value = 0;

    do {
        unsigned digit = (uint8_t)*p - '0';
        if (digit > 9)
            return UINT32_MAX;
        value = value > 0x19999998 ? UINT32_MAX - 1 : value * 10 + digit;
    } while (*++p);
    return value;
}

/* What the server grants (RFC 2347): pairs of strings, none when it sends data at once; some
 * servers fill the packet up with NULs. Nothing may exceed what was asked. */
static __attribute__((noinline)) int take_options(struct tftp *t, const char *p, size_t len)
{
    const char *end = p + len;
    uint32_t asked[TFTP_OPTIONS];

    memcpy(asked, t->option, sizeof(asked));
    for (unsigned i = 0; i < TFTP_OPTIONS; i++)
        t->option[i] = option_default[i];
    if (len && end[-1])
        return E_PROTOCOL;
    while (p < end) {
        if (!*p) {
            p++;
            continue;
        }
        unsigned i = find_option(p);
        p += strlen(p) + 1;
        if (p == end)
            return E_PROTOCOL;
        uint32_t value = parse_decimal(p);
        p += strlen(p) + 1;
        if (i == TFTP_OPTIONS)
            continue;
        if (t->plain || value == UINT32_MAX || value < option_min[i] ||
            (i != TFTP_OPT_TSIZE && value > asked[i]))
            return E_PROTOCOL;
        t->option[i] = value;
    }
    return 0;
}

static void take_error(struct tftp *t, uint16_t code, const uint8_t *text, size_t len)
{
    char *to = server_message;

    for (; len-- && *text && to < server_message + sizeof(server_message) - 1; text++)
        *to++ = (char)*text;
    *to = '\0';
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

    if (len < t->option[TFTP_OPT_BLKSIZE] || at + len > t->room)
        return;
    memcpy(t->to + at, data, len);
    t->early[(uint8_t)(t->blocks + ahead)] = true;
}

/* The block awaited, and with it those that came early. */
static void take_next(struct tftp *t, const uint8_t *data, size_t len)
{
    uint32_t size = t->option[TFTP_OPT_BLKSIZE];
    uint8_t *to = t->to;

    if (len > t->room) {
        t->socket.error = E_TOO_BIG;
        return;
    }
    t->finished = len < size;
    if (t->finished && t->blocks * size + len < t->option[TFTP_OPT_TSIZE])
        t->socket.error = E_SHORT_FILE;
    do {
        t->early[(uint8_t)t->blocks++] = false;
        t->to += len;
        t->room -= len;
    } while (t->early[(uint8_t)t->blocks] && !t->finished);
    t->ones = 0;
    if (t->blocks - t->acked >= t->option[TFTP_OPT_WINDOWSIZE] || t->finished) {
        t->ack_due = true;
        t->gap = false;
        if (!t->paced || t->finished)
            send_ack(t); /* before copying: the server works meanwhile */
    }
    memcpy(to, data, len);
}

static void take_data(struct tftp *t, uint16_t block, const uint8_t *data, size_t len)
{
    uint16_t next = (uint16_t)(t->blocks + t->skipped + 1), ahead;
    uint32_t window = t->option[TFTP_OPT_WINDOWSIZE];

    /* After 65535 some servers count on from 1. In a window it may also be 0 that was lost, until 1
     * comes again and again. */
    if (!next && block == 1 && (window == 1 || ++t->ones == 3)) {
        t->skipped++;
        next = 1;
    }
    ahead = block - next;
    /* A caller with its own pace gets the next block again when it is ready for it. */
    if (ahead < window && !(t->paced && t->blocks != t->seen)) {
        if (len > t->option[TFTP_OPT_BLKSIZE]) {
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
        t->seen = t->blocks - 1; /* whatever came, tftp_step() returns: more may be on the way */
}

static void tftp_receive(struct udp_socket *socket, const struct udp_datagram *d)
{
    struct tftp *t = (struct tftp *)socket;
    const struct tftp_packet *packet = (const struct tftp_packet *)d->data;
    size_t len = d->len - sizeof(*packet);
    uint16_t opcode;

    /* Only the host that was asked is heard, and only it is told that a port is the wrong one: to
     * others that would show which one is right. */
    if (d->from != t->socket.peer || d->len < sizeof(opcode) || t->socket.error || t->finished)
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

    return t->socket.error || t->finished || t->blocks != t->seen;
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

int tftp_open(struct tftp *t, const char *name)
{
    uint16_t port = t->socket.peer_port;
    int rc;

    if (strlen(name) > NAME_MAX)
        return E_FILE_NOT_FOUND;
    t->socket.receive = tftp_receive;
    for (;;) {
        t->socket.port = udp_new_port();
        t->socket.peer_port = port;
        t->socket.error = 0;
        memset(&t->answered, 0, sizeof(*t) - offsetof(struct tftp, answered));
        t->wait_ms = WAIT_FIRST_MS;
        server_message[0] = '\0';
        udp_open(&t->socket);
        rc = exchange(t, tftp_answered, name);
        if (!rc)
            return 0;
        tftp_close(t, rc);
        /* Error 8, or whatever an old server says to words it does not know: again without. */
        if (rc != E_TFTP || t->answered || t->plain)
            return rc;
        t->plain = true;
    }
}

int tftp_step(struct tftp *t)
{
    t->seen = t->blocks;
    return exchange(t, tftp_advanced, NULL);
}

void tftp_close(struct tftp *t, int rc)
{
    if (t->answered && !t->finished && t->socket.peer_port)
        send_error(t, t->socket.peer_port,
                   rc == E_TOO_BIG    ? ERROR_FULL
                   : rc != E_PROTOCOL ? ERROR_UNDEFINED
                   : t->blocks        ? ERROR_ILLEGAL
                                      : ERROR_OPTION);
    t->socket.peer_port = 0;
    udp_close(&t->socket);
}
