/* SPDX-License-Identifier: BSD-2-Clause */
/* NetXtreme-C/E: what the firmware hands out and takes back. Frames come to a VNIC when a filter
 * lets them through; that has a ring group: a receive ring, one for what does not fit into its
 * buffers, and a completion ring. */
#include "bnxt.h"

enum { RING_MIN = 16, RING_MAX = 1 << 15, PAGE_SHIFT = 12, SHIFT_MAX = 30, ENTRY = 16 };
enum { ADDRESSES_IN_PAGE = 512, LEGACY_INTERRUPT = 0, ETHERNET = 1518 };
enum { HAS_GROUP = 1, HAS_RSS = 2, HAS_MRU = 0x10 };
enum { PATH_RX = 1, HAS_ADDRESS = 1, HAS_MASK = 2, HAS_DESTINATION = 0x8000 };
enum { LISTED_MULTICASTS = 2, JUMBO_PLACEMENT = 2 };

static unsigned rings_of(int kind)
{
    unsigned count = 0;

    for (unsigned i = 0; i < RINGS; i++)
        count += bnxt.rings[i].used && bnxt.rings[i].kind == kind;
    return count;
}

static bool same_doorbell(const uint8_t *request)
{
    for (unsigned i = 0; i < RINGS; i++)
        if (bnxt.rings[i].used && bnxt.rings[i].kind == request[20] &&
            bnxt.rings[i].logical == get16(request + 44))
            return true;
    return false;
}

static bool ring_refused(const uint8_t *request)
{
    uint32_t length = get32(request + 40);
    unsigned shift = request[36] ? request[36] : PAGE_SHIFT;

    if (length < RING_MIN || length > RING_MAX || length & (length - 1) || request[37] > 1 ||
        shift < 4 || shift > SHIFT_MAX || get32(request + 32) || same_doorbell(request))
        return true;
    if (request[37] && (length * ENTRY >> shift) > ADDRESSES_IN_PAGE)
        return true;
    if (get64(request + 24) & ((request[37] ? 1u << PAGE_SHIFT : 1u << shift) - 1)) {
        fault("a ring at %08x is not where a page of 2^%u bytes begins", get32(request + 24),
              shift);
        return true;
    }
    return request[20] == TRANSMIT &&
           (!bnxt_ring(get16(request + 46), COMPLETION) || get16(request + 48) != QUEUE_ID);
}

static uint16_t ring_alloc(const uint8_t *request, uint8_t *answer)
{
    static const uint8_t resource[] = {COMPLETIONS, TX_RINGS, RX_RINGS};
    unsigned kind = request[20], i = 0;
    struct ring *ring;

    if (kind > RECEIVE || ring_refused(request))
        return HWRM_BAD_PARAMETER;
    while (i < RINGS && bnxt.rings[i].used)
        i++;
    if (i == RINGS || rings_of(kind) >= bnxt.reserved[resource[kind]])
        return HWRM_NO_RESOURCE;
    ring = &bnxt.rings[i];
    *ring = (struct ring){
        .used = true,
        .kind = kind,
        .indirect = request[37],
        .polled = request[76] != LEGACY_INTERRUPT,
        .shift = request[36] ? request[36] : PAGE_SHIFT,
        .logical = get16(request + 44),
        .completion = get16(request + 46),
        .table = get64(request + 24),
        .length = get32(request + 40),
    };
    put16(answer + 8, FIRST_RING + i);
    put16(answer + 10, ring->logical);
    return HWRM_OK;
}

static uint16_t ring_free(const uint8_t *request, uint8_t *answer)
{
    unsigned id = get16(request + 18);
    struct ring *ring = bnxt_ring(id, request[16]);

    (void)answer;
    if (!ring)
        return HWRM_BAD_PARAMETER;
    for (unsigned i = 0; i < RINGS; i++)
        if (bnxt.rings[i].used && bnxt.rings[i].kind == TRANSMIT && ring->kind == COMPLETION &&
            bnxt.rings[i].completion == id)
            fault("completion ring %u is freed before the transmit ring that uses it", id);
    ring->used = false;
    if (bnxt.event_ring == id)
        bnxt.event_ring = NO_ID;
    bnxt_interrupt();
    return HWRM_OK;
}

static uint16_t coalesce(const uint8_t *request, uint8_t *answer)
{
    (void)answer;
    return bnxt_ring(get16(request + 16), COMPLETION) ? HWRM_OK : HWRM_BAD_PARAMETER;
}

static uint16_t group_alloc(const uint8_t *request, uint8_t *answer)
{
    unsigned aggregation = get16(request + 20), i = 0;

    while (i < GROUPS && bnxt.groups[i].used)
        i++;
    if (i >= bnxt.reserved[RING_GROUPS] || i == GROUPS)
        return HWRM_NO_RESOURCE;
    if (!bnxt_ring(get16(request + 16), COMPLETION) || !bnxt_ring(get16(request + 18), RECEIVE) ||
        (aggregation != NO_ID && !bnxt_ring(aggregation, RECEIVE)))
        return HWRM_BAD_PARAMETER;
    bnxt.groups[i] = (struct group){true, get16(request + 16), get16(request + 18), aggregation};
    put32(answer + 8, FIRST_GROUP + i);
    return HWRM_OK;
}

static bool is_group(uint32_t id)
{
    return id >= FIRST_GROUP && id < FIRST_GROUP + GROUPS && bnxt.groups[id - FIRST_GROUP].used;
}

static uint16_t group_free(const uint8_t *request, uint8_t *answer)
{
    uint32_t id = get32(request + 16);

    (void)answer;
    if (!is_group(id))
        return HWRM_BAD_PARAMETER;
    bnxt.groups[id - FIRST_GROUP].used = false;
    return HWRM_OK;
}

static uint16_t vnic_alloc(const uint8_t *request, uint8_t *answer)
{
    (void)request;
    if (bnxt.vnic)
        return HWRM_NO_RESOURCE;
    bnxt.vnic = true;
    bnxt.jumbo = false;
    bnxt.vnic_group = NO_ID;
    bnxt.vnic_mru = ETHERNET;
    put32(answer + 8, VNIC_ID);
    return HWRM_OK;
}

static uint16_t vnic_free(const uint8_t *request, uint8_t *answer)
{
    (void)answer;
    if (!bnxt.vnic || get32(request + 16) != VNIC_ID)
        return HWRM_BAD_PARAMETER;
    bnxt.vnic = false;
    bnxt.rx_mask = 0;
    bnxt_rx_reset();
    return HWRM_OK;
}

static uint16_t vnic_configure(const uint8_t *request, uint8_t *answer)
{
    uint32_t enables = get32(request + 20);

    (void)answer;
    if (!bnxt.vnic || get16(request + 24) != VNIC_ID)
        return HWRM_BAD_PARAMETER;
    if ((enables & HAS_GROUP && !is_group(get16(request + 26))) ||
        (enables & HAS_RSS && (!bnxt.rss_contexts || get16(request + 28) != RSS_ID)))
        return HWRM_BAD_PARAMETER;
    if (enables & HAS_GROUP)
        bnxt.vnic_group = get16(request + 26);
    if (enables & HAS_MRU)
        bnxt.vnic_mru = get16(request + 34);
    bnxt_rx_run();
    return HWRM_OK;
}

static uint16_t vnic_place(const uint8_t *request, uint8_t *answer)
{
    (void)answer;
    if (!bnxt.vnic || get32(request + 24) != VNIC_ID)
        return HWRM_BAD_PARAMETER;
    bnxt.jumbo = get32(request + 16) & JUMBO_PLACEMENT;
    return HWRM_OK;
}

/* Segments are not put together, which no driver can force the chip to do. */
static uint16_t vnic_aggregate(const uint8_t *request, uint8_t *answer)
{
    (void)answer;
    return bnxt.vnic && get16(request + 24) == VNIC_ID ? HWRM_OK : HWRM_BAD_PARAMETER;
}

static uint16_t rss_alloc(const uint8_t *request, uint8_t *answer)
{
    (void)request;
    if (bnxt.rss_contexts || !bnxt.reserved[RSS])
        return HWRM_NO_RESOURCE;
    bnxt.rss_contexts++;
    put16(answer + 8, RSS_ID);
    return HWRM_OK;
}

static uint16_t rss_free(const uint8_t *request, uint8_t *answer)
{
    (void)answer;
    if (!bnxt.rss_contexts || get16(request + 16) != RSS_ID)
        return HWRM_BAD_PARAMETER;
    bnxt.rss_contexts = 0;
    return HWRM_OK;
}

static uint16_t rss_configure(const uint8_t *request, uint8_t *answer)
{
    (void)answer;
    return bnxt.rss_contexts && get16(request + 40) == RSS_ID ? HWRM_OK : HWRM_BAD_PARAMETER;
}

static uint16_t filter_alloc(const uint8_t *request, uint8_t *answer)
{
    uint32_t enables = get32(request + 20);
    unsigned i = 0;

    if (!(get32(request + 16) & PATH_RX) || !(enables & HAS_ADDRESS) ||
        !(enables & HAS_DESTINATION) || !bnxt.vnic || get16(request + 78) != VNIC_ID)
        return HWRM_BAD_PARAMETER;
    while (i < FILTERS && bnxt.filters[i].used)
        i++;
    if (i == FILTERS)
        return HWRM_NO_RESOURCE;
    bnxt.filters[i].used = true;
    memcpy(bnxt.filters[i].address, request + 24, 6);
    memset(bnxt.filters[i].mask, 0xff, 6);
    if (enables & HAS_MASK)
        memcpy(bnxt.filters[i].mask, request + 32, 6);
    put32(answer + 8, i);
    put32(answer + 12, VNIC_ID); /* all 64 bits are its number */
    return HWRM_OK;
}

static uint16_t filter_free(const uint8_t *request, uint8_t *answer)
{
    uint32_t id = get32(request + 16);

    (void)answer;
    if (get32(request + 20) != VNIC_ID || id >= FILTERS || !bnxt.filters[id].used)
        return HWRM_BAD_PARAMETER;
    bnxt.filters[id].used = false;
    return HWRM_OK;
}

static uint16_t rx_mask(const uint8_t *request, uint8_t *answer)
{
    uint32_t mask = get32(request + 20), count = get32(request + 32);

    (void)answer;
    if (!bnxt.vnic || get32(request + 16) != VNIC_ID || count > 64)
        return HWRM_BAD_PARAMETER;
    bnxt.multicasts = mask & LISTED_MULTICASTS ? count : 0;
    if (bnxt.multicasts)
        dma_read(get64(request + 24), bnxt.multicast, 6 * bnxt.multicasts);
    bnxt.rx_mask = mask;
    return HWRM_OK;
}

static uint16_t stats_alloc(const uint8_t *request, uint8_t *answer)
{
    if (bnxt.stats || !bnxt.reserved[STATS])
        return HWRM_NO_RESOURCE;
    bnxt.stats = true;
    bnxt.stats_address = get64(request + 16);
    bnxt.stats_period = get32(request + 24);
    memset(bnxt.counters, 0, sizeof bnxt.counters);
    bnxt_stats_start();
    put32(answer + 8, STATS_ID);
    return HWRM_OK;
}

static uint16_t stats_free(const uint8_t *request, uint8_t *answer)
{
    if (!bnxt.stats || get32(request + 16) != STATS_ID)
        return HWRM_BAD_PARAMETER;
    bnxt.stats = false;
    put32(answer + 8, STATS_ID);
    return HWRM_OK;
}

static uint16_t stats_clear(const uint8_t *request, uint8_t *answer)
{
    (void)answer;
    if (!bnxt.stats || get32(request + 16) != STATS_ID)
        return HWRM_BAD_PARAMETER;
    memset(bnxt.counters, 0, sizeof bnxt.counters);
    return HWRM_OK;
}

const struct command *bnxt_resource(uint16_t type)
{
    static const struct command commands[] = {
        {VNIC_ALLOC, 16, vnic_alloc},      {VNIC_FREE, 16, vnic_free},
        {VNIC_CFG, 16, vnic_configure},    {VNIC_TPA_CFG, 16, vnic_aggregate},
        {VNIC_RSS_CFG, 16, rss_configure}, {VNIC_PLCMODES_CFG, 16, vnic_place},
        {RING_ALLOC, 16, ring_alloc},      {RING_FREE, 16, ring_free},
        {RING_COALESCE, 16, coalesce},     {RING_GRP_ALLOC, 16, group_alloc},
        {RING_GRP_FREE, 16, group_free},   {RSS_CONTEXT_ALLOC, 16, rss_alloc},
        {RSS_CONTEXT_FREE, 16, rss_free},  {L2_FILTER_ALLOC, 24, filter_alloc},
        {L2_FILTER_FREE, 16, filter_free}, {L2_SET_RX_MASK, 16, rx_mask},
        {STAT_CTX_ALLOC, 16, stats_alloc}, {STAT_CTX_FREE, 16, stats_free},
        {STAT_CTX_CLEAR, 16, stats_clear},
    };

    for (unsigned i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].type == type)
            return &commands[i];
    return NULL;
}
