/* SPDX-License-Identifier: BSD-2-Clause */
/* Aquantia (Marvell) AQtion AQC100, AQC107 and AQC108, silicon B1 with firmware 3.x: 10 and 5
 * Gbit/s.
 *
 * There is no public datasheet. Registers, descriptors, the processor's mailbox and the order of a
 * reset are as these drivers agree on them: Linux's atlantic and Aquantia's own release of it,
 * if_aq of NetBSD and OpenBSD, and iPXE's aqc1xx, which Marvell wrote.
 *
 * One queue each way is served, as drivers without MSI-X use it. The large receive offload makes
 * nothing larger; timestamps and MACsec are absent, and the firmware does not claim them. */
#include "atlantic.h"

#include <string.h>

enum { ID_B1 = 0x0a, CONTROL_READ_CLEARS = 0x80, CONTROL_RESET = 1u << 31 };
enum { CACHE_TIME = 100 * MICROSECOND, RSS_TIME = 10 * MICROSECOND };
/* Windows to the hash key and the table of queues; a bit in each is 1 while a write is under way.
 */
enum { RSS_KEY = 0x54d0, RSS_KEY_BUSY = 0x20, RSS_TABLE = 0x54e0, RSS_TABLE_BUSY = 0x10 };

struct atlantic atlantic;

/* Interrupts */

static void drive(void)
{
    irq(atlantic.isr & atlantic.mask);
}

void atlantic_interrupt(unsigned vector)
{
    atlantic.isr |= 1u << vector;
    drive();
}

static uint32_t read_isr(void)
{
    uint32_t value = atlantic.isr;

    if (*atlantic_reg(INTERRUPT_CONTROL) & CONTROL_READ_CLEARS) {
        atlantic.isr = 0;
        atlantic.mask &= ~(value & *atlantic_reg(AUTO_MASK));
        drive();
    }
    return value;
}

static bool write_interrupt(uint32_t reg, uint32_t value)
{
    switch (reg) {
    case ISR:
        break;
    case ISR_CLEAR:
        atlantic.isr &= ~value;
        break;
    case MASK_SET:
        atlantic.mask |= value;
        break;
    case MASK_CLEAR:
        atlantic.mask &= ~value;
        break;
    case INTERRUPT_CONTROL:
        if (value & CONTROL_RESET)
            atlantic_reset_block(INTERRUPT_BLOCK);
        *atlantic_reg(reg) = value & ~CONTROL_RESET;
        break;
    default:
        return false;
    }
    drive();
    return true;
}

/* Resets */

void atlantic_reset_block(uint32_t block)
{
    bool rx = block == RX_BLOCK, tx = block == TX_BLOCK;
    uint32_t end = rx ? TX_BLOCK : tx ? SPACE : 0x3000;

    memset(atlantic_reg(block), 0, end - block);
    if (rx || tx) {
        *atlantic_reg(block) = BLOCK_KEPT;
        atlantic_rings_reset(rx, tx);
        atlantic.packets[tx] = atlantic.bytes[tx] = 0;
    } else {
        atlantic.isr = atlantic.mask = 0;
        drive();
    }
}

static void cache_done(void *unused)
{
    (void)unused;
    *atlantic_reg(RX_CACHE_DONE) = 1;
}

static void rss_done(void *unused)
{
    (void)unused;
    *atlantic_reg(RSS_KEY) &= ~RSS_KEY_BUSY;
    *atlantic_reg(RSS_TABLE) &= ~RSS_TABLE_BUSY;
}

/* Registers that start something, which takes time. */
static void started(uint32_t reg)
{
    if (reg == RX_CACHE) {
        *atlantic_reg(RX_CACHE_DONE) = 0;
        not_after(cache_done, NULL);
        after(CACHE_TIME, cache_done, NULL);
    } else if (reg == RSS_KEY || reg == RSS_TABLE) {
        not_after(rss_done, NULL);
        after(RSS_TIME, rss_done, NULL);
    }
}

static void reset_chip(const struct board *is)
{
    memset(&atlantic, 0, sizeof atlantic);
    atlantic.is = is;
    *atlantic_reg(MIF_ID) = ID_B1;
    *atlantic_reg(PCI_BLOCK) = *atlantic_reg(MAC_BLOCK) = BLOCK_KEPT;
    atlantic_reset_block(INTERRUPT_BLOCK);
    atlantic_reset_block(RX_BLOCK);
    atlantic_reset_block(TX_BLOCK);
    atlantic_mcp_reset();
}

/* Registers */

static uint32_t read_register(uint32_t reg)
{
    uint32_t value;

    if (reg == ISR)
        return read_isr();
    if (reg == MASK_SET || reg == MASK_CLEAR)
        return atlantic.mask;
    if (atlantic_mcp_read(reg, &value) || atlantic_rings_read(reg, &value))
        return value;
    return *atlantic_reg(reg);
}

static uint32_t atlantic_read(unsigned bar, uint32_t reg, unsigned size)
{
    (void)bar;
    if (size != 4 || reg % 4)
        fault("register %#x is read with %u bytes", reg, size);
    return read_register(reg & ~3u) >> 8 * (reg % 4);
}

/* Before the firmware runs, a driver may write what the reset needs, and nothing else. */
static bool for_reset(uint32_t reg)
{
    return reg == PCI_BLOCK || reg == MAC_BLOCK || reg == RX_BLOCK || reg == TX_BLOCK ||
           reg == INTERRUPT_CONTROL || reg == POWER_GATING || reg == MASK_CLEAR || reg == ISR_CLEAR;
}

static void atlantic_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    uint32_t before;

    (void)bar;
    if (size != 4 || reg % 4) {
        fault("register %#x is written with %u bytes", reg, size);
        return;
    }
    if (reg >= PCI_BLOCK && !atlantic.running && !for_reset(reg))
        fault("register %#x is written before the firmware has started", reg);
    if (atlantic_mcp_write(reg, value) || write_interrupt(reg, value))
        return;
    before = *atlantic_reg(reg);
    *atlantic_reg(reg) = value;
    started(reg);
    atlantic_rings_written(reg, before);
}

/* Power management (section 3.2 of its specification), D0 to D3. */
static const uint8_t capabilities[] = {1, 0, 0x03, 0xc8, 0, 0, 0, 0};
static const uint8_t writable[] = {0, 0, 0, 0, 0x03, 0x01, 0, 0};

enum { R100M = 0x020, R1G = 0x100, R2G5 = 0x200, R5G = 0x400, R10G = 0x800 };
enum { TO_5G = R100M | R1G | R2G5 | R5G };

#define ATLANTIC(name_, device_, speed_, rates_, rom_boot_)                     \
    static const struct board name_##_board = {rates_, rom_boot_};              \
    static void name_##_reset(void)                                             \
    {                                                                           \
        reset_chip(&name_##_board);                                             \
    }                                                                           \
    static const struct chip name_ = {.name = #name_,                           \
                                      .vendor = 0x1d6a,                         \
                                      .device = device_,                        \
                                      .sub_vendor = 0x1d6a,                     \
                                      .sub_device = 1,                          \
                                      .revision = 2,                            \
                                      .speed = speed_,                          \
                                      .bars = {{SPACE, false, true}},           \
                                      .capabilities = capabilities,             \
                                      .writable = writable,                     \
                                      .capabilities_size = sizeof capabilities, \
                                      .reset = name_##_reset,                   \
                                      .read = atlantic_read,                    \
                                      .write = atlantic_write,                  \
                                      .receive = atlantic_receive,              \
                                      .ready = atlantic_ready,                  \
                                      .cable = atlantic_cable};                 \
    CHIP(name_)

ATLANTIC(aqc107, 0x07b1, 10000, TO_5G | R10G, true);
ATLANTIC(aqc108, 0x08b1, 5000, TO_5G, false);
