/* What drivers need for host tests: memory for DMA below 4 GiB with forbidden ground around each
 * piece, a clock that moves when it is looked at, and checks. The registers (device/bios/io.h) and
 * configuration space (platform/bios/pci.h) are left to the test. */
#ifndef FAKE_DEVICE_H
#define FAKE_DEVICE_H

#include <stdio.h>
#include <stdlib.h>

#include "net_driver.h"

#define CHECK(condition)                                                                      \
    do {                                                                                      \
        if (!(condition)) {                                                                   \
            fprintf(stderr, "%s:%d: [%s] %s\n", __FILE__, __LINE__, device_case, #condition); \
            exit(1);                                                                          \
        }                                                                                     \
    } while (0)

extern const char *device_case; /* shown with what failed */

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

/* Deterministic random numbers, and words as a broken device would make them. */
uint32_t device_random(void);
uint32_t device_word(void);

#endif
