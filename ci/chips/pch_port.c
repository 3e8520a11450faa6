/* SPDX-License-Identifier: BSD-2-Clause */
/* See pch_port.h. */
#include "pch_port.h"

#include "chip.h"
#include "intel_mac.h"
#include "pch_phy.h"

#include <string.h>

enum { SW_FLAG = 0x20, HW_FLAG = 0x40, EXT_SMBUS = 0x800, EXT_SPEED_BYPASS = 0x8000 };
enum { MDIC_READ = 2 << 26, MDIC_WRITE = 1 << 26, MDIC_READY = 1 << 28, MDIC_ERROR = 1 << 30 };
enum { KMRN_READ = 1 << 21, KMRN_K1 = 7, K1_ENABLE = 2, FORCE_SPEED = 0x800 };
enum { GRANT_TIME = 100 * MICROSECOND, MDIC_TIME = 64 * MICROSECOND };

static bool asked; /* software wants the PHY */
static bool k1;
static uint16_t kmrn[32];

static uint32_t *at(uint32_t reg)
{
    return &mac.regs[reg / 4];
}

static void granted(void *argument)
{
    if (asked && !(*at(EXTCNF) & HW_FLAG))
        *at(EXTCNF) |= SW_FLAG;
}

static void mdic_done(void *argument)
{
    unsigned address = *at(MDIC) >> 21 & 31, reg = *at(MDIC) >> 16 & 31;
    bool smbus = *at(CTRL_EXT) & EXT_SMBUS, good;
    uint16_t value = *at(MDIC);

    if (*at(MDIC) & MDIC_READ)
        good = pch_phy_read(address, reg, smbus, &value);
    else
        good = pch_phy_write(address, reg, smbus, value);
    *at(MDIC) = (*at(MDIC) & 0xffff0000) | value | MDIC_READY | (good ? 0 : MDIC_ERROR);
}

void pch_port_mdic(uint32_t value)
{
    if (!(*at(EXTCNF) & SW_FLAG))
        fault("MDIC is written without the software flag of EXTCNF_CTRL");
    if (!(*at(MDIC) & MDIC_READY))
        fault("MDIC is written while it is busy");
    if (!(value & MDIC_READ) == !(value & MDIC_WRITE))
        fault("MDIC is written with %#x, which is no operation", value);
    *at(MDIC) = value & ~(MDIC_READY | MDIC_ERROR);
    not_after(mdic_done, NULL);
    after(MDIC_TIME, mdic_done, NULL);
}

void pch_port_kmrn(uint32_t value)
{
    unsigned reg = value >> 16 & 31;

    if (!(*at(EXTCNF) & SW_FLAG))
        fault("KMRNCTRLSTA is written without the software flag of EXTCNF_CTRL");
    if (value & KMRN_READ)
        *at(KMRN) = (value & 0xffff0000) | kmrn[reg];
    else
        kmrn[reg] = *at(KMRN) = value & 0xffff;
}

void pch_port_extcnf(uint32_t value)
{
    uint32_t flags = *at(EXTCNF) & (SW_FLAG | HW_FLAG);

    not_after(granted, NULL);
    asked = value & SW_FLAG;
    if (asked && !(flags & SW_FLAG))
        after(GRANT_TIME, granted, NULL);
    *at(EXTCNF) = (value & ~(SW_FLAG | HW_FLAG)) | (flags & HW_FLAG) | (value & flags & SW_FLAG);
}

void pch_port_busy(bool busy)
{
    if (busy)
        *at(EXTCNF) |= HW_FLAG;
    else {
        *at(EXTCNF) &= ~HW_FLAG;
        granted(NULL);
    }
}

bool pch_port_k1(void)
{
    return k1;
}

void pch_port_clock(void)
{
    if (*at(CTRL_EXT) & EXT_SPEED_BYPASS && *at(CTRL) & FORCE_SPEED)
        k1 = kmrn[KMRN_K1] & K1_ENABLE;
}

void pch_port_reset(void)
{
    not_after(granted, NULL);
    not_after(mdic_done, NULL);
    memset(kmrn, 0, sizeof(kmrn));
    kmrn[KMRN_K1] = K1_ENABLE;
    k1 = true;
    asked = false;
    *at(MDIC) = MDIC_READY;
}
