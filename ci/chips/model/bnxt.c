/* SPDX-License-Identifier: BSD-2-Clause */
/* Model of Broadcom's NetXtreme-C/E: BCM57416 with a 10GBASE-T port, and BCM57404, which is of the
 * generation before, with an SFP28 module.
 *
 * There is no public datasheet of the chip; its firmware's interface, HWRM 1.9, is in headers that
 * Broadcom gave to all systems. Facts: Linux's bnxt_en, FreeBSD's bnxt and iPXE's bnxt. They agree;
 * where the chip allows more than they use, it is a fault here.
 *
 * BAR 0 has the channel to the firmware (bnxt_hwrm.c), and windows into the chip's inner registers.
 * BAR 2 has the doorbells. BAR 4 would have the table of MSI-X, which this card does not have: it
 * interrupts by INTx. */
#include "bnxt.h"

enum { BAR_REGISTERS = 0, BAR_DOORBELLS = 2, BAR0_SIZE = 0x10000, BAR2_SIZE = 0x100000 };
enum { BAR4_SIZE = 0x2000, CHANNEL_END = 0x104, WINDOW_BASES = 0x400, WINDOWS = 15 };
enum { WINDOW_SIZE = 0x1000, OFFSET = 0xfff };
/* Inner registers. */
enum { CHIP_NUMBER = 0x260048, INTERRUPT_STATUS = 0x300014, HEALTH = 0x31001f0, HEALTH_SIZE = 16 };

struct bnxt bnxt;
static uint32_t bases[WINDOWS];

static uint32_t inner(uint32_t address)
{
    if (address == CHIP_NUMBER)
        return bnxt.is->number;
    if (address == INTERRUPT_STATUS)
        return bnxt_interrupt_status();
    if (address - HEALTH >= HEALTH_SIZE) /* this firmware does not show its health */
        fault("inner register %08x is read, which is unknown", address);
    return 0;
}

static uint32_t bnxt_read(unsigned bar, uint32_t reg, unsigned size)
{
    unsigned window = reg / WINDOW_SIZE;

    if (bar != BAR_REGISTERS || size != 4 || reg % 4)
        fault("BAR %u, register %05x: read of %u bytes", bar, reg, size);
    else if (reg < CHANNEL_END)
        return bnxt_channel_read(reg);
    else if (reg >= WINDOW_BASES && reg < WINDOW_BASES + 4 * WINDOWS)
        return bases[(reg - WINDOW_BASES) / 4];
    else if (window)
        return inner(bases[window - 1] | (reg & OFFSET));
    else
        fault("register %03x is read, which is unknown", reg);
    return 0;
}

static void bnxt_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    if (size != 4 || reg % 4)
        fault("BAR %u, register %05x: write of %u bytes", bar, reg, size);
    else if (bar == BAR_DOORBELLS)
        bnxt_doorbell(reg, value);
    else if (bar != BAR_REGISTERS)
        fault("BAR %u, register %05x is written", bar, reg);
    else if (reg < CHANNEL_END)
        bnxt_channel_write(reg, value);
    else if (reg >= WINDOW_BASES && reg < WINDOW_BASES + 4 * WINDOWS)
        bases[(reg - WINDOW_BASES) / 4] = value & ~OFFSET;
    else
        fault("register %05x is written, which is unknown", reg);
}

/* Power management, and vital product data (PCI 2.2, section 6.4 and appendix I), of which a dword
 * is read at a time. */
enum { VPD = 0x48, VPD_ADDRESS = VPD + 2, VPD_DATA = VPD + 4, VPD_DONE = 0x8000 };
enum { VPD_TIME = 3 * MILLISECOND, COMMAND = 4, MASTER = 4 };

static const uint8_t capabilities[] = {1, 0x48, 0x03, 0x00, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0};
static const uint8_t writable[] = {0, 0, 0, 0, 0x03, 0x01, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};

static uint8_t product(unsigned at)
{
    static const uint8_t data[] = "\x82\x12\0Broadcom NetXtreme"
                                  "\x90\x17\0PN\x09"
                                  "NETXTREMESN\x04"
                                  "0001RV\x01\0\x78";
    uint8_t sum = 0;

    if (at >= sizeof data - 1)
        return 0;
    if (at != sizeof data - 3) /* but the checksum, up to which the sum of all is 0 */
        return data[at];
    while (at--)
        sum -= data[at];
    return sum;
}

static void product_read(void *unused)
{
    uint32_t at = config_get(VPD_ADDRESS, 2), value = 0;

    (void)unused;
    for (unsigned i = 0; i < 4; i++)
        value |= (uint32_t)product(at + i) << 8 * i;
    config_set(VPD_DATA, value, 4);
    config_set(VPD_ADDRESS, at | VPD_DONE, 2);
}

/* Rings have to be given back before the chip may not reach them any more. */
static void check_master(void)
{
    if (config_get(COMMAND, 2) & MASTER)
        return;
    for (unsigned i = 0; i < RINGS; i++)
        if (bnxt.rings[i].used) {
            fault("bus mastering is turned off while the chip has rings");
            return;
        }
}

static void bnxt_configured(unsigned reg)
{
    if (reg == COMMAND)
        check_master();
    if ((reg != VPD && reg != VPD_ADDRESS) || config_get(VPD_ADDRESS, 2) & VPD_DONE)
        return;
    not_after(product_read, NULL);
    after(VPD_TIME, product_read, NULL);
}

static void power_on(const struct variant *variant)
{
    memset(&bnxt, 0, sizeof bnxt);
    memset(bases, 0, sizeof bases);
    bnxt.is = variant;
    bnxt_channel_reset();
    bnxt_function_reset();
    bnxt_link_reset();
}

/* Speeds: 100 Mbit/s, 1, 10 and 25 Gbit/s. */
enum { ABLE_100 = 2, ABLE_1000 = 8, ABLE_10G = 0x40, ABLE_25G = 0x100 };
enum { BASE_T = 8, BASE_SR_25G = 14, TWISTED_PAIR = 1, FIBER = 3 };
enum { NO_MODULE = 1, MODULE = 2, NOT_APPLICABLE = 0xff, MODULE_GOOD = 0 };

#define BNXT(name_, id, board, mbits, ...)                                      \
    static void name_##_reset(void)                                             \
    {                                                                           \
        static const struct variant variant = {id, (mbits) / 100, __VA_ARGS__}; \
                                                                                \
        power_on(&variant);                                                     \
    }                                                                           \
    static const struct chip name_ = {                                          \
        .name = #name_,                                                         \
        .vendor = 0x14e4,                                                       \
        .device = id,                                                           \
        .sub_vendor = 0x14e4,                                                   \
        .sub_device = board,                                                    \
        .revision = 1,                                                          \
        .speed = mbits,                                                         \
        .bars = {{BAR0_SIZE, false, true},                                      \
                 {0},                                                           \
                 {BAR2_SIZE, false, true},                                      \
                 {0},                                                           \
                 {BAR4_SIZE, false, true}},                                     \
        .capabilities = capabilities,                                           \
        .writable = writable,                                                   \
        .capabilities_size = sizeof capabilities,                               \
        .reset = name_##_reset,                                                 \
        .read = bnxt_read,                                                      \
        .write = bnxt_write,                                                    \
        .receive = bnxt_receive,                                                \
        .ready = bnxt_ready,                                                    \
        .cable = bnxt_link_cable,                                               \
        .configured = bnxt_configured,                                          \
    };                                                                          \
    CHIP(name_)

BNXT(bcm57416, 0x16d8, 0x4160, 10000, ABLE_100 | ABLE_1000 | ABLE_10G, BASE_T, TWISTED_PAIR,
     NO_MODULE, NOT_APPLICABLE);
BNXT(bcm57404, 0x16d1, 0x4040, 25000, ABLE_10G | ABLE_25G, BASE_SR_25G, FIBER, MODULE, MODULE_GOOD);
