/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that calls our PXE services with anything, in any order: none writes into memory of
 * ours, none follows a pointer that it has to refuse.
 *
 * Input: calls. Each: flags, opcode, length of the parameter block, the block; then, with
 * WITH_FRAME, a frame that arrives before it: length (16 bits) and bytes. */
#include "pxe_machine.h"

#include <sys/mman.h>

#include <sanitizer/asan_interface.h>

#include "fuzz.h"

enum { NESTED = 1, WITH_FRAME = 2, ELSEWHERE = 4, UDP_FRAME = 8, FAILING_CARD = 16 };
enum {
    MAPPED_END = 0x300000,
    PROGRAM_START = LOW_MEMORY + 0x500,
    GUARD = 0x8000,
    FILE_SIZE = 3000
};

/* Where blocks have pointers, and whether a service only reads there: it may read anything. */
static const struct {
    uint8_t opcode, at;
    bool reads, physical;
} pointers[] = {{PXENV_UNDI_TRANSMIT, 4, true, false},    {PXENV_UNDI_TRANSMIT, 8, false, false},
                {PXENV_TFTP_READ, 6, false, false},       {PXENV_TFTP_READ_FILE, 134, false, true},
                {PXENV_UDP_READ, 16, false, false},       {PXENV_UDP_WRITE, 16, false, false},
                {PXENV_GET_CACHED_INFO, 6, false, false}, {PXENV_FILE_OPEN, 4, true, false},
                {PXENV_FILE_READ, 6, false, false},       {PXENV_FILE_EXEC, 2, true, false},
                {PXENV_FILE_CMDLINE, 4, false, false}};

static uint8_t ours[GUARD]; /* all of our base memory as it was installed */
static uint8_t *guarded, *guarded_end;

/* No program uses the stack it was started on for its blocks and buffers here: what reaches that
 * ran over the end of free memory. */
static bool on_stack(uint32_t address)
{
    return address >= pxe_memory_end(0) && address < (uint32_t)(uintptr_t)pxe_frame_buffer(0);
}

/* Move a pointer that leads to where this machine has no memory, to its page 0, or to the stack.
 * Those below 500h stay where they have to be refused. */
static void tame(uint8_t *p, bool reads, bool physical)
{
    uint16_t segment, offset;
    uint32_t linear;

    memcpy(&offset, p, 2);
    memcpy(&segment, p + 2, 2);
    linear = physical ? segment * 65536u + offset : segment * 16u + offset;
    if (on_stack(linear))
        segment = (uint16_t)(segment - (physical ? 1 : 0x1000));
    else if (linear < PROGRAM_START && (linear >= PXE_LOW || reads))
        segment = (uint16_t)(segment + (physical ? 3 : 0x1050));
    memcpy(p + 2, &segment, 2);
}

/* What TRANSMIT finds behind its pointer: descriptors with pointers of their own. */
static void tame_descriptor(uint8_t *block)
{
    uint8_t *d = pxe_pointer(*(const struct far_pointer *)(block + 8));

    if ((uint32_t)(uintptr_t)d < PROGRAM_START || (uint32_t)(uintptr_t)d > 0x90000) {
        memset(block + 8, 0, 4); /* what is there would be taken for pointers as it is */
        return;
    }
    tame(d + 2, true, false);
    for (unsigned i = 0; i < MAX_DATA_BLKS; i++) {
        uint8_t *each = d + 8 + 8 * i;

        if (!each[0])
            each[6] &= 0x1f, each[7] = 0; /* below 2 MiB */
        tame(each + 4, true, !each[0]);
    }
}

/* A TFTP server with a file of FILE_SIZE, which is asked by our client and by the program itself.
 */
static void serve(const struct fake_datagram *d)
{
    static const char oack[] = "\0\6tsize\0"
                               "3000";
    uint8_t data[4 + 512] = {0, 3};
    unsigned block = d->len < 4 ? 0 : (d->data[2] << 8 | d->data[3]) + 1u;
    size_t len = 512;

    if (d->to_port == 69) {
        fake_udp(d->to, 3000, net.ip, d->from_port, oack, sizeof(oack), 1);
    } else if (d->to_port == 3000 && d->len == 4 && block * 512 < FILE_SIZE + 512) {
        data[2] = (uint8_t)(block >> 8);
        data[3] = (uint8_t)block;
        if (block * 512 > FILE_SIZE)
            len = FILE_SIZE % 512;
        fake_udp(d->to, 3000, net.ip, d->from_port, data, 4 + len, 1);
    }
}

/* Time flies while nothing is on its way. */
static void hurry(void)
{
    if (!fake_pending())
        fake_now += 50;
}

static void arrive(struct input *in, uint8_t flags)
{
    uint8_t frame[1514];
    size_t len = take16(in) % (sizeof(frame) - 41);

    if (flags & UDP_FRAME) {
        uint16_t port = take16(in);
        len = take_bytes(in, frame, len);
        fake_udp(fake_ip(10, 0, 0, 1), 69, net.ip, port, frame, len, 0);
    } else {
        len = take_bytes(in, frame, len);
        memcpy(frame, net.mac, len < 6 ? len : 6);
        fake_deliver(frame, len, 0);
    }
}

static void call_once(struct input *in)
{
    static uint8_t frames[2 * PXE_FRAME_SIZE]; /* only UNDI_ISR receives to them */
    uint8_t flags = take(in), opcode = take(in), block[256] = {0};
    uint32_t address = flags & ELSEWHERE ? 0x10000u + take16(in) * 10u : BLOCK_AT;
    size_t len = take(in);

    take_bytes(in, block, len);
    if (opcode ==
        PXENV_RESTART_TFTP) /* its program goes to 7C00h, where this machine has no memory */
        return;
    for (unsigned i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
        if (pointers[i].opcode == opcode)
            tame(block + pointers[i].at, pointers[i].reads, pointers[i].physical);
    if (address < PROGRAM_START || on_stack(address))
        address = PROGRAM_START;
    len = sizeof(block);
    while (len && !pxe_is_free(at(address), len))
        len--;
    memcpy(at(address), block, len);
    if (opcode == PXENV_UNDI_TRANSMIT && address == BLOCK_AT)
        tame_descriptor(at(address));
    else if (opcode == PXENV_UNDI_TRANSMIT)
        return;
    if (flags & WITH_FRAME)
        arrive(in, flags);
    machine.open_result = flags & FAILING_CARD ? -1 : 0;
    machine_api()->opcode = opcode;
    machine_api()->block = far_to(address);
    machine_api()->ss = 0;
    machine_api()->esp = 0x7000;
    ASAN_UNPOISON_MEMORY_REGION(pxe_frame_buffer(0), sizeof(frames)); /* see fake_link.c */
    memcpy(frames, pxe_frame_buffer(0), sizeof(frames));
    pxe_api_call(flags & NESTED);
    CHECK(opcode == PXENV_UNDI_ISR || !memcmp(frames, pxe_frame_buffer(0), sizeof(frames)));
    CHECK(machine_api()->status <= PXENV_EXIT_FAILURE);
}

static bool same(const uint8_t *start, const uint8_t *end)
{
    return !memcmp(start, ours + (start - guarded), (size_t)(end - start));
}

/* After each call: packets, structures and what else is ours outside of what calls are answered
 * with; the interrupt vectors that are not ours. */
static void check_memory(void)
{
    static const uint8_t hooks[] = {HOOK_MEMORY, HOOK_TIME, HOOK_NEXT_DEVICE};
    uint8_t *api = (uint8_t *)machine_api();

    CHECK(same(guarded, pxe_frame_buffer(0)));
    CHECK(same(pxe_cached_packet(1), api));
    CHECK(same(api + sizeof(struct rm_api), guarded_end));
    for (unsigned i = 0; i < 256; i++)
        CHECK(memchr(hooks, (int)i, 3) || *vector(i) == (0xf0000000 | i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void *high;
    struct input in = {data, size};

    if (!high) {
        high = mmap(at(MEMORY_END), MAPPED_END - MEMORY_END, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        CHECK(high == at(MEMORY_END));
    }
    machine_serve("services");
    guarded = at(pxe_memory_end(0));
    guarded_end = at(RESIDENT + 0x1000);
    memcpy(ours, guarded, (size_t)(guarded_end - guarded));
    fake_cancel_at = fake_now + 20000;
    fake_on_idle = hurry;
    fake_on_udp = serve;
    if (!setjmp(machine.left)) {
        for (unsigned calls = 0; in.left && calls < 40; calls++) {
            call_once(&in);
            if (program_runs)
                check_memory();
        }
    }
    call_at(PXENV_TFTP_CLOSE, BLOCK_AT);
    call_at(PXENV_UDP_CLOSE, BLOCK_AT);
    call_at(PXENV_STOP_UNDI, BLOCK_AT);
    CHECK(!program_runs);
    return 0;
}
