/* SPDX-License-Identifier: BSD-2-Clause */
/* See pch_nvm.h. From the ICH10 and I217 datasheets: "GbE flash registers", "NVM map". */
#include "pch_nvm.h"

#include "chip.h"

#include <string.h>

enum { GFPREG = 0x00, HSFSTS = 0x04, HSFCTL = 0x06, FADDR = 0x08, FDATA = 0x10 };
enum { PROTECTED = 0x74, PROTECTED_END = 0x88, LOCKED = 0x8000 }; /* ranges, with 32 bits each */
enum { DONE = 1, FAILED = 2, ACCESS_LOG = 4, IN_PROGRESS = 0x20, DESCRIPTOR_VALID = 0x4000 };
enum { GO = 1, CYCLE = 6, BANK = 4096, BANKS = 2, FIRST_SECTOR = 1, SECTOR = 4096 };
enum { WORD_COMPAT = 0x03, WORD_SIGNATURE = 0x13, WORD_INIT = 0x19, WORD_K1 = 0x1b };
enum { WORD_CHECKSUM = 0x3f, SUM = 0xbaba, WORD_PHY = 0x40 };
enum { CYCLE_TIME = 20 * MICROSECOND };

static uint8_t flash[BANKS * BANK];
static uint32_t linear, data;
static uint16_t status, control;
static uint32_t ranges[(PROTECTED_END - PROTECTED) / 4];

void pch_nvm_reset(bool second_bank)
{
    uint16_t words[BANK / 2], sum = 0;

    memset(words, 0xff, sizeof(words));
    memcpy(words, card_mac, 6);
    words[WORD_COMPAT] = 0x0801;
    words[0x04] = 0xffff;
    words[0x05] = 0x0131; /* version */
    words[WORD_SIGNATURE] = 0xa003;
    words[WORD_INIT] = 0x0040;
    words[WORD_K1] = 0x0001;
    /* PHY registers that software sets after each reset: page 770, register 26. */
    words[WORD_PHY] = 770 << 5;
    words[WORD_PHY + 1] = 0x001f;
    words[WORD_PHY + 2] = 0x0004;
    words[WORD_PHY + 3] = 0x001a;
    for (unsigned i = 0; i < WORD_CHECKSUM; i++)
        sum += words[i];
    words[WORD_CHECKSUM] = SUM - sum;
    memcpy(flash + second_bank * BANK, words, BANK);
    words[WORD_SIGNATURE] = 0xffff;
    memset(words, 0xee, 6);
    memcpy(flash + !second_bank * BANK, words, BANK);
    status = DESCRIPTOR_VALID;
    control = 0;
    memset(ranges, 0, sizeof(ranges));
}

static void done(void *argument)
{
    unsigned size = (control >> 8 & 3) + 1;
    uint32_t at = linear - FIRST_SECTOR * (uintptr_t)argument;

    status &= ~IN_PROGRESS;
    status |= DONE;
    if (at + size > sizeof(flash)) {
        status |= FAILED;
        return;
    }
    data = 0;
    memcpy(&data, flash + at, size);
}

static void write_control(uint16_t value, uint32_t base)
{
    control = value & ~GO;
    if (!(value & GO))
        return;
    if (status & IN_PROGRESS) {
        fault("a flash cycle is begun while one goes on");
        return;
    }
    if (value & CYCLE) {
        fault("the flash is written");
        return;
    }
    status |= IN_PROGRESS;
    after(CYCLE_TIME, done, (void *)(uintptr_t)base);
}

uint32_t pch_nvm_read(uint32_t reg, unsigned size)
{
    switch (reg) {
    case GFPREG:
        return FIRST_SECTOR | (FIRST_SECTOR + BANKS - 1) << 16;
    case HSFSTS:
        return size == 2 ? status : status | (uint32_t)control << 16;
    case HSFCTL:
        return control;
    case FADDR:
        return linear;
    case FDATA:
        return data;
    }
    if (reg >= PROTECTED && reg < PROTECTED_END)
        return ranges[(reg - PROTECTED) / 4];
    fault("there is no flash register %#x", reg);
    return 0;
}

void pch_nvm_write(uint32_t reg, uint32_t value, unsigned size)
{
    /* Where the MAC has these registers, with 32 bits only, addresses count from the region on. */
    uint32_t base = size == 4 && reg == HSFSTS ? 0 : SECTOR;

    if (reg == HSFSTS) {
        status &= ~(value & (DONE | FAILED | ACCESS_LOG));
        status |= value & LOCKED;
        if (size == 4)
            write_control(value >> 16, base);
    } else if (reg == HSFCTL && size == 2)
        write_control(value, base);
    else if (reg == FADDR && size == 4)
        linear = value & 0x00ffffff;
    else if (reg >= PROTECTED && reg < PROTECTED_END && size == 4)
        ranges[(reg - PROTECTED) / 4] = status & LOCKED ? ranges[(reg - PROTECTED) / 4] : value;
    else
        fault("flash register %#x is written with %u bytes", reg, size);
}
