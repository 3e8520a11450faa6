/* SPDX-License-Identifier: BSD-2-Clause */
/* The prompt, and commands that a user gives there or is asked by. */
#include <stdio.h>
#include <string.h>

#include "fake_boot.h"
#include "lib/settings.h"
#include "loader/command.h"
#include "loader/prompt.h"
#include "loader/shell.h"
#include "loader/variables.h"
#include "platform/nic.h"

static int run(const char *text)
{
    char line[300];

    snprintf(line, sizeof(line), "%s", text);
    return command_line(&fake_boot, line);
}

static const char *value(const char *name)
{
    static char text[300];

    variable_get(&fake_boot, name, text, sizeof(text));
    return text;
}

static int open_prompt(const char *keys)
{
    fake.keys = keys;
    fake.shown[0] = 0;
    fake_boot.typed[0] = 0;
    return prompt_boot_file(&fake_boot);
}

TEST(prompt)
{
    fake_boot_case("nobody asks for it");
    CHECK_EQUAL(open_prompt(""), 0);
    CHECK_SHOWN("");
    fake_boot_case("a key opens it");
    CHECK_EQUAL(open_prompt(" file\r"), 0);
    CHECK_TEXT(fake_boot.typed, "file");
    CHECK_SHOWS("Boot file or command, such as help (Enter: the server's; Esc: next device)\n"
                "etherforge> file\n");
    fake.shift = true;
    CHECK_EQUAL(open_prompt("~helpless\r"), 0); /* which is no command */
    CHECK_TEXT(fake_boot.typed, "helpless");
    fake.shift = false;
    fake_boot_case("what it takes");
    CHECK_EQUAL(open_prompt(" echo one ; echo two\recho three\r\r"), 0);
    CHECK_TEXT(fake_boot.typed, "");
    CHECK_SHOWS("\none\ntwo\n");
    CHECK_SHOWS("\nthree\n");
    CHECK_EQUAL(open_prompt(" x\x1bset a b\rexit\r"), 0);
    CHECK_TEXT(value("a"), "b");
    CHECK_TEXT(fake_boot.typed, "");
    CHECK_EQUAL(open_prompt(" \x1b"), E_CANCELLED);
    CHECK_EQUAL(open_prompt(" x\x03\x03"), E_CANCELLED);
    CHECK_EQUAL(open_prompt(" shell\recho in\r\x1b"
                            "file\r"),
                0); /* one in the other */
    CHECK_TEXT(fake_boot.typed, "file");
    fake_now = 1000;
    CHECK_EQUAL(open_prompt(" half"), 0); /* nobody there: as if nothing was typed */
    CHECK_TEXT(fake_boot.typed, "");
    CHECK(fake_now > 60000 && fake_now < 62000);
}

TEST(wait)
{
    fake_boot_case("the setting `wait`");
    settings[SETTING_WAIT] = 3;
    CHECK_EQUAL(open_prompt("~~"), 0);
    CHECK_SHOWS("Any key: next device   1");
    settings[SETTING_WAIT] = 3;
    CHECK_EQUAL(open_prompt("~x"), E_CANCELLED);
}

TEST(help)
{
    fake_boot_case("help");
    CHECK_EQUAL(run("help"), 0);
    CHECK_SHOWS("help COMMAND");
    for (const char *line = fake.shown; (line = strchr(line, '\n')); line++)
        CHECK(strcspn(line + 1, "\n") < 80);
    for (const struct command *c = __start_commands; c < __stop_commands; c++)
        for (const char *name = c->usage; *name > ' '; name += *name == '|') {
            char text[32] = "";

            memcpy(text, name, strcspn(name, "| "));
            CHECK(command_find(text) == c);
            name += strlen(text);
        }
    CHECK_SHOWS("lspci ");
    CHECK_SHOWS("choose ");
    CHECK(fake_shown() != NULL);
    CHECK_EQUAL(run("help choose"), 0);
    CHECK_SHOWN("choose --menu|-m= --default|-d= --timeout|-t= --keep|-k VARIABLE\n");
    CHECK_EQUAL(run("set b two words && show b"), 0);
    CHECK_SHOWN("b = two words\n");
    CHECK_EQUAL(run("show nothing"), E_UNTRUE);
    CHECK_EQUAL(run("console --x 1024 --picture http://x/y"), 0);
    CHECK_EQUAL(run("md5sum linux initrd.gz"), 0);
    CHECK_EQUAL(run("sum"), E_COMMAND);
    CHECK_EQUAL(run("colour --basic 2 6 && color 1 && cpair --background 1 0"), 0);
}

TEST(questions)
{
    fake_boot_case("prompt");
    fake.keys = "x";
    CHECK_EQUAL(run("prompt Any key"), 0);
    CHECK_SHOWN("Any key\n");
    fake.keys = "y";
    CHECK_EQUAL(run("prompt --key x --variable k Only x"), E_UNTRUE);
    CHECK_TEXT(value("k"), "");
    fake.keys = "x";
    CHECK_EQUAL(run("prompt --key x --variable k Only x"), 0);
    CHECK_TEXT(value("k"), "x");
    fake.keys = "\x1b";
    CHECK_EQUAL(run("prompt Esc"), E_UNTRUE);
    fake.keys = "\x1b";
    CHECK_EQUAL(run("prompt --key 0x1b Esc"), 0);
    fake.keys = "\x03";
    CHECK_EQUAL(run("prompt Ctrl-C"), E_CANCELLED);
    fake_now = 1000;
    fake.keys = "";
    CHECK_EQUAL(run("prompt --timeout 2000 x"), E_TIMEOUT);
    CHECK(fake_now >= 3000 && fake_now < 3100);
    CHECK_EQUAL(run("prompt --timeout soon x"), E_ARGUMENTS);

    fake_boot_case("read, login");
    fake.keys = "new\r";
    CHECK_EQUAL(run("set v old && read v"), 0);
    CHECK_TEXT(value("v"), "oldnew");
    fake.keys = "x\x1b";
    CHECK_EQUAL(run("read v"), E_UNTRUE);
    CHECK_TEXT(value("v"), "oldnew");
    fake.keys = "\x15\r";
    CHECK_EQUAL(run("read v"), 0);
    CHECK_TEXT(value("v"), "");
    fake.shown[0] = 0;
    fake.keys = "joe\rsecret\r";
    CHECK_EQUAL(run("login"), 0);
    CHECK_SHOWN("User name: joe\nPassword: ******\n");
    CHECK_TEXT(value("username"), "joe");
    CHECK_TEXT(value("password"), "secret");
    fake.keys = "\x1b";
    CHECK_EQUAL(run("login"), E_UNTRUE);
    fake.keys = "pw\r";
    CHECK_EQUAL(run("read --secret p"), 0);
    CHECK_TEXT(value("p"), "pw");
    fake.keys = "\x1b";
    CHECK_EQUAL(run("shell"), 0);
    fake.keys = "\x03";
    CHECK_EQUAL(run("shell"), E_CANCELLED);
    fake.keys = "nonsense\r\x1b";
    CHECK_EQUAL(run("shell"), 0);
    CHECK_SHOWS("nonsense: no such command (E35)");
}

TEST(config)
{
    fake_boot_case("config");
    while (strcmp(variable_name(0), "mac") != 0) /* of the tests before */
        variable_set(&fake_boot, variable_name(0), "");
    run("set one 1");
    run("set two 2");
    fake.keys = "\xd0\r3\r\x1b"; /* Down */
    CHECK_EQUAL(run("config"), 0);
    CHECK_TEXT(value("one"), "1");
    CHECK_TEXT(value("two"), "23");
    CHECK_SHOWS("\ntwo = 23\n");
    CHECK_SHOWS(">    two = 23 ");
    CHECK_SHOWS("     ip = 10.0.0.2 ");
    fake.keys = "\xc7\r\x1b\x03"; /* Home */
    CHECK_EQUAL(run("config"), E_CANCELLED);
    CHECK_TEXT(value("one"), "1");
    CHECK_EQUAL(run("choose --menu config x"), E_LABEL); /* which is gone */
}

static unsigned calls;
static void bios(uint8_t vector, struct rm_regs *regs)
{
    static const uint16_t wanted[] = {0x5301, 0x530e, 0x5307};

    CHECK_EQUAL(vector, 0x15);
    CHECK(calls < 3 && regs->ax == wanted[calls]);
    if (regs->ax == 0x5307)
        CHECK(regs->bx == 1 && regs->cx == 3);
    calls++;
}

TEST(machine)
{
    static const struct net_driver driver = {.name = "driver"};

    fake_boot_case("lspci");
    nic.driver = &driver;
    fake.functions = 3;
    CHECK_EQUAL(run("lspci"), 0);
    CHECK_SHOWS("00:00.0 8086:7000 class 010a driver\n00:00.1 8086:7001 class 010a \n");
    CHECK(!strstr(fake.shown, "more"));
    fake.shown[0] = 0;
    fake.functions = 50;
    fake.keys = " \x1b";
    CHECK_EQUAL(run("lspci"), 0);
    CHECK_SHOWS("00:04.7 8086:7027");
    CHECK(!strstr(fake.shown, "00:05.0"));

    fake_boot_case("cpuid");
    CHECK_EQUAL(run("cpuid 0"), 0);         /* FPU */
    CHECK_EQUAL(run("cpuid --ext 29"), 0);  /* 64-bit mode, which this test may need */
    CHECK_EQUAL(run("cpuid 10"), E_UNTRUE); /* reserved */
    CHECK_EQUAL(run("cpuid 32"), E_ARGUMENTS);
    CHECK_EQUAL(run("cpuid x"), E_ARGUMENTS);
    CHECK(fake_shown() != NULL);
    CHECK_EQUAL(run("cpuid --ecx 5"), E_ARGUMENTS); /* there is no such option */
    CHECK_SHOWN("cpuid --ext|-e BIT\ncpuid: wrong arguments (E36)\n");
    CHECK_EQUAL(run("cpuid --ecx 5 && set arch a || set arch b"), 0);
    CHECK_EQUAL(run("iseq ${arch} b && set arch"), 0);

    fake_boot_case("reboot");
    *(uint16_t *)(LOW_MEMORY + 0x472) = 1;
    CHECK(FAKE_LEAVES(run("reboot")));
    CHECK(!fake.next_device && fake.jump.entry.segment == 0xffff && !fake.jump.entry.offset);
    CHECK_EQUAL(*(uint16_t *)(LOW_MEMORY + 0x472), 0);
    CHECK(!fake.is_open);
    fake_boot_case("warm");
    CHECK(FAKE_LEAVES(run("reboot --warm")));
    CHECK_EQUAL(*(uint16_t *)(LOW_MEMORY + 0x472), 0x1234);

    fake_boot_case("poweroff");
    fake.on_interrupt = bios;
    CHECK_EQUAL(run("poweroff"), E_UNSUPPORTED); /* this one comes back */
    CHECK_EQUAL(calls, 3);
    CHECK_SHOWS("The BIOS does not switch off");
    CHECK(fake.is_open);
}
