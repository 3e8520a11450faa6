/* Making the PXE services known to real-mode programs, and taking that back. */
#include "platform/bios/pic.h"
#include "platform/nic.h"
#include "lib/checksum.h"
#include "lib/string.h"
#include "net/dhcp_options.h"
#include "net/net.h"
#include "pxe/api.h"
#include "pxe/direct.h"
#include "pxe/entry.h"

enum {
    BASE_MEMORY = 640 * 1024,
    MIB = 1 << 20,
    BDA_BASE_KB = 0x413,
    FREE_LATER = 0x4f0, /* 16 bytes of BIOS data for programs to leave something in */
    OUTER_STACK = 512,  /* what a call in progress is left of our 16-bit stack */
    BOOTP_SIADDR = 20,
    BOOTP_FILE = 108,
    BOOTP_FILE_SIZE = 128,
};

extern uint8_t _image_start[], _image_end[];
extern const uint8_t pxe_resume[];
extern const struct pxe_opcode _opcodes[], _opcodes_end[]; /* the linker map's */

const struct dhcp_lease *pxe_lease;
struct pxe_loader *pxe_loader;

static uint8_t *area; /* the program's stack, frame buffers, packets; then comes the 16-bit part */
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

/* Of an interrupt: offset, and above it segment. */
static uint32_t *vector(unsigned number)
{
    return (uint32_t *)(LOW_MEMORY + number * 4);
}

static uint16_t *base_kb(void)
{
    return (uint16_t *)(LOW_MEMORY + BDA_BASE_KB);
}

/* Far pointer into the 16-bit part, as it lies in memory. */
static uint32_t ours(uint16_t offset)
{
    return offset | (uint32_t)rm_base->segment << 16;
}

struct far_pointer pxe_program_stack(void)
{
    return (struct far_pointer){PXE_STACK_SIZE, (uint16_t)((uint32_t)area / 16)};
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
    return type >= 1 && type <= PXE_CACHED_TYPES
               ? area + PXE_STACK_SIZE + 2 * PXE_FRAME_SIZE + (type - 1) * PXE_CACHED_SIZE
               : NULL;
}

uint8_t *pxe_frame_buffer(unsigned which)
{
    return area + PXE_STACK_SIZE + which * PXE_FRAME_SIZE;
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
        end = (uint32_t)area + PXE_STACK_SIZE;
    return start >= PXE_LOW && (start >= BASE_MEMORY || start + size <= end);
}

static void cache(unsigned type, const struct dhcp_packet *packet)
{
    uint8_t *to = pxe_cached_packet(type);

    memset(to, 0, PXE_CACHED_SIZE);
    memcpy(to, packet->data, packet->len < PXE_CACHED_SIZE ? packet->len : PXE_CACHED_SIZE);
}

/* Programs look for server and file in the fixed fields of packet 3, wherever the DHCP server put
 * them; and the file is the one that was loaded, whoever chose it. */
static void name_boot_file(const struct dhcp_lease *lease, const struct dhcp_packet *packet)
{
    uint8_t *reply = pxe_cached_packet(PXE_CACHED_TYPES);
    size_t len = strlen(lease->boot_file);

    memcpy(reply + BOOTP_SIADDR, &lease->boot_server, sizeof(lease->boot_server));
    if (len < BOOTP_FILE_SIZE && !dhcp_file_is_options(packet)) {
        memset(reply + BOOTP_FILE, 0, BOOTP_FILE_SIZE);
        memcpy(reply + BOOTP_FILE, lease->boot_file, len);
    }
}

/* All of base memory from base_end on is one segment to programs: some give back what lies between
 * these bounds. */
static void fill_structures(const struct rm_api *a, uint32_t base_end, uint32_t top)
{
    struct s_PXE *pxe = (struct s_PXE *)(base() + a->pxe);
    struct s_PXENV *pxenv = (struct s_PXENV *)(base() + a->pxenv);
    struct pxe_direct *direct = (struct pxe_direct *)(pxe + 1);
    uint16_t segment = (uint16_t)(base_end / 16), size = (uint16_t)(top - base_end);
    uint16_t entry_segment = rm_base->segment;

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
    a->hidden_end = (uint32_t)_image_end;
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
    area = (uint8_t *)((base() - PXE_STACK_SIZE - 2 * PXE_FRAME_SIZE -
                        PXE_CACHED_TYPES * PXE_CACHED_SIZE) &
                       ~15u);
    cache(1, &lease->discover);
    cache(2, &lease->ack);
    cache(3, reply);
    name_boot_file(lease, reply);
    end = (uint32_t)area & ~1023u;
    end_kb = (uint16_t)(end / 1024);
    old_base_kb = *base_kb();
    if (end_kb < old_base_kb) /* or an UNDI loader has taken it already */
        *base_kb() = end_kb;
    a->resume = (uint32_t)pxe_resume;
    fill_structures(a, end, base() + rm_stack.offset);
    hide_memory(a, end);
    for (unsigned i = 0; i < HOOKS; i++) {
        a->old[i] = *vector(hooked[i]);
        *vector(hooked[i]) = ours(a->hook[i]);
    }
    return end;
}

bool pxe_is_installed(void)
{
    return api()->hidden_end;
}

bool pxe_uninstall(void)
{
    struct rm_api *a = api();

    if (!a->hidden_end)
        return true;
    pic_restore();
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

/* Leave base memory to the program, which raises 40:13. What is still taken then is given back when
 * the next boot device is tried: INT 18h gets code that needs nothing of ours. While 40:13 is `kb`,
 * it makes that free_kb, and goes on to the BIOS. Only low bytes are compared and changed. */
static void free_later(uint16_t kb, uint16_t free_kb)
{
    uint32_t *next = vector(HOOK_NEXT_DEVICE);
    uint8_t *code = (uint8_t *)(LOW_MEMORY + FREE_LATER);

    if (*next != FREE_LATER) { /* a stack that we ran on has left the same there */
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
    if (api()->hidden_end) {
        bool gone = pxe_uninstall();
        uint16_t free_kb;

        nic_leave(); /* a stack that we ran on gives its memory back only right above what is free
                      */
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

/* From pxe/entry.inc, on the stack that was in use when the program was called. `nested`: while we
 * serve another call, by a handler of the program's. Only UNDI is for handlers; the other services
 * print, wait and start programs. */
void pxe_api_call(uint32_t nested);
void pxe_api_call(uint32_t nested)
{
    struct rm_api *a = api();
    struct far_pointer old_stack = rm_stack;
    uint16_t opcode = a->opcode, ss = a->ss, *block = pxe_pointer(a->block);
    uint16_t status = PXENV_STATUS_UNSUPPORTED;
    uint32_t esp = a->esp;

    if (ss == rm_base->segment) /* out of one of our calls to the BIOS */
        rm_stack.offset = (uint16_t)esp;
    else if (nested) /* the same, by an interrupt handler with a stack of its own */
        rm_stack.offset -= OUTER_STACK;
    for (const struct pxe_opcode *o = _opcodes; o < _opcodes_end; o++)
        if (o->opcode == opcode)
            status = nested && opcode > PXENV_STOP_UNDI ? PXENV_STATUS_OUT_OF_RESOURCES
                     : pxe_is_free(block, o->size)      ? o->handler(block)
                                                        : PXENV_STATUS_MCOPY_PROBLEM;
    if (pxe_is_free(block, sizeof(*block)))
        *block = status;
    rm_stack = old_stack;
    a->ss = ss;
    a->esp = esp;
    a->status = status ? PXENV_EXIT_FAILURE : PXENV_EXIT_SUCCESS;
}
