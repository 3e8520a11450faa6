/* SPDX-License-Identifier: BSD-2-Clause */
/* Attansic's and Atheros' Ethernet chips with rings of receive return descriptors: AR8131, AR8132,
 * AR8151, AR8152 (L1C, L2C, L1D) and AR8161, AR8162, AR8171, AR8172 (with Killer E2200 to E2500).
 *
 * There is no public datasheet. Facts: what Linux's alx and atl1c, and OpenBSD's and FreeBSD's alc
 * do alike. Longest times are those that the most impatient of them waits. */
#include <string.h>

#include "alx.h"

enum { COMMAND = 0x04, CONFIG_END = 0x0100, SHADOW_END = 0x0400, PCIE = 0x1000, PCIE_END = 0x1300 };
enum { MAC_END = 0x1c00, MAGIC = 0x1f00, COMMAND_BITS = 0x0557 };
enum { MASTER_RESET = 1, MASTER_WRITABLE = 0x1ef6 };
enum { SLD_START = 1 << 11, SLD_BUSY = 1 << 12, OTP_CLOCK = 2 };
enum { TWSI_THERE = 1 << 29, LOAD = 1 };
enum { RESET_TIME = 300 * MICROSECOND, SLD_TIME = 20 * MILLISECOND };
enum { RXF_UNITS = 0x0500, MTU_DEFAULT = 1536 };
#define QUIET        (1u << 31)
#define OTP_SELECTED (1u << 31)

struct alx alx;

void alx_interrupt(uint32_t bits)
{
    alx.isr |= bits | (alx_phy_interrupt() ? ISR_PHY : 0);
    irq(!alx.quiet && alx.isr & *alx_reg(IMR));
}

/* The MAC's and DMA's registers. The station address, and those before and behind, stay; counters
 * as well, which no driver reads before it resets the chip. */
static void set_defaults(void)
{
    uint32_t address[] = {*alx_reg(STAD0), *alx_reg(STAD1)};

    memset(alx_reg(MAC_CTRL), 0, MIB - MAC_CTRL);
    memcpy(alx_reg(STAD0), address, sizeof address);
    *alx_reg(MTU) = MTU_DEFAULT;
    *alx_reg(RXF_LEN) = RXF_UNITS;
    alx.isr = alx.rfd_producer = alx.rfd_consumer = 0;
    alx.quiet = false;
    memset(alx.tpd_producer, 0, sizeof alx.tpd_producer);
    memset(alx.tpd_consumer, 0, sizeof alx.tpd_consumer);
    alx_mac_reset();
    alx.is->rings->reset();
    alx_interrupt(0);
}

static void reset_done(void *unused)
{
    (void)unused;
    set_defaults();
    alx.in_reset = false;
    *alx_reg(MASTER) &= ~MASTER_RESET;
}

static void load_address(void)
{
    *alx_reg(STAD0) =
        (uint32_t)card_mac[2] << 24 | card_mac[3] << 16 | card_mac[4] << 8 | card_mac[5];
    *alx_reg(STAD1) = card_mac[0] << 8 | card_mac[1];
}

static void sld_done(void *unused)
{
    (void)unused;
    *alx_reg(SLD) &= ~(SLD_START | SLD_BUSY);
    if (!(alx.is->flags & OTP) || *alx_reg(OTP_CTRL) & OTP_CLOCK)
        load_address();
    else
        note("the station address is not loaded: OTP_CTRL has no clock");
}

static void write_master(uint32_t value)
{
    *alx_reg(MASTER) = value & (MASTER_WRITABLE | MASTER_RESET);
    if (!(value & MASTER_RESET))
        return;
    alx.in_reset = true;
    alx_mac_reset();
    alx.is->rings->reset();
    after(RESET_TIME, reset_done, NULL);
}

static uint16_t *find_index(unsigned reg)
{
    bool consumer;

    return alx.is->rings->index(reg, &consumer);
}

static bool is_index(unsigned reg)
{
    return find_index(reg & ~3u) || find_index((reg & ~3u) + 2);
}

static bool exists(uint32_t reg)
{
    return reg < SHADOW_END || (reg >= PCIE && reg < PCIE_END) ||
           (reg >= MASTER && reg < MAC_END) || reg == MAGIC;
}

static bool allowed(unsigned bar, uint32_t reg, unsigned size, const char *what)
{
    if (bar)
        fault("I/O port %#x: %s; only the memory has all registers", reg, what);
    else if (!exists(reg))
        fault("register %#06x does not exist: %s", reg, what);
    else if (reg % size ||
             (size == 1 && (!alx.is->rings->bytes || reg - alx.is->rings->bytes >= 8)))
        fault("register %#06x: %s of %u bytes", reg, what, size);
    else
        return true;
    return false;
}

/* Reading clears a counter. While the PHY hibernates Linux reads each register of AR813x and
   AR815x twice, since the first read comes too early: that one takes nothing. */
static uint32_t read_mib(uint32_t reg)
{
    uint32_t value = alx.mibs[(reg - MIB) / 4];

    if (!(alx.is->flags & (AR816X | L1E)) && !alx_link() && alx.early != reg) {
        alx.early = reg;
        return 0;
    }
    alx.early = 0;
    alx.mibs[(reg - MIB) / 4] = 0;
    return value;
}

static uint32_t read_dword(uint32_t reg)
{
    if (is_index(reg))
        return (find_index(reg) ? *find_index(reg) : 0) |
               (find_index(reg + 2) ? (uint32_t)*find_index(reg + 2) << 16 : 0);
    if (reg < CONFIG_END)
        return config_get(reg, 4);
    if (reg >= MIB && reg < MIB_END)
        return read_mib(reg);
    switch (reg) {
    case MAC_STS:
        return alx_busy();
    case ISR:
        return alx.isr | (alx.quiet ? QUIET : 0);
    case TWSI_DEBUG:
        return TWSI_THERE;
    case MASTER:
        return *alx_reg(reg) | (alx.is->flags & (AR816X | L1E) ? 0 : OTP_SELECTED);
    }
    return *alx_reg(reg);
}

static uint32_t alx_read(unsigned bar, uint32_t reg, unsigned size)
{
    uint32_t value;

    if (!allowed(bar, reg, size, "read"))
        return ~0u;
    value = read_dword(reg & ~3u) >> 8 * (reg % 4);
    return size == 4 ? value : value & ((1u << 8 * size) - 1);
}

static void write_isr(uint32_t value)
{
    alx.quiet = value & QUIET;
    alx.isr &= ~value;
    alx_interrupt(0);
}

static void write_sld(uint32_t value)
{
    if (!(value & SLD_START))
        return;
    *alx_reg(SLD) |= SLD_BUSY;
    not_after(sld_done, NULL);
    after(SLD_TIME, sld_done, NULL);
}

static void write_dword(uint32_t reg, uint32_t value)
{
    uint32_t before = *alx_reg(reg);

    switch (reg) {
    case MASTER:
        write_master(value);
        return;
    case MDIO:
        alx_mdio(value);
        return;
    case ISR:
        write_isr(value);
        return;
    case MAC_STS:
        fault("register %#06x can only be read", reg);
        return;
    }
    *alx_reg(reg) = value;
    switch (reg) {
    case PHY_CTRL:
        alx_phy_control(before);
        break;
    case SLD:
        write_sld(value);
        break;
    case EFLD: /* no EEPROM and no flash memory */
        *alx_reg(reg) = 0;
        break;
    case LOAD_PTR:
        *alx_reg(reg) = 0;
        if (value & LOAD)
            alx.is->rings->load();
        break;
    case IMR:
        alx_interrupt(0);
        break;
    }
}

static void write_index(unsigned reg, uint16_t value)
{
    bool consumer;
    uint16_t *index = alx.is->rings->index(reg, &consumer);

    if (index && consumer)
        fault("register %#06x, a consumer index, can only be read", reg);
    else if (index)
        *index = value;
}

static void alx_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    if (!allowed(bar, reg, size, "write"))
        return;
    if (alx.in_reset && reg >= MASTER && reg < MAC_END) {
        fault("register %#06x is written before the reset is over", reg);
        return;
    }
    if (reg < CONFIG_END) { /* the configuration space: the only one that drivers write here */
        if (reg == COMMAND)
            config_set(COMMAND, value & COMMAND_BITS, 2);
        return;
    }
    if (alx.is->rings->write && alx.is->rings->write(reg, value, size)) {
        alx_run();
        return;
    }
    if (is_index(reg)) {
        write_index(reg, value);
        if (size == 4)
            write_index(reg + 2, value >> 16);
    } else if (size == 4) {
        write_dword(reg, value);
    } else { /* the other half stays */
        unsigned shift = 8 * (reg % 4);

        write_dword(reg & ~3u, (read_dword(reg & ~3u) & ~(0xffffu << shift)) | value << shift);
    }
    alx_run();
}

static void power_on(const struct board *board)
{
    memset(&alx, 0, sizeof alx);
    alx.is = board;
    set_defaults();
    if (!(board->flags & NO_ADDRESS))
        load_address();
    alx_phy_power_on();
    alx_interrupt(0);
}

/* Power management 1.2; PCI Express 1.1 at 58h: its registers are at 60h and 68h here, too. */
static const uint8_t capabilities[] = {
    0x01, 0x58, 0x03, 0x00, 0,    0, 0, 0,    0,    0,    0,    0, 0, 0, 0, 0, 0,
    0,    0,    0,    0,    0,    0, 0, 0x10, 0x00, 0x01, 0x00, 0, 0, 0, 0, /* PCI Express, device
                                                                               capabilities */
    0,    0x20, 0,    0,    0x11, 0, 0, 0,    0,    0, /* device control, link capabilities and
                                                          control */
    0x11, 0x10                                         /* link status: one lane, 2.5 GT/s */
};
static const uint8_t writable[sizeof capabilities] = {
    [4] = 3, [32] = 0xff, [33] = 0xff, [40] = 0xff, [41] = 1};

#define ALX(symbol, id, revision_, phy_id2_, rings_, flags_)                                      \
    static void symbol##_reset(void)                                                              \
    {                                                                                             \
        static const struct board board = {flags_, phy_id2_, &rings_};                            \
                                                                                                  \
        power_on(&board);                                                                         \
    }                                                                                             \
    static const struct chip symbol = {.name = #symbol,                                           \
                                       .vendor = 0x1969,                                          \
                                       .device = id,                                              \
                                       .sub_vendor = 0x1458,                                      \
                                       .sub_device = 0xe000,                                      \
                                       .revision = revision_,                                     \
                                       .bars = {{0x40000, false, true}, {0}, {128, true, false}}, \
                                       .capabilities = capabilities,                              \
                                       .writable = writable,                                      \
                                       .capabilities_size = sizeof capabilities,                  \
                                       .speed = (flags_)&FAST ? 100 : 1000,                       \
                                       .reset = symbol##_reset,                                   \
                                       .read = alx_read,                                          \
                                       .write = alx_write,                                        \
                                       .receive = alx_receive,                                    \
                                       .ready = alx_ready,                                        \
                                       .cable = alx_cable};                                       \
    CHIP(symbol)

ALX(ar8131, 0x1063, 0xc0, 0xd01d, alx_rings, OTP | NO_ADDRESS);
ALX(ar8132, 0x1062, 0xc0, 0xd01d, alx_rings, OTP | FAST);
ALX(ar8151, 0x1083, 0xc0, 0xd01e, alx_rings, 0);
ALX(ar8152, 0x2062, 0xc1, 0xd01e, alx_rings, FAST);
ALX(ar8161, 0x1091, 0x10, 0xd042, alx_rings, AR816X);
ALX(ar8162, 0x1090, 0x10, 0xd042, alx_rings, AR816X | FAST);
ALX(l1e, 0x1026, 0xb0, 0xd01b, l1e_rings, L1E);
ALX(ar8171, 0x10a1, 0x18, 0xd042, alx_rings, AR816X | NO_ADDRESS);
