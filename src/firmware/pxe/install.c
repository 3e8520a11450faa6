/* SPDX-License-Identifier: BSD-2-Clause */
/* Making the PXE services known to real-mode programs, and taking that back. */
#include "lib/checksum.h"
#include "lib/string.h"
#include "net/dhcp_options.h"
#include "net/net.h"
#include "platform/bios/console.h"
#include "platform/bios/pic.h"
#include "platform/nic.h"
#include "pxe/api.h"
#include "pxe/direct.h"
#include "pxe/entry.h"
#include "pxe/stack.h"

enum {
    MIB = 1 << 20,
    BDA_BASE_KB = 0x413,
    FREE_LATER = 0x4f0, /* 16 bytes of BIOS data for programs to leave something in */
    OUTER_STACK = 512,  /* of our 16-bit stack, left to the call that a handler interrupted */
    BOOTP_SIADDR = 20,
    BOOTP_FILE = 108,
    BOOTP_FILE_SIZE = 128,
};

extern uint8_t _image_start[], _memory_size[]; /* the latter is a number */
extern const uint8_t pxe_resume[];
extern const struct pxe_opcode _opcodes[], _opcodes_end[]; /* the linker map's */

const struct dhcp_lease *pxe_lease;
struct pxe_loader *pxe_loader;
struct far_pointer pxe_rom_id;

static struct pxe_memory *memory; /* ends where the 16-bit part starts */
static uint32_t top; /* end of that part; the caller of our UNDI loader may lie above it */
static uint16_t end_kb, old_base_kb; /* 40:13 with and without us */
static const uint8_t hooked[HOOKS] = {HOOK_MEMORY, HOOK_TIME, HOOK_NEXT_DEVICE};

static struct rm_api *api(void)
{
    return (struct rm_api *)((uint8_t *)rm_base + rm_base->api);
}

/* Where the 16-bit part starts. */
static uint32_t base(void)
{
    return rm_base->segment * 16u;
}

/* An interrupt vector: a far pointer with the offset in its lower half. */
static uint32_t *vector(unsigned number)
{
    return (uint32_t *)(LOW_MEMORY + number * 4);
}

static uint16_t *base_kb(void)
{
    return (uint16_t *)(LOW_MEMORY + BDA_BASE_KB);
}

/* What a vector has to be to lead to this offset in the 16-bit part. */
static uint32_t ours(uint16_t offset)
{
    return offset | (uint32_t)rm_base->segment << 16;
}

struct far_pointer pxe_program_stack(void)
{
    return (struct far_pointer){PXE_STACK_SIZE, (uint16_t)((uint32_t)memory / 16)};
}

struct far_pointer pxe_structure(void)
{
    return (struct far_pointer){api()->pxe, rm_base->segment};
}

struct far_pointer pxenv_structure(void)
{
    return (struct far_pointer){api()->pxenv, rm_base->segment};
}

uint8_t *pxe_cached_packet(unsigned type)
{
    return type >= PXENV_PACKET_TYPE_DHCP_DISCOVER && type <= PXENV_PACKET_TYPE_CACHED_REPLY
               ? memory->packet[type - 1]
               : NULL;
}

uint8_t *pxe_frame_buffer(unsigned which)
{
    return memory->frame[which];
}

struct pxe_isr_answers *pxe_isr_answers(void)
{
    return &api()->isr;
}

uint32_t pxe_memory_end(uint32_t address)
{
    return address < MIB ? api()->base_end : (uint32_t)_image_start;
}

void *pxe_buffer(struct far_pointer p, size_t size)
{
    void *buffer = pxe_pointer(p);

    return pxe_is_free(buffer, size) ? buffer : NULL;
}

bool pxe_is_free(const void *buffer, size_t size)
{
    uint32_t start = (uint32_t)buffer, end = api()->base_end;

    if (start >= end) /* the stack we gave the program is its own */
        end = (uint32_t)memory->frame;
    return start >= PXE_LOW && (start >= top || start + size <= end);
}

static void cache(unsigned type, const struct dhcp_packet *packet)
{
    uint8_t *dst = pxe_cached_packet(type);

    memset(dst, 0, PXE_CACHED_SIZE);
    memcpy(dst, packet->data, packet->len < PXE_CACHED_SIZE ? packet->len : PXE_CACHED_SIZE);
}

/* Programs look for server and file in the fixed fields of packet 3, but DHCP servers may put them
 * elsewhere. And a menu or the user may have chosen another file than the packet names. */
static void name_boot_file(const struct dhcp_lease *lease, const struct dhcp_packet *packet)
{
    uint8_t *reply = pxe_cached_packet(PXENV_PACKET_TYPE_CACHED_REPLY);
    size_t len = strlen(lease->boot_file);

    memcpy(reply + BOOTP_SIADDR, &lease->boot_server, sizeof(lease->boot_server));
    if (len < BOOTP_FILE_SIZE && !dhcp_file_is_options(packet)) {
        memset(reply + BOOTP_FILE, 0, BOOTP_FILE_SIZE);
        memcpy(reply + BOOTP_FILE, lease->boot_file, len);
    }
}

/* To programs, all our base memory is one segment, from base_end to top: some take the bounds from
 * here when they give it back. */
static void fill_structures(uint32_t base_end)
{
    struct s_PXE *pxe = pxe_pointer(pxe_structure());
    struct s_PXENV *pxenv = pxe_pointer(pxenv_structure());
    struct pxe_direct *direct = (struct pxe_direct *)(pxe + 1);
    uint16_t segment = (uint16_t)(base_end / 16), size = (uint16_t)(top - base_end);
    uint16_t entry_segment = rm_base->segment;

    pxe->UNDIROMID = pxe_rom_id;
    pxe->EntryPointSP.segment = entry_segment;
    for (struct s_SEGDESC *d = &pxe->Stack; d <= &pxe->BC_CodeWrite; d++)
        *d = (struct s_SEGDESC){segment, base_end, size};
    pxe->StructCksum -= byte_sum(pxe, sizeof(*pxe));
    *direct = (struct pxe_direct){PXE_DIRECT_MAGIC, nic_poll, nic_transmit, net.burst, net.mtu};
    pxenv->RMEntry.segment = entry_segment;
    pxenv->PXEPtr.segment = entry_segment;
    pxenv->BC_CodeSeg = pxenv->BC_DataSeg = pxenv->UNDIDataSeg = pxenv->UNDICodeSeg = segment;
    pxenv->BC_CodeSize = pxenv->BC_DataSize = pxenv->UNDIDataSize = pxenv->UNDICodeSize = size;
    pxenv->Checksum -= byte_sum(pxenv, sizeof(*pxenv));
}

static void hide_memory(struct rm_api *a, uint32_t base_end)
{
    uint32_t start = (uint32_t)_image_start, kb = start / 1024 - 1024;

    a->hidden_start = start;
    a->hidden_end = start + (uint32_t)_memory_size;
    a->base_end = base_end;
    a->paragraphs = (uint16_t)(base_end / 16 - PXE_LOW / 16 - 2);
    a->e801_low = kb < 15 * 1024 ? kb : 15 * 1024;
    a->e801_high = start > 16 * MIB ? start / 65536 - 256 : 0;
    a->kb_88 = kb < 0xffff ? kb : 0xffff;
}

uint32_t pxe_install(const struct dhcp_lease *lease)
{
    const struct dhcp_packet *reply = lease->proxy.len ? &lease->proxy : &lease->ack;
    struct rm_api *a = api();
    uint32_t end;

    pxe_lease = lease;
    pic_mask(pci_interrupt_line(&nic.pci));
    memory = (struct pxe_memory *)((base() - sizeof(*memory)) & ~15u);
    cache(PXENV_PACKET_TYPE_DHCP_DISCOVER, &lease->discover);
    cache(PXENV_PACKET_TYPE_DHCP_ACK, &lease->ack);
    cache(PXENV_PACKET_TYPE_CACHED_REPLY, reply);
    name_boot_file(lease, reply);
    end = (uint32_t)memory & ~1023u;
    end_kb = (uint16_t)(end / 1024);
    old_base_kb = *base_kb();
    if (end_kb < old_base_kb) /* or an UNDI loader has taken it already */
        *base_kb() = end_kb;
    program_runs = true;
    if (nic.offload) {
        nic_close();
        nic_open();
    }
    a->resume = (uint32_t)pxe_resume;
    top = base() + rm_stack.offset;
    fill_structures(end);
    hide_memory(a, end);
    for (unsigned i = 0; i < HOOKS; i++) {
        a->old[i] = *vector(hooked[i]);
        *vector(hooked[i]) = ours(a->hook[i]);
    }
    return end;
}

bool pxe_uninstall(void)
{
    struct rm_api *a = api();

    if (!program_runs)
        return true;
    pic_restore();
    program_runs = false;
    /* Where the hooks stay, only the memory above 1 MiB is given back. */
    a->hidden_end = 0;
    a->e801_low = a->e801_high = a->kb_88 = 0xffff;
    for (unsigned i = 0; i < HOOKS; i++)
        if (*vector(hooked[i]) != ours(a->hook[i]))
            return false;
    for (unsigned i = 0; i < HOOKS; i++)
        *vector(hooked[i]) = a->old[i];
    if (*base_kb() == end_kb)
        *base_kb() = old_base_kb;
    return true;
}

/* Our base memory is left to the program, which raises 40:13. For one that does not, INT 18h (next
 * boot device) is led to code in BIOS data, which needs nothing of ours: if 40:13 is still `kb`, it
 * becomes free_kb. Then the BIOS goes on. Only the low bytes are compared and written. */
static void free_later(uint16_t kb, uint16_t free_kb)
{
    uint32_t *next = vector(HOOK_NEXT_DEVICE);
    uint8_t *code = (uint8_t *)(LOW_MEMORY + FREE_LATER);

    if (*next != FREE_LATER) { /* else a stack beneath us has left the same code there */
        *(uint32_t *)(code + 11) = *next;
        *next = FREE_LATER;
    }
    *(uint32_t *)code = 0xb100b0 | kb << 8 | (uint32_t)free_kb << 24; /* mov al; mov cl */
    *(uint32_t *)(code + 4) = 0x0eb00f2e;                             /* cmpxchg [cs:413h], cl */
    *(uint16_t *)(code + 8) = BDA_BASE_KB;
    code[10] = 0xea; /* jmp far */
}

uint16_t pxenv_stop_undi(void *block)
{
    if (program_runs) {
        bool gone = pxe_uninstall();
        uint16_t free_kb;

        /* one that we ran on gives its memory back only right above what is free */
        pxe_stack_unload();
        if (!gone)
            return PXENV_STATUS_KEEP_UNDI;
        free_kb = *base_kb();
        if (free_kb > end_kb) { /* nobody is below us */
            *base_kb() = end_kb;
            free_later((uint8_t)end_kb, free_kb);
        }
    }
    return PXENV_STATUS_SUCCESS;
}

/* Nested calls are for UNDI only: the other services print, wait and start programs. */
static uint16_t serve(uint16_t opcode, void *block, bool nested)
{
    for (const struct pxe_opcode *o = _opcodes; o < _opcodes_end; o++) {
        if (o->opcode != opcode)
            continue;
        if (nested && opcode > PXENV_STOP_UNDI)
            return PXENV_STATUS_OUT_OF_RESOURCES;
        return pxe_is_free(block, o->size) ? o->handler(block) : PXENV_STATUS_MCOPY_PROBLEM;
    }
    return PXENV_STATUS_UNSUPPORTED;
}

void pxe_api_call(uint32_t nested)
{
    struct rm_api *a = api();
    struct far_pointer old_stack = rm_stack;
    uint16_t ss = a->ss, *block = pxe_pointer(a->block), status;
    uint32_t esp = a->esp;

    /* A handler may run while one of our own calls to the BIOS is under way, whose stack has to be
     * kept: the handler is on that stack, or on one of its own. */
    if (ss == rm_base->segment)
        rm_stack.offset = (uint16_t)esp;
    else if (nested)
        rm_stack.offset -= OUTER_STACK;
    status = serve(a->opcode, block, nested);
    if (pxe_is_free(block, sizeof(*block)))
        *block = status;
    rm_stack = old_stack;
    a->ss = ss;
    a->esp = esp;
    a->status = status ? PXENV_EXIT_FAILURE : PXENV_EXIT_SUCCESS;
}
