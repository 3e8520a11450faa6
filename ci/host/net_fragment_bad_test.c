/* SPDX-License-Identifier: BSD-2-Clause */
/* IPv4 fragments of which nothing may be put together. */
#include "fragments.h"

/* Fragments of a datagram of 2000 bytes, one of which is not as it should be. The bytes are the
 * right ones unless OTHER says that they differ. */
enum { END = 0, MORE = 1, OTHER = 2 };
struct bad {
    const char *name;
    struct {
        uint16_t from, len;
        unsigned how;
    } piece[6];
};

static const struct bad bad[] = {
    {"a piece twice, with other bytes",
     {{0, 1480, MORE}, {0, 1480, MORE | OTHER}, {1480, 520, END}}},
    {"the end twice, with other bytes",
     {{1480, 520, END}, {1480, 520, END | OTHER}, {0, 1480, MORE}}},
    {"one unit twice", {{0, 1480, MORE}, {1472, 528, END}, {1480, 520, END}}},
    {"one unit of other bytes twice",
     {{0, 1480, MORE}, {1472, 528, END | OTHER}, {1480, 520, END}}},
    {"one unit twice, the end first", {{1472, 528, END}, {0, 1480, MORE}, {0, 1472, MORE}}},
    {"a piece within another", {{0, 1480, MORE}, {8, 8, MORE | OTHER}, {1480, 520, END}}},
    {"a piece around another", {{8, 8, MORE | OTHER}, {0, 1480, MORE}, {1480, 520, END}}},
    {"a spoilt one that comes again",
     {{8, 8, MORE}, {8, 8, MORE | OTHER}, {0, 0, MORE}, {0, 1480, MORE}, {1480, 520, END}}},
    {"two ends", {{1480, 520, END}, {1480, 528, END}, {0, 1480, MORE}}},
    {"two ends, the nearer later", {{1480, 520, END}, {1480, 8, END | OTHER}, {0, 1480, MORE}}},
    {"more behind the end", {{1480, 520, END}, {2000, 8, MORE | OTHER}, {0, 1480, MORE}}},
    {"a hole", {{0, 1472, MORE}, {1480, 520, END}}},
    {"a hole of the length of what is too much", {{0, 8, MORE}, {24, 8, MORE}, {16, 8, END}}},
    {"no first", {{1480, 520, END}, {8, 1472, MORE}}},
    {"no end", {{0, 1480, MORE}, {1480, 520, MORE}}},
    {"more behind the end, and a hole", {{1480, 520, END}, {2000, 8, MORE}, {0, 1472, MORE}}},
    {"half a unit, and what it lacks", {{0, 1476, MORE}, {1480, 520, END}, {1472, 4, MORE}}},
    {"half a unit in the middle", {{0, 1476, MORE}, {1480, 520, END}, {1472, 8, MORE}}},
    {"nothing in the middle", {{0, 1480, MORE}, {1480, 0, MORE}}},
    {"nothing", {{0, 0, MORE}, {8, 0, END}, {0, 0, MORE}}},
};

TEST(bad)
{
    for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        begin(bad[i].name);
        make(&a, 7, (uint16_t)(1000 + i), 2100);
        make(&b, 7, (uint16_t)(1000 + i), 2100);
        /* UDP itself would take whatever there was: 9 bytes, no checksum. */
        memcpy(a.frame + HEADERS + 4, "\0\x09\0\0", 4);
        memcpy(b.frame + HEADERS + 4, "\0\x09\0\0", 4);
        for (unsigned n = 0; n < 6; n++) {
            size_t from = bad[i].piece[n].from, len = bad[i].piece[n].len;
            unsigned how = bad[i].piece[n].how;
            if (from || len || how)
                fragment(how & OTHER ? &b : &a, from, len, how & MORE);
        }
        CHECK_EQUAL(received, 0);
        make(&a, 7, (uint16_t)(2000 + i), 2000);
        fragment(&a, 0, 1480, true);
        fragment(&a, 1480, 520, false);
        must_have(&a); /* the next one is none the worse */
    }
}

/* What is checked in every datagram is checked in these too. */
TEST(checks)
{
    for (unsigned i = HEADERS; i < HEADERS + 40; i++) {
        begin("a broken datagram in fragments");
        make(&a, 7, (uint16_t)i, 2000);
        a.frame[i] ^= 0x10;
        fragment(&a, 0, 1480, true);
        fragment(&a, 1480, 520, false);
        CHECK_EQUAL(received, 0);
    }
    for (unsigned i = ETHERNET; i < HEADERS; i++) {
        begin("a broken fragment");
        make(&a, 7, (uint16_t)(100 + i), 2000);
        fragment(&a, 0, 1480, true);
        size_t len = cut(&a, 1480, 520, false);
        frame[i] ^= 0x10;
        hear(len);
        CHECK_EQUAL(received, 0);
    }
    begin("a UDP length beyond the datagram");
    make(&a, 7, 1, 2000);
    a.frame[38] = 2001 >> 8;
    a.frame[39] = 2001 & 255;
    memset(a.frame + 40, 0, 2);
    fragment(&a, 0, 1480, true);
    fragment(&a, 1480, 520, false);
    CHECK_EQUAL(received, 0);

    begin("for another host");
    make(&a, 7, 2, 2000);
    a.frame[33] ^= 1;
    fragment(&a, 0, 1480, true);
    fragment(&a, 1480, 520, false);
    CHECK_EQUAL(received, 0);
}

TEST(size)
{
    begin("larger than there is room for");
    make(&a, 7, 1, LARGEST + 8);
    for (size_t from = 0; from < LARGEST; from += 1024)
        fragment(&a, from, 1024, true);
    fragment(&a, LARGEST, 8, false);
    CHECK_EQUAL(received, 0);

    begin("up to the end of the numbers");
    make(&b, 7, 1, 65535);
    for (size_t from = 0; from < 65528; from += 1480)
        fragment(&b, from, 65528 - from < 1480 ? 65528 - from : 1480, true);
    make(&b, 7, 2, 65535);
    memcpy(frame, b.frame, HEADERS);
    for (size_t len = 0; len <= 1480; len++) { /* the last ones end behind 65535 */
        size_t total = cut(&b, 0, len, len & 1);
        frame[20] |= 0x1f;
        frame[21] = 0xff;
        fake_fix_ip(frame);
        hear(total);
    }
    CHECK_EQUAL(received, 0);
}
