/* SPDX-License-Identifier: BSD-2-Clause */
/* SysKonnect Genesis: the XMAC II, and the PHY BCM5400 behind it, which knows 1000BASE-T only.
 * Registers of the XMAC have two bytes; there is one at each multiple of four. */
#include <string.h>

#include "crc.h"
#include "skge.h"

enum {
    MMU_CMD = XMAC,
    TX_CMD = XMAC + 0x040,
    RX_CMD = XMAC + 0x060,
    PHY_ADDR = XMAC + 0x068,
    PHY_DATA = XMAC + 0x070,
    HW_CFG = XMAC + 0x098,
    STATION = XMAC + 0x210,
    HASH = XMAC + 0x220,
    MODE = XMAC + 0x248,
    STAT_CMD = XMAC + 0x400,
    TX_BYTES = XMAC + 0x510,  /* counters, of two registers each */
    TX_FRAMES = XMAC + 0x518, /* to all, to groups, to one */
    RX_BYTES = XMAC + 0x610,
    RX_FRAMES = XMAC + 0x618,
};
enum { PHY_READY = 1 << 12, PHY_BUSY = 1 << 11, GMII_FULL = 1 << 4, RX_ON = 2, TX_ON = 1 };
enum { AUTO_PAD = 1, STRIP_FCS = 1 << 4, GMII = 1 };
enum { USE_HASH = 1 << 15, OWN_ADDRESS = 1 << 14, PROMISCUOUS = 1 << 3 };
enum { NO_ONE = 1 << 6, NO_GROUP = 1 << 5, NO_ALL = 1 << 4 };
enum { SNAPSHOT = 0x30, CLEAR = 3 };
enum { RX_ONE = 1 << 13, RX_GROUP = 1 << 14, RX_ALL = 1 << 15, RX_802_3 = 1 << 9 };
enum { PHY_PIN = 1, PHY_PIN_OUT = 1 << 16 };

/* The PHY: address, and vendor's registers. In the mask a 1 keeps an interrupt off. */
enum { ADDRESS = 1, AUX_STATUS = 0x19, INT_STATUS = 0x1a, INT_MASK = 0x1b };
enum {
    AUX_DONE = 0xc000,
    AUX_1000_FULL = 7 << 8,
    AUX_1000_HALF = 6 << 8,
    AUX_LINK = 4,
    AUX_PAUSES = 3
};
enum { INT_PAGE = 1 << 10, INT_DUPLEX = 1 << 3, INT_SPEED = 1 << 2, INT_LINK = 1 << 1 };
enum { ANAR_PAUSE = 1 << 10 };

enum { MII_NS = 64 * 400, SNAPSHOT_NS = 10 * MICROSECOND };

static uint32_t bytes[2], frames[2][3]; /* received, sent; to all, to groups, to one */

static void change(unsigned reg, uint32_t clear, uint32_t set)
{
    skge_put(reg, (skge_get(reg, 2) & ~clear) | set, 2);
}

/* ---- The PHY ---- */

static bool vendor_read(struct phy *phy, unsigned reg, uint16_t *value)
{
    if (reg < 0x10)
        return false;
    *value = phy->regs[reg];
    if (reg == AUX_STATUS) {
        *value = 0;
        if (phy->link)
            *value = AUX_DONE | AUX_LINK | (phy->full ? AUX_1000_FULL : AUX_1000_HALF);
        if (phy->link && phy->regs[MII_ANAR] & ANAR_PAUSE)
            *value |= AUX_PAUSES;
    } else if (reg == INT_STATUS) {
        *value = skge.phy_events;
        skge.phy_events = 0;
        skge_update_irq();
    } else if (reg == INT_MASK) {
        *value = (uint16_t)~skge.phy_mask;
    }
    return true;
}

static bool vendor_write(struct phy *phy, unsigned reg, uint16_t value)
{
    if (reg < 0x10)
        return false;
    phy->regs[reg] = value;
    if (reg == INT_MASK) {
        skge.phy_mask = (uint16_t)~value;
        skge_update_irq();
    }
    return true;
}

static void phy_changed(void)
{
    skge.phy_events |= INT_LINK | (skge.phy.link ? INT_PAGE | INT_DUPLEX | INT_SPEED : 0);
    skge_update_irq();
    skge_send();
}

static bool phy_answers(void)
{
    return !skge.phy_reset && skge_get(PHY_ADDR, 2) >> 8 == ADDRESS && skge_get(HW_CFG, 2) & GMII;
}

static void phy_has_read(void *unused)
{
    uint16_t value = 0xffff;

    (void)unused;
    if (phy_answers())
        value = phy_read(&skge.phy, skge_get(PHY_ADDR, 2) & 31);
    skge_put(PHY_DATA, value, 2);
    change(MMU_CMD, 0, PHY_READY);
}

static void phy_has_written(void *unused)
{
    (void)unused;
    change(MMU_CMD, PHY_BUSY, 0);
    if (phy_answers())
        phy_write(&skge.phy, skge_get(PHY_ADDR, 2) & 31, (uint16_t)skge_get(PHY_DATA, 2));
}

/* Its reset is a pin of the chip, which the driver has to turn round and to set. */
void skge_xmac_gpio(uint32_t pins)
{
    bool reset = !(pins & PHY_PIN && pins & PHY_PIN_OUT);

    if (!reset && skge.phy_reset)
        phy_reset(&skge.phy);
    skge.phy_reset = reset;
}

/* ---- The MAC ---- */

static void snapshot_taken(void *unused)
{
    (void)unused;
    for (unsigned tx = 0; tx < 2; tx++) {
        unsigned at = tx ? TX_FRAMES : RX_FRAMES;

        skge_put(tx ? TX_BYTES : RX_BYTES, bytes[tx], 2);
        skge_put((tx ? TX_BYTES : RX_BYTES) + 4, bytes[tx] >> 16, 2);
        for (unsigned i = 0; i < 3; i++) {
            skge_put(at + 8 * i, frames[tx][i], 2);
            skge_put(at + 8 * i + 4, frames[tx][i] >> 16, 2);
        }
    }
    change(STAT_CMD, SNAPSHOT, 0);
}

static void write_stat_cmd(uint32_t value)
{
    if (value & CLEAR) {
        memset(bytes, 0, sizeof bytes);
        memset(frames, 0, sizeof frames);
    }
    skge_put(STAT_CMD, value & SNAPSHOT, 2);
    not_after(snapshot_taken, NULL);
    if (value & SNAPSHOT)
        after(SNAPSHOT_NS, snapshot_taken, NULL);
}

uint32_t skge_xmac_read(uint32_t reg, unsigned size)
{
    if (size != 2)
        fault("read of %u bytes at %04x: registers of the MAC have two", size, reg);
    if (skge.mac_reset)
        return 0;
    /* The first read begins the access to the PHY. */
    if (reg == PHY_DATA && !(skge_get(MMU_CMD, 2) & (PHY_READY | PHY_BUSY))) {
        not_after(phy_has_read, NULL);
        after(MII_NS, phy_has_read, NULL);
    }
    return reg & 2 ? 0 : skge_get(reg, 2);
}

static void check_mode(uint32_t command)
{
    if (command & TX_ON && skge.phy.link && skge.phy.full != !!(command & GMII_FULL))
        fault("the MAC is set to another duplex than the PHY");
}

void skge_xmac_write(uint32_t reg, uint32_t value, unsigned size)
{
    if (size != 2)
        fault("write of %u bytes at %04x: registers of the MAC have two", size, reg);
    if (skge.mac_reset || reg & 2)
        return; /* no register is between two others, but drivers write there */
    if ((reg == PHY_ADDR || reg == PHY_DATA) && skge_get(MMU_CMD, 2) & PHY_BUSY) {
        fault("write of %04x during an access to the PHY", reg);
        return;
    }
    if (reg == MMU_CMD) {
        change(reg, (uint32_t) ~(PHY_READY | PHY_BUSY), value & ~(uint32_t)(PHY_READY | PHY_BUSY));
        check_mode(value);
        skge_send();
    } else if (reg == STAT_CMD) {
        write_stat_cmd(value);
    } else {
        skge_put(reg, value, 2);
    }
    if (reg == PHY_ADDR)
        change(MMU_CMD, PHY_READY, 0);
    if (reg == PHY_DATA) {
        change(MMU_CMD, 0, PHY_BUSY);
        after(MII_NS, phy_has_written, NULL);
    }
}

static bool accepts(const uint8_t *frame)
{
    uint32_t mode = skge_get(MODE, 2);
    unsigned bit = ethernet_crc(frame, 6) & 63;
    bool own = true;

    for (unsigned i = 0; i < 6; i++)
        own &= frame[i] == skge.regs[STATION + i / 2 * 4 + i % 2];
    switch (skge_receiver(frame)) {
    case EVERYBODY:
        return !(mode & NO_ALL);
    case GROUP:
        return !(mode & NO_GROUP) &&
               (mode & PROMISCUOUS ||
                (mode & USE_HASH && skge_get(HASH + bit / 16 * 4, 2) >> bit % 16 & 1));
    default:
        return !(mode & NO_ONE) && (mode & PROMISCUOUS || (mode & OWN_ADDRESS && own));
    }
}

static bool sends(void)
{
    return !skge.mac_reset && skge_get(MMU_CMD, 2) & TX_ON && skge.regs[TX_MFF_CTRL2] & OPERATES;
}

static bool receives(void)
{
    return !skge.mac_reset && skge_get(MMU_CMD, 2) & RX_ON && skge.regs[RX_MFF_CTRL2] & OPERATES;
}

static bool pads(void)
{
    return skge_get(TX_CMD, 2) & AUTO_PAD;
}

static bool passes_fcs(void)
{
    return !(skge_get(RX_CMD, 2) & STRIP_FCS);
}

static uint32_t status(const uint8_t *frame, size_t len)
{
    static const uint32_t kinds[] = {RX_ONE, RX_ALL, RX_GROUP};

    return (uint32_t)len << 18 | kinds[skge_receiver(frame)] | (frame[12] < 6 ? RX_802_3 : 0);
}

static void count(const uint8_t *frame, size_t len, bool tx)
{
    static const unsigned kinds[] = {2, 0, 1};

    bytes[tx] += (uint32_t)len;
    frames[tx][kinds[skge_receiver(frame)]]++;
}

const struct skge_mac skge_xmac = {sends, receives, pads, passes_fcs, accepts, status, count};

void skge_xmac_reset(void)
{
    not_after(phy_has_read, NULL);
    not_after(phy_has_written, NULL);
    not_after(snapshot_taken, NULL);
    memset(skge.regs + XMAC, 0, XMAC_END - XMAC);
    skge_xmac_gpio(skge_get(GPIO, 4));
}

void skge_xmac_start(void)
{
    skge_xmac_reset();
    memset(bytes, 0, sizeof bytes);
    memset(frames, 0, sizeof frames);
    skge.mac = &skge_xmac;
    skge.phy_reset = true;
    skge.phy = (struct phy){.id1 = 0x0020,
                            .id2 = 0x6047,
                            .gigabit = true,
                            .reset_ns = 1,
                            .changed = phy_changed,
                            .vendor_read = vendor_read,
                            .vendor_write = vendor_write};
}
