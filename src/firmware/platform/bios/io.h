/* SPDX-License-Identifier: BSD-2-Clause */
/* Port and memory-mapped register access. */
#ifndef PLATFORM_BIOS_IO_H
#define PLATFORM_BIOS_IO_H

#include <stdint.h>

static inline uint8_t in8(uint16_t port)
{
    uint8_t v;
    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline uint16_t in16(uint16_t port)
{
    uint16_t v;
    __asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline uint32_t in32(uint16_t port)
{
    uint32_t v;
    __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline void out8(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static inline void out16(uint16_t port, uint16_t v)
{
    __asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port));
}

static inline void out32(uint16_t port, uint32_t v)
{
    __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port));
}

/* Read `count` words of 32 bits from one port. */
static inline void in32s(uint16_t port, uint32_t *to, uint32_t count)
{
    __asm__ volatile("rep insl" : "+D"(to), "+c"(count) : "d"(port) : "memory");
}

static inline uint8_t mmio_read8(volatile const uint8_t *base, unsigned reg)
{
    return base[reg];
}

static inline uint16_t mmio_read16(volatile const uint8_t *base, unsigned reg)
{
    return *(volatile const uint16_t *)(base + reg);
}

static inline void mmio_write8(volatile uint8_t *base, unsigned reg, uint8_t v)
{
    base[reg] = v;
}

static inline void mmio_write16(volatile uint8_t *base, unsigned reg, uint16_t v)
{
    *(volatile uint16_t *)(base + reg) = v;
}

static inline uint32_t mmio_read32(volatile const uint8_t *base, unsigned reg)
{
    return *(volatile const uint32_t *)(base + reg);
}

static inline void mmio_write32(volatile uint8_t *base, unsigned reg, uint32_t v)
{
    *(volatile uint32_t *)(base + reg) = v;
}

/* x86 keeps stores in order; the compiler must as well, around descriptors the card reads. */
static inline void barrier(void)
{
    __asm__ volatile("" : : : "memory");
}

#endif
