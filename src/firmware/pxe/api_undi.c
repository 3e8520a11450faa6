/* PXE 2.1 section 3.4: UNDI, on top of the native driver. A program may wait for the card's
 * interrupt where the driver knows how to raise it; in any case it may poll: UNDI_ISR START then
 * says "ours" when a frame waits (docs/pxe.md). */
#include "platform/bios/pic.h"
#include "platform/nic.h"
#include "lib/string.h"
#include "lib/byteorder.h"
#include "net/net.h"
#include "pxe/api.h"
#include "pxe/calls.h"
#include "pxe/stack.h"

enum {
    ETHERNET = 1,
    MTU = 1500,
    HEADER = 14,
    RX_BUFFERS = 64,
    TX_BUFFERS = 1,
    BASE_SPEED = 1000000000, /* bit/s */
    TX_BROADCAST = 1,
    TX_GOOD = 0,
    RX_GOOD = 1,
    PACKET_DIRECTED = 0,
    PACKET_BROADCAST = 1,
    PACKET_MULTICAST = 2,
    GROUPS_MAX = 8,
    POLLS = 8, /* a program that asks so often in a row wants no interrupts */
};

struct undi_set_multicast {
    uint16_t status, count;
    uint8_t mac[GROUPS_MAX][16];
} __attribute__((packed));

struct undi_multicast {
    uint16_t status;
    uint32_t ip;
    uint8_t mac[16];
} __attribute__((packed));

struct undi_station_address {
    uint16_t status;
    uint8_t mac[16];
} __attribute__((packed));

struct undi_statistics {
    uint16_t status;
    uint32_t count[4]; /* frames sent, received, and errors of two kinds */
} __attribute__((packed));

static uint8_t tx_frame[ETH_FRAME_MAX];
static bool undi_open;
static bool announced;  /* START has told of the waiting frame */
static uint8_t irq;     /* in use; 0 = the program has to poll, or does */
static uint8_t polls;   /* STARTs in a row that were vain, and not from the program's handler */
static bool started;    /* since the last transmission */
static unsigned buffer; /* the one the next frame goes to, or has gone to */
static uint32_t
    statistics[4];  /* frames sent, received, and errors of two kinds, of which none gets here */
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
static uint16_t close_card(void *block)
{
    waiting = 0;
    announced = undi_open = false;
    pxe_isr_answers()->sent = 0;
    interrupt(INTERRUPT_OFF);
    irq = 0;
    return PXENV_STATUS_SUCCESS;
}

uint16_t pxe_undi_shut_down(void *block)
{
    close_card(block);
    nic_close();
    return PXENV_STATUS_SUCCESS;
}

/* The card stays started from our own use of it: after SHUTDOWN or RESET it is started anew. */
static uint16_t start_card(void *block)
{
    return nic_open() ? PXENV_STATUS_FAILURE : PXENV_STATUS_SUCCESS;
}

static uint16_t open_card(void *block)
{
    undi_open = true;
    if (start_card(block))
        return PXENV_STATUS_FAILURE;
    irq = find_irq();
    pci_disable(&nic.pci, PCI_COMMAND_INTX_OFF);
    interrupt(INTERRUPT_ON);
    return PXENV_STATUS_SUCCESS;
}

/* A native driver receives the frames of all groups. A stack that we run on has to be told which,
 * and trusts the count. */
static uint16_t set_multicast(void *block)
{
    const struct undi_set_multicast *p = block;

    size_t size = offsetof(struct undi_set_multicast, mac) + p->count * sizeof(p->mac[0]);

    if (p->count > GROUPS_MAX || !pxe_is_free(block, size))
        return PXENV_STATUS_FAILURE;
    return pxe_stack_is_loaded() && pxe_stack_call(PXENV_UNDI_SET_MCAST_ADDRESS, block, size)
               ? PXENV_STATUS_FAILURE
               : PXENV_STATUS_SUCCESS;
}

/* Groups are not what it fails for. Its block ends like that of SET_MCAST_ADDRESS, with the filter
 * in the place of the status. */
static uint16_t open_call(void *block)
{
    struct undi_open *p = block;
    uint16_t filter = p->filter, status = open_card(block);

    if (p->multicast_count)
        set_multicast(&p->filter);
    p->filter = filter;
    return status;
}

/* The block is that of SET_MCAST_ADDRESS. */
static uint16_t reset_card(void *block)
{
    uint16_t status;

    nic_close();
    waiting = 0;
    announced = false;
    status = undi_open ? open_card(block) : start_card(block);
    set_multicast(block);
    return status;
}

/* Header for the protocols the program leaves to us. */
static size_t put_header(const struct undi_transmit *p)
{
    static const uint16_t types[] = {0, 0x0008, 0x0608, 0x3580}; /* in network byte order */
    const void *to = p->flag == TX_BROADCAST ? NULL : pxe_pointer(p->destination);

    if (to)
        memcpy(tx_frame, to, 6);
    else
        memset(tx_frame, 0xff, 6);
    memcpy(tx_frame + 6, net.mac, 6);
    *(uint16_t *)(tx_frame + 12) = types[p->protocol];
    return HEADER;
}

/* Drivers of DOS send and receive without OPEN. */
static uint16_t transmit(void *block)
{
    const struct undi_transmit *p = block;
    const struct undi_tx_descriptor *d = pxe_pointer(p->descriptor);
    size_t len = 0;

    if (p->protocol > UNDI_PROTOCOL_RARP || (uint32_t)d < PXE_LOW ||
        d->blocks > UNDI_TX_BLOCKS_MAX || ((!undi_open || !(irq || started)) && open_card(block)))
        return PXENV_STATUS_FAILURE;
    if (p->protocol != UNDI_PROTOCOL_UNKNOWN)
        len = put_header(p);
    for (int i = -1; i < d->blocks; i++) {
        struct far_pointer data = i < 0 ? d->data : d->block[i].data;
        size_t n = i < 0 ? d->length : d->block[i].length;
        bool physical = i >= 0 && !d->block[i].pointer_type;

        if (n > sizeof(tx_frame) - len)
            return PXENV_STATUS_FAILURE;
        memcpy(tx_frame + len,
               physical ? (void *)(data.segment * 65536u + data.offset) : pxe_pointer(data), n);
        len += n;
    }
    if (len < HEADER || nic_transmit(tx_frame, len))
        return PXENV_STATUS_FAILURE;
    started = false;
    statistics[TX_GOOD]++;
    pxe_isr_answers()->sent++;
    return PXENV_STATUS_SUCCESS;
}

static uint16_t set_station_address(void *block)
{
    const struct undi_station_address *p = block;

    return memcmp(p->mac, net.mac, 6) ? PXENV_STATUS_UNSUPPORTED : PXENV_STATUS_SUCCESS;
}

static uint16_t get_information(void *block)
{
    struct undi_information *p = block;

    memset(p, 0, sizeof(*p));
    p->base_io = nic.io;
    p->interrupt = find_irq();
    p->mtu = nic.mtu ? nic.mtu : MTU;
    p->hardware_type = ETHERNET;
    p->address_length = 6;
    memcpy(p->current, net.mac, 6);
    memcpy(p->permanent, nic.mac, 6);
    p->rx_buffers = RX_BUFFERS;
    p->tx_buffers = TX_BUFFERS;
    return PXENV_STATUS_SUCCESS;
}

static uint16_t get_statistics(void *block)
{
    memcpy((uint8_t *)block + 2, statistics, sizeof(statistics));
    return PXENV_STATUS_SUCCESS;
}

static uint16_t clear_statistics(void *block)
{
    memset(statistics, 0, sizeof(statistics));
    return PXENV_STATUS_SUCCESS;
}

static uint16_t get_multicast(void *block)
{
    struct undi_multicast *p = block;

    /* RFC 1112 section 6.4: 01 00 5e and the address's lower 23 bits */
    *(uint32_t *)p->mac = 0x5e0001 | (p->ip & 0x7f00) << 16;
    *(uint16_t *)(p->mac + 4) = (uint16_t)(p->ip >> 16);
    return PXENV_STATUS_SUCCESS;
}

static uint16_t get_nic_type(void *block)
{
    struct undi_nic_type *p = block;

    *p = (struct undi_nic_type){.type = UNDI_PCI_NIC,
                                .vendor = nic.pci.vendor,
                                .device = nic.pci.device,
                                .base = 2,
                                .revision = pci_read8(&nic.pci, PCI_REVISION),
                                .busdevfn = nic.pci.busdevfn};
    *(uint32_t *)&p->subsystem_vendor = pci_read32(&nic.pci, PCI_SUBSYSTEM);
    return PXENV_STATUS_SUCCESS;
}

/* The interrupt works where GET_INFORMATION names a line, but a program that may choose had better
 * poll: it need not sleep and wake up for each frame, nor trust the line. */
static uint16_t get_interface(void *block)
{
    struct undi_interface *p = block;

    *p = (struct undi_interface){.type = "DIX+802.3",
                                 .speed = BASE_SPEED,
                                 .flags = UNDI_CAN_BROADCAST | UNDI_CAN_MULTICAST | UNDI_CAN_RESET |
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

static uint16_t isr(void *block)
{
    struct undi_isr *p = block;
    const uint8_t *frame = pxe_frame_buffer(buffer);

    switch (p->function) {
    case UNDI_ISR_IN_START:
        p->function = is_ours() ? UNDI_ISR_OUT_OURS : UNDI_ISR_OUT_NOT_OURS;
        return PXENV_STATUS_SUCCESS;
    case UNDI_ISR_IN_PROCESS:
    case UNDI_ISR_IN_GET_NEXT:
        break;
    default:
        return PXENV_STATUS_FAILURE;
    }
    if (pxe_isr_answers()->sent) { /* mostly said by pxe/entry.inc */
        pxe_isr_answers()->sent--;
        p->function = UNDI_ISR_OUT_TRANSMIT;
        return PXENV_STATUS_SUCCESS;
    }
    announced = false;
    look_for_frame();
    p->function = UNDI_ISR_OUT_DONE;
    if (waiting < HEADER)
        return PXENV_STATUS_SUCCESS;
    p->function = UNDI_ISR_OUT_RECEIVE;
    p->buffer_length = p->frame_length = (uint16_t)waiting;
    p->header_length = HEADER;
    p->frame = rm_far(frame);
    p->protocol = UNDI_PROTOCOL_UNKNOWN;
    if (frame[12] == 8)
        p->protocol = frame[13] == 0   ? UNDI_PROTOCOL_IP
                      : frame[13] == 6 ? UNDI_PROTOCOL_ARP
                                       : UNDI_PROTOCOL_UNKNOWN;
    p->packet_type = !(frame[0] & 1)    ? PACKET_DIRECTED
                     : frame[0] == 0xff ? PACKET_BROADCAST
                                        : PACKET_MULTICAST;
    statistics[RX_GOOD]++;
    buffer ^= 1;
    waiting = 0;
    look_for_frame();
    pxe_isr_answers()->drained = waiting < HEADER;
    return PXENV_STATUS_SUCCESS;
}

PXE_OPCODE(PXENV_UNDI_STARTUP, pxe_done, uint16_t);
PXE_OPCODE(PXENV_UNDI_CLEANUP, pxe_done, uint16_t);
PXE_OPCODE(PXENV_UNDI_INITIALIZE, start_card, uint16_t);
PXE_OPCODE(PXENV_UNDI_RESET, reset_card, uint16_t[2]);
PXE_OPCODE(PXENV_UNDI_SHUTDOWN, pxe_undi_shut_down, uint16_t);
PXE_OPCODE(PXENV_UNDI_OPEN, open_call, uint16_t[4]);
PXE_OPCODE(PXENV_UNDI_CLOSE, close_card, uint16_t);
PXE_OPCODE(PXENV_UNDI_TRANSMIT, transmit, struct undi_transmit);
PXE_OPCODE(PXENV_UNDI_SET_MCAST_ADDRESS, set_multicast, uint16_t[2]);
PXE_OPCODE(PXENV_UNDI_SET_STATION_ADDRESS, set_station_address, struct undi_station_address);
PXE_OPCODE(PXENV_UNDI_SET_PACKET_FILTER, pxe_done,
           uint16_t); /* the program drops what it does not want */
PXE_OPCODE(PXENV_UNDI_GET_INFORMATION, get_information, struct undi_information);
PXE_OPCODE(PXENV_UNDI_GET_STATISTICS, get_statistics, struct undi_statistics);
PXE_OPCODE(PXENV_UNDI_CLEAR_STATISTICS, clear_statistics, uint16_t);
PXE_OPCODE(PXENV_UNDI_GET_MCAST_ADDRESS, get_multicast, struct undi_multicast);
PXE_OPCODE(PXENV_UNDI_GET_NIC_TYPE, get_nic_type, struct undi_nic_type);
PXE_OPCODE(PXENV_UNDI_GET_IFACE_INFO, get_interface, struct undi_interface);
PXE_OPCODE(PXENV_UNDI_ISR, isr, struct undi_isr);
