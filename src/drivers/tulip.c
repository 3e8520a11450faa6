/* SPDX-License-Identifier: BSD-2-Clause */
/* DECchip 21040, 21041, 21140, 21142/21143, Intel 21145, and the ADMtek Comet and Centaur, which
 * differ little; polled. Registers (chapter 3) and descriptors (chapter 4) are those of the 21143
 * hardware reference manual. tulip_media.c finds the transceiver and sets it up. */
#include "tulip.h"
#include "net_driver.h"

#include "lib/string.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum { OWN = 1u << 31, RX_ERROR = 0x8000, RX_WHOLE = 0x0300 };                    /* word 0 */
enum { LAST = 1 << 30, FIRST = 1 << 29, SETUP = 1 << 27, END_OF_RING = 1 << 25 }; /* word 1 */
enum { RX_COUNT = 128, TX_COUNT = 4, SIZE = 1536, FCS = 4, SETUP_SIZE = 192 };
enum { POWER_AREA = 0x40 }; /* configuration space: CFDD, whose top bits put the chip to sleep */

struct descriptor {
    volatile uint32_t status;
    volatile uint32_t control;
    uint32_t buffer, unused;
};

struct shared {
    struct descriptor rx[RX_COUNT], tx[TX_COUNT];
    uint8_t rx_buffer[RX_COUNT][SIZE], tx_buffer[TX_COUNT][SIZE];
};

static struct {
    struct shared *shared;
    unsigned rx, tx;
} ring;

uint32_t csr_read(enum csr reg)
{
    return in32(tulip.nic->io + reg);
}

void csr_write(enum csr reg, uint32_t value)
{
    out32(tulip.nic->io + reg, value);
}

static bool wait_sent(unsigned index)
{
    return wait_until(!(ring.shared->tx[index].status & OWN), 5000, 10);
}

static void fill_rings(void)
{
    struct shared *shared = ring.shared;

    for (unsigned i = 0; i < RX_COUNT; i++) {
        shared->rx[i].buffer = (uint32_t)shared->rx_buffer[i];
        shared->rx[i].control = SIZE | (i == RX_COUNT - 1 ? END_OF_RING : 0);
        shared->rx[i].status = OWN;
    }
    memset(shared->tx, 0, sizeof(shared->tx));
    ring.rx = ring.tx = 0;
}

static void send(uint32_t control)
{
    struct descriptor *descriptor = &ring.shared->tx[ring.tx];

    descriptor->buffer = (uint32_t)ring.shared->tx_buffer[ring.tx];
    descriptor->control = control | (ring.tx == TX_COUNT - 1 ? END_OF_RING : 0);
    barrier();
    descriptor->status = OWN;
    ring.tx = (ring.tx + 1) % TX_COUNT;
    csr_write(CSR_TX_DEMAND, 0);
}

/* Tell the chip which addresses to receive: a setup frame of 16, each in the lower halves of three
 * words (perfect filtering). All but the first are broadcast, which the 21140 does not receive
 * otherwise. */
static void send_addresses(void)
{
    uint8_t *table = ring.shared->tx_buffer[0];

    memset(table, 0xff, SETUP_SIZE);
    for (unsigned i = 0; i < 6; i += 2)
        memcpy(table + 2 * i, tulip.nic->mac + i, 2);
    send(SETUP | SETUP_SIZE);
}

bool tulip_start(void)
{
    bool sent;

    fill_rings();
    csr_write(CSR_RX_RING, (uint32_t)ring.shared->rx);
    csr_write(CSR_TX_RING, (uint32_t)ring.shared->tx);
    csr_write(CSR_MODE, tulip.mode | MODE_TRANSMIT);
    if (tulip.chip == ADMTEK) {
        uint32_t mac[2] = {0, 0};

        memcpy(mac, tulip.nic->mac, 6);
        csr_write(ADMTEK_ADDRESS_LOW, mac[0]);
        csr_write(ADMTEK_ADDRESS_HIGH, mac[1]);
        sent = true;
    } else {
        send_addresses();
        sent = wait_sent(0);
    }
    csr_write(CSR_MODE, tulip.mode | MODE_RUN);
    return sent;
}

void tulip_change_mode(void)
{
    csr_write(CSR_MODE, tulip.mode);
    wait_until(!(csr_read(CSR_STATUS) & STATUS_RUNNING), 200, 10);
    csr_write(CSR_MODE, tulip.mode | MODE_RUN);
}

void tulip_reset(void)
{
    csr_write(CSR_BUS, BUS_RESET);
    delay_us(100);
    csr_write(CSR_BUS, tulip.chip <= D21041 ? BUS_BURST_4 : BUS_BURST_8);
    delay_us(100);
}

/* The 21040 hands out its address ROM byte by byte. */
static bool read_address_rom(struct nic *nic)
{
    csr_write(CSR_ROM, 0);
    for (unsigned i = 0; i < 6; i++) {
        uint32_t value = 0;

        if (!wait_until(!((value = csr_read(CSR_ROM)) & ROM_NOT_READY), 1000, 10))
            return false;
        nic->mac[i] = value;
    }
    return true;
}

static bool read_mac(struct nic *nic)
{
    uint32_t mac[2];

    if (tulip.chip == D21040)
        return read_address_rom(nic);
    if (tulip.chip == ADMTEK) {
        mac[0] = csr_read(ADMTEK_ADDRESS_LOW);
        mac[1] = csr_read(ADMTEK_ADDRESS_HIGH);
        memcpy(nic->mac, mac, 6);
        return true;
    }
    if (!tulip_read_srom())
        return false;
    /* Boards that are older than the SROM format have the address first, and all again at 16. */
    memcpy(nic->mac, tulip.srom + (memcmp(tulip.srom, tulip.srom + 16, 8) ? 20 : 0), 6);
    return true;
}

static enum chip chip_of(const struct pci_device *pci)
{
    if (pci->vendor == 0x8086)
        return D21143;
    if (pci->vendor != 0x1011)
        return ADMTEK;
    return pci->device == 0x0002   ? D21040
           : pci->device == 0x0014 ? D21041
           : pci->device == 0x0009 ? D21140
                                   : D21143;
}

static int tulip_probe(struct nic *nic)
{
    nic->io = pci_find_bar(&nic->pci, true);
    if (!nic->io)
        return E_NO_NIC;
    tulip.nic = nic;
    tulip.chip = chip_of(&nic->pci);
    if (tulip.chip != ADMTEK)
        pci_write32(&nic->pci, POWER_AREA, 0);
    pci_enable(&nic->pci, PCI_COMMAND_IO);
    if (csr_read(CSR_STATUS) == ~0u || !read_mac(nic))
        return E_NO_NIC;
    /* Clones that keep the address elsewhere show ones or zeros. */
    return nic->mac[0] & 1 || !(nic->mac[0] | nic->mac[1] | nic->mac[2]) ? E_NO_NIC : 0;
}

static int tulip_open(struct nic *nic)
{
    ring.shared = dma_alloc(sizeof(*ring.shared), 32);
    if (!ring.shared)
        return E_NO_MEMORY;
    pci_enable(&nic->pci, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
    return tulip_media_start() ? 0 : E_NIC_OPEN;
}

static int tulip_poll(struct nic *nic, void *buf, size_t cap)
{
    struct descriptor *descriptor = &ring.shared->rx[ring.rx];
    uint32_t status = descriptor->status;
    int result;

    if (status & OWN)
        return 0;
    result = E_PROTOCOL;
    if ((status & (RX_ERROR | RX_WHOLE)) == RX_WHOLE)
        result =
            copy_received(buf, cap, ring.shared->rx_buffer[ring.rx], (status >> 16 & 0x3fff) - FCS);
    barrier();
    descriptor->status = OWN;
    ring.rx = (ring.rx + 1) % RX_COUNT;
    return result;
}

static int tulip_transmit(struct nic *nic, const void *frame, size_t len)
{
    if (!wait_sent(ring.tx))
        return E_TRANSMIT;
    memcpy(ring.shared->tx_buffer[ring.tx], frame, len);
    send(FIRST | LAST | len);
    return 0;
}

static bool tulip_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint32_t status = csr_read(CSR_STATUS);

    csr_write(CSR_STATUS, STATUS_RECEIVED | STATUS_INTERRUPT);
    if (action == INTERRUPT_ACKNOWLEDGE)
        return status & STATUS_INTERRUPT;
    csr_write(CSR_INTERRUPTS, action * (STATUS_RECEIVED | STATUS_INTERRUPT)); /* ON is 1, OFF 0 */
    return false;
}

static void tulip_close(struct nic *nic)
{
    if (ring.shared)
        wait_sent((ring.tx + TX_COUNT - 1) % TX_COUNT);
    csr_write(CSR_MODE, 0);
    tulip_reset();
    pci_disable(&nic->pci, PCI_COMMAND_MASTER);
}

static const struct net_driver tulip_driver = {
    .name = "tulip",
    .probe = tulip_probe,
    .open = tulip_open,
    .poll = tulip_poll,
    .transmit = tulip_transmit,
    .link = tulip_media_link,
    .interrupt = tulip_interrupt,
    .close = tulip_close,
};

NET_DRIVER(tulip_driver);
