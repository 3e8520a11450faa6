/* SPDX-License-Identifier: BSD-2-Clause */
/* See natsemi.h. Commands, interrupts, and where the queues are. */
#include "natsemi.h"

#include <string.h>

enum { STOP_TIME = 5 * MICROSECOND };

struct natsemi natsemi_state;
#define s natsemi_state

static void drive(void)
{
    irq(s.ier & 1 && s.isr & s.imr);
}

void natsemi_interrupt(uint32_t bits)
{
    s.isr |= bits;
    drive();
}

unsigned natsemi_hash(const uint8_t *address)
{
    uint32_t crc = ~0u;

    for (unsigned i = 0; i < 48; i++)
        crc = crc << 1 ^ ((crc >> 31 ^ (address[i / 8] >> i % 8)) & 1 ? 0x04c11db7 : 0);
    return crc >> 23;
}

/* Registers as a reset by CR leaves them; the filter's memory and the PHY stay. */
static void defaults(void)
{
    s.cr = s.imr = s.ier = s.txdp = s.rxdp = s.ptscr = 0;
    s.isr = RX_RESET | TX_RESET;
    s.txcfg = 0x00040102;
    s.rxcfg = 0x00000002;
    s.rfcr = 0;
    s.rx_idle = true;
    s.tx_at_end = s.rx_at_end = false;
    memset(s.other, 0, sizeof(s.other));
    s.is->defaults();
}

void natsemi_start(const struct natsemi_chip *is)
{
    memset(&s, 0, sizeof(s));
    s.is = is;
    defaults();
    drive();
}

static void reset_done(void *argument)
{
    defaults();
    drive();
}

static void stopped(void *argument)
{
    s.cr &= ~(uint32_t)(uintptr_t)argument;
}

static void write_cr(uint32_t value)
{
    if (value & CR_RST) {
        s.cr = CR_RST;
        s.isr = s.imr = s.ier = 0;
        natsemi_stop_transmit();
        not_after(stopped, (void *)CR_TXE);
        not_after(stopped, (void *)CR_RXE);
        after(s.is->reset_time, reset_done, NULL);
        drive();
        return;
    }
    if (value & (CR_TXR | CR_RXR)) {
        if (value & CR_TXR)
            s.cr &= ~CR_TXE, s.txdp = 0, s.tx_at_end = false;
        if (value & CR_RXR)
            s.cr &= ~CR_RXE, s.rxdp = 0, s.rx_at_end = false;
        natsemi_interrupt((value & CR_TXR ? TX_RESET : 0) | (value & CR_RXR ? RX_RESET : 0));
    }
    if (value & CR_TXD)
        after(STOP_TIME, stopped, (void *)CR_TXE);
    else if (value & CR_TXE) {
        s.cr |= CR_TXE;
        natsemi_transmit();
    }
    if (value & CR_RXD)
        after(STOP_TIME, stopped, (void *)CR_RXE);
    else if (value & CR_RXE) {
        s.cr |= CR_RXE;
        s.rx_idle = false;
    }
    if (value & CR_SWI)
        natsemi_interrupt(INT_SWI);
}

static void write_queue(uint32_t reg, uint32_t value)
{
    bool tx = reg == TXDP;

    if (s.cr & (tx ? CR_TXE : CR_RXE))
        fault("%s is written while the machine runs", tx ? "TXDP" : "RXDP");
    if (tx)
        s.txdp = value, s.tx_at_end = false;
    else
        s.rxdp = value, s.rx_at_end = false;
}

static uint32_t *plain(uint32_t reg)
{
    switch (reg) {
    case IMR:
        return &s.imr;
    case IER:
        return &s.ier;
    case TXDP:
        return &s.txdp;
    case TXCFG:
        return &s.txcfg;
    case RXDP:
        return &s.rxdp;
    case RXCFG:
        return &s.rxcfg;
    case RFCR:
        return &s.rfcr;
    }
    return NULL;
}

bool natsemi_core_read(uint32_t reg, uint32_t *value)
{
    if (reg == CR) {
        *value = s.cr & (CR_TXE | CR_RXE | CR_RST);
    } else if (reg == ISR) { /* reading clears it */
        *value = s.isr;
        s.isr = 0;
        drive();
    } else if (plain(reg)) {
        *value = *plain(reg);
    } else {
        return false;
    }
    return true;
}

bool natsemi_core_write(uint32_t reg, uint32_t value)
{
    if (reg == CR)
        write_cr(value);
    else if (reg == TXDP || reg == RXDP)
        write_queue(reg, value);
    else if (plain(reg))
        *plain(reg) = value;
    else
        return reg == ISR; /* only for reading */
    drive();
    return true;
}

void natsemi_cable(void)
{
    phy_cable(&s.phy);
}
