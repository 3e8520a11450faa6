/* SPDX-License-Identifier: BSD-2-Clause */
/* Preboot services (PXE 2.1 section 3.1): cached packets, and leaving the stack. */
#include "lib/string.h"
#include "pxe/api.h"
#include "pxe/spec.h"

uint16_t pxenv_nothing_to_do(void *block)
{
    return PXENV_STATUS_SUCCESS;
}

/* Section 3.1.1. BufferLimit is not written: older programs have no room for it. */
static uint16_t pxenv_get_cached_info(void *block)
{
    struct s_PXENV_GET_CACHED_INFO *p = block;
    const uint8_t *packet = pxe_cached_packet(p->PacketType);
    void *buffer;

    if (!packet)
        return PXENV_STATUS_UNSUPPORTED;
    if (!p->BufferSize || !(p->Buffer.offset | p->Buffer.segment)) {
        p->Buffer = rm_far(packet);
        p->BufferSize = PXE_CACHED_SIZE;
        return PXENV_STATUS_SUCCESS;
    }
    if (p->BufferSize > PXE_CACHED_SIZE)
        p->BufferSize = PXE_CACHED_SIZE;
    buffer = pxe_buffer(p->Buffer, p->BufferSize);
    if (!buffer)
        return PXENV_STATUS_MCOPY_PROBLEM;
    memcpy(buffer, packet, p->BufferSize);
    return PXENV_STATUS_SUCCESS;
}

PXE_OPCODE(PXENV_START_UNDI, pxenv_nothing_to_do, uint16_t);
PXE_OPCODE(PXENV_STOP_UNDI, pxenv_stop_undi, uint16_t);
/* Base code and UNDI are one here. UNLOAD_STACK closes the card, as if only the base code went;
 * STOP_UNDI does the rest. */
PXE_OPCODE(PXENV_UNLOAD_STACK, pxenv_undi_shutdown, uint16_t);
PXE_OPCODE(PXENV_GET_CACHED_INFO, pxenv_get_cached_info,
           uint8_t[offsetof(struct s_PXENV_GET_CACHED_INFO, BufferLimit)]);
PXE_OPCODE(PXENV_START_BASE, pxenv_nothing_to_do, uint16_t);
PXE_OPCODE(PXENV_STOP_BASE, pxenv_nothing_to_do, uint16_t);
