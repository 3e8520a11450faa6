/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of the model of the RTL8169 family: r8169.c has the registers and the variants,
 * r8169_rings.c moves frames, r8169_ports.c has what lies behind address and data registers.
 *
 * Facts come from Realtek's datasheet of the RTL8169S, registers and descriptors; for everything
 * from the RTL8168 on, which has no public document, from what the drivers of Linux (r8169, 6.1),
 * FreeBSD (re) and iPXE (realtek) do and wait for. */
#ifndef R8169_H
#define R8169_H

#include "../chip.h"
#include "../eeprom.h"
#include "../phy.h"

enum {
    IDR0 = 0x00,
    MAR0 = 0x08,
    DTCCR = 0x10,
    TNPDS = 0x20,
    CR = 0x37,
    TPPOLL = 0x38,
    IMR = 0x3c,
    ISR = 0x3e,
    TCR = 0x40,
    RCR = 0x44,
    MPC = 0x4c,
    EECR = 0x50, /* 9346CR */
    CONFIG1 = 0x52,
    CONFIG5 = 0x56,
    PHYAR = 0x60,
    CSIDR = 0x64,
    CSIAR = 0x68,
    PHYSTATUS = 0x6c,
    ERIDR = 0x70,
    ERIAR = 0x74,
    EPHYAR = 0x80,
    OCPDR = 0xb0,
    OCPAR = 0xb4,
    GPHY_OCP = 0xb8,
    MCU = 0xd3,
    RMS = 0xda,
    EFUSEAR = 0xdc,
    CPCR = 0xe0, /* C+CR */
    RDSAR = 0xe4,
    MISC = 0xf0,
    IBCR2 = 0xf9,
    IBISR0 = 0xfb,
};
enum { CR_RESET = 0x10, CR_RE = 8, CR_TE = 4 };
enum { POLL_NORMAL = 0x40 };
enum {
    INT_ROK = 1,
    INT_TOK = 4,
    INT_RDU = 0x10,
    INT_LINK = 0x20,
    INT_FOVW = 0x40,
    INT_TDU = 0x80,
    INT_SOFTWARE = 0x100
};
enum { TCR_EMPTY = 1 << 11 };
enum { MCU_OOB = 0x80, MCU_EMPTY = 0x30, MCU_READY = 2 };
enum { RXDV_GATED = 1 << 19 };
enum { CPCR_UNTAG = 0x40, CPCR_SUMS = 0x20, CPCR_DAC = 0x10 };

/* What the generations differ in. */
enum {
    PCI_CHIP = 1,  /* conventional PCI: RTL8169, RTL8110 */
    PCIE = 2,      /* all others; their hash filter has its bytes in reverse order */
    LATE_CONF = 4, /* TCR and RCR take what is written only while TE or RE is set */
    SUMS_2 = 8,    /* checksum bits of the RTL8168C and RTL8102E on, in the second dword */
    ERI = 16,      /* extended registers at 70h */
    OCP = 32,      /* RTL8168G on: PHY and MAC microcode behind OCP, gate before the receiver */
    EFUSE = 64,
    DASH_DP = 128,   /* management processor, RTL8168DP's way */
    DASH_EP = 256,   /* RTL8168EP's way */
    ERI_MAC = 512,   /* the address is in ERI E0h, too */
    BAD_PAD = 1024,  /* fills short frames up with what was there */
    FAST_ONLY = 2048 /* no 1000BASE-T */
};

struct variant {
    uint16_t xid; /* bits 31:20 of TCR */
    uint32_t phy_id;
    uint16_t patchable; /* what PHY page 5, parameter 1Bh shows; RTL8168D */
    unsigned flags;
};

struct rtl {
    const struct variant *is;
    uint8_t regs[256];
    struct phy phy;
    struct eeprom eeprom;
    bool resetting;
};
extern struct rtl rtl;

static inline uint32_t reg_get(unsigned reg, unsigned size)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < size; i++)
        value |= (uint32_t)rtl.regs[reg + i] << 8 * i;
    return value;
}
static inline void reg_set(unsigned reg, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        rtl.regs[reg + i] = (uint8_t)(value >> 8 * i);
}
static inline bool has(unsigned flags)
{
    return rtl.is->flags & flags;
}
void rtl_raise(unsigned events);

void rtl_ports_reset(void);
/* Whether `reg` is the command register of a port; then the command has begun. */
bool rtl_port_command(unsigned reg, uint32_t command);
/* RTL8168G on: the MAC's own OCP registers answer at once. */
void rtl_mac_ocp_write(uint32_t command);
uint32_t rtl_mac_ocp_read(void);
/* PHY registers 16 to 31 and those of other pages: hooks of struct phy. */
bool rtl_phy_page_read(struct phy *phy, unsigned reg, uint16_t *value);
bool rtl_phy_page_write(struct phy *phy, unsigned reg, uint16_t value);
/* Where the RTL8168F and later have their address from. */
void rtl_ports_load_mac(const uint8_t *mac);

/* Software reset: FIFOs are empty, both rings begin at their start. Or power-on. */
void rtl_rings_reset(bool power);
/* CR has changed: what is off does nothing more. */
void rtl_rings_idle(void);
void rtl_rx_ring_set(void);
void rtl_tx_ring_set(void);
void rtl_tx_poll(void);
void rtl_count_frames(uint32_t command); /* DTCCR */
bool rtl_rx_ready(void);
void rtl_rx_frame(const uint8_t *frame, size_t len);

#endif
