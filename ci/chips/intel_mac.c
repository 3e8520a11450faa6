/* SPDX-License-Identifier: BSD-2-Clause */
/* See intel_mac.h: registers, interrupts and reception. Transmission is in intel_tx.c. */
#include "intel_mac.h"

#include "chip.h"
#include "intel_tx.h"

#include <string.h>

enum { ICS = 0x00c8, IMS = 0x00d0, IMC = 0x00d8, IAM = 0x00e0, EICR = 0x1580, EIMC = 0x1528 };
enum { RDBAL = 0x2800, RDBAH = 0x2804, SRRCTL = 0x280c, RDH = 0x2810, RDT = 0x2818 };
enum {
    RING_1 = 0x100,
    MPC = 0x4010,
    GPRC = 0x4074,
    GORC = 0x4088,
    TPR = 0x40d0,
    STATISTICS = 0x4000
};
enum { STATISTICS_END = 0x4128, RFCTL = 0x5008, MTA = 0x5200, RA_END = 0x5480 };
enum { ASSERTED = 1u << 31, CAUSE_RX = 0x80, CAUSE_OVERRUN = 0x40, EXT_IAME = 1 << 27 };
enum { RCTL_ENABLE = 2, RCTL_UNICAST = 8, RCTL_MULTICAST = 0x10, RCTL_LONG = 0x20 };
enum { RCTL_BROADCAST = 1 << 15, RCTL_STRIP_CRC = 1 << 26, RCTL_LARGE = 1 << 25 };
enum { RFCTL_EXTENDED = 1 << 15, SRRCTL_ADVANCED = 1 << 25, VALID = 1u << 31 };
enum { DONE = 1, END_OF_PACKET = 2, IGNORE_CHECKSUM = 4, CRC_SIZE = 4, FRAME_MIN = 60 };
enum { FRAME_LONG = 1518, RING_ALIGN = 128, DESCRIPTOR = 16, MSI_CONTROL = 0x4a };

struct intel_mac mac;

static uint32_t *at(uint32_t reg)
{
    return &mac.regs[reg / 4];
}

void mac_drive(unsigned reg)
{
    bool msi = !mac.pci && !mac.advanced && config_get(MSI_CONTROL, 2) & 1;

    irq(mac.cause & mac.mask && !msi);
}

void mac_interrupt(uint32_t causes)
{
    mac.cause |= causes;
    mac_drive(0);
}

void mac_load_address(void)
{
    memcpy(at(RAL), card_mac, 4);
    *at(RAH) = card_mac[4] | card_mac[5] << 8 | VALID;
}

void mac_reset(void)
{
    memset(mac.regs, 0, sizeof(mac.regs));
    mac.cause = mac.mask = 0;
    mac.moved = false;
    memset(&mac.offload, 0, sizeof(mac.offload));
    tx_reset();
    mac_load_address();
    *at(TXDCTL) = mac.pci ? 0 : 1 << 16;
    *at(PBA) = (mac.buffer - mac.buffer / 4 * 3) << 16 | mac.buffer / 4 * 3;
    mac_drive(0);
}

/* Reading acknowledges, and masks where IAM says so. */
static uint32_t read_causes(void)
{
    uint32_t value = mac.cause;

    if (!mac.pci && value & mac.mask)
        value |= ASSERTED;
    if (mac.pci || value & ASSERTED || !mac.mask) {
        mac.cause = 0;
        if (value & ASSERTED && (*at(CTRL_EXT) & EXT_IAME || mac.advanced))
            mac.mask &= ~*at(IAM);
    }
    mac_drive(0);
    return value;
}

uint32_t mac_read(uint32_t reg)
{
    uint32_t value = *at(reg);

    if (reg == ICR)
        return read_causes();
    if (reg == ICS || reg == IMC)
        return 0;
    if (reg == IMS)
        return mac.mask;
    if (reg >= STATISTICS && reg < STATISTICS_END)
        *at(reg) = 0;
    return value;
}

/* A ring's base, length, head or tail. */
static void write_ring(uint32_t reg, uint32_t value, bool runs)
{
    uint32_t base = reg & ~0xffu, what = reg & 0xff;
    const char *name = base == RDBAL ? "receive" : "transmit";

    if (what == 0x00 && value % RING_ALIGN)
        fault("the %s ring at %#x is not aligned to %d bytes", name, value, RING_ALIGN);
    if (what == 0x08 && value % RING_ALIGN)
        fault("the %s ring's length %u is not a multiple of %d", name, value, RING_ALIGN);
    if (what != 0x18 && runs)
        fault("register %#x is written while the %s ring runs", reg, name);
    if (what == 0x18 && value && value * DESCRIPTOR >= *at(base + 8))
        fault("the %s ring's tail %u lies behind its end", name, value);
    *at(reg) = value;
}

static bool rx_runs(void)
{
    return *at(RCTL) & RCTL_ENABLE && (!mac.advanced || *at(RXDCTL) & QUEUE_ENABLE);
}

static bool is_ring(uint32_t reg, uint32_t base)
{
    uint32_t what = reg - base;

    return what == 0 || what == 4 || what == 8 || what == 0x10 || what == 0x18;
}

void mac_write(uint32_t reg, uint32_t value)
{
    if (is_ring(reg, RDBAL)) {
        /* Linux's e1000e sets RDT while it runs, others the head before it: only what moves DMA. */
        write_ring(reg, value, rx_runs() && mac.moved && reg < RDH);
        return;
    }
    if (is_ring(reg, TDLEN - 8)) {
        write_ring(reg, value, tx_runs() && reg < TDH);
        tx_kick();
        return;
    }
    switch (reg) {
    case ICR:
        mac.cause &= ~value;
        break;
    case ICS:
        mac.cause |= value;
        break;
    case IMS:
        mac.mask |= value;
        break;
    case IMC:
        mac.mask &= ~value;
        break;
    case PBA:
        *at(PBA) = (value & 0xffff) | (mac.buffer - (value & 0xffff)) << 16;
        break;
    default:
        *at(reg) = value;
    }
    if (reg == TCTL || reg == TXDCTL)
        tx_kick();
    mac_drive(0);
}

/* --- reception */
static bool hash_matches(const uint8_t *address)
{
    static const unsigned more[] = {0, 1, 2, 4};
    unsigned shift = mac.hash_bits - 8 + more[*at(RCTL) >> 12 & 3];
    unsigned bit = (address[4] >> (8 - (shift > 8 ? 8 : shift)) | address[5] << shift) &
                   ((1u << mac.hash_bits) - 1);

    return *at(MTA + bit / 32 * 4) >> bit % 32 & 1;
}

static bool accepted(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
    uint32_t control = *at(RCTL);

    if (memcmp(frame, broadcast, 6) == 0)
        return control & RCTL_BROADCAST;
    for (uint32_t reg = RAL; reg < RA_END; reg += 8)
        if (*at(reg + 4) & VALID && memcmp(frame, at(reg), 4) == 0 &&
            memcmp(frame + 4, at(reg + 4), 2) == 0)
            return true;
    if (frame[0] & 1)
        return control & RCTL_MULTICAST || hash_matches(frame);
    return control & RCTL_UNICAST;
}

static uint32_t free_descriptors(void)
{
    uint32_t count = *at(RDLEN) / DESCRIPTOR;

    return count ? (*at(RDT) + count - *at(RDH) % count) % count : 0;
}

static size_t buffer_size(void)
{
    unsigned size = 2048 >> (*at(RCTL) >> 16 & 3);

    if (mac.advanced && *at(SRRCTL) & 0x7f)
        return (*at(SRRCTL) & 0x7f) * 1024;
    return *at(RCTL) & RCTL_LARGE ? size * 16 : size;
}

bool mac_ready(void)
{
    return !rx_runs() || free_descriptors() > 1;
}

/* Tell the driver of one buffer. */
static void write_back(uint64_t address, size_t len, bool last)
{
    uint32_t status = DONE | (last ? END_OF_PACKET : 0) | IGNORE_CHECKSUM;
    uint32_t word[4] = {0, 0, len, status};

    if (*at(RFCTL) & RFCTL_EXTENDED || *at(SRRCTL) & SRRCTL_ADVANCED) {
        word[2] = status;
        word[3] = len;
    } else
        dma_read(address, word, 8);
    dma_write(address, word, sizeof(word));
}

static uint32_t frame_crc(const uint8_t *data, size_t len)
{
    uint32_t crc = ~0u;

    while (len--) {
        crc ^= *data++;
        for (unsigned i = 0; i < 8; i++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

/* Fill buffers with a frame. False when the ring has not enough. */
static bool fill(const uint8_t *frame, size_t len)
{
    uint64_t ring = *at(RDBAL) | (uint64_t)*at(RDBAH) << 32;
    size_t size = buffer_size();

    for (size_t done = 0; done < len; done += size) {
        uint64_t descriptor = ring + *at(RDH) * DESCRIPTOR, buffer;
        size_t part = len - done < size ? len - done : size;

        if (free_descriptors() == 0 || !dma_read(descriptor, &buffer, sizeof(buffer)))
            return false;
        dma_write(buffer, frame + done, part);
        write_back(descriptor, part, done + part == len);
        *at(RDH) = (*at(RDH) + 1) % (*at(RDLEN) / DESCRIPTOR);
        mac.moved = true;
    }
    return true;
}

void mac_receive(const uint8_t *data, size_t len)
{
    uint8_t frame[FRAME_MAX + FRAME_MIN + CRC_SIZE] = {0};
    uint32_t crc;

    if (!rx_runs() || len < 14 || !mac.link() || !accepted(data))
        return;
    memcpy(frame, data, len);
    len = len < FRAME_MIN ? FRAME_MIN : len; /* the other end padded it */
    if (len + CRC_SIZE > FRAME_LONG + 4 && !(*at(RCTL) & RCTL_LONG))
        return;
    crc = frame_crc(frame, len);
    if (!(*at(RCTL) & RCTL_STRIP_CRC)) {
        memcpy(frame + len, &crc, CRC_SIZE);
        len += CRC_SIZE;
    }
    ++*at(TPR);
    if (*at(CTRL) & CTRL_NO_MASTER || !fill(frame, len)) {
        ++*at(MPC);
        mac_interrupt(CAUSE_OVERRUN);
        return;
    }
    ++*at(GPRC);
    *at(GORC) += len;
    mac_interrupt(CAUSE_RX);
}
