/* SPDX-License-Identifier: BSD-2-Clause */
/* See tlan.c. What NetSio drives: the PHYs' management lines and their reset, and a 24C02
 * (Microchip DS11183: start and stop conditions, bytes with the highest bit first, each
 * acknowledged). */
#include "tlan.h"

enum { MINTEN = 0x80, ECLOK = 0x40, ETXEN = 0x20, EDATA = 0x10, NMRST = 0x08, MCLK = 0x04 };
enum { MTXEN = 0x02, MDATA = 0x01, DEVICE = 0x50, BYTE = 8 };

/* --- EEPROM */
static void begin_byte(struct tlan_eeprom *e)
{
    e->bits = 0;
    if (e->phase == READ)
        e->shift = e->bytes[e->address++];
    e->out = e->phase != READ || e->shift >> (BYTE - 1);
}

/* Eight bits came in. Does it acknowledge them? */
static bool take_byte(struct tlan_eeprom *e)
{
    bool mine = e->shift >> 1 == DEVICE;

    if (e->phase == CONTROL && mine) {
        e->phase = e->shift & 1 ? READ : ADDRESS;
        return true;
    }
    if (e->phase == ADDRESS) {
        e->address = e->shift;
        e->phase = WRITE;
        return true;
    }
    e->phase = IDLE; /* it is protected from being written */
    return false;
}

static void clock_rises(struct tlan_eeprom *e, bool data)
{
    e->bits++;
    if (e->phase == READ && e->bits > BYTE && data)
        e->phase = IDLE; /* the host has enough */
    else if (e->phase != READ && e->bits <= BYTE)
        e->shift = e->shift << 1 | data;
}

static void clock_falls(struct tlan_eeprom *e)
{
    if (e->started) { /* it ends the start condition */
        e->started = false;
        e->bits = 0;
    } else if (e->bits > BYTE) {
        begin_byte(e);
    } else if (e->phase == READ) {
        e->out = e->bits == BYTE || e->shift >> (BYTE - 1 - e->bits) & 1;
    } else {
        e->out = e->phase == IDLE || e->bits < BYTE || !take_byte(e);
    }
}

static void eeprom_lines(struct tlan_eeprom *e, bool clock, bool data)
{
    if (clock && e->clock && data != e->data) { /* start or stop */
        e->phase = data ? IDLE : CONTROL;
        e->started = !data;
        e->out = true;
    } else if (clock && !e->clock) {
        clock_rises(e, data);
    } else if (!clock && e->clock) {
        clock_falls(e);
    }
    e->clock = clock;
    e->data = data;
}

/* --- NetSio */
void tlan_serial_reset(void)
{
    mdio_pins(&tlan.mdio, false, false, true);
    tlan.mdio.phys[OUTER] = tlan.mdio.phys[INNER] = NULL;
    tlan.eeprom.phase = IDLE;
    tlan.eeprom.out = true;
    eeprom_lines(&tlan.eeprom, false, true);
}

void tlan_serial_write(uint8_t value)
{
    uint8_t before = tlan.dio[NET_SIO];

    tlan.dio[NET_SIO] = value;
    if (value & NMRST && !(before & NMRST)) {
        phy_reset(&tlan.inner);
        if (!tlan.ten_only)
            phy_reset(&tlan.outer);
    }
    tlan.mdio.phys[OUTER] = value & NMRST && !tlan.ten_only ? &tlan.outer : NULL;
    tlan.mdio.phys[INNER] = value & NMRST && tlan_config() & CONFIG_PHY_ENABLE ? &tlan.inner : NULL;
    mdio_pins(&tlan.mdio, value & MCLK, value & MTXEN, value & MDATA);
    eeprom_lines(&tlan.eeprom, value & ECLOK, value & ETXEN ? value & EDATA : tlan.eeprom.out);
}

uint8_t tlan_serial_read(void)
{
    uint8_t value = tlan.dio[NET_SIO];

    if (!(value & MTXEN))
        value = (value & ~MDATA) | (mdio_in(&tlan.mdio) ? MDATA : 0);
    if (!(value & ETXEN))
        value = (value & ~EDATA) | (tlan.eeprom.out ? EDATA : 0);
    return value;
}
