/* SPDX-License-Identifier: BSD-2-Clause */
/* Copper ports of igb's chips that have an erratum: the 82575, with a management controller that
 * uses the port, too; and the I211, which has no flash.
 *
 * From the datasheets of the 82575 and of the I210 and I211 (sections on the iNVM, power states and
 * PHY pages), their specification updates, and what Linux's and FreeBSD's drivers do:
 *  - 82575: when reception begins, the FIFO has bad data, and frames come out broken, until it has
 *    run for 2 ms with every frame rejected and no queue enabled.
 *  - I211: the PHY's PLL may come up with a wrong frequency; then there is no link. It takes the
 *    right one when the chip goes through D3, with bit 4 set in the word 0Ah that it then loads.
 *    Here it is wrong at first in all runs; in those with odd seeds, after the first try, too. */
#include "chip.h"
#include "intel_mac.h"
#include "intel_port.h"

#include <string.h>

enum { EEMNGCTL = 0x1010, RLPML = 0x5004, WUC = 0x5800 };
enum { EEARBC = 0x12024, EEMNGCTL_I210 = 0x12030, INVM = 0x12120, INVM_SIZE = 64 };
enum { RXPBS = 0x2404, TXPBS = 0x3404, CONFIGURED = 1 << 18, INIT_DONE = 0x200 };
enum { MANC_TCO = 1 << 17, RCTL_ENABLE = 2, RCTL_LONG = 0x20, RLPML_DEFAULT = 0x2600 };
enum { LOW_POWER = 1 << 18 | 1 << 20, PMCSR = 0x44, D3 = 3 };
enum { PAGE_IGP = 31, PAGE_GS40 = 22, PLL_PAGE = 0xfc, PLL_REG = 14, PLL_WRONG = 0xff };
enum { STATUS_M88 = 17, M88_RESOLVED = 0x0c00, M88_FULL = 0x2000, VENDOR = 16 };
enum { WORD_POWER = 0x0a, POWER_VALUE = 0x6aac, POWER_PLL = 0x10, RECORD_WORD = 1 };
enum { RECORD_CSR = 2, RECORD_KEY = 4, KEY_WORDS = 8 };
enum { FLUSH_TIME = 2 * MILLISECOND, PHY_RESET_TIME = 1 * MILLISECOND };
enum { SOFT_RESET_TIME = 100 * MICROSECOND }; /* Linux waits no longer */
#define PHY_RESET 0x80000000u

static struct {
    bool i211, asleep;
    bool dirty;         /* the receive FIFO has bad data */
    unsigned pll_tries; /* that it will still take */
    uint32_t invm[INVM_SIZE];
    uint16_t words[NVM_WORDS], power; /* ...as it is loaded: word 0Ah */
    uint16_t page;
} s;

static uint32_t *at(uint32_t reg)
{
    return &mac.regs[reg / 4];
}

static bool has_link(void)
{
    return port.phy.link && !s.pll_tries && *at(CTRL) & CTRL_LINK_UP;
}

static void link_changed(void)
{
    mac_interrupt(CAUSE_LINK);
}

static void defaults(void)
{
    mac_reset();
    *at(CTRL) = CTRL_FULL;
    *at(STATUS) = STATUS_MASTER | INIT_DONE;
    *at(EECD) = s.i211 ? 0 : EE_PRESENT | EE_256_WORDS;
    *at(EEMNGCTL) = *at(EEMNGCTL_I210) = CONFIGURED;
    *at(RLPML) = RLPML_DEFAULT;
    if (s.i211) {
        *at(RXPBS) = 0xa2;
        *at(TXPBS) = 0x04000014;
    } else
        *at(MANC) = MANC_TCO;
    s.dirty = !s.i211;
}

/* --- the 82575's receive FIFO */
static void flushed(void *argument)
{
    s.dirty = false;
}

static bool flushes(void)
{
    uint32_t control = *at(RCTL) & (RCTL_ENABLE | RCTL_LONG);

    return control == (RCTL_ENABLE | RCTL_LONG) && *at(RLPML) == 0 && !(*at(RXDCTL) & QUEUE_ENABLE);
}

/* Reception begins or ends, or what it lets through changes. */
static void fifo(uint32_t before)
{
    if (s.i211)
        return;
    if (*at(RCTL) & ~before & RCTL_ENABLE)
        s.dirty = true;
    if (!s.dirty)
        return;
    not_after(flushed, NULL);
    if (flushes())
        after(FLUSH_TIME, flushed, NULL);
}

static void copper_receive(const uint8_t *data, size_t len)
{
    uint8_t frame[FRAME_MAX];

    if (*at(RCTL) & RCTL_LONG && len > *at(RLPML))
        return;
    memcpy(frame, data, len);
    /* The address may be right, as the filter looks at it before. */
    for (size_t i = 14; s.dirty && i < len; i++)
        frame[i] ^= 0x55;
    mac_receive(frame, len);
}

/* --- the PHY */
static bool paged(unsigned reg)
{
    return s.i211 && s.page && reg < VENDOR; /* the 82575's pages begin at 16 */
}

static bool phy_register(struct phy *phy, unsigned reg, uint16_t *value)
{
    unsigned code = phy->speed == 1000 ? 2 : phy->speed == 100;

    if (paged(reg)) {
        *value = s.page == PLL_PAGE && reg == PLL_REG && s.pll_tries ? PLL_WRONG : 0;
        return true;
    }
    *value = phy->regs[reg];
    if (reg == STATUS_M88)
        *value = phy->link ? M88_RESOLVED | code << 14 | (phy->full ? M88_FULL : 0) : 0;
    if (reg == MII_BMSR && s.pll_tries)
        *value &= ~BMSR_AN_DONE;
    return reg >= VENDOR || (reg == MII_BMSR && s.pll_tries);
}

static bool phy_store(struct phy *phy, unsigned reg, uint16_t value)
{
    if (reg == (s.i211 ? PAGE_GS40 : PAGE_IGP))
        s.page = value;
    if (reg >= VENDOR)
        phy->regs[reg] = value;
    return reg >= VENDOR || paged(reg);
}

static void phy_up(void *argument)
{
    s.page = 0;
    phy_reset(&port.phy);
}

static void reset_phy(uint32_t before, uint32_t now)
{
    if (!((before ^ now) & PHY_RESET))
        return;
    not_after(phy_up, NULL);
    if (now & PHY_RESET)
        phy_write(&port.phy, MII_BMCR, BMCR_AN | BMCR_DOWN);
    else
        after(PHY_RESET_TIME, phy_up, NULL);
}

/* Out of D3: the chip resets itself, and loads its settings. */
static void power_state(unsigned reg)
{
    bool sleeps = (config_get(PMCSR, 2) & D3) == D3;

    mac_drive(reg);
    if (!s.i211 || sleeps == s.asleep)
        return;
    s.asleep = sleeps;
    if (sleeps)
        return;
    if (*at(CTRL) & PHY_RESET && (*at(CTRL_EXT) & LOW_POWER) == LOW_POWER && *at(WUC) == 0 &&
        s.power == (POWER_VALUE | POWER_PLL) && s.pll_tries)
        s.pll_tries--;
    port_start();
    not_after(phy_up, NULL);
    phy_reset(&port.phy); /* the page stays: Linux goes on with it */
}

/* --- registers */
static uint32_t copper_read(unsigned bar, uint32_t reg, unsigned size)
{
    if (!port_may_read(reg, size))
        return 0;
    if (reg >= INVM && reg < INVM + INVM_SIZE * 4)
        return s.i211 ? s.invm[(reg - INVM) / 4] : 0;
    if (reg == STATUS)
        return has_link() ? port_phy_status() | STATUS_LINK : *at(STATUS);
    return port_read(reg);
}

static void copper_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    uint32_t control = *at(CTRL), reception = *at(RCTL);

    if (!port_may_write(reg, size))
        return;
    switch (reg) {
    case EECD:
        break;
    case EEARBC: /* the word of the shadow that the next reset loads */
        *at(reg) = value;
        if (s.i211 && (value & 0xfff0) == WORD_POWER << 4)
            s.power = value >> 16;
        break;
    case CTRL:
    case CTRL_DUP:
        if (value & port.resets && s.power != POWER_VALUE)
            fault("a reset would load %#x as word %#x", s.power, WORD_POWER);
        port_write(reg, value);
        reset_phy(control, value);
        break;
    case RCTL:
    case RLPML:
    case RXDCTL:
        port_write(reg, value);
        fifo(reception);
        break;
    default:
        port_write(reg, value);
    }
}

static void cable(void)
{
    phy_cable(&port.phy);
}

/* Records of the iNVM: ones that are to be passed over come first, with parts that look like
 * others. */
static void fill_invm(void)
{
    uint32_t *record = s.invm, power = RECORD_WORD | WORD_POWER << 9;

    *record++ = RECORD_CSR | 0x0e04 << 3;
    *record++ = power | 0x1234u << 16;
    *record++ = RECORD_KEY;
    for (unsigned i = 0; i < KEY_WORDS; i++)
        *record++ = power | 0x5678u << 16;
    for (unsigned i = 0; i < 3; i++)
        *record++ =
            RECORD_WORD | i << 9 | (uint32_t)(card_mac[2 * i] | card_mac[2 * i + 1] << 8) << 16;
    *record++ = power | (uint32_t)POWER_VALUE << 16;
}

static void reset_as(bool i211)
{
    memset(&s, 0, sizeof(s));
    memset(&port, 0, sizeof(port));
    s.i211 = i211;
    s.power = POWER_VALUE;
    s.pll_tries = i211 ? 1 + card_seed % 2 : 0;
    mac.hash_bits = 12;
    mac.buffer = 64;
    mac.link = has_link;
    mac.pci = false;
    mac.advanced = true;
    memset(s.words, 0xff, sizeof(s.words));
    port_nvm(s.words);
    fill_invm();
    port.words = s.words;
    port.resets = CTRL_RESET | (i211 ? 1u << 29 : 0);
    port.phy_low = !i211; /* later ones have the address in MDICNFG */
    port.phy_high = 1;
    port.defaults = defaults;
    port.phy.id1 = i211 ? 0x0141 : 0x02a8;
    port.phy.id2 = i211 ? 0x0c00 : 0x0390;
    port.phy.gigabit = true;
    port.phy.reset_ns = SOFT_RESET_TIME;
    port.phy.changed = link_changed;
    port.phy.vendor_read = phy_register;
    port.phy.vendor_write = phy_store;
    port_start();
    phy_reset(&port.phy);
}

static const uint8_t capabilities[] = {1, 0, 0x22, 0xc8, 0, 0x20, 0, 0}; /* power management */
static const uint8_t writable[sizeof(capabilities)] = {[4] = 0x03, 0x01};

#define COPPER_CHIP(model, id, is_i211)            \
    static void model##_reset(void)                \
    {                                              \
        reset_as(is_i211);                         \
    }                                              \
    static const struct chip model = {             \
        .name = #model,                            \
        .vendor = 0x8086,                          \
        .device = id,                              \
        .sub_vendor = 0x8086,                      \
        .speed = 1000,                             \
        .bars = {{MAC_SPACE}},                     \
        .capabilities = capabilities,              \
        .writable = writable,                      \
        .capabilities_size = sizeof(capabilities), \
        .reset = model##_reset,                    \
        .read = copper_read,                       \
        .write = copper_write,                     \
        .receive = copper_receive,                 \
        .ready = mac_ready,                        \
        .cable = cable,                            \
        .configured = power_state,                 \
    };                                             \
    CHIP(model)

COPPER_CHIP(i82575, 0x10a7, false);
COPPER_CHIP(i211, 0x1539, true);
