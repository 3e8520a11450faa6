/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers, features and rings of a virtio network device; sections of the OASIS Virtio 1.1
 * specification. */
#ifndef VIRTIO_NET_REGS_H
#define VIRTIO_NET_REGS_H

#include <stdint.h>

#include "platform/bios/pci.h"

/* Blocks of registers, numbered as the capabilities that name them (4.1.4); 0 is all of a legacy
 * device. */
enum { LEGACY_PORTS, BLOCK_COMMON, BLOCK_NOTIFY, BLOCK_ISR, BLOCK_DEVICE, BLOCK_WINDOW };
enum { BLOCKS_NEEDED = 1 << BLOCK_COMMON | 1 << BLOCK_NOTIFY | 1 << BLOCK_ISR };

/* Where a block is: at an I/O port, or in memory. Both are 0 when it lies above 4 GiB, where BIOSes
 * may put 64-bit BARs: then it is reached through a window in configuration space (4.1.4.9). */
struct block {
    uint16_t port;
    uint8_t bar;
    volatile uint8_t *memory;
    uint32_t offset;
};

/* A register in one constant: its block, width in bytes and offset. */
#define REG_OFFSET_MAX            0xffffff
#define REG(block, width, offset) ((block) << 28 | (width) << 24 | (offset))
enum {
    /* Both interfaces have these (4.1.4.3); a legacy one has them elsewhere. */
    DEVICE_FEATURES = REG(BLOCK_COMMON, 4, 4),
    DRIVER_FEATURES = REG(BLOCK_COMMON, 4, 12),
    DEVICE_STATUS = REG(BLOCK_COMMON, 1, 20),
    QUEUE_SELECT = REG(BLOCK_COMMON, 2, 22),
    QUEUE_SIZE = REG(BLOCK_COMMON, 2, 24),
    NOTIFY = REG(BLOCK_NOTIFY, 2, 0),
    INTERRUPT_STATUS = REG(BLOCK_ISR, 1, 0),
    CONFIG_MAC = REG(BLOCK_DEVICE, 1, 0), /* 5.1.4 */
    CONFIG_STATUS = REG(BLOCK_DEVICE, 2, 6),
    /* Modern only. */
    DEVICE_FEATURE_SELECT = REG(BLOCK_COMMON, 4, 0),
    DRIVER_FEATURE_SELECT = REG(BLOCK_COMMON, 4, 8),
    QUEUE_ENABLE = REG(BLOCK_COMMON, 2, 28),
    QUEUE_NOTIFY_OFF = REG(BLOCK_COMMON, 2, 30),
    QUEUE_DESC = REG(BLOCK_COMMON, 4, 32),
    QUEUE_DRIVER = REG(BLOCK_COMMON, 4, 40),
    QUEUE_DEVICE = REG(BLOCK_COMMON, 4, 48),
    /* Legacy only (4.1.4.8). */
    LEGACY_QUEUE_PFN = REG(LEGACY_PORTS, 4, 8),
    LEGACY_NOTIFY = 16,
    LEGACY_ISR = 19,
    LEGACY_CONFIG = 20, /* the device's own registers, while MSI-X is off */
};

/* Device status (2.1). */
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8 };

/* Features (5.1.3, 6): word 0, and word 1 that only modern devices have. */
enum { F0_MAC = 1 << 5, F0_STATUS = 1 << 16, F0_ANY_LAYOUT = 1 << 27 };
/* A host that vouches for checksums (GUEST_CSUM), puts segments of TCP together (GUEST_TSO4), and
 * frames into as many buffers as they need (MRG_RXBUF). */
enum { F0_OFFLOAD = 1 << 1 | 1 << 7 | 1 << 15, HEADER_CHECKED = 3 /* one of these flags */ };
enum { F1_VERSION_1 = 1, F1_ACCESS_PLATFORM = 2 };

enum { DESC_NEXT = 1, DESC_DEVICE_WRITES = 2, AVAIL_NO_INTERRUPT = 1, USED_NO_NOTIFY = 1 };

/* A split virtqueue (2.6). */
struct descriptor {
    uint32_t address, address_high, length;
    uint16_t flags, next;
};
struct avail_ring {
    uint16_t flags, index, slot[];
};
struct used_ring {
    uint16_t flags, index;
    struct {
        uint32_t id, length;
    } slot[];
};

/* Bytes before each frame: struct virtio_net_hdr; with MRG_RXBUF, and in the modern one always,
 * there is num_buffers as well (5.1.6). */
enum { HEADER_LEGACY = 10, HEADER_MODERN = 12 };

/* Where a legacy device has the registers that both interfaces have. */
static const uint8_t legacy_offset[] = {
    [4 / 2] = 0, [12 / 2] = 4, [20 / 2] = 18, [22 / 2] = 14, [24 / 2] = 12,
};

/* A virtqueue in use. */
struct queue {
    struct descriptor *desc;
    volatile struct avail_ring *avail;
    volatile struct used_ring *used;
    uint8_t *buffers;
    uint32_t offered; /* frames given to the device so far */
    uint32_t notify;  /* register */
    uint16_t seen;    /* frames taken back (rx) */
    uint16_t size, slots;
};

/* virtio_pci.c. The device's registers; zero, but for pci, until they are known. */
struct virtio_pci {
    const struct pci_device *pci;
    unsigned window; /* offset of that capability, 0 = none */
    uint32_t notify_multiplier;
    struct block block[BLOCK_WINDOW];
};
extern struct virtio_pci virtio_pci;

/* A register, by its REG(). */
uint32_t virtio_read(uint32_t reg);
void virtio_write(uint32_t reg, uint32_t value);

/* Fill the blocks from the capabilities. True when there is all that a modern device must have. */
bool virtio_find_blocks(void);

#endif
