/* SPDX-License-Identifier: BSD-2-Clause */
/* NE2000 clones on PCI: a DP8390 core (National Semiconductor's data sheet names the registers)
 * with packet memory of its own, which is reached through a data port. They have no bus mastering,
 * and no register shows the link.
 *
 * The memory is small: 16 KiB hold 9 full frames, QEMU's 32 KiB hold 20. Further frames are lost.
 */
#include "net_driver.h"

#include "lib/string.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

/* Ports: page 0 of the DP8390, then what the clones add. */
enum {
    COMMAND = 0,
    PAGE_START = 1,
    PAGE_STOP = 2,
    BOUNDARY = 3,
    TX_PAGE = 4,
    TX_COUNT = 5, /* and 6 */
    INTERRUPT_STATUS = 7,
    REMOTE_ADDRESS = 8, /* and 9 */
    REMOTE_COUNT = 10,  /* and 11 */
    RX_CONFIG = 12,
    TX_CONFIG = 13,
    DATA_CONFIG = 14,
    INTERRUPT_MASK = 15,
    DATA = 0x10,
    RESET = 0x1f,
};
enum { PAGE1_ADDRESS = 1, PAGE1_CURRENT = 7, PAGE1_MULTICAST = 8 };

enum { STOP = 1, START = 2, TRANSMIT = 4, READ = 8, WRITE = 0x10, NO_REMOTE = 0x20, PAGE1 = 0x40 };
enum { RECEIVED = 1, OVERRUN = 0x10, REMOTE_DONE = 0x40, RESET_DONE = 0x80 }; /* interrupt status */
enum { RECEIVED_OK = 1 };                                                     /* of a frame */
enum { BROADCAST = 4, MULTICAST = 8, MONITOR = 0x20, LOOPBACK = 2, WORD_MODE = 0x49 };

enum {
    FIRST_PAGE = 0x40, /* of 256 bytes: the memory starts at 16 KiB */
    TX_PAGES = 6,
    RX_PAGE = FIRST_PAGE + TX_PAGES,
    FCS = 4,
    FRAME_PAGES = 7, /* a full one needs 6; the rest is for other frames on the wire */
};

static struct {
    uint8_t stop;    /* one past the memory's last page */
    uint8_t next;    /* page of the frame to be read next */
    uint8_t current; /* page that the card fills next, as it was last read */
    uint8_t noted;   /* RECEIVED, if it was acknowledged before the frame was looked for */
    uint8_t wanted;  /* interrupts */
} ring;

static void command(const struct nic *nic, uint8_t value)
{
    out8(nic->io + COMMAND, value);
}

static void out_pair(const struct nic *nic, unsigned port, uint16_t value)
{
    out8(nic->io + port, value);
    out8(nic->io + port + 1, value >> 8);
}

/* The VT86C926 and the HT80232 have a 16-bit data port. All others take 32 bits, and the HT80229
 * takes nothing else. */
static bool is_narrow(const struct nic *nic)
{
    return nic->pci.vendor == 0x1106 || nic->pci.device == 0x0058;
}

/* Start a transfer through the data port; direction is READ or WRITE. len is a multiple of 4. */
static void remote(const struct nic *nic, uint16_t address, uint16_t len, uint8_t direction)
{
    command(nic, NO_REMOTE | START);
    out_pair(nic, REMOTE_COUNT, len);
    out_pair(nic, REMOTE_ADDRESS, address);
    command(nic, direction | START);
}

static uint32_t data_in(const struct nic *nic)
{
    uint32_t low;

    if (!is_narrow(nic))
        return in32(nic->io + DATA);
    low = in16(nic->io + DATA);
    return low | (uint32_t)in16(nic->io + DATA) << 16;
}

/* Read from packet memory, where len is rounded up. At the end of the ring, reads wrap around as
 * frames do. */
static void memory_read(const struct nic *nic, uint16_t address, void *to, unsigned len)
{
    uint32_t *word = to, last;
    unsigned count = len / 4;

    remote(nic, address, (len + 3) & ~3, READ);
    if (is_narrow(nic)) {
        while (count--)
            *word++ = data_in(nic);
    } else {
        in32s(nic->io + DATA, word, count);
        word += count;
    }
    if (len % 4) {
        last = data_in(nic);
        memcpy(word, &last, len % 4);
    }
}

/* False if the card doesn't take it all within 10 ms. */
static bool memory_write(const struct nic *nic, uint16_t address, const uint32_t *from,
                         unsigned len)
{
    unsigned count = (len + 3) / 4;

    out8(nic->io + INTERRUPT_STATUS, REMOTE_DONE);
    remote(nic, address, count * 4, WRITE);
    for (; count; count--, from++) {
        if (is_narrow(nic)) {
            out16(nic->io + DATA, *from);
            out16(nic->io + DATA, *from >> 16);
        } else {
            out32(nic->io + DATA, *from);
        }
    }
    return wait_until(in8(nic->io + INTERRUPT_STATUS) & REMOTE_DONE, 1000, 10);
}

/* Reset the card and leave it off the wire, but with the data port working. */
static bool reset(const struct nic *nic)
{
    static const struct {
        uint8_t port, value;
    } quiet[] = {
        {COMMAND, NO_REMOTE | STOP}, {DATA_CONFIG, WORD_MODE}, {REMOTE_COUNT, 0},
        {REMOTE_COUNT + 1, 0},       {RX_CONFIG, MONITOR},     {TX_CONFIG, LOOPBACK},
        {INTERRUPT_MASK, 0},         {INTERRUPT_STATUS, 0xff},
    };

    out8(nic->io + RESET, in8(nic->io + RESET));
    if (!wait_until(in8(nic->io + INTERRUPT_STATUS) & RESET_DONE, 1000, 10))
        return false;
    for (unsigned i = 0; i < sizeof(quiet) / sizeof(quiet[0]); i++)
        out8(nic->io + quiet[i].port, quiet[i].value);
    return true;
}

static int ne2k_pci_probe(struct nic *nic)
{
    uint8_t prom[12]; /* each byte of the address twice */

    nic->io = pci_find_bar(&nic->pci, true);
    if (!nic->io)
        return E_NO_NIC;
    pci_enable(&nic->pci, PCI_COMMAND_IO);
    if (in8(nic->io + COMMAND) == 0xff || !reset(nic))
        return E_NO_NIC;
    memory_read(nic, 0, prom, sizeof(prom));
    for (unsigned i = 0; i < 6; i++)
        nic->mac[i] = prom[2 * i];
    return nic->mac[0] & 1 ? E_NO_NIC : 0;
}

/* Find out whether there are 32, 16 or 8 KiB: mark the last page of each size, the largest first. A
 * mark is lost when its page does not exist or mirrors another one. False if there are none. */
static bool find_memory(const struct nic *nic)
{
    static const uint8_t last_page[] = {0xbf, 0x7f, 0x5f};
    uint32_t mark;

    for (unsigned i = 0; i < sizeof(last_page); i++) {
        mark = last_page[i] * 0x01010101u;
        if (!memory_write(nic, last_page[i] << 8, &mark, sizeof(mark)))
            return false;
    }
    for (unsigned i = 0; i < sizeof(last_page); i++) {
        memory_read(nic, last_page[i] << 8, &mark, sizeof(mark));
        ring.stop = last_page[i] + 1;
        if (mark == last_page[i] * 0x01010101u)
            return true;
    }
    return false;
}

/* Start with an empty ring; interrupts stay on or off. */
static void start(const struct nic *nic)
{
    const uint8_t setup[] = {
        [COMMAND] = NO_REMOTE | STOP, [PAGE_START] = RX_PAGE, [PAGE_STOP] = ring.stop,
        [BOUNDARY] = RX_PAGE,         [TX_PAGE] = FIRST_PAGE,
    };

    reset(nic);
    for (unsigned i = 0; i < sizeof(setup); i++)
        out8(nic->io + i, setup[i]);
    ring.next = ring.current = RX_PAGE + 1;
    command(nic, PAGE1 | NO_REMOTE | STOP);
    for (unsigned i = 0; i < 6; i++)
        out8(nic->io + PAGE1_ADDRESS + i, nic->mac[i]);
    out8(nic->io + PAGE1_CURRENT, ring.current);
    for (unsigned i = 0; i < 8; i++)
        out8(nic->io + PAGE1_MULTICAST + i, 0xff);
    command(nic, NO_REMOTE | START);
    out8(nic->io + TX_CONFIG, 0);
    out8(nic->io + RX_CONFIG, BROADCAST | MULTICAST);
    out8(nic->io + INTERRUPT_MASK, ring.wanted);
}

static int ne2k_pci_open(struct nic *nic)
{
    if (!reset(nic) || !find_memory(nic))
        return E_NIC_OPEN;
    ring.wanted = 0;
    nic->burst = (ring.stop - RX_PAGE) / FRAME_PAGES;
    start(nic);
    return 0;
}

/* Is there a frame at ring.next? Reading the current page takes three accesses, and the interrupt
 * status one. So the page is read only when a frame came after the last one known. */
static bool find_frame(const struct nic *nic)
{
    uint8_t status;

    if (ring.next != ring.current)
        return true;
    status = in8(nic->io + INTERRUPT_STATUS) & (RECEIVED | OVERRUN);
    if (!status && !ring.noted)
        return false;
    ring.noted = 0;
    if (status & OVERRUN) { /* the receiver has stopped until it is started again */
        start(nic);
        return false;
    }
    out8(nic->io + INTERRUPT_STATUS, status);
    command(nic, PAGE1 | NO_REMOTE | START);
    ring.current = in8(nic->io + PAGE1_CURRENT);
    command(nic, NO_REMOTE | START);
    return ring.next != ring.current;
}

static int ne2k_pci_poll(struct nic *nic, void *buf, size_t cap)
{
    struct {
        uint8_t status, next;
        uint16_t count; /* with FCS */
    } header;
    int result;

    if (!find_frame(nic))
        return 0;
    memory_read(nic, ring.next << 8, &header, sizeof(header));
    if (header.next < RX_PAGE || header.next >= ring.stop || !(header.status & RECEIVED_OK)) {
        start(nic);
        return E_PROTOCOL;
    }
    result = header.count - FCS;
    if ((size_t)result > cap)
        result = E_TOO_BIG;
    else
        memory_read(nic, (ring.next << 8) + sizeof(header), buf, result);
    ring.next = header.next;
    out8(nic->io + BOUNDARY, (ring.next == RX_PAGE ? ring.stop : ring.next) - 1);
    return result;
}

static bool wait_sent(const struct nic *nic)
{
    return wait_until(!(in8(nic->io + COMMAND) & TRANSMIT), 5000, 10);
}

static int ne2k_pci_transmit(struct nic *nic, const void *frame, size_t len)
{
    static uint32_t padded[(ETH_FRAME_MAX + 3) / 4];

    if (!wait_sent(nic))
        return E_TRANSMIT;
    len = copy_padded((uint8_t *)padded, frame, len);
    if (!memory_write(nic, FIRST_PAGE << 8, padded, len))
        return E_TRANSMIT;
    out_pair(nic, TX_COUNT, len);
    command(nic, TRANSMIT | NO_REMOTE | START);
    return 0;
}

static bool ne2k_pci_link(struct nic *nic)
{
    return true;
}

static bool ne2k_pci_interrupt(struct nic *nic, enum nic_interrupt action)
{
    uint8_t status = in8(nic->io + INTERRUPT_STATUS) & RECEIVED;

    out8(nic->io + INTERRUPT_STATUS, status);
    ring.noted |= status;
    if (action == INTERRUPT_ACKNOWLEDGE)
        return status;
    ring.wanted = action == INTERRUPT_ON ? RECEIVED : 0;
    out8(nic->io + INTERRUPT_MASK, ring.wanted);
    return false;
}

static void ne2k_pci_close(struct nic *nic)
{
    wait_sent(nic);
    reset(nic);
}

static const struct net_driver ne2k_pci_driver = {
    .name = "ne2k_pci",
    .probe = ne2k_pci_probe,
    .open = ne2k_pci_open,
    .poll = ne2k_pci_poll,
    .transmit = ne2k_pci_transmit,
    .link = ne2k_pci_link,
    .interrupt = ne2k_pci_interrupt,
    .close = ne2k_pci_close,
};

NET_DRIVER(ne2k_pci_driver);
