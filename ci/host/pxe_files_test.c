/* SPDX-License-Identifier: BSD-2-Clause */
/* The PXE services for files: TFTP_*, FILE_*, RESTART_TFTP. */
#include "pxe_machine.h"

#include <sys/mman.h>

#include "fake_tftp.h"
#include "pxe/reader.h"

enum { SIZE = 3079, FILE_API_MAGIC = 0x91d447b2, FILE_API_ANSWER = 0xe9c17b20 };

/* FILE_READ has the handle in the place of the packet number. */
_Static_assert(sizeof(struct s_PXENV_FILE_READ) == sizeof(struct s_PXENV_TFTP_READ), "size");

static void serve(const char *name, uint32_t size)
{
    machine_serve(name);
    fake_tftp_case(name, size);
}

static bool holds_file(uint32_t address, uint32_t from, uint32_t size)
{
    const uint8_t *data = at(address);

    for (uint32_t i = 0; i < size; i++)
        if (data[i] != fake_tftp_byte(from + i))
            return false;
    return data[size] == 0xee;
}

static uint8_t host = 1; /* of the server */

static uint16_t tftp_open_file(const char *name, uint16_t size, uint16_t *granted)
{
    struct s_PXENV_TFTP_OPEN open = {.ServerIPAddress = fake_ip(10, 0, 0, host),
                                     .PacketSize = size};
    uint16_t status;

    strncpy(open.FileName, name, sizeof(open.FileName));
    status = call(PXENV_TFTP_OPEN, &open, sizeof(open));
    if (granted)
        *granted = open.PacketSize;
    return status;
}

static uint16_t read_block(uint16_t opcode, struct s_PXENV_TFTP_READ *read, uint32_t to)
{
    memset(at(to), 0xee, 2048);
    read->Buffer = far_to(to);
    return call(opcode, read, sizeof(*read));
}

TEST(tftp)
{
    static const uint16_t sizes[] = {512, 1024, 1428, 0, 65000};
    struct s_PXENV_TFTP_READ read = {.Status = 0};
    uint16_t block = 0, granted;

    serve("TFTP calls without a file", SIZE);
    CHECK_EQUAL(read_block(PXENV_TFTP_READ, &read, BUFFER_AT), PXENV_STATUS_TFTP_CLOSED);
    CHECK_EQUAL(read.BufferSize, 0);
    CHECK_EQUAL(call(PXENV_TFTP_CLOSE, &block, 2), PXENV_STATUS_TFTP_CLOSED);
    for (unsigned i = 0; i < 5; i++) {
        uint16_t want = sizes[i] < 512 ? 512 : sizes[i] > 1468 ? 1468 : sizes[i];

        serve("TFTP, block by block", SIZE);
        CHECK_EQUAL(tftp_open_file("data", sizes[i], &granted), 0);
        CHECK_EQUAL(granted, want);
        CHECK_TEXT(fake_tftp.asked, "data");
        for (uint32_t n = 0; n * want <= SIZE; n++) {
            uint16_t left = (uint16_t)(SIZE - n * want), size = left < want ? left : want;

            CHECK_EQUAL(read_block(PXENV_TFTP_READ, &read, BUFFER_AT), 0);
            CHECK_EQUAL(read.PacketNumber, n + 1);
            CHECK_EQUAL(read.BufferSize, size);
            CHECK(holds_file(BUFFER_AT, n * want, size));
        }
        CHECK_EQUAL(call(PXENV_TFTP_CLOSE, &block, 2), 0);
        CHECK_EQUAL(call(PXENV_TFTP_CLOSE, &block, 2), PXENV_STATUS_TFTP_CLOSED);
    }
    serve("TFTP into memory of ours", SIZE);
    CHECK_EQUAL(tftp_open_file("data", 512, NULL), 0);
    CHECK_EQUAL(read_block(PXENV_TFTP_READ, &read, pxe_memory_end(0) - 511),
                PXENV_STATUS_MCOPY_PROBLEM);
    read.Buffer = (struct far_pointer){0x400, 0};
    CHECK_EQUAL(call(PXENV_TFTP_READ, &read, sizeof(read)), PXENV_STATUS_MCOPY_PROBLEM);
    CHECK_EQUAL(tftp_open_file("data", 512, NULL), 0); /* in place of the first */
    CHECK_EQUAL(read_block(PXENV_TFTP_READ, &read, BUFFER_AT), 0);
    CHECK_EQUAL(read.PacketNumber, 1);
}

TEST(tftp_errors)
{
    static const struct {
        int error;
        uint16_t status;
    } errors[] = {
        {1, PXENV_STATUS_TFTP_FILE_NOT_FOUND},
        {2, PXENV_STATUS_TFTP_ACCESS_VIOLATION},
        {4, PXENV_STATUS_TFTP_ERROR_OPCODE},
    };
    struct s_PXENV_TFTP_GET_FSIZE size = {.ServerIPAddress = fake_ip(10, 0, 0, 1),
                                          .FileName = "data"};
    struct s_PXENV_TFTP_OPEN endless = {.ServerIPAddress = fake_ip(10, 0, 0, 1)};
    struct s_PXENV_TFTP_READ read = {.Status = 0};

    for (unsigned i = 0; i < 3; i++) {
        serve("TFTP errors", SIZE);
        fake_tftp.error = errors[i].error;
        CHECK_EQUAL(tftp_open_file("none", 512, NULL), errors[i].status);
        CHECK_EQUAL(read_block(PXENV_TFTP_READ, &read, BUFFER_AT), PXENV_STATUS_TFTP_CLOSED);
        CHECK_EQUAL(call(PXENV_TFTP_GET_FSIZE, &size, sizeof(size)), errors[i].status);
    }
    serve("a server without a MAC address", SIZE);
    fake_arp_off = true;
    host = 88;
    CHECK_EQUAL(tftp_open_file("data", 512, NULL), PXENV_STATUS_TFTP_CANNOT_ARP_ADDRESS);
    host = 1;
    serve("a server that does not answer", SIZE);
    fake_on_udp = NULL;
    CHECK_EQUAL(tftp_open_file("data", 512, NULL), PXENV_STATUS_TFTP_OPEN_TIMEOUT);
    serve("a server that stops", SIZE);
    fake_tftp.stall_after = 2;
    CHECK_EQUAL(tftp_open_file("data", 512, NULL), 0);
    for (unsigned i = 0; i < 2; i++)
        CHECK_EQUAL(read_block(PXENV_TFTP_READ, &read, BUFFER_AT), 0);
    CHECK_EQUAL(read_block(PXENV_TFTP_READ, &read, BUFFER_AT), PXENV_STATUS_TFTP_READ_TIMEOUT);
    serve("an endless name", SIZE);
    memset(endless.FileName, 'a', sizeof(endless.FileName));
    CHECK_EQUAL(call(PXENV_TFTP_OPEN, &endless, sizeof(endless)), 0);
    CHECK_EQUAL(strlen(fake_tftp.asked), sizeof(endless.FileName));
    serve("GET_FSIZE", SIZE);
    CHECK_EQUAL(call(PXENV_TFTP_GET_FSIZE, &size, sizeof(size)), 0);
    CHECK_EQUAL(size.FileSize, SIZE);
    fake_tftp.tsize = false;
    CHECK_EQUAL(call(PXENV_TFTP_GET_FSIZE, &size, sizeof(size)), PXENV_STATUS_TFTP_NO_FILESIZE);
}

static uint16_t read_file(const char *name, uint32_t to, uint32_t size, uint32_t *length)
{
    struct s_PXENV_TFTP_READ_FILE read = {.Buffer = to, .BufferSize = size};
    uint16_t status;

    strcpy(read.FileName, name);
    status = call(PXENV_TFTP_READ_FILE, &read, sizeof(read));
    *length = read.BufferSize;
    return status;
}

TEST(read_file)
{
    uint32_t length, end;

    serve("READ_FILE", SIZE);
    end = pxe_memory_end(0);
    CHECK_EQUAL(read_file("data", BUFFER_AT, UINT32_MAX, &length), 0);
    CHECK_EQUAL(length, SIZE);
    CHECK(holds_file(BUFFER_AT, 0, SIZE));
    memset(at(BUFFER_AT), 0xee, SIZE);
    CHECK_EQUAL(read_file("data", BUFFER_AT, SIZE - 1, &length), PXENV_STATUS_MCOPY_PROBLEM);
    CHECK_EQUAL(*(uint8_t *)at(BUFFER_AT + SIZE - 1), 0xee);
    memset(at(end), 0xc5, 64);
    CHECK_EQUAL(read_file("data", end - SIZE + 1, UINT32_MAX, &length), PXENV_STATUS_MCOPY_PROBLEM);
    CHECK_EQUAL(*(uint8_t *)at(end), 0xc5);
    CHECK_EQUAL(read_file("data", end - SIZE, UINT32_MAX, &length), 0);
    CHECK_EQUAL(*(uint8_t *)at(end), 0xc5);
    static const uint32_t refused[] = {0, 0x4ff, 0x9d000, 0xa0000, 0xf0000, 0x300000, 0xfffff000};
    for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        CHECK_EQUAL(read_file("data", refused[i], 0x2000, &length), PXENV_STATUS_MCOPY_PROBLEM);
        CHECK_EQUAL(length, 0);
    }
    fake_tftp.error = 1;
    CHECK_EQUAL(read_file("none", BUFFER_AT, SIZE, &length), PXENV_STATUS_TFTP_FILE_NOT_FOUND);
}

static uint16_t file_open(const char *name)
{
    struct s_PXENV_FILE_OPEN file = {.FileName = far_to(BUFFER_AT)};
    uint16_t status;

    memset(at(BUFFER_AT), 0xee, 1024);
    memcpy(at(BUFFER_AT), name, strlen(name) + 1);
    status = call(PXENV_FILE_OPEN, &file, sizeof(file));
    CHECK(status || file.FileHandle == 1);
    return status;
}

TEST(files)
{
    static const char *const names[] = {"data", "tftp://10.0.0.1/data"};
    static const char *const bad[] = {"nfs://10.0.0.1/data", "tftp://10.0.0.1:0/data",
                                      "tftp://10.0.0.1:x/data", "tftp:///data"};
    struct s_PXENV_TFTP_READ read = {.Status = 0};
    struct s_PXENV_FILE_CLOSE close = {.FileHandle = 1};
    struct s_PXENV_FILE_SELECT select = {.FileHandle = 1};
    struct s_PXENV_GET_FILE_SIZE file = {.FileHandle = 1};
    char endless[400];

    serve("FILE_*", SIZE);
    CHECK_EQUAL(read_block(PXENV_FILE_READ, &read, BUFFER_AT), PXENV_STATUS_TFTP_CLOSED);
    CHECK_EQUAL(call(PXENV_FILE_CLOSE, &close, sizeof(close)), PXENV_STATUS_TFTP_CLOSED);
    for (unsigned i = 0; i < 2; i++) {
        uint32_t done = 0;

        serve("FILE_*", SIZE);
        CHECK_EQUAL(file_open(names[i]), 0);
        CHECK_TEXT(fake_tftp.asked, "data");
        CHECK_EQUAL(call(PXENV_GET_FILE_SIZE, &file, sizeof(file)), 0);
        CHECK_EQUAL(file.FileSize, SIZE);
        CHECK_EQUAL(call(PXENV_FILE_SELECT, &select, sizeof(select)), 0);
        CHECK_EQUAL(select.Ready, 1);
        do {
            read.BufferSize = 1000;
            CHECK_EQUAL(read_block(PXENV_FILE_READ, &read, BUFFER_AT), 0);
            CHECK(holds_file(BUFFER_AT, done, read.BufferSize));
            done += read.BufferSize;
        } while (read.BufferSize && done < 2 * SIZE);
        CHECK_EQUAL(done, SIZE);
        CHECK_EQUAL(call(PXENV_FILE_CLOSE, &close, sizeof(close)), 0);
    }
    for (unsigned i = 0; i < 4; i++)
        CHECK_EQUAL(file_open(bad[i]), PXENV_STATUS_TFTP_FILE_NOT_FOUND);
    /* There is no name server. */
    CHECK_EQUAL(file_open("tftp://10.0.0.256/data"), PXENV_STATUS_TFTP_ERROR_OPCODE);
    memset(endless, 'a', sizeof(endless));
    endless[255] = 0;
    CHECK_EQUAL(file_open(endless), 0);
    endless[255] = 'a';
    endless[256] = 0;
    CHECK_EQUAL(file_open(endless), PXENV_STATUS_TFTP_FILE_NOT_FOUND);
    fake_tftp.tsize = false;
    CHECK_EQUAL(file_open("data"), 0);
    CHECK_EQUAL(call(PXENV_GET_FILE_SIZE, &file, sizeof(file)), PXENV_STATUS_TFTP_NO_FILESIZE);
}

/* One byte less than a block holds, as many, and one more: what the last one asks for too much is
 * not made up. */
TEST(file_read_sizes)
{
    static const uint16_t sizes[] = {1467, 1468, 1469};
    struct s_PXENV_TFTP_READ read = {.Status = 0};

    for (unsigned i = 0; i < 3; i++) {
        serve("FILE_READ at the size of a block", SIZE);
        CHECK_EQUAL(file_open("data"), 0);
        read.BufferSize = sizes[i];
        CHECK_EQUAL(read_block(PXENV_FILE_READ, &read, BUFFER_AT), 0);
        CHECK_EQUAL(read.BufferSize, sizes[i] < 1468 ? sizes[i] : 1468);
        CHECK(holds_file(BUFFER_AT, 0, read.BufferSize));
    }
}

TEST(file_texts)
{
    struct s_PXENV_FILE_API_CHECK check = {.Size = sizeof(check), .Magic = FILE_API_MAGIC};
    struct s_PXENV_FILE_CMDLINE text = {.BufferSize = 0};

    serve("API_CHECK and CMDLINE", SIZE);
    CHECK_EQUAL(call(PXENV_FILE_API_CHECK, &check, sizeof(check)), 0);
    CHECK_EQUAL(check.Magic, FILE_API_ANSWER);
    CHECK_EQUAL(check.APIMask, 0x17f);
    CHECK_EQUAL(call(PXENV_FILE_API_CHECK, &check, sizeof(check)), PXENV_STATUS_UNSUPPORTED);
    check.Magic = FILE_API_MAGIC;
    check.Size = sizeof(check) - 1;
    CHECK_EQUAL(call(PXENV_FILE_API_CHECK, &check, sizeof(check)), PXENV_STATUS_UNSUPPORTED);
    CHECK_EQUAL(call(PXENV_FILE_CMDLINE, &text, sizeof(text)), 0); /* how long is it? */
    CHECK_EQUAL(text.BufferSize, 4);
    for (uint16_t size = 1; size < 8; size++) {
        text.BufferSize = size;
        text.Buffer = far_to(BUFFER_AT);
        memset(at(BUFFER_AT), 0xee, 16);
        CHECK_EQUAL(call(PXENV_FILE_CMDLINE, &text, sizeof(text)), 0);
        CHECK_EQUAL(text.BufferSize, 4);
        CHECK_BYTES(at(BUFFER_AT), "a=b", size < 4 ? size : 4);
        CHECK_EQUAL(*(uint8_t *)at(BUFFER_AT + (size < 4 ? size : 4)), 0xee);
    }
    text.Buffer = (struct far_pointer){0, 0};
    CHECK_EQUAL(call(PXENV_FILE_CMDLINE, &text, sizeof(text)), PXENV_STATUS_MCOPY_PROBLEM);
}

TEST(restart)
{
    struct s_PXENV_TFTP_READ_FILE block = {.FileName = "next"};

    serve("RESTART_TFTP", SIZE);
    CHECK_EQUAL(call(PXENV_RESTART_TFTP, &block, sizeof(block)), PXENV_STATUS_TFTP_FILE_NOT_FOUND);
    CHECK_TEXT(machine.booted.path, "next");
    CHECK_TEXT(machine.arguments, "a=b");
    CHECK_EQUAL(machine.booted.server, machine_lease.boot_server);
    block.ServerIPAddress = fake_ip(10, 0, 0, 9);
    memset(block.FileName, 'x', sizeof(block.FileName));
    CHECK_EQUAL(call(PXENV_RESTART_TFTP, &block, sizeof(block)), PXENV_STATUS_TFTP_FILE_NOT_FOUND);
    CHECK_EQUAL(strlen(machine.booted.path), sizeof(block.FileName));
    CHECK_EQUAL(machine.booted.server, fake_ip(10, 0, 0, 9));
}
