/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI option ROM files: the images in them, PCIR (PCI Firmware Specification 3.0, section 5.1) and
 * the PnP expansion header (Plug and Play BIOS Specification 1.0A, section 3.2). */
#ifndef ROMTOOL_ROM_H
#define ROMTOOL_ROM_H

#include "bytes.h"
#include "message.h"

enum {
    ROM_UNIT = 512,
    /* Offsets in the ROM header. */
    ROM_LENGTH = 2,
    ROM_ENTRY = 3,
    ROM_CHECKSUM = 6, /* of our images; reserved bytes in everyone's */
    ROM_PCIR = 0x18,
    ROM_PNP = 0x1a,
    ROM_HEADER_SIZE = 0x1c,
    ROM_LENGTH_LIMIT = 255 * ROM_UNIT,
    /* Over 127 units some BIOSes fail: the copy does not fit a 64 KiB segment's usable part. */
    ROM_LENGTH_SAFE = 127 * ROM_UNIT,
    /* Offsets in PCIR. */
    PCIR_VENDOR = 4,
    PCIR_DEVICE = 6,
    PCIR_DEVICE_LIST = 8,
    PCIR_LENGTH = 0x0a,
    PCIR_REVISION = 0x0c,
    PCIR_CLASS = 0x0d,
    PCIR_IMAGE_LENGTH = 0x10,
    PCIR_CODE_TYPE = 0x14,
    PCIR_INDICATOR = 0x15,
    PCIR_RUNTIME_LENGTH = 0x16,
    PCIR_SIZE_2 = 0x18, /* up to revision 2 */
    PCIR_SIZE_3 = 0x1c, /* from revision 3 */
    PCIR_LAST_IMAGE = 0x80,
    CODE_TYPE_X86 = 0,
    CODE_TYPE_EFI = 3,
    CLASS_ETHERNET = 0x020000,
    /* Offsets in the PnP expansion header. */
    PNP_PARAGRAPHS = 5,
    PNP_NEXT = 6,
    PNP_CHECKSUM = 9,
    PNP_MANUFACTURER = 0x0e,
    PNP_PRODUCT = 0x10,
    PNP_BCV = 0x16,
    PNP_BEV = 0x1a,
    PNP_SIZE = 0x20,
    /* EFI images: 0EF1h at 4, offset of the PE image at 16h (UEFI 2.x, section 14.4.2). */
    EFI_SIGNATURE = 0x0ef1,
    EFI_SIGNATURE_AT = 4,
    EFI_SUBSYSTEM_AT = 8,
    EFI_MACHINE_AT = 0x0a,
    EFI_COMPRESSION_AT = 0x0c,
    EFI_OFFSET_AT = 0x16,
};

/* One image of a PCI ROM file. Offsets below `offset` count from the start of the image. */
struct rom_image {
    size_t offset;      /* in the file */
    struct span bytes;  /* exactly the image */
    size_t init_length; /* header length field, bytes */
    size_t pcir;
    uint16_t vendor, device;
    uint16_t pcir_length;
    uint8_t revision;
    uint32_t class_code;
    uint8_t code_type;
    bool last;
    uint16_t device_list;  /* offset from PCIR; 0 when there is none or the revision has none */
    size_t runtime_length; /* bytes; 0 before revision 3 */
};

/* A PnP expansion header of an image. */
struct pnp {
    size_t offset;
    uint16_t next, manufacturer, product, bcv, bev;
};

/* True when the file starts like a PCI option ROM. */
bool rom_is_rom(struct span file);

/* Reads the image at `offset` of the file. */
bool rom_read(struct span file, size_t offset, struct rom_image *image, struct problem *problem);

/* Length of the x86 image that the checksum covers. */
size_t rom_checked_length(const struct rom_image *image);

/* Reads the PnP header at `offset` of the image; signature and length are checked, no pointer is.
 */
bool pnp_read(struct span image, size_t offset, struct pnp *pnp, struct problem *problem);

/* The ROM BAR a file of this size needs: a power of two, 2 KiB at least (PCI 3.0, 6.2.5.2). */
size_t rom_bar_size(size_t size);

/* Number of device IDs in the image's PCI 3.0 device list; -1 when it does not end in the image. */
long rom_device_list(const struct rom_image *image);

/* "x86", "EFI"…; never NULL. */
const char *rom_code_type_name(uint8_t code_type);

#endif
