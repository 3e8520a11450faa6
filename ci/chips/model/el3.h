/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of the model of 3Com's EtherLink XL and its elder, Vortex: el3.c has registers
 * and commands, el3_frames.c FIFOs and lists, el3_media.c EEPROM, management, link and statistics.
 */
#ifndef EL3_H
#define EL3_H

#include "chip.h"

enum generation { VORTEX, BOOMERANG, CYCLONE, TORNADO };
enum transceiver {
    XCVR_10T,
    XCVR_AUI,
    XCVR_10_2 = 3,
    XCVR_100TX,
    XCVR_100FX,
    XCVR_MII,
    XCVR_NWAY = 8
};

struct variant {
    enum generation generation;
    uint32_t config;        /* InternalConfig, as the EEPROM has it */
    uint16_t media_options; /* which connectors there are */
    uint16_t capabilities;  /* word 10h of the EEPROM */
    bool phy;               /* management reaches one */
};

enum {
    STATUS_LATCH = 0x0001,
    STATUS_HOST_ERROR = 0x0002,
    STATUS_TX_COMPLETE = 0x0004,
    STATUS_TX_AVAILABLE = 0x0008,
    STATUS_RX_COMPLETE = 0x0010,
    STATUS_RX_EARLY = 0x0020,
    STATUS_REQUESTED = 0x0040,
    STATUS_UPDATE_STATS = 0x0080,
    STATUS_DMA_DONE = 0x0100, /* Vortex */
    STATUS_DOWN_COMPLETE = 0x0200,
    STATUS_UP_COMPLETE = 0x0400,
    STATUS_BUSY = 0x1000 /* a command is in progress */
};

/* A direction's list of descriptors in memory. */
struct list {
    uint32_t at; /* physical address, 0: none */
    bool stalled, fetching;
};

extern struct el3 {
    const struct variant *is;
    uint8_t windows[8][16], upper[0x80]; /* registers that keep what was written */
    uint8_t window;
    bool busy, resetting; /* a command goes on; and it is a reset of all */
    uint16_t events, indicate, enable;
    bool latch;
    unsigned looks; /* at TxStatus */
    uint8_t filter;
    uint64_t hash[4];
    bool rx_on, tx_on, statistics;
    struct list down, up;
} el3;

void el3_update(void); /* events may have changed: status and the interrupt pin */
uint16_t el3_word(unsigned window, unsigned at);

/* el3_commands.c */
void el3_command(uint32_t value);
void el3_command_done(void); /* the command in progress ends */

/* The FIFOs: el3_rx.c, el3_tx.c */
enum { SLOTS = 32, FRAME_ROOM = 4608, FRAGMENTS = 63, LAST_FRAGMENT = 0x80000000u };

struct frame {
    unsigned len, read; /* bytes, and how many of them were read by the port */
    uint32_t header;
    uint8_t data[FRAME_ROOM + 4];
};
struct fifo {
    struct frame slots[SLOTS];
    unsigned first, count, bytes;
};

static inline struct frame *el3_slot(struct fifo *fifo, unsigned index)
{
    return &fifo->slots[(fifo->first + index) % SLOTS];
}

static inline void el3_pop(struct fifo *fifo)
{
    fifo->bytes -= el3_slot(fifo, 0)->len;
    fifo->first = (fifo->first + 1) % SLOTS;
    fifo->count--;
}

/* Bytes of the RAM that a direction has; how it is divided is in InternalConfig. */
static inline unsigned el3_ram(bool receive)
{
    static const uint8_t eighths[] = {5, 6, 4, 3};
    unsigned size = 8192 << (el3.windows[3][0] & 7), share = eighths[el3.windows[3][2] & 3];

    return size / 8 * (receive ? share : 8 - share);
}

void el3_rx_reset(void);
void el3_tx_reset(void);
void el3_tx_pump(void); /* goes on with what waits, if it may now */
void el3_down_pump(void);
void el3_up_pump(void);
void el3_rx_discard(void);
void el3_tx_threshold(unsigned bytes);
void el3_slave_dma(unsigned down);
bool el3_rx_waits(void);
bool el3_rx_left(void); /* bytes of the frame that the port shows */
uint32_t el3_rx_status(uint32_t stored);
uint32_t el3_rx_error(uint32_t stored);
uint32_t el3_rx_free(uint32_t stored);
uint32_t el3_tx_free(uint32_t stored);
uint32_t el3_tx_status(uint32_t stored);
void el3_tx_pop(uint32_t value);
uint32_t el3_fifo_read(unsigned size);
void el3_fifo_write(uint32_t value, unsigned size);
void el3_receive(const uint8_t *frame, size_t len);
bool el3_ready(void);

/* el3_media.c */
enum statistic {
    CARRIER_LOST,
    SQE_ERRORS,
    MULTIPLE_COLLISIONS,
    SINGLE_COLLISIONS,
    LATE_COLLISIONS,
    RX_OVERRUNS,
    TX_FRAMES,
    RX_FRAMES,
    TX_DEFERRED,
    BAD_SSD,
    RX_BYTES,
    TX_BYTES,
    STATISTICS
};
void el3_media_reset(bool phy); /* configuration as the EEPROM has it; and its PHY starts anew */
void el3_phy_reset(void);
void el3_count(enum statistic which, unsigned amount);
bool el3_statistics_full(void);
uint32_t el3_statistic(unsigned window, unsigned at);
uint32_t el3_eeprom_busy(uint32_t stored);
void el3_eeprom_command(uint32_t value);
uint32_t el3_eeprom_data(uint32_t stored);
uint32_t el3_management(uint32_t stored);
void el3_manage(uint32_t value);
uint32_t el3_media_status(uint32_t stored);
bool el3_link(void);
unsigned el3_speed(void); /* Mbit/s */
void el3_cable(void);

#endif
