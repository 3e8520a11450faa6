/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers of a virtio device on PCI: at I/O ports, in memory, or where 32-bit code cannot
 * reach them behind a window in configuration space (OASIS Virtio 1.1, 4.1.4). */
#include "net_driver.h"
#include "virtio_net_regs.h"

#include "platform/bios/io.h"

/* Configuration space has room for so many. A broken device's list may be a circle. */
enum { CAPABILITIES = 48 };

struct virtio_pci virtio_pci;

/* Write a register, or read it. Returns what was read. */
static uint32_t access_reg(uint32_t reg, bool write, uint32_t value)
{
    const struct block *block = &virtio_pci.block[reg >> 28];
    unsigned width = reg >> 24 & 15, offset = reg & REG_OFFSET_MAX, window = virtio_pci.window;
    volatile uint8_t *at = block->memory + offset;
    uint16_t port = block->port + offset;

    if (block->port) {
        if (write)
            width == 1 ? out8(port, value) : width == 2 ? out16(port, value) : out32(port, value);
        else
            value = width == 1 ? in8(port) : width == 2 ? in16(port) : in32(port);
    } else if (!block->memory) {
        pci_write8(virtio_pci.pci, window + 4, block->bar);
        pci_write32(virtio_pci.pci, window + 8, block->offset + offset);
        pci_write32(virtio_pci.pci, window + 12, width);
        if (write)
            pci_write32(virtio_pci.pci, window + 16, value);
        else
            value = pci_read32(virtio_pci.pci, window + 16) & (0xffffffff >> (32 - 8 * width));
    } else if (width == 1) {
        value = write ? *at = value : *at;
    } else if (width == 2) {
        value = write ? *(volatile uint16_t *)at = value : *(volatile uint16_t *)at;
    } else {
        value = write ? *(volatile uint32_t *)at = value : *(volatile uint32_t *)at;
    }
    return value;
}

uint32_t virtio_read(uint32_t reg)
{
    return access_reg(reg, false, 0);
}

void virtio_write(uint32_t reg, uint32_t value)
{
    access_reg(reg, true, value);
}

bool virtio_find_blocks(void)
{
    unsigned cap = 0, found = 0;
    bool reachable = true;

    for (unsigned n = CAPABILITIES; n; n--) {
        cap = pci_find_capability(virtio_pci.pci, PCI_CAP_VENDOR, cap);
        if (!cap)
            break;
        uint8_t type = pci_read8(virtio_pci.pci, cap + 3), bar = pci_read8(virtio_pci.pci, cap + 4);
        uint32_t base = bar < 6 ? pci_bar(virtio_pci.pci, bar) : 0;
        struct block *block;

        if (type == BLOCK_WINDOW)
            virtio_pci.window = cap;
        if (type >= BLOCK_WINDOW || found >> type & 1)
            continue; /* what the device prefers comes first */
        found |= 1 << type;
        block = &virtio_pci.block[type];
        block->bar = bar;
        block->offset = pci_read32(virtio_pci.pci, cap + 8);
        if (base && pci_bar_is_io(virtio_pci.pci, bar))
            block->port = base + block->offset;
        else if (base)
            block->memory = (volatile uint8_t *)(base + block->offset);
        else
            reachable = false;
        if (type == BLOCK_NOTIFY)
            virtio_pci.notify_multiplier = pci_read32(virtio_pci.pci, cap + 16);
    }
    found &= BLOCKS_NEEDED;
    return found == BLOCKS_NEEDED && (reachable || virtio_pci.window);
}
