/* SPDX-License-Identifier: BSD-2-Clause */
#include "pxe/reader.h"

#include "lib/errors.h"
#include "lib/string.h"
#include "platform/nic.h"
#include "pxe/api.h"

static struct {
    union transfer_memory memory;
    const struct fetcher *fetcher; /* NULL = no file is open */
    uint16_t number;
    size_t given; /* bytes of `block` the program has got */
    uint8_t block[FETCH_BLOCK];
} reader;
static struct transfer *const file = &reader.memory.file;

uint16_t reader_status(int error)
{
    switch (error) {
    case 0:
        return PXENV_STATUS_SUCCESS;
    case E_FILE_NOT_FOUND:
    case E_NO_DNS:
    case E_NAME:
        return PXENV_STATUS_TFTP_FILE_NOT_FOUND;
    case E_ACCESS:
        return PXENV_STATUS_TFTP_ACCESS_VIOLATION;
    case E_TIMEOUT:
    case E_REFUSED:
        return PXENV_STATUS_TFTP_OPEN_TIMEOUT;
    case E_STALLED:
        return PXENV_STATUS_TFTP_READ_TIMEOUT;
    case E_NO_ARP:
    case E_NO_ROUTE:
        return PXENV_STATUS_TFTP_CANNOT_ARP_ADDRESS;
    case E_TOO_BIG:
        return PXENV_STATUS_MCOPY_PROBLEM;
    default:
        return PXENV_STATUS_TFTP_ERROR_OPCODE;
    }
}

static void expect_block(void)
{
    reader.given = 0;
    file->to = reader.block;
    file->room = sizeof(reader.block);
}

static size_t held(void)
{
    return (size_t)(file->to - reader.block) - reader.given;
}

uint16_t reader_open(struct uri *uri, uint32_t blksize)
{
    int error;

    reader_close();
    nic_open(); /* the program may have shut it down */
    if (blksize < READER_BLOCK_MIN)
        blksize = READER_BLOCK_MIN;
    file->plain = false;
    file->paced = true;
    file->offset = 0;
    file->term[TERM_SIZE] = 0;
    file->term[TERM_BLOCK] = blksize;
    file->term[TERM_WINDOW] = 1;
    reader.number = 0;
    expect_block();
    error = fetch_open(file, uri);
    reader.fetcher = error ? NULL : uri->fetcher;
    return reader_status(error);
}

uint16_t reader_close(void)
{
    if (!reader.fetcher)
        return PXENV_STATUS_TFTP_CLOSED;
    reader.fetcher->close(file, 0);
    reader.fetcher = NULL;
    return PXENV_STATUS_SUCCESS;
}

uint32_t reader_block_size(void)
{
    return file->term[TERM_BLOCK];
}

uint32_t reader_file_size(void)
{
    return file->term[TERM_SIZE];
}

uint16_t reader_block_number(void)
{
    return reader.number;
}

uint16_t reader_read(struct far_pointer to, uint16_t *size)
{
    size_t wanted = *size;
    void *buffer = pxe_buffer(to, wanted);

    *size = 0;
    if (!buffer)
        return PXENV_STATUS_MCOPY_PROBLEM;
    if (!reader.fetcher)
        return PXENV_STATUS_TFTP_CLOSED;
    if (!held()) {
        int error = 0;

        if (!file->finished) {
            expect_block();
            error = reader.fetcher->read(file);
        }
        if (error)
            return reader_status(error);
    }
    if (!reader.given)
        reader.number++;
    if (wanted > held())
        wanted = held();
    memcpy(buffer, reader.block + reader.given, wanted);
    reader.given += wanted;
    *size = (uint16_t)wanted;
    return PXENV_STATUS_SUCCESS;
}
