/* SPDX-License-Identifier: BSD-2-Clause */
/* What the drivers of Atheros's gigabit families share. A driver file says how its chips differ.
 *
 * All have the PHY, its interface, the MAC's control and the address at the same registers
 * (atheros_phy.c); alx and atl1c have their rings alike, too (atheros.c). */
#ifndef ATHEROS_H
#define ATHEROS_H

#include "net_driver.h"
#include "platform/bios/io.h"

/* A register and what goes into it. With ATHEROS_SET or ATHEROS_CLEAR these bits of it are set or
 * cleared. For the PHY, `at` is a register of the debug port, or one of an MMD (IEEE 802.3 clause
 * 45), which can only be written. A list ends with ATHEROS_END. */
struct atheros_setting {
    uint32_t at, value;
};
#define ATHEROS_END      (~0u)
#define ATHEROS_CLEAR    (1u << 31)
#define ATHEROS_SET      (1u << 30)
#define ATHEROS_MMD(dev) ((uint32_t)(dev) << 16)

struct atheros_chip {
    const struct atheros_setting *start,  /* before the address is read; NULL: nothing to do */
        *phy, *phy_more, *mac, *mac_more; /* after resets of PHY and MAC; likewise */
    uint32_t mac_control, tx_control;     /* besides what all have: of MAC_CTRL, TXQ */
    uint16_t phy_control;                 /* likewise, of PHY_CTRL */
    bool has_flash;                       /* with an address, if the fuses have none */
};

/* The card that is driven. */
struct atheros {
    const struct atheros_chip *chip;
    volatile uint8_t *mmio;
};
extern struct atheros atheros;

/* Registers that all have. */
enum {
    ATHEROS_MASTER = 0x1400, /* bit 0: reset of the MAC */
    ATHEROS_STATUS = 0x1410, /* what is not idle */
    ATHEROS_MAC = 0x1480,
    ATHEROS_MTU = 0x149c,
    ATHEROS_LOAD = 0x1534, /* take addresses of rings over */
    ATHEROS_DMA = 0x15c0,
    ATHEROS_ISR = 0x1600,
    ATHEROS_IMR = 0x1604,
};
enum { ATHEROS_LARGEST = 1522, ATHEROS_FCS = 4, ATHEROS_ISR_RX = 1 << 16 };
/* Reads out of order and before descriptors, of 512 bytes at most; delays. */
enum { ATHEROS_DMA_DEFAULT = 4 << 16 | 15 << 11 | 1 << 10 | 2 << 4 | 4 };

static inline uint32_t atheros_read(unsigned reg)
{
    return mmio_read32(atheros.mmio, reg);
}

static inline void atheros_write(unsigned reg, uint32_t value)
{
    mmio_write32(atheros.mmio, reg, value);
}

void atheros_apply(const struct atheros_setting *set);
/* Finds the registers. False: there are none. */
bool atheros_map(struct nic *nic, const struct atheros_chip *chip);
/* Resets the PHY, and has it negotiate. It waits for nothing more. */
void atheros_start_phy(bool gigabit);
/* Reads the address, if need be after it was loaded. E_NO_NIC: there is none. */
int atheros_read_address(uint8_t *mac);
void atheros_write_address(const uint8_t *mac);

/* As in struct net_driver. */
int atheros_probe(struct nic *nic, const struct atheros_chip *chip);
int atheros_open(struct nic *nic);
int atheros_poll(struct nic *nic, void *buf, size_t cap);
int atheros_transmit(struct nic *nic, const void *frame, size_t len);
bool atheros_link(struct nic *nic);
bool atheros_interrupt(struct nic *nic, enum nic_interrupt action);
void atheros_close(struct nic *nic);

#endif
