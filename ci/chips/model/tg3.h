/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the parts of the model of Broadcom's BCM57xx, see tg3.c. */
#ifndef TG3_H
#define TG3_H

#include "chip.h"
#include "phy.h"

/* The configuration space, of which the first page of registers is a mirror. */
enum { MISC_HOST_CTRL = 0x68, PCISTATE = 0x70, REG_BASE = 0x78, MEM_BASE = 0x7c, REG_DATA = 0x80 };
enum { MEM_DATA = 0x84, MISC_LOCAL_CTRL = 0x90, CONFIG_STD_PROD = 0x9c, CONFIG_RET_CONS = 0xa4 };
enum { CLEAR_INT = 1, MASK_INT = 2, BYTE_SWAP = 4, WORD_SWAP = 8, INDIRECT = 0x80 };
/* Mailboxes, of which the lower half counts. */
enum { MAILBOX_INT = 0x204, MAILBOX_STD_PROD = 0x26c, MAILBOX_RET_CONS = 0x284 };
enum { MAILBOX_SEND_PROD = 0x304 };
enum { MAC_MODE = 0x400, MAC_STATUS = 0x404, MAC_EVENT = 0x408, MAC_ADDRESS = 0x410 };
enum { MAC_RX_MTU = 0x43c, MAC_MI_COM = 0x44c, MAC_MI_MODE = 0x454, MAC_TX_MODE = 0x45c };
enum { MAC_TX_STATUS = 0x460, MAC_RX_MODE = 0x468, MAC_HASH = 0x470, MAC_RULE_CONFIG = 0x500 };
enum { VCPU_STATUS = 0x5100, VCPU_DONE = 1 << 26 };
enum { LINK_CHANGED = 0x1000 }; /* in MAC_STATUS and MAC_EVENT */
enum { TX_STATISTICS = 0x800, RX_STATISTICS = 0x880, STATISTICS_END = 0x8c0 };
enum { SNDDATAI = 0xc00, SNDDATAC = 0x1000, SNDBDS = 0x1400, SNDBDI = 0x1800, SNDBDC = 0x1c00 };
enum { RCVLPC = 0x2000, RCVDBDI = 0x2400, STD_RING = 0x2450, RCVDCC = 0x2800, RCVBDI = 0x2c00 };
enum { STD_THRESHOLD = 0x2c18, RCVCC = 0x3000, RCVLSC = 0x3400, MBFREE = 0x3800, HOSTCC = 0x3c00 };
enum { MEMARB = 0x4000, BUFMGR = 0x4400, RDMAC = 0x4800, WDMAC = 0x4c00, FTQ_RESET = 0x5c00 };
enum { FTQ_READ = 0x5c28, FTQ_WRITE = 0x5c78, FTQ_READ_DONE = 0x5cd8, FTQ_WRITE_DONE = 0x5d08 };
enum { DMAC = 0x6400, GRC_MODE = 0x6800, GRC_MISC_CFG = 0x6804, GRC_LOCAL_CTRL = 0x6808 };
enum { GRC_TIMER = 0x680c, EEPROM_ADDR = 0x6838, EEPROM_DATA = 0x683c, NVRAM_CMD = 0x7000 };
enum { NVRAM_ADDR = 0x700c, NVRAM_READ = 0x7010, NVRAM_CFG1 = 0x7014, NVRAM_ARB = 0x7020 };
enum { NVRAM_ACCESS = 0x7024, REGISTERS_END = 0x8000, WINDOW_SIZE = 0x8000 };
enum { BLOCK_RESET = 1, BLOCK_ENABLE = 2 };
/* GRC_MODE */
enum { SWAP_BYTES = 2, SWAP_WORDS = 4, SWAP_FRAME_BYTES = 0x10, SWAP_FRAME_WORDS = 0x20 };
enum { HOST_SEND_BDS = 0x20000, INT_ON_MAC = 0x04000000 };
/* The chip's own memory */
enum { SRAM_SIZE = 0x20000, SEND_RCB = 0x100, RETURN_RCB = 0x200, SRAM_STATISTICS = 0x300 };
enum { SRAM_STATUS = 0xb00, FIRMWARE_MAILBOX = 0xb50 };

enum generation {
    G5700,
    G5705,
    G5750,
    G5755,
    G5784,
    G57765,
    G5717
}; /* as Broadcom added to them */

struct variant {
    enum generation generation;
    uint32_t revision; /* of the chip; with more than 16 bits, it is where newer chips have it */
    uint16_t phy_id1, phy_id2;
    uint8_t pcie; /* where its capability lies; 0: PCI */
    enum {
        ORDINARY,
        GPIO_PHY, /* BCM5700: a PHY beside it, which GPIO 1 takes out of reset */
        FAST,     /* BCM5906: no gigabit, mailboxes and memory are less, another way to boot */
    } kind;
};

/* A descriptor of a receive buffer; on the return ring, too. */
enum { BD_HIGH, BD_LOW, BD_INDEX_LEN, BD_TYPE_FLAGS, BD_CHECKSUMS, BD_ERROR_VLAN, BD_OPAQUE = 7 };
enum { RX_BD = 8, STD_BDS = 512, STD_BDS_5717 = 2048, APE_SIZE = 0x10000 };

struct tg3 {
    const struct variant *variant;
    uint32_t regs[REGISTERS_END / 4], sram[SRAM_SIZE / 4];
    bool in_reset, booting; /* registers are off; the bootcode is not done */
    struct phy phy;
    uint16_t aux[8], shadow[32], aux_read, shadow_read; /* the PHY's registers 18h and 1Ch */
    uint16_t fast_shadow[32];                           /* of a PHY for Fast Ethernet */
    uint16_t mmd_control, mmd_address, eee_advertised;  /* its registers of clause 45 */
    uint8_t nvram[8192];
    uint32_t ape[APE_SIZE / 4]; /* registers of the processor for management */

    uint32_t std[STD_BDS_5717][RX_BD]; /* the standard ring's, as far as they are fetched */
    uint16_t std_fetched, std_cons, ret_prod, send_cons;
    uint8_t tag;      /* of the status block */
    unsigned done[2]; /* frames that the status block does not tell of yet: RX, TX */
    bool interrupt, ticking[2];
};
extern struct tg3 t;
enum direction { RX, TX };

static inline uint32_t *reg(uint32_t offset)
{
    return &t.regs[offset / 4];
}

static inline bool enabled(uint32_t block)
{
    return *reg(block) & BLOCK_ENABLE;
}

static inline bool later_than_5750(void)
{
    return t.variant->generation >= G5755 || t.variant->kind == FAST;
}

/* tg3.c: a register of the configuration space is about to be read; is written through the BAR */
enum { CONFIG_END = 0x100 };
void config_read_soon(unsigned offset);
void config_mirror_write(uint32_t offset, uint32_t value);

/* tg3_registers.c */
uint32_t read_register(uint32_t offset);
void write_register(uint32_t offset, uint32_t value);
uint32_t sram_read(uint32_t address);
void sram_write(uint32_t address, uint32_t value);

/* tg3_boot.c: bootcode, NVRAM, PHY */
void boot_power_on(void);
void core_reset(uint32_t value); /* GRC_MISC_CFG was written with its lowest bit */
void forget_all(void);           /* what after() was told */
void mi_write(uint32_t value);
void nvram_command(uint32_t value);
void nvram_arbitrate(uint32_t value);
void eeprom_command(uint32_t value);

/* tg3_host.c: status block, interrupts, statistics, and data to and from the machine */
void frames_done(enum direction direction, bool now);
void status_update(void);
void interrupt_mailbox(uint32_t value);
void drive(void);
void link_attention(void);
void count(uint32_t statistic, uint32_t by);
void statistics_start(void);
void host_forget(void);
bool host_read(uint64_t address, void *data, size_t len, bool frame);
bool host_write(uint64_t address, void *data, size_t len, bool frame); /* data may be changed */

/* tg3_rings.c */
void send_start(void);
void std_fetch_start(void);
void dma_test(bool to_chip, uint32_t descriptor);
void rings_forget(void);
void tg3_receive(const uint8_t *frame, size_t len);
bool tg3_ready(void);

/* tg3_offload.c: what a send descriptor asks for, and sends the frame or its segments. `frame` has
 * room for 64 more bytes. */
enum { SEND_CHECKSUM = 1, SEND_IP_CHECKSUM = 2, SEND_END = 4, SEND_VLAN = 0x40 };
enum { SEND_HEADER_16 = 0x10, SEND_NOW = 0x80, SEND_SEGMENTS = 0x300, SEND_NO_CRC = 0x8000 };
void offload(uint8_t *frame, size_t len, uint32_t flags, uint32_t vlan_mss);
void transmit(uint8_t *frame, size_t len); /* tg3_rings.c */

#endif
