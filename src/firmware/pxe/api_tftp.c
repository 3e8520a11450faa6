/* SPDX-License-Identifier: BSD-2-Clause */
/* PXE 2.1 section 3.2: TFTP. */
#include "lib/byteorder.h"
#include "lib/string.h"
#include "platform/nic.h"
#include "pxe/api.h"
#include "pxe/reader.h"
#include "pxe/spec.h"

enum { NAME_SIZE = sizeof(((struct s_PXENV_TFTP_OPEN *)0)->FileName) };

/* The URI of what a program asks for, with a copy of the name that is certainly terminated. Server
 * 0: the boot server. `port` in network byte order, 0 = TFTP's own. */
static __attribute__((noinline)) struct uri *file_uri(uint32_t server, uint16_t port,
                                                      const char name[NAME_SIZE])
{
    static struct uri uri = {.fetcher = &tftp_fetcher};

    memcpy(uri.path, name, NAME_SIZE);
    uri.server = server ? server : pxe_lease->boot_server;
    uri.port = port ? be16(port) : TFTP_PORT;
    return &uri;
}

static uint16_t pxenv_tftp_open(void *block)
{
    struct s_PXENV_TFTP_OPEN *p = block;
    uint16_t status =
        reader_open(file_uri(p->ServerIPAddress, p->TFTPPort, p->FileName), p->PacketSize);

    if (!status)
        p->PacketSize = (uint16_t)reader_block_size();
    return status;
}

static uint16_t pxenv_tftp_close(void *block)
{
    return reader_close();
}

static uint16_t pxenv_tftp_read(void *block)
{
    struct s_PXENV_TFTP_READ *p = block;
    uint16_t size = (uint16_t)reader_block_size(); /* what the program agreed to at the opening */
    uint16_t status;

    status = reader_read(p->Buffer, &size);
    p->BufferSize = size;
    p->PacketNumber = reader_block_number();
    return status;
}

static uint16_t pxenv_tftp_read_file(void *block)
{
    struct s_PXENV_TFTP_READ_FILE *p = block;
    struct download file = {.base = (uint8_t *)p->Buffer, .cap = p->BufferSize};
    uint32_t end = pxe_memory_end(p->Buffer);
    int error;

    p->BufferSize = 0;
    if (p->Buffer < PXE_LOW || p->Buffer >= end)
        return PXENV_STATUS_MCOPY_PROBLEM;
    if (file.cap > end - p->Buffer)
        file.cap = end - p->Buffer;
    nic_open();
    error = fetch_file(file_uri(p->ServerIPAddress, 0, p->FileName), &file);
    p->BufferSize = file.length;
    return reader_status(error);
}

/* Another program in place of the one that calls. */
static uint16_t pxenv_restart_tftp(void *block)
{
    struct s_PXENV_TFTP_READ_FILE *p = block;
    const struct uri *uri = file_uri(p->ServerIPAddress, 0, p->FileName);

    reader_close();
    return reader_status(pxe_loader->boot(pxe_loader, uri, pxe_lease->kernel_args));
}

static uint16_t pxenv_tftp_get_fsize(void *block)
{
    struct s_PXENV_TFTP_GET_FSIZE *p = block;
    uint16_t status = reader_open(file_uri(p->ServerIPAddress, 0, p->FileName), FETCH_BLOCK);

    if (status)
        return status;
    p->FileSize = reader_file_size();
    reader_close();
    return p->FileSize ? PXENV_STATUS_SUCCESS : PXENV_STATUS_TFTP_NO_FILESIZE;
}

PXE_OPCODE(PXENV_TFTP_OPEN, pxenv_tftp_open, struct s_PXENV_TFTP_OPEN);
PXE_OPCODE(PXENV_TFTP_CLOSE, pxenv_tftp_close, uint16_t);
PXE_OPCODE(PXENV_TFTP_READ, pxenv_tftp_read, struct s_PXENV_TFTP_READ);
PXE_OPCODE(PXENV_TFTP_READ_FILE, pxenv_tftp_read_file, struct s_PXENV_TFTP_READ_FILE);
PXE_OPCODE(PXENV_RESTART_TFTP, pxenv_restart_tftp, struct s_PXENV_TFTP_READ_FILE);
PXE_OPCODE(PXENV_TFTP_GET_FSIZE, pxenv_tftp_get_fsize, struct s_PXENV_TFTP_GET_FSIZE);
