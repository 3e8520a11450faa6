/* SPDX-License-Identifier: BSD-2-Clause */
/* The legacy interrupt controllers. */
#ifndef PLATFORM_BIOS_PIC_H
#define PLATFORM_BIOS_PIC_H

#include <stdbool.h>
#include <stdint.h>

/* Mask the line of a card, 1 to 15, until pic_restore(); 0 means none. Of two calls the first one's
 * line is kept. */
void pic_mask(uint8_t irq);

/* Put that line back as it was: one that was masked has no handler, and a card that is still
 * raising it would keep the machine busy for good. */
void pic_restore(void);

/* Whether the line is raised; a masked one shows, too. */
bool pic_raised(uint8_t irq);

/* Whether its handler is running: it was called, and has not said EOI. */
bool pic_in_service(uint8_t irq);

#endif
