/* SPDX-License-Identifier: BSD-2-Clause */
/* The gigabit Ethernet region of a platform controller hub's flash, through the flash registers. */
#ifndef PCH_NVM_H
#define PCH_NVM_H

#include <stdbool.h>
#include <stdint.h>

/* Fills it; the valid bank is the first or the second. */
void pch_nvm_reset(bool second_bank);
uint32_t pch_nvm_read(uint32_t reg, unsigned size);
void pch_nvm_write(uint32_t reg, uint32_t value, unsigned size);

#endif
