/* SPDX-License-Identifier: BSD-2-Clause */
/* Network driver on top of the UNDI of a PXE stack (PXE 2.1 section 3.4).
 *
 * By interrupt: the card's line is masked at the interrupt controller, which still shows whether it
 * is raised. When it is, PXENV_UNDI_ISR is called as an interrupt handler would: START, and if the
 * interrupt is the card's, PROCESS and GET_NEXT until nothing is left (section 3.4.18). No handler
 * runs while 32-bit code does, and a line shared with another device does no harm.
 *
 * By polling: some cards raise no interrupt, and some stacks deny it in START. So the stack is
 * asked every few milliseconds anyway, and at every poll once that has brought frames. */
#include "lib/byteorder.h"
#include "lib/string.h"
#include "net/ethernet.h"
#include "platform/bios/pic.h"
#include "platform/bios/realmode.h"
#include "platform/bios/timer.h"
#include "pxe/direct.h"
#include "pxe/spec.h"
#include "pxe/stack.h"

enum {
    ASK_ANYWAY_MS = 5,
    SILENT_FRAMES = 4, /* in a row, without an interrupt: interrupts do not work */
    CALLS_PER_POLL = 16,
    BURST = 4, /* stock stacks give their cards as little as four buffers */
    MTU_MIN = 576,
    MTU_MAX = 1500,
    CASCADE = 2,        /* IRQ 2 is IRQ 9 on AT machines */
    FCS = 4,            /* bytes at a frame's end that some stacks count */
    DESCRIPTOR_AT = 64, /* in rm_buffer, behind the parameter block */
    FRAME_AT = 256,
};

static const struct pxe_direct *direct;
static uint8_t irq;
static uint16_t next_function; /* what to call PXENV_UNDI_ISR with */
static struct deadline ask_anyway;
static bool announced;    /* START has said "ours" for the frames to come */
static unsigned silently; /* frames in a row without that */

static int undi_probe(struct nic *nic)
{
    struct s_PXENV_UNDI_GET_INFORMATION info = {.Status = 0};
    int busdevfn = pxe_stack_busdevfn();

    if (pxe_stack_call(PXENV_UNDI_GET_INFORMATION, &info, sizeof(info)) || info.HwAddrLen != 6)
        return E_PXE_STACK;
    memcpy(nic->mac, info.CurrentNodeAddress, sizeof(nic->mac));
    irq = info.IntNumber == CASCADE ? 9 : info.IntNumber < 16 ? (uint8_t)info.IntNumber : 0;
    nic->burst = BURST;
    if (info.MaxTranUnit >= MTU_MIN && info.MaxTranUnit < MTU_MAX) /* others are not true */
        nic->mtu = info.MaxTranUnit;
    if (busdevfn >= 0)
        pci_identify(&nic->pci, (uint16_t)busdevfn);
    return 0;
}

/* Without a line to look at, START has to tell. */
static bool interrupt_raised(void)
{
    return !irq || pic_raised(irq);
}

/* Broadcasts have to arrive: some stacks have no filter for them, but one for everything. */
static uint16_t packet_filter(void)
{
    struct s_PXENV_UNDI_GET_IFACE_INFO info = {.ServiceFlags = 0};

    if (pxe_stack_call(PXENV_UNDI_GET_IFACE_INFO, &info, sizeof(info)) ||
        (info.ServiceFlags & (UNDI_CAN_BROADCAST | UNDI_CAN_PROMISCUOUS)) != UNDI_CAN_PROMISCUOUS)
        return FLTR_DIRECTED | FLTR_BRDCST;
    return FLTR_DIRECTED | FLTR_PRMSCS;
}

static int undi_open(struct nic *nic)
{
    struct s_PXENV_UNDI_OPEN open = {.PktFilter = packet_filter()};

    direct = pxe_stack_direct();
    if (direct) {
        nic->burst = (uint8_t)direct->burst;
        nic->mtu = (uint16_t)direct->mtu;
    }
    silently = 0;
    pic_mask(irq);
    next_function = PXENV_UNDI_ISR_IN_PROCESS;
    ask_anyway = deadline_in(ASK_ANYWAY_MS);
    return pxe_stack_call(PXENV_UNDI_OPEN, &open, sizeof(open)) ? E_NIC_OPEN : 0;
}

/* Put the buffer that PXENV_UNDI_ISR delivered behind the frame's `len` bytes, as far as there is
 * room. A long frame comes in several buffers. Returns its length so far. */
static size_t append(const struct s_PXENV_UNDI_ISR *isr, uint8_t *buf, size_t len, size_t cap)
{
    size_t room = len < cap ? cap - len : 0;

    memcpy(buf + len, pxe_pointer(isr->Frame), isr->BufferLength < room ? isr->BufferLength : room);
    return len + isr->BufferLength;
}

/* Whether to ask for frames. */
static bool wants_service(void)
{
    struct s_PXENV_UNDI_ISR isr = {.FuncFlag = PXENV_UNDI_ISR_IN_START};
    bool anyway = silently >= SILENT_FRAMES || deadline_passed(&ask_anyway);

    if (!anyway && !interrupt_raised())
        return false;
    pxe_stack_call(PXENV_UNDI_ISR, &isr,
                   sizeof(isr)); /* FuncFlag is right even where the status is not */
    announced = isr.FuncFlag == PXENV_UNDI_ISR_OUT_OURS;
    if (!announced && !anyway)
        return false;
    ask_anyway = deadline_in(ASK_ANYWAY_MS);
    return true;
}

static int undi_poll(struct nic *nic, void *buf, size_t cap)
{
    size_t len = 0;

    if (direct)
        return direct->poll(buf, cap);
    if (next_function == PXENV_UNDI_ISR_IN_PROCESS && !wants_service())
        return 0;
    for (unsigned calls = 0; calls < CALLS_PER_POLL; calls++) {
        struct s_PXENV_UNDI_ISR isr = {.FuncFlag = next_function};

        pxe_stack_call(PXENV_UNDI_ISR, &isr, sizeof(isr));
        next_function = PXENV_UNDI_ISR_IN_GET_NEXT;
        if (isr.FuncFlag == PXENV_UNDI_ISR_OUT_RECEIVE) {
            silently = announced ? 0 : silently + 1;
            len = append(&isr, buf, len, cap);
            if (len >= isr.FrameLength)
                return len > cap + FCS ? E_PROTOCOL : len > cap ? (int)cap : (int)len;
        } else if (isr.FuncFlag != PXENV_UNDI_ISR_OUT_TRANSMIT) {
            next_function = PXENV_UNDI_ISR_IN_PROCESS;
            return 0;
        }
    }
    return 0;
}

/* Some stacks put a media header on every frame, so they are told the protocol and destination, and
 * get the frame without it. Those of other protocols go out as they are. */
static int undi_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct s_PXENV_UNDI_TBD *descriptor = (struct s_PXENV_UNDI_TBD *)(rm_buffer + DESCRIPTOR_AT);
    uint8_t *copy = rm_buffer + FRAME_AT;
    struct s_PXENV_UNDI_TRANSMIT call = {.TBD = rm_far(descriptor), .DestAddr = rm_far(copy)};
    size_t header = sizeof(struct ethernet_header);

    if (direct)
        return direct->transmit(frame, len);
    len = copy_padded(copy, frame, len);
    switch (be16(((struct ethernet_header *)copy)->type)) {
    case ETHERTYPE_IPV4:
        call.Protocol = P_IP;
        break;
    case ETHERTYPE_ARP:
        call.Protocol = P_ARP;
        break;
    default:
        header = 0;
    }
    call.XmitFlag = header && (copy[0] & copy[1] & copy[2] & copy[3] & copy[4] & copy[5]) == 0xff;
    *descriptor = (struct s_PXENV_UNDI_TBD){.ImmedLength = (uint16_t)(len - header),
                                            .Xmit = rm_far(copy + header)};
    return pxe_stack_call(PXENV_UNDI_TRANSMIT, &call, sizeof(call)) ? E_TRANSMIT : 0;
}

static bool undi_link(struct nic *nic)
{
    return true; /* the stack has loaded us over it */
}

static void undi_close(struct nic *nic)
{
    uint16_t block = 0;

    pxe_stack_call(PXENV_UNDI_CLOSE, &block, sizeof(block));
    direct = NULL;
    pic_restore();
}

const struct net_driver undi_driver = {
    .name = "undi",
    .probe = undi_probe,
    .open = undi_open,
    .poll = undi_poll,
    .transmit = undi_transmit,
    .link = undi_link,
    .close = undi_close,
};
