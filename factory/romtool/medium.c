/* SPDX-License-Identifier: BSD-2-Clause */
#include "medium.h"

#include <stdio.h>

/* A medium's place is its number in identity blocks: a new one goes to the end. */
extern const struct medium medium_rom, medium_zpxe, medium_dsk;
static const struct medium *const media[] = {&medium_rom, &medium_zpxe, &medium_dsk};

enum { MEDIA = sizeof(media) / sizeof(media[0]) };

const struct medium *medium_by_number(unsigned number)
{
    return number < MEDIA ? media[number] : NULL;
}

const struct medium *medium_by_name(const char *name)
{
    for (unsigned i = 0; i < MEDIA; i++)
        if (strcmp(name, media[i]->name) == 0)
            return media[i];
    return NULL;
}

unsigned medium_number(const struct medium *medium)
{
    unsigned number = 0;

    while (media[number] != medium)
        number++;
    return number;
}

const char *medium_names(void)
{
    static char text[100];
    char *end = text;

    for (unsigned i = 0; i < MEDIA; i++) {
        const char *between = i + 1 < MEDIA ? ", " : " or ";

        end += sprintf(end, "%s%s", i ? between : "", media[i]->name);
    }
    return text;
}

bool medium_check(const struct medium *medium, struct span prefix, struct problem *problem)
{
    size_t count;
    long words = prefix_words_find(prefix, &count);

    if (words < 0 || count != 1)
        return problem_at(problem, words < 0 ? 0 : (size_t)words,
                          "the prefix has it exactly once, on a 4-byte boundary",
                          "EFPX structure occurs %zu times", count);
    return !medium->check || medium->check(prefix, problem);
}

bool medium_finish(struct buffer *image, size_t prefix_words, const struct identity_spec *spec,
                   struct problem *problem)
{
    if (spec->medium->complete)
        return spec->medium->complete(image, prefix_words, spec, problem);
    identity_seal(image->data, image->length, spec->medium, prefix_words);
    return true;
}

bool medium_complete(struct span prefix, const struct identity_spec *spec, struct span packed,
                     struct buffer *image, struct problem *problem)
{
    size_t count;
    size_t words = (size_t)prefix_words_find(prefix, &count);

    buffer_resize(image, prefix.length);
    memcpy(image->data, prefix.data, prefix.length);
    return identity_append(image, words, spec, packed, problem) &&
           medium_finish(image, words, spec, problem);
}
