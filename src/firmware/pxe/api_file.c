/* SPDX-License-Identifier: BSD-2-Clause */
/* The FILE_* extensions of gPXE (its "PXE extensions" API, version 1): one open file. */
#include "lib/features.h"
#include "lib/string.h"
#include "pxe/api.h"
#include "pxe/reader.h"
#include "pxe/spec.h"

enum {
    HANDLE = 1,
    READY = 1,
    NAME_MAX = 255,
    CHECK_MAGIC = 0x91d447b2,
    CHECK_ANSWER = 0xe9c17b20,
    PROVIDER = 0x45464f52, /* "EFOR": not gPXE */
};

bool reader_uri(const char *name, struct uri *uri)
{
    tftp_root(uri, pxe_lease->boot_server);
    for (unsigned len = 0; len <= NAME_MAX; len++)
        if (!name[len])
            return !uri_parse(name, uri);
    return false;
}

static uint16_t pxenv_file_open(void *block)
{
    struct s_PXENV_FILE_OPEN *p = block;
    struct uri uri;

    if (!reader_uri(pxe_pointer(p->FileName), &uri))
        return PXENV_STATUS_TFTP_FILE_NOT_FOUND;
    p->FileHandle = HANDLE;
    return reader_open(&uri, FETCH_BLOCK);
}

static uint16_t pxenv_file_close(void *block)
{
    return reader_close();
}

static uint16_t pxenv_file_select(void *block)
{
    ((struct s_PXENV_FILE_SELECT *)block)->Ready = READY;
    return PXENV_STATUS_SUCCESS;
}

static uint16_t pxenv_file_read(void *block)
{
    struct s_PXENV_FILE_READ *p = block;
    uint16_t size = p->BufferSize, status;

    status = reader_read(p->Buffer, &size);
    p->BufferSize = size;
    return status;
}

static uint16_t pxenv_get_file_size(void *block)
{
    struct s_PXENV_GET_FILE_SIZE *p = block;

    p->FileSize = reader_file_size();
    return p->FileSize ? PXENV_STATUS_SUCCESS : PXENV_STATUS_TFTP_NO_FILESIZE;
}

static uint16_t pxenv_file_api_check(void *block)
{
    struct s_PXENV_FILE_API_CHECK *p = block;

    if (p->Magic != CHECK_MAGIC || p->Size < sizeof(*p))
        return PXENV_STATUS_UNSUPPORTED;
    p->Size = sizeof(*p);
    p->Magic = CHECK_ANSWER;
    p->Provider = PROVIDER;
    p->APIMask = 0x17f; /* E0 to E6 and E8, see docs/pxe.md */
    p->Flags = 0;
    return PXENV_STATUS_SUCCESS;
}

static uint16_t pxenv_file_cmdline(void *block)
{
    struct s_PXENV_FILE_CMDLINE *p = block;
    size_t len = strlen(pxe_lease->kernel_args) + 1;
    void *buffer = pxe_buffer(p->Buffer, p->BufferSize);

    if (p->BufferSize && !buffer)
        return PXENV_STATUS_MCOPY_PROBLEM;
    if (p->BufferSize)
        memcpy(buffer, pxe_lease->kernel_args, len < p->BufferSize ? len : p->BufferSize);
    p->BufferSize = (uint16_t)len;
    return PXENV_STATUS_SUCCESS;
}

PXE_OPCODE(PXENV_FILE_OPEN, pxenv_file_open, struct s_PXENV_FILE_OPEN);
PXE_OPCODE(PXENV_FILE_CLOSE, pxenv_file_close, uint16_t);
PXE_OPCODE(PXENV_FILE_SELECT, pxenv_file_select, struct s_PXENV_FILE_SELECT);
PXE_OPCODE(PXENV_FILE_READ, pxenv_file_read, struct s_PXENV_FILE_READ);
PXE_OPCODE(PXENV_GET_FILE_SIZE, pxenv_get_file_size, struct s_PXENV_GET_FILE_SIZE);
PXE_OPCODE(PXENV_FILE_API_CHECK, pxenv_file_api_check, struct s_PXENV_FILE_API_CHECK);
PXE_OPCODE(PXENV_FILE_CMDLINE, pxenv_file_cmdline, struct s_PXENV_FILE_CMDLINE);

FEATURE(PXE_FILES);
