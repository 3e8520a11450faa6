/* SPDX-License-Identifier: BSD-2-Clause */
/* The console on a serial line: what terminals send becomes keys, none is lost, and none is made
 * up. The UART is the test's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "check.h"
#include "lib/print.h"
#include "lib/settings.h"
#include "platform/bios/console.h"
#include "platform/bios/io.h"
#include "platform/bios/realmode.h"
#include "platform/bios/serial.h"
#include "platform/bios/timer.h"

enum { PORT = 0x3f8, DATA = 0, STATUS = 5, IDLE = 0x20, SENT_MAX = 4096 };

static uint32_t now;
static const char *line; /* what comes in, one character a millisecond; '_' = 200 ms of nothing */
static uint32_t ready;   /* when its first character is there */
static char sent[SENT_MAX], buffer[RM_BUFFER_SIZE];
static bool stuck; /* the UART takes nothing */
uint8_t *rm_buffer = (uint8_t *)buffer;

static bool waits(void)
{
    for (; *line == '_'; line++)
        ready += 200;
    return *line && (int32_t)(now - ready) >= 0;
}

uint32_t device_read(uintptr_t reg, unsigned width)
{
    CHECK_EQUAL(width, 1);
    if (reg == PORT + STATUS)
        return (waits() ? 1 : 0) | (stuck ? 0 : IDLE);
    if (!CHECK_EQUAL(reg, PORT + DATA) || !CHECK(waits()))
        return 0;
    ready = now + 1;
    return (uint8_t)*line++;
}

void device_write(uintptr_t reg, unsigned width, uint32_t value)
{
    size_t length = strlen(sent);

    CHECK_EQUAL(width, 1);
    if (reg == PORT + DATA && CHECK(length < SENT_MAX - 1))
        sent[length] = (char)value;
}

uint32_t timer_ms(void)
{
    return now;
}

void delay_us(uint32_t us)
{
    now += us / 1000;
}

void rm_teletype(void)
{
}

/* No key of the keyboard; the cursor in row 9. */
void rm_interrupt(uint8_t vector, struct rm_regs *regs)
{
    if (vector == 0x16)
        regs->flags = FLAG_ZERO;
    else if (CHECK_EQUAL(vector, 0x10))
        regs->dh = 9;
}

/* A terminal sends this from now on. */
static void begin(const char *keys)
{
    static bool opened;
    uint16_t port = PORT;
    char setting[] = "serial=COM1,115200";

    if (!opened) {
        if (mmap((void *)LOW_MEMORY, 4096, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != (void *)LOW_MEMORY) {
            perror("memory of the BIOS");
            exit(1);
        }
        memcpy((void *)(uintptr_t)(LOW_MEMORY + 0x400), &port, sizeof(port));
        CHECK(setting_read(setting));
        serial_open();
        opened = true;
    }
    memset(sent, 0, sizeof(sent));
    line = keys;
    now += 1000;
    ready = now;
}

/* The keys that come in the next seconds. */
static const char *keys(void)
{
    static char got[64];
    size_t n = 0;

    for (uint32_t end = now + 3000; now < end; now++) {
        char key = console_key();

        if (key && CHECK(n < sizeof(got) - 1))
            got[n++] = key;
    }
    got[n] = 0;
    return got;
}

TEST(sequences)
{
    static const struct {
        const char *what, *line, *keys;
    } cases[] = {
        {"text", "ab\r", "ab\r"},
        {"cursor keys", "\x1b[A\x1b[B\x1b[C\x1b[D", "\xc8\xd0\xcd\xcb"},
        {"as applications have them", "\x1bOA\x1bOF", "\xc8\xcf"},
        {"with numbers", "\x1b[3~\x1b[5~\x1b[24~", "\xd3\xc9\x86"},
        {"between text", "a\x1b[Ab",
         "a\xc8"
         "b"},
        {"unknown ones are no keys", "\x1b[99~\x1b[1;5Ax\x1b[?62cy", "xy"},
        {"one that breaks off is Esc", "\x1b[1_~x", "\x1b~x"},
    };

    for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        check_case(cases[n].what);
        begin(cases[n].line);
        CHECK_TEXT(keys(), cases[n].keys);
    }
}

TEST(escape)
{
    static const struct {
        const char *what, *line, *keys;
    } cases[] = {
        {"the key", "\x1b", "\x1b"},
        {"text much later", "\x1b_dir\r",
         "\x1b"
         "dir\r"},
        {"text at once",
         "\x1b"
         "dir\r",
         "\x1b"
         "dir\r"},
        {"a digit at once",
         "\x1b"
         "1x",
         "\x1b"
         "1x"},
        {"twice", "\x1b\x1b", "\x1b\x1b"},
        {"Ctrl-C at once", "\x1b\x03", "\x1b\x03"},
        {"Enter at once", "\x1b\r", "\x1b\r"},
    };

    for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        check_case(cases[n].what);
        begin(cases[n].line);
        CHECK_TEXT(keys(), cases[n].keys);
    }
}

TEST(typed_ahead)
{
    check_case("keys stay while something else is waited for");
    begin("abc");
    for (unsigned n = 0; n < 1000; n++, now++)
        CHECK(!cancel_requested());
    CHECK_TEXT(keys(), "abc");

    check_case("Esc drops them");
    begin("ab\x1b");
    CHECK(!cancel_requested());
    now += 200;
    while (!cancel_requested() && now < ready + 5000)
        now += 50;
    CHECK_TEXT(keys(), "");

    check_case("never while a program runs");
    begin("\x1b");
    program_runs = true;
    for (unsigned n = 0; n < 1000; n++, now++)
        CHECK(!cancel_requested());
    program_runs = false;
    CHECK_TEXT(keys(), "\x1b");

    check_case("more than are kept");
    {
        static char many[1001];

        memset(many, 'x', 1000);
        begin(many);
        for (unsigned n = 0; n < 1000; n++, now += 120)
            CHECK(!cancel_requested());
        CHECK(!*line);
        for (unsigned n = 0; n < 255; n++)
            CHECK_EQUAL(console_key(), 'x');
        CHECK_EQUAL(console_key(), 0);
    }
}

TEST(output)
{
    check_case("text, and the column that it ends in");
    begin("");
    print("%s: %u\n", "one", 2);
    print("\r12345");
    CHECK_TEXT(sent, "one: 2\r\n\r12345");
    CHECK_EQUAL(console_column, 5);

    check_case("rows up");
    begin("");
    console_up(12);
    CHECK_TEXT(sent, "\r\x1b[12A");

    check_case("a UART that takes nothing is left alone");
    begin("abc");
    stuck = true;
    print("lost");
    stuck = false;
    print("lost, too");
    CHECK_TEXT(sent, "");
    CHECK_TEXT(keys(), "");
}
