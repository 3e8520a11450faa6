/* SPDX-License-Identifier: BSD-2-Clause */
/* Realtek RTL8139 family and RTL8129. Registers have the names of the RTL8139C datasheet.
 *
 * A port access costs microseconds, and more under an emulator, where it may have to wait for the
 * device. So frames are received without any. Free space of the ring is kept zero: a frame is there
 * when its first word (the header) and its last (the FCS) are not. The card is asked only about a
 * frame whose FCS is zero. Space goes back to the card in large pieces. */
#include "net_driver.h"

#include "lib/string.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum {
    IDR0 = 0x00,
    MAR0 = 0x08,
    TSD0 = 0x10,
    TSAD0 = 0x20,
    RBSTART = 0x30,
    CR = 0x37,
    CAPR = 0x38,
    CBR = 0x3a, /* where the card writes next */
    IMR = 0x3c,
    ISR = 0x3e,
    TCR = 0x40,
    RCR = 0x44,
    EECR = 0x50, /* 93C46 command register */
    CONFIG1 = 0x52,
    MSR = 0x58,
    HLTCLK = 0x5b,
};
enum { RECEIVED = 1, RX_OVERFLOW = 0x50 /* of the ring or the FIFO */ };
enum { CR_RESET = 0x10, CR_RECEIVE = 8, CR_TRANSMIT = 4 };
enum { EECR_AUTOLOAD = 0x40, EECR_UNLOCK = 0xc0 };
enum { CONFIG1_SLEEP = 2, CONFIG1_POWER_DOWN = 1 };
enum { MSR_LINK_DOWN = 4 };
enum {
    TSD_LENGTH = 0x1fff,
    TSD_OWN = 1 << 13,
    TSD_SENT = 1 << 15,
    TSD_ABORTED = 1 << 30,
    TSD_THRESHOLD_1536 = 48 << 16
};
enum { RX_OK = 1, RX_LENGTH_UNKNOWN = 0xfff0 /* still being copied out of the FIFO */ };

enum {
    RING_SIZE = 32768, /* with 64 KB, frames wrap around at the end, and some chips hang */
    RING_SLACK = 16 + 2048,
    RETURN_SIZE = RING_SIZE / 4,
    TX_SLOTS = 4,
    TX_SLOT_SIZE = 1536,
    FCS = 4,
    /* Empty polls until one touches the card. */
    QUIET_POLLS = 2048,
    /* How often to look for an FCS that is still being written: a few microseconds. */
    FCS_LOOKS = 1000,
    TIMEOUT_MS = 100,
};

/* Interframe gap 96 bit times, DMA bursts of 1024, 16 + 8 × 16 attempts at half duplex. */
#define TCR_SETTINGS    (3u << 24 | 6 << 8 | 8 << 4)
#define TCR_CLEAR_ABORT 1
/* 8139B and later have one of these version bits; before, the chip has a sleep mode and a stoppable
 * clock. */
#define TCR_NEWER (3 << 26)
/* No FIFO threshold, unlimited DMA bursts, 32 KB, a frame runs on past the ring's end; broadcast,
 * multicast and own address. */
#define RCR_SETTINGS (7 << 13 | 2 << 11 | 7 << 8 | 1 << 7 | 1 << 3 | 1 << 2 | 1 << 1)

static struct {
    uint8_t *ring, *tx;
    uint32_t at;       /* offset of the next frame */
    uint32_t returned; /* the card may write up to here */
    uint32_t quiet;    /* polls without a frame */
    uint16_t wanted;   /* interrupts */
    uint8_t tx_next, tx_free;
} rtl;

static bool reset(uint16_t io)
{
    struct deadline limit = deadline_in(TIMEOUT_MS);

    out8(io + CR, CR_RESET);
    while (in8(io + CR) & CR_RESET) {
        if (deadline_passed(&limit))
            return false;
    }
    return true;
}

static bool read_mac(struct nic *nic)
{
    uint32_t low = in32(nic->io + IDR0);
    uint16_t high = in16(nic->io + IDR0 + 4);

    memcpy(nic->mac, &low, 4);
    memcpy(nic->mac + 4, &high, 2);
    return !(low & 1) && (low | high);
}

static int rtl8139_probe(struct nic *nic)
{
    uint16_t io = nic->io = pci_find_bar(&nic->pci, true);
    struct deadline limit;

    if (!io)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_IO);
    if (!(in32(io + TCR) & TCR_NEWER)) {
        out8(io + HLTCLK, 'R'); /* run */
        out8(io + EECR, EECR_UNLOCK);
        out8(io + CONFIG1, in8(io + CONFIG1) & ~(CONFIG1_SLEEP | CONFIG1_POWER_DOWN));
        out8(io + EECR, 0);
    }
    if (!reset(io))
        return E_NO_NIC;
    if (read_mac(nic))
        return 0;
    /* Somebody has overwritten the registers. The chip loads them from its EEPROM again. */
    out8(io + EECR, EECR_AUTOLOAD);
    limit = deadline_in(TIMEOUT_MS);
    while (in8(io + EECR) & EECR_UNLOCK && !deadline_passed(&limit))
        continue;
    return read_mac(nic) ? 0 : E_NO_NIC;
}

static void return_space(uint16_t io)
{
    rtl.returned = rtl.at;
    out16(io + CAPR, rtl.at - 16); /* the chip keeps it 16 behind */
}

/* Reset and start with an empty (zero) ring. RCR and TCR can only be written while both directions
 * are enabled. An emulated card whose ring was full when the machine was reset receives nothing
 * until CAPR is written. */
static int start(uint16_t io)
{
    if (!reset(io))
        return E_NIC_OPEN;
    out32(io + RBSTART, (uint32_t)rtl.ring);
    for (unsigned i = 0; i < TX_SLOTS; i++)
        out32(io + TSAD0 + 4 * i, (uint32_t)rtl.tx + i * TX_SLOT_SIZE);
    rtl.at = 0;
    rtl.tx_next = 0;
    rtl.tx_free = TX_SLOTS;
    out8(io + CR, CR_RECEIVE | CR_TRANSMIT);
    out32(io + TCR, TCR_SETTINGS);
    out32(io + MAR0, ~0); /* every group passes the hash filter */
    out32(io + MAR0 + 4, ~0);
    out32(io + RCR, RCR_SETTINGS);
    return_space(io);
    out16(io + IMR, rtl.wanted);
    return 0;
}

static void restart(uint16_t io)
{
    reset(io); /* first, or a frame that still arrives is written into the cleared ring */
    memset(rtl.ring, 0, RING_SIZE + RING_SLACK);
    start(io);
}

static int rtl8139_open(struct nic *nic)
{
    rtl.ring = dma_alloc(RING_SIZE + RING_SLACK, 256);
    rtl.tx = dma_alloc(TX_SLOTS * TX_SLOT_SIZE, 4);
    if (!rtl.ring || !rtl.tx)
        return E_NO_MEMORY;
    rtl.wanted = 0;
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    return start(nic->io);
}

/* After many empty polls, undo what may have stopped the receiver: a full ring, or an overflow that
 * was not acknowledged. True when that was done. */
static bool nudge_receiver(uint16_t io)
{
    if (++rtl.quiet % QUIET_POLLS)
        return false;
    if (rtl.returned != rtl.at)
        return_space(io);
    out16(io + ISR, 0xffff);
    return true;
}

/* It follows a frame of any length, so it may lie at any address. */
struct fcs {
    volatile uint32_t value;
} __attribute__((packed));

/* Is the frame of `size` bytes at rtl.at complete? An FCS may be zero, so the card is asked then.
 */
static bool is_whole(uint16_t io, const struct fcs *fcs, size_t size)
{
    for (unsigned looks = FCS_LOOKS; looks; looks--) {
        if (fcs->value)
            return true;
    }
    return ((in16(io + CBR) - rtl.at) & (RING_SIZE - 1)) >= size;
}

static int rtl8139_poll(struct nic *nic, void *buf, size_t cap)
{
    uint8_t *frame = rtl.ring + rtl.at;
    uint32_t header = *(volatile uint32_t *)frame;
    size_t len = (header >> 16) - FCS, size;

    /* The nudge also acknowledges a frame that has come just now, so look again. */
    if (!header || header >> 16 == RX_LENGTH_UNKNOWN)
        return nudge_receiver(nic->io) ? rtl8139_poll(nic, buf, cap) : 0;
    if (!(header & RX_OK) || len - 14 > ETH_FRAME_MAX + 4 - 14) {
        restart(nic->io); /* where the next frame begins is not known */
        return E_PROTOCOL;
    }
    frame += 4;
    size = (4 + len + FCS + 3) & ~3;
    if (!is_whole(nic->io, (struct fcs *)(frame + len), size) && !nudge_receiver(nic->io))
        return 0;
    barrier();
    if (len <= cap)
        memcpy(buf, frame, len);
    memset(frame - 4, 0, size);
    rtl.at = (rtl.at + size) & (RING_SIZE - 1);
    if (((rtl.at - rtl.returned) & (RING_SIZE - 1)) >= RETURN_SIZE)
        return_space(nic->io);
    return len <= cap ? (int)len : E_PROTOCOL;
}

/* The card sends its slots in order: when it is done with one, all older ones are free, too. */
static bool find_free_slots(uint16_t io)
{
    struct deadline limit = deadline_in(TIMEOUT_MS);

    do {
        for (unsigned age = TX_SLOTS; age; age--) {
            uint32_t status = in32(io + TSD0 + 4 * ((rtl.tx_next + age - 1) % TX_SLOTS));

            if (status & TSD_ABORTED)
                out32(io + TCR, TCR_SETTINGS | TCR_CLEAR_ABORT);
            rtl.tx_free = age;
            if (status & TSD_OWN)
                return true;
        }
    } while (!deadline_passed(&limit));
    restart(io);
    return false;
}

static int rtl8139_transmit(struct nic *nic, const void *frame, size_t len)
{
    uint8_t *slot;

    if (!rtl.tx_free && !find_free_slots(nic->io))
        return E_TRANSMIT;
    slot = rtl.tx + rtl.tx_next * TX_SLOT_SIZE;
    len = copy_padded(slot, frame, len);
    barrier();
    out32(nic->io + TSD0 + 4 * rtl.tx_next, TSD_THRESHOLD_1536 | len);
    rtl.tx_next = (rtl.tx_next + 1) % TX_SLOTS;
    rtl.tx_free--;
    return 0;
}

static bool rtl8139_link(struct nic *nic)
{
    /* The register does not show the external PHY of an RTL8129. */
    return nic->pci.device == 0x8129 || !(in8(nic->io + MSR) & MSR_LINK_DOWN);
}

static bool rtl8139_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint16_t status;

    if (action != INTERRUPT_ACKNOWLEDGE) {
        rtl.wanted = action == INTERRUPT_ON ? RECEIVED | RX_OVERFLOW : 0;
        out16(nic->io + IMR, rtl.wanted);
        return false;
    }
    status = in16(nic->io + ISR) & (RECEIVED | RX_OVERFLOW);
    if (status)
        out16(nic->io + ISR, status);
    if (status & RX_OVERFLOW)
        rtl.quiet = -1; /* nudge the receiver as soon as the ring is empty */
    return status;
}

static void rtl8139_close(struct nic *nic)
{
    unsigned newest = TSD0 + 4 * ((rtl.tx_next + TX_SLOTS - 1) % TX_SLOTS);
    struct deadline limit = deadline_in(TIMEOUT_MS);
    uint32_t status;

    do
        status = in32(nic->io + newest);
    while (status & TSD_LENGTH && !(status & (TSD_SENT | TSD_ABORTED)) && !deadline_passed(&limit));
    reset(nic->io);
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver rtl8139 = {
    .name = "rtl8139",
    .probe = rtl8139_probe,
    .open = rtl8139_open,
    .poll = rtl8139_poll,
    .transmit = rtl8139_transmit,
    .link = rtl8139_link,
    .interrupt = rtl8139_interrupt,
    .close = rtl8139_close,
};
NET_DRIVER(rtl8139);
