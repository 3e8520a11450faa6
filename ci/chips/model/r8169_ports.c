/* SPDX-License-Identifier: BSD-2-Clause */
/* RTL8169 family: what lies behind a command register with a flag in bit 31. To write, it is set in
 * the command and the chip clears it when done; to read, it is clear and the chip sets it. */
#include "r8169.h"

#include <string.h>

struct port {
    uint8_t command, data; /* registers; data 0: in the low half of the command */
    uint16_t us;           /* longest time */
    unsigned needs;        /* flags, one of which the variant has */
    uint32_t (*read)(uint32_t command);
    void (*write)(uint32_t command, uint32_t value);
};
enum { FLAG = 1u << 31, PAGES = 0x1000, STANDARD_PAGE = 0xa40 };

static struct {
    uint16_t paged[PAGES][32], page, mac_at;
    uint16_t mac[0x8000];
    uint32_t eri[4][0x400], csi[0x400], oob[0x400];
    uint16_t ephy[128];
    uint32_t running; /* one bit for each port */
} hidden;

/* Pages A40h to A43h are the standard registers, 8 in each. */
static uint16_t *paged(unsigned page, unsigned reg)
{
    return &hidden.paged[page % PAGES][reg];
}

static uint16_t physr(void)
{
    unsigned speed = rtl.phy.speed == 1000 ? 0x20 : rtl.phy.speed == 100 ? 0x10 : 0;

    return rtl.phy.link ? (uint16_t)(4 | rtl.phy.full << 3 | speed) : 0;
}

bool rtl_phy_page_read(struct phy *phy, unsigned reg, uint16_t *value)
{
    unsigned page = hidden.page;

    if (reg == 31) {
        *value = hidden.page;
        return true;
    }
    if (page >= STANDARD_PAGE && page < STANDARD_PAGE + 4 && reg >= 16) {
        reg = (page - STANDARD_PAGE) * 8 + reg - 16;
        page = 0;
    }
    if (!page && reg < 16 && (reg != 14 || !(phy->regs[13] >> 14)))
        return false;
    if (!page && reg == 26 && has(OCP))
        *value = physr();
    else if (!page && reg == 14)
        *value = 0; /* MMD registers: no energy-efficient Ethernet */
    else if (page == 5 && reg == 6 && *paged(5, 5) == 0x1b)
        *value = rtl.is->patchable;
    else
        *value = *paged(page, reg);
    return true;
}

bool rtl_phy_page_write(struct phy *phy, unsigned reg, uint16_t value)
{
    (void)phy;
    if (reg == 31) {
        hidden.page = value;
        return true;
    }
    if (!hidden.page && reg < 16)
        return false;
    *paged(hidden.page, reg) = value;
    return true;
}

static uint32_t phyar_read(uint32_t command)
{
    return phy_read(&rtl.phy, command >> 16 & 31);
}

static void phyar_write(uint32_t command, uint32_t value)
{
    phy_write(&rtl.phy, command >> 16 & 31, (uint16_t)value);
}

/* OCP addresses of the PHY: page and register, and for the standard registers A400h + 2 * n. The
 * page register has no part in it. */
static uint32_t phy_ocp(uint32_t command, bool write, uint16_t value)
{
    unsigned address = command >> 15 & 0xfffe, kept = hidden.page;
    uint16_t result = 0;

    hidden.page = (uint16_t)(address >> 4);
    if (address >= 0xa400 && address < 0xa420) {
        hidden.page = 0;
        if (write)
            phy_write(&rtl.phy, (address - 0xa400) / 2, value);
        else
            result = phy_read(&rtl.phy, (address - 0xa400) / 2);
    } else if (write) {
        rtl_phy_page_write(&rtl.phy, 16 + (address >> 1 & 7), value);
    } else {
        rtl_phy_page_read(&rtl.phy, 16 + (address >> 1 & 7), &result);
    }
    hidden.page = (uint16_t)kept;
    return result;
}

static uint32_t gphy_read(uint32_t command)
{
    return phy_ocp(command, false, 0);
}

static void gphy_write(uint32_t command, uint32_t value)
{
    phy_ocp(command, true, (uint16_t)value);
}

static uint32_t ephy_read(uint32_t command)
{
    return hidden.ephy[command >> 16 & 127];
}

static void ephy_write(uint32_t command, uint32_t value)
{
    hidden.ephy[command >> 16 & 127] = (uint16_t)value;
}

static uint32_t efuse_read(uint32_t command)
{
    (void)command;
    return 0xff; /* nothing is burnt */
}

static void efuse_write(uint32_t command, uint32_t value)
{
    fault("EFUSE %x is written (%x)", command, value);
}

static uint32_t csi_read(uint32_t command)
{
    return hidden.csi[command >> 2 & 0x3ff];
}

/* Bits 15 to 12 of a command say which bytes are meant. */
static void merge(uint32_t *old, uint32_t command, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        if (command >> (12 + i) & 1)
            *old = (*old & ~(0xffu << 8 * i)) | (value & 0xffu << 8 * i);
}

static void csi_write(uint32_t command, uint32_t value)
{
    merge(&hidden.csi[command >> 2 & 0x3ff], command, value);
}

static uint32_t eri_read(uint32_t command)
{
    if (command & 3)
        fault("ERI %x is not aligned", command & 0xfff);
    return hidden.eri[command >> 16 & 3][command >> 2 & 0x3ff];
}

static void eri_write(uint32_t command, uint32_t value)
{
    if (command & 3 || !(command & 0xf000))
        fault("ERI %x is written with mask %x", command & 0xfff, command >> 12 & 15);
    merge(&hidden.eri[command >> 16 & 3][command >> 2 & 0x3ff], command, value);
}

static uint32_t oob_read(uint32_t command)
{
    return hidden.oob[command >> 2 & 0x3ff];
}

static void oob_write(uint32_t command, uint32_t value)
{
    merge(&hidden.oob[command >> 2 & 0x3ff], command, value);
}

static const struct port ports[] = {
    {PHYAR, 0, 100, ~0u, phyar_read, phyar_write},
    {CSIAR, CSIDR, 100, PCIE, csi_read, csi_write},
    {EPHYAR, 0, 100, PCIE, ephy_read, ephy_write},
    {ERIAR, ERIDR, 100, ERI, eri_read, eri_write},
    {GPHY_OCP, 0, 50, OCP, gphy_read, gphy_write},
    {OCPAR, OCPDR, 100, DASH_DP, oob_read, oob_write},
    {EFUSEAR, 0, 100, EFUSE, efuse_read, efuse_write},
};
enum { PORTS = sizeof ports / sizeof *ports };

static void finish(void *which)
{
    const struct port *port = which;
    uint32_t command = reg_get(port->command, 4);
    unsigned data = port->data ? port->data : port->command, size = port->data ? 4 : 2;

    hidden.running &= ~(1u << (port - ports));
    if (command & FLAG)
        port->write(command, reg_get(data, size));
    else
        reg_set(data, port->read(command), size);
    reg_set(port->command, reg_get(port->command, 4) ^ FLAG, 4);
}

bool rtl_port_command(unsigned reg, uint32_t command)
{
    for (unsigned i = 0; i < PORTS; i++) {
        if (ports[i].command != reg || !(rtl.is->flags & ports[i].needs))
            continue;
        if (hidden.running >> i & 1) {
            fault("command %x to %02x while it has one", command, reg);
            return true;
        }
        reg_set(reg, command, 4);
        hidden.running |= 1u << i;
        after(ports[i].us * MICROSECOND, finish, (void *)&ports[i]);
        return true;
    }
    return false;
}

static void list_ready(void *unused)
{
    (void)unused;
    rtl.regs[MCU] |= MCU_READY;
}

void rtl_mac_ocp_write(uint32_t command)
{
    unsigned at = command >> 16 & 0x7fff;

    hidden.mac_at = (uint16_t)at;
    if (!(command & FLAG))
        return;
    hidden.mac[at] = (uint16_t)command;
    if (at == 0xe8de / 2) { /* the FIFO's list of free blocks is made anew */
        rtl.regs[MCU] &= (uint8_t)~MCU_READY;
        after(100 * MICROSECOND, list_ready, NULL);
    }
}

uint32_t rtl_mac_ocp_read(void)
{
    return (uint32_t)hidden.mac_at << 16 | hidden.mac[hidden.mac_at];
}

void rtl_ports_load_mac(const uint8_t *mac)
{
    hidden.eri[0][0xe0 / 4] =
        (uint32_t)mac[3] << 24 | (uint32_t)mac[2] << 16 | mac[1] << 8 | mac[0];
    hidden.eri[0][0xe4 / 4] = mac[5] << 8 | mac[4];
}

void rtl_ports_reset(void)
{
    memset(&hidden, 0, sizeof hidden);
    rtl_ports_load_mac(card_mac);
}
