/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/bios/pic.h"

#include "platform/bios/io.h"

enum {
    PIC1 = 0x20,
    PIC2 = 0xa0,
    MASK = 1,             /* register, from there */
    READ_REQUESTS = 0x0a, /* the next read gives the lines that are raised */
    READ_SERVICE = 0x0b,  /* the next read gives those whose handler has not said EOI yet */
};

static uint8_t masked;    /* the line that is; 0 = none */
static uint8_t was_clear; /* its bit, when it was not masked before */

static uint16_t port(uint8_t irq)
{
    return irq < 8 ? PIC1 : PIC2;
}

static uint8_t bit(uint8_t irq)
{
    return (uint8_t)(1u << (irq & 7));
}

void pic_mask(uint8_t irq)
{
    uint16_t at = port(irq) + MASK;

    if (masked || !irq)
        return;
    masked = irq;
    was_clear = ~in8(at) & bit(irq);
    out8(at, in8(at) | bit(irq));
}

void pic_restore(void)
{
    uint16_t at = port(masked) + MASK;

    if (masked)
        out8(at, in8(at) & ~was_clear);
    masked = 0;
}

static bool status(uint8_t irq, uint8_t which)
{
    out8(port(irq), which);
    return in8(port(irq)) & bit(irq);
}

bool pic_raised(uint8_t irq)
{
    return status(irq, READ_REQUESTS);
}

bool pic_in_service(uint8_t irq)
{
    return status(irq, READ_SERVICE);
}
