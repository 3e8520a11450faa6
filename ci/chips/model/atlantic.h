/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of the model of Aquantia's Atlantic: atlantic.c has registers and interrupts,
 * atlantic_mcp.c the processor with its firmware, atlantic_rings.c rings and what is sent,
 * atlantic_rx.c what is received. */
#ifndef ATLANTIC_H
#define ATLANTIC_H

#include "chip.h"

struct board {
    uint32_t rates; /* of FW_CONTROL, that the PHY speaks */
    bool rom_boot;  /* the boot loader in ROM starts the firmware, else the one in flash */
};

enum { SPACE = 0x10000, VECTORS = 32, RINGS = 32 };
/* The system block, which the drivers share with the firmware. */
enum {
    SOFT_RESET = 0x000,
    FW_VERSION = 0x018,
    MIF_ID = 0x01c,
    MAILBOX_COMMAND = 0x200,
    MAILBOX_ADDRESS = 0x208,
    MAILBOX_VALUE = 0x20c,
    MDIO_COMMAND = 0x284,
    MDIO_WRITE = 0x288,
    MDIO_ADDRESS = 0x28c,
    MDIO_READ = 0x290,
    SCRATCH = 0x300,
    CONFIG_VALUE = 0x328,
    CONFIG_COMMAND = 0x32c,
    CONFIG_STATE = 0x330,
    FW_RPC = 0x334,
    RPC_CONTROL = 0x338,
    RPC_STATE = 0x33c,
    FW_MAILBOX = 0x360,
    FW_EFUSE = 0x364,
    FW_CONTROL = 0x368,
    FW_CONTROL2 = 0x36c,
    FW_STATE = 0x370,
    FW_STATE2 = 0x374,
    BOOT_EXIT = 0x388,
    SEMAPHORES = 0x3a0,
    SCRATCH_END = 0x400,
    PROCESSOR = 0x404,
    FLASH_RESET = 0x53c,
    BOOT_CHAIN = 0x704,
};
/* Blocks, with the register that keeps each from being reset. */
enum { PCI_BLOCK = 0x1000, INTERRUPT_BLOCK = 0x2000, POWER_GATING = 0x32a8, MAC_BLOCK = 0x4000 };
enum { RX_BLOCK = 0x5000, TX_BLOCK = 0x7000, BLOCK_KEPT = 1 << 29 };
enum { ISR = 0x2000, ISR_CLEAR = 0x2050, MASK_SET = 0x2060, MASK_CLEAR = 0x2070 };
enum { AUTO_MASK = 0x2090, QUEUE_MAP = 0x2100, LINK_MAP = 0x218c, INTERRUPT_CONTROL = 0x2300 };
enum { RX_CACHE = 0x5a00, RX_CACHE_DONE = 0x5a10, RX_DROPPED = 0x6818 };
enum { RX_RINGS = 0x5b00, RX_RINGS_END = 0x5f00, TX_RINGS = 0x7c00, TX_RINGS_END = 0x8400 };
/* Counters of the firmware's mailbox, in its order. */
enum {
    RX_UNICAST,
    RX_MULTICAST,
    RX_BROADCAST,
    RX_ERRORS,
    TX_UNICAST,
    TX_MULTICAST,
    TX_BROADCAST,
    TX_ERRORS,
    TX_MULTICAST_BYTES,
    TX_BROADCAST_BYTES,
    RX_MULTICAST_BYTES,
    RX_BROADCAST_BYTES,
    RX_UNICAST_BYTES,
    TX_UNICAST_BYTES,
    DROPPED,
    COUNTERS
};

/* A ring's registers, and their bits. */
enum { BASE = 0x00, BASE_HIGH = 0x04, CONTROL = 0x08, HEAD = 0x0c, TAIL = 0x10, BUFFERS = 0x18 };
enum { RING_ON = 1u << 31, RING_LENGTH = 0x1ff8, RING_POINTER = 0x1fff };
enum { BUFFER_ON = 1, FRAME_MIN = 60, VLAN_TYPE = 0x8100, STEP = 2 * MICROSECOND };

struct descriptor {
    uint64_t address;
    uint32_t control, length;
};

extern struct atlantic {
    const struct board *is;
    uint32_t regs[SPACE / 4];
    uint32_t isr, mask;
    uint32_t counters[COUNTERS];
    uint64_t packets[2], bytes[2]; /* that went through DMA: received, sent */
    bool running;                  /* the firmware */
    bool link;
} atlantic;

static inline uint32_t *atlantic_reg(uint32_t reg)
{
    return &atlantic.regs[reg / 4];
}

static inline uint32_t atlantic_get(uint32_t reg)
{
    return *atlantic_reg(reg);
}

static inline unsigned atlantic_get16(const uint8_t *at)
{
    return at[0] << 8 | at[1];
}

static inline void atlantic_put16(uint8_t *at, unsigned value)
{
    at[0] = value >> 8;
    at[1] = value;
}

static inline unsigned atlantic_length(uint32_t ring)
{
    return atlantic_get(ring + CONTROL) & RING_LENGTH;
}

static inline uint64_t atlantic_descriptor(uint32_t ring, unsigned index)
{
    return (atlantic_get(ring + BASE) | (uint64_t)atlantic_get(ring + BASE_HIGH) << 32) +
           16ull * index;
}

void atlantic_interrupt(unsigned vector);
void atlantic_reset_block(uint32_t block); /* one of RX_BLOCK, TX_BLOCK, INTERRUPT_BLOCK */

/* atlantic_mcp.c */
void atlantic_mcp_reset(void);
bool atlantic_mcp_read(uint32_t reg, uint32_t *value); /* true: it has served the access */
bool atlantic_mcp_write(uint32_t reg, uint32_t value);
void atlantic_cable(void);

/* atlantic_rings.c */
void atlantic_rings_reset(bool rx, bool tx);
bool atlantic_rings_read(uint32_t reg, uint32_t *value);
void atlantic_rings_written(uint32_t reg, uint32_t before);
void atlantic_run(void);
void atlantic_report(unsigned queue, bool tx); /* that it has done something, by an interrupt */
void atlantic_count(const uint8_t *frame, unsigned len, bool tx);

/* atlantic_rx.c */
void atlantic_rx_reset(void);
void atlantic_rx_run(void);
void atlantic_receive(const uint8_t *frame, size_t len);
bool atlantic_ready(void);

#endif
