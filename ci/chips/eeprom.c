/* SPDX-License-Identifier: BSD-2-Clause */
/* See eeprom.h. Commands are a start bit, two bits of operation, the address, and what is to be
 * written. */
#include "eeprom.h"

#include "chip.h"

enum { EXTENDED, WRITE, READ, ERASE };          /* the operation */
enum { DISABLE, WRITE_ALL, ERASE_ALL, ENABLE }; /* extended: the address's first two bits */
enum { WORD = 16, WRITE_TIME = 10 * MILLISECOND };

static void written(void *argument)
{
    struct eeprom *eeprom = argument;

    eeprom->busy = false;
}

static void write_word(struct eeprom *eeprom, uint16_t value)
{
    if (!eeprom->writable)
        return;
    eeprom->words[eeprom->address] = value;
    eeprom->busy = true;
    after(WRITE_TIME, written, eeprom);
}

/* The command has its operation and address. */
static void command(struct eeprom *eeprom)
{
    unsigned operation = eeprom->shift >> eeprom->address_bits & 3;

    eeprom->address = eeprom->shift & ((1u << eeprom->address_bits) - 1);
    if (operation == READ) {
        eeprom->reading = true;
        eeprom->left = WORD;
        eeprom->out = false; /* a 0 comes before the word */
    } else if (operation == ERASE) {
        write_word(eeprom, 0xffff);
    } else if (operation == EXTENDED) {
        unsigned which = eeprom->address >> (eeprom->address_bits - 2);

        if (which == ENABLE || which == DISABLE)
            eeprom->writable = which == ENABLE;
        else
            fault("the EEPROM is erased or written as a whole");
    }
}

/* One word after the other, as long as there are clocks. */
static void give_bit(struct eeprom *eeprom)
{
    if (!eeprom->left) {
        eeprom->address = (eeprom->address + 1) & ((1u << eeprom->address_bits) - 1);
        eeprom->left = WORD;
    }
    eeprom->left--;
    eeprom->out = eeprom->words[eeprom->address] >> eeprom->left & 1;
}

static void take_bit(struct eeprom *eeprom, bool in)
{
    unsigned head = 3 + eeprom->address_bits;

    if (!eeprom->bits && !in) /* not the start bit */
        return;
    if (eeprom->busy) {
        fault("the EEPROM gets a command while it writes");
        return;
    }
    eeprom->shift = eeprom->shift << 1 | in;
    if (++eeprom->bits == head)
        command(eeprom);
    else if (eeprom->bits == head + WORD &&
             (eeprom->shift >> (WORD + eeprom->address_bits) & 3) == WRITE)
        write_word(eeprom, eeprom->shift);
}

void eeprom_pins(struct eeprom *eeprom, bool select, bool clock, bool in)
{
    bool rises = select && clock && !eeprom->clock;

    if (!select || !eeprom->select) {
        eeprom->bits = eeprom->shift = 0;
        eeprom->reading = false;
        eeprom->out = true;
    }
    eeprom->select = select;
    eeprom->clock = clock;
    if (rises && eeprom->reading)
        give_bit(eeprom);
    else if (rises)
        take_bit(eeprom, in);
}

bool eeprom_out(const struct eeprom *eeprom)
{
    return !eeprom->select || (eeprom->out && !eeprom->busy);
}
