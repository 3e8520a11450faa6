/* SPDX-License-Identifier: BSD-2-Clause */
/* NetXtreme-C/E: what the firmware answers about itself, the port and the function. The interface
 * is 1.9.0, and resources have to be reserved before they are there (since 1.8.3). */
#include "bnxt.h"

enum { INTERFACE_MAJOR = 1, INTERFACE_MINOR = 9, INTERFACE_UPDATE = 0, FIRMWARE_MAJOR = 214 };
enum { SHORT_COMMANDS = 4, TIMEOUT_MS = 500, WINDOW = 128, OWN_FUNCTION = 0xffff };
enum { FUNCTION = 1, PORT = 0, JUMBO = 9600, MULTICASTS = 64, LOSSY = 0 };
enum { RESERVE_FIRST = 4, RESERVE_GROUPS = 0x80000, EVENT_RING = 0x4000 };
enum { EVENTS_ENABLED = 0x10 };

static const uint16_t most[RESOURCES] = {4, 4, 2, 4, 8, 1, 1, GROUPS};

static uint16_t version(const uint8_t *request, uint8_t *answer)
{
    (void)request;
    answer[8] = INTERFACE_MAJOR;
    answer[9] = INTERFACE_MINOR;
    answer[10] = INTERFACE_UPDATE;
    answer[12] = FIRMWARE_MAJOR;
    put32(answer + 24, SHORT_COMMANDS);
    put16(answer + 32, bnxt.is->number);
    answer[34] = 1; /* revision */
    put16(answer + 38, WINDOW);
    put16(answer + 40, ANSWER_MAX);
    put16(answer + 42, TIMEOUT_MS);
    put16(answer + 48, INTERFACE_MAJOR);
    put16(answer + 50, INTERFACE_MINOR);
    put16(answer + 52, INTERFACE_UPDATE);
    put16(answer + 56, FIRMWARE_MAJOR);
    put16(answer + 88, REQUEST_MAX);
    return HWRM_OK;
}

static bool other_function(const uint8_t *request)
{
    unsigned function = get16(request + 16);

    return function != OWN_FUNCTION && function != FUNCTION;
}

static uint16_t capabilities(const uint8_t *request, uint8_t *answer)
{
    if (other_function(request))
        return HWRM_BAD_PARAMETER;
    put16(answer + 8, FUNCTION);
    put16(answer + 10, PORT);
    memcpy(answer + 16, card_mac, 6);
    for (unsigned i = RSS; i <= VNICS; i++) /* as far as the order is the same */
        put16(answer + 22 + 2 * i, most[i]);
    put16(answer + 38, most[STATS]);
    put32(answer + 64, MULTICASTS);
    put32(answer + 72, most[RING_GROUPS]);
    return HWRM_OK;
}

static uint16_t resource_capabilities(const uint8_t *request, uint8_t *answer)
{
    if (other_function(request))
        return HWRM_BAD_PARAMETER;
    for (unsigned i = 0; i < RESOURCES; i++) {
        put16(answer + 14 + 4 * i, 1);
        put16(answer + 16 + 4 * i, most[i]);
    }
    put16(answer + 46, most[TX_RINGS]); /* inputs of the scheduler */
    return HWRM_OK;
}

static uint16_t configuration(const uint8_t *request, uint8_t *answer)
{
    if (other_function(request))
        return HWRM_BAD_PARAMETER;
    put16(answer + 8, FUNCTION);
    put16(answer + 10, PORT);
    memcpy(answer + 16, card_mac, 6);
    for (unsigned i = RSS; i <= VNICS; i++)
        put16(answer + 24 + 2 * i, bnxt.reserved[i]);
    put16(answer + 38, JUMBO);
    put16(answer + 40, NO_ID);
    put16(answer + 44, NO_ID);
    put16(answer + 46, JUMBO - 100);
    put32(answer + 64, bnxt.reserved[RING_GROUPS]);
    put16(answer + 70, bnxt.reserved[STATS]);
    return HWRM_OK;
}

static bool reserve(const uint8_t *request, uint32_t enables)
{
    for (unsigned i = 0; i < RESOURCES; i++) {
        uint32_t bit = i == RING_GROUPS ? RESERVE_GROUPS : RESERVE_FIRST << i;
        uint16_t count = get16(request + 32 + 2 * i);

        if (!(enables & bit))
            continue;
        if (count > most[i])
            return false;
        bnxt.reserved[i] = count;
    }
    return true;
}

static uint16_t configure(const uint8_t *request, uint8_t *answer)
{
    uint32_t enables = get32(request + 24);

    (void)answer;
    if (other_function(request))
        return HWRM_BAD_PARAMETER;
    if (!reserve(request, enables))
        return HWRM_NO_RESOURCE;
    if (enables & EVENT_RING) {
        if (!bnxt_ring(get16(request + 80), COMPLETION))
            return HWRM_BAD_PARAMETER;
        bnxt.event_ring = get16(request + 80);
    }
    return HWRM_OK;
}

static uint16_t reset(const uint8_t *request, uint8_t *answer)
{
    (void)request;
    (void)answer;
    bnxt_function_reset();
    return HWRM_OK;
}

static uint16_t register_driver(const uint8_t *request, uint8_t *answer)
{
    (void)answer;
    bnxt.registered = true;
    if (get32(request + 20) & EVENTS_ENABLED)
        bnxt.events = get32(request + 72);
    return HWRM_OK;
}

static uint16_t unregister_driver(const uint8_t *request, uint8_t *answer)
{
    (void)request;
    (void)answer;
    if (!bnxt.registered)
        return HWRM_FAIL;
    bnxt.registered = false;
    bnxt.events = 0;
    return HWRM_OK;
}

static uint16_t queues(const uint8_t *request, uint8_t *answer)
{
    (void)request;
    answer[8] = 1;
    answer[15] = QUEUE_ID;
    answer[16] = LOSSY;
    return HWRM_OK;
}

static uint16_t vnic_capabilities(const uint8_t *request, uint8_t *answer)
{
    (void)request;
    put16(answer + 8, JUMBO);
    return HWRM_OK;
}

/* All settings are 0, which is for the speed: negotiate. */
static uint16_t setting(const uint8_t *request, uint8_t *answer)
{
    static const uint8_t zeros[8];
    unsigned bits = get16(request + 24);

    if (!bits || bits > 64)
        return HWRM_BAD_PARAMETER;
    dma_write(get64(request + 16), zeros, (bits + 7) / 8);
    put16(answer + 8, bits);
    put16(answer + 10, get16(request + 26));
    return HWRM_OK;
}

const struct command *bnxt_query(uint16_t type)
{
    static const struct command commands[] = {
        {VER_GET, 96, version},
        {FUNC_RESET, 16, reset},
        {FUNC_QCAPS, 96, capabilities},
        {FUNC_QCFG, 112, configuration},
        {FUNC_CFG, 16, configure},
        {FUNC_DRV_UNRGTR, 16, unregister_driver},
        {FUNC_DRV_RGTR, 16, register_driver},
        {PORT_PHY_CFG, 16, bnxt_phy_set},
        {PORT_MAC_CFG, 16, NULL},
        {PORT_QSTATS, 16, NULL}, /* counters of 0 bytes */
        {PORT_PHY_QCFG, 64, bnxt_phy_state},
        {PORT_PHY_QCAPS, 32, bnxt_phy_able},
        {PORT_LED_QCAPS, 48, NULL}, /* none */
        {QUEUE_QPORTCFG, 40, queues},
        {QUEUE_DSCP_QCAPS, 16, NULL},
        {VNIC_QCAPS, 24, vnic_capabilities},
        {FW_SET_TIME, 16, NULL},
        {FUNC_RESOURCE_QCAPS, 64, resource_capabilities},
        {NVM_GET_VARIABLE, 16, setting},
        {NVM_GET_DEV_INFO, 64, NULL},
    };

    for (unsigned i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].type == type)
            return &commands[i];
    return NULL;
}
