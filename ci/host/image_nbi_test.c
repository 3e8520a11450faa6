/* SPDX-License-Identifier: BSD-2-Clause */
/* Network Boot Images: placement, refusals and what the entry is given. */
#include "image_machine.h"

enum { AT = 0, AFTER = 1, DOWN = 2, BEFORE = 3, LAST = 4 };
enum {
    FILE_AT = 0x2000000,
    HEADER_AT = 0x9200,
};
static const uint32_t header_location = HEADER_AT << 16;

static struct dhcp_lease lease;
static struct boot_file file = {.name = "test.nbi", .args = ""};
static struct plan plan;
static unsigned record; /* header offset of the next segment record */

/* An empty image in front of random bytes. */
static uint8_t *begin(uint32_t flags, uint32_t entry)
{
    uint8_t *data = memory_at(FILE_AT);

    fill_random(data, 0x10000);
    memset(data, 0, 512);
    put(data, 0x1b031336, 4);
    put(data + 4, flags, 4);
    put(data + 8, header_location, 4);
    put(data + 12, entry, 4);
    record = 16 + (flags >> 4 & 15) * 4;
    file.data = data;
    file.length = 512;
    file.bootp = rm_buffer;
    file.scratch = rm_buffer + DHCP_PACKET_MAX;
    return data;
}

static void segment(unsigned flags, uint32_t address, uint32_t length, uint32_t room)
{
    uint8_t *at = (uint8_t *)file.data + record;

    put(at, 4, 3);
    put(at + 3, flags, 1);
    put(at + 4, address, 4);
    put(at + 8, length, 4);
    put(at + 12, room, 4);
    record += 16;
    file.length += length;
}

static int check_file(void)
{
    return check(&nbi_image, &file, &plan);
}

/* The image with one segment at 20000h, where its entry is. */
static uint8_t *simple(uint32_t flags)
{
    uint8_t *data = begin(flags, flags >> 31 ? 0x20000 : 0x20000000);

    segment(AT | LAST, 0x20000, 0x800, 0x1000);
    return data;
}

TEST(recognise)
{
    uint8_t *data = simple(4);

    CHECK(nbi_image.recognise(data, 512));
    CHECK(!nbi_image.recognise(data, 511));
    data[0] ^= 1;
    CHECK(!nbi_image.recognise(data, 512));
}

/* Every way of saying where a segment goes, with vendor data in the header and in a record. */
TEST(placement)
{
    uint8_t *data = begin(0x24, 0x20000010), *source = data + 512;

    segment(AFTER, 0x20, 0x10, 0x10); /* after the header */
    segment(AT, 0x20000, 0x100, 0x300);
    data[record - 16] = 0x34; /* three dwords of vendor data */
    record += 12;
    segment(AFTER, 0x40, 0x200, 0x200);
    segment(AT, 0x300000, 0x400, 0x400);
    segment(BEFORE, 0x1000, 0x80, 0x800);
    segment(AFTER, 0, 0, 0); /* no memory, but the next is relative to it */
    segment(AFTER, 4, 4, 4);
    segment(DOWN | LAST, 0x2000, 0x1800, 0x2000);
    memset(memory_at(0x20000), 0xaa, 0x1000);
    memset(memory_at(HIGH_END - 0x2000), 0xaa, 0x2000);
    CHECK(check_file() == 0);
    CHECK(plan.entry.flat == 0x20000010);
    image_place(&plan);
    CHECK_BYTES(memory_at(0x92000), data, 512);
    CHECK_BYTES(memory_at(0x92220), source, 0x10);
    CHECK_BYTES(memory_at(0x20000), source + 0x10, 0x100);
    CHECK(get(memory_at(0x20100), 4) == 0 && get(memory_at(0x202fc), 4) == 0);
    CHECK_BYTES(memory_at(0x20340), source + 0x110, 0x200);
    CHECK_BYTES(memory_at(0x300000), source + 0x310, 0x400);
    CHECK_BYTES(memory_at(0x2ff000), source + 0x710, 0x80);
    CHECK_BYTES(memory_at(0x2ff804), source + 0x790, 4);
    CHECK_BYTES(memory_at(HIGH_END - 0x2000), source + 0x794, 0x1800);
    CHECK(get(memory_at(HIGH_END - 4), 4) == 0);
    CHECK(get(memory_at(0x20540), 4) == 0xaaaaaaaa);
}

/* A segment over the file that holds it. */
TEST(placed_over_itself)
{
    static uint8_t before[0x8000];
    uint8_t *data = begin(4, 0x20000000);

    segment(AT, 0x20000, 0x100, 0x100);
    segment(AT | LAST, FILE_AT + 0x100, sizeof(before), sizeof(before));
    memcpy(before, data + 0x300, sizeof(before));
    CHECK(check_file() == 0);
    image_place(&plan);
    CHECK_BYTES(memory_at(FILE_AT + 0x100), before, sizeof(before));
}

TEST(malformed_header)
{
    uint8_t *data = begin(0x80000003, 0x20000);

    CHECK_PROBLEM(check_file(), E_BAD_IMAGE, "no record of segment 1 at byte 12 of the header");
    data = simple(4);
    data[16] = 3;
    CHECK_PROBLEM(check_file(), E_BAD_IMAGE, "no record of segment 1 at byte 16 of the header");
    begin(4, 0x20000000);
    for (unsigned i = 0; i < 32; i++) /* the last one is right, but behind the header */
        segment(AT, 0x20000 + i * 16, 16, 16);
    CHECK_PROBLEM(check_file(), E_BAD_IMAGE, "no record of segment 32 at byte 512 of the header");
    data = simple(4);
    put(data + 12, 0x20000fff, 4);
    CHECK(check_file() == 0);
    put(data + 12, 0x20001000, 4);
    CHECK_PROBLEM(check_file(), E_BAD_IMAGE, "entry 21000 is in no segment");
    put(data + 8, 0x9f000000, 4);
    CHECK_PROBLEM(check_file(), E_OVERLAP, "header (9f000+200): 9f000 is not free memory");
}

TEST(malformed_segments)
{
    uint8_t *data = simple(4);

    file.length--;
    CHECK_PROBLEM(check_file(), E_SHORT_FILE,
                  "segment 1 (20000+1000) is not all in the file of 9ff bytes");
    data = simple(4);
    put(data + 24, 0xffffffff, 4);
    put(data + 28, 0xffffffff, 4);
    CHECK_PROBLEM(check_file(), E_SHORT_FILE,
                  "segment 1 (20000+ffffffff) is not all in the file of a00 bytes");
    data = simple(4);
    put(data + 28, 0x7ff, 4);
    CHECK_PROBLEM(check_file(), E_BAD_IMAGE, "segment 1 (20000+7ff) has 800 bytes of file");
}

TEST(bad_places)
{
    begin(4, 0x20000000);
    segment(AT, 0x20000, 0x200, 0x1000);
    segment(AT | LAST, 0x20fff, 0x10, 0x10);
    CHECK_PROBLEM(check_file(), E_BAD_IMAGE,
                  "segment 2 (20fff+10) overlaps segment 1 (20000+1000)");
    begin(4, 0x20000000);
    segment(AT | LAST, 0x92100, 0x10, 0x1000);
    CHECK_PROBLEM(check_file(), E_BAD_IMAGE, "segment 1 (92100+1000) overlaps header (92000+200)");
    begin(4, 0x20000000);
    segment(AT | LAST, 0x9e000, 0x10, 0x2000);
    CHECK_PROBLEM(check_file(), E_OVERLAP, "segment 1 (9e000+2000): 9f000 is not free memory");
    begin(4, 0x20000000);
    segment(AT | LAST, 0xfffff800, 0x10, 0x1000);
    CHECK_PROBLEM(check_file(), E_OVERLAP,
                  "segment 1 (fffff800+1000): fffff800 is not free memory");
    begin(4, 0x20000000);
    segment(AT, 0x20000, 0x10, 0x10);
    segment(BEFORE | LAST, 0x20010, 0x10, 0x1000);
    CHECK_PROBLEM(check_file(), E_OVERLAP,
                  "segment 2 (fffffff0+1000): fffffff0 is not free memory");
    begin(4, 0x20000000);
    segment(DOWN | LAST, 0x100, 0x10, 0x1000);
    CHECK_PROBLEM(check_file(), E_OVERLAP, "segment 1 (5ffff00+1000): 6000000 is not free memory");
    begin(4, 0x20000000);
    segment(AT, 0x13ff0, 0x10, 0x92000 - 0x13ff0);
    segment(AT | LAST, 0x92200, 0x10, 0x9f000 - 0x92200);
    CHECK_PROBLEM(check_file(), E_NO_MEMORY, "stack (0+4000) has no room below a0000");
}

/* The shim that calls a 16-bit entry, as it lies in base memory. */
TEST(16_bit_entry)
{
    static const int16_t code[] = {
        0x66, 0x0f, 0xb7, 0xe4,                     /* high half of ESP: 0 */
        0xb8, 0x00, 0x24, 0xcd, 0x15,               /* A20 off */
        0x66, 0x68, -1,   -1,   -1,   -1,           /* push BOOTP record */
        0x66, 0x68, -1,   -1,   -1,   -1,           /* push header */
        0x9a, -1,   -1,   -1,   -1,                 /* call */
        0xb8, -1,   -1,   0x8e, 0xd0, 0xbc, -1, -1, /* load SS and SP */
        0xb8, 0x01, 0x24, 0xcd, 0x15, 0xcb,         /* A20 on, return */
    };
    const uint8_t *at = rm_buffer + DHCP_PACKET_MAX;

    simple(4);
    lease.ack.len = 300;
    lease.boot_server = 0x0302a8c0;
    fill_random(lease.ack.data, 300);
    memset(rm_buffer, 0xff, RM_BUFFER_SIZE);
    machine.calls = 0;
    machine.base_kb = machine.lowest_base_kb = 639;
    CHECK(check_file() == 0);
    CHECK(enter_image(&nbi_image, &plan, &lease) == E_RETURNED);
    CHECK(machine.calls == 1);
    CHECK(machine.lowest_base_kb == (BASE_END - 0x4000) / 1024 && machine.base_kb == 639);
    CHECK(machine.entry.segment * 16 + machine.entry.offset == BASE_END + DHCP_PACKET_MAX);
    for (unsigned i = 0; i < sizeof(code) / sizeof(code[0]); i++)
        CHECK(code[i] < 0 || at[i] == code[i]);
    CHECK(get(at + 11, 2) + get(at + 13, 2) * 16 == BASE_END);
    CHECK(get(at + 17, 4) == header_location && get(at + 22, 4) == 0x20000000);
    CHECK(get(at + 27, 2) == machine.sp.segment && get(at + 32, 2) == machine.sp.offset - 4u);
    CHECK(machine.sp.segment * 16 == BASE_END - 0x4000 && machine.sp.offset == 0x4000);
    CHECK(!memcmp(rm_buffer, lease.ack.data, 20) &&
          !memcmp(rm_buffer + 24, lease.ack.data + 24, 276));
    CHECK_BYTES(rm_buffer + 20, "\xc0\xa8\x02\x03", 4);
    CHECK(get(rm_buffer + 300, 4) == 0);
}

TEST(32_bit_entry)
{
    simple(0x80000004);
    CHECK(check_file() == 0);
    machine.base_kb = machine.lowest_base_kb = 639;
    CHECK(enter_image(&nbi_image, &plan, &lease) == E_RETURNED);
    CHECK(machine.flat == 0x20000);
    CHECK(machine.lowest_base_kb == (BASE_END - 0x4000) / 1024 && machine.base_kb == 639);
    CHECK(!memcmp((const void *)machine.argument[0], "\5\4\0", 4));
    CHECK(machine.argument[1] == 0x92000 && machine.argument[2] == BASE_END);
}
