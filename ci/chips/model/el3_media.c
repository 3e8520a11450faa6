/* SPDX-License-Identifier: BSD-2-Clause */
/* EtherLink XL and Vortex: EEPROM, management interface, connectors and link, statistics. */
#include <string.h>

#include "mdio.h"
#include "phy.h"
#include "el3.h"

enum { EEPROM_WORDS = 64, EEPROM_BUSY = 0x8000, PHY_ADDRESS = 24 };
enum { MDIO_CLOCK = 1, MDIO_DATA = 2, MDIO_DRIVE = 4 };
enum { MEDIA_LINK_BEAT = 0x0080, MEDIA_LINK = 0x0800, MEDIA_100 = 0x0002, UPPER_BYTES = 0x0040 };

static struct phy phy = {.id1 = 0x0041, .id2 = 0x6800};
static uint16_t eeprom[EEPROM_WORDS], eeprom_out;
static bool eeprom_reading;
static uint8_t eeprom_word;
static uint32_t counts[STATISTICS];

static struct mdio mdio;

/* EEPROM */

static void fill_eeprom(void)
{
    uint8_t sum = 0;
    unsigned last = el3.is->generation >= CYCLONE ? 0x20 : 0x17;

    memset(eeprom, 0, sizeof eeprom);
    for (unsigned i = 0; i < 3; i++) /* 3Com's node address, and the one in use */
        eeprom[i] = eeprom[10 + i] = card_mac[2 * i] << 8 | card_mac[2 * i + 1];
    eeprom[3] = config_get(2, 2);
    eeprom[7] = 0x6d50;
    eeprom[0x10] = el3.is->capabilities;
    eeprom[0x12] = el3.is->config;
    eeprom[0x13] = el3.is->config >> 16;
    for (unsigned i = 0; i < last; i++)
        sum ^= eeprom[i] ^ eeprom[i] >> 8;
    eeprom[last] = sum;
}

uint32_t el3_eeprom_busy(uint32_t stored)
{
    return (stored & 0x7fff) | (eeprom_reading ? EEPROM_BUSY : 0);
}

uint32_t el3_eeprom_data(uint32_t stored)
{
    (void)stored;
    if (eeprom_reading)
        fault("EepromData is read while the EEPROM is busy");
    return eeprom_out;
}

static void eeprom_done(void *unused)
{
    (void)unused;
    eeprom_reading = false;
    eeprom_out = eeprom[eeprom_word];
}

void el3_eeprom_command(uint32_t value)
{
    if (eeprom_reading)
        fault("EepromCommand is written while the EEPROM is busy");
    if ((value & 0xc0) != 0x80 || value > 0xff) {
        fault("EepromCommand %04x is not to read a word", value);
        return;
    }
    eeprom_word = value & 0x3f;
    eeprom_reading = true;
    after(162 * MICROSECOND, eeprom_done, NULL);
}

/* Link */

static bool has_phy(void)
{
    unsigned transceiver = el3.windows[3][2] >> 4;

    return el3.is->phy && (transceiver == XCVR_MII || transceiver == XCVR_NWAY);
}

/* Of the transceiver that InternalConfig selects, when the card has it. Twisted pair without
 * autonegotiation needs its link pulses enabled. */
bool el3_link(void)
{
    unsigned transceiver = el3.windows[3][2] >> 4, options = el3_word(3, 8);
    bool pulses = el3_word(4, 10) & MEDIA_LINK_BEAT;

    if (has_phy())
        return phy.link;
    if (transceiver == XCVR_10T)
        return cable_plugged() && pulses && options & 8;
    if (transceiver == XCVR_100TX)
        return cable_plugged() && pulses && options & 2;
    return false;
}

unsigned el3_speed(void)
{
    if (has_phy())
        return phy.link ? phy.speed : 10;
    return el3.windows[3][2] >> 4 == XCVR_100TX ? 100 : 10;
}

uint32_t el3_media_status(uint32_t stored)
{
    return (stored & 0x00cc) | (el3_link() ? MEDIA_LINK : 0) |
           (el3_speed() == 100 ? MEDIA_100 : 0) | (el3.windows[3][2] >> 4 != XCVR_AUI ? 0x8000 : 0);
}

void el3_cable(void)
{
    if (el3.is->phy)
        phy_cable(&phy);
}

void el3_phy_reset(void)
{
    if (el3.is->phy)
        phy_reset(&phy);
}

void el3_media_reset(bool phy_too)
{
    uint8_t *to = el3.windows[3];

    fill_eeprom();
    memset(to, 0, 16);
    memcpy(to, &el3.is->config, 4);
    memcpy(to + 8, &el3.is->media_options, 2);
    to[4] = 1514 & 255;
    to[5] = 1514 >> 8;
    memset(el3.windows[4], 0, 16);
    memset(counts, 0, sizeof counts);
    memset(&mdio, 0, sizeof mdio);
    not_after(eeprom_done, NULL);
    eeprom_reading = false;
    if (phy_too)
        el3_phy_reset();
}

/* Management */

void el3_manage(uint32_t value)
{
    mdio.phys[PHY_ADDRESS] = el3.is->phy ? &phy : NULL;
    mdio.preamble = !el3.is->phy || !(phy.regs[MII_BMSR] & MAY_LACK_PREAMBLE) ? 32 : 1;
    mdio_pins(&mdio, value & MDIO_CLOCK, value & MDIO_DRIVE, value & MDIO_DATA);
    el3.windows[4][8] = value & 7;
}

uint32_t el3_management(uint32_t stored)
{
    if (stored & MDIO_DRIVE)
        return stored;
    return (stored & ~MDIO_DATA) | (mdio_in(&mdio) ? MDIO_DATA : 0);
}

/* Statistics */

void el3_count(enum statistic which, unsigned amount)
{
    if (el3.statistics)
        counts[which] += amount;
}

bool el3_statistics_full(void)
{
    uint32_t bytes = el3_word(4, 6) & UPPER_BYTES ? 0x80000 : 0x8000;

    for (unsigned i = 0; i < STATISTICS; i++)
        if (counts[i] >= (i >= RX_BYTES ? bytes : i == TX_FRAMES || i == RX_FRAMES ? 0x200 : 0x80))
            return true;
    return false;
}

static uint32_t take(enum statistic which, uint32_t mask)
{
    uint32_t value = counts[which] & mask;

    counts[which] &= ~mask;
    return value;
}

/* Read, and cleared by that. Window 4 has the upper bits of the bytes. */
uint32_t el3_statistic(unsigned window, unsigned at)
{
    uint32_t value;

    if (window == 4 && at == 12)
        value = take(BAD_SSD, 0xff);
    else if (window == 4)
        value = take(RX_BYTES, 0xf0000) >> 16 | take(TX_BYTES, 0xf0000) >> 12;
    else if (at == 9)
        value = take(RX_FRAMES, 0x300) >> 8 | take(TX_FRAMES, 0x300) >> 4;
    else if (at == 10)
        value = take(RX_BYTES, 0xffff);
    else if (at == 12)
        value = take(TX_BYTES, 0xffff);
    else
        value = take(at, 0xff);
    el3_update();
    return value;
}
