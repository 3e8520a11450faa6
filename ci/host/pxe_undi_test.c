/* SPDX-License-Identifier: BSD-2-Clause */
/* The PXE services for UNDI (PXE 2.1 section 3.4): frames out and in, interrupts, groups, facts. */
#include "pxe_machine.h"

#include "lib/errors.h"
#include "platform/nic.h"

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
    struct s_PXENV_UNDI_OPEN open = {.PktFilter = FLTR_DIRECTED | FLTR_BRDCST};

    return call(PXENV_UNDI_OPEN, &open, sizeof(open));
}

static uint16_t simple(uint16_t opcode)
{
    uint16_t block = 0xffff;

    return call(opcode, &block, sizeof(block));
}

static struct s_PXENV_UNDI_TBD *descriptor(uint16_t length)
{
    struct s_PXENV_UNDI_TBD *d = at(DESCRIPTOR_AT);

    memset(d, 0, sizeof(*d));
    d->ImmedLength = length;
    d->Xmit = far_to(DATA_AT);
    for (unsigned i = 0; i < 2000; i++)
        *(uint8_t *)at(DATA_AT + i) = (uint8_t)i;
    return d;
}

static uint16_t transmit(uint8_t protocol, uint8_t flag)
{
    struct s_PXENV_UNDI_TRANSMIT block = {.Protocol = protocol, .XmitFlag = flag};

    block.TBD = far_to(DESCRIPTOR_AT);
    block.DestAddr = far_to(MAC_AT);
    memcpy(at(MAC_AT), "\x02\xaa\xbb\xcc\xdd\xee", 6);
    return call(PXENV_UNDI_TRANSMIT, &block, sizeof(block));
}

TEST(transmit)
{
    static const uint16_t types[] = {0, 0x0008, 0x0608, 0x3580};
    struct s_PXENV_UNDI_TRANSMIT block = {.Protocol = 0};
    struct s_PXENV_UNDI_TBD *d;

    serve("TRANSMIT");
    CHECK_EQUAL(open_undi(), 0);
    descriptor(100);
    CHECK_EQUAL(transmit(P_UNKNOWN, 0), 0);
    CHECK_EQUAL(sent_len, 100);
    CHECK_BYTES(sent, at(DATA_AT), 100);
    CHECK_EQUAL(pxe_isr_answers()->sent, 1);
    for (uint8_t protocol = 1; protocol <= 3; protocol++) {
        CHECK_EQUAL(transmit(protocol, protocol == 2), 0);
        CHECK_EQUAL(sent_len, 114);
        CHECK_BYTES(sent, protocol == 2 ? "\xff\xff\xff\xff\xff\xff" : at(MAC_AT), 6);
        CHECK_BYTES(sent + 6, net.mac, 6);
        CHECK_EQUAL(*(uint16_t *)(sent + 12), types[protocol]);
        CHECK_BYTES(sent + 14, at(DATA_AT), 100);
    }
    block = (struct s_PXENV_UNDI_TRANSMIT){.Protocol = 1, .TBD = far_to(DESCRIPTOR_AT)};
    CHECK_EQUAL(call(PXENV_UNDI_TRANSMIT, &block, sizeof(block)), 0); /* no address: broadcast */
    CHECK_EQUAL(sent[0], 0xff);
    d = descriptor(20);
    d->DataBlkCount = 2;
    d->DataBlock[0] = (struct DataBlk){1, 0, 30, far_to(MORE_AT)};
    d->DataBlock[1] =
        (struct DataBlk){0, 0, 40, {(uint16_t)(MORE_AT + 30), (MORE_AT + 30) >> 16}}; /* physical */
    for (unsigned i = 0; i < 70; i++)
        *(uint8_t *)at(MORE_AT + i) = (uint8_t)(0x80 + i);
    CHECK_EQUAL(transmit(P_UNKNOWN, 0), 0);
    CHECK_EQUAL(sent_len, 90);
    CHECK(!memcmp(sent, at(DATA_AT), 20) && !memcmp(sent + 20, at(MORE_AT), 70));
}

TEST(bad_frames)
{
    struct s_PXENV_UNDI_TRANSMIT block = {.TBD = {0x4f0, 0}};
    struct s_PXENV_UNDI_TBD *d;

    serve("bad frames");
    CHECK_EQUAL(open_undi(), 0);
    descriptor(13);
    CHECK_EQUAL(transmit(P_UNKNOWN, 0), PXENV_STATUS_FAILURE);
    descriptor(1515);
    CHECK_EQUAL(transmit(P_UNKNOWN, 0), PXENV_STATUS_FAILURE);
    descriptor(1501);
    CHECK_EQUAL(transmit(P_IP, 0), PXENV_STATUS_FAILURE);
    descriptor(100);
    CHECK_EQUAL(transmit(4, 0), PXENV_STATUS_FAILURE);
    d = descriptor(100);
    d->DataBlkCount = 9;
    CHECK_EQUAL(transmit(P_UNKNOWN, 0), PXENV_STATUS_FAILURE);
    d->DataBlkCount = 8;
    for (unsigned i = 0; i < 8; i++)
        d->DataBlock[i] = (struct DataBlk){1, 0, 0xffff, far_to(MORE_AT)};
    CHECK_EQUAL(transmit(P_UNKNOWN, 0), PXENV_STATUS_FAILURE);
    CHECK_EQUAL(call(PXENV_UNDI_TRANSMIT, &block, sizeof(block)), PXENV_STATUS_FAILURE);
    block.TBD = (struct far_pointer){0, 0};
    CHECK_EQUAL(call(PXENV_UNDI_TRANSMIT, &block, sizeof(block)), PXENV_STATUS_FAILURE);
    CHECK_EQUAL(sent_len, 0);
    descriptor(100);
    fake_transmit_result = E_TRANSMIT;
    CHECK_EQUAL(transmit(P_UNKNOWN, 0), PXENV_STATUS_FAILURE);
    CHECK_EQUAL(pxe_isr_answers()->sent, 0);
    serve("TRANSMIT without OPEN");
    descriptor(100);
    CHECK_EQUAL(transmit(P_UNKNOWN, 0), 0);
    CHECK_EQUAL(machine.opens, 1);
    serve("TRANSMIT, and the card does not open");
    machine.open_result = E_NO_LINK;
    CHECK_EQUAL(transmit(P_UNKNOWN, 0), PXENV_STATUS_FAILURE);
    CHECK_EQUAL(open_undi(), PXENV_STATUS_FAILURE);
    CHECK_EQUAL(simple(PXENV_UNDI_INITIALIZE), PXENV_STATUS_FAILURE);
}

static uint16_t isr(uint16_t function, struct s_PXENV_UNDI_ISR *block)
{
    *block = (struct s_PXENV_UNDI_ISR){.FuncFlag = function};
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
    struct s_PXENV_UNDI_ISR block;
    uint8_t *data;

    CHECK_EQUAL(isr(function, &block), 0);
    if (!CHECK_EQUAL(block.FuncFlag, PXENV_UNDI_ISR_OUT_RECEIVE))
        return;
    CHECK_EQUAL(block.BufferLength, len);
    CHECK_EQUAL(block.FrameLength, len);
    CHECK_EQUAL(block.FrameHeaderLength, 14);
    CHECK_EQUAL(block.ProtType, protocol);
    CHECK_EQUAL(block.PktType, packet_type);
    data = pxe_pointer(block.Frame);
    CHECK(data == pxe_frame_buffer(0) || data == pxe_frame_buffer(1));
    CHECK_EQUAL(data[len - 1], 0x77);
}

TEST(receive)
{
    struct s_PXENV_UNDI_ISR block;

    serve("frames in");
    frame("\x52\x54\0\x12\x34\x56", 0x0800, 60);
    CHECK_EQUAL(isr(PXENV_UNDI_ISR_IN_PROCESS, &block), 0);
    CHECK_EQUAL(block.FuncFlag, PXENV_UNDI_ISR_OUT_DONE); /* not before OPEN */
    CHECK_EQUAL(open_undi(), 0);
    frame("\xff\xff\xff\xff\xff\xff", 0x0806, 64);
    frame("\x01\0\x5e\0\0\1", 0x86dd, 1514);
    fake_deliver("short", 5, 0);
    frame("\x52\x54\0\x12\x34\x56", 0x0808, 100);
    CHECK_EQUAL(isr(PXENV_UNDI_ISR_IN_START, &block), 0);
    CHECK_EQUAL(block.FuncFlag, PXENV_UNDI_ISR_OUT_OURS);
    CHECK_EQUAL(isr(PXENV_UNDI_ISR_IN_START, &block), 0);
    CHECK_EQUAL(block.FuncFlag, PXENV_UNDI_ISR_OUT_NOT_OURS); /* said once */
    receive(P_IP, 0, 60, PXENV_UNDI_ISR_IN_PROCESS);
    receive(P_ARP, 1, 64, PXENV_UNDI_ISR_IN_GET_NEXT);
    receive(P_UNKNOWN, 2, 1514, PXENV_UNDI_ISR_IN_GET_NEXT);
    CHECK(!pxe_isr_answers()->drained);
    receive(P_UNKNOWN, 0, 100, PXENV_UNDI_ISR_IN_GET_NEXT);
    CHECK(pxe_isr_answers()->drained);
    CHECK_EQUAL(isr(PXENV_UNDI_ISR_IN_GET_NEXT, &block), 0);
    CHECK_EQUAL(block.FuncFlag, PXENV_UNDI_ISR_OUT_DONE);
    CHECK_EQUAL(isr(4, &block), PXENV_STATUS_FAILURE);
    CHECK_EQUAL(isr(0, &block), PXENV_STATUS_FAILURE);
    descriptor(100);
    CHECK_EQUAL(transmit(0, 0), 0);
    CHECK_EQUAL(isr(PXENV_UNDI_ISR_IN_START, &block), 0);
    CHECK_EQUAL(block.FuncFlag, PXENV_UNDI_ISR_OUT_OURS);
    CHECK_EQUAL(isr(PXENV_UNDI_ISR_IN_PROCESS, &block), 0);
    CHECK_EQUAL(block.FuncFlag, PXENV_UNDI_ISR_OUT_TRANSMIT);
    CHECK_EQUAL(isr(PXENV_UNDI_ISR_IN_GET_NEXT, &block), 0);
    CHECK_EQUAL(block.FuncFlag, PXENV_UNDI_ISR_OUT_DONE);
}

TEST(interrupts)
{
    struct s_PXENV_UNDI_ISR block;

    serve("interrupts");
    CHECK_EQUAL(open_undi(), 0);
    CHECK_EQUAL(machine.interrupts, INTERRUPT_ON);
    machine.raises = true;
    machine.in_service = true;
    CHECK_EQUAL(isr(PXENV_UNDI_ISR_IN_START, &block), 0);
    CHECK_EQUAL(block.FuncFlag, PXENV_UNDI_ISR_OUT_OURS);
    CHECK_EQUAL(machine.interrupts, INTERRUPT_ACKNOWLEDGE);
    CHECK_EQUAL(isr(PXENV_UNDI_ISR_IN_PROCESS, &block), 0);
    machine.raises = false;
    for (unsigned i = 0; i < 20; i++) /* from the handler of a line that another device holds */
        CHECK_EQUAL(isr(PXENV_UNDI_ISR_IN_START, &block), 0);
    CHECK_EQUAL(machine.interrupts, INTERRUPT_ACKNOWLEDGE);
    machine.in_service = false;
    for (unsigned i = 0; i < 8; i++) {
        CHECK_EQUAL(machine.interrupts, INTERRUPT_ACKNOWLEDGE);
        CHECK_EQUAL(isr(PXENV_UNDI_ISR_IN_START, &block), 0);
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

TEST(groups)
{
    struct s_PXENV_UNDI_OPEN open = {.PktFilter = 3, .R_Mcast_Buf.MCastAddrCount = 1};
    struct s_PXENV_UNDI_SET_MCAST_ADDRESS groups = {.R_Mcast_Buf.MCastAddrCount = 8};
    struct s_PXENV_UNDI_GET_MCAST_ADDRESS convert = {.InetAddr = fake_ip(239, 129, 2, 3)};

    serve("groups, on a native driver");
    CHECK_EQUAL(call(PXENV_UNDI_SET_MCAST_ADDRESS, &groups, sizeof(groups)), 0);
    groups.R_Mcast_Buf.MCastAddrCount = 9;
    CHECK_EQUAL(call(PXENV_UNDI_SET_MCAST_ADDRESS, &groups, 4), PXENV_STATUS_FAILURE);
    groups.R_Mcast_Buf.MCastAddrCount = 0xffff;
    CHECK_EQUAL(call(PXENV_UNDI_SET_MCAST_ADDRESS, &groups, 4), PXENV_STATUS_FAILURE);
    CHECK_EQUAL(call(PXENV_UNDI_GET_MCAST_ADDRESS, &convert, sizeof(convert)), 0);
    CHECK_BYTES(convert.MediaAddr, "\x01\0\x5e\x01\x02\x03", 6);
    CHECK_EQUAL(machine.stack_opcode, 0);
    serve("groups, on a stack");
    machine.stack_loaded = true;
    memcpy(open.R_Mcast_Buf.McastAddr[0], "\x01\0\x5e\x01\x02\x03", 6);
    CHECK_EQUAL(call(PXENV_UNDI_OPEN, &open, sizeof(open)), 0);
    CHECK_EQUAL(open.PktFilter, 3);
    CHECK_EQUAL(machine.stack_opcode, PXENV_UNDI_SET_MCAST_ADDRESS);
    CHECK_EQUAL(machine.stack_size, 4 + 16);
    CHECK_BYTES(machine.stack_block + 4, open.R_Mcast_Buf.McastAddr[0], 6);
    groups.R_Mcast_Buf.MCastAddrCount = 2;
    CHECK_EQUAL(call(PXENV_UNDI_RESET_ADAPTER, &groups, sizeof(groups)), 0);
    CHECK_EQUAL(machine.stack_size, 4 + 32);
    machine.stack_fails = true;
    CHECK_EQUAL(call(PXENV_UNDI_SET_MCAST_ADDRESS, &groups, sizeof(groups)), PXENV_STATUS_FAILURE);
    machine.stack_opcode = 0; /* more groups than there is memory before ours */
    memcpy(at(pxe_memory_end(0) - 8), &groups, 4);
    CHECK_EQUAL(call_at(PXENV_UNDI_SET_MCAST_ADDRESS, pxe_memory_end(0) - 8), PXENV_EXIT_FAILURE);
    CHECK_EQUAL(machine.stack_opcode, 0);
}

TEST(facts)
{
    struct s_PXENV_UNDI_GET_INFORMATION info;
    struct s_PXENV_UNDI_GET_NIC_TYPE type;
    struct s_PXENV_UNDI_GET_IFACE_INFO interface;
    struct s_PXENV_UNDI_GET_STATISTICS statistics;
    uint16_t station[9] = {0};

    serve("facts");
    memset(&info, 0xff, sizeof(info));
    CHECK_EQUAL(call(PXENV_UNDI_GET_INFORMATION, &info, sizeof(info)), 0);
    CHECK_EQUAL(info.BaseIo, 0xc000);
    CHECK_EQUAL(info.IntNumber, CARD_IRQ);
    CHECK_EQUAL(info.MaxTranUnit, 1500);
    CHECK_EQUAL(info.HwType, 1);
    CHECK_EQUAL(info.HwAddrLen, 6);
    CHECK(!memcmp(info.CurrentNodeAddress, net.mac, 6) &&
          !memcmp(info.PermNodeAddress, nic.mac, 6));
    CHECK_EQUAL(info.CurrentNodeAddress[6] | info.ROMAddress, 0);
    nic.mtu = 1400;
    CHECK_EQUAL(call(PXENV_UNDI_GET_INFORMATION, &info, sizeof(info)), 0);
    CHECK_EQUAL(info.MaxTranUnit, 1400);
    CHECK_EQUAL(call(PXENV_UNDI_GET_NIC_TYPE, &type, sizeof(type)), 0);
    CHECK_EQUAL(type.NicType, PCI_NIC);
    CHECK_EQUAL(type.info.pci.Vendor_ID << 16 | type.info.pci.Dev_ID, 0x10ec8139);
    CHECK_EQUAL(type.info.pci.BusDevFunc, 0x18);
    CHECK_EQUAL(type.info.pci.Base_Class << 16 | type.info.pci.Sub_Class << 8 |
                    type.info.pci.Prog_Intf,
                0x020000);
    CHECK_EQUAL(call(PXENV_UNDI_GET_IFACE_INFO, &interface, sizeof(interface)), 0);
    CHECK_TEXT(interface.IfaceType, "DIX+802.3");
    CHECK_EQUAL(interface.LinkSpeed, 1000000000);
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
    receive(P_IP, 0, 60, PXENV_UNDI_ISR_IN_PROCESS);
    CHECK_EQUAL(call(PXENV_UNDI_GET_STATISTICS, &statistics, sizeof(statistics)), 0);
    CHECK_EQUAL(statistics.XmtGoodFrames, 1);
    CHECK_EQUAL(statistics.RcvGoodFrames, 1);
    CHECK_EQUAL(simple(PXENV_UNDI_CLEAR_STATISTICS), 0);
    CHECK_EQUAL(call(PXENV_UNDI_GET_STATISTICS, &statistics, sizeof(statistics)), 0);
    CHECK_EQUAL(statistics.XmtGoodFrames | statistics.RcvGoodFrames, 0);
    CHECK_EQUAL(statistics.RcvCRCErrors | statistics.RcvResourceErrors, 0);
}

TEST(life)
{
    static const uint16_t nothing_to_do[] = {
        PXENV_START_UNDI, PXENV_UNDI_STARTUP,           PXENV_UNDI_CLEANUP,
        PXENV_START_BASE, PXENV_UNDI_SET_PACKET_FILTER, PXENV_STOP_BASE};
    uint16_t reset[2] = {0};
    struct s_PXENV_UNDI_ISR block;

    serve("a card's life");
    for (unsigned i = 0; i < 6; i++)
        CHECK_EQUAL(simple(nothing_to_do[i]), 0);
    CHECK_EQUAL(machine.opens + machine.closes, 0);
    CHECK_EQUAL(simple(PXENV_UNDI_INITIALIZE), 0);
    CHECK_EQUAL(machine.opens, 1);
    CHECK_EQUAL(call(PXENV_UNDI_RESET_ADAPTER, reset, sizeof(reset)), 0); /* not open: stays so */
    CHECK_EQUAL(machine.interrupts, -1);
    CHECK_EQUAL(open_undi(), 0);
    frame("\x52\x54\0\x12\x34\x56", 0x0800, 60);
    CHECK_EQUAL(isr(PXENV_UNDI_ISR_IN_START, &block), 0);
    machine.interrupts = -1;
    CHECK_EQUAL(call(PXENV_UNDI_RESET_ADAPTER, reset, sizeof(reset)), 0); /* open: again */
    CHECK_EQUAL(machine.interrupts, INTERRUPT_ON);
    CHECK_EQUAL(machine.closes, 2);
    CHECK_EQUAL(isr(PXENV_UNDI_ISR_IN_PROCESS, &block), 0);
    CHECK_EQUAL(block.FuncFlag, PXENV_UNDI_ISR_OUT_DONE); /* its frame went with it */
    CHECK_EQUAL(simple(PXENV_UNLOAD_STACK), 0);
    CHECK_EQUAL(machine.closes, 3);
    CHECK(program_runs);
}
