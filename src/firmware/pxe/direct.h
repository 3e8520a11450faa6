/* A private way past the PXE calls, for the case that the program we start is a second stage of our
 * own: its UNDI driver then calls the first stage's card driver in 32-bit mode, without the two
 * mode switches of every PXE call. The structure stands right behind !PXE; a program that does not
 * know it loses nothing. */
#ifndef PXE_DIRECT_H
#define PXE_DIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PXE_DIRECT_MAGIC =
        0x33444645 /* "EFD3": the calling convention of both functions is part of the version */
};

struct pxe_direct {
    uint32_t magic;
    int (*poll)(void *buf, size_t cap);             /* as nic_poll() */
    int (*transmit)(const void *frame, size_t len); /* as nic_transmit() */
    uint32_t burst, mtu;                            /* as in struct nic */
};

#endif
