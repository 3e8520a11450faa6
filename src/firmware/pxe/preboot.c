/* PXE 2.1 section 3.1: cached packets, and leaving the stack. */
#include "lib/string.h"
#include "pxe/api.h"
#include "pxe/calls.h"

static uint16_t get_cached_info(void *block)
{
    struct pxe_cached_info *p = block;
    uint8_t *packet = pxe_cached_packet(p->type);

    if (!packet)
        return PXENV_STATUS_UNSUPPORTED;
    if (!p->size || !(p->buffer.offset | p->buffer.segment)) {
        p->buffer = rm_far(packet); /* asked for our own copy, which stays */
    } else {
        if (p->size > PXE_CACHED_SIZE)
            p->size = PXE_CACHED_SIZE;
        if (!pxe_buffer(p->buffer, p->size))
            return PXENV_STATUS_MCOPY_PROBLEM;
        memcpy(pxe_pointer(p->buffer), packet, p->size);
        return PXENV_STATUS_SUCCESS;
    }
    p->size = PXE_CACHED_SIZE;
    return PXENV_STATUS_SUCCESS;
}

PXE_OPCODE(PXENV_START_UNDI, pxe_done, uint16_t);
PXE_OPCODE(PXENV_STOP_UNDI, pxe_stop, uint16_t);
/* Of base code and UNDI, which are one here, this removes the first: STOP_UNDI does what is left.
 */
PXE_OPCODE(PXENV_UNLOAD_STACK, pxe_undi_shut_down, uint16_t);
PXE_OPCODE(PXENV_GET_CACHED_INFO, get_cached_info, uint8_t[PXE_CACHED_INFO_SIZE]);
PXE_OPCODE(PXENV_START_BASE, pxe_done, uint16_t);
PXE_OPCODE(PXENV_STOP_BASE, pxe_done, uint16_t);
