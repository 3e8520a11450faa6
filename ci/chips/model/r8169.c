/* SPDX-License-Identifier: BSD-2-Clause */
/* Realtek RTL8169, RTL8110, RTL8168, RTL8111, RTL810x: registers, and the variants. See r8169.h. */
#include "r8169.h"

#include <string.h>

enum { EECR_MODE = 0xc0, EECR_PROGRAM = 0x80, EECR_AUTOLOAD = 0x40, EECR_CONFIG = 0xc0 };
enum { EECR_CS = 8, EECR_SK = 4, EECR_DI = 2, EECR_DO = 1 };
enum { STATUS_TBI = 0x80, STATUS_1000 = 0x10, STATUS_100 = 8, STATUS_10 = 4, STATUS_LINK = 2 };
enum { PORT_BITS = 0xfcf00000u, EEPROM_ID = 0x8129, EEPROM_MAC = 7 };

struct rtl rtl;

/* Which registers there are, and by how many bytes at once they may be read and written. */
static const struct area {
    uint8_t first, last, read, write;
    unsigned needs; /* flags, one of which the variant has; 0: all have it */
} areas[] = {
    {0x00, 0x0f, 7, 4, 0},
    {0x10, 0x17, 4, 4, 0},
    {0x1a, 0x1b, 1, 1, PCIE},
    {0x20, 0x2f, 4, 4, 0},
    {0x36, 0x36, 1, 1, 0},
    {0x37, 0x38, 1, 1, 0},
    {0x3c, 0x3f, 2, 2, 0},
    {0x40, 0x4f, 4, 4, 0},
    {0x50, 0x56, 1, 1, 0},
    {0x58, 0x5b, 4, 4, 0},
    {0x60, 0x63, 4, 4, 0},
    {0x64, 0x6b, 4, 4, PCIE},
    {0x6c, 0x6c, 1, 0, 0},
    {0x6f, 0x6f, 1, 1, PCIE},
    {0x70, 0x77, 4, 4, ERI},
    {0x7c, 0x7f, 4, 4, PCI_CHIP},
    {0x80, 0x83, 4, 4, PCIE},
    {0x82, 0x82, 1, 1, PCI_CHIP},
    {0xb0, 0xb7, 4, 4, OCP | DASH_DP},
    {0xb8, 0xbb, 4, 4, OCP},
    {0xd0, 0xd3, 1, 1, PCIE},
    {0xd0, 0xd3, 4, 4, DASH_DP},
    {0xda, 0xdb, 2, 2, 0},
    {0xdc, 0xdf, 4, 4, EFUSE},
    {0xe0, 0xe3, 2, 2, 0},
    {0xe4, 0xeb, 4, 4, 0},
    {0xec, 0xec, 1, 1, 0},
    {0xf0, 0xff, 4, 4, 0},
    {0xf2, 0xf2, 1, 1, PCIE},
    {0xf8, 0xfb, 1, 1, DASH_EP},
};

static bool allowed(uint32_t reg, unsigned size, bool write)
{
    bool exists = false;

    for (unsigned i = 0; i < sizeof areas / sizeof *areas; i++) {
        const struct area *a = &areas[i];

        if (reg < a->first || reg > a->last || (a->needs && !has(a->needs)))
            continue;
        exists = true;
        if ((write ? a->write : a->read) & size && !(reg % size) && reg + size - 1 <= a->last)
            return true;
    }
    fault("%02x is %s with %u bytes%s", reg, write ? "written" : "read", size,
          exists ? "" : ", where no register is");
    return false;
}

static void drive(void)
{
    irq(reg_get(ISR, 2) & reg_get(IMR, 2));
}

void rtl_raise(unsigned events)
{
    reg_set(ISR, reg_get(ISR, 2) | events, 2);
    drive();
}

static void link_changed(void)
{
    rtl_raise(INT_LINK);
}

static uint32_t phy_status(void)
{
    unsigned speed = rtl.phy.speed;

    if (!rtl.phy.link)
        return 0;
    return STATUS_LINK | rtl.phy.full |
           (speed == 1000  ? STATUS_1000
            : speed == 100 ? STATUS_100
                           : STATUS_10);
}

static void load_mac(void *unused)
{
    (void)unused;
    memcpy(rtl.regs + IDR0, card_mac, 6);
    rtl.regs[EECR] &= (uint8_t)~EECR_MODE;
}

static void reset_done(void *unused)
{
    (void)unused;
    rtl.resetting = false;
    rtl.regs[CR] = 0;
}

/* Addresses, the configuration, C+CR and RMS stay as they are. */
static void software_reset(void)
{
    rtl.regs[CR] = CR_RESET;
    rtl.regs[TPPOLL] = 0;
    reg_set(IMR, 0, 4); /* and ISR */
    reg_set(TCR, 0, 4);
    reg_set(RCR, 0, 4);
    rtl_rings_reset(false);
    drive();
    rtl.resetting = true;
    after(100 * MICROSECOND, reset_done, NULL);
}

static void counters_done(void *unused)
{
    (void)unused;
    rtl_count_frames(reg_get(DTCCR, 4));
    rtl.regs[DTCCR] &= (uint8_t)~9;
}

static void cmac_stopped(void *unused)
{
    (void)unused;
    rtl.regs[IBISR0] |= 0x20;
}

static uint32_t read_register(uint32_t reg, unsigned size)
{
    if (reg == TCR)
        return (reg_get(TCR, 4) & ~PORT_BITS) | (uint32_t)rtl.is->xid << 20 |
               (has(ERI) && !(rtl.regs[TPPOLL] & POLL_NORMAL) ? TCR_EMPTY : 0);
    if (reg == PHYSTATUS)
        return phy_status();
    if (reg == EECR && (rtl.regs[EECR] & EECR_MODE) == EECR_PROGRAM)
        return (rtl.regs[EECR] & ~EECR_DO) | eeprom_out(&rtl.eeprom);
    if (reg == OCPDR && has(OCP))
        return rtl_mac_ocp_read();
    if (reg == MCU && has(OCP))
        return rtl.regs[MCU] | MCU_EMPTY;
    return reg_get(reg, size);
}

static uint32_t r8169_read(unsigned bar, uint32_t reg, unsigned size)
{
    (void)bar;
    if (reg > 255 || !allowed(reg, size, false)) {
        if (reg > 255)
            fault("%x is read, where no register is", reg);
        return ~0u;
    }
    if (rtl.resetting && reg != CR)
        fault("%02x is read during reset", reg);
    return read_register(reg, size);
}

static void write_command(uint8_t value)
{
    if (value & CR_RESET) {
        software_reset();
        return;
    }
    rtl.regs[CR] = value & (CR_TE | CR_RE | 0x80 /* StopReq, later ones */);
    rtl_rings_idle();
}

static void write_eeprom(uint8_t value)
{
    rtl.regs[EECR] = value;
    if ((value & EECR_MODE) == EECR_PROGRAM)
        eeprom_pins(&rtl.eeprom, value & EECR_CS, value & EECR_SK, value & EECR_DI);
    if ((value & EECR_MODE) == EECR_AUTOLOAD)
        after(2 * MILLISECOND, load_mac, NULL);
}

static void write_locked(uint32_t reg, uint32_t value, unsigned size)
{
    if ((rtl.regs[EECR] & EECR_MODE) != EECR_CONFIG)
        fault("%02x is written while 9346CR protects it", reg);
    else
        reg_set(reg, value, size);
}

/* TCR and RCR: early chips take nothing while both directions are off. */
static void write_config(uint32_t reg, uint32_t value)
{
    if (!has(LATE_CONF) || rtl.regs[CR] & (CR_TE | CR_RE))
        reg_set(reg, value, 4);
}

static void write_register(uint32_t reg, uint32_t value, unsigned size)
{
    switch (reg) {
    case CR:
        write_command((uint8_t)value);
        break;
    case TPPOLL:
        if (value & POLL_NORMAL)
            rtl_tx_poll();
        if (value & 0x80)
            fault("the high priority ring is polled, which the model has not");
        if (value & 1)
            rtl_raise(INT_SOFTWARE);
        break;
    case ISR:
        reg_set(ISR, reg_get(ISR, 2) & ~value, 2);
        drive();
        break;
    case TCR:
    case RCR:
        write_config(reg, value);
        break;
    case MPC:
        reg_set(MPC, 0, 4);
        break;
    case EECR:
        write_eeprom((uint8_t)value);
        break;
    case DTCCR:
        reg_set(DTCCR, value, 4);
        if (value & 9)
            after(20 * MICROSECOND, counters_done, NULL);
        break;
    case IBISR0:
        rtl.regs[reg] &= (uint8_t)~value;
        break;
    default:
        if (reg < IDR0 + 8 || (reg > EECR && reg <= CONFIG5))
            write_locked(reg, value, size);
        else if (!rtl_port_command(reg, value))
            reg_set(reg, value, size);
    }
}

static void r8169_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    (void)bar;
    if (reg > 255)
        fault("%x is written, where no register is", reg);
    if (reg > 255 || !allowed(reg, size, true))
        return;
    if (rtl.resetting) {
        fault("%02x is written during reset", reg);
        return;
    }
    if (reg == OCPDR && has(OCP)) {
        rtl_mac_ocp_write(value);
        return;
    }
    write_register(reg, value, size);
    if (reg == IMR)
        drive();
    if (reg == RDSAR)
        rtl_rx_ring_set();
    if (reg == TNPDS)
        rtl_tx_ring_set();
    if (reg == IBCR2 && has(DASH_EP) && !(value & 1))
        after(MILLISECOND, cmac_stopped, NULL);
}

/* An operating system may have left it so, and a reset of the bus does not change that: the PHY is
 * powered down, and newer chips keep frames from the host. */
static void fall_asleep(void)
{
    phy_write(&rtl.phy, MII_BMCR, BMCR_DOWN);
    if (!has(OCP))
        return;
    reg_set(MISC, reg_get(MISC, 4) | RXDV_GATED, 4);
    rtl.regs[MCU] |= MCU_OOB;
}

static void power_on(const struct variant *variant)
{
    memset(&rtl, 0, sizeof rtl);
    rtl.is = variant;
    rtl.regs[CONFIG1] = 0x0d; /* I/O and memory map, power management */
    rtl.phy = (struct phy){.id1 = (uint16_t)(variant->phy_id >> 16),
                           .id2 = (uint16_t)variant->phy_id,
                           .gigabit = !has(FAST_ONLY),
                           .changed = link_changed,
                           .vendor_read = rtl_phy_page_read,
                           .vendor_write = rtl_phy_page_write};
    rtl.eeprom.address_bits = 6;
    memset(rtl.eeprom.words, 0xff, sizeof rtl.eeprom.words);
    rtl.eeprom.words[0] = EEPROM_ID;
    for (unsigned i = 0; i < 3; i++)
        rtl.eeprom.words[EEPROM_MAC + i] = (uint16_t)(card_mac[2 * i] | card_mac[2 * i + 1] << 8);
    load_mac(NULL);
    rtl_ports_reset();
    rtl_rings_reset(true);
    phy_reset(&rtl.phy);
    if (card_seed) /* not in the run with the shortest times */
        fall_asleep();
}

static void cable(void)
{
    phy_cable(&rtl.phy);
}

/* Power management 1.2; the later chips are PCI Express 1.1 legacy endpoints, too. */
static const uint8_t pci_caps[] = {0x01, 0x00, 0x02, 0x00, 0, 0, 0, 0};
static const uint8_t pci_writable[sizeof pci_caps] = {[4] = 3};
static const uint8_t pcie_caps[] = {
    0x01, 0x50, 0x03, 0x00, 0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* power management */
    0x10, 0x00, 0x11, 0x00, 0,    0, 0, 0,       /* PCI Express, device capabilities */
    0,    0x20, 0,    0,    0x11, 0, 0, 0, 0, 0, /* device control, link capabilities and control */
    0x11, 0x10                                   /* link status: one lane, 2.5 GT/s */
};
static const uint8_t pcie_writable[sizeof pcie_caps] = {
    [4] = 3, [24] = 0xff, [25] = 0xff, [32] = 0xff, [33] = 1};

#define VARIANT(symbol, id, rev, xid_, phy_, patchable_, flags_, caps_, writable_, ...) \
    static void symbol##_reset(void)                                                    \
    {                                                                                   \
        static const struct variant variant = {xid_, phy_, patchable_, flags_};         \
                                                                                        \
        power_on(&variant);                                                             \
    }                                                                                   \
    static const struct chip symbol = {.name = #symbol,                                 \
                                       .vendor = 0x10ec,                                \
                                       .device = id,                                    \
                                       .sub_vendor = 0x10ec,                            \
                                       .sub_device = id,                                \
                                       .revision = rev,                                 \
                                       .bars = {{256, true, false}, __VA_ARGS__},       \
                                       .capabilities = caps_,                           \
                                       .writable = writable_,                           \
                                       .capabilities_size = sizeof caps_,               \
                                       .speed = (flags_)&FAST_ONLY ? 100 : 1000,        \
                                       .reset = symbol##_reset,                         \
                                       .read = r8169_read,                              \
                                       .write = r8169_write,                            \
                                       .receive = rtl_rx_frame,                         \
                                       .ready = rtl_rx_ready,                           \
                                       .cable = cable};                                 \
    CHIP(symbol)
#define PCI_VARIANT(symbol, id, rev, xid_, flags_)                                             \
    VARIANT(symbol, id, rev, xid_, 0x001cc910, 0, PCI_CHIP | (flags_), pci_caps, pci_writable, \
            {256, false, false})
#define PCIE_VARIANT(symbol, id, rev, xid_, phy_, patchable_, flags_)                           \
    VARIANT(symbol, id, rev, xid_, phy_, patchable_, PCIE | (flags_), pcie_caps, pcie_writable, \
            {0}, {4096, false, false})

enum { FAST = FAST_ONLY | SUMS_2, LATER = SUMS_2 | ERI | OCP | ERI_MAC };

PCI_VARIANT(rtl8169s, 0x8169, 0x10, 0x008, LATE_CONF);
PCI_VARIANT(rtl8110s, 0x8169, 0x10, 0x040, LATE_CONF);
PCI_VARIANT(rtl8169sb, 0x8169, 0x10, 0x100, LATE_CONF);
PCI_VARIANT(rtl8169sc, 0x8167, 0x10, 0x180, 0);
PCI_VARIANT(rtl8110sc, 0x8167, 0x10, 0x980, 0);
PCIE_VARIANT(rtl8168b, 0x8168, 0x01, 0x380, 0x001cc912, 0, 0);
PCIE_VARIANT(rtl8168c, 0x8168, 0x02, 0x3c0, 0x001cc912, 0, SUMS_2);
PCIE_VARIANT(rtl8168cp, 0x8168, 0x02, 0x3c8, 0x001cc912, 0, SUMS_2);
PCIE_VARIANT(rtl8168d, 0x8168, 0x03, 0x281, 0x001cc912, 0xbf00, SUMS_2 | EFUSE);
PCIE_VARIANT(rtl8168dp, 0x8168, 0x05, 0x28a, 0x001cc912, 0, SUMS_2 | DASH_DP | ERI);
PCIE_VARIANT(rtl8168e, 0x8168, 0x06, 0x2c1, 0x001cc914, 0, SUMS_2);
PCIE_VARIANT(rtl8168evl, 0x8168, 0x06, 0x2c9, 0x001cc915, 0, SUMS_2 | ERI | BAD_PAD);
PCIE_VARIANT(rtl8168f, 0x8168, 0x09, 0x480, 0x001cc915, 0, SUMS_2 | ERI | ERI_MAC);
PCIE_VARIANT(rtl8168g, 0x8168, 0x0c, 0x4c0, 0x001cc800, 0, LATER);
PCIE_VARIANT(rtl8168h, 0x8168, 0x15, 0x541, 0x001cc800, 0, LATER);
PCIE_VARIANT(rtl8168ep, 0x8168, 0x10, 0x502, 0x001cc800, 0, LATER | DASH_EP);
PCIE_VARIANT(rtl8117, 0x8168, 0x1a, 0x54b, 0x001cc800, 0, LATER | DASH_EP);
PCIE_VARIANT(rtl8101e, 0x8136, 0x01, 0x340, 0x00008201, 0, FAST_ONLY);
PCIE_VARIANT(rtl8102e, 0x8136, 0x02, 0x349, 0x00008201, 0, FAST);
PCIE_VARIANT(rtl8105e, 0x8136, 0x05, 0x40c, 0x001cc816, 0, FAST);
PCIE_VARIANT(rtl8106e, 0x8136, 0x07, 0x449, 0x001cc816, 0, FAST | ERI);
PCIE_VARIANT(rtl8106eus, 0x8136, 0x07, 0x509, 0x001cc800, 0, FAST_ONLY | LATER);
PCIE_VARIANT(rtl8107e, 0x8136, 0x09, 0x541, 0x001cc800, 0, FAST_ONLY | LATER);
