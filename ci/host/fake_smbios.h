/* SPDX-License-Identifier: BSD-2-Clause */
/* An SMBIOS table (DMTF DSP0134) for the fake machine of fake_boot.h, behind its start. */
#ifndef FAKE_SMBIOS_H
#define FAKE_SMBIOS_H

#include <stddef.h>

/* Put an entry point and this table there; NULL = the BIOS has none. Of the table, `length` bytes
 * count. Nothing behind them may be read: they end where memory does. */
void fake_smbios(const void *table, size_t length);

/* What a usual machine has: maker, product, serial number, UUID, board, asset tag. */
void fake_smbios_usual(void);

#endif
