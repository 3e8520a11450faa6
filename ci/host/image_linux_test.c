/* SPDX-License-Identifier: BSD-2-Clause */
/* Linux bzImages of all protocol versions: where they go, refusals, and what the setup code finds.
 */
#include "image_machine.h"

enum { FILE_AT = 0x3000000, KERNEL = 0x1400, INITRD = 0x123, SETUP_SECTORS = 3 };
enum { SETUP_LENGTH = (SETUP_SECTORS + 1) * 512 };

static const struct dhcp_lease lease;
static struct boot_file file;
static struct module initrd;
static struct plan plan;

/* A kernel of that protocol version; the newer fields say what Debian's 6.1 says, but smaller. */
static uint8_t *kernel(unsigned version)
{
    uint8_t *data = memory_at(FILE_AT);

    file = (struct boot_file){.data = data,
                              .length = SETUP_LENGTH + KERNEL,
                              .name = "vmlinuz",
                              .args = "console=ttyS0",
                              .bootp = rm_buffer};
    fill_random(data, file.length);
    data[0x1f1] = SETUP_SECTORS;
    put(data + 0x1f4, KERNEL / 16, 4);
    put(data + 0x1fe, 0xaa55, 2);
    put(data + 0x202, 0x53726448, 4);
    put(data + 0x206, version, 2);
    data[0x211] = 1;
    put(data + 0x22c, 0x37fffff, 4);
    put(data + 0x230, 0x200000, 4);
    data[0x234] = 1;
    put(data + 0x238, 2047, 4);
    put(data + 0x258, 0x1000000, 4);
    put(data + 0x25c, 0, 4);
    put(data + 0x260, 0x800000, 4);
    return data;
}

static void give_initrd(const uint8_t *data, uint32_t length)
{
    initrd = (struct module){data, length, "initrd", ""};
    file.modules = &initrd;
    file.module_count = 1;
}

static void add_initrd(void)
{
    give_initrd(file.data + 0x100000, INITRD);
    fill_random(memory_at(FILE_AT + 0x100000), INITRD);
}

static int check_file(void)
{
    return check(&linux_image, &file, &plan);
}

/* Boot it up to the jump; returns the setup code in its place. */
static uint8_t *boot_file(void)
{
    CHECK(check_file() == 0);
    if (!setjmp(machine.left)) {
        enter_image(&linux_image, &plan, &lease);
        CHECK(!"it does not return");
    }
    CHECK(machine.jump.entry.segment == machine.jump.ss + 0x20 && machine.jump.entry.offset == 0);
    CHECK(machine.jump.regs.ds == machine.jump.ss && machine.jump.regs.es == machine.jump.ss);
    return memory_at(machine.jump.ss * 16u);
}

TEST(current_kernel)
{
    static uint8_t content[INITRD], before[SETUP_LENGTH + KERNEL];
    const uint8_t *setup;

    kernel(0x20f);
    add_initrd();
    memcpy(content, initrd.data, INITRD);
    memcpy(before, file.data, file.length);
    setup = boot_file();
    CHECK(setup == (uint8_t *)memory_at(0x90ff0));
    CHECK(machine.jump.sp == 0xe000);
    CHECK(!memcmp(setup, before, 0x1f1) &&
          !memcmp(setup + 0x264, before + 0x264, SETUP_LENGTH - 0x264));
    CHECK(setup[0x210] == 0xff && setup[0x211] == 0x81);
    CHECK(get(setup + 0x224, 2) == 0xde00);
    CHECK(!strcmp(memory_at(get(setup + 0x228, 4)), "console=ttyS0"));
    CHECK(get(setup + 0x228, 4) == 0x90ff0 + 0xe000);
    CHECK(get(setup + 0x214, 4) == 0x1000000);
    CHECK_BYTES(memory_at(0x1000000), before + SETUP_LENGTH, KERNEL);
    CHECK(get(setup + 0x218, 4) == 0x37ff000 && get(setup + 0x21c, 4) == INITRD);
    CHECK_BYTES(memory_at(0x37ff000), content, INITRD);
}

TEST(old_protocols)
{
    static uint8_t before[SETUP_LENGTH + KERNEL];
    const uint8_t *setup;

    kernel(0x200);
    memcpy(before, file.data, file.length);
    setup = boot_file();
    CHECK(setup == (uint8_t *)memory_at(0x90000) && machine.jump.sp == 0x9800);
    CHECK(get(setup + 0x20, 2) == 0xa33f && get(setup + 0x22, 2) == 0x9800);
    CHECK(get(setup + 0x212, 2) == 0x9800 + sizeof("console=ttyS0"));
    CHECK(!strcmp((const char *)setup + 0x9800, "console=ttyS0"));
    CHECK(setup[0x211] == 1 && !memcmp(setup + 0x220, before + 0x220, SETUP_LENGTH - 0x220));
    CHECK(get(setup + 0x214, 4) == 0x100000 && get(setup + 0x218, 4) == 0 &&
          get(setup + 0x21c, 4) == 0);
    CHECK_BYTES(memory_at(0x100000), before + SETUP_LENGTH, KERNEL);
    kernel(0x201);
    setup = boot_file();
    CHECK(setup[0x211] == 0x81 && get(setup + 0x224, 2) == 0x9600);
    kernel(0x202);
    add_initrd();
    setup = boot_file();
    CHECK(machine.jump.sp == 0xe000 && !strcmp(memory_at(get(setup + 0x228, 4)), "console=ttyS0"));
    CHECK(get(setup + 0x218, 4) ==
          HIGH_END - 0x1000); /* below 38000000h, so as high as memory goes */
}

/* Where the kernel goes when its preferred place is taken, and when it can only be at 1 MiB. */
TEST(kernel_place)
{
    static const struct memory_map holes = {
        3, {{0x1000, 0x9f000}, {0x100000, 0x1800000 - 1}, {0x2000000, 0x3f00000}}};
    static const struct memory_map low = {2, {{0x1000, 0x9f000}, {0x100000, 0x1100000}}};
    uint8_t *data = kernel(0x20f);

    CHECK(linux_image.check(&file, &holes, &plan) == 0);
    CHECK(plan.detail[2] == 0x3000000); /* below the limit for initrds, 2 MiB aligned */
    CHECK_PROBLEM(linux_image.check(&file, &low, &plan), E_NO_MEMORY,
                  "kernel needs 800000 bytes from 1000000 on");
    put(data + 0x230, 0x1001, 4);
    CHECK_PROBLEM(linux_image.check(&file, &low, &plan), E_NO_MEMORY,
                  "kernel needs 800000 bytes from 1000000 on");
    put(data + 0x230, 0, 4);
    CHECK_PROBLEM(linux_image.check(&file, &low, &plan), E_NO_MEMORY,
                  "kernel needs 800000 bytes from 1000000 on");
    data[0x234] = 0;
    CHECK_PROBLEM(linux_image.check(&file, &low, &plan), E_OVERLAP,
                  "kernel (100000+1700000): 1100000 is not free memory");
    CHECK(check_file() == 0 && plan.detail[2] == 0x100000);
    put(data + 0x260, 0x10, 4);
    put(data + 0x258, 0x100000, 4);
    CHECK(check_file() == 0);
}

TEST(initrd_place)
{
    static const struct memory_map small = {2, {{0x1000, 0x9f000}, {0x100000, 0x1801000}}};
    uint8_t *data = kernel(0x20f);

    give_initrd(data, 0x1000);
    CHECK(linux_image.check(&file, &small, &plan) == 0 && plan.detail[1] == 0x1800000);
    initrd.length = 0x1001;
    CHECK(linux_image.check(&file, &small, &plan) == 0 && plan.detail[1] == 0xffe000);
    put(data + 0x22c, 0x1001ffe, 4);
    initrd.length = 0xf00000;
    CHECK(linux_image.check(&file, &small, &plan) == 0 && plan.detail[1] == 0x100000);
    initrd.length = 0xf00001;
    CHECK_PROBLEM(linux_image.check(&file, &small, &plan), E_NO_MEMORY,
                  "initrd (0+f00004) has no room below 1001fff");
    put(data + 0x22c, 0xffffffff, 4);
    initrd.length = 0x1000;
    CHECK(check_file() == 0 && plan.detail[1] == HIGH_END - 0x1000);
}

/* Archives are joined, each from a multiple of 4 on; a file that is no archive gets a header. */
TEST(modules)
{
    static const struct module modules[] = {
        {(const uint8_t *)"12345", 5, "first", ""},
        {(const uint8_t *)"abcdefg", 7, "second", "/etc/issue of the system"},
        {(const uint8_t *)"", 0, "third", ""},
        {(const uint8_t *)"xyz", 3, "fourth", "\xc3\xbc"}};
    static const char expected[] =
        "12345\0\0\0"
        "07070100000000000081a400000000000000000000000100000000000000070000000000000000"
        "00000000000000000000000b00000000/etc/issue\0\0\0\0abcdefg\0"
        "07070100000000000081a400000000000000000000000100000000000000030000000000000000"
        "00000000000000000000000300000000\xc3\xbc\0\0\0\0xyz";
    const uint8_t *setup, *at;

    kernel(0x20f);
    file.modules = modules;
    file.module_count = 4;
    memset(memory_at(0x37ff000), 0xee, 0x1000);
    setup = boot_file();
    at = memory_at(get(setup + 0x218, 4));
    CHECK(at == (uint8_t *)memory_at(0x37ff000));
    CHECK_EQUAL(get(setup + 0x21c, 4), sizeof(expected) - 1);
    CHECK_BYTES(at, expected, sizeof(expected) - 1);
}

TEST(refused)
{
    static const struct memory_map no_base = {2, {{0x1000, 0xe000}, {0x100000, HIGH_END}}};
    static char long_line[3000];
    uint8_t *data = kernel(0x1ff);

    CHECK_PROBLEM(check_file(), E_BAD_IMAGE, "boot protocol 1ff, flags 1: no bzImage");
    data = kernel(0x20f);
    data[0x211] = 0x80;
    CHECK_PROBLEM(check_file(), E_BAD_IMAGE, "boot protocol 20f, flags 80: no bzImage");
    data = kernel(0x20f);
    data[0x1f1] = 64;
    CHECK_PROBLEM(check_file(), E_BAD_IMAGE, "setup code has 8200 bytes, at most 8000 can be");
    data = kernel(0x20f);
    file.length = SETUP_LENGTH;
    CHECK_PROBLEM(check_file(), E_SHORT_FILE, "file has 800 bytes, not 800 + 1400");
    file.length = SETUP_LENGTH + KERNEL - 16;
    CHECK_PROBLEM(check_file(), E_SHORT_FILE, "file has 1bf0 bytes, not 800 + 1400");
    file.length++;
    CHECK(check_file() == 0);
    data[0x1f1] = 0; /* means 4 */
    CHECK_PROBLEM(check_file(), E_SHORT_FILE, "file has 1bf1 bytes, not a00 + 1400");
    kernel(0x20f);
    memset(long_line, 'x', 2048);
    file.args = long_line;
    CHECK_PROBLEM(check_file(), E_BAD_IMAGE, "command line has 2048 bytes, the kernel takes 2047");
    kernel(0x205);
    long_line[256] = 0;
    file.args = long_line;
    CHECK_PROBLEM(check_file(), E_BAD_IMAGE, "command line has 256 bytes, the kernel takes 255");
    kernel(0x20f);
    CHECK_PROBLEM(linux_image.check(&file, &no_base, &plan), E_NO_MEMORY,
                  "setup code (0+e00e) has no room below a0000");
    kernel(0x200);
    CHECK_PROBLEM(linux_image.check(&file, &no_base, &plan), E_OVERLAP,
                  "setup code (90000+980e): 90000 is not free memory");
}

/* Files that end in their setup code, of a protocol that does not say how long the kernel is. */
TEST(shorter_than_its_setup)
{
    kernel(0x200);
    file.length = SETUP_LENGTH;
    CHECK_PROBLEM(check_file(), E_SHORT_FILE, "file has 800 bytes, not 800 + 1400");
    file.length--;
    CHECK_PROBLEM(check_file(), E_SHORT_FILE, "file has 7ff bytes, not 800 + 1400");
    file.length = 0x264;
    CHECK_PROBLEM(check_file(), E_SHORT_FILE, "file has 264 bytes, not 800 + 1400");
    kernel(0x200);
    file.length = SETUP_LENGTH + 1;
    CHECK(check_file() == 0);
}

/* What a kernel asks for, or three times its length, does not fit 32 bits. Nothing is touched here,
 * so the file may be as long as it says. */
TEST(room_that_wraps)
{
    static const struct memory_map large = {2, {{0x1000, 0x9f000}, {0x100000, 0xfffff000}}};
    static const struct {
        uint32_t preferred, room;
    } asked[] = {{0xfff00000, 0x800000}, {0x1000000, 0xfff00000}, {0x80000000, 0x80100000}};
    uint8_t *data = kernel(0x20f);

    for (unsigned i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        put(data + 0x258, asked[i].preferred, 4);
        put(data + 0x260, asked[i].room, 4);
        data[0x234] = 0;
        CHECK_PROBLEM(check_file(), E_OVERLAP,
                      "kernel (100000+ffffffff): 6000000 is not free memory");
        CHECK_PROBLEM(linux_image.check(&file, &large, &plan), E_OVERLAP,
                      "kernel (100000+ffffffff): fffff000 is not free memory");
        data[0x234] = 1;
        CHECK(check_file() == E_NO_MEMORY);
    }
    for (unsigned version = 0x200; version < 0x20a; version += 5) {
        kernel(version);
        file.length = 0x5fffffff;
        CHECK(linux_image.check(&file, &large, &plan) ==
              (version < 0x205 ? E_OVERLAP : E_NO_MEMORY));
        file.length = SETUP_LENGTH + 0x20000000;
        CHECK(linux_image.check(&file, &large, &plan) == 0 &&
              plan.copy[1].from.length == 0x20000000);
    }
}

TEST(recognise)
{
    uint8_t *data = kernel(0x20f);

    CHECK(linux_image.recognise(data, 0x264));
    CHECK(!linux_image.recognise(data, 0x263));
    data[0x1fe] = 0;
    CHECK(!linux_image.recognise(data, 0x1000));
    data = kernel(0x20f);
    data[0x202] = 'h';
    CHECK(!linux_image.recognise(data, 0x1000));
}
