/* From the prefix to a booted file, and back to the BIOS when that fails. */
#include "bios/console.h"
#include "bios/memory.h"
#include "bios/realmode.h"
#include "core/boot.h"
#include "core/boot_info.h"
#include "core/nic.h"
#include "core/print.h"
#include "core/target.h"
#include "core/timer.h"
#include "net/net.h"
#include "pxe/calls.h"
#include "pxe/loader.h"
#include "pxe/stack.h"

extern uint8_t _image_start[], _image_end[];

/* Where it stands now, with what core/start.asm notes behind it, ends before this. */
enum { UNPACKED_END = 0x300000 };

/* As core/start.asm has them. */
_Static_assert(offsetof(struct boot_info, identity) == 48, "INFO_IDENTITY");
_Static_assert(offsetof(struct identity, address_base) == 32, "IDENTITY_BASE");

static struct memory_map memory;

/* Called where the payload was unpacked, before it moves: nothing set here may point into the
 * image. */
uint32_t early_init(const struct boot_info *info)
{
    uint32_t size = (uint32_t)(_image_end - _image_start), base;

    timer_start();
    base = rm_install(undi_loader_top(info));
    memory_read(&memory);
    memory_reserve(&memory, base, 0xa0000);
    base = memory_highest(&memory, size);
    if (base < UNPACKED_END) /* no room elsewhere, or not clear of where it stands now */
        base = (uint32_t)_image_start;
    memory_reserve(&memory, base, base + size);
    return base;
}

/* The card the PXE stack drives, with our own driver if there is one for it, else through the
 * stack's UNDI. Decided while the stack is whole: there is no way back. */
static int find_pxe_card(const struct boot_info *info, const struct identity *id)
{
    int error = pxe_stack_find(info), busdevfn;

    if (error)
        return error;
    first_stage.self = id;
    pxe_stack_packet(CACHED_ACK, &first_stage.ack);
    pxe_stack_packet(CACHED_REPLY, &first_stage.reply);
    if (first_stage.reply.len)
        dhcp_boot_target(&first_stage.reply, &first_stage.server, first_stage.file);
    busdevfn = pxe_stack_busdevfn();
    if (busdevfn >= 0 && !nic_find(id, busdevfn)) {
        pxe_stack_unload();
        return nic_find(id, busdevfn); /* the stack has changed the card once more */
    }
    return nic_use(&undi_driver);
}

static int find_card(const struct boot_info *info, const struct identity *id)
{
    switch (id->medium) {
    case MEDIUM_ROM:
        return nic_find(id, info->busdevfn);
    case MEDIUM_PXE:
        return find_pxe_card(info, id);
    default:
        return nic_find(id, BUSDEVFN_ANY);
    }
}

/* A machine may have several cards and a cable in one of them. */
static int open_card(const struct identity *id)
{
    int error = nic_open();

    while (error == E_NO_LINK && id->medium == MEDIUM_DISK) {
        print("%M: %E, trying the next card\n", nic.mac, error);
        if (nic_find(id, BUSDEVFN_ANY))
            return E_NO_LINK;
        error = nic_open();
    }
    return error;
}

int firmware_main(const struct boot_info *info)
{
    const struct identity *id = info->identity;
    int error;

    if (undi_loader_top(info))
        return undi_load(info);
    print("\nEtherforge %s ", target_version);
    error = find_card(info, id);
    if (error) {
        print("for %s: %E\n", (const char *)id + id->product, error);
        return pxe_stack_is_loaded() ? BACK_TO_PXE : BACK_TO_BIOS;
    }
    print("%s %04x:%04x at %02x:%02x.%u, %M\n", nic.driver->name, nic.pci.vendor, nic.pci.device,
          nic.pci.busdevfn >> 8, nic.pci.busdevfn >> 3 & 31, nic.pci.busdevfn & 7, nic.mac);
    error = open_card(id);
    if (error)
        print("Network card: %E\n", error);
    else
        boot_from_network(&memory);
    nic_leave();
    return BACK_TO_BIOS;
}
