#include "pxe/stack.h"

#include "platform/bios/realmode.h"
#include "platform/nic.h"
#include "lib/errors.h"
#include "lib/string.h"
#include "net/dhcp_options.h"
#include "pxe/calls.h"
#include "pxe/direct.h"

enum {
    PXENV_ENTRY = 0x0a,
    PXENV_PXE_POINTER = 0x28,
    PXE_ENTRY_SP = 0x10,
    PXE_DESCRIPTORS = 0x20,
    PXE_LENGTH = 0x58,
    BDA_EBDA = 0x40e,
    BASE_MEMORY_END = 0xa0000,
};

static const uint8_t *pxe;              /* the stack's !PXE; NULL when it has none */
static const struct pxe_direct *direct; /* what follows !PXE */
static struct far_pointer entry;        /* offset and segment 0 = no stack found */

static const uint8_t *linear(struct far_pointer p)
{
    return (const uint8_t *)(p.segment * 16u + p.offset);
}

static struct far_pointer far_at(const uint8_t *p)
{
    return *(const struct far_pointer *)p;
}

/* Signature, and a length and checksum that hold. */
static bool valid(const uint8_t *s, const char *signature, unsigned length_at, unsigned smallest)
{
    uint8_t sum = 0;

    if (memcmp(s, signature, strlen(signature)) || s[length_at] < smallest)
        return false;
    for (unsigned i = 0; i < s[length_at]; i++)
        sum += s[i];
    return !sum;
}

static bool use_pxe(struct far_pointer p)
{
    if (!valid(linear(p), "!PXE", 4, PXE_LENGTH))
        return false;
    pxe = linear(p);
    entry = far_at(pxe + PXE_ENTRY_SP);
    direct = (const struct pxe_direct *)(pxe + PXE_LENGTH);
    return true;
}

static bool use_pxenv(struct far_pointer p)
{
    const uint8_t *pxenv = linear(p);

    if (!valid(pxenv, "PXENV+", 8, 0x28))
        return false;
    /* version 2.1 and later say where !PXE is */
    if (pxenv[7] >= 2 && pxenv[6] >= 1 && pxenv[8] >= 0x2c &&
        use_pxe(far_at(pxenv + PXENV_PXE_POINTER)))
        return true;
    entry = far_at(pxenv + PXENV_ENTRY);
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

    if (use_pxe(far_at((const uint8_t *)&info->stack[2])) ||
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
    struct undi_nic_type nic = {.type = 0};

    if (pxe_stack_call(PXENV_UNDI_GET_NIC_TYPE, &nic, sizeof(nic)) || nic.type != UNDI_PCI_NIC)
        return -1;
    return nic.busdevfn;
}

void pxe_stack_packet(unsigned type, struct dhcp_packet *packet)
{
    struct pxe_cached_info info = {.type = (uint16_t)type};

    packet->len = 0;
    if (pxe_stack_call(PXENV_GET_CACHED_INFO, &info, sizeof(info)) ||
        !(info.buffer.segment | info.buffer.offset) || info.size < BOOTP_FIXED)
        return;
    packet->len = info.size < DHCP_PACKET_MAX ? info.size : DHCP_PACKET_MAX;
    memcpy(packet->data, linear(info.buffer), packet->len);
}

/* Give the stack's base memory back where it is the lowest that was taken (its own doing, with some
 * stacks), and only when nothing leads into it any more. */
static void give_back_memory(void)
{
    uint32_t start = BASE_MEMORY_END, end = 0, base_kb = rm_set_base_kb(0);
    uint16_t ebda = *(volatile uint16_t *)(LOW_MEMORY + BDA_EBDA);
    struct rm_regs regs;

    for (const uint8_t *d = pxe + PXE_DESCRIPTORS; d < pxe + PXE_LENGTH; d += 8) {
        uint32_t from = *(const uint16_t *)d * 16u, size = *(const uint16_t *)(d + 6);

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

        /* Many stacks fail one of these though the work was done: go on. */
        if (pxe_stack_call(steps[i], block, sizeof(block)))
            done = false;
    }
    if (done && pxe)
        give_back_memory();
    entry = (struct far_pointer){0, 0};
    direct = NULL;
    pxe = NULL;
}
