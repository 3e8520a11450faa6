/* SPDX-License-Identifier: BSD-2-Clause */
/* Marvell Yukon 2 (88E8021 to 88E8075, SK-9Sxx, SK-9Exx, DGE-550, DGE-560), polled; of boards with
 * two ports the first one. Registers have the names that free drivers use: there is no public
 * datasheet.
 *
 * Lists of 8-byte elements lie in memory. The card fetches those of the receive and transmit lists
 * up to an index that it is told, and writes to the status list. */
#include "net_driver.h"

#include "mii.h"
#include "platform/bios/io.h"
#include "sky2_regs.h"

enum { OP_PACKET = 0xc1, OP_RXSTAT = 0xe0, OWNED = 0x80, END_OF_FRAME = 0x80 };
enum { COUNT = 512, RX_SLOTS = 64, SIZE = 1536 };

struct element {
    uint32_t value; /* address; status of a frame as the MAC gives it */
    uint16_t length;
    uint8_t control;
    volatile uint8_t op;
};

/* All memory that the card reads and writes. Lists begin at multiples of 4096. */
struct shared {
    struct element rx[COUNT], tx[COUNT], status[COUNT];
    uint8_t rx_buffer[RX_SLOTS][SIZE], tx_buffer[SIZE];
};

static struct {
    struct shared *shared;
    volatile uint8_t *regs;
    unsigned rx, tx, status; /* next elements */
    unsigned chip;           /* its bit */
    uint8_t revision;
} card;

struct step {
    uint16_t where, value;
};

static uint8_t read8(unsigned reg)
{
    return mmio_read8(card.regs, reg);
}

static uint16_t read16(unsigned reg)
{
    return mmio_read16(card.regs, reg);
}

static void write(unsigned where, uint32_t value)
{
    unsigned reg = where & REGISTER;

    if (where & W32)
        mmio_write32(card.regs, reg, value);
    else if (where & W16)
        mmio_write16(card.regs, reg, value);
    else
        mmio_write8(card.regs, reg, value);
}

static void write_all(unsigned base, const struct step *step, const struct step *end)
{
    for (; step < end; step++)
        write(base + step->where, step->value);
}
#define WRITE_ALL(base, steps) write_all(base, steps, (steps) + sizeof(steps) / sizeof *(steps))

static void change(unsigned reg, uint32_t keep, uint32_t set)
{
    write(W32 | reg, (mmio_read32(card.regs, reg) & keep) | set);
}

/* The first revision of the FE+ calls good frames bad. */
static bool is_fe_plus_a0(void)
{
    return card.chip == FE_PLUS && !card.revision;
}

static uint16_t phy_read(unsigned reg)
{
    write(W16 | GM_SMI_CTRL, reg << 6 | SMI_READ);
    wait_until(read16(GM_SMI_CTRL) & SMI_VALID, 1000, 10);
    return read16(GM_SMI_DATA);
}

static void phy_write(unsigned reg, uint16_t value)
{
    write(W16 | GM_SMI_DATA, value);
    write(W16 | GM_SMI_CTRL, reg << 6);
    wait_until(!(read16(GM_SMI_CTRL) & SMI_BUSY), 1000, 10);
}

/* Reset all, switch power and clocks on. */
static void reset(void)
{
    static const struct step steps[] = {
        {W16 | B0_CTST, ASF_DISABLE}, {B0_CTST, CS_RST_SET},
        {B0_CTST, CS_RST_CLR},        {B2_TST_CTRL1, CFG_WRITE_ON},
        {B0_CTST, CS_MRST_CLR},       {B0_POWER_CTRL, 0xa6}, /* the main supply */
        {W32 | B2_Y2_CLK_CTRL, 1},    {W32 | PCI_DEV_REG3, 0},
    };
    bool inverted;

    write(W32 | PCI_DEV_REG3, 0);
    write(B0_CTST, CS_RST_CLR);
    card.chip = 1u << ((read8(B2_CHIP_ID) - CHIP_ID_FIRST) & 31);
    card.revision = read8(B2_MAC_CFG) >> 4;
    inverted = card.chip == XL && card.revision > 1;
    if (card.chip & (EX | SUPREME)) /* a microcontroller */
        write(W16 | B28_Y2_ASF_STAT_CMD, read16(B28_Y2_ASF_STAT_CMD) & ~0x031b);
    else
        write(B28_Y2_ASF_STAT_CMD, 8);
    WRITE_ALL(0, steps);
    write(B2_Y2_CLK_GATE, inverted ? 0x77 : 0);
    if (card.chip & POWER_CONTROL) {
        change(PCI_DEV_REG4, 0xf000, 0);
        change(PCI_DEV_REG5, 3 << 27, 0);
        write(W32 | PCI_CFG_REG_1, 0);
        change(B2_GP_IO, ~0, 1 << 13); /* no race of status and interrupt */
    }
    change(PCI_DEV_REG1, ~PHY1_POWER_DOWN, inverted ? PHY1_COMA : 0);
    write(B2_TST_CTRL1, CFG_WRITE_OFF);
}

static int sky2_probe(struct nic *nic)
{
    card.regs = nic->mmio = (volatile uint8_t *)pci_find_bar(&nic->pci, false);
    if (!nic->mmio)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_MEMORY);
    reset();
    for (unsigned i = 0; i < 6; i++)
        nic->mac[i] = read8(B2_MAC_1 + i);
    return card.chip > ULTRA_2 || nic->mac[0] & 1 ? E_NO_NIC : 0;
}

static void start_phy(void)
{
    static const struct step afe[] = {{MII_PAGE, 255}, {0x18, 0xaa99}, {0x17, 0x2011},
                                      {0x18, 0xa204},  {0x17, 0x2002}, {MII_PAGE, 0}};
    uint8_t kind = read8(B2_PMD_TYP);
    bool fiber = kind == 'L' || kind == 'S' || kind == 'P';
    unsigned keep = 0x8cff, set = 0x2860; /* crossover, downshift; no energy detect */

    if (card.chip & OLDER_PHY) {
        phy_write(MII_EXT_CTRL,
                  (phy_read(MII_EXT_CTRL) & ~0x0f70) | (card.chip == EC ? 0x0570 : 0x0170));
        keep = ~0x0300;
        set = 0x0060;
    }
    if (card.chip & FAST) {
        keep = card.chip == FE ? ~0 : ~0x4200; /* scrambler on */
        set = card.chip == FE ? 0x0030 : 0x1030;
    }
    if (fiber) {
        keep = ~0x0060;
        set = 0;
    }
    phy_write(MII_PHY_CTRL, (phy_read(MII_PHY_CTRL) & keep) | set);
    if (fiber && card.chip == XL) {
        phy_write(MII_PAGE, 2);
        phy_write(MII_PHY_CTRL, phy_read(MII_PHY_CTRL) | 0x0380); /* 1000BASE-X */
        phy_write(MII_PAGE, 0);
    }
    for (unsigned i = 0; i < sizeof(afe) / sizeof(afe[0]) && card.chip == EC_U; i++)
        phy_write(afe[i].where, afe[i].value);
    if (!(card.chip & FAST))
        phy_write(MII_1000_CONTROL, 0x0300);
    phy_write(MII_ANAR, fiber ? 0x0060 : 0x01e1);
    phy_write(MII_BMCR, BMCR_RESET | BMCR_AUTONEG | BMCR_RESTART);
}

static void start_mac(const uint16_t *mac)
{
    static const struct step steps[] = {
        {W16 | GMAC_LINK_CTRL, RESET},
        {W16 | GMAC_LINK_CTRL, RUN},
        {TXA_CTRL, RUN},
        {GPHY_CTRL, RESET},
        {GPHY_CTRL, RUN},
        {GMAC_CTRL, RUN},
        {W16 | GM_TX_CTRL, 0x1000}, /* pad, threshold of collisions */
        {W16 | GM_RX_CTRL, 0xe000}, /* filter, strip the FCS */
        {W16 | GM_TX_FLOW_CTRL, 0xffff},
        {W16 | GM_TX_PARAM, 0xd7c4},
        {W16 | GM_SERIAL_MODE, 0x221e},
        {RX_GMF_CTRL, RUN},
        {W32 | RX_GMF_CTRL, 0x0088}, /* flush frames that are bad */
        {W16 | RX_GMF_FL_MSK, GMR_ERRORS},
        {W16 | RX_GMF_FL_THR, 0x000b},
        {W16 | RX_GMF_TR_THR, (SIZE - 8) / 4}, /* longer frames are cut */
        {TX_GMF_CTRL, RUN},
        {W16 | TX_GMF_CTRL, OPERATIONAL},
    };

    WRITE_ALL(0, steps);
    if (card.chip & (EX | SUPREME))
        write(W16 | GMAC_CTRL, 0x2a00); /* MACsec is bypassed */
    if (card.chip & (EX | FE_PLUS))
        write(W32 | RX_GMF_CTRL, 1 << 19); /* flush after an overrun, too */
    if (card.chip == XL)
        write(W16 | RX_GMF_FL_MSK, 0);
    if (is_fe_plus_a0()) {
        write(W16 | RX_GMF_FL_THR, 0x0178);
        write(W16 | TX_GMF_EA, read16(TX_GMF_EA) & ~3); /* a watermark that does not move */
    }
    write(W32 | RX_GMF_CTRL, 1 << 27);
    for (unsigned i = 0; i < 4; i++) {
        unsigned at = W16 | (4 * i);

        write(GM_MC_ADDR + at, 0xffff); /* a hash filter that every group passes */
        if (i < 3) {
            write(GM_SRC_ADDR_1L + at, mac[i]);
            write(GM_SRC_ADDR_2L + at, mac[i]);
        }
    }
    start_phy();
    write(W16 | GM_GP_CTRL, 0x3812); /* runs as fast as the PHY, without pause frames */
}

/* Queues have their half of the board's memory, when there is any. */
static void start_queue(unsigned queue, struct element *list, uint32_t start, uint32_t size)
{
    static const struct step steps[] = {
        {W32 | Q_CSR, BMU_CLR_RESET}, {W32 | Q_CSR, BMU_OPER_INIT}, {W32 | Q_CSR, BMU_FIFO_ON},
        {W16 | Q_WM, 0x0080},         {W32 | PREF_CTRL, RESET},     {W32 | PREF_CTRL, RUN},
        {W32 | PREF_HI, 0},           {W16 | PREF_LAST, COUNT - 1},
    };

    if (size) {
        write(queue + RB_CTRL, RUN);
        write(W32 | (queue + RB_START), start);
        write(W32 | (queue + RB_END), start + size - 1);
        write(W32 | (queue + RB_WP), start);
        write(W32 | (queue + RB_RP), start);
        if (queue == TX_QUEUE)
            write(queue + RB_CTRL, RB_ENA_STFWD);
        write(queue + RB_CTRL, OPERATIONAL);
    }
    WRITE_ALL(queue, steps);
    write(W32 | (queue + PREF_LO), (uint32_t)list);
    write(W32 | (queue + PREF_CTRL), OPERATIONAL);
}

static void give_slot(unsigned index)
{
    struct element *element = &card.shared->rx[index % COUNT];

    element->value = (uint32_t)card.shared->rx_buffer[index % RX_SLOTS];
    element->length = SIZE;
    element->control = 0;
    element->op = OP_PACKET;
    barrier();
}

static void start_status(void)
{
    static const struct step steps[] = {
        {W32 | STAT_CTRL, RESET},         {W32 | STAT_CTRL, RUN}, {W32 | STAT_LIST_ADDR_HI, 0},
        {W16 | STAT_LAST_IDX, COUNT - 1}, {STAT_FIFO_WM, 1},      {STAT_FIFO_ISR_WM, 1},
        {W32 | STAT_LEV_TIMER_INI, 100}, /* about a microsecond */
        {W32 | STAT_ISR_TIMER_INI, 100},
    };

    WRITE_ALL(0, steps);
    write(W32 | STAT_LIST_ADDR_LO, (uint32_t)card.shared->status);
    write(W32 | STAT_CTRL, OPERATIONAL);
    write(STAT_LEV_TIMER_CTRL, TIMER_START);
    write(STAT_ISR_TIMER_CTRL, TIMER_START);
}

static int sky2_open(struct nic *nic)
{
    uint32_t half;

    card.shared = dma_alloc(sizeof(*card.shared), 4096);
    if (!card.shared)
        return E_NO_MEMORY;
    card.rx = card.tx = card.status = 0;
    reset();
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    write(B3_RI_CTRL, RUN);
    for (unsigned i = 0; i < 12; i++)
        write(B3_RI_TIMEOUTS + i, 36);
    half = read8(B2_E_0) << 8; /* in units of 8 bytes */
    start_status();
    start_mac((const uint16_t *)nic->mac);
    if (!half)
        write(W32 | TX_GMF_CTRL, 1 << 30); /* store and forward */
    start_queue(TX_QUEUE, card.shared->tx, half, half);
    start_queue(RX_QUEUE, card.shared->rx, 0, half);
    if (card.chip == EX)
        write(W32 | (TX_QUEUE + Q_TEST), 1u << 31); /* no checksums of its own */
    if (card.chip == EC_U && card.revision > 1)
        write(W32 | (RX_QUEUE + Q_TEST), 1 << 24);
    if (!(card.chip & NEWER_LISTS))
        write(W32 | (RX_QUEUE + Q_CSR), BMU_NO_CHECKSUM);
    for (unsigned i = 0; i < RX_SLOTS; i++)
        give_slot(i);
    write(W16 | (RX_QUEUE + PREF_PUT), RX_SLOTS);
    return 0;
}

static int sky2_poll(struct nic *nic, void *buf, size_t cap)
{
    struct element *status = &card.shared->status[card.status % COUNT];
    uint8_t op = status->op;
    uint32_t value, len;
    int result = E_PROTOCOL;

    (void)nic;
    if (!(op & OWNED))
        return 0;
    barrier();
    value = status->value;
    status->op = 0;
    card.status++;
    if (op != OP_RXSTAT)
        return 0;
    len = value >> 16 & GMR_LENGTH;
    if (((value & (GMR_ERRORS | GMR_OK)) == GMR_OK || is_fe_plus_a0()) && len == status->length)
        result = copy_received(buf, cap, card.shared->rx_buffer[card.rx % RX_SLOTS], len);
    give_slot(card.rx + RX_SLOTS);
    card.rx++;
    write(W16 | (RX_QUEUE + PREF_PUT), (card.rx + RX_SLOTS) % COUNT);
    return result;
}

/* Has the card read all frames that it was to send? */
static bool all_read(void)
{
    return wait_until(read16(TX_QUEUE + Q_DONE) == card.tx, 1000, 50);
}

static int sky2_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct element *element = &card.shared->tx[card.tx];

    (void)nic;
    if (!all_read())
        return E_TRANSMIT;
    element->value = (uint32_t)card.shared->tx_buffer;
    element->length = copy_padded(card.shared->tx_buffer, frame, len);
    element->control = END_OF_FRAME;
    element->op = OP_PACKET;
    barrier();
    card.tx = (card.tx + 1) % COUNT;
    write(W16 | (TX_QUEUE + PREF_PUT), card.tx);
    return 0;
}

static bool sky2_link(struct nic *nic)
{
    (void)nic;
    phy_read(MII_BMSR);
    return phy_read(MII_BMSR) & BMSR_LINK;
}

static bool sky2_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint32_t status = mmio_read32(nic->mmio, B0_ISRC) & IS_STAT_BMU;

    write(W32 | STAT_CTRL, CLEAR_IRQ);
    if (action == INTERRUPT_ACKNOWLEDGE)
        return status;
    write(W32 | B0_IMSK, action == INTERRUPT_ON ? IS_STAT_BMU : 0);
    return false;
}

static void sky2_close(struct nic *nic)
{
    if (!nic->mmio) /* probe found no registers */
        return;
    if (card.shared)
        all_read();
    delay_us(SEND_US);
    write(B0_CTST, CS_RST_SET);
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver sky2 = {
    .name = "sky2",
    .probe = sky2_probe,
    .open = sky2_open,
    .poll = sky2_poll,
    .transmit = sky2_transmit,
    .link = sky2_link,
    .interrupt = sky2_interrupt,
    .close = sky2_close,
};
NET_DRIVER(sky2);
