#include "pxe/stack.h"

#include "bios/realmode.h"
#include "core/errors.h"
#include "core/string.h"
#include "net/dhcp_options.h"
#include "pxe/calls.h"
#include "pxe/direct.h"

enum {
    PXENV_ENTRY = 0x0a,
    PXENV_PXE_POINTER = 0x28,
    PXE_ENTRY_SP = 0x10,
    PXE_LENGTH = 0x58,
};

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
    const uint8_t *pxe = linear(p);

    if (!valid(pxe, "!PXE", 4, PXE_LENGTH))
        return false;
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

int pxe_stack_find(const struct boot_info *info)
{
    struct rm_regs regs = {.ax = 0x5650};

    if (use_pxe(far_at((const uint8_t *)&info->stack[2])) ||
        use_pxenv((struct far_pointer){(uint16_t)info->ebx, info->es}))
        return 0;
    rm_interrupt(0x1a, &regs);
    if (regs.ax == 0x564e && !(regs.flags & FLAG_CARRY) &&
        use_pxenv((struct far_pointer){regs.bx, regs.es}))
        return 0;
    return E_PXE_STACK;
}

int pxe_stack_call(uint16_t opcode, void *block, size_t size)
{
    struct far_pointer at = rm_far(rm_buffer);
    uint16_t stack[] = {opcode, at.offset, at.segment};
    struct rm_regs regs = {.bx = opcode, .di = at.offset, .es = at.segment};

    *(uint16_t *)block = PXENV_STATUS_FAILURE; /* for a stack that leaves it alone */
    memcpy(rm_buffer, block, size);
    rm_call(entry, &regs, stack, 3);
    memcpy(block, rm_buffer, size);
    return regs.ax && *(uint16_t *)block ? E_PXE_CALL : 0;
}

const struct pxe_direct *pxe_stack_direct(void)
{
    return direct && direct->magic == PXE_DIRECT_MAGIC && !pxe_direct_sum(direct) ? direct : NULL;
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

void pxe_stack_unload(void)
{
    static const uint8_t steps[] = {PXENV_UNDI_SHUTDOWN, PXENV_UNLOAD_STACK, PXENV_STOP_UNDI};

    for (unsigned i = 0; entry.segment && i < sizeof(steps); i++) {
        uint16_t block[8] = {0};

        /* Many stacks fail one of these though the work was done: go on. */
        pxe_stack_call(steps[i], block, sizeof(block));
    }
    entry = (struct far_pointer){0, 0};
}
