/* SPDX-License-Identifier: BSD-2-Clause */
/* From the prefix to a boot, and back: where the firmware moves, which card has its turn, and what
 * the BIOS is told at the end. */
#include <string.h>

#include "fake_boot.h"
#include "fake_dhcp.h"
#include "lib/settings.h"
#include "loader/interpreter.h"
#include "platform/bios/boot_info.h"
#include "platform/bios/serial.h"
#include "platform/bios/timer.h"
#include "platform/nic.h"
#include "pxe/loader.h"
#include "pxe/spec.h"
#include "pxe/stack.h"

uint32_t early_init(const struct boot_info *info);
int firmware_main(const struct boot_info *info);

enum { MIB = 1 << 20 };

/* The machine: cards in neighbouring slots, and a PXE stack. */
static unsigned cards, probes, serial_opens, loads;
static int probe_result, find_result, stack_result;
static bool stack_is_loaded;
static int stack_card;
static uint32_t loader_top;
static struct dhcp_packet kept;
struct far_pointer pxe_rom_id;

static const struct net_driver driver = {.name = "driver"};
const struct net_driver undi_driver = {.name = "undi"};

int nic_find(const struct identity *id, uint16_t busdevfn)
{
    unsigned slot = (busdevfn + 7u) >> 3; /* that one, or the next */

    nic.driver = &driver;
    nic.pci = (struct pci_device){(uint16_t)((slot < cards ? slot : 0) << 3), 0x10ec, 0x8139};
    return cards ? find_result : E_NO_NIC;
}

unsigned nic_count(const struct identity *id)
{
    return cards;
}

int nic_probe(void)
{
    probes++;
    return probe_result;
}

int pxe_stack_find(const struct boot_info *info)
{
    stack_is_loaded = !stack_result;
    return stack_result;
}

bool pxe_stack_is_loaded(void)
{
    return stack_is_loaded;
}

int pxe_stack_busdevfn(void)
{
    return stack_card;
}

void pxe_stack_packet(unsigned type, struct dhcp_packet *packet)
{
    *packet = kept;
}

uint32_t undi_loader_top(const struct boot_info *info)
{
    return loader_top;
}

int undi_load(const struct boot_info *info)
{
    loads++;
    return 7;
}

void serial_open(void)
{
    serial_opens++;
}

void timer_start(void)
{
}

static uint32_t installed_below;

uint32_t rm_install(uint32_t top)
{
    installed_below = top;
    return FAKE_BASE_END;
}

/* An image. */
static struct {
    struct identity id;
    char texts[100];
} image;
static struct boot_info info;

static void begin(const char *name, enum medium medium, const char *lines)
{
    start(name);
    fake_boot_start();
    dhcp->file = "mem://10.0.0.1/x";
    cards = 1;
    probes = serial_opens = loads = 0;
    probe_result = find_result = stack_result = 0;
    stack_is_loaded = false;
    stack_card = 0;
    loader_top = 0;
    kept.len = 0;
    memset(&image, 0, sizeof(image));
    image.id = (struct identity){.magic = IDENTITY_MAGIC,
                                 .paragraphs = sizeof(image) / 16,
                                 .medium = (uint8_t)medium,
                                 .vendor = 0x10ec,
                                 .product = sizeof(image.id),
                                 .firmware = sizeof(image.id) + 10,
                                 .settings = sizeof(image.id) + 20};
    strcpy(image.texts, "Product");
    strcpy(image.texts + 10, "1.2.3");
    strcpy(image.texts + 20, lines);
    memset(&info, 0, sizeof(info));
    info.identity = &image.id;
}

/* Base memory and one range above it, as E820 says it. */
static uint64_t memory_end;

static void e820(uint8_t vector, struct rm_regs *regs)
{
    const uint64_t low[] = {FAKE_BASE, FAKE_BASE_END - FAKE_BASE};
    const uint64_t high[] = {FAKE_HIGH, memory_end - FAKE_HIGH};
    uint32_t type = 1;

    CHECK_EQUAL(vector, 0x15);
    memcpy(rm_buffer, regs->ebx ? high : low, sizeof(high));
    memcpy(rm_buffer + sizeof(high), &type, sizeof(type));
    regs->eax = 0x534d4150;
    regs->ebx = !regs->ebx;
    regs->ecx = 20;
    regs->flags = 0;
}

TEST(early)
{
    begin("memory", MEDIUM_ROM, "");
    fake.on_interrupt = e820;
    memory_end = 64 * MIB;
    loader_top = 0x9c000;
    CHECK_EQUAL(early_init(&info), 64 * MIB - (0x380000 - 0x300000)); /* build/host.mk */
    CHECK_EQUAL(installed_below, 0x9c000);
    memory_end = 3 * MIB; /* no room that is clear of where it stands */
    CHECK_EQUAL(early_init(&info), 0x300000);
}

TEST(one_card)
{
    begin("a .rom for a card that is there", MEDIUM_ROM, "timeout=5\nno=setting\n");
    info.undi_id = (struct far_pointer){1, 2};
    CHECK_EQUAL(firmware_main(&info), BACK_TO_BIOS);
    CHECK_SHOWN("no=setting: setting is unknown or malformed (E30)\n"
                "\nEtherforge 1.2.3 driver 10ec:8139 at 00:00.0, 00:00:00:00:00:00\n"
                "DHCP: 10.0.0.2 from 10.0.0.1, boot file mem://10.0.0.1/x\n"
                "mem://10.0.0.1/x server does not have the file (E14) \n");
    CHECK_EQUAL(serial_opens, 2);
    CHECK_EQUAL(settings[SETTING_TIMEOUT], 5);
    CHECK_EQUAL(pxe_rom_id.segment, 2);
    CHECK(!fake.is_open);
    begin("a card that does not start", MEDIUM_ROM, "");
    fake.is_open = false;
    fake.open_result = E_NO_LINK;
    CHECK_EQUAL(firmware_main(&info), BACK_TO_BIOS);
    CHECK_SHOWS("Network card: card has no link (E03)\n");
    begin("one that is no more", MEDIUM_ROM, "");
    probe_result = E_NIC_OPEN;
    CHECK_EQUAL(firmware_main(&info), BACK_TO_BIOS);
    CHECK_SHOWS("Network card: card does not start (E02)\n");
    begin("no card", MEDIUM_DISK, "");
    cards = 0;
    CHECK_EQUAL(firmware_main(&info), BACK_TO_BIOS);
    CHECK_SHOWS("Product: no card that this image drives (E01)\n");
    begin("entered as UNDI loader", MEDIUM_ROM, "");
    loader_top = 0x9c000;
    CHECK_EQUAL(firmware_main(&info), 7);
    CHECK_EQUAL(loads, 1);
}

TEST(several)
{
    begin("three cards: each once, and again with more patience", MEDIUM_DISK, "");
    info.busdevfn = 0xffff;
    cards = 3;
    dhcp->ip = 0;
    CHECK_EQUAL(firmware_main(&info), BACK_TO_BIOS);
    CHECK_EQUAL(probes, 6);
    CHECK(strstr(fake.shown, "Trying the next card: driver 10ec:8139 at 00:01.0"));
    begin("Esc ends that", MEDIUM_DISK, "");
    info.busdevfn = 0xffff;
    cards = 3;
    fake.keys = " \x1b";
    CHECK_EQUAL(firmware_main(&info), BACK_TO_BIOS);
    CHECK_EQUAL(probes, 1);
}

/* A boot file that returns. */
static const uint32_t nbi[(512 + 64) / 4] = {0x1b031336,  4,       0x18000000, 0x20000000,
                                             4 | 4 << 24, 0x20000, 64,         64};

static bool recognise(const uint8_t *data, size_t length)
{
    return length && *data == '%';
}

static int interpret(struct boot *boot, struct file *file)
{
    return 0;
}

INTERPRETER(percent) = {"percent", recognise, interpret};

static uint32_t start_firmware(void)
{
    fake.on_interrupt = e820;
    memory_end = 64 * MIB;
    early_init(&info);
    return (uint32_t)firmware_main(&info);
}

TEST(second_stage)
{
    begin("a .zpxe, with a driver for the card", MEDIUM_PXE, "");
    kept.len = 300;
    kept.data[0] = 2;
    memcpy(kept.data + 236, "\x63\x82\x53\x63\xff", 5);
    strcpy((char *)kept.data + 108, "x.zpxe");
    fake_serve_text("x", "%");
    dhcp->file = "mem://10.0.0.1/x.zpxe";
    CHECK_EQUAL(firmware_main(&info), BACK_TO_BIOS);
    CHECK_EQUAL(fake.unloads, 2); /* before the boot, and behind it */
    begin("without one", MEDIUM_PXE, "");
    stack_card = -1;
    fake_serve_text("x", "%");
    CHECK_EQUAL(firmware_main(&info), BACK_TO_BIOS);
    CHECK_SHOWS("undi 10ec:8139");
    begin("no stack", MEDIUM_PXE, "");
    stack_result = E_PXE_STACK;
    CHECK_EQUAL(firmware_main(&info), BACK_TO_BIOS);
    begin("a stack whose card does not answer", MEDIUM_PXE, "");
    stack_card = -1;
    probe_result = E_PXE_STACK;
    CHECK_EQUAL(firmware_main(&info), BACK_TO_PXE);
}

/* The last test: what a boot file leaves behind stays. */
TEST(ends)
{
    begin("a script that ends: no other card", MEDIUM_DISK, "");
    info.busdevfn = 0xffff;
    cards = 2;
    fake_serve_text("x", "%");
    CHECK_EQUAL(start_firmware(), BACK_TO_BIOS);
    CHECK_EQUAL(probes, 1);
    begin("a boot file that returns: the other card, then no way back", MEDIUM_DISK, "");
    info.busdevfn = 0xffff;
    cards = 2;
    fake_serve("x", nbi, sizeof(nbi));
    CHECK(FAKE_LEAVES(start_firmware()));
    CHECK(fake.next_device);
    CHECK_EQUAL(probes, 2);
    CHECK_EQUAL(fake.entered, 2);
}
