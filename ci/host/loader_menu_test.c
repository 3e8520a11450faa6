/* SPDX-License-Identifier: BSD-2-Clause */
/* Menus: the commands that make them, what keys choose, and what the screen shows meanwhile. */
#include <stdio.h>
#include <string.h>

#include "fake_boot.h"
#include "fake_screen.h"
#include "loader/command.h"
#include "loader/menu.h"
#include "loader/variables.h"

#define UP        "\xc8"
#define DOWN      "\xd0"
#define PAGE_UP   "\xc9"
#define PAGE_DOWN "\xd1"
#define HOME      "\xc7"
#define END       "\xcf"

/* Carry out lines; the last one's result. */
static int run(const char *lines)
{
    char text[4096];
    int error = 0;

    snprintf(text, sizeof(text), "%s", lines);
    for (char *line = text, *next; *line; line = next) {
        next = strchr(line, '\n') ? strchr(line, '\n') + 1 : line + strlen(line);
        error = command_line(&fake_boot, line);
    }
    return error;
}

/* The user presses these keys: what is chosen, or the error as a text. */
static const char *choose(const char *how, const char *keys)
{
    static char chosen[256];
    char line[200];
    int error;

    fake.shown[0] = 0;
    fake.keys = keys;
    variable_set(&fake_boot, "chosen", "");
    snprintf(line, sizeof(line), "choose --keep %s chosen", how);
    error = run(line);
    fake_screen_show(fake.shown);
    if (error)
        snprintf(chosen, sizeof(chosen), "%d", error);
    else
        variable_get(&fake_boot, "chosen", chosen, sizeof(chosen));
    return chosen;
}

static const char three[] = "menu Boot what?\n"
                            "item --gap Systems\n"
                            "item --key d debian Debian 12\n"
                            "item rescue Rescue   system\n"
                            "item\n"
                            "item --key x --default local The local disk\n"
                            "item last Last\n";

TEST(shown)
{
    fake_boot_case("what the screen shows");
    run(three);
    CHECK_TEXT(choose("", "\r"), "local");
    CHECK_TEXT(fake_screen.row[0], "Boot what?");
    CHECK_TEXT(fake_screen.row[1], "     Systems");
    CHECK_TEXT(fake_screen.row[2], "  d  Debian 12");
    CHECK_TEXT(fake_screen.row[3], "     Rescue system");
    CHECK_TEXT(fake_screen.row[4], "");
    CHECK_TEXT(fake_screen.row[5], "> x  The local disk");
    CHECK_TEXT(fake_screen.row[6], "     Last");
    CHECK_TEXT(fake_screen.row[7], "Item 5 of 6 (Enter; Esc: leave)");
    CHECK_EQUAL(fake_screen.y, 8);
    CHECK_TEXT(choose("", DOWN "\r"), "last");
    CHECK_TEXT(fake_screen.row[5], "  x  The local disk");
    CHECK_TEXT(fake_screen.row[6], ">    Last");
    CHECK_TEXT(choose("", "d"), "debian");
    CHECK_TEXT(fake_screen.row[2], "> d  Debian 12");
    CHECK_TEXT(fake_screen.row[7], "Item 5 of 6 (Enter; Esc: leave)");
}

TEST(keys)
{
    static const struct {
        const char *keys, *chosen;
    } cases[] = {
        {"\n", "local"},
        {UP "\r", "rescue"}, /* over the gap */
        {UP UP "\r", "debian"},
        {UP UP UP UP UP UP "\r", "debian"},
        {HOME "\r", "debian"},
        {END "\r", "last"},
        {END DOWN "\r", "last"},
        {PAGE_UP "\r", "debian"},
        {PAGE_DOWN UP "\r", "local"},
        {"d", "debian"},
        {"x", "local"},
        {"D?\x10\xcb\xcd" DOWN "\r", "last"},
        {DOWN "~~~~\r", "last"},
        {DOWN "\x1b", "-43"},
        {DOWN "\x03", "-6"},
    };

    for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        fake_boot_case(cases[n].chosen);
        run(three);
        CHECK_TEXT(choose("", cases[n].keys), cases[n].chosen);
    }
}

TEST(time)
{
    fake_boot_case("time");
    run(three);
    CHECK_TEXT(choose("--timeout 2500", "~~"), "local");
    CHECK(strstr(fake.shown, "leave)   3 \rItem 5 of 6 (Enter; Esc: leave)   2 \r"));
    CHECK(fake_now >= 4000 && fake_now < 4100);
    CHECK_TEXT(choose("--timeout 2000 --default rescue", "~~~"), "rescue");
    CHECK_TEXT(choose("--timeout 2000 --default nothing", "~~~"), "debian");
    /* a key ends it */
    CHECK_TEXT(choose("--timeout 2000", "~" DOWN "~~~~~~~~\r"), "last");
    CHECK_TEXT(choose("--timeout soon", ""), "-36");
    CHECK_TEXT(choose("--timeout 4294967295", "\r"), "local");
}

TEST(named)
{
    fake_boot_case("menus by name");
    run("menu --name a First\nitem --menu a one One\nmenu Second\nitem two Two\n"
        "item --menu a three Three");
    CHECK_TEXT(choose("--menu a", END "\r"), "three");
    CHECK_TEXT(fake_screen.row[0], "First");
    CHECK_TEXT(choose("", END "\r"), "two");
    fake.keys = "\r";
    CHECK_EQUAL(run("choose --menu a x"), 0); /* forgets it */
    CHECK_TEXT(choose("--menu a", "\r"), "-37");
    CHECK_TEXT(choose("", "\r"), "two");
    CHECK_EQUAL(run("menu --delete"), 0);
    CHECK_TEXT(choose("", "\r"), "-37");
    CHECK_TEXT(choose("--menu nobody", "\r"), "-37");
    run("menu x\nitem --gap only a gap");
    CHECK_TEXT(choose("", "\r"), "-37");
    run("item one\nmenu x\nitem two"); /* a new one takes the place of the old */
    CHECK_TEXT(choose("", HOME "\r"), "two");
    CHECK_EQUAL(run("choose"), E_ARGUMENTS);
}

TEST(empty_texts)
{
    fake_boot_case("rows without text");
    run("menu\nitem first\nitem --gap\nitem second ${nothing}\nitem --gap ${nothing}");
    CHECK_TEXT(choose("", DOWN "\r"), "second"); /* they may be chosen, but for gaps */
    CHECK_TEXT(fake_screen.row[0], "");
    CHECK_TEXT(fake_screen.row[1], "");
    CHECK_TEXT(fake_screen.row[2], "");
    CHECK_TEXT(fake_screen.row[3], ">");
    CHECK_TEXT(fake_screen.row[4], "");
    CHECK_TEXT(fake_screen.row[5], "Item 3 of 4 (Enter; Esc: leave)");
}

TEST(colours)
{
    fake_boot_case("escape sequences, as templates for colours make them");
    CHECK_EQUAL(run("set esc:hex 1b\nset bold ${esc:string}[1m\nset red:hex 1b:5b:33:31:6d\n"
                    "echo -n ${bold}bold${red:string} red"),
                0);
    CHECK_SHOWN("bold red");
    CHECK_EQUAL(run("menu ${red}Title\nitem --gap ${bold}Gap${esc}[0m\nitem a ${bold}A"), 0);
    CHECK_TEXT(choose("", "\r"), "a");
    CHECK_TEXT(fake_screen.row[0], "Title");
    CHECK_TEXT(fake_screen.row[1], "     Gap");
    CHECK_TEXT(fake_screen.row[2], ">    A");
    CHECK_EQUAL(run("set esc\nset bold\nset red"), 0);
}

TEST(hot_keys)
{
    fake_boot_case("keys by their codes");
    run("menu\nitem --key 0x02 b Ctrl-B\nitem --key 0x197e f12 F12\nitem --key 0x0141 up Up\n"
        "item --key 0x no No key\nitem --key nonsense no2 No key\nitem --key z z Z\nitem --gap "
        "--key g A gap");
    CHECK_TEXT(choose("", "g\x1b"), "-43");
    CHECK_TEXT(choose("", "\x02"), "b");
    CHECK_TEXT(choose("", "\x86"), "f12");
    CHECK_TEXT(choose("", "0n\x1b"), "-43");
}

TEST(long_menu)
{
    char line[64];

    fake_boot_case("longer than the screen");
    run("menu Many");
    for (unsigned n = 0; n < 50; n++) {
        snprintf(line, sizeof(line), "item i%u Item number %u%s", n, n,
                 n % 7 ? "" : ", a long one");
        run(line);
    }
    CHECK_TEXT(choose("", "\r"), "i0");
    CHECK_TEXT(fake_screen.row[0], "Many");
    CHECK_TEXT(fake_screen.row[20], "     Item number 19");
    CHECK_TEXT(fake_screen.row[21], "Item 1 of 50 (Enter; Esc: leave)");
    CHECK_TEXT(choose("", END "\r"), "i49");
    CHECK_TEXT(fake_screen.row[20], ">    Item number 49, a long one");
    CHECK_TEXT(fake_screen.row[1], "     Item number 30");
    CHECK_TEXT(choose("", PAGE_DOWN "\r"), "i20");
    CHECK_TEXT(fake_screen.row[1], ">    Item number 20");
    CHECK_TEXT(choose("", PAGE_DOWN UP "\r"), "i19");
    CHECK_TEXT(fake_screen.row[20], ">    Item number 19");
    CHECK_TEXT(fake_screen.row[1], "     Item number 0, a long one");
    CHECK_TEXT(choose("", END HOME DOWN "\r"), "i1");
    CHECK_TEXT(fake_screen.row[2], ">    Item number 1");
    CHECK_TEXT(choose("", END PAGE_UP PAGE_UP PAGE_UP PAGE_UP "\r"), "i0");
    CHECK_TEXT(choose("--default i33", "\r"), "i33");
    CHECK_EQUAL(fake_screen.scrolled, 0);
    /* a key within a page sends little */
    choose("", "\r");
    size_t before = strlen(fake.shown);
    choose("", DOWN "\r");
    CHECK(strlen(fake.shown) - before < 120);
}

/* It may stand anywhere on the screen. */
TEST(at_the_bottom)
{
    char shown[2000];

    fake_boot_case("at the bottom of the screen");
    run(three);
    choose("", DOWN UP UP UP DOWN "\r");
    strcpy(shown, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n");
    strcat(shown, fake.shown);
    fake_screen_show(shown);
    CHECK_TEXT(fake_screen.row[16], "Boot what?");
    CHECK_TEXT(fake_screen.row[19], ">    Rescue system");
    CHECK_TEXT(fake_screen.row[21], "  x  The local disk");
    CHECK_TEXT(fake_screen.row[23], "Item 3 of 6 (Enter; Esc: leave)");
}

TEST(limits)
{
    char line[500];

    fake_boot_case("limits");
    run("menu Full");
    for (unsigned n = 0; n < MENU_ITEMS_MAX - 1; n++) {
        snprintf(line, sizeof(line), "item i%u text", n);
        CHECK_EQUAL(run(line), 0);
    }
    CHECK_EQUAL(run("item one more"), E_NO_MEMORY);
    CHECK_EQUAL(run("menu --name b Another"), E_NO_MEMORY);
    CHECK_TEXT(choose("", END "\r"), "i254");
    snprintf(line, sizeof(line), "menu\nitem %0128u x", 1);
    CHECK_EQUAL(run(line), E_NO_MEMORY);
    snprintf(line, sizeof(line), "menu\nitem %0127u x", 1);
    CHECK_EQUAL(run(line), 0);
    CHECK_EQUAL(run("menu --name 01234567890123456789012345678901 x"), E_NO_MEMORY);
    snprintf(line, sizeof(line), "menu %0200u\nitem a %0200u", 1, 2);
    run(line);
    CHECK_TEXT(choose("", "\r"), "a"); /* the screen's width is kept to */
    CHECK_EQUAL(strlen(fake_screen.row[0]), 74);
    variable_set(&fake_boot, "bad", "\x1b[2J\r\n\x07");
    run("menu ${bad}\nitem a ${bad}\xff");
    CHECK_TEXT(choose("", "\r"), "a");
    CHECK_TEXT(fake_screen.row[0], "???");
    CHECK_TEXT(fake_screen.row[1], ">    ????");
    run("menu --delete");
}

TEST(any_keys)
{
    static const char all[] = UP DOWN UP DOWN PAGE_UP PAGE_DOWN HOME END "~ab";
    char keys[64], line[64];

    fake_boot_case("any keys");
    for (unsigned round = 0; round < 400; round++) {
        unsigned items = 1 + next_random() % 60, count = next_random() % 40, marked = 0;

        run("menu Any");
        for (unsigned n = 0; n < items; n++) {
            if (n && next_random() % 5 == 0)
                strcpy(line, "item");
            else
                snprintf(line, sizeof(line), "item i%u <i%u>", n, n);
            run(line);
        }
        for (unsigned k = 0; k < count; k++)
            keys[k] = all[next_random() % (sizeof(all) - 1)];
        strcpy(keys + count, "\r");
        snprintf(line, sizeof(line), "<%s>", choose("", keys));
        for (unsigned y = 0; y < SCREEN_ROWS; y++) {
            if (fake_screen.row[y][0] != '>')
                continue;
            CHECK_TEXT(fake_screen.row[y] + 5, line);
            marked++;
        }
        CHECK_EQUAL(marked, 1);
    }
}
