/* SPDX-License-Identifier: BSD-2-Clause */
/* Intel's 10 Gigabit Ethernet MACs: 82598 with an XFP module, 82599 with an SFP+ module or on a
 * backplane, X540 and X550 with their own 10GBASE-T PHY.
 *
 * Registers, resets, queues and descriptors are those of the datasheets of the 82599 (331520,
 * chapters 4, 7 and 8), X540 (321777) and 82598. What they leave open, and the X550, is as the
 * drivers of Linux (Intel's own, too) and iPXE have it: how soon CTRL.RST clears, how the link is
 * begun anew, contents of the EEPROM, commands to firmware.
 * Only the first queue of each direction is there, which is what a driver without MSI-X has. */
#include "ixgbe.h"

#include "chip.h"

#include <string.h>

enum { RAL_16 = 0x5400, SRRCTL_16 = 0x2100, DCA_RXCTRL_16 = 0x2200 };
enum { STATISTICS = 0x3f60, STATISTICS_END = 0x41b0, QUEUE_CAUSES = 0xffff };
enum { HLREG0_DEFAULT = 0x00010c03, SRRCTL_DEFAULT = 0x0402, RDRXCTL_DONE = 1 << 3 };
enum { FDIRCTRL_DONE = 1 << 3, SECURITY_STOP = 2, SECURITY_READY = 1, EEC_LOADED = 0x200 };
enum { CONFIGURED = 3 << 18, FIRMWARE_VALID = 1 << 15, MAXFRS_DEFAULT = 1518 << 16 };
enum {
    RESET_BIT_TIME = 5 * MICROSECOND,
    RESET_TIME = 1 * MILLISECOND, /* before it nothing else is to be accessed */
    LOAD_TIME = 10 * MILLISECOND, /* of the EEPROM */
    MASTER_TIME = 100 * MICROSECOND,
    SECURITY_TIME = 40 * MICROSECOND,
    FILTER_TIME = 1 * MILLISECOND, /* of the flow director's tables */
};

struct ixgbe ixgbe;
#define s ixgbe

/* The first 16 of some registers have two addresses each: those of the 82598, and new ones. */
uint32_t *ixgbe_at(uint32_t reg)
{
    if (reg >= SRRCTL_16 && reg < SRRCTL_16 + 64)
        reg = SRRCTL + (reg - SRRCTL_16) / 4 * RING_SIZE;
    else if (reg >= DCA_RXCTRL_16 && reg < DCA_RXCTRL_16 + 64)
        reg = DCA_RXCTRL + (reg - DCA_RXCTRL_16) / 4 * RING_SIZE;
    else if (reg >= RAL_16 && reg < RAL_16 + 128)
        reg += RAL - RAL_16;
    return &s.regs[reg / 4];
}

#define at ixgbe_at

static void drive(void)
{
    irq(s.cause & s.mask);
}

void ixgbe_interrupt(uint32_t causes)
{
    s.cause |= causes;
    drive();
}

/* --- resets */
static void loaded(void *argument)
{
    memcpy(at(RAL), card_mac, 4);
    *at(RAH) = card_mac[4] | card_mac[5] << 8 | ADDRESS_VALID;
    *at(EEC) |= EEC_LOADED;
    *at(EEMNGCTL) |= CONFIGURED;
    *at(RDRXCTL) |= RDRXCTL_DONE;
    ixgbe_link_defaults();
}

static void master_stopped(void *argument)
{
    *at(STATUS) &= ~STATUS_MASTER;
}

/* The way through the security engine is empty: argument is its status register. */
static void security_ready(void *argument)
{
    *at((uint32_t)(uintptr_t)argument) |= SECURITY_READY;
}

/* It was stopped, or not. */
static void write_security(uint32_t reg, uint32_t value)
{
    void *status = (void *)(uintptr_t)(reg + 4);

    *at(reg) = value;
    *at(reg + 4) = 0;
    not_after(security_ready, status);
    if (value & SECURITY_STOP)
        after(SECURITY_TIME, security_ready, status);
}

static void filter_ready(void *argument)
{
    *at(FDIRCTRL) |= FDIRCTRL_DONE;
}

static void reset_bit_clear(void *argument)
{
    *at(CTRL) &= ~(CTRL_RESET | CTRL_LINK_RESET);
}

static void reset_done(void *argument)
{
    s.closed = false;
}

/* Registers as a reset leaves them. What the port's pins and the semaphores are stays. */
static void defaults(void)
{
    static const uint32_t kept[] = {ESDP, EEC, SWSM, GSSR};
    uint32_t values[sizeof(kept) / sizeof(*kept)];

    for (unsigned i = 0; i < sizeof(kept) / sizeof(*kept); i++)
        values[i] = *at(kept[i]);
    memset(s.regs, 0, sizeof(s.regs));
    for (unsigned i = 0; i < sizeof(kept) / sizeof(*kept); i++)
        *at(kept[i]) = values[i];
    s.cause = s.mask = 0;
    *at(STATUS) = STATUS_MASTER;
    *at(FWSM) = FIRMWARE_VALID;
    *at(RXPBSIZE) = (s.generation >= X540 ? 384 : 512) * 1024;
    *at(HLREG0) = HLREG0_DEFAULT;
    *at(MAXFRS) = MAXFRS_DEFAULT;
    for (uint32_t ring = RX_RING; ring < RX_RINGS_END; ring += RING_SIZE)
        *at(ring + SRRCTL - RX_RING) = SRRCTL_DEFAULT;
    *at(EEC) &= ~EEC_LOADED;
    ixgbe_rings_reset();
    not_after(master_stopped, NULL);
    not_after(security_ready, (void *)SECTXSTAT);
    not_after(security_ready, (void *)SECRXSTAT);
    not_after(filter_ready, NULL);
    not_after(loaded, NULL);
    after(LOAD_TIME, loaded, NULL);
    drive();
}

static void reset_as(enum generation generation, enum port port)
{
    memset(&s, 0, sizeof(s));
    s.generation = generation;
    s.port = port;
    ixgbe_nvm_power_on();
    ixgbe_link_power_on();
    defaults();
    ixgbe_link_reset(true);
    not_after(loaded, NULL); /* a BIOS comes much later */
    loaded(NULL);
}

static void write_ctrl(uint32_t value)
{
    *at(CTRL) = value;
    if (value & (CTRL_RESET | CTRL_LINK_RESET)) {
        s.closed = true;
        defaults();
        *at(CTRL) = value & ~CTRL_NO_MASTER;
        ixgbe_link_reset(false);
        not_after(reset_bit_clear, NULL);
        not_after(reset_done, NULL);
        after(RESET_BIT_TIME, reset_bit_clear, NULL);
        after(RESET_TIME, reset_done, NULL);
        return;
    }
    not_after(master_stopped, NULL);
    if (value & CTRL_NO_MASTER)
        after(MASTER_TIME, master_stopped, NULL);
    else
        *at(STATUS) |= STATUS_MASTER;
    ixgbe_tx_kick();
}

/* --- registers */
static uint32_t read_register(uint32_t reg)
{
    uint32_t value;

    switch (reg) {
    case EICR: /* reading acknowledges, and masks what EIAM names */
        value = s.cause;
        s.cause = 0;
        s.mask &= ~*at(EIAM);
        drive();
        return value;
    case EICS:
    case EIMC:
    case EIMC_EX:
        return 0;
    case EIMS:
        return s.mask;
    case EIMS_EX:
        return s.mask & QUEUE_CAUSES;
    }
    if (ixgbe_rings_read(reg, &value) || ixgbe_link_read(reg, &value) ||
        ixgbe_nvm_read(reg, &value))
        return value;
    value = *at(reg);
    if (reg >= STATISTICS && reg < STATISTICS_END)
        *at(reg) = 0;
    return value;
}

/* Whether a reset of the MAC is on in the register's part of the chip. The semaphores are both
 * ports'. */
static bool in_reset(uint32_t reg)
{
    return s.closed && reg != STATUS && reg != SWSM && reg != GSSR;
}

static uint32_t ixgbe_read(unsigned bar, uint32_t reg, unsigned size)
{
    if (size != 4 || reg % 4)
        fault("register %#x is read with %u bytes", reg, size);
    reg &= ~3u;
    if (in_reset(reg) && reg != CTRL) {
        fault("register %#x is read during a reset", reg);
        return ~0u;
    }
    return read_register(reg);
}

/* Interrupt registers; false when it is none. */
static bool write_interrupts(uint32_t reg, uint32_t value)
{
    switch (reg) {
    case EICR:
        s.cause &= ~value;
        break;
    case EICS:
        s.mask |= value & *at(EIAM);
        s.cause |= value;
        break;
    case EICS_EX:
        s.cause |= value & QUEUE_CAUSES;
        break;
    case EIMS:
        s.mask |= value;
        break;
    case EIMS_EX:
        s.mask |= value & QUEUE_CAUSES;
        break;
    case EIMC:
        s.mask &= ~value;
        break;
    case EIMC_EX:
        s.mask &= ~(value & QUEUE_CAUSES);
        break;
    default:
        return false;
    }
    drive();
    return true;
}

static void write_register(uint32_t reg, uint32_t value)
{
    switch (reg) {
    case CTRL:
        write_ctrl(value);
        break;
    case STATUS:
    case FWSM:
    case SECTXSTAT:
    case SECRXSTAT:
        break;
    case RDRXCTL:
        *at(reg) = (value & ~RDRXCTL_DONE) | (*at(reg) & RDRXCTL_DONE);
        break;
    case SECTXCTRL:
    case SECRXCTRL:
        write_security(reg, value);
        break;
    case RXCTRL: /* the specification update of the 82599: it may hang */
        if (value & ~*at(reg) & 1 && s.generation == I82599 && !(*at(SECRXSTAT) & 1))
            fault("reception is enabled while frames can come in");
        *at(reg) = value;
        break;
    case FDIRCTRL:
        *at(reg) = value & ~FDIRCTRL_DONE;
        not_after(filter_ready, NULL);
        after(FILTER_TIME, filter_ready, NULL);
        break;
    default:
        *at(reg) = value;
        if (reg == DMATXCTL)
            ixgbe_tx_kick();
    }
}

static void ixgbe_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    if (size != 4 || reg % 4)
        fault("register %#x is written with %u bytes", reg, size);
    else if (in_reset(reg))
        fault("register %#x is written during a reset", reg);
    else if (!write_interrupts(reg, value) && !ixgbe_rings_write(reg, value) &&
             !ixgbe_link_write(reg, value) && !ixgbe_mdio_write(reg, value) &&
             !ixgbe_nvm_write(reg, value))
        write_register(reg, value);
}

/* Power management (PCI 3.0 section 6.7), D0 to D3. */
static const uint8_t capabilities[] = {1, 0, 0x23, 0x48, 0, 0x20, 0, 0};
static const uint8_t writable[] = {0, 0, 0, 0, 0x03, 0x01, 0, 0};

#define IXGBE_CHIP(model, id, generation, port)    \
    static void model##_reset(void)                \
    {                                              \
        reset_as(generation, port);                \
    }                                              \
    static const struct chip model = {             \
        .name = #model,                            \
        .vendor = 0x8086,                          \
        .device = id,                              \
        .sub_vendor = 0x8086,                      \
        .sub_device = 0x0003,                      \
        .revision = 1,                             \
        .speed = 10000,                            \
        .bars = {{SPACE, .wide = true}},           \
        .capabilities = capabilities,              \
        .writable = writable,                      \
        .capabilities_size = sizeof(capabilities), \
        .reset = model##_reset,                    \
        .read = ixgbe_read,                        \
        .write = ixgbe_write,                      \
        .receive = ixgbe_receive,                  \
        .ready = ixgbe_rx_ready,                   \
        .cable = ixgbe_link_cable,                 \
    };                                             \
    CHIP(model)

IXGBE_CHIP(i82598, 0x10c6, I82598, XAUI);
IXGBE_CHIP(i82599, 0x10fb, I82599, SFP);
IXGBE_CHIP(i82599_kx4, 0x10f7, I82599, BACKPLANE);
IXGBE_CHIP(x540, 0x1528, X540, COPPER);
IXGBE_CHIP(x550, 0x1563, X550, COPPER);
