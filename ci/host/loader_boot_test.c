/* SPDX-License-Identifier: BSD-2-Clause */
/* Which file is booted: what the DHCP server, the settings, the prompt and a first stage say. */
#include <string.h>

#include "fake_boot.h"
#include "fake_dhcp.h"
#include "lib/settings.h"
#include "loader/command.h"
#include "loader/interpreter.h"

enum { ESCAPE = 0x1b };

/* The files of these tests are carried out; only that is looked at. */
static char ran[100], arguments[100];

static bool recognise(const uint8_t *data, size_t length)
{
    return length && *data == '%';
}

static int interpret(struct boot *boot, struct file *file)
{
    strcpy(ran, file->name);
    strcpy(arguments, file->arguments);
    return 0;
}

INTERPRETER(percent) = {"percent", recognise, interpret};

/* A DHCP server at 10.0.0.1 that names this file, and files on it. */
static void begin(const char *name, const char *file)
{
    start(name);
    fake_boot_start();
    dhcp->file = file;
    ran[0] = arguments[0] = 0;
    fake_serve_text("dhcp", "%");
    fake_serve_text("typed", "%");
    fake_serve_text("set", "%");
    fake_serve_text("x.zpxe", "%");
}

static int boot(void)
{
    return boot_from_network(&fake_boot);
}

#define M "mem://10.0.0.1/"

TEST(dhcp)
{
    begin("DHCP", M "dhcp");
    options(dhcp, RAW("\x81\x09"
                      "quiet a=b"));
    CHECK_EQUAL(boot(), 0);
    CHECK_TEXT(ran, "dhcp");
    CHECK_TEXT(arguments, "quiet a=b");
    CHECK_SHOWS("DHCP: 10.0.0.2 from 10.0.0.1, boot file mem://10.0.0.1/dhcp\n");
    CHECK(!file_at(&fake_boot, 0));
    begin("no file", NULL);
    CHECK_EQUAL(boot(), E_NO_BOOT_FILE);
    CHECK_SHOWN("DHCP: DHCP answer names no boot file (E10)\n");
    begin("no server", NULL);
    dhcp->ip = 0;
    CHECK_EQUAL(boot(), E_NO_DHCP);
    begin("a file that is not there", M "none");
    CHECK_EQUAL(boot(), E_FILE_NOT_FOUND);
    begin("a server's name alone", "file");
    options(dhcp, RAW("\x42\x08tftp.lan"));
    dhcp->siaddr = 0;
    CHECK(boot() < 0);
    CHECK_SHOWS("tftp.lan: no name server (E28)\n");
    begin("a password is for the server alone", "mem://user:secret@10.0.0.1/dhcp");
    CHECK_EQUAL(boot(), 0);
    CHECK_SHOWS("boot file mem://10.0.0.1/dhcp\n");
    CHECK(!strstr(fake.shown, "secret"));
    begin("nothing that could be fetched", "nfs://10.0.0.1/x");
    CHECK_EQUAL(boot(), E_UNSUPPORTED);
    CHECK_SHOWS("nfs://10.0.0.1/x: not supported (E42)\n");
}

TEST(settings)
{
    begin("settings", M "dhcp");
    settings[SETTING_BOOTFILE] = (uintptr_t)(M "set");
    settings[SETTING_ARGS] = (uintptr_t) "of the settings";
    CHECK_EQUAL(boot(), 0);
    CHECK_TEXT(ran, "set");
    CHECK_TEXT(arguments, "of the settings");
    begin("where DHCP names none", NULL);
    settings[SETTING_BOOTFILE] = (uintptr_t)(M "set");
    CHECK_EQUAL(boot(), 0);
    CHECK_TEXT(ran, "set");
    begin("a server of ours: TFTP, which nobody answers", "file");
    settings[SETTING_SERVER] = fake_ip(10, 0, 0, 9);
    CHECK(boot() < 0);
    CHECK_SHOWS("tftp://10.0.0.9/file ");
}

TEST(prompt)
{
    begin("typed", M "dhcp");
    fake.keys = " mem://10.0.0.1/typed\r";
    CHECK_EQUAL(boot(), 0);
    CHECK_TEXT(ran, "typed");
    CHECK_EQUAL(boot(), 0); /* on the next card, too, and without a question */
    CHECK_TEXT(ran, "typed");
    begin("Enter alone", M "dhcp");
    fake.keys = " \r";
    CHECK_EQUAL(boot(), 0);
    CHECK_TEXT(ran, "dhcp");
    begin("Esc", M "dhcp");
    fake.keys = " \x1b";
    CHECK_EQUAL(boot(), E_CANCELLED);
    CHECK_TEXT(ran, "");
    begin("once more after a failure, as long as Shift is held", M "dhcp");
    fake.shift = true;
    fake.keys = " mem://10.0.0.1/none\r mem://10.0.0.1/none2\r mem://10.0.0.1/typed\r";
    CHECK_EQUAL(boot(), 0);
    CHECK_TEXT(fake.fetched, "none none2 typed ");
    CHECK_TEXT(ran, "typed");
    begin("until Esc", M "dhcp");
    fake.shift = true;
    fake.keys = " mem://10.0.0.1/none\r \x1b";
    CHECK_EQUAL(boot(), E_CANCELLED);
    CHECK_TEXT(fake.fetched, "none ");
    begin("Esc while the server is waited for", M "dhcp");
    dhcp->ip = 0;
    fake_cancel_at = fake_now + 100;
    CHECK_EQUAL(boot(), E_CANCELLED);
    CHECK_SHOWS("DHCP: cancelled");
}

TEST(suffix)
{
    begin("the name with its suffix", M "x.zpxe");
    CHECK_EQUAL(boot(), 0);
    CHECK_TEXT(ran, "x.zpxe");
    CHECK_SHOWS(M "x not found, trying x.zpxe\n");
    begin("without it", M "dhcp.ZPXE");
    CHECK_EQUAL(boot(), 0);
    CHECK_TEXT(ran, "dhcp");
    begin("a second stage does not try it", M "x.zpxe");
    strcpy(fake_boot.first_stage.file, "other");
    CHECK_EQUAL(boot(), E_FILE_NOT_FOUND);
    begin("nothing but the suffix", M ".zpxe");
    CHECK_EQUAL(boot(), E_NO_BOOT_FILE);
    begin("what loaded us", M "dhcp");
    strcpy(fake_boot.first_stage.file, "dhcp");
    fake_boot.first_stage.server = fake_ip(10, 0, 0, 1);
    CHECK_EQUAL(boot(), E_SELF_LOOP);
}

/* A BOOTP reply as a PXE stack has kept it. */
static struct dhcp_packet packet(const char *file)
{
    struct dhcp_packet packet = {.len = 300, .data = {2, 1, 6}};
    uint32_t ip = fake_ip(10, 0, 0, 2), server = fake_ip(10, 0, 0, 1);

    memcpy(packet.data + 16, &ip, 4);
    memcpy(packet.data + 20, &server, 4);
    memcpy(packet.data + 236, "\x63\x82\x53\x63\x35\1\5\xff", 8);
    strcpy((char *)packet.data + 108, file);
    return packet;
}

TEST(first_stage)
{
    begin("as the PXE stack was configured", NULL);
    dhcp->ip = 0;
    fake_boot.first_stage.ack = packet("");
    fake_boot.first_stage.reply = packet(M "dhcp.zpxe");
    strcpy(fake_boot.first_stage.file, "dhcp.zpxe");
    fake_boot.first_stage.server = fake_ip(10, 0, 0, 1);
    CHECK_EQUAL(boot(), 0);
    CHECK_TEXT(ran, "dhcp");
    CHECK_SHOWS("Going on as configured by the PXE stack\n");
}

/* A menu of a PXE server: three items, the last of which is the next device. */
#define MENU "\x2b\x11\x09\x0f\x80\x01\x03One\x80\x02\x03Two\0\0\0"

TEST(menu)
{
    begin("a menu", NULL);
    with_proxy();
    proxy->pxe = true;
    options(proxy, RAW(MENU));
    fake.keys = "~~\x1b";
    CHECK_EQUAL(boot(), E_CANCELLED);
    begin("an item that no server has", NULL);
    with_proxy();
    options(proxy, RAW(MENU));
    proxy->silent_on_67 = false;
    fake.keys = "~~1";
    CHECK(boot() < 0);
    begin("an item that a first stage has chosen", NULL);
    with_proxy();
    options(proxy, RAW(MENU));
    strcpy(fake_boot.first_stage.file, "x.zpxe");
    fake_boot.first_stage.server = fake_ip(10, 0, 0, 5);
    CHECK(boot() < 0);
    CHECK_SHOWS("tftp://10.0.0.5/x ");
}

/* A program asks for another file. */
TEST(program)
{
    struct uri uri;

    begin("a program", M "dhcp");
    CHECK_EQUAL(boot(), 0);
    uri = (struct uri){.server = 0};
    CHECK_EQUAL(uri_parse(M "set", &uri), 0);
    CHECK_EQUAL(pxe_loader->boot(pxe_loader, &uri, "its arguments"), 0);
    CHECK_TEXT(ran, "set");
    CHECK_TEXT(arguments, "its arguments");
}

TEST(autoboot)
{
    char line[] = "autoboot";

    begin("autoboot", M "dhcp");
    CHECK_EQUAL(command_line(&fake_boot, line), 0);
    CHECK_TEXT(ran, "dhcp");
    begin("one that fails", NULL);
    CHECK_EQUAL(command_line(&fake_boot, line), E_NO_BOOT_FILE);
}
