/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of the model of NetXtreme-C/E (bnxt.c says where its facts are from). */
#ifndef BNXT_H
#define BNXT_H

#include <string.h>

#include "chip.h"

/* Commands of the firmware (HWRM), as 16-bit numbers in front of each request. */
enum {
    VER_GET = 0x00,
    FUNC_RESET = 0x11,
    FUNC_QCAPS = 0x15,
    FUNC_QCFG = 0x16,
    FUNC_CFG = 0x17,
    FUNC_DRV_UNRGTR = 0x1a,
    FUNC_DRV_RGTR = 0x1d,
    PORT_PHY_CFG = 0x20,
    PORT_MAC_CFG = 0x21,
    PORT_QSTATS = 0x23,
    PORT_PHY_QCFG = 0x27,
    PORT_PHY_QCAPS = 0x2a,
    PORT_LED_QCAPS = 0x2f,
    QUEUE_QPORTCFG = 0x30,
    QUEUE_DSCP_QCAPS = 0x3b,
    VNIC_ALLOC = 0x40,
    VNIC_FREE = 0x41,
    VNIC_CFG = 0x42,
    VNIC_TPA_CFG = 0x44,
    VNIC_RSS_CFG = 0x46,
    VNIC_PLCMODES_CFG = 0x48,
    VNIC_QCAPS = 0x4a,
    RING_ALLOC = 0x50,
    RING_FREE = 0x51,
    RING_COALESCE = 0x53,
    RING_GRP_ALLOC = 0x60,
    RING_GRP_FREE = 0x61,
    RSS_CONTEXT_ALLOC = 0x70,
    RSS_CONTEXT_FREE = 0x71,
    L2_FILTER_ALLOC = 0x90,
    L2_FILTER_FREE = 0x91,
    L2_SET_RX_MASK = 0x93,
    STAT_CTX_ALLOC = 0xb0,
    STAT_CTX_FREE = 0xb1,
    STAT_CTX_CLEAR = 0xb3,
    FW_SET_TIME = 0xc8,
    FUNC_RESOURCE_QCAPS = 0x190,
    NVM_GET_VARIABLE = 0xfff1,
    NVM_GET_DEV_INFO = 0xfff6,
};
/* What an answer begins with when the firmware refuses. */
enum {
    HWRM_OK,
    HWRM_FAIL,
    HWRM_BAD_PARAMETER,
    HWRM_DENIED,
    HWRM_NO_RESOURCE,
    HWRM_UNKNOWN = 0xffff
};
enum { REQUEST_MAX = 512, ANSWER_MAX = 128, NO_ID = 0xffff };

/* What the firmware hands out. Its numbers begin somewhere, not at 0: who takes them for granted is
 * found out. */
enum { RINGS = 10, FILTERS = 8, GROUPS = 3, FIRST_RING = 3, FIRST_GROUP = 7, VNIC_ID = 2 };
enum { STATS_ID = 5, RSS_ID = 4, QUEUE_ID = 0 };
/* Kinds of rings, as RING_ALLOC names them. */
enum { COMPLETION, TRANSMIT, RECEIVE };
/* Places in struct bnxt's `reserved`, in the order that FUNC_RESOURCE_QCAPS has them. */
enum { RSS, COMPLETIONS, TX_RINGS, RX_RINGS, CONTEXTS, VNICS, STATS, RING_GROUPS, RESOURCES };

struct ring {
    bool used, indirect; /* `indirect`: behind a page with the addresses of its pages */
    bool polled, armed;  /* no interrupts ever, or one as soon as there is something */
    uint8_t kind, shift; /* of its pages' size */
    uint16_t logical;    /* which doorbell it has */
    uint16_t completion; /* number of the ring that tells what was sent */
    uint64_t table;
    uint32_t length;
    /* Completion rings: written by the chip, taken by the driver; they go on beyond `length`, up to
     * twice that. Others: filled by the driver, used by the chip. */
    uint32_t head, tail;
};

/* A chip, and the medium of its port. */
struct variant {
    uint16_t number; /* as the firmware names the chip */
    uint16_t speed;  /* with a good switch, in units of 100 Mbit/s */
    uint16_t able;   /* speeds, a bit each */
    uint8_t phy_type, medium, module, module_state;
};

struct bnxt {
    const struct variant *is;
    struct ring rings[RINGS];
    struct group {
        bool used;
        uint16_t completion, receive, aggregation;
    } groups[GROUPS];
    struct filter {
        bool used;
        uint8_t address[6], mask[6];
    } filters[FILTERS];
    uint16_t reserved[RESOURCES];
    bool vnic, stats, registered, jumbo;
    uint16_t vnic_group, vnic_mru, rss_contexts;
    uint16_t event_ring; /* that events of the firmware go to */
    uint32_t events;     /* that the driver wants to hear of: a bit each */
    uint32_t rx_mask, multicasts;
    uint8_t multicast[64][6];
    uint64_t stats_address, counters[20];
    uint32_t stats_period; /* ms */
    bool link, link_forced_down;
};
extern struct bnxt bnxt;

static inline uint16_t get16(const uint8_t *at)
{
    return at[0] | at[1] << 8;
}

static inline uint32_t get32(const uint8_t *at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

static inline uint64_t get64(const uint8_t *at)
{
    return get32(at) | (uint64_t)get32(at + 4) << 32;
}

static inline void put16(uint8_t *at, uint16_t value)
{
    memcpy(at, &value, 2);
}

static inline void put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, 4);
}

/* bnxt_hwrm.c: the channel that requests come by */
void bnxt_channel_reset(void);
uint32_t bnxt_channel_read(uint32_t reg);
void bnxt_channel_write(uint32_t reg, uint32_t value);

/* bnxt_queries.c, bnxt_resources.c: commands. An operation gets the request, fills in what the
 * answer has behind its header, and returns HWRM_*. */
struct command {
    uint16_t type;
    uint8_t answer; /* bytes, with the last one, which says that it is there */
    uint16_t (*run)(const uint8_t *request, uint8_t *answer);
};
const struct command *bnxt_query(uint16_t type);
const struct command *bnxt_resource(uint16_t type);
void bnxt_function_reset(void); /* gives all back that was handed out */

/* bnxt_link.c */
void bnxt_link_reset(void);
void bnxt_link_cable(void);
uint16_t bnxt_phy_set(const uint8_t *request, uint8_t *answer);
uint16_t bnxt_phy_state(const uint8_t *request, uint8_t *answer);
uint16_t bnxt_phy_able(const uint8_t *request, uint8_t *answer);

/* bnxt_rings.c */
struct ring *bnxt_ring(uint16_t id, unsigned kind); /* NULL: there is none */
bool bnxt_ring_read(const struct ring *ring, uint32_t index, uint8_t entry[16]);
void bnxt_complete(struct ring *ring, const uint32_t entry[4]);
void bnxt_doorbell(uint32_t reg, uint32_t value);
uint32_t bnxt_interrupt_status(void);
void bnxt_interrupt(void);

/* bnxt_tx.c, bnxt_rx.c */
void bnxt_tx_run(void);
void bnxt_tx_reset(void);
void bnxt_rx_run(void);
void bnxt_rx_reset(void);
void bnxt_receive(const uint8_t *frame, size_t len);
bool bnxt_ready(void);
/* Places in the counters of a statistics context: frames, and with BYTES more, their bytes. */
enum { RX_UNICAST = 0, RX_DISCARDED = 3, TX_UNICAST = 8, RX_BYTES = 5, TX_BYTES = 5 };
void bnxt_count(unsigned first, unsigned bytes, const uint8_t *frame, size_t len);
void bnxt_stats_start(void);

#endif
