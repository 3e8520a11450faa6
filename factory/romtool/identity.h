/* SPDX-License-Identifier: BSD-2-Clause */
/* The EFPX words of a prefix and the identity block (docs/formats.md). */
#ifndef ROMTOOL_IDENTITY_H
#define ROMTOOL_IDENTITY_H

#include "bytes.h"
#include "message.h"

struct medium; /* medium.h */

enum {
    VENDOR_NONE = 0x0000, /* no native driver */
    VENDOR_ANY = 0xffff,  /* every card its drivers know */
    /* Offsets in the EFPX structure. */
    PREFIX_BLOCK = 4,
    PREFIX_LENGTH = 8,
    PREFIX_CRC = 12,
    PREFIX_WORDS_SIZE = 16,
    /* Offsets in the identity block. */
    BLOCK_VERSION = 4,
    BLOCK_PARAGRAPHS = 5,
    BLOCK_MEDIUM = 7,
    BLOCK_VENDOR = 8,
    BLOCK_DEVICES = 0x0a,
    BLOCK_PRODUCT = 0x0c,
    BLOCK_SETTINGS = 0x0e,
    BLOCK_PAYLOAD = 0x10,
    BLOCK_PACKED_LENGTH = 0x14,
    BLOCK_UNPACKED_LENGTH = 0x18,
    BLOCK_PACKED_CRC = 0x1c,
    BLOCK_ADDRESS_BASE = 0x20,
    BLOCK_FIRMWARE = 0x24,
    BLOCK_FIXED_SIZE = 0x28,
    BLOCK_LIMIT = 0xff0,
    IDENTITY_VERSION = 4,
};

/* An image's identity as read; offsets count from the start of the image. */
struct identity {
    size_t prefix_words;        /* EFPX */
    uint32_t image_length;      /* as the prefix states it */
    uint32_t image_crc;         /* likewise */
    size_t block, block_length; /* identity block */
    const struct medium *medium;
    uint16_t vendor;
    size_t devices, device_count;      /* the list; its first entry is `device` */
    uint16_t device;                   /* 0 when the list is empty */
    size_t product, version, settings; /* NUL-terminated, inside the block */
    uint32_t payload, packed_length, unpacked_length, packed_crc, address_base;
};

/* What a new block says. */
struct identity_spec {
    const struct medium *medium;
    uint16_t vendor;
    const uint16_t *devices;
    size_t device_count;
    const char *product, *version; /* of the firmware */
    const char *settings;
    uint32_t unpacked_length, packed_crc, address_base;
};

enum identity_result { IDENTITY_ABSENT, IDENTITY_BROKEN, IDENTITY_FOUND };

/* Offset of the EFPX structure in a prefix or image; -1 when there is none. *count: how many. */
long prefix_words_find(struct span image, size_t *count);

/* Reads the identity of an image. Absent: the image is a stranger's, *problem says so. Broken: the
 * prefix is ours, but what it points at is wrong in a way that leaves nothing to look at. */
enum identity_result identity_read(struct span image, struct identity *identity,
                                   struct problem *problem);

/* Appends the block at the 16-aligned end of `image` (whose EFPX structure is at `prefix_words`),
 * then the payload, padding to 512, and says in the EFPX structure where the block is. */
bool identity_append(struct buffer *image, size_t prefix_words, const struct identity_spec *spec,
                     struct span packed, struct problem *problem);

/* Writes the prefix's length and CRC-32 for an image of `length` bytes, whose EFPX structure is at
 * `prefix_words`. */
void identity_seal(uint8_t *image, size_t length, const struct medium *medium, size_t prefix_words);

/* What of a file is the image, without the zeros that fill up the file of some media. */
struct span identity_image(struct span file, const struct identity *identity);

/* The CRC-32 that the prefix of this image should state. */
uint32_t identity_crc(struct span image, const struct medium *medium, size_t prefix_words);

/* True when every byte is printable ASCII; empty is allowed. */
bool text_is_printable(const char *text);

#endif
