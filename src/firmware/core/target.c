/* The one file compiled per target. */
#include "core/target.h"

#include "core/identity.h"

struct card {
    uint16_t vendor, device;
    uint8_t driver; /* index into the driver table */
};

const char target_version[] = TARGET_VERSION;

/* Collected by the linker map from NET_DRIVER(). */
extern const struct net_driver *const _drivers[];

static const struct card cards[] = {TARGET_IDS{0, 0, 0}};

const struct net_driver *target_driver(const struct identity *id, uint16_t vendor, uint16_t device)
{
    if (id->vendor != VENDOR_ANY)
        return identity_matches(id, vendor, device) ? _drivers[0] : NULL;
    for (const struct card *c = cards; c->vendor; c++)
        if (c->vendor == vendor && c->device == device)
            return _drivers[c->driver];
    return NULL;
}
