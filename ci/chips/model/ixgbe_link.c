/* SPDX-License-Identifier: BSD-2-Clause */
/* See ixgbe.c. The port: what AUTOC makes of it, and an SFP+ module on the I2C bus (SFF-8472). */
#include "chip.h"
#include "ixgbe.h"

#include <string.h>

/* AUTOC: */
enum { MODE = 7 << 13, MODE_10G_PARALLEL = 1 << 13, MODE_10G_SERIAL = 3 << 13 };
enum { MODE_KX4 = 4 << 13, RESTART = 1 << 12, KR = 1 << 16, PARALLEL_KX4 = 1 << 7 };
#define KX4 0x80000000u
#define KX  0x40000000u
enum { SERIAL_SFI = 2 << 16, DISABLED = 7 << 28, AN_STATE = 1 << 16 };
/* LINKS: */
#define AN_COMPLETE 0x80000000u
enum { LINK_UP = 1 << 30, SPEED_10G = 3 << 28, SPEED_1G = 2 << 28, SPEED_100 = 1 << 28 };
enum { LINK_STAYED = 1 << 7, FAST_82598 = 1 << 29 };
/* ESDP: which pin is what on a board with SFP+ */
enum { MODULE_THERE = 1 << 2, LASER_OFF = 1 << 3, RATE_10G = 1 << 5 };
enum { LASER_DRIVEN = 1 << 11, RATE_DRIVEN = 1 << 13 };
/* I2CCTL: */
enum { CLOCK_IN = 1, CLOCK_OUT = 2, DATA_IN = 4, DATA_OUT = 8, MODULE = 0xa0, BYTE = 8 };
enum {
    FIBER_TIME = 300 * MILLISECOND,
    BACKPLANE_TIME = 500 * MILLISECOND, /* IEEE 802.3 clause 73 */
    COPPER_TIME = 2000 * MILLISECOND,
    AN_TIME = 4 * MILLISECOND, /* until negotiation has begun */
};

#define s  ixgbe
#define at ixgbe_at

static struct {
    bool stayed; /* the link, since LINKS was read */
    bool begun;  /* negotiation, since it was restarted */
    /* I2C: levels, bits of the byte that goes on, and what it is */
    bool clock, data, listening, reading, giving, drives_low;
    unsigned bits, byte, part;
    uint8_t module[128], offset;
} port;

/* --- link */
static void link_is(bool link)
{
    if (!link)
        port.stayed = false;
    if (link != s.link) {
        s.link = link;
        ixgbe_interrupt(CAUSE_LINK);
    }
}

/* Mbit/s that both ends can, as the port is set up; 0: none. */
static unsigned negotiated_speed(void)
{
    uint32_t mode = *at(AUTOC) & MODE;

    if (!cable_plugged())
        return 0;
    if (s.port == COPPER)
        return ixgbe_mdio_speed();
    if (*at(AUTOC2) & DISABLED)
        return 0;
    if (s.port == SFP)
        return mode == MODE_10G_SERIAL && (*at(AUTOC2) & 3 << 16) == SERIAL_SFI &&
                       (*at(ESDP) & (LASER_DRIVEN | LASER_OFF)) != (LASER_DRIVEN | LASER_OFF)
                   ? 10000
                   : 0;
    if (mode == MODE_10G_PARALLEL || (mode & MODE_KX4 && *at(AUTOC) & (KX4 | KR)))
        return 10000;
    return mode & MODE_KX4 && *at(AUTOC) & KX ? 1000 : 0;
}

static void up(void *argument)
{
    s.speed = negotiated_speed();
    link_is(s.speed);
}

static void begun(void *argument)
{
    port.begun = true;
}

void ixgbe_link_begin(void)
{
    static const uint64_t times[] = {FIBER_TIME, BACKPLANE_TIME, FIBER_TIME, COPPER_TIME};

    not_after(up, NULL);
    not_after(begun, NULL);
    port.begun = false;
    link_is(false);
    after(AN_TIME, begun, NULL);
    if (negotiated_speed())
        after(times[s.port], up, NULL);
}

void ixgbe_link_defaults(void)
{
    if (s.port == SFP) {
        *at(AUTOC) = MODE_10G_SERIAL;
        *at(AUTOC2) = SERIAL_SFI;
    } else if (s.port == BACKPLANE)
        *at(AUTOC) = MODE_KX4 | KX4 | KX | PARALLEL_KX4;
    else if (s.port == XAUI)
        *at(AUTOC) = MODE_10G_PARALLEL;
    if (s.port != COPPER)
        ixgbe_link_begin();
}

/* A reset of the MAC. The X540's PHY has its own. */
void ixgbe_link_reset(bool phy)
{
    if (phy || s.port != COPPER)
        ixgbe_link_begin();
}

void ixgbe_link_cable(void)
{
    ixgbe_link_begin();
}

/* --- I2C: a module's memory, of which drivers read one byte at a time */
static void module_power_on(void)
{
    static const uint8_t intel[] = {0x00, 0x1b, 0x21};

    port.module[0] = 3;    /* SFP */
    port.module[2] = 7;    /* LC */
    port.module[3] = 0x10; /* 10GBASE-SR */
    memcpy(port.module + 37, intel, sizeof(intel));
    port.clock = port.data = true;
}

/* A byte is complete: address, offset, or what is written, which the module ignores. */
static void byte_came(void)
{
    if (port.part == 0) {
        port.listening = s.port == SFP && (port.byte & 0xfe) == MODULE;
        port.reading = port.byte & 1;
    } else if (port.part == 1)
        port.offset = port.byte;
    port.part++;
}

/* The master has data steady, or an acknowledgement after eight bits. */
static void clock_rises(bool data)
{
    if (port.bits == BYTE) {
        if (port.giving && data) /* it has enough */
            port.listening = port.reading = port.giving = false;
    } else if (!port.giving) {
        port.byte = (port.byte << 1 | data) & 0xff;
        if (port.bits == BYTE - 1)
            byte_came();
    }
    port.bits++;
}

/* The module may change data now. */
static void clock_falls(void)
{
    if (port.bits > BYTE) {
        port.bits = 0;
        port.offset += port.giving;
        port.giving = port.listening && port.reading;
    }
    if (port.giving)
        port.drives_low =
            port.bits < BYTE && !(port.module[port.offset & 127] >> (7 - port.bits) & 1);
    else
        port.drives_low = port.listening && port.bits == BYTE;
}

static void write_i2c(uint32_t value)
{
    bool clock = value & CLOCK_OUT, data = value & DATA_OUT;

    *at(I2CCTL) = value & (CLOCK_OUT | DATA_OUT);
    if (clock && port.clock && data != port.data) { /* start or stop */
        port.listening = port.reading = port.giving = port.drives_low = false;
        port.bits = port.part = 0;
    } else if (clock && !port.clock)
        clock_rises(data);
    else if (!clock && port.clock)
        clock_falls();
    port.clock = clock;
    port.data = data;
}

/* --- registers */
void ixgbe_link_power_on(void)
{
    memset(&port, 0, sizeof(port));
    module_power_on();
    ixgbe_mdio_power_on();
    *at(ESDP) = s.port == SFP ? LASER_DRIVEN | RATE_DRIVEN | RATE_10G : 0;
}

static uint32_t read_links(void)
{
    uint32_t speed = s.speed == 10000 ? SPEED_10G : s.speed == 1000 ? SPEED_1G : SPEED_100;
    uint32_t value;

    if (s.generation == I82598)
        speed = s.speed == 10000 ? FAST_82598 : 0;
    value = s.link ? LINK_UP | speed : 0;

    if (s.link && s.port == BACKPLANE && *at(AUTOC) & MODE_KX4)
        value |= AN_COMPLETE;
    if (port.stayed)
        value |= LINK_STAYED;
    port.stayed = s.link;
    return value;
}

bool ixgbe_link_read(uint32_t reg, uint32_t *value)
{
    switch (reg) {
    case LINKS:
        *value = read_links();
        return true;
    case ANLP1:
        *value = port.begun ? AN_STATE : 0;
        return true;
    case ESDP:
        *value = *at(ESDP) | (s.port == SFP ? MODULE_THERE : 0);
        return true;
    case I2CCTL: /* open drains */
        *value = *at(I2CCTL) | (port.clock ? CLOCK_IN : 0) |
                 (port.data && !port.drives_low ? DATA_IN : 0);
        return true;
    }
    return false;
}

bool ixgbe_link_write(uint32_t reg, uint32_t value)
{
    uint32_t before = *at(reg);

    switch (reg) {
    case LINKS:
    case ANLP1:
        return true;
    case AUTOC:
        *at(AUTOC) = value & ~RESTART;
        if (value & RESTART && s.port != COPPER)
            ixgbe_link_begin();
        return true;
    case AUTOC2:
        *at(AUTOC2) = value;
        if ((value ^ before) & DISABLED && s.port != COPPER)
            ixgbe_link_begin();
        return true;
    case ESDP:
        *at(ESDP) = value & ~(s.port == SFP ? MODULE_THERE : 0u);
        if (s.port == SFP && (value ^ before) & LASER_OFF)
            ixgbe_link_begin();
        return true;
    case I2CCTL:
        write_i2c(value);
        return true;
    }
    return false;
}
