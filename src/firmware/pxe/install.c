/* Making the PXE services known to real-mode programs, and taking that back. */
#include "bios/pic.h"
#include "core/nic.h"
#include "core/string.h"
#include "net/dhcp_options.h"
#include "net/net.h"
#include "pxe/api.h"
#include "pxe/direct.h"

enum {
    BASE_MEMORY = 640 * 1024,
    MIB = 1 << 20,
    BDA_BASE_KB = 0x413,
    VECTOR_MEMORY = 0x15,
    VECTOR_TIME = 0x1a, /* INT 1Ah: PXE's installation check lives there */
    PXE_LENGTH = 0x58,
    PXE_CHECKSUM = 5,
    PXE_ENTRY_SEGMENT = 0x12,
    PXE_DESCRIPTORS = 0x20,
    PXE_DESCRIPTOR_COUNT = 7,
    PXENV_CHECKSUM = 9,
    PXENV_ENTRY_SEGMENT = 0x0c,
    PXENV_SEGMENTS = 0x18,
    PXENV_PXE_SEGMENT = 0x2a,
    BOOTP_SIADDR = 20,
    BOOTP_FILE = 108,
    BOOTP_FILE_SIZE = 128,
};

/* Mirrors pxe/entry.inc. */
struct rm_api {
    uint32_t resume;
    uint16_t back, opcode;
    struct far_pointer block;
    uint16_t status, ss;
    uint32_t esp;
    struct far_pointer old_int15, old_int1a;
    uint32_t hidden_start, hidden_end, base_end;
    uint16_t e801_low, e801_high, kb_88;
    uint16_t int15, int1a, pxe, pxenv;
    struct pxe_isr_answers isr;
} __attribute__((packed));

extern uint8_t _image_start[], _image_end[];
extern const uint8_t pxe_resume[];
extern const struct pxe_opcode _opcodes[], _opcodes_end[]; /* the linker map's */

const struct dhcp_lease *pxe_lease;

static uint8_t *area; /* the program's stack, frame buffers, packets; then comes the 16-bit part */
static uint16_t old_base_kb;

static struct rm_api *api(void)
{
    return (struct rm_api *)((uint8_t *)rm_base + rm_base->api);
}

/* Where the 16-bit part starts. */
static uint32_t base(void)
{
    return rm_base->segment * 16u;
}

static struct far_pointer *vector(unsigned number)
{
    return (struct far_pointer *)(number * 4);
}

static struct far_pointer ours(uint16_t offset)
{
    return (struct far_pointer){offset, rm_base->segment};
}

struct far_pointer pxe_program_stack(void)
{
    return (struct far_pointer){PXE_STACK_SIZE, (uint16_t)((uint32_t)area / 16)};
}

struct far_pointer pxe_structure(void)
{
    return ours(api()->pxe);
}

struct far_pointer pxenv_structure(void)
{
    return ours(api()->pxenv);
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
    uint8_t *buffer = pxe_pointer(p);
    bool overlaps = (uint32_t)buffer < BASE_MEMORY && (uint32_t)buffer + size > api()->base_end;

    return overlaps ? NULL : buffer;
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

static void set_checksum(uint8_t *structure, unsigned at, unsigned length_at)
{
    uint8_t sum = 0;

    structure[at] = 0;
    for (unsigned i = 0; i < structure[length_at]; i++)
        sum += structure[i];
    structure[at] = -sum;
}

/* All of base memory from base_end on is one segment to programs: some give back what lies between
 * these bounds. */
static void fill_structures(uint32_t base_end, uint32_t top)
{
    uint8_t *pxe = pxe_pointer(pxe_structure()), *pxenv = pxe_pointer(pxenv_structure());
    struct pxe_direct *direct = (struct pxe_direct *)(pxe + PXE_LENGTH);
    uint16_t segment = (uint16_t)(base_end / 16), size = (uint16_t)(top - base_end);

    *(uint16_t *)(pxe + PXE_ENTRY_SEGMENT) = rm_base->segment;
    for (unsigned i = 0; i < PXE_DESCRIPTOR_COUNT; i++) {
        uint8_t *d = pxe + PXE_DESCRIPTORS + 8 * i;

        *(uint16_t *)d = segment;
        *(uint32_t *)(d + 2) = base_end;
        *(uint16_t *)(d + 6) = size;
    }
    set_checksum(pxe, PXE_CHECKSUM, 4);
    *direct = (struct pxe_direct){PXE_DIRECT_MAGIC, link_poll, link_transmit, net.burst, net.mtu};
    *(uint16_t *)(pxenv + PXENV_ENTRY_SEGMENT) = rm_base->segment;
    *(uint16_t *)(pxenv + PXENV_PXE_SEGMENT) = rm_base->segment;
    for (unsigned i = 0; i < 4; i++) {
        *(uint16_t *)(pxenv + PXENV_SEGMENTS + 4 * i) = segment;
        *(uint16_t *)(pxenv + PXENV_SEGMENTS + 4 * i + 2) = size;
    }
    set_checksum(pxenv, PXENV_CHECKSUM, 8);
}

static void hide_memory(struct rm_api *a, uint32_t base_end)
{
    uint32_t start = (uint32_t)_image_start, kb = start / 1024 - 1024;

    a->hidden_start = start;
    a->hidden_end = (uint32_t)_image_end;
    a->base_end = base_end;
    a->e801_low = kb < 15 * 1024 ? kb : 15 * 1024;
    a->e801_high = start > 16 * MIB ? start / 65536 - 256 : 0;
    a->kb_88 = kb < 0xffff ? kb : 0xffff;
}

uint32_t pxe_install(const struct dhcp_lease *lease)
{
    volatile uint16_t *base_kb = (volatile uint16_t *)BDA_BASE_KB;
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
    old_base_kb = *base_kb;
    *base_kb = (uint16_t)((uint32_t)area / 1024);
    end = *base_kb * 1024u;
    a->resume = (uint32_t)pxe_resume;
    fill_structures(end, old_base_kb * 1024u);
    hide_memory(a, end);
    a->old_int15 = *vector(VECTOR_MEMORY);
    a->old_int1a = *vector(VECTOR_TIME);
    *vector(VECTOR_MEMORY) = ours(a->int15);
    *vector(VECTOR_TIME) = ours(a->int1a);
    return end;
}

static bool is_ours(unsigned number, uint16_t offset)
{
    return vector(number)->offset == offset && vector(number)->segment == rm_base->segment;
}

bool pxe_is_installed(void)
{
    return api()->hidden_end;
}

bool pxe_uninstall(void)
{
    volatile uint16_t *base_kb = (volatile uint16_t *)BDA_BASE_KB;
    struct rm_api *a = api();
    bool gone;

    if (!a->hidden_end)
        return true;
    pic_restore();
    /* Where the hooks stay, only the memory above 1 MiB is given back. */
    a->hidden_start = a->hidden_end = 0;
    a->e801_low = a->e801_high = a->kb_88 = 0xffff;
    gone = is_ours(VECTOR_MEMORY, a->int15) && is_ours(VECTOR_TIME, a->int1a);
    if (gone) {
        *vector(VECTOR_MEMORY) = a->old_int15;
        *vector(VECTOR_TIME) = a->old_int1a;
        if (*base_kb * 1024u == a->base_end)
            *base_kb = old_base_kb;
    }
    return gone;
}

/* From pxe/entry.inc, on the stack that was in use when the program was called. */
void pxe_api_call(void);
void pxe_api_call(void)
{
    struct rm_api saved = *api();
    struct far_pointer old_stack = rm_stack;
    uint16_t *block = pxe_buffer(saved.block, sizeof(*block)), status = PXENV_STATUS_UNSUPPORTED;

    if (saved.ss == rm_base->segment) /* called from inside one of our own calls to the BIOS */
        rm_stack.offset = (uint16_t)saved.esp;
    for (const struct pxe_opcode *o = _opcodes; o < _opcodes_end; o++)
        if (o->opcode == saved.opcode)
            status = block ? o->handler(block) : PXENV_STATUS_MCOPY_PROBLEM;
    if (block)
        *block = status;
    rm_stack = old_stack;
    api()->ss = saved.ss;
    api()->esp = saved.esp;
    api()->status = status ? PXENV_EXIT_FAILURE : PXENV_EXIT_SUCCESS;
}
