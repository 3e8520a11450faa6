/* Network bootstrap programs (PXE 2.1 section 2.6): flat real-mode code at 0000:7C00, served by our
 * PXE services. The format has no magic, so this type is tried last and only turns away what cannot
 * be code. */
#include "image/image.h"

#include "bios/realmode.h"
#include "core/nic.h"
#include "pxe/api.h"

/* The stack is not right below the program, whose code would share a page with it (see
 * bios/rm.asm). */
enum { NBP_ADDRESS = 0x7c00, BASE_MEMORY_END = 0xa0000, LOOK = 16 };

static bool nbp_recognise(const uint8_t *data, size_t length)
{
    unsigned text = 0;

    if (length < LOOK || length > BASE_MEMORY_END - NBP_ADDRESS || !data[0] || data[0] == 0xff)
        return false;
    for (unsigned i = 0; i < LOOK; i++)
        text += (data[i] >= ' ' && data[i] < 0x7f) || (data[i] >= '\t' && data[i] <= '\r');
    return text < LOOK;
}

static int nbp_check(const struct boot_file *file, const struct memory_map *map, struct plan *plan)
{
    uint32_t room = memory_map_end(map, NBP_ADDRESS) - NBP_ADDRESS - PXE_BASE_MEMORY;
    struct plan_copy part = {.to = {NBP_ADDRESS, (uint32_t)file->length},
                             .from = {(uintptr_t)file->data, (uint32_t)file->length},
                             .what = "program"};
    int error;

    plan_start(plan, file, map);
    if (file->length > room)
        return plan_fail(plan, E_TOO_BIG, "%u bytes, base memory has room for %u",
                         (uint32_t)file->length, room);
    error = plan_add(plan, &part);
    return error ? error : plan_order(plan);
}

static int nbp_boot(const struct boot_file *file, struct plan *plan)
{
    struct far_pointer pxe = pxe_structure(), pxenv = pxenv_structure();
    uint16_t stack[] = {pxe.offset, pxe.segment};
    struct rm_regs regs = {.ebx = pxenv.offset, .es = pxenv.segment};

    image_place(plan);
    pxe_install(file->lease);
    regs.edx = (uint32_t)(uintptr_t)pxe_pointer(pxenv);
    rm_call_on(pxe_program_stack(), (struct far_pointer){NBP_ADDRESS, 0}, &regs, stack, 2);
    pxe_uninstall();
    nic_leave();
    return E_RETURNED;
}

const struct image_type nbp_image = {"NBP", nbp_recognise, nbp_check, nbp_boot, .keeps_card = true};
