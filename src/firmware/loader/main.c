/* SPDX-License-Identifier: BSD-2-Clause */
/* From the prefix to a booted file, and back to the BIOS when that fails. */
#include "lib/print.h"
#include "lib/settings.h"
#include "lib/string.h"
#include "loader/boot.h"
#include "net/net.h"
#include "platform/bios/boot_info.h"
#include "platform/bios/console.h"
#include "platform/bios/memory.h"
#include "platform/bios/realmode.h"
#include "platform/bios/serial.h"
#include "platform/bios/timer.h"
#include "platform/nic.h"
#include "platform/target.h"
#include "pxe/api.h"
#include "pxe/loader.h"
#include "pxe/spec.h"
#include "pxe/stack.h"

extern uint8_t _image_start[], _memory_size[]; /* the latter is a number */

static struct boot boot;

/* What is moved, with what platform/bios/start.asm notes behind it, ends before this. */
enum { UNPACKED_END = 0x300000, PAGE = 4096 };

/* Called where the payload was unpacked, before it moves: nothing set here may point into the
 * image. */
uint32_t early_init(const struct boot_info *info)
{
    static struct plan plan;
    uint32_t size = (uint32_t)_memory_size, base;

    timer_start();
    base = rm_install(undi_loader_top(info));
    memory_read(&boot.ram);
    boot.memory = boot.ram;
    memory_reserve(&boot.memory, base, 0xa0000);
    plan_start(&plan, NULL, &boot.memory);
    base = plan_room(&plan, size, UINT32_MAX, PAGE);
    if (base < UNPACKED_END) /* no room elsewhere, or not clear of where it stands now */
        base = (uint32_t)_image_start;
    memory_reserve(&boot.memory, base, base + size);
    return base;
}

/* The card the PXE stack drives, with our own driver if there is one for it, else through the
 * stack's UNDI. Decided while the stack is whole: there is no way back. */
static int find_pxe_card(const struct boot_info *info, const struct identity *id)
{
    int error = pxe_stack_find(info), busdevfn;

    if (error)
        return error;
    boot.first_stage.self = id;
    pxe_stack_packet(PXENV_PACKET_TYPE_DHCP_ACK, &boot.first_stage.ack);
    pxe_stack_packet(PXENV_PACKET_TYPE_CACHED_REPLY, &boot.first_stage.reply);
    if (boot.first_stage.reply.len)
        dhcp_boot_target(&boot.first_stage.reply, &boot.first_stage.server, boot.first_stage.file);
    busdevfn = pxe_stack_busdevfn();
    if (busdevfn < 0 || nic_find(id, (uint16_t)busdevfn) || nic.pci.busdevfn != busdevfn ||
        nic_probe()) {
        nic.driver = &undi_driver;
        return nic_probe();
    }
    pxe_stack_unload(); /* changes the card once more */
    return 0;
}

/* Returns why the card in `nic` did not boot. */
static int try_card(void)
{
    int error = nic_probe();

    print("%s %04x:%04x at %02x:%02x.%u, %M\n", nic.driver->name, nic.pci.vendor, nic.pci.device,
          nic.pci.busdevfn >> 8, nic.pci.busdevfn >> 3 & 31, nic.pci.busdevfn & 7, nic.mac);
    if (!error)
        error = nic_open();
    if (error)
        failed("Network card", error);
    else
        error = boot_from_network(&boot);
    pxe_stack_unload();
    return error;
}

/* What is wrong is said, and the others count. */
static void read_settings(struct identity *id)
{
    char *line = (char *)id + id->settings;

    for (char *end = line; *line; end++) {
        if (*end >= ' ')
            continue;
        *end = '\0';
        if (!setting_read(line))
            failed(line, E_SETTING);
        serial_open();
        line = end + 1;
    }
}

/* A .rom is for the card that the BIOS says it is initialising, and a .zpxe for the PXE stack's.
 * Where the BIOS does not say, or some other thing, and for a .dsk, it may be any; and so it may
 * for an image that has every driver, when the first one fails. */
int firmware_main(const struct boot_info *info)
{
    static uint8_t copy[IDENTITY_MAX + 1]; /* what is booted may overwrite the image */
    struct identity *id = memcpy(copy, info->identity, info->identity->paragraphs * 16u);
    bool known = id->medium == MEDIUM_PXE;
    unsigned cards = 1, left, again = 0;
    int error;

    if (id->medium == MEDIUM_ROM)
        pxe_rom_id = info->undi_id;
    if (undi_loader_top(info))
        return undi_load(info);
    read_settings(id);
    memcpy(firmware_version, (const char *)id + id->firmware, sizeof(firmware_version) - 1);
    print("\nEtherforge %s ", firmware_version);
    error = known ? find_pxe_card(info, id) : nic_find(id, info->busdevfn);
    if (error) {
        failed((const char *)id + id->product, error);
        return pxe_stack_is_loaded() ? BACK_TO_PXE : BACK_TO_BIOS;
    }
    known |= nic.pci.busdevfn == info->busdevfn;
    if (!known || id->vendor == VENDOR_ANY)
        cards = nic_count(id) + (nic.driver == &undi_driver);
    left = cards;
    net.hurried = cards > 1;
    for (;;) {
        error = try_card();
        if (error >= E_NO_DHCP && net.hurried)
            again = cards; /* with more patience it may boot */
        if (!--left) {
            left = again;
            again = 0;
            net.hurried = false;
        }
        if (!left || !error || error == E_CANCELLED || nic_find(id, nic.pci.busdevfn + 1))
            break;
        boot.first_stage.ack.len = 0; /* told of the first card */
        print("Trying the next card: ");
    }
    if (boot.left)
        leave_to_next_device();
    return BACK_TO_BIOS;
}
