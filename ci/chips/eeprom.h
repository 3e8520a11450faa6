/* SPDX-License-Identifier: BSD-2-Clause */
/* A serial EEPROM on three wires, as 93C46 (64 words), 93C56 and 93C66 (128 and 256 words). */
#ifndef EEPROM_H
#define EEPROM_H

#include <stdbool.h>
#include <stdint.h>

struct eeprom {
    /* Set by the model. */
    unsigned address_bits; /* 6 for 64 words, 8 for more */
    uint16_t words[256];

    bool select, clock, out; /* pins */
    bool writable, busy;     /* writing is enabled; it writes */
    bool reading; /* a READ goes on, at `address`, with so many bits `left` of its word */
    unsigned address, left, bits; /* bits of the command that came so far... */
    uint32_t shift;               /* ...and these */
};

/* The pins CS, SK and DI have these levels now; call it at each write to the register they are in.
 */
void eeprom_pins(struct eeprom *eeprom, bool select, bool clock, bool in);
/* The pin DO. It is high while the EEPROM does not drive it. */
bool eeprom_out(const struct eeprom *eeprom);

#endif
