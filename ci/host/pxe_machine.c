/* SPDX-License-Identifier: BSD-2-Clause */
#include "pxe_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <sanitizer/asan_interface.h>

#include "platform/bios/pic.h"
#include "lib/errors.h"
#include "platform/nic.h"
#include "platform/target.h"
#include "pxe/stack.h"

enum {
    API_AT = 0x100,
    PXE_AT = 0x400,
    PXENV_AT = 0x500,
    HOOK_AT = 0x600,
    STACK_TOP = RESIDENT_END - RESIDENT
};

struct pxe_machine machine;
struct dhcp_lease machine_lease;
struct rm_header *rm_base;
uint8_t *rm_buffer;
struct far_pointer rm_stack;
struct nic nic;
bool program_runs;
const uint8_t pxe_resume[1];

struct rm_api *machine_api(void)
{
    return at(RESIDENT + 0x200 + API_AT);
}

/* The card. */
static bool card_interrupt(struct nic *it, enum nic_interrupt action)
{
    machine.interrupts = action;
    return action == INTERRUPT_ACKNOWLEDGE && machine.raises;
}

static const struct net_driver card = {.name = "card", .interrupt = card_interrupt};

int nic_open(void)
{
    machine.opens++;
    return machine.open_result;
}

void nic_close(void)
{
    machine.closes++;
}

int nic_transmit(const void *frame, size_t len)
{
    return net_port.transmit(frame, len);
}

int nic_poll(void *buf, size_t cap)
{
    return net_port.poll(buf, cap);
}

int nic_find(const struct identity *id, uint16_t busdevfn)
{
    machine.busdevfn = busdevfn;
    return machine.found;
}

int nic_probe(void)
{
    return machine.probed;
}

void rm_stay(void)
{
    machine.stays++;
}

void pxe_stack_unload(void)
{
    nic_close();
    machine.leaves++;
    machine.stack_loaded = false;
    if (machine.stack_kb)
        *base_kb() = machine.stack_kb;
}

uint8_t pci_read8(const struct pci_device *dev, unsigned reg)
{
    return reg == PCI_REVISION ? 0x20 : 0xff;
}

uint32_t pci_read32(const struct pci_device *dev, unsigned reg)
{
    return reg == PCI_SUBSYSTEM ? 0x11001af4 : UINT32_MAX;
}

uint8_t pci_interrupt_line(const struct pci_device *dev)
{
    return CARD_IRQ;
}

void pci_disable(const struct pci_device *dev, uint16_t bits)
{
}

void pic_mask(uint8_t irq)
{
    machine.masked = irq;
}

void pic_restore(void)
{
    machine.masked = 0;
}

bool pic_in_service(uint8_t irq)
{
    CHECK_EQUAL(irq, CARD_IRQ);
    return machine.in_service;
}

/* The stack beneath. */
bool pxe_stack_is_loaded(void)
{
    return machine.stack_loaded;
}

int pxe_stack_call(uint16_t opcode, void *block, size_t size)
{
    CHECK(size <= sizeof(machine.stack_block));
    machine.stack_opcode = opcode;
    machine.stack_size = size;
    memcpy(machine.stack_block, block, size);
    return machine.stack_fails ? E_PXE_CALL : 0;
}

/* 16-bit code. */
uint16_t rm_set_base_kb(uint16_t kb)
{
    uint16_t old = *base_kb();

    *base_kb() = kb;
    return old;
}

void rm_call_on(struct far_pointer sp, struct far_pointer entry, struct rm_regs *regs,
                const uint16_t *stack, unsigned words)
{
    CHECK_EQUAL(entry.segment * 16 + entry.offset, 0x7c00);
    CHECK_EQUAL(words, 2);
    CHECK_EQUAL(sp.segment, pxe_program_stack().segment);
    memcpy(machine.program_args, stack, sizeof(machine.program_args));
    machine.program_regs = *regs;
    machine.programs++;
}

static int boot_another(struct pxe_loader *loader, const struct uri *uri, const char *arguments)
{
    machine.booted = *uri;
    CHECK(strlen(arguments) < sizeof(machine.arguments));
    strcpy(machine.arguments, arguments);
    return E_FILE_NOT_FOUND;
}

static struct pxe_loader machine_loader = {boot_another};

void leave_to_next_device(void)
{
    machine.next_devices++;
    longjmp(machine.left, 1);
}

static void map_once(void)
{
    static void *memory;

    if (!memory)
        memory = mmap(at(MEMORY_START), MEMORY_END - MEMORY_START, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (memory != at(MEMORY_START)) {
        perror("base memory");
        exit(1);
    }
}

void machine_start(const char *name)
{
    struct rm_api *api;

    fake_case(name);
    fake_configure();
    map_once();
    ASAN_UNPOISON_MEMORY_REGION(at(MEMORY_START), MEMORY_END - MEMORY_START); /* see fake_link.c */
    memset(at(MEMORY_START), 0xee, MEMORY_END - MEMORY_START);
    machine = (struct pxe_machine){.interrupts = -1};
    program_runs = false;
    *base_kb() = BIOS_KB;
    for (unsigned i = 0; i < 256; i++)
        *vector(i) = 0xf0000000 | i;
    rm_base = at(RESIDENT + 0x200);
    memset(rm_base, 0, 0x800);
    rm_base->api = API_AT;
    rm_base->segment = RESIDENT / 16;
    rm_buffer = at(RESIDENT + 0x1000);
    rm_stack = (struct far_pointer){STACK_TOP, RESIDENT / 16};
    api = machine_api();
    api->pxe = PXE_AT;
    api->pxenv = PXENV_AT;
    for (unsigned i = 0; i < HOOKS; i++)
        api->hook[i] = (uint16_t)(HOOK_AT + i);
    memcpy(at(RESIDENT + PXE_AT), "!PXE\x58", 5);
    memcpy(at(RESIDENT + PXENV_AT), "PXENV+\1\2\x2c", 9);
    nic = (struct nic){.driver = &card,
                       .pci = {0x18, 0x10ec, 0x8139},
                       .mac = {0x52, 0x54, 0, 0x12, 0x34, 0x56},
                       .io = 0xc000};
}

void machine_serve(const char *name)
{
    machine_start(name);
    memset(&machine_lease, 0, sizeof(machine_lease));
    machine_lease.boot_server = fake_ip(10, 0, 0, 1);
    strcpy(machine_lease.boot_file, "boot.0");
    strcpy(machine_lease.kernel_args, "a=b");
    machine_lease.discover.len = 300;
    memset(machine_lease.discover.data, 1, 300);
    machine_lease.ack.len = 1400;
    memset(machine_lease.ack.data, 2, 1400);
    pxe_loader = &machine_loader;
    pxe_install(&machine_lease);
}

uint16_t call_at(uint16_t opcode, uint32_t address)
{
    struct rm_api *api = machine_api();

    api->opcode = opcode;
    api->block = far_to(address);
    api->ss = 0;
    api->esp = 0x7000;
    pxe_api_call(0);
    CHECK_EQUAL(api->ss, 0);
    CHECK_EQUAL(api->esp, 0x7000);
    return api->status;
}

uint16_t call(uint16_t opcode, void *block, size_t size)
{
    uint16_t exit_code, status;

    memcpy(at(BLOCK_AT), block, size);
    exit_code = call_at(opcode, BLOCK_AT);
    memcpy(block, at(BLOCK_AT), size);
    memcpy(&status, block, 2);
    CHECK_EQUAL(exit_code, status ? PXENV_EXIT_FAILURE : PXENV_EXIT_SUCCESS);
    return status;
}
