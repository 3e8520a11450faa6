/* SPDX-License-Identifier: BSD-2-Clause */
/* A 16550 or an older UART, polled. */
#include "platform/bios/serial.h"

#include "lib/settings.h"
#include "platform/bios/console.h"
#include "platform/bios/io.h"
#include "platform/bios/realmode.h"
#include "platform/bios/timer.h"

enum { DATA, DIVISOR_HIGH, FIFO, LINE, MODEM, STATUS }; /* registers */
enum {
    BDA_PORTS = 0x3fe, /* from COM1 = 1 on: their first registers, 0 where the BIOS found none */
    UART_CLOCK = 115200,
    FIFO_ON = 1,
    LINE_8N1 = 3,
    LINE_DIVISOR = 0x80, /* the first two registers hold it */
    MODEM_READY = 3,     /* DTR and RTS */
    HAS_KEY = 1,
    TAKES_MORE = 0x20,
    PATIENCE = 1 << 20, /* readings of STATUS; each takes about a microsecond */
    SEQUENCE_MS = 100,  /* the next character of an escape sequence has come by then */
};

/* Its first register, 0 = there is none. In a processor register it would take more code. */
static volatile unsigned base;

void serial_open(void)
{
    const volatile uint16_t *ports = (volatile uint16_t *)(LOW_MEMORY + BDA_PORTS);
    unsigned port = ports[setting_port], divisor;

    if (!setting_port || !port)
        return;
    divisor = UART_CLOCK / settings[SETTING_SERIAL];
    out8(port + LINE, LINE_DIVISOR);
    out8(port + DATA, (uint8_t)divisor);
    out8(port + DIVISOR_HIGH, (uint8_t)(divisor >> 8));
    out8(port + LINE, LINE_8N1);
    out8(port + FIFO, FIFO_ON);
    out8(port + MODEM, MODEM_READY);
    base = port;
}

void serial_write(const char *text)
{
    unsigned left = PATIENCE;

    while (base && *text) {
        if (in8(base + STATUS) & TAKES_MORE) {
            out8(base + DATA, (uint8_t)*text++);
            left = PATIENCE;
        } else if (!--left) {
            base = 0;
        }
    }
}

/* A character waits, or comes in time. */
static bool follows(void)
{
    for (unsigned left = SEQUENCE_MS; !(in8(base + STATUS) & HAS_KEY); left--) {
        if (!left)
            return false;
        delay_us(1000);
    }
    return true;
}

char serial_key(void)
{
    char key = 0;
    unsigned number = 0, c;

    if (base && in8(base + STATUS) & HAS_KEY)
        key = (char)in8(base + DATA);
    if (key != KEY_ESCAPE || !follows())
        return key;
    c = in8(base + DATA);
    if (c != '[' && c != 'O') { /* "ESC O letter" says the same */
        console_keep((char)c);
        return key;
    }
    while (follows()) {
        c = in8(base + DATA);
        if (c >= '@')
            return key_of_sequence(number, c);
        number = number * 10 + c - '0';
    }
    return key;
}
