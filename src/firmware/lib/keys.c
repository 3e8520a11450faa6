/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/keys.h"

#include "lib/parse.h"

/* Of each sequence number + last; then the key. */
static const uint8_t sequences[][2] = {
    {'A', 0xc8},      {'B', 0xd0},      {'C', 0xcd},      {'D', 0xcb},      {'F', 0xcf},
    {'H', 0xc7},      {'~' + 1, 0xc7},  {'~' + 2, 0xd2},  {'~' + 3, 0xd3},  {'~' + 4, 0xcf},
    {'~' + 5, 0xc9},  {'~' + 6, 0xd1},  {'~' + 7, 0xc7},  {'~' + 8, 0xcf},  {'~' + 15, 0xbf},
    {'~' + 17, 0xc0}, {'~' + 18, 0xc1}, {'~' + 19, 0xc2}, {'~' + 20, 0xc3}, {'~' + 21, 0xc4},
    {'~' + 23, 0x85}, {'~' + 24, 0x86},
};

char key_of_sequence(unsigned number, uint8_t last)
{
    for (unsigned n = 0; n < sizeof(sequences) / sizeof(sequences[0]); n++)
        if (sequences[n][0] == number + last)
            return (char)sequences[n][1];
    return 0;
}

char key_of_name(const char *text)
{
    const char *digits = parse_prefix(text, "0x");
    uint32_t code = 0;

    if (!text[0] || !text[1])
        return *text;
    if (digits)
        parse_hex(digits, 4, &code);
    return code >> 8 ? key_of_sequence((code >> 8) - 1, (uint8_t)code) : (char)code;
}
