/* SPDX-License-Identifier: BSD-2-Clause */
/* NetXtreme-C/E: the link, which the firmware looks after by itself. From power-on it negotiates;
 * the driver may have it do so again, or take the link down. Changes are told by events. */
#include "bnxt.h"

enum { NEGOTIATION = 2500 * (uint64_t)MILLISECOND, LOSS = 10 * MILLISECOND };
enum { EVENT_LINK = 0, ASYNC_EVENT = 0x2e };
enum { RESET_PHY = 1, FORCE = 4, RESTART = 8, FORCE_DOWN = 0x4000 };
enum { NO_LINK = 0, LINK = 2, FULL = 1, PAUSE_BOTH = 3, BY_MASK = 4, NO_FEC = 1 };

static uint16_t advertised;
static uint8_t pause;

static void tell(void)
{
    struct ring *ring = bnxt_ring(bnxt.event_ring, COMPLETION);
    uint32_t entry[4] = {ASYNC_EVENT | EVENT_LINK << 16, 0, 0, bnxt.link};

    if (ring && bnxt.registered && bnxt.events >> EVENT_LINK & 1)
        bnxt_complete(ring, entry);
}

static void changed(bool link)
{
    if (bnxt.link == link)
        return;
    bnxt.link = link;
    tell();
    bnxt_tx_run();
}

static void up(void *unused)
{
    (void)unused;
    changed(cable_plugged() && !bnxt.link_forced_down);
}

static void down(void *unused)
{
    (void)unused;
    changed(false);
}

static void negotiate(void)
{
    not_after(up, NULL);
    if (cable_plugged() && !bnxt.link_forced_down)
        after(NEGOTIATION, up, NULL);
}

void bnxt_link_cable(void)
{
    not_after(up, NULL);
    not_after(down, NULL);
    if (cable_plugged())
        negotiate();
    else
        after(LOSS, down, NULL);
}

uint16_t bnxt_phy_set(const uint8_t *request, uint8_t *answer)
{
    uint32_t flags = get32(request + 16), enables = get32(request + 20);

    (void)answer;
    if (get16(request + 24)) /* port */
        return HWRM_BAD_PARAMETER;
    if (flags & FORCE && get16(request + 26) != bnxt.is->speed) {
        fault("a speed of %u00 Mbit/s is forced, at which there is no link", get16(request + 26));
        return HWRM_BAD_PARAMETER;
    }
    if (enables & 4)
        pause = request[30] & PAUSE_BOTH;
    if (enables & 0x10)
        advertised = get16(request + 34);
    bnxt.link_forced_down = flags & FORCE_DOWN;
    if (flags & (RESET_PHY | RESTART | FORCE | FORCE_DOWN)) {
        changed(false);
        negotiate();
    }
    return HWRM_OK;
}

uint16_t bnxt_phy_state(const uint8_t *request, uint8_t *answer)
{
    (void)request;
    answer[8] = bnxt.link ? LINK : NO_LINK;
    put16(answer + 10, bnxt.link ? bnxt.is->speed : 0);
    answer[12] = FULL;
    answer[13] = bnxt.link ? pause : 0;
    put16(answer + 14, bnxt.is->able);
    answer[18] = BY_MASK;
    answer[19] = pause | 4; /* negotiated */
    put16(answer + 22, advertised);
    answer[27] = bnxt.is->module_state;
    answer[35] = bnxt.is->phy_type;
    answer[36] = bnxt.is->medium;
    answer[37] = bnxt.is->module;
    put16(answer + 40, bnxt.link ? bnxt.is->able : 0);
    put16(answer + 52, NO_FEC);
    answer[54] = FULL;
    return HWRM_OK;
}

uint16_t bnxt_phy_able(const uint8_t *request, uint8_t *answer)
{
    (void)request;
    answer[9] = 1; /* port */
    put16(answer + 10, bnxt.is->able);
    put16(answer + 12, bnxt.is->able);
    return HWRM_OK;
}

void bnxt_link_reset(void)
{
    advertised = bnxt.is->able;
    pause = PAUSE_BOTH;
    bnxt.link = bnxt.link_forced_down = false;
    negotiate();
}
