/* PXE 2.1 section 3.1: cached packets, and leaving the stack. */
#include "lib/string.h"
#include "pxe/api.h"
#include "pxe/spec.h"

static uint16_t pxenv_get_cached_info(void *block)
{
    struct s_PXENV_GET_CACHED_INFO *p = block;
    uint8_t *packet = pxe_cached_packet(p->PacketType);

    if (!packet)
        return PXENV_STATUS_UNSUPPORTED;
    if (!p->BufferSize || !(p->Buffer.offset | p->Buffer.segment)) {
        p->Buffer = rm_far(packet); /* asked for our own copy, which stays */
    } else {
        if (p->BufferSize > PXE_CACHED_SIZE)
            p->BufferSize = PXE_CACHED_SIZE;
        if (!pxe_buffer(p->Buffer, p->BufferSize))
            return PXENV_STATUS_MCOPY_PROBLEM;
        memcpy(pxe_pointer(p->Buffer), packet, p->BufferSize);
        return PXENV_STATUS_SUCCESS;
    }
    p->BufferSize = PXE_CACHED_SIZE;
    return PXENV_STATUS_SUCCESS;
}

PXE_OPCODE(PXENV_START_UNDI, pxe_done, uint16_t);
PXE_OPCODE(PXENV_STOP_UNDI, pxenv_stop_undi, uint16_t);
/* Of base code and UNDI, which are one here, this removes the first: STOP_UNDI does what is left.
 */
PXE_OPCODE(PXENV_UNLOAD_STACK, pxenv_undi_shutdown, uint16_t);
PXE_OPCODE(PXENV_GET_CACHED_INFO, pxenv_get_cached_info,
           uint8_t[offsetof(struct s_PXENV_GET_CACHED_INFO, BufferLimit)]);
PXE_OPCODE(PXENV_START_BASE, pxe_done, uint16_t);
PXE_OPCODE(PXENV_STOP_BASE, pxe_done, uint16_t);
