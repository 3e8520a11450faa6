/* SPDX-License-Identifier: BSD-2-Clause */
/* The PXE client and its UNDI driver on a stack that says anything.
 *
 * Input: flags; what is different in !PXE and PXENV+ (offset and value, each); what the stack says
 * of itself; then its answers to PXENV_UNDI_ISR, one after the other. */
#include <sys/mman.h>

#include "lib/errors.h"
#include "fake_pxe_stack.h"
#include "fuzz.h"

enum { FIX_SUMS = 1, ANSWERS_1A = 2, NO_PXE = 4, FAILS = 8, RAISED = 16, CARRY = 32 };
enum { FRAME_CAP = 1518, BYTES_CHANGED = 4, POLLS = 24 };

/* Answers with a frame lie in the stack's memory: it is trusted with reads. */
static void take_answer(struct input *in, struct s_PXENV_UNDI_ISR *isr)
{
    uint8_t bytes[8] = {0};

    take_bytes(in, bytes, sizeof(bytes));
    isr->Status = bytes[0] & 1;
    isr->FuncFlag = bytes[0] >> 1 & 3;
    isr->BufferLength = (uint16_t)(bytes[1] | (bytes[2] & 0x1f) << 8);
    isr->FrameLength = (uint16_t)(bytes[3] | bytes[4] << 8);
    isr->FrameHeaderLength = bytes[5];
    isr->Frame = far_to(FRAME_AT + bytes[6]);
}

static void lie(struct input *in, uint32_t structure, unsigned length)
{
    for (unsigned n = take(in) % BYTES_CHANGED; n--;) {
        unsigned where = take(in) % length;

        if (where < 0x10 || where > 0x13) /* its entry may be anywhere; the pointer to !PXE not */
            ((uint8_t *)at(structure))[where] = take(in);
    }
}

static void use_card(struct input *in)
{
    static uint8_t frame[FRAME_CAP];
    static struct nic card;
    int len;

    memset(&card, 0, sizeof(card));
    if (undi_driver.probe(&card))
        return;
    CHECK(card.burst && (!card.mtu || (card.mtu >= 576 && card.mtu < 1500)));
    if (undi_driver.open(&card))
        return;
    for (unsigned i = 0; i < POLLS; i++) {
        uint8_t *exact = malloc(FRAME_CAP);

        if (stack.isr_calls >= 32 && in->left) {
            stack.isr_calls = 0;
            for (unsigned n = 0; n < 32; n++)
                take_answer(in, &stack.isr[n]);
        }
        len = undi_driver.poll(&card, exact, FRAME_CAP);
        CHECK(len <= FRAME_CAP && (len >= 0 || len == E_PROTOCOL));
        free(exact);
        fake_now++;
    }
    undi_driver.transmit(&card, frame, 14 + take16(in) % 1500);
    CHECK(stack.sent_len <= sizeof(stack.sent));
    undi_driver.close(&card);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct dhcp_packet packet;
    static void *high; /* up to FFFF:FFFF */
    struct input in = {data, size};
    uint8_t flags = take(&in);

    stack_start("UNDI");
    if (!high)
        high = mmap(at(END), 0x110000 - END, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    CHECK(high == at(END));
    lie(&in, PXE_AT, 0x58);
    lie(&in, PXENV_AT, 0x28);
    if (flags & FIX_SUMS) {
        fix(PXE_AT, 4, 5);
        fix(PXENV_AT, 8, 9);
    }
    stack.answers_1a = flags & ANSWERS_1A;
    stack.carry = flags & CARRY;
    stack.raised = flags & RAISED;
    if (flags & NO_PXE)
        info.stack[2] = info.stack[3] = 0xffff;
    if (flags & FAILS)
        fail(take(&in), take(&in), take(&in));
    stack.information.IntNumber = take(&in);
    stack.information.MaxTranUnit = take16(&in);
    stack.interface.ServiceFlags = take16(&in);
    stack.type.NicType = take(&in);
    stack.cached.BufferSize = take16(&in);
    stack.cached.Buffer = take(&in) & 1 ? far_to(FRAME_AT) : (struct far_pointer){0, 0};
    for (unsigned i = 0; i < 32; i++)
        take_answer(&in, &stack.isr[i]);
    if (!pxe_stack_find(&info)) {
        pxe_stack_packet(PXENV_PACKET_TYPE_DHCP_ACK, &packet);
        CHECK(packet.len <= DHCP_PACKET_MAX);
        use_card(&in);
        pxe_stack_unload();
        CHECK(!pxe_stack_is_loaded() && !pxe_stack_direct());
        CHECK(*base_kb() <= 640);
    }
    return 0;
}
