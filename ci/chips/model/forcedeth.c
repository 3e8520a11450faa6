/* SPDX-License-Identifier: BSD-2-Clause */
/* NVIDIA's chipset Ethernet: registers, management interface, variants. See forcedeth.h. */
#include "forcedeth.h"

#include <string.h>

enum { MII_INUSE = 0x8000, MII_WRITE = 0x400, MII_ERROR = 1, MII_LINK_CHANGED = 8 };
enum { ADAPTER_RUNNING = 0x100000, SETUP5_DONE = 1u << 31, PHY_ADDRESS = 1, PHY_PAGES = 8 };
enum { MAC_RESETS = 0xf3, INTERFACE_RGMII = 0x10000000 };

struct nforce nv;
static uint16_t pages[PHY_PAGES][32], page; /* Realtek's PHYs have pages; 0 is the standard's */
static bool ticking;
static uint64_t last_tick;

static bool exists(uint32_t reg)
{
    static const struct {
        uint16_t first, last;
        unsigned needs;
    } areas[] = {
        {0x000, 0x00c, 0},        {0x020, 0x024, POWER},    {0x030, 0x030, POWER},
        {0x034, 0x034, POWER},    {0x080, 0x0c4, 0},        {0x100, 0x110, 0},
        {0x130, 0x130, 0},        {0x13c, 0x13c, 0},        {0x144, 0x144, 0},
        {0x148, 0x14c, HIGH_DMA}, {0x170, 0x174, 0},        {0x180, 0x194, 0},
        {0x1a0, 0x1a8, POWER},    {0x200, 0x208, 0},        {0x268, 0x26c, 0},
        {0x278, 0x278, 0},        {0x280, 0x2e8, HIGH_DMA}, {0x300, 0x300, 0},
        {0x3e0, 0x3f0, TAGS},     {0x600, 0x600, POWER},
    };

    for (unsigned i = 0; i < sizeof areas / sizeof *areas; i++)
        if (reg >= areas[i].first && reg <= areas[i].last &&
            (!areas[i].needs || nv.flags & areas[i].needs))
            return true;
    return false;
}

static void drive(void)
{
    irq(*reg_at(IRQ_STATUS) & *reg_at(IRQ_MASK));
}

void nv_raise(uint32_t events)
{
    *reg_at(IRQ_STATUS) |= events;
    drive();
}

static uint64_t period(void)
{
    return (*reg_at(POLLING_INTERVAL) & 0xffff) * 10240ull + MICROSECOND;
}

static bool timed(void)
{
    return *reg_at(SETUP6) & 2;
}

/* The timer, in units of 10.24 us. Its bit comes up when somebody looks, or when an interrupt waits
 * for it: nobody sees the difference, and it costs less than to count all the time. */
static void look_at_timer(void)
{
    if (timed() && card_now() - last_tick >= period()) {
        last_tick = card_now();
        *reg_at(IRQ_STATUS) |= IRQ_TIMER;
    }
}

static void tick(void *unused);
static void run_timer(void)
{
    if (ticking || !timed() || !(*reg_at(IRQ_MASK) & IRQ_TIMER))
        return;
    ticking = true;
    after(period(), tick, NULL);
}

static void tick(void *unused)
{
    (void)unused;
    ticking = false;
    last_tick = card_now();
    nv_raise(IRQ_TIMER);
    run_timer();
}

static void link_event(void)
{
    if (*reg_at(MII_STATUS) & *reg_at(MII_MASK) & MII_LINK_CHANGED)
        nv_raise(IRQ_LINK);
}

static void link_changed(void)
{
    if (!(*reg_at(ADAPTER_CONTROL) & ADAPTER_RUNNING))
        return;
    *reg_at(MII_STATUS) |= MII_LINK_CHANGED;
    link_event();
}

static bool page_read(struct phy *phy, unsigned reg, uint16_t *value)
{
    (void)phy;
    if (!page && reg < 16)
        return false;
    *value = reg == 31 ? page : pages[page % PHY_PAGES][reg];
    return true;
}

static bool page_write(struct phy *phy, unsigned reg, uint16_t value)
{
    (void)phy;
    if (!page && reg < 16)
        return false;
    if (reg == 31)
        page = value;
    else
        pages[page % PHY_PAGES][reg] = value;
    return true;
}

static void mii_done(void *unused)
{
    uint32_t command = *reg_at(MII_CONTROL);
    bool there = (command >> 5 & 31) == PHY_ADDRESS &&
                 !(nv.flags & POWER && *reg_at(POWER_STATE2) & PHY_OFF);

    (void)unused;
    *reg_at(MII_CONTROL) &= ~(uint32_t)MII_INUSE;
    if (command & MII_WRITE) {
        if (there)
            phy_write(&nv.phy, command & 31, (uint16_t)*reg_at(MII_DATA));
        return;
    }
    *reg_at(MII_DATA) = there ? phy_read(&nv.phy, command & 31) : 0xffff;
    if (!there)
        *reg_at(MII_STATUS) |= MII_ERROR;
}

/* With INUSE in it, a command ends the one before; without, it begins one. */
static void mii_command(uint32_t value)
{
    if (!(value & MII_INUSE) && *reg_at(MII_CONTROL) & MII_INUSE) {
        fault("MIIControl %x while a command is on its way", value);
        return;
    }
    not_after(mii_done, NULL);
    *reg_at(MII_CONTROL) = value & ~(uint32_t)MII_INUSE;
    if (value & MII_INUSE)
        return;
    *reg_at(MII_CONTROL) |= MII_INUSE;
    after(500 * MICROSECOND, mii_done, NULL);
}

static void rings_known(void *unused)
{
    (void)unused;
    *reg_at(SETUP5) |= SETUP5_DONE;
}

static void check_rings(void)
{
    uint32_t format = *reg_at(TXRX_CONTROL) & TXRX_FORMAT;
    uint32_t mask = format == FORMAT_3 ? 15 : 7;

    if (format != FORMAT_1 && format != FORMAT_2 && format != FORMAT_3)
        fault("TxRxControl %x: no such format", *reg_at(TXRX_CONTROL));
    if (format == FORMAT_3 ? !(nv.flags & HIGH_DMA) : format == FORMAT_2 && !(nv.flags & LARGE))
        fault("TxRxControl %x: a format that this chip has not", *reg_at(TXRX_CONTROL));
    if ((*reg_at(TX_RING) | *reg_at(RX_RING)) & mask)
        fault("rings at %x and %x are not aligned", *reg_at(TX_RING), *reg_at(RX_RING));
    if (!*reg_at(TX_RING) || !*reg_at(RX_RING))
        fault("rings are used before they are set");
}

static void write_txrx(uint32_t value)
{
    *reg_at(TXRX_CONTROL) = value & ~(uint32_t)(TXRX_KICK | TXRX_RINGS);
    if (value & TXRX_RESET) {
        nv_rings_reset();
        *reg_at(SETUP5) &= ~SETUP5_DONE;
        return;
    }
    if (value & (TXRX_RINGS | TXRX_KICK))
        check_rings();
    if (value & TXRX_RINGS)
        after(MILLISECOND, rings_known, NULL);
    if (value & TXRX_KICK)
        nv_tx_kick();
}

static void load_mac(void)
{
    uint8_t mac[8] = {0};

    for (unsigned i = 0; i < 6; i++)
        mac[i] = nv.flags & MAC_IN_ORDER ? card_mac[i] : card_mac[5 - i];
    memcpy(reg_at(MAC_A), mac, 8);
}

static void write_control(uint32_t reg, uint32_t value)
{
    *reg_at(reg) = value;
    if (!(value & START))
        nv_rings_stopped();
    else if (reg == TX_CONTROL)
        nv_tx_start();
}

static uint32_t nforce_read(unsigned bar, uint32_t reg, unsigned size)
{
    uint32_t value;

    (void)bar;
    if (size != 4 || reg % 4 || !exists(reg)) {
        fault("%03x is read with %u bytes%s", reg, size, exists(reg) ? "" : ", where nothing is");
        return ~0u;
    }
    if (reg == IRQ_STATUS)
        look_at_timer();
    value = *reg_at(reg);
    if (reg == TXRX_CONTROL)
        return value | TXRX_IDLE;
    if (reg >= COUNTERS && reg < COUNTERS_END)
        *reg_at(reg) = 0;
    return value;
}

static void write_register(uint32_t reg, uint32_t value)
{
    switch (reg) {
    case IRQ_STATUS:
    case MII_STATUS:
    case TX_STATUS:
    case RX_STATUS:
        *reg_at(reg) &= ~value;
        break;
    case TX_CONTROL:
    case RX_CONTROL:
        write_control(reg, value);
        break;
    case TXRX_CONTROL:
        write_txrx(value);
        break;
    case MII_CONTROL:
        mii_command(value);
        break;
    case MAC_RESET:
        *reg_at(reg) = value;
        if (value == MAC_RESETS)
            *reg_at(MAC_A) = *reg_at(MAC_B) = *reg_at(TRANSMIT_POLL) = 0;
        break;
    case LINK_SPEED:
        if (*reg_at(RX_CONTROL) & START && value != *reg_at(reg))
            fault("LinkSpeed is written while the receiver runs");
        *reg_at(reg) = value;
        break;
    case SETUP5:
        break;
    default:
        *reg_at(reg) = value;
    }
}

static void nforce_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    (void)bar;
    if (size != 4 || reg % 4 || !exists(reg)) {
        fault("%03x is written with %u bytes%s", reg, size,
              exists(reg) ? "" : ", where nothing is");
        return;
    }
    write_register(reg, value);
    drive();
    run_timer();
    if (reg == MII_MASK)
        link_event();
}

static void cable(void)
{
    phy_cable(&nv.phy);
}

static void power_on(unsigned flags, uint32_t phy_id)
{
    memset(&nv, 0, sizeof nv);
    memset(pages, 0, sizeof pages);
    page = 0;
    ticking = false;
    nv.flags = flags;
    nv.phy = (struct phy){.id1 = (uint16_t)(phy_id >> 16),
                          .id2 = (uint16_t)phy_id,
                          .gigabit = flags & RGMII,
                          .changed = link_changed,
                          .vendor_read = page_read,
                          .vendor_write = page_write};
    *reg_at(PHY_INTERFACE) = flags & RGMII ? INTERFACE_RGMII : 0;
    *reg_at(POWER_STATE2) = flags & POWER ? POWERED_DOWN : 0;
    load_mac();
    nv_rings_reset();
    phy_reset(&nv.phy);
}

/* Power management 1.2. */
static const uint8_t caps[] = {0x01, 0x00, 0x02, 0x00, 0, 0, 0, 0};
static const uint8_t caps_writable[sizeof caps] = {[4] = 3};

enum { RTL8201 = 0x00008201, RTL8211B = 0x001cc912, MARVELL = 0x01410cc2, VITESSE = 0x00070421 };

#define VARIANT(symbol, id, rev, phy_id, flags_)                                           \
    static void symbol##_reset(void)                                                       \
    {                                                                                      \
        power_on(flags_, phy_id);                                                          \
    }                                                                                      \
    static const struct chip symbol = {.name = #symbol,                                    \
                                       .vendor = 0x10de,                                   \
                                       .device = id,                                       \
                                       .sub_vendor = 0x10de,                               \
                                       .sub_device = 0xcb84,                               \
                                       .revision = rev,                                    \
                                       .bars = {{WINDOW, false, false}, {8, true, false}}, \
                                       .capabilities = caps,                               \
                                       .writable = caps_writable,                          \
                                       .capabilities_size = sizeof caps,                   \
                                       .speed = (flags_)&RGMII ? 1000 : 100,               \
                                       .reset = symbol##_reset,                            \
                                       .read = nforce_read,                                \
                                       .write = nforce_write,                              \
                                       .receive = nv_rx_frame,                             \
                                       .ready = nv_rx_ready,                               \
                                       .cable = cable};                                    \
    CHIP(symbol)

enum { SECOND = LARGE | SUMS | RGMII, CK804 = SECOND | HIGH_DMA };
enum { MCP = HIGH_DMA | POWER, LATE_MCP = MCP | MAC_IN_ORDER };

VARIANT(nforce, 0x01c3, 0xc2, RTL8201, 0);
VARIANT(nforce2, 0x0066, 0xa1, RTL8201, 0);
VARIANT(nforce3, 0x00d6, 0xa5, RTL8201, 0);
VARIANT(nforce3_250, 0x00df, 0xa2, MARVELL, SECOND);
VARIANT(ck804, 0x0057, 0xa3, VITESSE, CK804);
VARIANT(mcp04, 0x0037, 0xa2, MARVELL, CK804);
VARIANT(mcp51, 0x0269, 0xa1, MARVELL, MCP | RGMII);
VARIANT(mcp55, 0x0373, 0xa2, MARVELL, MCP | CK804 | TAGS);
VARIANT(mcp61, 0x03ef, 0xa2, RTL8201, LATE_MCP);
VARIANT(mcp65, 0x0450, 0xa3, MARVELL, LATE_MCP | LARGE | RGMII);
VARIANT(mcp67, 0x054c, 0xa2, MARVELL, LATE_MCP | RGMII);
VARIANT(mcp73, 0x07dc, 0xa2, RTL8211B, LATE_MCP | RGMII);
VARIANT(mcp77, 0x0760, 0xa2, RTL8211B, LATE_MCP | SUMS | RGMII);
VARIANT(mcp79, 0x0ab0, 0xb1, RTL8211B, LATE_MCP | LARGE | SUMS | RGMII);
VARIANT(mcp89, 0x0d7d, 0xa2, RTL8211B, LATE_MCP | LARGE | SUMS | RGMII);
