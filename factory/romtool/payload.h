/* SPDX-License-Identifier: BSD-2-Clause */
/* From a linked firmware to its unpacked payload. */
#ifndef ROMTOOL_PAYLOAD_H
#define ROMTOOL_PAYLOAD_H

#include "bytes.h"
#include "message.h"

struct payload {
    struct buffer bytes;   /* unpacked */
    uint32_t address_base; /* what the addresses in it are written for (relocation.h) */
    size_t relocations;
};

/* Reads an ELF linked at LINK_BASE with --emit-relocs that defines _image_start, _data_end and
 * _image_end. The caller frees payload->bytes, also after an error. */
bool payload_read(struct span elf_file, struct payload *payload, struct problem *problem);

#endif
