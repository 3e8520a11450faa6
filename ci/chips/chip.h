/* SPDX-License-Identifier: BSD-2-Clause */
/* What a chip model provides, and what it may call (docs/chips.md). A model is one file below
 * model/:
 *
 *     static const struct chip dp83815 = {.name = "dp83815", .vendor = 0x100b, ...};
 *     CHIP(dp83815);
 *
 * Everything runs in one thread: an operation is called, does its work, and returns at once. What
 * takes the chip time it has done later, with after(). */
#ifndef CHIP_H
#define CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_MAX = 16384, BARS = 6, MICROSECOND = 1000, MILLISECOND = 1000000 };

struct bar {
    uint32_t size; /* bytes, a power of two; 0: there is none */
    bool io;       /* I/O ports, else memory */
    bool wide;     /* 64-bit memory BAR, which takes the next one's place, too */
};

struct chip {
    const char *name;
    uint16_t vendor, device, sub_vendor, sub_device; /* may be replaced at the start */
    uint8_t revision;
    uint16_t speed; /* Mbit/s that it reaches with a good switch, at full duplex; 0: drivers cannot
                       ask */
    struct bar bars[BARS];

    /* PCI capabilities (PCI 3.0 section 6.7), as they lie from 40h on, linked by their second
     * bytes. `writable` has a 1 for each bit that is; NULL: none. */
    const uint8_t *capabilities, *writable;
    uint8_t capabilities_size;

    /* Power-on or reset of the bus. Before it, everything that was to happen after() is forgotten.
     */
    void (*reset)(void);
    /* An access of 1, 2 or 4 bytes, inside the BAR and not across its end. */
    uint32_t (*read)(unsigned bar, uint32_t reg, unsigned size);
    void (*write)(unsigned bar, uint32_t reg, uint32_t value, unsigned size);
    /* A frame came in, without FCS, not padded, of at most FRAME_MAX bytes. The chip filters it. */
    void (*receive)(const uint8_t *frame, size_t len);

    /* These may be NULL. */
    bool (*ready)(
        void); /* false: a frame would find no room, so the wire may hold it back a little */
    void (*cable)(
        void); /* it was plugged in or pulled, see cable_plugged(); phy_cable() wants to know */
    /* A register in the configuration space was written, which the chip's own logic looks at. */
    void (*configured)(unsigned reg);
    /* One is about to be read, which the chip may set before. */
    void (*config_read)(unsigned reg);
};

/* Makes the model known, by its name. */
#define CHIP(model) \
    static const struct chip *const model##_entry __attribute__((used, section("chips"))) = &model

/* Reads or writes the machine's memory. False, and a fault, when bus mastering is off or there is
 * no memory; then a read gives zeros. */
bool dma_read(uint64_t address, void *data, size_t len);
bool dma_write(uint64_t address, const void *data, size_t len);

/* The level of the INTx pin. Whether the chip's mask lets it through is the model's business. */
void irq(bool level);

/* Sends a frame, without FCS. Nothing is padded: the chip does that, if it does. While the cable is
 * out, it is lost. */
void wire_send(const uint8_t *frame, size_t len);
bool cable_plugged(void);

/* Calls `call(argument)` after at most so many nanoseconds: say what the datasheet names as the
 * longest time. How much of it passes depends on the run: always little, or a random part of it. */
void after(uint64_t nanoseconds, void (*call)(void *), void *argument);
/* Forgets what after() was told with the same two. */
void not_after(void (*call)(void *), void *argument);
/* The card's clock, in nanoseconds. It does not count what the way to the machine costs. */
uint64_t card_now(void);

/* A byte, word or dword of the configuration space, where the chip looks at or sets it by itself.
 */
uint32_t config_get(unsigned reg, unsigned size);
void config_set(unsigned reg, uint32_t value, unsigned size);

/* A line for the log. A fault says that the driver broke a rule of the chip: the boot fails. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

extern uint8_t card_mac[6]; /* what the chip has in its EEPROM */
extern uint64_t card_seed;  /* 0: the run with the shortest times */

#endif
