/* SPDX-License-Identifier: BSD-2-Clause */
/* Broadcom Tigon3: registers, descriptors, and the values that each generation gets. */
#ifndef TG3_REGS_H
#define TG3_REGS_H

#include "net_driver.h"

/* Also in the configuration space. */
enum {
    MISC_HOST_CTRL = 0x68,
    DMA_RW_CTRL = 0x6c,
    PCI_STATE = 0x70,
    WINDOW = 0x7c,
    WINDOW_DATA = 0x84
};
enum {
    MAILBOX_INTERRUPT = 0x204,
    MAILBOX_STD_PRODUCER = 0x26c,
    MAILBOX_RETURN_CONSUMER = 0x284,
    MAILBOX_SEND_PRODUCER = 0x304,
    MAILBOXES_5906 = 0x5600, /* are that much higher there */
};
enum {
    MAC_MODE = 0x400,
    MAC_ADDRESS = 0x410, /* four of 8 bytes each */
    MI_COM = 0x44c,
    TX_MODE = 0x45c,
    RX_MODE = 0x468,
    STD_RCB = 0x2450,
    STATUS_BLOCK = 0x3c38,
    MEMORY_ARBITER = 0x4000,
    BUFFER_MANAGER = 0x4400,
    RDMA_RESERVED = 0x4900,
    VCPU_STATUS = 0x5100,
    GRC_MODE = 0x6800,
    GRC_MISC_CFG = 0x6804,
    GRC_LOCAL_CTRL = 0x6808,
    VCPU_EXT_CTRL = 0x6890,
    FASTBOOT_PC = 0x6894,
    NVRAM_CMD = 0x7000,
    NVRAM_ADDR = 0x700c,
    NVRAM_DATA = 0x7010,
    NVRAM_ARBITER = 0x7020,
    NVRAM_ACCESS = 0x7024,
    PCIE_TLP_CTRL = 0x7c00
};
/* Of the chip's memory. */
enum {
    SEND_RCB = 0x100,
    RETURN_RCB = 0x200,
    RCBS_END = 0x300,
    FIRMWARE_MAILBOX = 0xb50,
    MAC_MAILBOX = 0xc14
};
enum { ENABLE = 2 /* of each block's mode register */ };
/* Registers by indirect access, 32-bit words in host order, PCI_STATE writable, INTx masked. */
enum { MISC_HOST_SETTINGS = 0x9a, MASK_INTERRUPT = 2 };
enum { PCI_STATE_ROM = 0x60, PCI_STATE_CONVENTIONAL = 4 };
/* Host byte order of data and descriptors, send ring in host memory, no checksums. */
#define GRC_MODE_SETTINGS 0x00930034
enum {
    GRC_RESET = 1,
    GRC_PRESCALER_66 = 65 << 1, /* MHz */
    GRC_PRESCALER = 0xff,
    GRC_EPHY_OFF = 1 << 21,
    GRC_KEEP_GPHY = 1 << 26,
    GRC_KEEP_PCIE = 1 << 29
};
enum {
    PORT_MII = 4,
    PORT_GMII = 8,
    HALF_DUPLEX = 2,
    LINK_POLARITY = 0x400,
    MAC_ENGINES = 0xe00000, /* DMA of sent, received and host frames */
};
enum {
    MI_READ = 1 << 27,
    MI_WRITE = 1 << 26,
    MI_BUSY = 1 << 29,
    MII_CTRL1000 = 9,
    MII_STAT1000 = 10
};
enum { NVRAM_READ = 0x198 /* a whole command of one word */, NVRAM_DONE = 8 };
enum { RCB_DISABLED = 2, DESCRIPTOR_END = 4, RX_ERRORS = 0xffff0000 };
enum {
    CAP_EXPRESS = 0x10,
    DEVICE_CONTROL = 8,
    DEVICE_KEEPS = ~0x8f0 /* snooped, ordered, of 128 bytes */
};
/* Written before a reset; the boot code inverts it when it is done. */
#define FIRMWARE_MAGIC 0x4b657654u

enum { RING = 512, RX_SLOTS = 64, SLOT = 1536, FCS = 4 };

/* Generations, in the order in which Broadcom added what matters here. */
enum { G5700, G5705, G5750, G5755, G5784, G57765, G5717, LAST = G5717 };
enum { A5701 = 0, A5700 = 7, A5780 = 8, A5714 = 9, A5906 = 12, NEWER = 15 };

struct setting {
    uint16_t reg;
    uint8_t first, last; /* generations that have it */
    uint32_t value;
};

/* Pools and water marks of the buffer manager, which has to run before the rest. */
static const struct setting pools[] = {
    {0x4408, G5700, G5700, 0x8000}, {0x440c, G5700, G5700, 0x10000},
    {0x442c, G5700, G5700, 0x2000}, {0x4430, G5700, G5700, 0x2000},
    {0x4410, G5700, G5700, 0x50},   {0x4410, G5705, LAST, 0},
    {0x4414, G5700, G5700, 0x20},   {0x4414, G5705, G5784, 0x10},
    {0x4414, G57765, LAST, 0x2a},   {0x4418, G5700, G5784, 0x60},
    {0x4418, G57765, LAST, 0xa0},   {0x4434, G5700, LAST, 5},
    {0x4438, G5700, LAST, 10},      {BUFFER_MANAGER, G5700, LAST, ENABLE | 4}};
static const struct setting settings[] = {
    /* No jumbo and mini rings; when to fetch receive descriptors. */
    {0x2448, G5700, LAST, RCB_DISABLED},
    {0x2468, G5700, G5700, RCB_DISABLED},
    {0x2c18, G5700, LAST, RX_SLOTS / 8},
    {0x2d00, G57765, LAST, 32},
    /* MAC: longest frame, gaps and slot time, all frames in class 1, every group, MDIO clock. */
    {0x43c, G5700, LAST, ETH_FRAME_MAX + 4 + FCS},
    {0x464, G5700, LAST, 0x2620},
    {0x500, G5700, LAST, 8},
    {0x470, G5700, LAST, ~0u},
    {0x474, G5700, LAST, ~0u},
    {0x478, G5700, LAST, ~0u},
    {0x47c, G5700, LAST, ~0u},
    {0x454, G5700, G5755, 0xc0000},
    {0x454, G5784, LAST, 0x8000},
    {0x504, G5700, LAST, 2},
    {0x2010, G5700, LAST, 0x181},
    /* The status block is written after each frame. */
    {0x3c10, G5700, LAST, 1},
    {0x3c14, G5700, LAST, 1},
    {0x3c20, G5700, LAST, 1},
    {0x3c24, G5700, LAST, 1},
    {0x3c44, G5700, G5700, 0xb00}};
/* What is enabled, in this order, and stopped from the end. */
static const struct setting blocks[] = {
    {0x3c00, G5700, LAST, ENABLE}, /* host coalescing */
    {0x3000, G5700, LAST, ENABLE}, /* receive completion and lists */
    {0x2000, G5700, LAST, ENABLE},
    {0x3400, G5700, G5700, ENABLE},
    {0x6400, G5700, G5700, ENABLE}, /* DMA completion, write, read */
    {0x4c00, G5700, G5750, 0x3fe},
    {0x4c00, G5755, LAST, 0x200003fe},
    {0x4800, G5700, LAST, 0x3fe},
    {0x2800, G5700, LAST, ENABLE}, /* receive data and descriptors */
    {0x3800, G5700, G5700, ENABLE},
    {0x2c00, G5700, LAST, ENABLE},
    {0x2400, G5700, LAST, ENABLE | 0x10},
    {0x1000, G5700, LAST, ENABLE}, /* send data and descriptors */
    {0x1c00, G5700, LAST, ENABLE},
    {0x0c00, G5700, LAST, ENABLE},
    {0x1800, G5700, LAST, ENABLE},
    {0x1400, G5700, LAST, ENABLE},
    {TX_MODE, G5700, G5750, ENABLE},
    {TX_MODE, G5755, LAST, ENABLE | 0x100},
    {RX_MODE, G5700, LAST, ENABLE | 0x400}, /* VLAN tags stay in */
};

struct rx_descriptor {
    uint32_t address_high, address, length, flags, checksums;
    volatile uint32_t errors;
    uint32_t reserved, opaque;
};

struct tx_descriptor {
    uint32_t address_high, address, length_flags, vlan;
};

#endif
