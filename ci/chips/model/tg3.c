/* SPDX-License-Identifier: BSD-2-Clause */
/* Broadcom BCM57xx (Tigon3, NetXtreme, NetLink): BCM5700 and BCM5701 for PCI, later ones for PCI
 * Express, up to BCM57765 and BCM5720.
 *
 * Endian control, control blocks of rings and mailboxes are from Broadcom's programmer's guides of
 * BCM5722 (5722-PG101) and BCM5718 (5718-PG108). The rest, from registers to the bootcode's mailbox
 * and the PHY, is as Linux's and iPXE's drivers use it. Not modelled: jumbo and mini rings, more
 * rings than the first, checksums of received frames, management firmware, MSI.
 *
 * This file: the chips, their configuration space, and the way in. */
#include "tg3.h"

#include <string.h>

enum { CAPABILITIES = 0x40, PM = 0x48, PCI_CAPABILITY_POINTER = 0x34 };
enum { REVISION = 0xbc, REVISION_57765 = 0xfc, REVISION_5717 = 0xf4 }; /* of newer chips */
enum { APE_BAR = 2, LOCK_REQUEST = 0x8400, LOCK_GRANT = 0x8420, LOCKS = 8 };
enum { INT_NOT_ACTIVE = 2, CONVENTIONAL_PCI = 4, PCI_33_32 = 0x10 }; /* PCISTATE */

struct tg3 t;

/* --- configuration space. Which bits of its upper part can be written, from 40h on. */
enum { PCIX = 0x40, PCIE = 0xd0 };
#define AT(offset) [(offset)-CAPABILITIES]
#define DWORD(offset) \
    AT(offset) = 0xff, AT(offset + 1) = 0xff, AT(offset + 2) = 0xff, AT(offset + 3) = 0xff
static const uint8_t writable[CONFIG_END - CAPABILITIES] = {
    AT(PCIX + 2) = 0x7f,
    AT(PM + 4) = 0x03,
    AT(PM + 5) = 0x01,
    DWORD(0x64),
    AT(MISC_HOST_CTRL) = 0xff,
    AT(MISC_HOST_CTRL + 1) = 0xff,
    DWORD(0x6c),
    DWORD(PCISTATE),
    DWORD(0x74),
    DWORD(REG_BASE),
    DWORD(MEM_BASE),
    DWORD(REG_DATA),
    DWORD(MEM_DATA),
    DWORD(MISC_LOCAL_CTRL),
    DWORD(CONFIG_STD_PROD),
    DWORD(CONFIG_RET_CONS),
    AT(PCIE + 8) = 0xff,
    AT(PCIE + 9) = 0x7f,
    AT(PCIE + 16) = 0xff,
};
/* PCI-X, in a slot that is not, and power management; D0 and D3 */
static const uint8_t pci[] = {
    AT(PCIX) = 7,      AT(PCIX + 1) = PM, AT(PM) = 1,
    AT(PM + 2) = 0x02, AT(PM + 3) = 0xc0, AT(CONFIG_END - 1) = 0,
};
/* Power management, and an endpoint with one lane */
static const uint8_t pcie[] = {
    AT(PM) = 1,           AT(PM + 1) = PCIE,      AT(PM + 2) = 0x02,   AT(PM + 3) = 0xc0,
    AT(PCIE) = 0x10,      AT(PCIE + 2) = 0x01,    AT(PCIE + 9) = 0x20, AT(PCIE + 12) = 0x11,
    AT(PCIE + 18) = 0x11, AT(CONFIG_END - 1) = 0,
};

static bool indirect(void)
{
    return config_get(MISC_HOST_CTRL, 4) & INDIRECT;
}

static bool window_written(void)
{
    if (!indirect())
        fault("a window is written, and MISC_HOST_CTRL does not open it");
    return indirect();
}

/* Registers that change by themselves: before they are read. */
void config_read_soon(unsigned offset)
{
    uint32_t base = config_get(REG_BASE, 4) & ~3u, state;

    switch (offset & ~3u) {
    case PCISTATE:
        state = config_get(PCISTATE, 4) & ~(INT_NOT_ACTIVE | CONVENTIONAL_PCI | PCI_33_32);
        state |= t.interrupt ? 0 : INT_NOT_ACTIVE;
        state |= t.variant->pcie ? 0 : CONVENTIONAL_PCI | PCI_33_32;
        config_set(PCISTATE, state, 4);
        break;
    case REG_DATA:
        if (indirect() && base != REG_DATA)
            config_set(REG_DATA, read_register(base), 4);
        break;
    case MEM_DATA:
        if (indirect())
            config_set(MEM_DATA, sram_read(config_get(MEM_BASE, 4)), 4);
        break;
    }
}

static void config_written(unsigned offset)
{
    uint32_t value = config_get(offset & ~3u, 4), base = config_get(REG_BASE, 4) & ~3u;

    switch (offset & ~3u) {
    case MISC_HOST_CTRL:
        if (value & CLEAR_INT) {
            t.interrupt = false;
            config_set(MISC_HOST_CTRL, value & ~CLEAR_INT, 4);
        }
        drive();
        break;
    case REG_DATA:
        if (window_written() && base != REG_DATA)
            write_register(base, value);
        break;
    case MEM_DATA:
        if (window_written())
            sram_write(config_get(MEM_BASE, 4), value);
        break;
    case MISC_LOCAL_CTRL:
        write_register(GRC_LOCAL_CTRL, value);
        break;
    case CONFIG_STD_PROD:
        write_register(MAILBOX_STD_PROD, value);
        break;
    case CONFIG_RET_CONS:
        write_register(MAILBOX_RET_CONS, value);
        break;
    }
}

void config_mirror_write(uint32_t offset, uint32_t value)
{
    uint32_t mask;

    if (offset < CAPABILITIES)
        return;
    memcpy(&mask, &writable[offset - CAPABILITIES], 4);
    config_set(offset, (config_get(offset, 4) & ~mask) | (value & mask), 4);
    config_written(offset);
}

/* The upper half of the BAR is a window into the chip's memory. */
static bool in_window(uint32_t offset, unsigned size)
{
    uint32_t control = config_get(MISC_HOST_CTRL, 4);

    if (size != 4 || offset % 4)
        fault("register %#x is accessed with %u bytes", offset, size);
    if ((control & (BYTE_SWAP | WORD_SWAP)) != WORD_SWAP && !t.in_reset)
        fault("register %#x is accessed, and MISC_HOST_CTRL swaps words or bytes wrongly", offset);
    return offset >= REGISTERS_END;
}

/* The processor for management has locks for what it shares with the driver; it never holds one
 * here. */
static void ape_write(uint32_t offset, uint32_t value)
{
    uint32_t lock = (offset - LOCK_REQUEST) / 4;

    if (lock < LOCKS)
        t.ape[LOCK_GRANT / 4 + lock] = value;
    else if (offset - LOCK_GRANT < 4 * LOCKS)
        t.ape[offset / 4] &= ~value;
    else
        t.ape[offset / 4] = value;
}

static uint32_t tg3_read(unsigned bar, uint32_t offset, unsigned size)
{
    if (bar == APE_BAR)
        return t.ape[offset / 4];
    if (in_window(offset, size))
        return sram_read(config_get(MEM_BASE, 4) + offset - REGISTERS_END);
    return read_register(offset & ~3u) >> 8 * (offset % 4);
}

static void tg3_write(unsigned bar, uint32_t offset, uint32_t value, unsigned size)
{
    if (bar == APE_BAR)
        ape_write(offset, value);
    else if (in_window(offset, size))
        sram_write(config_get(MEM_BASE, 4) + offset - REGISTERS_END, value);
    else
        write_register(offset & ~3u, value);
}

static void tg3_cable(void)
{
    phy_cable(&t.phy);
}

/* --- the chips */
static unsigned revision_register(const struct variant *variant)
{
    if (variant->generation >= G5717)
        return REVISION_5717;
    return variant->generation == G57765 ? REVISION_57765 : REVISION;
}

static void power_on(const struct variant *variant)
{
    memset(&t, 0, sizeof(t));
    t.variant = variant;
    if (variant->revision >> 16) {
        config_set(MISC_HOST_CTRL, 0xf0000000, 4);
        config_set(revision_register(variant), variant->revision, 4);
    } else {
        config_set(MISC_HOST_CTRL, variant->revision << 16, 4);
    }
    if (variant->pcie)
        config_set(PCI_CAPABILITY_POINTER, PM, 1);
    boot_power_on();
}

/* name, device, generation, revision, PHY, capabilities, kind */
#define MODEL(model, id, generation, revision, phy_id1, phy_id2, bus, express, kind) \
    static const struct variant model##_is = {generation, revision, phy_id1,         \
                                              phy_id2,    express,  kind};           \
    static void model##_reset(void)                                                  \
    {                                                                                \
        power_on(&model##_is);                                                       \
    }                                                                                \
    static const struct chip model = {                                               \
        .name = #model,                                                              \
        .vendor = 0x14e4,                                                            \
        .device = id,                                                                \
        .sub_vendor = 0x14e4,                                                        \
        .sub_device = id,                                                            \
        .speed = (kind) == FAST ? 100 : 1000,                                        \
        .bars = {{2 * WINDOW_SIZE, false, true},                                     \
                 {0},                                                                \
                 {(generation) >= G5717 ? APE_SIZE : 0, false, true}},               \
        .capabilities = bus,                                                         \
        .writable = writable,                                                        \
        .capabilities_size = sizeof(bus),                                            \
        .reset = model##_reset,                                                      \
        .read = tg3_read,                                                            \
        .write = tg3_write,                                                          \
        .receive = tg3_receive,                                                      \
        .ready = tg3_ready,                                                          \
        .cable = tg3_cable,                                                          \
        .config_read = config_read_soon,                                             \
        .configured = config_written,                                                \
    };                                                                               \
    CHIP(model)
MODEL(bcm5700, 0x1644, G5700, 0x7200, 0x0020, 0x6070, pci, 0, GPIO_PHY);
MODEL(bcm5701, 0x1645, G5700, 0x0105, 0x0020, 0x6110, pci, 0, ORDINARY);
MODEL(bcm5751, 0x1677, G5750, 0x4201, 0x0020, 0x6180, pcie, PCIE, ORDINARY);
MODEL(bcm5752, 0x1600, G5750, 0x6002, 0x0020, 0x6100, pcie, PCIE, ORDINARY);
MODEL(bcm5906, 0x1712, G5750, 0xc002, 0x002b, 0xdc40, pcie, PCIE, FAST);
MODEL(bcm5755, 0x167b, G5755, 0xa002, 0x0143, 0xbcc0, pcie, PCIE, ORDINARY);
MODEL(bcm5784, 0x1698, G5784, 0x05784100, 0x0143, 0xbfa0, pcie, PCIE, ORDINARY);
MODEL(bcm57765, 0x16b4, G57765, 0x57785100, 0x0362, 0x5e40, pcie, PCIE, ORDINARY);
MODEL(bcm5720, 0x165f, G5717, 0x05720000, 0x0362, 0x5f60, pcie, PCIE, ORDINARY);
