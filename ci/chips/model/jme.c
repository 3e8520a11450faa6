/* SPDX-License-Identifier: BSD-2-Clause */
/* JMicron's JMC250 (gigabit) and JMC260 (100 Mbit/s).
 *
 * There is no public datasheet. Facts: what Linux's jme, FreeBSD's jme and iPXE's jme do alike. Of
 * chips whose revision is 2 or more, the MAC gets its transmit clock only when GHC says from where;
 * from 5 on, the PHY has a power switch of its own. */
#include "jme.h"

#include <string.h>

enum { SMB_ACK = 0x20000, SMB_RELOAD = 0x10000, SMB_EEPROM = 0x20, SMB_INIT_DONE = 0x10 };
enum { SMB_COMMAND = 0x10, TIMER_SOFTWARE = 1u << 31, TIMER_ON = 1 << 24, TIMER_COUNT = 0xffffff };
enum { INT_RX_TIMEOUT = 1 << 25, INT_TX_TIMEOUT = 1 << 21, INT_RX_COUNT = 1 << 20 };
enum { INT_TX_COUNT = 1 << 16, PCC_TX_QUEUE0 = 1 };
enum { CLOCK_GPHY = 0x00500000, CLOCK_PCIE = 0x00a00000, CLOCK_MASK = 0x00f00000 };
enum { RELOAD_TIME = 20 * MILLISECOND, SMB_TIME = MILLISECOND };

struct jme jme;
static unsigned waiting[2]; /* frames that no interrupt told of yet: received, sent */

/* --- interrupts */
static void drive(void)
{
    irq(jme.events & jme.enabled);
}

void jme_event(uint32_t bits)
{
    jme.events |= bits;
    drive();
}

static void told(bool tx, bool timeout)
{
    waiting[tx] = 0;
    if (tx)
        jme_event(timeout ? INT_TX_TIMEOUT : INT_TX_COUNT);
    else
        jme_event(timeout ? INT_RX_TIMEOUT : INT_RX_COUNT);
}

static void timed_out(void *argument)
{
    bool tx = argument != NULL;

    if (waiting[tx])
        told(tx, true);
}

void jme_coalesce(bool tx)
{
    uint32_t control = REG(tx ? PCCTX : PCCRX0);
    unsigned count = control >> 8 & 0xff, time = control >> 16;
    void *which = tx ? &waiting[1] : NULL;

    jme_event(tx ? INT_TX : INT_RX);
    if ((tx && !(control & PCC_TX_QUEUE0)) || (!count && !time)) {
        waiting[tx] = 0;
        return;
    }
    waiting[tx]++;
    if (count && waiting[tx] >= count) {
        not_after(timed_out, which);
        told(tx, false);
    } else if (time && waiting[tx] == 1) {
        after(time * (uint64_t)MICROSECOND, timed_out, which);
    }
}

static void timer_done(void *argument)
{
    jme_event(INT_TIMER);
}

static void write_timer(uint32_t value)
{
    not_after(timer_done, NULL);
    if (value & TIMER_ON)
        after((TIMER_COUNT - (value & TIMER_COUNT) + 1) * (uint64_t)MICROSECOND, timer_done, NULL);
    if (value & TIMER_SOFTWARE)
        jme_event(INT_SOFTWARE);
}

/* --- clocks and resets */
bool jme_clocked(bool tx)
{
    static const uint16_t speeds[] = {0, 10, 100, 1000};
    uint32_t ghc = REG(GHC), clock = jme.phy.speed == 1000 ? CLOCK_GPHY : CLOCK_PCIE;

    if (ghc & GHC_RESET || !jme_link() || speeds[(ghc & GHC_SPEED) >> 4] != jme.phy.speed ||
        !(ghc & GHC_FULL) != !jme.phy.full)
        return false;
    if (!tx)
        return !(REG(GPREG1) & GPREG1_NO_RX_CLOCK);
    return jme.is->revision % 16 < 2 || (ghc & CLOCK_MASK) == clock;
}

static void load_address(void)
{
    memcpy(&REG(RXUMA_LO), card_mac, 4);
    REG(RXUMA_HI) = card_mac[4] | card_mac[5] << 8;
}

static void write_ghc(uint32_t value)
{
    REG(GHC) = value;
    if (value & GHC_RESET) { /* all of the MAC, with its address */
        memset(jme.regs, 0, SMI);
        jme_rings_reset();
    }
    jme_rings_run();
}

static void reloaded(void *argument)
{
    jme.reloading = false;
    load_address();
}

static void write_smbcsr(uint32_t value)
{
    if (!(value & SMB_RELOAD) || jme.reloading)
        return;
    jme.reloading = true;
    REG(RXUMA_LO) = REG(RXUMA_HI) = ~0u; /* no address of a card */
    after(RELOAD_TIME, reloaded, NULL);
}

/* A byte of the EEPROM is read; it is empty but for the address, which is loaded by itself. */
static void smb_done(void *argument)
{
    REG(SMBINTF) = (REG(SMBINTF) & 0x00ffffef) | 0xff000000;
}

/* --- registers */
static bool exists(uint32_t reg)
{
    if (reg >= PHY_PWR && reg <= SMBINTF)
        return reg <= PHY_CS || reg == PHY_LINK || reg >= SMBCSR;
    if (reg >= TMCSR)
        return reg <= GPREG1 || (reg >= IEVE && reg <= SHBA + 4) || reg == TIMER1 ||
               reg == TIMER2 || reg == APMC || reg == PCCSRX0;
    return reg <= GHC || reg == PMCS;
}

static bool allowed(uint32_t reg, unsigned size, const char *what)
{
    if (size != 4 || reg % 4)
        fault("register %#x is %s with %u bytes", reg, what, size);
    else if (!exists(reg))
        fault("register %#x is %s, which does not exist", reg, what);
    else
        return true;
    return false;
}

static uint32_t jme_read(unsigned bar, uint32_t reg, unsigned size)
{
    if (!allowed(reg, size, "read"))
        return ~0u;
    switch (reg) {
    case PHY_LINK:
        return jme_link_status();
    case SMBCSR:
        return SMB_EEPROM | (jme.reloading ? SMB_RELOAD : SMB_INIT_DONE);
    case IEVE:
        return jme.events;
    case IREQ:
        return jme.events & jme.enabled;
    case IENS:
    case IENC:
        return jme.enabled;
    case CHIPMODE:
        return jme.is->revision << 8;
    }
    return REG(reg);
}

static void write_misc(uint32_t reg, uint32_t value)
{
    switch (reg) {
    case SMI:
        jme_smi_write(value);
        return;
    case GHC:
        write_ghc(value);
        return;
    case SMBCSR:
        write_smbcsr(value);
        return;
    case IEVE:
        jme.events &= ~value;
        break;
    case IENS:
        jme.enabled |= value;
        break;
    case IENC:
        jme.enabled &= ~value;
        break;
    case PHY_LINK:
    case CHIPMODE:
    case IREQ:
        fault("register %#x is written, which is only for reading", reg);
        return;
    default:
        REG(reg) = value;
        if (reg == TMCSR)
            write_timer(value);
        else if (reg == SMBINTF && value & SMB_COMMAND)
            after(SMB_TIME, smb_done, NULL);
        else if (reg == PHY_PWR)
            jme_phy_power();
        else if (reg == GPREG1)
            jme_rings_run();
    }
    drive();
}

static void jme_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    if (!allowed(reg, size, "written"))
        return;
    if (reg < SMI && REG(GHC) & GHC_RESET)
        fault("register %#x is written while the MAC is in reset", reg);
    else if (reg <= RXNDA)
        jme_ring_write(reg, value);
    else
        write_misc(reg, value);
}

static void jme_configured(unsigned reg)
{
    jme_phy_power();
}

static void jme_cable(void)
{
    phy_cable(&jme.phy);
}

static void power_on(const struct jme_board *is)
{
    memset(&jme, 0, sizeof(jme));
    waiting[0] = waiting[1] = 0;
    jme.is = is;
    load_address();
    jme_rings_reset();
    jme_phy_start();
}

/* Power management, and much later a register that switches the PHY's power. */
static const uint8_t capabilities[PE1 - 0x40 + 4] = {1, 0, 0x03, 0xfe};
static const uint8_t writable[PE1 - 0x40 + 4] = {
    [4] = 0x03, [5] = 0x01, [PE1 - 0x40] = 0xf4, [PE1 - 0x40 + 1] = 0xff, [PE1 - 0x40 + 2] = 0xff};

#define JME(name_, device_, speed_, ...)                  \
    static void name_##_reset(void)                       \
    {                                                     \
        static const struct jme_board is = {__VA_ARGS__}; \
                                                          \
        power_on(&is);                                    \
    }                                                     \
    static const struct chip name_ = {                    \
        .name = #name_,                                   \
        .vendor = 0x197b,                                 \
        .device = (device_),                              \
        .sub_vendor = 0x197b,                             \
        .sub_device = (device_),                          \
        .revision = 3,                                    \
        .speed = (speed_),                                \
        .bars = {{REGISTERS, false}},                     \
        .capabilities = capabilities,                     \
        .writable = writable,                             \
        .capabilities_size = sizeof(capabilities),        \
        .reset = name_##_reset,                           \
        .read = jme_read,                                 \
        .write = jme_write,                               \
        .receive = jme_receive,                           \
        .ready = jme_ready,                               \
        .cable = jme_cable,                               \
        .configured = jme_configured,                     \
    };                                                    \
    CHIP(name_)

JME(jmc250, 0x0250, 1000, .revision = 0x05, .gigabit = true);
JME(jmc250a2, 0x0250, 1000, .revision = 0x11, .gigabit = true);
JME(jmc260, 0x0260, 100, .revision = 0x22);
