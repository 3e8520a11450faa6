/* PXE 2.1 section 3.2: TFTP. */
#include "platform/nic.h"
#include "lib/string.h"
#include "lib/byteorder.h"
#include "pxe/api.h"
#include "pxe/calls.h"
#include "pxe/reader.h"

struct tftp_open_block {
    uint16_t status;
    uint32_t server, gateway;
    char name[TFTP_NAME_SIZE];
    uint16_t port; /* network byte order */
    uint16_t packet_size;
} __attribute__((packed));

struct tftp_read_block {
    uint16_t status, number, size;
    struct far_pointer buffer;
} __attribute__((packed));

struct tftp_get_size {
    uint16_t status;
    uint32_t server, gateway;
    char name[TFTP_NAME_SIZE];
    uint32_t size;
} __attribute__((packed));

/* The URI of what a program asks for, with a copy of the name that is certainly terminated. `port`
 * in network byte order, 0 = TFTP's own. */
static __attribute__((noinline)) const struct uri *
file_uri(uint32_t server, uint16_t port, const char name[TFTP_NAME_SIZE])
{
    static char copy[TFTP_NAME_SIZE + 1];
    static struct uri uri = {.fetcher = &tftp_fetcher, .path = copy};

    memcpy(copy, name, TFTP_NAME_SIZE);
    uri.server = server;
    uri.port = port ? be16(port) : TFTP_PORT;
    return &uri;
}

static uint16_t tftp_open_call(void *block)
{
    struct tftp_open_block *p = block;
    uint16_t status = reader_open(file_uri(p->server, p->port, p->name), p->packet_size);

    if (!status)
        p->packet_size = (uint16_t)reader_block_size();
    return status;
}

static uint16_t tftp_close_call(void *block)
{
    return reader_close();
}

static uint16_t tftp_read_call(void *block)
{
    struct tftp_read_block *p = block;
    uint16_t size = (uint16_t)reader_block_size(); /* what the program agreed to at the opening */
    uint16_t status;

    status = reader_read(p->buffer, &size);
    p->size = size;
    p->number = reader_block_number();
    return status;
}

uint16_t pxe_read_file(void *block)
{
    struct tftp_read_file *p = block;
    struct download file = {.base = (uint8_t *)p->buffer, .cap = p->size};
    uint32_t end = pxe_memory_end(p->buffer);
    int error;

    p->size = 0;
    if (p->buffer < PXE_LOW || p->buffer >= end)
        return PXENV_STATUS_MCOPY_PROBLEM;
    if (file.cap > end - p->buffer)
        file.cap = end - p->buffer;
    nic_open();
    error = fetch_file(file_uri(p->server ? p->server : pxe_lease->boot_server, 0, p->name), &file);
    p->size = file.length;
    return reader_status(error);
}

static uint16_t tftp_get_fsize_call(void *block)
{
    struct tftp_get_size *p = block;
    uint16_t status = reader_open(file_uri(p->server, 0, p->name), FETCH_BLOCK);

    if (status)
        return status;
    p->size = reader_file_size();
    reader_close();
    return p->size ? PXENV_STATUS_SUCCESS : PXENV_STATUS_TFTP_NO_FILESIZE;
}

PXE_OPCODE(PXENV_TFTP_OPEN, tftp_open_call, struct tftp_open_block);
PXE_OPCODE(PXENV_TFTP_CLOSE, tftp_close_call, uint16_t);
PXE_OPCODE(PXENV_TFTP_READ, tftp_read_call, struct tftp_read_block);
PXE_OPCODE(PXENV_TFTP_READ_FILE, pxe_read_file, struct tftp_read_file);
PXE_OPCODE(PXENV_TFTP_GET_FSIZE, tftp_get_fsize_call, struct tftp_get_size);
