/* SPDX-License-Identifier: BSD-2-Clause */
/* A fuzz target without libFuzzer: every file named is one input, and so are damaged copies of it,
 * the same in every run. For compilers and sanitizers that libFuzzer does not come with.
 *
 * Usage: NAME_replay COPIES FILE... */
#include "fuzz.h"

enum { INPUT_MAX = 1 << 16 };

/* A few changes: a bit, a byte, one with a value that tends to break things, a cut. */
static size_t damage(uint8_t *data, size_t len)
{
    static const uint8_t nasty[] = {0, 1, 2, 3, 4, 8, 0x7f, 0x80, 0xfe, 0xff};

    for (unsigned changes = 1 + next_random() % 4; changes && len; changes--) {
        uint8_t *at = data + next_random() % len;

        switch (next_random() % 8) {
        case 0:
            len = (size_t)(at - data);
            break;
        case 1:
        case 2:
            *at = (uint8_t)next_random();
            break;
        case 3:
        case 4:
            *at ^= (uint8_t)(1 << next_random() % 8);
            break;
        default:
            *at = nasty[next_random() % sizeof(nasty)];
        }
    }
    return len;
}

/* In memory that ends with the input. */
static void try(const uint8_t *data, size_t len)
{
    uint8_t *exact = malloc(len ? len : 1);

    memcpy(exact, data, len);
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
}

int main(int count, char **words)
{
    static uint8_t input[INPUT_MAX], copy[INPUT_MAX];

    for (int i = 2; i < count; i++) {
        FILE *file = fopen(words[i], "rb");

        if (!file) {
            perror(words[i]);
            return 2;
        }
        size_t len = fread(input, 1, sizeof(input), file);
        fclose(file);
        try(input, len);
        for (int n = atoi(words[1]); n; n--) {
            memcpy(copy, input, len);
            try(copy, damage(copy, len));
        }
    }
    return count < 3;
}
