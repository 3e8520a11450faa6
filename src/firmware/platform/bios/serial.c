/* SPDX-License-Identifier: BSD-2-Clause */
/* A 16550 or an older UART, polled. */
#include "platform/bios/serial.h"

#include "lib/settings.h"
#include "platform/bios/console.h"
#include "platform/bios/io.h"
#include "platform/bios/timer.h"

enum { DATA, DIVISOR_HIGH, FIFO, LINE, MODEM, STATUS }; /* registers */
enum {
    FIFO_ON = 1,
    LINE_8N1 = 3,
    LINE_DIVISOR = 0x80, /* the first two registers hold it */
    MODEM_READY = 3,     /* DTR and RTS */
    HAS_KEY = 1,
    TAKES_MORE = 0x20,
    PATIENCE = 1 << 20,  /* readings of STATUS; each takes about a microsecond */
    SEQUENCE_US = 10000, /* the rest of an escape sequence has come by then */
    ESCAPE = 0x1b,
};

static uint16_t base;

/* Set up at the first use. */
static bool is_there(void)
{
    uint32_t setting = settings[SETTING_SERIAL];

    if (setting && !base) {
        /* 3F8h, 2F8h, 3E8h, 2E8h */
        base = (uint16_t)(0x3f8 - (SERIAL_PORT(setting) & 1) * 0x100 -
                          (SERIAL_PORT(setting) >> 1) * 0x10);
        out8(base + LINE, LINE_DIVISOR);
        out8(base + DATA, (uint8_t)setting);
        out8(base + DIVISOR_HIGH, (uint8_t)(setting >> 8));
        out8(base + LINE, LINE_8N1);
        out8(base + FIFO, FIFO_ON);
        out8(base + MODEM, MODEM_READY);
        if (in8(base + LINE) != LINE_8N1)
            settings[SETTING_SERIAL] = 0;
    }
    return settings[SETTING_SERIAL];
}

void serial_write(const char *text)
{
    for (; *text && is_there(); text++) {
        unsigned left = PATIENCE;

        while (!(in8(base + STATUS) & TAKES_MORE) && --left)
            ;
        if (!left)
            settings[SETTING_SERIAL] = 0;
        out8(base + DATA, (uint8_t)*text);
    }
}

char serial_key(void)
{
    char key;

    if (!is_there() || !(in8(base + STATUS) & HAS_KEY))
        return 0;
    key = (char)in8(base + DATA);
    if (key != ESCAPE)
        return key;
    delay_us(SEQUENCE_US);
    while (in8(base + STATUS) & HAS_KEY) /* "[A" is Up, "[B" Down */
        key = (char)(KEY_UP + (in8(base + DATA) - 'A') * (KEY_DOWN - KEY_UP));
    return key;
}
