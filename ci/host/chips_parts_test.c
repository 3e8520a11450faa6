/* SPDX-License-Identifier: BSD-2-Clause */
/* What chip models share: the PHY, the pins that reach it, and the serial EEPROM (ci/chips). */
#include "check.h"
#include "chip.h"
#include "chips_clock.h"
#include "eeprom.h"
#include "mdio.h"
#include "phy.h"

enum { ALL = 100, FULL_100 = 0x0100, GIGABIT_FULL = 0x0200, CS = 1, SK = 2, DI = 4 };

static unsigned faults, changes;

void fault(const char *format, ...)
{
    faults++;
}

static void changed(void)
{
    changes++;
}

static struct phy phy;

static void begin(bool gigabit)
{
    clock_begin();
    faults = changes = 0;
    phy = (struct phy){.id1 = 0x1234, .id2 = 0x5678, .gigabit = gigabit, .changed = changed};
    phy_reset(&phy);
}

static void negotiate(void)
{
    pass(1500 * (uint64_t)MILLISECOND, ALL);
}

TEST(phy_negotiates)
{
    begin(false);
    CHECK(phy_read(&phy, MII_ID1) == 0x1234 && phy_read(&phy, MII_ID2) == 0x5678);
    CHECK(!(phy_read(&phy, MII_BMSR) & (BMSR_LINK | BMSR_AN_DONE)));
    negotiate();
    CHECK((phy_read(&phy, MII_BMSR) & (BMSR_LINK | BMSR_AN_DONE)) == BMSR_AN_DONE); /* latched */
    CHECK((phy_read(&phy, MII_BMSR) & (BMSR_LINK | BMSR_AN_DONE)) == (BMSR_LINK | BMSR_AN_DONE));
    CHECK(phy.speed == 100 && phy.full && changes == 1);
    CHECK(phy_read(&phy, MII_ANLPAR) & FULL_100);
}

/* A link that was down since register 1 was read shows as down once more. */
TEST(phy_latches_that_the_link_was_down)
{
    begin(false);
    negotiate();
    CHECK(!(phy_read(&phy, MII_BMSR) & BMSR_LINK));
    CHECK(phy_read(&phy, MII_BMSR) & BMSR_LINK);
    plugged = false;
    phy_cable(&phy);
    plugged = true;
    phy_cable(&phy);
    negotiate();
    CHECK(phy.link && !(phy_read(&phy, MII_BMSR) & BMSR_LINK));
    CHECK(phy_read(&phy, MII_BMSR) & BMSR_LINK);
}

TEST(phy_takes_what_both_can)
{
    begin(true);
    negotiate();
    CHECK(phy.speed == 1000 && phy.full);
    phy_write(&phy, MII_CTRL1000, 0);
    phy_write(&phy, MII_ANAR, 0x0021); /* 10BASE-T, half duplex */
    CHECK(phy.speed == 1000);          /* until it negotiates anew */
    phy_write(&phy, MII_BMCR, BMCR_AN | BMCR_RESTART);
    CHECK(!phy.link && !(phy_read(&phy, MII_BMCR) & BMCR_RESTART));
    negotiate();
    CHECK(phy.link && phy.speed == 10 && !phy.full);
}

TEST(phy_is_forced)
{
    begin(false);
    phy_write(&phy, MII_BMCR, BMCR_SPEED100 | BMCR_FULL);
    negotiate();
    CHECK(phy.link && phy.speed == 100 && phy.full && !(phy_read(&phy, MII_BMSR) & BMSR_AN_DONE));
    phy_write(&phy, MII_BMCR, BMCR_DOWN);
    CHECK(!phy.link);
    negotiate();
    CHECK(!phy.link);
}

TEST(phy_resets)
{
    begin(true);
    negotiate();
    phy_write(&phy, MII_ANAR, 0x0021);
    phy_write(&phy, MII_BMCR, BMCR_RESET);
    CHECK(phy_read(&phy, MII_BMCR) & BMCR_RESET && !phy.link);
    phy_write(&phy, MII_ANAR, 0x0021);
    CHECK(faults == 1);
    pass(500 * MICROSECOND, ALL);
    CHECK(!(phy_read(&phy, MII_BMCR) & BMCR_RESET) && phy_read(&phy, MII_ANAR) & FULL_100);
    CHECK(phy_read(&phy, MII_CTRL1000) == GIGABIT_FULL);
}

TEST(phy_lacks_speeds)
{
    begin(false);
    phy.lacks = 0x0180; /* 100BASE-TX */
    phy_reset(&phy);
    CHECK((phy_read(&phy, MII_BMSR) & 0x7800) == 0x1800 && phy_read(&phy, MII_ANAR) == 0x0061);
    phy_write(&phy, MII_ANAR, 0x01e1);
    negotiate();
    CHECK(phy.link && phy.speed == 10 && phy.full);
}

static struct mdio mdio;

static bool mdio_bit(bool driven, bool data)
{
    bool in;

    mdio_pins(&mdio, false, driven, data);
    in = mdio_in(&mdio);
    mdio_pins(&mdio, true, driven, data);
    return in;
}

static void mdio_send(uint32_t value, unsigned bits)
{
    while (bits--)
        mdio_bit(true, value >> bits & 1);
}

/* Start, operation, PHY and register; the turnaround; what the PHY says. */
static uint16_t mdio_read(unsigned phy_address, unsigned reg, bool *answers)
{
    uint16_t value = 0;

    mdio_send(6 << 10 | phy_address << 5 | reg, 14);
    mdio_bit(false, false);
    *answers = !mdio_bit(false, false);
    for (unsigned i = 0; i < 16; i++)
        value = value << 1 | mdio_bit(false, false);
    return value;
}

TEST(mdio_reads_and_writes)
{
    bool answers;

    begin(false);
    mdio = (struct mdio){.phys = {[3] = &phy}, .preamble = 32};
    mdio_send(0x7fffffff, 32); /* one less than it needs */
    CHECK(mdio_read(3, MII_ID1, &answers) == 0xffff && !answers);
    mdio_send(0xffffffff, 32);
    CHECK(mdio_read(3, MII_ID1, &answers) == 0x1234 && answers);
    mdio.preamble = 0;
    mdio_send(1, 1);
    CHECK(mdio_read(4, MII_ID1, &answers) == 0xffff && !answers);
    mdio_send(1, 1);
    mdio_send(5u << 28 | 3 << 23 | MII_ANAR << 18 | 2 << 16 | 0x0021, 32);
    CHECK(phy.regs[MII_ANAR] == 0x0021 && faults == 0);
    mdio_send(1, 1);
    mdio_send(6 << 10 | 3 << 5 | MII_ID2, 14);
    mdio_send(3, 2);
    CHECK(faults == 1); /* the PHY answers by now */
}

static struct eeprom eeprom;

static void clock_bit(bool in)
{
    eeprom_pins(&eeprom, true, false, in);
    eeprom_pins(&eeprom, true, true, in);
}

static void select_and_send(uint32_t bits, unsigned count)
{
    eeprom_pins(&eeprom, false, false, false);
    eeprom_pins(&eeprom, true, false, false);
    while (count--)
        clock_bit(bits >> count & 1);
}

static uint16_t take_word(void)
{
    uint16_t word = 0;

    for (unsigned i = 0; i < 16; i++) {
        clock_bit(false);
        word = (uint16_t)(word << 1 | eeprom_out(&eeprom));
    }
    return word;
}

static void eeprom_begin(unsigned address_bits)
{
    clock_begin();
    faults = 0;
    eeprom = (struct eeprom){.address_bits = address_bits};
    for (unsigned i = 0; i < 256; i++)
        eeprom.words[i] = (uint16_t)(0xa500 + i);
}

TEST(eeprom_is_read)
{
    eeprom_begin(6);
    CHECK(eeprom_out(&eeprom)); /* nobody drives it */
    select_and_send(6 << 6 | 0x21, 9);
    CHECK(!eeprom_out(&eeprom)); /* the 0 in front of the word */
    CHECK(take_word() == 0xa521);
    CHECK(take_word() == 0xa522);             /* and on */
    select_and_send(0 << 9 | 6 << 6 | 3, 11); /* zeros before the start bit */
    CHECK(take_word() == 0xa503);
}

TEST(eeprom_with_more_words)
{
    eeprom_begin(8);
    select_and_send(6 << 8 | 0xfe, 11);
    CHECK(take_word() == 0xa5fe);
}

TEST(eeprom_is_written_once_that_is_enabled)
{
    eeprom_begin(6);
    select_and_send(5u << 22 | 7u << 16 | 0x1234, 25);
    CHECK(eeprom.words[7] == 0xa507);
    select_and_send(4 << 6 | 0x30, 9); /* enable */
    select_and_send(5u << 22 | 7u << 16 | 0x1234, 25);
    CHECK(eeprom.words[7] == 0x1234 && !eeprom_out(&eeprom)); /* busy */
    select_and_send(6 << 6 | 7, 9);
    CHECK(faults > 0);
    pass(10 * MILLISECOND, ALL);
    select_and_send(6 << 6 | 7, 9);
    CHECK(take_word() == 0x1234);
}
