#include "relocation.h"

#include <stdlib.h>

enum {
    LONG_DISTANCE = 0xff,
    /* An addend may point a little outside the object it was made from (array - 4). */
    ADDEND_SLACK = 0x10000,
    IMAGE_LIMIT = 0x400000,
};

static int compare_offsets(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static bool check_distance(uint32_t offset, uint32_t distance, bool first, struct problem *problem)
{
    if (first && distance == 0)
        return problem_at(problem, offset, "the entry code must start the image",
                          "a word at image offset 0 cannot be relocated");
    if (!first && distance < 4)
        return problem_at(problem, offset, NULL, "relocated words overlap");
    if (distance > 0xffff)
        return problem_at(problem, offset, "spread the data, or widen the format",
                          "0x%x bytes since the last relocated word are over 0xffff", distance);
    return true;
}

bool relocation_encode(uint32_t *offsets, size_t count, struct buffer *payload,
                       struct problem *problem)
{
    size_t end = payload->length;
    uint32_t last = 0;

    qsort(offsets, count, sizeof(*offsets), compare_offsets);
    buffer_resize(payload, end + 3 * count + 1);
    for (size_t i = 0; i < count; i++) {
        uint32_t distance = offsets[i] - last;

        if (!check_distance(offsets[i], distance, i == 0, problem))
            return false;
        if (distance < LONG_DISTANCE) {
            payload->data[end++] = (uint8_t)distance;
        } else {
            payload->data[end] = LONG_DISTANCE;
            put16(payload->data + end + 1, distance);
            end += 3;
        }
        last = offsets[i];
    }
    payload->data[end++] = 0;
    buffer_resize(payload, end);
    return true;
}

static bool check_word(struct span loaded, size_t word, size_t entry, struct problem *problem)
{
    uint32_t address;

    if (!span_has(loaded, word, 4))
        return problem_at(problem, entry, NULL,
                          "relocation of 0x%zx, which is not in the loadable bytes", word);
    address = get32(loaded.data + word);
    if (address < LINK_BASE - ADDEND_SLACK || address > LINK_BASE + IMAGE_LIMIT)
        return problem_at(problem, entry, NULL,
                          "relocated word at 0x%zx holds 0x%x, no address of the image", word,
                          address);
    return true;
}

bool relocation_check(struct span payload, size_t table, size_t *count, struct problem *problem)
{
    struct span loaded = span_part(payload, 0, table);
    size_t entry = table, word = 0;

    for (*count = 0; span_has(payload, entry, 1) && payload.data[entry]; ++*count) {
        size_t start = entry;
        size_t distance = payload.data[entry++];

        if (distance == LONG_DISTANCE) {
            if (!span_has(payload, entry, 2))
                break;
            distance = get16(payload.data + entry);
            entry += 2;
        }
        if (distance < (*count ? 4 : 1))
            return problem_at(problem, start, NULL, "relocated words overlap");
        word += distance;
        if (!check_word(loaded, word, start, problem))
            return false;
    }
    if (entry + 1 != payload.length || payload.data[entry] != 0)
        return problem_at(problem, entry, NULL, "the relocation table does not end the payload");
    return true;
}
