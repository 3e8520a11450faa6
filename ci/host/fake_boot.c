/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_boot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/print.h"
#include "lib/settings.h"
#include "net/arp.h"
#include "net/fetch.h"
#include "platform/bios/console.h"
#include "platform/bios/smbios.h"
#include "platform/bios/timer.h"
#include "platform/nic.h"
#include "pxe/stack.h"

enum { FILES = 40, CHUNK = 1 << 14, LOW_END = LOW_MEMORY + 0x1000 };

struct fake_machine fake;
struct boot fake_boot;

/* --- console */
bool program_runs;
unsigned console_column;

void print(const char *format, ...)
{
    size_t len = strlen(fake.shown);
    va_list args;

    va_start(args, format);
    CHECK(print_vformat(fake.shown + len, sizeof(fake.shown) - len, format, args) < RM_BUFFER_SIZE);
    va_end(args);
    for (const char *c = fake.shown + len; *c; c++)
        console_column = *c == '\r' ? 0 : console_column + (*c >= ' ');
    for (char *cr; (cr = strstr(fake.shown + len, "\r\n"));)
        memmove(cr, cr + 1, strlen(cr));
}

void console_up(unsigned rows)
{
    CHECK(rows != 0);
    print("\r\x1b[%uA", rows);
}

const char *fake_shown(void)
{
    static char copy[sizeof(fake.shown)];

    strcpy(copy, fake.shown);
    fake.shown[0] = 0;
    return copy;
}

char console_key(void)
{
    static uint32_t until;

    if (*fake.keys == '~') {
        if (!until)
            until = fake_now + 1000;
        if (fake_now < until)
            return 0;
        fake.keys++;
        until = 0;
        return 0;
    }
    until = 0;
    return *fake.keys ? *fake.keys++ : 0;
}

bool console_shift_held(void)
{
    return fake.shift;
}

bool cancel_requested(void)
{
    return net_port.cancelled();
}

void delay_us(uint32_t us)
{
    fake_now += us / 1000;
}

/* --- the card and a PXE stack beneath */
struct nic nic;

int nic_open(void)
{
    fake.opens += !fake.is_open;
    fake.is_open = !fake.open_result;
    return fake.open_result;
}

void nic_close(void)
{
    fake.closes += fake.is_open;
    fake.is_open = false;
}

bool nic_link(void)
{
    return fake.is_open;
}

bool pci_next(struct pci_device *device)
{
    device->busdevfn++;
    device->vendor = 0x8086;
    device->device = 0x7000 + device->busdevfn;
    return device->busdevfn < fake.functions;
}

uint16_t pci_read16(const struct pci_device *device, unsigned reg)
{
    CHECK(device->busdevfn < fake.functions);
    return (uint16_t)(0x0100 | reg);
}

void pxe_stack_unload(void)
{
    nic_close();
    fake.unloads++;
}

/* --- 16-bit code */
struct rm_header *rm_base;
uint8_t *rm_buffer;
struct far_pointer rm_stack;

static void run(struct far_pointer entry, struct far_pointer sp)
{
    fake.entered++;
    fake.entry = entry;
    fake.stack = sp;
    if (fake.on_run)
        fake.on_run();
}

void rm_interrupt(uint8_t vector, struct rm_regs *regs)
{
    if (CHECK(fake.on_interrupt))
        fake.on_interrupt(vector, regs);
}

void rm_call_on(struct far_pointer sp, struct far_pointer entry, struct rm_regs *regs,
                const uint16_t *stack, unsigned words)
{
    run(entry, sp);
}

void flat_call(uint32_t entry, uint32_t eax, const uintptr_t argument[3])
{
    fake.flat = entry;
    run((struct far_pointer){0, 0}, (struct far_pointer){0, 0});
}

uint16_t rm_set_base_kb(uint16_t kb)
{
    uint16_t *base_kb = (uint16_t *)(uintptr_t)(LOW_MEMORY + 0x413), old;

    memcpy(&old, base_kb, sizeof(old));
    memcpy(base_kb, &kb, sizeof(kb));
    return old;
}

void rm_leave(const struct rm_jump *jump)
{
    fake.jump = *jump;
    longjmp(fake.gone, 1);
}

void leave_to_next_device(void)
{
    fake.next_device = true;
    longjmp(fake.gone, 1);
}

/* --- PXE services */
struct pxe_loader *pxe_loader;

uint32_t pxe_install(const struct dhcp_lease *lease)
{
    fake.installed++;
    fake.services = true;
    fake.lease = lease;
    return FAKE_BASE_END;
}

bool pxe_uninstall(void)
{
    if (fake.services && fake.hooks_stay)
        return false;
    fake.services = false;
    return true;
}

int pxe_run_program(void)
{
    run((struct far_pointer){PXE_PROGRAM, 0}, (struct far_pointer){0, 0});
    return E_RETURNED;
}

/* --- files in memory */
static struct served {
    const char *path;
    const uint8_t *data;
    size_t length;
    int error;
} served[FILES];
static const struct served *opened;
static size_t mem_at; /* bytes read of it */

static int mem_open(struct transfer *t, const struct uri *uri)
{
    snprintf(fake.fetched + strlen(fake.fetched), sizeof(fake.fetched) - strlen(fake.fetched),
             "%s ", uri->path);
    server_message[0] = 0;
    CHECK(fake.is_open);
    for (opened = served; opened < served + FILES; opened++) {
        if (!opened->path || strcmp(opened->path, uri->path))
            continue;
        if (opened->error)
            return opened->error;
        t->term[TERM_SIZE] = fake.unknown_length ? 0 : (uint32_t)opened->length;
        t->finished = !opened->length;
        mem_at = 0;
        return 0;
    }
    return E_FILE_NOT_FOUND;
}

static int mem_read(struct transfer *t)
{
    size_t size = opened->length - mem_at;

    if (net_port.cancelled())
        return E_CANCELLED;
    fake_now += fake.pace;
    if (size > CHUNK)
        size = CHUNK;
    if (size > t->room)
        return E_TOO_BIG;
    memcpy(t->to, opened->data + mem_at, size);
    t->to += size;
    t->room -= size;
    mem_at += size;
    t->finished = mem_at == opened->length;
    return 0;
}

static void mem_close(struct transfer *t, int rc)
{
}

FETCHER(mem_fetcher) = {"mem://", 1, mem_open, mem_read, mem_close};

static struct served *place(const char *path)
{
    struct served *s = served;

    while (s < served + FILES && s->path && strcmp(s->path, path))
        s++;
    CHECK(s < served + FILES);
    s->path = path;
    return s;
}

void fake_serve(const char *path, const void *data, size_t length)
{
    *place(path) = (struct served){path, data, length, 0};
}

void fake_serve_text(const char *path, const char *text)
{
    fake_serve(path, text, strlen(text));
}

void fake_refuse(const char *path, int error)
{
    *place(path) = (struct served){path, NULL, 0, error};
}

struct file *fake_fetch(const char *path)
{
    struct uri uri = {&mem_fetcher, fake_ip(10, 0, 0, 1), 1, "", ""};
    struct file *file = NULL;

    strcpy(uri.path, path);
    CHECK_EQUAL(file_fetch(&fake_boot, &uri, NULL, &file), 0);
    return file;
}

/* --- the start */
static void map(uint32_t start, uint32_t end)
{
    void *at = (void *)(uintptr_t)start;
    int how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;

    if (mmap(at, end - start, PROT_READ | PROT_WRITE, how, -1, 0) != at) {
        perror("memory of the fake machine");
        exit(1);
    }
}

void fake_boot_start(void)
{
    fake_configure();
    if (!rm_buffer) {
        map(LOW_MEMORY, FAKE_HIGH_END);
        rm_buffer = (uint8_t *)FAKE_BASE_END;
    }
    fake = (struct fake_machine){.keys = "", .is_open = true};
    memset(&fake_boot, 0, sizeof(fake_boot));
    memset(served, 0, sizeof(served));
    memset(settings, 0, sizeof(settings));
    fake_boot.memory =
        (struct memory_map){2, {{FAKE_BASE, FAKE_BASE_END}, {FAKE_HIGH, FAKE_HIGH_END}}};
    rm_set_base_kb(FAKE_BASE_END / 1024);
    program_runs = false;
    arp_forget();
}

void fake_boot_case(const char *name)
{
    fake_case(name);
    fake_boot_start();
}
