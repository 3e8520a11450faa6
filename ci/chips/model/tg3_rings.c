/* SPDX-License-Identifier: BSD-2-Clause */
/* BCM57xx: the send ring, the standard ring of receive buffers, and the return ring. */
#include "tg3.h"

#include <string.h>

enum { PORT_MASK = 0x0c, PORT_MII = 4, PORT_GMII = 8, TX_DMA = 1 << 21, RX_DMA = 1 << 22 };
enum { RX_PROMISCUOUS = 0x100, RX_KEEP_TAG = 0x400 };
enum { RCB_DISABLED = 2, RX_END = 4, RX_TAGGED = 0x40 };
enum { FRAME_MIN = 60, CRC = 4, VLAN_TAG = 4, SEND_MAX = 65536, SEND_ROOM = SEND_MAX + 64 };
enum { SEND_TIME = 20 * MICROSECOND, FETCH_TIME = 3 * MICROSECOND, TEST_TIME = 200 * MICROSECOND };
/* Octets, and frames by their destination */
enum { STAT_OCTETS = 0, TX_UNICAST = 0x6c, RX_UNICAST = 0x0c, RX_TOO_LONG = 0x30 };

struct ring {
    uint64_t address;
    unsigned size; /* descriptors; 0: there is none */
};

/* Which blocks a frame goes through. Those before the 0 every chip has. */
static const uint16_t send_blocks[] = {MEMARB,   BUFMGR,   RDMAC,  SNDBDS, SNDBDI, SNDBDC,
                                       SNDDATAI, SNDDATAC, HOSTCC, 0,      DMAC,   MBFREE};
static const uint16_t receive_blocks[] = {MEMARB, BUFMGR, RDMAC,  WDMAC, RCVLPC, RCVDBDI, RCVDCC,
                                          RCVBDI, RCVCC,  HOSTCC, 0,     DMAC,   MBFREE,  RCVLSC};

static bool all_enabled(const uint16_t *blocks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (blocks[i] == 0 && t.variant->generation != G5700)
            break;
        if (blocks[i] && !enabled(blocks[i]))
            return false;
    }
    return *reg(FTQ_RESET) == 0 && !t.booting;
}

/* The MAC speaks with the PHY in the way that its speed needs. */
static bool linked(void)
{
    unsigned port = *reg(MAC_MODE) & PORT_MASK;

    return t.phy.link && port == (t.phy.speed == 1000 ? PORT_GMII : PORT_MII);
}

static struct ring ring_at(uint32_t rcb, unsigned smallest, unsigned largest)
{
    const uint32_t *words = &t.sram[rcb / 4];
    struct ring ring = {(uint64_t)words[0] << 32 | words[1], words[2] >> 16};

    if (words[2] & RCB_DISABLED || ring.address == 0) {
        ring.size = 0;
    } else if (ring.size < smallest || ring.size > largest || ring.size & (ring.size - 1) ||
               ring.address & 7) {
        fault("the ring that %#x tells of has %u descriptors at %#llx", rcb, ring.size,
              (unsigned long long)ring.address);
        ring.size = 0;
    }
    return ring;
}

/* --- sending */
static void send_step(void *argument);

static bool send_ready(void)
{
    return all_enabled(send_blocks, sizeof(send_blocks) / sizeof(*send_blocks)) &&
           enabled(MAC_TX_MODE) && *reg(MAC_MODE) & TX_DMA && *reg(GRC_MODE) & HOST_SEND_BDS;
}

void send_start(void)
{
    not_after(send_step, NULL);
    after(SEND_TIME, send_step, NULL);
}

void transmit(uint8_t *frame, size_t len)
{
    bool group = frame[0] & 1, broadcast = group && frame[5] == 0xff;

    if (len < FRAME_MIN) {
        memset(frame + len, 0, FRAME_MIN - len);
        len = FRAME_MIN;
    }
    if (!linked())
        return;
    wire_send(frame, len);
    count(TX_STATISTICS + STAT_OCTETS, len + CRC);
    count(TX_STATISTICS + TX_UNICAST + 4 * (group + broadcast), 1);
}

/* Gathers a frame from its descriptors, up to the producer's index. 0: it is not whole. */
static size_t gather(const struct ring *ring, unsigned producer, uint8_t *frame, uint32_t bd[4])
{
    size_t len = 0;
    unsigned at = t.send_cons;

    do {
        uint64_t address;
        size_t part;

        if (at == producer)
            return 0;
        if (!host_read(ring->address + 16 * at, bd, 16, false))
            return 0;
        address = (uint64_t)bd[0] << 32 | bd[1];
        part = bd[2] >> 16;
        if (part == 0 || len + part > SEND_MAX || (address & 0xffffffff) + part > 0xffffffff) {
            fault("send descriptor %u has %zu bytes at %#llx", at, part,
                  (unsigned long long)address);
            return 0;
        }
        if (later_than_5750() && part <= 8)
            fault("send descriptor %u has %zu bytes, which this chip does not manage", at, part);
        if (!host_read(address, frame + len, part, true))
            return 0;
        len += part;
        at = (at + 1) % ring->size;
    } while (!(bd[2] & SEND_END));
    t.send_cons = at;
    return len;
}

static void send_step(void *argument)
{
    static uint8_t frame[SEND_ROOM];
    struct ring ring;
    unsigned producer = *reg(MAILBOX_SEND_PROD);
    uint32_t bd[4], flags;
    size_t len;

    if (!send_ready() || t.send_cons == producer)
        return;
    ring = ring_at(SEND_RCB, 32, STD_BDS);
    if (ring.size == 0)
        return;
    if (producer >= ring.size) {
        fault("the send ring's producer index is %u of %u", producer, ring.size);
        return;
    }
    len = gather(&ring, producer, frame, bd);
    if (len == 0)
        return;
    flags = bd[2] & 0xffff;
    if (flags & SEND_NO_CRC && len > CRC)
        len -= CRC; /* the driver brings it */
    if (len < 14)
        fault("a frame of %zu bytes is sent", len);
    else
        offload(frame, len, flags, bd[3]);
    t.done[TX]++;
    frames_done(TX, flags & SEND_NOW);
    send_start();
}

/* --- the standard ring */
static struct ring std_ring(void)
{
    const uint32_t *words = reg(STD_RING);
    struct ring ring = {(uint64_t)words[0] << 32 | words[1], STD_BDS};
    unsigned size = words[2] >> 16;

    if (words[2] & RCB_DISABLED || ring.address == 0)
        ring.size = 0;
    else if (t.variant->generation >= G5717 && size && size <= STD_BDS_5717 && !(size & (size - 1)))
        ring.size = size;
    else if (ring.address & 7 || (t.variant->generation != G5700 && words[2] >> 16 != STD_BDS)) {
        fault("the standard ring has %u descriptors at %#llx", words[2] >> 16,
              (unsigned long long)ring.address);
        ring.size = 0;
    }
    return ring;
}

/* The longest frame that its buffers are for. */
static size_t std_longest(void)
{
    uint32_t word = reg(STD_RING)[2];

    if (t.variant->generation == G5700)
        return word >> 16;
    return t.variant->generation >= G57765 ? word >> 2 & 0x3fff : FRAME_MAX;
}

static void std_fetch(void *argument)
{
    unsigned producer = *reg(MAILBOX_STD_PROD);
    struct ring ring;

    if (!enabled(RCVBDI) || !enabled(RDMAC) || t.std_fetched == producer)
        return;
    ring = std_ring();
    if (ring.size && producer >= ring.size)
        fault("the standard ring's producer index is %u", producer);
    else if (*reg(STD_THRESHOLD) == 0)
        fault("receive descriptors cannot be fetched, as RCVBDI_STD_THRESH is 0");
    else
        for (; ring.size && t.std_fetched != producer;
             t.std_fetched = (t.std_fetched + 1) % ring.size)
            host_read(ring.address + 4 * RX_BD * t.std_fetched, t.std[t.std_fetched], 4 * RX_BD,
                      false);
}

void std_fetch_start(void)
{
    not_after(std_fetch, NULL);
    after(FETCH_TIME, std_fetch, NULL);
}

/* --- receiving */
static bool receives(void)
{
    return all_enabled(receive_blocks, sizeof(receive_blocks) / sizeof(*receive_blocks)) &&
           enabled(MAC_RX_MODE) && *reg(MAC_MODE) & RX_DMA && linked();
}

static struct ring return_ring(void)
{
    static const uint16_t largest[] = {
        [G5700] = 2048, [G5705] = 512,   [G5750] = 512, [G5755] = 512,
        [G5784] = 512,  [G57765] = 1024, [G5717] = 4096};
    enum generation generation = t.variant->generation;

    /* Broadcom's bcm5700 driver: an early chip's has 1024 or 2048. */
    return ring_at(RETURN_RCB, generation == G5700 ? 1024 : 32, largest[generation]);
}

static bool has_room(const struct ring *ring)
{
    return t.std_cons != t.std_fetched && ring->size &&
           (t.ret_prod + 1) % ring->size != *reg(MAILBOX_RET_CONS);
}

bool tg3_ready(void)
{
    struct ring ring;

    if (!receives())
        return true;
    ring = return_ring();
    return ring.size == 0 || has_room(&ring);
}

static bool hashed(const uint8_t *address)
{
    uint32_t crc = ~0u;

    for (unsigned i = 0; i < 48; i++)
        crc = crc >> 1 ^ ((crc ^ address[i / 8] >> i % 8) & 1 ? 0xedb88320 : 0);
    return *reg(MAC_HASH + (crc >> 5 & 3) * 4) >> (crc & 31) & 1;
}

static bool accepted(const uint8_t *frame)
{
    static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
    uint32_t high = frame[0] << 8 | frame[1];
    uint32_t low = (uint32_t)frame[2] << 24 | frame[3] << 16 | frame[4] << 8 | frame[5];

    if (!(*reg(MAC_RULE_CONFIG) >> 3 & 31)) /* the class of what no rule is for: thrown away */
        return false;
    if (*reg(MAC_RX_MODE) & RX_PROMISCUOUS || memcmp(frame, broadcast, 6) == 0)
        return true;
    if (frame[0] & 1)
        return hashed(frame);
    for (unsigned i = 0; i < 4; i++)
        if (*reg(MAC_ADDRESS + 8 * i) == high && *reg(MAC_ADDRESS + 8 * i + 4) == low)
            return true;
    return false;
}

/* Takes a VLAN tag out. True when there was one. */
static bool untag(uint8_t *frame, size_t *len, uint32_t *tag)
{
    if (*reg(MAC_RX_MODE) & RX_KEEP_TAG || frame[12] != 0x81 || frame[13] != 0)
        return false;
    *tag = frame[14] << 8 | frame[15];
    memmove(frame + 12, frame + 12 + VLAN_TAG, *len - 12 - VLAN_TAG);
    *len -= VLAN_TAG;
    return true;
}

static void deliver(uint8_t *frame, size_t len, const struct ring *ring)
{
    uint32_t bd[RX_BD], tag = 0;
    bool tagged = untag(frame, &len, &tag);
    uint64_t address;

    memcpy(bd, t.std[t.std_cons], sizeof(bd));
    address = (uint64_t)bd[BD_HIGH] << 32 | bd[BD_LOW];
    if ((bd[BD_INDEX_LEN] & 0xffff) < len) {
        fault("receive descriptor %u has %u bytes, a frame %zu", t.std_cons,
              bd[BD_INDEX_LEN] & 0xffff, len);
        return;
    }
    host_write(address, frame, len, true);
    bd[BD_INDEX_LEN] = (bd[BD_INDEX_LEN] & 0xffff0000) | len;
    bd[BD_TYPE_FLAGS] = RX_END | (tagged ? RX_TAGGED : 0);
    bd[BD_CHECKSUMS] = 0; /* it says of no checksum that it is right */
    bd[BD_ERROR_VLAN] = tag;
    host_write(ring->address + sizeof(bd) * t.ret_prod, bd, sizeof(bd), false);
    t.std_cons = (t.std_cons + 1) % std_ring().size;
    t.ret_prod = (t.ret_prod + 1) % ring->size;
    t.done[RX]++;
    frames_done(RX, false);
}

void tg3_receive(const uint8_t *data, size_t len)
{
    uint8_t frame[FRAME_MAX + FRAME_MIN + CRC] = {0};
    bool group, broadcast;
    struct ring ring;

    if (!receives() || len < 14 || !accepted(data))
        return;
    group = data[0] & 1;
    broadcast = group && data[5] == 0xff;
    memcpy(frame, data, len);
    len = (len < FRAME_MIN ? FRAME_MIN : len) + CRC; /* the other end padded it */
    if (len > *reg(MAC_RX_MTU)) {
        count(RX_STATISTICS + RX_TOO_LONG, 1);
        return;
    }
    count(RX_STATISTICS + STAT_OCTETS, len);
    count(RX_STATISTICS + RX_UNICAST + 4 * (group + broadcast), 1);
    if (len > std_longest()) {
        fault("a frame of %zu bytes is larger than the standard ring is for", len);
        return;
    }
    ring = return_ring();
    if (has_room(&ring))
        deliver(frame, len, &ring);
}

/* --- what drivers use to try the DMA engines: a descriptor in the chip's memory */
static void test_done(void *argument)
{
    uint32_t at = (uint32_t)(uintptr_t)argument & ~1u, *bd = &t.sram[at / 4];
    bool to_chip = (uintptr_t)argument & 1;
    uint64_t address = (uint64_t)bd[0] << 32 | bd[1];
    size_t len = bd[3] & 0xffff;

    if (bd[2] > SRAM_SIZE || len > SRAM_SIZE - bd[2] || len > FRAME_MAX || bd[2] % 4) {
        fault("DMA of %zu bytes at %#x in the chip's memory", len, bd[2]);
        return;
    }
    if (!enabled(to_chip ? RDMAC : WDMAC))
        return;
    if (to_chip)
        dma_read(address, t.sram + bd[2] / 4, len);
    else
        dma_write(address, t.sram + bd[2] / 4, len);
    *reg(to_chip ? FTQ_READ_DONE : FTQ_WRITE_DONE) = at;
}

void dma_test(bool to_chip, uint32_t descriptor)
{
    descriptor &= SRAM_SIZE - 32;
    after(TEST_TIME, test_done, (void *)(uintptr_t)(descriptor | to_chip));
}

void rings_forget(void)
{
    not_after(send_step, NULL);
    not_after(std_fetch, NULL);
}
