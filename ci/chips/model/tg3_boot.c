/* SPDX-License-Identifier: BSD-2-Clause */
/* BCM57xx: reset, the bootcode's part of it, NVRAM and EEPROM, the PHY and the way to it. */
#include "tg3.h"

#include <string.h>

enum { CPMU = 0x3600, CPMU_SIZE = 0x200 };
enum { MISC_CFG_KEEP = 0x0001e000, KEEP_PHY = 0x04000000, KEEP_PCIE = 1 << 29 };
enum { MAGIC = 0x4b657654, DATA_SIGNATURE = 0xb54, DATA_CONFIG = 0xb58, DATA_VERSION = 0xb5c };
enum { DATA_PHY_ID = 0xb74, MAC_HIGH = 0xc14, MAC_LOW = 0xc18, COPPER = 0x10, LED_PHY_1 = 4 };
enum { MAC_SIGNATURE = 0x484b, NVRAM_MAC = 0x7c };
enum { PCI_COMMAND = 4, COMMAND_MEMORY = 2, PCI_CACHE_LINE = 0x0c, PCI_BAR = 0x10 };
enum { MI_BUSY = 1 << 29, MI_FAILED = 1 << 28, MI_READ = 1 << 27, MI_WRITE = 1 << 26 };
enum { MI_AUTO_POLL = 0x10, PHY_ADDRESS = 1 };
enum { MI_INTERRUPT = 0x800000, GPIO_1_HIGH = 0x9000 }; /* MAC_STATUS; driven as an output */
enum { CMD_DONE = 8, CMD_GO = 0x10, CMD_WRITE = 0x20, CMD_ERASE = 0x40 };
enum { CMD_FIRST = 0x80, CMD_LAST = 0x100, ARB_GRANT = 0x200, ARB_REQUEST = 0x2000 };
enum { ARB_SET = 2, ARB_CLEAR = 0x20, AUTO_EEPROM = 1 << 24 };
enum { EEPROM_READ = 1u << 31, EEPROM_COMPLETE = 1 << 30, EEPROM_START = 1 << 25 };
enum {
    AUX_CONTROL = 0x18,
    AUX_STATUS = 0x19,
    INT_STATUS = 0x1a,
    SHADOW = 0x1c,
    AUX_WRITE = 0x8000
};
enum { FAST_TEST = 0x1f, FAST_SHADOW = 0x80, FAST_100 = 8, FAST_FULL = 1, FAST_NVRAM_MAC = 0x10 };
enum { MMD_CONTROL = 13, MMD_DATA, MMD_IS_DATA = 0xc000, AUTONEG_MMD = 7, EEE_ADVERTISE = 60 };
enum { AUX_MISC = 7, INT_MASK = 0x1b, RECEIVER_ERRORS = 0x14, INT_LINK = 2 };
enum { FAST_BOOT_TIME = 15 * MILLISECOND };
enum { RESET_TIME = 100 * MICROSECOND, BOOT_TIME = 100 * MILLISECOND, MI_TIME = 60 * MICROSECOND };
enum {
    NVRAM_TIME = 100 * MICROSECOND,
    EEPROM_TIME = 1 * MILLISECOND,
    GRANT_TIME = 20 * MICROSECOND
};

/* --- the PHY, as BCM54xx. Of clause 45 (802.3 annex 22D) it has what energy-efficient Ethernet
 * advertises; the partner does not speak that. */
static uint16_t *mmd_register(void)
{
    bool advertised = (t.mmd_control & 31) == AUTONEG_MMD && t.mmd_address == EEE_ADVERTISE;

    if (!(t.mmd_control & MMD_IS_DATA))
        return &t.mmd_address;
    return advertised && t.variant->generation >= G57765 ? &t.eee_advertised : NULL;
}

static bool in_fast_shadow(unsigned number)
{
    return number >= 16 && number < FAST_TEST && t.variant->kind == FAST &&
           t.phy.regs[FAST_TEST] & FAST_SHADOW;
}

static bool phy_vendor_read(struct phy *phy, unsigned number, uint16_t *value)
{
    static const uint8_t modes[2][3] = {{1, 3, 6}, {2, 5, 7}}; /* half, full: 10, 100, 1000 */

    if (in_fast_shadow(number)) {
        *value = t.fast_shadow[number];
        return true;
    }
    switch (number) {
    case AUX_CONTROL:
        *value = t.aux[t.aux_read];
        return true;
    case AUX_STATUS:
        *value = 0;
        if (phy->link && t.variant->kind == FAST)
            *value = (phy->speed == 100 ? FAST_100 : 0) | (phy->full ? FAST_FULL : 0);
        else if (phy->link)
            *value = modes[phy->full][phy->speed == 1000 ? 2 : phy->speed == 100] << 8 | 4;
        return true;
    case SHADOW:
        *value = t.shadow_read << 10 | t.shadow[t.shadow_read];
        return true;
    case MMD_DATA:
        *value = mmd_register() ? *mmd_register() : 0;
        return true;
    case INT_STATUS: /* reading clears it */
        *value = phy->regs[number];
        phy->regs[number] = 0;
        return true;
    }
    return false;
}

static bool phy_vendor_write(struct phy *phy, unsigned number, uint16_t value)
{
    if (in_fast_shadow(number)) {
        t.fast_shadow[number] = value;
    } else if (number == MMD_CONTROL) {
        t.mmd_control = value;
    } else if (number == MMD_DATA) {
        if (mmd_register())
            *mmd_register() = value;
    } else if (number < 16) {
        return false;
    } else if (number == AUX_CONTROL) {
        if ((value & AUX_MISC) == AUX_MISC && !(value & AUX_WRITE))
            t.aux_read = value >> 12 & 7;
        else
            t.aux[value & 7] = value & ~AUX_WRITE;
    } else if (number == SHADOW) {
        t.shadow_read = value >> 10 & 31;
        if (value & AUX_WRITE)
            t.shadow[t.shadow_read] = value & 0x3ff;
    } else if (number != AUX_STATUS && number != INT_STATUS && number != RECEIVER_ERRORS) {
        phy->regs[number] = value;
    }
    return true;
}

static void link_changed(void)
{
    t.phy.regs[INT_STATUS] |= INT_LINK;
    if (!(t.phy.regs[INT_MASK] & INT_LINK))
        *reg(MAC_STATUS) |= MI_INTERRUPT;
    link_attention();
}

static bool phy_is_on(void)
{
    return t.variant->kind != GPIO_PHY || (*reg(GRC_LOCAL_CTRL) & GPIO_1_HIGH) == GPIO_1_HIGH;
}

static void mi_done(void *argument)
{
    uint32_t value = *reg(MAC_MI_COM) & ~MI_BUSY;
    unsigned number = value >> 16 & 31;

    if ((value >> 21 & 31) != PHY_ADDRESS || !phy_is_on())
        value |= value & MI_READ ? MI_FAILED | 0xffff : 0;
    else if (value & MI_READ)
        value = (value & ~0xffffu) | phy_read(&t.phy, number);
    else if (value & MI_WRITE)
        phy_write(&t.phy, number, value);
    *reg(MAC_MI_COM) = value;
}

void mi_write(uint32_t value)
{
    if (*reg(MAC_MI_COM) & MI_BUSY) {
        fault("MI_COM is written while an access goes on");
        return;
    }
    if (*reg(MAC_MI_MODE) & MI_AUTO_POLL && value & MI_BUSY)
        fault("MI_COM is used while the chip polls the PHY by itself");
    *reg(MAC_MI_COM) = value & ~MI_FAILED;
    if (value & MI_BUSY)
        after(MI_TIME, mi_done, NULL);
}

/* --- NVRAM and EEPROM */
static uint32_t nvram_word(uint32_t address)
{
    const uint8_t *at = t.nvram + (address & (sizeof(t.nvram) - 4));

    return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static void granted(void *argument)
{
    *reg(NVRAM_ARB) |= ARB_GRANT;
}

void nvram_arbitrate(uint32_t value)
{
    if (value & ARB_CLEAR) {
        not_after(granted, NULL);
        *reg(NVRAM_ARB) &= ~(ARB_GRANT | ARB_REQUEST);
    } else if (value & ARB_SET && !(*reg(NVRAM_ARB) & ARB_REQUEST)) {
        *reg(NVRAM_ARB) |= ARB_REQUEST;
        after(GRANT_TIME, granted, NULL);
    }
}

static void nvram_done(void *argument)
{
    *reg(NVRAM_READ) = nvram_word(*reg(NVRAM_ADDR));
    *reg(NVRAM_CMD) = (*reg(NVRAM_CMD) & ~CMD_GO) | CMD_DONE;
}

void nvram_command(uint32_t value)
{
    uint32_t *command = reg(NVRAM_CMD);

    if (*command & CMD_GO) {
        fault("an NVRAM command is given while another goes on");
        return;
    }
    *command = (value & ~CMD_DONE) | (*command & ~value & CMD_DONE); /* writing 1 clears it */
    if (!(value & CMD_GO))
        return;
    if (!(*reg(NVRAM_ARB) & ARB_GRANT))
        fault("an NVRAM command is given without the arbiter's grant");
    else if (t.variant->generation >= G5750 && !(*reg(NVRAM_ACCESS) & 1))
        fault("an NVRAM command is given, and NVRAM_ACCESS is off");
    else if (value & (CMD_WRITE | CMD_ERASE))
        fault("the NVRAM is written");
    else
        after(NVRAM_TIME, nvram_done, NULL);
}

static void eeprom_done(void *argument)
{
    uint32_t word = nvram_word(*reg(EEPROM_ADDR) & 0xffff);

    *reg(EEPROM_DATA) = __builtin_bswap32(word);
    *reg(EEPROM_ADDR) = (*reg(EEPROM_ADDR) & ~EEPROM_START) | EEPROM_COMPLETE;
}

void eeprom_command(uint32_t value)
{
    uint32_t *command = reg(EEPROM_ADDR);

    if (*command & EEPROM_START) {
        fault("an EEPROM command is given while another goes on");
        return;
    }
    *command = (value & ~EEPROM_COMPLETE) | (*command & ~value & EEPROM_COMPLETE);
    if (!(value & EEPROM_START))
        return;
    if (!(*reg(GRC_LOCAL_CTRL) & AUTO_EEPROM))
        fault("the EEPROM is accessed, and AUTO_SEEPROM is off");
    else if (value & EEPROM_READ)
        after(EEPROM_TIME, eeprom_done, NULL);
    else
        fault("the EEPROM is written");
}

/* --- reset and the bootcode */
static void booted(void *argument)
{
    uint32_t high = card_mac[0] << 8 | card_mac[1];
    uint32_t low = (uint32_t)card_mac[2] << 24 | card_mac[3] << 16 | card_mac[4] << 8 | card_mac[5];
    const struct {
        uint32_t at, value;
    } data[] = {{DATA_SIGNATURE, MAGIC},
                {DATA_CONFIG, COPPER | LED_PHY_1},
                {DATA_VERSION, 3 << 16},
                {DATA_PHY_ID, (uint32_t)t.variant->phy_id1 << 16 | t.variant->phy_id2},
                {MAC_HIGH, MAC_SIGNATURE << 16 | high},
                {MAC_LOW, low},
                {FIRMWARE_MAILBOX, ~MAGIC}};

    t.booting = false;
    *reg(MEMARB) |= BLOCK_ENABLE;
    *reg(VCPU_STATUS) |= VCPU_DONE;
    *reg(MAC_ADDRESS) = high;
    *reg(MAC_ADDRESS + 4) = low;
    for (unsigned i = 0; i < sizeof(data) / sizeof(*data); i++)
        t.sram[data[i].at / 4] = data[i].value;
}

static void defaults(void)
{
    uint32_t board = *reg(GRC_MISC_CFG) & MISC_CFG_KEEP, cpmu[CPMU_SIZE / 4];

    memcpy(cpmu, reg(CPMU), CPMU_SIZE); /* what manages its power is apart from the core */
    memset(t.regs, 0, sizeof(t.regs));
    memcpy(reg(CPMU), cpmu, CPMU_SIZE);
    *reg(GRC_MISC_CFG) = board;
    *reg(MAC_MI_MODE) = 0x000c0000;
    *reg(MAC_RX_MTU) = 1522;
    *reg(NVRAM_CFG1) = 0x02000000; /* an EEPROM of Atmel, buffered: without pages */
    if (t.variant->generation == G5755)
        *reg(NVRAM_CFG1) = 0x02400000; /* an ST M45PE10 */
    if (t.variant->generation >= G5717)
        *reg(NVRAM_CFG1) = 1;           /* an EEPROM */
    if (t.variant->generation >= G5705) /* it cannot be switched off */
        *reg(MEMARB) = BLOCK_ENABLE;
    t.std_fetched = t.std_cons = t.ret_prod = t.send_cons = 0;
    t.tag = 0;
    t.interrupt = false;
    t.done[RX] = t.done[TX] = 0;
    t.ticking[RX] = t.ticking[TX] = false;
}

static void reset_done(void *argument)
{
    t.in_reset = false;
    after(t.variant->kind == FAST ? FAST_BOOT_TIME : BOOT_TIME, booted, NULL);
}

void forget_all(void)
{
    static void (*const calls[])(void *) = {booted,     reset_done,  mi_done,
                                            nvram_done, eeprom_done, granted};

    for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++)
        not_after(calls[i], NULL);
    rings_forget();
    host_forget();
}

void core_reset(uint32_t value)
{
    forget_all();
    defaults();
    t.in_reset = t.booting = true;
    /* The way to the registers is as after power-on, too. */
    config_set(MISC_HOST_CTRL, config_get(MISC_HOST_CTRL, 4) & 0xffff0000, 4);
    config_set(PCI_COMMAND, config_get(PCI_COMMAND, 2) & ~COMMAND_MEMORY, 2);
    config_set(PCI_CACHE_LINE, 0, 2);
    if (t.variant->pcie && !(value & KEEP_PCIE)) {
        config_set(PCI_COMMAND, 0, 2);
        config_set(PCI_BAR, 0, 4);
    }
    if (t.variant->generation >= G5705 && t.variant->generation <= G5755 && !(value & KEEP_PHY))
        phy_reset(&t.phy);
    drive();
    after(RESET_TIME, reset_done, NULL);
}

void boot_power_on(void)
{
    static const uint8_t magic[] = {0x66, 0x99, 0x55, 0xaa};

    memcpy(t.nvram, magic, sizeof(magic));
    memcpy(t.nvram + (t.variant->kind == FAST ? FAST_NVRAM_MAC : NVRAM_MAC) + 2, card_mac,
           sizeof(card_mac));
    defaults();
    t.booting = true;
    t.phy.id1 = t.variant->phy_id1;
    t.phy.id2 = t.variant->phy_id2;
    t.phy.gigabit = t.variant->kind != FAST;
    t.phy.changed = link_changed;
    t.phy.vendor_read = phy_vendor_read;
    t.phy.vendor_write = phy_vendor_write;
    phy_reset(&t.phy);
    reset_done(NULL);
}
