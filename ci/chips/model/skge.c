/* SPDX-License-Identifier: BSD-2-Clause */
/* SysKonnect Genesis (SK-9821), Marvell Yukon (SK-9821 V2.0, 3Com 3C940) and Yukon-Lite (88E8001):
 * registers, reset, interrupts. They differ in their MAC: XMAC II, or Marvell's own.
 *
 * There is no public datasheet. Registers and their order are from what the drivers of Linux
 * (skge), FreeBSD (sk) and iPXE (skge) do. One port with copper is modelled, without wake-up, VLAN
 * tags, pause frames, synchronous queue, interrupt moderation and polling of descriptors by the
 * chip. */
#include <string.h>

#include "skge.h"

enum { GENESIS = 0x0a, YUKON = 0xb0, YUKON_LITE = 0xb1, SINGLE_MAC = 1 };
enum { BROADCOM_PHY = 1, MARVELL_PHY = 4, GENESIS_DEVICE = 0x4300 };
enum { RST_SET = 1, RST_CLR = 2, MASTER_SET = 4, MASTER_CLR = 8 };
enum { CONFIG_WRITE = 2, CLEAR_OVERRUN = 1 << 5, QUEUE_START = 1 << 4 };

struct skge skge;
static uint8_t *const regs = skge.regs;

/* ---- Interrupts ---- */

static uint32_t pending(void)
{
    uint32_t events = skge.isrc;

    if (skge.phy_events & skge.phy_mask)
        events |= IS_EXT;
    if (regs[GMAC_ISRC] & regs[GMAC_IMSK])
        events |= IS_MAC1;
    return events;
}

void skge_update_irq(void)
{
    irq(!skge.irq_held && pending() & skge_get(IMSK, 4));
}

void skge_raise(uint32_t events)
{
    skge.isrc |= events;
    skge_update_irq();
}

/* ---- Reset ---- */

/* Genesis has its RAM in a place that only two of its four banks fill. */
bool skge_has_ram(uint32_t first, uint32_t last)
{
    if (skge.mac == &skge_xmac)
        return first >= 0x80000 / 8 && last < 0x100000 / 8;
    return last < (regs[RAM_SIZE] ? regs[RAM_SIZE] * 4096u : 0x20000) / 8;
}

/* What the chip knows of itself, and what it has from its flash memory. */
static void load(void)
{
    static const struct {
        uint8_t config, id, ram, phy;
    } chips[] = {{SINGLE_MAC | 1 << 4, YUKON, 0, MARVELL_PHY},
                 {SINGLE_MAC | 7 << 4, YUKON_LITE, 16, MARVELL_PHY},
                 {SINGLE_MAC, GENESIS, 3, BROADCOM_PHY}};
    unsigned chip = skge.mac == &skge_xmac ? 2 : config_get(0, 4) == 0x432011ab;

    for (unsigned i = 0; i < 3; i++)
        memcpy(regs + MAC_1 + 8 * i, card_mac, 6);
    regs[CONNECTOR] = 'J';
    regs[MEDIUM] = 'T';
    regs[MAC_CONFIG] = chips[chip].config;
    regs[CHIP_ID] = chips[chip].id;
    regs[RAM_SIZE] = chips[chip].ram;
    regs[PHY_TYPE] = chips[chip].phy;
}

static void software_reset(void)
{
    memset(regs, 0, REGS);
    load();
    skge.reset = skge.master_reset = true;
    skge.irq_held = false;
    skge.isrc = 0;
    skge.mac_reset = false;
    skge_queues_start();
    if (skge.mac == &skge_xmac)
        skge_xmac_reset();
    else
        skge_gmac_reset();
    skge_update_irq();
}

static void write_ctst(uint32_t value)
{
    if (value & RST_SET)
        software_reset();
    if (value & RST_CLR)
        skge.reset = false;
    if (value & MASTER_SET)
        skge.master_reset = true;
    if (value & MASTER_CLR)
        skge.master_reset = false;
}

/* ---- Registers ---- */

static void write_pairs(unsigned reg, uint32_t value, unsigned size)
{
    uint32_t kept = skge_get(reg, size);

    for (unsigned bit = 0; bit < 8 * size; bit += 2) {
        if (value >> bit & 3)
            kept = (kept & ~(3u << bit)) | (value & 3u << bit);
    }
    skge_put(reg, kept, size);
}

/* Of the RAM or of a FIFO. In reset it does not operate. */
static void write_operation(unsigned reg, uint32_t value, unsigned size)
{
    write_pairs(reg, value, size);
    if (value & RST_SET)
        regs[reg] = RST_SET;
    skge_send();
}

static void write_queue(unsigned queue, unsigned at, uint32_t value, unsigned size)
{
    if (queue == Q_XS1) {
        if (at == Q_CSR && value & QUEUE_START)
            fault("the synchronous queue is started, which has no modelled way out");
        skge_put(queue + at, value, size);
        return;
    }
    if (at == Q_CSR) {
        skge_queue_write(queue, value);
        return;
    }
    skge_put(queue + at, value, size);
    if (at == Q_DA_L || at == Q_DA_H)
        skge_queue_begin(queue);
}

static void write_ram(unsigned ram, unsigned at, uint32_t value, unsigned size)
{
    if (at == RB_CTRL)
        write_operation(ram + at, value, size);
    else if (regs[ram + RB_CTRL] & RST_CLR)
        skge_put(ram + at, value, size);
    else
        fault("RAM buffer %03x is written while it is in reset", ram);
}

static void write_config(uint32_t reg, uint32_t value, unsigned size)
{
    if (regs[TEST_CTRL1] & CONFIG_WRITE)
        config_set(reg - CONFIG_COPY, value, size);
    else
        fault("configuration space is written, which is not switched on");
}

static void write_special(uint32_t reg, uint32_t value, unsigned size)
{
    if (reg == IMSK || reg == GMAC_IMSK) {
        skge_put(reg, value, size);
        skge.irq_held &= reg != IMSK;
    } else if (reg >= GMAC)
        skge_gmac_write(reg, value, size);
    else if (reg >= XMAC)
        skge_xmac_write(reg, value, size);
    else if (reg >= GMAC_CTRL && reg < GMAC_ISRC) {
        write_pairs(reg, value, size);
        skge_gmac_control(reg & ~3u, value);
    } else if (reg == TX_MFF_CTRL1) {
        write_pairs(reg, value, size);
        skge.mac_reset = regs[reg] & RST_SET;
        if (skge.mac_reset)
            skge_xmac_reset();
    } else if (reg == RX_MFF_CTRL2 || reg == TX_MFF_CTRL2)
        write_operation(reg, value, size);
    else if (reg == RX_GMF_CTRL || reg == TX_GMF_CTRL) {
        write_operation(reg, value, size);
        if (reg == RX_GMF_CTRL && value & CLEAR_OVERRUN)
            regs[GMAC_ISRC] = 0;
    } else if (reg >= RB_R1)
        write_ram(reg & ~0x7fu, reg & 0x7f, value, size);
    else if (reg >= Q_R1)
        write_queue(reg & ~0x7fu, reg & 0x7f, value, size);
    else if (reg >= CONFIG_COPY)
        write_config(reg, value, size);
    else if (reg == R1_CSR || reg == XA1_CSR || reg == XS1_CSR)
        write_queue(reg == R1_CSR ? Q_R1 : reg == XA1_CSR ? Q_XA1 : Q_XS1, Q_CSR, value, size);
    else if (reg == GPIO) {
        skge_put(reg, value, size);
        if (skge.mac == &skge_xmac)
            skge_xmac_gpio(skge_get(reg, 4));
    } else if (reg == FLASH_ADDRESS)
        skge_put(reg, value & 0x7ffff, size);
    else if (reg == CTST)
        write_ctst(value);
}

/* False when the access has no effect. */
static bool check(uint32_t reg, unsigned size, const char *what)
{
    if (reg % size || skge_access(reg) == SKGE_NONE || skge_access(reg + size - 1) == SKGE_NONE) {
        fault("%s of %u bytes at %04x, where no such register is", what, size, reg);
        return false;
    }
    if (skge.reset && reg != CTST) {
        fault("%s of %04x while the chip is in reset", what, reg);
        return false;
    }
    return true;
}

/* The I/O BAR has the first block of 80h bytes, and the one that RAP says. */
static uint32_t place_of(unsigned bar, uint32_t reg)
{
    return bar && reg >= 0x80 ? (regs[RAP] & 0x7fu) * 0x80 + reg - 0x80 : reg;
}

static uint32_t skge_read(unsigned bar, uint32_t reg, unsigned size)
{
    reg = place_of(bar, reg);
    if (!check(reg, size, "read"))
        return ~0u;
    if (reg >= GMAC)
        return skge_gmac_read(reg, size);
    if (reg >= XMAC)
        return skge_xmac_read(reg, size);
    if (reg >= CONFIG_COPY && reg < Q_R1)
        return config_get(reg - CONFIG_COPY, size);
    if (reg == CTST)
        return skge_get(reg, size) | (skge.reset ? RST_SET : 0);
    if (reg == ISRC || reg == SP_ISRC) {
        skge.irq_held |= reg == SP_ISRC;
        skge_update_irq();
        return pending();
    }
    return skge_get(reg, size);
}

static void skge_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    reg = place_of(bar, reg);
    if (!check(reg, size, "write"))
        return;
    switch (skge_access(reg)) {
    case SKGE_FIXED:
        fault("write of %04x, which can only be read", reg);
        break;
    case SKGE_PAIRS:
        write_pairs(reg, value, size);
        break;
    case SKGE_SPECIAL:
        write_special(reg, value, size);
        break;
    default:
        skge_put(reg, value, size);
    }
    skge_update_irq();
}

enum skge_receiver skge_receiver(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

    if (!memcmp(frame, broadcast, 6))
        return EVERYBODY;
    return frame[0] & 1 ? GROUP : ONE;
}

static void skge_reset(void)
{
    memset(&skge, 0, sizeof skge);
    if (config_get(2, 2) == GENESIS_DEVICE)
        skge_xmac_start();
    else
        skge_gmac_start();
    software_reset();
}

static void skge_cable(void)
{
    phy_cable(&skge.phy);
}

#define SKGE(symbol, vendor_, device_, rev)                                                 \
    static const struct chip symbol = {.name = #symbol,                                     \
                                       .vendor = vendor_,                                   \
                                       .device = device_,                                   \
                                       .sub_vendor = vendor_,                               \
                                       .sub_device = device_,                               \
                                       .revision = rev,                                     \
                                       .speed = 1000,                                       \
                                       .bars = {{.size = REGS}, {.size = 256, .io = true}}, \
                                       .reset = skge_reset,                                 \
                                       .read = skge_read,                                   \
                                       .write = skge_write,                                 \
                                       .receive = skge_receive,                             \
                                       .ready = skge_ready,                                 \
                                       .cable = skge_cable};                                \
    CHIP(symbol)

SKGE(yukon, 0x1148, 0x4320, 0x12);
SKGE(yukon_lite, 0x11ab, 0x4320, 0x13);
SKGE(genesis, 0x1148, 0x4300, 0x14);
