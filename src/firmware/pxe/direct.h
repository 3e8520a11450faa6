/* SPDX-License-Identifier: BSD-2-Clause */
/* A shortcut for a second stage of our own: its UNDI driver calls the first stage's card driver in
 * 32-bit mode, without the two mode switches of a PXE call. The structure stands right behind !PXE,
 * where other programs do not look. */
#ifndef PXE_DIRECT_H
#define PXE_DIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "EFD3". The digit changes with the structure and with the calling convention of its functions. */
enum { PXE_DIRECT_MAGIC = 0x33444645 };

struct pxe_direct {
    uint32_t magic;
    int (*poll)(void *buf, size_t cap);             /* as nic_poll() */
    int (*transmit)(const void *frame, size_t len); /* as nic_transmit() */
    uint32_t burst, mtu;                            /* as in struct nic */
};

#endif
