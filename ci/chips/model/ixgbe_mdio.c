/* SPDX-License-Identifier: BSD-2-Clause */
/* See ixgbe.c. The PHY of X540 and X550, 10GBASE-T, behind MDIO (IEEE 802.3 clause 45). What is not
 * its own keeps what was written. */
#include "chip.h"
#include "ixgbe.h"

#include <string.h>

enum { ADDRESS_CYCLE = 0, WRITE_CYCLE = 1, BUSY = 1 << 30, OLD_PROTOCOL = 1 << 28 }; /* MSCA */
/* Devices and registers: */
enum { PMA = 1, PCS = 3, XS = 4, AN = 7, VENDOR = 30, CONTROL = 0, ID_HIGH = 2, ID_LOW, ABILITY };
enum { DEVICES = 5, DEVICES_2, STATUS_2 = 8, EXTENDED = 11, PRESENT = 0x8000, LOW_POWER = 0x0800 };
enum { ADVERTISED = 0x10, PARTNER = 0x13, ADVERTISED_10G = 0x20, PROVISION = 0xc400 };
enum { RESULT = 0xc800, RESET = 0x8000, AN_RESTART = 0x200, AN_DONE = 0x20, AN_LINK = 4 };
enum { AN_ON = 0x1000, OFFER_10G = 0x1000, OFFER_1G = 0x8000, STORED = 64 };
enum { MDIO_TIME = 64 * MICROSECOND, PHY_RESET_TIME = 300 * MILLISECOND };

#define s  ixgbe
#define at ixgbe_at

static struct {
    uint16_t address;
    unsigned stored;
    struct {
        uint8_t device;
        uint16_t reg, value;
    } store[STORED];
} mdio;

void ixgbe_mdio_power_on(void)
{
    memset(&mdio, 0, sizeof(mdio));
}

static uint16_t *stored(unsigned device, unsigned reg)
{
    for (unsigned i = 0; i < mdio.stored; i++)
        if (mdio.store[i].device == device && mdio.store[i].reg == reg)
            return &mdio.store[i].value;
    return NULL;
}

static uint16_t stored_or(unsigned device, unsigned reg, uint16_t other)
{
    const uint16_t *value = stored(device, reg);

    return value ? *value : other;
}

static uint16_t read_phy(unsigned device, unsigned reg)
{
    unsigned code = s.speed == 10000 ? 7 : s.speed == 1000 ? 5 : 3;

    switch (device << 16 | reg) {
    case PMA << 16 | ID_HIGH:
        return 0x0154;
    case PMA << 16 | ID_LOW:
        return s.generation == X550 ? 0x0220 : 0x0200;
    case PMA << 16 | ABILITY:
        return 0x0031; /* 10G, 1G, 100M */
    case PMA << 16 | DEVICES:
        return 1 << PMA | 1 << PCS | 1 << XS | 1 << AN;
    case PMA << 16 | DEVICES_2:
        return 1 << (VENDOR - 16);
    case PMA << 16 | STATUS_2:
        return PRESENT;
    case PMA << 16 | EXTENDED:
        return 0x00a4;
    case AN << 16 | CONTROL:
        return stored_or(AN, CONTROL, AN_ON) & ~AN_RESTART;
    case AN << 16 | 1:
        return s.link ? AN_DONE | AN_LINK : 0;
    case AN << 16 | ADVERTISED:
        return stored_or(AN, ADVERTISED, 0x0d01);
    case AN << 16 | PARTNER:
        return s.link ? 0x0d01 : 0;
    case AN << 16 | ADVERTISED_10G:
        return stored_or(AN, ADVERTISED_10G, OFFER_10G);
    case AN << 16 | PROVISION:
        return stored_or(AN, PROVISION, OFFER_1G);
    case AN << 16 | RESULT:
        return s.link ? code : 0;
    }
    return stored_or(device, reg, 0);
}

static void phy_reset_done(void *argument)
{
    uint16_t *control = argument;

    *control &= (uint16_t)~PRESENT;
    ixgbe_link_begin();
}

static void write_phy(unsigned device, unsigned reg, uint16_t value)
{
    uint16_t *place = stored(device, reg), before = read_phy(device, reg);

    if (!place) {
        if (mdio.stored == STORED)
            return;
        mdio.store[mdio.stored].device = device;
        mdio.store[mdio.stored].reg = reg;
        place = &mdio.store[mdio.stored++].value;
    }
    *place = value;
    if (device == AN && reg == CONTROL && value & AN_RESTART)
        ixgbe_link_begin();
    else if (reg == CONTROL && value & PRESENT) {
        not_after(phy_reset_done, place);
        after(PHY_RESET_TIME, phy_reset_done, place);
    } else if (device == VENDOR && reg == CONTROL && (value ^ before) & LOW_POWER)
        ixgbe_link_begin();
}

static void mdio_done(void *argument)
{
    uint32_t command = *at(MSCA);
    unsigned device = command >> 16 & 31, address = command >> 21 & 31, cycle = command >> 26 & 3;
    bool there = s.port == COPPER && address == 0 && !(command & OLD_PROTOCOL);

    if (cycle == ADDRESS_CYCLE)
        mdio.address = command;
    else if (cycle == WRITE_CYCLE && there)
        write_phy(device, mdio.address, *at(MSRWD));
    else if (cycle != WRITE_CYCLE)
        *at(MSRWD) = (*at(MSRWD) & 0xffff) |
                     (uint32_t)(there ? read_phy(device, mdio.address) : 0xffff) << 16;
    *at(MSCA) &= ~BUSY;
}

unsigned ixgbe_mdio_speed(void)
{
    if (stored_or(VENDOR, CONTROL, 0) & LOW_POWER)
        return 0;
    if (stored_or(AN, ADVERTISED_10G, OFFER_10G) & OFFER_10G)
        return 10000;
    return stored_or(AN, PROVISION, OFFER_1G) & OFFER_1G ? 1000 : 100;
}

bool ixgbe_mdio_write(uint32_t reg, uint32_t value)
{
    switch (reg) {
    case MSCA:
        if (!(*at(GSSR) & OWN_PHY))
            fault("MDIO is used without its semaphore");
        if (*at(MSCA) & BUSY)
            fault("an MDIO cycle is begun while another one goes on");
        *at(MSCA) = value;
        not_after(mdio_done, NULL);
        if (value & BUSY)
            after(MDIO_TIME, mdio_done, NULL);
        return true;
    case MSRWD:
        *at(MSRWD) = (*at(MSRWD) & 0xffff0000) | (value & 0xffff);
        return true;
    }
    return false;
}
