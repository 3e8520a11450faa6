/* SPDX-License-Identifier: BSD-2-Clause */
/* Compressed files, made by zlib and liblzma: they unpack to what they should, and damaged or cut
 * ones are refused with the position. */

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "image/wrapper.h"

enum { LENGTH = 1200 };

extern const struct wrapper gzip_wrapper, xz_wrapper;

/* Deflated with codes of its own, all optional parts in the header; with fixed codes; LZMA2 with
 * CRC-32. */
static const uint8_t dynamic[] = {
    31,  139, 8,   30,  0,   0,   0,   0,   0,   0,   2,   0,   97,  98,  110, 97,  109, 101, 0,
    110, 111, 116, 101, 0,   99,  99,  149, 148, 91,  87,  213, 64,  12,  133, 255, 138, 136, 10,
    138, 34,  32,  42,  222, 80,  80,  80,  17,  69,  4,   239, 10,  38,  147, 100, 50,  51,  120,
    5,   69,  254, 61,  73,  219, 115, 70,  206, 11,  118, 58,  77,  118, 250, 176, 187, 250, 173,
    221, 1,   104, 23,  98,  8,   129, 136, 69,  162, 166, 148, 11,  96,  176, 65,  77,  153, 144,
    152, 10,  88,  211, 12,  129, 77,  163, 75,  36,  83,  129, 181, 96,  119, 7,   73,  64,  63,
    126, 254, 218, 63,  248, 253, 231, 240, 239, 209, 153, 177, 179, 227, 231, 206, 95,  64,  201,
    33,  22,  82,  224, 20,  98,  91,  36,  83,  211, 10,  187, 72,  65,  81,  49,  218, 229, 93,
    67,  162, 204, 69,  32,  186, 228, 98,  141, 178, 88,  49,  149, 24,  148, 170, 243, 196, 228,
    197, 75,  83,  151, 175, 48,  230, 72,  144, 36,  20,  53,  169, 108, 93,  2,   228, 200, 1,
    146, 151, 172, 66,  94,  77,  99,  201, 41,  218, 132, 96,  66,  163, 176, 75,  40,  54,  36,
    85,  141, 182, 68,  164, 58,  79,  95,  157, 153, 157, 187, 54,  95,  160, 133, 17,  181, 227,
    98,  56,  28,  11,  71,  231, 49,  164, 226, 197, 148, 168, 67,  201, 67,  32,  209, 37,  144,
    77,  49,  55,  187, 84,  231, 235, 55,  110, 46,  220, 186, 125, 199, 190, 190, 176, 99,  24,
    50,  105, 72,  12,  152, 24,  161, 1,   19,  23,  77,  227, 182, 56,  150, 96,  120, 92,  50,
    36,  223, 152, 165, 58,  223, 189, 183, 120, 255, 193, 210, 178, 67,  73,  145, 208, 81,  96,
    249, 135, 74,  105, 113, 56,  141, 22,  70,  131, 194, 40,  48,  145, 229, 1,   17,  78,  174,
    46,  37,  213, 249, 225, 163, 149, 213, 199, 79,  158, 246, 77,  137, 55,  227, 146, 192, 183,
    71,  99,  36,  37,  213, 121, 237, 217, 250, 243, 23,  27,  47,  251, 166, 196, 176, 56,  153,
    102, 23,  37,  208, 145, 148, 84,  231, 205, 87,  91,  219, 175, 223, 188, 237, 155, 146, 118,
    249, 96,  207, 252, 135, 25,  73,  73,  117, 126, 247, 254, 195, 199, 79,  159, 119, 250, 166,
    100, 128, 3,   189, 27,  30,  26,  73,  73,  117, 222, 253, 210, 188, 185, 111, 74,  26,  46,
    29,  144, 238, 62,  145, 146, 234, 220, 126, 211, 94,  223, 148, 156, 118, 150, 84,  231, 175,
    223, 190, 251, 185, 241, 63,  41,  57,  6,   51,  242, 59,  59,  176, 4,   0,   0};
static const uint8_t fixed[] = {
    31,  139, 8,   0,   0,   0,   0,   0,   0,   0,   75,  76,  132, 128, 164, 164, 228, 228, 228,
    148, 148, 212, 180, 180, 244, 140, 204, 204, 172, 236, 196, 164, 100, 32,  39,  3,   200, 2,
    50,  210, 210, 51,  179, 19,  129, 84,  70,  86,  98,  114, 42,  144, 157, 4,   98,  38,  165,
    0,   89,  201, 169, 25,  217, 73,  80,  156, 156, 150, 153, 152, 82,  80,  88,  84,  92,  82,
    90,  86,  94,  81,  169, 160, 168, 164, 172, 162, 170, 150, 148, 150, 149, 156, 158, 157, 146,
    145, 152, 154, 153, 156, 14,  33,  210, 178, 82,  192, 84,  118, 42,  136, 145, 153, 156, 145,
    148, 145, 148, 14,  132, 32,  58,  35,  57,  51,  37,  43,  53,  59,  45,  49,  29,  196, 76,
    205, 6,   82,  41,  89,  105, 64,  2,   200, 202, 76,  77,  204, 72,  65,  152, 172, 174, 161,
    169, 165, 173, 163, 155, 154, 148, 149, 158, 146, 152, 153, 150, 156, 157, 1,   100, 102, 164,
    2,   233, 180, 228, 196, 172, 244, 212, 228, 196, 76,  16,  145, 149, 145, 150, 2,   34,  129,
    236, 164, 236, 172, 204, 116, 32,  47,  41,  17,  200, 200, 72,  79,  75,  5,   49,  19,  179,
    129, 156, 204, 140, 140, 140, 116, 32,  72,  75,  75,  67,  152, 172, 167, 111, 96,  104, 100,
    108, 146, 157, 8,   9,   140, 244, 12,  104, 184, 0,   131, 3,   20,  44,  169, 233, 160, 240,
    128, 135, 10,  136, 0,   178, 210, 50,  64,  129, 146, 5,   15,  144, 116, 16,  51,  49,  5,
    200, 75,  207, 2,   163, 108, 132, 201, 166, 102, 230, 22,  150, 86,  214, 64,  223, 103, 167,
    130, 130, 1,   30,  38,  224, 144, 128, 133, 9,   48,  132, 96,  97,  2,   98,  128, 169, 84,
    8,   1,   10,  150, 100, 96,  240, 128, 152, 169, 137, 153, 32,  148, 148, 149, 134, 48,  217,
    198, 214, 206, 222, 193, 209, 9,   20,  40,  153, 233, 41,  73,  160, 160, 72,  202, 70,  10,
    149, 108, 72,  112, 128, 66,  3,   18,  24,  224, 160, 0,   134, 66,  106, 74,  10,  48,  61,
    36,  37,  37,  162, 2,   104, 42,  65,  152, 236, 236, 226, 234, 230, 238, 225, 73,  106, 42,
    1,   81,  192, 112, 201, 76,  4,   33,  80,  210, 64,  75,  37,  8,   147, 189, 188, 125, 124,
    253, 252, 3,   72,  77,  37,  192, 96,  1,   133, 12,  24,  101, 103, 164, 36,  102, 160, 165,
    18,  132, 201, 129, 65,  193, 33,  161, 97,  225, 164, 166, 18,  8,   0,   113, 128, 98,  160,
    12,  131, 150, 74,  16,  38,  71,  68,  70,  69,  199, 196, 198, 145, 154, 74,  96,  193, 145,
    4,   162, 129, 193, 147, 130, 150, 74,  16,  38,  199, 39,  128, 109, 38,  53,  149, 128, 195,
    5,   26,  32,  80,  140, 146, 74,  16,  38,  67,  252, 148, 67,  106, 42,  33,  84,  150, 32,
    76,  206, 205, 203, 7,   149, 27,  196, 164, 18,  0,   51,  242, 59,  59,  176, 4,   0,   0};
static const uint8_t xz[] = {
    253, 55,  122, 88,  90,  0,   0,   1,   105, 34,  222, 54,  2,   0,   33,  1,   22,  0,   0,
    0,   116, 47,  229, 163, 224, 4,   175, 1,   145, 93,  0,   48,  234, 148, 176, 202, 251, 203,
    154, 139, 147, 148, 12,  129, 122, 167, 12,  48,  107, 147, 201, 60,  181, 171, 121, 205, 91,
    43,  134, 19,  192, 131, 177, 50,  244, 150, 50,  97,  68,  70,  160, 178, 132, 5,   6,   236,
    183, 172, 153, 128, 8,   198, 87,  209, 200, 145, 149, 20,  87,  35,  3,   195, 1,   82,  23,
    104, 190, 63,  174, 19,  173, 28,  155, 232, 9,   235, 131, 24,  102, 172, 152, 34,  69,  155,
    30,  72,  115, 236, 36,  141, 199, 222, 122, 163, 133, 201, 224, 189, 241, 201, 81,  164, 158,
    68,  74,  135, 201, 131, 143, 61,  16,  187, 242, 3,   251, 103, 180, 95,  253, 132, 198, 240,
    96,  2,   78,  251, 240, 115, 216, 248, 84,  151, 185, 248, 87,  216, 105, 109, 164, 69,  107,
    153, 219, 213, 239, 209, 39,  15,  187, 127, 182, 197, 60,  168, 253, 165, 82,  210, 123, 152,
    23,  230, 109, 147, 84,  175, 255, 131, 89,  198, 219, 217, 20,  239, 127, 30,  43,  242, 189,
    111, 1,   182, 184, 68,  0,   97,  49,  66,  70,  25,  192, 6,   30,  196, 15,  144, 160, 184,
    149, 91,  158, 134, 36,  216, 115, 64,  40,  147, 145, 180, 164, 178, 165, 20,  82,  161, 80,
    60,  178, 222, 148, 195, 116, 3,   153, 73,  141, 138, 106, 56,  18,  232, 142, 183, 212, 183,
    72,  211, 227, 108, 227, 73,  154, 222, 177, 193, 201, 52,  158, 58,  121, 241, 152, 120, 10,
    171, 165, 175, 135, 170, 221, 153, 41,  63,  24,  212, 85,  178, 47,  152, 151, 152, 39,  94,
    229, 31,  45,  198, 154, 97,  212, 104, 204, 87,  226, 114, 96,  223, 71,  228, 242, 201, 124,
    9,   153, 68,  209, 210, 0,   96,  221, 15,  164, 70,  4,   165, 178, 138, 160, 170, 228, 253,
    143, 215, 21,  41,  64,  82,  245, 1,   61,  44,  250, 204, 127, 246, 223, 193, 112, 32,  36,
    192, 74,  220, 90,  166, 119, 34,  56,  81,  67,  108, 44,  145, 216, 6,   207, 109, 92,  18,
    253, 122, 29,  171, 70,  116, 125, 253, 71,  95,  132, 86,  29,  83,  84,  228, 212, 10,  26,
    117, 207, 183, 76,  205, 186, 34,  138, 19,  74,  212, 15,  254, 128, 212, 140, 240, 149, 216,
    255, 149, 92,  15,  185, 191, 68,  138, 78,  40,  221, 65,  177, 0,   0,   0,   0,   0,   51,
    242, 59,  59,  0,   1,   169, 3,   176, 9,   0,   0,   62,  155, 69,  168, 62,  48,  13,  139,
    2,   0,   0,   0,   0,   1,   89,  90};

static uint8_t text[LENGTH];

__attribute__((constructor)) static void make_text(void)
{
    for (unsigned i = 0; i < LENGTH; i++)
        text[i] = (uint8_t)(i % 97 < 80 ? 97 + i * i / 50 % 11 : 32 + i % 90);
}

/* In memory of exactly these sizes. Returns the error; *unpacked as the wrapper says it. */
static int unpack(const struct wrapper *wrapper, const uint8_t *file, size_t length, size_t cap,
                  size_t *unpacked, bool *right)
{
    uint8_t *data = malloc(length), *to = malloc(cap + 1);
    int error;

    memcpy(data, file, length);
    CHECK(wrapper->recognise(data, length));
    error = wrapper->unpack(data, length, to, cap, unpacked);
    *right = *unpacked >= LENGTH && cap >= LENGTH && !memcmp(to, text, LENGTH);
    free(data);
    free(to);
    return error;
}

/* As it is, into exactly enough room and too little; cut anywhere; with any byte changed. */
static void check_all(const struct wrapper *wrapper, const uint8_t *file, size_t length,
                      size_t least)
{
    uint8_t *bad = malloc(length);
    size_t unpacked;
    bool right;

    CHECK(unpack(wrapper, file, length, LENGTH, &unpacked, &right) == 0);
    CHECK(unpacked == LENGTH && right);
    for (size_t cap = 0; cap < LENGTH; cap += 17)
        CHECK_EQUAL(unpack(wrapper, file, length, cap, &unpacked, &right), E_TOO_BIG);
    for (size_t cut = 18; cut < length - least; cut++) {
        CHECK_EQUAL(unpack(wrapper, file, cut, 2 * LENGTH, &unpacked, &right), E_UNPACK);
        CHECK(unpacked <= cut);
    }
    memcpy(bad, file, length);
    for (size_t at = 6; at < length; at++) {
        for (unsigned change = 1; change < 256; change *= 2) {
            int error;

            bad[at] = (uint8_t)(file[at] ^ change);
            error = unpack(wrapper, bad, length, 2 * LENGTH, &unpacked, &right);
            CHECK(error == E_UNPACK || error == E_TOO_BIG || (error == 0 && right));
            CHECK(!error || unpacked <= length);
        }
        bad[at] = file[at];
    }
    free(bad);
}

TEST(gzip)
{
    check_all(&gzip_wrapper, dynamic, sizeof(dynamic), 0);
    check_all(&gzip_wrapper, fixed, sizeof(fixed), 0);
}

/* Of the index, only the number of blocks is looked at. */
TEST(xz)
{
    check_all(&xz_wrapper, xz, sizeof(xz), 23);
}

/* Members are joined; what is behind them is no matter. */
TEST(members)
{
    static uint8_t file[sizeof(dynamic) + sizeof(fixed) + 100], to[2 * LENGTH];
    size_t unpacked;

    memcpy(file, dynamic, sizeof(dynamic));
    memcpy(file + sizeof(dynamic), fixed, sizeof(fixed));
    CHECK(gzip_wrapper.unpack(file, sizeof(file), to, sizeof(to), &unpacked) == 0);
    CHECK_EQUAL(unpacked, 2 * LENGTH);
    CHECK_BYTES(to, text, LENGTH);
    CHECK_BYTES(to + LENGTH, text, LENGTH);
}

/* Data that was stored as it was, with lengths that contradict each other; a kind of block that
 * does not exist; a distance to before the start. */
TEST(blocks)
{
    static uint8_t file[] = {0x1f, 0x8b, 8,   0,   0,   0,    0,    0,    0,    0, 1, 3, 0,
                             0xfc, 0xff, 'a', 'b', 'c', 0xc2, 0x41, 0x24, 0x35, 3, 0, 0, 0};
    uint8_t to[300];
    size_t unpacked;

    CHECK(gzip_wrapper.unpack(file, sizeof(file), to, sizeof(to), &unpacked) == 0);
    CHECK(unpacked == 3 && !memcmp(to, "abc", 3));
    file[14] = 0xfe;
    CHECK(gzip_wrapper.unpack(file, sizeof(file), to, sizeof(to), &unpacked) == E_UNPACK);
    CHECK_EQUAL(unpacked, 15);
    file[10] = 7;
    CHECK(gzip_wrapper.unpack(file, sizeof(file), to, sizeof(to), &unpacked) == E_UNPACK);
    CHECK_EQUAL(unpacked, 11);
    file[10] = 0x03; /* fixed codes: length 3, distance 1 */
    file[11] = 0x02;
    CHECK(gzip_wrapper.unpack(file, sizeof(file), to, sizeof(to), &unpacked) == E_UNPACK);
}

TEST(recognise)
{
    CHECK(gzip_wrapper.recognise(dynamic, 18) && !gzip_wrapper.recognise(dynamic, 17));
    CHECK(!gzip_wrapper.recognise(xz, sizeof(xz)));
    CHECK(xz_wrapper.recognise(xz, 13) && !xz_wrapper.recognise(xz, 12));
    CHECK(!xz_wrapper.recognise(dynamic, sizeof(dynamic)));
}
