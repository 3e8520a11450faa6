/* SPDX-License-Identifier: BSD-2-Clause */
/* Broadcom BCM4401 (revision B0) with its PHY: three cores on a Sonics backplane, one of which the
 * first half of BAR 0 shows; the other half has the words of the SPROM.
 *
 * There is no public document. Registers are as Linux's b44 and ssb, FreeBSD's bfe and iPXE's b44
 * use them. What they say by what they do: a core has to run before its registers are touched;
 * DMA reaches the first gigabyte of memory, at 40000000h of the backplane; both ways to let
 * interrupts through to PCI work, that of old PCI cores (iPXE, bfe) and that of new ones (Linux).
 */
#include "b44.h"

#include <string.h>

enum { ETHERNET, CODEC, PCI, CORES };
enum { BACKPLANE = 0x18000000, WINDOW = 0x80, IRQ_MASK = 0x94, PINS_IN = 0xb0 };
enum { CONFIG_BASE = 0x40, CONFIG_END = 0xbc, PIN_CRYSTAL = 0x40 };
/* Registers that every core has. */
enum { AGENT = 0xf00, TPSFLAG = 0xf18, IMSTATE = 0xf90, INTVEC = 0xf94, TMSLOW = 0xf98 };
enum { TMSHIGH = 0xf9c, IDLOW = 0xff8, IDHIGH = 0xffc };
enum { TM_RESET = 1, TM_REJECT = 2, TM_CLOCK = 0x10000, TMHIGH_BUSY = 4, INITIATOR = 0x80 };
enum { FLAG_ETHERNET = 1, PCI_SPROM = 0x800, PCI_SPROM_END = 0x880 };
enum { SPROM_WORDS = 64, SPROM_MAC = 39, SPROM_PHY = 45, SPROM_LAST = 63, NO_PHY = 31 };
enum { BUSY_TIME = 10 * MICROSECOND };

struct b44 b44;

static const uint32_t ids[CORES] = {0x42438067, 0x42438073, 0x4243804a};
static struct {
    uint32_t agent[CORES][(CORE_SIZE - AGENT) / 4];
    uint32_t pci[PCI_SPROM / 4];
    uint16_t sprom[SPROM_WORDS];
    bool busy; /* the Ethernet core has transactions on the backplane */
} s;

static uint32_t *agent(unsigned core, uint32_t reg)
{
    return &s.agent[core][(reg - AGENT) / 4];
}

static bool runs(unsigned core)
{
    return (*agent(core, TMSLOW) & (TM_RESET | TM_REJECT | TM_CLOCK)) == TM_CLOCK;
}

void b44_interrupt(uint32_t bits)
{
    bool through =
        *agent(PCI, INTVEC) & 1 << FLAG_ETHERNET || config_get(IRQ_MASK, 4) & 0x100 << ETHERNET;

    b44.regs[ISTAT / 4] |= bits;
    irq(through && runs(ETHERNET) && b44.regs[ISTAT / 4] & b44.regs[IMASK / 4]);
}

/* --- SPROM */
static uint8_t crc8(uint8_t crc, uint8_t byte)
{
    crc ^= byte;
    for (unsigned i = 0; i < 8; i++)
        crc = crc >> 1 ^ (crc & 1 ? 0xab : 0);
    return crc;
}

static void fill_sprom(void)
{
    uint16_t *words = s.sprom;
    uint8_t crc = 0xff;

    words[0] = PCI << 12;
    words[2] = config_get(0x2e, 2);
    words[3] = config_get(0x2c, 2);
    for (unsigned i = 0; i < 3; i++)
        words[SPROM_MAC + i] = card_mac[2 * i] << 8 | card_mac[2 * i + 1];
    words[SPROM_PHY] = NO_PHY << 5 | 1;
    words[SPROM_LAST] = 1;
    for (unsigned i = 0; i < SPROM_LAST; i++)
        crc = crc8(crc8(crc, words[i]), words[i] >> 8);
    crc = ~crc8(crc, words[SPROM_LAST]);
    words[SPROM_LAST] |= crc << 8;
}

/* --- the part of each core that the backplane sees */
static void core_reset(void)
{
    b44_dma_reset();
    b44_emac_reset(false);
    b44_interrupt(0);
}

static void idle(void *argument)
{
    s.busy = false;
}

static void write_state(unsigned core, uint32_t value)
{
    uint32_t *state = agent(core, TMSLOW), before = *state;

    *state = value;
    if (core != ETHERNET)
        return;
    if (value & TM_REJECT && !(before & TM_REJECT) && value & TM_CLOCK) {
        s.busy = true;
        not_after(idle, NULL);
        after(BUSY_TIME, idle, NULL);
    }
    if (!(value & TM_RESET))
        return;
    if (!(before & (TM_RESET | TM_REJECT)))
        fault("the Ethernet core is reset, and not told to reject requests before");
    else if (!(before & TM_RESET) && s.busy)
        fault("the Ethernet core is reset while it is busy");
    core_reset();
}

static uint32_t read_agent(unsigned core, uint32_t reg)
{
    uint32_t value = *agent(core, reg);

    if (reg == IDHIGH)
        return ids[core];
    if (reg == IDLOW)
        return core == CODEC ? 0 : INITIATOR;
    if (reg == TPSFLAG)
        return core == ETHERNET ? FLAG_ETHERNET : core;
    if (reg == TMSHIGH)
        return value | (core == ETHERNET && s.busy ? TMHIGH_BUSY : 0);
    return value;
}

static void write_agent(unsigned core, uint32_t reg, uint32_t value)
{
    if (reg == TMSLOW)
        write_state(core, value);
    else
        *agent(core, reg) = value;
    b44_interrupt(0);
}

/* --- registers */
static bool is_mib(uint32_t reg)
{
    return (reg >= MIB_TX && reg < MIB_TX_END) || (reg >= MIB_RX && reg < MIB_RX_END);
}

/* Registers that drivers know. */
static bool exists(uint32_t reg)
{
    static const struct {
        uint16_t first, last;
    } ranges[] = {
        {DEVCTRL, DEVCTRL},      {BIST, WAKE_LENGTH},  {ISTAT, GPTIMER},
        {ADDR_LO, FILTER_DATA},  {TX_BURST, MAC_FLOW}, {RCV_LAZY, RCV_LAZY},
        {DMATX_CTRL, FIFO_DATA}, {RXCONFIG, TXMAXLEN}, {MDIO_CTRL, MIB_CTRL},
    };

    for (unsigned i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
        if (reg >= ranges[i].first && reg <= ranges[i].last)
            return true;
    return is_mib(reg);
}

/* Whether the core answers; a machine would hang or get garbage otherwise. */
static bool answers(unsigned core, uint32_t reg, unsigned size, const char *what)
{
    if (size != 4 || reg % 4)
        fault("register %#x is %s with %u bytes", reg, what, size);
    else if (core == ETHERNET && !runs(core))
        fault("register %#x is %s while the core has no clock or is in reset", reg, what);
    else if (core == ETHERNET ? !exists(reg) : core == CODEC || reg >= PCI_SPROM)
        fault("register %#x of core %u is %s, and there is none", reg, core, what);
    else
        return true;
    return false;
}

static uint32_t read_ethernet(uint32_t reg)
{
    if (reg >= RXCONFIG)
        return b44_emac_read(reg);
    if (reg >= DMATX_CTRL)
        return b44_dma_read(reg);
    return b44.regs[reg / 4];
}

static void write_ethernet(uint32_t reg, uint32_t value)
{
    if (reg >= RXCONFIG || reg == DEVCTRL)
        b44_emac_write(reg, value);
    else if (reg >= DMATX_CTRL)
        b44_dma_write(reg, value);
    else if (reg == ISTAT)
        b44.regs[reg / 4] &= ~value;
    else
        b44.regs[reg / 4] = value;
    if (reg == MAC_CTRL)
        b44_phy_power(value & MAC_CTRL_PHY_DOWN);
    b44_interrupt(0);
}

/* The core that the window shows; CORES when there is none. */
static unsigned shown(void)
{
    uint32_t at = config_get(WINDOW, 4) - BACKPLANE;

    return at / CORE_SIZE < CORES && at % CORE_SIZE == 0 ? at / CORE_SIZE : CORES;
}

static uint32_t read_sprom(uint32_t at, unsigned size)
{
    uint32_t value = 0;

    if (size == 1 || at % 2 || at + size > sizeof(s.sprom))
        fault("the SPROM is read at %#x with %u bytes", at, size);
    else
        memcpy(&value, (uint8_t *)s.sprom + at, size);
    return value;
}

static uint32_t b44_read(unsigned bar, uint32_t reg, unsigned size)
{
    unsigned core = shown();

    if (reg >= CORE_SIZE)
        return read_sprom(reg - CORE_SIZE, size);
    if (core == PCI && reg >= PCI_SPROM && reg < PCI_SPROM_END)
        return read_sprom(reg - PCI_SPROM, size);
    if (core == CORES)
        fault("the window is at %#x, where no core is", config_get(WINDOW, 4));
    else if (reg >= AGENT && size == 4 && reg % 4 == 0)
        return read_agent(core, reg);
    else if (answers(core, reg, size, "read"))
        return core == ETHERNET ? read_ethernet(reg) : s.pci[reg / 4];
    return ~0u;
}

static void b44_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    unsigned core = shown();

    if (reg >= CORE_SIZE)
        fault("the SPROM is written");
    else if (core == CORES)
        fault("the window is at %#x, where no core is", config_get(WINDOW, 4));
    else if (reg >= AGENT && size == 4 && reg % 4 == 0)
        write_agent(core, reg, value);
    else if (!answers(core, reg, size, "written"))
        return;
    else if (core == ETHERNET)
        write_ethernet(reg, value);
    else
        s.pci[reg / 4] = value;
}

static void b44_configured(unsigned reg)
{
    if (reg / 4 == IRQ_MASK / 4)
        b44_interrupt(0);
}

static void b44_cable(void)
{
    phy_cable(&b44.phy);
}

static void b44_reset(void)
{
    memset(&b44, 0, sizeof(b44));
    memset(&s, 0, sizeof(s));
    fill_sprom();
    *agent(ETHERNET, TMSLOW) = *agent(CODEC, TMSLOW) = TM_RESET;
    *agent(PCI, TMSLOW) = TM_CLOCK;
    b44_dma_reset();
    b44_emac_reset(true);
    b44_interrupt(0);
}

#define AT(reg) ((reg)-CONFIG_BASE)

/* Power management, and from 80h on the windows, interrupts and pins. The crystal runs. */
static const uint8_t capabilities[CONFIG_END - CONFIG_BASE] = {
    1, 0, 0x02, 0xfe, [AT(WINDOW) + 3] = 0x18, [AT(PINS_IN)] = PIN_CRYSTAL};
static const uint8_t writable[CONFIG_END - CONFIG_BASE] = {
    [AT(0x44)] = 0x03,
    [AT(0x45)] = 0x01,
    [AT(WINDOW) + 1] = 0xf0,
    [AT(WINDOW) + 2 ... AT(WINDOW) + 3] = 0xff,
    [AT(IRQ_MASK)... AT(IRQ_MASK) + 3] = 0xff,
    [AT(PINS_IN) + 4] = 0xff,
    [AT(PINS_IN) + 8] = 0xff,
};

static const struct chip bcm4401 = {
    .name = "bcm4401",
    .vendor = 0x14e4,
    .device = 0x170c,
    .sub_vendor = 0x1028,
    .sub_device = 0x8127,
    .revision = 0x02,
    .speed = 100,
    .bars = {{.size = 2 * CORE_SIZE}},
    .capabilities = capabilities,
    .writable = writable,
    .capabilities_size = sizeof(capabilities),
    .reset = b44_reset,
    .read = b44_read,
    .write = b44_write,
    .receive = b44_receive,
    .ready = b44_ready,
    .cable = b44_cable,
    .configured = b44_configured,
};
CHIP(bcm4401);
