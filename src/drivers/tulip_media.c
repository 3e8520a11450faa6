/* SPDX-License-Identifier: BSD-2-Clause */
/* The SROM and the transceivers of 21x4x boards: an MII PHY, or else the ports that the SROM lists
 * (DEC's "21X4 Serial ROM Format", version 4.05, section 7). Such a port is used when it can show a
 * link, in half duplex: 100BASE-TX, 100BASE-T4, 100BASE-FX, 10BASE-T. */
#include "microwire.h"
#include "mii.h"
#include "tulip.h"

#include "platform/bios/timer.h"

enum { ROM_SELECT = 0x4800, ROM_CS = 1, ROM_SK = 2, ROM_DI = 4, ROM_DO = 8 }; /* CSR9 */
enum { MII_CLOCK = 1 << 16, MII_OUT = 1 << 17, MII_READ = 1 << 18, MII_IN = 1 << 19 };
enum { NO_PHY = 33, COMET_PHY = 30 };
enum { SIA_NO_100 = 2, SIA_NO_10 = 4 }; /* CSR12 of chips with a SIA: link fails */
enum { SIA_10BASE_T = 0x7f3f, SIA_GENERAL = 8 };
enum { GPIO_DIRECTION = 0x100 }; /* CSR12 of the 21140 */
enum { PORT_MS = 2000 };         /* to wait for a link before the next port is tried */

/* Information blocks (7.3.2, 7.4.2, 7.5.2). */
enum { BLOCK_GPIO, BLOCK_MII_BYTES, BLOCK_SIA, BLOCK_MII_WORDS, BLOCK_SYM };
enum { BLOCK_EXTENDED = 0x80 }; /* of byte 0: it is the length, byte 1 the type; else 4 bytes */
enum { LEAF = 27, LEAF_MIN = 30, LEAF_COUNT = 2, LEAF_DIRECTION = 2 };
enum { COMMAND_MODE = 0x71, COMMAND_MODE_SHIFT = 18 }; /* a block's command word */
enum { COMMAND_ACTIVE_LOW = 0x80, COMMAND_BLIND = 0x8000 };
enum { MEDIUM_CODE = 0x1f, MEDIUM_HAS_SIA = 0x40 };
enum { MEDIA_TRIED = 1 << 0 | 1 << 3 | 1 << 6 | 1 << 7 }; /* 10BASE-T, 100BASE-TX, T4, FX */

struct tulip tulip;

static struct {
    unsigned phy;
    unsigned count, port; /* blocks in the list, the one in use */
    unsigned type;        /* of the block that was looked up last */
    unsigned mask, up;    /* the link is there when (CSR12 & mask) == up */
    struct deadline patience;
} media;

/* Write CSR9, and return what it shows then. Two accesses take long enough for the serial buses. */
static __attribute__((noinline)) uint32_t cycle(uint32_t value)
{
    csr_write(CSR_ROM, value);
    return csr_read(CSR_ROM);
}

static __attribute__((noinline)) unsigned srom_bit(const struct nic *nic, unsigned bit)
{
    uint32_t value = ROM_SELECT | ROM_CS | (bit ? ROM_DI : 0);

    cycle(value);
    return cycle(value | ROM_SK) / ROM_DO & 1;
}

bool tulip_read_srom(void)
{
    unsigned width = 8;

    for (unsigned word = 0; word < SROM_SIZE / 2; word++) {
        cycle(ROM_SELECT);
        cycle(ROM_SELECT | ROM_CS);
        if (!microwire_read(NULL, srom_bit, word, &width, (uint16_t *)tulip.srom + word))
            return false;
    }
    cycle(0);
    return true;
}

static uint32_t word_at(const uint8_t *bytes)
{
    return bytes[0] | bytes[1] << 8;
}

/* Management frames of IEEE 802.3, 22.2.4.5, but for the PHY's number. Returns the data of one that
 * reads. */
enum {
    FRAME_READ = 6u << 28,
    FRAME_WRITE = 5 << 28 | 2 << 16,
    FRAME_IS_READ = 1 << 29,
    FRAME_REG = 18
};
static uint16_t mii(uint32_t frame)
{
    uint32_t value = 0;

    if (tulip.chip == ADMTEK && media.phy == COMET_PHY) {
        enum csr csr = ADMTEK_MII + (frame >> (FRAME_REG - 2) & 0x7c);

        if (frame & FRAME_IS_READ)
            return csr_read(csr);
        csr_write(csr, frame & 0xffff);
        return 0;
    }
    frame |= (media.phy & 31) << 23;
    for (int bit = 63; bit >= 0; bit--) { /* 32 ones come first */
        uint32_t out = bit >= 32 || frame >> bit & 1 ? MII_OUT : 0;

        if (bit < FRAME_REG && frame & FRAME_IS_READ) /* turnaround, data */
            out = MII_READ;
        value = value << 1 | (cycle(out) / MII_IN & 1);
        cycle(out | MII_CLOCK);
    }
    return value;
}

static uint16_t mii_read(unsigned reg)
{
    return mii(FRAME_READ | reg << FRAME_REG);
}

static bool phy_link(void)
{
    mii_read(MII_BMSR);
    return mii_read(MII_BMSR) & BMSR_LINK;
}

/* Set speed and duplex in tulip.mode as the PHY agreed on them. */
static void follow_phy(void)
{
    uint32_t able = mii_read(MII_ANAR) & mii_read(MII_ANLPAR);

    tulip.mode &= ~(MODE_10MBIT | MODE_FULL_DUPLEX);
    if (!(able & ABLE_100))
        tulip.mode |= MODE_10MBIT;
    if (able & ABLE_100_FULL || (able & (ABLE_100 | ABLE_10_FULL)) == ABLE_10_FULL)
        tulip.mode |= MODE_FULL_DUPLEX;
}

static void gpio(uint32_t value)
{
    if (tulip.chip == D21140)
        csr_write(CSR_SIA_STATUS, value);
    else
        csr_write(CSR_SIA_GENERAL, value << 16);
}

/* On the 21140 the list's head also has the directions of the general-purpose pins. */
static __attribute__((noinline)) void set_directions(void)
{
    if (tulip.chip == D21140)
        gpio(tulip.srom[tulip.srom[LEAF] + LEAF_DIRECTION] | GPIO_DIRECTION);
}

/* The list's first block, NULL when there is no list. */
static const uint8_t *find_list(void)
{
    const uint8_t *head = tulip.srom + tulip.srom[LEAF] + (tulip.chip == D21140);

    media.count = 0;
    if (tulip.srom[LEAF] < LEAF_MIN || head > tulip.srom + SROM_SIZE - 8)
        return NULL;
    media.count = head[LEAF_COUNT];
    return head + LEAF_COUNT + 1;
}

/* Find block `index` of the list. Sets media.type, and returns what follows the type. A list that
 * is longer than the SROM ends there. */
static const uint8_t *find_block(unsigned index)
{
    const uint8_t *block = find_list(), *next;

    for (;; block = next) {
        if (*block & BLOCK_EXTENDED) {
            media.type = block[1];
            next = block + (*block & ~BLOCK_EXTENDED) + 1;
            block += 2;
        } else {
            media.type = BLOCK_GPIO;
            next = block + 4;
        }
        if (!index-- || next > tulip.srom + SROM_SIZE - 8)
            return block;
    }
}

static __attribute__((noinline)) void gpio_sequence(const uint8_t *sequence, unsigned width)
{
    const uint8_t *end = tulip.srom + SROM_SIZE;

    if (sequence < end)
        for (unsigned count = *sequence++; count && sequence < end; count--, sequence += width)
            gpio(width == 2 ? word_at(sequence) : *sequence);
}

/* Wake the PHY as its MII block says: there is a sequence that selects it, and behind that one that
 * resets it, which comes first. */
static void select_phy(void)
{
    for (unsigned i = 0; i < media.count; i++) {
        const uint8_t *sequence = find_block(i) + 1;
        unsigned width = (media.type + 1) / 2; /* 1 for MII_BYTES, 2 for MII_WORDS */

        if (media.type != BLOCK_MII_BYTES && media.type != BLOCK_MII_WORDS)
            continue;
        set_directions();
        gpio_sequence(sequence + 1 + *sequence * width, width);
        delay_us(500);
        gpio_sequence(sequence, width);
    }
}

static bool find_phy(void)
{
    for (media.phy = 1; media.phy < NO_PHY; media.phy++) { /* 32 stands for 0, the last one */
        uint32_t status = mii_read(MII_BMSR);

        if (!status || status == 0xffff)
            continue;
        if (!phy_link() &&
            (mii_read(MII_BMCR) & (BMCR_AUTONEG | BMCR_POWER_DOWN | BMCR_ISOLATE)) != BMCR_AUTONEG)
            mii(FRAME_WRITE | MII_BMCR << FRAME_REG | BMCR_AUTONEG | BMCR_RESTART);
        return true;
    }
    return false;
}

static void write_sia(uint32_t connect, uint32_t txrx, uint32_t general)
{
    csr_write(CSR_SIA_CONNECT, 0);
    csr_write(CSR_SIA_TXRX, txrx);
    csr_write(CSR_SIA_GENERAL, general);
    csr_write(CSR_SIA_CONNECT, connect);
}

/* Reset the MAC for a port: a new port select bit takes effect with a reset. */
static void select_port(uint32_t bits)
{
    tulip.mode = bits | (tulip.chip <= D21041   ? MODE_THRESHOLD
                         : tulip.chip == ADMTEK ? MODE_STORE_FORWARD
                                                : MODE_STORE_FORWARD | MODE_ONE);
    csr_write(CSR_MODE, tulip.mode);
    tulip_reset();
}

/* A port of the 21140 that is switched with general-purpose pins. */
static void use_pins(const uint8_t *block)
{
    uint32_t command = word_at(block + 2);

    select_port((command & COMMAND_MODE) << COMMAND_MODE_SHIFT);
    set_directions();
    gpio(block[1]);
    media.mask = command & COMMAND_BLIND ? 0 : 1 << (command >> 1 & 7);
    media.up = command & COMMAND_ACTIVE_LOW ? 0 : media.mask;
}

/* A port of the 21142/21143: 10BASE-T through the SIA, or symbols. */
static void use_sia(const uint8_t *block)
{
    uint32_t connect = 1, txrx = 0, general = SIA_GENERAL;

    media.up = 0;
    if (media.type == BLOCK_SYM) {
        select_port((word_at(block + 5) & COMMAND_MODE) << COMMAND_MODE_SHIFT);
        media.mask = SIA_NO_100;
    } else {
        select_port(MODE_10MBIT);
        media.mask = SIA_NO_10;
        txrx = SIA_10BASE_T;
        if (*block & MEDIUM_HAS_SIA) {
            connect = word_at(block + 1);
            txrx = word_at(block + 3);
            general = word_at(block + 5);
            block += 6;
        }
    }
    write_sia(connect, txrx, word_at(block + 1) << 16 | general);
    csr_write(CSR_SIA_GENERAL, word_at(block + 3) << 16 | general);
}

/* Start with the listed port before this one: the last has precedence. A board that lists none gets
 * 100BASE-TX, whose link no register shows. */
static bool next_port(void)
{
    media.patience = deadline_in(PORT_MS);
    for (unsigned tries = media.count; tries; tries--) {
        const uint8_t *block;

        media.port = (media.port ? media.port : media.count) - 1;
        block = find_block(media.port);
        if (media.type > BLOCK_SYM || media.type % 2 ||
            !(MEDIA_TRIED >> (*block & MEDIUM_CODE) & 1))
            continue;
        if (media.type == BLOCK_GPIO)
            use_pins(block);
        else
            use_sia(block);
        return tulip_start();
    }
    select_port(MODE_PORT_SELECT | MODE_PCS | MODE_SCRAMBLER);
    media.mask = media.up = 0;
    return tulip_start();
}

/* The 21040 and 21041 have a SIA only, of which 10BASE-T is used. */
static bool start_2104x(void)
{
    media.phy = NO_PHY;
    media.mask = SIA_NO_10;
    media.count = media.up = 0;
    select_port(0);
    if (tulip.chip == D21040)
        write_sia(0x8f01, 0xffff, 0);
    else
        write_sia(0xef01, 0xff3f, SIA_GENERAL);
    delay_us(10000);
    return tulip_start();
}

bool tulip_media_start(void)
{
    if (tulip.chip <= D21041)
        return start_2104x();
    media.count = media.port = 0;
    select_port(MODE_PORT_SELECT | MODE_NO_HEARTBEAT);
    if (tulip.chip == D21143)
        write_sia(0, 0, SIA_GENERAL);
    if (tulip.chip != ADMTEK && tulip_read_srom() && find_list())
        select_phy();
    if (!find_phy())
        return next_port();
    follow_phy();
    return tulip_start();
}

bool tulip_media_link(struct nic *nic)
{
    uint32_t mode = tulip.mode;

    if (media.phy == NO_PHY) {
        if ((csr_read(CSR_SIA_STATUS) & media.mask) == media.up)
            return true;
        if (media.count && deadline_passed(&media.patience))
            next_port();
        return false;
    }
    if (!phy_link())
        return false;
    follow_phy();
    if (tulip.mode != mode)
        tulip_change_mode();
    return true;
}
