/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_device.h"

#include <sanitizer/asan_interface.h>
#include <string.h>
#include <sys/mman.h>

#include "platform/bios/timer.h"

enum { ARENA = 0x20000000, ARENA_MAPPED = 16 << 20, REDZONE = 4096 };

struct dma_piece dma_piece[DMA_PIECES];
unsigned dma_pieces;

static size_t used;
static uint32_t microseconds;

void device_reset(void)
{
    static uint8_t *arena;

    if (!arena)
        arena = mmap((void *)ARENA, ARENA_MAPPED, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    CHECK(arena == (void *)ARENA);
    ASAN_POISON_MEMORY_REGION(arena, ARENA_MAPPED);
    dma_pieces = 0;
    used = 0;
}

void *dma_alloc(size_t size, size_t align)
{
    uint8_t *start = (uint8_t *)((ARENA + used + REDZONE + align - 1) & ~(align - 1));

    if (size > DMA_ARENA_SIZE || dma_pieces == DMA_PIECES)
        return NULL;
    used = (size_t)(start - (uint8_t *)ARENA) + size;
    dma_piece[dma_pieces++] = (struct dma_piece){start, size};
    ASAN_UNPOISON_MEMORY_REGION(start, size);
    return memset(start, 0, size);
}

size_t copy_padded(uint8_t *to, const void *frame, size_t len)
{
    memcpy(to, frame, len);
    for (; len < ETH_FRAME_MIN; len++)
        to[len] = 0;
    return len;
}

/* Each look costs some time, so every wait that is bounded ends. */
uint32_t timer_ms(void)
{
    microseconds += 200;
    device_works();
    return microseconds / 1000;
}

void delay_us(uint32_t us)
{
    microseconds += us;
    device_works();
}

uint32_t device_word(void)
{
    uint32_t value = next_random();

    switch (next_random() % 8) {
    case 0:
        return 0;
    case 1:
        return ~0u;
    case 2:
        return 1u << value % 32;
    case 3:
        return value % 8;
    case 4:
        return value & 0x07ff07ff;
    default:
        return value;
    }
}
