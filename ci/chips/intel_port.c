/* SPDX-License-Identifier: BSD-2-Clause */
/* See intel_port.h. */
#include "intel_port.h"

#include "chip.h"
#include "intel_mac.h"

#include <string.h>

enum { MDIC_WRITE = 1 << 26, MDIC_READY = 1 << 28, MDIC_ERROR = 1 << 30 };
enum { START = 1, SMBI = 1, SUM = 0xbaba };
enum {
    RESET_TIME = 1 * MILLISECOND,
    LOAD_TIME = 5 * MILLISECOND, /* of the NVM */
    READ_TIME = 100 * MICROSECOND,
    MDIC_TIME = 64 * MICROSECOND,
    MASTER_TIME = 10 * MICROSECOND,
};

struct intel_port port;

static uint32_t *at(uint32_t reg)
{
    return &mac.regs[reg / 4];
}

static void loaded(void *argument)
{
    *at(EECD) |= EE_LOADED;
}

static void reset_done(void *argument)
{
    port.in_reset = false;
    port.defaults();
    if (!mac.pci)
        after(LOAD_TIME, loaded, NULL);
}

static void master_stopped(void *argument)
{
    *at(STATUS) &= ~STATUS_MASTER;
}

void port_start(void)
{
    port.in_reset = false;
    port.defaults();
    if (!mac.pci)
        loaded(NULL);
}

void port_nvm(uint16_t *words)
{
    uint16_t sum = 0;

    memcpy(words, card_mac, 6);
    for (unsigned i = 0; i < NVM_CHECKSUM; i++)
        sum += words[i];
    words[NVM_CHECKSUM] = SUM - sum;
}

static void word_read(void *argument)
{
    unsigned shift = port.small_eerd ? 8 : 2;

    *at(EERD) |= (uint32_t)port.words[*at(EERD) >> shift & (NVM_WORDS - 1)] << 16 |
                 (port.small_eerd ? 0x10 : 2);
}

static void mdic_done(void *argument)
{
    uint32_t value = *at(MDIC);
    unsigned address = value >> 21 & 31, reg = value >> 16 & 31;
    uint16_t data = value;

    if (address < port.phy_low || address > port.phy_high) {
        *at(MDIC) = value | MDIC_READY | MDIC_ERROR;
        return;
    }
    if (value & MDIC_WRITE)
        phy_write(&port.phy, reg, value);
    else
        data = phy_read(&port.phy, reg);
    *at(MDIC) = (value & 0xffff0000) | data | MDIC_READY;
}

static void write_ctrl(uint32_t value)
{
    uint32_t before = *at(CTRL);

    *at(CTRL) = value;
    not_after(master_stopped, NULL);
    if (value & port.resets) {
        port.in_reset = true;
        *at(EECD) &= ~EE_LOADED;
        not_after(loaded, NULL);
        after(RESET_TIME, reset_done, NULL);
        return;
    }
    if (!mac.pci && value & CTRL_NO_MASTER)
        after(MASTER_TIME, master_stopped, NULL);
    else if (!mac.pci)
        *at(STATUS) |= STATUS_MASTER;
    if ((value ^ before) & CTRL_LINK_UP)
        mac_interrupt(CAUSE_LINK);
}

uint32_t port_read(uint32_t reg)
{
    uint32_t value;

    switch (reg) {
    case CTRL_DUP:
        return *at(CTRL);
    case SWSM: /* reading takes it */
        value = *at(SWSM);
        *at(SWSM) |= SMBI;
        return value;
    }
    return mac_read(reg);
}

void port_write(uint32_t reg, uint32_t value)
{
    switch (reg) {
    case CTRL:
    case CTRL_DUP:
        write_ctrl(value);
        break;
    case STATUS:
        break;
    case EERD:
        *at(EERD) = value & 0xffff & ~(port.small_eerd ? 0x10u : 2u);
        not_after(word_read, NULL);
        if (value & START)
            after(READ_TIME, word_read, NULL);
        break;
    case MDIC:
        *at(MDIC) = value & ~(MDIC_READY | MDIC_ERROR);
        not_after(mdic_done, NULL);
        after(MDIC_TIME, mdic_done, NULL);
        break;
    default:
        mac_write(reg, value);
    }
}

bool port_may_read(uint32_t reg, unsigned size)
{
    if (size != 4 || reg % 4)
        fault("register %#x is read with %u bytes", reg, size);
    return size == 4 && reg % 4 == 0;
}

bool port_may_write(uint32_t reg, unsigned size)
{
    if (size != 4 || reg % 4)
        fault("register %#x is written with %u bytes", reg, size);
    else if (port.in_reset)
        fault("register %#x is written during a reset", reg);
    return size == 4 && reg % 4 == 0 && !port.in_reset;
}

uint32_t port_phy_status(void)
{
    const struct phy *phy = &port.phy;
    uint32_t value = *at(STATUS);

    if (!phy->link)
        return value;
    if (phy->speed >= 1000)
        value |= STATUS_1000;
    else if (phy->speed == 100)
        value |= STATUS_100;
    return value | (phy->full ? STATUS_FULL : 0);
}
