/* SPDX-License-Identifier: BSD-2-Clause */
/* The PXE boot menu: its records, what the console shows, what keys do; and option 43 with any
 * content. */
#include <stdio.h>
#include <string.h>

#include <sanitizer/asan_interface.h>

#include "platform/bios/console.h"
#include "loader/menu.h"
#include "lib/errors.h"
#include "lib/print.h"
#include "loader/prompt.h"
#include "fake_link.h"

enum { ESCAPE = 0x1b, OPTIONS = 240 };

static struct dhcp_packet offer;
static char shown[4096];
static const char *keys; /* what the user presses, '~' = nothing within the time asked for */
static uint32_t waited;  /* ms in which nothing was pressed */

void print(const char *format, ...)
{
    size_t len = strlen(shown);
    va_list args;

    va_start(args, format);
    CHECK(print_vformat(shown + len, sizeof(shown) - len, format, args) < 256);
    va_end(args);
    for (char *cr; (cr = strstr(shown, "\r\n"));) /* a newline is enough to look for */
        memmove(cr, cr + 1, strlen(cr));
}

int prompt_error(char key)
{
    return key == ESCAPE ? E_UNTRUE : 0;
}

void console_up(unsigned rows)
{
    CHECK(rows != 0);
}

char prompt_key(uint32_t ms)
{
    CHECK(ms > 0 && ms <= 60000);
    if (*keys && *keys != '~')
        return *keys++;
    keys += *keys != 0;
    waited += ms;
    return 0;
}

/* A message with these options; what stands behind them is out of bounds. */
static void message(const void *bytes, size_t len)
{
    ASAN_UNPOISON_MEMORY_REGION(&offer, sizeof(offer));
    memset(&offer, 0, sizeof(offer));
    memcpy(offer.data + OPTIONS - 4, "\x63\x82\x53\x63", 4);
    memcpy(offer.data + OPTIONS, bytes, len);
    offer.len = OPTIONS + len;
    ASAN_POISON_MEMORY_REGION(offer.data + offer.len, sizeof(offer.data) - offer.len);
}
#define MESSAGE(text) message((text), sizeof(text) - 1)
#define PXE           "\x3c\x09PXEClient"
#define THREE         "\x09\x0f\x80\x01\x03One\x80\x02\x03Two\x80\x03\x00"
#define LOCAL         "Local boot: next boot device\n"

static unsigned records(const char *option, size_t len, unsigned unit)
{
    static struct dhcp_value copy;
    unsigned n = 0;

    ASAN_UNPOISON_MEMORY_REGION(&copy, sizeof(copy));
    copy.len = len;
    memcpy(copy.data, option, len);
    ASAN_POISON_MEMORY_REGION(copy.data + len, sizeof(copy.data) - len);
    while (pxe_record(&copy, unit, n))
        n++;
    CHECK(!pxe_record(&copy, unit, n + 1) && !pxe_record(&copy, unit, ~0u));
    return n;
}
#define RECORDS(text, unit) records((text), sizeof(text) - 1, (unit))

TEST(records)
{
    fake_case("records");
    CHECK_EQUAL(RECORDS("", 1), 0);
    CHECK_EQUAL(RECORDS("\x80\x01", 1), 0);
    CHECK_EQUAL(RECORDS("\x80\x01\0", 1), 1);
    CHECK_EQUAL(RECORDS("\x80\x01\x01", 1), 0);
    CHECK_EQUAL(RECORDS("\x80\x01\x01x\0\0\x01y", 1), 2);
    CHECK_EQUAL(RECORDS("\x80\x01\x01x\0\0\x02y", 1), 1);
    CHECK_EQUAL(RECORDS("\x80\x01\x01x\0\0", 1), 1);
    CHECK_EQUAL(RECORDS("\x80\x01\x01xxxx\x80\x02\x00", 4), 2);
    CHECK_EQUAL(RECORDS("\x80\x01\x01xxx", 4), 0);
    CHECK_EQUAL(RECORDS("\x80\x01\xffxxxx", 4), 0);

    MESSAGE("\x2b\x0f\x08\x0d\x80\x02\x01xxxx\x80\x01\x00\x80\x01\x07");
    CHECK(!pxe_boot_servers(&offer, 0x0380));
    CHECK(pxe_boot_servers(&offer, 0x0280) && pxe_boot_servers(&offer, 0x0280)->count == 1);
    CHECK(pxe_boot_servers(&offer, 0x0180) && !pxe_boot_servers(&offer, 0x0180)->count);

    MESSAGE("\x2b\x08\x08\x06\x80\x02\x01xxx\x2b\x00\x2b\x06\x08\x04"
            "x\x80\x01\0");
    CHECK(pxe_boot_servers(&offer, 0x0180)); /* both 43 and its 8 in two pieces */
    CHECK_BYTES(pxe_boot_servers(&offer, 0x0280)->values, "xxxx", 4);
}

TEST(has_menu)
{
    fake_case("which message has a menu");
    MESSAGE(PXE "\x2b\x11" THREE);
    CHECK(pxe_has_menu(&offer));
    CHECK_EQUAL(pxe_discovery_control(&offer), 0);
    MESSAGE("\x2b\x11" THREE);
    CHECK(!pxe_has_menu(&offer));
    MESSAGE(PXE "\x2b\x02\x09\x00");
    CHECK(!pxe_has_menu(&offer));
    MESSAGE(PXE "\x2b\x05\x09\x04\x80\x01\x00"); /* one byte too long */
    CHECK(!pxe_has_menu(&offer));
    MESSAGE(PXE "\x2b\x14\x06\x01\x08" THREE);
    CHECK(pxe_has_menu(&offer)); /* bit 3, but there is no file */
    MESSAGE(PXE "\x43\x01x\x2b\x14\x06\x01\x07" THREE);
    CHECK(pxe_has_menu(&offer));
    CHECK_EQUAL(pxe_discovery_control(&offer), 7);
    MESSAGE(PXE "\x43\x01x\x2b\x14\x06\x01\x08" THREE);
    CHECK(!pxe_has_menu(&offer));
    MESSAGE(PXE "\x43\x01x\x2b\x13\x06\x00" THREE);
    CHECK(pxe_has_menu(&offer)); /* discovery control without a value */
    MESSAGE(PXE "\x2b\x03\x06\x01\x02\x2b\x11" THREE);
    CHECK(pxe_has_menu(&offer)); /* option 43 in two pieces */
    CHECK_EQUAL(pxe_discovery_control(&offer), 2);
}

TEST(text)
{
    char text[PXE_TEXT_MAX + 1];
    uint8_t raw[255];

    fake_case("text");
    pxe_text(text, (const uint8_t *)"a\x1b[2Jz", 5);
    CHECK_TEXT(text, "a\x1b[2J");
    for (unsigned i = 0; i < sizeof(raw); i++)
        raw[i] = (uint8_t)(i + 1);
    for (unsigned len = 0; len <= sizeof(raw); len++) {
        pxe_text(text, raw, len);
        CHECK_EQUAL(strlen(text), len < PXE_TEXT_MAX ? len : PXE_TEXT_MAX);
    }
}

/* The user presses these keys: the number of the item chosen (the types differ), -1 for none. */
static int press(const char *what)
{
    const struct pxe_record *item;
    int type;

    shown[0] = 0;
    waited = 0;
    keys = what;
    type = menu_choose(&offer);
    for (unsigned n = 0; (item = pxe_record(dhcp_option(&offer, PXE_BOOT_MENU), 1, n)); n++)
        if (item->type == type)
            return (int)n;
    return -1;
}

#define UP   "\xc8"
#define DOWN "\xd0"

TEST(menu_keys)
{
    fake_case("keys");
    MESSAGE(PXE "\x2b\x11" THREE);
    CHECK_EQUAL(press("2"), 1);
    CHECK(strstr(shown, "> 1  One\n  2  Two\n  3     \n"));
    CHECK_EQUAL(press("\r"), 0);
    CHECK_EQUAL(press("3"), 2);
    CHECK_EQUAL(press("4\x11\x32"), 1); /* neither a fourth nor Ctrl-Q is anything */
    CHECK_EQUAL(press("a0 \r"), 0);
    CHECK_EQUAL(press("\x1b"), -1);
    CHECK_EQUAL(press(DOWN "\r"), 1);
    CHECK(strstr(shown, "\rItem 2 "));
    CHECK_EQUAL(press(DOWN DOWN DOWN DOWN "\r"), 2);
    CHECK_EQUAL(press(DOWN DOWN UP "\r"), 1);
    CHECK_EQUAL(press(UP "\r"), 0);
    CHECK_EQUAL(press(DOWN "\x1b"), -1);
    CHECK_EQUAL(press(""), 0); /* nobody there */
    CHECK_EQUAL(waited, 60000);
}

TEST(long_menu)
{
    uint8_t raw[2 + 252] = {43, 252, 9, 250};

    fake_case("more items than keys");
    for (unsigned i = 0; i < 83; i++)
        raw[5 + 3 * i] = (uint8_t)(i + 1);
    message(raw, sizeof(raw));
    CHECK_EQUAL(press("9"), 8);
    CHECK_EQUAL(press("a"), 9);
    CHECK_EQUAL(press("z"), 34);
    CHECK(strstr(shown, "  k  \n\rItem 1 of 83"));
    CHECK_EQUAL(press("{\r"), 0);
    CHECK_EQUAL(press("\x1b"), -1);
}

TEST(prompt)
{
    fake_case("prompt");
    MESSAGE(PXE "\x2b\x19\x0a\x06\x00Hello" THREE);
    CHECK_EQUAL(press("2"), 0);
    CHECK_EQUAL(waited, 0);
    CHECK_TEXT(shown, "\n");
    MESSAGE(PXE "\x2b\x19\x0a\x06\xffHello" THREE);
    CHECK_EQUAL(press("2"), 1);
    CHECK(!strncmp(shown, "Hello\n> 1  One\n", 15));
    CHECK_EQUAL(press("~"), 0);
    CHECK_EQUAL(waited, 60000);
    MESSAGE(PXE "\x2b\x19\x0a\x06\x03Hello" THREE);
    CHECK_EQUAL(press("~~~2"), 0);
    CHECK_EQUAL(waited, 3000);
    CHECK_TEXT(shown, "\rHello   3 \rHello   2 \rHello   1 \n");
    CHECK_EQUAL(press("~~\x1b"), -1);
    CHECK_EQUAL(press("~\xc2"
                      "3"),
                2); /* F8 */
    CHECK(strstr(shown, "2 \n> 1  One\n"));
    CHECK_EQUAL(press(" \x1b"), -1);
    MESSAGE(PXE "\x2b\x19\x0a\x06\xff\rH\x1b\b\xff" THREE);
    CHECK_EQUAL(press("2"), 1);
    CHECK(!strncmp(shown, "?H???\n> 1  One\n", 15)); /* the cursor stays where it is */
    MESSAGE(PXE "\x2b\x13\x0a\x00" THREE);           /* not even a time */
    CHECK_EQUAL(press("2"), 1);
    MESSAGE(PXE "\x2b\x14\x0a\x01\xfe" THREE);
    CHECK_EQUAL(press(""), 0);
    CHECK_EQUAL(waited, 254000);
}

#define DISK_FIRST     \
    "\x09\x10\0\0\x04" \
    "Disk\x80\x02\x03Two\x80\x03\x00"

/* Local boot is the next boot device, and that is said, however it came to be chosen. */
TEST(local_boot)
{
    fake_case("local boot first");
    MESSAGE(PXE "\x2b\x1a\x0a\x06\x00Hello" DISK_FIRST); /* at once */
    CHECK_EQUAL(press(""), -1);
    CHECK_TEXT(shown, "\n" LOCAL);
    MESSAGE(PXE "\x2b\x1a\x0a\x06\x02Hello" DISK_FIRST); /* the prompt expires */
    CHECK_EQUAL(press("~~"), -1);
    CHECK_TEXT(shown, "\rHello   2 \rHello   1 \n" LOCAL);
    MESSAGE(PXE "\x2b\x12" DISK_FIRST);
    CHECK_EQUAL(press("\r"), -1);
    CHECK(strstr(shown, LOCAL));
    CHECK_EQUAL(press("~"), -1); /* a minute without a key */
    CHECK(strstr(shown, LOCAL));
    CHECK_EQUAL(press("1"), -1);
    CHECK(strstr(shown, "\n" LOCAL));
    CHECK_EQUAL(press("2"), 1);
    CHECK(!strstr(shown, LOCAL));
    CHECK_EQUAL(press("\x1b"), -1);
    CHECK(!strstr(shown, LOCAL)); /* the user knows */
}

TEST(damaged)
{
    static const char start[] = PXE "\x43\x01x\x36\x04\x0a\0\0\1\x2b\x32\x06\x01\x04\x0a\x02\x01?"
                                    "\x08\x12\x80\x02\x01\x0a\0\0\x09\x80\x01\x02\x0a\0\0\x07xxxx"
                                    "\x47\x04\x80\1\0\0" THREE "\xff";
    uint8_t bytes[sizeof(start) - 1];
    unsigned menus = 0, answers = 0;

    fake_case("fuzz");
    for (unsigned i = 0; i < 60000; i++) {
        memcpy(bytes, start, sizeof(bytes));
        for (unsigned n = next_random() % 5; n; n--)
            bytes[next_random() % sizeof(bytes)] = (uint8_t)(next_random() >> next_random() % 24);
        message(bytes, sizeof(bytes) - (next_random() % 4 ? 0 : next_random() % 40));
        answers += pxe_is_boot_server(&offer, 0x0180);
        const struct dhcp_value *list = dhcp_option(&offer, PXE_BOOT_SERVERS);
        const struct pxe_record *servers = pxe_boot_servers(&offer, 0x0180);
        if (servers && servers->count)
            CHECK(servers->values + 4 * servers->count <= list->data + list->len);
        if (!pxe_has_menu(&offer))
            continue;
        menus++;
        CHECK(press("~" DOWN "~") >= 0 || strstr(shown, LOCAL));
        for (const char *s = shown; *s; s++)
            CHECK((*s >= ' ' && *s <= '~') || *s == '\n' || *s == '\r');
    }
    CHECK(menus > 10000 && answers > 10000);
}
