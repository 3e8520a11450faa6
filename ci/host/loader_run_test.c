/* SPDX-License-Identifier: BSD-2-Clause */
/* What becomes of a fetched file: which kind it is, what it is given, and what is there when it has
 * come back. */
#include <string.h>
#include <sys/mman.h>

#include "fake_boot.h"
#include "lib/print.h"
#include "loader/interpreter.h"

enum { NBI_AT = 0x20000, PART = 64 };

static uint8_t nbi[512 + 2 * PART], kernel[2048], a[5000], b[3];

static void put32(uint8_t *at, uint32_t value)
{
    memcpy(at, &value, sizeof(value));
}

/* An image with its code at NBI_AT, and a part at this address. */
static void serve_nbi(uint32_t address)
{
    static const uint32_t header[] = {0x1b031336, 4, 0x18000000, NBI_AT << 12};
    const uint32_t parts[] = {4, NBI_AT, PART, PART, 4 | 4 << 24, address, PART, PART};

    memset(nbi, 0x55, sizeof(nbi));
    memcpy(nbi, header, sizeof(header));
    memcpy(nbi + sizeof(header), parts, sizeof(parts));
    fake_serve("nbi", nbi, sizeof(nbi));
}

/* A bzImage of protocol 2.03 with one sector of setup code, and two files for it. */
static void serve_kernel(void)
{
    memset(kernel, 0x77, sizeof(kernel));
    kernel[0x1f1] = 1;
    put32(kernel + 0x1f4, (sizeof(kernel) - 1024) / 16);
    put32(kernel + 0x1fe, 0x02ebaa55);
    memcpy(kernel + 0x202, "HdrS\3\2", 6);
    kernel[0x211] = 1;
    put32(kernel + 0x22c, 0x37ffffff);
    fake_serve("kernel", kernel, sizeof(kernel));
    for (unsigned i = 0; i < sizeof(a); i++)
        a[i] = (uint8_t)next_random();
    fake_serve("a", a, sizeof(a));
    fake_serve("b", b, sizeof(b));
}

static int run(const char *path)
{
    return file_run(&fake_boot, fake_fetch(path));
}

/* As DHCP, the prompt and menus ask. */
static int boot(const char *path, const char *arguments)
{
    struct boot_request request = {.arguments = arguments};

    CHECK_EQUAL(uri_parse("mem://10.0.0.1/", &request.uri), 0);
    strcpy(request.uri.path, path);
    return boot_request(&fake_boot, &request);
}

/* Interpreters. */
static const char *interpreted;

static bool recognise(const uint8_t *data, size_t length)
{
    return length && *data == '%';
}

static int interpret(struct boot *boot, struct file *file)
{
    CHECK(boot == &fake_boot && file->is_program);
    interpreted = file->name;
    return file->length > 1 ? E_UNTRUE : 0;
}

INTERPRETER(percent) = {"percent", recognise, interpret};

TEST(kinds)
{
    fake_boot_case("an interpreter");
    fake_serve_text("dir/script", "%");
    fake_serve_text("bad", "%%");
    fake_serve_text("text", "hello, this is no program");
    fake_serve("nothing", "", 0);
    CHECK_EQUAL(run("dir/script"), 0);
    CHECK_TEXT(interpreted, "script");
    CHECK_EQUAL(run("bad"), E_UNTRUE);
    CHECK(!fake_boot.left);
    fake_shown();
    CHECK_EQUAL(run("text"), E_NOT_BOOTABLE);
    CHECK_SHOWS("text: file has no format known here (E21)\n");
    CHECK_EQUAL(run("nothing"), E_NOT_BOOTABLE);
    serve_nbi(0xfffffff0);
    CHECK_EQUAL(run("nbi"), E_OVERLAP);
    CHECK_SHOWS("NBI nbi: boot file overlaps reserved memory (E23): segment 2 ");
    CHECK(file_find(&fake_boot, "nbi") && !fake.entered && !fake.unloads);
}

TEST(returns)
{
    for (unsigned over = 0; over < 2; over++) {
        struct file *script, *other;

        fake_boot_case(over ? "an image over a file" : "an image elsewhere");
        fake_serve_text("script", "%");
        fake_serve_text("other", "x");
        script = fake_fetch("script");
        other = fake_fetch("other");
        serve_nbi(over ? (uint32_t)(uintptr_t)script->data - PART + 1 : FAKE_HIGH);
        fake_shown();
        CHECK_EQUAL(run("nbi"), E_RETURNED);
        CHECK_SHOWS("nbi: boot file returned (E24)\n");
        CHECK_EQUAL(fake.entered, 1);
        CHECK_EQUAL(fake.entry.segment * 16 + fake.entry.offset, FAKE_BASE_END + DHCP_PACKET_MAX);
        CHECK_EQUAL(fake.unloads, 1);
        CHECK(fake_boot.left && !fake.is_open);
        CHECK(file_find(&fake_boot, "script") == (over ? NULL : script));
        CHECK(file_find(&fake_boot, "other") == other && !file_find(&fake_boot, "nbi"));
        CHECK_BYTES(other->data, "x", 1);
        CHECK_EQUAL(rm_set_base_kb(0), FAKE_BASE_END / 1024);
        CHECK_EQUAL(run("nbi"), E_RETURNED); /* the card is opened again */
        CHECK_EQUAL(fake.opens, 1);
    }
}

/* PXE services that a program has left behind. */
TEST(services)
{
    fake_boot_case("services that stay");
    serve_nbi(FAKE_HIGH);
    fake.services = fake.hooks_stay = true;
    CHECK_EQUAL(run("nbi"), E_NO_MEMORY);
    CHECK(!fake.entered && !fake.unloads && file_find(&fake_boot, "nbi"));
    fake.hooks_stay = false;
    CHECK_EQUAL(run("nbi"), E_RETURNED);
    CHECK(!fake.services);
}

static void hook(void)
{
    fake.services = fake.hooks_stay = true;
}

TEST(services_of_one_that_returns)
{
    fake_boot_case("services that stay when it returns");
    serve_nbi(FAKE_HIGH);
    fake.on_run = hook;
    CHECK(FAKE_LEAVES(run("nbi")));
    CHECK(fake.next_device);
}

TEST(ourselves)
{
    static uint8_t second_stage[256] = "12345678EFPX";
    static const struct identity self = {.magic = IDENTITY_MAGIC, .packed_length = 7};

    fake_boot_case("ourselves");
    second_stage[12] = 64;
    memcpy(second_stage + 64, &self, sizeof(self));
    fake_serve("dir/we", second_stage, sizeof(second_stage));
    fake_boot.first_stage.self = &self;
    CHECK_EQUAL(run("dir/we"), E_SELF_LOOP);
    CHECK_SHOWS("dir/we: boot file leads back to this loader (E11)\n");
}

static const uint8_t *setup(void)
{
    return (const uint8_t *)(uintptr_t)(fake.jump.ss * 16u);
}

static uint32_t get32(const uint8_t *at)
{
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return value;
}

TEST(kernel)
{
    fake_boot_case("a kernel with two initrds");
    serve_kernel();
    CHECK(FAKE_LEAVES(boot("kernel", "quiet xinitrd=no initrd=a,b root=/dev/ram")));
    CHECK_TEXT(fake.fetched, "kernel a b ");
    CHECK(!fake.next_device && !fake.is_open);
    CHECK_EQUAL(get32(setup() + 0x21c), sizeof(a) + sizeof(b)); /* 5000 is a multiple of 4 */
    CHECK_BYTES((void *)(uintptr_t)get32(setup() + 0x218), a, sizeof(a));
    CHECK_BYTES((void *)(uintptr_t)get32(setup() + 0x218) + sizeof(a), b, sizeof(b));
    CHECK_TEXT((const char *)(uintptr_t)get32(setup() + 0x228),
               "quiet xinitrd=no initrd=a,b root=/dev/ram");

    fake_boot_case("no initrd");
    serve_kernel();
    CHECK(FAKE_LEAVES(boot("kernel", "initrd=")));
    CHECK_TEXT(fake.fetched, "kernel ");
    CHECK_EQUAL(get32(setup() + 0x21c), 0);

    fake_boot_case("one that is missing");
    serve_kernel();
    CHECK_EQUAL(boot("kernel", "a initrd=a,c,b"), E_FILE_NOT_FOUND);
    CHECK_TEXT(fake.fetched, "kernel a c ");
    CHECK(!file_at(&fake_boot, 0) && !fake_boot.left); /* the list is as it was */

    fake_boot_case("a name that cannot be");
    serve_kernel();
    fake_shown();
    CHECK(boot("kernel", "initrd=nfs://10.0.0.1/x") < 0);

    fake_boot_case("as scripts do it");
    serve_kernel();
    CHECK(FAKE_LEAVES({
        struct file *file = fake_fetch("kernel");

        fake_fetch("b");
        strcpy(file->arguments, "initrd=a");
        file_run(&fake_boot, file);
    }));
    CHECK_TEXT(fake.fetched, "kernel b ");
    CHECK_EQUAL(get32(setup() + 0x21c), sizeof(b));
}

TEST(requests)
{
    char name[] = "x\0zpxe";
    struct boot_request request = {.arguments = ""};

    fake_boot_case("a suffix");
    fake_serve_text("x.zpxe", "%");
    CHECK_EQUAL(uri_parse("mem://10.0.0.1/x", &request.uri), 0);
    memcpy(request.uri.path, name, sizeof(name));
    request.suffix = request.uri.path + 1;
    CHECK_EQUAL(boot_request(&fake_boot, &request), 0);
    CHECK_SHOWN("mem://10.0.0.1/x not found, trying x.zpxe\n"
                "mem://10.0.0.1/x.zpxe \r1 bytes loaded: x.zpxe\n");
    fake_boot_case("a server that says why");
    fake_refuse("x", E_ACCESS);
    memcpy(request.uri.path, name, sizeof(name));
    request.suffix = request.uri.path + 1;
    CHECK_EQUAL(boot_request(&fake_boot, &request), E_ACCESS);
    CHECK_SHOWN("mem://10.0.0.1/x server refuses the file (E15) \n");
}

/* What the file learns of the boot. */
static struct dhcp_lease seen;

static void look(void)
{
    uint32_t server;

    memcpy(&server, rm_buffer + 20, sizeof(server)); /* of the BOOTP record */
    CHECK_EQUAL(server, fake_ip(10, 0, 0, 1));
    seen = fake_boot.lease;
}

TEST(lease)
{
    fake_boot_case("the lease");
    serve_nbi(FAKE_HIGH);
    strcpy(fake_boot.lease.boot_file, "script");
    fake_boot.lease.boot_server = fake_ip(10, 0, 0, 7);
    fake.on_run = look;
    CHECK_EQUAL(boot("nbi", "some arguments"), E_RETURNED);
    CHECK_TEXT(seen.boot_file, "script"); /* as it was, for the script that goes on */
    CHECK_EQUAL(seen.boot_server, fake_ip(10, 0, 0, 7));
}

/* "%ello", as gzip packs it (RFC 1952): stored, with its sum and length. */
static const uint8_t packed[] = {0x1f, 0x8b, 8,    0,    0,    0,   0,   0,   0,   3,
                                 1,    5,    0,    0xfa, 0xff, '%', 'e', 'l', 'l', 'o',
                                 0x7e, 0x3a, 0x73, 0x96, 5,    0,   0,   0};

TEST(unpack)
{
    uint8_t damaged[sizeof(packed)];
    struct file *file;

    fake_boot_case("a compressed file");
    fake_serve("x.gz", packed, sizeof(packed));
    file = fake_fetch("x.gz");
    CHECK_EQUAL(file_run(&fake_boot, file), E_UNTRUE); /* more than a '%' */
    CHECK_TEXT(interpreted, "x.gz");
    CHECK_EQUAL(file->length, 5);
    CHECK_BYTES(file->data, "%ello", 5);
    CHECK((uintptr_t)file->data > FAKE_HIGH_END - 3 * 4096); /* at the top, as it was fetched */
    memcpy(damaged, packed, sizeof(packed));
    damaged[16] ^= 1;
    fake_serve("bad.gz", damaged, sizeof(damaged));
    interpreted = NULL;
    CHECK_EQUAL(run("bad.gz"), E_UNPACK);
    CHECK(!interpreted);
    CHECK_SHOWS("gzip bad.gz: file is damaged (E40): byte ");
    fake_boot_case("no room for what is in it");
    fake_serve("x.gz", packed, sizeof(packed));
    file = fake_fetch("x.gz");
    fake_boot.memory.count = 0;
    CHECK_EQUAL(file_run(&fake_boot, file), E_NO_MEMORY);
}

/* A program is placed at 7C00h, which few machines let a test have. */
TEST(program)
{
    static const uint8_t program[512] = {0xeb, 0xfe, 0x90};
    void *low = (void *)0x7000;

    fake_boot_case("a program");
    if (mmap(low, 0x1000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
             -1, 0) != low)
        return;
    fake_boot.memory.range[0].start = 0x1000;
    fake_serve("program", program, sizeof(program));
    fake_boot.lease.boot_server = fake_ip(10, 0, 0, 7);
    CHECK_EQUAL(boot("program", "its arguments"), E_RETURNED);
    CHECK_EQUAL(fake.installed, 1);
    CHECK_EQUAL(fake.unloads, 0); /* the card is its */
    CHECK(!fake.services && fake.is_open);
    CHECK_TEXT(fake.lease->boot_file, "mem://10.0.0.1/program");
    CHECK_TEXT(fake.lease->kernel_args, "its arguments");
    CHECK_EQUAL(fake.lease->boot_server, fake_ip(10, 0, 0, 1));
}
