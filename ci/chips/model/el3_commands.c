/* SPDX-License-Identifier: BSD-2-Clause */
/* EtherLink XL and Vortex: the commands. One that takes time is in progress until a status bit says
 * that it is done; the driver has to wait for that. */
#include <string.h>

#include "el3.h"

enum { RESET_PHY_KEPT = 0x04, RESET_AUTOINIT_KEPT = 0x10, RESET_HOST_KEPT = 0x20 };

static void finish(void *unused)
{
    (void)unused;
    el3.busy = el3.resetting = false;
    el3_update();
}

void el3_command_done(void)
{
    if (el3.busy)
        after(2 * MICROSECOND, finish, NULL);
}

static void start(uint64_t nanoseconds)
{
    el3.busy = true;
    after(nanoseconds, finish, NULL);
}

static void reset_all(unsigned keep)
{
    bool reload = !(keep & RESET_AUTOINIT_KEPT);

    if (!(keep & RESET_HOST_KEPT)) {
        el3.window = 0;
        el3.latch = false;
        el3.events = el3.enable = el3.indicate = 0;
        el3.statistics = false;
        memset(el3.upper, 0, sizeof el3.upper);
        memset(el3.windows[2], 0, 12);
    }
    el3_rx_reset();
    el3_tx_reset();
    if (reload)
        el3_media_reset(!(keep & RESET_PHY_KEPT));
    el3.resetting = true;
    start(reload ? 2 * MILLISECOND : 100 * MICROSECOND);
}

static void stall(unsigned which)
{
    struct list *list = which & 2 ? &el3.down : &el3.up;

    if (el3.is->generation == VORTEX)
        fault("a stall command, which Vortex does not have");
    list->stalled = !(which & 1);
    if (list->stalled && list->fetching)
        el3.busy = true; /* until the descriptor is done with: el3_command_done() */
    else if (list->stalled)
        start(2 * MICROSECOND);
    else if (which & 2)
        el3_down_pump();
    else
        el3_up_pump();
}

static void acknowledge(unsigned bits)
{
    if (bits & STATUS_LATCH)
        el3.latch = false;
    el3.events &= ~(bits & (STATUS_HOST_ERROR | STATUS_TX_AVAILABLE | STATUS_RX_EARLY |
                            STATUS_REQUESTED | STATUS_DOWN_COMPLETE | STATUS_UP_COMPLETE));
}

static void set_hash_bit(unsigned value)
{
    if (el3.is->generation < CYCLONE)
        fault("SetHashFilterBit, which came with the 3C90xB");
    if (value & 0x400)
        el3.hash[value >> 6 & 3] |= 1ull << (value & 63);
    else
        el3.hash[value >> 6 & 3] &= ~(1ull << (value & 63));
}

static void ignore(unsigned parameter) /* thresholds, and the converter of 10BASE2 */
{
    (void)parameter;
}

static void select_window(unsigned window)
{
    el3.window = window & 7;
}

static void rx_disable(unsigned parameter)
{
    (void)parameter;
    el3.rx_on = false;
}

static void rx_enable(unsigned parameter)
{
    (void)parameter;
    el3.rx_on = true;
}

static void rx_reset(unsigned keep)
{
    el3_rx_reset();
    if (el3.is->generation >= CYCLONE && !(keep & RESET_PHY_KEPT))
        el3_phy_reset();
    start(50 * MICROSECOND);
}

static void rx_discard(unsigned parameter)
{
    (void)parameter;
    el3_rx_discard();
    start(5 * MICROSECOND);
}

static void tx_enable(unsigned parameter)
{
    (void)parameter;
    el3.tx_on = true;
    el3_tx_pump();
}

static void tx_disable(unsigned parameter)
{
    (void)parameter;
    el3.tx_on = false;
}

static void tx_reset(unsigned keep)
{
    (void)keep;
    el3_tx_reset();
    start(50 * MICROSECOND);
}

static void request_interrupt(unsigned parameter)
{
    (void)parameter;
    el3.events |= STATUS_REQUESTED;
}

static void set_enable(unsigned mask)
{
    el3.enable = mask;
}

static void set_indicate(unsigned mask)
{
    el3.indicate = mask;
}

static void set_filter(unsigned classes)
{
    el3.filter = classes & 0x1f;
}

static void statistics_enable(unsigned parameter)
{
    (void)parameter;
    el3.statistics = true;
}

static void statistics_disable(unsigned parameter)
{
    (void)parameter;
    el3.statistics = false;
}

static void (*const commands[32])(unsigned parameter) = {
    [0] = reset_all,
    [1] = select_window,
    [2] = ignore,
    [3] = rx_disable,
    [4] = rx_enable,
    [5] = rx_reset,
    [6] = stall,
    [8] = rx_discard,
    [9] = tx_enable,
    [10] = tx_disable,
    [11] = tx_reset,
    [12] = request_interrupt,
    [13] = acknowledge,
    [14] = set_enable,
    [15] = set_indicate,
    [16] = set_filter,
    [17] = ignore,
    [18] = el3_tx_threshold,
    [19] = ignore,
    [20] = el3_slave_dma,
    [21] = statistics_enable,
    [22] = statistics_disable,
    [23] = ignore,
    [24] = ignore,
    [25] = set_hash_bit,
};

void el3_command(uint32_t value)
{
    if (commands[value >> 11 & 31])
        commands[value >> 11 & 31](value & 0x7ff);
    else
        fault("there is no command %u (%04x)", value >> 11, value);
    el3_update();
}
