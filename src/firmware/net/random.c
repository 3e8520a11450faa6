/* Bob Jenkins' small generator (JSF32): 128 bits of state, of which one word is shown. */
#include "core/timer.h"
#include "net/ethernet.h"
#include "net/net.h"
#include "net/random.h"

enum { ROUNDS = 12 }; /* every bit reaches every other within four */

static uint32_t a, b, c, d;

static uint32_t rotate(uint32_t value, unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

void net_stir(uint32_t value)
{
    b = rotate(b, 5) + value;
}

uint32_t net_random(void)
{
    const struct mac_words *mac = (const struct mac_words *)(net.mac + 2);

    net_stir(timer_noise());
    c += mac->first;
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t e = a - rotate(b, 27);
        a = b ^ rotate(c, 17);
        b = c + d;
        c = d + e;
        d = e + a;
    }
    return d;
}
