/* SPDX-License-Identifier: BSD-2-Clause */
/* Scripts: whatever they say, and whatever the DHCP server and the machine say that they ask for,
 * running one comes to its end once Esc is pressed, and what it says on the console is text.
 *
 * Input: files, each ended by a NUL, which are called boot.ipxe, a and b; the first one is run.
 * Then the keys that are typed, ended by a NUL, then options of the DHCP answer. */
#include "fake_boot.h"
#include "fake_smbios.h"
#include "fuzz.h"
#include "lib/byteorder.h"
#include "loader/command.h"
#include "net/dhcp_options.h"
#include "platform/nic.h"

enum { FILE_MAX = 4096, KEYS_MAX = 100, PATIENCE_MS = 20000, PATIENCE = 2000, FORGET_MAX = 256 };

static char texts[3][FILE_MAX + 1], keys[KEYS_MAX + 1];

/* Ends of lines are as good as NUL within a script, which has none then. */
static size_t take_text(struct input *in, char *to, size_t max)
{
    size_t n = 0;

    for (char c; (c = (char)take(in)); n += n < max)
        to[n] = c == 1 ? 0 : c;
    to[n] = 0;
    return n;
}

static void fail_call(uint8_t vector, struct rm_regs *regs)
{
    regs->flags |= 1;
}

static bool has_link(struct nic *unused)
{
    return true;
}
static const struct net_driver card = {.name = "card", .link = has_link};

/* In the end Esc is pressed, over and over. */
static void on_idle(void)
{
    if (fake_now > PATIENCE_MS && !*fake.keys)
        fake.keys = "\x1b";
}

static void take_answer(struct input *in)
{
    struct dhcp_packet *ack = &fake_boot.lease.ack;
    struct dhcp_message *m = (struct dhcp_message *)ack->data;

    m->cookie = be32(DHCP_COOKIE);
    ack->len = sizeof(*m) + take_bytes(in, m->options, DHCP_PACKET_MAX - sizeof(*m));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"boot.ipxe", "a", "b"};
    struct input in = {data, size};

    fake_boot_case("");
    fake_smbios_usual();
    for (unsigned i = 0; i < 3; i++)
        fake_serve(names[i], texts[i], take_text(&in, texts[i], FILE_MAX));
    take_text(&in, keys, KEYS_MAX);
    take_answer(&in);
    nic.driver = &card;
    fake.keys = keys;
    fake_on_idle = on_idle;
    fake.on_interrupt = fail_call;
    if (!FAKE_LEAVES({
            struct file *file = fake_fetch("boot.ipxe");
            fake_cancel_calls = PATIENCE;
            fake_cancel_at = PATIENCE_MS;
            file_run(&fake_boot, file);
        }))
        for (const char *c = fake.shown; *c; c++)
            CHECK((*c >= ' ' && *c <= '~') || strchr("\r\n\b\x1b", *c));
    return 0;
}
