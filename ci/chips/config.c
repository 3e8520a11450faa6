/* SPDX-License-Identifier: BSD-2-Clause */
/* The card's PCI configuration space (PCI 3.0 chapter 6). */
#include "card.h"

#include <string.h>

enum { PCI_STATUS = 6, PCI_REVISION = 8, PCI_CACHE_LINE = 0x0c, PCI_SUBSYSTEM = 0x2c };
enum { PCI_CAPABILITIES = 0x34, FIRST_CAPABILITY = 0x40, STATUS_CAPABILITIES = 0x10 };
enum { CLASS_ETHERNET = 0x02000000, BAR_IO = 1, BAR_WIDE = 4, PIN_A = 1, ROM_ENABLE = 1 };
/* I/O, memory, bus master, write and invalidate, parity, SERR, no INTx */
enum { COMMAND_WRITABLE = 0x0557 };

static uint8_t config[CONFIG_SIZE], writable[CONFIG_SIZE], initial[CONFIG_SIZE];

static void set(unsigned reg, uint32_t value, unsigned size, uint32_t mask)
{
    memcpy(initial + reg, &value, size);
    memcpy(writable + reg, &mask, size);
}

static void set_bar(unsigned index, bool wide)
{
    const struct bar *bar = &chip->bars[index];
    uint32_t kind = bar->io ? BAR_IO : wide ? BAR_WIDE : 0;

    set(PCI_BAR0 + 4 * index, kind, 4, -bar->size & (bar->io ? ~3u : ~15u));
    if (wide)
        set(PCI_BAR0 + 4 * index + 4, 0, 4, ~0u);
}

void config_init(uint32_t rom_size, bool wide)
{
    set(0, chip->vendor | (uint32_t)chip->device << 16, 4, 0);
    set(PCI_COMMAND, 0, 2, COMMAND_WRITABLE);
    set(PCI_STATUS, chip->capabilities ? STATUS_CAPABILITIES : 0, 2, 0);
    set(PCI_REVISION, chip->revision | CLASS_ETHERNET, 4, 0);
    set(PCI_CACHE_LINE, 0, 2, 0xffff);
    for (unsigned i = 0; i < BARS; i++) {
        const struct bar *bar = &chip->bars[i];

        if (bar->size)
            set_bar(i, wide && bar->wide);
    }
    set(PCI_SUBSYSTEM, chip->sub_vendor | (uint32_t)chip->sub_device << 16, 4, 0);
    set(PCI_ROM, 0, 4, rom_size ? -rom_size | ROM_ENABLE : 0);
    set(PCI_INTERRUPT_LINE, PIN_A << 8, 2, 0xff);
    if (chip->capabilities) {
        initial[PCI_CAPABILITIES] = FIRST_CAPABILITY;
        memcpy(initial + FIRST_CAPABILITY, chip->capabilities, chip->capabilities_size);
        if (chip->writable)
            memcpy(writable + FIRST_CAPABILITY, chip->writable, chip->capabilities_size);
    }
    config_reset();
}

void config_reset(void)
{
    memcpy(config, initial, sizeof(config));
}

uint32_t config_get(unsigned reg, unsigned size)
{
    uint32_t value = 0;

    if (reg + size > CONFIG_SIZE)
        return ~0u;
    memcpy(&value, config + reg, size);
    return value;
}

void config_set(unsigned reg, uint32_t value, unsigned size)
{
    memcpy(config + reg, &value, size);
}

uint32_t config_read(unsigned reg, unsigned size)
{
    counts.configs++;
    if (chip->config_read)
        chip->config_read(reg);
    return size <= 4 ? config_get(reg, size) : ~0u;
}

void config_write(unsigned reg, uint32_t value, unsigned size)
{
    counts.configs++;
    for (unsigned i = 0; i < size && reg + i < CONFIG_SIZE; i++) {
        uint8_t mask = writable[reg + i];

        config[reg + i] = (config[reg + i] & ~mask) | (value >> 8 * i & mask);
    }
    if (chip->configured)
        chip->configured(reg);
    drive_line();
}

unsigned config_decode(uint64_t address, bool io, uint32_t *reg)
{
    for (unsigned i = 0; i < BARS; i++) {
        uint32_t size = chip->bars[i].size;
        uint64_t base = config_get(PCI_BAR0 + 4 * i, 4) & -size;

        if (size && chip->bars[i].io == io && address - base < size) {
            *reg = address - base;
            return i;
        }
    }
    return BARS;
}
