/* SPDX-License-Identifier: BSD-2-Clause */
/* Marvell Yukon and Yukon-Lite (88E8001), as on SysKonnect SK-98xx V2.0, 3Com 3C940 and many
 * boards: registers, reset, interrupts.
 *
 * There is no public datasheet. Registers and their order are from what the drivers of Linux
 * (skge), FreeBSD (sk) and iPXE (skge) do. One port is modelled, without wake-up, VLAN tags, pause
 * frames, synchronous queue, interrupt moderation and polling of descriptors by the chip. */
#include <string.h>

#include "skge.h"

enum { YUKON = 0xb0, YUKON_LITE = 0xb1, SINGLE_MAC = 1, COPPER_PHY = 4 };
enum { RST_SET = 1, RST_CLR = 2, MASTER_SET = 4, MASTER_CLR = 8 };
enum { CONFIG_WRITE = 2, CLEAR_OVERRUN = 1 << 5, QUEUE_START = 1 << 4 };
enum { Q_XS1 = 0x600, RB_XS1 = 0xa00, XS1_CSR = 0x68 };

struct skge skge;
static uint8_t *const regs = skge.regs;

/* Which registers there are. PAIRS: of two bits, one sets something and the other one clears it;
 * what is kept has a 1 for the one that was written last. */
enum { NONE, PLAIN, FIXED, PAIRS, SPECIAL };
static const struct {
    uint16_t first, last;
    uint8_t access;
} map[] = {
    {RAP, RAP + 3, PLAIN},
    {CTST, CTST + 1, SPECIAL},
    {0x006, 0x007, PLAIN},
    {ISRC, ISRC + 3, FIXED},
    {IMSK, IMSK + 3, SPECIAL},
    {0x010, 0x013, FIXED},
    {0x014, 0x017, PLAIN},
    {SP_ISRC, SP_ISRC + 3, FIXED},
    {R1_CSR, R1_CSR + 3, SPECIAL},
    {XS1_CSR, XS1_CSR + 3, SPECIAL},
    {XA1_CSR, XA1_CSR + 3, SPECIAL},
    {MAC_1, 0x117, PLAIN},
    {CONNECTOR, 0x11f, FIXED},
    {FLASH_ADDRESS, FLASH_ADDRESS + 3, SPECIAL},
    {0x124, 0x129, PLAIN},
    {0x130, 0x139, PLAIN},
    {0x140, 0x153, PLAIN},
    {TEST_CTRL1, TEST_CTRL1 + 1, PAIRS},
    {0x15c, 0x16f, PLAIN},
    {0x170, 0x17a, PLAIN},
    {0x180, 0x19c, PLAIN},
    {RI_CTRL, RI_CTRL + 1, PAIRS},
    {0x200, 0x20f, PLAIN},
    {TXA_CTRL, TXA_CTRL, PAIRS},
    {0x211, 0x212, PLAIN},
    {CONFIG_COPY, CONFIG_COPY + 0x7f, SPECIAL},
    {Q_R1, Q_R1 + 0x47, SPECIAL},
    {Q_XS1, Q_XS1 + 0x47, SPECIAL},
    {Q_XA1, Q_XA1 + 0x47, SPECIAL},
    {RB_R1, RB_R1 + 0x2b, SPECIAL},
    {RB_XS1, RB_XS1 + 0x2b, SPECIAL},
    {RB_XA1, RB_XA1 + 0x2b, SPECIAL},
    {0xc3c, 0xc3c, PLAIN},
    {0xc40, 0xc47, PLAIN},
    {RX_GMF_CTRL, RX_GMF_CTRL + 3, SPECIAL},
    {0xc4c, 0xc7b, PLAIN},
    {0xd40, 0xd47, PLAIN},
    {TX_GMF_CTRL, TX_GMF_CTRL + 3, SPECIAL},
    {0xd60, 0xd7b, PLAIN},
    {0xe00, 0xe0a, PLAIN},
    {0xe14, 0xe1a, PLAIN},
    {GMAC_CTRL, GPHY_CTRL + 3, SPECIAL},
    {GMAC_ISRC, GMAC_ISRC + 3, FIXED},
    {GMAC_IMSK, GMAC_IMSK, SPECIAL},
    {LINK_CTRL, LINK_CTRL + 1, PAIRS},
    {0xf20, 0xf47, PLAIN},
    {0x1000, 0x17ff, PLAIN},
    {GMAC, PHY_ADDR + 3, SPECIAL},
    {MIB, GMAC_END - 1, SPECIAL},
};

static unsigned access_of(unsigned reg)
{
    for (unsigned i = 0; i < sizeof map / sizeof *map; i++) {
        if (reg >= map[i].first && reg <= map[i].last)
            return map[i].access;
    }
    return NONE;
}

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

uint32_t skge_ram_size(void)
{
    return regs[RAM_SIZE] ? regs[RAM_SIZE] * 4096u : 0x20000;
}

/* What the chip knows of itself, and what it has from its flash memory. */
static void load(void)
{
    bool lite = config_get(0, 4) == 0x432011ab;

    for (unsigned i = 0; i < 3; i++)
        memcpy(regs + MAC_1 + 8 * i, card_mac, 6);
    regs[CONNECTOR] = 'J';
    regs[MEDIUM] = 'T';
    regs[MAC_CONFIG] = (lite ? 7 : 1) << 4 | SINGLE_MAC;
    regs[CHIP_ID] = lite ? YUKON_LITE : YUKON;
    regs[RAM_SIZE] = lite ? 16 : 0;
    regs[PHY_TYPE] = COPPER_PHY;
}

static void software_reset(void)
{
    memset(regs, 0, REGS);
    load();
    skge.reset = skge.master_reset = true;
    skge.irq_held = false;
    skge.isrc = 0;
    skge_queues_start();
    skge_mac_reset();
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
        skge_mac_write(reg, value, size);
    else if (reg >= GMAC_CTRL && reg < GMAC_ISRC) {
        write_pairs(reg, value, size);
        skge_mac_control(reg & ~3u, value);
    } else if (reg == RX_GMF_CTRL || reg == TX_GMF_CTRL) {
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
    else if (reg == FLASH_ADDRESS)
        skge_put(reg, value & 0x7ffff, size);
    else if (reg == CTST)
        write_ctst(value);
}

/* False when the access has no effect. */
static bool check(uint32_t reg, unsigned size, const char *what)
{
    if (reg % size || access_of(reg) == NONE || access_of(reg + size - 1) == NONE) {
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
        return skge_mac_read(reg, size);
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
    switch (access_of(reg)) {
    case FIXED:
        fault("write of %04x, which can only be read", reg);
        break;
    case PAIRS:
        write_pairs(reg, value, size);
        break;
    case SPECIAL:
        write_special(reg, value, size);
        break;
    default:
        skge_put(reg, value, size);
    }
    skge_update_irq();
}

static void skge_reset(void)
{
    memset(&skge, 0, sizeof skge);
    software_reset();
    skge_mac_start();
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
