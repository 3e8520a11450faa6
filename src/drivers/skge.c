/* SPDX-License-Identifier: BSD-2-Clause */
/* SysKonnect Genesis (SK-984x, fiber and copper) and Marvell Yukon (SK-982x, 88E8001, 88E8003,
 * 3C940, DGE-530T), polled; of boards with two ports the first one. Registers have the names that
 * SysKonnect's and other free drivers use: there is no public datasheet. */
#include "net_driver.h"

#include "mii.h"
#include "skge_regs.h"
#include "platform/bios/io.h"

/* Control of a descriptor: frame's begin and end, interrupt at its end, no checksum. */
enum { OWN = 1u << 31, STF = 1 << 30, EOF = 1 << 29, PLAIN = 1 << 27 | 0x550000 };
enum { GMR_OK = 0x100, XMR_ERROR = 2, LENGTH = 0x7ff };
enum { RX_SLOTS = 64, TX_SLOTS = 4, SLOT_SIZE = 1536 };

struct descriptor {
    volatile uint32_t control;
    struct descriptor *next;
    uint8_t *low;
    uint32_t high;
    volatile uint32_t status; /* of a received frame, as the MAC says it */
    uint32_t unused[3];
};

/* All memory that the card reads and writes: receive slots, and behind them those to send from. */
struct shared {
    struct descriptor ring[RX_SLOTS + TX_SLOTS];
    uint8_t buffer[RX_SLOTS + TX_SLOTS][SLOT_SIZE];
};

static struct {
    struct shared *shared;
    volatile uint8_t *regs;
    unsigned rx, tx; /* slots, the latter counted from RX_SLOTS */
    uint8_t chip, phy;
} card;

/* What is written in a row: register and width, value. */
enum { W8 = 0, W16 = 1 << 14, W32 = 1 << 15, REGISTER = W16 - 1 };
struct step {
    uint16_t where;
    uint16_t value;
};

static uint8_t read8(unsigned reg)
{
    return mmio_read8(card.regs, reg);
}

static uint16_t read16(unsigned reg)
{
    return mmio_read16(card.regs, reg);
}

static uint32_t read32(unsigned reg)
{
    return mmio_read32(card.regs, reg);
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

static void write_all(const struct step *step, const struct step *end)
{
    for (; step < end; step++)
        write(step->where, step->value);
}
#define WRITE_ALL(steps) write_all(steps, (steps) + sizeof(steps) / sizeof *(steps))

static uint16_t phy_read(unsigned reg)
{
    if (card.chip != GENESIS) {
        write(W16 | GM_SMI_CTRL, reg << 6 | SMI_READ);
        wait_until(read16(GM_SMI_CTRL) & SMI_VALID, 1000, 1);
        return read16(GM_SMI_DATA);
    }
    write(W16 | XM_PHY_ADDR, reg | card.phy << 8);
    read16(XM_PHY_DATA);
    if (card.phy) /* the MAC's own PHY answers at once */
        wait_until(read16(XM_MMU_CMD) & MMU_PHY_READY, 1000, 1);
    return read16(XM_PHY_DATA);
}

static void phy_write(unsigned reg, uint16_t value)
{
    if (card.chip != GENESIS) {
        write(W16 | GM_SMI_DATA, value);
        write(W16 | GM_SMI_CTRL, reg << 6);
        delay_us(1);
        wait_until(!(read16(GM_SMI_CTRL) & 8), 1000, 1);
        return;
    }
    write(W16 | XM_PHY_ADDR, reg | card.phy << 8);
    wait_until(!(read16(XM_MMU_CMD) & MMU_PHY_BUSY), 1000, 1);
    write(W16 | XM_PHY_DATA, value);
    wait_until(!(read16(XM_MMU_CMD) & MMU_PHY_BUSY), 1000, 1);
}

static void reset(const struct nic *nic)
{
    write(B0_CTST, CS_RST_SET);
    write(B0_CTST, CS_RST_CLR);
    write(B0_CTST, CS_MRST_CLR);
    card.chip = read8(B2_CHIP_ID);
    card.phy = read8(B2_E_1) & 15;
    if (card.chip != GENESIS) {
        write(B2_TST_CTRL1, TST_CFG_WRITE_ON);
        pci_write32(&nic->pci, PCI_DEV_REG1, pci_read32(&nic->pci, PCI_DEV_REG1) & ~PCI_PHY_COMA);
        write(B2_TST_CTRL1, TST_CFG_WRITE_OFF);
        write(B0_POWER_CTRL, POWER_MAIN);
        write(W16 | GMAC_LINK_CTRL, 1);
        write(W16 | GMAC_LINK_CTRL, 2);
    }
    write(TXA_CTRL, 2);
    write(W16 | B3_RI_CTRL, 2);
    for (unsigned reg = B3_RI_TIMEOUTS; reg < B3_RI_TIMEOUTS + 12; reg++)
        write(reg, 36);
}

static int skge_probe(struct nic *nic)
{
    card.regs = nic->mmio = (volatile uint8_t *)pci_find_bar(&nic->pci, false);
    if (!nic->mmio)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_MEMORY);
    reset(nic);
    for (unsigned i = 0; i < 6; i++)
        nic->mac[i] = read8(B2_MAC_1 + i);
    return nic->mac[0] & 1 ? E_NO_NIC : 0;
}

/* The first revisions of Broadcom's PHY want magic words. */
static void tame_bcom(void)
{
    static const struct step a1[] = {{0x18, 0x0c20}, {0x17, 0x0012}, {0x15, 0x1104},
                                     {0x17, 0x0013}, {0x15, 0x0404}, {0x17, 0x8006},
                                     {0x15, 0x0132}, {0x17, 0x8006}, {0x15, 0x0232},
                                     {0x17, 0x800d}, {0x15, 0x000f}, {0x18, 0x0420}};
    static const struct step c0[] = {{0x18, 0x0c20}, {0x17, 0x0012}, {0x15, 0x1204},
                                     {0x17, 0x0013}, {0x15, 0x0a04}, {0x18, 0x0420}};
    uint16_t id = phy_read(MII_PHYID2);
    const struct step *step = id == BCOM_A1 ? a1 : c0;
    unsigned count = id == BCOM_A1 ? 12 : id == BCOM_C0 ? 6 : 0;

    for (; count; count--, step++)
        phy_write(step->where, step->value);
    phy_write(0x18, phy_read(0x18) | 0x20); /* no power management */
    phy_write(MII_1000_CONTROL, 0x0600);    /* repeater: without it some find no link */
    phy_write(MII_ANAR, 1);
    phy_write(0x10, 0x20);
}

static void start_genesis(void)
{
    static const struct step steps[] = {
        {W16 | B3_MA_TO_CTRL, 2},
        {W16 | XM_RX_HI_WM, 1450},
        {W16 | XM_RX_CMD, 0x0110}, /* strip the FCS, ignore the length field */
        {W16 | XM_TX_CMD, 1},      /* pad */
        {W16 | XM_TX_THR, 512},
        {W16 | XM_MODE, 0xcf80}, /* hash, own address */
        {W16 | (XM_MODE + 4), 0},
        {W16 | XM_IMSK, 0xffff},
        {RX_MFF_CTRL2, 2},
        {W16 | RX_MFF_CTRL1, 0x0800},
        {RX_MFF_CTRL2, 8},
        {TX_MFF_CTRL2, 2},
        {W16 | TX_MFF_CTRL1, 0x2820},
        {TX_MFF_CTRL2, 8},
        {W16 | B3_PA_CTRL, 0x80}, /* timeout of transmission */
    };
    uint16_t run = 0x0403; /* XM_MMU_CMD: both directions, no pause */

    write(W16 | B3_PA_CTRL, 2);
    for (unsigned i = 0; i < 4; i++) {
        write(B3_MA_TOINI + i, 72);
        write(W16 | (B3_PA_TOINI + 4 * i), 0xffff);
    }
    for (unsigned tries = 10; tries && !(read16(TX_MFF_CTRL1) & 1); tries--)
        write(W16 | TX_MFF_CTRL1, 1); /* XMAC reset */
    write(W16 | TX_MFF_CTRL1, 2);
    if (card.phy == PHY_BCOM) {
        write(W32 | B2_GP_IO, read32(B2_GP_IO) | GP_DIR_0);
        write(W16 | XM_HW_CFG, 1); /* XM_HW_CFG: GMII */
        tame_bcom();
        run |= 0x10; /* full duplex */
        phy_write(MII_BMCR, BMCR_AUTONEG | BMCR_RESTART | 0x40);
    } else {
        phy_write(MII_ANAR, 0x20);
        phy_write(MII_BMCR, BMCR_AUTONEG | BMCR_RESTART);
    }
    WRITE_ALL(steps);
    write(W16 | XM_MMU_CMD, run);
}

static void start_yukon(void)
{
    static const struct step steps[] = {
        {W16 | GM_TX_CTRL, 0x1000}, /* pad, threshold of collisions */
        {W16 | GM_RX_CTRL, 0xe000}, /* filter, strip the FCS */
        {W16 | GM_TX_FLOW_CTRL, 0xffff},
        {W16 | GM_TX_PARAM, 0xd7c0},
        {W16 | GM_SERIAL_MODE, 0x221e},
        {RX_GMF_CTRL, 2},
        {W16 | RX_GMF_CTRL, 8},
        {TX_GMF_CTRL, 2},
        {W16 | TX_GMF_CTRL, 8},
        {W16 | GM_GP_CTRL, 0x38ba}, /* runs as fast as the PHY, without pause frames */
    };
    bool sleepy = card.chip == YUKON_LITE && read8(B2_MAC_CFG) >= LITE_A3;
    bool fiber = read8(B2_PMD_TYP) == 'S' || (card.phy > 4);
    uint32_t config = fiber ? GPC_FIBER : GPC_COPPER;

    /* The PHY of the last Yukon-Lite wakes by a pin, while all is reset. */
    if (sleepy)
        write(W32 | B2_GP_IO, read32(B2_GP_IO) | GP_DIR_9 | GP_IO_9);
    write(W32 | GPHY_CTRL, 1);
    write(W32 | GMAC_CTRL, 1);
    if (sleepy)
        write(W32 | B2_GP_IO, (read32(B2_GP_IO) | GP_DIR_9) & ~GP_IO_9);
    write(W32 | GPHY_CTRL, config | 1);
    write(W32 | GPHY_CTRL, config | 2);
    write(W32 | GMAC_CTRL, GMC_RUN);
    phy_write(MII_EXTRA, (phy_read(MII_EXTRA) & ~0x0f70) | 0x0170); /* 25 MHz */
    phy_write(MII_BMCR, BMCR_RESET);
    wait_until(!(phy_read(MII_BMCR) & BMCR_RESET), 100, 10);
    phy_write(MII_1000_CONTROL, 0x0200);
    phy_write(MII_ANAR, fiber ? 0x20 : 0x01e1);
    phy_write(MII_BMCR, BMCR_AUTONEG | BMCR_RESTART);
    WRITE_ALL(steps);
}

/* A queue, and the part of the board's memory that its frames go through, in units of 8 bytes. */
static void start_queue(unsigned queue, struct descriptor *ring, uint32_t start, uint32_t size,
                        uint8_t mode)
{
    unsigned ram = queue + QUEUE_RAM;

    write(ram + RB_CTRL, RB_RST_CLR);
    write(W32 | (ram + RB_START), start);
    write(W32 | (ram + RB_WP), start);
    write(W32 | (ram + RB_RP), start);
    write(W32 | (ram + RB_END), start + size - 1);
    write(ram + RB_CTRL, mode);
    write(ram + RB_CTRL, RB_ENA_OP_MD);
    write(W32 | (queue + Q_CSR), CSR_CLR_RESET);
    write(W32 | (queue + Q_F), 0x300); /* watermark */
    write(W32 | (queue + Q_DA_H), 0);
    write(W32 | (queue + Q_DA_L), (uint32_t)ring);
}

/* The own address, and a hash filter that every group passes. */
static void set_filter(const uint8_t *mac)
{
    bool genesis = card.chip == GENESIS;

    for (unsigned i = 0; i < 4; i++) {
        unsigned at = W16 | (4 * i);
        uint16_t part = mac[2 * i % 6] | mac[2 * i % 6 + 1] << 8;

        write((genesis ? XM_HSM : GM_MC_ADDR) + at, 0xffff);
        if (i == 3)
            break;
        write((genesis ? XM_SA : GM_SRC_ADDR_1L) + at, part);
        if (!genesis)
            write(GM_SRC_ADDR_2L + at, part);
    }
}

static int skge_open(struct nic *nic)
{
    struct shared *shared = card.shared = dma_alloc(sizeof(*shared), 16);
    uint32_t at = 0, half;

    if (!shared)
        return E_NO_MEMORY;
    for (unsigned i = 0; i < RX_SLOTS + TX_SLOTS; i++) {
        shared->ring[i].low = shared->buffer[i];
        shared->ring[i].next = &shared->ring[i + 1];
        shared->ring[i].control = i < RX_SLOTS ? OWN | STF | PLAIN | SLOT_SIZE : 0;
    }
    shared->ring[RX_SLOTS - 1].next = shared->ring;
    shared->ring[RX_SLOTS + TX_SLOTS - 1].next = &shared->ring[RX_SLOTS];
    card.rx = card.tx = 0;
    reset(nic);
    pci_enable(&nic->pci, PCI_COMMAND_MASTER);
    half = read8(B2_E_0) << 8; /* units of 4 KiB */
    if (card.chip == GENESIS) {
        at = half == 0x300 ? 0x10000 : 0; /* one arrangement begins in the middle */
        start_genesis();
    } else {
        start_yukon();
    }
    if (!half || card.chip == GENESIS)
        half = 0x2000; /* all have that much */
    set_filter(nic->mac);
    start_queue(RX_QUEUE, shared->ring, at, half, 0);
    start_queue(TX_QUEUE, &shared->ring[RX_SLOTS], at + half, half, RB_ENA_STFWD);
    write(RX_QUEUE + Q_CSR, CSR_START | CSR_IRQ_CL_F);
    return 0;
}

static int skge_poll(struct nic *nic, void *buf, size_t cap)
{
    unsigned i = card.rx % RX_SLOTS;
    struct descriptor *slot = &card.shared->ring[i];
    uint32_t control = slot->control, status = slot->status;
    bool good = card.chip == GENESIS ? !(status & XMR_ERROR) : status & GMR_OK;
    int result = E_PROTOCOL;

    (void)nic;
    if (control & OWN)
        return 0;
    barrier();
    if (good && (control & (STF | EOF)) == (STF | EOF))
        result = copy_received(buf, cap, card.shared->buffer[i], control & LENGTH);
    barrier();
    slot->control = OWN | STF | PLAIN | SLOT_SIZE;
    barrier();
    write(RX_QUEUE + Q_CSR, CSR_START); /* it stops when it finds no slot */
    card.rx++;
    return result;
}

static int skge_transmit(struct nic *nic, const void *frame, size_t len)
{
    unsigned i = RX_SLOTS + card.tx % TX_SLOTS;
    struct descriptor *slot = &card.shared->ring[i];

    (void)nic;
    if (!wait_until(!(slot->control & OWN), 1000, 100))
        return E_TRANSMIT;
    len = copy_padded(card.shared->buffer[i], frame, len);
    barrier();
    slot->control = OWN | STF | EOF | PLAIN | len;
    barrier();
    write(TX_QUEUE + Q_CSR, CSR_START);
    card.tx++;
    return 0;
}

static bool skge_link(struct nic *nic)
{
    (void)nic;
    phy_read(MII_BMSR);
    return phy_read(MII_BMSR) & BMSR_LINK;
}

static bool skge_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint32_t status;

    (void)nic;
    if (action != INTERRUPT_ACKNOWLEDGE) {
        write(W32 | B0_IMSK, action == INTERRUPT_ON ? IS_R1_F : 0);
        return false;
    }
    status = read32(B0_ISRC) & IS_R1_F;
    write(RX_QUEUE + Q_CSR, CSR_IRQ_CL_F);
    return status;
}

static void skge_close(struct nic *nic)
{
    if (!nic->mmio) /* probe found no registers */
        return;
    if (card.shared)
        wait_until(!(card.shared->ring[RX_SLOTS + (card.tx - 1) % TX_SLOTS].control & OWN), 1000,
                   10);
    delay_us(SEND_US);
    write(B0_CTST, CS_RST_SET);
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver skge = {
    .name = "skge",
    .probe = skge_probe,
    .open = skge_open,
    .poll = skge_poll,
    .transmit = skge_transmit,
    .link = skge_link,
    .interrupt = skge_interrupt,
    .close = skge_close,
};
NET_DRIVER(skge);
