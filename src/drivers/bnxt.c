/* SPDX-License-Identifier: BSD-2-Clause */
/* Broadcom NetXtreme-C and NetXtreme-E (BCM573xx, BCM574xx, BCM588xx). There is no public
 * datasheet. Commands to the firmware (HWRM), their fields and the descriptors are as Broadcom's
 * drivers in iPXE and Linux have them.
 *
 * All that is set up is asked of the firmware by commands: a table has them, and what each answer
 * is good for. One completion ring serves both directions. A reset of the function frees all. */
#include "net_driver.h"

#include "lib/string.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum { HWRM_TRIGGER = 0x100, HWRM_WINDOW = 128, RESPONSE_MAX = 1024 };
enum {
    VER_GET = 0x00,
    FUNC_RESET = 0x11,
    FUNC_QCAPS = 0x15,
    FUNC_CFG = 0x17,
    FUNC_DRV_UNRGTR = 0x1a,
    FUNC_DRV_RGTR = 0x1d,
    PORT_PHY_CFG = 0x20,
    PORT_PHY_QCFG = 0x27,
    QUEUE_QPORTCFG = 0x30,
    VNIC_ALLOC = 0x40,
    VNIC_CFG = 0x42,
    RING_ALLOC = 0x50,
    RING_GRP_ALLOC = 0x60,
    CFA_L2_FILTER_ALLOC = 0x90,
    CFA_L2_SET_RX_MASK = 0x93,
    STAT_CTX_ALLOC = 0xb0,
};
/* Responses. */
enum { ANSWER = 8, QCAPS_PORT = 10, QCAPS_MAC = 16, QUEUE_ID0 = 15, PHY_SPEEDS = 14, LINK_UP = 2 };

enum { RING_COMPLETION, RING_TX, RING_RX };
enum { PAGE_BITS = 12, NONE = 0xffff };
enum { DOORBELL_TX = 0, DOORBELL_RX = 1 << 28, DOORBELL_COMPLETION = 0x24000000 };
enum { MASK = 1 << 27 };                         /* no INTx for entries that are not taken */
enum { TX_FLAGS = 0x8140, TX_LENGTH_HINT = 13 }; /* one descriptor, the frame's end, tell at once */
enum { RX_FLAGS = 4, COMPLETION_TYPE = 0x3f, COMPLETION_TX = 0, COMPLETION_RX = 0x11 };
enum { RX_WRONG = 0x10e }; /* the buffer's or the frame's own */
/* A completion of a received frame has two entries. There is always room for all. */
enum { RX_SLOTS = 64, TX_SLOTS = 32, COMPLETIONS = 256, SIZE = 1536 };

struct descriptor {
    uint32_t word[4];
};
/* All memory that the card reads and writes but for commands; each ring begins a page. */
struct shared {
    struct descriptor completion[COMPLETIONS];
    struct descriptor rx[1 << PAGE_BITS >> 4], tx[1 << PAGE_BITS >> 4];
    uint8_t rx_buffer[RX_SLOTS][SIZE], tx_buffer[TX_SLOTS][SIZE];
};

/* What commands are given that is known only then. */
enum {
    NOTHING,
    PORT,
    MAC_LOW,
    MAC_HIGH,
    COMPLETION_PAGE,
    RX_PAGE,
    TX_PAGE,
    QUEUE,
    STATISTICS,
    COMPLETION,
    TX,
    RX,
    GROUP,
    VNIC,
    SPEEDS,
    VALUES
};

static struct {
    struct shared *shared;
    volatile uint8_t *hwrm, *doorbell;
    unsigned seen, received, sent, done; /* entries and frames, ever */
    uint32_t mask, masked;               /* MASK or 0: as asked for, and as the card has it */
    uint32_t value[VALUES];
    uint32_t request[HWRM_WINDOW / 4];
} card;
static uint8_t response[RESPONSE_MAX] __attribute__((aligned(16)));

/* A field of a command: byte offset, and what is there; at 0 a command begins, and has what its
 * answer is kept as. */
struct field {
    uint8_t at, value;
    uint16_t plus;
};

static const struct field start_up[] = {
    {0, 0, FUNC_RESET},
    {22, 0, 1}, /* this function */
    {0, 0, FUNC_DRV_RGTR},
    {20, 0, 3}, /* operating system and version */
    {24, 0, 1}, /* another one */
    {0, 0, FUNC_CFG},
    {16, 0, NONE},
    {24, 0, 0x138}, /* rings for completions, sent and received frames, a statistics context... */
    {26, 0, 8},     /* ...and a group of rings: */
    {34, 0, 1},
    {36, 0, 1},
    {38, 0, 1},
    {44, 0, 1},
    {46, 0, 1},
    {0, QUEUE, QUEUE_QPORTCFG},
    {20, PORT, 0},
    {0, STATISTICS, STAT_CTX_ALLOC},
    {0, COMPLETION, RING_ALLOC},
    {20, 0, RING_COMPLETION},
    {24, COMPLETION_PAGE, 0},
    {36, 0, PAGE_BITS},
    {40, 0, COMPLETIONS},
    {0, TX, RING_ALLOC},
    {20, 0, RING_TX},
    {24, TX_PAGE, 0},
    {36, 0, PAGE_BITS},
    {40, 0, TX_SLOTS},
    {46, COMPLETION, 0},
    {48, QUEUE, 0},
    {64, STATISTICS, 0},
    {0, RX, RING_ALLOC},
    {20, 0, RING_RX},
    {24, RX_PAGE, 0},
    {36, 0, PAGE_BITS},
    {40, 0, RX_SLOTS},
    {46, COMPLETION, 0},
    {0, GROUP, RING_GRP_ALLOC},
    {16, COMPLETION, 0},
    {18, RX, 0},
    {20, 0, NONE},
    {22, STATISTICS, 0},
    {0, VNIC, VNIC_ALLOC},
    {16, 0, 1}, /* the default one */
    {0, 0, VNIC_CFG},
    {20, 0, 0x11}, /* default group of rings, largest frame: */
    {24, VNIC, 0},
    {26, GROUP, 0},
    {34, 0, SIZE},
    {0, 0, CFA_L2_FILTER_ALLOC},
    {16, 0, 1},      /* received */
    {20, 0, 0x8003}, /* address, mask, destination: */
    {24, MAC_LOW, 0},
    {28, MAC_HIGH, 0},
    {32, 0, NONE},
    {34, 0, NONE},
    {36, 0, NONE},
    {78, VNIC, 0},
    {0, 0, CFA_L2_SET_RX_MASK},
    {16, VNIC, 0},
    {20, 0, 12}, /* all groups, broadcast */
};
static const struct field identify[] = {
    {0, 0, VER_GET},
    {16, 0, 0x0a01}, /* version 1.10 of the interface */
    {0, 0, FUNC_QCAPS},
    {16, 0, NONE},
};
static const struct field look_at_link[] = {{0, 0, PORT_PHY_QCFG}, {16, PORT, 0}};
/* Negotiate all speeds that the port has, at either duplex, with pause frames. */
static const struct field start_link[] = {
    {0, 0, PORT_PHY_CFG}, {16, 0, 9}, {20, 0, 0x17},   {24, PORT, 0},
    {28, 0, 0x204},       {30, 0, 3}, {34, SPEEDS, 0},
};
static const struct field shut_down[] = {
    {0, 0, FUNC_DRV_UNRGTR},
    {0, 0, FUNC_RESET},
    {22, 0, 1},
};

/* The last byte of a response says that it is there, whole. */
static bool answered(void)
{
    unsigned len = *(volatile uint16_t *)(response + 6);

    return len - 1 < RESPONSE_MAX && *(volatile uint8_t *)(response + len - 1) == 1;
}

/* Gives the firmware the command in card.request. */
static bool command(void)
{
    memset(response, 0, sizeof(response));
    barrier();
    for (unsigned i = 0; i < HWRM_WINDOW; i += 4)
        mmio_write32(card.hwrm, i, card.request[i / 4]);
    mmio_write32(card.hwrm, HWRM_TRIGGER, 1);
    if (!wait_until(answered(), 40000, 100))
        return false;
    barrier();
    return !*(uint16_t *)response;
}

/* Gives it those of a table, up to one that fails. */
static bool run(const struct field *field, unsigned count)
{
    uint8_t *request = (uint8_t *)card.request;

    while (count) {
        unsigned type = field->plus, result = field->value;

        memset(request, 0, HWRM_WINDOW);
        card.request[0] = type | ~0xffffu; /* no completion ring, and this function */
        card.request[1] = ~0xffffu;
        card.request[2] = (uint32_t)response;
        for (field++; --count && field->at; field++) {
            uint32_t value = card.value[field->value] + field->plus;

            memcpy(request + field->at, &value, 4); /* what lies behind it comes later */
        }
        if (!command())
            return false;
        if (result)
            card.value[result] =
                type == QUEUE_QPORTCFG ? response[QUEUE_ID0] : *(uint16_t *)(response + ANSWER);
    }
    return true;
}
#define RUN(table) run(table, sizeof(table) / sizeof((table)[0]))

static int bnxt_probe(struct nic *nic)
{
    bool known, masters = pci_read8(&nic->pci, PCI_COMMAND) & PCI_COMMAND_MASTER;

    card.hwrm = (volatile uint8_t *)pci_bar(&nic->pci, 0);
    card.doorbell = (volatile uint8_t *)pci_bar(&nic->pci, 2);
    if (!card.hwrm || !card.doorbell)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER); /* for the answers */
    known = RUN(identify);
    if (!masters) /* else a stack may still use the card, and has to shut it down */
        pci_disable(&nic->pci, PCI_COMMAND_MASTER);
    memcpy(nic->mac, response + QCAPS_MAC, 6);
    card.value[PORT] = *(uint16_t *)(response + QCAPS_PORT);
    return known && !(nic->mac[0] & 1) ? 0 : E_NO_NIC;
}

static bool bnxt_link(struct nic *nic)
{
    (void)nic;
    return RUN(look_at_link) && response[ANSWER] == LINK_UP;
}

static void ring_doorbell(uint32_t value)
{
    barrier();
    mmio_write32(card.doorbell, 0, value);
}

/* Entries before `seen` are taken. */
static void take(uint32_t mask)
{
    card.masked = mask;
    ring_doorbell(DOORBELL_COMPLETION | mask | card.seen % COMPLETIONS);
}

static int bnxt_open(struct nic *nic)
{
    struct shared *shared = card.shared = dma_alloc(sizeof(*shared), 1 << PAGE_BITS);

    if (!shared)
        return E_NO_MEMORY;
    for (unsigned i = 0; i < RX_SLOTS; i++)
        shared->rx[i] =
            (struct descriptor){{RX_FLAGS | SIZE << 16, i, (uint32_t)shared->rx_buffer[i], 0}};
    card.seen = card.received = card.sent = card.done = 0;
    memcpy(&card.value[MAC_LOW], nic->mac, 6);
    card.value[COMPLETION_PAGE] = (uint32_t)shared->completion;
    card.value[RX_PAGE] = (uint32_t)shared->rx;
    card.value[TX_PAGE] = (uint32_t)shared->tx;
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    if (!RUN(start_up))
        return E_NIC_OPEN;
    take(card.mask = MASK);
    ring_doorbell(DOORBELL_RX | (RX_SLOTS - 1)); /* a full ring would look like an empty one */
    if (!bnxt_link(nic)) {
        card.value[SPEEDS] = *(uint16_t *)(response + PHY_SPEEDS);
        RUN(start_link); /* one of several functions of a port may not */
    }
    return 0;
}

/* An entry of the completion ring from the next one on. NULL: it is not there yet. */
static const volatile uint32_t *completion(unsigned ahead)
{
    unsigned at = card.seen + ahead;
    const volatile uint32_t *entry = card.shared->completion[at % COMPLETIONS].word;

    return (entry[2] ^ at / COMPLETIONS) & 1 ? entry : NULL; /* the bit is 1 in the first pass */
}

static int bnxt_poll(struct nic *nic, void *buf, size_t cap)
{
    const volatile uint32_t *first, *second;

    (void)nic;
    while ((first = completion(0))) {
        unsigned type = first[0] & COMPLETION_TYPE, slot = first[1] % RX_SLOTS;
        int result = 0;

        if (type == COMPLETION_RX) {
            second = completion(1);
            if (!second) {
                take(card.mask); /* this half of it may have raised INTx */
                return 0;
            }
            barrier();
            result = second[2] & RX_WRONG
                         ? E_PROTOCOL
                         : copy_received(buf, cap, card.shared->rx_buffer[slot], first[0] >> 16);
            card.seen++;
            ring_doorbell(DOORBELL_RX | (RX_SLOTS - 1 + ++card.received) % RX_SLOTS);
        } else if (type == COMPLETION_TX)
            card.done++;
        card.seen++;
        take(card.mask);
        if (result)
            return result;
    }
    return 0;
}

static int bnxt_transmit(struct nic *nic, const void *frame, size_t len)
{
    unsigned slot = card.sent % TX_SLOTS;
    uint8_t *to = card.shared->tx_buffer[slot];

    (void)nic;
    if (card.sent - card.done >= TX_SLOTS - 1)
        return E_TRANSMIT;
    len = copy_padded(to, frame, len);
    card.shared->tx[slot] = (struct descriptor){
        {TX_FLAGS | len >> 9 << TX_LENGTH_HINT | len << 16, slot, (uint32_t)to, 0}};
    ring_doorbell(DOORBELL_TX | ++card.sent % TX_SLOTS);
    return 0;
}

/* The card raises INTx while there are entries beyond those taken, of sent frames, too.
 * Acknowledged, it is silent until poll() takes some. */
static bool bnxt_interrupt(struct nic *nic, enum nic_interrupt action)
{
    bool raised = !card.masked && completion(0);

    (void)nic;
    if (action != INTERRUPT_ACKNOWLEDGE) {
        take(card.mask = action == INTERRUPT_ON ? 0 : MASK);
        return false;
    }
    if (raised)
        take(MASK);
    return raised;
}

/* What is received meanwhile is of no use any more. */
static bool all_sent(struct nic *nic)
{
    bnxt_poll(nic, NULL, 0);
    return card.done == card.sent;
}

static void bnxt_close(struct nic *nic)
{
    if (card.shared)
        wait_until(all_sent(nic), 200, 50);
    delay_us(SEND_US);
    RUN(shut_down);
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver bnxt = {
    .name = "bnxt",
    .probe = bnxt_probe,
    .open = bnxt_open,
    .poll = bnxt_poll,
    .transmit = bnxt_transmit,
    .link = bnxt_link,
    .interrupt = bnxt_interrupt,
    .close = bnxt_close,
};
NET_DRIVER(bnxt);
