/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of the ThunderLAN's model: host registers and internal ones (tlan.c), serial
 * lines (tlan_serial.c), and lists of descriptors (tlan_lists.c). */
#ifndef TLAN_H
#define TLAN_H

#include "chip.h"
#include "mdio.h"
#include "phy.h"

/* Internal registers. */
enum { NET_CMD = 0x00, NET_SIO, NET_STS, NET_MASK, NET_CONFIG };
enum { DEF_REVISION = 0x0c, AREG = 0x10, HASH = 0x28, STATS = 0x30, LED = 0x44, MAX_RX = 0x46 };
enum { INT_DIS = 0x48, DIO_REGS = 0x4c };
enum { GOOD_TX = 0x30, GOOD_RX = 0x34 };
enum { NRESET = 0x80, NWRAP = 0x40, COPY_ALL = 0x10, NO_BROADCAST = 0x08 };
enum { CONFIG_ONE_FRAGMENT = 0x0400, CONFIG_RX_CRC = 0x1000, CONFIG_PHY_ENABLE = 0x0080 };
enum { OUTER = 1, INNER = 31 }; /* addresses of the PHYs */
/* Interrupts. */
enum { TX_EOF = 1, STAT_OVERFLOW, RX_EOF, TEST, TX_EOC, STATUS_CHECK, RX_EOC };
enum { DIS_TX_EOC = 4, DIS_RX_EOF = 2, DIS_RX_EOC = 1 }; /* INT_DIS */

/* A 24C02, on two wires. */
struct tlan_eeprom {
    uint8_t bytes[256], shift, address;
    bool clock, data, out, started; /* lines; what it drives; a start condition goes on */
    enum { IDLE, CONTROL, ADDRESS, WRITE, READ } phase;
    unsigned bits; /* rising edges of the clock in this byte */
};

struct tlan {
    bool ten_only; /* its only PHY is the one in the chip, for 10BASE-T */
    uint8_t dio[DIO_REGS];
    uint16_t dio_adr, host_int;
    uint32_t ch_parm;
    bool resetting, enabled, masked; /* interrupts are on; HOST_INT was written, and no ACK yet */
    unsigned tx_eofs, rx_eofs, threshold;
    bool tx_eoc, rx_eoc, test;
    uint32_t tx_list, rx_list;
    bool tx_runs, rx_runs;
    uint8_t locked; /* address registers that are half written */
    struct tlan_eeprom eeprom;
    struct mdio mdio;
    struct phy inner, outer;
};
extern struct tlan tlan;

/* HOST_INT may have changed. */
void tlan_drive(void);
uint16_t tlan_config(void);
bool tlan_link(void);

void tlan_serial_reset(void);
void tlan_serial_write(uint8_t value);
uint8_t tlan_serial_read(void);

void tlan_go(bool rx, uint32_t list);
void tlan_stop(bool rx);
void tlan_stop_all(void);
bool tlan_ready(void);
void tlan_receive(const uint8_t *data, size_t len);

#endif
