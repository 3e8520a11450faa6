/* SPDX-License-Identifier: BSD-2-Clause */
/* The PHYs beside Intel's platform controller hubs (82577, 82578, 82579, I217, I218, I219), as the
 * MAC reaches them: at the addresses 1 and 2, with pages, over PCI Express signals or SMBus. */
#ifndef PCH_PHY_H
#define PCH_PHY_H

#include "phy.h"

#include <stdbool.h>
#include <stdint.h>

enum { PCH_PAGES = 33, PCH_WAKE_REGS = 512, PCH_EMI = 0x10000 };
enum { ULP_START = 0x0001, ULP_STICKY = 0x0010, ULP_TO_SMBUS = 0x0100 };

struct pch_phy {
    struct phy mii; /* set by the model: id1, id2, changed */
    bool is_82578;

    /* Its state, which the model looks at. */
    bool ready;   /* powered, out of reset, set up by the hardware */
    bool asleep;  /* in ultra low power: it hears only its power pin */
    bool smbus;   /* listens there, not to the PCI Express signals */
    uint16_t ulp; /* the committed settings for ultra low power */
    uint16_t page, wake_address, emi_address;
    uint16_t base[MII_REGS];             /* address 2, from register 16 on */
    uint16_t pages[PCH_PAGES][MII_REGS]; /* address 1, pages 768 to 800 */
    uint16_t wake[PCH_WAKE_REGS], emi[PCH_EMI];
};

extern struct pch_phy pch_phy;

/* From power-on; as a system with wake-up left it (asleep), or not. */
void pch_phy_power_on(bool asleep);
/* As a management engine that has gone left it. */
void pch_phy_to_smbus(void);
/* Power or reset goes: no link, no access. Then, when its time has passed: it is set up. */
void pch_phy_down(void);
void pch_phy_up(bool power_cycle);
/* Leave ultra low power for good, as the management engine does it. */
void pch_phy_wake(void);
bool pch_phy_link(void);
/* Whether it takes power from the link in a way that the MAC stalls of at 100 and 1000 Mbit/s. */
bool pch_phy_k1(void);

/* One access by MDIC, with the MAC's end at SMBus or not. False: nobody answers. */
bool pch_phy_read(unsigned address, unsigned reg, bool smbus, uint16_t *value);
bool pch_phy_write(unsigned address, unsigned reg, bool smbus, uint16_t value);

#endif
