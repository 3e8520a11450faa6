/* SPDX-License-Identifier: BSD-2-Clause */
/* Command lines: words, joints, variables in them, options, and what is said of errors. */
#include <string.h>

#include "fake_boot.h"
#include "lib/errors.h"
#include "lib/print.h"
#include "loader/command.h"
#include "loader/variables.h"

/* Commands of the test's own: one shows all that it got, one returns what it is told. */
static int show(struct boot *boot, const struct arguments *arguments)
{
    for (unsigned n = 0; n < 3; n++)
        print("%s,", arguments->option[n] ? arguments->option[n] : "-");
    for (int n = 0; n < arguments->count; n++)
        print("<%s>", arguments->word[n]);
    print(" %s|%s\n", arguments->rest, arguments->count ? arguments_behind(arguments) : "");
    return 0;
}
COMMAND("show", "--name|-n= --yes|-y --time= [WORD...]", show);

static int results[] = {0, E_TIMEOUT, E_UNTRUE, E_CANCELLED, LINE_ENDS, SCRIPT_ENDS, E_ARGUMENTS};
static int result(struct boot *boot, const struct arguments *arguments)
{
    return results[arguments->word[0][0] - '0'];
}
COMMAND("result", "NUMBER", result);
COMMAND("some", "ONE [TWO]", show);
COMMAND("many", "WORD...", show);
COMMAND("none", "", show);

/* A line's result and what it shows. */
static void check_line(const char *line, int error, const char *shown)
{
    static char copy[16384];

    strcpy(copy, line);
    check_case(line);
    fake_shown();
    CHECK_EQUAL(command_line(&fake_boot, copy), error);
    CHECK_SHOWN(shown);
    CHECK_TEXT(copy, line);
}

TEST(words)
{
    fake_boot_case("words");
    check_line("", 0, "");
    check_line(" \t# nothing", 0, "");
    check_line("  show a  b\tc\r\n show d", 0, "-,-,-,<a><b><c> a b c|b c\n");
    check_line("show a#b # c", 0, "-,-,-,<a#b> a#b|\n");
    check_line("show \"a b\" 'c' d\\e", 0,
               "-,-,-,<\"a><b\"><'c'><d\\e> \"a b\" 'c' d\\e|b\" 'c' d\\e\n");
    check_line("show a\vb", 0, "-,-,-,<ab> ab|\n");
    check_line("show", 0, "-,-,-, |\n");
}

TEST(joints)
{
    fake_boot_case("joints");
    check_line("echo a && echo b ; echo c", 0, "a\nb\nc\n");
    check_line("echo a || echo b", 0, "a\n");
    check_line("echo a || echo b && echo c", 0, "a\nc\n");
    check_line("result 1 && echo b || echo c", 0, "result: no answer (E05), going on\nc\n");
    check_line("result 1 || echo b", 0, "result: no answer (E05), going on\nb\n");
    check_line("result 1 ||", 0, "result: no answer (E05), going on\n");
    check_line("result 1 ; echo b", 0, "result: no answer (E05), going on\nb\n");
    check_line("result 1", E_TIMEOUT, "result: no answer (E05)\n");
    check_line("result 1 && echo b", E_TIMEOUT, "result: no answer (E05)\n");
    check_line("result 2 && echo b || result 2", E_UNTRUE, "result: condition is false (E43)\n");
    check_line("result 2 || echo b", 0, "b\n");
    check_line("result 3 || echo b", E_CANCELLED, "result: cancelled from the keyboard (E06)\n");
    check_line("result 4 ; echo b", LINE_ENDS, "");
    check_line("result 2 || result 5 ; echo b", SCRIPT_ENDS, "");
    check_line("echo a|| b; c&&d |e& || echo", 0, "a|| b; c&&d |e&\n");
    check_line("; && echo a", 0, "a\n");
    check_line("echo a ;", 0, "a\n");
    check_line("echo # || echo b", 0, "\n");
}

TEST(unknown_commands)
{
    fake_boot_case("unknown commands");
    check_line("frobnicate a", E_COMMAND, "frobnicate: no such command (E35)\n");
    check_line("frobnicate || echo b", 0, "frobnicate: no such command (E35), going on\nb\n");
    check_line("ech a", E_COMMAND, "ech: no such command (E35)\n");
    check_line("frob && b || c", E_COMMAND,
               "frob: no such command (E35), going on\nc: no such command (E35)\n");
    check_line("\x1b[2J", E_COMMAND, "[2J: no such command (E35)\n");
}

TEST(options)
{
    fake_boot_case("options");
    check_line("show -y a -n b", 0, "-,,-,<a><-n><b> a -n b|-n b\n");
    check_line("show --name x --yes --time=3 a", 0, "x,,3,<a> a|\n");
    check_line("show --name=x=y --name z", 0, "z,-,-, |\n");
    check_line("show --name= a", 0, ",-,-,<a> a|\n");
    check_line("show -n -- -y -- -y a", 0, "--,,-,<-y><a> -y a|a\n");
    check_line("show - --", 0, "-,-,-,<-><--> - --|--\n");
    for (unsigned n = 0; n < 7; n++) {
        static const char *const bad[] = {"-n",      "--name", "--nam x", "--names x",
                                          "--yes=1", "-x",     "--=x"};
        char line[64];

        print_format(line, sizeof(line), "show %S", bad[n]);
        check_line(line, E_ARGUMENTS,
                   "show --name|-n= --yes|-y --time= [WORD...]\n"
                   "show: wrong arguments (E36)\n");
    }
}

TEST(counts)
{
    fake_boot_case("how many words there may be");
    check_line("some", E_ARGUMENTS, "some ONE [TWO]\nsome: wrong arguments (E36)\n");
    check_line("some 1", 0, "-,-,-,<1> 1|\n");
    check_line("some 1 2", 0, "-,-,-,<1><2> 1 2|2\n");
    check_line("some 1 2 3", 0, "-,-,-,<1><2><3> 1 2 3|2 3\n");
    check_line("many", E_ARGUMENTS, "many WORD...\nmany: wrong arguments (E36)\n");
    check_line("many 1 2 3 4", 0, "-,-,-,<1><2><3><4> 1 2 3 4|2 3 4\n");
    check_line("result 6", E_ARGUMENTS, "result NUMBER\nresult: wrong arguments (E36)\n");
}

TEST(numbers)
{
    fake_boot_case("numbers");
    check_line("inc n ; inc n 5 ; echo ${n} ; clear n", 0, "6\n");
    check_line("sleep x", E_ARGUMENTS, "sleep SECONDS\nsleep: wrong arguments (E36)\n");
    check_line("sleep 4294968", E_ARGUMENTS, "sleep SECONDS\nsleep: wrong arguments (E36)\n");
    check_line("sleep 0", 0, "");
    check_line("sleep 5", 0, "");
    CHECK(fake_now >= 6000);
}

TEST(expansion)
{
    fake_boot_case("variables");
    CHECK_EQUAL(variable_set(&fake_boot, "x", "a b"), 0);
    CHECK_EQUAL(variable_set(&fake_boot, "a", "x"), 0);
    CHECK_EQUAL(variable_set(&fake_boot, "self", "${self}}"), 0);
    check_line("show ${x} 1${x}2 $x {x} }", 0,
               "-,-,-,<a b><1a b2><$x><{x}><}> a b 1a b2 $x {x} }|1a b2 $x {x} }\n");
    check_line("show ${${a}} ${nothing} c", 0, "-,-,-,<a b><><c> a b  c| c\n");
    check_line("show ${self} ${${self}} d", 0, "-,-,-,<${self}}><><d> ${self}}  d| d\n");
    check_line("${nothing} a", E_COMMAND, ": no such command (E35)\n");
    check_line("show $${a} ${a}${a}", 0, "-,-,-,<$x><xx> $x xx|xx\n");
    check_line("set a ; show ${a} ; set a x", 0, "-,-,-,<> |\n");
    check_line("show ${a b}", E_SYNTAX, "line: malformed line (E38)\n");
    check_line("echo a ; show ${a || echo b", E_SYNTAX, "a\nline: malformed line (E38)\n");
    check_line("echo a || show ${a ; echo b", 0, "a\nb\n");
}

/* A line of `count` times a text behind a start. */
static const char *repeat(const char *start, const char *text, unsigned count)
{
    static char line[16000];
    size_t length = strlen(text);
    char *to = stpcpy(line, start);

    for (; count--; to += length)
        memcpy(to, text, length);
    *to = 0;
    return line;
}

static void check_long(const char *name, const char *line, int error)
{
    static char copy[16000];

    check_case(name);
    fake_shown();
    CHECK_EQUAL(command_line(&fake_boot, strcpy(copy, line)), error);
    CHECK_SHOWN(error ? "line: malformed line (E38)\n" : "");
}

TEST(limits)
{
    fake_boot_case("limits");
    check_long("bytes", repeat("isset ", "x", 3993), 0);
    check_long("a byte too many", repeat("isset ", "x", 3994), E_SYNTAX);
    check_long("far too many", repeat("isset ", "x", 9000), E_SYNTAX);
    check_long("in many words", repeat("isset ", "abcdefghi ", 398), 0);
    check_long("too many of them", repeat("isset ", "abcdefghijklmnopqrstuvwxyz ", 150), E_SYNTAX);
    check_long("words", repeat("isset ", "x ", 499), 0);
    check_long("a word too many", repeat("isset ", "x ", 500), E_SYNTAX);
    check_long("words nobody wants", repeat("isset x || isset ", "x ", 5000), 0);
    CHECK_EQUAL(variable_set(&fake_boot, "long", repeat("", "y", 1000)), 0);
    check_long("a value that fits", "isset ${long}", 0);
    check_long("two values that do not", "isset ${long}${long}${long}${long}", E_SYNTAX);
    check_long("open", repeat("isset ", "${", 3000), E_SYNTAX);
    check_line("isset ${${${nothing}}}${long}", 0, "");
}
