/* SPDX-License-Identifier: BSD-2-Clause */
/* Model of VIA's Velocity: VT6120/6122 (VT3119) and VT6130 (VT3216).
 *
 * There is no public datasheet. Facts: what Linux's via-velocity, OpenBSD's and FreeBSD's vge and
 * iPXE's velocity do alike, and VIA's VT6102 and VT6105 datasheets for what this chip has from
 * them.
 *
 * Registers are bytes; wider accesses are several of them. */
#include <string.h>

#include "velocity.h"

enum {
    PAGE_HASH,
    PAGE_MASK,
    PAGE_CAM,
    CAM_ENABLE = 0x80,
    CAM_VLAN = 0x40,
    CAM_WRITE = 4,
    CAM_READ = 8
};
enum { EECSR_RELOAD = 0x20, MIB_CLEAR = 1, MIB_POINTER = 2, MIB_FLUSH = 4, MIB_MASK = 0xffffff };

struct velocity velocity;
static uint32_t flushed[MIBS];
static unsigned mib_pointer;

uint16_t velocity_get16(unsigned reg)
{
    return velocity.regs[reg] | velocity.regs[reg + 1] << 8;
}

uint32_t velocity_get32(unsigned reg)
{
    return velocity_get16(reg) | (uint32_t)velocity_get16(reg + 2) << 16;
}

void velocity_interrupt(uint32_t bits)
{
    velocity.isr |= bits;
    irq(velocity.cr & CR_GINTMSK1 && velocity.isr & velocity_get32(IMR));
}

/* Resets and the EEPROM, which take a while */

static void set_defaults(void)
{
    uint8_t address[6];

    memcpy(address, velocity.regs + PAR, 6);
    memset(velocity.regs, 0, sizeof velocity.regs);
    memcpy(velocity.regs + PAR, address, 6);
    velocity.regs[REVISION] = velocity.is->revision;
    velocity.regs[MIICFG] = 1; /* the PHY's address */
    velocity.cr = CR_STOP;
    velocity.isr = 0;
    memset(velocity.hash, 0, sizeof velocity.hash);
    memset(velocity.mask, 0, sizeof velocity.mask);
    memset(velocity.mibs, 0, sizeof velocity.mibs);
    velocity_rings_reset();
    velocity_mii_reset();
    velocity_interrupt(0);
}

static void reset_done(void *unused)
{
    (void)unused;
    velocity.in_reset = false;
    velocity.cr &= ~(CR_SFRST | CR_FORSRST);
}

static void reloaded(void *unused)
{
    (void)unused;
    memcpy(velocity.regs + PAR, card_mac, 6);
    velocity.regs[EECSR] &= ~EECSR_RELOAD;
}

static void set_command(uint32_t bits)
{
    velocity.cr |= bits & ~(CR_SFRST | CR_FORSRST | CR_FPHYRST);
    if (bits & CR_STOP)
        velocity.cr &= ~CR_STRT;
    if (bits & CR_STRT && velocity.cr & CR_STOP)
        fault("the MAC is started while STOP is set");
    if (bits & CR_FPHYRST)
        velocity_phy_reset();
    if (bits & (CR_SFRST | CR_FORSRST)) {
        set_defaults();
        velocity.in_reset = true;
        velocity.cr |= bits & (CR_SFRST | CR_FORSRST);
        not_after(reset_done, NULL);
        after(200 * MICROSECOND, reset_done, NULL);
    }
    velocity_interrupt(0);
}

/* Address filters behind one window of eight bytes */

static uint8_t *window(unsigned at)
{
    unsigned select = velocity.regs[CAMADDR], vlan = select & CAM_VLAN ? 1 : 0;

    switch (velocity.regs[CAMCR] >> 6) {
    case PAGE_HASH:
        return &velocity.hash[at];
    case PAGE_MASK:
        return &velocity.mask[vlan][at];
    default:
        return &velocity.regs[MARCAM + at]; /* written to the CAM by a command */
    }
}

static void cam_command(uint8_t value)
{
    unsigned select = velocity.regs[CAMADDR], vlan = select & CAM_VLAN ? 1 : 0;
    uint8_t *cam = velocity.cam[vlan][select % CAMS];

    if (value & (CAM_WRITE | CAM_READ) && (!(select & CAM_ENABLE) || value >> 6 != PAGE_CAM))
        fault("a CAM command without the CAM enabled or its data selected");
    if (value & CAM_WRITE)
        memcpy(cam, velocity.regs + MARCAM, 6);
    if (value & CAM_READ)
        memcpy(velocity.regs + MARCAM, cam, 6);
    velocity.regs[CAMCR] = value & ~(CAM_WRITE | CAM_READ);
}

/* Counters */

static void mib_done(void *unused)
{
    (void)unused;
    if (velocity.regs[MIBCR] & MIB_FLUSH)
        memcpy(flushed, velocity.mibs, sizeof flushed);
    memset(velocity.mibs, 0, sizeof velocity.mibs);
    velocity.regs[MIBCR] &= ~(MIB_FLUSH | MIB_CLEAR);
}

static void mib_command(uint8_t value)
{
    velocity.regs[MIBCR] = value & ~MIB_POINTER;
    if (value & MIB_POINTER)
        mib_pointer = 0;
    if (value & (MIB_FLUSH | MIB_CLEAR))
        after(20 * MICROSECOND, mib_done, NULL);
}

/* Accesses */

static uint8_t read_byte(unsigned reg)
{
    if (reg >= CR_SET && reg < MARCAM)
        return velocity.cr >> 8 * (reg % 4);
    if (reg >= MARCAM && reg < MARCAM + 8)
        return *window(reg - MARCAM);
    if (reg >= ISR && reg < IMR)
        return velocity.isr >> 8 * (reg - ISR);
    switch (reg) {
    case TDCSR_SET:
    case TDCSR_CLEAR:
        return velocity_tx_status();
    case TDCSR_SET + 1:
    case TDCSR_CLEAR + 1:
        return velocity_tx_status() >> 8;
    case RDCSR_SET:
    case RDCSR_CLEAR:
        return velocity_rx_status();
    case RD_INDEX:
        return velocity_index(RD_INDEX);
    case MIISR:
        return velocity_mii_status();
    case PHYSR0:
        return velocity_phy_status();
    default:
        if (reg >= TD_INDEX && reg < TD_INDEX + 2 * TX_QUEUES)
            return velocity_index(reg & ~1u) >> 8 * (reg & 1);
        return velocity.regs[reg];
    }
}

static bool allowed(uint32_t reg, unsigned size, const char *what)
{
    if (reg % size)
        fault("register %02x: %s of %u bytes across its end", reg, what, size);
    else if (velocity.in_reset && (reg < CR_SET || reg >= CR_CLEAR))
        fault("register %02x: %s before the reset is over", reg, what);
    else
        return true;
    return false;
}

static uint32_t read(unsigned bar, uint32_t reg, unsigned size)
{
    uint32_t value = 0;

    (void)bar;
    allowed(reg, size, "read");
    if (reg == MIB_DATA && size == 4)
        return flushed[mib_pointer++ % MIBS] & MIB_MASK;
    for (unsigned i = 0; i < size && reg + i < REGISTERS; i++)
        value |= (uint32_t)read_byte(reg + i) << 8 * i;
    return value;
}

static void check(unsigned reg)
{
    if (reg == RD_BASE && velocity_get32(RD_BASE) & 63)
        fault("the receive ring at %08x is not on a 64 byte boundary", velocity_get32(RD_BASE));
    if (reg == TD_BASE && velocity_get32(TD_BASE) & 63)
        fault("the transmit ring at %08x is not on a 64 byte boundary", velocity_get32(TD_BASE));
    if (reg == RDC_SIZE && velocity_get16(RDC_SIZE) % 4 != 3)
        fault("a receive ring of %u descriptors, no multiple of 4", velocity_get16(RDC_SIZE) + 1);
    if (reg == RBRDU && velocity_get16(RBRDU) % 4)
        fault("%u receive descriptors are given, no multiple of 4", velocity_get16(RBRDU));
}

static void write_byte(unsigned reg, uint8_t value)
{
    if (reg >= MARCAM && reg < MARCAM + 8) {
        *window(reg - MARCAM) = value;
        return;
    }
    if (reg == REVISION || reg == MIISR || reg == PHYSR0) {
        fault("register %02x can only be read", reg);
        return;
    }
    if (reg == CAMCR) {
        cam_command(value);
        return;
    }
    velocity.regs[reg] = value;
    if (reg == MIICR)
        velocity_mii_command(value);
    else if (reg == MIBCR)
        mib_command(value);
    else if (reg == EECSR && value & EECSR_RELOAD)
        after(3 * MILLISECOND, reloaded, NULL);
}

/* Registers that act on all that is written to them at once; false for others. */
static bool write_whole(uint32_t reg, uint32_t value)
{
    unsigned shift = 8 * (reg % 4);

    if (reg >= CR_SET && reg < CR_CLEAR)
        set_command(value << shift);
    else if (reg >= CR_CLEAR && reg < MARCAM)
        velocity.cr &= ~(value << shift);
    else if (reg >= ISR && reg < IMR)
        velocity.isr &= ~(value << shift);
    else if (reg == TDCSR_SET)
        velocity_tx_queues(value, 0);
    else if (reg == TDCSR_CLEAR)
        velocity_tx_queues(0, value);
    else if (reg == RDCSR_SET)
        velocity_rx_queue(value, 0);
    else if (reg == RDCSR_CLEAR)
        velocity_rx_queue(0, value);
    else if (reg == RD_INDEX || (reg >= TD_INDEX && reg < TD_INDEX + 2 * TX_QUEUES))
        velocity_set_index(reg, value);
    else
        return false;
    return true;
}

static void write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    (void)bar;
    if (!allowed(reg, size, "write"))
        return;
    if (!write_whole(reg, value)) {
        for (unsigned i = 0; i < size && reg + i < REGISTERS; i++)
            write_byte(reg + i, value >> 8 * i);
        check(reg);
    }
    velocity_interrupt(0);
    velocity_run();
}

static void reset(const struct board *board)
{
    memset(&velocity, 0, sizeof velocity);
    velocity.is = board;
    set_defaults();
    memcpy(velocity.regs + PAR, card_mac, 6);
    velocity_phy_reset();
}

#define VELOCITY(name_, id_revision, ...)                               \
    static void name_##_reset(void)                                     \
    {                                                                   \
        static const struct board board = {id_revision, __VA_ARGS__};   \
                                                                        \
        reset(&board);                                                  \
    }                                                                   \
    static const struct chip name_ = {                                  \
        .name = #name_,                                                 \
        .vendor = 0x1106,                                               \
        .device = 0x3119,                                               \
        .sub_vendor = 0x1106,                                           \
        .sub_device = 0x0110,                                           \
        .revision = id_revision,                                        \
        .bars = {{.size = REGISTERS, .io = true}, {.size = REGISTERS}}, \
        .speed = 1000,                                                  \
        .reset = name_##_reset,                                         \
        .read = read,                                                   \
        .write = write,                                                 \
        .receive = velocity_receive,                                    \
        .ready = velocity_ready,                                        \
        .cable = velocity_cable,                                        \
    };                                                                  \
    CHIP(name_)

/* With Cicada's CS8201, and with VIA's own PHY. */
VELOCITY(vt6122, 0x01, 0x000f, 0xc413);
VELOCITY(vt6130, 0x10, 0x000f, 0xc601);
