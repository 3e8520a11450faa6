/* SPDX-License-Identifier: BSD-2-Clause */
/* QEMU's vfio-user-pci, of 10.1 and later (docs/interop/vfio-user.rst there).
 *
 * INTx is an eventfd. QEMU raises the pin when it fires, and lowers it at the machine's next access
 * to the card, which it tells by an unmask. Then the pin is raised again if the chip still wants
 * that. */
#include "card.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { VERSION = 1, DMA_MAP, DMA_UNMAP, GET_INFO, GET_REGION, GET_REGION_FDS, GET_IRQ, SET_IRQS };
enum { REGION_READ = 9, REGION_WRITE, RESET = 13 };
enum { IS_REPLY = 1, NO_REPLY = 16, IS_ERROR = 32, NOT_SUPPORTED = 95 };
enum { ROM_REGION = 6, CONFIG_REGION, REGIONS = 9, IRQS = 5, READ_WRITE = 3 };
enum { INFO_PCI_RESETS = 3, IRQ_EVENTFD = 1, IRQ_MASKABLE = 2, IRQ_AUTOMASKED = 4 };
enum { SET_MASK = 8, SET_UNMASK = 16, SET_TRIGGER = 32 };

static const char CAPABILITIES[] =
    "{\"capabilities\":{\"max_msg_fds\":8,\"max_data_xfer_size\":1048576}}";

struct head {
    uint16_t id, command;
    uint32_t size, flags, error;
};

struct message {
    struct head head;
    union {
        uint32_t words[1024];
        uint8_t bytes[4096];
        struct {
            uint32_t argsz, flags;
            uint64_t offset, address, size;
        } map;
        struct {
            uint32_t argsz, flags;
            uint64_t address, size;
        } unmap;
        struct {
            uint32_t argsz, flags, index, cap_offset;
            uint64_t size, offset;
        } region;
        struct {
            uint32_t argsz, flags, index, start, count;
        } irqs;
        struct {
            uint64_t offset;
            uint32_t region, count;
            uint8_t data[];
        } access;
    };
};

static int trigger = -1;
static bool level, masked;

static void fire(void)
{
    uint64_t one = 1;

    if (trigger < 0 || !level || masked)
        return;
    masked = true; /* until QEMU has lowered the pin */
    if (write(trigger, &one, sizeof(one)) != sizeof(one))
        note("the interrupt's eventfd cannot be written");
}

static void vfio_user_line(bool now)
{
    level = now;
    fire();
}

static void close_all(const int *fds, unsigned count)
{
    while (count)
        close(fds[--count]);
}

static void set_irqs(const struct message *m, const int *fds, unsigned count)
{
    if (m->irqs.index) { /* none of MSI and the others is there */
        close_all(fds, count);
        return;
    }
    if (m->irqs.flags & SET_TRIGGER) {
        if (trigger >= 0)
            close(trigger);
        trigger = count ? fds[0] : -1;
        close_all(fds + 1, count ? count - 1 : 0);
        masked = false;
    } else {
        close_all(fds, count);
        masked = m->irqs.flags & SET_MASK;
    }
    fire();
}

static uint64_t region_size(uint32_t region)
{
    if (region < BARS)
        return chip->bars[region].size;
    return region == CONFIG_REGION ? CONFIG_SIZE : 0;
}

/* What a region answers with, of `count` bytes at most. False when it is no access that there can
 * be. */
static bool read_region(struct message *m)
{
    uint64_t size = region_size(m->access.region), offset = m->access.offset;
    uint32_t count = m->access.count, value;

    if (count > sizeof(m->bytes) - sizeof(m->access))
        return false;
    if (offset > size || count > size - offset) {
        memset(m->access.data, 0xff, count);
    } else if (m->access.region == CONFIG_REGION) {
        for (uint32_t i = 0; i < count; i++)
            m->access.data[i] = config_read(offset + i, 1);
    } else {
        if (count != 1 && count != 2 && count != 4)
            return false;
        value = bar_read(m->access.region, offset, count);
        memcpy(m->access.data, &value, count);
    }
    return true;
}

static bool write_region(const struct message *m)
{
    uint64_t size = region_size(m->access.region), offset = m->access.offset;
    uint32_t count = m->access.count, value = 0;

    if (offset > size || count > size - offset || (count != 1 && count != 2 && count != 4))
        return false;
    memcpy(&value, m->access.data, count);
    if (m->access.region == CONFIG_REGION)
        config_write(offset, value, count);
    else
        bar_write(m->access.region, offset, value, count);
    return true;
}

/* Bytes of a region access that are there besides its data. */
static bool access_region(struct message *m, size_t have)
{
    bool reads = m->head.command == REGION_READ;

    if (have < sizeof(m->access) || (!reads && have - sizeof(m->access) < m->access.count))
        return false;
    return reads ? read_region(m) : write_region(m);
}

static size_t get_region(struct message *m)
{
    m->region.argsz = sizeof(m->region);
    m->region.size = region_size(m->region.index);
    m->region.flags = m->region.size ? READ_WRITE : 0;
    m->region.cap_offset = 0;
    m->region.offset = 0;
    return sizeof(m->region);
}

static size_t get_irq(struct message *m)
{
    bool intx = m->irqs.index == 0;

    m->words[0] = 4 * sizeof(uint32_t);
    m->words[1] = intx ? IRQ_EVENTFD | IRQ_MASKABLE | IRQ_AUTOMASKED : 0;
    m->words[3] = intx; /* count */
    return 4 * sizeof(uint32_t);
}

/* Serves the message and makes it the answer: bytes of that without its head; negative: there is
 * none. */
static int answer(struct message *m, size_t have, const int *fds, unsigned count)
{
    switch (m->head.command) {
    case VERSION: /* as QEMU proposes it */
        memcpy(m->bytes + 4, CAPABILITIES, sizeof(CAPABILITIES));
        return 4 + sizeof(CAPABILITIES);
    case DMA_MAP:
        counts.syncs++;
        if (count)
            ram_add(m->map.address, m->map.size, m->map.offset, fds[0]);
        return 0;
    case DMA_UNMAP:
        ram_forget(m->unmap.address);
        return sizeof(m->unmap);
    case GET_INFO:
        m->words[0] = 4 * sizeof(uint32_t);
        m->words[1] = INFO_PCI_RESETS;
        m->words[2] = REGIONS;
        m->words[3] = IRQS;
        return 4 * sizeof(uint32_t);
    case GET_REGION:
        return get_region(m);
    case GET_IRQ:
        return get_irq(m);
    case SET_IRQS:
        set_irqs(m, fds, count);
        return 0;
    case REGION_READ:
        return access_region(m, have) ? (int)(sizeof(m->access) + m->access.count) : -1;
    case REGION_WRITE:
        return access_region(m, have) ? (int)sizeof(m->access) : -1;
    case RESET:
        card_reset();
        return 0;
    }
    return -1;
}

static bool vfio_user_serve(void)
{
    struct message m;
    int fds[FDS_MAX], len;
    unsigned count;
    uint32_t have;

    memset(&m, 0, sizeof(m));
    if (!receive_all(card_link, &m.head, sizeof(m.head), fds, &count))
        return false;
    have = m.head.size - sizeof(m.head);
    if (m.head.size < sizeof(m.head) || have > sizeof(m.bytes) ||
        (have && !receive_all(card_link, m.bytes, have, NULL, NULL)))
        return false;
    clock_access();
    clock_run();
    len = answer(&m, have, fds, count);
    if (m.head.flags & NO_REPLY)
        return true;
    m.head.error = len < 0 ? NOT_SUPPORTED : 0;
    m.head.flags = IS_REPLY | (len < 0 ? IS_ERROR : 0);
    m.head.size = sizeof(m.head) + (len < 0 ? 0 : len);
    send_all(card_link, &m, m.head.size);
    clock_answered();
    return true;
}

const struct transport vfio_user = {vfio_user_serve, vfio_user_line, NULL, true};
