/* SPDX-License-Identifier: BSD-2-Clause */
/* Being started by a PXE stack: finding it, calling it, and taking it down. The stack is scripted,
 * and lies in every way that stacks are known for. */
#include <string.h>

#include "lib/errors.h"
#include "fake_pxe_stack.h"
#include "pxe/spec.h"

TEST(find)
{
    uint8_t *pxe = at(PXE_AT), *pxenv = at(PXENV_AT);

    stack_start("!PXE on the stack");
    CHECK(!pxe_stack_is_loaded());
    CHECK_EQUAL(pxe_stack_busdevfn(), -1);
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    CHECK(pxe_stack_is_loaded());
    CHECK_EQUAL(pxe_stack_busdevfn(), 0x20);
    CHECK_EQUAL(stack.entered, ENTRY);
    stack_start("PXENV+ names !PXE");
    info.stack[3] = 0x5000;
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    pxe_stack_busdevfn();
    CHECK_EQUAL(stack.entered, ENTRY);
    stack_start("PXENV+ of an older version");
    info.stack[3] = 0x5000;
    pxenv[6] = 0;
    fix(PXENV_AT, 8, 9);
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    pxe_stack_busdevfn();
    CHECK_EQUAL(stack.entered, OLD_ENTRY);
    stack_start("PXENV+ names nothing");
    info.stack[3] = 0x5000;
    pxe[5]++;
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    pxe_stack_busdevfn();
    CHECK_EQUAL(stack.entered, OLD_ENTRY);
    for (unsigned way = 0; way < 5; way++) {
        stack_start("by INT 1Ah");
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
    stack_start("!PXE that is too short");
    pxe[4] = 0x57;
    fix(PXE_AT, 4, 5);
    info.es = 0x5000;
    CHECK_EQUAL(pxe_stack_find(&info), E_PXE_STACK);
}

TEST(calls)
{
    static struct dhcp_packet packet;
    uint16_t block = 0;

    stack_start("statuses");
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    fail(PXENV_UNDI_CLOSE, 1, 1);
    CHECK_EQUAL(pxe_stack_call(PXENV_UNDI_CLOSE, &block, 2), E_PXE_CALL);
    fail(PXENV_UNDI_CLOSE, 0, 1); /* one of both is known to lie */
    CHECK_EQUAL(pxe_stack_call(PXENV_UNDI_CLOSE, &block, 2), 0);
    fail(PXENV_UNDI_CLOSE, 1, 0);
    CHECK_EQUAL(pxe_stack_call(PXENV_UNDI_CLOSE, &block, 2), 0);
    stack.type.NicType = 3;
    CHECK_EQUAL(pxe_stack_busdevfn(), -1);
    fail(PXENV_UNDI_GET_NIC_TYPE, 1, 3);
    CHECK_EQUAL(pxe_stack_busdevfn(), -1);
    stack_start("cached packets");
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    memset(at(0x50000), 7, 2000);
    stack.cached = (struct s_PXENV_GET_CACHED_INFO){.BufferSize = 300, .Buffer = far_to(0x50000)};
    pxe_stack_packet(PXENV_PACKET_TYPE_DHCP_ACK, &packet);
    CHECK_EQUAL(packet.len, 300);
    CHECK_EQUAL(packet.data[299], 7);
    stack.cached.BufferSize = 0xffff;
    pxe_stack_packet(PXENV_PACKET_TYPE_DHCP_ACK, &packet);
    CHECK_EQUAL(packet.len, DHCP_PACKET_MAX);
    stack.cached.BufferSize = 235; /* no room for a BOOTP message */
    pxe_stack_packet(PXENV_PACKET_TYPE_DHCP_ACK, &packet);
    CHECK_EQUAL(packet.len, 0);
    stack.cached = (struct s_PXENV_GET_CACHED_INFO){.BufferSize = 300};
    pxe_stack_packet(PXENV_PACKET_TYPE_DHCP_ACK, &packet);
    CHECK_EQUAL(packet.len, 0);
    fail(PXENV_GET_CACHED_INFO, 1, 3);
    stack.cached = (struct s_PXENV_GET_CACHED_INFO){.BufferSize = 300, .Buffer = far_to(0x50000)};
    pxe_stack_packet(PXENV_PACKET_TYPE_DHCP_ACK, &packet);
    CHECK_EQUAL(packet.len, 0);
}

TEST(unload)
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
        stack_start(cases[i].name);
        CHECK_EQUAL(pxe_stack_find(&info), 0);
        *base_kb() = cases[i].base_kb;
        *(uint16_t *)at(LOW_MEMORY + 0x40e) = cases[i].ebda;
        stack.answers_1a = cases[i].hooked;
        fail(cases[i].fails, 1, 1);
        pxe_stack_unload();
        CHECK_EQUAL(*base_kb(), cases[i].want);
        CHECK_EQUAL(stack.calls, 3);
        CHECK_BYTES(stack.opcodes, steps, sizeof(steps));
        CHECK(!pxe_stack_is_loaded());
        CHECK(!pxe_stack_direct());
    }
    stack_start("a stack without !PXE");
    info.stack[3] = 0x5000;
    *(uint8_t *)at(PXE_AT) = 0;
    CHECK_EQUAL(pxe_stack_find(&info), 0);
    pxe_stack_unload();
    CHECK_EQUAL(*base_kb(), BIOS_KB - SEGMENT_KB);
}
