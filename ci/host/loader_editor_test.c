/* SPDX-License-Identifier: BSD-2-Clause */
/* The line editor: what keys make of a line, and what the screen shows of it. */
#include <stdio.h>
#include <string.h>

#include "fake_boot.h"
#include "fake_screen.h"
#include "lib/print.h"
#include "loader/editor.h"
#include "loader/history.h"

#define UP    "\xc8"
#define DOWN  "\xd0"
#define LEFT  "\xcb"
#define RIGHT "\xcd"
#define HOME  "\xc7"
#define END   "\xcf"
#define DEL   "\xd3"

static char line[HISTORY_LINE];

/* The user is asked behind a prompt, and presses these keys. */
static int edit(const char *prompt, const char *keys, size_t cap, unsigned flags)
{
    int error;

    fake.shown[0] = 0;
    print("%s", prompt);
    fake.keys = keys;
    error = edit_line(line, cap, flags);
    fake_screen_show(fake.shown);
    CHECK_EQUAL(fake_screen.y, 1);
    CHECK_EQUAL(fake_screen.x, 0);
    return error;
}

TEST(keys)
{
    static const struct {
        const char *keys, *line;
        unsigned cursor;
    } cases[] = {
        {"", "", 0},
        {"abc", "abc", 3},
        {"a b~c", "a bc", 4},
        {"abc" LEFT LEFT "x", "axbc", 2},
        {"abc" LEFT LEFT LEFT LEFT LEFT "x", "xabc", 1},
        {"abc" LEFT RIGHT RIGHT RIGHT "x", "abcx", 4},
        {"abc" HOME "x" END "y", "xabcy", 5},
        {"abc\x01x\x05y", "xabcy", 5},
        {"abc\b", "ab", 2},
        {"abc\x7f", "ab", 2},
        {"\b\x7f" DEL "\x04", "", 0},
        {"abc" LEFT "\b", "ac", 1},
        {"abc" LEFT DEL, "ab", 2},
        {"abc" LEFT LEFT "\x04", "ac", 1},
        {"abc" DEL, "abc", 3},
        {"abcd" LEFT LEFT "\x0b", "ab", 2},
        {"abcd" LEFT LEFT "\x15", "cd", 0},
        {UP "a" DOWN "b", "ab", 2}, /* without a history */
        {"a\xc9\xd1\xbb\x80\x17\x02"
         "b",
         "ab", 2}, /* keys of no use */
    };

    for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        char keys[64] = "";

        fake_boot_case(cases[n].line);
        line[0] = 0;
        strcat(strcpy(keys, cases[n].keys), n % 2 ? "\r" : "\n");
        CHECK_EQUAL(edit("? ", keys, sizeof(line), 0), 0);
        CHECK_TEXT(line, cases[n].line);
        CHECK_EQUAL(strncmp(fake_screen.row[0], "? ", strlen(fake_screen.row[0]) < 2 ? 1 : 2), 0);
        if (line[0] && line[strlen(line) - 1] != ' ')
            CHECK_TEXT(fake_screen.row[0] + 2, cases[n].line);
        CHECK_EQUAL(fake_screen.end, 2 + cases[n].cursor);
    }
}

TEST(ends)
{
    fake_boot_case("ends");
    strcpy(line, "old");
    CHECK_EQUAL(edit("", "x\x1b", sizeof(line), 0), E_UNTRUE);
    CHECK_TEXT(line, "oldx");
    CHECK_EQUAL(edit("", "\b\x03", sizeof(line), 0), E_CANCELLED);
    CHECK_TEXT(line, "old");
    CHECK_TEXT(fake_screen.row[0], "old");
    CHECK_EQUAL(edit("", HOME "a\r", sizeof(line), EDIT_LIMITED), 0);
    CHECK_TEXT(line, "aold");
    fake_now = 1000;
    CHECK_EQUAL(edit("", "b~", sizeof(line), EDIT_LIMITED), E_TIMEOUT);
    CHECK(fake_now >= 61000 && fake_now < 63000);
    CHECK_TEXT(line, "aoldb");
}

TEST(hidden)
{
    fake_boot_case("hidden");
    line[0] = 0;
    CHECK_EQUAL(edit("Password: ", "secreT" LEFT "\b\b!\r", sizeof(line), EDIT_HIDDEN), 0);
    CHECK_TEXT(line, "sec!T");
    CHECK_TEXT(fake_screen.row[0], "Password: *****");
    CHECK(!strchr(fake.shown, 'T'));
}

TEST(full)
{
    fake_boot_case("no more room");
    line[0] = 0;
    memset(line, 'x', sizeof(line));
    line[0] = 0;
    CHECK_EQUAL(edit("", "abcdef" LEFT "g\bh\r", 5, 0), 0);
    CHECK_TEXT(line, "abhd");
    CHECK_EQUAL(line[5], 'x');
}

/* What was there before is anybody's text: it does not move the cursor. */
TEST(strange_text)
{
    fake_boot_case("strange text");
    strcpy(line, "a\x1b[2J\tz");
    CHECK_EQUAL(edit("", "\r", sizeof(line), 0), 0);
    CHECK_TEXT(fake_screen.row[0], "a?[2J?z");
}

TEST(long_line)
{
    static const char digits[] = "0123456789";
    char keys[400] = "";

    fake_boot_case("longer than the screen");
    line[0] = 0;
    for (unsigned n = 0; n < 20; n++)
        strcat(keys, digits);
    strcat(keys, "\r");
    CHECK_EQUAL(edit("etherforge> ", keys, sizeof(line), 0), 0);
    CHECK_EQUAL(strlen(line), 200);
    CHECK_EQUAL(strlen(fake_screen.row[1]), 0);
    CHECK(fake_screen.end > 12 && fake_screen.end < 80);
    CHECK_EQUAL(fake_screen.row[0][fake_screen.end - 1], '9');
    CHECK_EQUAL(edit("etherforge> ", HOME "x\r", sizeof(line), 0), 0);
    CHECK_EQUAL(strncmp(fake_screen.row[0], "etherforge> x0123456789", 23), 0);
    CHECK_EQUAL(strlen(fake_screen.row[0]), 79);
    CHECK_EQUAL(fake_screen.end, 13);
    fake_boot_case("a prompt that leaves no room: the next row");
    memset(keys, '-', 70);
    keys[70] = 0;
    print("%s", keys);
    fake.keys = "\r";
    CHECK_EQUAL(edit_line(line, sizeof(line), 0), 0);
    fake_screen_show(fake.shown);
    CHECK_EQUAL(fake_screen.y, 2);
    CHECK_EQUAL(strlen(fake_screen.row[0]), 70);
    CHECK(fake_screen.row[1][0] != '-');
}

/* Only what changes goes over the line. */
TEST(little_is_sent)
{
    size_t before;

    fake_boot_case("little is sent");
    strcpy(line, "tftp://192.0.2.1/a/long/name/of/a/kernel");
    edit("> ", "\r", sizeof(line), 0);
    before = strlen(fake.shown);
    CHECK_EQUAL(before, 2 + strlen(line) + 1);
    edit("> ", "x" LEFT RIGHT "\b\r", sizeof(line), 0);
    CHECK_EQUAL(strlen(fake.shown) - before, 1 + 1 + 1 + 3);
}

TEST(history)
{
    static const char *const typed[] = {"one\r", "two\r", "\r", "two\r", "three\r"};

    fake_boot_case("history");
    history_add(""); /* which is linked only where something needs it */
    line[0] = 0;
    CHECK_EQUAL(edit("", UP DOWN "\r", sizeof(line), EDIT_HISTORY), 0);
    CHECK_TEXT(line, "");
    for (unsigned n = 0; n < sizeof(typed) / sizeof(typed[0]); n++) {
        line[0] = 0;
        edit("", typed[n], sizeof(line), EDIT_HISTORY);
    }
    line[0] = 0;
    edit("", UP "\r", sizeof(line), EDIT_HISTORY);
    CHECK_TEXT(line, "three");
    line[0] = 0;
    edit("", UP UP "x\r", sizeof(line), EDIT_HISTORY);
    CHECK_TEXT(line, "twox");
    line[0] = 0;
    edit("", UP UP UP UP UP UP UP "\r", sizeof(line), EDIT_HISTORY);
    CHECK_TEXT(line, "one");
    line[0] = 0;
    edit("", "new" UP UP DOWN DOWN DOWN "er\r", sizeof(line), EDIT_HISTORY);
    CHECK_TEXT(line, "newer");
    CHECK_TEXT(fake_screen.row[0], "newer");
    for (unsigned n = 0; n < 100; n++) {
        print_format(line, sizeof(line), "line %u", n);
        edit("", "\r", sizeof(line), EDIT_HISTORY);
    }
    line[0] = 0;
    edit("", UP UP UP "\r", sizeof(line), EDIT_HISTORY);
    CHECK_TEXT(line, "line 97");
}

/* The same keys on a line that is made of them in the plainest way. */
static size_t model_at;
static void model(char *text, size_t cap, unsigned char key)
{
    size_t length = strlen(text), at = model_at, from = at;
    char copy[HISTORY_LINE];

    strcpy(copy, text);
    switch (key) {
    case 0xcb:
        model_at = at ? at - 1 : 0;
        return;
    case 0xcd:
        model_at = at < length ? at + 1 : length;
        return;
    case 0xc7:
    case 1:
        model_at = 0;
        return;
    case 0xcf:
    case 5:
        model_at = length;
        return;
    case 0xd3:
    case 4:
        at = at < length ? at + 1 : at;
        break;
    case '\b':
        from = at ? at - 1 : 0;
        break;
    case 11:
        at = length;
        break;
    case 21:
        from = 0;
        break;
    default:
        if (length + 1 >= cap)
            return;
        sprintf(text, "%.*s%c%s", (int)at, copy, key, copy + at);
        model_at++;
        return;
    }
    sprintf(text, "%.*s%s", (int)from, copy, copy + at);
    model_at = from;
}

TEST(any_keys)
{
    static const char all[] =
        "abcdefgh ijkl mnopqrst uv" LEFT LEFT RIGHT HOME END DEL "\b\x01\x04\x05\x0b\x15";
    char keys[601], wanted[HISTORY_LINE], window[81];

    fake_boot_case("any keys");
    for (unsigned n = 0; n < 500; n++) {
        unsigned count = next_random() % 600, mostly = next_random() % 2 ? 25 : sizeof(all) - 1;
        size_t cap = next_random() % 2 ? sizeof(line) : 1 + next_random() % 200;

        wanted[0] = line[0] = 0;
        model_at = 0;
        for (unsigned k = 0; k < count; k++) {
            keys[k] = all[next_random() % (next_random() % 4 ? mostly : sizeof(all) - 1)];
            model(wanted, cap, (unsigned char)keys[k]);
        }
        keys[count] = '\r';
        keys[count + 1] = 0;
        if (!CHECK_EQUAL(edit("> ", keys, cap, 0), 0) || !CHECK_TEXT(line, wanted))
            break;
        /* what is shown is a part of the line, and the cursor is at its place in it */
        strcpy(window, fake_screen.row[0] + (fake_screen.row[0][1] ? 2 : 1));
        CHECK(strstr(wanted, window) != NULL);
        CHECK(fake_screen.end >= 2 && model_at >= fake_screen.end - 2);
        CHECK(!strncmp(wanted + model_at - (fake_screen.end - 2), window, strlen(window)));
    }
}
