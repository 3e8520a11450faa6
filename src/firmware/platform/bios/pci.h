/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI configuration space by mechanism #1 (ports CF8h/CFCh; PCI 3.0 section 3.2.2.3.2). */
#ifndef PLATFORM_BIOS_PCI_H
#define PLATFORM_BIOS_PCI_H

#include <stdbool.h>
#include <stdint.h>

struct pci_device {
    uint16_t busdevfn; /* bus << 8 | device << 3 | function */
    uint16_t vendor, device;
};

enum {
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_REVISION = 0x08,
    PCI_SUBSYSTEM = 0x2c,
    PCI_CAP_POINTER = 0x34,
    PCI_INTERRUPT_LINE = 0x3c,
    PCI_INTERRUPT_PIN = 0x3d
};
enum {
    PCI_COMMAND_IO = 1,
    PCI_COMMAND_MEMORY = 2,
    PCI_COMMAND_MASTER = 4,
    PCI_COMMAND_INTX_OFF = 0x400
};
enum { PCI_CAP_PM = 0x01, PCI_CAP_VENDOR = 0x09 };

uint8_t pci_read8(const struct pci_device *dev, unsigned reg);
uint16_t pci_read16(const struct pci_device *dev, unsigned reg);
uint32_t pci_read32(const struct pci_device *dev, unsigned reg);
void pci_write8(const struct pci_device *dev, unsigned reg, uint8_t value);
void pci_write16(const struct pci_device *dev, unsigned reg, uint16_t value);
void pci_write32(const struct pci_device *dev, unsigned reg, uint32_t value);

/* Base of BAR `index` (0–5): an I/O port or a physical address. 0 when it is unset, or lies above 4
 * GiB. */
uint32_t pci_bar(const struct pci_device *dev, unsigned index);
bool pci_bar_is_io(const struct pci_device *dev, unsigned index);
/* First BAR of the kind, as a base; 0 when there is none. */
uint32_t pci_find_bar(const struct pci_device *dev, bool io);

/* Wake the function to D0 and set `bits` (PCI_COMMAND_*) in the command register; others are kept.
 */
void pci_enable(const struct pci_device *dev, uint16_t bits);
void pci_disable(const struct pci_device *dev, uint16_t bits);

/* Offset of the first capability `id` after offset `from` (0 = from the start); 0 when there is
 * none. */
unsigned pci_find_capability(const struct pci_device *dev, uint8_t id, unsigned from);

/* The legacy interrupt line that the BIOS gave the function, 1 to 15; 0 when it has none. */
uint8_t pci_interrupt_line(const struct pci_device *dev);

/* Fill `dev` from its busdevfn. False when no function answers there. */
bool pci_identify(struct pci_device *dev, uint16_t busdevfn);
/* Step to the next function behind dev->busdevfn, on any bus. False at the end,
 * from where the next call starts anew at 00:00.0; PCI_END is there, too. */
enum { PCI_END = 0xffff };
bool pci_next(struct pci_device *dev);

#endif
