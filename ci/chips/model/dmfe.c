/* SPDX-License-Identifier: BSD-2-Clause */
/* Davicom DM9102, DM9102A, DM9100, DM9009 and DM9132, with their PHY.
 *
 * Registers and descriptors as Linux's dmfe, FreeBSD's dc and iPXE's davicom use them, in what they
 * are silent about those of Digital's 21140, which the chips follow. That a reset ends by itself is
 * from dc, that the external port has to be off for the chip's own PHY from all three.
 */
#include "dmfe.h"

#include <string.h>

enum { CR0, CR1, CR2, CR3, CR4, CR5, CR6, CR7, CR8, CR9, CR10, CR11, CR12, CR13, CR14, CR15 };
enum { CR0_RESET = 1, STATUS_BITS = 0x6fef, ABNORMAL = 1 << 15, NORMAL = 1 << 16 };
enum { NORMAL_BITS = TX_DONE | TX_NO_BUFFER | RX_DONE | 0x4000, HIGH = 0x80 };
/* What must not change while frames are sent. */
enum { CR6_FIXED = CR6_FULL | CR6_LOOPBACK | CR6_THRESHOLD | CR6_EXTERNAL | CR6_STORE };
enum { CAPABILITIES_POINTER = 0x34, POWER_MANAGEMENT = 0x50 };
enum { RESET_TIME = 10 * MICROSECOND };

struct dmfe dmfe;

static uint32_t status(void)
{
    uint32_t bits = dmfe.regs[CR5], enabled = bits & dmfe.regs[CR7];

    if (enabled & NORMAL_BITS)
        bits |= NORMAL;
    if (enabled & STATUS_BITS & ~NORMAL_BITS)
        bits |= ABNORMAL;
    return bits | dmfe.rx_state << 17 | dmfe.tx_state << 20;
}

void dmfe_interrupt(uint32_t bits)
{
    dmfe.regs[CR5] |= bits;
    irq(status() & dmfe.regs[CR7] & (NORMAL | ABNORMAL));
}

/* A reset by CR0 leaves the PHY as it is. */
static void defaults(void)
{
    memset(dmfe.regs, 0, sizeof(dmfe.regs));
    dmfe_forget();
    dmfe.rx = dmfe.tx = 0;
    dmfe.filter = dmfe.hashed = false;
    dmfe_interrupt(0);
}

static void reset_done(void *argument)
{
    dmfe.in_reset = false;
}

/* --- registers */
static uint32_t read_register(unsigned number)
{
    uint32_t value = dmfe.regs[number];

    switch (number) {
    case CR0:
        return value | dmfe.in_reset;
    case CR5:
        return status();
    case CR8: /* frames that were missed; reading clears it */
        dmfe.regs[number] = 0;
        return value;
    case CR9:
        return dmfe_read_cr9();
    case CR12:
        return dmfe_pins();
    }
    return value;
}

static uint32_t dmfe_read(unsigned bar, uint32_t reg, unsigned size)
{
    bool bytes = reg / 8 == CR9 || reg / 8 == CR12 || reg / 8 == CR5;

    if (reg < HIGH && (reg % 8 > 3 || (size != 4 && !bytes))) {
        fault("register %#x is read with %u bytes", reg, size);
        return ~0u;
    }
    if (dmfe.in_reset && reg) {
        fault("register %#x is read while the chip is in reset", reg);
        return ~0u;
    }
    if (reg >= HIGH)
        return dmfe_read_high(reg, size);
    return read_register(reg / 8) >> 8 * (reg % 8);
}

static void write_bus_mode(uint32_t value)
{
    if (value & CR0_RESET) {
        defaults();
        dmfe.in_reset = true;
        not_after(reset_done, NULL);
        after(RESET_TIME, reset_done, NULL);
    } else
        dmfe.regs[CR0] = value;
}

static void write_base(unsigned number, uint32_t value)
{
    bool rx = number == CR3;

    if (rx ? dmfe.rx_state : dmfe.tx_state)
        fault("CR%u is written while the queue runs", number);
    if (value & 3)
        fault("the descriptors at %#x are not aligned to 4 bytes", value);
    dmfe.regs[number] = value;
    *(rx ? &dmfe.rx : &dmfe.tx) = value & ~3u;
}

static void write_mode(uint32_t value)
{
    uint32_t before = dmfe.regs[CR6], changed = before ^ value;

    if (before & value & CR6_TX && changed & CR6_FIXED)
        fault("CR6 changes from %#x to %#x while frames are sent", before, value);
    dmfe.regs[CR6] = value;
    dmfe_stop(changed & before);
    dmfe_start(changed & value);
}

static void write_register(unsigned number, uint32_t value)
{
    switch (number) {
    case CR0:
        write_bus_mode(value);
        break;
    case CR1:
        dmfe_transmit();
        break;
    case CR2:
        if (dmfe.rx_state == RX_SUSPENDED)
            dmfe.rx_state = RX_WAITING;
        break;
    case CR3:
    case CR4:
        write_base(number, value);
        break;
    case CR5:
        dmfe.regs[number] &= ~value;
        dmfe_interrupt(0);
        break;
    case CR6:
        write_mode(value);
        break;
    case CR7:
        dmfe.regs[number] = value;
        dmfe_interrupt(0);
        break;
    case CR8: /* only for reading */
        break;
    case CR9:
        dmfe_write_cr9(value);
        break;
    case CR12:
        dmfe_write_cr12(value);
        break;
    default:
        dmfe.regs[number] = value;
    }
}

static void dmfe_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    if (dmfe.in_reset)
        fault("register %#x is written while the chip is in reset", reg);
    else if (reg >= HIGH)
        dmfe_write_high(reg, value, size);
    else if (size != 4 || reg % 8)
        fault("register %#x is written with %u bytes", reg, size);
    else
        write_register(reg / 8, value);
}

static void dmfe_cable(void)
{
    phy_cable(&dmfe.phy);
}

static void reset(const struct dmfe_board *board)
{
    memset(&dmfe, 0, sizeof(dmfe));
    dmfe.is = board;
    config_set(CAPABILITIES_POINTER, POWER_MANAGEMENT, 1);
    defaults();
    dmfe_ports_reset();
}

/* At 40h are two dwords of the chip's own (sleep, wake-up), at 50h is power management. */
static const uint8_t capabilities[24] = {[16] = 1, 0, 0x01, 0xc0};
static const uint8_t writable[24] = {[3] = 0xff, [20] = 0x03, 0x01};

#define DMFE(name_, device_, id_revision, registers, ...)               \
    static void name_##_reset(void)                                     \
    {                                                                   \
        static const struct dmfe_board board = {__VA_ARGS__};           \
                                                                        \
        reset(&board);                                                  \
    }                                                                   \
    static const struct chip name_ = {                                  \
        .name = #name_,                                                 \
        .vendor = 0x1282,                                               \
        .device = device_,                                              \
        .sub_vendor = 0x0291,                                           \
        .sub_device = 0x8212,                                           \
        .revision = id_revision,                                        \
        .bars = {{.size = registers, .io = true}, {.size = registers}}, \
        .capabilities = capabilities,                                   \
        .writable = writable,                                           \
        .capabilities_size = sizeof(capabilities),                      \
        .reset = name_##_reset,                                         \
        .read = dmfe_read,                                              \
        .write = dmfe_write,                                            \
        .receive = dmfe_receive,                                        \
        .ready = dmfe_ready,                                            \
        .cable = dmfe_cable,                                            \
    };                                                                  \
    CHIP(name_)

/* Revision 10h is a DM9102, 30h a DM9102A, 31h a later one of these. */
DMFE(dm9102, 0x9102, 0x10, 0x80);
DMFE(dm9102a, 0x9102, 0x30, 0x100, .no_link_bit = true);
DMFE(dm9102ae, 0x9102, 0x31, 0x100);
DMFE(dm9100, 0x9100, 0x10, 0x80);
DMFE(dm9009, 0x9009, 0x10, 0x80, .ten = true);
DMFE(dm9132, 0x9132, 0x10, 0x100, .address_registers = true, .no_link_bit = true);
