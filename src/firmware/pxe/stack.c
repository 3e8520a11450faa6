/* SPDX-License-Identifier: BSD-2-Clause */
#include "pxe/stack.h"

#include "lib/checksum.h"
#include "lib/errors.h"
#include "lib/string.h"
#include "net/dhcp_options.h"
#include "platform/bios/realmode.h"
#include "platform/nic.h"
#include "pxe/direct.h"
#include "pxe/spec.h"

enum {
    VERSION_2_1 = 0x0201,
    BDA_EBDA = 0x40e,
    BASE_MEMORY_END = 0xa0000,
};

static const struct s_PXE *pxe;         /* the stack's !PXE; NULL when it has none */
static const struct pxe_direct *direct; /* what follows !PXE */
static struct far_pointer entry;        /* offset and segment 0 = no stack found */

/* Signature, length and checksum are right. */
static bool valid(const void *structure, const char *signature, uint8_t length, size_t smallest)
{
    return !memcmp(structure, signature, strlen(signature)) && length >= smallest &&
           !byte_sum(structure, length);
}

static bool use_pxe(struct far_pointer p)
{
    const struct s_PXE *found = pxe_pointer(p);

    if (!valid(found, "!PXE", found->StructLength, sizeof(*found)))
        return false;
    pxe = found;
    entry = found->EntryPointSP;
    direct = (const struct pxe_direct *)(found + 1);
    return true;
}

static bool use_pxenv(struct far_pointer p)
{
    const struct s_PXENV *pxenv = pxe_pointer(p);

    if (!valid(pxenv, "PXENV+", pxenv->Length, offsetof(struct s_PXENV, PXEPtr)))
        return false;
    if (pxenv->Version >= VERSION_2_1 && pxenv->Length >= sizeof(*pxenv) && use_pxe(pxenv->PXEPtr))
        return true;
    entry = pxenv->RMEntry;
    return true;
}

static bool answers_1a(struct rm_regs *regs)
{
    *regs = (struct rm_regs){.ax = 0x5650};
    rm_interrupt(0x1a, regs);
    return regs->ax == 0x564e && !(regs->flags & FLAG_CARRY);
}

int pxe_stack_find(const struct boot_info *info)
{
    struct rm_regs regs;

    if (use_pxe(*(const struct far_pointer *)&info->stack[2]) ||
        use_pxenv((struct far_pointer){(uint16_t)info->ebx, info->es}))
        return 0;
    if (answers_1a(&regs) && use_pxenv((struct far_pointer){regs.bx, regs.es}))
        return 0;
    return E_PXE_STACK;
}

int pxe_stack_call(uint16_t opcode, void *block, size_t size)
{
    struct far_pointer at = rm_far(rm_buffer);
    uint16_t stack[] = {opcode, at.offset, at.segment};
    struct rm_regs regs = {.bx = opcode, .di = at.offset, .es = at.segment};

    if (!pxe_stack_is_loaded())
        return E_PXE_CALL;
    *(uint16_t *)block = PXENV_STATUS_FAILURE; /* for a stack that leaves it alone */
    memcpy(rm_buffer, block, size);
    rm_call(entry, &regs, stack, 3);
    memcpy(block, rm_buffer, size);
    return regs.ax && *(uint16_t *)block ? E_PXE_CALL : 0;
}

const struct pxe_direct *pxe_stack_direct(void)
{
    return direct && direct->magic == PXE_DIRECT_MAGIC ? direct : NULL;
}

bool pxe_stack_is_loaded(void)
{
    return entry.segment;
}

int pxe_stack_busdevfn(void)
{
    struct s_PXENV_UNDI_GET_NIC_TYPE nic = {.NicType = 0};

    if (pxe_stack_call(PXENV_UNDI_GET_NIC_TYPE, &nic, sizeof(nic)) || nic.NicType != PCI_NIC)
        return -1;
    return nic.info.pci.BusDevFunc;
}

void pxe_stack_packet(unsigned type, struct dhcp_packet *packet)
{
    struct s_PXENV_GET_CACHED_INFO info = {.PacketType = (uint16_t)type};

    packet->len = 0;
    if (pxe_stack_call(PXENV_GET_CACHED_INFO, &info, sizeof(info)) ||
        !(info.Buffer.segment | info.Buffer.offset) || info.BufferSize < BOOTP_FIXED)
        return;
    packet->len = info.BufferSize < DHCP_PACKET_MAX ? info.BufferSize : DHCP_PACKET_MAX;
    memcpy(packet->data, pxe_pointer(info.Buffer), packet->len);
}

/* Give the stack's base memory back, which some stacks do themselves. It has to be the lowest that
 * is taken, and INT 1Ah must not lead into it any more. */
static void give_back_memory(void)
{
    uint32_t start = BASE_MEMORY_END, end = 0, base_kb = rm_set_base_kb(0);
    uint16_t ebda = *(volatile uint16_t *)(LOW_MEMORY + BDA_EBDA);
    struct rm_regs regs;

    for (const struct s_SEGDESC *d = &pxe->Stack; d <= &pxe->BC_CodeWrite; d++) {
        uint32_t from = d->segment_address * 16u, size = d->Seg_Size;

        if (size && from < start)
            start = from;
        if (size && from + size > end)
            end = from + size;
    }
    if (start / 1024 == base_kb && end <= (ebda ? ebda * 16u : BASE_MEMORY_END) &&
        !answers_1a(&regs))
        base_kb = end / 1024;
    rm_set_base_kb((uint16_t)base_kb);
}

void pxe_stack_unload(void)
{
    static const uint8_t steps[] = {PXENV_UNDI_SHUTDOWN, PXENV_UNLOAD_STACK, PXENV_STOP_UNDI};
    bool done = pxe_stack_is_loaded();

    nic_close();
    for (unsigned i = 0; entry.segment && i < sizeof(steps); i++) {
        uint16_t block[8] = {0};

        /* Many stacks report a failure though the work is done: go on. */
        if (pxe_stack_call(steps[i], block, sizeof(block)))
            done = false;
    }
    if (done && pxe)
        give_back_memory();
    entry = (struct far_pointer){0, 0};
    direct = NULL;
    pxe = NULL;
}
