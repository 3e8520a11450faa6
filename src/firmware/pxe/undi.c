/* Network driver on top of the UNDI of a PXE stack (PXE 2.1 section 3.4).
 *
 * Polled: the card's interrupt is masked at the interrupt controller, for nobody would serve it,
 * and PXENV_UNDI_ISR is asked instead. START says whether the card wants service. Where it always
 * denies that (a card whose interrupt does not work), PROCESS is called anyway every few
 * milliseconds. */
#include "bios/io.h"
#include "bios/realmode.h"
#include "core/string.h"
#include "core/timer.h"
#include "pxe/calls.h"
#include "pxe/direct.h"
#include "pxe/stack.h"

enum {
    FILTER_DIRECTED_BROADCAST = 3,
    ASK_ANYWAY_MS = 5,
    CALLS_PER_POLL = 16,
    PIC1_MASK = 0x21,
    PIC2_MASK = 0xa1,
    DESCRIPTOR_AT = 64, /* in rm_buffer, behind the parameter block */
    FRAME_AT = 256,
};

static const struct pxe_direct *direct;
static uint8_t irq;
static uint16_t next_function; /* what to call PXENV_UNDI_ISR with */
static struct deadline ask_anyway;

static int undi_probe(struct nic *nic)
{
    struct undi_information info = {.status = 0};
    int busdevfn = pxe_stack_busdevfn();

    if (pxe_stack_call(PXENV_UNDI_GET_INFORMATION, &info, sizeof(info)) || info.address_length != 6)
        return E_PXE_STACK;
    memcpy(nic->mac, info.current, sizeof(nic->mac));
    irq = (uint8_t)info.interrupt;
    if (busdevfn >= 0)
        pci_identify(&nic->pci, (uint16_t)busdevfn);
    return 0;
}

/* Mask the card's line at the interrupt controller, or (on) put it back as it was: a line that was
 * masked has no handler, and a card that is still raising it would keep the machine busy for good.
 */
static void set_interrupt(bool on)
{
    static uint8_t was_masked;
    uint16_t port = irq < 8 ? PIC1_MASK : PIC2_MASK;
    uint8_t bit = (uint8_t)(1u << (irq & 7));

    if (!irq || irq > 15)
        return;
    if (!on)
        was_masked = in8(port) & bit;
    out8(port, (uint8_t)((in8(port) & ~bit) | (on ? was_masked : bit)));
}

static int undi_open(struct nic *nic)
{
    struct {
        uint16_t status, flags, filter, multicast_count;
        uint8_t multicast[8][16];
    } __attribute__((packed)) open = {.filter = FILTER_DIRECTED_BROADCAST};

    direct = pxe_stack_direct();
    set_interrupt(false);
    next_function = UNDI_ISR_IN_START;
    ask_anyway = deadline_in(ASK_ANYWAY_MS);
    return pxe_stack_call(PXENV_UNDI_OPEN, &open, sizeof(open)) ? E_NIC_OPEN : 0;
}

/* Add the buffer PXENV_UNDI_ISR just delivered to the frame; a long one comes in several. */
static size_t append(const struct undi_isr *isr, uint8_t *buf, size_t len, size_t cap)
{
    const uint8_t *from = (const uint8_t *)(isr->frame.segment * 16u + isr->frame.offset);

    if (isr->buffer_length <= cap - len)
        memcpy(buf + len, from, isr->buffer_length);
    return len + isr->buffer_length;
}

static int undi_poll(struct nic *nic, void *buf, size_t cap)
{
    size_t len = 0;

    if (direct)
        return direct->poll(buf, cap);
    for (unsigned calls = 0; calls < CALLS_PER_POLL; calls++) {
        struct undi_isr isr = {.function = next_function};

        pxe_stack_call(PXENV_UNDI_ISR, &isr,
                       sizeof(isr)); /* status is unreliable, the function is not */
        if (next_function == UNDI_ISR_IN_START) {
            if (isr.function != UNDI_ISR_OUT_OURS && !deadline_passed(&ask_anyway))
                return 0;
            ask_anyway = deadline_in(ASK_ANYWAY_MS);
            next_function = UNDI_ISR_IN_PROCESS;
            continue;
        }
        next_function = UNDI_ISR_IN_GET_NEXT;
        if (isr.function == UNDI_ISR_OUT_RECEIVE) {
            len = append(&isr, buf, len, cap);
            if (len > cap)
                return E_PROTOCOL;
            if (len >= isr.frame_length)
                return (int)len;
        } else if (isr.function != UNDI_ISR_OUT_TRANSMIT) {
            next_function = UNDI_ISR_IN_START;
            return 0;
        }
    }
    return 0;
}

static int undi_transmit(struct nic *nic, const void *frame, size_t len)
{
    struct undi_tx_descriptor *descriptor =
        (struct undi_tx_descriptor *)(rm_buffer + DESCRIPTOR_AT);
    struct undi_transmit call = {.descriptor = rm_far(descriptor),
                                 .destination = rm_far(rm_buffer + FRAME_AT)};

    if (direct)
        return direct->transmit(frame, len);
    memcpy(rm_buffer + FRAME_AT, frame, len);
    *descriptor =
        (struct undi_tx_descriptor){.length = (uint16_t)len, .data = rm_far(rm_buffer + FRAME_AT)};
    return pxe_stack_call(PXENV_UNDI_TRANSMIT, &call, sizeof(call)) ? E_TRANSMIT : 0;
}

static bool undi_link(struct nic *nic)
{
    return true; /* the stack has booted us over it */
}

static void undi_close(struct nic *nic)
{
    uint16_t block = 0;

    pxe_stack_call(PXENV_UNDI_CLOSE, &block, sizeof(block));
    pxe_stack_unload();
    set_interrupt(true);
}

const struct net_driver undi_driver = {
    .name = "undi",
    .probe = undi_probe,
    .open = undi_open,
    .poll = undi_poll,
    .transmit = undi_transmit,
    .link = undi_link,
    .close = undi_close,
};
