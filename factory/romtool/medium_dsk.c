/* SPDX-License-Identifier: BSD-2-Clause */
/* Disks: a boot sector and the rest of the image, then zeros up to the size of a floppy. */
#include "medium.h"

enum {
    /* Of a 1.44 MB floppy, which BIOSes take for a hard disk, too. */
    DISK_SIZE = 1474560,
    SECTOR = 512,
    /* What the prefix loads (boot/disk.asm). */
    LENGTH_LIMIT = 192 * SECTOR,
    SIGNATURE = SECTOR - 2,
};

static bool has_signature(struct span disk)
{
    return span_equals(disk, SIGNATURE, "\x55\xaa", 2);
}

static bool check_dsk(struct span prefix, struct problem *problem)
{
    return has_signature(prefix) || problem_at(problem, SIGNATURE, "a boot sector ends with 55 AA",
                                               "no boot sector signature");
}

static bool complete_dsk(struct buffer *image, size_t prefix_words,
                         const struct identity_spec *spec, struct problem *problem)
{
    if (image->length > LENGTH_LIMIT)
        return problem_at(problem, prefix_words + PREFIX_LENGTH, "make the firmware smaller",
                          "image of %zu bytes is over the %d that the disk's prefix loads",
                          image->length, LENGTH_LIMIT);
    identity_seal(image->data, image->length, spec->medium, prefix_words);
    return true;
}

static void lint_dsk(struct lint *lint, struct span file, const struct identity *identity)
{
    size_t end = identity->image_length;

    if (!has_signature(file))
        finding(lint, LINT_ERROR, SIGNATURE, "a BIOS boots only a sector that ends with 55 AA",
                "no boot sector signature");
    if (file.length != DISK_SIZE)
        finding(lint, LINT_ERROR, file.length, "the file was cut, or something was added to it",
                "disk of %zu bytes, not %d", file.length, DISK_SIZE);
    else if (end < file.length &&
             (file.data[end] || !is_padding(span_part(file, end, file.length))))
        finding(lint, LINT_ERROR, end, "zeros follow the image to the end of the disk",
                "something was put behind the image");
}

const struct medium medium_dsk = {
    .name = "dsk",
    .file_size = DISK_SIZE,
    .crc_start = SECTOR, /* operating systems keep things of theirs in the first */
    .check = check_dsk,
    .complete = complete_dsk,
    .lint = lint_dsk,
};
