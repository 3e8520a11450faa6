/* SPDX-License-Identifier: BSD-2-Clause */
/* Texas Instruments ThunderLAN (TNETE100A and its kin) on Compaq's Netelligent and NetFlex cards
 * and Olicom's, through I/O ports. From what free drivers (Linux's, iPXE's) do with them;
 * registers have the names that these use. */
#include "mii.h"
#include "mii_pins.h"
#include "net_driver.h"

#include "platform/bios/io.h"

enum { HOST_CMD = 0x00, CH_PARM = 0x04, DIO_ADR = 0x08, HOST_INT = 0x0a, DIO_DATA = 0x0c };
#define GO  (1u << 31)
#define ACK (1u << 29)
enum { RECEIVE = 1 << 19, AD_RESET = 1 << 15, INT_OFF = 1 << 11, INT_ON = 1 << 10 };
enum { INT_TYPE = 7 << 2, INT_TX_EOC = 5 << 2 };
/* What is acknowledged: frames, and ends of a chain of lists. */
enum { TX_EOF = 1 << 18, RX_EOF = 3 << 18, TX_EOC = 5 << 18, RX_EOC = 7 << 18 };
enum { LD_TMR = 0x4000, LD_THR = 0x2000 };
/* Registers behind DIO_ADR. */
enum {
    NET_CMD = 0x00,
    NET_SIO = 0x01,
    NET_CONFIG = 0x04,
    DEF_REVISION = 0x0c,
    AREG_0 = 0x10,
    HASH_1 = 0x28,
    HASH_2 = 0x2c,
    ACOMMIT = 0x43,
    MAX_RX = 0x46,
    INT_DIS = 0x48,
};
enum { CMD_RUN = 0xc0, CMD_FULL_DUPLEX = 0x04 };
enum { SIO_ECLOK = 0x40, SIO_ETXEN = 0x20, SIO_EDATA = 0x10, SIO_NMRST = 0x08 };
enum { SIO_MCLK = 0x04, SIO_MTXEN = 0x02, SIO_MDATA = 0x01 };
enum { CONFIG_ONE_FRAGMENT = 0x0400, CONFIG_ONE_CHANNEL = 0x0200 };
enum { CONFIG_BIT_RATE = 0x2000, CONFIG_OWN_PHY = 0x0080 };
enum { CONFIG = CONFIG_ONE_FRAGMENT | CONFIG_ONE_CHANNEL };
enum { ACOMMIT_HALF_DUPLEX = 8, NO_EOC = 5, FIRST_WITH_INT_DIS = 0x30 };
enum { OWN_PHY = 31, BMSR_AUTONEG = 8, BMCR_RESET = 0x8000, ABLE_10 = 0x0060 };
/* Cards that have no management of their PHY, and where the EEPROM has the address. */
enum { NETFLEX_3P = 0xf130, OC_2325 = 0x0012, OC_2183 = 0x0013, OC_2326 = 0x0014 };
enum { EE_ADDRESS = 0x83, EE_ADDRESS_OLICOM = 0xf8, EE_WRITE = 0xa0, EE_READ = 0xa1 };

enum { READY = 0x3000, COMPLETE = 0x4000, END_OF_CHAIN = 0x0800, BROKEN = 0x0400 };
enum { LAST = 1u << 31, RX_SLOTS = 64, SIZE = 1536 };

struct list {
    struct list *volatile next;
    volatile uint32_t status; /* and the frame's size above it */
    uint32_t count;
    uint8_t *buffer;
};

/* All memory that the card reads and writes: receive slots, and behind them the one to send from.
 */
struct shared {
    struct list list[RX_SLOTS + 1];
    uint8_t buffer[RX_SLOTS + 1][SIZE];
};

static struct {
    struct shared *shared;
    unsigned rx;
    uint16_t io;
    uint8_t phy;
    bool managed; /* the PHY */
    bool old;     /* ends of chains are reported, too */
    bool sent;    /* a frame whose end was not acknowledged */
    bool lowered; /* INTx, until something is acknowledged */
} card;

/* The port of a register behind DIO_ADR. */
static uint16_t dio(unsigned reg)
{
    out16(card.io + DIO_ADR, reg);
    return card.io + DIO_DATA + reg % 4;
}

static void command(uint32_t value)
{
    out32(card.io + HOST_CMD, value);
}

/* One event: frame or end. INTx may rise again for the next. */
static void acknowledge(uint32_t type)
{
    card.lowered = false;
    command(ACK | type | 1);
}

/* Set the pins of EEPROM and PHY, and look at them; dio() has selected them. Both are slow; the PHY
 * is not in reset. */
static void sio(uint8_t value)
{
    out8(card.io + DIO_DATA + NET_SIO, value | SIO_NMRST);
    delay_us(5);
}

static uint8_t sio_in(void)
{
    return in8(card.io + DIO_DATA + NET_SIO);
}

/* --- EEPROM: a 24C02, on a bus as I2C has it */
enum { LOW = SIO_ETXEN, HIGH = SIO_ETXEN | SIO_EDATA, RELEASED = 0 };

static bool ee_bit(uint8_t data)
{
    bool in;

    sio(data);
    sio(data | SIO_ECLOK);
    in = sio_in() & SIO_EDATA;
    sio(data);
    return in;
}

static bool ee_send(unsigned byte)
{
    for (unsigned bit = 0x80; bit; bit >>= 1)
        ee_bit(byte & bit ? HIGH : LOW);
    return !ee_bit(RELEASED); /* it acknowledges */
}

static bool ee_start(unsigned byte)
{
    sio(HIGH);
    sio(HIGH | SIO_ECLOK);
    sio(LOW | SIO_ECLOK);
    sio(LOW);
    return ee_send(byte);
}

/* Olicom's are words, whose high bytes come first. */
static bool read_mac(uint8_t *mac, unsigned at)
{
    unsigned swap = at == EE_ADDRESS_OLICOM;

    dio(NET_SIO);
    if (!ee_start(EE_WRITE) || !ee_send(at) || !ee_start(EE_READ))
        return false;
    for (unsigned i = 0; i < 6; i++) {
        for (unsigned bit = 0; bit < 8; bit++)
            mac[i ^ swap] = mac[i ^ swap] << 1 | ee_bit(RELEASED);
        ee_bit(i < 5 ? LOW : HIGH);
    }
    sio(LOW);
    sio(LOW | SIO_ECLOK);
    sio(HIGH | SIO_ECLOK);
    return !(mac[0] & 1);
}

/* --- PHY */
static bool pins(bool clock, bool data, bool drive)
{
    sio((clock ? SIO_MCLK : 0) | (data ? SIO_MDATA : 0) | (drive ? SIO_MTXEN : 0));
    return !clock && sio_in() & SIO_MDATA;
}

static uint16_t mii(uint32_t frame)
{
    dio(NET_SIO);
    return mdio_transfer(frame, pins);
}

static uint16_t mii_read(unsigned reg)
{
    return mii(MDIO_READ(card.phy, reg));
}

static void mii_write(unsigned reg, uint16_t value)
{
    mii(MDIO_WRITE(card.phy, reg) | value);
}

static void start_phy(void)
{
    uint16_t able;

    mii_write(MII_BMCR, BMCR_RESET);
    wait_until(!(mii_read(MII_BMCR) & BMCR_RESET), 500, 500);
    able = mii_read(MII_BMSR);
    mii_write(MII_ANAR, able >> 11 << 5 | 1);
    mii_write(MII_BMCR, able & BMSR_AUTONEG ? BMCR_AUTONEG | BMCR_RESTART : 0);
}

/* The chip's own speaks 10BASE-T only, and comes last. */
static void find_phy(void)
{
    for (card.phy = 0; card.phy < OWN_PHY && mii_read(MII_BMSR) == 0xffff; card.phy++)
        continue;
}

/* --- operations */
static void reset(void)
{
    command(AD_RESET);
    delay_us(1000);
    command(INT_OFF);
}

static int tlan_probe(struct nic *nic)
{
    unsigned device = nic->pci.device;

    card.io = nic->io = pci_find_bar(&nic->pci, true);
    if (!nic->io)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_IO);
    card.managed = device != NETFLEX_3P && device != OC_2325;
    reset();
    return read_mac(nic->mac,
                    device == OC_2325 || device == OC_2326 ? EE_ADDRESS_OLICOM : EE_ADDRESS)
               ? 0
               : E_NO_NIC;
}

static void set_registers(const struct nic *nic)
{
    uint16_t config = CONFIG;
    uint32_t low;

    card.old = in8(dio(DEF_REVISION)) < FIRST_WITH_INT_DIS;
    if (!card.old)
        out8(dio(INT_DIS), NO_EOC);
    for (unsigned reg = AREG_0; reg <= HASH_2; reg += 4)
        out32(dio(reg), reg < HASH_1 ? 0 : ~0); /* a hash filter that every group passes */
    memcpy(&low, nic->mac, 4);
    out32(dio(AREG_0), low);
    out16(dio(AREG_0 + 4), *(const uint16_t *)(nic->mac + 4));
    command(LD_TMR | 0x3f);
    command(LD_THR);
    if (nic->pci.device == NETFLEX_3P) {
        config |= CONFIG_BIT_RATE;
        out8(dio(ACOMMIT), ACOMMIT_HALF_DUPLEX);
    }
    out16(dio(NET_CONFIG), config | CONFIG_OWN_PHY);
    if (card.managed) {
        find_phy();
        if (card.phy == OWN_PHY)
            config |= CONFIG_OWN_PHY;
        start_phy();
    }
    out16(dio(NET_CONFIG), config);
    out16(dio(MAX_RX), SIZE);
    out8(dio(NET_CMD), CMD_RUN);
}

static void start(struct list *list, uint32_t direction)
{
    out32(card.io + CH_PARM, (uint32_t)list);
    command(GO | direction);
}

static int tlan_open(struct nic *nic)
{
    struct shared *shared = card.shared = dma_alloc(sizeof(*shared), 16);

    if (!shared)
        return E_NO_MEMORY;
    for (unsigned i = 0; i <= RX_SLOTS; i++) {
        shared->list[i].next = i < RX_SLOTS - 1 ? &shared->list[i + 1] : NULL;
        shared->list[i].buffer = shared->buffer[i];
        shared->list[i].count = LAST | SIZE;
        shared->list[i].status = READY | SIZE << 16;
    }
    card.rx = 0;
    card.sent = card.lowered = false;
    reset();
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    set_registers(nic);
    start(shared->list, RECEIVE);
    return 0;
}

/* The slot becomes the last one of the chain. The card stops there, if it is not given others in
 * time: then it says so in the last one that it filled, and the next one is where it goes on. */
static int tlan_poll(struct nic *nic, void *buf, size_t cap)
{
    struct list *lists = card.shared->list, *slot = &lists[card.rx];
    uint32_t status = slot->status;
    int result = E_PROTOCOL;

    (void)nic;
    if (!(status & COMPLETE))
        return 0;
    barrier();
    if (!(status & BROKEN))
        result = copy_received(buf, cap, card.shared->buffer[card.rx], status >> 16);
    slot->next = NULL;
    slot->status = READY | SIZE << 16;
    barrier();
    lists[(card.rx + RX_SLOTS - 1) % RX_SLOTS].next = slot;
    card.rx = (card.rx + 1) % RX_SLOTS;
    acknowledge(RX_EOF);
    if (status & END_OF_CHAIN) {
        if (card.old)
            acknowledge(RX_EOC);
        start(&lists[card.rx], RECEIVE);
    }
    return result;
}

static bool is_free(void)
{
    if (!card.sent)
        return true;
    if (!wait_until(card.shared->list[RX_SLOTS].status & COMPLETE, 1000, 50))
        return false;
    acknowledge(TX_EOF);
    if (card.old)
        acknowledge(TX_EOC);
    card.sent = false;
    return true;
}

static int tlan_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct list *slot = &card.shared->list[RX_SLOTS];

    (void)nic;
    if (!is_free())
        return E_TRANSMIT;
    len = copy_padded(card.shared->buffer[RX_SLOTS], frame, len);
    slot->count = LAST | len;
    slot->status = READY | len << 16;
    barrier();
    start(slot, 0);
    card.sent = true;
    return 0;
}

/* The MAC does not follow the PHY to full duplex. Two cards have no 10BASE-T but the chip's own. */
static bool tlan_link(struct nic *nic)
{
    unsigned device = nic->pci.device;
    uint16_t common;

    if (!card.managed)
        return true;
    if (!(mii_read(MII_BMSR) & BMSR_LINK))
        return false;
    common = mii_read(MII_ANAR) & mii_read(MII_ANLPAR);
    if ((device == OC_2183 || device == OC_2326) && card.phy != OWN_PHY && !(common & ABLE_100)) {
        card.phy = OWN_PHY;
        out16(dio(NET_CONFIG), CONFIG | CONFIG_OWN_PHY);
        start_phy();
        return false;
    }
    out8(dio(NET_CMD),
         common & ABLE_100_FULL || (common & (ABLE_100 | ABLE_10_FULL)) == ABLE_10_FULL
             ? CMD_RUN | CMD_FULL_DUPLEX
             : CMD_RUN);
    return true;
}

/* A write of HOST_INT lowers INTx until something is acknowledged; poll() does it for frames. */
static bool tlan_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint16_t type = in16(card.io + HOST_INT) & INT_TYPE;

    (void)nic;
    if (action != INTERRUPT_ACKNOWLEDGE) {
        command(action == INTERRUPT_ON ? INT_ON : INT_OFF);
        return false;
    }
    if (!type || card.lowered)
        return false;
    card.lowered = true;
    out16(card.io + HOST_INT, type);
    if (type == INT_TX_EOC) /* of an old chip */
        is_free();
    return true;
}

static void tlan_close(struct nic *nic)
{
    if (card.shared)
        is_free();
    delay_us(SEND_US);
    reset();
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver tlan = {
    .name = "tlan",
    .probe = tlan_probe,
    .open = tlan_open,
    .poll = tlan_poll,
    .transmit = tlan_transmit,
    .link = tlan_link,
    .interrupt = tlan_interrupt,
    .close = tlan_close,
};
NET_DRIVER(tlan);
