/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/enter.h"

#include "lib/string.h"
#include "platform/bios/realmode.h"
#include "pxe/api.h"

enum { BOOTP_SIADDR = 20 }; /* RFC 951 section 3 */

static void write_bootp(uint8_t *bootp, const struct dhcp_lease *lease)
{
    memset(bootp, 0, DHCP_PACKET_MAX);
    memcpy(bootp, lease->ack.data, lease->ack.len);
    memcpy(bootp + BOOTP_SIADDR, &lease->boot_server, sizeof(lease->boot_server));
}

static _Noreturn void jump(const struct image_entry *entry)
{
    struct rm_jump to = {.regs.edx = 0x80, /* where a boot sector looks for its disk */
                         .entry = entry->code,
                         .ss = entry->stack.segment,
                         .sp = entry->stack.offset};

    to.regs.ds = to.regs.es = to.ss;
    rm_leave(&to);
}

static void call(const struct image_entry *entry)
{
    uint16_t base_kb = entry->base_kb ? rm_set_base_kb(entry->base_kb) : 0;
    struct rm_regs regs = {0};

    if (entry->kind == ENTRY_CALL)
        rm_call_on(entry->stack, entry->code, &regs, NULL, 0);
    else
        flat_call(entry->flat, entry->eax, entry->argument);
    if (base_kb)
        rm_set_base_kb(base_kb);
}

int enter_image(const struct image_type *type, const struct plan *plan,
                const struct dhcp_lease *lease)
{
    const struct image_entry *entry = &plan->entry;

    image_place(plan);
    write_bootp(plan->file->bootp, lease);
    if (type->finish)
        type->finish(plan);
    if (entry->kind == ENTRY_JUMP)
        jump(entry);
    if (entry->kind == ENTRY_PXE) {
        pxe_install(lease);
        return pxe_run_program();
    }
    call(entry);
    return E_RETURNED;
}
