/* SPDX-License-Identifier: BSD-2-Clause */
/* The media that images are made for. What is particular about one is in its file, medium_<name>.c,
 * and nowhere else; medium.c has the table of them. */
#ifndef ROMTOOL_MEDIUM_H
#define ROMTOOL_MEDIUM_H

#include "identity.h"
#include "lint.h"

struct medium {
    const char *name;   /* in targets.yaml, in --prefix, and as file suffix */
    bool option_rom;    /* PCI ROM headers name one vendor and device */
    size_t safe_length; /* not every BIOS takes longer images; 0 = any length is safe */
    size_t file_size;   /* zeros fill the file up to this size; 0 = the image is the file */
    size_t crc_start;   /* image offset from which the CRC-32 counts; 0 = behind EFPX */

    /* Checks a prefix as assembled, which has one EFPX structure. NULL = there is nothing more. */
    bool (*check)(struct span prefix, struct problem *problem);

    /* Fills in what is left in an image with identity block and payload: headers, identity_seal(),
     * sums. Refuses one that is too long for the medium. NULL = just identity_seal(). */
    bool (*complete)(struct buffer *image, size_t prefix_words, const struct identity_spec *spec,
                     struct problem *problem);

    /* Reports what is wrong with a file that holds an image of this medium and does not start as a
     * PCI ROM does; identity block and payload are checked elsewhere. NULL = nothing can be. */
    void (*lint)(struct lint *lint, struct span file, const struct identity *identity);
};

/* By name, or by the number in an identity block; NULL when there is none. */
const struct medium *medium_by_name(const char *name);
const struct medium *medium_by_number(unsigned number);
unsigned medium_number(const struct medium *medium);

/* "rom, zpxe or dsk", for messages. */
const char *medium_names(void);

/* Checks a prefix as assembled, before anything is made from it. */
bool medium_check(const struct medium *medium, struct span prefix, struct problem *problem);

/* Fills in what is left in an image with identity block and payload, by medium->complete. */
bool medium_finish(struct buffer *image, size_t prefix_words, const struct identity_spec *spec,
                   struct problem *problem);

/* Makes the image in *image (freed by the caller, also after an error) from a prefix that
 * medium_check() accepted. The bytes depend on the arguments only. */
bool medium_complete(struct span prefix, const struct identity_spec *spec, struct span packed,
                     struct buffer *image, struct problem *problem);

#endif
