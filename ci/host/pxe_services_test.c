/* SPDX-License-Identifier: BSD-2-Clause */
/* The PXE services: offering them, taking them back, which blocks they take, and what program comes
 * next. */
#include "pxe_machine.h"

#include "net/net.h"

extern const struct pxe_opcode _opcodes[], _opcodes_end[];

enum { STUB = LOW_MEMORY + 0x4f0, PACKET_SERVER = 20, PACKET_FILE = 108 };

static uint8_t sum(const uint8_t *data, size_t len)
{
    uint8_t total = 0;

    while (len--)
        total += *data++;
    return total;
}

static uint32_t base_end(void)
{
    return machine_api()->base_end;
}

static uint8_t *structure(struct far_pointer p)
{
    return pxe_pointer(p);
}

TEST(offer)
{
    uint8_t *pxe, *pxenv;
    struct rm_api *api;

    machine_serve("offer");
    api = machine_api();
    pxe = structure(pxe_structure());
    pxenv = structure(pxenv_structure());
    CHECK_EQUAL(sum(pxe, 0x58), 0);
    CHECK_EQUAL(sum(pxenv, 0x2c), 0);
    CHECK_EQUAL(*(uint16_t *)(pxe + 0x12), RESIDENT / 16);
    CHECK_EQUAL(*base_kb() * 1024, base_end());
    for (unsigned i = 0; i < 7; i++) {
        const uint8_t *segment = pxe + 0x20 + 8 * i;

        CHECK_EQUAL(*(uint16_t *)segment * 16, base_end());
        CHECK_EQUAL(*(uint32_t *)(segment + 2), base_end());
        CHECK_EQUAL(base_end() + *(uint16_t *)(segment + 6), BIOS_KB * 1024);
    }
    CHECK_EQUAL(*(uint16_t *)(pxenv + 0x2a), RESIDENT / 16);
    CHECK_EQUAL(*(uint16_t *)(pxenv + 0x18) * 16, base_end());
    for (unsigned i = 0; i < HOOKS; i++) {
        static const uint8_t numbers[] = {0x15, 0x1a, 0x18};

        CHECK_EQUAL(*vector(numbers[i]), (uint32_t)RESIDENT / 16 << 16 | api->hook[i]);
        CHECK_EQUAL(api->old[i], 0xf0000000 | numbers[i]);
    }
    CHECK(program_runs);
    CHECK_EQUAL(machine.masked, CARD_IRQ);
    CHECK_EQUAL(api->hidden_start, 0x300000);
    CHECK_EQUAL(api->hidden_end, 0x380000);
    CHECK_EQUAL(api->kb_88, 0x200000 / 1024);
    CHECK_EQUAL(api->e801_low, 0x200000 / 1024);
    CHECK_EQUAL(api->e801_high, 0);
    CHECK_EQUAL(pxe_memory_end(0), base_end());
    CHECK_EQUAL(pxe_memory_end(0x100000), 0x300000);
    CHECK_EQUAL(*(uint32_t *)(pxe + 0x58), 0x33444645);
}

TEST(packets)
{
    struct s_PXENV_GET_CACHED_INFO info;
    const uint8_t *packet;

    machine_serve("cached packets");
    for (unsigned type = 0; type <= 4; type++) {
        info =
            (struct s_PXENV_GET_CACHED_INFO){.PacketType = (uint16_t)type, .BufferLimit = 0xa5a5};
        if (type == 0 || type == 4) {
            CHECK_EQUAL(call(PXENV_GET_CACHED_INFO, &info, sizeof(info)), PXENV_STATUS_UNSUPPORTED);
            continue;
        }
        CHECK_EQUAL(call(PXENV_GET_CACHED_INFO, &info, sizeof(info)), 0);
        CHECK_EQUAL(info.BufferSize, PXE_CACHED_SIZE);
        CHECK_EQUAL(info.BufferLimit, 0xa5a5);
        packet = pxe_pointer(info.Buffer);
        CHECK_EQUAL(packet[0], type == 1 ? 1 : 2);
        CHECK_EQUAL(packet[299], type == 1 ? 1 : 2);
        CHECK_EQUAL(packet[300], type == 1 ? 0 : 2);
        info = (struct s_PXENV_GET_CACHED_INFO){
            .PacketType = (uint16_t)type, .BufferSize = 0xffff, .Buffer = far_to(BUFFER_AT)};
        CHECK_EQUAL(call(PXENV_GET_CACHED_INFO, &info, sizeof(info)), 0);
        CHECK_EQUAL(info.BufferSize, PXE_CACHED_SIZE);
        CHECK_BYTES(at(BUFFER_AT), packet, PXE_CACHED_SIZE);
        CHECK_EQUAL(*(uint8_t *)at(BUFFER_AT + PXE_CACHED_SIZE), 0xee);
    }
    packet = pxe_cached_packet(3);
    CHECK_BYTES(packet + PACKET_SERVER, &machine_lease.boot_server, 4);
    CHECK_TEXT((const char *)packet + PACKET_FILE, "boot.0");
    info = (struct s_PXENV_GET_CACHED_INFO){
        .PacketType = 2, .BufferSize = 64, .Buffer = far_to(base_end() - 63)};
    CHECK_EQUAL(call(PXENV_GET_CACHED_INFO, &info, sizeof(info)), PXENV_STATUS_MCOPY_PROBLEM);
    info =
        (struct s_PXENV_GET_CACHED_INFO){.PacketType = 2, .BufferSize = 64, .Buffer = {0x4c1, 0}};
    CHECK_EQUAL(call(PXENV_GET_CACHED_INFO, &info, sizeof(info)), PXENV_STATUS_MCOPY_PROBLEM);
    machine_lease.proxy.len = 400;
    memset(machine_lease.proxy.data, 7, 400);
    memset(machine_lease.boot_file, 'x', 200);
    pxe_install(&machine_lease);
    CHECK_EQUAL(pxe_cached_packet(3)[0], 7);
    CHECK_EQUAL(pxe_cached_packet(3)[PACKET_FILE], 7); /* no room there for such a name */
}

TEST(uninstall)
{
    machine_start("uninstall");
    CHECK(pxe_uninstall());
    CHECK(!program_runs);
    machine_serve("uninstall");
    CHECK(pxe_uninstall());
    CHECK(!program_runs);
    CHECK_EQUAL(*base_kb(), BIOS_KB);
    CHECK_EQUAL(*vector(0x15), 0xf0000015);
    CHECK_EQUAL(*vector(0x18), 0xf0000018);
    CHECK_EQUAL(*vector(0x1a), 0xf000001a);
    CHECK_EQUAL(machine.masked, 0);
    for (unsigned i = 0; i < 3; i++) {
        static const uint8_t hooked[] = {0x15, 0x18, 0x1a};
        uint16_t kb;

        machine_serve("uninstall under a hook");
        kb = *base_kb();
        *vector(hooked[i]) = 0x12340000;
        CHECK(!pxe_uninstall());
        CHECK_EQUAL(*base_kb(), kb);
        CHECK_EQUAL(*vector(hooked[i]), 0x12340000);
        CHECK(*vector(hooked[(i + 1) % 3]) != (0xf0000000 | hooked[(i + 1) % 3]));
        CHECK_EQUAL(machine_api()->hidden_end, 0);
        CHECK_EQUAL(machine_api()->kb_88, 0xffff);
    }
    machine_serve("uninstall above somebody else");
    *base_kb() -= 10;
    CHECK(pxe_uninstall());
    CHECK_EQUAL(*base_kb() * 1024, base_end() - 10240);
}

/* What INT 18h does after STOP_UNDI: the instructions at STUB, one by one. */
static void must_free(uint16_t kb, uint16_t free_kb, uint32_t next)
{
    const uint8_t *code = at(STUB);
    static const uint8_t exchange[] = {0x2e, 0x0f, 0xb0, 0x0e, 0x13, 0x04, 0xea};

    CHECK_EQUAL(*vector(0x18), 0x4f0);
    CHECK_EQUAL(code[0], 0xb0);
    CHECK_EQUAL(code[1], kb & 0xff);
    CHECK_EQUAL(code[2], 0xb1);
    CHECK_EQUAL(code[3], free_kb & 0xff);
    CHECK_BYTES(code + 4, exchange, sizeof(exchange));
    CHECK_BYTES(code + 11, &next, 4);
    CHECK_EQUAL(code[15], 0xee);
}

TEST(stop)
{
    uint16_t block = 0xffff, kb;

    machine_serve("STOP_UNDI");
    kb = *base_kb();
    CHECK_EQUAL(call(PXENV_STOP_UNDI, &block, 2), 0);
    CHECK_EQUAL(*base_kb(), kb);
    CHECK_EQUAL(machine.leaves, 1);
    CHECK_EQUAL(*vector(0x15), 0xf0000015);
    must_free(kb, BIOS_KB, 0xf0000018);
    *base_kb() = BIOS_KB; /* the program frees it, and calls again */
    CHECK_EQUAL(call(PXENV_STOP_UNDI, &block, 2), 0);
    CHECK_EQUAL(*base_kb(), BIOS_KB);
    machine_serve("STOP_UNDI under a hook");
    *vector(0x18) = 0x12340000;
    CHECK_EQUAL(call(PXENV_STOP_UNDI, &block, 2), PXENV_STATUS_KEEP_UNDI);
    CHECK_EQUAL(*base_kb(), kb);
    CHECK_EQUAL(machine.leaves, 1);
    machine_serve("STOP_UNDI above somebody else");
    *base_kb() = 100;
    CHECK_EQUAL(call(PXENV_STOP_UNDI, &block, 2), 0);
    CHECK_EQUAL(*base_kb(), 100);
    CHECK_EQUAL(*vector(0x18), 0xf0000018);
    machine_serve("STOP_UNDI on a stack that has left its own");
    machine.stack_loaded = true;
    machine.stack_kb = 623;
    *(uint32_t *)at(STUB + 11) = 0xf0000077;
    machine_api()->old[2] = 0x4f0;
    CHECK_EQUAL(call(PXENV_STOP_UNDI, &block, 2), 0);
    CHECK_EQUAL(*base_kb(), kb);
    must_free(kb, 623, 0xf0000077);
}

/* What a service may write to: nothing below 500h, nothing of ours but the program's stack. */
TEST(bounds)
{
    uint32_t stack;

    machine_serve("bounds");
    stack = pxe_program_stack().segment * 16u;
    CHECK(!pxe_buffer((struct far_pointer){0, 0}, 0));
    CHECK(!pxe_buffer((struct far_pointer){0x4ff, 0}, 1));
    CHECK(!pxe_buffer((struct far_pointer){0x0f, 0x4f}, 1));
    CHECK(pxe_buffer((struct far_pointer){0x500, 0}, 1) == at(0x500));
    CHECK(pxe_buffer((struct far_pointer){0, 0x50}, 0xffff) == at(0x500));
    CHECK(pxe_buffer(far_to(base_end() - 100), 100) == at(base_end() - 100));
    CHECK(!pxe_buffer(far_to(base_end() - 100), 101));
    CHECK(!pxe_buffer(far_to(base_end() - 100), 0xffff));
    CHECK(pxe_buffer(far_to(stack), PXE_STACK_SIZE) == at(stack));
    CHECK(!pxe_buffer(far_to(stack), PXE_STACK_SIZE + 1));
    CHECK(!pxe_buffer(far_to(stack + PXE_STACK_SIZE), 1));
    CHECK(!pxe_buffer(far_to(RESIDENT), 1));
    CHECK(!pxe_buffer(far_to(RESIDENT_END - 1), 2));
    CHECK(pxe_buffer(far_to(RESIDENT_END), 2) == at(RESIDENT_END)); /* was there before us */
    /* an offset that runs past its segment */
    CHECK(!pxe_buffer((struct far_pointer){0xffff, (uint16_t)(base_end() / 16 - 0x1000)}, 2));
}

/* Every service, with its block at the very end of what is free, one byte further on, and so on. */
TEST(blocks)
{
    for (const struct pxe_opcode *o = _opcodes; o < _opcodes_end; o++) {
        machine_serve("blocks");
        for (unsigned over = 1; over < o->size; over++) {
            uint32_t address = base_end() - o->size + over;

            memset(at(base_end() - 512), 0, 512);
            memset(at(base_end()), 0xc5, 256);
            CHECK_EQUAL(call_at(o->opcode, address), PXENV_EXIT_FAILURE);
            if (over <= o->size - 2u)
                CHECK_EQUAL(*(uint16_t *)at(address), PXENV_STATUS_MCOPY_PROBLEM);
            for (unsigned i = 0; i < 256; i++)
                CHECK(*(uint8_t *)at(base_end() + i) == 0xc5);
        }
        CHECK_EQUAL(machine.opens + machine.closes + machine.leaves, 0);
        CHECK_EQUAL(call_at(o->opcode, RESIDENT), PXENV_EXIT_FAILURE);
        for (uint32_t low = 0; low < 0x500; low += 0x10) {
            machine_api()->opcode = o->opcode;
            machine_api()->block = (struct far_pointer){(uint16_t)low, 0};
            pxe_api_call(0);
            CHECK_EQUAL(machine_api()->status, PXENV_EXIT_FAILURE);
        }
    }
    machine_serve("blocks that fit");
    memset(at(base_end()), 0xc5, 256);
    CHECK_EQUAL(call_at(PXENV_UNDI_GET_INFORMATION,
                        base_end() - sizeof(struct s_PXENV_UNDI_GET_INFORMATION)),
                0);
    CHECK_EQUAL(call_at(PXENV_UNDI_CLOSE, base_end() - 2), 0);
    CHECK_EQUAL(*(uint8_t *)at(base_end()), 0xc5);
    CHECK_EQUAL(call_at(PXENV_UNDI_CLOSE, pxe_program_stack().segment * 16u), 0);
    CHECK_EQUAL(call_at(PXENV_UNDI_CLOSE, RESIDENT), PXENV_EXIT_FAILURE);
    CHECK_EQUAL(call_at(0x16, BLOCK_AT), PXENV_EXIT_FAILURE);
    CHECK_EQUAL(*(uint16_t *)at(BLOCK_AT), PXENV_STATUS_UNSUPPORTED);
    CHECK_EQUAL(call_at(0x0171, BLOCK_AT), PXENV_EXIT_FAILURE);
}

/* A handler of the program's calls while another call is served. */
TEST(nested)
{
    struct rm_api *api;
    struct far_pointer stack;

    machine_serve("nested");
    api = machine_api();
    stack = rm_stack;
    api->block = far_to(BLOCK_AT);
    api->opcode = PXENV_UNDI_CLOSE;
    api->ss = RESIDENT / 16;
    api->esp = 0x2200;
    pxe_api_call(1);
    CHECK_EQUAL(api->status, 0);
    CHECK_EQUAL(rm_stack.offset, stack.offset);
    api->ss = 0x5000; /* on a stack of its own */
    pxe_api_call(1);
    CHECK_EQUAL(api->status, 0);
    CHECK_EQUAL(rm_stack.offset, stack.offset);
    for (unsigned i = 0; i < 2; i++) {
        api->opcode = i ? PXENV_FILE_EXEC : PXENV_RESTART_TFTP;
        pxe_api_call(1);
        CHECK_EQUAL(api->status, PXENV_EXIT_FAILURE);
        CHECK_EQUAL(*(uint16_t *)at(BLOCK_AT), PXENV_STATUS_OUT_OF_RESOURCES);
    }
}

TEST(program)
{
    struct far_pointer pxe, pxenv;
    uint8_t udp_open[6] = {0};

    machine_serve("a program");
    pxe = pxe_structure();
    pxenv = pxenv_structure();
    CHECK_EQUAL(pxe_run_program(), -24);
    CHECK_EQUAL(machine.programs, 1);
    CHECK_EQUAL(machine.program_args[0], pxe.offset);
    CHECK_EQUAL(machine.program_args[1], pxe.segment);
    CHECK_EQUAL(machine.program_regs.ebx, pxenv.offset);
    CHECK_EQUAL(machine.program_regs.es, pxenv.segment);
    CHECK_EQUAL(call(PXENV_UDP_OPEN, udp_open, 6), 0);
    CHECK_EQUAL(pxe_run_program(), -24);
    CHECK_EQUAL(call(PXENV_UDP_OPEN, udp_open, 6), 0); /* not by this program */
    CHECK_EQUAL(machine.program_regs.edx, pxenv.segment * 16u + pxenv.offset);
}

static uint16_t exec(const char *command)
{
    struct s_PXENV_FILE_EXEC block = {0, far_to(BUFFER_AT)};

    strcpy(at(BUFFER_AT), command);
    return call(PXENV_FILE_EXEC, &block, sizeof(block));
}

TEST(exec)
{
    machine_serve("FILE_EXEC");
    CHECK_EQUAL(exec("chain kern a b"), PXENV_STATUS_FAILURE);
    CHECK_TEXT(machine.booted.path, "kern");
    CHECK_TEXT(machine.arguments, "a b");
    CHECK_EQUAL(machine.booted.server, machine_lease.boot_server);
    CHECK_EQUAL(exec("chain tftp://10.0.0.9/kern"), PXENV_STATUS_FAILURE);
    CHECK_TEXT(machine.booted.path, "kern");
    CHECK_TEXT(machine.arguments, "a=b"); /* those of the boot */
    CHECK_EQUAL(machine.booted.server, fake_ip(10, 0, 0, 9));
    machine.booted.path[0] = 0;
    CHECK_EQUAL(exec("sanboot x"), PXENV_STATUS_UNSUPPORTED);
    CHECK_EQUAL(exec("chain tftp:///x"), PXENV_STATUS_TFTP_FILE_NOT_FOUND);
    CHECK_EQUAL(exec("chain nfs://10.0.0.9/x"), PXENV_STATUS_TFTP_FILE_NOT_FOUND);
    memset(at(BUFFER_AT), 'a', 1000);
    memcpy(at(BUFFER_AT), "chain ", 6);
    CHECK_EQUAL(call_at(PXENV_FILE_EXEC, BLOCK_AT), PXENV_EXIT_FAILURE);
    CHECK_EQUAL(*(uint16_t *)at(BLOCK_AT), PXENV_STATUS_TFTP_FILE_NOT_FOUND);
    CHECK(!machine.booted.path[0]);
}
