/* PXE 2.1 section 3.1: cached packets, and leaving the stack. */
#include "core/nic.h"
#include "core/string.h"
#include "pxe/api.h"

static uint16_t get_cached_info(void *block)
{
    struct {
        uint16_t status, type, size;
        struct far_pointer buffer;
        uint16_t limit;
    } __attribute__((packed)) *p = block;
    uint8_t *packet = pxe_cached_packet(p->type);

    if (!packet)
        return PXENV_STATUS_UNSUPPORTED;
    p->limit = PXE_CACHED_SIZE;
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

static uint16_t unload_stack(void *block)
{
    nic_close();
    pxe_uninstall();
    return PXENV_STATUS_SUCCESS;
}

static uint16_t nothing_to_do(void *block)
{
    return PXENV_STATUS_SUCCESS;
}

const struct pxe_opcode pxe_preboot_opcodes[] = {
    {0x00, 2, nothing_to_do}, /* START_UNDI */
    {0x15, 2, nothing_to_do}, /* STOP_UNDI */
    {0x70, 2, unload_stack},
    {0x71, 12, get_cached_info},
    {0x76, 2, nothing_to_do}, /* START_BASE */
    {0x77, 2, nothing_to_do}, /* STOP_BASE */
    {0, 0, NULL},
};
