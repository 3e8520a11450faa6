/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of the ST201's model: interrupts, statistics and resets (sundance.c), registers
 * (sundance_registers.c), and lists of descriptors (sundance_lists.c). */
#ifndef SUNDANCE_H
#define SUNDANCE_H

#include "chip.h"
#include "mdio.h"
#include "phy.h"

/* MACCtrl0, MACCtrl1. */
enum { PASS_FCS = 0x0200, LARGE_FRAMES = 0x0040 };
enum { TX_ENABLED = 0x0400, RX_ENABLED = 0x2000, STATISTICS = 0x0080 };
enum { INT_TX_COMPLETE = 4, INT_REQUESTED = 0x40, INT_STATISTICS = 0x80, INT_LINK = 0x100 };
enum { INT_TX_DMA = 0x200, INT_RX_DMA = 0x400 };
enum { MODE_UNICAST = 1, MODE_MULTICAST = 2, MODE_BROADCAST = 4, MODE_ALL = 8, MODE_HASH = 0x10 };
enum { STATUS_QUEUE = 31, FIFO = 2048 };
/* Statistics, by register. */
enum { RX_OCTETS = 0x68, TX_OCTETS = 0x6c, TX_FRAMES = 0x70, RX_FRAMES = 0x72, RX_LOST = 0x79 };
enum { TX_BROADCASTS = 0x7c, RX_BROADCASTS, TX_MULTICASTS, RX_MULTICASTS };

struct sundance {
    uint32_t tx_list, rx_list, rx_status;
    uint8_t tx_poll, rx_poll, rx_mode, frame_id;
    uint16_t mac0, mac1, int_status, int_enable, max_frame;
    uint16_t station[3], hash[4];
    bool tx_done;                /* the descriptor at tx_list is, and waits for its next pointer */
    bool tx_halt, rx_halt;       /* DMA is halted... */
    bool halting;                /* ...or soon will be */
    uint8_t queue[STATUS_QUEUE]; /* TxStatus */
    unsigned queued;
    size_t fifo_len; /* of the frame that is being sent */
    bool fifo_indicate;
    uint8_t fifo_id, fifo[FIFO];
    uint32_t asic;
    bool resetting, ee_busy;
    uint16_t ee_ctrl, ee_data;
    uint8_t other[128]; /* registers that only keep what is written; statistics */
    struct mdio mdio;
    struct phy phy;
};
extern struct sundance sundance_state;

/* IntStatus, and the pin that follows it; or sets bits of it. */
uint16_t sundance_int_status(void);
void sundance_drive(void);
void sundance_interrupt(uint16_t bits);
/* Counts `by` in a register of the statistics. Reading one clears it. */
void sundance_count(unsigned reg, uint32_t by);
uint32_t sundance_read_statistic(uint32_t reg, unsigned size);
/* AsicCtrl is written with bits of a reset. */
void sundance_reset_parts(uint32_t bits);

uint32_t sundance_read(unsigned bar, uint32_t reg, unsigned size);
void sundance_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size);

/* The transmit list may have got something to do. */
void sundance_transmit(void);
/* The transmitter has been enabled, and may find a frame in its FIFO. */
void sundance_send(void);
void sundance_forget(void);
bool sundance_ready(void);
void sundance_receive(const uint8_t *data, size_t len);

#endif
