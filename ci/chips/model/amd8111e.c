/* SPDX-License-Identifier: BSD-2-Clause */
/* The Ethernet controller of AMD's 8111 south bridge, with a PHY of its board.
 *
 * From AMD's data sheet of the AMD-8111 (its section on the LAN Ethernet controller) as far as
 * Linux's amd8111e quotes it, and from what that driver does. Registers of commands have bytes
 * whose highest bit says what the other bits that are written become.
 */
#include "amd8111e.h"

#include <string.h>

enum { MIB_ACTIVE = 0x8000, MIB_READ = 0x2000, MIB_CLEAR = 0x1000 };
enum { STAT_RUNS = 1, STAT_NEGOTIATED = 0x10, STAT_LINK = 0x20, STAT_FULL = 0x40 };
enum { STAT_10 = 2 << 7, STAT_100 = 3 << 7 };
enum { PHY_WRITE = 1 << 30, PHY_READ = 1 << 29, PHY_ERROR = 1 << 28, PHY_ADDRESS = 1 };
#define PHY_ACTIVE 0x80000000u
enum { MIB_TIME = 2 * MICROSECOND, PHY_TIME = 30 * MICROSECOND };
enum { TIMER_TICK = 10240 /* ns */, CTRL1_DEFAULT = 0x00010111 };

struct amd8111e amd8111e;

static uint32_t *at(uint32_t reg)
{
    return &amd8111e.regs[reg / 4];
}

void amd8111e_interrupt(uint32_t bits)
{
    *at(INT0) |= bits;
    irq(*at(CMD0) & CMD0_ENABLE && *at(INT0) & *at(INTEN0));
}

/* --- the PHY, which the port manager looks at by itself */
bool amd8111e_link(void)
{
    return amd8111e.phy.link && *at(CMD3) & (CMD3_PORT_MANAGER | CMD3_FORCE_LINK);
}

static void link_changed(void)
{
    if (*at(CMD3) & CMD3_PORT_MANAGER)
        amd8111e_interrupt(INT_LINK);
}

static uint32_t status(void)
{
    const struct phy *phy = &amd8111e.phy;
    uint32_t value = *at(CMD0) & CMD0_RUN ? STAT_RUNS : 0;

    if (!(*at(CMD3) & CMD3_PORT_MANAGER) || !phy->link)
        return value;
    return value | STAT_LINK | (phy->speed == 100 ? STAT_100 : STAT_10) |
           (phy->full ? STAT_FULL : 0) | (phy->regs[MII_BMSR] & BMSR_AN_DONE ? STAT_NEGOTIATED : 0);
}

static void phy_done(void *argument)
{
    uint32_t command = *at(PHY_ACCESS);
    bool mine = (command >> 21 & 31) == PHY_ADDRESS;
    unsigned reg = command >> 16 & 31;

    *at(PHY_ACCESS) &= ~PHY_ACTIVE;
    if (!mine)
        *at(PHY_ACCESS) |= PHY_ERROR | 0xffff;
    else if (command & PHY_READ)
        *at(PHY_ACCESS) = (*at(PHY_ACCESS) & 0xffff0000) | phy_read(&amd8111e.phy, reg);
    else
        phy_write(&amd8111e.phy, reg, command);
}

static void access_phy(uint32_t command)
{
    uint32_t kind = command & (PHY_READ | PHY_WRITE);

    if (*at(PHY_ACCESS) & PHY_ACTIVE)
        fault("PHY_ACCESS is written while it is busy");
    else if (kind != PHY_READ && kind != PHY_WRITE)
        fault("PHY_ACCESS is written with %#x, which is no command", command);
    else {
        *at(PHY_ACCESS) = (command & ~(uint32_t)PHY_ERROR) | PHY_ACTIVE;
        after(PHY_TIME, phy_done, NULL);
    }
}

/* --- counters and the timer */
static void mib_done(void *argument)
{
    *at(MIB_DATA) = amd8111e.counters[*at(MIB_ADDR) % COUNTERS];
    *at(MIB_ADDR) &= ~(uint32_t)MIB_ACTIVE;
}

static void mib_command(uint32_t value)
{
    if (*at(MIB_ADDR) & MIB_ACTIVE) {
        fault("MIB_ADDR is written while it is busy");
        return;
    }
    *at(MIB_ADDR) = value & (MIB_READ | (COUNTERS - 1));
    if (value & MIB_CLEAR)
        memset(amd8111e.counters, 0, sizeof(amd8111e.counters));
    if (value & MIB_READ) {
        *at(MIB_ADDR) |= MIB_ACTIVE;
        after(MIB_TIME, mib_done, NULL);
    }
}

static void timer(void *argument)
{
    amd8111e_interrupt(INT_TIMER);
    if (*at(STVAL))
        after(*at(STVAL) * (uint64_t)TIMER_TICK, timer, NULL);
}

static void start_timer(void)
{
    not_after(timer, NULL);
    if (*at(STVAL))
        after(*at(STVAL) * (uint64_t)TIMER_TICK, timer, NULL);
}

/* --- registers */
static uint32_t commanded(uint32_t before, uint32_t value)
{
    for (unsigned shift = 0; shift < 32; shift += 8) {
        uint32_t bits = (value >> shift & 0x7f) << shift;

        before = value >> shift & 0x80 ? before | bits : before & ~bits;
    }
    return before;
}

static void write_cmd0(uint32_t value)
{
    uint32_t before = *at(CMD0), now = commanded(before, value);

    *at(CMD0) = now & ~(uint32_t)(CMD0_RX_DEMAND | CMD0_TX_DEMAND);
    if (before & ~now & CMD0_RUN)
        amd8111e_stop();
    if (now & ~before & CMD0_RUN) {
        amd8111e.tx = amd8111e.rx = 0;
        amd8111e_transmit();
    }
    if (now & CMD0_TX_DEMAND)
        amd8111e_transmit();
}

/* Registers that must not change while the controller runs. */
static bool is_fixed(uint32_t reg)
{
    return (reg >= XMT_BASE0 && reg < PADR) || (reg >= SRAM_SIZE && reg < SRAM_SIZE + 4);
}

static bool exists(uint32_t reg)
{
    static const struct {
        uint16_t first, end;
    } ranges[] = {
        {0x000, 0x008},     {MIB_DATA, 0x018},     {STAT0, 0x034},      {INT0, 0x03c},
        {INTEN0, 0x044},    {CMD0, 0x04c},         {CMD2, 0x058},       {CMD7, 0x068},
        {CTRL1, 0x074},     {XMT_LIMIT, 0x080},    {AUTOPOLL0, 0x094},  {AP_VALUE, 0x09c},
        {DLY_INT_A, 0x0b0}, {FLOW_CONTROL, 0x0cc}, {PHY_ACCESS, 0x0d4}, {STVAL, 0x0dc},
        {XMT_BASE0, 0x128}, {XMT_LEN0, 0x154},     {PADR, 0x170},       {SRAM_SIZE, 0x17c},
        {IFS1, REGISTERS},
    };

    for (unsigned i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
        if (reg >= ranges[i].first && reg < ranges[i].end)
            return true;
    return false;
}

static uint32_t read_register(uint32_t reg)
{
    if (reg == STAT0)
        return status();
    if (reg == INT0)
        return *at(INT0) | (*at(INT0) & *at(INTEN0) ? INT_ANY : 0);
    return *at(reg);
}

static uint32_t amd8111e_read(unsigned bar, uint32_t reg, unsigned size)
{
    if (!exists(reg) || reg % size) {
        fault("register %#x is read with %u bytes", reg, size);
        return ~0u;
    }
    return read_register(reg & ~3u) >> 8 * (reg % 4);
}

static void write_register(uint32_t reg, uint32_t value)
{
    switch (reg) {
    case CHIPID:
    case MIB_DATA:
    case STAT0: /* only for reading */
        break;
    case MIB_ADDR:
        mib_command(value);
        break;
    case INT0:
        *at(reg) &= ~value;
        break;
    case INTEN0:
    case CMD2:
    case CMD3:
    case CMD7:
        *at(reg) = commanded(*at(reg), value);
        break;
    case CMD0:
        write_cmd0(value);
        break;
    case PHY_ACCESS:
        access_phy(value);
        break;
    case STVAL:
        *at(reg) = value & 0xffff;
        start_timer();
        break;
    default:
        *at(reg) = value;
    }
    amd8111e_interrupt(0);
}

static void amd8111e_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    uint32_t mask = size == 4 ? ~0u : (1u << 8 * size) - 1, shift = 8 * (reg % 4);
    bool plain = reg >= CTRL1 && reg != PHY_ACCESS;

    if (!exists(reg) || reg % size || (size != 4 && !plain && reg != MIB_ADDR)) {
        fault("register %#x is written with %u bytes", reg, size);
        return;
    }
    if (is_fixed(reg) && *at(CMD0) & CMD0_RUN)
        fault("register %#x is written while the controller runs", reg);
    if (plain)
        value = (*at(reg) & ~(mask << shift)) | (value & mask) << shift;
    write_register(reg & ~3u, value);
}

static void amd8111e_cable(void)
{
    phy_cable(&amd8111e.phy);
}

static void amd8111e_reset(void)
{
    memset(&amd8111e, 0, sizeof(amd8111e));
    *at(CHIPID) = 0x20000000; /* the upper four bits are the revision */
    *at(CTRL1) = CTRL1_DEFAULT;
    memcpy(at(PADR), card_mac, 6);
    amd8111e.phy.id1 = 0x0022; /* a PHY by AMD */
    amd8111e.phy.id2 = 0x561b;
    amd8111e.phy.changed = link_changed;
    phy_reset(&amd8111e.phy);
    amd8111e_stop();
    amd8111e_interrupt(0);
}

/* Power management, without which Linux does not take it, as it does not with a subsystem's ID. */
static const uint8_t capabilities[] = {1, 0, 0x02, 0xfe, 0, 0, 0, 0};
static const uint8_t writable[] = {0, 0, 0, 0, 0x03, 0x01, 0, 0};

static const struct chip amd8111e_chip = {
    .name = "amd8111e",
    .vendor = 0x1022,
    .device = 0x7462,
    .revision = 0x02,
    .speed = 100,
    .bars = {{.size = 0x1000}},
    .capabilities = capabilities,
    .writable = writable,
    .capabilities_size = sizeof(capabilities),
    .reset = amd8111e_reset,
    .read = amd8111e_read,
    .write = amd8111e_write,
    .receive = amd8111e_receive,
    .ready = amd8111e_ready,
    .cable = amd8111e_cable,
};
CHIP(amd8111e_chip);
