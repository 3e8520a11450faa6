// sources: ci/host/pxe_machine.c ci/host/fake_link.c
// sources: src/firmware/pxe/install.c src/firmware/pxe/preboot.c src/firmware/pxe/program.c
// sources: src/firmware/pxe/api_undi.c src/firmware/pxe/api_udp.c src/firmware/pxe/api_tftp.c
// sources: src/firmware/pxe/api_file.c src/firmware/pxe/reader.c
// sources: src/firmware/net/dhcp_options.c src/firmware/net/tftp.c src/firmware/net/fetch.c
// sources: src/firmware/net/random.c src/firmware/net/udp.c src/firmware/net/ipv4.c
// sources: src/firmware/net/icmp.c
// sources: src/firmware/net/arp.c src/firmware/net/ethernet.c src/firmware/lib/checksum.c
// sources: src/firmware/lib/print.c src/firmware/lib/errors.c ci/host/pxe_opcodes.c
// sources: src/firmware/lib/parse.c src/firmware/net/uri.c
// flags: -fno-pic -DLOW_MEMORY=0x10000u -fno-sanitize=alignment -Wno-int-to-pointer-cast
// flags: -Wno-pointer-to-int-cast
// libs: -no-pie -Wl,--defsym=_image_start=0x300000 -Wl,--defsym=_image_end=0x380000
/* The PXE services for UNDI (PXE 2.1 section 3.4): frames out and in, interrupts, groups, facts. */
#include "pxe_machine.h"

#include "lib/errors.h"
#include "platform/nic.h"

PXE_OPCODES_LABEL("_opcodes");

enum { DESCRIPTOR_AT = 0x31000, DATA_AT = 0x32000, MORE_AT = 0x33000, MAC_AT = 0x34000 };

static uint8_t sent[2048];
static size_t sent_len;

static void on_frame(const uint8_t *frame, size_t len)
{
    memcpy(sent, frame, len);
    sent_len = len;
}

static void serve(const char *name)
{
    uint16_t block[8] = {0};

    machine_serve(name);
    call(PXENV_UNDI_SHUTDOWN, block, sizeof(block)); /* what the case before left */
    call(PXENV_UNDI_CLEAR_STATISTICS, block, 2);
    machine.opens = machine.closes = 0;
    machine.interrupts = -1;
    fake_on_frame = on_frame;
    sent_len = 0;
}

static uint16_t open_undi(void)
{
    struct undi_open open = {.filter = UNDI_DIRECTED | UNDI_BROADCAST};

    return call(PXENV_UNDI_OPEN, &open, sizeof(open));
}

static uint16_t simple(uint16_t opcode)
{
    uint16_t block = 0xffff;

    return call(opcode, &block, sizeof(block));
}

static struct undi_tx_descriptor *descriptor(uint16_t length)
{
    struct undi_tx_descriptor *d = at(DESCRIPTOR_AT);

    memset(d, 0, sizeof(*d));
    d->length = length;
    d->data = far_to(DATA_AT);
    for (unsigned i = 0; i < 2000; i++)
        *(uint8_t *)at(DATA_AT + i) = (uint8_t)i;
    return d;
}

static uint16_t transmit(uint8_t protocol, uint8_t flag)
{
    struct undi_transmit block = {.protocol = protocol, .flag = flag};

    block.descriptor = far_to(DESCRIPTOR_AT);
    block.destination = far_to(MAC_AT);
    memcpy(at(MAC_AT), "\x02\xaa\xbb\xcc\xdd\xee", 6);
    return call(PXENV_UNDI_TRANSMIT, &block, sizeof(block));
}

static void test_transmit(void)
{
    static const uint16_t types[] = {0, 0x0008, 0x0608, 0x3580};
    struct undi_transmit block = {.protocol = 0};
    struct undi_tx_descriptor *d;

    serve("TRANSMIT");
    CHECK_EQUAL(open_undi(), 0);
    descriptor(100);
    CHECK_EQUAL(transmit(UNDI_PROTOCOL_UNKNOWN, 0), 0);
    CHECK_EQUAL(sent_len, 100);
    CHECK(!memcmp(sent, at(DATA_AT), 100));
    CHECK_EQUAL(pxe_isr_answers()->sent, 1);
    for (uint8_t protocol = 1; protocol <= 3; protocol++) {
        CHECK_EQUAL(transmit(protocol, protocol == 2), 0);
        CHECK_EQUAL(sent_len, 114);
        CHECK(!memcmp(sent, protocol == 2 ? "\xff\xff\xff\xff\xff\xff" : at(MAC_AT), 6));
        CHECK(!memcmp(sent + 6, net.mac, 6));
        CHECK_EQUAL(*(uint16_t *)(sent + 12), types[protocol]);
        CHECK(!memcmp(sent + 14, at(DATA_AT), 100));
    }
    block = (struct undi_transmit){.protocol = 1, .descriptor = far_to(DESCRIPTOR_AT)};
    CHECK_EQUAL(call(PXENV_UNDI_TRANSMIT, &block, sizeof(block)), 0); /* no address: broadcast */
    CHECK_EQUAL(sent[0], 0xff);
    d = descriptor(20);
    d->blocks = 2;
    d->block[0] = (struct undi_tx_block){1, 0, 30, far_to(MORE_AT)};
    d->block[1] = (struct undi_tx_block){
        0, 0, 40, {(uint16_t)(MORE_AT + 30), (MORE_AT + 30) >> 16}}; /* physical */
    for (unsigned i = 0; i < 70; i++)
        *(uint8_t *)at(MORE_AT + i) = (uint8_t)(0x80 + i);
    CHECK_EQUAL(transmit(UNDI_PROTOCOL_UNKNOWN, 0), 0);
    CHECK_EQUAL(sent_len, 90);
    CHECK(!memcmp(sent, at(DATA_AT), 20) && !memcmp(sent + 20, at(MORE_AT), 70));
}

static void test_bad_frames(void)
{
    struct undi_transmit block = {.descriptor = {0x4f0, 0}};
    struct undi_tx_descriptor *d;

    serve("bad frames");
    CHECK_EQUAL(open_undi(), 0);
    descriptor(13);
    CHECK_EQUAL(transmit(UNDI_PROTOCOL_UNKNOWN, 0), PXENV_STATUS_FAILURE);
    descriptor(1515);
    CHECK_EQUAL(transmit(UNDI_PROTOCOL_UNKNOWN, 0), PXENV_STATUS_FAILURE);
    descriptor(1501);
    CHECK_EQUAL(transmit(UNDI_PROTOCOL_IP, 0), PXENV_STATUS_FAILURE);
    descriptor(100);
    CHECK_EQUAL(transmit(4, 0), PXENV_STATUS_FAILURE);
    d = descriptor(100);
    d->blocks = 9;
    CHECK_EQUAL(transmit(UNDI_PROTOCOL_UNKNOWN, 0), PXENV_STATUS_FAILURE);
    d->blocks = 8;
    for (unsigned i = 0; i < 8; i++)
        d->block[i] = (struct undi_tx_block){1, 0, 0xffff, far_to(MORE_AT)};
    CHECK_EQUAL(transmit(UNDI_PROTOCOL_UNKNOWN, 0), PXENV_STATUS_FAILURE);
    CHECK_EQUAL(call(PXENV_UNDI_TRANSMIT, &block, sizeof(block)), PXENV_STATUS_FAILURE);
    block.descriptor = (struct far_pointer){0, 0};
    CHECK_EQUAL(call(PXENV_UNDI_TRANSMIT, &block, sizeof(block)), PXENV_STATUS_FAILURE);
    CHECK_EQUAL(sent_len, 0);
    descriptor(100);
    fake_transmit_result = E_TRANSMIT;
    CHECK_EQUAL(transmit(UNDI_PROTOCOL_UNKNOWN, 0), PXENV_STATUS_FAILURE);
    CHECK_EQUAL(pxe_isr_answers()->sent, 0);
    serve("TRANSMIT without OPEN");
    descriptor(100);
    CHECK_EQUAL(transmit(UNDI_PROTOCOL_UNKNOWN, 0), 0);
    CHECK_EQUAL(machine.opens, 1);
    serve("TRANSMIT, and the card does not open");
    machine.open_result = E_NO_LINK;
    CHECK_EQUAL(transmit(UNDI_PROTOCOL_UNKNOWN, 0), PXENV_STATUS_FAILURE);
    CHECK_EQUAL(open_undi(), PXENV_STATUS_FAILURE);
    CHECK_EQUAL(simple(PXENV_UNDI_INITIALIZE), PXENV_STATUS_FAILURE);
}

static uint16_t isr(uint16_t function, struct undi_isr *block)
{
    *block = (struct undi_isr){.function = function};
    return call(PXENV_UNDI_ISR, block, sizeof(*block));
}

static void frame(const char *to, uint16_t type, size_t len)
{
    uint8_t data[1514] = {0};

    memcpy(data, to, 6);
    data[12] = (uint8_t)(type >> 8);
    data[13] = (uint8_t)type;
    data[len - 1] = 0x77;
    fake_deliver(data, len, 0);
}

static void receive(uint8_t protocol, uint8_t packet_type, uint16_t len, uint16_t function)
{
    struct undi_isr block;
    uint8_t *data;

    CHECK_EQUAL(isr(function, &block), 0);
    if (!CHECK_EQUAL(block.function, UNDI_ISR_OUT_RECEIVE))
        return;
    CHECK_EQUAL(block.buffer_length, len);
    CHECK_EQUAL(block.frame_length, len);
    CHECK_EQUAL(block.header_length, 14);
    CHECK_EQUAL(block.protocol, protocol);
    CHECK_EQUAL(block.packet_type, packet_type);
    data = pxe_pointer(block.frame);
    CHECK(data == pxe_frame_buffer(0) || data == pxe_frame_buffer(1));
    CHECK_EQUAL(data[len - 1], 0x77);
}

static void test_receive(void)
{
    struct undi_isr block;

    serve("frames in");
    frame("\x52\x54\0\x12\x34\x56", 0x0800, 60);
    CHECK_EQUAL(isr(UNDI_ISR_IN_PROCESS, &block), 0);
    CHECK_EQUAL(block.function, UNDI_ISR_OUT_DONE); /* not before OPEN */
    CHECK_EQUAL(open_undi(), 0);
    frame("\xff\xff\xff\xff\xff\xff", 0x0806, 64);
    frame("\x01\0\x5e\0\0\1", 0x86dd, 1514);
    fake_deliver("short", 5, 0);
    frame("\x52\x54\0\x12\x34\x56", 0x0808, 100);
    CHECK_EQUAL(isr(UNDI_ISR_IN_START, &block), 0);
    CHECK_EQUAL(block.function, UNDI_ISR_OUT_OURS);
    CHECK_EQUAL(isr(UNDI_ISR_IN_START, &block), 0);
    CHECK_EQUAL(block.function, UNDI_ISR_OUT_NOT_OURS); /* said once */
    receive(UNDI_PROTOCOL_IP, 0, 60, UNDI_ISR_IN_PROCESS);
    receive(UNDI_PROTOCOL_ARP, 1, 64, UNDI_ISR_IN_GET_NEXT);
    receive(UNDI_PROTOCOL_UNKNOWN, 2, 1514, UNDI_ISR_IN_GET_NEXT);
    CHECK(!pxe_isr_answers()->drained);
    receive(UNDI_PROTOCOL_UNKNOWN, 0, 100, UNDI_ISR_IN_GET_NEXT);
    CHECK(pxe_isr_answers()->drained);
    CHECK_EQUAL(isr(UNDI_ISR_IN_GET_NEXT, &block), 0);
    CHECK_EQUAL(block.function, UNDI_ISR_OUT_DONE);
    CHECK_EQUAL(isr(4, &block), PXENV_STATUS_FAILURE);
    CHECK_EQUAL(isr(0, &block), PXENV_STATUS_FAILURE);
    descriptor(100);
    CHECK_EQUAL(transmit(0, 0), 0);
    CHECK_EQUAL(isr(UNDI_ISR_IN_START, &block), 0);
    CHECK_EQUAL(block.function, UNDI_ISR_OUT_OURS);
    CHECK_EQUAL(isr(UNDI_ISR_IN_PROCESS, &block), 0);
    CHECK_EQUAL(block.function, UNDI_ISR_OUT_TRANSMIT);
    CHECK_EQUAL(isr(UNDI_ISR_IN_GET_NEXT, &block), 0);
    CHECK_EQUAL(block.function, UNDI_ISR_OUT_DONE);
}

static void test_interrupts(void)
{
    struct undi_isr block;

    serve("interrupts");
    CHECK_EQUAL(open_undi(), 0);
    CHECK_EQUAL(machine.interrupts, INTERRUPT_ON);
    machine.raises = true;
    machine.in_service = true;
    CHECK_EQUAL(isr(UNDI_ISR_IN_START, &block), 0);
    CHECK_EQUAL(block.function, UNDI_ISR_OUT_OURS);
    CHECK_EQUAL(machine.interrupts, INTERRUPT_ACKNOWLEDGE);
    CHECK_EQUAL(isr(UNDI_ISR_IN_PROCESS, &block), 0);
    machine.raises = false;
    for (unsigned i = 0; i < 20; i++) /* from the handler of a line that another device holds */
        CHECK_EQUAL(isr(UNDI_ISR_IN_START, &block), 0);
    CHECK_EQUAL(machine.interrupts, INTERRUPT_ACKNOWLEDGE);
    machine.in_service = false;
    for (unsigned i = 0; i < 8; i++) {
        CHECK_EQUAL(machine.interrupts, INTERRUPT_ACKNOWLEDGE);
        CHECK_EQUAL(isr(UNDI_ISR_IN_START, &block), 0);
    }
    CHECK_EQUAL(machine.interrupts, INTERRUPT_OFF); /* it polls */
    descriptor(60);
    CHECK_EQUAL(transmit(0, 0), 0);
    CHECK_EQUAL(machine.interrupts, INTERRUPT_OFF);
    CHECK_EQUAL(transmit(0, 0), 0);
    CHECK_EQUAL(machine.interrupts, INTERRUPT_ON); /* and does not any more */
    CHECK_EQUAL(simple(PXENV_UNDI_CLOSE), 0);
    CHECK_EQUAL(machine.interrupts, INTERRUPT_OFF);
}

static void test_groups(void)
{
    struct undi_open open = {.filter = 3, .multicast_count = 1};
    struct {
        uint16_t status, count;
        uint8_t mac[8][16];
    } __attribute__((packed)) groups = {.count = 8};
    struct {
        uint16_t status;
        uint32_t ip;
        uint8_t mac[16];
    } __attribute__((packed)) convert = {.ip = fake_ip(239, 129, 2, 3)};

    serve("groups, on a native driver");
    CHECK_EQUAL(call(PXENV_UNDI_SET_MCAST_ADDRESS, &groups, sizeof(groups)), 0);
    groups.count = 9;
    CHECK_EQUAL(call(PXENV_UNDI_SET_MCAST_ADDRESS, &groups, 4), PXENV_STATUS_FAILURE);
    groups.count = 0xffff;
    CHECK_EQUAL(call(PXENV_UNDI_SET_MCAST_ADDRESS, &groups, 4), PXENV_STATUS_FAILURE);
    CHECK_EQUAL(call(PXENV_UNDI_GET_MCAST_ADDRESS, &convert, sizeof(convert)), 0);
    CHECK(!memcmp(convert.mac, "\x01\0\x5e\x01\x02\x03", 6));
    CHECK_EQUAL(machine.stack_opcode, 0);
    serve("groups, on a stack");
    machine.stack_loaded = true;
    memcpy(open.multicast[0], "\x01\0\x5e\x01\x02\x03", 6);
    CHECK_EQUAL(call(PXENV_UNDI_OPEN, &open, sizeof(open)), 0);
    CHECK_EQUAL(open.filter, 3);
    CHECK_EQUAL(machine.stack_opcode, PXENV_UNDI_SET_MCAST_ADDRESS);
    CHECK_EQUAL(machine.stack_size, 4 + 16);
    CHECK(!memcmp(machine.stack_block + 4, open.multicast[0], 6));
    groups.count = 2;
    CHECK_EQUAL(call(PXENV_UNDI_RESET, &groups, sizeof(groups)), 0);
    CHECK_EQUAL(machine.stack_size, 4 + 32);
    machine.stack_fails = true;
    CHECK_EQUAL(call(PXENV_UNDI_SET_MCAST_ADDRESS, &groups, sizeof(groups)), PXENV_STATUS_FAILURE);
    machine.stack_opcode = 0; /* more groups than there is memory before ours */
    memcpy(at(pxe_memory_end(0) - 8), &groups, 4);
    CHECK_EQUAL(call_at(PXENV_UNDI_SET_MCAST_ADDRESS, pxe_memory_end(0) - 8), PXENV_EXIT_FAILURE);
    CHECK_EQUAL(machine.stack_opcode, 0);
}

static void test_facts(void)
{
    struct undi_information info;
    struct undi_nic_type type;
    struct undi_interface interface;
    struct {
        uint16_t status;
        uint32_t count[4];
    } __attribute__((packed)) statistics;
    uint16_t station[9] = {0};

    serve("facts");
    memset(&info, 0xff, sizeof(info));
    CHECK_EQUAL(call(PXENV_UNDI_GET_INFORMATION, &info, sizeof(info)), 0);
    CHECK_EQUAL(info.base_io, 0xc000);
    CHECK_EQUAL(info.interrupt, CARD_IRQ);
    CHECK_EQUAL(info.mtu, 1500);
    CHECK_EQUAL(info.hardware_type, 1);
    CHECK_EQUAL(info.address_length, 6);
    CHECK(!memcmp(info.current, net.mac, 6) && !memcmp(info.permanent, nic.mac, 6));
    CHECK_EQUAL(info.current[6] | info.rom_segment, 0);
    nic.mtu = 1400;
    CHECK_EQUAL(call(PXENV_UNDI_GET_INFORMATION, &info, sizeof(info)), 0);
    CHECK_EQUAL(info.mtu, 1400);
    CHECK_EQUAL(call(PXENV_UNDI_GET_NIC_TYPE, &type, sizeof(type)), 0);
    CHECK_EQUAL(type.type, UNDI_PCI_NIC);
    CHECK_EQUAL(type.vendor << 16 | type.device, 0x10ec8139);
    CHECK_EQUAL(type.busdevfn, 0x18);
    CHECK_EQUAL(type.base << 16 | type.subclass << 8 | type.interface, 0x020000);
    CHECK_EQUAL(call(PXENV_UNDI_GET_IFACE_INFO, &interface, sizeof(interface)), 0);
    CHECK_STRING(interface.type, "DIX+802.3");
    CHECK_EQUAL(interface.speed, 1000000000);
    memcpy(station + 1, net.mac, 6);
    CHECK_EQUAL(call(PXENV_UNDI_SET_STATION_ADDRESS, station, sizeof(station)), 0);
    station[1]++;
    CHECK_EQUAL(call(PXENV_UNDI_SET_STATION_ADDRESS, station, sizeof(station)),
                PXENV_STATUS_UNSUPPORTED);
    CHECK_EQUAL(open_undi(), 0);
    descriptor(60);
    CHECK_EQUAL(transmit(0, 0), 0);
    frame("\x52\x54\0\x12\x34\x56", 0x0800, 60);
    pxe_isr_answers()->sent = 0;
    receive(UNDI_PROTOCOL_IP, 0, 60, UNDI_ISR_IN_PROCESS);
    CHECK_EQUAL(call(PXENV_UNDI_GET_STATISTICS, &statistics, sizeof(statistics)), 0);
    CHECK_EQUAL(statistics.count[0], 1);
    CHECK_EQUAL(statistics.count[1], 1);
    CHECK_EQUAL(simple(PXENV_UNDI_CLEAR_STATISTICS), 0);
    CHECK_EQUAL(call(PXENV_UNDI_GET_STATISTICS, &statistics, sizeof(statistics)), 0);
    CHECK_EQUAL(statistics.count[0] | statistics.count[1], 0);
    CHECK_EQUAL(statistics.count[2] | statistics.count[3], 0);
}

static void test_life(void)
{
    static const uint16_t nothing_to_do[] = {
        PXENV_START_UNDI, PXENV_UNDI_STARTUP,           PXENV_UNDI_CLEANUP,
        PXENV_START_BASE, PXENV_UNDI_SET_PACKET_FILTER, PXENV_STOP_BASE};
    uint16_t reset[2] = {0};
    struct undi_isr block;

    serve("a card's life");
    for (unsigned i = 0; i < 6; i++)
        CHECK_EQUAL(simple(nothing_to_do[i]), 0);
    CHECK_EQUAL(machine.opens + machine.closes, 0);
    CHECK_EQUAL(simple(PXENV_UNDI_INITIALIZE), 0);
    CHECK_EQUAL(machine.opens, 1);
    CHECK_EQUAL(call(PXENV_UNDI_RESET, reset, sizeof(reset)), 0); /* not open: stays so */
    CHECK_EQUAL(machine.interrupts, -1);
    CHECK_EQUAL(open_undi(), 0);
    frame("\x52\x54\0\x12\x34\x56", 0x0800, 60);
    CHECK_EQUAL(isr(UNDI_ISR_IN_START, &block), 0);
    machine.interrupts = -1;
    CHECK_EQUAL(call(PXENV_UNDI_RESET, reset, sizeof(reset)), 0); /* open: again */
    CHECK_EQUAL(machine.interrupts, INTERRUPT_ON);
    CHECK_EQUAL(machine.closes, 2);
    CHECK_EQUAL(isr(UNDI_ISR_IN_PROCESS, &block), 0);
    CHECK_EQUAL(block.function, UNDI_ISR_OUT_DONE); /* its frame went with it */
    CHECK_EQUAL(simple(PXENV_UNLOAD_STACK), 0);
    CHECK_EQUAL(machine.closes, 3);
    CHECK(pxe_is_installed());
}

int main(void)
{
    test_transmit();
    test_bad_frames();
    test_receive();
    test_interrupts();
    test_groups();
    test_facts();
    test_life();
    return fake_report();
}
