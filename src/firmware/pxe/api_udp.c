/* PXE 2.1 section 3.3: UDP. Frames wait in the card's ring while the program does not read, so
 * nothing is queued here. */
#include "lib/errors.h"
#include "platform/nic.h"
#include "lib/string.h"
#include "lib/byteorder.h"
#include "net/net.h"
#include "net/udp.h"
#include "pxe/api.h"
#include "pxe/calls.h"

enum { DEFAULT_SOURCE_PORT = 2069, POLLS_PER_READ = 4, FRAMES_PER_READ = 64 };

struct udp_open {
    uint16_t status;
    uint32_t from;
} __attribute__((packed));

struct udp_read {
    uint16_t status;
    uint32_t from, to;           /* `to` and `to_port` in: what to wait for, 0 = any */
    uint16_t from_port, to_port; /* network byte order */
    uint16_t size;
    struct far_pointer buffer;
} __attribute__((packed));

struct udp_write {
    uint16_t status;
    uint32_t to, gateway;
    uint16_t from_port, to_port; /* network byte order */
    uint16_t size;
    struct far_pointer buffer;
} __attribute__((packed));

static bool is_open, delivered;
static struct udp_read *reader;

static void deliver(struct udp_socket *socket, const struct udp_datagram *d)
{
    if (delivered || (reader->to && reader->to != d->to))
        return;
    delivered = true;
    reader->from = d->from;
    reader->to = d->to;
    reader->from_port = be16(d->from_port);
    reader->to_port = be16(d->to_port);
    if (reader->size > d->len)
        reader->size = (uint16_t)d->len;
    memcpy(pxe_pointer(reader->buffer), d->data, reader->size);
}

static uint16_t udp_open_call(void *block)
{
    const struct udp_open *p = block;

    if (is_open)
        return PXENV_STATUS_UDP_OPEN;
    nic_open(); /* the program may have shut it down */
    if (p->from)
        net.ip = p->from;
    is_open = true;
    return PXENV_STATUS_SUCCESS;
}

uint16_t pxe_udp_close(void *block)
{
    if (!is_open)
        return PXENV_STATUS_UDP_CLOSED;
    is_open = false;
    return PXENV_STATUS_SUCCESS;
}

static uint16_t udp_read_call(void *block)
{
    struct udp_socket socket = {.receive = deliver};

    if (!is_open)
        return PXENV_STATUS_UDP_CLOSED;
    reader = block;
    if (!pxe_buffer(reader->buffer, reader->size))
        return PXENV_STATUS_MCOPY_PROBLEM;
    socket.port = be16(reader->to_port);
    delivered = false;
    udp_open(&socket);
    for (unsigned n = 0; !delivered && n < FRAMES_PER_READ;)
        n += net_poll_frame() ? 1 : FRAMES_PER_READ / POLLS_PER_READ;
    udp_close(&socket);
    return delivered ? PXENV_STATUS_SUCCESS : PXENV_STATUS_FAILURE;
}

static uint16_t udp_write_call(void *block)
{
    const struct udp_write *p = block;
    struct udp_socket socket = {.port = p->from_port ? be16(p->from_port) : DEFAULT_SOURCE_PORT};
    uint32_t gateway = net.gateway;
    int error;

    if (!is_open)
        return PXENV_STATUS_UDP_CLOSED;
    if (p->size && (uint32_t)pxe_pointer(p->buffer) < PXE_LOW)
        return PXENV_STATUS_MCOPY_PROBLEM;
    if (p->gateway)
        net.gateway = p->gateway;
    error = udp_send(&socket, p->to, be16(p->to_port), pxe_pointer(p->buffer), p->size);
    net.gateway = gateway;
    return !error              ? PXENV_STATUS_SUCCESS
           : error == E_NO_ARP ? PXENV_STATUS_ARP_TIMEOUT
                               : PXENV_STATUS_OUT_OF_RESOURCES;
}

PXE_OPCODE(PXENV_UDP_OPEN, udp_open_call, struct udp_open);
PXE_OPCODE(PXENV_UDP_CLOSE, pxe_udp_close, uint16_t);
PXE_OPCODE(PXENV_UDP_READ, udp_read_call, struct udp_read);
PXE_OPCODE(PXENV_UDP_WRITE, udp_write_call, struct udp_write);
