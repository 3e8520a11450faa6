/* TFTP client (RFC 1350; options RFC 2347, 2348, 2349; windows RFC 7440). */
#include "core/errors.h"
#include "core/print.h"
#include "core/string.h"
#include "net/byteorder.h"
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
    WAIT_HURRY_MS = 30,
    NAME_MAX = 400,
    PATIENCE_PER_BLOCK = 8,
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

static void send_error(const struct tftp *t, uint32_t to, uint16_t port, uint16_t code)
{
    struct {
        uint16_t opcode, code;
        char text[8];
    } packet = {be16(ERROR), be16(code), "aborted"};

    udp_send(&t->socket, to, port, &packet, sizeof(packet));
}

static void send_ack(struct tftp *t)
{
    struct tftp_packet packet = {be16(ACK), be16(t->block)};

    t->ack_due = false;
    t->unacked = t->patience = 0;
    t->hurry = false;
    udp_send(&t->socket, t->server, t->server_port, &packet, sizeof(packet));
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
    return udp_send(&t->socket, t->server, t->server_port, packet, (size_t)(p - packet));
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

/* What the server grants (RFC 2347): pairs of strings, none when it sends data at once. Nothing may
 * exceed what was asked. */
static int take_options(struct tftp *t, const char *p, size_t len)
{
    const char *end = p + len;
    uint32_t asked[TFTP_OPTIONS];

    memcpy(asked, t->option, sizeof(asked));
    for (unsigned i = 0; i < TFTP_OPTIONS; i++)
        t->option[i] = option_default[i];
    if (len && (t->plain || end[-1]))
        return E_PROTOCOL;
    while (p < end) {
        unsigned i = find_option(p);
        p += strlen(p) + 1;
        if (p == end)
            return E_PROTOCOL;
        uint32_t value = parse_decimal(p);
        p += strlen(p) + 1;
        if (i == TFTP_OPTIONS)
            continue;
        if (value == UINT32_MAX || value < option_min[i] ||
            (i != TFTP_OPT_TSIZE && value > asked[i]))
            return E_PROTOCOL;
        t->option[i] = value;
    }
    return 0;
}

/* The first packet of the transfer: from now on there is one server port to talk to (RFC 1350
 * section 4). A server with several addresses may answer from another one than was asked. */
static void take_answer(struct tftp *t, const struct udp_datagram *d, const char *options,
                        size_t len)
{
    t->answered = true;
    t->server = d->from;
    t->server_port = d->from_port;
    t->error = take_options(t, options, len);
}

static void take_error(struct tftp *t, uint16_t code, const uint8_t *text, size_t len)
{
    char *to = server_message;

    for (; len-- && *text && to < server_message + sizeof(server_message) - 1; text++)
        *to++ = (char)*text;
    *to = '\0';
    t->error = code == ERROR_NOT_FOUND ? E_FILE_NOT_FOUND
               : code == ERROR_ACCESS  ? E_ACCESS
                                       : E_TFTP;
    t->server_port = 0; /* it has ended; nothing more to tell it */
}

/* A block ahead of the one awaited means that some were lost: the server goes back when told the
 * last good one, once for all blocks behind the gap. Each such ACK brings up to a window of blocks,
 * which must not pile up on a network that changes their order, so the next one has to wait for
 * some blocks in order, or for most of a window. */
static void take_ahead(struct tftp *t, uint16_t window)
{
    if (t->patience)
        return;
    send_ack(t);
    t->patience = window - 1;
    t->hurry = true;
}

static void take_data(struct tftp *t, uint16_t block, const uint8_t *data, size_t len)
{
    uint16_t next = t->block == 0xffff ? t->first : (uint16_t)(t->block + 1);
    uint16_t window = (uint16_t)t->option[TFTP_OPT_WINDOWSIZE], patience;

    /* After 65535 some servers count on from 1. In a window it may also be 0 that was lost, until 1
     * comes again and again. */
    if (block == 1 && t->block == 0xffff && (window == 1 || ++t->ones == 3))
        next = t->first = 1;
    if ((uint16_t)(block - next) >= window)
        return;
    patience = block == next ? PATIENCE_PER_BLOCK : 1;
    t->patience = t->patience > patience ? t->patience - patience : 0;
    if (block != next) {
        take_ahead(t, window);
        return;
    }
    if (len > t->option[TFTP_OPT_BLKSIZE]) {
        t->error = E_PROTOCOL;
        return;
    }
    if (len > t->room) {
        /* A caller that has not yet made room will get this block again. */
        t->error = t->paced && !t->room ? 0 : E_TOO_BIG;
        return;
    }
    t->block = block;
    t->ones = 0;
    t->blocks++;
    t->finished = len < t->option[TFTP_OPT_BLKSIZE];
    t->ack_due = ++t->unacked >= window || t->finished;
    if (t->ack_due && (!t->paced || t->finished))
        send_ack(t); /* before copying: the server works meanwhile */
    memcpy(t->to, data, len);
    t->to += len;
    t->room -= len;
}

static void tftp_receive(struct udp_socket *socket, const struct udp_datagram *d)
{
    struct tftp *t = (struct tftp *)socket;
    const struct tftp_packet *packet = (const struct tftp_packet *)d->data;
    size_t len = d->len - sizeof(*packet);
    uint16_t opcode, number;

    if (d->len < sizeof(*packet) || t->error || t->finished)
        return;
    opcode = be16(packet->opcode);
    number = be16(packet->number);
    if (t->answered && (d->from_port != t->server_port || d->from != t->server)) {
        if (opcode != ERROR)
            send_error(t, d->from, d->from_port, ERROR_UNKNOWN_TID);
    } else if (opcode == ERROR) {
        take_error(t, number, packet->data, len);
    } else if (opcode == DATA && (t->answered || number == 1)) {
        if (!t->answered)
            take_answer(t, d, "", 0);
        take_data(t, number, packet->data, len);
    } else if (opcode == OACK && !t->answered) {
        /* One that comes again shows that our answer was lost; sending that again is up to the
         * clock. */
        take_answer(t, d, (const char *)&packet->number, d->len - 2);
        t->ack_due = true;
    }
}

static bool tftp_advanced(void *context)
{
    const struct tftp *t = context;

    return t->error || t->finished || t->blocks != t->seen;
}

static bool tftp_answered(void *context)
{
    const struct tftp *t = context;

    return t->answered || t->error;
}

/* Wait for done(); when it takes too long send the last packet again, ever more patiently. A
 * transfer that had to wait keeps some of that patience for its next blocks. */
static int exchange(struct tftp *t, bool (*done)(void *), const char *name)
{
    for (unsigned tries = 0; tries < TRIES; tries++) {
        int rc = 0;
        if (!t->answered)
            rc = send_request(t, name);
        else if (t->ack_due || tries)
            send_ack(t);
        if (!rc)
            rc = net_wait(done, t, t->hurry ? WAIT_HURRY_MS : t->wait_ms);
        if (rc != E_TIMEOUT) {
            if (!tries)
                t->wait_ms -= (t->wait_ms - WAIT_MIN_MS) / 8;
            return rc ? rc : t->error;
        }
        if (t->hurry)
            continue;
        t->wait_ms = t->wait_ms < WAIT_MAX_MS / 2 ? t->wait_ms * 2 : WAIT_MAX_MS;
    }
    return t->answered ? E_STALLED : E_TIMEOUT;
}

int tftp_open(struct tftp *t, const char *name)
{
    uint16_t port = t->server_port;
    int rc;

    if (strlen(name) > NAME_MAX)
        return E_FILE_NOT_FOUND;
    t->socket.receive = tftp_receive;
    for (;;) {
        t->socket.port = udp_new_port();
        t->server_port = port;
        t->answered = t->finished = t->ack_due = t->hurry = false;
        t->block = t->first = t->unacked = t->ones = 0;
        t->blocks = 0;
        t->wait_ms = WAIT_FIRST_MS;
        t->error = 0;
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
    if (t->answered && !t->finished && t->server_port)
        send_error(t, t->server, t->server_port,
                   rc == E_TOO_BIG    ? ERROR_FULL
                   : rc != E_PROTOCOL ? ERROR_UNDEFINED
                   : t->blocks        ? ERROR_ILLEGAL
                                      : ERROR_OPTION);
    t->server_port = 0;
    udp_close(&t->socket);
}
