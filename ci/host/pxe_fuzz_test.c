// sources: ci/host/pxe_machine.c ci/host/fake_link.c
// sources: src/firmware/pxe/install.c src/firmware/pxe/preboot.c src/firmware/pxe/program.c
// sources: src/firmware/pxe/api_undi.c src/firmware/pxe/api_udp.c src/firmware/pxe/api_tftp.c
// sources: src/firmware/pxe/api_file.c src/firmware/pxe/reader.c
// sources: src/firmware/net/dhcp_options.c src/firmware/net/tftp.c src/firmware/net/tftp_get.c
// sources: src/firmware/net/random.c src/firmware/net/udp.c src/firmware/net/ipv4.c
// sources: src/firmware/net/icmp.c
// sources: src/firmware/net/arp.c src/firmware/net/ethernet.c src/firmware/net/checksum.c
// sources: src/firmware/core/print.c src/firmware/core/errors.c ci/host/pxe_opcodes.c
// flags: -fno-pic -DLOW_MEMORY=0x10000u -fno-sanitize=alignment -Wno-int-to-pointer-cast
// flags: -Wno-pointer-to-int-cast
// libs: -no-pie -Wl,--defsym=_image_start=0x300000 -Wl,--defsym=_image_end=0x380000
/* The PXE services with any blocks, in any order: they end, and write to nothing but the program's
 * memory. Each input is a list of calls: opcode, where the block is, where its pointers lead, and
 * its bytes. LLVMFuzzerTestOneInput() is libFuzzer's entry (-DLIBFUZZER, and -mllvm -asan-globals=0
 * because the table of services is one array); main() feeds it random inputs. */
#include <stdlib.h>

#include "pxe_machine.h"

PXE_OPCODES_LABEL("_opcodes");

extern const struct pxe_opcode _opcodes[], _opcodes_end[];
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUTS = 4000, INPUT_MAX = 600, DESCRIPTOR_AT = 0x41000, RESIDENT_SIZE = 0x2400 };

/* Where blocks have far pointers: 0 = nowhere. */
static const struct {
    uint16_t opcode;
    uint8_t at;
} pointers[] = {
    {PXENV_GET_CACHED_INFO, 6}, {PXENV_TFTP_READ, 6}, {PXENV_UDP_READ, 16},
    {PXENV_UDP_WRITE, 16},      {PXENV_FILE_OPEN, 4}, {PXENV_FILE_READ, 6},
    {PXENV_FILE_CMDLINE, 4},    {PXENV_FILE_EXEC, 2}, {PXENV_UNDI_TRANSMIT, 4},
};

static struct far_pointer place(uint8_t which)
{
    uint32_t end = pxe_memory_end(0);

    switch (which % 8) {
    case 0:
        return (struct far_pointer){0, 0};
    case 1:
        return (struct far_pointer){0x4f0, 0};
    case 2:
        return far_to(end - which / 8);
    case 3:
        return far_to(RESIDENT + which);
    case 4:
        return far_to(pxe_program_stack().segment * 16u + PXE_STACK_SIZE - which / 8);
    default:
        return far_to(BUFFER_AT + which);
    }
}

/* A descriptor's pieces are memory that there is; their lengths are anything. */
static void fill_descriptor(const uint8_t *data)
{
    struct undi_tx_descriptor *d = at(DESCRIPTOR_AT);

    memset(d, 0, sizeof(*d));
    d->length = (uint16_t)(data[0] * 9);
    d->data = far_to(BUFFER_AT);
    d->blocks = data[1] % 10;
    for (unsigned i = 0; i < UNDI_TX_BLOCKS_MAX; i++)
        d->block[i] = (struct undi_tx_block){1, 0, (uint16_t)(data[2] << i), far_to(BUFFER_AT)};
}

/* Our memory but for what calls are for: frames, packets, and struct rm_api. */
static uint32_t resident_sum(void)
{
    const uint8_t *p = at(RESIDENT);
    uint32_t sum = 0, api = (uint32_t)(uintptr_t)machine_api();

    for (uint32_t i = 0; i < RESIDENT_SIZE; i++)
        if (RESIDENT + i < api || RESIDENT + i >= api + sizeof(struct rm_api))
            sum = sum * 31 + p[i];
    for (unsigned type = 1; type <= PXE_CACHED_TYPES; type++)
        for (unsigned i = 0; i < PXE_CACHED_SIZE; i++)
            sum = sum * 31 + pxe_cached_packet(type)[i];
    return sum;
}

static void one_call(uint8_t opcode, uint8_t where, uint8_t lead, const uint8_t *block)
{
    struct rm_api *api = machine_api();
    struct far_pointer target = place(where);
    uint32_t address = target.segment * 16u + target.offset;
    uint8_t copy[256];

    memcpy(copy, block, sizeof(copy));
    for (unsigned i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
        struct far_pointer p = place(lead);

        if (opcode == PXENV_UNDI_TRANSMIT)
            *(struct far_pointer *)(copy + 8) = lead % 3 ? far_to(DESCRIPTOR_AT) : place(lead % 2);
        if (opcode == PXENV_FILE_EXEC && lead % 8 < 2)
            p = far_to(BUFFER_AT); /* it may read there, and there is nothing here */
        if (opcode == PXENV_FILE_OPEN || (opcode == PXENV_UNDI_TRANSMIT && lead % 8 < 2))
            p = far_to(BUFFER_AT);
        if (pointers[i].opcode == opcode)
            *(struct far_pointer *)(copy + pointers[i].at) = p;
    }
    if (opcode == PXENV_UNDI_TRANSMIT)
        copy[2] %= 5; /* the protocol */
    if (opcode == PXENV_TFTP_READ_FILE && copy[134] % 2)
        *(uint32_t *)(copy + 134) = BUFFER_AT;
    fill_descriptor(block);
    for (unsigned i = 0; i < sizeof(copy); i++)
        if (pxe_is_free(at(address), i + 1))
            *(uint8_t *)at(address + i) = copy[i];
    api->opcode = opcode;
    api->block = target;
    api->ss = 0;
    if (!setjmp(machine.left))
        pxe_api_call(0);
    CHECK(api->status <= 1);
    CHECK(address >= BUFFER_AT || api->status == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t block[256] = {0};
    uint32_t sum;

    machine_serve("any calls");
    sum = resident_sum();
    memset(at(LOW_MEMORY + 0x500), 0x55, 0x100);
    if (size && data[0] & 1)
        one_call(PXENV_UDP_OPEN, 5, 0, block);
    for (unsigned calls = 0; size > 8 && calls < 24; calls++) {
        size_t length = data[3] < size - 4 ? data[3] : size - 4;

        memcpy(block, data + 4, length);
        if (data[2] & 1)
            fake_udp(fake_ip(10, 0, 0, 1), data[1], net.ip, data[2], data + 4, length, 0);
        if (data[2] & 2 && length)
            fake_deliver(data + 4, length, 0);
        one_call(data[0], data[1], data[2], block);
        data += 4 + length;
        size -= 4 + length;
    }
    CHECK_EQUAL(resident_sum(), sum);
    CHECK_EQUAL(*(uint8_t *)at(LOW_MEMORY + 0x500), 0x55);
    return 0;
}

#ifndef LIBFUZZER
int main(void)
{
    static uint8_t input[INPUT_MAX];
    size_t count = (size_t)(_opcodes_end - _opcodes);

    for (unsigned n = 0; n < INPUTS; n++) {
        size_t size = fake_random() % INPUT_MAX;

        for (size_t i = 0; i < size; i++)
            input[i] = (uint8_t)(fake_random() >> (n % 3 * 4));
        for (size_t i = 0; i + 4 < size; i += 4 + input[i + 3]) { /* mostly calls that there are */
            if (input[i] % 8)
                input[i] = _opcodes[fake_random() % count].opcode;
            input[i + 3] %= 160;
        }
        LLVMFuzzerTestOneInput(input, size);
    }
    return fake_report();
}
#endif
