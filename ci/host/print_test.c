/* SPDX-License-Identifier: BSD-2-Clause */
/* Formatted text: what is shown of other people's text, and what reaches machines as it is. */
#include <string.h>

#include "lib/errors.h"
#include "lib/print.h"
#include "fake_link.h"

struct net net; /* fake_link.c's */
static char text[64];
#define SHOWS(want, ...)                                                       \
    (CHECK_EQUAL(print_format(text, sizeof(text), __VA_ARGS__), strlen(want)), \
     CHECK_TEXT(text, want))

TEST(letters)
{
    uint32_t ip = fake_ip(10, 0, 200, 255);

    fake_case("letters");
    SHOWS("plain", "plain");
    SHOWS("a-b 4294967295 ff %", "%c-%s %u %x %%", 'a', "b", 0xffffffff, 255);
    SHOWS("[  7][007][1234][0f]", "[%3u][%03u][%3u][%02x]", 7, 7, 1234, 15);
    SHOWS("10.0.200.255", "%I", ip);
    SHOWS("00:01:0a:ff:10:80", "%M", (const uint8_t *)"\0\1\x0a\xff\x10\x80");
    SHOWS("no ARP answer (E13)", "%E", E_NO_ARP);
    SHOWS("one\r\ntwo\r\n", "one\ntwo\n"); /* as the console wants it */
}

TEST(other_peoples_text)
{
    fake_case("other people's text");
    for (unsigned c = 1; c < 256; c++) {
        const char name[] = {'<', (char)c, '>', 0};
        const char shown[] = {'<', c >= ' ' && c <= '~' ? (char)c : '?', '>', 0};

        SHOWS(shown, "%s", name);
        SHOWS(name, "%S", name); /* to a server it goes as it came */
    }
    SHOWS("x??1 bytes loaded\r\n", "%s\n", "x\r\n1 bytes loaded");
    SHOWS("p??.0 p\xc3\xa4.0", "%s %S", "p\xc3\xa4.0", "p\xc3\xa4.0");
    SHOWS("\rItem \b", "\r%s \b", "Item"); /* our own control characters count */
}

TEST(escape_sequences)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"\x1b[1mbold\x1b[0m", "bold"},
        {"a\x1b[31;1mred", "ared"},
        {"\x1b[J\x1b[Htop", "top"}, /* clear the screen, and so on */
        {"\x1b[?25lx", "x"},        /* hide the cursor */
        {"\x1bMx", "?Mx"},          /* not one of these */
        {"end\x1b", "end?"},        /* cut off anywhere */
        {"end\x1b[", "end"},
        {"end\x1b[3", "end"},
        {"\x1b[1\x1b[mx", "mx"}, /* one within another */
        {"[1m", "[1m"},
    };

    fake_case("escape sequences");
    for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        SHOWS(cases[n].shown, "%s", cases[n].text);
        SHOWS(cases[n].text, "%S", cases[n].text);
    }
    SHOWS("a|b", "%s|%s", "a\x1b[1", "b"); /* it does not go on in another text */
}

TEST(bounds)
{
    fake_case("bounds");
    for (size_t cap = 0; cap < 12; cap++) {
        memset(text, '#', sizeof(text));
        CHECK_EQUAL(print_format(text, cap, "%s\n%u", "abc", 1234), 9);
        for (size_t i = cap; i < sizeof(text); i++)
            CHECK_EQUAL(text[i], '#');
        if (cap)
            CHECK_EQUAL(strlen(text), cap < 10 ? cap - 1 : 9);
    }
}
