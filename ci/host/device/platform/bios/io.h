/* SPDX-License-Identifier: BSD-2-Clause */
/* Stands for src/firmware/platform/bios/io.h in host tests of drivers: every register is the
 * test's. */
#ifndef BIOS_IO_H
#define BIOS_IO_H

#include <stdint.h>

/* A register of `width` bytes: an I/O port, or an offset in memory space. */
uint32_t device_read(uintptr_t reg, unsigned width);
void device_write(uintptr_t reg, unsigned width, uint32_t value);

static inline uint8_t in8(uint16_t port)
{
    return (uint8_t)device_read(port, 1);
}

static inline uint16_t in16(uint16_t port)
{
    return (uint16_t)device_read(port, 2);
}

static inline uint32_t in32(uint16_t port)
{
    return device_read(port, 4);
}

static inline void out8(uint16_t port, uint8_t v)
{
    device_write(port, 1, v);
}

static inline void out16(uint16_t port, uint16_t v)
{
    device_write(port, 2, v);
}

static inline void out32(uint16_t port, uint32_t v)
{
    device_write(port, 4, v);
}

static inline void in32s(uint16_t port, uint32_t *to, uint32_t count)
{
    while (count--)
        *to++ = device_read(port, 4);
}

static inline uint8_t mmio_read8(volatile const uint8_t *base, unsigned reg)
{
    return (uint8_t)device_read((uintptr_t)base + reg, 1);
}

static inline uint16_t mmio_read16(volatile const uint8_t *base, unsigned reg)
{
    return (uint16_t)device_read((uintptr_t)base + reg, 2);
}

static inline void mmio_write8(volatile uint8_t *base, unsigned reg, uint8_t v)
{
    device_write((uintptr_t)base + reg, 1, v);
}

static inline void mmio_write16(volatile uint8_t *base, unsigned reg, uint16_t v)
{
    device_write((uintptr_t)base + reg, 2, v);
}

static inline uint32_t mmio_read32(volatile const uint8_t *base, unsigned reg)
{
    return device_read((uintptr_t)base + reg, 4);
}

static inline void mmio_write32(volatile uint8_t *base, unsigned reg, uint32_t v)
{
    device_write((uintptr_t)base + reg, 4, v);
}

static inline void barrier(void)
{
    __asm__ volatile("" : : : "memory");
}

#endif
