/* SPDX-License-Identifier: BSD-2-Clause */
/* The PXE services for datagrams: UDP_*. */
#include "lib/byteorder.h"
#include "pxe_machine.h"

static struct fake_datagram seen;

static void on_udp(const struct fake_datagram *d)
{
    seen = *d;
}

TEST(udp_write)
{
    struct s_PXENV_UDP_OPEN open = {.src_ip = 0};
    struct s_PXENV_UDP_WRITE write = {
        .ip = fake_ip(10, 0, 0, 7), .dst_port = be16(99), .buffer_size = 5};

    machine_serve("UDP_WRITE");
    fake_on_udp = on_udp;
    write.buffer = far_to(BUFFER_AT);
    memcpy(at(BUFFER_AT), "hello", 5);
    CHECK_EQUAL(call(PXENV_UDP_WRITE, &write, sizeof(write)), PXENV_STATUS_UDP_CLOSED);
    CHECK_EQUAL(call(PXENV_UDP_CLOSE, &open, 2), PXENV_STATUS_UDP_CLOSED);
    CHECK_EQUAL(call(PXENV_UDP_OPEN, &open, sizeof(open)), 0);
    CHECK_EQUAL(call(PXENV_UDP_OPEN, &open, sizeof(open)), PXENV_STATUS_UDP_OPEN);
    CHECK_EQUAL(call(PXENV_UDP_WRITE, &write, sizeof(write)), 0);
    CHECK_EQUAL(seen.to, write.ip);
    CHECK_EQUAL(seen.to_port, 99);
    CHECK_EQUAL(seen.from_port, 2069);
    CHECK_EQUAL(seen.len, 5);
    write.src_port = be16(1234);
    write.gw = fake_ip(10, 0, 0, 200);
    write.ip = fake_ip(192, 168, 0, 1);
    CHECK_EQUAL(call(PXENV_UDP_WRITE, &write, sizeof(write)), 0);
    CHECK_EQUAL(seen.from_port, 1234);
    CHECK_EQUAL(seen.to_mac[5], 200); /* by that gateway */
    CHECK_EQUAL(net.gateway, fake_ip(10, 0, 0, 1));
    write.buffer = (struct far_pointer){0x4ff, 0};
    CHECK_EQUAL(call(PXENV_UDP_WRITE, &write, sizeof(write)), PXENV_STATUS_MCOPY_PROBLEM);
    write.buffer_size = 2000;
    write.buffer = far_to(BUFFER_AT);
    CHECK_EQUAL(call(PXENV_UDP_WRITE, &write, sizeof(write)), PXENV_STATUS_OUT_OF_RESOURCES);
    fake_arp_off = true;
    write.buffer_size = 5;
    write.ip = fake_ip(10, 0, 0, 77);
    CHECK_EQUAL(call(PXENV_UDP_WRITE, &write, sizeof(write)), PXENV_STATUS_ARP_TIMEOUT);
    CHECK_EQUAL(call(PXENV_UDP_CLOSE, &open, 2), 0);
}

TEST(udp_read)
{
    struct s_PXENV_UDP_OPEN open = {.src_ip = fake_ip(10, 0, 0, 9)};
    struct s_PXENV_UDP_READ read = {.buffer_size = 100, .d_port = be16(2070)};

    machine_serve("UDP_READ");
    read.buffer = far_to(BUFFER_AT);
    CHECK_EQUAL(call(PXENV_UDP_READ, &read, sizeof(read)), PXENV_STATUS_UDP_CLOSED);
    CHECK_EQUAL(call(PXENV_UDP_OPEN, &open, sizeof(open)), 0);
    CHECK_EQUAL(net.ip, fake_ip(10, 0, 0, 9));
    CHECK_EQUAL(call(PXENV_UDP_READ, &read, sizeof(read)), PXENV_STATUS_FAILURE);
    fake_udp(fake_ip(10, 0, 0, 1), 7, net.ip, 2069, "wrong port", 10, 0);
    fake_udp(fake_ip(10, 0, 0, 1), 7, net.ip, 2070, "right", 5, 0);
    fake_udp(fake_ip(10, 0, 0, 1), 8, net.ip, 2070, "another", 7, 0);
    CHECK_EQUAL(call(PXENV_UDP_READ, &read, sizeof(read)), 0);
    CHECK_EQUAL(read.buffer_size, 5);
    CHECK_EQUAL(read.s_port, be16(7));
    CHECK_EQUAL(read.src_ip, fake_ip(10, 0, 0, 1));
    CHECK_BYTES(at(BUFFER_AT), "right\xee", 6);
    read.buffer_size = 3;
    CHECK_EQUAL(call(PXENV_UDP_READ, &read, sizeof(read)), 0);
    CHECK(!memcmp(at(BUFFER_AT), "anoht", 3) && *(char *)at(BUFFER_AT + 3) == 'h');
    CHECK_EQUAL(read.buffer_size, 3);
    read.dest_ip = fake_ip(10, 0, 0, 10); /* sent to somebody else */
    fake_udp(fake_ip(10, 0, 0, 1), 7, net.ip, 2070, "right", 5, 0);
    CHECK_EQUAL(call(PXENV_UDP_READ, &read, sizeof(read)), PXENV_STATUS_FAILURE);
    read.buffer = far_to(pxe_memory_end(0) - 2);
    CHECK_EQUAL(call(PXENV_UDP_READ, &read, sizeof(read)), PXENV_STATUS_MCOPY_PROBLEM);
    read.buffer = (struct far_pointer){0, 0x4f};
    CHECK_EQUAL(call(PXENV_UDP_READ, &read, sizeof(read)), PXENV_STATUS_MCOPY_PROBLEM);
    CHECK_EQUAL(call(PXENV_UDP_CLOSE, &open, 2), 0);
}
