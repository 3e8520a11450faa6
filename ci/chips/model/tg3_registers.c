/* SPDX-License-Identifier: BSD-2-Clause */
/* BCM57xx: registers, and the chip's memory. */
#include "tg3.h"

enum { LOW_MAILBOXES = 0x5800, LOW_MAILBOXES_END = 0x5a00, MAILBOX_GAP = 0x5600 };
enum { MAILBOXES = 0x200, MAILBOXES_END = 0x400, INDEX = 0xffff };
enum { GRC_SET_INT = 4, GRC_CLEAR_INT = 2, GRC_INT_ACTIVE = 1, HOSTCC_NOW = 8 };
enum { CORE_RESET = 1, STATISTICS_TICKS = 0x3c28, LINK_UP = 8 };
enum { RX_CPU = 0x5000, TX_CPU_END = 0x5800, PCIE_REGISTERS = 0x7c00 };
enum { FAST_GAP_END = 0x4000 }; /* of BCM5906's memory, which begins with SRAM_STATISTICS */
enum { BLOCK_STOP_TIME = 300 * MICROSECOND };

/* Registers that switch a block on and off, in their second bit. */
static const uint16_t blocks[] = {
    MAC_TX_MODE, MAC_RX_MODE, SNDDATAI, SNDDATAC, SNDBDS, SNDBDI, SNDBDC, RCVLPC, RCVDBDI, RCVDCC,
    RCVBDI,      RCVCC,       RCVLSC,   MBFREE,   HOSTCC, MEMARB, BUFMGR, RDMAC,  WDMAC,   DMAC};

/* --- the chip's memory */
static bool sram_open(uint32_t address)
{
    if (!enabled(MEMARB))
        fault("the chip's memory is accessed at %#x, and MEMARB is off", address);
    if (t.variant->kind == FAST && address >= SRAM_STATISTICS && address < FAST_GAP_END)
        return false;
    return enabled(MEMARB) && address < SRAM_SIZE;
}

uint32_t sram_read(uint32_t address)
{
    return sram_open(address) ? t.sram[address / 4] : 0;
}

void sram_write(uint32_t address, uint32_t value)
{
    if (sram_open(address))
        t.sram[address / 4] = value;
}

/* --- registers */
static void block_stopped(void *argument)
{
    *reg((uint32_t)(uintptr_t)argument) &= ~BLOCK_ENABLE;
}

static bool is_block(uint32_t offset)
{
    for (unsigned i = 0; i < sizeof(blocks) / sizeof(*blocks); i++)
        if (blocks[i] == offset)
            return true;
    return false;
}

static void write_block(uint32_t offset, uint32_t value)
{
    bool was = enabled(offset), newer = t.variant->generation != G5700;

    if (newer && (offset == RCVLSC || offset == MBFREE || offset == DMAC)) {
        fault("register %#x is written, which this chip does not have", offset);
        return;
    }
    if (newer && offset == MEMARB)
        value |= BLOCK_ENABLE;
    not_after(block_stopped, (void *)(uintptr_t)offset);
    *reg(offset) = value & ~BLOCK_RESET;
    if (was && !(value & BLOCK_ENABLE)) { /* it ends what it does */
        *reg(offset) |= BLOCK_ENABLE;
        after(BLOCK_STOP_TIME, block_stopped, (void *)(uintptr_t)offset);
    }
    if (offset == HOSTCC) {
        *reg(offset) &= ~HOSTCC_NOW;
        statistics_start();
        if (value & HOSTCC_NOW)
            status_update();
    }
    send_start();
    std_fetch_start();
}

static void write_mailbox(uint32_t offset, uint32_t value)
{
    if (!(offset & 4))
        return;
    if (offset == MAILBOX_INT) {
        interrupt_mailbox(value);
        return;
    }
    *reg(offset) = value & INDEX;
    if (offset == MAILBOX_SEND_PROD)
        send_start();
    else if (offset == MAILBOX_STD_PROD)
        std_fetch_start();
}

/* While the bootcode sets the chip up, a driver keeps its hands off all but some registers. */
static bool too_early(uint32_t offset)
{
    return t.booting && offset >= CONFIG_END && offset != MEMARB && offset != MAC_MODE &&
           (offset < GRC_MODE || offset > NVRAM_ACCESS) && offset != FTQ_RESET &&
           offset < PCIE_REGISTERS && (offset < RX_CPU || offset >= TX_CPU_END) &&
           !(offset >= MAILBOXES && offset < MAILBOXES_END);
}

static void write_local_control(uint32_t value)
{
    *reg(GRC_LOCAL_CTRL) = value & ~(GRC_SET_INT | GRC_CLEAR_INT | GRC_INT_ACTIVE);
    if (value & GRC_CLEAR_INT)
        t.interrupt = false;
    if (value & GRC_SET_INT)
        t.interrupt = true;
    drive();
}

static void write_special(uint32_t offset, uint32_t value)
{
    switch (offset) {
    case MAC_STATUS: /* writing 1 clears */
        *reg(offset) &= ~value;
        break;
    case MAC_MI_COM:
        mi_write(value);
        break;
    case GRC_MISC_CFG:
        *reg(offset) = value;
        if (value & CORE_RESET)
            core_reset(value);
        break;
    case GRC_LOCAL_CTRL:
        write_local_control(value);
        break;
    case EEPROM_ADDR:
        eeprom_command(value);
        break;
    case NVRAM_CMD:
        nvram_command(value);
        break;
    case NVRAM_ARB:
        nvram_arbitrate(value);
        break;
    case FTQ_READ:
    case FTQ_WRITE:
        dma_test(offset == FTQ_READ, value);
        break;
    case STATISTICS_TICKS: /* Linux writes it again with each look at the link */
        if (*reg(offset) == value)
            break;
        *reg(offset) = value;
        statistics_start();
        break;
    default:
        *reg(offset) = value;
    }
}

void write_register(uint32_t offset, uint32_t value)
{
    if (t.variant->kind == FAST && offset >= MAILBOXES && offset < MAILBOXES_END)
        fault("the mailbox at %#x is written, which this chip does not have", offset);
    if (offset >= LOW_MAILBOXES && offset < LOW_MAILBOXES_END)
        offset -= MAILBOX_GAP;
    if (t.in_reset) {
        fault("register %#x is written while the chip is in reset", offset);
        return;
    }
    if (too_early(offset))
        fault("register %#x is written before the bootcode is done", offset);
    if (offset < CONFIG_END)
        config_mirror_write(offset, value);
    else if (offset >= REGISTERS_END)
        fault("register %#x is written, which there is not", offset);
    else if (offset >= MAILBOXES && offset < MAILBOXES_END)
        write_mailbox(offset, value);
    else if (is_block(offset))
        write_block(offset, value);
    else
        write_special(offset, value);
}

uint32_t read_register(uint32_t offset)
{
    uint32_t value;

    if (offset >= LOW_MAILBOXES && offset < LOW_MAILBOXES_END)
        offset -= MAILBOX_GAP;
    if (t.in_reset) {
        fault("register %#x is read while the chip is in reset", offset);
        return ~0u;
    }
    if (offset < CONFIG_END) {
        config_read_soon(offset);
        return config_get(offset, 4);
    }
    if (offset >= REGISTERS_END) {
        fault("register %#x is read, which there is not", offset);
        return ~0u;
    }
    value = *reg(offset);
    if (offset == GRC_TIMER)
        return card_now() / MICROSECOND;
    if (offset == GRC_LOCAL_CTRL)
        return value | (t.interrupt ? GRC_INT_ACTIVE : 0);
    if (offset == MAC_TX_STATUS)
        return value | (t.phy.link ? LINK_UP : 0);
    if (offset >= TX_STATISTICS && offset < STATISTICS_END)
        *reg(offset) = 0;
    return value;
}
