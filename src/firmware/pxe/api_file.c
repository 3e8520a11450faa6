/* The FILE_* extensions of gPXE (its "PXE extensions" API, version 1): one open file. */
#include "lib/string.h"
#include "pxe/api.h"
#include "pxe/calls.h"
#include "pxe/reader.h"

enum {
    HANDLE = 1,
    READY = 1,
    NAME_MAX = 255,
    CHECK_MAGIC = 0x91d447b2,
    CHECK_ANSWER = 0xe9c17b20,
    PROVIDER = 0x45464f52, /* "EFOR": not gPXE */
};

struct file_open {
    uint16_t status, handle;
    struct far_pointer name;
    uint32_t reserved;
} __attribute__((packed));

struct file_handle {
    uint16_t status, handle;
    union {
        uint16_t ready;
        uint32_t size;
    } __attribute__((packed));
} __attribute__((packed));

struct file_read {
    uint16_t status, handle, size;
    struct far_pointer buffer;
} __attribute__((packed));

struct file_check {
    uint16_t status, size;
    uint32_t magic, provider, api_mask, flags;
} __attribute__((packed));

struct file_text {
    uint16_t status, size;
    struct far_pointer buffer;
} __attribute__((packed));

bool reader_uri(const char *name, struct uri *uri)
{
    *uri = (struct uri){&tftp_fetcher, pxe_lease->boot_server, TFTP_PORT, NULL};
    for (unsigned len = 0; len <= NAME_MAX; len++)
        if (!name[len])
            return !uri_parse(name, uri);
    return false;
}

static uint16_t file_open_call(void *block)
{
    struct file_open *p = block;
    struct uri uri;

    if (!reader_uri(pxe_pointer(p->name), &uri))
        return PXENV_STATUS_TFTP_FILE_NOT_FOUND;
    p->handle = HANDLE;
    return reader_open(&uri, FETCH_BLOCK);
}

static uint16_t file_close_call(void *block)
{
    return reader_close();
}

static uint16_t file_select_call(void *block)
{
    ((struct file_handle *)block)->ready = READY;
    return PXENV_STATUS_SUCCESS;
}

static uint16_t file_read_call(void *block)
{
    struct file_read *p = block;
    uint16_t size = p->size, status;

    status = reader_read(p->buffer, &size);
    p->size = size;
    return status;
}

static uint16_t file_size_call(void *block)
{
    struct file_handle *p = block;

    p->size = reader_file_size();
    return p->size ? PXENV_STATUS_SUCCESS : PXENV_STATUS_TFTP_NO_FILESIZE;
}

static uint16_t file_check_call(void *block)
{
    struct file_check *p = block;

    if (p->magic != CHECK_MAGIC || p->size < sizeof(*p))
        return PXENV_STATUS_UNSUPPORTED;
    p->size = sizeof(*p);
    p->magic = CHECK_ANSWER;
    p->provider = PROVIDER;
    p->api_mask = 0x17f; /* E0 to E6 and E8, see docs/pxe.md */
    p->flags = 0;
    return PXENV_STATUS_SUCCESS;
}

static uint16_t file_cmdline_call(void *block)
{
    struct file_text *p = block;
    size_t len = strlen(pxe_lease->kernel_args) + 1;
    void *buffer = pxe_buffer(p->buffer, p->size);

    if (p->size && !buffer)
        return PXENV_STATUS_MCOPY_PROBLEM;
    if (p->size)
        memcpy(buffer, pxe_lease->kernel_args, len < p->size ? len : p->size);
    p->size = (uint16_t)len;
    return PXENV_STATUS_SUCCESS;
}

PXE_OPCODE(PXENV_FILE_OPEN, file_open_call, struct file_open);
PXE_OPCODE(PXENV_FILE_CLOSE, file_close_call, uint16_t);
PXE_OPCODE(PXENV_FILE_SELECT, file_select_call, struct file_handle);
PXE_OPCODE(PXENV_FILE_READ, file_read_call, struct file_read);
PXE_OPCODE(PXENV_GET_FILE_SIZE, file_size_call, struct file_handle);
PXE_OPCODE(PXENV_FILE_API_CHECK, file_check_call, struct file_check);
PXE_OPCODE(PXENV_FILE_CMDLINE, file_cmdline_call, struct file_text);
