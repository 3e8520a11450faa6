/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel I225 and I226, Ethernet up to 2.5 Gbit/s.
 *
 * There is no public manual of the whole chip: registers are as the drivers of Linux, FreeBSD and
 * iPXE use them, and as the I210's datasheet, whose descendant it is, has them. Interrupts and
 * rings have new addresses, and are at those of the 82575, too (iPXE uses these, Linux the new
 * ones). The PHY is a GPY211: 2.5 Gbit/s is in MMD 7, behind registers 13 and 14 (IEEE 802.3 annex
 * 22D and section 45.2.7.10). The reset of the bus resets it, too. */
#include "chip.h"
#include "intel_mac.h"
#include "intel_port.h"

#include <string.h>

enum { PHPM = 0x0e14, FWSM = 0x5b54 };
enum { RXPBS = 0x2404, TXPBS = 0x3404, SYSTIML = 0xb600, SYSTIMH = 0xb604, EERD_NEW = 0x12014 };
enum { RX_NEW = 0xc000, RX_OLD = 0x2800, TX_NEW = 0xe000, TX_OLD = 0x3800, RING = 0x40 };
enum { RING_OLD = 0x100, RINGS = 4, CAUSES_NEW = 0x1500, CAUSES_END = 0x1514, CAUSES_OLD = 0xc0 };
enum { RX_ROOM = 0xa2, TX_ROOM = 0x04000014 };
enum { EE_FLASH = 1 << 19, EE_UPDATED = 1 << 26, INIT_DONE = 0x200, FAST = 1 << 22 };
enum { RESET_ALL = 1 << 29, PHY_RESET_DONE = 0x100 };
enum { MMD_CONTROL = 13, MMD_DATA = 14, MMD_VALUE = 0x4000, MMD_AN = 7, MULTI_CONTROL = 32 };
enum { ADVERTISE_2500 = 0x80, PHY_VERSION = 30, VENDOR = 16 };
enum { PHY_RESET_TIME = 5 * MILLISECOND, BAR_SIZE = 1 << 20 };
#define PHY_RESET 0x80000000u

static struct {
    uint16_t words[NVM_WORDS];
    uint16_t mmd, address, multi; /* registers 13 and 14, and 7.32 */
    uint32_t rx_room, tx_room;    /* of the packet buffer; a reset leaves them */
} s;

/* Registers that there are: first and last of each row. */
static const struct {
    uint32_t first, last;
} map[] = {
    {0x0000, 0x003c}, {0x00c0, 0x00e0}, {0x0100, 0x0100},   {0x0170, 0x0170},   {0x01a0, 0x01a0},
    {0x0400, 0x041c}, {0x0e00, 0x0e3c}, {0x1500, 0x1590},   {0x1680, 0x1690},   {0x1700, 0x1740},
    {0x2160, 0x2170}, {0x2404, 0x2404}, {0x2460, 0x2460},   {0x2508, 0x2510},   {0x2800, 0x2b3c},
    {0x3004, 0x3060}, {0x3310, 0x3354}, {0x3404, 0x3430},   {0x3540, 0x3590},   {0x3800, 0x3b3c},
    {0x4000, 0x415c}, {0x5000, 0x5008}, {0x5200, 0x53fc},   {0x5400, 0x549c},   {0x54e0, 0x55b0},
    {0x5600, 0x57fc}, {0x5800, 0x5838}, {0x5900, 0x5900},   {0x59e0, 0x5afc},   {0x5b00, 0x5bc0},
    {0x5c00, 0x5cfc}, {0x5f50, 0x5f50}, {0x9000, 0x95fc},   {0xa000, 0xa1fc},   {0xb600, 0xb6fc},
    {0xc000, 0xc0fc}, {0xe000, 0xe0fc}, {0x10014, 0x10334}, {0x12014, 0x12018}, {0x12540, 0x125fc},
};

static uint32_t *at(uint32_t reg)
{
    return &mac.regs[reg / 4];
}

/* The same register where the 82575 has it. False when there is none. */
static bool find(uint32_t *reg)
{
    unsigned i;

    for (i = 0; i < sizeof(map) / sizeof(map[0]); i++)
        if (*reg >= map[i].first && *reg <= map[i].last)
            break;
    if (i == sizeof(map) / sizeof(map[0]))
        return false;
    if (*reg >= RX_NEW && *reg < RX_NEW + RINGS * RING)
        *reg = RX_OLD + (*reg - RX_NEW) / RING * RING_OLD + *reg % RING;
    else if (*reg >= TX_NEW && *reg < TX_NEW + RINGS * RING)
        *reg = TX_OLD + (*reg - TX_NEW) / RING * RING_OLD + *reg % RING;
    else if (*reg >= CAUSES_NEW && *reg < CAUSES_END) /* 4 bytes apart, there 8 */
        *reg = CAUSES_OLD + (*reg - CAUSES_NEW) * 2;
    else if (*reg == EERD_NEW)
        *reg = EERD;
    return true;
}

static bool has_link(void)
{
    return port.phy.link && *at(CTRL) & CTRL_LINK_UP;
}

static void link_changed(void)
{
    mac_interrupt(CAUSE_LINK);
}

static void defaults(void)
{
    mac_reset();
    *at(CTRL) = CTRL_FULL;
    *at(STATUS) = STATUS_MASTER | INIT_DONE;
    *at(EECD) = EE_PRESENT | EE_256_WORDS | EE_FLASH | EE_UPDATED;
    *at(PHPM) = PHY_RESET_DONE;
    *at(RXPBS) = s.rx_room;
    *at(TXPBS) = s.tx_room;
}

/* --- the PHY */
static bool phy_register(struct phy *phy, unsigned reg, uint16_t *value)
{
    *value = phy->regs[reg];
    if (reg == MMD_DATA && s.mmd & MMD_VALUE)
        *value = s.mmd == (MMD_VALUE | MMD_AN) && s.address == MULTI_CONTROL ? s.multi : 0;
    else if (reg == MMD_DATA)
        *value = s.address;
    else if (reg == MMD_CONTROL)
        *value = s.mmd;
    return reg >= VENDOR || reg == MMD_CONTROL || reg == MMD_DATA;
}

static bool phy_store(struct phy *phy, unsigned reg, uint16_t value)
{
    if (reg == MMD_CONTROL)
        s.mmd = value;
    else if (reg == MMD_DATA && !(s.mmd & MMD_VALUE))
        s.address = value;
    else if (reg == MMD_DATA && s.mmd == (MMD_VALUE | MMD_AN) && s.address == MULTI_CONTROL) {
        s.multi = value;
        phy->faster = value & ADVERTISE_2500 ? 2500 : 0;
    }
    return reg >= VENDOR || reg == MMD_CONTROL || reg == MMD_DATA;
}

static void start_phy(void)
{
    s.mmd = s.address = 0;
    s.multi = ADVERTISE_2500;
    port.phy.faster = 2500;
    phy_reset(&port.phy);
    port.phy.regs[PHY_VERSION] = 0x8747;
}

static void phy_up(void *argument)
{
    start_phy();
    *at(PHPM) |= PHY_RESET_DONE;
}

/* CTRL resets the PHY while its bit is set; then it loads its firmware. */
static void reset_phy(uint32_t before, uint32_t now)
{
    if (!((before ^ now) & PHY_RESET))
        return;
    not_after(phy_up, NULL);
    *at(PHPM) &= ~PHY_RESET_DONE;
    if (now & PHY_RESET)
        phy_write(&port.phy, MII_BMCR, BMCR_AN | BMCR_DOWN);
    else
        after(PHY_RESET_TIME, phy_up, NULL);
}

/* --- registers */
static uint32_t read_status(void)
{
    if (!has_link())
        return *at(STATUS);
    return port_phy_status() | STATUS_LINK | (port.phy.speed == 2500 ? FAST : 0);
}

static uint32_t igc_read(unsigned bar, uint32_t reg, unsigned size)
{
    uint32_t asked = reg;

    if (!port_may_read(reg, size))
        return 0;
    if (!find(&reg)) {
        fault("register %#x, which there is not, is read", asked);
        return 0;
    }
    if (reg == STATUS)
        return read_status();
    if (reg == SYSTIML)
        return card_now() % 1000000000;
    if (reg == SYSTIMH)
        return card_now() / 1000000000;
    return port_read(reg);
}

static void igc_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    uint32_t before = *at(CTRL), asked = reg;

    if (!port_may_write(reg, size))
        return;
    if (!find(&reg)) {
        fault("register %#x, which there is not, is written", asked);
        return;
    }
    switch (reg) {
    case EECD:
    case FWSM:
        break;
    case PHPM:
        *at(PHPM) = (value & ~PHY_RESET_DONE) | (*at(PHPM) & PHY_RESET_DONE);
        break;
    case RXPBS:
        s.rx_room = *at(reg) = value;
        break;
    case TXPBS:
        s.tx_room = *at(reg) = value;
        break;
    case CTRL:
    case CTRL_DUP:
        port_write(reg, value);
        reset_phy(before, value);
        break;
    default:
        port_write(reg, value);
    }
}

static void cable(void)
{
    phy_cable(&port.phy);
}

static void igc_reset(void)
{
    memset(&s, 0, sizeof(s));
    memset(&port, 0, sizeof(port));
    s.rx_room = RX_ROOM;
    s.tx_room = TX_ROOM;
    mac.hash_bits = 12;
    mac.buffer = 64;
    mac.link = has_link;
    mac.pci = false;
    mac.advanced = true;
    memset(s.words, 0xff, sizeof(s.words));
    port_nvm(s.words);
    port.words = s.words;
    port.resets = CTRL_RESET | RESET_ALL;
    port.phy_high = 1; /* MDICNFG has the address */
    port.defaults = defaults;
    port.phy.id1 = 0x67c9;
    port.phy.id2 = 0xdc00;
    port.phy.gigabit = true;
    port.phy.changed = link_changed;
    port.phy.vendor_read = phy_register;
    port.phy.vendor_write = phy_store;
    port_start();
    start_phy();
}

static const uint8_t capabilities[] = {1, 0, 0x22, 0xc8, 0, 0x20, 0, 0}; /* power management */
static const uint8_t writable[sizeof(capabilities)] = {[4] = 0x03, 0x01};

#define IGC_CHIP(model, id)                        \
    static const struct chip model = {             \
        .name = #model,                            \
        .vendor = 0x8086,                          \
        .device = id,                              \
        .sub_vendor = 0x8086,                      \
        .revision = 3,                             \
        .speed = 2500,                             \
        .bars = {{BAR_SIZE}},                      \
        .capabilities = capabilities,              \
        .writable = writable,                      \
        .capabilities_size = sizeof(capabilities), \
        .reset = igc_reset,                        \
        .read = igc_read,                          \
        .write = igc_write,                        \
        .receive = mac_receive,                    \
        .ready = mac_ready,                        \
        .cable = cable,                            \
        .configured = mac_drive,                   \
    };                                             \
    CHIP(model)

IGC_CHIP(i225, 0x15f3);
IGC_CHIP(i226, 0x125c);
