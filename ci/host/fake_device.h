/* SPDX-License-Identifier: BSD-2-Clause */
/* What drivers need for host tests: memory for DMA below 4 GiB with forbidden ground around each
 * piece, and a clock that moves when it is looked at. The registers (device/bios/io.h) and
 * configuration space (platform/bios/pci.h) are left to the test. */
#ifndef FAKE_DEVICE_H
#define FAKE_DEVICE_H

#include "check.h"
#include "net_driver.h"

/* The pieces that dma_alloc() gave out since device_reset(). */
struct dma_piece {
    uint8_t *start;
    size_t size;
};
enum { DMA_PIECES = 8 };
extern struct dma_piece dma_piece[DMA_PIECES];
extern unsigned dma_pieces;

/* Take all DMA memory back, as the core does before each open(). */
void device_reset(void);

/* The test's: what the card does while the driver waits for it. */
void device_works(void);

/* A random word, as a broken device would make it. */
uint32_t device_word(void);

#endif
