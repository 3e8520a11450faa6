/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_pxe_stack.h"

#include <string.h>
#include <sys/mman.h>

#include "platform/bios/pic.h"
#include "platform/nic.h"

uint8_t *rm_buffer;

struct fake_pxe_stack stack;

static uint16_t isr_answer(struct s_PXENV_UNDI_ISR *block)
{
    unsigned n = stack.isr_calls++;

    if (n >= 32)
        return 0;
    stack.isr_asked[n] = block->FuncFlag;
    *block = stack.isr[n];
    return 0;
}

static uint16_t sent_by_stack(const struct s_PXENV_UNDI_TRANSMIT *t)
{
    const struct s_PXENV_UNDI_TBD *d = at(t->TBD.segment * 16u + t->TBD.offset);

    stack.transmit = *t;
    stack.sent_len = d->ImmedLength;
    memcpy(stack.sent, at(d->Xmit.segment * 16u + d->Xmit.offset), d->ImmedLength);
    return 0;
}

void rm_call(struct far_pointer entry, struct rm_regs *regs, const uint16_t *words, unsigned count)
{
    uint16_t opcode = words[0];
    void *block = at(words[2] * 16u + words[1]);

    CHECK_EQUAL(count, 3);
    CHECK(block == rm_buffer);
    CHECK_EQUAL(regs->bx, opcode); /* by both conventions */
    CHECK_EQUAL(regs->es * 16 + regs->di, words[2] * 16 + words[1]);
    CHECK_EQUAL(*(uint16_t *)block, PXENV_STATUS_FAILURE);
    stack.entered = entry.segment * 65536u + entry.offset;
    stack.opcodes[stack.calls++ % 512] = opcode;
    *(uint16_t *)block = 0;
    if (opcode == PXENV_UNDI_GET_INFORMATION)
        *(struct s_PXENV_UNDI_GET_INFORMATION *)block = stack.information;
    else if (opcode == PXENV_UNDI_GET_IFACE_INFO)
        *(struct s_PXENV_UNDI_GET_IFACE_INFO *)block = stack.interface;
    else if (opcode == PXENV_UNDI_GET_NIC_TYPE)
        *(struct s_PXENV_UNDI_GET_NIC_TYPE *)block = stack.type;
    else if (opcode == PXENV_GET_CACHED_INFO)
        *(struct s_PXENV_GET_CACHED_INFO *)block = stack.cached;
    else if (opcode == PXENV_UNDI_OPEN)
        stack.open = *(struct s_PXENV_UNDI_OPEN *)block;
    else if (opcode == PXENV_UNDI_ISR)
        isr_answer(block);
    else if (opcode == PXENV_UNDI_TRANSMIT)
        sent_by_stack(block);
    regs->ax = 0;
    if (stack.fails == opcode || stack.fails == 0xffff) {
        regs->ax = stack.exit_code;
        *(uint16_t *)block = stack.status;
    }
}

void rm_interrupt(uint8_t number, struct rm_regs *regs)
{
    CHECK_EQUAL(number, 0x1a);
    CHECK_EQUAL(regs->ax, 0x5650);
    regs->flags = stack.carry;
    if (stack.answers_1a)
        *regs = (struct rm_regs){
            .ax = 0x564e, .bx = PXENV_AT & 15, .es = PXENV_AT / 16, .flags = stack.carry};
}

void nic_close(void)
{
}

uint16_t rm_set_base_kb(uint16_t kb)
{
    uint16_t old = *base_kb();

    *base_kb() = kb;
    return old;
}

bool pci_identify(struct pci_device *dev, uint16_t busdevfn)
{
    dev->busdevfn = busdevfn;
    stack.identified++;
    return true;
}

size_t copy_padded(uint8_t *to, const void *frame, size_t len)
{
    memcpy(to, frame, len);
    for (; len < ETH_FRAME_MIN; len++)
        to[len] = 0;
    return len;
}

void pic_mask(uint8_t irq)
{
    stack.masked = irq;
}

void pic_restore(void)
{
    stack.masked = 0;
}

bool pic_raised(uint8_t irq)
{
    return stack.raised;
}

void fix(uint32_t structure, unsigned length_at, unsigned sum_at)
{
    uint8_t *s = at(structure), sum = 0;

    s[sum_at] = 0;
    for (unsigned i = 0; i < s[length_at]; i++)
        sum += s[i];
    s[sum_at] = -sum;
}

struct boot_info info;

void stack_start(const char *name)
{
    uint8_t *pxe = at(PXE_AT), *pxenv = at(PXENV_AT);

    fake_case(name);
    if (!rm_buffer)
        CHECK(mmap(at(MEMORY), END - MEMORY, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == at(MEMORY));
    rm_buffer = at(0x60000);
    pxe_stack_unload();
    memset(&stack, 0, sizeof(stack));
    memset(at(MEMORY), 0, END - MEMORY);
    *base_kb() = BIOS_KB - SEGMENT_KB;
    memcpy(pxe, "!PXE\x58", 5);
    *(uint32_t *)(pxe + 0x10) = ENTRY;
    for (unsigned i = 1; i < 3; i++) {
        *(uint16_t *)(pxe + 0x20 + 8 * i) = (BIOS_KB - SEGMENT_KB + (i - 1) * 10) * 64;
        *(uint16_t *)(pxe + 0x26 + 8 * i) = 10 * 1024;
    }
    fix(PXE_AT, 4, 5);
    memcpy(pxenv, "PXENV+\1\2\x2c", 9);
    *(uint32_t *)(pxenv + 0x0a) = OLD_ENTRY;
    *(struct far_pointer *)(pxenv + 0x28) = far_to(PXE_AT);
    fix(PXENV_AT, 8, 9);
    memset(&info, 0, sizeof(info));
    *(struct far_pointer *)&info.stack[2] = far_to(PXE_AT);
    info.ebx = 0xffff0000; /* the upper half is anything */
    info.es = PXENV_AT / 16;
    stack.fails = 0xfffe;
    stack.information =
        (struct s_PXENV_UNDI_GET_INFORMATION){.IntNumber = 10,
                                              .MaxTranUnit = 1500,
                                              .HwAddrLen = 6,
                                              .CurrentNodeAddress = "\x02\1\2\3\4\5"};
    stack.type =
        (struct s_PXENV_UNDI_GET_NIC_TYPE){.NicType = PCI_NIC, .info.pci.BusDevFunc = 0x20};
}

void fail(uint16_t opcode, uint16_t exit_code, uint16_t status)
{
    stack.fails = opcode;
    stack.exit_code = exit_code;
    stack.status = status;
}
