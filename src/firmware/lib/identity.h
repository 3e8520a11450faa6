/* SPDX-License-Identifier: BSD-2-Clause */
/* The identity block of an image (docs/formats.md), read at boot. */
#ifndef LIB_IDENTITY_H
#define LIB_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum medium { MEDIUM_ROM = 0, MEDIUM_PXE = 1, MEDIUM_DISK = 2 };
enum { IDENTITY_MAGIC = 0x44494645 /* "EFID" */, VENDOR_NONE = 0x0000, VENDOR_ANY = 0xffff };
enum { IDENTITY_MAX = 0xff0 /* bytes */ };

struct identity {
    uint32_t magic;
    uint8_t version;
    uint8_t paragraphs;
    uint8_t reserved;
    uint8_t medium;
    uint16_t vendor;
    uint16_t devices; /* block offsets from here on */
    uint16_t product;
    uint16_t settings;
    uint32_t payload, packed_length, unpacked_length, packed_crc;
    uint32_t address_base; /* what the addresses in the unpacked payload are written for */
    uint16_t firmware;     /* its version */
    uint16_t reserved2;
};

/* The version of this firmware, for others to be told. */
extern char firmware_version[16];

/* True when the block says this image is for the card. */
bool identity_matches(const struct identity *id, uint16_t vendor, uint16_t device);

/* True when a file is a .zpxe with the same payload, whatever cards it is for. */
bool identity_in_file(const struct identity *id, const uint8_t *file, size_t length);

#endif
