/* SPDX-License-Identifier: BSD-2-Clause */
/* SiS 900 (the card's chip, and in the south bridges 635 and 962), and SiS 7016 with an external
 * PHY.
 *
 * The MAC is the one of natsemi.h. What differs is from drivers, as they agree: Linux's sis900,
 * FreeBSD's sis, iPXE's sis900. They take the hardware address from an EEPROM (900, 7016), from the
 * receive filter after the chip was told to load it there (635), or from an EEPROM that a FireWire
 * controller uses as well, so that it has to be asked for (962). */
#include "mdio.h"
#include "natsemi.h"

#include <string.h>

enum { ENPHY = 0x1c, FLCTRL = 0x38, RXLEN = 0x3c, PM_CAPABILITY = 0x40, PMCTRL = 0xb0 };
enum { PMER = 0xb4, WAKE_FIRST = 0xbc, WAKE_LAST = 0xec };
enum { CR_RELOAD = 0x400, CFG_WRITABLE = 0x27f9, CFG_BIG_ENDIAN = 1 };
enum { MDC = 0x40, MDDIR = 0x20, MDIO = 0x10, PINS = MDC | MDDIR | MDIO | EESEL | EECLK | EEDI };
enum { EEREQ = 0x400, EEDONE = 0x200, EEGNT = 0x100 }; /* of MEAR, in the 962 */
enum { ENPHY_ACCESS = 0x10, ENPHY_READ = 0x20 };
enum { FILTER_WORDS = 20, FILTER_HASH = 4, EEPROM_SIGNATURE = 0, EEPROM_ADDRESS = 8 };
/* Drivers wait for these longer; for the reset, Linux reads a register a thousand times. */
enum { RESET_TIME = 100 * MICROSECOND, GRANT_TIME = 500 * MICROSECOND };
enum { PHY_TIME = 30 * MICROSECOND };
/* Linux goes on to report the link while it has the PHY negotiate anew, with 10 Mbit/s. */
enum { NEGOTIATION_TIME = 30 * MILLISECOND };

#define s natsemi_state

struct board {
    uint16_t phy_id1, phy_id2, phy_address;
    uint8_t hash_bits; /* the upper ones of an address's CRC choose a bit of the hash table */
    bool has_eeprom, shares_eeprom, has_enphy;
};

static const struct board *board;
static struct mdio mdio;
static bool granted;

static void defaults(void)
{
    s.cfg = 0;
}

static uint32_t accepts(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
    unsigned bit = natsemi_hash(frame) >> (9 - board->hash_bits);

    if (!(s.rfcr & RFCR_ON))
        return 0;
    if (memcmp(frame, broadcast, 6) == 0)
        return s.rfcr & RFCR_BROADCAST ? DEST_BROADCAST : 0;
    if (frame[0] & 1)
        return s.rfcr & RFCR_MULTICAST || s.filter[FILTER_HASH + bit / 16] >> bit % 16 & 1
                   ? DEST_GROUP
                   : 0;
    return s.rfcr & RFCR_UNICAST || memcmp(frame, s.filter, 6) == 0 ? DEST_UNICAST : 0;
}

static void power_on(const struct board *is)
{
    static const struct natsemi_chip chip = {RESET_TIME, defaults, accepts};

    natsemi_start(&chip);
    board = is;
    granted = false;
    memset(s.eeprom.words, is->has_eeprom ? 0 : 0xff, sizeof(s.eeprom.words));
    s.eeprom.address_bits = 6;
    if (is->has_eeprom) {
        s.eeprom.words[EEPROM_SIGNATURE] = 0x900;
        for (unsigned i = 0; i < 3; i++)
            s.eeprom.words[EEPROM_ADDRESS + i] = card_mac[2 * i] | card_mac[2 * i + 1] << 8;
    }
    s.phy.id1 = is->phy_id1;
    s.phy.id2 = is->phy_id2;
    s.phy.reset_ns = 20 * MICROSECOND; /* Linux writes to it right after a reset */
    s.phy.autoneg_ns = NEGOTIATION_TIME;
    phy_reset(&s.phy);
    mdio = (struct mdio){0};
    mdio.phys[is->phy_address] = &s.phy;
}

/* --- the EEPROM's and the PHY's access register */
static void grant(void *argument)
{
    granted = true;
}

static void write_mear(uint32_t value, unsigned size)
{
    if (board->shares_eeprom && value & EEREQ && size == 4)
        after(GRANT_TIME, grant, NULL);
    if (board->shares_eeprom && value & EEDONE && size == 4) {
        not_after(grant, NULL);
        granted = false;
    }
    if (value & EESEL && board->shares_eeprom && !granted)
        fault("the EEPROM is used, which was not granted");
    else
        eeprom_pins(&s.eeprom, value & EESEL, value & EECLK, value & EEDI);
    mdio.preamble = s.phy.regs[MII_BMSR] & MAY_LACK_PREAMBLE ? 1 : 32;
    mdio_pins(&mdio, value & MDC, value & MDDIR, value & MDIO);
    s.other[MEAR / 4] = value & PINS;
}

static uint32_t read_mear(void)
{
    uint32_t value = s.other[MEAR / 4];

    if (!(value & MDDIR))
        value = mdio_in(&mdio) ? value | MDIO : value & ~MDIO;
    return value | (eeprom_out(&s.eeprom) ? EEDO : 0) | (granted ? EEGNT : 0);
}

static void phy_accessed(void *argument)
{
    uint32_t *enphy = &s.other[ENPHY / 4];
    unsigned reg = *enphy >> 6 & 31;
    bool mine = (*enphy >> 11 & 31) == board->phy_address;

    *enphy &= ~ENPHY_ACCESS;
    if (*enphy & ENPHY_READ)
        *enphy = (*enphy & 0xffff) | (uint32_t)(mine ? phy_read(&s.phy, reg) : 0xffff) << 16;
    else if (mine)
        phy_write(&s.phy, reg, *enphy >> 16);
}

static void write_enphy(uint32_t value)
{
    if (s.other[ENPHY / 4] & ENPHY_ACCESS) {
        fault("the PHY is accessed before the last access is over");
        return;
    }
    s.other[ENPHY / 4] = value;
    if (value & ENPHY_ACCESS)
        after(PHY_TIME, phy_accessed, NULL);
}

/* --- registers */
static uint16_t *filter_word(void)
{
    unsigned at = s.rfcr >> 16 & 31;

    if (s.rfcr & RFCR_ON)
        fault("the receive filter's words are accessed while it is on");
    return at < FILTER_WORDS ? &s.filter[at] : NULL;
}

static bool exists(uint32_t reg)
{
    if (reg == ENPHY)
        return board->has_enphy;
    return reg <= IER || (reg >= TXDP && reg <= TXCFG) || (reg >= RXDP && reg <= PM_CAPABILITY) ||
           reg == RFCR || reg == RFDR || reg == PMCTRL || reg == PMER ||
           (reg >= WAKE_FIRST && reg <= WAKE_LAST);
}

static bool allowed(uint32_t reg, unsigned size, const char *what)
{
    if (reg % size || (size != 4 && (reg & ~3u) != MEAR && (reg & ~3u) != RFDR))
        fault("register %#x is %s with %u bytes", reg, what, size);
    else if (!exists(reg & ~3u))
        fault("register %#x is %s, which does not exist", reg, what);
    else
        return true;
    return false;
}

static uint32_t read_register(uint32_t reg)
{
    uint32_t value;

    if (natsemi_core_read(reg, &value))
        return value;
    switch (reg) {
    case CFG:
        return s.cfg;
    case MEAR:
        return read_mear();
    case RFDR:
        return filter_word() ? *filter_word() : 0;
    }
    return s.other[reg / 4];
}

static uint32_t sis900_read(unsigned bar, uint32_t reg, unsigned size)
{
    reg &= 0xff; /* a page of memory has them again and again */
    if (!allowed(reg, size, "read"))
        return ~0u;
    return read_register(reg & ~3u) >> 8 * (reg % 4);
}

/* Whoever tells the 635 to load the address reads it right after that. */
static void write_cr(uint32_t value)
{
    if (value & CR_RELOAD && !board->has_eeprom)
        memcpy(s.filter, card_mac, 6);
    natsemi_core_write(CR, value);
}

static void sis900_write(unsigned bar, uint32_t reg, uint32_t value, unsigned size)
{
    reg &= 0xff;
    if (!allowed(reg, size, "written") || reg % 4)
        return;
    if (s.cr & CR_RST) {
        fault("register %#x is written while the chip is in reset", reg);
        return;
    }
    if (reg == CR) {
        write_cr(value);
    } else if (reg == CFG) {
        s.cfg = value & CFG_WRITABLE;
        if (value & CFG_BIG_ENDIAN)
            fault("descriptors shall be big endian, which the model does not do");
    } else if (reg == MEAR) {
        write_mear(value, size);
    } else if (reg == ENPHY) {
        write_enphy(value);
    } else if (reg == RFDR) {
        if (filter_word())
            *filter_word() = value;
    } else if (!natsemi_core_write(reg, value)) {
        s.other[reg / 4] = value;
    }
}

/* Power management, D0 to D3, as in the 900's drivers. */
static const uint8_t capabilities[] = {1, 0, 0x02, 0xfe, 0, 0, 0, 0};
static const uint8_t writable[] = {0, 0, 0, 0, 0x03, 0x01, 0, 0};

#define SIS(name_, device_, revision_, ...)           \
    static void name_##_reset(void)                   \
    {                                                 \
        static const struct board is = {__VA_ARGS__}; \
                                                      \
        power_on(&is);                                \
    }                                                 \
    static const struct chip name_ = {                \
        .name = #name_,                               \
        .vendor = 0x1039,                             \
        .device = (device_),                          \
        .sub_vendor = 0x1039,                         \
        .sub_device = (device_),                      \
        .revision = (revision_),                      \
        .speed = 100,                                 \
        .bars = {{256, true}, {4096, false}},         \
        .capabilities = capabilities,                 \
        .writable = writable,                         \
        .capabilities_size = sizeof(capabilities),    \
        .reset = name_##_reset,                       \
        .read = sis900_read,                          \
        .write = sis900_write,                        \
        .receive = natsemi_receive,                   \
        .ready = natsemi_ready,                       \
        .cable = natsemi_cable,                       \
    };                                                \
    CHIP(name_)

/* With the PHY of the 900 itself, and with Realtek's RTL8201, ICS's 1893 and SiS's 7014 outside. */
SIS(sis900, 0x0900, 0x03, 0x001d, 0x8001, 0, 8, .has_eeprom = true, .has_enphy = true);
SIS(sis635, 0x0900, 0x90, 0x0000, 0x8201, 1, 8, .has_enphy = true);
SIS(sis962, 0x0900, 0x91, 0x0015, 0xf442, 3, 8, .has_eeprom = true, .shares_eeprom = true,
    .has_enphy = true);
SIS(sis7016, 0x7016, 0x02, 0x0016, 0xf831, 1, 7, .has_eeprom = true);
