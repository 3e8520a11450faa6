/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers: what they depend on, how they are spread, and who uses them. */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_link.h"
#include "net/random.h"
#include "net/udp.h"

enum { DRAWS = 16 };

/* What differs between two machines, or two boots of one. */
struct boot {
    uint32_t noise;  /* of the clock */
    uint8_t mac;     /* added to its last byte */
    uint32_t uuid;   /* stirred in */
    unsigned frames; /* that came before */
};

/* The first numbers of such a boot, from a process of its own. */
static void draw(const struct boot *boot, uint32_t numbers[DRAWS])
{
    int ends[2];

    if (pipe(ends))
        abort();
    pid_t child = fork();
    if (!child) {
        net.mac[5] = (uint8_t)(net.mac[5] + boot->mac);
        fake_noise = boot->noise;
        net.noise[3] = boot->uuid;
        for (unsigned i = 0; i < boot->frames; i++)
            fake_udp(fake_ip(10, 0, 0, 7), 1, fake_ip(10, 0, 0, 255), 1, "", 0, 0);
        net_poll();
        for (unsigned i = 0; i < DRAWS; i++)
            numbers[i] = net_random();
        _exit(write(ends[1], numbers, DRAWS * sizeof(*numbers)) < 0);
    }
    close(ends[1]);
    CHECK_EQUAL(read(ends[0], numbers, DRAWS * sizeof(*numbers)), DRAWS * sizeof(*numbers));
    close(ends[0]);
    CHECK_EQUAL(waitpid(child, NULL, 0), child);
}

static unsigned bits_that_differ(const uint32_t *x, const uint32_t *y)
{
    unsigned n = 0;

    for (unsigned i = 0; i < DRAWS; i++)
        n += (unsigned)__builtin_popcount(x[i] ^ y[i]);
    return n;
}

/* Everything that differs changes all numbers, the first one too. */
TEST(seeds)
{
    static const struct boot boots[] = {
        {.noise = 1},
        {.noise = 2},
        {.noise = 1u << 31},
        {.mac = 1},
        {.mac = 2},
        {.uuid = 1},
        {.uuid = 2},
        {.uuid = 1u << 31},
        {.frames = 1},
        {.frames = 2},
        {.noise = 1, .mac = 1},
        {.noise = 1000},
    };
    enum { BOOTS = sizeof(boots) / sizeof(*boots) };
    static uint32_t numbers[BOOTS][DRAWS], again[DRAWS];

    fake_case("seeds");
    fake_configure();
    for (unsigned i = 0; i < BOOTS; i++) {
        struct boot boot = boots[i];
        boot.noise += 0x12345678;
        draw(&boot, numbers[i]);
        for (unsigned j = 0; j < i; j++) {
            unsigned differ = bits_that_differ(numbers[i], numbers[j]);
            CHECK(differ > DRAWS * 32 * 2 / 5 && differ < DRAWS * 32 * 3 / 5);
            CHECK(__builtin_popcount(numbers[i][0] ^ numbers[j][0]) >= 5);
        }
    }
    draw(&(struct boot){.noise = 0x12345679}, again); /* nothing differs */
    CHECK(!bits_that_differ(numbers[0], again));
}

/* With a clock that stands still: every bit is set half the time, and tells nothing of the same bit
 * in the number before. */
TEST(spread)
{
    static unsigned set[32], changed[32];
    uint32_t last = 0;

    fake_case("spread");
    fake_configure();
    fake_noise = 1;
    for (unsigned i = 0; i < 10000; i++) {
        uint32_t number = net_random();
        for (unsigned bit = 0; bit < 32; bit++) {
            set[bit] += number >> bit & 1;
            changed[bit] += (number ^ last) >> bit & 1;
        }
        last = number;
    }
    for (unsigned bit = 0; bit < 32; bit++) {
        CHECK(set[bit] > 4700 && set[bit] < 5300);
        CHECK(changed[bit] > 4700 && changed[bit] < 5300);
    }
}

TEST(ports)
{
    static unsigned seen[0x10000], distinct, steps[0x10000], distinct_steps;
    uint16_t last = 0;

    fake_case("ports");
    for (unsigned i = 0; i < 10000; i++) {
        uint16_t port = udp_new_port();
        CHECK(port >= 32768);
        CHECK(port != last);
        distinct += !seen[port]++;
        distinct_steps += !steps[(uint16_t)(port - last)]++;
        last = port;
    }
    CHECK(distinct > 8000 && distinct_steps > 8000); /* 8600 of 32768 are to be expected */
}

static unsigned ids[0x10000], distinct_ids;

static void on_frame(const uint8_t *frame, size_t len)
{
    if (frame[12] == 8 && frame[13] == 0)
        distinct_ids += !ids[frame[18] << 8 | frame[19]]++;
}

TEST(packet_ids)
{
    struct udp_socket socket = {.port = 5000};
    unsigned neighbours = 0;

    fake_case("packet IDs");
    fake_configure();
    fake_on_frame = on_frame;
    for (unsigned i = 0; i < 4000; i++)
        udp_send(&socket, fake_ip(10, 0, 0, 40), 99, "", 0);
    CHECK(distinct_ids > 3700);
    for (unsigned i = 1; i < 0x10000; i++)
        neighbours += ids[i - 1] && ids[i];
    CHECK(neighbours < 400); /* of a counter they would be 3999, by chance 230 */
}
