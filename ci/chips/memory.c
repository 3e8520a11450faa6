/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's memory, which QEMU shares with the card, and DMA to it. */
#include "card.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RANGES = 32 };

static struct {
    uint64_t address, size;
    uint8_t *host;
} ram[RANGES];
static unsigned ranges;

static void drop(unsigned index)
{
    munmap(ram[index].host, ram[index].size);
    ram[index] = ram[--ranges];
}

void ram_forget_all(void)
{
    while (ranges)
        drop(ranges - 1);
}

void ram_forget(uint64_t address)
{
    for (unsigned i = 0; i < ranges; i++)
        if (ram[i].address == address) {
            drop(i);
            return;
        }
}

void ram_add(uint64_t address, uint64_t size, int64_t offset, int fd)
{
    void *host = MAP_FAILED;

    if (ranges < RANGES)
        host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
    close(fd);
    if (host == MAP_FAILED) { /* as that of a ROM: DMA there will be a fault */
        note("memory at %#llx cannot be mapped", (unsigned long long)address);
        return;
    }
    ram[ranges].address = address;
    ram[ranges].size = size;
    ram[ranges++].host = host;
}

/* Where guest memory is here; NULL, and a fault, when the chip may not or cannot reach it. */
static uint8_t *guest(uint64_t address, size_t len, const char *what)
{
    if (!(config_get(PCI_COMMAND, 2) & COMMAND_MASTER)) {
        fault("DMA %s of %zu bytes at %#llx while bus mastering is off", what, len,
              (unsigned long long)address);
        return NULL;
    }
    for (unsigned i = 0; i < ranges; i++) {
        uint64_t at = address - ram[i].address;

        if (at < ram[i].size && len <= ram[i].size - at)
            return ram[i].host + at;
    }
    fault("DMA %s of %zu bytes at %#llx, where no memory is", what, len,
          (unsigned long long)address);
    return NULL;
}

bool dma_read(uint64_t address, void *data, size_t len)
{
    const uint8_t *host = guest(address, len, "read");

    __sync_synchronize(); /* what the driver wrote before it told the chip is there */
    if (host)
        memcpy(data, host, len);
    else
        memset(data, 0, len);
    return host;
}

bool dma_write(uint64_t address, const void *data, size_t len)
{
    uint8_t *host = guest(address, len, "write");

    if (host)
        memcpy(host, data, len);
    __sync_synchronize(); /* in this order, as writes on PCI */
    return host;
}
