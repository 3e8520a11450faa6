/* SPDX-License-Identifier: BSD-2-Clause */
/* Model of Marvell's Yukon 2: 88E8053 (Yukon EC), 88E8056 (EC Ultra), 88E8040 (FE+), 88E8071
 * (Extreme).
 *
 * There is no public datasheet. Facts: what Linux's sky2, FreeBSD's and OpenBSD's msk and iPXE's
 * sky2 do alike.
 *
 * One port. Many registers set a thing by one bit and clear it by the next; a bit that is not
 * written changes nothing. */
#include <string.h>

#include "sky2.h"

enum {
    B0_CTST = 0x0004,
    B0_POWER = 0x0007,
    B0_ISRC = 0x0008,
    B0_IMSK = 0x000c,
    B0_ISRC2 = 0x001c, /* reading it masks interrupts */
    B0_ISRC3 = 0x0020,
    B0_EISR = 0x0024, /* likewise */
    B0_LISR = 0x0028, /* ends that */
    B0_ICR = 0x002c,
    B2_MAC = 0x0100, /* of ports 1 and 2, and one for both */
    B2_CONN_TYPE = 0x0118,
    B2_CHIP_END = 0x011f,
    B2_CLK_GATE = 0x011d,
    B2_TST_CTRL1 = 0x0158,
    STAT_LIST = 0x0e88,
    STAT_PUT = 0x0e9c,
    CONFIG = 0x1c00,
    DEV_REG1 = CONFIG + 0x40,
    CONFIG_END = 0x2000,
    GMAC = 0x2800,
    GM_GP_STAT = GMAC,
    GM_SMI_CTRL = GMAC + 0x80,
    GM_SMI_DATA = GMAC + 0x84,
    GMAC_END = 0x2c00
};
enum { CONFIG_WRITE_ON = 2 };

struct sky2 sky2;

/* Where registers are. */
static const struct {
    uint16_t first, end;
} known[] = {
    {0x0000, 0x0030}, {0x0100, 0x0200}, {0x0200, 0x0280}, {0x0400, 0x0480},     {0x0600, 0x0700},
    {0x0800, 0x0830}, {0x0844, 0x0850}, {0x0a00, 0x0a30}, {0x0a80, 0x0ab0},     {0x0c30, 0x0c80},
    {0x0d40, 0x0d80}, {0x0e00, 0x0f00}, {0x0f00, 0x0f80}, {CONFIG, CONFIG_END}, {GMAC, GMAC_END},
};

static bool is_known(uint32_t reg)
{
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (reg >= known[i].first && reg < known[i].end)
            return true;
    return false;
}

uint32_t sky2_get32(unsigned reg)
{
    uint32_t value;

    memcpy(&value, sky2.regs + reg, 4);
    return value;
}

uint16_t sky2_get16(unsigned reg)
{
    return sky2_get32(reg);
}

void sky2_put32(unsigned reg, uint32_t value)
{
    memcpy(sky2.regs + reg, &value, 4);
}

void sky2_interrupt(uint32_t sources, bool on)
{
    sky2.sources = on ? sky2.sources | sources : sky2.sources & ~sources;
    irq(!sky2.masked && sky2.sources & sky2_get32(B0_IMSK));
}

static uint32_t enter(bool mask)
{
    uint32_t pending = sky2.masked && mask ? 0 : sky2.sources & sky2_get32(B0_IMSK);

    if (pending && mask)
        sky2.masked = true;
    sky2_interrupt(0, true);
    return pending;
}

static uint32_t leave(void)
{
    sky2.masked = false;
    sky2_interrupt(0, true);
    return sky2.sources & sky2_get32(B0_IMSK);
}

/* Resets: of all that software can reset, and of the PHY behind it */

static void identity(void)
{
    uint8_t *at = sky2.regs + B2_MAC;

    for (unsigned i = 0; i < 3; i++)
        memcpy(at + 8 * i, card_mac, 6);
    at = sky2.regs + B2_CONN_TYPE;
    at[0] = 'J';
    at[1] = 'T'; /* copper */
    at[2] = sky2.is->revision << 4;
    at[3] = sky2.is->id;
    at[4] = sky2.is->ram;
    at[5] = 0x88; /* clocks of both links are off */
    at[6] = 1;    /* link 1 is there */
}

static void software_reset(void)
{
    memset(sky2.regs, 0, CONFIG);
    memset(sky2.regs + GMAC, 0, GMAC_END - GMAC);
    memset(sky2.queues, 0, sizeof sky2.queues);
    sky2.status = sky2.rx_fifo = sky2.tx_fifo = (struct unit){0};
    sky2.vlan_strip = sky2.arbiter = sky2.config_writable = sky2.masked = false;
    sky2.gmac_ready = sky2.gphy_ready = false;
    sky2.sources = 0;
    identity();
    sky2_rings_reset();
    sky2_phy_reset();
    irq(false);
}

static void control(uint32_t value)
{
    if (value & 1) {
        sky2.in_reset = true;
        software_reset();
    }
    if (value & 2)
        sky2.in_reset = false;
    if (value & 4)
        sky2.master_reset = true;
    if (value & 8)
        sky2.master_reset = false;
    if (value & 0xc0)
        sky2_interrupt(IRQ_SOFTWARE, value & 0x80);
}

static void configuration_write(uint32_t reg, uint32_t value, unsigned size)
{
    if (!sky2.config_writable)
        return; /* Linux does so once, to see whether the bus works */
    memcpy(sky2.regs + reg, &value, size);
    if (reg == DEV_REG1)
        sky2_cable(); /* its bit 26 is the PHY's power */
}

/* Accesses */

static uint32_t general(uint32_t reg, uint32_t stored)
{
    switch (reg) {
    case B0_CTST:
        return sky2.in_reset ? 1 : 2;
    case B0_ISRC:
        return sky2.sources;
    case B0_ISRC2:
    case B0_ISRC3:
        return enter(true);
    case B0_EISR:
        sky2.masked = true;
        return enter(false);
    case B0_LISR:
        return leave();
    case STAT_PUT:
        return sky2_status_put();
    case GM_GP_STAT:
        return (sky2_link() ? 0x1000 : 0) | (sky2_full() ? 0x4000 : 0) |
               (sky2_speed() == 100 ? 0x8000 : 0) | (sky2_speed() == 1000 ? 0x8010 : 0);
    case GM_SMI_CTRL:
        return sky2_smi_control();
    default:
        return stored;
    }
}

static bool allowed(uint32_t reg, unsigned size, const char *what)
{
    if (!is_known(reg) || reg + size > sizeof sky2.regs || reg % size)
        fault("no register to %s at %04x (%u bytes)", what, reg, size);
    else if (sky2.in_reset && reg >= B0_ISRC && reg < CONFIG)
        fault("register %04x: %s while the chip is in reset", reg, what);
    else if (reg >= GMAC && size != 2)
        fault("GMAC register %04x: %s of %u bytes", reg, what, size);
    else
        return true;
    return false;
}

static uint32_t read(unsigned bar, uint32_t reg, unsigned size)
{
    unsigned at;
    struct queue *queue = sky2_queue(reg, &at);
    uint32_t value = 0;

    (void)bar;
    if (!allowed(reg, size, "read"))
        return ~0u;
    memcpy(&value, sky2.regs + reg, size);
    if (reg >= CONFIG && reg < CONFIG + 0x40)
        return config_get(reg - CONFIG, size);
    return queue ? sky2_queue_read(queue, at, value) : general(reg, value);
}

static bool read_only(uint32_t reg)
{
    return (reg >= B2_MAC && reg < B2_CHIP_END && reg != B2_CLK_GATE) || reg == B0_ISRC ||
           reg == STAT_PUT || reg == GM_GP_STAT;
}

static void write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    unsigned at;
    struct queue *queue = sky2_queue(reg, &at);

    (void)bar;
    if (!allowed(reg, size, "write"))
        return;
    if (read_only(reg)) {
        fault("register %04x can only be read", reg);
        return;
    }
    if (reg >= CONFIG && reg < CONFIG_END) {
        configuration_write(reg, value, size);
        return;
    }
    memcpy(sky2.regs + reg, &value, size);
    if (queue)
        sky2_queue_write(queue, at, value);
    else if (reg == B0_CTST)
        control(value);
    else if (reg == B0_IMSK)
        sky2_interrupt(0, true);
    else if (reg == B0_ICR && value & 2)
        leave();
    else if (reg == B2_TST_CTRL1 && value & 3)
        sky2.config_writable = value & CONFIG_WRITE_ON;
    else if (reg == GM_SMI_CTRL)
        sky2_smi(value);
    else if (reg == STAT_LIST && value & 4095)
        fault("the status list at %08x is not on a 4 KB boundary", value);
    else
        sky2_unit_write(reg, value);
    sky2_run();
}

static void reset(const struct yukon *yukon)
{
    memset(&sky2, 0, sizeof sky2);
    sky2.is = yukon;
    sky2.in_reset = sky2.master_reset = true;
    software_reset();
}

#define YUKON(name_, id_, speed_, ...)                   \
    static void yukon_##name_##_reset(void)              \
    {                                                    \
        static const struct yukon yukon = {__VA_ARGS__}; \
                                                         \
        reset(&yukon);                                   \
    }                                                    \
    static const struct chip yukon_##name_ = {           \
        .name = #name_,                                  \
        .vendor = 0x11ab,                                \
        .device = id_,                                   \
        .sub_vendor = 0x11ab,                            \
        .sub_device = 0x5321,                            \
        .revision = 0x15,                                \
        .bars = {{.size = 0x4000}},                      \
        .speed = speed_,                                 \
        .reset = yukon_##name_##_reset,                  \
        .read = read,                                    \
        .write = write,                                  \
        .receive = sky2_receive,                         \
        .ready = sky2_ready,                             \
        .cable = sky2_cable,                             \
    };                                                   \
    CHIP(yukon_##name_)

YUKON(88e8053, 0x4362, 1000, YUKON_EC, 2, 12, true, false, false, 0x0cc2);
YUKON(88e8056, 0x4364, 1000, YUKON_EC_U, 3, 0, true, true, false, 0x0cb0);
YUKON(88e8040, 0x4354, 100, YUKON_FE_P, 1, 0, false, false, true, 0x0e21);
YUKON(88e8071, 0x436b, 1000, YUKON_EX, 3, 0, true, true, true, 0x0cb1);
YUKON(88e8036, 0x4351, 100, YUKON_FE, 2, 4, false, false, false, 0x0c83);
YUKON(88e8021, 0x4340, 1000, YUKON_XL, 3, 24, true, true, false, 0x0c91);
YUKON(88e8057, 0x4380, 1000, YUKON_UL_2, 0, 0, true, true, false, 0x0cb0);
YUKON(88e8059, 0x4381, 1000, YUKON_OPTIMA, 1, 0, true, true, true, 0x0cb1);
