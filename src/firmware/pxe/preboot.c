/* PXE 2.1 section 3.1: cached packets, and leaving the stack. */
#include "core/nic.h"
#include "core/string.h"
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
        memcpy(pxe_pointer(p->buffer), packet, p->size);
        return PXENV_STATUS_SUCCESS;
    }
    p->size = PXE_CACHED_SIZE;
    return PXENV_STATUS_SUCCESS;
}

/* The memory is given back by this one, not by UNLOAD_STACK: of base code and UNDI, which are one
 * here, that removes the first. */
static uint16_t stop_undi(void *block)
{
    pxe_uninstall();
    nic_leave();
    return PXENV_STATUS_SUCCESS;
}

static uint16_t nothing_to_do(void *block)
{
    return PXENV_STATUS_SUCCESS;
}

const struct pxe_opcode pxe_preboot_opcodes[] = {
    {PXENV_START_UNDI, 2, nothing_to_do},
    {PXENV_STOP_UNDI, 2, stop_undi},
    {PXENV_UNLOAD_STACK, 2, pxe_undi_shut_down},
    {PXENV_GET_CACHED_INFO, sizeof(struct pxe_cached_info), get_cached_info},
    {PXENV_START_BASE, 2, nothing_to_do},
    {PXENV_STOP_BASE, 2, nothing_to_do},
    {0, 0, NULL},
};
