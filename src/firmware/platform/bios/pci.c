/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/bios/pci.h"

#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum {
    CONFIG_ADDRESS = 0xcf8,
    CONFIG_DATA = 0xcfc,
    HEADER_TYPE = 0x0e,
    MANY_FUNCTIONS = 0x80,
    NOBODY = 0xff,
    CLASS = 0x0a,
    CACHE_LINE = 0x0c,
    BAR0 = 0x10,
    STATUS_CAPABILITIES = 0x10,
    PM_CONTROL = 4,
    PM_STATE_MASK = 3,
    HEADER_WORDS = 16,
};

static uint16_t select(const struct pci_device *dev, unsigned reg)
{
    out32(CONFIG_ADDRESS, 0x80000000 | (uint32_t)dev->busdevfn << 8 | (reg & 0xfc));
    return (uint16_t)(CONFIG_DATA + (reg & 3));
}

uint8_t pci_read8(const struct pci_device *dev, unsigned reg)
{
    return in8(select(dev, reg));
}

uint16_t pci_read16(const struct pci_device *dev, unsigned reg)
{
    return in16(select(dev, reg));
}

uint32_t pci_read32(const struct pci_device *dev, unsigned reg)
{
    return in32(select(dev, reg));
}

void pci_write8(const struct pci_device *dev, unsigned reg, uint8_t value)
{
    out8(select(dev, reg), value);
}

void pci_write16(const struct pci_device *dev, unsigned reg, uint16_t value)
{
    out16(select(dev, reg), value);
}

void pci_write32(const struct pci_device *dev, unsigned reg, uint32_t value)
{
    out32(select(dev, reg), value);
}

uint32_t pci_bar(const struct pci_device *dev, unsigned index)
{
    uint32_t bar = pci_read32(dev, BAR0 + 4 * index);

    if (bar & 1)
        return bar & ~3u;
    if ((bar & 6) == 4 && pci_read32(dev, BAR0 + 4 * index + 4))
        return 0;
    return bar & ~15u;
}

bool pci_bar_is_io(const struct pci_device *dev, unsigned index)
{
    return pci_read32(dev, BAR0 + 4 * index) & 1;
}

uint32_t pci_find_bar(const struct pci_device *dev, bool io)
{
    for (unsigned i = 0; i < 6; i++) {
        uint32_t raw = pci_read32(dev, BAR0 + 4 * i);

        if (pci_bar_is_io(dev, i) == io && pci_bar(dev, i))
            return pci_bar(dev, i);
        if ((raw & 7) == 4) /* the upper half of a 64-bit BAR is not one of its own */
            i++;
    }
    return 0;
}

static void power_up(const struct pci_device *dev)
{
    unsigned pm = pci_find_capability(dev, PCI_CAP_PM, 0);
    uint32_t header[HEADER_WORDS];
    uint16_t control;

    if (!pm)
        return;
    control = pci_read16(dev, pm + PM_CONTROL);
    if (!(control & PM_STATE_MASK))
        return;
    for (unsigned i = 0; i < HEADER_WORDS; i++)
        header[i] = pci_read32(dev, 4 * i);
    pci_write16(dev, pm + PM_CONTROL, (uint16_t)(control & ~PM_STATE_MASK));
    delay_us(10000); /* PCI PM 1.2: D3hot to D0 takes 10 ms, and may reset the card */
    for (unsigned i = CACHE_LINE / 4; i < HEADER_WORDS; i++)
        pci_write32(dev, 4 * i, header[i]);
}

void pci_enable(const struct pci_device *dev, uint16_t bits)
{
    power_up(dev);
    pci_write16(dev, PCI_COMMAND, pci_read16(dev, PCI_COMMAND) | bits);
}

void pci_disable(const struct pci_device *dev, uint16_t bits)
{
    pci_write16(dev, PCI_COMMAND, pci_read16(dev, PCI_COMMAND) & (uint16_t)~bits);
}

unsigned pci_find_capability(const struct pci_device *dev, uint8_t id, unsigned from)
{
    unsigned at;

    if (!(pci_read16(dev, PCI_STATUS) & STATUS_CAPABILITIES))
        return 0;
    at = from ? pci_read8(dev, from + 1) : pci_read8(dev, PCI_CAP_POINTER);
    for (unsigned n = 0; at >= 0x40 && n < 48; n++) {
        if (pci_read8(dev, at) == id)
            return at & ~3u;
        at = pci_read8(dev, at + 1);
    }
    return 0;
}

uint8_t pci_interrupt_line(const struct pci_device *dev)
{
    uint8_t line = pci_read8(dev, PCI_INTERRUPT_LINE);

    return pci_read8(dev, PCI_INTERRUPT_PIN) && line < 16 ? line : 0;
}

bool pci_identify(struct pci_device *dev, uint16_t busdevfn)
{
    uint32_t id;

    dev->busdevfn = busdevfn;
    id = pci_read32(dev, 0);
    if (id + 1 < 2)
        return false;
    dev->vendor = (uint16_t)id;
    dev->device = id >> 16;
    return true;
}

bool pci_next(struct pci_device *dev)
{
    do {
        struct pci_device zero = {.busdevfn = ++dev->busdevfn & 0xfff8};
        uint8_t type = pci_read8(&zero, HEADER_TYPE);

        /* A single-function device answers for all eight; what is not there has none. */
        if (dev->busdevfn & 7 ? !(type & MANY_FUNCTIONS) : type == NOBODY)
            dev->busdevfn |= 7;
        else if (pci_identify(dev, dev->busdevfn))
            return true;
    } while (dev->busdevfn != PCI_END);
    return false;
}
