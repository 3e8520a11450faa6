/* SPDX-License-Identifier: BSD-2-Clause */
/* See ixgbe.c. The EEPROM (or what stands for one in the X540's flash), the semaphores by which
 * drivers of both ports and firmware share it and the PHYs, and the commands to firmware that the
 * X550's drivers read it with. */
#include "chip.h"
#include "ixgbe.h"

#include <string.h>

enum { WORDS = 512, START = 1, READ_DONE = 2, PRESENT = 0x100, ADDRESS_16 = 0x400, SIZE = 3 << 11 };
enum { REQUEST = 0x40, GRANT = 0x80, LOADED = 0x200 };
enum { BETWEEN_DRIVERS = 1, WITH_FIRMWARE = 2 }; /* SWSM */
#define REGISTERS_TAKEN 0x80000000u              /* GSSR of the X540 */
enum { WORD_CORE_0 = 0x09, WORD_FIRMWARE = 0x0f, WORD_MODULES = 0x2b, WORD_CAPABILITIES = 0x2c };
enum { WORD_CHECKSUM = 0x3f, SUM = 0xbaba };
enum { FIRMWARE = 0x100, PATCH = 0x110, MODULES = 0x120, MODULE_DATA = 0x130, CORE_0 = 0x140 };
enum { MODULE_SR_LR = 5, FIRMWARE_VERSION = 7 };
enum { READ_TIME = 100 * MICROSECOND, COMMAND_TIME = 5 * MILLISECOND };
enum { ENABLED = 1, COMMAND = 2, STATUS_VALID = 4, DATA = 12 }; /* HICR; place of what is read */
enum { READ_WORDS = 0x31, STOP_RECEPTION = 0xde, SUCCESS = 1, RX_ON = 1 };

#define s  ixgbe
#define at ixgbe_at

static uint16_t words[WORDS];

void ixgbe_nvm_power_on(void)
{
    uint16_t sum = 0;

    memset(words, 0xff, sizeof(words));
    for (unsigned i = 0; i < 0x10; i++)
        words[i] = 0;
    words[WORD_CAPABILITIES] = 0;
    words[WORD_CHECKSUM + 1] = words[WORD_CHECKSUM + 2] = 0; /* the X550 adds them */
    /* What the first port has of its own: so many words, the address first. */
    words[WORD_CORE_0] = CORE_0;
    words[CORE_0] = 3;
    memcpy(words + CORE_0 + 1, card_mac, 6);
    /* Firmware without LESM, and its version. */
    words[WORD_FIRMWARE] = FIRMWARE;
    words[FIRMWARE + 2] = 0;
    words[FIRMWARE + 4] = PATCH;
    words[PATCH + 7] = FIRMWARE_VERSION;
    /* What is to be written to CORECTL for each kind of module. */
    words[WORD_MODULES] = MODULES;
    words[MODULES + 1] = MODULE_SR_LR;
    words[MODULES + 2] = MODULE_DATA;
    words[MODULE_DATA + 1] = 0x0404;
    words[MODULE_DATA + 2] = 0x0a5a;
    for (unsigned i = 0; i < WORD_CHECKSUM; i++)
        sum += words[i];
    for (unsigned i = 0; i < 3; i++)
        sum += words[CORE_0 + 1 + i];
    words[WORD_CHECKSUM] = SUM - sum;
    *at(EEC) = PRESENT | ADDRESS_16 | SIZE;
}

static void word_read(void *argument)
{
    unsigned word = *at(EERD) >> 2 & 0x3fff;

    *at(EERD) = (uint32_t)(word < WORDS ? words[word] : 0xffff) << 16 | word << 2 | READ_DONE;
}

/* --- commands to firmware: a header of four bytes, and what they are about, most significant byte
 * first */
static unsigned host_byte(unsigned place)
{
    return *at(HOST_RAM + place / 4 * 4) >> place % 4 * 8 & 0xff;
}

static void read_words(void)
{
    unsigned address = host_byte(6) << 8 | host_byte(7), len = host_byte(8) << 8 | host_byte(9);

    for (unsigned i = 0; i < len && HOST_RAM + DATA + i < HOST_RAM_END; i += 2) {
        unsigned word = (address + i) / 2, shift = i % 4 * 8;
        uint32_t *place = at(HOST_RAM + DATA + i / 4 * 4);

        *place = (*place & ~(0xffffu << shift)) | (uint32_t)(word < WORDS ? words[word] : 0xffff)
                                                      << shift;
    }
}

static void command_done(void *argument)
{
    switch (host_byte(0)) {
    case READ_WORDS:
        read_words();
        break;
    case STOP_RECEPTION:
        *at(RXCTRL) &= ~RX_ON;
        break;
    }
    *at(HOST_RAM) = host_byte(0) | SUCCESS << 16;
    *at(HICR) = STATUS_VALID;
}

static void write_command(uint32_t value)
{
    not_after(command_done, NULL);
    *at(HICR) = value & COMMAND;
    if (!(value & COMMAND))
        return;
    if (!(*at(GSSR) & OWN_HOST))
        fault("firmware gets a command without the semaphore");
    after(COMMAND_TIME, command_done, NULL);
}

bool ixgbe_nvm_read(uint32_t reg, uint32_t *value)
{
    switch (reg) {
    case EEC:
        *value = *at(EEC) | (*at(EEC) & REQUEST ? GRANT : 0);
        return true;
    case SWSM: /* reading takes it */
        *value = *at(SWSM);
        *at(SWSM) |= BETWEEN_DRIVERS;
        return true;
    case GSSR:
        *value = *at(GSSR);
        if (s.generation >= X540)
            *at(GSSR) |= REGISTERS_TAKEN;
        return true;
    case HICR:
        *value = *at(HICR) | (s.generation >= X550 ? ENABLED : 0);
        return true;
    }
    return false;
}

bool ixgbe_nvm_write(uint32_t reg, uint32_t value)
{
    switch (reg) {
    case EEC:
        *at(EEC) = (*at(EEC) & ~REQUEST) | (value & REQUEST);
        return true;
    case EERD:
        if (s.generation >= X540 && !(*at(GSSR) & OWN_NVM))
            fault("the flash is read without its semaphore");
        *at(EERD) = value & 0xfffc;
        not_after(word_read, NULL);
        if (value & START)
            after(READ_TIME, word_read, NULL);
        return true;
    case HICR:
        if (s.generation >= X550)
            write_command(value);
        return true;
    case SWSM:
        *at(SWSM) = value & (BETWEEN_DRIVERS | WITH_FIRMWARE);
        return true;
    case GSSR:
        if (!(*at(SWSM) & BETWEEN_DRIVERS) ||
            (s.generation < X540 && !(*at(SWSM) & WITH_FIRMWARE)) ||
            (s.generation >= X540 && !(*at(GSSR) & REGISTERS_TAKEN)))
            fault("a semaphore is written without the right to");
        *at(GSSR) = value;
        return true;
    }
    return false;
}
