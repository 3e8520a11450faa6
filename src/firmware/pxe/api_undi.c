/* SPDX-License-Identifier: BSD-2-Clause */
/* UNDI (PXE 2.1 section 3.4), on top of the card's driver. A program may wait for the card's
 * interrupt where the driver can raise it. Every program may poll: UNDI_ISR START says "ours" when
 * a frame waits (docs/pxe.md). */
#include "lib/byteorder.h"
#include "lib/string.h"
#include "net/ethernet.h"
#include "net/net.h"
#include "platform/bios/pic.h"
#include "platform/nic.h"
#include "pxe/api.h"
#include "pxe/spec.h"
#include "pxe/stack.h"

enum {
    MTU = 1500,
    HEADER = sizeof(struct ethernet_header),
    RX_BUFFERS = 64,
    TX_BUFFERS = 1,
    BASE_SPEED = 1000000000, /* bit/s */
    POLLS = 8,               /* STARTs in vain, in a row: the program polls */
};

static bool undi_open;
static uint8_t tx_frame[ETH_FRAME_MAX];
static unsigned rx_buffer; /* pxe_frame_buffer() of the last frame, or for the next one */
static int waiting;        /* length of the frame in it that GET_NEXT has not handed out yet */
static bool announced;     /* START has said "ours" for that frame */
static uint8_t irq;        /* the card's line while it may interrupt, else 0 */
static uint8_t polls;      /* STARTs in vain, in a row, that the handler of the line did not send */
static bool started;       /* START was called since the last transmission */
static struct s_PXENV_UNDI_GET_STATISTICS statistics; /* broken frames never get here */

/* The card's interrupt line (IRQ) at the controllers; 0 when its driver raises none. */
static uint8_t find_irq(void)
{
    return nic.driver->interrupt ? pci_interrupt_line(&nic.pci) : 0;
}

static bool interrupt(enum nic_interrupt action)
{
    return irq && nic.driver->interrupt(&nic, action);
}

/* What was received or sent before is forgotten: the next START finds nothing. */
static uint16_t pxenv_undi_close(void *block)
{
    waiting = 0;
    announced = undi_open = false;
    pxe_isr_answers()->sent = 0;
    interrupt(INTERRUPT_OFF);
    irq = 0;
    return PXENV_STATUS_SUCCESS;
}

uint16_t pxenv_undi_shutdown(void *block)
{
    pxenv_undi_close(block);
    nic_close();
    return PXENV_STATUS_SUCCESS;
}

/* Our own boot has left the card open; this opens it again after SHUTDOWN. */
static uint16_t pxenv_undi_initialize(void *block)
{
    return nic_open() ? PXENV_STATUS_FAILURE : PXENV_STATUS_SUCCESS;
}

static uint16_t open_card(void *block)
{
    undi_open = true;
    if (pxenv_undi_initialize(block))
        return PXENV_STATUS_FAILURE;
    irq = find_irq();
    pci_disable(&nic.pci, PCI_COMMAND_INTX_OFF);
    interrupt(INTERRUPT_ON);
    return PXENV_STATUS_SUCCESS;
}

/* Our drivers receive the frames of all groups. A stack beneath us has to be told which. It trusts
 * the count, so that is checked here. */
static uint16_t pxenv_undi_set_mcast_address(void *block)
{
    const struct s_PXENV_UNDI_SET_MCAST_ADDRESS *p = block;
    size_t size = offsetof(struct s_PXENV_UNDI_SET_MCAST_ADDRESS, R_Mcast_Buf.McastAddr) +
                  p->R_Mcast_Buf.MCastAddrCount * MAC_ADDR_LEN;

    if (p->R_Mcast_Buf.MCastAddrCount > MAXNUM_MCADDR || !pxe_is_free(block, size))
        return PXENV_STATUS_FAILURE;
    return pxe_stack_is_loaded() && pxe_stack_call(PXENV_UNDI_SET_MCAST_ADDRESS, block, size)
               ? PXENV_STATUS_FAILURE
               : PXENV_STATUS_SUCCESS;
}

/* A failure to join groups is not reported. The end of this block serves as that of
 * SET_MCAST_ADDRESS, whose status overwrites the filter. */
static uint16_t pxenv_undi_open(void *block)
{
    struct s_PXENV_UNDI_OPEN *p = block;
    uint16_t filter = p->PktFilter, status = open_card(block);

    if (p->R_Mcast_Buf.MCastAddrCount)
        pxenv_undi_set_mcast_address(&p->PktFilter);
    p->PktFilter = filter;
    return status;
}

/* Has the block of SET_MCAST_ADDRESS. */
static uint16_t pxenv_undi_reset_adapter(void *block)
{
    uint16_t status;

    nic_close();
    waiting = 0;
    announced = false;
    status = undi_open ? open_card(block) : pxenv_undi_initialize(block);
    pxenv_undi_set_mcast_address(block);
    return status;
}

/* The media header, for protocols that leave it to us. No destination address means broadcast. */
static int put_header(const struct s_PXENV_UNDI_TRANSMIT *p)
{
    static const uint16_t types[] = {
        [P_IP] = ETHERTYPE_IPV4, [P_ARP] = ETHERTYPE_ARP, [P_RARP] = 0x8035};
    struct ethernet_header *header = (struct ethernet_header *)tx_frame;
    const void *dst = p->XmitFlag == XMT_BROADCAST ? NULL : pxe_pointer(p->DestAddr);

    if (dst)
        memcpy(header->to, dst, sizeof(header->to));
    else
        memset(header->to, 0xff, sizeof(header->to));
    memcpy(header->from, net.mac, sizeof(header->from));
    header->type = be16(types[p->Protocol]);
    return HEADER;
}

/* Put `n` bytes behind the `len` that tx_frame has. Returns how many it has then, -1 when they do
 * not fit. */
static int append(int len, const void *data, size_t n)
{
    if (n > sizeof(tx_frame) - (size_t)len)
        return -1;
    memcpy(tx_frame + len, data, n);
    return len + (int)n;
}

/* Drivers of DOS send without OPEN. A program that neither polls any more (no START since it last
 * sent) nor gets interrupts has to get them back, which is what opening does, too. */
static bool must_open(void)
{
    return !undi_open || !(irq || started);
}

static uint16_t pxenv_undi_transmit(void *block)
{
    const struct s_PXENV_UNDI_TRANSMIT *p = block;
    const struct s_PXENV_UNDI_TBD *d = pxe_pointer(p->TBD);
    int len = 0;

    if (p->Protocol > P_RARP || (uint32_t)d < PXE_LOW || d->DataBlkCount > MAX_DATA_BLKS ||
        (must_open() && open_card(block)))
        return PXENV_STATUS_FAILURE;
    if (p->Protocol != P_UNKNOWN)
        len = put_header(p);
    len = append(len, pxe_pointer(d->Xmit), d->ImmedLength);
    for (unsigned i = 0; len >= 0 && i < d->DataBlkCount; i++) {
        const struct DataBlk *b = &d->DataBlock[i];
        uint32_t physical = b->TDDataPtr.segment * 65536u + b->TDDataPtr.offset;

        len = append(len, b->TDPtrType ? pxe_pointer(b->TDDataPtr) : (void *)(uintptr_t)physical,
                     b->TDDataLen);
    }
    if (len < HEADER || nic_transmit(tx_frame, (size_t)len))
        return PXENV_STATUS_FAILURE;
    started = false;
    statistics.XmtGoodFrames++;
    pxe_isr_answers()->sent++;
    return PXENV_STATUS_SUCCESS;
}

static uint16_t pxenv_undi_set_station_address(void *block)
{
    const struct s_PXENV_UNDI_SET_STATION_ADDRESS *p = block;

    return memcmp(p->StationAddress, net.mac, 6) ? PXENV_STATUS_UNSUPPORTED : PXENV_STATUS_SUCCESS;
}

static uint16_t pxenv_undi_get_information(void *block)
{
    struct s_PXENV_UNDI_GET_INFORMATION *p = block;

    memset(p, 0, sizeof(*p));
    p->BaseIo = nic.io;
    p->IntNumber = find_irq();
    p->MaxTranUnit = nic.mtu ? nic.mtu : MTU;
    p->HwType = ETHER_TYPE;
    p->HwAddrLen = 6;
    memcpy(p->CurrentNodeAddress, net.mac, 6);
    memcpy(p->PermNodeAddress, nic.mac, 6);
    p->RxBufCt = RX_BUFFERS;
    p->TxBufCt = TX_BUFFERS;
    return PXENV_STATUS_SUCCESS;
}

static uint16_t pxenv_undi_get_statistics(void *block)
{
    *(struct s_PXENV_UNDI_GET_STATISTICS *)block = statistics;
    return PXENV_STATUS_SUCCESS;
}

static uint16_t pxenv_undi_clear_statistics(void *block)
{
    memset(&statistics, 0, sizeof(statistics));
    return PXENV_STATUS_SUCCESS;
}

static uint16_t pxenv_undi_get_mcast_address(void *block)
{
    struct s_PXENV_UNDI_GET_MCAST_ADDRESS *p = block;

    /* RFC 1112 section 6.4: 01 00 5e and the address's lower 23 bits */
    *(uint32_t *)p->MediaAddr = 0x5e0001 | (p->InetAddr & 0x7f00) << 16;
    *(uint16_t *)(p->MediaAddr + 4) = (uint16_t)(p->InetAddr >> 16);
    return PXENV_STATUS_SUCCESS;
}

static uint16_t pxenv_undi_get_nic_type(void *block)
{
    struct s_PXENV_UNDI_GET_NIC_TYPE *p = block;

    *p = (struct s_PXENV_UNDI_GET_NIC_TYPE){.NicType = PCI_NIC,
                                            .info.pci.Vendor_ID = nic.pci.vendor,
                                            .info.pci.Dev_ID = nic.pci.device,
                                            .info.pci.Base_Class = 2,
                                            .info.pci.Rev = pci_read8(&nic.pci, PCI_REVISION),
                                            .info.pci.BusDevFunc = nic.pci.busdevfn};
    *(uint32_t *)&p->info.pci.SubVendor_ID = pci_read32(&nic.pci, PCI_SUBSYSTEM);
    return PXENV_STATUS_SUCCESS;
}

/* The flag for interrupts is not set, though they work where GET_INFORMATION names a line: a
 * program that has the choice polls then, which is faster. */
static uint16_t pxenv_undi_get_iface_info(void *block)
{
    struct s_PXENV_UNDI_GET_IFACE_INFO *p = block;

    *p = (struct s_PXENV_UNDI_GET_IFACE_INFO){.IfaceType = "DIX+802.3",
                                              .LinkSpeed = BASE_SPEED,
                                              .ServiceFlags = UNDI_CAN_BROADCAST |
                                                              UNDI_CAN_MULTICAST | UNDI_CAN_RESET |
                                                              UNDI_CAN_OPEN_CLOSE};
    return PXENV_STATUS_SUCCESS;
}

/* Receive a frame unless one waits. Frames that arrived broken are skipped, else the good one
 * behind them would wait for the next interrupt. */
static void look_for_frame(void)
{
    for (unsigned tries = 0; waiting < HEADER && undi_open && tries < RX_BUFFERS; tries++) {
        waiting = nic_poll(pxe_frame_buffer(rx_buffer), ETH_FRAME_MAX);
        if (!waiting)
            return;
    }
}

/* Interrupts slow down a program that polls, so the card stops raising them. */
static void count_poll(bool ours)
{
    started = true;
    if (!irq)
        return;
    polls = ours || pic_in_service(irq) ? 0 : polls + 1;
    if (polls == POLLS) {
        interrupt(INTERRUPT_OFF);
        irq = 0;
    }
}

/* Answer to START, which comes from the program's interrupt handler, or again and again when the
 * program polls. A frame is announced once: on a line that another device holds, a handler that is
 * always told "ours" would never end. */
static bool is_ours(void)
{
    bool ours = interrupt(INTERRUPT_ACKNOWLEDGE);

    pxe_isr_answers()->drained = false;
    if (!ours && !announced) {
        look_for_frame();
        ours = waiting >= HEADER || pxe_isr_answers()->sent;
    }
    announced |= ours;
    count_poll(ours);
    return ours;
}

/* Hand out the frame that waits, and look whether this was the last. */
static void receive(struct s_PXENV_UNDI_ISR *p)
{
    const struct ethernet_header *frame = (const void *)pxe_frame_buffer(rx_buffer);

    p->FuncFlag = PXENV_UNDI_ISR_OUT_RECEIVE;
    p->BufferLength = p->FrameLength = (uint16_t)waiting;
    p->FrameHeaderLength = HEADER;
    p->Frame = rm_far(frame);
    p->ProtType = frame->type == be16(ETHERTYPE_IPV4)  ? P_IP
                  : frame->type == be16(ETHERTYPE_ARP) ? P_ARP
                                                       : P_UNKNOWN;
    p->PktType = !(frame->to[0] & 1)    ? P_DIRECTED
                 : frame->to[0] == 0xff ? P_BROADCAST
                                        : P_MULTICAST;
    statistics.RcvGoodFrames++;
    rx_buffer ^= 1;
    waiting = 0;
    look_for_frame();
    pxe_isr_answers()->drained = waiting < HEADER;
}

/* Section 3.4.18. Most of the answers that need no frame come from pxe/entry.inc. */
static uint16_t pxenv_undi_isr(void *block)
{
    struct s_PXENV_UNDI_ISR *p = block;

    switch (p->FuncFlag) {
    case PXENV_UNDI_ISR_IN_START:
        p->FuncFlag = is_ours() ? PXENV_UNDI_ISR_OUT_OURS : PXENV_UNDI_ISR_OUT_NOT_OURS;
        return PXENV_STATUS_SUCCESS;
    case PXENV_UNDI_ISR_IN_PROCESS:
    case PXENV_UNDI_ISR_IN_GET_NEXT:
        break;
    default:
        return PXENV_STATUS_FAILURE;
    }
    if (pxe_isr_answers()->sent) {
        pxe_isr_answers()->sent--;
        p->FuncFlag = PXENV_UNDI_ISR_OUT_TRANSMIT;
        return PXENV_STATUS_SUCCESS;
    }
    announced = false;
    look_for_frame();
    p->FuncFlag = PXENV_UNDI_ISR_OUT_DONE;
    if (waiting >= HEADER)
        receive(p);
    return PXENV_STATUS_SUCCESS;
}

PXE_OPCODE(PXENV_UNDI_STARTUP, pxenv_nothing_to_do, uint16_t);
PXE_OPCODE(PXENV_UNDI_CLEANUP, pxenv_nothing_to_do, uint16_t);
PXE_OPCODE(PXENV_UNDI_INITIALIZE, pxenv_undi_initialize, uint16_t);
PXE_OPCODE(PXENV_UNDI_RESET_ADAPTER, pxenv_undi_reset_adapter, uint16_t[2]);
PXE_OPCODE(PXENV_UNDI_SHUTDOWN, pxenv_undi_shutdown, uint16_t);
PXE_OPCODE(PXENV_UNDI_OPEN, pxenv_undi_open, uint16_t[4]);
PXE_OPCODE(PXENV_UNDI_CLOSE, pxenv_undi_close, uint16_t);
PXE_OPCODE(PXENV_UNDI_TRANSMIT, pxenv_undi_transmit, struct s_PXENV_UNDI_TRANSMIT);
PXE_OPCODE(PXENV_UNDI_SET_MCAST_ADDRESS, pxenv_undi_set_mcast_address, uint16_t[2]);
PXE_OPCODE(PXENV_UNDI_SET_STATION_ADDRESS, pxenv_undi_set_station_address,
           struct s_PXENV_UNDI_SET_STATION_ADDRESS);
/* The program drops what it does not want. */
PXE_OPCODE(PXENV_UNDI_SET_PACKET_FILTER, pxenv_nothing_to_do, uint16_t);
PXE_OPCODE(PXENV_UNDI_GET_INFORMATION, pxenv_undi_get_information,
           struct s_PXENV_UNDI_GET_INFORMATION);
PXE_OPCODE(PXENV_UNDI_GET_STATISTICS, pxenv_undi_get_statistics,
           struct s_PXENV_UNDI_GET_STATISTICS);
PXE_OPCODE(PXENV_UNDI_CLEAR_STATISTICS, pxenv_undi_clear_statistics, uint16_t);
PXE_OPCODE(PXENV_UNDI_GET_MCAST_ADDRESS, pxenv_undi_get_mcast_address,
           struct s_PXENV_UNDI_GET_MCAST_ADDRESS);
PXE_OPCODE(PXENV_UNDI_GET_NIC_TYPE, pxenv_undi_get_nic_type, struct s_PXENV_UNDI_GET_NIC_TYPE);
PXE_OPCODE(PXENV_UNDI_GET_IFACE_INFO, pxenv_undi_get_iface_info,
           struct s_PXENV_UNDI_GET_IFACE_INFO);
PXE_OPCODE(PXENV_UNDI_ISR, pxenv_undi_isr, struct s_PXENV_UNDI_ISR);
