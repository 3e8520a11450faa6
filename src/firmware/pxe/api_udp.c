/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP (PXE 2.1 section 3.3). Frames wait in the card's ring until the program reads, so nothing is
 * queued here. */
#include "lib/byteorder.h"
#include "lib/errors.h"
#include "lib/string.h"
#include "net/net.h"
#include "net/udp.h"
#include "platform/nic.h"
#include "pxe/api.h"
#include "pxe/spec.h"

enum { DEFAULT_SOURCE_PORT = 2069 /* section 3.3.4 */ };

/* UDP_READ does not wait: it ends after 64 frames of others, or four looks at an empty ring. */
enum { READ_BUDGET = 64, FRAME_COST = 1, EMPTY_COST = 16 };

static bool is_open;
static struct s_PXENV_UDP_READ *reader; /* the call that is served */
static bool delivered;                  /* it has its datagram */

static void deliver(struct udp_socket *socket, const struct udp_datagram *d)
{
    if (delivered || (reader->dest_ip && reader->dest_ip != d->to))
        return;
    delivered = true;
    reader->src_ip = d->from;
    reader->dest_ip = d->to;
    reader->s_port = be16(d->from_port);
    reader->d_port = be16(d->to_port);
    if (reader->buffer_size > d->len)
        reader->buffer_size = (uint16_t)d->len;
    memcpy(pxe_pointer(reader->buffer), d->data, reader->buffer_size);
}

static uint16_t pxenv_udp_open(void *block)
{
    const struct s_PXENV_UDP_OPEN *p = block;

    if (is_open)
        return PXENV_STATUS_UDP_OPEN;
    nic_open(); /* the program may have shut it down */
    if (p->src_ip)
        net.ip = p->src_ip;
    is_open = true;
    return PXENV_STATUS_SUCCESS;
}

uint16_t pxenv_udp_close(void *block)
{
    if (!is_open)
        return PXENV_STATUS_UDP_CLOSED;
    is_open = false;
    return PXENV_STATUS_SUCCESS;
}

static uint16_t pxenv_udp_read(void *block)
{
    struct udp_socket socket = {.receive = deliver};

    if (!is_open)
        return PXENV_STATUS_UDP_CLOSED;
    reader = block;
    if (!pxe_buffer(reader->buffer, reader->buffer_size))
        return PXENV_STATUS_MCOPY_PROBLEM;
    socket.port = be16(reader->d_port);
    delivered = false;
    udp_open(&socket);
    for (unsigned spent = 0; !delivered && spent < READ_BUDGET;)
        spent += net_poll_frame() ? FRAME_COST : EMPTY_COST;
    udp_close(&socket);
    return delivered ? PXENV_STATUS_SUCCESS : PXENV_STATUS_FAILURE;
}

static uint16_t pxenv_udp_write(void *block)
{
    const struct s_PXENV_UDP_WRITE *p = block;
    struct udp_socket socket = {.port = p->src_port ? be16(p->src_port) : DEFAULT_SOURCE_PORT};
    uint32_t gateway = net.gateway;
    int error;

    if (!is_open)
        return PXENV_STATUS_UDP_CLOSED;
    if (p->buffer_size && (uint32_t)pxe_pointer(p->buffer) < PXE_LOW)
        return PXENV_STATUS_MCOPY_PROBLEM;
    if (p->gw)
        net.gateway = p->gw;
    error = udp_send(&socket, p->ip, be16(p->dst_port), pxe_pointer(p->buffer), p->buffer_size);
    net.gateway = gateway;
    return !error              ? PXENV_STATUS_SUCCESS
           : error == E_NO_ARP ? PXENV_STATUS_ARP_TIMEOUT
                               : PXENV_STATUS_OUT_OF_RESOURCES;
}

PXE_OPCODE(PXENV_UDP_OPEN, pxenv_udp_open, struct s_PXENV_UDP_OPEN);
PXE_OPCODE(PXENV_UDP_CLOSE, pxenv_udp_close, uint16_t);
PXE_OPCODE(PXENV_UDP_READ, pxenv_udp_read, struct s_PXENV_UDP_READ);
PXE_OPCODE(PXENV_UDP_WRITE, pxenv_udp_write, struct s_PXENV_UDP_WRITE);
