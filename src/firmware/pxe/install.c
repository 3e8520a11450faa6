/* Making the PXE services known to real-mode programs, and taking that back. */
#include "bios/pic.h"
#include "core/nic.h"
#include "core/string.h"
#include "net/dhcp_options.h"
#include "net/net.h"
#include "pxe/api.h"
#include "pxe/direct.h"
#include "pxe/entry.h"

enum {
    BASE_MEMORY = 640 * 1024,
    MIB = 1 << 20,
    BDA_BASE_KB = 0x413,
    FREE_LATER = 0x4f0,         /* 16 bytes of BIOS data for programs to leave something in */
    NESTED_STACK = 1536,        /* what a call out of one of our own calls must find */
    OTHER_STACK = 512,          /* what the outer one is left, when that is not known */
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

extern uint8_t _image_start[], _image_end[];
extern const uint8_t pxe_resume[];
extern const struct pxe_opcode _opcodes[], _opcodes_end[]; /* the linker map's */

const struct dhcp_lease *pxe_lease;

static uint8_t *area; /* the program's stack, frame buffers, packets; then comes the 16-bit part */
static uint16_t old_base_kb;
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

static struct far_pointer *vector(unsigned number)
{
    return (struct far_pointer *)(LOW_MEMORY + number * 4);
}

static volatile uint16_t *base_kb(void)
{
    return (volatile uint16_t *)(LOW_MEMORY + BDA_BASE_KB);
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
    void *buffer = pxe_pointer(p);

    return pxe_is_free(buffer, size) ? buffer : NULL;
}

bool pxe_is_free(const void *buffer, size_t size)
{
    uint32_t start = (uint32_t)buffer, end = start + size, stack = (uint32_t)area;

    if (start >= stack && end <= stack + PXE_STACK_SIZE) /* programs put blocks there, too */
        return true;
    return start >= PXE_LOW && end <= (uint32_t)_image_start &&
           (start >= BASE_MEMORY || end <= api()->base_end);
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
    a->paragraphs = (uint16_t)((base_end - PXE_LOW) / 16 - 2);
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
    old_base_kb = rm_set_base_kb((uint16_t)(end / 1024));
    a->resume = (uint32_t)pxe_resume;
    fill_structures(end, old_base_kb * 1024u);
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
    a->hidden_start = a->hidden_end = 0;
    a->e801_low = a->e801_high = a->kb_88 = 0xffff;
    for (unsigned i = 0; i < HOOKS; i++)
        if (vector(hooked[i])->offset != a->hook[i] ||
            vector(hooked[i])->segment != rm_base->segment)
            return false;
    for (unsigned i = 0; i < HOOKS; i++)
        *vector(hooked[i]) = a->old[i];
    if (*base_kb() * 1024u == a->base_end)
        *base_kb() = old_base_kb;
    return true;
}

/* Take base memory again, and leave it to the program to raise 40:13. What is still taken then is
 * given back when the next boot device is tried. For that INT 18h gets code that needs nothing of
 * ours: while 40:13 is what we leave it at, raise it, and go on to the BIOS. Only low bytes are
 * compared and changed. */
static void leave_base_memory(void)
{
    struct far_pointer *next = vector(HOOK_NEXT_DEVICE);
    uint16_t kb = (uint16_t)(api()->base_end / 1024), free_kb = rm_set_base_kb(kb);
    uint8_t *code = (uint8_t *)(LOW_MEMORY + FREE_LATER);

    if (next->offset != FREE_LATER || next->segment) { /* a stack that we ran on may be first */
        *(struct far_pointer *)(code + 11) = *next;
        *next = (struct far_pointer){FREE_LATER, 0};
    }
    if ((free_kb ^ kb) >> 8)
        free_kb = 0xff;
    *(uint32_t *)code = 0xb100b0 | (kb & 0xff) << 8 | (uint32_t)free_kb << 24; /* mov al; mov cl */
    *(uint32_t *)(code + 4) = 0x0eb00f2e; /* cmpxchg [cs:413h], cl */
    *(uint16_t *)(code + 8) = BDA_BASE_KB;
    code[10] = 0xea; /* jmp far */
}

uint16_t pxe_stop(void *block)
{
    bool gone;

    if (!pxe_is_installed())
        return PXENV_STATUS_SUCCESS;
    gone = pxe_uninstall();
    nic_leave(); /* a stack that we ran on gives back its memory only right above what is free */
    if (!gone)
        return PXENV_STATUS_1A_HOOKED;
    if (*base_kb() * 1024u > api()->base_end) /* nobody else is below us */
        leave_base_memory();
    return PXENV_STATUS_SUCCESS;
}

/* Make room on the stack of our calls to 16-bit code for one more, out of another: an interrupt
 * handler of the program's calls us, perhaps on a stack of its own. False when there is none. */
static bool nest(const struct rm_api *call)
{
    uint32_t bottom = (uint32_t)rm_buffer + RM_BUFFER_SIZE - base();

    rm_stack.offset = call->ss == rm_base->segment ? (uint16_t)call->esp
                                                   : (uint16_t)(rm_stack.offset - OTHER_STACK);
    /* Only UNDI is for handlers; the others print, wait and start programs. */
    return rm_stack.offset >= bottom + NESTED_STACK && call->opcode <= PXENV_STOP_UNDI;
}

/* From pxe/entry.inc, on the stack that was in use when the program was called. `nested`: while we
 * serve another call. */
void pxe_api_call(uint32_t nested);
void pxe_api_call(uint32_t nested)
{
    struct rm_api saved = *api();
    struct far_pointer old_stack = rm_stack;
    uint16_t *block = pxe_buffer(saved.block, sizeof(*block)), status = PXENV_STATUS_UNSUPPORTED;

    if ((nested || saved.ss == rm_base->segment) && !nest(&saved))
        status = PXENV_STATUS_OUT_OF_RESOURCES;
    else
        for (const struct pxe_opcode *o = _opcodes; o < _opcodes_end; o++)
            if (o->opcode == saved.opcode)
                status = pxe_buffer(saved.block, o->size) ? o->handler(block)
                                                          : PXENV_STATUS_MCOPY_PROBLEM;
    if (block)
        *block = status;
    rm_stack = old_stack;
    api()->ss = saved.ss;
    api()->esp = saved.esp;
    api()->status = status ? PXENV_EXIT_FAILURE : PXENV_EXIT_SUCCESS;
}
