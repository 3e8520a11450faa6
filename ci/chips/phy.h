/* SPDX-License-Identifier: BSD-2-Clause */
/* An Ethernet PHY as IEEE 802.3 clause 22 has it, for 10, 100 and 1000 Mbit/s, with the link
 * partner of a good switch. It takes time to negotiate; the cable may be pulled at any time.
 * Vendors' registers and pages are up to the hooks. */
#ifndef PHY_H
#define PHY_H

#include <stdbool.h>
#include <stdint.h>

enum { MII_BMCR, MII_BMSR, MII_ID1, MII_ID2, MII_ANAR, MII_ANLPAR, MII_ANER };
enum { MII_CTRL1000 = 9, MII_STAT1000, MII_ESTATUS = 15, MII_REGS = 32 };
enum { BMCR_RESET = 0x8000, BMCR_LOOPBACK = 0x4000, BMCR_SPEED100 = 0x2000, BMCR_AN = 0x1000 };
enum { BMCR_DOWN = 0x0800, BMCR_ISOLATE = 0x0400, BMCR_RESTART = 0x0200, BMCR_FULL = 0x0100 };
enum { BMCR_SPEED1000 = 0x0040 };
enum { BMSR_AN_DONE = 0x0020, BMSR_AN_ABLE = 0x0008, BMSR_LINK = 0x0004, BMSR_EXTENDED = 1 };

struct phy {
    /* Set by the model, before phy_reset(). */
    uint16_t id1, id2;     /* registers 2 and 3 */
    bool gigabit;          /* also speaks 1000BASE-T */
    uint16_t faster;       /* Mbit/s above these that vendor's registers have turned on; 0: none */
    uint16_t lacks;        /* bits of register 4 for 10 and 100 Mbit/s that it does not speak */
    uint64_t reset_ns;     /* longest time of a reset; 0: 500 us */
    uint64_t autoneg_ns;   /* longest time of an autonegotiation; 0: 1.5 s */
    void (*changed)(void); /* the link came, went, or has another speed; may be NULL */
    /* Vendor's registers: true when the hook has served the access. May be NULL. */
    bool (*vendor_read)(struct phy *phy, unsigned reg, uint16_t *value);
    bool (*vendor_write)(struct phy *phy, unsigned reg, uint16_t value);

    /* The state; for others to look at. */
    uint16_t regs[MII_REGS];
    bool link;      /* now */
    bool was_down;  /* since register 1 was read */
    bool full;      /* duplex, and... */
    uint16_t speed; /* ...10, 100, 1000 or `faster`, while there is a link */
};

/* After power-on, or when the chip resets its PHY by a pin: it begins to negotiate. */
void phy_reset(struct phy *phy);
/* One management access; `reg` is below 32. */
uint16_t phy_read(struct phy *phy, unsigned reg);
void phy_write(struct phy *phy, unsigned reg, uint16_t value);
/* The cable was plugged in or pulled: for struct chip's `cable`. */
void phy_cable(struct phy *phy);

#endif
