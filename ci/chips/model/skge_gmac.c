/* SPDX-License-Identifier: BSD-2-Clause */
/* Marvell Yukon: the MAC with its filter and counters, and the PHY 88E1011 behind it. */
#include <string.h>

#include "crc.h"
#include "skge.h"

enum {
    GP_STAT = GMAC,
    GP_CTRL = GMAC + 0x04,
    RX_CTRL = GMAC + 0x0c,
    SRC_ADDR_1 = GMAC + 0x1c,
    SRC_ADDR_2 = GMAC + 0x28,
    MC_ADDR = GMAC + 0x34,
    SMI_CTRL = GMAC + 0x80,
    SMI_DATA = GMAC + 0x84,
    PHY_ADDR = GMAC + 0x88,
    MIB = GMAC + 0x100,
    MIB_COUNTERS = 44,
};
enum { TX_ENABLE = 1 << 12, RX_ENABLE = 1 << 11, CRC_OFF = 1 << 13 /* it is not passed on */ };
enum { RX_GOOD = 1 << 8, RX_BROADCAST = 1 << 9, RX_GROUP = 1 << 10 };
/* Counters: of frames to one, to all, to a group, and of bytes. */
enum { MIB_RX = 0, MIB_RX_BYTES = 6, MIB_TX = 24, MIB_TX_BYTES = 28 };

enum { SMI_READ = 1 << 5, SMI_VALID = 1 << 4, SMI_BUSY = 1 << 3 };
enum { FILTER_UNICAST = 1 << 15, FILTER_GROUP = 1 << 14 };
enum {
    AUTO_SPEED_OFF = 1,
    AUTO_DUPLEX_OFF = 4,
    GIGABIT = 1 << 7,
    FULL = 1 << 5,
    SPEED_100 = 1 << 3
};
enum { STAT_100 = 1 << 15, STAT_FULL = 1 << 14, STAT_LINK = 1 << 12, STAT_1000 = 1 << 4 };
enum { MIB_CLEAR = 1 << 5 };
enum { SET_RESET = 1, CLEAR_RESET = 2 };

/* Vendor's registers of the PHY. */
enum { PHY_STATUS = 0x11, PHY_INT_MASK = 0x12, PHY_INT_STATUS = 0x13 };
enum { PS_1000 = 1 << 15, PS_100 = 1 << 14, PS_FULL = 1 << 13, PS_RESOLVED = 1 << 11 };
enum { PS_LINK = 1 << 10, PS_PAUSES = 3 << 2 };
enum { PI_SPEED = 1 << 14, PI_DUPLEX = 1 << 13, PI_NEGOTIATED = 1 << 11, PI_LINK = 1 << 10 };
enum { ANAR_PAUSE = 1 << 10 };

enum { SMI_NS = 64 * 400 }; /* longest time of an access to the PHY: 64 bits at 2.5 MHz */

static uint32_t mib[MIB_COUNTERS];

/* ---- The PHY ---- */

static uint16_t phy_status(const struct phy *phy)
{
    uint16_t status = 0;

    if (!phy->link)
        return 0;
    if (phy->speed == 1000)
        status = PS_1000;
    else if (phy->speed == 100)
        status = PS_100;
    if (phy->regs[MII_ANAR] & phy->regs[MII_ANLPAR] & ANAR_PAUSE)
        status |= PS_PAUSES;
    return status | PS_LINK | PS_RESOLVED | (phy->full ? PS_FULL : 0);
}

static bool vendor_read(struct phy *phy, unsigned reg, uint16_t *value)
{
    if (reg < 0x10)
        return false;
    *value = phy->regs[reg];
    if (reg == PHY_STATUS)
        *value = phy_status(phy);
    if (reg == PHY_INT_MASK)
        *value = skge.phy_mask;
    if (reg == PHY_INT_STATUS) {
        *value = skge.phy_events;
        skge.phy_events = 0;
        skge_update_irq();
    }
    return true;
}

static bool vendor_write(struct phy *phy, unsigned reg, uint16_t value)
{
    if (reg < 0x10)
        return false;
    if (reg == PHY_INT_MASK) {
        skge.phy_mask = value;
        skge_update_irq();
    } else if (reg != PHY_STATUS && reg != PHY_INT_STATUS) {
        phy->regs[reg] = value;
    }
    return true;
}

static void phy_changed(void)
{
    uint16_t status = 0;

    skge.phy_events = (skge.phy_events & (uint16_t)~PI_NEGOTIATED) | PI_LINK;
    if (skge.phy.link) {
        skge.phy_events |= PI_SPEED | PI_DUPLEX;
        if (skge.phy.regs[MII_BMSR] & BMSR_AN_DONE)
            skge.phy_events |= PI_NEGOTIATED;
        status = STAT_LINK | (skge.phy.full ? STAT_FULL : 0);
        status |= skge.phy.speed == 1000 ? STAT_1000 : skge.phy.speed == 100 ? STAT_100 : 0;
    }
    skge_put(GP_STAT, status, 2);
    skge_update_irq();
    skge_send();
}

static void smi_done(void *unused)
{
    uint16_t control = (uint16_t)skge_get(SMI_CTRL, 2), value = 0xffff;
    bool ours = !(control >> 11) && !skge.phy_reset;
    unsigned reg = control >> 6 & 31;

    (void)unused;
    control &= (uint16_t)~SMI_BUSY;
    if (control & SMI_READ) {
        if (ours)
            value = phy_read(&skge.phy, reg);
        skge_put(SMI_DATA, value, 2);
        control |= SMI_VALID;
    } else if (ours) {
        phy_write(&skge.phy, reg, (uint16_t)skge_get(SMI_DATA, 2));
    }
    skge_put(SMI_CTRL, control, 2);
}

/* ---- The MAC ---- */

/* Speed and duplex follow the PHY, unless the driver says them. */
static void check_mode(uint16_t control)
{
    bool gigabit = control & GIGABIT, fast = control & SPEED_100;

    if (!skge.phy.link)
        return;
    if (control & AUTO_SPEED_OFF &&
        (gigabit != (skge.phy.speed == 1000) || (!gigabit && fast != (skge.phy.speed == 100))))
        fault("the MAC is set to another speed than the PHY's %u", skge.phy.speed);
    if (control & AUTO_DUPLEX_OFF && !(control & FULL) != !skge.phy.full)
        fault("the MAC is set to another duplex than the PHY");
}

static uint16_t read_mib(uint32_t reg)
{
    unsigned counter = (reg - MIB) / 8;
    uint16_t value;

    if (counter >= MIB_COUNTERS)
        return 0;
    value = (uint16_t)(mib[counter] >> (reg & 4) * 4);
    if (skge_get(PHY_ADDR, 2) & MIB_CLEAR)
        mib[counter] = 0;
    return value;
}

uint32_t skge_gmac_read(uint32_t reg, unsigned size)
{
    if (reg & 3 || size != 2)
        fault("read of %u bytes at %04x: registers of the MAC have two", size, reg);
    if (skge.mac_reset)
        return 0;
    return reg >= MIB ? read_mib(reg) : skge_get(reg, 2);
}

void skge_gmac_write(uint32_t reg, uint32_t value, unsigned size)
{
    if (reg & 3 || size != 2)
        fault("write of %u bytes at %04x: registers of the MAC have two", size, reg);
    if (skge.mac_reset)
        return;
    if (reg == GP_STAT || reg >= MIB) {
        fault("write of %04x, which can only be read", reg);
        return;
    }
    if ((reg == SMI_CTRL || reg == SMI_DATA) && skge_get(SMI_CTRL, 2) & SMI_BUSY) {
        fault("write of %04x during an access to the PHY", reg);
        return;
    }
    skge_put(reg, value, 2);
    if (reg == GP_CTRL) {
        check_mode((uint16_t)value);
        skge_send();
    }
    if (reg == SMI_CTRL) {
        skge_put(reg, (value & ~(uint32_t)SMI_VALID) | SMI_BUSY, 2);
        after(SMI_NS, smi_done, NULL);
    }
}

static void mac_defaults(void)
{
    not_after(smi_done, NULL);
    memset(skge.regs + GMAC + 4, 0, GMAC_END - GMAC - 4);
}

/* GMAC_CTRL, GPHY_CTRL and LINK_CTRL: their lowest bits set a reset and clear it. */
void skge_gmac_control(uint32_t reg, uint32_t value)
{
    if (reg == GMAC_CTRL && value & SET_RESET) {
        skge.mac_reset = true;
        mac_defaults();
    } else if (reg == GMAC_CTRL && value & CLEAR_RESET) {
        skge.mac_reset = false;
    } else if (reg == GPHY_CTRL && value & SET_RESET) {
        skge.phy_reset = true;
    } else if (reg == GPHY_CTRL && value & CLEAR_RESET && skge.phy_reset) {
        skge.phy_reset = false;
        phy_reset(&skge.phy);
        skge.phy_events = skge.phy_mask = 0;
    }
}

static unsigned hash(const uint8_t *address)
{
    uint32_t crc = ~ethernet_crc(address, 6);
    unsigned bit = 0;

    for (unsigned i = 0; i < 6; i++)
        bit |= (crc >> (31 - i) & 1) << i;
    return bit;
}

/* Addresses are three registers of two bytes. */
static bool is_address(const uint8_t *address, unsigned reg)
{
    for (unsigned i = 0; i < 6; i++) {
        if (address[i] != skge.regs[reg + i / 2 * 4 + i % 2])
            return false;
    }
    return true;
}

static bool accepts(const uint8_t *frame)
{
    uint32_t filter = skge_get(RX_CTRL, 2);
    unsigned bit = hash(frame);

    switch (skge_receiver(frame)) {
    case EVERYBODY:
        return true;
    case GROUP:
        return !(filter & FILTER_GROUP) || skge_get(MC_ADDR + bit / 16 * 4, 2) >> bit % 16 & 1;
    default:
        return !(filter & FILTER_UNICAST) || is_address(frame, SRC_ADDR_1) ||
               is_address(frame, SRC_ADDR_2);
    }
}

static bool sends(void)
{
    return !skge.mac_reset && skge_get(GP_CTRL, 2) & TX_ENABLE && skge.regs[TX_GMF_CTRL] & OPERATES;
}

static bool receives(void)
{
    return !skge.mac_reset && skge_get(GP_CTRL, 2) & RX_ENABLE && skge.regs[RX_GMF_CTRL] & OPERATES;
}

static bool pads(void)
{
    return true;
}

static bool passes_fcs(void)
{
    return !(skge_get(RX_CTRL, 2) & CRC_OFF);
}

static uint32_t status(const uint8_t *frame, size_t len)
{
    static const uint32_t kinds[] = {0, RX_BROADCAST, RX_GROUP};

    return (uint32_t)len << 16 | RX_GOOD | kinds[skge_receiver(frame)];
}

static void count(const uint8_t *frame, size_t len, bool tx)
{
    static const unsigned kinds[] = {0, 1, 3};

    mib[tx ? MIB_TX_BYTES : MIB_RX_BYTES] += (uint32_t)len;
    mib[(tx ? MIB_TX : MIB_RX) + kinds[skge_receiver(frame)]]++;
}

const struct skge_mac skge_gmac = {sends, receives, pads, passes_fcs, accepts, status, count};

void skge_gmac_reset(void)
{
    mac_defaults();
    skge.mac_reset = skge.phy_reset = false;
}

void skge_gmac_start(void)
{
    skge_gmac_reset();
    memset(mib, 0, sizeof mib);
    skge.mac = &skge_gmac;
    /* A reset of the PHY takes less than an access to it. */
    skge.phy = (struct phy){.id1 = 0x0141,
                            .id2 = 0x0c23,
                            .gigabit = true,
                            .reset_ns = 1,
                            .changed = phy_changed,
                            .vendor_read = vendor_read,
                            .vendor_write = vendor_write};
    phy_reset(&skge.phy);
}
