/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/bios/console.h"

#include "lib/print.h"
#include "lib/string.h"
#include "platform/bios/realmode.h"
#include "platform/bios/serial.h"
#include "platform/bios/timer.h"

enum { KEY_POLL_MS = 120, KEPT_MAX = 255 };
enum { VIDEO = 0x10, SET_CURSOR = 2, GET_CURSOR = 3 };

bool program_runs;
unsigned console_column;

/* Keys that were typed ahead, while something else than keys was waited for. */
static char kept[KEPT_MAX + 1];

void print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    print_vformat((char *)rm_buffer, RM_BUFFER_SIZE, format, args);
    va_end(args);
    rm_teletype();
    serial_write((const char *)rm_buffer);
    for (const char *c = (const char *)rm_buffer; *c; c++)
        console_column = *c == '\r' ? 0 : console_column + (*c >= ' ');
}

void console_up(unsigned rows)
{
    struct rm_regs regs = {.ah = GET_CURSOR};
    char text[8];

    rm_interrupt(VIDEO, &regs);
    regs.ah = SET_CURSOR;
    regs.dh = (uint8_t)(regs.dh - rows);
    regs.dl = 0;
    rm_interrupt(VIDEO, &regs);
    print_format(text, sizeof(text), "\r\x1b[%uA", rows);
    serial_write(text);
}

static char new_key(void)
{
    struct rm_regs regs = {.ah = 1};

    rm_interrupt(0x16, &regs);
    if (regs.flags & FLAG_ZERO)
        return serial_key();
    regs.ax = 0;
    rm_interrupt(0x16, &regs);
    return (char)(regs.al ? regs.al : regs.ah | 0x80);
}

char console_key(void)
{
    char key = kept[0];

    if (!key)
        return new_key();
    memmove(kept, kept + 1, KEPT_MAX);
    return key;
}

bool console_shift_held(void)
{
    return *(volatile uint8_t *)0x417 & 3;
}

void console_keep(char key)
{
    size_t count = strlen(kept);

    if (count < KEPT_MAX)
        kept[count] = key;
}

bool cancel_requested(void)
{
    static uint32_t asked;
    char key;

    if (program_runs || timer_ms() - asked < KEY_POLL_MS)
        return false;
    asked = timer_ms();
    while ((key = new_key())) {
        if (key == KEY_ESCAPE || key == KEY_CTRL_C) {
            memset(kept, 0, sizeof(kept));
            return true;
        }
        console_keep(key);
    }
    return false;
}
