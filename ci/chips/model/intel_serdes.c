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
#include "phy.h"

#include <string.h>

enum { CTRL_DUP = 0x0004, EECD = 0x0010, EERD = 0x0014, TXCW = 0x0178, RXCW = 0x0180 };
enum { PCS_CONFIG = 0x4200, PCS_CONTROL = 0x4208, PCS_STATUS = 0x420c, PCS_PARTNER = 0x421c };
enum { SWSM = 0x5b50, LINK_RESET = 8, TBI_MODE = 0x20, GIGABIT = 0x80, SIGNAL = 1 << 19 };
enum { RX_CONFIG = 0x20000000, RX_SYNC = 0x40000000, PARTNER_FULL = 0x20 };
enum { EE_CLOCK = 1, EE_SELECT = 2, EE_IN = 4, EE_OUT = 8, EE_REQUEST = 0x40, EE_GRANT = 0x80 };
enum { EE_PRESENT = 0x100, EE_LOADED = 0x200, EE_256_WORDS = 2 << 11, EE_WRITABLE = 0x47 };
enum { MDIC_WRITE = 1 << 26, MDIC_READY = 1 << 28, MDIC_ERROR = 1 << 30 };
enum { START = 1, CTRL_EXT_KX = 1 << 22, CTRL_EXT_SERDES = 3 << 22, SMBI = 1 };
enum { PCS_ENABLE = 8, PCS_FORCED = 0x10, PCS_AN = 1 << 16, PCS_RESTART = 1 << 17 };
enum { PCS_OK = 1, PCS_1000 = 4, PCS_FULL = 8, PCS_SYNC = 0x10 };
enum { CTRL_EXT_LASER_OFF = 0x80, PCS_AN_DONE = 1 << 16 };
enum { WORD_CHECKSUM = 0x3f, SUM = 0xbaba };
#define TX_NEGOTIATE 0x80000000u
enum {
    RESET_TIME = 1 * MILLISECOND,
    LOAD_TIME = 5 * MILLISECOND, /* of the EEPROM */
    READ_TIME = 100 * MICROSECOND,
    MDIC_TIME = 64 * MICROSECOND,
    NEGOTIATE_TIME = 100 * MILLISECOND, /* three timers of 10 ms, and the partner's */
    SGMII_TIME = 2 * MILLISECOND,       /* of 1.6 ms */
    MASTER_TIME = 10 * MICROSECOND,
};
enum kind { PCI, PCIE, IGB, SGMII };
enum { MDIC_CONFIG = 0x0e04, PHY_OUTSIDE = 1u << 31, PHY_ADDRESS = 1 << 21 };
enum { CTRL_RESET_ALL = 1 << 29, CTRL_EXT_SGMII = 2 << 22, M88_STATUS = 17, MULTI = 16 };
enum { M88_RESOLVED = 0x0c00, M88_FULL = 0x2000 };

static struct {
    enum kind kind;
    bool in_reset, link;
    struct eeprom eeprom;
    struct phy phy; /* SGMII's; in the 82545GM, only some of its registers matter */
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
    if (!cable_plugged() || s.in_reset || (s.kind == SGMII && !s.phy.link))
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
        phy_cable(&s.phy);
    begin();
}

static void loaded(void *argument)
{
    *at(EECD) |= EE_LOADED;
}

static void defaults(void)
{
    static const uint32_t modes[] = {0, CTRL_EXT_SERDES, CTRL_EXT_KX, CTRL_EXT_SGMII};

    mac_reset();
    *at(CTRL) = LINK_RESET | CTRL_FULL;
    *at(STATUS) =
        (s.kind == SGMII ? 0 : GIGABIT | STATUS_FULL) | (s.kind == PCI ? TBI_MODE : STATUS_MASTER);
    *at(CTRL_EXT) = modes[s.kind];
    if (s.kind == SGMII) {
        *at(MDIC_CONFIG) = PHY_OUTSIDE | PHY_ADDRESS;
        *at(PCS_CONFIG) = PCS_ENABLE;
    }
    if (s.kind != PCI) {
        *at(EECD) = EE_PRESENT | EE_256_WORDS;
        after(LOAD_TIME, loaded, NULL);
    }
    begin();
}

static void reset_done(void *argument)
{
    s.in_reset = false;
    defaults();
}

static void master_stopped(void *argument)
{
    *at(STATUS) &= ~STATUS_MASTER;
}

static void word_read(void *argument)
{
    unsigned shift = s.kind == PCI ? 8 : 2;
    unsigned word = *at(EERD) >> shift & 0xff;

    *at(EERD) |= (uint32_t)s.eeprom.words[word] << 16 | 1u << (s.kind == PCI ? 4 : 1);
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

static void mdic_done(void *argument)
{
    uint32_t value = *at(MDIC);
    unsigned address = value >> 21 & 31, reg = value >> 16 & 31;
    uint16_t data = value;

    /* Later ones have the address in MDICNFG. */
    if (s.kind == SGMII ? address > 1 : s.kind != PCI || address != 1) {
        *at(MDIC) = value | MDIC_READY | MDIC_ERROR;
        return;
    }
    if (value & MDIC_WRITE)
        phy_write(&s.phy, reg, value);
    else
        data = phy_read(&s.phy, reg);
    *at(MDIC) = (value & 0xffff0000) | data | MDIC_READY;
}

static void write_ctrl(uint32_t value)
{
    uint32_t before = *at(CTRL);

    if (value & (CTRL_RESET | (s.kind == SGMII ? CTRL_RESET_ALL : 0))) {
        s.in_reset = true;
        *at(CTRL) = value;
        *at(EECD) &= ~EE_LOADED;
        not_after(loaded, NULL);
        not_after(master_stopped, NULL);
        begin();
        after(RESET_TIME, reset_done, NULL);
        return;
    }
    *at(CTRL) = value;
    not_after(master_stopped, NULL);
    if (s.kind != PCI && value & CTRL_NO_MASTER)
        after(MASTER_TIME, master_stopped, NULL);
    else if (s.kind != PCI)
        *at(STATUS) |= STATUS_MASTER;
    if ((value ^ before) & LINK_RESET)
        begin();
    else if ((value ^ before) & CTRL_LINK_UP)
        mac_interrupt(CAUSE_LINK);
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

    if (size != 4 || reg % 4)
        fault("register %#x is read with %u bytes", reg, size);
    reg &= ~3u;
    switch (reg) {
    case CTRL:
    case CTRL_DUP:
        return *at(CTRL) | (s.kind == PCI && cable_plugged() ? SIGNAL : 0);
    case STATUS:
        value = *at(STATUS) | (has_link() ? STATUS_LINK : 0);
        if (has_link() && s.kind == SGMII)
            value |= (s.phy.speed == 1000  ? GIGABIT
                      : s.phy.speed == 100 ? GIGABIT / 2
                                           : 0) |
                     (s.phy.full ? STATUS_FULL : 0);
        return value;
    case EECD:
        value = *at(EECD);
        return value | (value & EE_REQUEST ? EE_GRANT : 0) |
               (s.kind == PCI && eeprom_out(&s.eeprom) ? EE_OUT : 0);
    case RXCW:
        return cable_plugged() ? RX_SYNC | (s.link ? RX_CONFIG : 0) : 0;
    case PCS_STATUS:
        return has_link() ? PCS_OK | PCS_1000 | PCS_FULL | PCS_SYNC |
                                (*at(PCS_CONTROL) & PCS_AN ? PCS_AN_DONE : 0)
                          : 0;
    case PCS_PARTNER:
        return has_link() ? PARTNER_FULL : 0;
    case SWSM: /* reading takes it */
        value = *at(SWSM);
        *at(SWSM) |= SMBI;
        return value;
    }
    return mac_read(reg);
}

static void serdes_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    bool laser;

    if (size != 4 || reg % 4) {
        fault("register %#x is written with %u bytes", reg, size);
        return;
    }
    if (s.in_reset) {
        fault("register %#x is written during a reset", reg);
        return;
    }
    switch (reg) {
    case CTRL:
    case CTRL_DUP:
        write_ctrl(value);
        break;
    case STATUS:
    case RXCW:
    case PCS_STATUS:
    case PCS_PARTNER:
        break;
    case EECD:
        write_eecd(value);
        break;
    case EERD:
        *at(EERD) = value & 0xffff & ~(s.kind == PCI ? 0x10u : 2u);
        not_after(word_read, NULL);
        if (value & START)
            after(READ_TIME, word_read, NULL);
        break;
    case MDIC:
        *at(MDIC) = value & ~(MDIC_READY | MDIC_ERROR);
        not_after(mdic_done, NULL);
        after(MDIC_TIME, mdic_done, NULL);
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
        mac_write(reg, value);
    }
}

static void reset_as(enum kind kind)
{
    uint16_t sum = 0;

    memset(&s, 0, sizeof(s));
    s.kind = kind;
    mac.hash_bits = 12;
    mac.buffer = 64;
    mac.link = has_link;
    mac.pci = kind == PCI;
    mac.advanced = kind >= IGB;
    s.phy.id1 = 0x0141;
    s.phy.id2 = 0x0cc2;
    s.phy.gigabit = true;
    s.phy.changed = kind == SGMII ? begin : NULL;
    s.phy.vendor_read = phy_register;
    s.phy.vendor_write = phy_store;
    s.eeprom.address_bits = 6;
    memset(s.eeprom.words, 0xff, sizeof(s.eeprom.words));
    memcpy(s.eeprom.words, card_mac, 6);
    s.eeprom.words[3] = 0x0000;
    s.eeprom.words[0x0a] = 0x4408;
    s.eeprom.words[0x0f] = 0x3000;
    for (unsigned i = 0; i < WORD_CHECKSUM; i++)
        sum += s.eeprom.words[i];
    s.eeprom.words[WORD_CHECKSUM] = SUM - sum;
    defaults();
    phy_reset(&s.phy);
    /* A system without wake-up leaves the PHY powered down. */
    if (kind == SGMII && card_seed & 1)
        phy_write(&s.phy, MII_BMCR, s.phy.regs[MII_BMCR] | BMCR_DOWN);
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
