/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of settings, as firmware and romtool read them; and the serial port that one names. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/keys.h"
#include "lib/settings.h"
#include "platform/bios/console.h"
#include "platform/bios/serial.h"
#include "base_memory.h"
#include "check.h"

/* A copy of exactly its length on the heap, so that reading past its end is noticed. */
static bool reads(const char *line)
{
    static char *copy;

    free(copy);
    copy = strdup(line);
    return setting_read(copy);
}

static const char *text_of(enum setting setting)
{
    return (const char *)settings[setting];
}

TEST(values)
{
    CHECK(reads("bootfile=tftp://10.0.0.1/a b=c"));
    CHECK(!strcmp(text_of(SETTING_BOOTFILE), "tftp://10.0.0.1/a b=c"));
    CHECK(reads("args=\x7e \x21"));
    CHECK(!strcmp(text_of(SETTING_ARGS), "~ !"));
    CHECK(reads("server=10.77.0.1"));
    CHECK(!memcmp(&settings[SETTING_SERVER], "\x0a\x4d\0\1", 4));
    CHECK(reads("timeout=3600") && settings[SETTING_TIMEOUT] == 3600);
    CHECK(reads("wait=007") && settings[SETTING_WAIT] == 7);
    CHECK(reads("serial=COM4,9600"));
    CHECK(settings[SETTING_SERIAL] == 9600 && setting_port == 4);
    CHECK(reads("serial=COM1,115200"));
    CHECK(settings[SETTING_SERIAL] == 115200 && setting_port == 1);
}

TEST(malformed)
{
    static const char *const lines[] = {
        "",
        "=",
        "wait",
        "wait=",
        "wait=0",
        "wait=301",
        "wait=4294967297",
        "wait=1 ",
        "wait= 1",
        "wait=-1",
        "waits=1",
        "wai",
        "Wait=1",
        "5ait=1",
        "timeout=3601",
        "bootfile=",
        "server=10.0.0",
        "server=10.0.0.256",
        "server=0.0.0.0",
        "server=10.0.0.1.",
        "serial=COM",
        "serial=COM0,9600",
        "serial=COM5,9600",
        "serial=COM1,",
        "serial=COM1,0",
        "serial=COM1,1",
        "serial=COM1,115201",
        "serial=COM4294967297,9600",
        "serial=COM1,9600,8n1",
        "serial=com1,9600",
        "colour=blue",
    };
    char longest[1100] = "args=";
    uintptr_t before[SETTINGS];

    memcpy(before, settings, sizeof(before));
    for (unsigned i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        check_case(lines[i]);
        CHECK(!reads(lines[i]));
        CHECK(!memcmp(before, settings, sizeof(before)));
    }
    memset(longest + 5, 'x', 1024);
    CHECK(reads(longest));
    longest[5 + 1024] = 'x';
    CHECK(!reads(longest));
    memcpy(longest, "user-class=", 11);
    longest[11 + 255] = 0;
    CHECK(reads(longest));
    longest[11 + 255] = 'x';
    longest[11 + 256] = 0;
    CHECK(!reads(longest));
}

/* --- the port */
enum { COM2 = 0x2f8, LINE = 3, STATUS = 5, SENT_MAX = 100 };
static uint8_t registers[8], divisor[2];
static const char *typed; /* '.' = nothing for `pause` ms */
static unsigned pause, waited;
static char sent[SENT_MAX];
static unsigned sent_count, looks, jams_after;

uint32_t device_read(uintptr_t reg, unsigned width)
{
    CHECK(reg >= COM2 && reg < COM2 + 8 && width == 1);
    if (reg == COM2)
        return (uint8_t)*typed++;
    looks++;
    return (*typed && *typed != '.' ? 1 : 0) | (sent_count < jams_after ? 0x20 : 0);
}

void device_write(uintptr_t reg, unsigned width, uint32_t value)
{
    CHECK(reg >= COM2 && reg < COM2 + 8 && width == 1);
    reg -= COM2;
    if (reg < 2 && registers[LINE] & 0x80)
        divisor[reg] = (uint8_t)value;
    else if (reg)
        registers[reg] = (uint8_t)value;
    else if (sent_count < SENT_MAX)
        sent[sent_count++] = (char)value;
}

/* For what is behind an Esc that begins no sequence; console_test.c has such. */
void console_keep(char key)
{
    CHECK(!key);
}

/* While the rest of an escape sequence is waited for. */
void delay_us(uint32_t us)
{
    CHECK(us && us <= 10000);
    waited += us / 1000;
    if (*typed == '.' && waited >= pause) {
        typed++;
        waited = 0;
    }
}

uint32_t timer_ms(void)
{
    return 0;
}

static void open_port(const char *line, uint16_t base)
{
    static uint8_t *low;

    if (!low)
        low = mmap((void *)LOW_MEMORY, 4096, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    CHECK(low == (void *)LOW_MEMORY);
    memcpy(low + 0x402, &base, sizeof(base));
    typed = "";
    sent_count = looks = 0;
    jams_after = SENT_MAX;
    CHECK(reads(line));
    serial_open();
}

TEST(port)
{
    serial_write("nowhere");
    CHECK(serial_key() == 0);

    open_port("serial=COM2,9600", 0);
    serial_write("the BIOS has found none");
    CHECK(!looks && !sent_count && serial_key() == 0);

    open_port("serial=COM2,9600", COM2);
    CHECK(divisor[0] == 12 && divisor[1] == 0 && registers[LINE] == 3 && registers[4] == 3);
    serial_write("text\r\n");
    CHECK(sent_count == 6 && !memcmp(sent, "text\r\n", 6));

    open_port("serial=COM2,300", COM2);
    CHECK(divisor[0] == 0x80 && divisor[1] == 1);
    open_port("serial=COM2,2", COM2);
    CHECK(divisor[0] == 0 && divisor[1] == 0xe1);
}

TEST(keys)
{
    open_port("serial=COM2,115200", COM2);
    CHECK(serial_key() == 0);
    typed = "ab\3";
    CHECK(serial_key() == 'a' && serial_key() == 'b' && serial_key() == 3 && !serial_key());
    typed = "\x1b";
    waited = 0;
    CHECK(serial_key() == 0x1b && !serial_key());
    CHECK(waited >= 99 && waited <= 101);
    pause = 90; /* between the characters: a slow line, a busy host */
    waited = 0;
    typed = "\x1b.[.B.a"; /* no more is waited for behind its end */
    CHECK(serial_key() == KEY_DOWN && !strcmp(typed, ".a"));
    typed = "\x1b[1~x";
    CHECK(serial_key() == key_of_sequence(1, '~') && serial_key() == 'x');
    typed = "\x1b[A";
    CHECK(serial_key() == KEY_UP && !serial_key());
    typed = "\x1bOB";
    CHECK(serial_key() == KEY_DOWN && !serial_key());
    typed = "\x1b[C";
    CHECK(serial_key() != 0x1b && !serial_key());
}

TEST(keys_by_number)
{
    static const struct {
        const char *typed;
        int key;
    } cases[] = {
        {"\x1b[D", KEY_LEFT},     {"\x1b[H", KEY_HOME},
        {"\x1b[F", KEY_END},      {"\x1b[1~", KEY_HOME},
        {"\x1b[3~", KEY_DELETE},  {"\x1b[4~", KEY_END},
        {"\x1b[5~", KEY_PAGE_UP}, {"\x1b[6~", KEY_PAGE_DOWN},
        {"\x1b[19~", (char)0xc2}, {"\x1b[24~", (char)0x86},
        {"\x1b[99~", 0},          {"\x1b[1;5C", 0},
    };
    static const struct {
        const char *name;
        int key;
    } names[] = {
        {"", 0},   {"x", 'x'},  {"0x02", 2}, {"0x197e", (char)0x86}, {"0x0141", KEY_UP},
        {"0x", 0}, {"0xzz", 0}, {"F12", 0},  {"0xff7e", 0},
    };

    open_port("serial=COM2,115200", COM2);
    for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        typed = cases[n].typed;
        CHECK_EQUAL(serial_key(), cases[n].key);
        CHECK(!serial_key());
    }
    for (unsigned n = 0; n < sizeof(names) / sizeof(names[0]); n++)
        CHECK_EQUAL(key_of_name(names[n].name), names[n].key);
}

/* The boot goes on without it. */
TEST(port_that_jams)
{
    open_port("serial=COM2,115200", COM2);
    jams_after = 2;
    serial_write("text");
    CHECK(sent_count == 2 && looks < 2000000);
    looks = 0;
    typed = "key";
    serial_write("text");
    CHECK(!looks && serial_key() == 0);
}
