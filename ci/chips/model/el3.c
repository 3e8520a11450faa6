/* SPDX-License-Identifier: BSD-2-Clause */
/* Model of 3Com's EtherLink XL: 3C900/905 (Boomerang), 3C900B/905B (Cyclone), 3C905C (Tornado), and
 * of their elder 3C590/595 (Vortex).
 *
 * Facts: "3C90xC NICs Technical Reference" (3Com 89-0931-000) for windows, commands, lists and
 * EEPROM; for Vortex and Boomerang what Linux's 3c59x, FreeBSD's xl and vx, and iPXE's 3c90x and
 * 3c595 do alike.
 *
 * Registers come in eight windows of 16 bytes. An access that is wider than a register is several
 * accesses, as on the bus. */
#include <string.h>

#include "el3.h"

enum { ANY = 8 }; /* a register of all windows */
enum { STATUS = 0x0e, FIFO = 0x10, AUTO_STATUS = 0x1e };
enum { DMA_CTRL = 0x20, DOWN_LIST = 0x24, UP_STATUS = 0x30, UP_LIST = 0x38 };

struct el3 el3;

/* A register. What has no handler keeps what was written. */
struct reg {
    uint8_t window, at, size;
    uint8_t first, last; /* generations that have it */
    uint32_t (*read)(uint32_t stored);
    void (*write)(uint32_t value);
    bool fixed; /* cannot be written */
};

static uint32_t visible(void)
{
    uint32_t events = el3.events;

    if (el3_tx_status(0))
        events |= STATUS_TX_COMPLETE;
    if (el3_rx_waits())
        events |= STATUS_RX_COMPLETE;
    if (el3_statistics_full())
        events |= STATUS_UPDATE_STATS;
    return events & el3.indicate & 0x7fe;
}

void el3_update(void)
{
    if (visible() & el3.enable)
        el3.latch = true;
    irq(el3.latch);
}

static uint32_t status(uint32_t stored)
{
    (void)stored;
    return visible() | (el3.latch ? STATUS_LATCH : 0) | (el3.busy ? STATUS_BUSY : 0) |
           (uint32_t)el3.window << 13;
}

/* Reading it acknowledges, and masks all interrupts. */
static uint32_t status_auto(uint32_t stored)
{
    uint32_t value = status(stored);

    el3.latch = false;
    el3.enable = 0;
    el3.events &= ~(STATUS_DOWN_COMPLETE | STATUS_UP_COMPLETE | STATUS_REQUESTED | STATUS_RX_EARLY);
    el3_update();
    return value;
}

static uint32_t get_window5_filter(uint32_t stored)
{
    (void)stored;
    return el3.filter;
}

static uint32_t get_enable(uint32_t stored)
{
    (void)stored;
    return el3.enable;
}

static uint32_t get_indicate(uint32_t stored)
{
    (void)stored;
    return el3.indicate;
}

static uint32_t get_dma_control(uint32_t stored)
{
    return (stored & 0x00400020) | (el3.down.stalled ? 4 : 0) |
           (el3.events & STATUS_UP_COMPLETE ? 8 : 0) |
           (el3.events & STATUS_DOWN_COMPLETE ? 0x10 : 0) | (el3.down.fetching ? 0x80 : 0);
}

static uint32_t get_down_list(uint32_t stored)
{
    (void)stored;
    return el3.down.at;
}

static uint32_t get_up_list(uint32_t stored)
{
    (void)stored;
    return el3.up.at;
}

static void set_list(struct list *list, uint32_t value, const char *name)
{
    if (value && list->at && !list->stalled)
        fault("%sListPtr is written while the card works on a list and is not stalled", name);
    if (value & 7)
        fault("%sListPtr %x is no multiple of 8", name, value);
    list->at = value & ~7u;
}

static void set_down_list(uint32_t value)
{
    set_list(&el3.down, value, "Dn");
    el3_down_pump();
}

static void set_up_list(uint32_t value)
{
    set_list(&el3.up, value, "Up");
    el3_up_pump();
}

/* Bits 12 and 14 of Vortex's MasterStatus are cleared by ones. */
static void set_master_status(uint32_t value)
{
    uint8_t *high = &el3.windows[7][13];

    *high &= ~(value >> 8 & 0x50);
    if (!(*high & 0x10))
        el3.events &= ~STATUS_DMA_DONE;
    el3_update();
}

static const struct reg registers[] = {
    {ANY, STATUS, 2, VORTEX, TORNADO, status, el3_command, false},

    {0, 0x00, 4, VORTEX, TORNADO, NULL, NULL, false},
    {0, 0x04, 4, VORTEX, TORNADO, NULL, NULL, false},
    {0, 0x08, 2, VORTEX, TORNADO, NULL, NULL, false},
    {0, 0x0a, 2, VORTEX, TORNADO, el3_eeprom_busy, el3_eeprom_command, false},
    {0, 0x0c, 2, VORTEX, TORNADO, el3_eeprom_data, NULL, true},

    {2, 0x00, 1, VORTEX, TORNADO, NULL, NULL, false},
    {2, 0x01, 1, VORTEX, TORNADO, NULL, NULL, false},
    {2, 0x02, 1, VORTEX, TORNADO, NULL, NULL, false},
    {2, 0x03, 1, VORTEX, TORNADO, NULL, NULL, false},
    {2, 0x04, 1, VORTEX, TORNADO, NULL, NULL, false},
    {2, 0x05, 1, VORTEX, TORNADO, NULL, NULL, false},
    {2, 0x06, 1, VORTEX, TORNADO, NULL, NULL, false},
    {2, 0x07, 1, VORTEX, TORNADO, NULL, NULL, false},
    {2, 0x08, 1, VORTEX, TORNADO, NULL, NULL, false},
    {2, 0x09, 1, VORTEX, TORNADO, NULL, NULL, false},
    {2, 0x0a, 1, VORTEX, TORNADO, NULL, NULL, false},
    {2, 0x0b, 1, VORTEX, TORNADO, NULL, NULL, false},
    {2, 0x0c, 2, CYCLONE, TORNADO, NULL, NULL, false},

    {3, 0x00, 4, VORTEX, TORNADO, NULL, NULL, false},
    {3, 0x04, 2, CYCLONE, TORNADO, NULL, NULL, false},
    {3, 0x06, 2, VORTEX, TORNADO, NULL, NULL, false},
    {3, 0x08, 2, VORTEX, TORNADO, NULL, NULL, false},
    {3, 0x0a, 2, VORTEX, TORNADO, el3_rx_free, NULL, true},
    {3, 0x0c, 2, VORTEX, TORNADO, el3_tx_free, NULL, true},

    {4, 0x02, 2, VORTEX, TORNADO, NULL, NULL, false},
    {4, 0x04, 2, VORTEX, TORNADO, NULL, NULL, false},
    {4, 0x06, 2, VORTEX, TORNADO, NULL, NULL, false},
    {4, 0x08, 2, VORTEX, TORNADO, el3_management, el3_manage, false},
    {4, 0x0a, 2, VORTEX, TORNADO, el3_media_status, NULL, false},

    {5, 0x00, 2, VORTEX, TORNADO, NULL, NULL, true},
    {5, 0x04, 2, VORTEX, TORNADO, NULL, NULL, true},
    {5, 0x06, 2, VORTEX, TORNADO, NULL, NULL, true},
    {5, 0x08, 1, VORTEX, TORNADO, get_window5_filter, NULL, true},
    {5, 0x09, 1, CYCLONE, TORNADO, NULL, NULL, true},
    {5, 0x0a, 2, VORTEX, TORNADO, get_enable, NULL, true},
    {5, 0x0c, 2, VORTEX, TORNADO, get_indicate, NULL, true},

    {7, 0x00, 4, VORTEX, VORTEX, NULL, NULL, false},
    {7, 0x06, 2, VORTEX, VORTEX, NULL, NULL, false},
    {7, 0x0c, 2, VORTEX, VORTEX, NULL, set_master_status, false},
    {7, 0x00, 2, CYCLONE, TORNADO, NULL, NULL, false},
    {7, 0x04, 2, CYCLONE, TORNADO, NULL, NULL, false},
    {7, 0x0c, 2, CYCLONE, TORNADO, NULL, NULL, false},

    {ANY, 0x14, 1, VORTEX, BOOMERANG, el3_rx_error, NULL, true},
    {ANY, 0x18, 2, VORTEX, BOOMERANG, el3_rx_status, NULL, true},
    {ANY, 0x18, 1, CYCLONE, TORNADO, NULL, NULL, true},
    {ANY, 0x1a, 1, VORTEX, TORNADO, NULL, NULL, true},
    {ANY, 0x1b, 1, VORTEX, TORNADO, el3_tx_status, el3_tx_pop, false},
    {ANY, 0x1c, 2, VORTEX, BOOMERANG, el3_tx_free, NULL, true},
    {ANY, AUTO_STATUS, 2, CYCLONE, TORNADO, status_auto, NULL, true},
    {ANY, DMA_CTRL, 4, BOOMERANG, TORNADO, get_dma_control, NULL, false},
    {ANY, DOWN_LIST, 4, BOOMERANG, TORNADO, get_down_list, set_down_list, false},
    {ANY, 0x2a, 1, CYCLONE, TORNADO, NULL, NULL, false},
    {ANY, 0x2c, 1, CYCLONE, TORNADO, NULL, NULL, false},
    {ANY, 0x2d, 1, CYCLONE, TORNADO, NULL, NULL, false},
    {ANY, 0x2f, 1, BOOMERANG, BOOMERANG, NULL, NULL, false},
    {ANY, UP_STATUS, 4, BOOMERANG, TORNADO, NULL, NULL, true},
    {ANY, 0x34, 2, BOOMERANG, TORNADO, NULL, NULL, true},
    {ANY, 0x36, 2, BOOMERANG, TORNADO, NULL, NULL, false},
    {ANY, UP_LIST, 4, BOOMERANG, TORNADO, get_up_list, set_up_list, false},
    {ANY, 0x3c, 1, CYCLONE, TORNADO, NULL, NULL, false},
    {ANY, 0x3d, 1, CYCLONE, TORNADO, NULL, NULL, false},
    {ANY, 0x3e, 1, CYCLONE, TORNADO, NULL, NULL, false},
    {ANY, 0x40, 4, CYCLONE, TORNADO, NULL, NULL, true},
    {ANY, 0x78, 2, CYCLONE, TORNADO, NULL, NULL, false},
    {ANY, 0x7a, 2, CYCLONE, TORNADO, NULL, NULL, false},
    {ANY, 0x7c, 2, CYCLONE, TORNADO, NULL, NULL, false},
};

static const struct reg *find(uint32_t at, unsigned size)
{
    unsigned window = at == STATUS || at >= 16 ? ANY : el3.window;

    for (unsigned i = 0; i < sizeof registers / sizeof *registers; i++) {
        const struct reg *reg = &registers[i];

        if (reg->window == window && reg->at == at && reg->size == size &&
            el3.is->generation >= reg->first && el3.is->generation <= reg->last)
            return reg;
    }
    return NULL;
}

static uint8_t *cell(const struct reg *reg)
{
    return reg->window == ANY ? &el3.upper[reg->at] : &el3.windows[reg->window][reg->at];
}

uint16_t el3_word(unsigned window, unsigned at)
{
    return el3.windows[window][at] | el3.windows[window][at + 1] << 8;
}

/* The ports of window 1 are also in all windows, 16 bytes higher. */
static uint32_t place(uint32_t at)
{
    return el3.window == 1 && at < STATUS && el3.is->generation <= BOOMERANG ? at + FIFO : at;
}

static bool is_fifo(uint32_t at)
{
    return at >= FIFO && at < FIFO + 4 && el3.is->generation <= BOOMERANG;
}

/* Statistics are bytes, and words from 10 on; reading clears them. Some of them are in window 4. */
static bool is_statistic(uint32_t at, unsigned size)
{
    if (el3.window == 4)
        return size == 1 && (at == 12 || at == 13);
    return el3.window == 6 && (at < 10 ? size == 1 : size == 2 && (at == 10 || at == 12));
}

static uint32_t read(unsigned bar, uint32_t at, unsigned size)
{
    const struct reg *reg;
    uint32_t value = 0;

    (void)bar;
    at = place(at);
    el3.looks += at == 0x1b;
    if (el3.resetting && at != STATUS)
        fault("register %02x is read before the reset is over", at);
    if (is_fifo(at))
        return el3_fifo_read(size);
    if (is_statistic(at, size))
        return el3_statistic(el3.window, at);
    reg = find(at, size);
    if (!reg && size > 1)
        return read(bar, at, size / 2) | read(bar, at + size / 2, size / 2) << size * 4;
    if (!reg && find(at & ~1u, 2)) /* Linux's 3c59x reads half of NetworkDiagnostic */
        return read(bar, at & ~1u, 2) >> (at & 1) * 8 & 0xff;
    if (!reg) {
        fault("no register to read at %02x in window %u", at, el3.window);
        return 0xff;
    }
    memcpy(&value, cell(reg), size);
    return reg->read ? reg->read(value) : value;
}

static void write(unsigned bar, uint32_t at, uint32_t value, unsigned size)
{
    const struct reg *reg;

    at = place(at);
    if (el3.busy)
        fault("register %02x is written (%x) while a command is in progress", at, value);
    if (is_fifo(at)) {
        el3_fifo_write(value, size);
        return;
    }
    reg = find(at, size);
    if (!reg && size > 1) {
        write(bar, at, value & (size == 4 ? 0xffff : 0xff), size / 2);
        write(bar, at + size / 2, value >> size * 4, size / 2);
        return;
    }
    if (!reg || reg->fixed) {
        fault("no register to write (%x) at %02x in window %u", value, at, el3.window);
        return;
    }
    if (reg->write)
        reg->write(value);
    else
        memcpy(cell(reg), &value, size);
}

static void reset(const struct variant *variant)
{
    memset(&el3, 0, sizeof el3);
    el3.is = variant;
    el3_rx_reset();
    el3_tx_reset();
    el3_media_reset(true);
    irq(false);
}

#define EL3(number, id, speed_, generation_, ...)                                       \
    static void el3_##number##_reset(void)                                              \
    {                                                                                   \
        static const struct variant variant = {generation_, __VA_ARGS__};               \
                                                                                        \
        reset(&variant);                                                                \
    }                                                                                   \
    static const struct chip el3_##number = {                                           \
        .name = "3c" #number,                                                           \
        .vendor = 0x10b7,                                                               \
        .device = id,                                                                   \
        .sub_vendor = generation_ < CYCLONE ? 0 : 0x10b7,                               \
        .sub_device = generation_ < CYCLONE ? 0 : id,                                   \
        .speed = speed_,                                                                \
        .revision = generation_ < CYCLONE ? 0 : 0x74,                                   \
        .bars = {{.size = generation_ < CYCLONE ? 32 << generation_ : 128, .io = true}, \
                 {.size = generation_ < CYCLONE ? 0 : 128}},                            \
        .reset = el3_##number##_reset,                                                  \
        .read = read,                                                                   \
        .write = write,                                                                 \
        .receive = el3_receive,                                                         \
        .ready = el3_ready,                                                             \
        .cable = el3_cable,                                                             \
    };                                                                                  \
    CHIP(el3_##number)

/* InternalConfig: 00100000h is the transceiver, 01000000h that it is to be found out, 00010000h the
 * RAM's share of transmit, 7 its size. Options: 1 100BASE-T4, 2 100BASE-TX, 8 10BASE-T, 10h coax,
 * 20h AUI, 40h MII. The speed is 0 where there is no PHY to ask for it. */
EL3(590, 0x5900, 0, VORTEX, 0x01030000, 0x0038, 0x0000, false);
EL3(595, 0x5950, 0, VORTEX, 0x01430000, 0x000a, 0x0000, false);
EL3(900, 0x9000, 0, BOOMERANG, 0x00020003, 0x0008, 0x00e2, false);
EL3(905, 0x9050, 100, BOOMERANG, 0x0162000b, 0x0040, 0x00e2, true);
EL3(905b, 0x9055, 100, CYCLONE, 0x01800000, 0x000a, 0x2162, true);
EL3(905c, 0x9200, 100, TORNADO, 0x01800000, 0x000a, 0x2162, true);
