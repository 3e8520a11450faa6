/* SPDX-License-Identifier: BSD-2-Clause */
/* Atlantic: the management processor. It starts the firmware, which owns the PHY and the link, and
 * has memory that drivers read through a mailbox: the hardware address among it. */
#include "atlantic.h"

#include <string.h>

enum { RESET_NOW = 0x8000, RESET_KEEPS_SYSTEM = 0x4000, FLASH_HELD = 0x10 };
enum { STALL = 0x00001, FORCE_INTERRUPT = 0x00002, KICK = 0x10000 };
enum { CHAIN_NOT_STARTED = 0x06000000, CHAIN_LOADED = 0x10, EXIT_DONE = 0xabba };
enum { VERSION = 0x0301004a };
enum { START_MAILBOX = 0x8000, WRITE_MAILBOX = 0x4000, MAILBOX_BUSY = 0x100 };
enum { SEM_MDIO, SEM_RAM = 2, SEM_COUNT = 5 };
enum { CONFIG_AREA = 0x80000000, SETTINGS_AREA = 0x20000000 };
enum { MDIO_BUSY = 1u << 31, MDIO_EXECUTE = 0x8000, PMA = 1, PHY_ID = 0x03a1b4b2 };
enum { MDIO_SET_ADDRESS = 3, MDIO_GET = 1, MDIO_PUT = 2 };
enum { LINK_DROP = 1 << 22, TAKE_STATISTICS = 1 << 30, RECONNECT = 1u << 31, PAUSE = 0x18 };
enum { EEE = 0xf00 };
/* The firmware's memory, and what lies where. */
enum { RAM = 0x1fb00000, MAILBOX = 0, EFUSE = 0x400, RPC = 0x800, SETTINGS = 0xc00 };
enum { RAM_SIZE = 0x1000, STATISTICS = 12, INFO = 72, CAPS_LO = INFO + 60, CAPS_HI = INFO + 64 };
enum { SETTINGS_AT = INFO + 196, SETTINGS_SIZE = INFO + 200, EFUSE_MAC = 40 * 4 };

enum { POWER_ON_TIME = 20 * MILLISECOND, LOADER_TIME = 100 * MILLISECOND };
enum { FIRMWARE_TIME = 300 * MILLISECOND, POINTER_TIME = 10 * MILLISECOND };
enum { RESET_TIME = MILLISECOND, MAILBOX_TIME = 20 * MICROSECOND, CONFIG_TIME = MILLISECOND };
enum { STATE_TIME = 2 * MILLISECOND, MDIO_TIME = 30 * MICROSECOND };
#define LINK_TIME (3000ull * MILLISECOND)

static uint32_t ram[RAM_SIZE / 4];
static bool stalled, was_reset, kicked, taken[SEM_COUNT];
static uint16_t phy_address;

/* Link */

static void set_state(uint32_t rates)
{
    bool before = atlantic.link;

    *atlantic_reg(FW_STATE) = rates;
    atlantic.link = rates;
    if (atlantic.link != before && *atlantic_reg(LINK_MAP) & 0x80)
        atlantic_interrupt(*atlantic_reg(LINK_MAP) & 0x1f);
    atlantic_run();
}

static void negotiated(void *unused)
{
    uint32_t rates = *atlantic_reg(FW_CONTROL) & atlantic.is->rates;

    (void)unused;
    while (rates & (rates - 1)) /* the fastest one */
        rates &= rates - 1;
    set_state(rates);
}

/* Begins to negotiate, when there is something to negotiate with. */
static void restart_link(void)
{
    bool wanted =
        *atlantic_reg(FW_CONTROL) & atlantic.is->rates && !(*atlantic_reg(FW_CONTROL2) & LINK_DROP);

    not_after(negotiated, NULL);
    set_state(0);
    if (atlantic.running && wanted && cable_plugged())
        after(LINK_TIME, negotiated, NULL);
}

void atlantic_cable(void)
{
    restart_link();
}

/* Start */

static void fill_memory(void)
{
    memset(ram, 0, sizeof ram);
    ram[(MAILBOX + CAPS_LO) / 4] = atlantic.is->rates | 1 << 12; /* autonegotiation */
    ram[(MAILBOX + CAPS_HI) / 4] = TAKE_STATISTICS | LINK_DROP | PAUSE;
    ram[(MAILBOX + SETTINGS_AT) / 4] = RAM + SETTINGS;
    ram[(MAILBOX + SETTINGS_SIZE) / 4] = 43 * 4;
    /* Dwords with the first byte of the address as their highest. */
    ram[(EFUSE + EFUSE_MAC) / 4] =
        (uint32_t)card_mac[0] << 24 | card_mac[1] << 16 | card_mac[2] << 8 | card_mac[3];
    ram[(EFUSE + EFUSE_MAC) / 4 + 1] = (uint32_t)card_mac[4] << 24 | card_mac[5] << 16;
}

static void pointers_set(void *unused)
{
    (void)unused;
    *atlantic_reg(FW_MAILBOX) = RAM + MAILBOX;
    *atlantic_reg(FW_EFUSE) = RAM + EFUSE;
    *atlantic_reg(FW_RPC) = RAM + RPC;
}

static void firmware_started(void *unused)
{
    (void)unused;
    fill_memory();
    memset(taken, 0, sizeof taken);
    atlantic.running = true;
    if (!atlantic.is->rom_boot)
        *atlantic_reg(BOOT_CHAIN) = CHAIN_LOADED;
    *atlantic_reg(FW_VERSION) = VERSION;
    after(POINTER_TIME, pointers_set, NULL);
}

static void loader_done(void *unused)
{
    (void)unused;
    *atlantic_reg(BOOT_EXIT) = EXIT_DONE;
    after(FIRMWARE_TIME, firmware_started, NULL);
}

static void chain_loaded(void *unused)
{
    (void)unused;
    *atlantic_reg(BOOT_CHAIN) |= CHAIN_LOADED;
}

static void powered_on(void *unused)
{
    (void)unused;
    if (atlantic.is->rom_boot)
        *atlantic_reg(BOOT_EXIT) = EXIT_DONE;
    firmware_started(NULL);
}

/* Reset */

static void read_done(void *unused);
static void config_done(void *unused);
static void state_done(void *unused);

static void stop_firmware(void)
{
    static void (*const waits[])(void *) = {
        pointers_set, firmware_started, loader_done, chain_loaded, powered_on,
        negotiated,   read_done,        config_done, state_done,
    };

    for (unsigned i = 0; i < sizeof waits / sizeof *waits; i++)
        not_after(waits[i], NULL);
    atlantic.running = false;
    *atlantic_reg(FW_VERSION) = 0;
    memset(atlantic_reg(SCRATCH), 0, SCRATCH_END - SCRATCH);
    *atlantic_reg(BOOT_CHAIN) = CHAIN_NOT_STARTED;
    *atlantic_reg(MAILBOX_COMMAND) = 0;
    set_state(0);
}

void atlantic_mcp_reset(void)
{
    stalled = was_reset = kicked = false;
    phy_address = 0;
    stop_firmware();
    after(POWER_ON_TIME, powered_on, NULL);
}

static void reset_done(void *unused)
{
    (void)unused;
    *atlantic_reg(SOFT_RESET) &= ~RESET_NOW;
}

static void soft_reset(uint32_t value)
{
    bool loaded = !atlantic.is->rom_boot && kicked && *atlantic_reg(BOOT_CHAIN) & CHAIN_LOADED;

    *atlantic_reg(SOFT_RESET) = value;
    not_after(reset_done, NULL);
    after(RESET_TIME, reset_done, NULL);
    for (uint32_t block = RX_BLOCK; block <= TX_BLOCK; block += TX_BLOCK - RX_BLOCK)
        if (!(*atlantic_reg(block) & BLOCK_KEPT))
            atlantic_reset_block(block);
    if (!(*atlantic_reg(INTERRUPT_CONTROL) & BLOCK_KEPT))
        atlantic_reset_block(INTERRUPT_BLOCK);
    if (value & RESET_KEEPS_SYSTEM)
        return;
    if (!stalled && !loaded)
        fault("the whole chip is reset while its processor runs");
    stop_firmware();
    *atlantic_reg(FLASH_RESET) &= ~FLASH_HELD;
    was_reset = true;
    kicked = false;
    if (loaded)
        after(FIRMWARE_TIME, firmware_started, NULL);
}

static void write_processor(uint32_t value)
{
    bool starts = stalled && was_reset && !(value & STALL);

    if (value & FORCE_INTERRUPT) {
        *atlantic_reg(CONFIG_STATE) = *atlantic_reg(CONFIG_COMMAND);
        not_after(config_done, NULL);
        after(CONFIG_TIME, config_done, NULL);
    }
    *atlantic_reg(PROCESSOR) = value & ~FORCE_INTERRUPT;
    stalled = value & STALL;
    if (starts)
        was_reset = false;
    if (starts && atlantic.is->rom_boot)
        after(LOADER_TIME, loader_done, NULL);
    if (value & KICK && !atlantic.is->rom_boot && !kicked) {
        kicked = true;
        /* It reads the flash for that. */
        if (!(*atlantic_reg(FLASH_RESET) & FLASH_HELD))
            after(LOADER_TIME, chain_loaded, NULL);
    }
}

/* Mailbox */

static void read_done(void *unused)
{
    uint32_t at = *atlantic_reg(MAILBOX_ADDRESS) - RAM;
    bool writes = *atlantic_reg(MAILBOX_COMMAND) & WRITE_MAILBOX;

    (void)unused;
    if (at % 4 || at >= RAM_SIZE)
        fault("the firmware's memory at %#x is looked at", at + RAM);
    else if (writes)
        ram[at / 4] = *atlantic_reg(MAILBOX_VALUE);
    else
        *atlantic_reg(MAILBOX_VALUE) = ram[at / 4];
    *atlantic_reg(MAILBOX_ADDRESS) += 4;
    *atlantic_reg(MAILBOX_COMMAND) = 0;
}

static void write_mailbox(uint32_t value)
{
    if (!(value & START_MAILBOX))
        return;
    if (!atlantic.running || !taken[SEM_RAM])
        fault("the mailbox is used without its semaphore");
    if (*atlantic_reg(MAILBOX_COMMAND) & MAILBOX_BUSY)
        fault("the mailbox is used while it is busy");
    *atlantic_reg(MAILBOX_COMMAND) = value | MAILBOX_BUSY;
    not_after(read_done, NULL);
    after(MAILBOX_TIME, read_done, NULL);
}

/* A dword for the area that the highest bits name; they change once it is there. */
static void config_done(void *unused)
{
    uint32_t command = *atlantic_reg(CONFIG_COMMAND), area = command & 0xf0000000;
    uint32_t at = (area == SETTINGS_AREA ? SETTINGS : RPC) + (command & 0xffff);

    (void)unused;
    if ((area != (uint32_t)CONFIG_AREA && area != SETTINGS_AREA) || at % 4 || at >= RAM_SIZE)
        fault("the firmware is told to write with %#x", command);
    else
        ram[at / 4] = *atlantic_reg(CONFIG_VALUE);
    *atlantic_reg(CONFIG_STATE) = 0;
}

/* Control */

static void state_done(void *unused)
{
    (void)unused;
    memcpy(&ram[(MAILBOX + STATISTICS) / 4], atlantic.counters, sizeof atlantic.counters);
    /* The link partner knows neither pause frames nor how to save energy. */
    *atlantic_reg(FW_STATE2) = *atlantic_reg(FW_CONTROL2) & ~(PAUSE | EEE | RECONNECT);
}

static void write_control(uint32_t reg, uint32_t value)
{
    uint32_t before = *atlantic_reg(reg);

    if (!atlantic.running)
        fault("register %#x is written before the firmware has started", reg);
    *atlantic_reg(reg) = value;
    if (reg == FW_CONTROL) {
        if (value != before)
            restart_link();
        return;
    }
    *atlantic_reg(reg) &= ~RECONNECT;
    if (value & RECONNECT || (value ^ before) & LINK_DROP)
        restart_link();
    not_after(state_done, NULL);
    after(STATE_TIME, state_done, NULL);
}

/* MDIO, clause 45 */

static void mdio_done(void *unused)
{
    uint32_t command = *atlantic_reg(MDIO_COMMAND);
    unsigned mode = command >> 12 & 3, phy = command >> 5 & 31, device = command & 31;
    uint16_t value = 0;

    (void)unused;
    *atlantic_reg(MDIO_COMMAND) = command & ~(MDIO_BUSY | MDIO_EXECUTE);
    if (mode == MDIO_SET_ADDRESS)
        phy_address = *atlantic_reg(MDIO_ADDRESS);
    if (mode != MDIO_GET)
        return;
    if (phy != 0)
        value = 0xffff;
    else if (device == PMA && (phy_address == 2 || phy_address == 3))
        value = PHY_ID >> (phy_address == 2 ? 16 : 0);
    *atlantic_reg(MDIO_READ) = value;
}

static void write_mdio(uint32_t value)
{
    if (!taken[SEM_MDIO])
        fault("the PHY is asked without its semaphore");
    *atlantic_reg(MDIO_COMMAND) = value | (value & MDIO_EXECUTE ? MDIO_BUSY : 0);
    not_after(mdio_done, NULL);
    if (value & MDIO_EXECUTE)
        after(MDIO_TIME, mdio_done, NULL);
}

/* Registers */

static bool is_semaphore(uint32_t reg)
{
    return reg >= SEMAPHORES && reg < SEMAPHORES + 4 * SEM_COUNT;
}

bool atlantic_mcp_read(uint32_t reg, uint32_t *value)
{
    bool *semaphore = &taken[(reg - SEMAPHORES) / 4 % SEM_COUNT];

    if (!is_semaphore(reg))
        return false;
    /* Reading takes it, when it is free. The firmware has it while it starts. */
    *value = atlantic.running && !*semaphore;
    *semaphore |= *value;
    return true;
}

bool atlantic_mcp_write(uint32_t reg, uint32_t value)
{
    if (is_semaphore(reg)) {
        if (value & 1)
            taken[(reg - SEMAPHORES) / 4] = false;
        return true;
    }
    switch (reg) {
    case SOFT_RESET:
        if (value & RESET_NOW)
            soft_reset(value);
        else
            *atlantic_reg(reg) = value;
        return true;
    case PROCESSOR:
        write_processor(value);
        return true;
    case MAILBOX_COMMAND:
        write_mailbox(value);
        return true;
    case MDIO_COMMAND:
        write_mdio(value);
        return true;
    case FW_CONTROL:
    case FW_CONTROL2:
        write_control(reg, value);
        return true;
    case RPC_CONTROL: /* nothing that is asked so has an answer */
        *atlantic_reg(reg) = *atlantic_reg(RPC_STATE) = value;
        return true;
    case FW_VERSION:
    case MIF_ID:
    case FW_MAILBOX:
    case FW_EFUSE:
    case FW_RPC:
    case FW_STATE:
    case FW_STATE2:
    case BOOT_CHAIN:
        fault("register %#x is written, which can only be read", reg);
        return true;
    }
    return false;
}
