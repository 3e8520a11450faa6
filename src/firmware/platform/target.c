/* SPDX-License-Identifier: BSD-2-Clause */
/* Which driver a card gets. Compiled once for all targets with one driver, and once more for each
 * that has a rendered header. */
#include "platform/target.h"

#include "lib/identity.h"
#include "lib/string.h"

/* Collected by the linker map from NET_DRIVER(). */
extern const struct net_driver *const _drivers[];

enum {
    END = 6 /* size of the table's last entry */
};

/* factory/cardtable.py says what is in it: nothing more where the identity block has the cards. */
#ifdef TARGET_CARDS
static const uint8_t cards[] = {TARGET_CARDS};
#else
static const uint8_t cards[END];
#endif

const struct net_driver *target_driver(const struct identity *id, uint16_t vendor, uint16_t device)
{
    uint32_t wanted = (uint32_t)vendor << 16 | device, card = 0;
    const uint8_t *at = cards;
    unsigned driver = 0;

    if (sizeof(cards) == END || id->vendor != VENDOR_ANY)
        return identity_matches(id, vendor, device) ? _drivers[0] : NULL;
    do {
        if (*at) {
            card += *at++;
        } else {
            driver = at[1];
            memcpy(&card, at + 2, sizeof(card));
            at += 2 + sizeof(card);
        }
        if (!card)
            return NULL;
    } while (card != wanted);
    return _drivers[driver];
}
