/* SPDX-License-Identifier: BSD-2-Clause */
/* Fiber, backplane and SGMII ports of Intel's gigabit Ethernet: 82545GM and 82546 (the MAC's own
 * 1000BASE-X), 82571 and 82572 (SerDes), and the 82575's descendants (a PCS with registers), which
 * speak SGMII, too, to a PHY on the board: here a Marvell 88E1111.
 *
 * From the manuals of the 8254x (sections 8.2 on autonegotiation and 13.4), the 82571 and the
 * datasheets of the 82576 (section 3.5.4) and 82580; EEPROM access as Linux's drivers need it. But
 * for SGMII there is no PHY: the MAC negotiates with the link partner by itself. */
#include "chip.h"
#include "eeprom.h"
#include "intel_mac.h"
#include "intel_port.h"

#include <string.h>

enum { TXCW = 0x0178, RXCW = 0x0180 };
enum { PCS_CONFIG = 0x4200, PCS_CONTROL = 0x4208, PCS_STATUS = 0x420c, PCS_PARTNER = 0x421c };
enum { LINK_RESET = 8, TBI_MODE = 0x20, SIGNAL = 1 << 19 };
enum { RX_CONFIG = 0x20000000, RX_SYNC = 0x40000000, PARTNER_FULL = 0x20 };
enum { EE_CLOCK = 1, EE_SELECT = 2, EE_IN = 4, EE_OUT = 8, EE_REQUEST = 0x40, EE_GRANT = 0x80 };
enum { EE_WRITABLE = 0x47, CTRL_EXT_KX = 1 << 22, CTRL_EXT_SERDES = 3 << 22 };
enum { PCS_ENABLE = 8, PCS_FORCED = 0x10, PCS_AN = 1 << 16, PCS_RESTART = 1 << 17 };
enum { PCS_OK = 1, PCS_1000 = 4, PCS_FULL = 8, PCS_SYNC = 0x10 };
enum { CTRL_EXT_LASER_OFF = 0x80, PCS_AN_DONE = 1 << 16 };
#define TX_NEGOTIATE 0x80000000u
enum {
    NEGOTIATE_TIME = 100 * MILLISECOND, /* three timers of 10 ms, and the partner's */
    SGMII_TIME = 2 * MILLISECOND,       /* of 1.6 ms */
};
enum kind { PCI, PCIE, IGB, SGMII };
enum { MDIC_CONFIG = 0x0e04, PHY_OUTSIDE = 1u << 31, PHY_ADDRESS = 1 << 21 };
enum { CTRL_RESET_ALL = 1 << 29, CTRL_EXT_SGMII = 2 << 22, M88_STATUS = 17, MULTI = 16 };
enum { M88_RESOLVED = 0x0c00, M88_FULL = 0x2000 };

static struct {
    enum kind kind;
    bool link;
    struct eeprom eeprom;
} s;

static uint32_t *at(uint32_t reg)
{
    return &mac.regs[reg / 4];
}

static bool has_link(void)
{
    return s.link && (s.kind < IGB || *at(CTRL) & CTRL_LINK_UP);
}

static void link_is(bool link)
{
    if (link != s.link) {
        s.link = link;
        mac_interrupt(CAUSE_LINK);
    }
}

static void negotiated(void *argument)
{
    link_is(true);
}

/* Whether the port is set up so that it comes to an end with its partner. */
static bool negotiates(void)
{
    if (!cable_plugged() || port.in_reset || (s.kind == SGMII && !port.phy.link))
        return false;
    if (s.kind >= IGB)
        return !(*at(CTRL_EXT) & CTRL_EXT_LASER_OFF) && *at(PCS_CONFIG) & PCS_ENABLE &&
               *at(PCS_CONTROL) & (PCS_AN | PCS_FORCED);
    return *at(TXCW) & TX_NEGOTIATE && !(*at(CTRL) & LINK_RESET);
}

static void begin(void)
{
    not_after(negotiated, NULL);
    link_is(false);
    if (negotiates())
        after(s.kind == SGMII ? SGMII_TIME : NEGOTIATE_TIME, negotiated, NULL);
}

static void cable(void)
{
    if (s.kind == SGMII)
        phy_cable(&port.phy);
    begin();
}

static void defaults(void)
{
    static const uint32_t modes[] = {0, CTRL_EXT_SERDES, CTRL_EXT_KX, CTRL_EXT_SGMII};

    mac_reset();
    *at(CTRL) = LINK_RESET | CTRL_FULL;
    *at(STATUS) = (s.kind == SGMII ? 0 : STATUS_1000 | STATUS_FULL) |
                  (s.kind == PCI ? TBI_MODE : STATUS_MASTER);
    *at(CTRL_EXT) = modes[s.kind];
    if (s.kind == SGMII) {
        *at(MDIC_CONFIG) = PHY_OUTSIDE | PHY_ADDRESS;
        *at(PCS_CONFIG) = PCS_ENABLE;
    }
    if (s.kind != PCI)
        *at(EECD) = EE_PRESENT | EE_256_WORDS;
    begin();
}

static bool phy_register(struct phy *phy, unsigned reg, uint16_t *value)
{
    unsigned code = phy->speed == 1000 ? 2 : phy->speed == 100;

    *value = phy->regs[reg];
    if (reg == M88_STATUS)
        *value = phy->link ? M88_RESOLVED | code << 14 | (phy->full ? M88_FULL : 0) : 0;
    return reg >= MULTI;
}

static bool phy_store(struct phy *phy, unsigned reg, uint16_t value)
{
    if (reg >= MULTI)
        phy->regs[reg] = value;
    return reg >= MULTI;
}

static void write_ctrl(uint32_t value)
{
    uint32_t before = *at(CTRL);

    port_write(CTRL, value);
    if (port.in_reset || (value ^ before) & LINK_RESET)
        begin();
}

static void write_eecd(uint32_t value)
{
    *at(EECD) = (*at(EECD) & ~EE_WRITABLE) | (value & EE_WRITABLE);
    if (s.kind == PCI)
        eeprom_pins(&s.eeprom, value & EE_SELECT, value & EE_CLOCK, value & EE_IN);
}

static uint32_t serdes_read(unsigned bar, uint32_t reg, unsigned size)
{
    uint32_t value;

    if (!port_may_read(reg, size))
        return 0;
    switch (reg) {
    case CTRL:
    case CTRL_DUP:
        return *at(CTRL) | (s.kind == PCI && cable_plugged() ? SIGNAL : 0);
    case STATUS:
        value = s.kind == SGMII && has_link() ? port_phy_status() : *at(STATUS);
        return value | (has_link() ? STATUS_LINK : 0);
    case EECD:
        value = *at(EECD);
        return value | (value & EE_REQUEST ? EE_GRANT : 0) |
               (s.kind == PCI && eeprom_out(&s.eeprom) ? EE_OUT : 0);
    case RXCW:
        /* The partner always negotiates; without its code words Linux would force the link. */
        return cable_plugged() ? RX_SYNC | RX_CONFIG : 0;
    case PCS_STATUS:
        return has_link() ? PCS_OK | PCS_1000 | PCS_FULL | PCS_SYNC |
                                (*at(PCS_CONTROL) & PCS_AN ? PCS_AN_DONE : 0)
                          : 0;
    case PCS_PARTNER:
        return has_link() ? PARTNER_FULL : 0;
    }
    return port_read(reg);
}

static void serdes_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    bool laser;

    if (!port_may_write(reg, size))
        return;
    switch (reg) {
    case CTRL:
    case CTRL_DUP:
        write_ctrl(value);
        break;
    case RXCW:
    case PCS_STATUS:
    case PCS_PARTNER:
        break;
    case EECD:
        write_eecd(value);
        break;
    case TXCW:
    case PCS_CONFIG:
    case PCS_CONTROL:
        *at(reg) = value & ~(reg == PCS_CONTROL ? PCS_RESTART : 0u);
        begin();
        break;
    case CTRL_EXT:
        laser = (value ^ *at(CTRL_EXT)) & CTRL_EXT_LASER_OFF;
        mac_write(reg, value);
        if (laser)
            begin();
        break;
    default:
        port_write(reg, value);
    }
}

static void reset_as(enum kind kind)
{
    memset(&s, 0, sizeof(s));
    memset(&port, 0, sizeof(port));
    s.kind = kind;
    mac.hash_bits = 12;
    mac.buffer = 64;
    mac.link = has_link;
    mac.pci = kind == PCI;
    mac.advanced = kind >= IGB;
    port.phy.id1 = 0x0141;
    port.phy.id2 = 0x0cc2;
    port.phy.gigabit = true;
    port.phy.changed = kind == SGMII ? begin : NULL;
    port.phy.vendor_read = phy_register;
    port.phy.vendor_write = phy_store;
    s.eeprom.address_bits = 6;
    memset(s.eeprom.words, 0xff, sizeof(s.eeprom.words));
    s.eeprom.words[3] = 0x0000;
    s.eeprom.words[0x0a] = 0x4408;
    s.eeprom.words[0x0f] = 0x3000;
    port_nvm(s.eeprom.words);
    port.words = s.eeprom.words;
    port.small_eerd = kind == PCI;
    port.resets = CTRL_RESET | (kind == SGMII ? CTRL_RESET_ALL : 0);
    /* Later ones have the address in MDICNFG. In the 82545GM, only some registers matter. */
    port.phy_low = kind != SGMII;
    port.phy_high = kind == SGMII || kind == PCI;
    port.defaults = defaults;
    port_start();
    phy_reset(&port.phy);
    /* A system without wake-up leaves the PHY powered down. */
    if (kind == SGMII && card_seed & 1)
        phy_write(&port.phy, MII_BMCR, port.phy.regs[MII_BMCR] | BMCR_DOWN);
}

/* Power management; of PCI Express also MSI, which Linux tries before it takes INTx. */
static const uint8_t capabilities[] = {
    1, 0x48, 0x22, 0xc8, 0, 0x20, 0, 0, 5, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t capabilities_pm[] = {1, 0, 0x22, 0xc8, 0, 0x20, 0, 0};
static const uint8_t writable[sizeof(capabilities)] = {
    [4] = 0x03, 0x01, [0x0a] = 0x01, [0x0c] = 0xfc, 255, 255, 255, 255, 255, 255, 255, 255, 255,
};

#define SERDES_CHIP(model, id, kind, list) \
    static void model##_reset(void)        \
    {                                      \
        reset_as(kind);                    \
    }                                      \
    static const struct chip model = {     \
        .name = #model,                    \
        .vendor = 0x8086,                  \
        .device = id,                      \
        .sub_vendor = 0x8086,              \
        .sub_device = 0x1001,              \
        .speed = 1000,                     \
        .bars = {{MAC_SPACE}},             \
        .capabilities = list,              \
        .writable = writable,              \
        .capabilities_size = sizeof(list), \
        .reset = model##_reset,            \
        .read = serdes_read,               \
        .write = serdes_write,             \
        .receive = mac_receive,            \
        .ready = mac_ready,                \
        .cable = cable,                    \
        .configured = mac_drive,           \
    };                                     \
    CHIP(model)

SERDES_CHIP(i82545_fiber, 0x1027, PCI, capabilities_pm);
SERDES_CHIP(i82571_serdes, 0x1060, PCIE, capabilities);
SERDES_CHIP(i82576_serdes, 0x10e7, IGB, capabilities_pm);
SERDES_CHIP(i82580_sgmii, 0x0438, SGMII, capabilities_pm);
