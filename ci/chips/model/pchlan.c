/* SPDX-License-Identifier: BSD-2-Clause */
/* Gigabit Ethernet of Intel's platform controller hubs: 82577 and 82578 (5 series), 82579 (6 and 7
 * series), I217 (8 series), I218 (8 series of mobiles) and I219 (100 series and later).
 *
 * From the datasheets of the 82579, I217 and I219 and of the hubs; the registers FEXTNVM, FWSM,
 * H2ME and ultra low power, which these leave out, are as Linux's and FreeBSD's drivers use them.
 * The PHY is in pch_phy.c, the flash in pch_nvm.c, the common part of the MAC in intel_mac.c.
 *
 * Runs with odd seeds begin as a system with wake-up leaves the card: the PHY in ultra low power
 * (I218, I219), powered down or listening to SMBus (others), and the second flash bank valid. */
#include "chip.h"
#include "intel_mac.h"
#include "pch_nvm.h"
#include "pch_phy.h"
#include "pch_port.h"

#include <string.h>

enum { CTRL_DUP = 0x0004, STRAP = 0x000c, FEXTNVM4 = 0x0024, FEXTNVM = 0x0028 };
enum { EXTCNF_SIZE = 0x0f08 };
enum { H2ME = 0x5b50, FWSM = 0x5b54, FEXTNVM11 = 0x5bbc, SYSTIML = 0xb600, SYSTIMH = 0xb604 };
enum { FLASH = 0xe000, FLASH_SIZE = 0x1000, IO_ADDRESS = 0, IO_DATA = 4, RING_STATUS = 0xe4 };
enum { SPEED_SHIFT = 6, INIT_DONE = 0x200, PHY_RESET_SEEN = 0x400, RINGS_HANG = 0x100 };
enum { PHY_RESET = 1u << 31, POWER_OVERRIDE = 1 << 16, POWER_VALUE = 1 << 17 };
enum { EXT_POWER_CYCLED = 4 };
enum { CONFIG_BY_SOFTWARE = 1 << 27 };
enum { BEACONS = 7, KEEP_RINGS = 1 << 13 };
enum { FW_PHY_RESET = 0x40, FW_VALID = 0x8000, FW_ULP_DONE = 0x400 };
enum { ME_ULP = 0x800, ME_ENFORCE = 0x1000 };
enum { STALL_AFTER = 64, LOST = 8 }; /* frames, see loses() */
enum {
    RESET_TIME = 10 * MILLISECOND,
    CONFIG_TIME = 40 * MILLISECOND, /* the hardware sets up the PHY */
    MASTER_TIME = 10 * MICROSECOND,
    ENGINE_TIME = 100 * MILLISECOND, /* of the management engine */
};
enum generation { PCH, PCH2, LPT, SPT };

struct variant {
    enum generation generation;
    uint16_t id1, id2; /* of the PHY */
    bool ulp;          /* knows ultra low power */
    bool engine;       /* a management engine is there */
};

static struct {
    const struct variant *is;
    bool in_reset, hang, stalled;
    unsigned frames;
    uint32_t io_address;
} s;

/* Registers that there are: first and last of each row. */
static const struct {
    uint32_t first, last;
} map[] = {
    {0x0000, 0x003c}, {0x00c0, 0x00fc}, {0x0100, 0x0100}, {0x0170, 0x0170}, {0x0400, 0x0410},
    {0x0458, 0x0458}, {0x0e00, 0x0e00}, {0x0f00, 0x0f28}, {0x0fac, 0x0fac}, {0x1000, 0x100c},
    {0x1100, 0x1100}, {0x2008, 0x2008}, {0x2160, 0x2170}, {0x2410, 0x2430}, {0x2800, 0x282c},
    {0x2900, 0x292c}, {0x2c00, 0x2c00}, {0x3004, 0x3004}, {0x3410, 0x3430}, {0x3800, 0x3840},
    {0x3900, 0x3940}, {0x4000, 0x4124}, {0x5000, 0x5008}, {0x5200, 0x527c}, {0x5400, 0x547c},
    {0x5800, 0x5828}, {0x5b00, 0x5bc0}, {0x5c00, 0x5cfc}, {0x5f00, 0x5f80}, {0xb600, 0xb650},
};

static bool exists(uint32_t reg)
{
    for (unsigned i = 0; i < sizeof(map) / sizeof(map[0]); i++)
        if (reg >= map[i].first && reg <= map[i].last)
            return true;
    return false;
}

static uint32_t *at(uint32_t reg)
{
    return &mac.regs[reg / 4];
}

static bool has_link(void)
{
    return pch_phy_link() && *at(CTRL) & CTRL_LINK_UP && !s.hang && !s.stalled;
}

static void link_changed(void)
{
    mac_interrupt(CAUSE_LINK);
}

/* With K1 on at 1 Gbit/s, the MAC of the 82577 and 82578 may stall for good, and the 82579 loses
 * frames; so do later ones with another time between beacons than 8 us. Here all come soon. */
static bool loses(void)
{
    if (s.is->generation == PCH && pch_port_k1() && pch_phy.mii.speed == 1000 &&
        ++s.frames > STALL_AFTER) {
        if (!s.stalled)
            note("the MAC stalls: K1 is on at 1 Gbit/s");
        s.stalled = true;
    }
    if (s.is->generation == PCH2 ? !pch_phy_k1() : (*at(FEXTNVM4) & BEACONS) == BEACONS)
        return false;
    return s.is->generation >= PCH2 && ++s.frames % LOST == 0;
}

static void pch_receive(const uint8_t *frame, size_t len)
{
    if (!loses())
        mac_receive(frame, len);
}

/* --- reset and power */
static void defaults(void)
{
    mac_reset();
    pch_port_reset();
    s.frames = s.stalled = false;
    *at(CTRL) = 0x00100201;
    *at(STATUS) = STATUS_MASTER;
    *at(STRAP) = 0x00c81002; /* SMBus address and speed; 8 KiB of NVM */
    *at(FEXTNVM) = CONFIG_BY_SOFTWARE;
    *at(EXTCNF) = 0x0020 << 16; /* in double words */
    *at(EXTCNF_SIZE) = 2 << 16;
    *at(FWSM) = FW_PHY_RESET | (s.is->engine ? FW_VALID : 0) |
                (s.is->engine && pch_phy.asleep ? FW_ULP_DONE : 0);
}

static void configured(void *power_cycle)
{
    pch_phy_up(power_cycle);
    pch_port_busy(false);
    *at(STATUS) |= INIT_DONE;
    if (power_cycle)
        *at(CTRL_EXT) |= EXT_POWER_CYCLED;
}

/* The PHY comes out of reset, or its power comes back; then the hardware sets it up. */
static void configure(bool power_cycle)
{
    pch_port_busy(true);
    *at(STATUS) |= PHY_RESET_SEEN;
    not_after(configured, NULL);
    not_after(configured, &s);
    after(CONFIG_TIME, configured, power_cycle ? &s : NULL);
}

static void reset_done(void *with_phy)
{
    uint32_t status = *at(STATUS) & INIT_DONE;

    s.in_reset = false;
    defaults();
    *at(STATUS) |= status;
    if (with_phy)
        configure(false);
}

static void master_stopped(void *argument)
{
    *at(STATUS) &= ~STATUS_MASTER;
}

static void begin_reset(uint32_t control)
{
    if (s.is->generation == SPT && mac.moved && !(*at(FEXTNVM11) & KEEP_RINGS)) {
        note("reset after traffic, FEXTNVM11 bit 13 is clear: the rings hang");
        s.hang = true;
        config_set(RING_STATUS, RINGS_HANG, 2);
    }
    s.in_reset = true;
    not_after(master_stopped, NULL);
    if (control & PHY_RESET)
        pch_phy_down();
    after(RESET_TIME, reset_done, control & PHY_RESET ? &s : NULL);
}

static void write_ctrl(uint32_t value)
{
    uint32_t before = *at(CTRL);

    if (value & CTRL_RESET) {
        begin_reset(value);
        return;
    }
    *at(CTRL) = value;
    if ((value ^ before) & CTRL_NO_MASTER) {
        not_after(master_stopped, NULL);
        if (value & CTRL_NO_MASTER)
            after(MASTER_TIME, master_stopped, NULL);
        else
            *at(STATUS) |= STATUS_MASTER;
    }
    if ((value ^ before) & PHY_RESET) {
        if (value & PHY_RESET)
            pch_phy_down();
        else
            configure(false);
    }
    if ((value ^ before) & POWER_OVERRIDE) {
        if (value & POWER_OVERRIDE && !(value & POWER_VALUE)) {
            *at(CTRL_EXT) &= ~EXT_POWER_CYCLED;
            pch_phy_down();
        } else if (!(before & POWER_VALUE))
            configure(true);
    }
    if ((value ^ before) & CTRL_LINK_UP && pch_phy_link())
        link_changed();
}

/* --- the management engine */
static void engine_woke(void *argument)
{
    *at(FWSM) &= ~FW_ULP_DONE;
    pch_phy_wake();
}

static void write_h2me(uint32_t value)
{
    *at(H2ME) = value;
    if (s.is->engine && value & ME_ENFORCE && !(value & ME_ULP) && *at(FWSM) & FW_ULP_DONE) {
        not_after(engine_woke, NULL);
        after(ENGINE_TIME, engine_woke, NULL);
    }
}

/* --- registers */
static uint32_t read_status(void)
{
    const struct phy *mii = &pch_phy.mii;
    uint32_t value = *at(STATUS);

    if (!has_link())
        return value;
    return value | STATUS_LINK | (mii->full ? STATUS_FULL : 0) |
           (mii->speed == 1000 ? 2 : mii->speed == 100) << SPEED_SHIFT;
}

static uint32_t read_register(uint32_t reg)
{
    if (reg == STATUS)
        return read_status();
    if (reg == SYSTIML || reg == SYSTIMH)
        return card_now() >> (reg == SYSTIMH ? 32 : 0);
    return mac_read(reg == CTRL_DUP ? CTRL : reg);
}

static void write_register(uint32_t reg, uint32_t value)
{
    switch (reg) {
    case CTRL:
    case CTRL_DUP:
        write_ctrl(value);
        break;
    case STATUS: /* zeros clear these two */
        *at(STATUS) &= value | ~(INIT_DONE | PHY_RESET_SEEN);
        break;
    case STRAP: /* only for reading */
    case FWSM:
        break;
    case CTRL_EXT:
        value = (value & ~EXT_POWER_CYCLED) | (*at(CTRL_EXT) & EXT_POWER_CYCLED);
        mac_write(reg, value);
        pch_port_clock();
        break;
    case MDIC:
        pch_port_mdic(value);
        break;
    case KMRN:
        pch_port_kmrn(value);
        break;
    case EXTCNF:
        pch_port_extcnf(value);
        break;
    case H2ME:
        write_h2me(value);
        break;
    default:
        mac_write(reg, value);
    }
}

static bool in_flash(unsigned bar, uint32_t *reg)
{
    if (s.is->generation < SPT)
        return bar == 1;
    if (bar || *reg < FLASH || *reg >= FLASH + FLASH_SIZE)
        return false;
    *reg -= FLASH;
    return true;
}

/* Whether an access may go on; I/O ports lead to the registers, too. */
static bool allowed(unsigned bar, uint32_t *reg, unsigned size, const char *what)
{
    if (s.in_reset) {
        fault("register %#x is %s during a reset: the machine hangs", *reg, what);
        return false;
    }
    if (size != 4 || *reg % 4) {
        fault("register %#x is %s with %u bytes", *reg, what, size);
        return false;
    }
    if (bar == 2)
        *reg = s.io_address;
    if (exists(*reg))
        return true;
    fault("register %#x, which there is not, is %s", *reg, what);
    return false;
}

static uint32_t pch_read(unsigned bar, uint32_t reg, unsigned size)
{
    if (in_flash(bar, &reg))
        return pch_nvm_read(reg, size);
    if (bar == 2 && reg == IO_ADDRESS)
        return s.io_address;
    return allowed(bar, &reg, size, "read") ? read_register(reg) : 0;
}

static void pch_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    if (in_flash(bar, &reg))
        pch_nvm_write(reg, value, size);
    else if (bar == 2 && reg == IO_ADDRESS)
        s.io_address = value % MAC_SPACE & ~3u;
    else if (allowed(bar, &reg, size, "written"))
        write_register(reg, value);
}

static void reset_as(const struct variant *variant)
{
    bool used = card_seed & 1;

    memset(&s, 0, sizeof(s));
    memset(&pch_phy, 0, sizeof(pch_phy));
    s.is = variant;
    mac.hash_bits = 10;
    mac.buffer = 40;
    mac.link = has_link;
    pch_phy.mii.id1 = variant->id1;
    pch_phy.mii.id2 = variant->id2;
    pch_phy.mii.changed = link_changed;
    pch_phy.is_82578 = variant->id1 == 0x004d;
    pch_phy_power_on(used && variant->ulp);
    if (used && !variant->ulp && card_seed & 2 && variant->generation >= PCH2)
        pch_phy_to_smbus();
    else if (used && !variant->ulp)
        phy_write(&pch_phy.mii, MII_BMCR, pch_phy.mii.regs[MII_BMCR] | BMCR_DOWN);
    pch_nvm_reset(used);
    defaults();
    *at(STATUS) |= INIT_DONE;
}

static void pch_cable(void)
{
    if (pch_phy.ready)
        phy_cable(&pch_phy.mii);
}

/* Power management, MSI, advanced features. MSI needs a way that the card does not have: Linux
 * tries it, and then takes INTx. */
static const uint8_t capabilities[0x1e] = {
    1,    0x48, 0x22, 0xc8, 0, 0x20, 0, 0,                         /* D0 and D3; wakes */
    5,    0x58, 0x80, 0,    0, 0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 64 bits */
    0x13, 0,    6,    3,    0, 0,
};
static const uint8_t writable[sizeof(capabilities)] = {
    [4] = 0x03, 0x01, [0x0a] = 0x01, [0x0c] = 0xfc, 255, 255, 255, 255, 255, 255, 255, 255, 255,
};

#define PCH_CHIP(model, id, flash_bar, ...)                                              \
    static const struct variant model##_variant = {__VA_ARGS__};                         \
    static void model##_reset(void)                                                      \
    {                                                                                    \
        reset_as(&model##_variant);                                                      \
    }                                                                                    \
    static const struct chip model = {                                                   \
        .name = #model,                                                                  \
        .vendor = 0x8086,                                                                \
        .device = id,                                                                    \
        .sub_vendor = 0x8086,                                                            \
        .speed = 1000,                                                                   \
        .bars = {{MAC_SPACE}, {flash_bar ? FLASH_SIZE : 0}, {flash_bar ? 32 : 0, true}}, \
        .capabilities = capabilities,                                                    \
        .writable = writable,                                                            \
        .capabilities_size = sizeof(capabilities),                                       \
        .reset = model##_reset,                                                          \
        .read = pch_read,                                                                \
        .write = pch_write,                                                              \
        .receive = pch_receive,                                                          \
        .ready = mac_ready,                                                              \
        .cable = pch_cable,                                                              \
        .configured = mac_drive,                                                         \
    };                                                                                   \
    CHIP(model)

PCH_CHIP(i82577, 0x10ea, true, PCH, 0x0154, 0x0053);
PCH_CHIP(i82578, 0x10ef, true, PCH, 0x004d, 0xd042);
PCH_CHIP(i82579, 0x1502, true, PCH2, 0x0154, 0x0093);
PCH_CHIP(i217, 0x153a, true, LPT, 0x0154, 0x00a4);
PCH_CHIP(i218, 0x155a, true, LPT, 0x0154, 0x00a6, .ulp = true);
PCH_CHIP(i219, 0x156f, false, SPT, 0x0154, 0x00a7, .ulp = true);
PCH_CHIP(i219_me, 0x15b7, false, SPT, 0x0154, 0x00a7, .ulp = true, .engine = true);
