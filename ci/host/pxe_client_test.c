// sources: ci/host/fake_link.c src/firmware/pxe/stack.c src/firmware/pxe/undi.c
// sources: src/firmware/net/udp.c src/firmware/net/ipv4.c src/firmware/net/icmp.c
// sources: src/firmware/net/arp.c src/firmware/net/ethernet.c src/firmware/net/checksum.c
// libs: -no-pie -fno-pic -DLOW_MEMORY=0x10000u -fno-sanitize=alignment
// libs: -Wno-int-to-pointer-cast -Wno-pointer-to-int-cast
/* Being started by a PXE stack: finding it, its UNDI as a network card, and taking it down. The
 * stack is scripted, and lies in every way that stacks are known for. */
#include <string.h>
#include <sys/mman.h>

#include "bios/pic.h"
#include "bios/realmode.h"
#include "core/errors.h"
#include "fake_link.h"
#include "pxe/calls.h"
#include "pxe/direct.h"
#include "pxe/stack.h"

enum { MEMORY = 0x10000, END = 0xa0000, PXE_AT = 0x90000, PXENV_AT = 0x90100, BIOS_KB = 576 };
enum { FRAME_AT = 0x40000, SEGMENT_KB = 20, ENTRY = 0x90200000, OLD_ENTRY = 0x90300000 };

uint8_t *rm_buffer;

/* The stack, and what was done to it. */
static struct {
    uint16_t fails, exit_code, status; /* opcode that fails, or 0xffff = all, and how */
    bool answers_1a;
    uint16_t carry;
    uint32_t entered;
    unsigned calls;
    uint16_t opcodes[512];
    struct undi_information information;
    struct undi_interface interface;
    struct undi_nic_type type;
    struct pxe_cached_info cached;
    struct undi_open open;
    struct undi_isr isr[32]; /* what it answers, one after the other; function 0 at the end */
    uint16_t isr_asked[32];
    unsigned isr_calls;
    struct undi_transmit transmit;
    uint8_t sent[2048];
    size_t sent_len;
    bool raised;
    uint8_t masked;
    unsigned identified;
} stack;

static void *at(uint32_t address)
{
    return (void *)(uintptr_t)address;
}

static struct far_pointer far_to(uint32_t address)
{
    return rm_far(at(address));
}

static uint16_t *base_kb(void)
{
    return at(LOW_MEMORY + 0x413);
}

static uint16_t isr_answer(struct undi_isr *block)
{
    unsigned n = stack.isr_calls++;

    if (n >= 32)
        return 0;
    stack.isr_asked[n] = block->function;
    *block = stack.isr[n];
    return 0;
}

static uint16_t sent_by_stack(const struct undi_transmit *t)
{
    const struct undi_tx_descriptor *d = at(t->descriptor.segment * 16u + t->descriptor.offset);

    stack.transmit = *t;
    stack.sent_len = d->length;
    memcpy(stack.sent, at(d->data.segment * 16u + d->data.offset), d->length);
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
        *(struct undi_information *)block = stack.information;
    else if (opcode == PXENV_UNDI_GET_IFACE_INFO)
        *(struct undi_interface *)block = stack.interface;
    else if (opcode == PXENV_UNDI_GET_NIC_TYPE)
        *(struct undi_nic_type *)block = stack.type;
    else if (opcode == PXENV_GET_CACHED_INFO)
        *(struct pxe_cached_info *)block = stack.cached;
    else if (opcode == PXENV_UNDI_OPEN)
        stack.open = *(struct undi_open *)block;
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

static void fix(uint32_t structure, unsigned length_at, unsigned sum_at)
{
    uint8_t *s = at(structure), sum = 0;

    s[sum_at] = 0;
    for (unsigned i = 0; i < s[length_at]; i++)
        sum += s[i];
    s[sum_at] = -sum;
}

static struct boot_info info;

/* A good stack: !PXE with segments of 20 KiB right above free memory, and a PXENV+ that names it. */
static void start(const char *name)
{
    uint8_t *pxe = at(PXE_AT), *pxenv = at(PXENV_AT);

    fake_case(name);
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
    stack.information = (struct undi_information){
        .interrupt = 10, .mtu = 1500, .address_length = 6, .current = "\x02\1\2\3\4\5"};
    stack.type = (struct undi_nic_type){.type = UNDI_PCI_NIC, .busdevfn = 0x20};
}

static void fail(uint16_t opcode, uint16_t exit_code, uint16_t status)
{
    stack.fails = opcode;
    stack.exit_code = exit_code;
    stack.status = status;
}

static void test_find(void)
{
    uint8_t *pxe = at(PXE_AT), *pxenv = at(PXENV_AT);

    start("!PXE on the stack");
    CHECK(!pxe_stack_is_loaded());
    CHECK_EQUAL(pxe_stack_busdevfn(), -1);
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    CHECK(pxe_stack_is_loaded());
    CHECK_EQUAL(pxe_stack_busdevfn(), 0x20);
    CHECK_EQUAL(stack.entered, ENTRY);
    start("PXENV+ names !PXE");
    info.stack[3] = 0x5000;
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    pxe_stack_busdevfn();
    CHECK_EQUAL(stack.entered, ENTRY);
    start("PXENV+ of an older version");
    info.stack[3] = 0x5000;
    pxenv[6] = 0;
    fix(PXENV_AT, 8, 9);
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    pxe_stack_busdevfn();
    CHECK_EQUAL(stack.entered, OLD_ENTRY);
    start("PXENV+ names nothing");
    info.stack[3] = 0x5000;
    pxe[5]++;
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    pxe_stack_busdevfn();
    CHECK_EQUAL(stack.entered, OLD_ENTRY);
    for (unsigned way = 0; way < 5; way++) {
        start("by INT 1Ah");
        info.stack[3] = info.es = 0x5000;
        stack.answers_1a = way != 1;
        stack.carry = way == 2;
        pxenv[9] += way == 3;
        if (way == 4) {
            pxenv[8] = 0x20; /* too short */
            fix(PXENV_AT, 8, 9);
        }
        CHECK_EQUAL(pxe_stack_find(&info), way ? E_PXE_STACK : 0);
        CHECK_EQUAL(pxe_stack_is_loaded(), !way);
    }
    start("!PXE that is too short");
    pxe[4] = 0x57;
    fix(PXE_AT, 4, 5);
    info.es = 0x5000;
    CHECK_EQUAL(pxe_stack_find(&info), E_PXE_STACK);
}

static void test_calls(void)
{
    static struct dhcp_packet packet;
    uint16_t block = 0;

    start("statuses");
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    fail(PXENV_UNDI_CLOSE, 1, 1);
    CHECK_EQUAL(pxe_stack_call(PXENV_UNDI_CLOSE, &block, 2), E_PXE_CALL);
    fail(PXENV_UNDI_CLOSE, 0, 1); /* one of both is known to lie */
    CHECK_EQUAL(pxe_stack_call(PXENV_UNDI_CLOSE, &block, 2), 0);
    fail(PXENV_UNDI_CLOSE, 1, 0);
    CHECK_EQUAL(pxe_stack_call(PXENV_UNDI_CLOSE, &block, 2), 0);
    stack.type.type = 3;
    CHECK_EQUAL(pxe_stack_busdevfn(), -1);
    fail(PXENV_UNDI_GET_NIC_TYPE, 1, 3);
    CHECK_EQUAL(pxe_stack_busdevfn(), -1);
    start("cached packets");
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    memset(at(0x50000), 7, 2000);
    stack.cached = (struct pxe_cached_info){.size = 300, .buffer = far_to(0x50000)};
    pxe_stack_packet(CACHED_ACK, &packet);
    CHECK_EQUAL(packet.len, 300);
    CHECK_EQUAL(packet.data[299], 7);
    stack.cached.size = 0xffff;
    pxe_stack_packet(CACHED_ACK, &packet);
    CHECK_EQUAL(packet.len, DHCP_PACKET_MAX);
    stack.cached.size = 235; /* no room for a BOOTP message */
    pxe_stack_packet(CACHED_ACK, &packet);
    CHECK_EQUAL(packet.len, 0);
    stack.cached = (struct pxe_cached_info){.size = 300};
    pxe_stack_packet(CACHED_ACK, &packet);
    CHECK_EQUAL(packet.len, 0);
    fail(PXENV_GET_CACHED_INFO, 1, 3);
    stack.cached = (struct pxe_cached_info){.size = 300, .buffer = far_to(0x50000)};
    pxe_stack_packet(CACHED_ACK, &packet);
    CHECK_EQUAL(packet.len, 0);
}

static void test_unload(void)
{
    struct {
        const char *name;
        uint16_t base_kb, fails, ebda, want;
        bool hooked;
    } cases[] = {
        {"all goes well", BIOS_KB - SEGMENT_KB, 0xfffe, 0, BIOS_KB, false},
        {"the stack is right below the EBDA", BIOS_KB - SEGMENT_KB, 0xfffe, BIOS_KB * 64, BIOS_KB,
         false},
        {"the stack reaches into the EBDA", BIOS_KB - SEGMENT_KB, 0xfffe, BIOS_KB * 64 - 64,
         BIOS_KB - SEGMENT_KB, false},
        {"somebody is below it", BIOS_KB - SEGMENT_KB - 4, 0xfffe, 0, BIOS_KB - SEGMENT_KB - 4,
         false},
        {"it has raised 40:13 itself", BIOS_KB, 0xfffe, 0, BIOS_KB, false},
        {"SHUTDOWN fails", BIOS_KB - SEGMENT_KB, PXENV_UNDI_SHUTDOWN, 0, BIOS_KB - SEGMENT_KB,
         false},
        {"UNLOAD_STACK fails", BIOS_KB - SEGMENT_KB, PXENV_UNLOAD_STACK, 0, BIOS_KB - SEGMENT_KB,
         false},
        {"STOP_UNDI fails", BIOS_KB - SEGMENT_KB, PXENV_STOP_UNDI, 0, BIOS_KB - SEGMENT_KB, false},
        {"INT 1Ah is still its", BIOS_KB - SEGMENT_KB, 0xfffe, 0, BIOS_KB - SEGMENT_KB, true},
    };
    static const uint16_t steps[] = {PXENV_UNDI_SHUTDOWN, PXENV_UNLOAD_STACK, PXENV_STOP_UNDI};

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        start(cases[i].name);
        CHECK_EQUAL(pxe_stack_find(&info), 0);
        *base_kb() = cases[i].base_kb;
        *(uint16_t *)at(LOW_MEMORY + 0x40e) = cases[i].ebda;
        stack.answers_1a = cases[i].hooked;
        fail(cases[i].fails, 1, 1);
        pxe_stack_unload();
        CHECK_EQUAL(*base_kb(), cases[i].want);
        CHECK_EQUAL(stack.calls, 3);
        CHECK(!memcmp(stack.opcodes, steps, sizeof(steps)));
        CHECK(!pxe_stack_is_loaded());
        CHECK(!pxe_stack_direct());
    }
    start("a stack without !PXE");
    info.stack[3] = 0x5000;
    *(uint8_t *)at(PXE_AT) = 0;
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    pxe_stack_unload();
    CHECK_EQUAL(*base_kb(), BIOS_KB - SEGMENT_KB);
}

static struct nic card;

static void open_card(const char *name)
{
    start(name);
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    memset(&card, 0, sizeof(card));
    CHECK_EQUAL(undi_driver.probe(&card), 0);
    CHECK_EQUAL(undi_driver.open(&card), 0);
    stack.calls = 0;
}

static void test_probe(void)
{
    static const struct {
        uint16_t said, mtu;
    } mtus[] = {{1500, 0}, {1499, 1499}, {576, 576}, {575, 0}, {0, 0}, {9000, 0}};

    open_card("probe");
    CHECK(!memcmp(card.mac, "\x02\1\2\3\4\5", 6));
    CHECK_EQUAL(card.burst, 4);
    CHECK_EQUAL(stack.identified, 1);
    CHECK_EQUAL(stack.masked, 10);
    CHECK_EQUAL(stack.open.filter, UNDI_DIRECTED | UNDI_BROADCAST);
    CHECK(undi_driver.link(&card));
    undi_driver.close(&card);
    CHECK_EQUAL(stack.opcodes[0], PXENV_UNDI_CLOSE);
    CHECK_EQUAL(stack.masked, 0);
    for (unsigned i = 0; i < 6; i++) {
        start("MTUs");
        CHECK_EQUAL(pxe_stack_find(&info), 0);
        stack.information.mtu = mtus[i].said;
        memset(&card, 0, sizeof(card));
        CHECK_EQUAL(undi_driver.probe(&card), 0);
        CHECK_EQUAL(card.mtu, mtus[i].mtu);
    }
    start("interrupt lines, and a stack that does not know its card");
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    stack.information.interrupt = 2;
    stack.type.type = 0;
    CHECK_EQUAL(undi_driver.probe(&card), 0);
    CHECK_EQUAL(stack.identified, 0);
    CHECK_EQUAL(undi_driver.open(&card), 0);
    CHECK_EQUAL(stack.masked, 9);
    stack.information.interrupt = 16;
    CHECK_EQUAL(undi_driver.probe(&card), 0);
    CHECK_EQUAL(undi_driver.open(&card), 0);
    CHECK_EQUAL(stack.masked, 0);
    stack.information.address_length = 8;
    CHECK_EQUAL(undi_driver.probe(&card), E_PXE_STACK);
    fail(PXENV_UNDI_GET_INFORMATION, 1, 1);
    CHECK_EQUAL(undi_driver.probe(&card), E_PXE_STACK);
    start("filters");
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    stack.interface.flags = UNDI_CAN_PROMISCUOUS;
    CHECK_EQUAL(undi_driver.open(&card), 0);
    CHECK_EQUAL(stack.open.filter, UNDI_DIRECTED | UNDI_PROMISCUOUS);
    fail(PXENV_UNDI_OPEN, 1, 1);
    CHECK_EQUAL(undi_driver.open(&card), E_NIC_OPEN);
}

/* Script the answers to UNDI_ISR from here on. */
static void answers(unsigned count, const struct undi_isr *list)
{
    memset(stack.isr, 0, sizeof(stack.isr));
    memcpy(stack.isr, list, count * sizeof(*list));
    stack.isr_calls = 0;
    stack.calls = 0;
}

static struct undi_isr part(uint16_t buffer, uint16_t frame, uint32_t at_offset)
{
    return (struct undi_isr){.function = UNDI_ISR_OUT_RECEIVE,
                             .buffer_length = buffer,
                             .frame_length = frame,
                             .frame = far_to(FRAME_AT + at_offset)};
}

static void test_poll(void)
{
    uint8_t buf[ETH_FRAME_MAX];
    const struct undi_isr ours = {.function = UNDI_ISR_OUT_OURS};
    const struct undi_isr not_ours = {.function = UNDI_ISR_OUT_NOT_OURS};
    const struct undi_isr sent = {.function = UNDI_ISR_OUT_TRANSMIT};
    const struct undi_isr done = {.function = UNDI_ISR_OUT_DONE};

    open_card("no interrupt, no call");
    for (unsigned i = 0; i < 2000; i++)
        *(uint8_t *)at(FRAME_AT + i) = (uint8_t)(i * 7);
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 0);
    CHECK_EQUAL(stack.calls, 0);
    stack.raised = true;
    answers(5, (struct undi_isr[]){ours, sent, part(60, 60, 0), part(100, 100, 1), done});
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 60);
    CHECK(!memcmp(buf, at(FRAME_AT), 60));
    CHECK_EQUAL(stack.isr_asked[0], UNDI_ISR_IN_START);
    CHECK_EQUAL(stack.isr_asked[1], UNDI_ISR_IN_PROCESS);
    CHECK_EQUAL(stack.isr_asked[2], UNDI_ISR_IN_GET_NEXT);
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 100);
    CHECK(!memcmp(buf, at(FRAME_AT + 1), 100));
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 0);
    answers(1, &not_ours);
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 0);
    CHECK_EQUAL(stack.calls, 1); /* somebody else's interrupt */
    answers(4, (struct undi_isr[]){ours, part(1000, 1514, 0), part(514, 1514, 1000), done});
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 1514);
    CHECK(!memcmp(buf, at(FRAME_AT), 1514));
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 0);
    answers(3, (struct undi_isr[]){ours, part(1518, 1518, 0), done}); /* with its FCS */
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 1514);
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 0);
    answers(3, (struct undi_isr[]){ours, part(0xffff, 0xffff, 0), done});
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), E_PROTOCOL);
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 0);
    for (unsigned i = 0; i < 32; i++) /* a frame that never ends */
        stack.isr[i] = part(1000, 0xffff, 0);
    stack.isr[0] = ours;
    stack.isr_calls = 0;
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 0);
    CHECK_EQUAL(stack.isr_calls, 17);
}

/* Cards whose interrupts do not come, or are denied. */
static void test_silent(void)
{
    uint8_t buf[ETH_FRAME_MAX];
    const struct undi_isr not_ours = {.function = UNDI_ISR_OUT_NOT_OURS};
    const struct undi_isr done = {.function = UNDI_ISR_OUT_DONE};

    open_card("no interrupts");
    for (unsigned i = 0; i < 4; i++) {
        fake_now += 4;
        CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 0);
        CHECK_EQUAL(stack.calls, 0);
        fake_now += 1;
        answers(3, (struct undi_isr[]){not_ours, part(60, 60, 0), done});
        CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 60);
        CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 0);
        stack.calls = 0;
    }
    answers(3, (struct undi_isr[]){not_ours, part(60, 60, 0), done}); /* now at every poll */
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 60);
}

static void test_transmit(void)
{
    static const struct {
        uint16_t type;
        uint8_t protocol;
    } types[] = {{0x0800, UNDI_PROTOCOL_IP},
                 {0x0806, UNDI_PROTOCOL_ARP},
                 {0x86dd, UNDI_PROTOCOL_UNKNOWN}};
    uint8_t frame[100] = {2, 2, 3, 4, 5, 6};

    for (unsigned i = 0; i < 3; i++) {
        unsigned header = types[i].protocol ? 14 : 0;

        open_card("transmit");
        frame[0] = i == 1 ? 0xff : 2;
        memset(frame + 1, i == 1 ? 0xff : 9, 5);
        frame[12] = (uint8_t)(types[i].type >> 8);
        frame[13] = (uint8_t)types[i].type;
        CHECK_EQUAL(undi_driver.transmit(&card, frame, sizeof(frame)), 0);
        CHECK_EQUAL(stack.transmit.protocol, types[i].protocol);
        CHECK_EQUAL(stack.transmit.flag, i == 1);
        CHECK_EQUAL(stack.sent_len, sizeof(frame) - header);
        CHECK(!memcmp(stack.sent, frame + header, stack.sent_len));
        CHECK(!memcmp(at(stack.transmit.destination.segment * 16u +
                         stack.transmit.destination.offset),
                      frame, 6));
        CHECK_EQUAL(undi_driver.transmit(&card, frame, 20), 0);
        CHECK_EQUAL(stack.sent_len, 60 - header);
    }
    fail(PXENV_UNDI_TRANSMIT, 1, 1);
    CHECK_EQUAL(undi_driver.transmit(&card, frame, sizeof(frame)), E_TRANSMIT);
}

static int direct_poll(void *buf, size_t cap)
{
    memset(buf, 5, 60);
    return cap == ETH_FRAME_MAX ? 60 : -1;
}

static int direct_transmit(const void *frame, size_t len)
{
    return len == 61 ? E_TRANSMIT : 0;
}

static void test_direct(void)
{
    uint8_t buf[ETH_FRAME_MAX];
    struct pxe_direct *direct = at(PXE_AT + 0x58);

    for (unsigned good = 0; good < 2; good++) {
        start("a first stage of our own");
        *direct = (struct pxe_direct){good ? PXE_DIRECT_MAGIC : 0x32444645, direct_poll,
                                      direct_transmit, 33, 1400};
        CHECK_EQUAL(pxe_stack_find(&info), 0);
        CHECK_EQUAL(undi_driver.probe(&card), 0);
        CHECK_EQUAL(undi_driver.open(&card), 0);
        CHECK_EQUAL(pxe_stack_direct() != NULL, good);
        if (!good)
            continue;
        CHECK_EQUAL(card.burst, 33);
        CHECK_EQUAL(card.mtu, 1400);
        stack.calls = 0;
        CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 60);
        CHECK_EQUAL(undi_driver.transmit(&card, buf, 60), 0);
        CHECK_EQUAL(undi_driver.transmit(&card, buf, 61), E_TRANSMIT);
        CHECK_EQUAL(stack.calls, 0);
        undi_driver.close(&card);
    }
}

int main(void)
{
    CHECK(mmap(at(MEMORY), END - MEMORY, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == at(MEMORY));
    rm_buffer = at(0x60000);
    test_find();
    test_calls();
    test_unload();
    test_probe();
    test_poll();
    test_silent();
    test_transmit();
    test_direct();
    return fake_report();
}
