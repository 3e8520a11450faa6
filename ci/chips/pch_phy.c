/* SPDX-License-Identifier: BSD-2-Clause */
/* See pch_phy.h. From the datasheets of the 82577, 82579 and I217 (chapter "MDIO access" and the
 * registers behind it); ultra low power, which they leave out, as Linux's and FreeBSD's drivers
 * enter and leave it. */
#include "pch_phy.h"

#include "chip.h"

#include <string.h>

enum { PAGE_FIRST = 768, PAGE_PORT = 769, PAGE_KMRN = 770, PAGE_ULP = 779, PAGE_WAKE = 800 };
enum { REG_PAGE = 31, REG_MULTI = 16, PAGE_SHIFT = 5 };
enum { OEM_BITS = 25, OEM_LPLU = 0x0004, OEM_NO_GIGABIT = 0x0040, OEM_RESTART = 0x0400 };
enum { WAKE_ENABLE = 17, WAKE_WRITABLE = 0x0004, WAKE_ADDRESS = 17, WAKE_DATA = 18 };
enum { SMB_CONTROL = 23, SMB_FORCED = 1, PM_CONTROL = 17, PM_K1 = 0x4000 };
enum { ULP_CONFIG = 16, EMI_ADDRESS = 16, EMI_DATA = 17, STATUS_2 = 26, DIAGNOSTIC = 31 };
enum { STATUS_AN_DONE = 0x1000, STATUS_LINK = 0x0040, CABLE_LENGTH = 20 << 2 };
enum { PARTNER_EEE_82579 = 0x040f, PARTNER_EEE_I217 = 0x8002 };
enum { BM_STATUS = 17, BM_LINK = 0x0400, BM_RESOLVED = 0x0800, BM_FULL = 0x2000 };

struct pch_phy pch_phy;

static uint16_t *paged(unsigned page, unsigned reg)
{
    return &pch_phy.pages[page - PAGE_FIRST][reg];
}

static void restart(void)
{
    uint16_t oem = *paged(PAGE_FIRST, OEM_BITS);

    pch_phy.mii.gigabit = !(oem & (OEM_NO_GIGABIT | OEM_LPLU));
    phy_write(&pch_phy.mii, MII_BMCR, pch_phy.mii.regs[MII_BMCR] | BMCR_RESTART);
}

static void defaults(void)
{
    uint16_t smbus = *paged(PAGE_PORT, SMB_CONTROL) & SMB_FORCED;

    memset(pch_phy.pages, 0, sizeof(pch_phy.pages));
    memset(pch_phy.base, 0, sizeof(pch_phy.base));
    memset(pch_phy.emi, 0, sizeof(pch_phy.emi));
    pch_phy.page = pch_phy.wake_address = pch_phy.emi_address = 0;
    *paged(PAGE_PORT, SMB_CONTROL) = smbus;
    *paged(PAGE_KMRN, PM_CONTROL) = PM_K1;
    *paged(PAGE_ULP, ULP_CONFIG) = pch_phy.ulp;
    pch_phy.mii.gigabit = true;
    phy_reset(&pch_phy.mii);
}

void pch_phy_power_on(bool asleep)
{
    pch_phy.ulp = asleep ? ULP_STICKY | ULP_TO_SMBUS : 0;
    pch_phy.asleep = asleep;
    pch_phy.smbus = false;
    *paged(PAGE_PORT, SMB_CONTROL) = 0;
    defaults();
    pch_phy.ready = true;
}

void pch_phy_to_smbus(void)
{
    *paged(PAGE_PORT, SMB_CONTROL) = SMB_FORCED;
    pch_phy.smbus = true;
}

void pch_phy_down(void)
{
    pch_phy.ready = false;
    /* As a powered-down PHY, it has no link. */
    pch_phy.mii.regs[MII_BMCR] &= ~BMCR_RESET;
    phy_write(&pch_phy.mii, MII_BMCR, pch_phy.mii.regs[MII_BMCR] | BMCR_DOWN);
}

void pch_phy_up(bool power_cycle)
{
    if (power_cycle) {
        pch_phy.asleep = false;
        pch_phy.smbus = pch_phy.ulp & ULP_TO_SMBUS;
        *paged(PAGE_PORT, SMB_CONTROL) = pch_phy.smbus;
    }
    if (pch_phy.asleep)
        return;
    defaults();
    pch_phy.ready = true;
}

void pch_phy_wake(void)
{
    pch_phy.ulp = 0;
    pch_phy.asleep = pch_phy.smbus = false;
    *paged(PAGE_PORT, SMB_CONTROL) = 0;
    pch_phy_up(false);
}

bool pch_phy_link(void)
{
    return pch_phy.ready && !pch_phy.asleep && !(pch_phy.ulp & ULP_STICKY) && pch_phy.mii.link;
}

bool pch_phy_k1(void)
{
    return *paged(PAGE_KMRN, PM_CONTROL) & PM_K1 && pch_phy.mii.speed >= 100;
}

static bool answers(unsigned address, bool smbus)
{
    return (address == 1 || address == 2) && pch_phy.ready && !pch_phy.asleep &&
           pch_phy.smbus == smbus;
}

/* Register 26, and 17 of the 82578. */
static uint16_t link_status(void)
{
    const struct phy *mii = &pch_phy.mii;
    unsigned code = mii->speed == 1000 ? 2 : mii->speed == 100;

    if (!pch_phy_link())
        return 0;
    if (pch_phy.is_82578)
        return BM_LINK | BM_RESOLVED | code << 14 | (mii->full ? BM_FULL : 0);
    return STATUS_LINK | code << 8 | (mii->regs[MII_BMSR] & BMSR_AN_DONE ? STATUS_AN_DONE : 0);
}

/* Registers from 16 on take a page, but for the two that lead to more of them. */
static void check_page(unsigned reg)
{
    bool leads = pch_phy.is_82578 ? reg == 29 || reg == 30 : reg == EMI_ADDRESS || reg == EMI_DATA;

    if (pch_phy.page != 0 && pch_phy.page != PAGE_FIRST && !leads)
        fault("PHY register %u of page 0 is accessed with page %u", reg, pch_phy.page);
}

static bool page_exists(void)
{
    return pch_phy.page == 0 || (pch_phy.page >= PAGE_FIRST && pch_phy.page <= PAGE_WAKE);
}

/* Where a register of address 1 lies; NULL and a fault when there is none. */
static uint16_t *port_register(unsigned reg)
{
    if (reg == REG_PAGE)
        return &pch_phy.page;
    if (reg < REG_MULTI) {
        fault("PHY address 1 has no register %u", reg);
        return NULL;
    }
    if (pch_phy.page != PAGE_WAKE)
        return paged(pch_phy.page ? pch_phy.page : PAGE_FIRST, reg);
    if (!(*paged(PAGE_PORT, WAKE_ENABLE) & WAKE_WRITABLE))
        fault("PHY page 800 is accessed while 769.17 does not let it");
    if (reg == WAKE_ADDRESS)
        return &pch_phy.wake_address;
    if (reg != WAKE_DATA || pch_phy.wake_address >= PCH_WAKE_REGS) {
        fault("PHY page 800 has no register %u, address %u", reg, pch_phy.wake_address);
        return NULL;
    }
    return &pch_phy.wake[pch_phy.wake_address];
}

bool pch_phy_read(unsigned address, unsigned reg, bool smbus, uint16_t *value)
{
    const uint16_t *place;

    if (!answers(address, smbus))
        return false;
    *value = 0;
    if (address == 1) {
        place = port_register(reg);
        *value = !place ? 0 : reg == REG_PAGE ? pch_phy.page << PAGE_SHIFT : *place;
        return true;
    }
    if (reg < REG_MULTI) {
        *value = phy_read(&pch_phy.mii, reg);
        if (reg == MII_BMSR && !pch_phy_link())
            *value &= ~BMSR_LINK;
        return true;
    }
    check_page(reg);
    if (reg == (pch_phy.is_82578 ? BM_STATUS : STATUS_2))
        *value = link_status();
    else if (reg == EMI_DATA && !pch_phy.is_82578)
        *value = pch_phy.emi[pch_phy.emi_address];
    else
        *value = reg == DIAGNOSTIC ? CABLE_LENGTH : pch_phy.base[reg];
    return true;
}

static void write_port(unsigned reg, uint16_t value)
{
    unsigned page = pch_phy.page ? pch_phy.page : PAGE_FIRST;
    uint16_t *place = port_register(reg);

    if (!place)
        return;
    *place = value;
    if (reg == REG_PAGE) {
        pch_phy.page = value >> PAGE_SHIFT;
        if (!page_exists()) {
            fault("there is no PHY page %u", pch_phy.page);
            pch_phy.page = 0;
        }
    } else if (page == PAGE_FIRST && reg == OEM_BITS) {
        *place &= ~OEM_RESTART;
        if (value & OEM_RESTART)
            restart();
    } else if (page == PAGE_PORT && reg == SMB_CONTROL)
        pch_phy.smbus = value & SMB_FORCED;
    else if (page == PAGE_ULP && reg == ULP_CONFIG) {
        *place &= ~ULP_START;
        if (value & ULP_START)
            pch_phy.ulp = *place;
    }
}

bool pch_phy_write(unsigned address, unsigned reg, bool smbus, uint16_t value)
{
    if (!answers(address, smbus))
        return false;
    if (address == 1) {
        write_port(reg, value);
        return true;
    }
    if (reg < REG_MULTI) {
        phy_write(&pch_phy.mii, reg, value);
        return true;
    }
    check_page(reg);
    if (reg == EMI_ADDRESS && !pch_phy.is_82578)
        pch_phy.emi_address = value;
    else if (reg == EMI_DATA && !pch_phy.is_82578)
        pch_phy.emi[pch_phy.emi_address] = value;
    else
        pch_phy.base[reg] = value;
    return true;
}
