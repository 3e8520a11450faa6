/* The SROM and the transceivers of 21x4x boards: an MII PHY or, where there is none, what the SROM
 * lists (DEC's "21X4 Serial ROM Format", version 4.05, section 7). Of ports without MII only those
 * that show a link are used, in half duplex: 100BASE-TX, 100BASE-T4, 100BASE-FX, 10BASE-T. */
#include "tulip.h"

#include "core/timer.h"

enum { ROM_SELECT = 0x4800, ROM_CS = 1, ROM_SK = 2, ROM_DI = 4, ROM_DO = 8 }; /* CSR9 */
enum { MII_CLOCK = 1 << 16, MII_OUT = 1 << 17, MII_READ = 1 << 18, MII_IN = 1 << 19 };
enum { BMCR = 0, BMSR = 1, ADVERTISED = 4, PARTNER = 5 };
enum { BMCR_NEGOTIATE = 0x1000, BMCR_RESTART = 0x0200, BMCR_OFF = 0x0c00, BMSR_LINK = 4 };
enum { ABLE_100 = 0x0380, ABLE_100_FULL = 0x0100, ABLE_10_FULL = 0x0040 };
enum { NO_PHY = 32, COMET_PHY = 30 };
enum { SIA_NO_100 = 2, SIA_NO_10 = 4 }; /* CSR12 of chips with a SIA: link fails */
enum { GPIO_DIRECTION = 0x100 };        /* CSR12 of the 21140 */
enum { MEDIUM_MS = 2000 }; /* to wait for a link before the next transceiver is tried */

enum {
    COMMAND_MODE = 0x71,
    COMMAND_MODE_SHIFT = 18,
    COMMAND_ACTIVE_LOW = 0x80,
    COMMAND_BLIND = 0x8000
};
enum { MEDIUM_CODE = 0x1f, MEDIUM_HAS_SIA = 0x40, SIA_10BASE_T = 0x7f3f };
enum { MEDIA_TRIED = 1 << 0 | 1 << 3 | 1 << 6 | 1 << 7 }; /* 10BASE-T, 100BASE-TX, T4, FX */

/* Types of information block (7.3.2, 7.4.2, 7.5.2). */
enum { BLOCK_GPIO, BLOCK_MII_BYTES, BLOCK_SIA, BLOCK_MII_WORDS, BLOCK_SYM };

struct tulip tulip;

static struct {
    unsigned width; /* address bits */
    unsigned number;
    uint16_t word; /* the one read last, and its number */
} srom;

static struct {
    uint8_t phy;
    uint8_t leaf;         /* SROM offset of the list's head, 0 = there is none */
    uint8_t count, block; /* blocks in the list, the one in use */
    uint8_t type;         /* of the block that was looked up last */
    uint8_t mask, up;     /* the link is there when (CSR12 & mask) == up */
    struct deadline patience;
} media;

static unsigned srom_bit(const struct nic *nic, unsigned bit)
{
    uint32_t value = ROM_SELECT | ROM_CS | (bit & 1 ? ROM_DI : 0);

    csr_write(nic, CSR_ROM, value);
    delay_us(1);
    csr_write(nic, CSR_ROM, value | ROM_SK);
    delay_us(1);
    return !!(csr_read(nic, CSR_ROM) & ROM_DO);
}

/* Read a word of a 93C46 or 93C66 into srom.word. The part drives a zero once the address is
 * complete, so that reading word 0 with a width of 8 finds out the width. False if no zero comes.
 */
static bool srom_read(const struct nic *nic, unsigned number)
{
    unsigned command = 6u << srom.width | number; /* start bit and READ */
    int left = srom.width + 2;

    csr_write(nic, CSR_ROM, ROM_SELECT);
    csr_write(nic, CSR_ROM, ROM_SELECT | ROM_CS);
    while (srom_bit(nic, command >> left)) {
        if (!left--)
            return false;
    }
    if (left > 2)
        return false;
    srom.width -= left;
    for (unsigned i = 0; i < 16; i++)
        srom.word = srom.word << 1 | srom_bit(nic, 0);
    srom.number = number;
    csr_write(nic, CSR_ROM, 0);
    return true;
}

bool tulip_srom_start(const struct nic *nic)
{
    srom.width = 8;
    return srom_read(nic, 0);
}

uint8_t srom8(const struct nic *nic, unsigned offset)
{
    if (offset / 2 != srom.number && !srom_read(nic, offset / 2))
        return 0;
    return srom.word >> offset % 2 * 8;
}

static uint16_t srom16(const struct nic *nic, unsigned offset)
{
    return srom8(nic, offset) | srom8(nic, offset + 1) << 8;
}

static void mii_out(const struct nic *nic, uint32_t bits, unsigned count)
{
    while (count--) {
        uint32_t value = bits >> count & 1 ? MII_OUT : 0;

        csr_write(nic, CSR_ROM, value);
        delay_us(1);
        csr_write(nic, CSR_ROM, value | MII_CLOCK);
        delay_us(1);
    }
}

/* Management frames of IEEE 802.3, 22.2.4.5. */
static uint16_t mii_read(const struct nic *nic, unsigned reg)
{
    uint32_t value = 0;

    if (tulip.chip == ADMTEK && media.phy == COMET_PHY)
        return in32(nic->io + ADMTEK_MII + 4 * reg);
    mii_out(nic, ~0u, 32);
    mii_out(nic, 6 << 10 | media.phy << 5 | reg, 14);
    for (unsigned i = 0; i < 2 + 16; i++) { /* turnaround, data */
        csr_write(nic, CSR_ROM, MII_READ);
        delay_us(1);
        value = value << 1 | !!(csr_read(nic, CSR_ROM) & MII_IN);
        csr_write(nic, CSR_ROM, MII_READ | MII_CLOCK);
        delay_us(1);
    }
    return value;
}

static void mii_write(const struct nic *nic, unsigned reg, uint16_t value)
{
    mii_out(nic, ~0u, 32);
    mii_out(nic, 5u << 28 | media.phy << 23 | reg << 18 | 2 << 16 | value, 32);
}

static bool phy_link(const struct nic *nic)
{
    mii_read(nic, BMSR); /* a lost link is remembered until it was read once */
    return mii_read(nic, BMSR) & BMSR_LINK;
}

/* Set speed and duplex in tulip.mode as the PHY agreed on them. */
static void follow_phy(const struct nic *nic)
{
    uint16_t able = mii_read(nic, ADVERTISED) & mii_read(nic, PARTNER);
    bool full = able & ABLE_100_FULL || (able & (ABLE_100 | ABLE_10_FULL)) == ABLE_10_FULL;

    tulip.mode &= ~(MODE_10MBIT | MODE_FULL_DUPLEX);
    tulip.mode |= (able & ABLE_100 ? 0 : MODE_10MBIT) | (full ? MODE_FULL_DUPLEX : 0);
}

static void gpio(const struct nic *nic, uint32_t value)
{
    if (tulip.chip == D21140)
        csr_write(nic, CSR_SIA_STATUS, value);
    else
        csr_write(nic, CSR_SIA_GENERAL, value << 16);
}

/* Find the list of information blocks. Its head: selected connection, on the 21140 the directions
 * of the general-purpose pins, number of blocks. */
static void find_list(const struct nic *nic)
{
    if (!tulip_srom_start(nic))
        return;
    media.leaf = srom16(nic, 27);
    if (media.leaf >= 30 && media.leaf < 120)
        media.count = srom8(nic, media.leaf + 2 + (tulip.chip == D21140));
    if (media.count > 16)
        media.count = 0;
}

/* SROM offset of what follows the type of block `index`; media.type becomes its type. */
static unsigned find_block(const struct nic *nic, unsigned index)
{
    unsigned offset = media.leaf + 3 + (tulip.chip == D21140);

    for (;; index--) {
        uint8_t length = srom8(nic, offset);

        media.type = length & 0x80 ? srom8(nic, offset + 1) : BLOCK_GPIO;
        if (!index)
            return length & 0x80 ? offset + 2 : offset;
        offset += length & 0x80 ? (length & 0x7f) + 1u : 4u;
    }
}

static unsigned gpio_sequence(const struct nic *nic, unsigned offset)
{
    unsigned width = media.type == BLOCK_MII_WORDS ? 2 : 1;
    unsigned count = srom8(nic, offset++);

    for (; count; count--, offset += width)
        gpio(nic, width == 2 ? srom16(nic, offset) : srom8(nic, offset));
    return offset;
}

/* Wake the PHY as the board wants it: its MII block has a sequence that selects it and, after that,
 * one that resets it and is to be run first. */
static void select_phy(const struct nic *nic)
{
    unsigned offset, width;

    for (unsigned i = 0; i < media.count; i++) {
        offset = find_block(nic, i) + 1;
        if (media.type != BLOCK_MII_BYTES && media.type != BLOCK_MII_WORDS)
            continue;
        if (tulip.chip == D21140)
            gpio(nic, srom8(nic, media.leaf + 2) | GPIO_DIRECTION);
        width = media.type == BLOCK_MII_WORDS ? 2 : 1;
        gpio_sequence(nic, offset + 1 + srom8(nic, offset) * width);
        delay_us(500);
        gpio_sequence(nic, offset);
        return;
    }
}

static bool find_phy(const struct nic *nic)
{
    for (unsigned i = 1; i <= 32; i++) {
        uint16_t status;

        media.phy = i % 32;
        status = mii_read(nic, BMSR);
        if (!status || status == 0xffff)
            continue;
        if (!phy_link(nic) && (mii_read(nic, BMCR) & (BMCR_NEGOTIATE | BMCR_OFF)) != BMCR_NEGOTIATE)
            mii_write(nic, BMCR, BMCR_NEGOTIATE | BMCR_RESTART);
        return true;
    }
    media.phy = NO_PHY;
    return false;
}

static void write_sia(const struct nic *nic, uint16_t connect, uint16_t txrx, uint32_t general)
{
    csr_write(nic, CSR_SIA_CONNECT, 0);
    csr_write(nic, CSR_SIA_TXRX, txrx);
    csr_write(nic, CSR_SIA_GENERAL, general);
    csr_write(nic, CSR_SIA_CONNECT, connect);
}

/* Reset the MAC for a port: the port select bit counts from the next reset on. */
static void select_port(const struct nic *nic, uint32_t bits)
{
    tulip.mode = bits | (tulip.chip <= D21041   ? MODE_THRESHOLD
                         : tulip.chip == ADMTEK ? MODE_STORE_FORWARD
                                                : MODE_STORE_FORWARD | MODE_ONE);
    csr_write(nic, CSR_MODE, tulip.mode);
    tulip_reset(nic);
}

/* A port of the 21140 that is switched with general-purpose pins. */
static void use_pins(const struct nic *nic, unsigned offset)
{
    uint16_t command = srom16(nic, offset + 2);

    select_port(nic, (command & COMMAND_MODE) << COMMAND_MODE_SHIFT);
    gpio(nic, srom8(nic, media.leaf + 2) | GPIO_DIRECTION);
    gpio(nic, srom8(nic, offset + 1));
    media.mask = command & COMMAND_BLIND ? 0 : 1 << (command >> 1 & 7);
    media.up = command & COMMAND_ACTIVE_LOW ? 0 : media.mask;
}

/* A port of the 21142/21143: 10BASE-T through the SIA, or symbols. */
static void use_sia(const struct nic *nic, unsigned offset)
{
    uint16_t connect = 1, txrx = 0, general = 8;

    if (media.type == BLOCK_SYM) {
        select_port(nic, (srom16(nic, offset + 5) & COMMAND_MODE) << COMMAND_MODE_SHIFT);
        media.mask = SIA_NO_100;
    } else {
        select_port(nic, MODE_10MBIT);
        media.mask = SIA_NO_10;
        txrx = SIA_10BASE_T;
        if (srom8(nic, offset) & MEDIUM_HAS_SIA) {
            connect = srom16(nic, offset + 1);
            txrx = srom16(nic, offset + 3);
            general = srom16(nic, offset + 5);
            offset += 6;
        }
    }
    media.up = 0;
    write_sia(nic, connect, txrx, srom16(nic, offset + 1) << 16 | general);
    csr_write(nic, CSR_SIA_GENERAL, srom16(nic, offset + 3) << 16 | general);
}

/* Go on to the listed port before this one (the last has precedence), and start there. A board that
 * lists none gets 100BASE-TX, whose link nobody can ask for. */
static bool next_port(const struct nic *nic)
{
    unsigned offset;

    media.patience = deadline_in(MEDIUM_MS);
    for (unsigned tries = media.count; tries; tries--) {
        media.block = (media.block ? media.block : media.count) - 1;
        offset = find_block(nic, media.block);
        if (media.type > BLOCK_SYM || media.type % 2 ||
            !(MEDIA_TRIED >> (srom8(nic, offset) & MEDIUM_CODE) & 1))
            continue;
        if (media.type == BLOCK_GPIO)
            use_pins(nic, offset);
        else
            use_sia(nic, offset);
        return tulip_start(nic);
    }
    select_port(nic, MODE_PORT_SELECT | MODE_PCS | MODE_SCRAMBLER);
    media.mask = media.up = 0;
    return tulip_start(nic);
}

/* These have a SIA only; of its ports, 10BASE-T is used. */
static bool start_2104x(const struct nic *nic)
{
    bool old = tulip.chip == D21040;

    media.phy = NO_PHY;
    media.mask = SIA_NO_10;
    media.up = 0;
    select_port(nic, 0);
    write_sia(nic, old ? 0x8f01 : 0xef01, old ? 0xffff : 0xff3f, old ? 0 : 8);
    delay_us(10000);
    return tulip_start(nic);
}

bool tulip_media_start(const struct nic *nic)
{
    media.count = media.block = 0;
    if (tulip.chip <= D21041)
        return start_2104x(nic);
    select_port(nic, MODE_PORT_SELECT | MODE_NO_HEARTBEAT);
    if (tulip.chip != ADMTEK) {
        if (tulip.chip == D21143)
            write_sia(nic, 0, 0, 8);
        find_list(nic);
        select_phy(nic);
    }
    if (!find_phy(nic))
        return next_port(nic);
    follow_phy(nic);
    return tulip_start(nic);
}

bool tulip_media_link(struct nic *nic)
{
    uint32_t mode = tulip.mode;

    if (media.phy == NO_PHY) {
        if ((csr_read(nic, CSR_SIA_STATUS) & media.mask) == media.up)
            return true;
        if (media.count && deadline_passed(&media.patience))
            next_port(nic);
        return false;
    }
    if (!phy_link(nic))
        return false;
    follow_phy(nic);
    if (tulip.mode != mode)
        tulip_change_mode(nic);
    return true;
}
