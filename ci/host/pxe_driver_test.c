/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver that works through the UNDI of another PXE stack, or of a first stage of our own. */
#include <string.h>

#include "lib/errors.h"
#include "fake_pxe_stack.h"
#include "pxe/spec.h"
#include "pxe/direct.h"

static struct nic card;

static void open_card(const char *name)
{
    stack_start(name);
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    memset(&card, 0, sizeof(card));
    CHECK_EQUAL(undi_driver.probe(&card), 0);
    CHECK_EQUAL(undi_driver.open(&card), 0);
    stack.calls = 0;
}

TEST(probe)
{
    static const struct {
        uint16_t said, mtu;
    } mtus[] = {{1500, 0}, {1499, 1499}, {576, 576}, {575, 0}, {0, 0}, {9000, 0}};

    open_card("probe");
    CHECK_BYTES(card.mac, "\x02\1\2\3\4\5", 6);
    CHECK_EQUAL(card.burst, 4);
    CHECK_EQUAL(stack.identified, 1);
    CHECK_EQUAL(stack.masked, 10);
    CHECK_EQUAL(stack.open.PktFilter, FLTR_DIRECTED | FLTR_BRDCST);
    CHECK(undi_driver.link(&card));
    undi_driver.close(&card);
    CHECK_EQUAL(stack.opcodes[0], PXENV_UNDI_CLOSE);
    CHECK_EQUAL(stack.masked, 0);
    for (unsigned i = 0; i < 6; i++) {
        stack_start("MTUs");
        CHECK_EQUAL(pxe_stack_find(&info), 0);
        stack.information.MaxTranUnit = mtus[i].said;
        memset(&card, 0, sizeof(card));
        CHECK_EQUAL(undi_driver.probe(&card), 0);
        CHECK_EQUAL(card.mtu, mtus[i].mtu);
    }
    stack_start("interrupt lines, and a stack that does not know its card");
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    stack.information.IntNumber = 2;
    stack.type.NicType = 0;
    CHECK_EQUAL(undi_driver.probe(&card), 0);
    CHECK_EQUAL(stack.identified, 0);
    CHECK_EQUAL(undi_driver.open(&card), 0);
    CHECK_EQUAL(stack.masked, 9);
    stack.information.IntNumber = 16;
    CHECK_EQUAL(undi_driver.probe(&card), 0);
    CHECK_EQUAL(undi_driver.open(&card), 0);
    CHECK_EQUAL(stack.masked, 0);
    stack.information.HwAddrLen = 8;
    CHECK_EQUAL(undi_driver.probe(&card), E_PXE_STACK);
    fail(PXENV_UNDI_GET_INFORMATION, 1, 1);
    CHECK_EQUAL(undi_driver.probe(&card), E_PXE_STACK);
    stack_start("filters");
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    stack.interface.ServiceFlags = UNDI_CAN_PROMISCUOUS;
    CHECK_EQUAL(undi_driver.open(&card), 0);
    CHECK_EQUAL(stack.open.PktFilter, FLTR_DIRECTED | FLTR_PRMSCS);
    fail(PXENV_UNDI_OPEN, 1, 1);
    CHECK_EQUAL(undi_driver.open(&card), E_NIC_OPEN);
}

/* Script the answers to UNDI_ISR from here on. */
static void answers(unsigned count, const struct s_PXENV_UNDI_ISR *list)
{
    memset(stack.isr, 0, sizeof(stack.isr));
    memcpy(stack.isr, list, count * sizeof(*list));
    stack.isr_calls = 0;
    stack.calls = 0;
}

static struct s_PXENV_UNDI_ISR part(uint16_t buffer, uint16_t frame, uint32_t at_offset)
{
    return (struct s_PXENV_UNDI_ISR){.FuncFlag = PXENV_UNDI_ISR_OUT_RECEIVE,
                                     .BufferLength = buffer,
                                     .FrameLength = frame,
                                     .Frame = far_to(FRAME_AT + at_offset)};
}

TEST(poll)
{
    uint8_t buf[ETH_FRAME_MAX];
    const struct s_PXENV_UNDI_ISR ours = {.FuncFlag = PXENV_UNDI_ISR_OUT_OURS};
    const struct s_PXENV_UNDI_ISR not_ours = {.FuncFlag = PXENV_UNDI_ISR_OUT_NOT_OURS};
    const struct s_PXENV_UNDI_ISR sent = {.FuncFlag = PXENV_UNDI_ISR_OUT_TRANSMIT};
    const struct s_PXENV_UNDI_ISR done = {.FuncFlag = PXENV_UNDI_ISR_OUT_DONE};

    open_card("no interrupt, no call");
    for (unsigned i = 0; i < 2000; i++)
        *(uint8_t *)at(FRAME_AT + i) = (uint8_t)(i * 7);
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 0);
    CHECK_EQUAL(stack.calls, 0);
    stack.raised = true;
    answers(5, (struct s_PXENV_UNDI_ISR[]){ours, sent, part(60, 60, 0), part(100, 100, 1), done});
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 60);
    CHECK_BYTES(buf, at(FRAME_AT), 60);
    CHECK_EQUAL(stack.isr_asked[0], PXENV_UNDI_ISR_IN_START);
    CHECK_EQUAL(stack.isr_asked[1], PXENV_UNDI_ISR_IN_PROCESS);
    CHECK_EQUAL(stack.isr_asked[2], PXENV_UNDI_ISR_IN_GET_NEXT);
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 100);
    CHECK_BYTES(buf, at(FRAME_AT + 1), 100);
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 0);
    answers(1, &not_ours);
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 0);
    CHECK_EQUAL(stack.calls, 1); /* somebody else's interrupt */
    answers(4, (struct s_PXENV_UNDI_ISR[]){ours, part(1000, 1514, 0), part(514, 1514, 1000), done});
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 1514);
    CHECK_BYTES(buf, at(FRAME_AT), 1514);
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 0);
    answers(3, (struct s_PXENV_UNDI_ISR[]){ours, part(1518, 1518, 0), done}); /* with its FCS */
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 1514);
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 0);
    answers(3, (struct s_PXENV_UNDI_ISR[]){ours, part(0xffff, 0xffff, 0), done});
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
TEST(silent)
{
    uint8_t buf[ETH_FRAME_MAX];
    const struct s_PXENV_UNDI_ISR not_ours = {.FuncFlag = PXENV_UNDI_ISR_OUT_NOT_OURS};
    const struct s_PXENV_UNDI_ISR done = {.FuncFlag = PXENV_UNDI_ISR_OUT_DONE};

    open_card("no interrupts");
    for (unsigned i = 0; i < 4; i++) {
        fake_now += 4;
        CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 0);
        CHECK_EQUAL(stack.calls, 0);
        fake_now += 1;
        answers(3, (struct s_PXENV_UNDI_ISR[]){not_ours, part(60, 60, 0), done});
        CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 60);
        CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 0);
        stack.calls = 0;
    }
    answers(3,
            (struct s_PXENV_UNDI_ISR[]){not_ours, part(60, 60, 0), done}); /* now at every poll */
    CHECK_EQUAL(undi_driver.poll(&card, buf, sizeof(buf)), 60);
}

TEST(transmit)
{
    static const struct {
        uint16_t type;
        uint8_t protocol;
    } types[] = {{0x0800, P_IP}, {0x0806, P_ARP}, {0x86dd, P_UNKNOWN}};
    uint8_t frame[100] = {2, 2, 3, 4, 5, 6};

    for (unsigned i = 0; i < 3; i++) {
        unsigned header = types[i].protocol ? 14 : 0;

        open_card("transmit");
        frame[0] = i == 1 ? 0xff : 2;
        memset(frame + 1, i == 1 ? 0xff : 9, 5);
        frame[12] = (uint8_t)(types[i].type >> 8);
        frame[13] = (uint8_t)types[i].type;
        CHECK_EQUAL(undi_driver.transmit(&card, frame, sizeof(frame)), 0);
        CHECK_EQUAL(stack.transmit.Protocol, types[i].protocol);
        CHECK_EQUAL(stack.transmit.XmitFlag, i == 1);
        CHECK_EQUAL(stack.sent_len, sizeof(frame) - header);
        CHECK_BYTES(stack.sent, frame + header, stack.sent_len);
        CHECK_BYTES(at(stack.transmit.DestAddr.segment * 16u + stack.transmit.DestAddr.offset),
                    frame, 6);
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

TEST(direct)
{
    uint8_t buf[ETH_FRAME_MAX];
    struct pxe_direct *direct = at(PXE_AT + 0x58);

    for (unsigned good = 0; good < 2; good++) {
        stack_start("a first stage of our own");
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
