/* PXE 2.1 section 3.4: UNDI, on top of the native driver. A program may wait for the card's
 * interrupt where the driver knows how to raise it; in any case it may poll: UNDI_ISR START then
 * says "ours" when a frame waits (docs/pxe.md). */
#include "platform/bios/pic.h"
#include "platform/nic.h"
#include "lib/string.h"
#include "lib/byteorder.h"
#include "net/net.h"
#include "pxe/api.h"
#include "pxe/spec.h"
#include "pxe/stack.h"

enum {
    MTU = 1500,
    HEADER = 14,
    RX_BUFFERS = 64,
    TX_BUFFERS = 1,
    BASE_SPEED = 1000000000, /* bit/s */
    POLLS = 8,               /* a program that asks so often in a row wants no interrupts */
};

static uint8_t tx_frame[ETH_FRAME_MAX];
static bool undi_open;
static bool announced;  /* START has told of the waiting frame */
static uint8_t irq;     /* in use; 0 = the program has to poll, or does */
static uint8_t polls;   /* STARTs in a row that were vain, and not from the program's handler */
static bool started;    /* since the last transmission */
static unsigned buffer; /* the one the next frame goes to, or has gone to */
static struct s_PXENV_UNDI_GET_STATISTICS statistics; /* frames with errors do not get here */
static int waiting; /* length of the frame that START found, not handed out yet */

/* The card's interrupt line at the legacy controllers; 0 when it cannot be used. */
static uint8_t find_irq(void)
{
    return nic.driver->interrupt ? pci_interrupt_line(&nic.pci) : 0;
}

static bool interrupt(enum nic_interrupt action)
{
    return irq && nic.driver->interrupt(&nic, action);
}

uint16_t pxe_done(void *block)
{
    return PXENV_STATUS_SUCCESS;
}

/* After this START has nothing of the card's to say. */
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

/* The card stays started from our own use of it: after SHUTDOWN or RESET it is started anew. */
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

/* A native driver receives the frames of all groups. A stack that we run on has to be told which,
 * and trusts the count. */
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

/* Groups are not what it fails for. Its block ends like that of SET_MCAST_ADDRESS, with the filter
 * in the place of the status. */
static uint16_t pxenv_undi_open(void *block)
{
    struct s_PXENV_UNDI_OPEN *p = block;
    uint16_t filter = p->PktFilter, status = open_card(block);

    if (p->R_Mcast_Buf.MCastAddrCount)
        pxenv_undi_set_mcast_address(&p->PktFilter);
    p->PktFilter = filter;
    return status;
}

/* The block is that of SET_MCAST_ADDRESS. */
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

/* Header for the protocols the program leaves to us. */
static size_t put_header(const struct s_PXENV_UNDI_TRANSMIT *p)
{
    static const uint16_t types[] = {0, 0x0008, 0x0608, 0x3580}; /* in network byte order */
    const void *to = p->XmitFlag == XMT_BROADCAST ? NULL : pxe_pointer(p->DestAddr);

    if (to)
        memcpy(tx_frame, to, 6);
    else
        memset(tx_frame, 0xff, 6);
    memcpy(tx_frame + 6, net.mac, 6);
    *(uint16_t *)(tx_frame + 12) = types[p->Protocol];
    return HEADER;
}

/* Drivers of DOS send and receive without OPEN. */
static uint16_t pxenv_undi_transmit(void *block)
{
    const struct s_PXENV_UNDI_TRANSMIT *p = block;
    const struct s_PXENV_UNDI_TBD *d = pxe_pointer(p->TBD);
    size_t len = 0;

    if (p->Protocol > P_RARP || (uint32_t)d < PXE_LOW || d->DataBlkCount > MAX_DATA_BLKS ||
        ((!undi_open || !(irq || started)) && open_card(block)))
        return PXENV_STATUS_FAILURE;
    if (p->Protocol != P_UNKNOWN)
        len = put_header(p);
    for (int i = -1; i < d->DataBlkCount; i++) {
        struct far_pointer data = i < 0 ? d->Xmit : d->DataBlock[i].TDDataPtr;
        size_t n = i < 0 ? d->ImmedLength : d->DataBlock[i].TDDataLen;
        bool physical = i >= 0 && !d->DataBlock[i].TDPtrType;

        if (n > sizeof(tx_frame) - len)
            return PXENV_STATUS_FAILURE;
        memcpy(tx_frame + len,
               physical ? (void *)(data.segment * 65536u + data.offset) : pxe_pointer(data), n);
        len += n;
    }
    if (len < HEADER || nic_transmit(tx_frame, len))
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

/* The interrupt works where GET_INFORMATION names a line, but a program that may choose had better
 * poll: it need not sleep and wake up for each frame, nor trust the line. */
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

/* A frame that arrived broken is no reason to leave the good one behind it until the next
 * interrupt. */
static void look_for_frame(void)
{
    for (unsigned tries = 0; waiting < HEADER && undi_open && tries < RX_BUFFERS; tries++) {
        waiting = nic_poll(pxe_frame_buffer(buffer), ETH_FRAME_MAX);
        if (!waiting)
            return;
    }
}

/* Interrupts slow a program down that polls, so it gets none until it has transmitted twice without
 * a START in between. */
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

/* START comes from the program's interrupt handler, or again and again from one that polls. A
 * waiting frame is told of once: on a shared line that another device holds, a handler that is
 * always told "ours" never ends. */
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

static uint16_t pxenv_undi_isr(void *block)
{
    struct s_PXENV_UNDI_ISR *p = block;
    const uint8_t *frame = pxe_frame_buffer(buffer);

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
    if (pxe_isr_answers()->sent) { /* mostly said by pxe/entry.inc */
        pxe_isr_answers()->sent--;
        p->FuncFlag = PXENV_UNDI_ISR_OUT_TRANSMIT;
        return PXENV_STATUS_SUCCESS;
    }
    announced = false;
    look_for_frame();
    p->FuncFlag = PXENV_UNDI_ISR_OUT_DONE;
    if (waiting < HEADER)
        return PXENV_STATUS_SUCCESS;
    p->FuncFlag = PXENV_UNDI_ISR_OUT_RECEIVE;
    p->BufferLength = p->FrameLength = (uint16_t)waiting;
    p->FrameHeaderLength = HEADER;
    p->Frame = rm_far(frame);
    p->ProtType = P_UNKNOWN;
    if (frame[12] == 8)
        p->ProtType = frame[13] == 0 ? P_IP : frame[13] == 6 ? P_ARP : P_UNKNOWN;
    p->PktType = !(frame[0] & 1) ? P_DIRECTED : frame[0] == 0xff ? P_BROADCAST : P_MULTICAST;
    statistics.RcvGoodFrames++;
    buffer ^= 1;
    waiting = 0;
    look_for_frame();
    pxe_isr_answers()->drained = waiting < HEADER;
    return PXENV_STATUS_SUCCESS;
}

PXE_OPCODE(PXENV_UNDI_STARTUP, pxe_done, uint16_t);
PXE_OPCODE(PXENV_UNDI_CLEANUP, pxe_done, uint16_t);
PXE_OPCODE(PXENV_UNDI_INITIALIZE, pxenv_undi_initialize, uint16_t);
PXE_OPCODE(PXENV_UNDI_RESET_ADAPTER, pxenv_undi_reset_adapter, uint16_t[2]);
PXE_OPCODE(PXENV_UNDI_SHUTDOWN, pxenv_undi_shutdown, uint16_t);
PXE_OPCODE(PXENV_UNDI_OPEN, pxenv_undi_open, uint16_t[4]);
PXE_OPCODE(PXENV_UNDI_CLOSE, pxenv_undi_close, uint16_t);
PXE_OPCODE(PXENV_UNDI_TRANSMIT, pxenv_undi_transmit, struct s_PXENV_UNDI_TRANSMIT);
PXE_OPCODE(PXENV_UNDI_SET_MCAST_ADDRESS, pxenv_undi_set_mcast_address, uint16_t[2]);
PXE_OPCODE(PXENV_UNDI_SET_STATION_ADDRESS, pxenv_undi_set_station_address,
           struct s_PXENV_UNDI_SET_STATION_ADDRESS);
PXE_OPCODE(PXENV_UNDI_SET_PACKET_FILTER, pxe_done,
           uint16_t); /* the program drops what it does not want */
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
